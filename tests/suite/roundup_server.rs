//! the real Roundup tracker, where `HOLDOVER_ROUNDUP` says it runs: a source that is said in the configuration alone.
//!
//! What the program says it did is asked of Roundup itself, by a second client that knows nothing of the program's own.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Health, SourceRules, Store};
use holdover::config;
use holdover::domain::{Deed, Outcome, SafeText, Severity, SourceName, TicketKey};
use holdover::sources::{self, Clock, TicketSource, poller};
use serde_json::{Value, json};

use crate::real_server::{Outage, script, variable};
use crate::support::Desk;

// the people of tests/servers/roundup.sh: alice may edit, bob may only look; carol is for logins that fail, for after four of
// them hers is refused for ten minutes
const ADMIN: &str = "admin";
const ALICE: &str = "alice";
const BOB: &str = "bob";
const CAROL: &str = "carol";

const ALICE_ID: &str = "3";

/// Shared by tests that use the server, taken alone by the one that stops it.
static SERVER: RwLock<()> = RwLock::new(());

struct Roundup<Guard = RwLockReadGuard<'static, ()>> {
    address: String,
    _guard: Guard,
}

fn roundup() -> Option<Roundup> {
    let address = address()?;
    Some(Roundup { address, _guard: SERVER.read().unwrap_or_else(PoisonError::into_inner) })
}

/// The same, while no other test uses it.
fn roundup_alone() -> Option<Roundup<RwLockWriteGuard<'static, ()>>> {
    let address = address()?;
    Some(Roundup { address, _guard: SERVER.write().unwrap_or_else(PoisonError::into_inner) })
}

fn address() -> Option<String> {
    variable("HOLDOVER_ROUNDUP", "Roundup server", ".ci/run")
}

impl<Guard> Roundup<Guard> {
    fn origin(&self) -> &str {
        self.address.strip_suffix("/ops").unwrap()
    }

    /// The configuration of tests/configs, with this server in it and changed in some places.
    fn desk(&self, who: &str, password: &str, changes: &[(&str, &str)]) -> Desk {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/valid/roundup.toml");
        self.desk_by(&fs::read_to_string(file).unwrap(), who, password, changes)
    }

