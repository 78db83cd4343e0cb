//! What is kept comes back as it was: tickets, what was first seen when, the outbox, evidence.

use std::sync::Arc;

use chrono::TimeDelta;
use holdover::domain::{Deed, Fault, FaultKind, KeptHere, Outcome, SafeText, Severity, SourceName, Ticket, TicketKey};
use holdover::records::{Ended, OutboxState, Queued, Records, Snapshot};
use holdover::sources::{TicketFormat, read_tickets};
use tempfile::TempDir;

use super::{grounds, key, now, open, queue, ticket};

fn snapshot(tickets: Vec<Arc<Ticket>>) -> Snapshot {
    Snapshot {
        began_at: now(),
        ended_at: now() + TimeDelta::seconds(1),
        complete: true,
        total: Some(3),
        complete_at: Some(now() + TimeDelta::seconds(1)),
        tickets,
        tried_at: now() + TimeDelta::seconds(1),
        fault: None,
        clock_ahead: Some(TimeDelta::seconds(90)),
        ours: true,
    }
}

fn desk() -> SourceName {
    SourceName::new("desk")
}

fn keys(records: &Records) -> Vec<String> {
    records.snapshot(&desk()).unwrap().unwrap().tickets.iter().map(|t| t.id.key.to_string()).collect()
}

#[test]
fn tickets_come_back_with_all_that_was_known_of_them() {
    let everything = r#"[{ "key": "A-1", "title": "Nobody can sign in 🧨 \u001b[31m", "client": "acme", "agreement": "Acme", "severity": "S2",
        "support_level": "L2", "channel": "phone", "service": "portal", "status": "on-client", "assignee": "li", "url": "https://x.example/1",
        "description": "one\ntwo\n\u202ethree", "submitted_at": "2026-12-07T00:10:00Z", "acknowledged_at": "2026-12-07T00:11:00Z",
        "acknowledged_by": "li", "answered_at": "2026-12-07T00:12:00Z", "last_word_at": "2026-12-07T00:13:00Z", "resolved_at": null,
        "contact": { "name": "Jo", "phone": "+44 1", "email": "jo@acme.example" }, "callback_requested": true,
        "contacts": [{ "at": "2026-12-07T00:14:00Z", "channel": null }], "assessments": [{ "at": "2026-12-07T00:15:00Z", "severity": "S3" }],
        "on_client": [{ "from": "2026-12-07T00:16:00Z", "to": null }] }, { "key": "A-2", "severity": "very bad", "submitted_at": "yesterday" }, 7]"#;
    let name = desk();
    let format = TicketFormat { source: &name, label: "tickets.json", timezone: None, client: None, unassessed_as: None, map: &[] };
    let mut tickets = read_tickets(everything.as_bytes(), &format).unwrap();
    assert_eq!(tickets.len(), 3);
    let long = Arc::make_mut(&mut tickets[1]);
    long.title = SafeText::title(&"é".repeat(2000));
    long.first_seen_at = Some(now());
    long.severity_seen_at = Some(now());
    let folder = TempDir::new().unwrap();
    open(folder.path(), 0).keep(&name, &snapshot(tickets.clone())).unwrap();
    let mut again = open(folder.path(), 1).snapshot(&name).unwrap().unwrap();
    again.tickets.sort_by(|a, b| a.id.cmp(&b.id));
    tickets.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(again.tickets, tickets);
    assert_eq!((again.began_at, again.complete, again.total), (now(), true, Some(3)));
    assert_eq!((again.clock_ahead, again.ours), (Some(TimeDelta::seconds(90)), false));
    let mut otherwise = super::sources();
    otherwise[0].reading = "by other rules".to_owned();
    let read_otherwise = Records::open(folder.path(), &otherwise, now() + TimeDelta::seconds(3)).unwrap().records;
    assert!(read_otherwise.snapshot(&name).unwrap().is_none(), "other rules may say something else of them");
    assert!(open(folder.path(), 2).snapshot(&SourceName::new("file")).unwrap().is_none(), "it never answered");
}

