//! the real Redmine server, where `HOLDOVER_REDMINE` says it runs.
//!
//! What the program says it did is asked of Redmine itself, by a second client that knows nothing of the program's own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::TimeDelta;
use holdover::app::{Health, SourceRules, Store};
use holdover::config;
use holdover::sources::{self, Clock, poller};
use serde_json::{Value, json};

use crate::real_server::{Outage, script, variable};
use crate::support::{ACME, Desk, Said};

// the people of tests/servers/redmine.sh: alice may do all that an engineer does, carol the same but for private notes,
// bob may only report
pub const ADMIN: &str = "0123456789abcdef0123456789abcdef01234567";
pub const ALICE: &str = "00112233445566778899aabbccddeeff00112233";
pub const BOB: &str = "fedcba9876543210fedcba9876543210fedcba98";
pub const CAROL: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// A key that nobody has.
pub const WRONG: &str = "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

pub const NEW: u64 = 1;
pub const IN_PROGRESS: u64 = 2;
const CLOSED: u64 = 5;
const RULES: &str = r#"map = [
  { field = "priority", is = "Immediate", severity = "S1" },
  { field = "priority", matches = "^(urgent|high)$", severity = "S2" },
  { field = "project", is = "Operations", client = "acme" },
  { field = "custom.Support level", matches = "^(L[123])$", support_level = "$1" },
  { field = "custom.Channel", matches = "(.+)", channel = "$1" },
]"#;

/// Shared by tests that use the server, taken alone by the one that stops it.
static SERVER: RwLock<()> = RwLock::new(());

/// The server, for as long as this is kept.
pub struct Redmine<Guard = RwLockReadGuard<'static, ()>> {
    pub address: String,
    _guard: Guard,
}

/// The server that runs, or `None`, said where it is seen although the test passes.
pub fn redmine() -> Option<Redmine> {
    let address = address()?;
    Some(Redmine { address, _guard: SERVER.read().unwrap_or_else(PoisonError::into_inner) })
}

/// The same, while no other test uses it.
pub fn redmine_alone() -> Option<Redmine<RwLockWriteGuard<'static, ()>>> {
    let address = address()?;
    Some(Redmine { address, _guard: SERVER.write().unwrap_or_else(PoisonError::into_inner) })
}

fn address() -> Option<String> {
    variable("HOLDOVER_REDMINE", "Redmine server", ".ci/run")
}

impl<Guard> Redmine<Guard> {
    /// A configuration with the server as its only source, called `helpdesk`, signed in with this key.
    pub fn desk(&self, key: &str) -> Desk {
        self.desk_of(key, "ops")
    }

    fn desk_of(&self, key: &str, project: &str) -> Desk {
        desk_at(&self.address, key, project, "")
    }