    /// The same of any text.
    fn desk_by(&self, text: &str, who: &str, password: &str, changes: &[(&str, &str)]) -> Desk {
        let desk = Desk::configured("");
        let key = desk.write("password", format!("{password}\n"));
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
        let mut text = text.to_owned();
        let own = [
            ("https://tracker.example/ops", &*self.address),
            ("https://tracker.example", self.origin()),
            ("token_env = \"ROUNDUP_PASSWORD\"", "token_file = \"password\""),
            ("user = \"alice\"", &format!("user = \"{who}\"")),
        ];
        for (from, to) in own.iter().chain(changes) {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        desk.write("config.toml", text);
        desk
    }

    fn desk_of(&self, who: &str) -> Desk {
        self.desk(who, &format!("{who}-secret"), &[])
    }

    /// The second client: asks Roundup, and gives status and body.
    fn ask(&self, who: &str, method: &str, path: &str, etag: &str, body: &Value) -> (u16, Value) {
        let host = self.origin().strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let login = BASE64_STANDARD.encode(format!("{who}:{who}-secret"));
        let head = format!(
            "{method} /ops/rest/data/{path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Basic {login}\r\nX-Requested-With: rest\r\n\
             Origin: {}\r\nIf-Match: {etag}\r\nContent-Type: application/json\r\nAccept: application/json\r\n",
            self.origin()
        );
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn create(&self, priority: &str, status: &str, title: &str) -> String {
        let issue = json!({ "title": title, "priority": priority, "status": status });
        let (code, answer) = self.ask(ADMIN, "POST", "issue", "", &issue);
        assert_eq!(code, 201, "{answer}");
        answer["data"]["id"].as_str().unwrap().to_owned()
    }

    /// An issue as it is there: its attributes, and its tag.
    fn issue(&self, id: &str) -> (Value, String) {
        let path = format!("issue/{id}?@verbose=2&@fields=title,assignedto,status,priority,messages,creation");
        let (code, answer) = self.ask(ADMIN, "GET", &path, "", &Value::Null);
        assert_eq!(code, 200, "{answer}");
        (answer["data"]["attributes"].clone(), answer["data"]["@etag"].as_str().unwrap().to_owned())
    }

    /// Who has it, in which status.
    fn stands(&self, id: &str) -> (Value, Value) {
        let issue = self.issue(id).0;
        (issue["assignedto"]["username"].clone(), issue["status"]["name"].clone())
    }

    /// Changes an issue behind the program's back.
    fn change(&self, id: &str, change: &Value) {
        let (code, answer) = self.ask(ADMIN, "PATCH", &format!("issue/{id}"), &self.issue(id).1, change);
        assert_eq!(code, 200, "{answer}");
    }
}

fn ticket(board: &Value, key: &str) -> Option<Value> {
    board["tickets"].as_array().unwrap().iter().find(|ticket| ticket["key"] == key).cloned()
}

/// What `ack --json` says of one issue.
fn ack(desk: &Desk, id: &str, more: &[&str], code: i32) -> Value {
    let said = desk.run(&[&["ack", &format!("roundup/{id}"), "--json"], more].concat()).ended(code);
    said.json()[0].clone()
}

/// The source of a desk, asked in this process.
struct Inside {
    source: Arc<dyn TicketSource>,
    runtime: tokio::runtime::Runtime,
}

impl Inside {
    fn of(desk: &Desk) -> Self {
        let settings = config::load(&desk.path("config.toml"), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let source = sources::build(&settings.sources[0], Arc::new(start), &[]).unwrap();
        Self { source, runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap() }
    }

    fn tell(&self, id: &str, deed: &Deed) -> Outcome {
        let key = TicketKey { source: SourceName::new("roundup"), key: SafeText::line(id) };
        self.runtime.block_on(self.source.tell(&key, deed, None)).unwrap_or_else(|fault| panic!("{deed:?}: {fault:?}"))
    }

    fn done(&self, id: &str, deed: &Deed) {
        let outcome = self.tell(id, deed);
        assert!(matches!(outcome, Outcome::Confirmed { .. }), "{deed:?}: {outcome:?}");
    }
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

#[test]
fn the_list_is_what_roundup_has() {
    let Some(roundup) = roundup() else { return };
    let priorities = ["critical", "urgent", "bug", "feature", "wish"];
    let ids: Vec<String> = priorities.iter().map(|priority| roundup.create(priority, "unread", "Listed")).collect();
    let (asked, closed) = (roundup.create("bug", "need-eg", "Asked"), roundup.create("critical", "resolved", "Closed"));
    let desk = roundup.desk_of(ALICE);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(ticket(&board, &closed), None);
    assert_eq!(ticket(&board, &asked).unwrap()["status"], "on-client");
    for (id, severity) in ids.iter().zip(["S1", "S2", "S3", "S4", "S5"]) {
        let listed = ticket(&board, id).unwrap();
        let said = ["severity", "client", "agreement", "title", "status"].map(|member| listed[member].as_str().unwrap());
        assert_eq!(said, [severity, "acme", "Acme", "Listed", "open"], "{listed}");
        assert_eq!(listed["url"], format!("{}/issue{id}", roundup.address));
        let theirs = roundup.issue(id).0["creation"].as_str().unwrap().replace('.', "T") + "Z";
        assert_eq!(listed["submitted_at"], theirs);
    }
    let source = &board["sources"][0];
    assert_eq!((&source["state"], &source["complete"], &source["fault"]), (&json!("ok"), &json!(true), &Value::Null));
    let explained = desk.run(&["explain", &ids[0]]).ended(0).out;
    assert!(explained.contains("from severity 'critical', by values of the source"), "{explained}");
    // page by page, while others make issues: nothing is lost, nothing is there twice
    let pages = roundup.desk(ALICE, "alice-secret", &[("\"@page_size\" = 100", "\"@page_size\" = 3")]);
    let mine: BTreeSet<String> = ids.iter().chain([&asked]).cloned().collect();
    let board = pages.run(&["list", "--json"]).ended(0).json();
    let listed: Vec<String> = board["tickets"].as_array().unwrap().iter().map(|t| t["key"].as_str().unwrap().to_owned()).collect();
    let once: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), once.len());
    assert!(mine.is_subset(&once) && listed.len() > 6, "{listed:?}");
}

#[test]
fn an_acknowledgement_is_in_roundup_itself() {
    let Some(roundup) = roundup() else { return };
    let desk = roundup.desk_of(ALICE);
    let id = roundup.create("critical", "unread", "To be taken");
    let acked = ack(&desk, &id, &[], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("confirmed"), &json!(ALICE)), "{acked}");
    assert_eq!(roundup.stands(&id), (json!(ALICE), json!("in-progress")));
    let tag = roundup.issue(&id).1;
    let again = ack(&desk, &id, &[], 0);
    assert_eq!((&again["outcome"], &again["by"], roundup.issue(&id).1), (&json!("already"), &json!(ALICE), tag), "nothing was sent");
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), &id).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_by"]), (&json!("acknowledged"), &json!(ALICE)));
    // a message would be read by everybody
    let id = roundup.create("critical", "unread", "With a note");
    let refused = ack(&desk, &id, &["--note", "on it"], 1);
    assert!(refused["reason"].as_str().unwrap().contains("takes no note"), "{refused}");
    assert_eq!(roundup.stands(&id), (Value::Null, json!("unread")));
}