#[test]
fn what_has_not_changed_is_not_written_again_unless_another_process_has_written() {
    let folder = TempDir::new().unwrap();
    let (ours, theirs) = (open(folder.path(), 0), open(folder.path(), 1));
    let (one, two) = (ticket(&key("desk", "1")), ticket(&key("desk", "2")));
    let (pass, changed) =
        (snapshot(vec![one.clone(), two.clone()]), Arc::new(Ticket { severity: Severity::parse("S1"), ..(*two).clone() }));
    ours.keep(&desk(), &pass).unwrap();
    // who looks beside the program sees what is written, and what is not
    let beside = rusqlite::Connection::open(folder.path().join("records.db")).unwrap();
    beside.execute("UPDATE ticket SET body = replace(body, 'acme', 'nobody')", []).unwrap();
    let clients = |records: &Records| {
        let mut tickets = records.snapshot(&desk()).unwrap().unwrap().tickets;
        tickets.sort_by(|a, b| a.id.cmp(&b.id));
        tickets.iter().map(|t| format!("{} {}", t.client.as_ref().unwrap(), t.severity.unwrap())).collect::<Vec<_>>()
    };
    ours.keep(&desk(), &pass).unwrap();
    assert_eq!(clients(&ours), ["nobody S2", "nobody S2"], "they are the same");
    ours.keep(&desk(), &snapshot(vec![one.clone(), changed])).unwrap();
    assert_eq!(clients(&ours), ["nobody S2", "acme S1"], "one is another");
    theirs.keep(&desk(), &snapshot(vec![two.clone()])).unwrap();
    assert_eq!(clients(&ours), ["acme S2"]);
    ours.keep(&desk(), &snapshot(vec![one.clone()])).unwrap();
    assert_eq!(keys(&ours), ["1"], "what the other wrote was looked at");
    ours.keep(&desk(), &snapshot(vec![])).unwrap();
    assert!(keys(&ours).is_empty());
}

#[test]
fn what_is_no_longer_there_goes_and_a_fault_takes_nothing_away() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let (one, two) = (ticket(&key("desk", "1")), ticket(&key("desk", "2")));
    records.keep(&desk(), &snapshot(vec![one.clone(), two])).unwrap();
    let fault = Fault { kind: FaultKind::RateLimited, text: SafeText::line("too many"), retry_after: None };
    let later = now() + TimeDelta::seconds(30);
    records.keep_fault(&desk(), &fault, later).unwrap();
    let kept = records.snapshot(&desk()).unwrap().unwrap();
    assert_eq!((kept.tickets.len(), kept.fault, kept.tried_at), (2, Some(fault), later));
    records.keep(&desk(), &snapshot(vec![one])).unwrap();
    assert_eq!(keys(&records), ["1"]);
    assert_eq!(records.snapshot(&desk()).unwrap().unwrap().fault, None);
}

#[test]
fn when_what_was_first_seen_outlives_the_process() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let mut first = Ticket::clone(&ticket(&key("desk", "1")));
    first.submitted_at = None;
    first.first_seen_at = Some(now());
    let mut unreadable = Ticket::clone(&ticket(&key("desk", "2")));
    (unreadable.severity, unreadable.severity_unreadable, unreadable.severity_seen_at) = (None, true, Some(now()));
    records.keep(&desk(), &snapshot(vec![Arc::new(first), Arc::new(unreadable), ticket(&key("desk", "3"))])).unwrap();
    drop(records);
    let records = open(folder.path(), 1);
    let mut seen = records.seen(&desk()).unwrap();
    seen.sort_by(|a, b| a.id.cmp(&b.id));
    let told: Vec<_> =
        seen.iter().map(|t| (t.id.key.as_str(), t.first_seen_at, t.severity_seen_at, t.severity, t.severity_unreadable)).collect();
    assert_eq!(told, [("1", Some(now()), None, Some(Severity::S2), false), ("2", None, Some(now()), None, true)]);
    // what has gone and comes again is another
    records.keep(&desk(), &snapshot(Vec::new())).unwrap();
    assert!(records.seen(&desk()).unwrap().is_empty());
}

#[test]
fn an_acknowledgement_is_held_then_sent_and_ends_as_evidence() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let id = key("desk", "1");
    let entry = queue(&records, &id);
    assert_eq!((entry.state, entry.attempts, entry.other.is_none(), entry.key.clone()), (OutboxState::Held, 0, true, id.clone()));
    assert_eq!(queue(&records, &id).id, entry.id, "one of a ticket is enough");
    assert!(!records.begin(entry.id).unwrap().unwrap().may_have_arrived);
    assert!(!records.undo(entry.id).unwrap(), "it is being sent");
    records.wait(entry.id, &SafeText::line("no answer"), true).unwrap();
    let waiting = records.outbox().unwrap().remove(0);
    assert_eq!((waiting.state, waiting.attempts, waiting.reason), (OutboxState::Waiting, 1, Some(SafeText::line("no answer"))));
    assert!(records.begin(entry.id).unwrap().unwrap().may_have_arrived, "it was sent before");
    assert!(records.evidence(None).unwrap().is_empty(), "nothing has ended");
    let outcome = Outcome::Confirmed { by: Some(SafeText::line("Alice Ops")), at: Some(now()) };
    let at = now() + TimeDelta::seconds(9);
    records.end(entry.id, &Ended { outcome: &outcome, at }).unwrap();
    assert!(records.outbox().unwrap().is_empty());
    let evidence = records.evidence(None).unwrap();
    assert_eq!(evidence.len(), 1);
    let of = &evidence[0];
    assert_eq!((of.key.as_str(), of.who.as_str(), of.outcome.as_str(), of.asked_at, of.ended_at), ("1", "jo", "confirmed", now(), at));
    assert_eq!((of.by.as_ref().unwrap().as_str(), of.source_at, of.note.as_ref().unwrap().as_str()), ("Alice Ops", Some(now()), "on it"));
    assert_eq!(of.grounds, grounds(&id));
    assert_eq!(of.grounds.clause.as_ref().unwrap().as_str(), "Sched. 2 para 3");
    assert_eq!(records.evidence(Some(at)).unwrap().len(), 1);
    assert_eq!(records.evidence(Some(at + TimeDelta::seconds(1))).unwrap().len(), 0);
}

