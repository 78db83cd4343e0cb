//! A key of its own in every place where a key can be, servers that tell it back in every way, every verb and the dashboard:
//! it is found nowhere.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use base64::prelude::{BASE64_STANDARD, Engine};
use holdover::config;
use holdover::sources;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::fake_redmine::recorded;
use super::hostile::server_with_list;
use crate::pty::Pty;
use crate::support::{ACME, Desk, Said};

/// The keys by where they are.
const IN_ENVIRONMENT: &str = "canary-in-the-environment-0123456789";
const IN_FILE: &str = "canary-in-a-file-0123456789abcdef";
const OF_COMMAND: &str = "canary+of/a=command-0123456789abc";
const WRITTEN: &str = "canary-in-the-configuration-01234567";
const IN_ADDRESS: &str = "canary-in-an-address-0123456789";

/// No key, and no half of one, is in a text.
fn not_in(what: &str, text: impl AsRef<[u8]>) {
    let text = String::from_utf8_lossy(text.as_ref()).to_lowercase();
    if let Some(place) = text.find("canary") {
        panic!("a key is in {what}: …{}…", text[place..].chars().take(40).collect::<String>());
    }
}

/// A server that tells the key back, each time in another way.
async fn echo() -> MockServer {
    let server = MockServer::start().await;
    let turn = AtomicUsize::new(0);
    let answer = move |request: &Request| {
        let key = request.headers.get("x-redmine-api-key").unwrap().to_str().unwrap();
        let answer = match turn.fetch_add(1, Relaxed) % 8 {
            0 => ResponseTemplate::new(302).insert_header("Location", &*format!("https://elsewhere.example/{key}?key={key}#{key}")),
            1 => ResponseTemplate::new(401).set_body_string(key),
            2 => ResponseTemplate::new(400).set_body_json(serde_json::json!({ "errors": [key, format!("bad key: {key}")] })),
            3 => ResponseTemplate::new(200).set_body_raw(format!("<html>{key}</html>"), "text/html"),
            4 => ResponseTemplate::new(200).set_body_json(serde_json::json!({ "user": key })),
            5 => ResponseTemplate::new(200).set_body_json(serde_json::json!({ "user": { "id": key } })),
            6 => ResponseTemplate::new(429).insert_header("Retry-After", key),
            _ => ResponseTemplate::new(500).set_body_string(key),
        };
        answer.insert_header("Set-Cookie", &*format!("key={key}")).insert_header("WWW-Authenticate", key)
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

/// A server that takes any key and has an issue.
async fn good() -> MockServer {
    let issue = recorded("list")["issues"][0].clone();
    let list = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "issues": [issue], "total_count": 1 }));
    server_with_list(list, &[]).await
}

/// A desk with a source at each server for each place of a key.
fn desk(servers: &[(&str, String)]) -> Desk {
    let desk = Desk::configured("");
    let private = |name: &str, text: &str| fs::set_permissions(desk.write(name, text), Permissions::from_mode(0o600)).unwrap();
    private("file.key", IN_FILE);
    private("command.key", OF_COMMAND);
    let home = desk.path("").display().to_string();
    let script = format!("cd {home}; env >>child; tr '\\\\0' ' ' </proc/$PPID/cmdline >>child; cat command.key; cat command.key >&2");
    let mut config = format!("poll_every = \"1s\"\n{ACME}");
    for (server, url) in servers {
        let keys = [
            ("environment", "token_env = \"REDMINE_KEY\"".to_owned()),
            ("file", "token_file = \"file.key\"".to_owned()),
            ("command", format!("token_command = [\"sh\", \"-c\", \"{script}\"]")),
            ("failing command", format!("token_command = [\"sh\", \"-c\", \"{script}; exit 3\"]")),
            ("written", format!("token = \"{WRITTEN}\"")),
        ];
        for (place, key) in keys {
            write!(config, "\n[[source]]\nname = \"{server} {place}\"\nkind = \"redmine\"\nurl = \"{url}\"\n{key}\n").unwrap();
        }
    }
    private("config.toml", &config);
    desk
}

