//! The keys and the marks, from the one table of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bars::rule;
use super::{rows, text};
use crate::tui::keymap::{BINDINGS, MARKS};
use crate::tui::theme::{Role, Theme};

/// Columns of the keys.
const KEYS: u16 = 17;

/// The lines of the help: what one presses or sees, and what it means; an empty line between.
#[must_use]
pub fn lines() -> Vec<(String, &'static str)> {
    let keys = BINDINGS.iter().map(|binding| (binding.labels(), binding.help));
    let marks = MARKS.iter().map(|(mark, help)| ((*mark).to_owned(), *help));
    keys.chain([(String::new(), "")]).chain(marks).collect()
}

/// Draws them from a line on.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scroll: usize, theme: &Theme) {
    let below = rule(buffer, rows(area, 0, 1), "keys and marks", theme.style(Role::Header), theme).bottom();
    let start = area.x + 1 + KEYS.min(area.width / 3);
    let room = usize::from(area.right().saturating_sub(start + 1)).max(1);
    let mut y = below;
    for (keys, help) in lines().iter().skip(scroll) {
        if y >= area.bottom() {
            return;
        }
        text(buffer, Position::new(area.x + 1, y), keys, start, theme.style(Role::Key));
        for line in textwrap::wrap(help, room) {
            if y < area.bottom() {
                text(buffer, Position::new(start, y), &line, area.right(), theme.style(Role::Text));
            }
            y += 1;
        }
        y += u16::from(help.is_empty());
    }
}