    /// The second client: asks Redmine, and gives status and body.
    pub fn ask(&self, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let host = self.address.strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // HTTP 1.0: one answer, unpacked and in one piece, and then the end
        let head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\nX-Redmine-API-Key: {key}\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// A new issue in the project of the tests; its id.
    pub fn create(&self, priority: u64, subject: &str) -> u64 {
        let fields = json!([{ "id": 1, "value": "L2" }, { "id": 2, "value": "phone" }]);
        let issue = json!({ "project_id": "ops", "tracker_id": 1, "priority_id": priority, "subject": subject, "custom_fields": fields });
        let (status, answer) = self.ask(ADMIN, "POST", "/issues.json", &json!({ "issue": issue }));
        assert_eq!(status, 201, "{answer}");
        answer["issue"]["id"].as_u64().unwrap()
    }

    /// Changes an issue behind the program's back.
    pub fn change(&self, key: &str, id: u64, change: &Value) {
        let (status, answer) = self.ask(key, "PUT", &format!("/issues/{id}.json"), &json!({ "issue": change }));
        assert_eq!(status, 204, "{answer}");
    }

    /// An issue with its journals, as somebody sees it.
    pub fn issue(&self, key: &str, id: u64) -> Value {
        let (status, answer) = self.ask(key, "GET", &format!("/issues/{id}.json?include=journals"), &Value::Null);
        assert_eq!(status, 200, "{answer}");
        answer["issue"].clone()
    }
}

/// A configuration with a server as its only source, by way of an address, with more lines.
pub fn desk_at(address: &str, key: &str, project: &str, more: &str) -> Desk {
    let desk = Desk::configured("");
    let file = desk.write("key", format!("{key}\n"));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let mut text = ACME.to_owned();
    write!(text, "\n[[source]]\nname = \"helpdesk\"\nkind = \"redmine\"\nurl = \"{address}\"\n{more}\n").unwrap();
    write!(text, "token_file = \"{}\"\nproject = \"{project}\"\n{RULES}\n", file.display()).unwrap();
    desk.write("config.toml", text);
    desk
}

pub fn ticket(board: &Value, id: u64) -> Option<Value> {
    let key = json!(id.to_string());
    board["tickets"].as_array().unwrap().iter().find(|t| t["key"] == key).cloned()
}

/// What `ack --json` says of one issue.
fn ack(desk: &Desk, id: u64, more: &[&str], code: i32) -> Value {
    let id = id.to_string();
    let said = desk.run(&[&["ack", &id, "--json"], more].concat()).ended(code);
    let acks = said.json();
    assert_eq!(acks.as_array().unwrap().len(), 1, "{acks}");
    assert_eq!((&acks[0]["source"], &acks[0]["key"]), (&json!("helpdesk"), &json!(id)));
    acks[0].clone()
}

/// The texts of an issue's journals, and whether each is kept from the client.
pub fn notes(issue: &Value) -> Vec<(String, bool)> {
    let journals = issue["journals"].as_array().unwrap().iter();
    let notes = journals.map(|j| (j["notes"].as_str().unwrap_or_default().to_owned(), j["private_notes"] == true));
    notes.filter(|(text, _)| !text.is_empty()).collect()
}

#[test]
fn the_list_is_what_redmine_has() {
    let Some(redmine) = redmine() else { return };
    let desk = redmine.desk(ALICE);
    let ids: Vec<u64> = (1..=5).map(|priority| redmine.create(priority, "Listed")).collect();
    let closed = redmine.create(5, "Closed");
    redmine.change(ADMIN, closed, &json!({ "status_id": CLOSED }));
    assert_eq!(redmine.issue(ADMIN, closed)["status"]["id"], CLOSED);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(ticket(&board, closed), None, "a closed issue is not there");
    // the rules say Immediate, Urgent and High; Normal and Low keep Redmine's own order
    for (id, severity) in ids.iter().zip(["S5", "S4", "S2", "S2", "S1"]) {
        let listed = ticket(&board, *id).unwrap();
        let said = ["severity", "client", "agreement", "support_level", "channel", "title", "status"].map(|m| listed[m].as_str().unwrap());
        assert_eq!(said, [severity, "acme", "Acme", "L2", "phone", "Listed", "open"], "{listed}");
        assert_eq!(listed["url"], format!("{}/issues/{id}", redmine.address));
        assert_eq!(listed["submitted_at"], redmine.issue(ADMIN, *id)["created_on"]);
    }
    let source = &board["sources"][0];
    assert_eq!((&source["state"], &source["complete"], &source["fault"]), (&json!("ok"), &json!(true), &Value::Null));
    assert_eq!(source["total"], board["tickets"].as_array().unwrap().len());
    let explained = desk.run(&["explain", &ids[4].to_string()]).ended(0).out;
    assert!(explained.contains("priority 'Immediate', map rule at config.toml:"), "{explained}");
}

#[test]
fn a_list_longer_than_a_page_is_read_whole() {
    let Some(redmine) = redmine() else { return };
    let page = |offset: u64| {
        let path = format!("/issues.json?project_id=archive&status_id=open&sort=id&limit=100&offset={offset}");
        redmine.ask(ADMIN, "GET", &path, &Value::Null).1
    };
    let pages = [page(0), page(100)];
    let of = |issues: &Value, member: &str| issues.as_array().unwrap().iter().map(|i| i[member].to_string()).collect::<Vec<_>>();
    let theirs: BTreeSet<String> = pages.iter().flat_map(|page| of(&page["issues"], "id")).map(|id| format!("\"{id}\"")).collect();
    assert_eq!((theirs.len(), &pages[0]["total_count"]), (130, &json!(130)), "135 issues of which 5 are closed");
    let board = redmine.desk_of(ALICE, "archive").run(&["list", "--json"]).ended(0).json();
    let ours = of(&board["tickets"], "key");
    assert_eq!((ours.len(), ours.into_iter().collect::<BTreeSet<_>>()), (130, theirs));
    assert_eq!((&board["sources"][0]["shown"], &board["sources"][0]["complete"]), (&json!(130), &json!(true)));
}

#[test]
fn an_acknowledgement_is_in_redmine_itself() {
    let Some(redmine) = redmine() else { return };
    let desk = redmine.desk(ALICE);
    let id = redmine.create(5, "To be taken");
    let acked = ack(&desk, id, &["--note", "looking at the switch"], 0);
    assert_eq!((&acked["outcome"], &acked["by"], &acked["reason"]), (&json!("confirmed"), &json!("Alice Ops"), &Value::Null));
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["assigned_to"]["name"], &issue["status"]["id"]), (&json!("Alice Ops"), &json!(IN_PROGRESS)));
    assert_eq!(notes(&issue), [("looking at the switch".to_owned(), true)]);
    assert!(issue["journals"].as_array().unwrap().iter().all(|j| j["user"]["name"] == "Alice Ops"), "{issue}");
    assert_eq!(notes(&redmine.issue(BOB, id)), [], "who may not see private notes does not see it");
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), id).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_by"]), (&json!("acknowledged"), &json!("Alice Ops")));
    assert_eq!(listed["acknowledged_at"], issue["journals"][0]["created_on"]);
    // a second time: nothing is sent
    let again = ack(&desk, id, &[], 0);
    assert_eq!((&again["outcome"], &again["by"]), (&json!("already"), &json!("Alice Ops")));
    assert_eq!(redmine.issue(ADMIN, id)["journals"], issue["journals"]);
    let said = desk.run(&["ack", &redmine.create(5, "In words").to_string()]).ended(0);
    assert!(said.out.contains("acknowledged by Alice Ops, confirmed by the source") && said.err.is_empty(), "{}{}", said.out, said.err);
}

