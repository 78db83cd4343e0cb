//! A key: how it is written on the screen and in the configuration, and which keys a terminal cannot send or tell apart.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::SafeText;

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) code: KeyCode,
    pub(super) ctrl: bool,
}

/// Why a text names no key that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
}

impl Unusable {
    pub(super) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

/// The keys that have a name, each by the name that is shown and by what else it is called.
const NAMED: &[(&str, &[&str], KeyCode)] = &[
    ("space", &[], KeyCode::Char(' ')),
    ("↑", &["up"], KeyCode::Up),
    ("↓", &["down"], KeyCode::Down),
    ("←", &["left"], KeyCode::Left),
    ("→", &["right"], KeyCode::Right),
    ("PgUp", &["pageup"], KeyCode::PageUp),
    ("PgDn", &["pagedown"], KeyCode::PageDown),
    ("Home", &[], KeyCode::Home),
    ("End", &[], KeyCode::End),
    ("tab", &[], KeyCode::Tab),
    ("shift-tab", &["backtab"], KeyCode::BackTab),
    ("enter", &["return"], KeyCode::Enter),
    ("esc", &["escape"], KeyCode::Esc),
    ("backspace", &[], KeyCode::Backspace),
    ("delete", &["del"], KeyCode::Delete),
    ("insert", &["ins"], KeyCode::Insert),
];

/// The last of the keys F1, F2 …
const LAST_F: u8 = 12;

pub(super) const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

pub(super) const fn letter(c: char) -> Key {
    key(KeyCode::Char(c))
}

pub(super) const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true }
}

impl Key {
    pub(super) fn is(self, pressed: &KeyEvent) -> bool {
        // shift is already in the letter that arrives
        let modifiers = pressed.modifiers.difference(KeyModifiers::SHIFT);
        let wanted = if self.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
        self.code == pressed.code && modifiers == wanted
    }

    /// How the key is written.
    #[must_use]
    pub fn label(self) -> String {
        let named = NAMED.iter().find(|(.., code)| *code == self.code).map(|(name, ..)| (*name).to_owned());
        let name = named.unwrap_or_else(|| self.code.to_string());
        match (self.ctrl, self.code) {
            (true, _) => format!("Ctrl-{name}"),
            (false, KeyCode::Char(c)) if c != ' ' => c.to_string(),
            (false, _) => name,
        }
    }

    /// Reads a key as the configuration writes it: a character, `tab`, `F1`, `ctrl-d`; names in any case.
    ///
    /// # Errors
    /// Why there is no such key, or none that a terminal sends and tells from others.
    pub fn parse(written: &str) -> Result<Self, Unusable> {
        let lower = written.to_lowercase();
        if let Some(code) = named(&lower) {
            return Ok(key(code));
        }
        let mut characters = written.chars();
        if let (Some(c), None) = (characters.next(), characters.next()) {
            let seen = SafeText::line(written).as_str() == written && !c.is_whitespace();
            let help = "write a character that is seen, or the name of a key, such as space";
            return if seen { Ok(letter(c)) } else { Err(Unusable::new("this character is none that is seen", help)) };
        }
        if lower.split('-').any(|part| ["alt", "meta", "option", "super"].contains(&part)) {
            let what = format!("with Alt no key means anything, and so '{}' does not", shown(written));
            return Err(Unusable::new(what, "a terminal sends alt-x as esc and x: write the key alone, or with ctrl-"));
        }
        match lower.split_once('-') {
            Some(("shift", rest)) => Err(with_shift(written, rest)),
            Some(("ctrl" | "control", rest)) => with_ctrl(written, rest),
            _ => Err(Unusable::new(format!("there is no key '{}'", shown(written)), help())),
        }
    }

    /// Why a key may never reach the program, if so.
    #[must_use]
    pub fn doubtful(self) -> Option<Unusable> {
        let program = match self {
            Self { code: KeyCode::Char('a'), ctrl: true } => "screen",
            Self { code: KeyCode::Char('b'), ctrl: true } => "tmux",
            _ => return None,
        };
        let what = format!("{program} keeps '{}' for itself", self.label());
        Some(Unusable::new(what, format!("in {program} it arrives only when it is pressed twice: another key is safer")))
    }
}

/// The key of a name in small letters.
fn named(name: &str) -> Option<KeyCode> {
    let same = |(shown, others, _): &&(&str, &[&str], KeyCode)| shown.to_lowercase() == name || others.contains(&name);
    let number = || name.strip_prefix('f')?.parse().ok().filter(|number| (1..=LAST_F).contains(number));
    NAMED.iter().find(same).map(|(.., code)| *code).or_else(|| number().map(KeyCode::F))
}

fn with_shift(written: &str, rest: &str) -> Unusable {
    if rest.chars().count() == 1 {
        return Unusable::new(format!("'{}' is not how a character is written", shown(written)), "write what it gives: A, or ?");
    }
    let what = format!("a terminal does not tell '{}' from the same key without shift", shown(written));
    Unusable::new(what, "write the key without shift-; only shift-tab is a key of its own")
}

/// A key with Ctrl: a letter, and few of these are told from other keys.
fn with_ctrl(written: &str, rest: &str) -> Result<Key, Unusable> {
    let same = |as_what: &str, instead: &str| {
        Err(Unusable::new(format!("a terminal sends '{}' as {as_what}", shown(written)), format!("write {instead}, or another letter")))
    };
    let only = "with ctrl- only small letters are sent by every terminal: ctrl-d";
    let letters = written.chars().skip_while(|c| *c != '-').skip(1).collect::<String>();
    let mut characters = letters.chars();
    match (characters.next(), characters.next()) {
        (Some('i'), None) => same("tab", "tab"),
        (Some('m' | 'j'), None) => same("enter", "enter"),
        (Some('h'), None) => same("backspace", "backspace"),
        (Some('['), None) => same("esc", "esc"),
        (Some(c), None) if c.is_ascii_lowercase() => Ok(ctrl(c)),
        (Some(c), None) if c.is_ascii_uppercase() => {
            let what = format!("a terminal does not tell '{}' from ctrl-{}", shown(written), c.to_ascii_lowercase());
            Err(Unusable::new(what, format!("write ctrl-{}", c.to_ascii_lowercase())))
        }
        _ if rest.starts_with("shift-") => {
            Err(Unusable::new(format!("a terminal does not tell '{}' from the same without shift", shown(written)), only))
        }
        _ if named(rest).is_some() || letters.chars().count() == 1 => {
            Err(Unusable::new(format!("not every terminal sends '{}', or tells it from other keys", shown(written)), only))
        }
        _ => Err(Unusable::new(format!("there is no key '{}'", shown(written)), help())),
    }
}

/// What can be written.
fn help() -> String {
    let typed = |(name, others, _): &(&str, &[&str], KeyCode)| others.first().filter(|_| !name.is_ascii()).unwrap_or(name).to_lowercase();
    let names: Vec<String> = NAMED.iter().map(typed).collect();
    format!("write one character, {}, f1 to f{LAST_F}, or ctrl- and a small letter", names.join(", "))
}

/// A key as a message can show it.
fn shown(written: &str) -> SafeText {
    SafeText::title(written)
}
