//! The keys as they are: those of the table, but for what the configuration says; and which keys an action cannot have.

use crossterm::event::{KeyCode, KeyEvent};

use super::key::{Key, Unusable};
use super::keymap::{BINDINGS, Binding};
use crate::app::Action;

/// Which keys mean what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// The keys of each binding, in the order of the table.
    keys: Vec<Vec<Key>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { keys: BINDINGS.iter().map(|binding| binding.keys.to_vec()).collect() }
    }
}

impl Keymap {
    /// What a key means, where no text is typed.
    #[must_use]
    pub(super) fn action(&self, pressed: &KeyEvent) -> Option<Action> {
        let place = self.keys.iter().position(|keys| keys.iter().any(|key| key.is(pressed)))?;
        Some(BINDINGS[place].action)
    }

    /// Gives the action of a binding other keys; none leaves it to the palette.
    pub fn set(&mut self, binding: &Binding, keys: Vec<Key>) {
        if let Some(place) = BINDINGS.iter().position(|other| other.action == binding.action) {
            self.keys[place] = keys;
        }
    }

    /// Every binding with the keys that it has.
    pub fn bindings(&self) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        BINDINGS.iter().zip(self.keys.iter().map(Vec::as_slice))
    }

    /// The keys of a binding, as they are written.
    #[must_use]
    pub fn labels(&self, binding: &Binding) -> String {
        self.keys(binding.action).iter().map(|key| key.label()).collect::<Vec<_>>().join(" ")
    }

    /// The key of an action to tell of: its first, or how the palette does it.
    #[must_use]
    pub fn label(&self, action: Action) -> String {
        let first = |action| self.keys(action).first().map(|key| key.label());
        first(action).unwrap_or_else(|| format!("{} {}", first(Action::Palette).unwrap_or_default(), <&str>::from(action)))
    }

    /// What a binding means, with the keys that it tells of as they are.
    #[must_use]
    pub fn help(&self, binding: &Binding) -> String {
        let mut help = binding.help.to_owned();
        for other in BINDINGS.iter().filter(|_| binding.help.contains('{')) {
            help = help.replace(&format!("{{{}}}", other.name()), &self.label(other.action));
        }
        help
    }

    fn keys(&self, action: Action) -> &[Key] {
        self.bindings().find(|(binding, _)| binding.action == action).map_or(&[], |(_, keys)| keys)
    }
}

/// Whether an action only shows something, and so may have a key that is part of what a terminal sends for an arrow key. Of an
/// action that is not listed here it is taken that it changes something.
const fn only_shows(action: Action) -> bool {
    use Action::{
        Activity, Back, BankHolidayAfter, BankHolidayBefore, Down, First, Flips, Handover, Help, Last, Left, NextMatch, NextUnanswered,
        Open, PageDown, PageUp,
    };
    use Action::{HourAfter, HourBefore, Present, PreviousMatch, PreviousUnanswered, ReadBack, ReadOn, Redraw, ShowLink, Up};
    use Action::{View1, View2, View3, View4, View5, View6, View7, View8, View9, WindowAfter, WindowBefore, Windows};
    matches!(
        action,
        Activity
            | Back
            | BankHolidayAfter
            | BankHolidayBefore
            | Down
            | First
            | Flips
            | Handover
            | Help
            | HourAfter
            | HourBefore
            | Last
            | Left
            | NextMatch
            | NextUnanswered
            | Open
            | PageDown
            | PageUp
            | Present
            | PreviousMatch
            | PreviousUnanswered
            | ReadBack
            | ReadOn
            | Redraw
            | ShowLink
            | Up
            | View1
            | View2
            | View3
            | View4
            | View5
            | View6
            | View7
            | View8
            | View9
            | WindowAfter
            | WindowBefore
            | Windows
    )
}

impl Binding {
    /// Why a key, which a terminal sends, cannot be that of the action.
    #[must_use]
    pub fn refuses(&self, key: Key) -> Option<Unusable> {
        let (name, label) = (self.name(), key.label());
        let unusable = |what| Some(Unusable::new(what, "write another key"));
        match key.code {
            KeyCode::Esc if self.action != Action::Back => unusable(format!("esc only ever goes back, and is no key for '{name}'")),
            KeyCode::Char('1'..='5' | 'y') | KeyCode::Enter
                if !key.ctrl && matches!(self.action, Action::Back | Action::Left | Action::Quit) =>
            {
                unusable(format!("'{label}' answers a question, and is no key for '{name}': what one would leave would be done"))
            }
            KeyCode::Char(c) if !key.ctrl && "[OABCDEFHIMPQRSZ~;0123456789".contains(c) && !only_shows(self.action) => unusable(format!(
                "'{label}' is part of what a terminal sends for an arrow, page or function key, of which '{name}' must not come"
            )),
            _ => None,
        }
    }

    /// Why the action cannot be left with these keys alone.
    #[must_use]
    pub fn lacks(&self, keys: &[Key]) -> Option<Unusable> {
        match self.action {
            Action::Back if keys.iter().all(|key| key.code != KeyCode::Esc) => {
                Some(Unusable::new("without esc nothing leads back from where text is typed", "add \"esc\": back may have other keys too"))
            }
            Action::Quit if keys.is_empty() => Some(Unusable::new("without a key of quit the program could not be left", "give it a key")),
            Action::Palette if keys.is_empty() => {
                Some(Unusable::new("without a key of palette an action that has no key could not be reached", "give it a key"))
            }
            _ => None,
        }
    }
}
