//! The store and the board: what stays when a source fails, what an acknowledgement survives, and in which order tickets stand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Board, Health, NextKind, SourceHealth, SourceRules, Store};
use holdover::domain::{
    Agreements, Assessment, Deed, Fault, FaultKind, Group, Outcome, Pass, PollReport, SafeText, Severity, SourceName, Status, Ticket,
    TicketKey,
};

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_793_613_600, 0).unwrap_or_default()
}

fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn id(source: &str, key: &str) -> TicketKey {
    TicketKey { source: SourceName::new(source), key: SafeText::line(key) }
}

fn ticket(source: &str, key: &str) -> Ticket {
    Ticket { submitted_at: Some(start()), severity: Some(Severity::S2), ..Ticket::new(id(source, key)) }
}

fn store(names: &[&str]) -> Store {
    let rules = |name: &&str| SourceRules {
        name: SourceName::new(name),
        poll_every: Duration::from_secs(30),
        blind_after: Duration::from_secs(300),
    };
    Store::new(names.iter().map(rules), start())
}

fn pass(tickets: Vec<Ticket>, complete: bool) -> Pass {
    Pass { tickets: tickets.into_iter().map(Arc::new).collect(), complete, ..Pass::default() }
}

fn fault() -> Fault {
    Fault { kind: FaultKind::ServerError, text: SafeText::line("500"), retry_after: None }
}

fn answered(source: &str, began: i64, pass: Pass) -> PollReport {
    PollReport { source: SourceName::new(source), began_at: after(began), ended_at: after(began), outcome: Ok(pass) }
}

fn failed(source: &str, began: i64) -> PollReport {
    PollReport { outcome: Err(fault()), ..answered(source, began, Pass::default()) }
}

fn keys(store: &Store) -> Vec<String> {
    store.tickets().map(|t| t.id.to_string()).collect()
}

fn only(store: &Store, now: i64) -> SourceHealth {
    store.health(after(now)).remove(0)
}

#[test]
fn a_fault_takes_no_ticket_away_and_only_a_complete_pass_does() {
    let mut store = store(&["a"]);
    store.apply(answered("a", 0, pass(vec![ticket("a", "1"), ticket("a", "2")], true)));
    store.apply(failed("a", 30));
    assert_eq!(keys(&store), ["a/1", "a/2"]);
    store.apply(answered("a", 60, pass(vec![ticket("a", "2"), ticket("a", "3")], false)));
    assert_eq!(keys(&store), ["a/2", "a/3", "a/1"], "a partial pass adds and keeps");
    store.apply(answered("a", 90, pass(vec![ticket("a", "3")], true)));
    assert_eq!(keys(&store), ["a/3"]);
}

#[test]
fn a_source_is_stale_after_a_missed_poll_and_blind_after_its_limit() {
    let mut store = store(&["a"]);
    assert_eq!((only(&store, 0).health, only(&store, 0).heard), (Health::Blind, false), "never heard of");
    store.apply(answered("a", 0, pass(vec![], true)));
    assert_eq!(only(&store, 0).health, Health::Ok);
    assert_eq!(only(&store, 60).health, Health::Ok);
    assert_eq!(store.health_changes_at(after(0)), Some(after(61)));
    assert_eq!(only(&store, 61).health, Health::Stale, "silence is a missed poll too");
    assert_eq!(store.health_changes_at(after(61)), Some(after(301)));
    assert_eq!(only(&store, 300).health, Health::Stale);
    assert_eq!(only(&store, 301).health, Health::Blind);
    store.apply(answered("a", 310, pass(vec![], true)));
    store.apply(failed("a", 340));
    let health = only(&store, 340);
    assert_eq!((health.health, health.as_of), (Health::Stale, Some(after(310))));
    assert_eq!(health.fault, Some(SafeText::line("500")));
    assert!(health.complete, "what was known then was all");
}

#[test]
fn a_source_that_never_answered_is_blind_at_once_and_one_that_answers_in_part_is_stale() {
    let mut store = store(&["a", "b"]);
    store.apply(failed("a", 1));
    store.apply(answered("b", 1, pass(vec![ticket("b", "1")], false)));
    let health = store.health(after(1));
    assert_eq!([health[0].health, health[1].health], [Health::Blind, Health::Stale]);
    assert_eq!(store.health(after(301))[1].health, Health::Blind, "no complete pass within the limit");
}

#[test]
fn a_clock_that_is_more_than_a_minute_off_is_told() {
    let mut store = store(&["a"]);
    for (ahead, told) in [(60, None), (61, Some(61)), (-60, None), (-61, Some(-61))] {
        store.apply(answered("a", 0, Pass { clock_ahead: Some(TimeDelta::seconds(ahead)), ..pass(vec![], true) }));
        assert_eq!(only(&store, 0).clock_ahead, told.map(TimeDelta::seconds), "{ahead}");
    }
    // a fault tells nothing of it, the next pass does
    store.apply(failed("a", 30));
    assert_eq!(only(&store, 30).clock_ahead, Some(TimeDelta::seconds(-61)));
    store.apply(answered("a", 60, pass(vec![], true)));
    assert_eq!((only(&store, 60).clock_ahead, only(&store, 60).health), (None, Health::Ok));
}

