//! What is said of the ticket under the cursor: below the list, beside it, or in three lines of a small pane.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bars::rule;
use super::{role, rows, text, text_to};
use crate::app::{Detail, DetailLine, cut};
use crate::tui::theme::{Role, Theme};
use unicode_width::UnicodeWidthStr;

/// Columns of the labels.
const LABEL: u16 = 11;

/// Below the list: one row each, cut; why a deed failed may take two.
pub(super) fn below(buffer: &mut Buffer, area: Rect, detail: &Detail, theme: &Theme) {
    if area.is_empty() {
        return;
    }
    head(buffer, area, detail, theme);
    let mut y = area.y + 1;
    text(
        buffer,
        Position::new(area.x + 1, y),
        &cut(detail.title.as_str(), usize::from(area.width - 2)),
        area.right(),
        theme.style(Role::Header),
    );
    for line in &detail.lines {
        y += 1;
        if y >= area.bottom() {
            break;
        }
        let most = if matches!(line.label, "ACK" | "DEED") { 2 } else { 1 };
        y += said(buffer, Rect { y, height: area.bottom() - y, ..area }, line, most, theme) - 1;
    }
}

/// Beside the list, from top to bottom, with the text of the issue.
pub(super) fn beside(buffer: &mut Buffer, area: Rect, detail: &Detail, theme: &Theme) {
    for y in area.y..area.bottom() {
        text(buffer, Position::new(area.x, y), "│", area.right(), theme.style(Role::Border));
    }
    let area = Rect { x: area.x + 1, width: area.width - 1, ..area };
    head(buffer, area, detail, theme);
    let mut y = area.y + 1;
    let room = usize::from(area.width.saturating_sub(2)).max(1);
    for line in textwrap::wrap(detail.title.as_str(), room).iter().take(usize::from(area.height.saturating_sub(1))) {
        text(buffer, Position::new(area.x + 1, y), line, area.right(), theme.style(Role::Header));
        y += 1;
    }
    for line in &detail.lines {
        if y >= area.bottom() {
            return;
        }
        y += said(buffer, Rect { y, height: area.bottom() - y, ..area }, line, 6, theme);
    }
    let description = detail.description.iter().flat_map(|text| text.as_str().lines());
    let broken = description.flat_map(|line| textwrap::wrap(line, room));
    for (line, y) in broken.zip((y + 1)..area.bottom()) {
        text(buffer, Position::new(area.x + 1, y), &line, area.right(), theme.style(Role::Text));
    }
}

/// The three lines of a small pane.
pub(super) fn compact(buffer: &mut Buffer, area: Rect, lines: &[String], theme: &Theme) {
    if area.is_empty() {
        return;
    }
    rule(buffer, rows(area, 0, 1), "", theme.style(Role::Text), theme);
    let [first, rest @ ..] = lines else { return };
    let room = usize::from(area.width.saturating_sub(2)).max(1);
    let kept = usize::from(area.height - 1).saturating_sub(rest.len().min(1));
    let broken = textwrap::wrap(first, room).into_iter().map(std::borrow::Cow::into_owned).take(kept);
    for (line, y) in broken.chain(rest.iter().map(|line| cut(line, room))).zip((area.y + 1)..area.bottom()) {
        text(buffer, Position::new(area.x + 1, y), &line, area.right(), theme.style(Role::Text));
    }
}

fn head(buffer: &mut Buffer, area: Rect, detail: &Detail, theme: &Theme) {
    let what = format!("{} ── {}", cut(detail.key.as_str(), 24), detail.what);
    rule(buffer, rows(area, 0, 1), &what, theme.style(Role::Text), theme);
}

/// One thing said, in at most so many rows; returns how many it took.
fn said(buffer: &mut Buffer, area: Rect, line: &DetailLine, most: u16, theme: &Theme) -> u16 {
    let start = area.x + 1 + LABEL;
    let end = area.right().saturating_sub(1);
    text(buffer, Position::new(area.x + 1, area.y), line.label, start, theme.style(Role::Muted));
    let origin = u16::try_from(line.origin.width()).unwrap_or(u16::MAX);
    // where it is said gives way to what is said
    let origin = if line.origin.is_empty() || origin.saturating_add(32) > end.saturating_sub(start) { 0 } else { origin + 2 };
    if origin > 0 {
        text_to(buffer, end - origin, end, area.y, &line.origin, theme.style(Role::Muted));
    }
    let style = theme.style(role(line.tone));
    let room = usize::from((end - origin).saturating_sub(start)).max(1);
    if most == 1 {
        text(buffer, Position::new(start, area.y), &cut(&line.text, room), end, style);
        return 1;
    }
    let mut broken: Vec<String> = textwrap::wrap(&line.text, room).into_iter().map(std::borrow::Cow::into_owned).collect();
    let most = most.min(area.height).max(1);
    if broken.len() > usize::from(most) {
        let rest = broken.split_off(usize::from(most) - 1).join(" ");
        broken.push(cut(&rest, room));
    }
    for (line, y) in broken.iter().zip(area.y..) {
        text(buffer, Position::new(start, y), line, end, style);
    }
    u16::try_from(broken.len()).unwrap_or(most).max(1)
}
