//! the real Icinga 2, where `HOLDOVER_ICINGA` says it runs and `HOLDOVER_ICINGA_CA` who vouches for it.
//!
//! What the program says it did is asked of Icinga itself, by a second client that knows nothing of the program's own.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::DateTime;
use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, SafeText, SourceName, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::real_server::{Outage, script, variable};
use crate::support::{ACME, Desk};

const WRONG: &str = "no-such-secret-here";

/// What the tests make of one of the seeded hosts is told from the others by its name.
const HOST: &str = "web-1";

/// Shared by tests that use the server, taken alone by the one that stops it.
static SERVER: RwLock<()> = RwLock::new(());

/// The server, for as long as this is kept.
struct Icinga<Guard> {
    address: String,
    authority: String,
    _guard: Guard,
}

/// The server that runs, or `None`, said where it is seen although the test passes.
fn icinga() -> Option<Icinga<RwLockReadGuard<'static, ()>>> {
    let (address, authority) = address()?;
    Some(Icinga { address, authority, _guard: SERVER.read().unwrap_or_else(PoisonError::into_inner) })
}

/// The same, while no other test uses it.
fn alone() -> Option<Icinga<RwLockWriteGuard<'static, ()>>> {
    let (address, authority) = address()?;
    Some(Icinga { address, authority, _guard: SERVER.write().unwrap_or_else(PoisonError::into_inner) })
}

fn address() -> Option<(String, String)> {
    let variable = |name: &str| variable(name, "Icinga", ".ci/run");
    variable("HOLDOVER_ICINGA").zip(variable("HOLDOVER_ICINGA_CA"))
}

