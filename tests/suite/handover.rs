//! The handover: what it tells, since when, how it is noted, and that nothing in it is Markdown but what holdover makes so.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Board, Handover, Known, Past, Since};
use holdover::config::{self, Settings};
use holdover::domain::{Deed, Fault, FaultKind, Grounds, Outcome, SafeText, Severity, SourceName, Ticket, TicketKey};
use holdover::records::{Ended, HandedOver, Queued, RecordedSource, Records, Snapshot};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::pty::Pty;
use crate::support::{ACME, Desk, source};

/// Friday morning, Christmas Day: nothing but an S1 is answered at Acme.
const AT: &str = "2026-12-25T08:00:00Z";

const KIWI: &str = r#"
[[agreement]]
name = "Kiwi"
clients = ["kiwi"]
valid_to = "2027-01-31"
timezone = "Pacific/Auckland"
office_hours = { mon-fri = ["09:00-17:00"] }
bank_holidays = ["2026-12-25", "2026-12-28"]
[agreement.response]
S1 = { any = "1h" }
S2 = { office-hours = "2h" }
S3 = { office-hours = "4h" }
S4 = { any = "none" }
S5 = { any = "none" }
[agreement.update]
S1 = { any = "2h" }
"#;

const TICKETS: &str = r#"[
  { "key": "A-1", "client": "acme", "severity": "S1", "support_level": "L2", "title": "Nobody | can *sign* in", "url": "https://desk.example/1",
    "submitted_at": "2026-12-25T05:45:00Z", "callback_requested": true },
  { "key": "A-2", "client": "acme", "title": "How bad is it?", "submitted_at": "2026-12-25T07:30:00Z" },
  { "key": "A-3", "client": "nobody", "severity": "S5", "title": "Ask @everyone", "submitted_at": "2026-12-24T07:30:00Z" },
  { "key": "A-4", "client": "acme", "severity": "S3", "title": "Slow", "submitted_at": "2026-12-25T02:14:00Z" },
  { "key": "A-5", "client": "acme", "severity": "S4", "title": "Colour", "submitted_at": "2026-12-25T02:14:00Z" },
  { "key": "A-6", "client": "acme", "severity": "S1", "title": "Over", "submitted_at": "2026-12-24T20:00:00Z",
    "acknowledged_at": "2026-12-24T20:40:00Z", "acknowledged_by": "mo", "resolved_at": "2026-12-24T23:00:00Z", "status": "resolved" },
  { "key": "A-7", "client": "acme", "severity": "S1", "title": "Over in time", "submitted_at": "2026-12-25T05:30:00Z",
    "resolved_at": "2026-12-25T06:00:00Z", "status": "resolved" },
  { "key": "A-8", "client": "acme", "severity": "S1", "title": "Over too late", "submitted_at": "2026-12-25T05:30:00Z",
    "resolved_at": "2026-12-25T07:50:00Z", "status": "resolved" },
  { "key": "K-1", "client": "kiwi", "severity": "S1", "title": "Wharf", "submitted_at": "2026-12-25T06:00:00Z",
    "acknowledged_at": "2026-12-25T06:10:00Z", "acknowledged_by": "li", "last_word_at": "2026-12-25T07:00:00Z", "status": "acknowledged" },
  { "key": "K-2", "client": "kiwi", "severity": "S2", "title": "Crane", "submitted_at": "2026-12-25T07:40:00Z" }
]"#;

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// Two agreements, and a file of these tickets.
fn desk(tickets: &str) -> Desk {
    let desk = Desk::configured("");
    let path = desk.write("tickets.json", tickets);
    desk.write("config.toml", format!("{ACME}{KIWI}{}", source("tickets", &path)));
    desk
}

