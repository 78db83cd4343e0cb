//! After `a`: sending, then what the source said. Nothing is called acknowledged before.

use std::sync::Arc;

use chrono::TimeDelta;
use holdover::app::{Ack, Effect, Message};
use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, Pass, PollReport, SafeText, SourceName, Status, Ticket};

use super::Dashboard;

const S1: &str =
    r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-07T00:10:00Z" }]"#;

fn sending() -> Dashboard {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    dashboard.press("a");
    assert!(
        matches!(&dashboard.effects[..], [Effect::Tell { key, deed: Deed::Acknowledge { .. }, .. }] if key.to_string() == "tickets/A-1")
    );
    assert!(!dashboard.screen().contains("unsent") && !dashboard.screen().contains("ACK"), "nothing is shown before it is on the disk");
    let asked_at = dashboard.model.now;
    dashboard.underway("tickets", "A-1", Ack::Sending { by: None, asked_at });
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
    assert!(dashboard.screen().contains("A-1: sending: the source has not said yet"));
}

#[test]
fn confirmed_is_in_hand() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", Outcome::Confirmed { by: Some(SafeText::line("you")), at: Some(at("2026-12-07T00:18:00Z")) });
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
    assert!(dashboard.screen().contains("A-1 is already acknowledged; its owner is you"));
}

#[test]
fn somebody_was_faster() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", Outcome::Already { by: Some(SafeText::line("mo")), at: Some(at("2026-12-07T00:15:00Z")) });
    assert!(dashboard.screen().contains("A-1: already acknowledged by mo 00:15"), "{}", dashboard.screen());
    assert!(dashboard.row("Nobody can sign in").contains("already: mo"));
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"));
}

#[test]
fn refused_is_as_unanswered_as_before_and_says_why() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", Outcome::Refused { reason: SafeText::line("your role may not edit issues") });
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
    assert!(!dashboard.row("Nobody can sign in").contains("refused"));
}

#[test]
fn a_refusal_that_the_source_itself_belies_is_told_no_more() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", Outcome::Refused { reason: SafeText::line("the server points to /login") });
    dashboard.wait(30);
    dashboard.tell("tickets", &S1.replace("\"S1\"", "\"S1\", \"status\": \"acknowledged\", \"assignee\": \"you\""));
    assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"), "{}", dashboard.screen());
    dashboard.press("k");
    assert!(!dashboard.screen().contains("refused"), "{}", dashboard.screen());
}

#[test]
fn what_is_not_known_is_not_called_anything_else() {
    let mut dashboard = sending();
    dashboard.end("tickets", "A-1", Outcome::Unknown { reason: SafeText::line("it may have arrived: no answer") });
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"));
    assert!(dashboard.row("Nobody can sign in").contains("not known"));
}

#[test]
fn a_report_that_began_before_does_not_undo_it() {
    let mut dashboard = sending();
    let began_at = dashboard.model.now;
    dashboard.wait(5);
    dashboard.end("tickets", "A-1", Outcome::Confirmed { by: Some(SafeText::line("you")), at: None });
    // what the source had said when the poll began
    let told = dashboard.model.store.tickets().next().unwrap();
    let untaken = Ticket { status: Status::Open, acknowledged_at: None, acknowledged_by: None, assignee: None, ..Ticket::clone(told) };
    let pass = Pass { tickets: vec![Arc::new(untaken)], complete: true, total: Some(1), ..Pass::default() };
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
    assert!(dashboard.screen().contains("1 unsent: sent now or next time"));
    assert_eq!(dashboard.effects.len(), 1);
    // what was asked about comes to its end
    dashboard.end("tickets", "A-1", Outcome::Confirmed { by: None, at: None });
    assert!(!dashboard.screen().contains("q again leaves"), "{}", dashboard.screen());
    dashboard.press("q");
    assert!(matches!(dashboard.effects[1..], [Effect::Quit]));
}