#[test]
fn what_somebody_else_took_is_already_theirs() {
    let Some(roundup) = roundup() else { return };
    let id = roundup.create("urgent", "unread", "Taken by the admin");
    roundup.change(&id, &json!({ "assignedto": "1", "status": "in-progress" }));
    let before = roundup.issue(&id);
    let desk = roundup.desk_of(ALICE);
    let acked = ack(&desk, &id, &[], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("already"), &json!(ADMIN)));
    let back = Inside::of(&desk).tell(&id, &Deed::Unacknowledge);
    assert!(matches!(&back, Outcome::Refused { reason } if reason.as_str().contains("admin has it")), "{back:?}");
    assert_eq!(roundup.issue(&id), before, "untouched");
}

#[test]
fn every_deed_that_is_configured_is_there_afterwards() {
    let Some(roundup) = roundup() else { return };
    every_deed(&roundup, &roundup.desk_of(ALICE));
}

#[test]
fn what_the_example_says_of_roundup_is_right() {
    let Some(roundup) = roundup() else { return };
    let desk = roundup.desk_by(&crate::support::roundup_of_the_example(), ALICE, "alice-secret", &[]);
    let said = desk.run(&["check", "--online"]).ended(0);
    assert!(said.out.contains(ALICE), "{}", said.out);
    every_deed(&roundup, &desk);
}

fn every_deed(roundup: &Roundup, desk: &Desk) {
    let inside = Inside::of(desk);
    let id = roundup.create("wish", "unread", "All of it");
    inside.done(&id, &Deed::Acknowledge { note: None });
    inside.done(&id, &Deed::Assess { severity: Severity::S2 });
    assert_eq!(roundup.issue(&id).0["priority"]["name"], "urgent");
    let text = "We are \"on it\" \\ {me} – see you\u{1f6a8}";
    inside.done(&id, &Deed::Word { text: SafeText::line("First") });
    inside.done(&id, &Deed::Word { text: SafeText::line(text) });
    let messages = roundup.issue(&id).0["messages"].clone();
    assert_eq!(messages.as_array().unwrap().len(), 2, "{messages}");
    let path = format!("msg/{}?@verbose=3", messages[1]["id"].as_str().unwrap());
    let message = roundup.ask(ADMIN, "GET", &path, "", &Value::Null).1["data"]["attributes"].clone();
    assert_eq!((&message["content"], &message["author"]["id"]), (&json!(text), &json!(ALICE_ID)));
    inside.done(&id, &Deed::OnClient);
    assert_eq!(roundup.stands(&id), (json!(ALICE), json!("need-eg")));
    roundup.change(&id, &json!({ "status": "in-progress" }));
    inside.done(&id, &Deed::Unacknowledge);
    assert_eq!(roundup.stands(&id), (Value::Null, json!("unread")));
    inside.done(&id, &Deed::Resolve);
    assert_eq!(roundup.stands(&id).1, "resolved");
    assert!(matches!(inside.tell(&id, &Deed::Resolve), Outcome::Already { .. }));
}

#[test]
fn a_200_that_ignored_the_change_is_seen_through() {
    let Some(roundup) = roundup() else { return };
    // the trap itself: Roundup answers 200 to a null, and changes only the rest
    let id = roundup.create("bug", "unread", "Null");
    roundup.change(&id, &json!({ "assignedto": ALICE_ID, "status": "in-progress" }));
    roundup.change(&id, &json!({ "assignedto": null, "status": "unread" }));
    assert_eq!(roundup.stands(&id), (json!(ALICE), json!("unread")));
    roundup.change(&id, &json!({ "status": "in-progress" }));
    let desk = roundup.desk(ALICE, "alice-secret", &[("\"assignedto\": \"-1\"", "\"assignedto\": null")]);
    let outcome = Inside::of(&desk).tell(&id, &Deed::Unacknowledge);
    assert!(matches!(&outcome, Outcome::Refused { reason } if reason.as_str().contains("and it is not")), "{outcome:?}");
}

