//! The status line: each exit code by what stands in the records, all counts and no text of a ticket, and how long it takes.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::SourceName;
use holdover::records::{RecordedSource, Records, Snapshot};
use holdover::sources::{TicketFormat, read_tickets};
use serde_json::json;

use crate::pty::gate;
use crate::support::Desk;

/// A Tuesday in December, an hour after office hours have begun.
const AT: &str = "2026-12-08T10:00:00Z";

/// What a whole status line may take with 10,000 tickets.
const ASKED_FOR: Duration = Duration::from_millis(50);

/// A desk whose records have these tickets, as if a dashboard had just read them at `at`.
fn remembered(tickets: &str, at: DateTime<Utc>) -> Desk {
    let desk = Desk::with(&[tickets]);
    let settings = config::load(&desk.path("config.toml"), &[]).unwrap();
    let source = &settings.sources[0];
    let recorded = RecordedSource {
        name: source.name.clone(),
        place: source.place().to_string(),
        reading: source.reading().to_string(),
        blind_after: source.blind_after,
    };
    let records = Records::open(&desk.path(".local/state/holdover"), &[recorded], at).unwrap().records;
    let name = SourceName::new("tickets");
    let format = TicketFormat { source: &name, label: "tickets.json", timezone: None, client: None, unassessed_as: None, map: &[] };
    let tickets = read_tickets(tickets.as_bytes(), &format).unwrap_or_else(|fault| panic!("{}", fault.text));
    let snapshot = Snapshot {
        began_at: at,
        ended_at: at,
        complete: true,
        total: None,
        complete_at: Some(at),
        tickets,
        tried_at: at,
        fault: None,
        clock_ahead: None,
        ours: true,
    };
    records.keep(&name, &snapshot).unwrap();
    desk
}

fn of(severity: &str, more: &str) -> String {
    format!(
        r##"{{ "key": "#[bold]K", "client": "acme", "severity": {severity}, "title": "#(reboot) secret words", "submitted_at": "2026-12-08T09:58:00Z" {more} }}"##
    )
}

#[test]
fn each_exit_code_says_how_bad_it_is_in_every_form() {
    let taken =
        r#", "status": "acknowledged", "acknowledged_at": "2026-12-08T09:59:00Z", "assignee": "jo", "answered_at": "2026-12-08T09:59:00Z""#;
    // submitted before office hours
    let held = of("\"S3\"", "").replace("T09:58", "T02:58");
    let [outside, on_client] = [of("\"S4\"", ""), of("\"S2\"", r#", "status": "on-client""#)];
    let [in_hand, unanswered, decide] = [of("\"S2\"", taken), of("\"S2\"", ""), of("null", "")];
    let breached = of("\"S1\"", "").replace("09:58", "09:00");
    let cases = [
        (0, AT, vec![]),
        (0, AT, vec![&outside, &on_client]),
        (10, AT, vec![&in_hand]),
        (10, "2026-12-08T03:00:00Z", vec![&held]),
        (20, AT, vec![&in_hand, &unanswered]),
        (20, AT, vec![&decide]),
        (30, AT, vec![&in_hand, &decide, &breached]),
    ];
    for (code, at, tickets) in cases {
        let numbered: Vec<String> = tickets.iter().enumerate().map(|(n, ticket)| ticket.replace("]K", &format!("]K{n}"))).collect();
        let tickets = format!("[{}]", numbered.join(","));
        let desk = remembered(&tickets, at.parse().unwrap());
        for form in [&["status"][..], &["status", "--tmux"], &["status", "--json"]] {
            let said = desk.run(&[form, &["--at", at]].concat());
            assert_eq!(said.code, Some(code), "{form:?} of {tickets}: {} {}", said.out, said.err);
            assert_eq!(said.err, "");
            // no word that a stranger wrote
            assert!(!["secret", "reboot", "bold", "acme", "K0"].iter().any(|word| said.out.contains(word)), "{}", said.out);
            let counts = said.out.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).count();
            assert!(counts >= 8, "all counts: {}", said.out);
        }
        assert_eq!(desk.run(&["status", "--json", "--at", at]).json()["exit"], json!(code));
    }
}

#[test]
fn who_has_not_heard_of_a_source_for_too_long_is_blind_and_so_is_who_never_has() {
    let tickets = format!("[{}]", of("\"S1\"", ""));
    let long_ago = DateTime::parse_from_rfc3339(AT).unwrap().to_utc() - TimeDelta::days(300);
    for desk in [remembered(&tickets, long_ago), Desk::with(&[&tickets])] {
        for form in [&["status"][..], &["status", "--tmux"], &["status", "--json"]] {
            let said = desk.run(form);
            assert_eq!(said.code, Some(40), "{} {}", said.out, said.err);
            assert!(said.out.contains("tickets"), "the source by its name: {}", said.out);
        }
    }
    let desk = remembered(&tickets, long_ago);
    fs::write(desk.path(".local/state/holdover/records.db"), "no database").unwrap();
    assert_eq!(desk.run(&["status"]).code, Some(40), "nor does it who cannot read the records");
    let desk = remembered(&tickets, long_ago);
    desk.write("config.toml", "[[source]]\nname = 5\n");
    assert_eq!(desk.run(&["status"]).code, Some(2), "a configuration that is broken");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "wall time is the figure asked for")]
fn a_status_line_of_many_tickets_is_quick() {
    // what is not optimised takes ten times as long
    let count = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
    let mut tickets = String::new();
    for n in 0..count {
        let severity = if n % 11 == 0 { "null".to_owned() } else { format!("\"S{}\"", 1 + n % 5) };
        let ticket = of(&severity, &format!(r#", "description": "{}""#, "Some words of a client. ".repeat(40)));
        let _ = write!(tickets, "{}{}", if n == 0 { "[" } else { "," }, ticket.replace("]K", &format!("]K{n}")));
    }
    let desk = remembered(&(tickets + "]"), AT.parse().unwrap());
    let times = [(); 5].map(|()| {
        let began = std::time::Instant::now();
        assert_eq!(desk.run(&["status", "--at", AT]).code, Some(20));
        began.elapsed()
    });
    gate(&format!("status of {count} tickets, the best of five"), times.into_iter().min().unwrap(), ASKED_FOR);
}
