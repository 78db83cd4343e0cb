//! the real Redmine server, told of every deed, and asked only for what has changed: see `redmine_server`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::{DateTime, Utc};
use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, Pass, SafeText, Severity, Status, Ticket, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::real_server::{Outage, script};
use crate::redmine_server::{ADMIN, ALICE, BOB, CAROL, IN_PROGRESS, NEW, Redmine, WRONG, desk_at, notes, redmine, redmine_alone, ticket};
use crate::relay::Relay;
use crate::support::Desk;

const FEEDBACK: u64 = 4;
const WAITING: &str = "waiting_status = \"Feedback\"\nresolve_status = \"Closed\"";

/// A source of the server and what runs it.
struct Told {
    source: Arc<dyn TicketSource>,
    runtime: Runtime,
    desk: Desk,
}

impl Told {
    fn new(address: &str, key: &str, project: &str, more: &str) -> Self {
        let desk = desk_at(address, key, project, more);
        let settings = config::load(&desk.path("config.toml"), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        // of when the file was written, for this server does not tell the time; it goes on with each look at it
        let written = std::fs::metadata(desk.path("config.toml")).unwrap().modified().unwrap();
        let millis = AtomicI64::new(DateTime::<chrono::Utc>::from(written).timestamp_millis());
        let clock: Clock = Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(1, Relaxed)).unwrap());
        let source = sources::build(&settings.sources[0], clock, &[]).unwrap();
        Self { source, runtime: Builder::new_current_thread().enable_all().build().unwrap(), desk }
    }

    fn of<Guard>(redmine: &Redmine<Guard>, key: &str) -> Self {
        Self::new(&redmine.address, key, "ops", WAITING)
    }

    fn list(&self) -> Pass {
        self.runtime.block_on(self.source.list_open()).unwrap()
    }

    fn tell(&self, id: u64, deed: &Deed, tried_before: bool) -> Outcome {
        let key = TicketKey { source: self.source.name().clone(), key: SafeText::line(&id.to_string()) };
        self.runtime.block_on(self.source.tell(&key, deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH))).unwrap()
    }

    /// Does it, and says when the server says it was.
    fn done(&self, id: u64, deed: &Deed) -> DateTime<Utc> {
        match self.tell(id, deed, false) {
            Outcome::Confirmed { by: Some(_), at: Some(at) } => at,
            other => panic!("{deed:?}: {other:?}"),
        }
    }

    fn refused(&self, id: u64, deed: &Deed) -> String {
        match self.tell(id, deed, false) {
            Outcome::Refused { reason } => reason.to_string(),
            other => panic!("{deed:?}: {other:?}"),
        }
    }
}

fn listed(pass: &Pass, id: u64) -> Option<Arc<Ticket>> {
    pass.tickets.iter().find(|t| t.id.key.as_str() == id.to_string()).cloned()
}

fn text(text: &str) -> SafeText {
    SafeText::body(text)
}

/// When each journal of an issue was written that has this note.
fn written(issue: &Value, note: &str) -> DateTime<Utc> {
    let journal = issue["journals"].as_array().unwrap().iter().find(|j| j["notes"] == note).unwrap();
    journal["created_on"].as_str().unwrap().parse().unwrap()
}

