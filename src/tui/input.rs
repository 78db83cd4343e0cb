//! What comes from the terminal, freed of what only looks like keys: halves of split arrow keys, letters with Alt, and what
//! follows a paste. A pure machine: the caller says when each event came, counted from any one instant.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// A text that was pasted; as it came, not made safe.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
}

/// On a slow line a sequence of the terminal arrives in pieces: this long after its last piece the next key may belong to it.
const SPLIT: Duration = Duration::from_millis(150);
/// This long after a paste, and after each key that is one no more, keys are taken for its end.
const AFTER_PASTE: Duration = Duration::from_millis(50);

/// What comes next, as far as what came before tells.
#[derive(Debug, Default, PartialEq, Eq)]
enum Expected {
    /// A key.
    #[default]
    Key,
    /// An Esc came: a key, or what introduces a sequence.
    AfterEsc,
    /// `Esc O` came: one more.
    Last,
    /// `Esc [` and these came: more, up to a letter.
    Control(String),
    /// The text of an answer of the terminal, or of a paste, up to its end.
    Text,
    /// An Esc came in it: the end is near.
    TextAfterEsc,
}

/// Tells keys from what only looks like them.
#[derive(Debug, Default)]
pub(super) struct InputFilter {
    expected: Expected,
    /// When the last piece came.
    last: Option<Duration>,
    dead_until: Duration,
}

impl InputFilter {
    /// What an event means, if anything.
    pub fn take(&mut self, event: Event, at: Duration) -> Option<Input> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key, at).then_some(Input::Key(key)),
            Event::Paste(text) => {
                (self.expected, self.dead_until) = (Expected::Key, at + AFTER_PASTE);
                // terminals send the return key for the end of a line
                Some(Input::Paste(text.replace('\r', "\n")))
            }
            Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
            Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
        }
    }

    /// Whether a key is one.
    #[expect(clippy::match_same_arms, reason = "in the order in which a terminal's sequences unfold")]
    fn key(&mut self, key: KeyEvent, at: Duration) -> bool {
        let expected = std::mem::take(&mut self.expected);
        let in_time = self.last.replace(at).is_some_and(|last| at.saturating_sub(last) < SPLIT);
        if at < self.dead_until {
            // a pasted text that holds the end of a paste goes on as keys: dead for as long as they follow each other
            self.dead_until = at + AFTER_PASTE;
            return false;
        }
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let expected = if in_time { expected } else { Expected::Key };
        let was_key = matches!(expected, Expected::Key | Expected::AfterEsc);
        self.expected = match (expected, key.code) {
            // what an Esc introduces comes as a letter with Alt where both came at once
            (Expected::Key, KeyCode::Char(c)) if alt => introduced(c).unwrap_or_default(),
            (Expected::AfterEsc, KeyCode::Char(c)) => introduced(c).unwrap_or_default(),
            // the same in one character
            (_, KeyCode::Char('\u{9b}')) => Expected::Control(String::new()),
            (_, KeyCode::Char('\u{90}' | '\u{9d}' | '\u{9e}' | '\u{9f}')) => Expected::Text,
            (Expected::Key | Expected::AfterEsc, KeyCode::Esc) => Expected::AfterEsc,
            (Expected::Key | Expected::AfterEsc | Expected::Last, _) => Expected::Key,
            // 200~ begins a paste
            (Expected::Control(so_far), KeyCode::Char('~')) if so_far == "200" => Expected::Text,
            (Expected::Control(mut so_far), KeyCode::Char(c @ '\u{20}'..='\u{3f}')) if so_far.len() < 64 => {
                so_far.push(c);
                Expected::Control(so_far)
            }
            (Expected::Control(_), _) => Expected::Key,
            (Expected::Text | Expected::TextAfterEsc, KeyCode::Esc) => Expected::TextAfterEsc,
            // the end of a paste, as of any other sequence
            (Expected::TextAfterEsc, KeyCode::Char('[')) => Expected::Control(String::new()),
            (Expected::TextAfterEsc, KeyCode::Char('\\')) => Expected::Key,
            (Expected::Text, KeyCode::Char('\\')) if alt => Expected::Key,
            (Expected::Text, KeyCode::Char('[')) if alt => Expected::Control(String::new()),
            (Expected::Text, KeyCode::Char('g')) if key.modifiers == KeyModifiers::CONTROL => Expected::Key,
            (Expected::Text | Expected::TextAfterEsc, _) => Expected::Text,
        };
        was_key
            && (KeyModifiers::SHIFT | KeyModifiers::CONTROL).contains(key.modifiers)
            && matches!(self.expected, Expected::Key | Expected::AfterEsc)
    }
}

