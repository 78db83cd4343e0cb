//! Every action has a key, a description, an entry in the palette, and is done by each of them; keys of one's own take the place
//! of those of the table everywhere. Every view can be left, and Esc never quits.

use std::collections::HashSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use holdover::app::{Action, Body, Effect, Screen, Topic};
use holdover::config;
use holdover::domain::{Deed, SafeText, SourceName};
use holdover::tui::Keymap;
use strum::IntoEnumIterator;

use super::{Dashboard, NIGHT};

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z",
      "callback_requested": true, "contact": { "email": "desk@acme.example", "phone": "+44 20 7946 0018" }, "url": "https://desk.example/A-1" },
    { "key": "A-2", "client": "acme", "severity": "S1", "title": "Slow", "submitted_at": "2026-12-07T00:11:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Odd", "submitted_at": "2026-12-06T12:00:00Z" },
    { "key": "A-4", "client": "acme", "severity": "S3", "title": "Even", "submitted_at": "2026-12-06T12:00:00Z" }]"#;

/// A board of these tickets with keys as `[keys]` says, the cursor on the first.
fn board(keys: &str) -> Dashboard {
    let source = "[[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n";
    // more is said of a ticket than there are rows for below the list
    let notes = "support_level = \"L2\"\nnote = \"one\\ntwo\\nthree\\nfour\\nfive\\nsix\"\n";
    let acme = crate::support::ACME.replace("support_level = \"L2\"\n", notes);
    let config = format!("{acme}\n{source}\n[keys]\n{keys}\n");
    let settings = config::parse(&config, "config.toml", &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut dashboard = Dashboard::new(settings, NIGHT, (80, 24));
    dashboard.tell("tickets", TICKETS);
    dashboard.model.local = Some(SourceName::new("calls"));
    assert_eq!(dashboard.selected(), Some("A-1"));
    dashboard
}

/// What a terminal sends for a key as the help writes it.
fn pressed(label: &str) -> KeyEvent {
    let code = match label {
        "space" => KeyCode::Char(' '),
        "tab" => KeyCode::Tab,
        "shift-tab" => return KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "↑" => KeyCode::Up,
        "↓" => KeyCode::Down,
        "←" => KeyCode::Left,
        "→" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        label => match label.strip_prefix("Ctrl-") {
            Some(letter) => return KeyEvent::new(KeyCode::Char(letter.chars().next().unwrap()), KeyModifiers::CONTROL),
            None => KeyCode::Char(label.chars().next().unwrap()),
        },
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// The keys of an action, as the help writes them.
fn labels(keymap: &Keymap, action: Action) -> Vec<String> {
    let (binding, _) = keymap.bindings().find(|(binding, _)| binding.action == action).unwrap();
    keymap.labels(binding).split(' ').map(str::to_owned).collect()
}

/// What is to be done first, and how one sees that an action was done.
type Case = (Action, &'static [Action], fn(&Dashboard) -> bool);

fn told(dashboard: &Dashboard, wanted: impl Fn(&Deed) -> bool) -> bool {
    dashboard.effects.iter().any(|effect| matches!(effect, Effect::Tell { key, deed, .. } if key.key.as_str() == "A-1" && wanted(deed)))
}

fn shows(dashboard: &Dashboard, text: &str) -> bool {
    dashboard.screen().contains(text)
}

/// How many rows of what is said of the ticket are above those that are shown.
fn read(dashboard: &Dashboard) -> Option<usize> {
    match dashboard.view().body {
        Body::List { pane, .. } => pane.map(|pane| pane.above),
        _ => None,
    }
}

/// Every action, each with what one sees of it.
const CASES: &[Case] = &[
    (Action::Acknowledge, &[], |d| told(d, |deed| matches!(deed, Deed::Acknowledge { .. }))),
    (Action::Mark, &[], |d| shows(d, "1 marked")),
    (Action::Undo, &[Action::Acknowledge], |d| d.effects.iter().any(|effect| matches!(effect, Effect::Undo { .. }))),
    (Action::PhonedIn, &[], |d| told(d, |deed| matches!(deed, Deed::Contact { .. }))),
    (Action::Note, &[], |d| shows(d, "INTERNAL note to A-1")),
    (Action::Word, &[], |d| shows(d, "TO THE CLIENT: desk@acme.example – A-1")),
    (Action::Assess, &[], |d| shows(d, "how severe is A-1?")),
    (Action::New, &[], |d| shows(d, "NEW TICKET by phone, kept in calls")),
    (Action::CopyKey, &[], |d| d.effects == [Effect::Copy(SafeText::line("A-1"))]),
    (Action::CopyLink, &[], |d| d.effects == [Effect::Copy(SafeText::line("https://desk.example/A-1"))]),
    (Action::ShowLink, &[], |d| shows(d, "── https://desk.example/A-1")),
    (Action::NextUnanswered, &[], |d| d.selected() == Some("A-2")),
    (Action::PreviousUnanswered, &[Action::NextUnanswered], |d| d.selected() == Some("A-1")),
    (Action::Open, &[], |d| matches!(d.model.screen, Screen::Explanation(_))),
    (Action::Fold, &[Action::Last], |d| shows(d, "unfolds")),
    (Action::Filter, &[], |d| d.model.screen == Screen::Filter),
    (Action::Handover, &[], |d| matches!(d.model.screen, Screen::Handover(_))),
    (Action::Flips, &[], |d| matches!(d.model.screen, Screen::Page(Topic::Flips(_), _))),
    (Action::Windows, &[], |d| matches!(d.model.screen, Screen::Page(Topic::Windows(_), _))),
    (Action::HourBefore, &[], |d| shows(d, "NOT NOW: Sun 6 Dec 2026 23:18")),
    (Action::HourAfter, &[], |d| shows(d, "NOT NOW: Mon 7 Dec 2026 01:18")),
    (Action::WindowBefore, &[], |d| shows(d, "NOT NOW: Mon 7 Dec 2026 00:00")),
    (Action::WindowAfter, &[], |d| shows(d, "NOT NOW: Mon 7 Dec 2026 09:00")),
    (Action::BankHolidayBefore, &[], |d| shows(d, "NOT NOW: Mon 31 Aug 2026 00:00")),
    (Action::BankHolidayAfter, &[], |d| shows(d, "NOT NOW: Fri 25 Dec 2026 00:00")),
    (Action::Present, &[Action::HourAfter], |d| !shows(d, "NOT NOW")),
    (Action::Refresh, &[], |d| d.effects == [Effect::PollNow]),
    (Action::Down, &[], |d| d.selected() == Some("A-2")),
    (Action::Up, &[Action::Down], |d| d.selected() == Some("A-1")),
    (Action::First, &[Action::Last], |d| d.selected() == Some("A-1")),
    (Action::Last, &[], |d| d.selected() == Some("A-4")),
    (Action::PageDown, &[], |d| d.selected() == Some("A-4")),
    (Action::PageUp, &[Action::Last], |d| d.selected() == Some("A-1")),
    (Action::Back, &[Action::Open], |d| d.model.screen == Screen::Board),
    (Action::Left, &[Action::Open], |d| d.model.screen == Screen::Board),
    (Action::Redraw, &[], |d| d.effects == [Effect::Redraw]),
    (Action::Suspend, &[], |d| d.effects == [Effect::Suspend]),
    (Action::Quit, &[], |d| d.model.screen == Screen::Leave),
    (Action::NextMatch, &[Action::View1], |d| d.selected() == Some("A-2")),
    (Action::PreviousMatch, &[Action::View1], |d| d.selected() == Some("A-2")),
    (Action::ReadOn, &[], |d| read(d) == Some(1)),
    (Action::ReadBack, &[Action::ReadOn], |d| read(d) == Some(0)),
    (Action::Range, &[], |d| shows(d, "moving marks on")),
    (Action::CallBack, &[], |d| d.effects == [Effect::Copy(SafeText::line("+44 20 7946 0018"))] && shows(d, "called back:")),
    (Action::View1, &[], |d| shows(d, "view 1 now")),
    (Action::View2, &[], |d| shows(d, "view 2 mine")),
    (Action::View3, &[], |d| shows(d, "view 3 held")),
    (Action::View4, &[], |d| shows(d, "view 4 call back")),
    (Action::View5, &[], |d| shows(d, "there is no view 5")),
    (Action::View6, &[], |d| shows(d, "there is no view 6")),
    (Action::View7, &[], |d| shows(d, "there is no view 7")),
    (Action::View8, &[], |d| shows(d, "there is no view 8")),
    (Action::View9, &[], |d| shows(d, "there is no view 9")),
    (Action::Activity, &[], |d| matches!(d.model.screen, Screen::Page(Topic::Activity(_), _))),
    (Action::Palette, &[], |d| matches!(d.model.screen, Screen::Palette(_))),
    (Action::Help, &[], |d| matches!(d.model.screen, Screen::Help(..))),
];

/// Does what a case wants first, with the keys of a keymap, and then what is to be tried.
fn tried(keys: &str, keymap: &Keymap, (action, first, seen): &Case, how: &str, act: impl FnOnce(&mut Dashboard)) {
    let mut dashboard = board(keys);
    for action in *first {
        dashboard.press_key(pressed(&labels(keymap, *action)[0]));
    }
    dashboard.effects.clear();
    assert!(!seen(&dashboard), "{action:?} is seen before {how}\n{}", dashboard.screen());
    act(&mut dashboard);
    assert!(seen(&dashboard), "{action:?} by {how}: {:?}\n{}", dashboard.effects, dashboard.screen());
}

#[test]
fn every_action_is_tried() {
    let tried: HashSet<Action> = CASES.iter().map(|(action, ..)| *action).collect();
    let missing: Vec<Action> = Action::iter().filter(|action| !tried.contains(action)).collect();
    assert_eq!(missing, [], "add what one sees of these to CASES");
}

#[test]
fn every_key_does_its_action() {
    let keymap = Keymap::default();
    for case in CASES {
        for label in labels(&keymap, case.0) {
            tried("", &keymap, case, &label, |dashboard| dashboard.press_key(pressed(&label)));
        }
    }
}

#[test]
fn every_action_is_done_by_the_palette() {
    let keymap = Keymap::default();
    for case in CASES {
        let name: &str = case.0.into();
        tried("", &keymap, case, &format!(":{name}"), |dashboard| {
            dashboard.press(":");
            dashboard.type_text(name);
            dashboard.press("enter");
        });
    }
}

/// Each action gets one Greek or Cyrillic letter, and loses its own.
#[test]
fn every_action_can_have_another_key_and_no_other_has_it_then() {
    let letters = ('α'..='ω').chain('а'..='я');
    let line = |(action, letter): (Action, char)| {
        let name: &str = action.into();
        if action == Action::Back { format!("{name} = [\"{letter}\", \"esc\"]\n") } else { format!("{name} = \"{letter}\"\n") }
    };
    let keys: String = Action::iter().zip(letters).map(line).collect();
    let own = board(&keys).settings.keys;
    for case in CASES {
        let label = labels(&own, case.0).remove(0);
        tried(&keys, &own, case, &label, |dashboard| dashboard.press_key(pressed(&label)));
    }
    // of those of the table none does anything any more, but esc
    for (_, label) in Action::iter().flat_map(|action| labels(&Keymap::default(), action).into_iter().map(move |label| (action, label))) {
        let mut dashboard = board(&keys);
        let before = dashboard.screen();
        dashboard.press_key(pressed(&label));
        assert_eq!((dashboard.screen(), dashboard.effects), (before, Vec::new()), "{label}");
    }
}

#[test]
fn what_is_said_of_keys_is_said_of_those_one_has() {
    let mut dashboard = board("acknowledge = \"x\"\nundo = \"U\"\nfold = \"f2\"\nquit = \"X\"\nopen = \"v\"\nhelp = []\n");
    let footer = |dashboard: &Dashboard| dashboard.screen().lines().last().unwrap().to_owned();
    assert!(footer(&dashboard).starts_with(" x ack  b call  p phoned in "), "{}", dashboard.screen());
    assert!(footer(&dashboard).ends_with(": help help"), "{}", dashboard.screen());
    dashboard.press("space");
    assert!(shows(&dashboard, "1 marked: x acknowledges them, esc unmarks them"));
    dashboard.press("esc p");
    assert!(shows(&dashboard, "is on its way; U undoes it"), "{}", dashboard.screen());
    dashboard.press("X");
    assert!(shows(&dashboard, "X again leaves, esc stays"), "{}", dashboard.screen());
    dashboard.press("esc G");
    dashboard.press_key(KeyEvent::new(KeyCode::F(2), KeyModifiers::NONE));
    assert!(shows(&dashboard, "F2 unfolds"), "{}", dashboard.screen());
    dashboard.press(":");
    dashboard.type_text("help");
    dashboard.press("enter");
    assert!(dashboard.row("x  ").contains("acknowledge: tell the source"), "{}", dashboard.screen());
    assert!(shows(&dashboard, "and go on to the next: x"), "{}", dashboard.screen());
    dashboard.press("/ : space h e l p");
    assert!(dashboard.row(" : help  ").contains("these keys, marks and words"), "{}", dashboard.screen());
}

/// The keys that lead to each view where letters are keys, and to each where they are letters.
const VIEWS: [&str; 8] = ["enter", "H", "t", "w", "s", "?", "enter ?", "H ?"];
const TEXTS: [&str; 7] = ["/", ":", "c", "m", "+", "? /", "enter :"];

#[test]
fn every_view_can_be_left_with_q_and_with_esc() {
    for leaves in ["q", "esc"] {
        for view in VIEWS {
            let mut dashboard = board("");
            dashboard.press(view);
            assert_ne!(dashboard.model.screen, Screen::Board, "{view}");
            for _ in view.split(' ') {
                dashboard.press(leaves);
            }
            assert_eq!((&dashboard.model.screen, &dashboard.effects), (&Screen::Board, &Vec::new()), "{view} by {leaves}");
        }
    }
    for view in TEXTS {
        let mut dashboard = board("");
        dashboard.press(view);
        dashboard.press("q");
        assert!(dashboard.model.screen.takes_text(), "q is a letter in {view}");
        // it stops the typing, and then leaves what is below
        for _ in view.split(' ') {
            dashboard.press("esc");
        }
        assert_eq!((&dashboard.model.screen, &dashboard.effects), (&Screen::Board, &Vec::new()), "{view}");
    }
}

#[test]
fn esc_never_quits() {
    for view in VIEWS.iter().chain(&TEXTS).chain(&["", "q", "z", "space", ">", "space j space"]) {
        // with something unanswered, and with nothing
        for tickets in [TICKETS, "[]"] {
            let mut dashboard = board("");
            dashboard.tell("tickets", tickets);
            dashboard.effects.clear();
            dashboard.press(view);
            // at an empty board q has left already
            dashboard.effects.clear();
            for _ in 0..8 {
                dashboard.press("esc");
            }
            assert_eq!((&dashboard.model.screen, &dashboard.effects), (&Screen::Board, &Vec::new()), "{view}");
        }
    }
}
