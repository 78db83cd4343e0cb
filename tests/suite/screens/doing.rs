//! What is done to a ticket from the board besides taking it and writing to it: phoned in, assessed, copied; and a new one.

use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use holdover::app::{Ack, Body, Effect, Message, Screen};
use holdover::domain::{Capabilities, Deed, DeedKind, Outcome, SafeText, Severity, SourceName, TicketKey};

use super::Dashboard;

const ONE: &str = r#"[{ "key": "A-1", "client": "acme", "severity": null, "title": "Something is odd", "channel": "email",
    "submitted_at": "2026-12-07T00:10:00Z", "url": "https://tickets.example/A-1" }]"#;

fn board(size: (u16, u16)) -> Dashboard {
    let mut dashboard = Dashboard::acme(size, ONE);
    dashboard.press("g");
    dashboard
}

fn key() -> TicketKey {
    TicketKey { source: SourceName::new("tickets"), key: SafeText::line("A-1") }
}

fn told(dashboard: &mut Dashboard) -> Vec<Deed> {
    let tell = |effect| match effect {
        Effect::Tell { deed, .. } => Some(deed),
        _ => None,
    };
    std::mem::take(&mut dashboard.effects).into_iter().filter_map(tell).collect()
}

fn phone() -> Deed {
    Deed::Contact { channel: SafeText::line("phone") }
}

