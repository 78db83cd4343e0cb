//! `--plain`: a sentence for each change and nothing where nothing changes, lines that are typed, and no escape sequence ever.

use holdover::app::{self, Ack, Effect, Plain};
use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, SafeText};
use nix::sys::signal::Signal;

use crate::pty::Pty;
use crate::screens::Dashboard;
use crate::support::{ACME, Desk, source};

fn ticket(key: &str, severity: &str, more: &str) -> String {
    format!(
        r#"{{ "key": "{key}", "client": "acme", "severity": {severity}, "title": "Title of {key}", "submitted_at": "2026-12-07T00:17:30Z" {more} }}"#
    )
}

/// One that counts from when it is first seen, whenever that is.
const UNDATED: &str = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in" }]"#;

fn all(tickets: &[String]) -> String {
    format!("[{}]", tickets.join(","))
}

/// A dashboard, and what was told of it.
struct Told {
    dashboard: Dashboard,
    plain: Plain,
}

impl Told {
    fn of(dashboard: Dashboard) -> Self {
        Self { dashboard, plain: Plain::default() }
    }

    /// At the night of the dashboard; what is told at first has been.
    fn after(tickets: &[String]) -> Self {
        let mut told = Self::of(Dashboard::acme((80, 24), &all(tickets)));
        told.news();
        told
    }

    fn news(&mut self) -> Vec<String> {
        self.plain.tell(&self.dashboard.model)
    }

    /// What is new once the source tells of these.
    fn tell(&mut self, tickets: &[String]) -> Vec<String> {
        self.dashboard.tell("tickets", &all(tickets));
        self.news()
    }

    /// All that is told in so many seconds, and after how many.
    fn wait(&mut self, seconds: i64) -> Vec<(i64, String)> {
        let mut said = Vec::new();
        for second in 1..=seconds {
            let foretold = self.dashboard.model.changes_at();
            self.dashboard.wait(1);
            let news = self.news();
            assert!(news.is_empty() || foretold.is_some_and(|at| at <= self.dashboard.model.now), "not foretold: {news:?}");
            said.extend(news.into_iter().map(|line| (second, line)));
        }
        said
    }

    fn type_line(&mut self, line: &str) -> (Vec<String>, Vec<Effect>) {
        app::answer(&mut self.dashboard.model, line)
    }
}

#[test]
fn it_begins_with_the_counts_and_what_nobody_has() {
    let taken =
        r#", "status": "acknowledged", "acknowledged_at": "2026-12-07T00:17:40Z", "answered_at": "2026-12-07T00:17:40Z", "assignee": "li""#;
    let tickets = [ticket("A-3", "\"S3\"", ""), ticket("A-1", "\"S1\"", ""), ticket("A-2", "null", ""), ticket("A-4", "\"S1\"", taken)];
    let mut told = Told::of(Dashboard::acme((80, 24), &all(&tickets)));
    let said = told.news();
    let expected = [
        "Mon 00:18 GMT: 3 to handle now, 2 unanswered, 0 breached; next Unassessed A-2 is to be assessed by 00:47; 1 held until 09:00.",
        "Unassessed A-2, Title of A-2: to be assessed, due 00:47, 29 minutes left, nobody has it.",
        "S1 A-1, Title of A-1: due 00:47, 29 minutes left, nobody has it.",
    ];
    assert_eq!(said, expected);
    assert_eq!(told.news(), [""; 0]);
    assert_eq!(told.tell(&tickets), [""; 0]);
    let (list, _) = told.type_line("list");
    assert_eq!(list[..3], expected);
    assert_eq!(list[3..], ["S1 A-4, Title of A-4: li has it.", "S3 A-3, Title of A-3: held until 09:00, then 4 hours left."]);
}

#[test]
fn what_time_alone_changes_is_told_once_at_its_second() {
    let mut told = Told::after(&[ticket("A-1", "\"S1\"", ""), ticket("A-2", "\"S3\"", "")]);
    let said = told.wait(9 * 3600);
    let of_tickets: Vec<&(i64, String)> = said.iter().filter(|(_, line)| line.starts_with('S')).collect();
    let expected = [
        (24 * 60 - 30, "S1 A-1, Title of A-1: at risk, due 00:47, 6 minutes left, nobody has it."),
        (30 * 60 - 30 + 1, "S1 A-1, Title of A-1: breached, due 00:47, less than a minute late, nobody has it."),
        (8 * 3600 + 42 * 60, "S3 A-2, Title of A-2: released, due 13:00, 4 hours left, nobody has it."),
    ];
    assert_eq!(of_tickets.iter().map(|(at, line)| (*at, line.as_str())).collect::<Vec<_>>(), expected, "{said:?}");
    // the source that nobody asks turns stale and blind, once each
    assert_eq!(said.len(), 5, "{said:?}");
}

