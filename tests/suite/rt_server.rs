//! the real Request Tracker server, where `HOLDOVER_RT` says it runs; not in every run, for it takes long to install.
//!
//! What the program says it did is asked of RT itself, by a second client that knows nothing of the program's own.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chrono::DateTime;
use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, Pass, SafeText, Severity, Status, Ticket, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::real_server::{Outage, script, variable};
use crate::relay::Relay;
use crate::support::{ACME, Desk};

/// A token that nobody has.
const WRONG: &str = "1-14-00000000000000000000000000000000";
const RULES: &str = r#"waiting_status = "stalled"
map = [
  { field = "queue", is = "ops", client = "acme" },
  { field = "priority", is = "7", severity = "S5" },
]"#;

/// Shared by tests that use the server, taken alone by those that stop or freeze it.
static SERVER: RwLock<()> = RwLock::new(());

/// The server, for as long as this is kept.
struct Rt<Guard = RwLockReadGuard<'static, ()>> {
    address: String,
    _guard: Guard,
}

fn rt() -> Option<Rt> {
    let address = variable("HOLDOVER_RT", "Request Tracker", ".ci/long")?;
    Some(Rt { address, _guard: SERVER.read().unwrap_or_else(PoisonError::into_inner) })
}

fn rt_alone() -> Option<Rt<RwLockWriteGuard<'static, ()>>> {
    let address = variable("HOLDOVER_RT", "Request Tracker", ".ci/long")?;
    Some(Rt { address, _guard: SERVER.write().unwrap_or_else(PoisonError::into_inner) })
}

fn token(who: &str) -> String {
    variable(&format!("HOLDOVER_RT_{}", who.to_uppercase()), "Request Tracker", ".ci/long").unwrap()
}

impl<Guard> Rt<Guard> {
    /// The second client: asks RT as the admin, and gives status and body.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let host = self.address.strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!("{method} /REST/2.0/{path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: token {}\r\n", token("admin"));
        write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// A new ticket of the client bob; its id.
    fn create(&self, priority: &str, subject: &str) -> u64 {
        let ticket = json!({ "Queue": "ops", "Subject": subject, "Priority": priority, "Requestor": "bob@ops.example",
            "ContentType": "text/plain", "Content": subject });
        let (status, answer) = self.ask("POST", "ticket", &ticket);
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().unwrap().parse().unwrap()
    }

    /// Changes a ticket behind the program's back.
    fn change(&self, id: u64, change: &Value) {
        let (status, answer) = self.ask("PUT", &format!("ticket/{id}"), change);
        assert_eq!(status, 200, "{answer}");
    }

    /// A ticket as the admin sees it.
    fn ticket(&self, id: u64) -> Value {
        let (status, answer) = self.ask("GET", &format!("ticket/{id}"), &Value::Null);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// What was written by alice, as its kind and text.
    fn written(&self, id: u64) -> Vec<(String, String)> {
        let (_, history) = self.ask("GET", &format!("ticket/{id}/history?fields=Type,Creator&per_page=100"), &Value::Null);
        let by_alice = history["items"].as_array().unwrap().iter().filter(|t| t["Creator"]["id"] == "alice");
        let mut written = Vec::new();
        for transaction in by_alice.filter(|t| ["Comment", "Correspond"].contains(&t["Type"].as_str().unwrap())) {
            let path = format!("transaction/{}/attachments?fields=Content", transaction["id"].as_str().unwrap());
            let (_, parts) = self.ask("GET", &path, &Value::Null);
            let text = parts["items"][0]["Content"].as_str().unwrap().trim().replace("\r\n", "\n");
            written.push((transaction["Type"].as_str().unwrap().to_owned(), text));
        }
        written
    }
}

/// A source of the server and what runs it.
struct Told {
    source: Arc<dyn TicketSource>,
    runtime: Runtime,
    desk: Desk,
}

impl Told {
    fn at(address: &str, user: &str, key: &str) -> Self {
        let desk = Desk::configured("");
        let file = desk.write("key", format!("{key}\n"));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let source = format!("[[source]]\nname = \"desk\"\nkind = \"rt\"\nurl = \"{address}\"\nuser = \"{user}\"\nqueue = [\"ops\"]\n");
        desk.write("config.toml", format!("{ACME}\n{source}token_file = \"{}\"\n{RULES}\n", file.display()));
        let settings = config::load(&desk.path("config.toml"), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        // it goes on with each look at it, so that the server's clock is told by its difference
        let millis = AtomicI64::new(1_795_000_000_000);
        let clock: Clock = Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(1, Relaxed)).unwrap());
        let source = sources::build(&settings.sources[0], clock, &[]).unwrap();
        Self { source, runtime: Builder::new_current_thread().enable_all().build().unwrap(), desk }
    }