#[test]
fn phoned_in_is_noted_once_and_can_be_undone_until_it_is_sent() {
    let mut dashboard = board((80, 24));
    dashboard.press("p");
    let send_at = dashboard.model.now + TimeDelta::seconds(5);
    assert_eq!(dashboard.effects, [Effect::Tell { key: key(), deed: phone(), send_at }]);
    assert!(dashboard.screen().contains("A-1: the contact, phone, is on its way; u undoes it"), "{}", dashboard.screen());
    dashboard.press("p");
    assert!(dashboard.screen().contains("A-1: contact: being written down"), "{}", dashboard.screen());
    assert_eq!(dashboard.effects.len(), 1);
    let ack = Ack::Held { until: send_at };
    dashboard.send(Message::Underway { entry: 3, key: key(), deed: DeedKind::Contact, ack });
    assert!(dashboard.row("DEED").contains("contact: sent in 5s, unless it is undone"), "{}", dashboard.screen());
    assert!(dashboard.screen().lines().last().unwrap().starts_with(" u undo 5s"), "{}", dashboard.screen());
    dashboard.press("u");
    assert_eq!(dashboard.effects.last(), Some(&Effect::Undo { key: key(), deed: DeedKind::Contact }));
    dashboard.send(Message::Undone { key: key(), deed: DeedKind::Contact });
    assert!(dashboard.screen().contains("A-1: the contact is undone; its source was told nothing"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("DEED") && !dashboard.screen().contains("unsent"), "{}", dashboard.screen());
    dashboard.press("u");
    assert!(dashboard.screen().contains("there is nothing to undo"), "{}", dashboard.screen());
    // and again
    dashboard.effects.clear();
    dashboard.press("p");
    assert_eq!(told(&mut dashboard), [phone()]);
    dashboard.send(Message::Done { entry: Some(4), key: key(), deed: phone(), outcome: Outcome::Confirmed { by: None, at: None } });
    assert!(dashboard.row("DEED").contains("contact: contact noted, confirmed by the source"), "{}", dashboard.screen());
}

#[test]
fn what_was_done_last_is_undone_first_whatever_it_was() {
    let mut dashboard = board((80, 24));
    dashboard.press("a p s 1 u");
    assert_eq!(dashboard.effects.last(), Some(&Effect::Undo { key: key(), deed: DeedKind::Assess }));
    dashboard.send(Message::Undone { key: key(), deed: DeedKind::Assess });
    dashboard.press("u");
    assert_eq!(dashboard.effects.last(), Some(&Effect::Undo { key: key(), deed: DeedKind::Contact }));
    dashboard.send(Message::Undone { key: key(), deed: DeedKind::Contact });
    dashboard.press("u");
    assert_eq!(dashboard.effects.last(), Some(&Effect::Undo { key: key(), deed: DeedKind::Acknowledge }));
}

#[test]
fn a_contact_that_its_source_cannot_be_told_is_noted_here_and_other_deeds_are_refused() {
    let mut dashboard = board((80, 24));
    dashboard.model.capabilities.insert(SourceName::new("tickets"), Capabilities::none("a file cannot be told"));
    let footer = dashboard.screen().lines().last().unwrap().to_owned();
    assert!(footer.contains("p phoned in") && !footer.contains("c note"), "{footer}");
    for (press, what) in [("s", "assessment"), ("c", "internal note"), ("m", "word to the client")] {
        dashboard.press(press);
        assert!(dashboard.screen().contains(&format!("no {what} for A-1: a file cannot be told")), "{}", dashboard.screen());
        dashboard.press("esc");
    }
    assert_eq!(told(&mut dashboard), []);
    dashboard.press("p");
    assert_eq!(told(&mut dashboard), [phone()]);
    dashboard.model.rules.frozen = true;
    dashboard.press("p");
    assert!(dashboard.screen().contains("nothing is sent with --at"), "{}", dashboard.screen());
    assert_eq!(told(&mut dashboard), []);
}

#[test]
fn the_severities_stand_side_by_side_and_none_is_chosen_beforehand() {
    for size in [(80, 24), (40, 12), (140, 40), (40, 9)] {
        let mut dashboard = board(size);
        dashboard.press("s");
        let Body::Assess { rows, .. } = dashboard.view().body else { panic!("{}", dashboard.screen()) };
        assert!(rows.iter().all(|row| !row.chosen));
        let said: Vec<_> = rows.iter().map(|row| (row.group, row.due.as_str())).collect();
        // S1 is covered at any hour, S2 at the weekend, when it came in; of S4 and S5 nothing is asked
        assert_eq!(said[0], ("unanswered", "00:40"), "{said:?}");
        assert!(said[2..].iter().all(|(group, _)| *group == "held" || *group == "outside"), "{said:?}");
        let screen = dashboard.screen();
        for severity in Severity::ALL {
            assert!(screen.contains(&format!("{}  {severity}", severity.index() + 1)), "{screen}");
        }
        dashboard.press("enter");
        assert_eq!(told(&mut dashboard), [], "nobody has chosen");
        assert!(dashboard.screen().contains("none is chosen"), "{}", dashboard.screen());
    }
}

#[test]
fn a_digit_chooses_or_the_cursor_and_enter() {
    let mut dashboard = board((80, 24));
    dashboard.press("s 2");
    let send_at = dashboard.model.now + TimeDelta::seconds(5);
    let deed = Deed::Assess { severity: Severity::S2 };
    assert_eq!(dashboard.effects, [Effect::Tell { key: key(), deed: deed.clone(), send_at }]);
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert!(dashboard.screen().contains("A-1: the assessment, S2, is on its way; u undoes it"), "{}", dashboard.screen());
    assert!(dashboard.row("A-1 ──").contains("not assessed"), "its source has not said so: {}", dashboard.screen());
    dashboard.press("s");
    assert!(dashboard.screen().contains("A-1: assessment: being written down"), "not twice at once: {}", dashboard.screen());
    dashboard.send(Message::Done { entry: Some(1), key: key(), deed, outcome: Outcome::refused("your role may not") });
    assert!(dashboard.row("DEED").contains("assessment: refused: your role may not"), "{}", dashboard.screen());
    dashboard.effects.clear();
    for (keys, severity) in [("s j j j enter", Severity::S3), ("s k enter", Severity::S5), ("s G k k g enter", Severity::S1)] {
        dashboard.press(keys);
        let deed = Deed::Assess { severity };
        assert_eq!(told(&mut dashboard), std::slice::from_ref(&deed), "{keys}");
        dashboard.send(Message::Done { entry: Some(1), key: key(), deed, outcome: Outcome::refused("no") });
        dashboard.effects.clear();
    }
    // all other keys are none here, and esc leaves
    dashboard.press("s a p 6 0 l esc");
    assert_eq!((told(&mut dashboard), &dashboard.model.screen), (Vec::new(), &Screen::Board));
    dashboard.press("s");
    dashboard.press_key(KeyEvent::new(KeyCode::Char('1'), KeyModifiers::ALT));
    assert_eq!(told(&mut dashboard), []);
    dashboard.press("? 1 esc q");
    assert_eq!((told(&mut dashboard), &dashboard.model.screen), (Vec::new(), &Screen::Board));
}

#[test]
fn a_ticket_that_goes_while_it_is_assessed_is_not() {
    let mut dashboard = board((80, 24));
    dashboard.press("s j");
    dashboard.wait(30);
    dashboard.tell("tickets", "[]");
    assert!(dashboard.screen().contains("A-1 – gone: tickets no longer lists it"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), []);
    assert!(dashboard.screen().contains("A-1 is not assessed: gone"), "{}", dashboard.screen());
    // what nobody sees is not chosen
    let mut dashboard = board((80, 24));
    dashboard.press("s");
    dashboard.resize((40, 8));
    dashboard.press("2");
    assert_eq!(told(&mut dashboard), []);
    dashboard.press("esc s");
    assert!(dashboard.screen().contains("too few rows"), "{}", dashboard.screen());
}

#[test]
fn the_key_and_the_link_are_copied_and_the_link_is_shown() {
    let mut dashboard = board((80, 24));
    dashboard.press("y Y");
    let copied = ["A-1", "https://tickets.example/A-1"].map(|text| Effect::Copy(SafeText::line(text)));
    assert_eq!(dashboard.effects, copied);
    assert!(dashboard.screen().contains("given to the terminal to copy: https://tickets.example/A-1"), "{}", dashboard.screen());
    dashboard.press("j o");
    assert!(dashboard.screen().contains("── https://tickets.example/A-1 ─"), "{}", dashboard.screen());
    assert_eq!(dashboard.effects.len(), 2);
    // what is no page is no link
    dashboard.wait(30);
    dashboard.tell("tickets", &ONE.replace("https://tickets.example/A-1", "javascript:alert(1)"));
    for press in ["o", "Y"] {
        dashboard.press(press);
        assert!(dashboard.screen().contains("A-1 has no link"), "{}", dashboard.screen());
    }
    let mut nothing = Dashboard::acme((80, 24), "[]");
    for press in ["y", "Y", "o", "c", "m", "p", "s"] {
        nothing.press(press);
        assert!(nothing.screen().contains("there is no ticket under the cursor"), "{}", nothing.screen());
    }
    assert_eq!((dashboard.effects.len(), nothing.effects.len()), (2, 0));
}

#[test]
fn a_new_ticket_asks_for_title_and_client_and_needs_a_source_that_keeps_it() {
    let mut dashboard = board((80, 24));
    dashboard.press("+");
    assert!(
        dashboard.screen().contains("there is no source to keep it – add a [[source]] with kind = \"local\""),
        "{}",
        dashboard.screen()
    );
    dashboard.model.local = Some(SourceName::new("phone"));
    dashboard.press("esc +");
    assert!(dashboard.screen().contains("NEW TICKET by phone, kept in phone – what does the client report?"), "{}", dashboard.screen());
    dashboard.send(Message::Typed("No mail\nsince noon".to_owned()));
    dashboard.press("enter");
    assert!(dashboard.screen().contains("which client? (may stay empty)"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("No mail"), "{}", dashboard.screen());
    dashboard.type_text("acme");
    dashboard.press("enter");
    let (source, title) = (SourceName::new("phone"), SafeText::line("No mail since noon"));
    let client = Some(SafeText::line("acme"));
    assert_eq!(dashboard.effects, [Effect::Make { source: source.clone(), title: title.clone(), client }]);
    assert!(!dashboard.screen().contains("is noted"), "it is not on the disk: {}", dashboard.screen());
    dashboard.send(Message::Made(TicketKey { source, key: SafeText::line("L-1") }));
    assert!(dashboard.screen().contains("L-1 is noted"), "{}", dashboard.screen());
    // without a title there is none, and esc leaves either question
    dashboard.effects.clear();
    dashboard.press("+ enter");
    assert!(dashboard.screen().contains("nothing was written: the text is empty"), "{}", dashboard.screen());
    dashboard.press("+ x enter esc");
    assert_eq!((&dashboard.effects[..], &dashboard.model.screen), (&[][..], &Screen::Board));
    dashboard.press("+ x enter enter");
    assert!(matches!(&dashboard.effects[..], [Effect::Make { client: None, .. }]));
    dashboard.model.rules.read_only = true;
    dashboard.press("+");
    assert!(dashboard.screen().contains("nothing is sent with --read-only"), "{}", dashboard.screen());
}

/// So many S1 of Acme.
fn many(count: usize) -> Dashboard {
    let one = |n| {
        format!(
            r#"{{ "key": "A-{n}", "client": "acme", "severity": "S1", "title": "Title {n}", "submitted_at": "2026-12-07T00:1{n}:00Z" }}"#
        )
    };
    let all: Vec<String> = (1..=count).map(one).collect();
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}]", all.join(",")));
    dashboard.wait(600);
    dashboard.press("g");
    dashboard
}

