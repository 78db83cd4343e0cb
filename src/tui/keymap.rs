//! From a key to what it means. One table feeds the keys, the footer, the help and the README.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::key::{Key, ctrl, key, letter};
use super::remap::Keymap;
use crate::app::{Action, Message, Screen, TERMS};

/// What some keys mean.
#[derive(Debug)]
pub struct Binding {
    /// The keys, the one to show in the footer first.
    pub keys: &'static [Key],
    /// What they mean.
    pub action: Action,
    /// A word or two for the footer; empty keeps it out.
    pub short: &'static str,
    /// A sentence for the help; an action in braces stands for its first key.
    pub help: &'static str,
}

/// All keys, in the order of the help.
pub const BINDINGS: &[Binding] = &[
    Binding {
        keys: &[letter('a')],
        action: Action::Acknowledge,
        short: "ack",
        help: "acknowledge: tell the source that you take the ticket",
    },
    Binding {
        keys: &[letter(' ')],
        action: Action::Mark,
        short: "",
        help: "mark the ticket, or unmark it, and go on to the next: {acknowledge} acknowledges all that are marked and listed, and asks if they are more than five",
    },
    Binding {
        keys: &[letter('V')],
        action: Action::Range,
        short: "",
        help: "mark a range: from the ticket under the cursor to where it is moved; {range} or {mark} ends it, esc unmarks it",
    },
    Binding {
        keys: &[letter('u')],
        action: Action::Undo,
        short: "undo",
        help: "undo: take back what you did last before it is sent; pressed twice on one that is yours: give it back",
    },
    Binding {
        keys: &[letter('p')],
        action: Action::PhonedIn,
        short: "phoned in",
        help: "the client has just phoned: note a contact by phone, which may start a clock",
    },
    Binding {
        keys: &[letter('c')],
        action: Action::Note,
        short: "note",
        help: "an internal note, which the client cannot read; enter sends it, esc leaves",
    },
    Binding {
        keys: &[letter('m')],
        action: Action::Word,
        short: "to client",
        help: "a word to the client, who is named while you write; enter sends it, esc leaves",
    },
    Binding {
        keys: &[letter('b')],
        action: Action::CallBack,
        short: "call",
        help: "call back: copies the number by OSC 52 and asks for an internal note; what begins with \"called back\" takes the flag c away",
    },
    Binding {
        keys: &[letter('s')],
        action: Action::Assess,
        short: "assess",
        help: "assess: see what each severity obliges to; 1 to 5 chooses, or {down}, {up} and enter; esc leaves",
    },
    Binding {
        keys: &[letter('+')],
        action: Action::New,
        short: "",
        help: "a new ticket that came by phone, kept here in a source of kind local: asks for title and client",
    },
    Binding { keys: &[letter('y')], action: Action::CopyKey, short: "", help: "copy the key of the ticket, by OSC 52" },
    Binding { keys: &[letter('Y')], action: Action::CopyLink, short: "", help: "copy the link to the ticket, by OSC 52" },
    Binding { keys: &[letter('o')], action: Action::ShowLink, short: "", help: "show the link to the ticket" },
    Binding {
        keys: &[key(KeyCode::Tab)],
        action: Action::NextUnanswered,
        short: "next due",
        help: "the unanswered ticket that is due next, whatever is folded",
    },
    Binding { keys: &[key(KeyCode::BackTab)], action: Action::PreviousUnanswered, short: "", help: "the one that is due before" },
    Binding {
        keys: &[key(KeyCode::Enter), letter('l'), key(KeyCode::Right)],
        action: Action::Open,
        short: "open",
        help: "why now, or why held: the explanation; on what is folded: unfold it",
    },
    Binding { keys: &[letter('z')], action: Action::Fold, short: "fold", help: "fold the group under the cursor, or unfold it" },
    Binding {
        keys: &[letter('/')],
        action: Action::Filter,
        short: "filter",
        help: "list only what has these words in key, title, client, owner or source; sev:s1, client:acme, held, !callback narrow it",
    },
    Binding {
        keys: &[letter('n')],
        action: Action::NextMatch,
        short: "",
        help: "the next ticket that the filter or the view lists, whatever is folded; after the last the first",
    },
    Binding { keys: &[letter('N')], action: Action::PreviousMatch, short: "", help: "the one before" },
    Binding {
        keys: &[letter('1')],
        action: Action::View1,
        short: "",
        help: "list only what is in the first saved view ([[view]] in the configuration); again, or esc: all",
    },
    Binding { keys: &[letter('2')], action: Action::View2, short: "", help: "the same of the second" },
    Binding { keys: &[letter('3')], action: Action::View3, short: "", help: "the same of the third" },
    Binding { keys: &[letter('4')], action: Action::View4, short: "", help: "the same of the fourth" },
    Binding { keys: &[letter('5')], action: Action::View5, short: "", help: "the same of the fifth" },
    Binding { keys: &[letter('6')], action: Action::View6, short: "", help: "the same of the sixth" },
    Binding { keys: &[letter('7')], action: Action::View7, short: "", help: "the same of the seventh" },
    Binding { keys: &[letter('8')], action: Action::View8, short: "", help: "the same of the eighth" },
    Binding { keys: &[letter('9')], action: Action::View9, short: "", help: "the same of the ninth" },
    Binding {
        keys: &[letter('H')],
        action: Action::Handover,
        short: "handover",
        help: "the handover: what the next engineer must know, and what happened since the last one",
    },
    Binding {
        keys: &[letter('L')],
        action: Action::Activity,
        short: "activity",
        help: "the activity: what was done here and what the sources told, the newest first; tab, h and l: of the ticket alone",
    },
    Binding {
        keys: &[letter('t')],
        action: Action::Flips,
        short: "what flips next",
        help: "what flips next: releases, windows, dues; again, {next-unanswered}, {left} and {open}: within 24 hours, 72 hours, 7 days",
    },
    Binding {
        keys: &[letter('w')],
        action: Action::Windows,
        short: "windows",
        help: "the windows and the response table of the ticket's agreement; {next-unanswered}, {left} and {open}: of the others",
    },
    Binding {
        keys: &[letter('<')],
        action: Action::HourBefore,
        short: "hour",
        help: "the time machine: the queue as it is an hour before; nothing is sent while it is on",
    },
    Binding { keys: &[letter('>')], action: Action::HourAfter, short: "hour", help: "the same an hour after" },
    Binding { keys: &[letter(',')], action: Action::WindowBefore, short: "window", help: "the same where a window began before" },
    Binding { keys: &[letter('.')], action: Action::WindowAfter, short: "window", help: "the same where the next window begins" },
    Binding { keys: &[letter('0')], action: Action::Present, short: "now", help: "back to now; esc does it too, and 60 s without a key" },
    Binding { keys: &[letter('r')], action: Action::Refresh, short: "refresh", help: "ask all sources now" },
    Binding { keys: &[letter('j'), key(KeyCode::Down)], action: Action::Down, short: "down", help: "down" },
    Binding { keys: &[letter('k'), key(KeyCode::Up)], action: Action::Up, short: "up", help: "up" },
    Binding { keys: &[letter('g'), key(KeyCode::Home)], action: Action::First, short: "", help: "to the first line" },
    Binding { keys: &[letter('G'), key(KeyCode::End)], action: Action::Last, short: "end", help: "to the last line" },
    Binding {
        keys: &[letter('J')],
        action: Action::ReadOn,
        short: "",
        help: "read on in what is said of the ticket, below the list or beside it; the cursor stays",
    },
    Binding { keys: &[letter('K')], action: Action::ReadBack, short: "", help: "read back in it" },
    Binding { keys: &[key(KeyCode::PageDown), ctrl('d')], action: Action::PageDown, short: "page down", help: "a screenful down" },
    Binding { keys: &[key(KeyCode::PageUp), ctrl('u')], action: Action::PageUp, short: "page up", help: "a screenful up" },
    Binding {
        keys: &[key(KeyCode::Esc)],
        action: Action::Back,
        short: "back",
        help: "back; clears marks, then a filter; never leaves the program",
    },
    Binding {
        keys: &[letter('h'), key(KeyCode::Left)],
        action: Action::Left,
        short: "",
        help: "back; on a page that has others beside it, to the one before",
    },
    Binding { keys: &[ctrl('l')], action: Action::Redraw, short: "", help: "draw everything anew" },
    Binding {
        keys: &[ctrl('z')],
        action: Action::Suspend,
        short: "",
        help: "back to the shell until fg; what came meanwhile is asked for then",
    },
    Binding {
        keys: &[letter('q'), ctrl('c')],
        action: Action::Quit,
        short: "",
        help: "back, and at the board: leave; asks once while something is unanswered",
    },
    Binding {
        keys: &[letter(':')],
        action: Action::Palette,
        short: "",
        help: "the palette: all that can be done, found by words; enter does it, to the ticket under the cursor; esc leaves",
    },
    Binding {
        keys: &[letter('?')],
        action: Action::Help,
        short: "help",
        help: "these keys, marks and words; {filter} lists only those that have some words",
    },
];