/// The records of a desk, as its program opens them.
fn records(desk: &Desk) -> Records {
    let settings = config::load(&desk.path("config.toml"), &[]).unwrap();
    let sources = settings.sources.iter().map(|s| RecordedSource {
        name: s.name.clone(),
        place: s.place().to_string(),
        reading: s.reading().to_string(),
        blind_after: s.blind_after,
    });
    Records::open(&desk.path(".local/state/holdover"), &sources.collect::<Vec<_>>(), at(AT)).unwrap().records
}

fn name() -> SourceName {
    SourceName::new("tickets")
}

/// The source told of nothing, completely.
fn told(records: &Records, time: &str, tickets: Vec<Arc<Ticket>>) {
    let at = at(time);
    let (total, complete_at, fault, clock_ahead) = (None, Some(at), None, None);
    let snapshot =
        Snapshot { began_at: at, ended_at: at, complete: true, total, complete_at, tickets, tried_at: at, fault, clock_ahead, ours: true };
    records.keep(&name(), &snapshot).unwrap();
}

/// Something was done to a ticket, and came to this.
fn done(records: &Records, key: &str, deed: &Deed, time: &str, outcome: Option<Outcome>) {
    let (key, who, asked_at) = (TicketKey { source: name(), key: SafeText::line(key) }, SafeText::line("jo"), at(time));
    let grounds = Grounds::of(&Ticket::new(key.clone()), &holdover::domain::Agreements::default(), asked_at);
    let queued = Queued { key: &key, deed, who: &who, grounds: &grounds, submitted_at: None, asked_at, send_at: asked_at };
    let entry = records.queue(&queued).unwrap();
    if let Some(outcome) = outcome {
        records.end(entry.id, &Ended { outcome: &outcome, at: asked_at }).unwrap();
    }
}

#[test]
fn a_handover_tells_everything_in_its_order() {
    let desk = desk(TICKETS);
    let kept = records(&desk);
    kept.hand_over(&HandedOver { at: at("2026-12-24T18:00:00Z"), who: SafeText::line("mo") }).unwrap();
    kept.hand_over(&HandedOver { at: at("2026-12-25T09:00:00Z"), who: SafeText::line("later") }).unwrap();
    for time in ["2026-12-24T17:00:00Z", "2026-12-24T19:00:00Z"] {
        told(&kept, time, Vec::new());
    }
    let fault = Fault { kind: FaultKind::Unreachable, text: SafeText::line("no [answer]"), retry_after: None };
    kept.keep_fault(&name(), &fault, at("2026-12-24T19:01:00Z")).unwrap();
    told(&kept, "2026-12-24T19:10:00Z", Vec::new());
    let confirmed = || Some(Outcome::Confirmed { by: None, at: None });
    done(&kept, "A-9", &Deed::Acknowledge { note: None }, "2026-12-24T17:59:00Z", confirmed());
    done(&kept, "A-1", &Deed::Word { text: SafeText::line("we are on it") }, "2026-12-25T06:00:00Z", confirmed());
    done(&kept, "A-2", &Deed::Assess { severity: Severity::S2 }, "2026-12-25T07:35:00Z", Some(Outcome::refused("no right")));
    done(&kept, "K-1", &Deed::Resolve, "2026-12-25T07:36:00Z", Some(Outcome::unknown("no answer")));
    done(&kept, "K-2", &Deed::Acknowledge { note: None }, "2026-12-25T07:50:00Z", Some(Outcome::Already { by: None, at: None }));
    done(&kept, "K-2", &Deed::OnClient, "2026-12-25T07:55:00Z", None);
    drop(kept);
    let said = desk.run(&["handover", "--at", AT]).ended(0);
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("handover-markdown", said.out);
    });
}