fn taken(dashboard: &mut Dashboard) -> Vec<String> {
    let taken = |effect| match effect {
        Effect::Tell { key, deed: Deed::Acknowledge { .. }, .. } => Some(key.key.to_string()),
        _ => None,
    };
    std::mem::take(&mut dashboard.effects).into_iter().filter_map(taken).collect()
}

#[test]
fn what_is_marked_is_taken_by_one_key_and_the_marks_are_on_tickets() {
    let mut dashboard = many(4);
    dashboard.press("space j space");
    assert!(dashboard.screen().contains("2 marked: a acknowledges them, esc unmarks them"), "{}", dashboard.screen());
    assert!(dashboard.row("Title 1").starts_with('*') && dashboard.row("Title 3").starts_with('*'), "{}", dashboard.screen());
    assert!(!dashboard.row("Title 2").starts_with('*'), "{}", dashboard.screen());
    // the explanation is of one
    dashboard.press("g j enter a esc");
    assert_eq!(taken(&mut dashboard), ["A-2"]);
    // one goes meanwhile, and another is unmarked
    dashboard.press("G space space g j j space");
    dashboard.press("g j space G space");
    dashboard.press("a");
    let mut keys = taken(&mut dashboard);
    keys.sort();
    assert_eq!(keys, ["A-1", "A-4"], "{}", dashboard.screen());
    assert!(dashboard.screen().contains("2 of 3 are on their way – A-2: being written down"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("\n*"), "{}", dashboard.screen());
    // esc unmarks and takes nothing
    dashboard.press("g j j space esc");
    assert!(!dashboard.screen().contains("\n*"), "{}", dashboard.screen());
}

#[test]
fn many_are_taken_only_by_yes() {
    for (answer, all) in [("a", 0), ("esc", 0), ("enter", 0), ("q", 0), ("y", 6)] {
        let mut dashboard = many(6);
        dashboard.press("space space space space space space a");
        assert!(dashboard.screen().contains("6 marked – y acknowledges them all, any other key does not"), "{}", dashboard.screen());
        assert_eq!(dashboard.effects, []);
        dashboard.press(answer);
        assert_eq!(taken(&mut dashboard).len(), all, "{answer}");
        assert_eq!(dashboard.model.screen, Screen::Board, "{answer}");
    }
    // what a filter hides is not taken
    let mut dashboard = many(6);
    dashboard.press("space space space space space space / 2 enter a");
    assert_eq!(taken(&mut dashboard), ["A-2"], "{}", dashboard.screen());
    // nor is anything where nothing is sent
    dashboard.model.rules.read_only = true;
    dashboard.press("space");
    assert!(dashboard.screen().contains("nothing is sent with --read-only"), "{}", dashboard.screen());
}