#[test]
fn what_roundup_refuses_is_told_in_its_own_words() {
    let Some(roundup) = roundup() else { return };
    // who may only look
    let id = roundup.create("critical", "unread", "Not for bob");
    let before = roundup.issue(&id);
    let desk = roundup.desk_of(BOB);
    let acked = ack(&desk, &id, &[], 1);
    let why = acked["reason"].as_str().unwrap();
    assert!(acked["outcome"] == "refused" && why.contains("(403)") && why.contains("ermission"), "{acked}");
    assert_eq!(roundup.issue(&id), before);
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), &id).unwrap();
    assert_eq!(listed["status"], "open");
    // what it asks of every change
    let without = [("headers = { X-Requested-With = \"rest\", Origin", "headers = { Origin")];
    let acked = ack(&roundup.desk(ALICE, "alice-secret", &without), &id, &[], 1);
    assert_eq!(acked["reason"], "the source refused (400): Required Header Missing");
    let acked = ack(&roundup.desk(ALICE, "alice-secret", &[("if_match = true", "if_match = false")]), &id, &[], 1);
    let why = acked["reason"].as_str().unwrap();
    assert!(why.contains("changed meanwhile: If-Match is missing or does not match") && why.contains("nobody has it"), "{why}");
    let acked = ack(&roundup.desk(ALICE, "alice-secret", &[("\"status\": \"in-progress\"", "\"status\": \"taken\"")]), &id, &[], 1);
    assert!(acked["reason"].as_str().unwrap().contains("'taken' is not a status"), "{acked}");
    assert_eq!(roundup.issue(&id), before);
}

#[test]
fn a_wrong_password_is_not_signed_in_rather_than_no_tickets() {
    let Some(roundup) = roundup() else { return };
    let desk = roundup.desk(CAROL, "wrong-password", &[]);
    let listed = desk.run(&["list", "--json"]).ended(1);
    let source = listed.json()["sources"][0].clone();
    assert_eq!((&source["state"], &source["total"]), (&json!("blind"), &Value::Null));
    // after four of them in ten minutes, of this test run before, it wants to be left alone
    let fault = source["fault"].as_str().unwrap();
    assert!(fault.starts_with("not signed in") || fault.starts_with("too many requests (429)"), "{source}");
    assert!(!listed.out.contains("wrong-password") && !listed.err.contains("wrong-password"));
}

#[test]
fn a_server_that_is_lost_is_stale_then_blind_and_well_once_it_is_back() {
    let Some(roundup) = roundup_alone() else { return };
    assert_eq!(script("roundup", "url"), roundup.address, "only the script's own server can be stopped: tests/servers/roundup.sh start");
    let desk = roundup.desk_of(ALICE);
    let id = roundup.create("critical", "unread", "Remembered");
    let inside = Inside::of(&desk);
    let clock: Clock = Arc::new(start);
    let rules =
        SourceRules { name: inside.source.name().clone(), poll_every: Duration::from_secs(30), blind_after: Duration::from_secs(300) };
    let mut store = Store::new([rules], start());
    let poll = |store: &mut Store| store.apply(inside.runtime.block_on(poller::poll_once(&*inside.source, &clock)));
    let knows = |store: &Store| store.tickets().any(|t| t.id.key.as_str() == id);

    poll(&mut store);
    assert!(store.health(start())[0].health == Health::Ok && knows(&store));
    let stopped = Outage::stopped("roundup");
    poll(&mut store);
    let health = store.health(start()).remove(0);
    assert_eq!((health.health, knows(&store)), (Health::Stale, true), "what was known stays");
    assert!(health.fault.unwrap().as_str().starts_with("no answer – "));
    assert_eq!(store.health(start() + TimeDelta::minutes(6))[0].health, Health::Blind);
    assert_eq!(ack(&desk, &id, &[], 1)["outcome"], "queued", "it cannot have arrived");
    drop(stopped);
    poll(&mut store);
    assert_eq!((store.health(start())[0].health, knows(&store)), (Health::Ok, true));
    assert_eq!(ack(&desk, &id, &[], 0)["outcome"], "confirmed");
    assert_eq!(roundup.stands(&id), (json!(ALICE), json!("in-progress")));
    // connections are taken, and nothing is answered
    let frozen = Outage::frozen("roundup");
    let listed = desk.run(&["list", "--json"]).ended(1).json();
    assert_eq!(listed["sources"][0]["state"], "blind");
    assert!(listed["sources"][0]["fault"].as_str().unwrap().contains("did not answer in time"), "{listed}");
    drop(frozen);
    poll(&mut store);
    assert_eq!((store.health(start())[0].health, knows(&store)), (Health::Ok, true));
}