#[test]
fn of_several_sources_each_ticket_is_named_with_its_own() {
    let one = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "2026-12-25T07:00:00Z" }]"#;
    let desk = Desk::with(&[one, one]);
    done(
        &records(&desk),
        "A-1",
        &Deed::Word { text: SafeText::line("we are on it") },
        "2026-12-25T07:30:00Z",
        Some(Outcome::Confirmed { by: None, at: None }),
    );
    done(&records(&desk), "A-1", &Deed::OnClient, "2026-12-25T07:40:00Z", None);
    let said = desk.run(&["handover", "--at", AT]).ended(0).out;
    for line in [
        "- S1 tickets/A-1 acme – (no title): answer by Fri 09:00, 1h left",
        "- S1 tickets2/A-1 acme – (no title): answer by Fri 09:00, 1h left",
        "- Fri 09:00 answer due: S1 tickets/A-1, S1 tickets2/A-1",
        "- tickets/A-1: on the client; tickets has not been told yet",
        "- 2 came: S1 tickets/A-1, S1 tickets2/A-1",
        "- Fri 07:30 tickets/A-1: written to the client by jo",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}:\n{said}");
    }
    // the same words as those of what flips next
    let next = desk.run(&["next", "--at", AT]).ended(0).out;
    assert!(next.contains("due     Acme  S1 tickets/A-1, S1 tickets2/A-1\n"), "{next}");
}

#[test]
fn nothing_to_tell_is_said_so() {
    let desk = desk("[]");
    let said = desk.run(&["handover", "--at", AT, "--since", "2026-12-25T07:00Z"]).ended(0).out;
    for line in [
        "Since Fri 07:00, as was asked for.",
        "**Unanswered: none**",
        "**Held: none**",
        "**Blind spells: not known**",
        "**Since then: nothing**",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}:\n{said}");
    }
    assert!(said.contains("- those before are not known: there are no records"), "{said}");
}

#[test]
fn it_tells_of_the_time_since_the_last_one_that_was_noted() {
    let desk = desk("[]");
    let since = |arguments: &[&str]| {
        let said = desk.run(&[&["handover"], arguments].concat()).ended(0).out;
        said.lines().nth(2).unwrap().to_owned()
    };
    let none = "24 hours before: no earlier handover is known.";
    assert!(since(&["--read-only"]).ends_with(none) && since(&["--read-only"]).ends_with(none), "it is only looked at");
    assert!(since(&["--at", AT]).ends_with(none));
    assert!(!desk.path(".local/state/holdover/records.db").exists());
    assert!(since(&[]).ends_with(none));
    assert!(since(&[]).ends_with(", the last handover, by jo."));
    let never = "**Blind spells: not known**\n\n- tickets: not known before now: nobody has asked it yet\n";
    assert!(desk.run(&["handover", "--read-only"]).ended(0).out.contains(never));
    assert!(since(&["--since", "2026-01-01 09:00"]).ends_with(", as was asked for."));
    let noted = || rusqlite::Connection::open(desk.path(".local/state/holdover/records.db")).unwrap();
    let last: i64 = noted().query_row("SELECT max(at) FROM handed_over", [], |row| row.get(0)).unwrap();
    since(&["--read-only"]);
    let after: i64 = noted().query_row("SELECT max(at) FROM handed_over", [], |row| row.get(0)).unwrap();
    assert_eq!(last, after);
}

#[test]
fn one_that_is_used_up_says_so_and_how_to_have_it_again() {
    let desk = desk(TICKETS);
    let first = desk.run(&["handover"]).ended(0);
    let (noted, again) = first.err.trim_end().split_once("this one again: holdover ").unwrap_or_else(|| panic!("{}", first.err));
    assert!(noted.starts_with("noted – the next handover tells of the time since now – "), "{noted}");
    let told = |out: &str| out.lines().skip_while(|line| *line != "**Since then**").map(str::to_owned).collect::<Vec<_>>();
    let next = desk.run(&["handover", "--read-only"]).ended(0);
    assert!(next.err.is_empty() && next.out.contains("the last handover, by jo."), "{}", next.err);
    let arguments: Vec<&str> = again.split_whitespace().chain(["--read-only"]).collect();
    let since = |out: &str| out.lines().nth(2).unwrap().split_once(',').unwrap().0.to_owned();
    let same = desk.run(&arguments).ended(0);
    assert_eq!((since(&same.out), told(&same.out)), (since(&first.out), told(&first.out)));
}