#[test]
fn every_deed_is_in_redmine_itself() {
    let Some(redmine) = redmine() else { return };
    let alice = Told::of(&redmine, ALICE);
    let id = redmine.create(3, "To be worked on");
    alice.done(id, &Deed::Acknowledge { note: None });
    alice.done(id, &Deed::Note { text: text("for us\n\nalone") });
    alice.done(id, &Deed::Word { text: text("we look at it") });
    // the rules of the configuration say Urgent, the highest of the two, for S2; the issue is of that already as High
    let Outcome::Already { .. } = alice.tell(id, &Deed::Assess { severity: Severity::S2 }, false) else { panic!() };
    alice.done(id, &Deed::Assess { severity: Severity::S1 });
    alice.done(id, &Deed::OnClient);
    let issue = redmine.issue(ADMIN, id);
    let [status, priority, owner] = ["status", "priority", "assigned_to"].map(|member| issue[member]["name"].clone());
    assert_eq!((status, priority, owner), (json!("Feedback"), json!("Immediate"), json!("Alice Ops")));
    let said = notes(&issue);
    assert!(said.contains(&("for us\n\nalone".to_owned(), true)) && said.contains(&("we look at it".to_owned(), false)), "{said:?}");
    assert!(!notes(&redmine.issue(BOB, id)).iter().any(|(note, _)| note.contains("alone")), "who may not see private notes");
    // what may have arrived and did is not sent again
    let before = redmine.issue(ADMIN, id);
    for deed in [
        Deed::Note { text: text("for us\n\nalone") },
        Deed::Word { text: text("we look at it") },
        Deed::Assess { severity: Severity::S1 },
        Deed::OnClient,
    ] {
        let Outcome::Confirmed { .. } = alice.tell(id, &deed, true) else { panic!("{deed:?}") };
    }
    assert_eq!(redmine.issue(ADMIN, id), before);
    alice.done(id, &Deed::Resolve);
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["status"]["name"], issue["closed_on"].is_string()), (&json!("Closed"), true));
    assert!(listed(&alice.list(), id).is_none());
    let Outcome::Already { by: Some(by), .. } = alice.tell(id, &Deed::Resolve, false) else { panic!() };
    assert_eq!(by.as_str(), "Alice Ops");
}

#[test]
fn what_is_given_back_is_nobodys() {
    let Some(redmine) = redmine() else { return };
    let alice = Told::of(&redmine, ALICE);
    let id = redmine.create(5, "Given back");
    alice.done(id, &Deed::Acknowledge { note: None });
    assert!(listed(&alice.list(), id).unwrap().acknowledged_at.is_some());
    // Redmine's own workflow has no way back to New for her
    alice.done(id, &Deed::Unacknowledge);
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((issue.get("assigned_to"), &issue["status"]["id"]), (None, &json!(IN_PROGRESS)));
    let open = listed(&alice.list(), id).unwrap();
    assert_eq!((open.status, open.acknowledged_at), (Status::Open, None));
    let Outcome::Already { by: None, .. } = alice.tell(id, &Deed::Unacknowledge, false) else { panic!() };
    redmine.change(ADMIN, id, &json!({ "assigned_to_id": "me" }));
    let why = alice.refused(id, &Deed::Unacknowledge);
    assert!(why.contains("Redmine Admin has it"), "{why}");
    assert_eq!(redmine.issue(ADMIN, id)["assigned_to"]["name"], "Redmine Admin");
    // and by somebody for whom there is a way back
    let admin = Told::of(&redmine, ADMIN);
    admin.done(id, &Deed::Unacknowledge);
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((issue.get("assigned_to"), &issue["status"]["id"]), (None, &json!(NEW)));
}