#[test]
fn what_is_undone_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let entry = queue(&records, &key("desk", "1"));
    assert!(records.undo(entry.id).unwrap());
    assert_eq!(records.begin(entry.id).unwrap(), None, "it is not sent any more");
    assert!(records.outbox().unwrap().is_empty() && records.evidence(None).unwrap().is_empty());
}

#[test]
fn evidence_is_never_changed_nor_removed() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let entry = queue(&records, &key("desk", "1"));
    let outcome = Outcome::Refused { reason: SafeText::line("no right") };
    records.end(entry.id, &Ended { outcome: &outcome, at: now() }).unwrap();
    let other = rusqlite::Connection::open(records.path()).unwrap();
    for sql in ["UPDATE evidence SET who = 'mo'", "DELETE FROM evidence"] {
        let refused = other.execute(sql, []).unwrap_err().to_string();
        assert!(refused.starts_with("evidence is never"), "{sql}: {refused}");
    }
    assert_eq!(records.evidence(None).unwrap()[0].reason.as_ref().unwrap().as_str(), "no right");
}

#[test]
fn what_is_taken_here_lasts_as_long_as_its_ticket() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let (name, id) = (SourceName::new("file"), key("file", "1"));
    records.keep(&name, &snapshot(vec![ticket(&id)])).unwrap();
    let entry = queue(&records, &id);
    let outcome = Outcome::Here { by: SafeText::line("jo"), at: now() };
    records.end(entry.id, &Ended { outcome: &outcome, at: now() }).unwrap();
    // who comes later comes too late
    let again = queue(&records, &id);
    let by_li = Outcome::Here { by: SafeText::line("li"), at: now() + TimeDelta::seconds(9) };
    let told = records.end(again.id, &Ended { outcome: &by_li, at: now() }).unwrap();
    assert_eq!(told, Outcome::Already { by: Some(SafeText::line("jo")), at: Some(now()) });
    assert_eq!(records.evidence(None).unwrap()[1].outcome.as_str(), "already");
    drop(records);
    let records = open(folder.path(), 1);
    let taken = KeptHere { key: id.clone(), submitted_at: Some(now()), channel: None, by: SafeText::line("jo"), at: now() };
    assert_eq!(records.kept_here().unwrap(), [taken]);
    records.keep(&name, &snapshot(vec![ticket(&id)])).unwrap();
    assert_eq!(records.kept_here().unwrap().len(), 1);
    records.keep(&name, &snapshot(Vec::new())).unwrap();
    assert!(records.kept_here().unwrap().is_empty());
}

#[test]
fn what_is_done_to_one_ticket_is_told_in_its_order_and_the_same_twice_is_one() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let (who, id) = (SafeText::line("jo"), key("desk", "1"));
    let queued = |deed: &Deed, of: &TicketKey| {
        let grounds = grounds(of);
        let (submitted_at, asked_at, send_at) = (Some(now()), now(), now());
        records.queue(&Queued { key: of, deed, who: &who, grounds: &grounds, submitted_at, asked_at, send_at }).unwrap().id
    };
    let word = |text: &str| Deed::Word { text: SafeText::line(text) };
    let given_back = queued(&Deed::Unacknowledge, &id);
    let taken = queued(&Deed::Acknowledge { note: None }, &id);
    assert!(records.begin(taken).unwrap().is_none(), "what is older comes first");
    let other = queued(&word("hello"), &key("desk", "2"));
    assert!(records.begin(other).unwrap().is_some(), "another ticket waits for nothing");
    assert!(records.begin(given_back).unwrap().is_some());
    records.wait(given_back, &SafeText::line("no answer"), false).unwrap();
    assert!(records.begin(taken).unwrap().is_none());
    assert!(!records.begin(given_back).unwrap().unwrap().may_have_arrived, "the first attempt did not arrive");
    records.end(given_back, &Ended { outcome: &Outcome::Confirmed { by: None, at: None }, at: now() }).unwrap();
    assert!(records.begin(taken).unwrap().is_some());
    // asked for once more while it waits, it is one and the same; another text is another
    assert_eq!(queued(&word("hello"), &key("desk", "2")), other);
    assert_ne!(queued(&word("hello again"), &key("desk", "2")), other);
    assert_ne!(queued(&Deed::Note { text: SafeText::line("hello") }, &key("desk", "2")), other);
}