    fn of<Guard>(rt: &Rt<Guard>, user: &str) -> Self {
        Self::at(&rt.address, user, &token(user))
    }

    fn list(&self) -> Pass {
        self.runtime.block_on(self.source.list_open()).unwrap()
    }

    fn key(&self, id: u64) -> TicketKey {
        TicketKey { source: self.source.name().clone(), key: SafeText::line(&id.to_string()) }
    }

    fn tell(&self, id: u64, deed: &Deed, tried_before: bool) -> Outcome {
        self.runtime.block_on(self.source.tell(&self.key(id), deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH))).unwrap()
    }

    fn done(&self, id: u64, deed: &Deed) {
        let outcome = self.tell(id, deed, false);
        assert!(matches!(outcome, Outcome::Confirmed { by: Some(_), at: Some(_) }), "{deed:?}: {outcome:?}");
    }

    fn refused(&self, id: u64, deed: &Deed) -> String {
        match self.tell(id, deed, false) {
            Outcome::Refused { reason } => reason.to_string(),
            other => panic!("{deed:?}: {other:?}"),
        }
    }
}

fn listed(pass: &Pass, id: u64) -> Option<&Ticket> {
    pass.tickets.iter().find(|t| t.id.key.as_str() == id.to_string()).map(|ticket| &**ticket)
}

fn text(text: &str) -> SafeText {
    SafeText::body(text)
}

#[test]
fn the_list_is_what_rt_has() {
    let Some(rt) = rt() else { return };
    let ids = ["100", "80", "50", "20", "0", "7"].map(|priority| rt.create(priority, "Listed"));
    let resolved = rt.create("100", "Resolved");
    rt.change(resolved, &json!({ "Status": "resolved" }));
    let alice = Told::of(&rt, "alice");
    let board = alice.desk.run(&["list", "--json"]).ended(0).json();
    let ticket = |id: u64| board["tickets"].as_array().unwrap().iter().find(|t| t["key"] == json!(id.to_string()));
    assert_eq!(ticket(resolved), None);
    for (id, severity) in ids.iter().zip(["S1", "S2", "S2", "S3", "S4", "S5"]) {
        let told = ticket(*id).unwrap();
        let said = ["severity", "client", "agreement", "title", "status"].map(|member| told[member].as_str().unwrap());
        assert_eq!(said, [severity, "acme", "Acme", "Listed", "open"], "{told}");
        assert_eq!((&told["submitted_at"], &told["contact"]["email"]), (&rt.ticket(*id)["Created"], &json!("bob@ops.example")));
        assert_eq!(told["url"], format!("{}/Ticket/Display.html?id={id}", rt.address));
    }
    let source = &board["sources"][0];
    assert_eq!((&source["state"], &source["complete"], &source["fault"]), (&json!("ok"), &json!(true), &Value::Null));
    assert_eq!(source["total"], board["tickets"].as_array().unwrap().len());
}

