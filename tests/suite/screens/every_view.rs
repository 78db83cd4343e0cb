//! Every view: a new one is a line here, and so is seen at every size, with ASCII alone, without colours, and in the pictures.

use chrono::TimeDelta;
use holdover::app::{Activity, Effect, Message};
use holdover::tui::{ColorDepth, Theme};

use super::Dashboard;

/// A view of the demo.
pub struct Shown {
    /// What its snapshot and its pictures are called.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What is pressed on the board to come to it.
    keys: &'static str,
    /// What is typed there.
    text: &'static str,
    /// It is among the pictures.
    pub pictured: bool,
}

const fn shown(name: &'static str, title: &'static str, keys: &'static str) -> Shown {
    Shown { name, title, keys, text: "", pictured: true }
}

/// One that needs no picture.
const fn also(name: &'static str, title: &'static str, keys: &'static str, text: &'static str) -> Shown {
    Shown { name, title, keys, text, pictured: false }
}

const NOTE: &str = "Restarted the queue; it runs again. I look again in half an hour.";

pub const VIEWS: [Shown; 18] = [
    shown("board", "The board", "tab tab"),
    shown("explanation", "Why a ticket is to be handled now", "tab tab enter"),
    shown("flips", "What flips next", "t"),
    also("flips-week", "What flips next in a week", "t h", ""),
    shown("windows", "The windows of an agreement", "w"),
    shown("assess", "What each severity would oblige to", "s j"),
    shown("handover", "The handover", "H"),
    shown("time-machine", "The queue at another time", ". . ."),
    shown("palette", "All that can be done", ":"),
    shown("activity", "What happened", "L"),
    shown("help", "The keys", "?"),
    also("first", "The board at its first row", "", ""),
    also("note", "An internal note", "tab tab c", NOTE),
    also("word", "A word to the client", "tab tab m", NOTE),
    also("saved-view", "A saved view", "4", ""),
    also("call-back", "Calling back", "4 g b", ""),
    also("filter", "A filter while it is typed", "/", "mo"),
    also("leave", "The question before leaving", "q", ""),
];

impl Shown {
    /// The view on a terminal of so many columns and rows.
    pub fn on(&self, size: (u16, u16)) -> Dashboard {
        let mut dashboard = Dashboard::demo(size);
        self.open(&mut dashboard);
        dashboard
    }

    /// Goes from the board to the view.
    pub fn open(&self, dashboard: &mut Dashboard) {
        dashboard.press(self.keys);
        if dashboard.effects.contains(&Effect::ReadActivity) {
            // nothing was done in the week before
            let since = dashboard.model.now - TimeDelta::weeks(1);
            let (deeds, unsent, gaps, unknown) = Default::default();
            dashboard.send(Message::Activity(Activity { since, deeds, unsent, gaps, unknown }));
        }
        dashboard.type_text(self.text);
    }
}

/// The sizes at which every view is kept.
pub const SIZES: [(u16, u16); 6] = [(80, 24), (120, 40), (200, 50), (60, 20), (40, 12), (20, 5)];

#[test]
fn ascii_alone_is_written_where_that_is_asked_for_and_no_sign_is_lost() {
    let mono = Theme::named("mono", ColorDepth::None).unwrap();
    for (view, size) in VIEWS.iter().flat_map(|view| SIZES.map(|size| (view, size))) {
        let dashboard = view.on(size);
        let written = dashboard.written(&mono, true);
        assert!(written.is_ascii(), "{} {size:?}: {}", view.name, String::from_utf8_lossy(&written));
        // a sign of ours without one like it would be a question mark, which says that a person must decide
        let doubts = |text: &str| text.matches('?').count();
        let (screen, plain) = (dashboard.screen(), dashboard.plain_screen().join("\n"));
        assert_eq!(doubts(&plain), doubts(&screen), "{} {size:?}:\n{screen}\n{plain}", view.name);
    }
}

#[test]
fn without_colours_none_is_written() {
    let mono = Theme::named("dark", ColorDepth::None).unwrap();
    for (view, size) in VIEWS.iter().flat_map(|view| SIZES.map(|size| (view, size))) {
        let written = String::from_utf8(view.on(size).written(&mono, false)).unwrap();
        for sequence in written.split("\u{1b}[").skip(1) {
            let Some((numbers, _)) =
                sequence.split_once('m').filter(|(numbers, _)| numbers.chars().all(|c| c.is_ascii_digit() || c == ';'))
            else {
                continue;
            };
            // letters bold, underlined, reversed and not; and back to the colours of the terminal, of lines too
            let known = numbers.split(';').all(|n| ["0", "1", "4", "7", "22", "24", "27", "39", "49", "59"].contains(&n));
            assert!(known, "{} {size:?}: {numbers}", view.name);
        }
    }
}