#[test]
fn a_report_that_began_before_an_acknowledgement_does_not_undo_it() {
    let mut store = store(&["a"]);
    store.apply(answered("a", 0, pass(vec![ticket("a", "1")], true)));
    let by = Some(SafeText::line("mo"));
    store.done(&id("a", "1"), &Deed::Acknowledge { note: None }, &Outcome::Confirmed { by: by.clone(), at: Some(after(9)) }, after(10));
    let shown = |store: &Store| {
        let ticket = Arc::clone(store.tickets().next().unwrap());
        (ticket.status, ticket.acknowledged_at, ticket.acknowledged_by.clone())
    };
    let taken = (Status::Acknowledged, Some(after(9)), by);
    assert_eq!(shown(&store), taken);
    store.apply(answered("a", 5, pass(vec![ticket("a", "1")], true)));
    assert_eq!(shown(&store), taken);
    store.apply(answered("a", 11, pass(vec![ticket("a", "1")], true)));
    assert_eq!(shown(&store), (Status::Open, None, None), "a later report tells what became of it");
}

#[test]
fn what_was_refused_is_not_shown_as_taken() {
    let mut store = store(&["a"]);
    store.apply(answered("a", 0, pass(vec![ticket("a", "1")], true)));
    store.done(&id("a", "1"), &Deed::Acknowledge { note: None }, &Outcome::Refused { reason: SafeText::line("no") }, after(10));
    store.done(&id("a", "1"), &Deed::Acknowledge { note: None }, &Outcome::Unknown { reason: SafeText::line("no answer") }, after(10));
    assert_eq!(store.tickets().next().unwrap().status, Status::Open);
}

#[test]
fn an_unchanged_ticket_stays_the_same_and_first_sightings_are_kept() {
    let unsubmitted = Ticket { submitted_at: None, ..ticket("a", "2") };
    let reassessed = Ticket { assessments: vec![Assessment { at: start(), severity: Some(Severity::S3) }], ..ticket("a", "3") };
    let all = vec![ticket("a", "1"), unsubmitted, reassessed];
    let mut store = store(&["a"]);
    store.apply(answered("a", 0, pass(all.clone(), true)));
    let first: Vec<Arc<Ticket>> = store.tickets().cloned().collect();
    assert_eq!((first[1].first_seen_at, first[2].severity_seen_at), (Some(after(0)), Some(after(0))));
    assert_eq!((first[0].first_seen_at, first[0].severity_seen_at), (None, None), "no verdict asks for it");
    store.apply(answered("a", 30, pass(all.clone(), true)));
    assert!(store.tickets().zip(&first).all(|(new, old)| Arc::ptr_eq(new, old)));
    let mut raised = all;
    raised[2].severity = Some(Severity::S1);
    store.apply(answered("a", 60, pass(raised, true)));
    let now: Vec<Arc<Ticket>> = store.tickets().cloned().collect();
    assert_eq!((now[1].first_seen_at, now[2].severity_seen_at), (Some(after(0)), Some(after(60))));
}

#[test]
fn a_key_alone_is_enough_where_one_source_has_it() {
    let mut store = store(&["a", "b"]);
    store.apply(answered("a", 0, pass(vec![ticket("a", "1"), ticket("a", "2")], true)));
    store.apply(answered("b", 0, pass(vec![ticket("b", "2"), ticket("b", "a/1")], true)));
    let found = |typed: &str| store.find(typed).map(|t| t.map(|t| t.id.to_string())).map_err(|e| e.candidates.len());
    assert_eq!(found("2"), Err(2));
    assert_eq!(found("b/2"), Ok(Some("b/2".into())));
    assert_eq!(found("1"), Ok(Some("a/1".into())));
    assert_eq!(found("a/1"), Err(2), "a key may hold a slash");
    assert_eq!(found("b/a/1"), Ok(Some("b/a/1".into())));
    assert_eq!(found("3"), Ok(None));
}

#[test]
fn the_board_without_agreements_is_all_decide_in_natural_order() {
    let none = Agreements::new(vec![]).unwrap();
    let resolved = |at| Ticket { status: Status::Resolved, resolved_at: at, ..ticket("a", "gone") };
    let tickets = [
        ticket("b", "ACME-9"),
        ticket("a", "ACME-12"),
        ticket("a", "ACME-9"),
        Ticket { severity: Some(Severity::S1), ..ticket("a", "X") },
        Ticket { severity: None, ..ticket("a", "Y") },
        resolved(None),
        resolved(Some(after(-1))),
        resolved(Some(after(1))),
        Ticket { resolved_at: Some(after(-1)), ..ticket("a", "reopened") },
    ];
    let board = Board::new(tickets.into_iter().map(Arc::new), &none, start());
    let order: Vec<String> = board.rows.iter().map(|r| r.ticket.id.to_string()).collect();
    assert_eq!(order, ["a/Y", "a/X", "a/ACME-9", "a/ACME-12", "a/gone", "a/reopened", "b/ACME-9"]);
    assert_eq!(board.resolved.len(), 2);
    assert!(board.rows.iter().all(|r| r.verdict.group == Group::Decide));
    let counts = board.counts();
    assert_eq!((counts.decide, counts.untaken(), counts.now(), counts.next.map(|n| n.kind == NextKind::Due)), (7, 7, 7, None));
}