/// The dashboard after `a`, once that is written down: it is held.
fn held() -> Dashboard {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    dashboard.press("a");
    let until = dashboard.model.now + TimeDelta::seconds(5);
    assert!(matches!(dashboard.effects[..], [Effect::Tell { deed: Deed::Acknowledge { .. }, send_at, .. }] if send_at == until));
    dashboard.underway("tickets", "A-1", Ack::Held { until });
    dashboard
}

fn footer(dashboard: &Dashboard) -> String {
    dashboard.screen().lines().last().unwrap_or_default().to_owned()
}

fn second_row(dashboard: &Dashboard) -> String {
    dashboard.screen().lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn what_is_held_counts_down_and_can_be_undone() {
    let mut dashboard = held();
    for left in [5, 4, 3] {
        assert!(footer(&dashboard).starts_with(&format!(" u undo {left}s")), "{}", dashboard.screen());
        let next = holdover::app::view(&dashboard.model).1;
        assert_eq!(next, Some(dashboard.model.now + TimeDelta::seconds(1)), "it wakes for the countdown");
        dashboard.wait(1);
    }
    assert!(second_row(&dashboard).contains("1 unsent"), "{}", dashboard.screen());
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "it is not taken yet");
    dashboard.press("u");
    assert!(matches!(&dashboard.effects[1..], [Effect::Undo { key, deed: DeedKind::Acknowledge }] if key.to_string() == "tickets/A-1"));
    let key = dashboard.model.acks.keys().next().unwrap().clone();
    dashboard.send(Message::Undone { key, deed: DeedKind::Acknowledge });
    assert!(dashboard.screen().contains("A-1 is not acknowledged: undone"), "{}", dashboard.screen());
    assert!(!footer(&dashboard).contains("undo") && !second_row(&dashboard).contains("unsent"), "{}", dashboard.screen());
    dashboard.press("u");
    assert!(dashboard.screen().contains("there is nothing to undo; what is late is sent at once"));
    assert_eq!(dashboard.effects.len(), 2);
}

#[test]
fn what_is_being_written_can_be_undone_and_the_last_taken_comes_first() {
    let two = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "2026-12-07T00:10:00Z" },
                  { "key": "A-2", "client": "acme", "severity": "S1", "submitted_at": "2026-12-07T00:11:00Z" }]"#;
    let mut dashboard = Dashboard::acme((80, 24), two);
    let undone = |dashboard: &Dashboard| match dashboard.effects.last() {
        Some(Effect::Undo { key, .. }) => key.key.to_string(),
        other => panic!("{other:?}"),
    };
    let until = dashboard.model.now + TimeDelta::seconds(5);
    // the second is taken first, in the same second
    dashboard.press("j a k a u");
    assert_eq!(undone(&dashboard), "A-1", "though it is not on the disk yet");
    dashboard.underway("tickets", "A-2", Ack::Held { until });
    dashboard.underway("tickets", "A-1", Ack::Held { until });
    dashboard.press("u");
    assert_eq!(undone(&dashboard), "A-1");
    let key = dashboard.model.acks.keys().find(|key| key.key.as_str() == "A-1").unwrap().clone();
    dashboard.send(Message::Undone { key, deed: DeedKind::Acknowledge });
    dashboard.press("u");
    assert_eq!(undone(&dashboard), "A-2");
    // what was held before the program was started too
    let mut next = Dashboard::acme((80, 24), two);
    next.underway("tickets", "A-2", Ack::Held { until });
    next.press("u");
    assert_eq!(undone(&next), "A-2");
}

#[test]
fn what_is_being_sent_cannot_be_undone() {
    let mut dashboard = held();
    let asked_at = dashboard.model.now;
    dashboard.wait(5);
    dashboard.underway("tickets", "A-1", Ack::Sending { by: None, asked_at });
    assert!(!footer(&dashboard).contains("undo"), "{}", dashboard.screen());
    dashboard.press("u");
    assert_eq!(dashboard.effects.len(), 1);
    assert!(dashboard.screen().contains("too late to undo"));
}