#[test]
fn who_may_not_is_refused_and_nothing_is_changed() {
    let Some(redmine) = redmine() else { return };
    let (bob, carol) = (Told::of(&redmine, BOB), Told::of(&redmine, CAROL));
    let id = redmine.create(4, "Not for everybody");
    let before = redmine.issue(ADMIN, id);
    let why = carol.refused(id, &Deed::Note { text: text("psst") });
    assert!(why.contains("may not write private notes"), "{why}");
    assert!(bob.refused(id, &Deed::Note { text: text("psst") }).contains("may not write private notes"));
    assert!(bob.refused(id, &Deed::Assess { severity: Severity::S1 }).contains("ignored"), "204, and nothing was done");
    assert!(bob.refused(id, &Deed::OnClient).contains("may not set the status 'Feedback'"));
    assert!(bob.refused(id, &Deed::Resolve).contains("ignored"), "offered, and not done");
    let mut after = redmine.issue(ADMIN, id);
    // a change that it ignored leaves its mark all the same
    after["updated_on"] = before["updated_on"].clone();
    assert_eq!(after, before);
    carol.done(id, &Deed::Word { text: text("we look") });
    bob.done(id, &Deed::Word { text: text("a word of a reporter") });
    let may_not = |told: &Told| {
        let who = told.runtime.block_on(told.source.whoami()).unwrap();
        who.may_not.iter().map(|words| words.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(may_not(&Told::of(&redmine, ALICE)), [""; 0]);
    assert_eq!(may_not(&carol), ["write private notes in Operations, Archive"]);
    assert_eq!(may_not(&bob), ["change issues in Operations, Archive", "write private notes in Operations, Archive"]);
    let wrong = Told::of(&redmine, WRONG);
    let key = TicketKey { source: wrong.source.name().clone(), key: SafeText::line(&id.to_string()) };
    let fault = wrong.runtime.block_on(wrong.source.tell(&key, &Deed::Resolve, None)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotSignedIn);
}

#[test]
fn what_the_journals_tell_is_what_redmine_has() {
    let Some(redmine) = redmine() else { return };
    let alice = Told::of(&redmine, ALICE);
    // the admin submits the issues of the tests, and so is their client
    let id = redmine.create(3, "With a history");
    alice.list();
    redmine.change(ADMIN, id, &json!({ "notes": "any news?" }));
    assert_eq!(listed(&alice.list(), id).unwrap().contacts.len(), 1);
    alice.done(id, &Deed::Word { text: text("the first word") });
    alice.done(id, &Deed::Note { text: text("not for them") });
    redmine.change(CAROL, id, &json!({ "notes": "the last word", "priority_id": 5 }));
    let issue = redmine.issue(ADMIN, id);
    let told = listed(&alice.list(), id).unwrap();
    assert_eq!((told.answered_at, told.last_word_at), (Some(written(&issue, "the first word")), Some(written(&issue, "the last word"))));
    let assessed: Vec<_> = told.assessments.iter().map(|a| (a.at, a.severity.unwrap())).collect();
    assert_eq!(assessed, [(told.submitted_at.unwrap(), Severity::S2), (written(&issue, "the last word"), Severity::S1)]);
    // on the client, until they answer: by what the rules make of it
    alice.done(id, &Deed::OnClient);
    let group = || {
        let board = alice.desk.run(&["list", "--json", "--at", "2027-01-05T11:00:00Z"]).json();
        ticket(&board, id).unwrap()["group"].as_str().unwrap().to_owned()
    };
    assert_eq!((listed(&alice.list(), id).unwrap().status, group()), (Status::OnClient, "on-client".to_owned()));
    wait_for_the_next_second(&redmine, id);
    redmine.change(ADMIN, id, &json!({ "notes": "here it is" }));
    let told = listed(&alice.list(), id).unwrap();
    assert_eq!((told.contacts.len(), told.on_client.len()), (2, 1));
    assert_eq!(group(), "unanswered");
}

/// Redmine tells whole seconds: waits until what is done next bears a later one, by what Redmine itself says.
fn wait_for_the_next_second(redmine: &Redmine, id: u64) {
    let changed = redmine.issue(ADMIN, id)["updated_on"].clone();
    loop {
        let other = redmine.create(1, "What time is it?");
        if redmine.issue(ADMIN, other)["created_on"] != changed {
            return;
        }
    }
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let Some(redmine) = redmine() else { return };
    let relay = Relay::to(&redmine.address);
    let alice = Told::new(&relay.address, ALICE, "archive", "");
    assert_eq!(alice.list().tickets.len(), 130);
    let first = relay.passed();
    assert!(first.iter().any(|(what, status)| what.contains("status_id=open&sort=id&limit=100") && *status == 200), "{first:?}");
    // nobody writes in the archive
    alice.list();
    relay.passed();
    let pass = alice.list();
    let again = relay.passed();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(130), 130));
    assert!(again.iter().all(|(_, status)| *status == 304) && again.len() >= 5, "{again:?}");
    assert!(again.iter().all(|(what, _)| !what.contains("limit=100&offset=0&project_id=archive")), "the list itself is not asked for");
}

