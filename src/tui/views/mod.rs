//! Draws a view. Decides nothing: what is said, and where there is room for it, the view knows.
//!
//! ```text
//! summary   1 to 3 rows: counts and next, held and troubles, windows
//! banner    where the rest is not of now
//! list      the tickets, group by group      │ detail, beside it from 110 columns on
//! detail    below it on smaller terminals
//! footer    a rule that can say something, and the keys; or what asks for a text
//! ```

mod assess;
mod bars;
mod detail;
mod help;
mod list;
mod prompt;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::theme::{Role, Theme};
use crate::app::{Body, Piece, Size, Tone, View};
use crate::domain::Window;

pub use help::help;

/// Draws a view into a buffer, with `ascii` only with characters that every terminal has; returns where the terminal's own
/// cursor is: at the end of what is typed, else on the row that is selected, so that who hears or feels the screen is there too.
pub fn render(buffer: &mut Buffer, area: Rect, view: &View, theme: &Theme, ascii: bool) -> Option<Position> {
    buffer.set_style(area, theme.style(Role::Text));
    let size = view.layout.size;
    bars::summary(buffer, rows(area, 0, size.header()), view, theme);
    if let Some(banner) = &view.banner {
        let row = rows(area, size.header(), 1);
        buffer.set_style(row, theme.style(Role::NowHeader));
        text(buffer, row.as_position(), banner, row.right(), theme.style(Role::NowHeader));
    }
    if size == Size::Tiny {
        only_ascii(buffer, area, ascii);
        return None;
    }
    let above = size.header() + u16::from(view.banner.is_some());
    let body = rows(area, above, area.height.saturating_sub(above + view.layout.footer));
    let selected = match &view.body {
        Body::List { lines, empty, pane } => {
            let list = Rect { width: view.layout.list_columns.min(body.width), height: view.layout.list.min(body.height), ..body };
            let cursor = list::draw(buffer, list, lines, empty.as_deref(), (theme, &view.help), size == Size::Compact);
            let below = rows(body, list.height, body.height - list.height);
            match (pane, size) {
                (Some(pane), Size::Wide) => {
                    let beside = Rect { x: list.right(), width: body.width - list.width, ..body };
                    detail::beside(buffer, beside, pane, theme);
                }
                (Some(pane), _) => detail::below(buffer, below, pane, theme),
                (None, _) if below.is_empty() => {}
                (None, _) => drop(bars::rule(buffer, rows(below, 0, 1), "", theme.style(Role::Text), theme)),
            }
            cursor
        }
        Body::Text { head, lines, .. } => {
            let rule = bars::rule(buffer, rows(body, 0, 1), head, theme.style(Role::Header), theme);
            for (line, row) in lines.iter().zip(rule.bottom()..body.bottom()) {
                pieces(buffer, Position::new(body.x + 1, row), line, body.right(), theme);
            }
            None
        }
        Body::Assess { head, title, rows } => assess::draw(buffer, body, head, title.as_str(), rows, (theme, &view.help)),
        Body::Nothing => None,
    };
    let foot = rows(area, area.height.saturating_sub(view.layout.footer), view.layout.footer);
    let typed = match &view.prompt {
        Some(asked) => Some(prompt::draw(buffer, foot, asked, view.notice.as_ref(), theme)),
        None => bars::footer(buffer, foot, view, theme),
    };
    only_ascii(buffer, area, ascii);
    typed.or(selected)
}

/// So many rows of an area, from one on.
fn rows(area: Rect, from: u16, height: u16) -> Rect {
    let y = area.y.saturating_add(from).min(area.bottom());
    Rect { y, height: height.min(area.bottom() - y), ..area }
}

/// Writes a text from a column on, up to a column that stays free; returns the column after it.
fn text(buffer: &mut Buffer, at: Position, text: &str, end: u16, style: Style) -> u16 {
    if at.x >= end || at.y >= buffer.area.bottom() {
        return at.x;
    }
    buffer.set_stringn(at.x, at.y, text, usize::from(end - at.x), style).0
}

/// Writes a text so that it ends before a column, cut where it does not fit after `start`.
fn text_to(buffer: &mut Buffer, start: u16, end: u16, row: u16, what: &str, style: Style) {
    let what = crate::app::cut(what, usize::from(end.saturating_sub(start)));
    let width = u16::try_from(unicode_width::UnicodeWidthStr::width(what.as_str())).unwrap_or(u16::MAX);
    text(buffer, Position::new(end.saturating_sub(width), row), &what, end, style);
}

/// Writes pieces one after the other; returns the column after them.
fn pieces(buffer: &mut Buffer, at: Position, all: &[Piece], end: u16, theme: &Theme) -> u16 {
    let mut x = at.x;
    for piece in all {
        x = text(buffer, Position::new(x, at.y), &piece.text, end, theme.style(role(piece.tone)));
    }
    x
}

/// The role of a tone.
const fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain | Tone::Window(Window::Named(_)) => Role::Text,
        Tone::Strong => Role::Header,
        Tone::Muted => Role::Muted,
        Tone::Alarm => Role::Breached,
        Tone::Stale => Role::SourceStale,
        Tone::Lit => Role::Selection,
        Tone::Window(Window::OfficeHours) => Role::WindowOffice,
        Tone::Window(Window::OutOfHours) => Role::WindowOut,
        Tone::Window(Window::Weekend) => Role::WindowWeekend,
        Tone::Window(Window::BankHoliday) => Role::WindowHoliday,
        Tone::Key => Role::Key,
    }
}

/// Replaces what is not ASCII: our own signs by their like, what stands in tickets by a question mark.
fn only_ascii(buffer: &mut Buffer, area: Rect, ascii: bool) {
    if !ascii {
        return;
    }
    for position in area.positions() {
        let Some(cell) = buffer.cell_mut(position) else { continue };
        let like = super::ascii::like(cell.symbol()).to_owned();
        cell.set_symbol(&like);
    }
}
