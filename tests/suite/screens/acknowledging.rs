//! After `a`: sending, then what the source said. Nothing is called acknowledged before.

use std::sync::Arc;

use holdover::app::{Effect, Message};
use holdover::domain::{AckOutcome, FaultKind, Pass, PollReport, SafeText, SourceName, Status, Ticket};

use super::Dashboard;

const S1: &str =
    r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-07T00:10:00Z" }]"#;

fn sending() -> Dashboard {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    dashboard.press("a");
    assert!(matches!(&dashboard.effects[..], [Effect::Acknowledge(key)] if key.to_string() == "tickets/A-1"));
    assert!(dashboard.row("Nobody can sign in").contains("sending"));
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "it is not taken yet\n{}", dashboard.screen());
    assert!(!dashboard.screen().contains("acknowledged"));
    dashboard
}

fn at(text: &str) -> chrono::DateTime<chrono::Utc> {
    text.parse().unwrap()
}

#[test]
fn it_is_sent_once_however_often_the_key_is_pressed() {
    let mut dashboard = sending();
    dashboard.press("a a");
    assert_eq!(dashboard.effects.len(), 1);
    assert!(dashboard.screen().contains("A-1 is being sent"));
}

#[test]
fn confirmed_is_in_hand() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", AckOutcome::Confirmed { by: Some(SafeText::line("you")), at: Some(at("2026-12-07T00:18:00Z")) });
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("A-1: acknowledged by you, confirmed by the source"));
    dashboard.wait(2);
    assert!(dashboard.row("Nobody can sign in").contains("confirmed"));
    dashboard.press("a");
    assert_eq!(dashboard.effects.len(), 1, "what is taken is not sent again");
    // nor once the source itself tells of it
    dashboard.wait(30);
    dashboard.tell("tickets", &S1.replace("\"S1\"", "\"S1\", \"status\": \"acknowledged\", \"assignee\": \"you\""));
    dashboard.press("a");
    assert_eq!(dashboard.effects.len(), 1);
    assert!(dashboard.screen().contains("A-1 is already acknowledged by you"));
}

#[test]
fn somebody_was_faster() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", AckOutcome::Already { by: Some(SafeText::line("mo")), at: Some(at("2026-12-07T00:15:00Z")) });
    assert!(dashboard.screen().contains("A-1: already acknowledged by mo 00:15"), "{}", dashboard.screen());
    assert!(dashboard.row("Nobody can sign in").contains("already: mo"));
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"));
}

#[test]
fn refused_is_as_unanswered_as_before_and_says_why() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", AckOutcome::Refused { reason: SafeText::line("your role may not edit issues") });
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "{}", dashboard.screen());
    assert!(dashboard.row("Nobody can sign in").contains("refused"));
    assert!(dashboard.row("ACK").contains("refused: your role may not edit issues"));
    assert!(!dashboard.screen().contains("confirmed"));
    // it stays said when the next poll comes, until it is tried again
    dashboard.wait(30);
    dashboard.tell("tickets", S1);
    assert!(dashboard.row("Nobody can sign in").contains("refused"));
    dashboard.press("a");
    assert_eq!(dashboard.effects.len(), 2);
    assert!(dashboard.row("Nobody can sign in").contains("sending"));
}

#[test]
fn a_refusal_that_the_source_itself_belies_is_told_no_more() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", AckOutcome::Refused { reason: SafeText::line("the server points to /login") });
    dashboard.wait(30);
    dashboard.tell("tickets", &S1.replace("\"S1\"", "\"S1\", \"status\": \"acknowledged\", \"assignee\": \"you\""));
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"), "{}", dashboard.screen());
    dashboard.press("k");
    assert!(!dashboard.screen().contains("refused"), "{}", dashboard.screen());
}

#[test]
fn what_is_not_known_is_not_called_anything_else() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", AckOutcome::Unknown { reason: SafeText::line("it may have arrived: no answer") });
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"));
    assert!(dashboard.row("Nobody can sign in").contains("not known"));
}

#[test]
fn a_report_that_began_before_does_not_undo_it() {
    let mut dashboard = sending();
    let began_at = dashboard.model.now;
    dashboard.wait(5);
    dashboard.end("tickets", "A-1", AckOutcome::Confirmed { by: Some(SafeText::line("you")), at: None });
    // what the source had said when the poll began
    let told = dashboard.model.store.tickets().next().unwrap();
    let untaken = Ticket { status: Status::Open, acknowledged_at: None, acknowledged_by: None, assignee: None, ..Ticket::clone(told) };
    let pass = Pass { tickets: vec![Arc::new(untaken)], complete: true, total: Some(1), warning: None };
    let now = dashboard.model.now;
    let report = PollReport { source: SourceName::new("tickets"), began_at, ended_at: now, outcome: Ok(pass) };
    dashboard.send(Message::Polled(report));
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"), "{}", dashboard.screen());
    // one that began later tells the truth, whatever it is
    dashboard.wait(30);
    dashboard.tell("tickets", S1);
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "{}", dashboard.screen());
}

#[test]
fn leaving_while_one_is_on_its_way_says_so() {
    let mut dashboard = sending();
    dashboard.press("q");
    assert!(dashboard.screen().contains("1 still being sent"));
    assert_eq!(dashboard.effects.len(), 1);
}

#[test]
fn a_blind_source_is_an_alarm_in_the_first_rows_and_well_again_when_it_answers() {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    dashboard.wait(30);
    dashboard.fail("tickets", FaultKind::ServerError, "the server failed (500) – look at its log");
    assert!(dashboard.screen().lines().nth(1).unwrap().ends_with("! tickets STALE since 00:18 (server error)"), "{}", dashboard.screen());
    assert!(dashboard.row("Nobody can sign in").contains('~'));
    dashboard.wait(271);
    assert!(dashboard.screen().lines().nth(1).unwrap().ends_with("!! tickets BLIND since 00:18 (server error)"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("!! tickets BLIND since Mon 00:18: the server failed (500)"));
    dashboard.tell("tickets", S1);
    assert!(!dashboard.screen().contains("tickets BLIND"), "{}", dashboard.screen());
}