/// What a key means on a screen; nothing where it means nothing.
#[must_use]
pub fn message(keymap: &Keymap, screen: &Screen, pressed: &KeyEvent) -> Option<Message> {
    if screen.takes_text() {
        match pressed.code {
            KeyCode::Char('u') if pressed.modifiers == KeyModifiers::CONTROL => return Some(Message::Emptied),
            KeyCode::Char(c) if pressed.modifiers.difference(KeyModifiers::SHIFT).is_empty() => return Some(Message::Typed(c.into())),
            KeyCode::Backspace => return Some(Message::Erased),
            KeyCode::Enter => return Some(Message::Entered),
            KeyCode::Left | KeyCode::Right => return None,
            // letters are letters here: of the other keys those that move, and those that leave
            _ => return keymap.action(pressed).filter(|action| moves_or_leaves(*action)).map(Message::User),
        }
    }
    if *screen == Screen::Sure && pressed.code == KeyCode::Char('y') && pressed.modifiers.is_empty() {
        return Some(Message::Entered);
    }
    let action = keymap.action(pressed);
    if matches!(screen, Screen::Assess(_)) {
        match pressed.code {
            KeyCode::Char(c @ '1'..='5') if pressed.modifiers.is_empty() => return Some(Message::Typed(c.into())),
            // of the keys that open, only enter chooses
            KeyCode::Enter if pressed.modifiers.is_empty() => return Some(Message::User(Action::Open)),
            _ if action == Some(Action::Open) => return None,
            _ => {}
        }
    }
    action.map(Message::User)
}

