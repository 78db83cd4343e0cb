//! What comes from the terminal, freed of what only looks like keys: halves of split arrow keys, letters with Alt, and what
//! follows a paste. A pure machine: the caller says how late it is.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::time::Instant;

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

/// On a slow line an arrow key arrives as Esc, `[`, `A`: this long after the Esc the rest is taken for its halves.
const SPLIT: Duration = Duration::from_millis(150);
/// This long after a paste keys are taken for its end.
const AFTER_PASTE: Duration = Duration::from_millis(50);

/// Tells keys from what only looks like them.
#[derive(Debug, Default)]
pub(super) struct InputFilter {
    /// When an Esc came that may be the first third of an arrow key.
    escaped_at: Option<Instant>,
    /// The second third has come: whatever is next is the last.
    introduced: bool,
    pasted_at: Option<Instant>,
}

impl InputFilter {
    /// What an event means, if anything.
    pub fn take(&mut self, event: Event, now: Instant) -> Option<Input> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key, now).then_some(Input::Key(key)),
            Event::Paste(text) => {
                self.pasted_at = Some(now);
                Some(Input::Paste(text))
            }
            Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
            Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
        }
    }

    /// Whether a key is one.
    fn key(&mut self, key: KeyEvent, now: Instant) -> bool {
        if self.pasted_at.is_some_and(|at| now - at < AFTER_PASTE) {
            return false;
        }
        let escaped = self.escaped_at.take().filter(|at| now - *at < SPLIT);
        if escaped.is_some() && std::mem::take(&mut self.introduced) {
            return false;
        }
        self.introduced = escaped.is_some() && matches!(key.code, KeyCode::Char('[' | 'O'));
        if self.introduced {
            self.escaped_at = escaped;
            return false;
        }
        if key.code == KeyCode::Esc {
            self.escaped_at = Some(now);
        }
        !key.modifiers.contains(KeyModifiers::ALT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds keys at so many milliseconds; returns those that are keys.
    fn keys(fed: &[(u64, KeyCode)]) -> Vec<KeyCode> {
        let start = Instant::now();
        let mut filter = InputFilter::default();
        let taken = fed.iter().filter_map(|(at, code)| {
            let event = Event::Key(KeyEvent::new(*code, KeyModifiers::NONE));
            filter.take(event, start + Duration::from_millis(*at))
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
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('[')), (150, letter('a'))]), [KeyCode::Esc, letter('a')]);
        assert_eq!(keys(&[(0, KeyCode::Esc), (10, letter('a'))]), [KeyCode::Esc, letter('a')]);
        assert_eq!(keys(&[(0, letter('[')), (1, letter('a'))]), [letter('['), letter('a')]);
    }

    #[test]
    fn alt_releases_and_the_end_of_a_paste_are_no_keys() {
        let start = Instant::now();
        let mut filter = InputFilter::default();
        let alt = Event::Key(KeyEvent::new(letter('a'), KeyModifiers::ALT));
        assert_eq!(filter.take(alt, start), None);
        let release = Event::Key(KeyEvent::new_with_kind(letter('a'), KeyModifiers::NONE, KeyEventKind::Release));
        assert_eq!(filter.take(release, start), None);
        assert_eq!(filter.take(Event::Paste("a".to_owned()), start), Some(Input::Paste("a".to_owned())));
        let key = || Event::Key(KeyEvent::new(letter('a'), KeyModifiers::NONE));
        assert_eq!(filter.take(key(), start + Duration::from_millis(49)), None);
        assert!(filter.take(key(), start + Duration::from_millis(50)).is_some());
    }
}
