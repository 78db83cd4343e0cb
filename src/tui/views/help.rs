//! What the screen of help and `holdover keys` say: the keys, the marks and the words of the filter, each from its one table.

use crate::app::TERMS;
use crate::tui::keymap::{BINDINGS, MARKS};

/// The lines of the help: what one presses, sees or types, and what it means; an empty line between.
#[must_use]
pub fn lines() -> Vec<(String, &'static str)> {
    let between = || [(String::new(), "")];
    let keys = BINDINGS.iter().map(|binding| (binding.labels(), binding.help));
    let marks = MARKS.iter().map(|(mark, help)| ((*mark).to_owned(), *help));
    let terms = TERMS.iter().map(|(term, help)| ((*term).to_owned(), *help));
    keys.chain(between()).chain(marks).chain(between()).chain(terms).collect()
}