#[test]
fn what_is_held_until_one_instant_is_one_line_and_comes_after_what_is_late() {
    let ticket = |n: usize, severity: &str, at: &str| {
        format!(r#"{{ "key": "H-{n}", "client": "acme", "severity": "{severity}", "submitted_at": "2026-12-{at}:00:00Z" }}"#)
    };
    let held = (0..134).map(|n| ticket(n, "S3", if n % 2 == 0 { "25T02" } else { "26T02" }));
    let tickets: Vec<String> = held.chain([ticket(500, "S2", "25T02"), ticket(600, "S1", "25T04")]).collect();
    let desk = desk(&format!("[{}]", tickets.join(",")));
    let said = desk.run(&["handover", "--at", "2026-12-28T20:00:00Z"]).ended(0).out;
    let held: Vec<&str> = said.lines().skip_while(|line| *line != "**Held: 135**").skip(2).take_while(|line| !line.is_empty()).collect();
    assert_eq!(held.len(), 2, "{said}");
    assert!(held[0].starts_with("- S2 H-500 acme – (no title): until Tue 09:00: next working day: "), "{}", held[0]);
    // they wait for different reasons to begin with, and for the same one to go on
    let first = "- 134 S3 until Tue 09:00: S3 is covered in office hours only – ";
    assert!(held[1].starts_with(first) && held[1].ends_with(" and 124 more"), "{}", held[1]);
    assert!(said.contains("- Tue 09:00 released: ") && said.lines().all(|line| line.len() < 400), "{said}");
    let place = |heading: &str| said.find(&format!("\n**{heading}")).unwrap_or_else(|| panic!("{heading}:\n{said}"));
    let order = ["Unanswered", "Breached", "Blind spells", "In hand", "Held", "Within 24 hours", "Since then"].map(place);
    assert!(order.is_sorted(), "{said}");
}

#[test]
fn a_time_that_is_none_or_still_to_come_is_wrong_usage() {
    let desk = desk("[]");
    assert!(desk.run(&["handover", "--since", "yesterday"]).ended(2).err.starts_with("--since 'yesterday' is no time – "));
    let still = desk.run(&["handover", "--at", AT, "--since", "2026-12-25T08:01Z"]).ended(2);
    assert!(still.err.starts_with("--since is still to come – ") && still.out.is_empty(), "{}", still.err);
}

#[test]
fn what_a_silent_source_last_told_is_handed_over_all_the_same() {
    let desk = desk("not a list");
    let key = TicketKey { source: name(), key: SafeText::line("A-1") };
    let ticket =
        Ticket { client: Some(SafeText::line("acme")), severity: Some(Severity::S1), submitted_at: Some(at(AT)), ..Ticket::new(key) };
    told(&records(&desk), AT, vec![Arc::new(ticket)]);
    let said = desk.run(&["handover", "--at", "2026-12-25T08:10:00Z"]).ended(1);
    assert!(said.out.contains("- S1 A-1 acme – (no title): answer by Fri 10:00, 1h50m left"), "{}", said.out);
    assert!(said.out.contains("- tickets: STALE since Fri 08:10, still: ") && !said.err.is_empty(), "{}", said.out);
}

#[test]
fn one_that_cannot_be_noted_is_printed_and_fails() {
    let desk = desk("[]");
    std::fs::create_dir_all(desk.path(".local/state")).unwrap();
    desk.write(".local/state/holdover", "no folder");
    let said = desk.run(&["handover"]).ended(1);
    assert!(said.out.contains("**Unanswered: none**") && said.out.contains("- those before are not known: there are no records"));
    assert!(said.err.contains("the handover is printed, but not noted: the records cannot be used – "), "{}", said.err);
}

#[test]
fn the_board_shows_it_with_what_the_records_tell() {
    let desk = desk("[]");
    desk.run(&["handover"]).ended(0);
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (80, 24));
    pty.wait_for("board", |screen| screen.contains("Nothing is open"));
    pty.press("H");
    pty.wait_for("handover", |screen| screen.contains("the last handover, by jo.") && screen.contains("Unanswered: none"));
    // another one is noted while it is up
    desk.command(&["handover"]).env("USER", "mo").assert().success();
    pty.wait_for("the newer one", |screen| screen.contains("the last handover, by mo."));
    pty.press("qq");
    assert_eq!(pty.end(), 0);
}