#[test]
fn what_somebody_else_took_is_already_theirs() {
    let Some(redmine) = redmine() else { return };
    let id = redmine.create(4, "Taken by the admin");
    redmine.change(ADMIN, id, &json!({ "assigned_to_id": "me", "status_id": IN_PROGRESS }));
    let before = redmine.issue(ADMIN, id);
    assert_eq!(before["assigned_to"]["name"], "Redmine Admin");
    let acked = ack(&redmine.desk(ALICE), id, &[], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("already"), &json!("Redmine Admin")));
    assert_eq!(redmine.issue(ADMIN, id), before, "untouched");
}

#[test]
fn a_user_without_the_right_is_refused_and_nothing_is_shown_as_taken() {
    let Some(redmine) = redmine() else { return };
    let desk = redmine.desk(BOB);
    let id = redmine.create(5, "Not for bob");
    let acked = ack(&desk, id, &[], 1);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("refused"), &Value::Null));
    let why = acked["reason"].as_str().unwrap();
    assert!(why.contains("your role in Redmine may not set the status 'In Progress'"), "{why}");
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["status"]["id"], &issue["journals"], issue.get("assigned_to")), (&json!(NEW), &json!([]), None));
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), id).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_at"]), (&json!("open"), &Value::Null));
    let said = desk.run(&["ack", &id.to_string()]).ended(1);
    assert!(said.out.is_empty() && said.err.contains("not acknowledged – ") && said.err.contains("your role"), "{}", said.err);
}

#[test]
fn a_204_that_ignored_the_change_is_seen_through() {
    let Some(redmine) = redmine() else { return };
    // the trap itself: Redmine answers 204, leaves all as it was, and publishes the private note
    let id = redmine.create(5, "Ignored");
    redmine.change(BOB, id, &json!({ "assigned_to_id": "me", "status_id": IN_PROGRESS, "notes": "psst", "private_notes": true }));
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["status"]["id"], issue.get("assigned_to")), (&json!(NEW), None));
    assert_eq!(notes(&issue), [("psst".to_owned(), false)]);
    // and the program in it: the status is there already, so only the assignment is asked for
    let id = redmine.create(5, "Ignored again");
    redmine.change(ADMIN, id, &json!({ "status_id": IN_PROGRESS }));
    let acked = ack(&redmine.desk(BOB), id, &[], 1);
    assert_eq!(acked["outcome"], "refused");
    let why = acked["reason"].as_str().unwrap();
    assert!(why.contains("Redmine ignored the change: it is assigned to nobody"), "{why}");
    let issue = redmine.issue(ADMIN, id);
    assert!(issue.get("assigned_to").is_none() && notes(&issue).is_empty(), "{issue}");
}