#[test]
fn what_sources_tell_is_a_sentence_each_gravest_first() {
    let mut told = Told::after(&[]);
    assert_eq!(
        told.tell(&[ticket("A-1", "\"S3\"", ""), ticket("A-2", "\"S2\"", ""), ticket("A-3", "\"S1\"", "")]),
        [
            "S1 A-3, Title of A-3: due 00:47, 29 minutes left, nobody has it.",
            "S2 A-2, Title of A-2: held until 09:00, then 1 hour left.",
            "S3 A-1, Title of A-1: held until 09:00, then 4 hours left.",
        ]
    );
    let by = |who: &str| {
        format!(
            r#", "status": "acknowledged", "acknowledged_at": "2026-12-07T00:18:00Z", "answered_at": "2026-12-07T00:18:00Z", "assignee": "{who}""#
        )
    };
    let others = [ticket("A-1", "\"S3\"", ""), ticket("A-2", "\"S2\"", "")];
    let with = |ticket: String| [others.as_slice(), &[ticket]].concat();
    assert_eq!(told.tell(&with(ticket("A-3", "\"S1\"", &by("li")))), ["S1 A-3, Title of A-3: li has it."]);
    assert_eq!(told.tell(&with(ticket("A-3", "\"S1\"", &by("mo")))), ["S1 A-3, Title of A-3: mo has it."]);
    assert_eq!(told.tell(&with(ticket("A-3", "\"S1\"", &by("jo")))), ["S1 A-3, Title of A-3: you have it."]);
    let back = told.tell(&with(ticket("A-3", "\"S1\"", "")));
    assert_eq!(back, ["S1 A-3, Title of A-3: given back, due 00:47, 29 minutes left, nobody has it."]);
    let resolved = r#", "status": "resolved", "assignee": "mo""#;
    assert_eq!(told.tell(&with(ticket("A-3", "\"S1\"", resolved))), ["A-3 is gone: resolved by mo."]);
    let raised = told.tell(&[ticket("A-2", "\"S1\"", "")]);
    assert_eq!(
        raised,
        ["S1 A-2, Title of A-2: S2 before, due 00:47, 29 minutes left, nobody has it.", "A-1 is gone: tickets no longer lists it."]
    );
}

#[test]
fn a_source_that_is_not_to_be_trusted_is_told_of_and_that_it_is_well_again() {
    let mut told = Told::after(&[]);
    told.dashboard.fail("tickets", FaultKind::Unreachable, "no route");
    assert_eq!(told.news(), ["tickets is stale since 00:18: no route."]);
    let said = told.wait(600);
    assert_eq!(said, [(301, "tickets is blind since 00:18: no route.".to_owned())]);
    assert_eq!(told.tell(&[]), ["tickets answers again."]);
}

#[test]
fn what_the_records_recall_is_told_at_first_and_then_only_what_is_otherwise() {
    let mut told = Told::of(Dashboard::recalled(&all(&[ticket("A-1", "\"S1\"", "")])));
    let said = told.news();
    assert!(said.len() == 2 && said[0].ends_with("; still asking tickets.") && said[1].starts_with("S1 A-1"), "{said:?}");
    let answered = told.tell(&[ticket("A-1", "\"S1\"", ""), ticket("A-2", "\"S3\"", ""), ticket("A-3", "\"S1\"", "")]);
    assert_eq!(
        answered,
        ["tickets has answered, with 3 open tickets.", "S1 A-3, Title of A-3: due 00:47, 29 minutes left, nobody has it."]
    );
}