/// The second client: asks Icinga, and gives its answer, whatever it is.
fn ask(address: &str, authority: &str, user: &str, path: &str, more: &[&str], body: &Value) -> Value {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--noproxy", "*", "--cacert", authority, "-u", &format!("{user}:{user}-secret"), "-H", "Accept: application/json"]);
    curl.args(more);
    if !body.is_null() {
        curl.args(["-d", &body.to_string()]);
    }
    let output = curl.arg(format!("{address}/v1/{path}")).output().unwrap();
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A service of a test; gone with it.
struct Made {
    address: String,
    authority: String,
    name: String,
}

impl Drop for Made {
    fn drop(&mut self) {
        let path = format!("objects/services/{}?cascade=1", in_address(&self.name));
        ask(&self.address, &self.authority, "admin", &path, &["-X", "DELETE"], &Value::Null);
    }
}

fn in_address(name: &str) -> String {
    name.replace(' ', "%20").replace('/', "%2F").replace('"', "%22").replace('ü', "%C3%BC")
}

impl Made {
    /// Tells the result of a check.
    fn is(&self, state: u8, output: &str) {
        let said = self.act("process-check-result", &json!({ "exit_status": state, "plugin_output": output }));
        assert_eq!(said["results"][0]["code"], 200, "{said}");
    }

    /// An action of the admin.
    fn act(&self, action: &str, more: &Value) -> Value {
        let mut body = more.clone();
        body["service"] = self.name.clone().into();
        ask(&self.address, &self.authority, "admin", &format!("actions/{action}"), &[], &body)
    }

    /// Its attributes now.
    fn attributes(&self) -> Value {
        let path = format!("objects/services/{}", in_address(&self.name));
        ask(&self.address, &self.authority, "admin", &path, &[], &Value::Null)["results"][0]["attrs"].clone()
    }

    /// Its comments: author, text, and whether it is that of an acknowledgement.
    fn comments(&self) -> Vec<(String, String, bool)> {
        let filter = json!({ "filter": "comment.host_name + \"!\" + comment.service_name == name", "filter_vars": { "name": self.name } });
        let get = ["-H", "X-HTTP-Method-Override: GET"];
        let answer = ask(&self.address, &self.authority, "admin", "objects/comments", &get, &filter);
        let mut comments: Vec<Value> = answer["results"].as_array().unwrap().iter().map(|c| c["attrs"].clone()).collect();
        comments.sort_by(|a, b| a["entry_time"].as_f64().unwrap().total_cmp(&b["entry_time"].as_f64().unwrap()));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        comments.iter().map(|c| (text(&c["author"]), text(&c["text"]), c["entry_type"] == 4)).collect()
    }
}

impl<Guard> Icinga<Guard> {
    /// A new service, in a state.
    fn make(&self, name: &str, state: u8) -> Made {
        let name = format!("{HOST}!{name} {}", std::process::id());
        let made = Made { address: self.address.clone(), authority: self.authority.clone(), name };
        let path = format!("objects/services/{}", in_address(&made.name));
        let said = ask(&self.address, &self.authority, "admin", &path, &["-X", "PUT"], &json!({ "templates": ["told"], "attrs": {} }));
        assert_eq!(said["results"][0]["code"], 200, "{said}");
        made.is(0, "OK at first");
        made.is(state, &format!("state {state}\nmore of it"));
        made
    }

    fn source(&self, user: &str, key: &Path, more: &str) -> String {
        let mut text = format!("\n[[source]]\nname = \"icinga\"\nkind = \"icinga2\"\nurl = \"{}\"\n", self.address);
        let map = r#"map = [ { field = "vars.client", matches = "(.+)", client = "$1" } ]"#;
        writeln!(text, "user = \"{user}\"\ntoken_file = \"{}\"\nca_file = \"{}\"\n{map}\n{more}", key.display(), self.authority).unwrap();
        text
    }

    /// A configuration with the server as its only source.
    fn desk(&self, user: &str, password: &str, more: &str) -> Desk {
        let desk = Desk::configured("");
        let file = desk.write("key", format!("{password}\n"));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        desk.write("config.toml", ACME.to_owned() + &self.source(user, &file, more));
        desk
    }

    fn ops(&self) -> Desk {
        self.desk("ops", "ops-secret", "")
    }

    /// A source that is asked in this process.
    fn asked(&self, user: &str, more: &str) -> Arc<dyn TicketSource> {
        let folder = TempDir::new().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, format!("{user}-secret\n")).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let text =
            ACME.to_owned() + &self.source(user, Path::new("unused"), more).replace("token_file = \"unused\"", "token_env = \"KEY\"");
        let settings = config::parse(&text, "config.toml", &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let clock: Clock = Arc::new(|| DateTime::from_timestamp(1_795_000_000, 0).unwrap());
        sources::build(&settings.sources[0], clock, &[("KEY".to_owned(), format!("{user}-secret"))]).unwrap()
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn tell(source: &dyn TicketSource, name: &str, deed: &Deed, tried_before: bool) -> Outcome {
    let key = TicketKey { source: SourceName::new("icinga"), key: SafeText::line(name) };
    runtime().block_on(source.tell(&key, deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH))).unwrap()
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn ack(desk: &Desk, key: &str, more: &[&str], code: i32) -> Value {
    desk.run(&[&["ack", key, "--json"], more].concat()).ended(code).json()[0].clone()
}

fn ticket(board: &Value, key: &str) -> Option<Value> {
    board["tickets"].as_array().unwrap().iter().find(|t| t["key"] == *key).cloned()
}

#[test]
fn the_list_is_what_icinga_has() {
    let Some(icinga) = icinga() else { return };
    let made = [(2, "S1"), (1, "S3"), (3, "S2")].map(|(state, severity)| (icinga.make(&format!("listed/ \"{state}\" ü"), state), severity));
    let well = icinga.make("well", 0);
    let board = icinga.ops().run(&["list", "--json", "--all"]).ended(0).json();
    for (service, severity) in &made {
        let listed = ticket(&board, &service.name).unwrap();
        assert_eq!((&listed["severity"], &listed["client"], &listed["status"]), (&json!(severity), &json!("acme"), &json!("open")));
        let since = service.attributes()["last_hard_state_change"].as_f64().unwrap();
        let submitted = DateTime::parse_from_rfc3339(listed["submitted_at"].as_str().unwrap()).unwrap().timestamp();
        assert!(submitted.to_string() == since.trunc().to_string(), "{listed}");
        assert!(listed["title"].as_str().unwrap().starts_with(&service.name.replacen('!', " ", 1)), "{listed}");
    }
    assert_eq!(ticket(&board, &well.name), None);
    // what the seed left: a host and its service, what was in no good state from the first, what is not hard, what was never checked
    let title = |key: &str| ticket(&board, key).map(|t| t["title"].as_str().unwrap().to_owned());
    assert_eq!(title("edge-1").unwrap(), "edge-1: PING CRITICAL - 100% loss");
    assert_eq!(title("db-1!disk /var").unwrap(), "db-1 disk /var: DISK WARNING - /var 88% used");
    assert_eq!(["web-1!load", "edge-1!bgp", "spare-1", "spare-1!ssh"].map(title), [None, None, None, None]);
    let ping = ticket(&board, "edge-1!ping").unwrap();
    assert!(ping["description"].as_str().unwrap().contains("Its host edge-1 is DOWN."), "{ping}");
    assert!(ticket(&board, "db-1!connections").unwrap()["submitted_at"].is_string(), "although its last_state_change is 0");
    let source = &board["sources"][0];
    assert_eq!((&source["state"], &source["complete"], &source["fault"]), (&json!("ok"), &json!(true), &Value::Null));
    // a filter for hosts and services
    let desk = icinga.desk("ops", "ops-secret", "filter = 'host.vars.team == \"dba\"'");
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert!(board["tickets"].as_array().unwrap().iter().all(|t| t["key"].as_str().unwrap().starts_with("db-1!")), "{board}");
    assert!(ticket(&board, "db-1!disk").is_some());
    let desk = icinga.desk("ops", "ops-secret", "filter = 'service.name == \"disk\"'");
    let listed = desk.run(&["list", "--json"]).ended(1).json();
    assert!(listed["sources"][0]["fault"].as_str().unwrap().contains("check filter"), "{}", listed["sources"]);
}

#[test]
fn an_acknowledgement_is_in_icinga_itself() {
    let Some(icinga) = icinga() else { return };
    let (service, other) = (icinga.make("taken /var", 2), icinga.make("taken", 2));
    let desk = icinga.ops();
    let acked = ack(&desk, &service.name, &["--note", "looking at the \"switch\""], 0);
    assert_eq!((&acked["outcome"], &acked["by"], &acked["reason"]), (&json!("confirmed"), &json!("ops"), &Value::Null));
    assert_eq!(service.attributes()["acknowledgement"], 2, "sticky");
    assert_eq!(service.comments(), [("ops".to_owned(), "looking at the \"switch\"".to_owned(), true)]);
    assert_eq!(other.attributes()["acknowledgement"], 0);
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), &service.name).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_by"]), (&json!("acknowledged"), &json!("ops")));
    let at = DateTime::parse_from_rfc3339(listed["acknowledged_at"].as_str().unwrap()).unwrap().timestamp();
    let changed = service.attributes()["acknowledgement_last_change"].as_f64().unwrap();
    assert!(changed.trunc().to_string() == at.to_string(), "{listed}");
    let again = ack(&desk, &service.name, &[], 0);
    assert_eq!((&again["outcome"], &again["by"]), (&json!("already"), &json!("ops")));
    assert_eq!(service.comments().len(), 1);
    // not sticky, by somebody else
    let source = icinga.asked("ops", "author = \"Jo Ops\"\nsticky = false");
    assert!(matches!(tell(&*source, &other.name, &Deed::Acknowledge { note: None }, false), Outcome::Confirmed { .. }));
    assert_eq!((&other.attributes()["acknowledgement"], other.comments()[0].0.as_str()), (&json!(1), "Jo Ops"));
    // a host
    let host = tell(&*source, "edge-1", &Deed::Acknowledge { note: None }, false);
    assert!(matches!(host, Outcome::Confirmed { .. }), "{host:?}");
    assert!(matches!(tell(&*source, "edge-1", &Deed::Unacknowledge, false), Outcome::Confirmed { .. }));
}

#[test]
fn what_somebody_else_has_is_theirs_and_what_is_ours_is_given_back() {
    let Some(icinga) = icinga() else { return };
    let (theirs, ours) = (icinga.make("theirs", 2), icinga.make("ours", 1));
    theirs.act("acknowledge-problem", &json!({ "author": "carol", "comment": "mine" }));
    let acked = ack(&icinga.ops(), &theirs.name, &[], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("already"), &json!("carol")));
    let source = icinga.asked("ops", "");
    let refused = why(tell(&*source, &theirs.name, &Deed::Unacknowledge, false));
    assert!(refused.contains("by carol, not by ops"), "{refused}");
    assert_eq!(theirs.attributes()["acknowledgement"], 1, "untouched");
    let acknowledge = Deed::Acknowledge { note: None };
    assert!(matches!(tell(&*source, &ours.name, &acknowledge, false), Outcome::Confirmed { .. }));
    assert!(matches!(tell(&*source, &ours.name, &acknowledge, true), Outcome::Confirmed { .. }));
    assert_eq!(ours.comments().len(), 1);
    assert!(matches!(tell(&*source, &ours.name, &Deed::Unacknowledge, false), Outcome::Confirmed { by: None, .. }));
    assert_eq!((&ours.attributes()["acknowledgement"], ours.comments().len()), (&json!(0), 0));
    assert!(matches!(tell(&*source, &ours.name, &Deed::Unacknowledge, false), Outcome::Already { .. }));
    // a note, which is not doubled where it may have arrived
    let note = Deed::Note { text: SafeText::line("vacuum running") };
    assert!(matches!(tell(&*source, &ours.name, &note, false), Outcome::Confirmed { .. }));
    assert!(matches!(tell(&*source, &ours.name, &note, true), Outcome::Confirmed { .. }));
    assert_eq!(ours.comments(), [("ops".to_owned(), "vacuum running".to_owned(), false)]);
    // well again, and gone
    ours.is(0, "OK again");
    assert!(why(tell(&*source, &ours.name, &acknowledge, false)).contains("no problem any more: Icinga says it is OK"));
    let name = ours.name.clone();
    drop(ours);
    assert!(why(tell(&*source, &name, &acknowledge, false)).contains("or the ApiUser 'ops' may not see it"));
    // in a downtime nobody waits for it
    theirs.act("remove-acknowledgement", &json!({ "author": "carol" }));
    theirs.act("schedule-downtime", &json!({ "author": "carol", "comment": "x", "start_time": 1, "end_time": 4_000_000_000_u32 }));
    let listed = ticket(&icinga.ops().run(&["list", "--json"]).ended(0).json(), &theirs.name).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_by"]), (&json!("acknowledged"), &Value::Null));
    assert!(listed["notes"].to_string().contains("in a scheduled downtime"), "{listed}");
}