#[test]
fn nothing_is_held_where_the_client_would_lose_by_it() {
    // due at 00:40: a minute is left at 00:39
    for (wait, held) in [(0, 5), (1260, 5), (1261, 0), (1320, 0), (1400, 0)] {
        let mut dashboard = Dashboard::acme((80, 24), S1);
        dashboard.wait(wait / 2);
        // nothing changes meanwhile but what is left
        dashboard.wait(wait - wait / 2);
        dashboard.press("a");
        let until = dashboard.model.now + TimeDelta::seconds(held);
        assert!(
            matches!(dashboard.effects[..], [Effect::Tell { deed: Deed::Acknowledge { .. }, send_at, .. }] if send_at == until),
            "after {wait} s"
        );
    }
}

#[test]
fn what_stays_unsent_is_an_alarm_after_a_minute_and_the_ticket_is_as_unanswered_as_before() {
    let mut dashboard = sending();
    let asked_at = dashboard.model.now;
    dashboard.wait(5);
    dashboard.underway("tickets", "A-1", Ack::Waiting { reason: SafeText::line("no answer in 10 s"), asked_at });
    assert!(dashboard.row("Nobody can sign in").contains("unsent"));
    assert!(dashboard.row("ACK").contains("not sent yet, and tried again: no answer in 10 s"), "{}", dashboard.screen());
    dashboard.wait(54);
    assert!(second_row(&dashboard).contains("   1 unsent") && !second_row(&dashboard).contains("!!"), "{}", dashboard.screen());
    let next = holdover::app::view(&dashboard.model).1;
    assert!(next <= Some(asked_at + TimeDelta::seconds(60)), "it wakes for the alarm: {next:?}");
    dashboard.wait(1);
    assert!(second_row(&dashboard).contains("!! 1 unsent"), "{}", dashboard.screen());
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"));
    // in a small pane too
    dashboard.send(Message::Resized { columns: 40, rows: 12 });
    assert!(second_row(&dashboard).contains("!! 1 unsent"), "{}", dashboard.screen());
}

#[test]
fn what_cannot_be_written_down_is_an_alarm_from_the_start() {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    dashboard.send(Message::Records(Some(SafeText::line("the disk is full"))));
    assert!(second_row(&dashboard).contains("!! records cannot be written"), "{}", dashboard.screen());
    dashboard.send(Message::Records(None));
    assert!(!dashboard.screen().contains("records cannot"));
}

#[test]
fn what_another_process_sends_is_shown_and_not_sent_twice() {
    let mut dashboard = Dashboard::acme((80, 24), S1);
    let key = dashboard.model.store.tickets().next().unwrap().id.clone();
    let ack = Ack::Sending { by: Some(SafeText::line("4711")), asked_at: dashboard.model.now };
    dashboard.send(Message::Elsewhere([(key, ack)].into()));
    assert!(dashboard.row("Nobody can sign in").contains("sent by 4711"), "{}", dashboard.screen());
    dashboard.press("a");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("A-1: sent by another holdover, process 4711"), "{}", dashboard.screen());
    dashboard.send(Message::Elsewhere([].into()));
    assert!(!dashboard.row("Nobody can sign in").contains("4711"));
}

#[test]
fn what_cannot_be_told_is_taken_here_until_it_is_gone() {
    let mut dashboard = sending();
    let now = dashboard.model.now;
    dashboard.end("tickets", "A-1", Outcome::Here { by: SafeText::line("jo"), at: now });
    assert!(dashboard.screen().contains("A-1: acknowledged here by jo"), "{}", dashboard.screen());
    // its source will never tell of it
    for _ in 0..3 {
        dashboard.wait(30);
        dashboard.tell("tickets", S1);
        assert!(dashboard.screen().starts_with(" 1 NOW  0 unanswered"), "{}", dashboard.screen());
    }
    // what is gone, and comes again, is another
    dashboard.tell("tickets", "[]");
    dashboard.tell("tickets", S1);
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "{}", dashboard.screen());
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