#[test]
fn an_acknowledgement_is_called_one_when_its_source_says_so() {
    let tickets = [ticket("A-1", "\"S1\"", ""), ticket("A-2", "\"S1\"", "")];
    let mut told = Told::after(&tickets);
    let now = told.dashboard.model.now;
    let (said, effects) = told.type_line("ack A-1");
    assert_eq!(said, ["A-1: being sent; its source has not said yet."]);
    let [Effect::Tell { deed: Deed::Acknowledge { note: None }, send_at, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(*send_at, now, "nothing can be undone here, so nothing is held");
    assert_eq!(told.news(), [""; 0]);
    assert_eq!(told.type_line("ack A-1").0, ["A-1: being written down."]);
    let waiting = |why: &str| Ack::Waiting { reason: SafeText::line(why), asked_at: now };
    for (ack, said) in [
        (Ack::Sending { by: None, asked_at: now }, &[][..]),
        (waiting("no route"), &["A-1: acknowledgement not sent yet, and tried again: no route."]),
        (Ack::Sending { by: None, asked_at: now }, &[]),
        (waiting("no route"), &[]),
        (waiting("busy"), &["A-1: acknowledgement not sent yet, and tried again: busy."]),
    ] {
        told.dashboard.underway("tickets", "A-1", ack);
        assert_eq!(told.news(), said);
    }
    assert_eq!(told.wait(59), []);
    assert_eq!(told.wait(1), [(1, "1 asked for more than a minute ago, and not sent yet.".to_owned())]);
    told.dashboard.end("tickets", "A-1", Outcome::Confirmed { by: Some(SafeText::line("jo")), at: None });
    assert_eq!(told.news(), ["A-1: acknowledged by jo, confirmed by the source."]);
    told.type_line("ack A-2");
    told.dashboard.end("tickets", "A-2", Outcome::refused("It is locked."));
    assert_eq!(told.news(), ["A-2: acknowledgement refused: It is locked."]);
}

#[test]
fn many_that_nobody_assessed_are_counted_and_so_is_what_may_wait() {
    let mut told = Told::after(&[]);
    let many: Vec<String> =
        (0..30).flat_map(|n| [ticket(&format!("U-{n}"), "null", ""), ticket(&format!("H-{n}"), "\"S3\"", "")]).collect();
    let said = told.tell(&[many, vec![ticket("A-1", "\"S1\"", "")]].concat());
    assert_eq!(said[0], "tickets: 30 tickets are to be assessed, and each may be an S1; list names them.");
    assert!(said[1].starts_with("S1 A-1") && said.len() == 13, "{said:#?}");
    assert_eq!(said[12], "20 more have changed that may wait, are taken or are gone; list says how all stand.");
    assert_eq!(told.type_line("list").0.len(), 62);
}

#[test]
fn keys_are_whole_and_never_guessed() {
    let config = format!("{ACME}{}{}", source("one", "1.json".as_ref()), source("two", "2.json".as_ref()));
    let settings = config::parse(&config, "config.toml", &[]).unwrap();
    let mut told = Told::of(Dashboard::new(settings, "2026-12-07T00:18:00Z", (80, 24)));
    told.dashboard.tell("one", &all(&[ticket("A-1", "\"S1\"", ""), ticket("A-2", "\"S1\"", ""), ticket("web 1!disk", "\"S1\"", "")]));
    let refused = "'A-2' is in one – but two did not tell all it has and may have it too – say one/A-2.";
    assert_eq!(told.type_line("ack A-2"), (vec![refused.to_owned()], vec![]));
    told.dashboard.tell("two", &all(&[ticket("A-1", "\"S1\"", "")]));
    let ambiguous = "'A-1' is in more than one source – it may mean one/A-1 or two/A-1 – name the source.";
    assert_eq!(told.type_line("ack A-1"), (vec![ambiguous.to_owned()], vec![]));
    assert_eq!(told.type_line("ack two/A-1").1.len(), 1);
    assert_eq!(told.type_line("ACK web 1!disk").1.len(), 1);
    let unknown = "no ticket 'A-9' – no source that answered has it – list names them.";
    assert_eq!(told.type_line("ack A-9"), (vec![unknown.to_owned()], vec![]));
    let (said, effects) = told.type_line("note web 1!disk the disk is full");
    assert_eq!(said, ["one/web 1!disk: internal note being sent; its source has not said yet."]);
    assert!(matches!(&effects[..], [Effect::Tell { deed: Deed::Note { text }, .. }] if text.as_str() == "the disk is full"), "{effects:?}");
    for (line, wrong) in [
        ("note A-2", "nothing was written – the text is missing – note KEY TEXT."),
        ("ack", "which ticket? – its key is missing – list names them."),
        ("snooze A-2", "'snooze' cannot be typed here – there is ack KEY, why KEY, note KEY TEXT, list, help and quit."),
    ] {
        assert_eq!(told.type_line(line), (vec![wrong.to_owned()], vec![]), "{line}");
    }
    let long = format!("note A-2 {}", "x".repeat(4001));
    assert!(told.type_line(&long).0[0].starts_with("nothing was written – a note has 4000 characters at most"));
    assert_eq!(told.type_line(" "), (vec![], vec![]));
    told.dashboard.model.rules.read_only = true;
    for line in ["ack A-2", "note A-2 text"] {
        assert_eq!(told.type_line(line), (vec!["nothing is sent with --read-only.".to_owned()], vec![]));
    }
}

#[test]
fn the_clock_of_a_clock_that_stands_still_is_told_with_its_date() {
    let desk = Desk::with(&[&all(&[ticket("A-1", "\"S1\"", "")])]);
    let said = desk.run(&["--plain", "--at", "2026-12-07T00:18:00Z"]).ended(0).out;
    assert!(said.contains("\nAs of Mon 7 Dec 2026 00:18 GMT: 1 to handle now, 1 unanswered, 0 breached;"), "{said}");
    desk.run(&["--plain", "list"]).ended(2);
}

#[test]
fn a_pipe_is_answered_and_its_end_is_the_end() {
    let desk = Desk::with(&[UNDATED]);
    let run = |typed: &str| crate::support::Said::from(desk.command(&["--plain"]).write_stdin(typed).output().unwrap()).ended(0);
    let said = run("why A-1\nack A-1");
    assert!(said.out.contains("\nCover: S1 is covered in every window (config.toml:12)\n"), "{}", said.out);
    let (sent, told) = (said.out.find("A-1: being sent;"), said.out.find("A-1: acknowledged here by jo: its source cannot be told.\n"));
    assert!(sent.is_some() && sent < told, "{}", said.out);
    assert_eq!(said.err, "");
    let said = run("quit\nack A-1\n").out;
    assert!(said.contains(" 1 to handle now, 0 unanswered") && !said.contains("already"), "nothing is read after it: {said}");
}

#[test]
fn strangers_text_stays_text_and_on_its_line() {
    let bad = r#"[{ "key": "A\u001b[31m", "client": "acme", "severity": "S1", "title": "\u001b]0;x\u0007\u009b2J\nS1 B-1: acknowledged.",
        "description": "one\nA-1: acknowledged by jo.\u001b[2J\u202e" }]"#;
    let desk = Desk::with(&[bad]);
    for flags in [&["--plain"][..], &["--plain", "--ascii"]] {
        let output = desk.command(flags).write_stdin("why A^[[31m\nack \u{1b}[31m\n\u{1b}]0;y\u{7}\nlist\n\u{ff}\n").output().unwrap();
        let said = crate::support::Said::from(output).ended(0).out;
        assert!(!said.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{said:?}");
        assert!(said.contains("\nText: A-1: acknowledged by jo."), "{said}");
        assert!(!said.lines().any(|line| line.starts_with("S1 B-1") || line.starts_with("A-1")), "{said}");
        assert!(flags.len() == 1 || said.is_ascii(), "{said}");
    }
}

#[test]
fn in_a_terminal_it_rings_takes_edits_and_ends_by_a_signal() {
    let desk = Desk::with(&[UNDATED]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let (path, home) = (desk.path("config.toml"), desk.path(""));
    let environment = [("HOME", home.to_str().unwrap()), ("USER", "jo")];
    let arguments = ["--plain", "--config", path.to_str().unwrap()];
    let mut pty = Pty::start(&assert_cmd::cargo::cargo_bin("holdover"), &arguments, &environment, (120, 24));
    pty.wait_for("the ticket", |text| text.contains("S1 A-1, Nobody can sign in: due "));
    pty.wait_for_bytes("the bell", 0, b"\x07");
    pty.press("ack A-1\r");
    pty.wait_for("the acknowledgement", |text| text.contains("A-1: acknowledged here by jo"));
    desk.write("config.toml", config.replace("S1 = {", "S9 = {"));
    pty.wait_for("the mistake", |text| text.contains("The edit of the configuration is not used – "));
    desk.write("config.toml", format!("{config}blind_after = \"6m\"\n"));
    pty.wait_for("that it is mended", |text| text.contains("The configuration was edited, and is in use."));
    pty.signal(Signal::SIGINT);
    assert_eq!(pty.end(), 130);
    assert!(!pty.written.contains(&0x1b), "{}", String::from_utf8_lossy(&pty.written));
}