#[test]
fn a_user_without_the_right_is_refused_and_nothing_is_shown_as_taken() {
    let Some(icinga) = icinga() else { return };
    let service = icinga.make("not for the viewer", 2);
    // the trap: what one may not do is not found
    let body = json!({ "service": service.name, "author": "v", "comment": "x" });
    let trap = ask(&icinga.address, &icinga.authority, "viewer", "actions/acknowledge-problem", &[], &body);
    assert_eq!((&trap["error"], &trap["status"]), (&json!(404), &json!("No objects found.")));
    let desk = icinga.desk("viewer", "viewer-secret", "");
    let acked = ack(&desk, &service.name, &[], 1);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("refused"), &Value::Null));
    assert!(acked["reason"].as_str().unwrap().contains("'viewer' lacks the permission actions/acknowledge-problem"), "{acked}");
    assert_eq!((&service.attributes()["acknowledgement"], service.comments().len()), (&json!(0), 0));
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), &service.name).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_at"]), (&json!("open"), &Value::Null));
    let me = runtime().block_on(icinga.asked("viewer", "").whoami()).unwrap();
    let may_not: Vec<&str> = me.may_not.iter().map(SafeText::as_str).collect();
    assert_eq!((me.name.as_str(), may_not), ("viewer", vec!["acknowledge", "give back", "write notes"]));
    assert_eq!(runtime().block_on(icinga.asked("admin", "").whoami()).unwrap().may_not, []);
}