#[test]
fn what_changes_comes_or_goes_is_seen_at_the_next_pass() {
    // it moves one into the archive, which others read
    let Some(redmine) = redmine_alone() else { return };
    let alice = Told::of(&redmine, ALICE);
    let [changed, closed, deleted, moved] = ["Changed", "Closed", "Deleted", "Moved"].map(|subject| redmine.create(2, subject));
    let pass = alice.list();
    let before = [changed, closed, deleted, moved].map(|id| listed(&pass, id).unwrap());
    redmine.change(ADMIN, changed, &json!({ "priority_id": 5 }));
    redmine.change(ADMIN, closed, &json!({ "status_id": 5 }));
    redmine.change(ADMIN, moved, &json!({ "project_id": 2 }));
    let (status, _) = redmine.ask(ADMIN, "DELETE", &format!("/issues/{deleted}.json"), &Value::Null);
    assert_eq!(status, 204);
    let new = redmine.create(2, "New");
    let pass = alice.list();
    assert!(pass.complete && listed(&pass, new).is_some());
    assert_eq!(listed(&pass, changed).unwrap().severity, Some(Severity::S1));
    assert_eq!([closed, deleted, moved].map(|id| listed(&pass, id).is_some()), [false; 3]);
    let kept = redmine.issue(ADMIN, changed);
    assert_eq!((kept["priority"]["id"].as_u64(), before[0].severity), (Some(5), Some(Severity::S4)));
    // back where it was, so that the archive stays as it is
    redmine.change(ADMIN, moved, &json!({ "project_id": 1 }));
    assert!(listed(&alice.list(), moved).is_some());
}

#[test]
fn a_change_whose_answer_is_lost_is_found_in_redmine() {
    let Some(redmine) = redmine() else { return };
    let relay = Relay::to(&redmine.address);
    let alice = Told::new(&relay.address, ALICE, "ops", WAITING);
    for deed in [
        Deed::Word { text: text("lost on the way") },
        Deed::Note { text: text("lost on the way") },
        Deed::Acknowledge { note: None },
        Deed::Assess { severity: Severity::S1 },
        Deed::OnClient,
        Deed::Unacknowledge,
        Deed::Resolve,
    ] {
        let id = redmine.create(2, "Lost");
        if deed == Deed::Unacknowledge {
            alice.done(id, &Deed::Acknowledge { note: None });
        }
        relay.lose("PUT");
        alice.done(id, &deed);
        assert_eq!(
            relay.passed().iter().filter(|(what, _)| what.starts_with("PUT")).count(),
            if deed == Deed::Unacknowledge { 2 } else { 1 }
        );
    }
}

#[test]
fn a_server_that_is_frozen_is_told_nothing_and_knows_nothing_of_it() {
    let Some(redmine) = redmine_alone() else { return };
    assert_eq!(script("redmine", "url"), redmine.address, "only the script's own server can be frozen: tests/servers/redmine.sh start");
    let alice = Told::of(&redmine, ALICE);
    let id = redmine.create(2, "Frozen");
    alice.list();
    let key = TicketKey { source: alice.source.name().clone(), key: SafeText::line(&id.to_string()) };
    let frozen = Outage::frozen("redmine");
    let fault = alice.runtime.block_on(alice.source.tell(&key, &Deed::OnClient, None));
    drop(frozen);
    let fault = fault.unwrap_err();
    assert!(fault.kind == FaultKind::Unreachable && fault.text.as_str().contains("did not answer in time"), "{fault:?}");
    assert_eq!(redmine.issue(ADMIN, id)["status"]["id"], NEW);
    alice.done(id, &Deed::OnClient);
    assert_eq!(redmine.issue(ADMIN, id)["status"]["id"], FEEDBACK);
    assert!(alice.list().complete);
}