#[test]
fn every_deed_is_in_rt_itself() {
    let Some(rt) = rt() else { return };
    let alice = Told::of(&rt, "alice");
    assert_eq!(alice.runtime.block_on(alice.source.whoami()).unwrap().name.as_str(), "alice");
    let id = rt.create("50", "To be worked on");
    alice.done(id, &Deed::Acknowledge { note: Some(text("on it")) });
    alice.done(id, &Deed::Note { text: text("for us\n\nalone") });
    alice.done(id, &Deed::Word { text: text("we look at it") });
    for (severity, priority) in [(Severity::S5, "7"), (Severity::S1, "100")] {
        alice.done(id, &Deed::Assess { severity });
        assert_eq!(rt.ticket(id)["Priority"], priority);
    }
    alice.done(id, &Deed::OnClient);
    let ticket = rt.ticket(id);
    assert_eq!((&ticket["Owner"]["id"], &ticket["Status"]), (&json!("alice"), &json!("stalled")));
    let wrote = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    let all = [wrote("Comment", "on it"), wrote("Comment", "for us\n\nalone"), wrote("Correspond", "we look at it")];
    assert_eq!(rt.written(id), all);
    // what may have arrived and did is not sent again
    for deed in [
        Deed::Note { text: text("for us\n\nalone") },
        Deed::Word { text: text("we look at it") },
        Deed::Assess { severity: Severity::S1 },
        Deed::OnClient,
    ] {
        let outcome = alice.tell(id, &deed, true);
        assert!(matches!(outcome, Outcome::Confirmed { .. }), "{deed:?}: {outcome:?}");
    }
    assert_eq!((rt.written(id).len(), &rt.ticket(id)["LastUpdated"]), (3, &ticket["LastUpdated"]));
    let pass = alice.list();
    let told = listed(&pass, id).unwrap();
    assert_eq!((told.status, told.acknowledged_by.as_ref().unwrap().as_str()), (Status::OnClient, "alice"));
    assert!(told.acknowledged_at.is_some() && told.answered_at.is_some() && told.on_client.len() == 1, "{told:?}");
    assert_eq!(told.assessments.last().unwrap().severity, Some(Severity::S1));
    alice.done(id, &Deed::Resolve);
    assert_eq!(rt.ticket(id)["Status"], "resolved");
    assert!(listed(&alice.list(), id).is_none());
    let Outcome::Already { by: Some(by), .. } = alice.tell(id, &Deed::Resolve, false) else { panic!() };
    assert_eq!(by.as_str(), "alice");
}

#[test]
fn it_is_taken_and_given_back_and_never_taken_away() {
    let Some(rt) = rt() else { return };
    let alice = Told::of(&rt, "alice");
    let id = rt.create("100", "Taken");
    let acked = alice.desk.run(&["ack", &format!("desk/{id}"), "--json"]).ended(0).json();
    assert_eq!((&acked[0]["outcome"], &acked[0]["by"]), (&json!("confirmed"), &json!("alice")));
    let ticket = rt.ticket(id);
    assert_eq!((&ticket["Owner"]["id"], &ticket["Status"]), (&json!("alice"), &json!("open")));
    let again = alice.desk.run(&["ack", &format!("desk/{id}"), "--json"]).ended(0).json();
    assert_eq!((&again[0]["outcome"], &again[0]["by"]), (&json!("already"), &json!("alice")));
    assert_eq!(rt.ticket(id)["LastUpdated"], ticket["LastUpdated"]);
    alice.done(id, &Deed::Unacknowledge);
    assert_eq!(rt.ticket(id)["Owner"]["id"], "Nobody");
    assert_eq!(listed(&alice.list(), id).unwrap().acknowledged_at, None);
    rt.change(id, &json!({ "Owner": "root" }));
    let before = rt.ticket(id);
    let Outcome::Already { by: Some(by), .. } = alice.tell(id, &Deed::Acknowledge { note: None }, false) else { panic!() };
    assert!(["root", "Enoch Root"].contains(&by.as_str()), "{by}");
    assert!(alice.refused(id, &Deed::Unacknowledge).contains("it is not yours"));
    assert_eq!(rt.ticket(id), before, "untouched");
}

#[test]
fn a_user_without_the_right_is_refused_in_the_words_of_rt() {
    let Some(rt) = rt() else { return };
    let bob = Told::of(&rt, "bob");
    let id = rt.create("50", "Not for bob");
    let before = rt.ticket(id);
    // the trap itself: 200, and a message
    let why = bob.refused(id, &Deed::Acknowledge { note: Some(text("psst")) });
    assert!(why.contains("That user may not own tickets in that queue") && why.contains("its owner is nobody"), "{why}");
    for deed in [
        Deed::Note { text: text("psst") },
        Deed::Word { text: text("hello") },
        Deed::Assess { severity: Severity::S1 },
        Deed::OnClient,
        Deed::Resolve,
    ] {
        let why = bob.refused(id, &deed);
        assert!(why.contains("Permission Denied") || why.contains("Forbidden"), "{deed:?}: {why}");
    }
    assert_eq!(rt.ticket(id), before);
    assert_eq!(listed(&bob.list(), id).unwrap().status, Status::Open);
}