/// What a character introduces after an Esc.
fn introduced(c: char) -> Option<Expected> {
    match c {
        '[' => Some(Expected::Control(String::new())),
        'O' => Some(Expected::Last),
        ']' | 'P' | '_' | '^' | 'X' => Some(Expected::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds keys at so many milliseconds; returns those that are keys.
    fn keys(fed: &[(u64, KeyCode)]) -> Vec<KeyCode> {
        let mut filter = InputFilter::default();
        let taken = fed.iter().filter_map(|(at, code)| {
            let event = Event::Key(KeyEvent::new(*code, KeyModifiers::NONE));
            filter.take(event, Duration::from_millis(*at))
        });
        let code = |input| match input {
            Input::Key(key) => Some(key.code),
            _ => None,
        };
        taken.filter_map(code).collect()
    }

    const fn letter(c: char) -> KeyCode {
        KeyCode::Char(c)
    }

    #[test]
    fn the_halves_of_an_arrow_key_are_no_keys() {
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('[')), (20, letter('A')), (30, letter('a'))]), [KeyCode::Esc, letter('a')]);
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('O')), (149, letter('q'))]), [KeyCode::Esc]);
    }

    #[test]
    fn keys_that_come_later_or_alone_are_keys() {
        assert_eq!(keys(&[(0, KeyCode::Esc), (150, letter('['))]), [KeyCode::Esc, letter('[')]);
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('[')), (160, letter('a'))]), [KeyCode::Esc, letter('a')]);
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('a'))]), [KeyCode::Esc, letter('a')]);
        assert_eq!(keys(&[(0, letter('[')), (1, letter('a'))]), [letter('['), letter('a')]);
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, KeyCode::Esc), (20, letter('q'))]), [KeyCode::Esc, KeyCode::Esc, letter('q')]);
    }

    /// Types a text as a slow line brings it, a character each 10 ms; returns what is left of it as keys.
    fn slowly(text: &str) -> String {
        let code = |c| match c {
            '\x1b' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        let mut filter = InputFilter::default();
        let keys = text.chars().enumerate().filter(|(n, c)| {
            let modifiers = if *c == '\x07' { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            let code = if *c == '\x07' { letter('g') } else { code(*c) };
            let at = Duration::from_millis(10 * u64::try_from(*n).unwrap());
            filter.take(Event::Key(KeyEvent::new(code, modifiers)), at).is_some()
        });
        keys.map(|(_, c)| c).filter(|c| *c != '\x1b').collect()
    }

    #[test]
    fn what_a_terminal_says_in_pieces_is_no_keys() {
        assert_eq!(slowly("\x1b[200~aaa qq\x1b[201~j"), "j");
        assert_eq!(slowly("\x1b[1;5Aj"), "j");
        assert_eq!(slowly("\x1b[<0;12;3Mj"), "j");
        assert_eq!(slowly("\x1b]11;rgb:aaaa/aaaa/aaaa\x07j"), "j");
        assert_eq!(slowly("\x1b]11;rgb:aaaa/aaaa/aaaa\x1b\\j"), "j");
        assert_eq!(slowly("\x1bP>|tmux 3.3a\x1b\\j"), "j");
        assert_eq!(slowly("\u{9b}200~aaa\u{9b}201~j"), "j");
    }

    #[test]
    fn an_introduction_that_came_at_once_is_alt_and_a_letter() {
        let mut filter = InputFilter::default();
        let mut fed = vec![KeyEvent::new(letter(']'), KeyModifiers::ALT)];
        fed.extend("11;rgb:aaaa".chars().map(|c| KeyEvent::new(letter(c), KeyModifiers::NONE)));
        fed.push(KeyEvent::new(letter('\\'), KeyModifiers::ALT));
        assert!(fed.into_iter().all(|key| filter.take(Event::Key(key), Duration::ZERO).is_none()));
        assert!(filter.take(Event::Key(KeyEvent::new(letter('j'), KeyModifiers::NONE)), Duration::ZERO).is_some());
    }

    #[test]
    fn alt_releases_and_the_end_of_a_paste_are_no_keys() {
        let mut filter = InputFilter::default();
        let alt = Event::Key(KeyEvent::new(letter('a'), KeyModifiers::ALT));
        assert_eq!(filter.take(alt, Duration::ZERO), None);
        let release = Event::Key(KeyEvent::new_with_kind(letter('a'), KeyModifiers::NONE, KeyEventKind::Release));
        assert_eq!(filter.take(release, Duration::ZERO), None);
        assert_eq!(filter.take(Event::Paste("a".to_owned()), Duration::ZERO), Some(Input::Paste("a".to_owned())));
        let key = || Event::Key(KeyEvent::new(letter('a'), KeyModifiers::NONE));
        assert_eq!(filter.take(key(), Duration::from_millis(49)), None);
        assert_eq!(filter.take(key(), Duration::from_millis(98)), None, "50 ms after the last of them");
        assert!(filter.take(key(), Duration::from_millis(148)).is_some());
    }
}
