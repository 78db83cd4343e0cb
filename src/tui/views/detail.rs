//! What is said of the ticket under the cursor: below the list, or beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::bars::rule;
use super::{role, rows, text, text_to};
use crate::app::{LABEL, Pane, PaneRow};
use crate::tui::theme::{Role, Theme};

/// Below the list.
pub(super) fn below(buffer: &mut Buffer, area: Rect, pane: &Pane, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    rule(buffer, rows(area, 0, 1), &pane.head, theme.style(Role::Text), theme);
    if pane.above > 0 {
        // which rows they are: what was read is not taken for all
        let place = format!(" {}–{} of {} ─", pane.above + 1, pane.above + pane.rows.len(), pane.of);
        text_to(buffer, area.x, area.right(), area.y, &place, theme.style(Role::Muted));
    }
    for (row, y) in pane.rows.iter().zip((area.y + 1)..area.bottom()) {
        draw(buffer, Rect { y, height: 1, ..area }, row, theme);
    }
}

/// Beside the list, from top to bottom.
pub(super) fn beside(buffer: &mut Buffer, area: Rect, pane: &Pane, theme: &Theme) {
    for y in area.y..area.bottom() {
        text(buffer, Position::new(area.x, y), "│", area.right(), theme.style(Role::Border));
    }
    below(buffer, Rect { x: area.x + 1, width: area.width - 1, ..area }, pane, theme);
}

fn draw(buffer: &mut Buffer, area: Rect, row: &PaneRow, theme: &Theme) {
    let style = theme.style(role(row.tone));
    let Some(label) = row.label else {
        text(buffer, Position::new(area.x + 1, area.y), &row.text, area.right(), style);
        return;
    };
    let start = area.x + 1 + LABEL;
    let end = area.right().saturating_sub(1);
    text(buffer, Position::new(area.x + 1, area.y), label, start, theme.style(Role::Muted));
    let origin = u16::try_from(row.origin.width()).unwrap_or(u16::MAX);
    text_to(buffer, end.saturating_sub(origin), end, area.y, &row.origin, theme.style(Role::Muted));
    text(buffer, Position::new(start, area.y), &row.text, end, style);
}