/// What stands on a line of text, and what strangers like to put there.
fn text() -> impl Strategy<Value = String> {
    let marks = r"[-+*_`~#|<>\[\]()!\\&;:=@$^{}.0-9a-z /\n\t]{0,40}";
    prop_oneof![
        marks,
        ".{0,40}",
        Just("- [ ] x\n1. y\n# z".to_owned()),
        Just("](https://evil.example) <b>&lt;/b> ![x](y) [^1] [[w]] $$m$$ <!-- c".to_owned())
    ]
}

fn settings() -> Settings {
    config::parse(ACME, "config.toml", &[]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_one_line_of_the_list_and_marks_nothing_up(title in text(), key in text(), page in text(), who in text(), taken: bool) {
        let settings = settings();
        let now = at(AT);
        let mut ticket = Ticket::new(TicketKey { source: name(), key: SafeText::line(&key) });
        ticket.title = SafeText::title(&title);
        ticket.client = Some(SafeText::line(if taken { "acme" } else { &who }));
        (ticket.url, ticket.severity, ticket.submitted_at) = (Some(SafeText::line(&format!("https://a.example/{page}"))), Some(Severity::S1), Some(now));
        if taken {
            (ticket.acknowledged_at, ticket.acknowledged_by) = (Some(now), Some(SafeText::line(&who)));
        }
        let board = Board::new([Arc::new(ticket)], &settings.agreements, now);
        let past = Past {
            since: now - TimeDelta::hours(1),
            from: Since::Handover(SafeText::line(&who)),
            deeds: Vec::new(),
            unsent: Vec::new(),
            gaps: Vec::new(),
            never_kept: Vec::new(),
            calendars: Vec::new(),
            unknown: Some(SafeText::line(&title)),
        };
        let known = Known { board: &board, health: &[], agreements: &settings.agreements, past: &past, zone: settings.timezone, now };
        let handover = Handover::new(&known);
        let markdown = handover.markdown();
        let mut all = Options::all();
        // these only change quotes and dashes
        all.remove(Options::ENABLE_SMART_PUNCTUATION);
        let (mut items, mut shown, mut in_item) = (0, Vec::new(), false);
        for event in Parser::new_ext(&markdown, all) {
            match event {
                Event::Start(Tag::Item) => { items += 1; in_item = true; shown.push(String::new()); }
                Event::End(pulldown_cmark::TagEnd::Item) => in_item = false,
                Event::Start(Tag::Paragraph | Tag::Strong | Tag::List(None)) | Event::End(_) => {}
                Event::Start(Tag::Link { dest_url, .. }) => prop_assert!(in_item && dest_url.starts_with("https://a.example/"), "{dest_url}"),
                Event::Text(text) => if in_item { shown.last_mut().unwrap().push_str(&text) },
                other => prop_assert!(false, "{other:?} in\n{markdown}"),
            }
        }
        let lines: Vec<String> = handover.sections.iter().flat_map(|section| &section.items).map(|item| {
            let key = item.ticket.as_ref().map_or("", |(key, _)| key.as_str());
            format!("{}{key}{}", item.lead, item.text)
        }).collect();
        prop_assert_eq!(items, lines.len());
        for (line, shown) in lines.iter().zip(shown) {
            // a link's text loses what is blank at its ends, as a line does
            let bare = |text: &str| text.replace(['@', '＠', ' '], "");
            prop_assert_eq!(bare(line), bare(&shown));
            prop_assert!(!shown.contains("@everyone"));
        }
    }
}
