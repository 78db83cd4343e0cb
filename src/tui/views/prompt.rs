//! What asks for a text, at the foot of the screen: who will read it, the text, and what can be done.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Role, Theme, rows, text};
use crate::app::{Notice, PromptView, cut};

/// Draws it; returns where the terminal's cursor is, which is at the end of the text.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, prompt: &PromptView, notice: Option<&Notice>, theme: &Theme) -> Position {
    let head = theme.style(if prompt.alarm { Role::Breached } else { Role::Header });
    let mut y = area.y;
    for line in &prompt.head {
        text(buffer, Position::new(area.x + 1, y), line, area.right(), head);
        y += 1;
    }
    let mut end = area.x + 1;
    for line in &prompt.rows {
        end = text(buffer, Position::new(area.x + 1, y), line, area.right(), theme.style(Role::Text));
        y += 1;
    }
    let last = rows(area, area.height.saturating_sub(1), 1);
    let (hint, role) =
        notice.map_or((prompt.hint, Role::Muted), |notice| (notice.text.as_str(), if notice.alarm { Role::Error } else { Role::Ok }));
    text(buffer, Position::new(last.x + 1, last.y), &cut(hint, usize::from(last.width.saturating_sub(2))), last.right(), theme.style(role));
    Position::new(end.min(area.right() - 1), y.saturating_sub(1))
}