/// The variables of a run: everything that could be written is written below the desk.
fn environment(desk: &Desk) -> Vec<(&'static str, String)> {
    let home = desk.path("").display().to_string();
    let mut variables =
        vec![("PATH", std::env::var("PATH").unwrap()), ("REDMINE_KEY", IN_ENVIRONMENT.to_owned()), ("RUST_BACKTRACE", "full".into())];
    variables.extend(
        ["HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR"].map(|name| (name, home.clone())),
    );
    variables
}

/// Looks through all that was written, but for where the keys were put.
fn search_files(desk: &Desk) {
    let mut folders = vec![desk.path("")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name == "child" {
                // a child has the environment that is the user's own, and nothing that was read since
                not_in("a child", fs::read_to_string(&path).unwrap().replace(&format!("REDMINE_KEY={IN_ENVIRONMENT}"), ""));
            } else if !["file.key", "command.key", "config.toml"].contains(&&*name) {
                not_in(&name, fs::read(&path).unwrap());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_told_by_any_verb_nor_the_dashboard_nor_left_in_a_file() {
    let (good, echo) = (good().await, echo().await);
    let desk = desk(&[("good", good.uri()), ("echo", echo.uri())]);
    let variables = environment(&desk);
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["list", "--all", "--source", "good written"],
        &["explain", "good file/1"],
        &["explain", "good command/1", "--json"],
        &["check"],
        &["check", "--json"],
        &["ack", "good environment/1", "echo written/1", "good command/1", "good written/1", "--note", "mine"],
        &["ack", "good file/1", "--json"],
        &["list", "--cached"],
        &["status"],
        &["status", "--json"],
    ] {
        // often enough for every way of telling a key back
        for _ in 0..3 {
            let said: Said = desk.command(arguments).envs(variables.clone()).output().unwrap().into();
            let right = if arguments[0] == "status" { &[40, 30, 20][..] } else { &[0, 1] };
            assert!(
                said.code.is_some_and(|code| right.contains(&code)) && said.out.len() + said.err.len() > 10,
                "{arguments:?}: {:?} {}",
                said.code,
                said.err
            );
            not_in(&format!("{arguments:?}"), said.out + &said.err);
        }
    }
    let environment: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let config = desk.path("config.toml").display().to_string();
    let mut pty = Pty::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--config", &config], &environment, (120, 60));
    pty.wait_for("all sources", |text| text.contains("DECIDE 4") && text.contains("!! echo written BLIND: "));
    not_in("the command line", fs::read(format!("/proc/{}/cmdline", pty.id())).unwrap());
    pty.press("\r");
    pty.wait_for("explanation", |text| text.contains("Obligation    a person must decide"));
    pty.press("ra");
    pty.wait_for("what became of it", |text| text.contains("Acknowledge   "));
    pty.press("qqq");
    // the server does not have the one issue that it is asked for by itself: refused, before it is left or while
    assert!([0, 1].contains(&pty.end()));
    not_in("the terminal", &pty.written);
    search_files(&desk);
    assert!(desk.path("child").exists() && desk.path("holdover").is_dir(), "the command was run and there are records");
}

#[test]
fn a_key_in_an_address_or_where_none_belongs_is_refused_and_not_repeated() {
    for line in [
        format!("url = \"https://me:{IN_ADDRESS}@redmine.example.com\"\ntoken_env = \"REDMINE_KEY\""),
        format!("url = \"https://redmine.example.com/?key={IN_ADDRESS}\"\ntoken_env = \"REDMINE_KEY\""),
        format!("url = \"https://redmine.example.com\"\ntoken_env = \"{IN_ADDRESS}\""),
        format!("url = \"https://redmine.example.com\"\ntoken_command = \"echo {IN_ADDRESS}\""),
        format!("url = \"https://redmine.example.com\"\ntoken = \"{IN_ADDRESS}\""),
        format!("url = \"https://redmine.example.com\"\ntoken = {IN_ADDRESS}"),
    ] {
        let desk = Desk::configured(&format!("[[source]]\nname = \"desk\"\nkind = \"redmine\"\n{line}\n"));
        for (arguments, code) in [(&["list"][..], 2), (&["check"], 1), (&["check", "--json"], 1), (&["explain", "1"], 2), (&[], 2)] {
            let said = Said::from(desk.command(arguments).envs(environment(&desk)).output().unwrap()).ended(code);
            not_in(&format!("{arguments:?} with {line}"), said.out + &said.err);
        }
        search_files(&desk);
    }
}

/// What a panic, or anything else that prints what it has in its hands, could print.
#[test]
fn no_key_is_in_the_settings_as_a_panic_would_print_them() {
    let desk = desk(&[("good", "https://redmine.example.com".to_owned())]);
    let settings = config::load(Path::new(&desk.path("config.toml")), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(settings.sources.len(), 5);
    not_in("the settings", format!("{settings:?} {settings:#?}"));
}

/// A key with all that is written otherwise in JSON, in an address and in base64.
const ODD: &str = "canary/of+an=odd&key:0123456789";

/// In which forms a server may tell it back.
fn forms() -> Vec<String> {
    let all = |write: &dyn Fn(u8) -> String| ODD.bytes().map(write).collect::<String>();
    let in_percents = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let base64 = [ODD.to_owned(), format!("ops:{ODD}")].map(|text| BASE64_STANDARD.encode(text));
    let written = [
        ODD.to_owned(),
        ODD.replace('/', "\\/"),
        all(&|byte| format!("\\u{byte:04x}")),
        all(&in_percents),
        all(&in_percents).to_lowercase(),
        all(&|byte| format!("%{byte:02x}")),
    ];
    written.into_iter().chain(base64).collect()
}

/// A server that tells one form back: first in a refusal, then in a redirect, then in a next page.
async fn telling(form: String) -> MockServer {
    let server = MockServer::start().await;
    let turn = AtomicUsize::new(0);
    let there = format!("https://elsewhere.example/there?key={form}#{form}");
    let answer = move |_: &Request| match turn.fetch_add(1, Relaxed) % 3 {
        0 => {
            let body = format!("{{\"errors\": [\"{form}\"], \"message\": \"{form}\", \"error\": {{ \"msg\": \"{form}\" }}}}");
            ResponseTemplate::new(400).set_body_raw(body, "application/json")
        }
        1 => ResponseTemplate::new(302).insert_header("Location", &*there),
        _ => ResponseTemplate::new(200).set_body_raw("[]", "application/json").insert_header("Link", &*format!("<{there}>; rel=\"next\"")),
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn no_form_of_a_key_that_is_told_back_is_told_on_by_any_kind_of_source() {
    let list = "list = { path = \"x\", paging = \"link\" }\nfields = { key = \"id\" }\nerror = \"error.msg\"\n";
    let (user, header) = ("user = \"ops\"\n", "auth = \"header\"\nauth_header = \"Authorization: GenieKey\"\n");
    for (kind, more) in [
        ("redmine", String::new()),
        ("rt", user.to_owned()),
        ("icinga2", user.to_owned()),
        ("alertmanager", "auth = \"bearer\"\n".to_owned()),
        ("alertmanager", format!("auth = \"basic\"\n{user}")),
        ("http", format!("auth = \"basic\"\n{user}{list}")),
        ("http", format!("auth = \"bearer\"\n{list}")),
        ("http", format!("{header}{list}")),
    ] {
        for form in forms() {
            let server = telling(form.clone()).await;
            let settings = super::settings(&format!("kind = \"{kind}\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n{more}", server.uri()));
            let source = sources::build(&settings, super::clock(), &[("KEY".to_owned(), ODD.to_owned())]).unwrap();
            for _ in 0..6 {
                let said = match source.list_open().await {
                    Ok(pass) => format!("{:?}", pass.warning),
                    Err(fault) => fault.text.to_string(),
                };
                not_in(&format!("{kind} {more}"), &said);
                let told = [&form, &ODD.to_owned()].iter().any(|form| said.contains(form.trim_end_matches('=')));
                // what is not of basic sign-in does not know the user
                let foreign = form.starts_with("b3Bz") && !more.contains("basic") && kind != "icinga2";
                assert!(foreign || (!told && !said.contains("%63%61%6e")), "{kind} {more}: {said}");
            }
        }
    }
}