#[test]
fn a_note_is_not_written_where_the_client_would_read_it() {
    let Some(redmine) = redmine() else { return };
    let desk = redmine.desk(CAROL);
    let id = redmine.create(3, "Without private notes");
    let acked = ack(&desk, id, &["--note", "not for the client"], 1);
    assert_eq!(acked["outcome"], "refused");
    assert!(acked["reason"].as_str().unwrap().contains("may not write private notes"), "{acked}");
    assert_eq!(redmine.issue(ADMIN, id)["status"]["id"], NEW);
    assert_eq!(ack(&desk, id, &[], 0)["outcome"], "confirmed");
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["assigned_to"]["name"], notes(&issue).len()), (&json!("Carol Ops"), 0));
}

#[test]
fn a_wrong_key_is_not_signed_in_rather_than_no_tickets() {
    let Some(redmine) = redmine() else { return };
    let trap = redmine.ask(WRONG, "GET", "/issues.json", &Value::Null);
    assert_eq!((trap.0, &trap.1["total_count"]), (200, &json!(0)), "Redmine answers as if all were well");
    let desk = redmine.desk(WRONG);
    let listed = desk.run(&["list", "--json"]).ended(1);
    assert!(listed.err.starts_with("helpdesk: not signed in – "), "{}", listed.err);
    let source = &listed.json()["sources"][0];
    assert_eq!((&source["state"], &source["as_of"], &source["total"]), (&json!("blind"), &Value::Null, &Value::Null));
    assert!(source["fault"].as_str().unwrap().starts_with("not signed in"), "{source}");
    let id = redmine.create(5, "Out of reach");
    let acked = desk.run(&["ack", &format!("helpdesk/{id}"), "--json"]).ended(1);
    assert_eq!(acked.json()[0]["outcome"], "queued");
    assert!(acked.json()[0]["reason"].as_str().unwrap().starts_with("not signed in"), "{}", acked.out);
    for Said { out, err, .. } in [listed, acked, desk.run(&["list"]), desk.run(&["check"])] {
        assert!(!out.contains(WRONG) && !err.contains(WRONG), "the key is told: {out}{err}");
    }
}

#[test]
fn a_server_that_is_stopped_is_stale_then_blind_and_well_once_it_is_back() {
    let Some(redmine) = redmine_alone() else { return };
    assert_eq!(script("redmine", "url"), redmine.address, "only the script's own server can be stopped: tests/servers/redmine.sh start");
    let desk = redmine.desk(ALICE);
    let id = redmine.create(5, "Remembered");
    let settings = config::load(&desk.path("config.toml"), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    let start = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let clock: Clock = Arc::new(move || start);
    let source = sources::build(&settings.sources[0], Arc::clone(&clock), &[]).unwrap();
    let rules = SourceRules { name: source.name().clone(), poll_every: Duration::from_secs(30), blind_after: Duration::from_secs(300) };
    let mut store = Store::new([rules], start);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let poll = |store: &mut Store| store.apply(runtime.block_on(poller::poll_once(&*source, &clock)));
    let knows = |store: &Store| store.tickets().any(|t| t.id.key.as_str() == id.to_string());

    poll(&mut store);
    assert!(store.health(start)[0].health == Health::Ok && knows(&store));
    let stopped = Outage::stopped("redmine");
    poll(&mut store);
    let health = store.health(start).remove(0);
    assert_eq!((health.health, knows(&store)), (Health::Stale, true), "what was known stays");
    assert!(health.fault.unwrap().as_str().starts_with("no answer – "));
    assert_eq!(store.health(start + TimeDelta::minutes(6))[0].health, Health::Blind);
    let listed = desk.run(&["list", "--json"]).ended(1);
    let silent = &listed.json()["sources"][0];
    assert_eq!((&silent["state"], &silent["shown"]), (&json!("blind"), &json!(0)));
    assert!(silent["fault"].as_str().unwrap().contains("is the server up"), "{silent}");
    assert!(desk.run(&["list"]).ended(1).out.contains("!! helpdesk BLIND"));
    let ack = ["ack", &format!("helpdesk/{id}"), "--json"];
    assert_eq!(desk.run(&ack).ended(1).json()[0]["outcome"], "queued", "it cannot have arrived");
    drop(stopped);
    poll(&mut store);
    let health = store.health(start).remove(0);
    assert_eq!((health.health, health.fault, knows(&store)), (Health::Ok, None, true));
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(board["sources"][0]["state"], "ok");
    assert_eq!(ticket(&board, id).unwrap()["status"], "open");
    // it was not forgotten
    assert_eq!(desk.run(&["status", "--json"]).json()["unsent"], 1);
    assert_eq!(desk.run(&ack).ended(0).json()[0]["outcome"], "confirmed");
}