#[test]
fn a_wrong_token_the_token_of_another_and_an_unknown_queue_are_no_empty_list() {
    let Some(rt) = rt() else { return };
    let fault = |told: &Told| told.runtime.block_on(told.source.list_open()).unwrap_err();
    let wrong = Told::at(&rt.address, "alice", WRONG);
    assert_eq!(fault(&wrong).kind, FaultKind::NotSignedIn);
    let said = wrong.desk.run(&["list"]);
    assert!(!said.out.contains(WRONG) && !said.err.contains(WRONG) && said.err.contains("not signed in"), "{}", said.err);
    let other = fault(&Told::at(&rt.address, "bob", &token("alice")));
    assert!(other.kind == FaultKind::NotSignedIn && other.text.as_str().contains("as it shows others"), "{other:?}");
    let alice = Told::of(&rt, "alice");
    let text = fs::read_to_string(alice.desk.path("config.toml")).unwrap();
    alice.desk.write("config.toml", text.replace("[\"ops\"]", "[\"ops\", \"opps\"]"));
    let said = alice.desk.run(&["list"]).ended(1);
    assert!(said.err.contains("no queue 'opps'"), "{}", said.err);
}

#[test]
fn a_change_whose_answer_is_lost_is_found_in_rt() {
    let Some(rt) = rt() else { return };
    let relay = Relay::to(&rt.address);
    let alice = Told::at(&relay.address, "alice", &token("alice"));
    let id = rt.create("50", "Lost");
    for (method, deed) in [
        ("POST", Deed::Word { text: text("lost on the way") }),
        ("POST", Deed::Note { text: text("lost on the way") }),
        ("PUT", Deed::Assess { severity: Severity::S1 }),
        ("PUT", Deed::Resolve),
    ] {
        relay.lose(method);
        alice.done(id, &deed);
        assert_eq!(relay.passed().iter().filter(|(what, _)| what.starts_with(method)).count(), 1, "{deed:?}");
    }
    // of two changes the first was lost: what is not known is told again, and then it is
    let id = rt.create("50", "Lost too");
    relay.lose("PUT");
    let Outcome::Unknown { .. } = alice.tell(id, &Deed::Acknowledge { note: None }, false) else { panic!() };
    assert_eq!(rt.ticket(id)["Owner"]["id"], "alice");
    let Outcome::Confirmed { .. } = alice.tell(id, &Deed::Acknowledge { note: None }, true) else { panic!() };
    assert_eq!(rt.ticket(id)["Status"], "open");
}

#[test]
fn a_server_that_is_stopped_or_frozen_is_no_empty_list_and_is_told_later() {
    let Some(rt) = rt_alone() else { return };
    assert_eq!(script("rt", "url"), rt.address, "only the script's own server can be stopped: tests/servers/rt.sh start");
    let alice = Told::of(&rt, "alice");
    let id = rt.create("100", "Remembered");
    assert!(listed(&alice.list(), id).is_some());
    let ack = ["ack", &format!("desk/{id}"), "--json"];
    alice.desk.run(&["list"]).ended(0);
    let stopped = Outage::stopped("rt");
    let fault = alice.runtime.block_on(alice.source.list_open()).unwrap_err();
    assert!(fault.kind == FaultKind::Unreachable && fault.text.as_str().starts_with("no answer – "), "{fault:?}");
    let listed_then = alice.desk.run(&["list", "--json"]).ended(1).json();
    assert_eq!(listed_then["sources"][0]["state"], "blind");
    assert_eq!(alice.desk.run(&ack).ended(1).json()[0]["outcome"], "queued", "it cannot have arrived");
    drop(stopped);
    assert!(listed(&alice.list(), id).is_some());
    let frozen = Outage::frozen("rt");
    let fault = alice.runtime.block_on(alice.source.tell(&alice.key(id), &Deed::Resolve, None)).unwrap_err();
    assert!(fault.text.as_str().contains("did not answer in time"), "{fault:?}");
    drop(frozen);
    assert_eq!(rt.ticket(id)["Status"], "new");
    assert_eq!(alice.desk.run(&ack).ended(0).json()[0]["outcome"], "confirmed", "it was not forgotten");
    assert_eq!(rt.ticket(id)["Owner"]["id"], "alice");
    assert!(alice.list().complete);
}