#[test]
fn a_wrong_password_and_an_authority_that_is_not_named_are_no_empty_list() {
    let Some(icinga) = icinga() else { return };
    let service = icinga.make("out of reach", 2);
    let desk = icinga.desk("ops", WRONG, "");
    let listed = desk.run(&["list", "--json"]).ended(1);
    let source = &listed.json()["sources"][0];
    assert_eq!((&source["state"], &source["total"]), (&json!("blind"), &Value::Null));
    assert!(source["fault"].as_str().unwrap().starts_with("not signed in"), "{source}");
    let acked = desk.run(&["ack", &format!("icinga/{}", service.name), "--json"]).ended(1);
    assert_eq!(acked.json()[0]["outcome"], "queued");
    assert!(!format!("{}{}{}{}", listed.out, listed.err, acked.out, acked.err).contains(WRONG), "the password is told");
    let config = fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", config.lines().filter(|line| !line.starts_with("ca_file")).collect::<Vec<_>>().join("\n"));
    let listed = desk.run(&["list", "--json"]).ended(1).json();
    assert!(listed["sources"][0]["fault"].as_str().unwrap().contains("the server is not trusted"), "{}", listed["sources"]);
    assert_eq!(service.attributes()["acknowledgement"], 0);
}

#[test]
fn a_server_that_is_frozen_or_stopped_is_blind_and_well_once_it_is_back() {
    let Some(icinga) = alone() else { return };
    assert_eq!(script("icinga2", "url"), icinga.address, "only the script's own server can be stopped: tests/servers/icinga2.sh start");
    let service = icinga.make("remembered", 2);
    let (desk, source, runtime) = (icinga.ops(), icinga.asked("ops", ""), runtime());
    let silent = |wanted: &str| {
        let listed = desk.run(&["list", "--json"]).ended(1).json();
        let silent = &listed["sources"][0];
        assert_eq!((&silent["state"], &silent["shown"]), (&json!("blind"), &json!(0)));
        assert!(silent["fault"].as_str().unwrap().contains(wanted), "{silent}");
    };
    let frozen = Outage::frozen("icinga2");
    silent("it did not answer in time");
    drop(frozen);
    assert!(runtime.block_on(source.list_open()).unwrap().complete);
    let stopped = Outage::stopped("icinga2");
    silent("is the server up");
    assert_eq!(runtime.block_on(source.list_open()).unwrap_err().kind, FaultKind::Unreachable);
    let unsent = ["ack", &format!("icinga/{}", service.name), "--json"];
    assert_eq!(desk.run(&unsent).ended(1).json()[0]["outcome"], "queued", "it cannot have arrived");
    drop(stopped);
    // it keeps what it knew
    let pass = runtime.block_on(source.list_open()).unwrap();
    assert!(pass.complete && pass.tickets.iter().any(|t| t.id.key.as_str() == service.name));
    assert_eq!(desk.run(&unsent).ended(0).json()[0]["outcome"], "confirmed");
    assert_eq!(service.comments().len(), 1);
}
