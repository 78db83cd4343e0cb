//! The status line: each exit code by what stands in the records, all counts and no text of a ticket, and how long it takes.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::SourceName;
use holdover::records::{RecordedSource, Records, Snapshot};
use holdover::sources::{TicketFormat, read_tickets};
use serde_json::json;

use crate::pty::gate;
use crate::support::{ACME, Desk};

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
        if code == 30 {
            // as many as the first row of the board says
            let words = desk.run(&["status", "--at", at]).out;
            assert!(words.starts_with("2 that nobody has (1 unanswered, 1 to decide), 1 breached, "), "{words}");
            assert!(desk.run(&["status", "--tmux", "--at", at]).out.starts_with("un 2 (? 1) br 1 "));
        }
    }
}

/// A desk with a local source that has an open ticket, and its folder of records.
fn with_a_call() -> (Desk, PathBuf) {
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\nclient = \"acme\"\n"));
    desk.run(&["new", "--severity", "S4", "The till does not open"]).ended(0);
    assert!(desk.run(&["status"]).ended(0).out.starts_with("0 that nobody has "));
    let folder = desk.path(".local/state/holdover");
    (desk, folder)
}

#[test]
fn while_damaged_records_lie_beside_it_no_status_is_calm() {
    let (desk, folder) = with_a_call();
    let aside = folder.join("records.db.damaged-20261201T000000Z");
    fs::write(&aside, "an S1 may be in it").unwrap();
    assert!(desk.run(&["status"]).ended(40).out.starts_with("!! damaged records; BLIND: phone; 0 that nobody has "));
    assert!(desk.run(&["status", "--tmux"]).ended(40).out.starts_with("!! damaged records !! BLIND phone un 0 "));
    let said = desk.run(&["status", "--json"]).ended(40).json();
    assert_eq!((&said["exit"], &said["blind"], &said["troubles"]), (&json!(40), &json!(["phone"]), &json!(["damaged records"])));
    fs::remove_file(&aside).unwrap();
    desk.run(&["status"]).ended(0);
}

#[test]
fn a_call_of_a_source_that_was_renamed_is_not_forgotten() {
    let (desk, _) = with_a_call();
    let config = fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", config.replace("\"phone\"", "\"calls\""));
    let line = desk.run(&["status"]).ended(20);
    assert!(line.out.starts_with("1 open local ticket of what the configuration has no more; 0 that nobody has "), "{}", line.out);
    assert!(desk.run(&["status", "--tmux"]).ended(20).out.starts_with("!! forgotten 1 un 0 "));
    assert_eq!(desk.run(&["status", "--json"]).ended(20).json()["forgotten"], json!(1));
    for verb in [&["list"][..], &["list", "--cached"], &["status"]] {
        let said = desk.run(verb).err;
        assert_eq!(said.matches("1 open local ticket of 'phone', which the configuration has no more – ").count(), 1, "{verb:?}: {said}");
    }
}

#[test]
fn what_cannot_be_read_is_no_nought() {
    let desk = Desk::configured(ACME);
    assert!(desk.run(&["status"]).ended(40).out.starts_with("!! no records; "), "though there is no source either");
    let (desk, folder) = with_a_call();
    rusqlite::Connection::open(folder.join("records.db")).unwrap().execute_batch("ALTER TABLE outbox RENAME TO lost").unwrap();
    let said = desk.run(&["status"]).ended(40);
    assert!(said.out.starts_with("!! what is unsent cannot be read; ") && said.err.contains("the records cannot be read"), "{}", said.out);
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
