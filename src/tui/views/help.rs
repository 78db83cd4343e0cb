//! What the screen of help, the palette and `holdover keys` say: the keys, the marks and the words of the filter, each from its
//! one table.

use crate::app::{ActionHelp, Help, TERMS};
use crate::tui::Keymap;
use crate::tui::keymap::MARKS;

/// What one presses, sees or types, and what it means, with the keys as they are.
#[must_use]
pub fn help(keymap: &Keymap) -> Help {
    let actions = keymap.bindings().map(|(binding, _)| ActionHelp {
        action: binding.action,
        name: binding.name(),
        key: keymap.label(binding.action),
        keys: keymap.labels(binding),
        short: binding.short,
        meaning: keymap.help(binding),
    });
    Help { actions: actions.collect(), marks: MARKS, terms: &TERMS }
}
