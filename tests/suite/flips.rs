//! What flips next: of each kind an example of the contract, in the order of time, kind and agreement.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Board, Flip, flips};
use holdover::config;
use holdover::domain::{Agreements, OnClient, SafeText, Severity, SourceName, Status, Ticket, TicketKey};

const TWO: &str = r#"
[[agreement]]
name = "Zeta"
clients = ["zeta"]
timezone = "Europe/London"
office_hours = { mon-fri = ["09:00-17:30"] }
bank_holidays = "england-and-wales"
hold_over_to = "next-working-day"
[agreement.response]
S1 = { any = "30m" }
S3 = { office-hours = "4h" }
[agreement.resolve]
S1 = { any = "2h" }
S3 = { office-hours = "8h" }
[agreement.update]
S1 = { any = "1h" }

[[agreement]]
name = "Acme"
clients = ["acme"]
timezone = "Europe/Paris"
office_hours = { mon-fri = ["10:00-18:00"] }
bank_holidays = "none"
[agreement.response]
S1 = { any = "1h" }
S3 = { office-hours = "4h" }
"#;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn ticket(key: &str, client: &str, severity: Option<Severity>, submitted: &str) -> Ticket {
    let id = TicketKey { source: SourceName::new("queue"), key: SafeText::line(key) };
    Ticket { client: Some(SafeText::line(client)), severity, submitted_at: Some(utc(submitted)), ..Ticket::new(id) }
}

fn agreements() -> Arc<Agreements> {
    config::parse(TWO, "config.toml", &[]).unwrap().agreements
}

/// What flips within so many hours of an instant, one line each.
fn told(tickets: Vec<Ticket>, at: &str, hours: i64) -> Vec<String> {
    let (agreements, at) = (agreements(), utc(at));
    let board = Board::new(tickets.into_iter().map(Arc::new), &agreements, at);
    let line = |flip: &Flip| {
        let tickets: Vec<&str> = flip.tickets.iter().map(|t| t.id.key.as_str()).collect();
        format!("{} {} {} {} {}", flip.at.format("%d %H:%M"), flip.kind, flip.agreement.name, flip.window, tickets.join(" "))
            .trim()
            .to_owned()
    };
    flips(&board, &agreements, at, at + TimeDelta::hours(hours)).iter().map(line).collect()
}

/// The same without the windows.
fn of_tickets(tickets: Vec<Ticket>, at: &str, hours: i64) -> Vec<String> {
    told(tickets, at, hours).into_iter().filter(|line| !line.contains(" window ")).collect()
}

#[test]
fn releases_windows_and_dues_stand_in_the_order_of_time_kind_and_agreement() {
    let s3 = Some(Severity::S3);
    let tickets = vec![
        ticket("Z-12", "zeta", s3, "2026-12-25T02:14:00Z"),
        ticket("Z-9", "zeta", s3, "2026-12-24T19:00:00Z"),
        ticket("A-1", "acme", s3, "2026-12-27T12:00:00Z"),
        ticket("Z-1", "zeta", Some(Severity::S1), "2026-12-28T07:50:00Z"),
        ticket("A-2", "acme", None, "2026-12-28T08:20:00Z"),
    ];
    let expected = [
        "28 08:20 due Zeta bank-holiday Z-1",
        "28 08:50 update Zeta bank-holiday Z-1",
        "28 09:00 release Acme office-hours A-1",
        "28 09:00 window Acme office-hours",
        "28 09:20 due Acme office-hours A-2",
        "28 09:50 resolve Zeta bank-holiday Z-1",
        "28 13:00 due Acme office-hours A-1",
        "28 17:00 window Acme out-of-hours",
        "29 00:00 window Zeta out-of-hours",
        "29 09:00 release Zeta office-hours Z-9 Z-12",
        "29 09:00 window Zeta office-hours",
        "29 09:00 window Acme office-hours",
        "29 13:00 due Zeta office-hours Z-9 Z-12",
    ];
    assert_eq!(told(tickets, "2026-12-28T08:20:00Z", 29), expected);
}

