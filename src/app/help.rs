//! What is told of keys, marks and words of the filter: on the screen of help as lines, and elsewhere by the name of an action.

use unicode_width::UnicodeWidthStr;

use super::message::Action;
use super::summary::{Piece, Tone};

/// Columns of what one presses or sees.
const LABEL: usize = 17;

/// What the screen says of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionHelp {
    /// The action.
    pub action: Action,
    /// Its name.
    pub name: &'static str,
    /// Its first key; of one that has none how the palette does it.
    pub key: String,
    /// All its keys.
    pub keys: String,
    /// A word or two for the footer; empty keeps it out.
    pub short: &'static str,
    /// What it does.
    pub meaning: String,
}

/// All that one presses, sees or types, and what it means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Help {
    /// The actions, in the order of the help.
    pub actions: Vec<ActionHelp>,
    /// The marks and flags of a row.
    pub marks: &'static [(&'static str, &'static str)],
    /// The words of the filter.
    pub terms: &'static [(&'static str, &'static str)],
}

impl Help {
    /// What is said of an action.
    #[must_use]
    pub fn of(&self, action: Action) -> Option<&ActionHelp> {
        self.actions.iter().find(|help| help.action == action)
    }

    /// The key of an action.
    #[must_use]
    pub fn key(&self, action: Action) -> &str {
        self.of(action).map_or("", |help| &help.key)
    }

    /// What one presses, sees or types, and what it means; an empty line between.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        let keys =
            self.actions.iter().map(|help| (if help.keys.is_empty() { &help.key } else { &help.keys }.as_str(), help.meaning.as_str()));
        let between = || [("", "")];
        keys.chain(between()).chain(self.marks.iter().copied()).chain(between()).chain(self.terms.iter().copied())
    }
}

/// Whether a text has all words of a filter, in any case.
pub(super) fn has_words(text: &str, filter: &str) -> bool {
    let text = text.to_lowercase();
    filter.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// The lines that have the words of a filter, for so many columns of the terminal.
pub(super) fn lines(help: &Help, filter: &str, columns: u16) -> Vec<Vec<Piece>> {
    // a column on each side stays free
    let columns = usize::from(columns.saturating_sub(2));
    let label = LABEL.min(columns / 3);
    let room = (columns - label).max(1);
    let mut lines = Vec::new();
    for (keys, meaning) in help.lines().filter(|(keys, meaning)| has_words(&format!("{keys} {meaning}"), filter)) {
        let mut keys = textwrap::wrap(keys, label.saturating_sub(1).max(1)).into_iter();
        let mut words = textwrap::wrap(meaning, room).into_iter();
        loop {
            let (key, word) = (keys.next(), words.next());
            if key.is_none() && word.is_none() {
                break;
            }
            let key = key.unwrap_or_default();
            let pad = label.saturating_sub(key.width());
            lines.push(vec![Piece::new(format!("{key}{:pad$}", ""), Tone::Key), Piece::new(word.unwrap_or_default(), Tone::Plain)]);
        }
    }
    if lines.is_empty() && !filter.is_empty() {
        lines.push(vec![Piece::new("Nothing here has these words; esc clears them.", Tone::Plain)]);
    }
    lines
}