/// Whether an action does nothing but move, or leave, and so has its keys where text is typed.
const fn moves_or_leaves(action: Action) -> bool {
    use Action::{Back, Down, First, Last, NextUnanswered, PageDown, PageUp, PreviousUnanswered, Quit, Redraw, Suspend, Up};
    matches!(action, Up | Down | First | Last | PageUp | PageDown | NextUnanswered | PreviousUnanswered | Back | Quit | Redraw | Suspend)
}

/// The binding of an action of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.name() == name)
}

impl Binding {
    /// What its action is called in the configuration and in the palette.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.action.into()
    }
}

/// What the marks and flags of a row mean, for the help and the README.
pub const MARKS: &[(&str, &str)] = &[
    ("?", "decide: a person must first settle something"),
    ("✗", "breached, or overdue to assess"),
    ("!", "at risk: little of the response time is left"),
    ("‖", "paused: its clock has started and stands outside covered time"),
    ("·", "held over"),
    ("@", "in hand: somebody has it"),
    ("~", "its source is stale or blind"),
    ("£", "work on it is chargeable"),
    ("c", "the client asked to be called back, and was not yet"),
    ("*", "marked"),
    ("+", "and more flags than fit"),
];

/// The tables of keys, marks and words of the filter for the README.
#[must_use]
pub fn markdown() -> String {
    let keymap = Keymap::default();
    let row = |what: String, means: &str| format!("| {what} | {means} |\n");
    let code = |keys: &[Key]| keys.iter().map(|key| format!("`{}`", key.label())).collect::<Vec<_>>().join(" ");
    let named = |binding: &Binding| format!("| {} | {} | `{}` |\n", code(binding.keys), keymap.help(binding), binding.name());
    let keys: String = BINDINGS.iter().map(named).collect();
    let marks: String = MARKS.iter().map(|(mark, help)| row(format!("`{mark}`"), help)).collect();
    let terms: String = TERMS.iter().map(|(term, help)| row(format!("`{term}`"), help)).collect();
    let table = |what: &str, does: &str, rows: &str| format!("| {what} | {does} |\n| --- | --- |\n{rows}");
    let keys = format!("| key | what it does | name |\n| --- | --- | --- |\n{keys}");
    [keys, table("mark", "what it means", &marks), table("word of the filter", "what it lists", &terms)].join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn every_action_has_keys_and_no_key_has_two_meanings() {
        assert_eq!(Action::iter().filter(|action| !BINDINGS.iter().any(|binding| binding.action == *action)).collect::<Vec<_>>(), []);
        let keys: Vec<Key> = BINDINGS.iter().flat_map(|binding| binding.keys).copied().collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }

    #[test]
    fn no_part_of_a_split_arrow_key_changes_anything() {
        // `H` only shows something
        for c in "[OABCDFMIZ~".chars() {
            let pressed = KeyEvent::new(KeyCode::Char(c), KeyModifiers::SHIFT);
            assert!(message(&Keymap::default(), &Screen::Board, &pressed).is_none(), "{c}");
        }
    }

    #[test]
    fn with_alt_no_key_means_anything() {
        for c in 'a'..='z' {
            assert!(message(&Keymap::default(), &Screen::Board, &KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT)).is_none(), "{c}");
        }
    }
}