#[test]
fn the_first_instant_belongs_to_it_and_the_last_does_not() {
    let windows = |at: &str, hours| told(Vec::new(), at, hours);
    assert_eq!(windows("2026-07-06T08:00:00Z", 1), ["06 08:00 window Zeta office-hours", "06 08:00 window Acme office-hours"]);
    assert!(windows("2026-07-06T07:00:00Z", 1).is_empty());
    // from one named bank holiday to the next the window is the same
    assert!(windows("2026-12-25T12:00:00Z", 6).iter().all(|line| !line.contains("Zeta")));
}

#[test]
fn what_is_answered_breached_or_resolved_is_due_no_more() {
    let at = "2026-07-06T09:00:00Z";
    let s1 = || ticket("Z-1", "zeta", Some(Severity::S1), "2026-07-06T08:50:00Z");
    assert_eq!(of_tickets(vec![s1()], at, 1), ["06 09:20 due Zeta office-hours Z-1", "06 09:50 update Zeta office-hours Z-1"]);
    let answered = Ticket { acknowledged_at: Some(utc(at)), ..s1() };
    assert_eq!(of_tickets(vec![answered], at, 1), ["06 09:50 update Zeta office-hours Z-1"]);
    assert!(of_tickets(vec![ticket("Z-1", "zeta", Some(Severity::S1), "2026-07-06T05:00:00Z")], at, 72).is_empty(), "all are past due");
    let resolved = Ticket { status: Status::Resolved, resolved_at: Some(utc(at)), ..s1() };
    assert!(of_tickets(vec![resolved], at, 72).is_empty());
    let stranger = ticket("X-1", "nobody", Some(Severity::S1), "2026-07-06T08:50:00Z");
    assert!(of_tickets(vec![stranger], at, 72).is_empty(), "without an agreement nothing is due");
}

#[test]
fn a_due_that_moves_with_the_clock_is_none() {
    let at = "2026-07-06T09:00:00Z";
    let since = utc("2026-07-06T08:55:00Z");
    let answered = Ticket {
        acknowledged_at: Some(since),
        last_word_at: Some(since),
        ..ticket("Z-1", "zeta", Some(Severity::S1), "2026-07-06T08:50:00Z")
    };
    let told = |ticket| of_tickets(vec![ticket], at, 4);
    assert_eq!(told(answered.clone()), ["06 09:55 update Zeta office-hours Z-1", "06 10:50 resolve Zeta office-hours Z-1"]);
    // the resolution leaves out what is with the client, and the client still has it
    let with_the_client = Ticket { on_client: vec![OnClient { from: Some(since), to: None }], ..answered.clone() };
    assert_eq!(told(with_the_client), ["06 09:55 update Zeta office-hours Z-1"]);
    // nobody knows when it was submitted: as if it were now, whenever that is
    assert!(told(Ticket { submitted_at: None, acknowledged_at: None, last_word_at: None, ..answered }).is_empty());
}

#[test]
fn what_is_told_of_later_has_not_happened() {
    let s1 = ticket("Z-1", "zeta", Some(Severity::S1), "2026-07-06T08:50:00Z");
    let taken_later = Ticket { acknowledged_at: Some(utc("2026-07-06T09:10:00Z")), ..s1 };
    assert_eq!(of_tickets(vec![taken_later], "2026-07-06T09:00:00Z", 1)[0], "06 09:20 due Zeta office-hours Z-1");
}

#[test]
fn as_json_it_is_as_the_contract_says() {
    let (agreements, at) = (agreements(), utc("2026-12-28T08:20:00Z"));
    let tickets =
        vec![ticket("A-2", "acme", None, "2026-12-28T08:00:00Z"), ticket("A-1", "acme", Some(Severity::S3), "2026-12-27T12:00:00Z")];
    let board = Board::new(tickets.into_iter().map(Arc::new), &agreements, at);
    let found = flips(&board, &agreements, at, at + TimeDelta::minutes(41));
    let json = r#"[{"at":"2026-12-28T09:00:00Z","kind":"release","agreement":"Acme","window":"office-hours","tickets":[{"source":"queue","key":"A-1","severity":"S3"}]},{"at":"2026-12-28T09:00:00Z","kind":"window","agreement":"Acme","window":"office-hours","tickets":[]},{"at":"2026-12-28T09:00:00Z","kind":"due","agreement":"Acme","window":"office-hours","tickets":[{"source":"queue","key":"A-2","severity":null}]}]"#;
    assert_eq!(serde_json::to_string(&found).unwrap(), json);
}
