//! Defaults < file < environment, and no value is taken for one of another type.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use holdover::config::{self, ColorChoice, Level, Settings};
use holdover::sources::{Auth, MapTarget, SourceKind, TokenSource};
use reqwest::header::AUTHORIZATION;
use secrecy::ExposeSecret;

use super::{folder, home, lines, right, wrong};

const DEMO: &str = "[[source]]\nname = \"demo\"\nkind = \"demo\"\n";

fn with(text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<config::Problem>> {
    let env: Vec<(String, String)> = env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    config::parse(text, "config.toml", &env)
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = format!("poll_every = \"20s\"\ntheme = \"mono\"\ntimezone = \"Asia/Kolkata\"\nascii = true\n{DEMO}");
    let settings = right(&file);
    assert_eq!((settings.theme.as_str(), settings.timezone, settings.ascii), ("mono", Tz::Asia__Kolkata, true));
    assert_eq!((settings.sources[0].poll_every, settings.sources[0].blind_after), (Duration::from_secs(20), Duration::from_secs(300)));
    let env = [
        ("HOLDOVER__POLL_EVERY", "10s"),
        ("HOLDOVER__BLIND_AFTER", "2m"),
        ("HOLDOVER__THEME", "base"),
        ("HOLDOVER__TIMEZONE", "Europe/Paris"),
        ("HOLDOVER__COLOR", "never"),
        ("HOLDOVER__ASCII", "false"),
        ("HOLDOVER_CONFIG", "/elsewhere.toml"),
        ("THEME", "loud"),
    ];
    let settings = with(&file, &env).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    assert_eq!((settings.theme.as_str(), settings.timezone, settings.ascii), ("base", Tz::Europe__Paris, false));
    assert_eq!(settings.color, ColorChoice::Never);
    assert_eq!((settings.sources[0].poll_every, settings.sources[0].blind_after), (Duration::from_secs(10), Duration::from_secs(120)));
    let own = with(&format!("{DEMO}poll_every = \"7s\""), &env).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    assert_eq!(own.sources[0].poll_every, Duration::from_secs(7), "what a source says itself is its own");
}

#[test]
fn a_variable_that_changes_nothing_is_an_error_that_lists_those_that_do() {
    for name in ["HOLDOVER__AGREEMENT__0__NAME", "HOLDOVER__POLL_EVRY", "HOLDOVER__theme", "HOLDOVER__SUPPORT_LEVELS", "HOLDOVER__"] {
        let problems = with(DEMO, &[(name, "x")]).expect_err(name);
        let problem = problems.iter().find(|p| p.level == Level::Error).expect("an error");
        assert_eq!((problem.file.as_str(), problem.line, problem.path.as_str()), ("environment", 0, name));
        assert!(problem.help.contains("HOLDOVER__TIMEZONE, HOLDOVER__POLL_EVERY, HOLDOVER__BLIND_AFTER"), "{}", problem.help);
    }
}

#[test]
fn a_wrong_value_in_the_environment_is_told_beside_those_of_the_file() {
    let env = [("HOLDOVER__POLL_EVERY", "10"), ("HOLDOVER__ASCII", "yes"), ("HOLDOVER__TIMEZONE", ""), ("HOLDOVER__COLOR", "NEVER")];
    let problems = with(&format!("theme = 3\n{DEMO}"), &env).expect_err("four and one");
    let errors: Vec<&str> = problems.iter().filter(|p| p.level == Level::Error).map(|p| p.path.as_str()).collect();
    assert_eq!(
        errors,
        ["HOLDOVER__POLL_EVERY", "HOLDOVER__ASCII", "HOLDOVER__TIMEZONE", "HOLDOVER__COLOR", "theme"],
        "{}",
        lines(&problems)
    );
}

#[test]
fn no_value_is_taken_for_one_of_another_type() {
    for text in [
        "poll_every = 30",
        "poll_every = true",
        "theme = 1",
        "theme = []",
        "ascii = \"true\"",
        "ascii = 1",
        "ascii = \"yes\"",
        "timezone = {}",
    ] {
        let problems = wrong(text);
        assert!(
            problems.iter().any(|p| p.level == Level::Error && p.line == 1 && p.what.starts_with("this must be")),
            "{text}: {}",
            lines(&problems)
        );
    }
    let agreement = "[[agreement]]\nname = \"default\"\ntimezone = \"UTC\"\noffice_hours = {}\nresponse = { S1 = { any = \"1h\" } }\n";
    right(agreement);
    for text in [
        "at_risk = \"0.3\"",
        "at_risk = true",
        "note = 5",
        "valid_from = 20260401",
        "weekend = \"sat\"",
        "clients = [1]",
        "support_level = 2",
    ] {
        let problems = wrong(&format!("{agreement}{text}"));
        assert!(problems.iter().any(|p| p.level == Level::Error && p.line == 6), "{text}: {}", lines(&problems));
    }
}

#[test]
fn each_kind_of_source_has_what_it_needs() {
    let settings = config::load(&folder("valid").join("sources.toml"), &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let SourceKind::File { path, .. } = &settings.sources[0].kind else { panic!("a file") };
    assert_eq!(path, Path::new("/home/me/tickets.json"));
    assert_eq!(settings.sources[0].poll_every, Duration::from_secs(10));
    let helpdesk = &settings.sources[1];
    let SourceKind::Redmine(redmine) = &helpdesk.kind else { panic!("a Redmine") };
    assert_eq!(redmine.server.url, "https://redmine.example.com/sub");
    assert!(matches!(&redmine.server.token, Some(TokenSource::Env(name)) if name == "REDMINE_KEY"));
    assert_eq!((redmine.project.as_deref(), redmine.ack_status.as_str()), (Some("support"), "Taken"));
    assert_eq!((helpdesk.poll_every, helpdesk.blind_after), (Duration::from_secs(90), Duration::from_secs(600)));
    assert_eq!((helpdesk.timezone, helpdesk.origin.line), (Some(Tz::Europe__Paris), 9));
    assert_eq!(helpdesk.map[1].gives, [(MapTarget::SupportLevel, "$1".to_owned())]);
    assert_eq!(helpdesk.map[2].gives.len(), 3);
    let statuses = [&redmine.resolve_status, &redmine.waiting_status].map(|status| status.as_deref().unwrap_or_default());
    assert_eq!(statuses, ["Resolved", "Feedback"]);
    let SourceKind::Rt(rt) = &settings.sources[5].kind else { panic!("a Request Tracker") };
    assert_eq!((rt.user.as_str(), rt.ack_status.as_str(), rt.queue.join("|")), ("jo", "open", "support|on-call".to_owned()));
    assert_eq!((rt.query.as_deref(), rt.waiting_status.as_deref()), (Some("Priority > 0"), Some("stalled")));
    assert_eq!(rt.server.auth, Auth::Header { name: AUTHORIZATION, prefix: "token ".to_owned() });
    let SourceKind::Redmine(loopback) = &settings.sources[2].kind else { panic!("a Redmine") };
    assert!(
        matches!(&loopback.server.token, Some(TokenSource::File(path)) if *path == folder("valid").join("key")),
        "relative to the file that says it"
    );
}

/// A configuration on the disk with a mode, and the path of its folder.
fn on_disk(source: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("config.toml");
    let text = format!("[[source]]\nname = \"x\"\nkind = \"redmine\"\nurl = \"https://redmine.example.com\"\n{source}\n");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (folder, path)
}

#[test]
fn a_secret_stands_in_the_configuration_only_where_nobody_else_can_read_it_and_is_warned_about() {
    let (_folder, path) = on_disk("token = \"hunter2\"", 0o600);
    let settings = config::load(&path, &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let SourceKind::Redmine(redmine) = &settings.sources[0].kind else { panic!("a Redmine") };
    assert!(matches!(&redmine.server.token, Some(TokenSource::Written(token)) if token.expose_secret() == "hunter2"));
    let warned = lines(&settings.warnings);
    assert!(warned.contains("config.toml:5: source[0].token: there is a secret in the configuration"), "{warned}");
    // what a panic or a log could print of it
    assert!(!format!("{settings:?}{warned}").contains("hunter2"));
    for mode in [0o640, 0o604, 0o660] {
        let (_folder, path) = on_disk("token = \"hunter2\"", mode);
        let said = lines(&config::load(&path, &home()).expect_err("others can read it"));
        assert!(said.contains(&format!("others can read it (mode {mode:o})")) && !said.contains("hunter2"), "{said}");
    }
    // and a text that is no file has no mode
    assert!(lines(&wrong(&fs::read_to_string(&path).unwrap())).contains("it is no file of your own"));
}

#[test]
fn the_program_of_a_command_is_a_path_where_it_has_a_slash() {
    for (written, path) in [("pass", "pass".to_owned()), ("~/bin/key", "/home/me/bin/key".to_owned()), ("./key", "/./key".to_owned())] {
        let (folder, path_of_config) = on_disk(&format!("token_command = [\"{written}\", \"~/x\", \"\"]"), 0o644);
        let settings = config::load(&path_of_config, &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        let SourceKind::Redmine(redmine) = &settings.sources[0].kind else { panic!("a Redmine") };
        let Some(TokenSource::Command(words)) = &redmine.server.token else { panic!("a command") };
        let path = if written.starts_with('.') { format!("{}{path}", folder.path().display()) } else { path };
        assert_eq!(*words, [path, "~/x".to_owned(), String::new()], "no shell reads the arguments");
    }
}

#[test]
fn the_default_path_is_where_people_expect_it() {
    let path = |env: &[(&str, &str)]| {
        let env: Vec<(String, String)> = env.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        config::default_path(&env)
    };
    assert_eq!(path(&[("HOME", "/home/me")]), PathBuf::from("/home/me/.config/holdover/config.toml"));
    assert_eq!(path(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "/etc/me")]), PathBuf::from("/etc/me/holdover/config.toml"));
    assert_eq!(path(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "relative")]), PathBuf::from("/home/me/.config/holdover/config.toml"));
    assert_eq!(path(&[("HOME", "/home/me"), ("HOLDOVER_CONFIG", "x.toml")]), PathBuf::from("x.toml"));
}
