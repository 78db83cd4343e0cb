//! The screen of help as lines: what one presses or sees, and beside it what it means.

use unicode_width::UnicodeWidthStr;

use super::summary::{Piece, Tone};

/// Columns of what one presses or sees.
const LABEL: usize = 17;

/// The lines for so many columns of the terminal.
pub(super) fn lines(help: &[(String, &str)], columns: u16) -> Vec<Vec<Piece>> {
    // a column on each side stays free
    let columns = usize::from(columns.saturating_sub(2));
    let label = LABEL.min(columns / 3);
    let room = (columns - label).max(1);
    let mut lines = Vec::new();
    for (keys, meaning) in help {
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
    lines
}
