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
    keep(&desk, tickets, at);
    desk
}

/// Puts these tickets into the records of a desk, as if a dashboard had just read them at `at`.
fn keep(desk: &Desk, tickets: &str, at: DateTime<Utc>) {
    fs::write(desk.path("tickets.json"), tickets).unwrap();
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
            assert!(words.starts_with("2 to answer or decide (1 unanswered, 1 to decide), 1 breached, "), "{words}");
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

/// So many that what was counted of them is noted.
fn many() -> Vec<String> {
    let ticket = |n: usize| {
        let severity = if n.is_multiple_of(11) { "null".to_owned() } else { format!("\"S{}\"", 1 + n % 5) };
        let status = ["open", "open", "on-client", "resolved"][n % 4];
        let submitted = format!("2026-12-{:02}T{:02}:{:02}:00Z", 7 + n % 4, n % 24, n % 60);
        format!(
            r#"{{ "key": "K{n}", "client": "acme", "severity": {severity}, "status": "{status}", "title": "T", "submitted_at": "{submitted}" }}"#
        )
    };
    (0..700).map(ticket).collect()
}

/// What a status line at an instant says by what is noted, which is the same as what it says without.
fn by_what_is_noted(desk: &Desk, at: &str) -> serde_json::Value {
    let status = || desk.run(&["status", "--json", "--at", at]).json();
    let by_notes = status();
    let noted = desk.path(".local/state/holdover/noted");
    let aside = desk.path("noted-aside");
    fs::rename(&noted, &aside).unwrap();
    assert_eq!(status(), by_notes, "{at}");
    fs::remove_dir_all(&noted).unwrap();
    fs::rename(&aside, &noted).unwrap();
    by_notes
}

#[test]
fn what_was_counted_last_says_the_same_at_every_instant_and_after_every_change() {
    let mut tickets = many();
    let written = |tickets: &[String]| format!("[{}]", tickets.join(","));
    let at: DateTime<Utc> = AT.parse().unwrap();
    let desk = remembered(&written(&tickets), at);
    desk.run(&["status", "--at", AT]).ended(30);
    // the hours of two days, with openings, closings, releases and dues among them
    let mut seen = std::collections::BTreeSet::new();
    for minutes in (0..48 * 60).step_by(97) {
        let at = (at + TimeDelta::minutes(minutes)).to_rfc3339();
        seen.insert(by_what_is_noted(&desk, &at).to_string());
    }
    assert!(seen.len() > 15, "{} of 30 differ", seen.len());
    let before = by_what_is_noted(&desk, AT);
    // one that is another, one that is gone, one that is new
    let s1 = of("\"S1\"", "").replace("#[bold]K", "K1");
    tickets[1] = s1.clone();
    tickets[2] = s1.replace("K1", "new");
    keep(&desk, &written(&tickets), at);
    assert_ne!(by_what_is_noted(&desk, AT), before);
    // what is kept here of one, beside its text
    let unanswered = by_what_is_noted(&desk, AT)["unanswered"].as_u64().unwrap();
    desk.run(&["ack", "K1"]).ended(0);
    assert_eq!(by_what_is_noted(&desk, AT)["unanswered"].as_u64().unwrap(), unanswered - 1);
}

#[test]
fn what_was_counted_last_is_used_and_under_another_configuration_is_not() {
    let desk = remembered(&format!("[{}]", many().join(",")), AT.parse().unwrap());
    let held = |at: &str| desk.run(&["status", "--json", "--at", at]).json()["held"].as_u64().unwrap();
    let is = held(AT);
    // a note that lies
    let noted = fs::read_dir(desk.path(".local/state/holdover/noted")).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&noted).unwrap();
    let lies = || fs::write(&noted, text.replacen("\"outside\"", "\"held\"", 1)).unwrap();
    lies();
    assert_eq!(held(AT), is + 1, "it is read");
    assert_eq!(held("2026-12-08T09:59:59Z"), is, "it says nothing of what was before");
    lies();
    let config = desk.path("config.toml");
    let with = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{with}\n# edited")).unwrap();
    assert_eq!(held(AT), is, "by other rules");
    // what is no note, what cannot be one
    fs::write(&config, with).unwrap();
    for broken in [&text[..text.len() / 2], "", "{}"] {
        fs::write(&noted, broken).unwrap();
        assert_eq!(held(AT), is);
    }
    lies();
    let elsewhere = desk.path("elsewhere");
    fs::rename(&noted, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &noted).unwrap();
    assert_eq!(held(AT), is, "a link to what anybody may have written");
}
