//! The rows at the top, the rules, and the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{pieces, text, text_to};
use crate::app::{About, Action, Body, Size, Topic, View, cut};
use crate::domain::DeedKind;
use crate::tui::theme::{Role, Theme};

/// The rows at the top.
pub(super) fn summary(buffer: &mut Buffer, area: Rect, view: &View, theme: &Theme) {
    for (row, y) in view.summary.iter().zip(area.y..area.bottom()) {
        let width: usize = row.right.iter().map(|piece| piece.text.width()).sum();
        let right = area.right().saturating_sub(u16::try_from(width).unwrap_or(u16::MAX)).max(area.x);
        pieces(buffer, Position::new(area.x, y), &row.left, right, theme);
        pieces(buffer, Position::new(right, y), &row.right, area.right(), theme);
    }
}

/// A rule across an area with a text in it; returns the area of the rule.
pub(super) fn rule(buffer: &mut Buffer, area: Rect, what: &str, style: Style, theme: &Theme) -> Rect {
    let border = theme.style(Role::Border);
    let mut x = area.x;
    if !what.is_empty() {
        x = text(buffer, Position::new(x, area.y), "── ", area.right(), border);
        x = text(buffer, Position::new(x, area.y), &cut(what, usize::from(area.width.saturating_sub(6))), area.right(), style) + 1;
    }
    let rest = usize::from(area.right().saturating_sub(x));
    text(buffer, Position::new(x, area.y), &"─".repeat(rest), area.right(), border);
    area
}

/// A rule that can say something, and the keys; or the filter while it is typed. Returns where the terminal's cursor is.
pub(super) fn footer(buffer: &mut Buffer, area: Rect, view: &View, theme: &Theme) -> Option<Position> {
    let last = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    let compact = view.layout.size == Size::Compact;
    let said = view.notice.as_ref().map(|notice| {
        let role = if notice.alarm { Role::Error } else { Role::Ok };
        (notice.text.clone(), theme.style(role))
    });
    let filter = view.filter.as_ref().filter(|(_, typing)| !typing);
    let said = said.or(filter.map(|(filter, _)| (filter.clone(), theme.style(Role::Match))));
    if !compact {
        let (what, style) = said.clone().unwrap_or_default();
        rule(buffer, Rect { height: 1, ..area }, &what, style, theme);
    }
    let palette = view.palette.as_ref().map(|typed| (":", typed, "enter does it  esc leaves "));
    let filter = view.filter.as_ref().filter(|(_, typing)| *typing).map(|(filter, _)| ("/", filter, "enter keep  esc clear "));
    if let Some((sign, typed, keys)) = palette.or(filter) {
        let end = text(buffer, Position::new(last.x + 1, last.y), sign, last.right(), theme.style(Role::Key));
        // the end of what is typed is what one looks at
        let room = usize::from(last.right().saturating_sub(end + 1));
        let start = typed.char_indices().map(|(at, _)| at).find(|at| typed[*at..].width() <= room).unwrap_or(typed.len());
        let end = text(buffer, Position::new(end, last.y), &typed[start..], last.right() - 1, theme.style(Role::Text));
        if usize::from(last.right().saturating_sub(end + 2)) > keys.len() {
            text_to(buffer, end + 2, last.right(), last.y, keys, theme.style(Role::Muted));
        }
        return Some(Position::new(end, last.y));
    }
    if let (true, Some((what, style))) = (compact, said) {
        text(buffer, Position::new(last.x + 1, last.y), &cut(&what, usize::from(last.width - 1)), last.right(), style);
        return None;
    }
    keys(buffer, last, view, theme);
    None
}

/// Which lines of a text are on the screen, where not all of them are: `1–18 of 63`.
fn position(view: &View) -> String {
    match &view.body {
        Body::Text { lines, above, of, .. } if lines.len() < *of => {
            let between = if view.layout.size == Size::Compact { "/" } else { " of " };
            format!("{}–{}{between}{of}", above + 1, above + lines.len())
        }
        _ => String::new(),
    }
}

/// What can be done here and now; the way to the help is at the right and stays.
fn keys(buffer: &mut Buffer, area: Rect, view: &View, theme: &Theme) {
    let actions: &[Action] = match &view.body {
        Body::List { .. } if view.banner.is_some() => &[
            Action::Present,
            Action::HourBefore,
            Action::HourAfter,
            Action::WindowBefore,
            Action::WindowAfter,
            Action::BankHolidayAfter,
            Action::Open,
        ],
        Body::List { .. } => &[
            Action::Undo,
            Action::Acknowledge,
            Action::CallBack,
            Action::PhonedIn,
            Action::Note,
            Action::NextUnanswered,
            Action::Open,
            Action::Filter,
            Action::Palette,
            Action::Fold,
            Action::Refresh,
        ],
        Body::Text { about: About::Ticket, .. } => &[
            Action::Undo,
            Action::Back,
            Action::Acknowledge,
            Action::CallBack,
            Action::PhonedIn,
            Action::Note,
            Action::Word,
            Action::Assess,
            Action::Down,
            Action::PageDown,
        ],
        Body::Text { about: About::Page(Topic::Flips(_)), .. } => {
            &[Action::Back, Action::Flips, Action::BankHolidayAfter, Action::Windows, Action::Down, Action::PageDown]
        }
        Body::Text { about: About::Page(Topic::Activity(_)), .. } => &[Action::Back, Action::Down, Action::PageDown],
        Body::Text { about: About::Page(Topic::Windows(_)), .. } => &[Action::Back, Action::Flips, Action::Down, Action::PageDown],
        Body::Text { .. } => &[Action::Back, Action::Down, Action::Up, Action::PageDown, Action::PageUp, Action::Last],
        Body::Assess { .. } | Body::Nothing => &[Action::Back],
    };
    let help = view.help.of(Action::Help).filter(|_| !matches!(view.body, Body::Text { about: About::Help, .. }));
    let help = help.map(|help| (help.key.as_str(), help.short));
    let width = |label: &str, short: &str| u16::try_from(label.width() + short.width() + 3).unwrap_or(u16::MAX);
    let end = area.right().saturating_sub(help.map_or(0, |(label, short)| width(label, short)));
    let help_at = end;
    let position = position(view);
    let taken = if position.is_empty() { 0 } else { position.width() + 2 };
    let end = end.saturating_sub(u16::try_from(taken).unwrap_or(u16::MAX));
    text_to(buffer, end, help_at.saturating_sub(2), area.y, &position, theme.style(Role::Muted));
    let mut x = area.x + 1;
    // what is on the screen from end to end does not scroll
    let scrolls = matches!(&view.body, Body::Text { lines, of, .. } if lines.len() < *of);
    let possible = |action: &&Action| match action {
        Action::Down | Action::Up | Action::PageDown | Action::PageUp | Action::Last => scrolls,
        Action::Acknowledge => view.can_acknowledge,
        Action::CallBack => view.call_back,
        Action::Undo => view.undo.is_some(),
        Action::PhonedIn => view.possible.contains(&DeedKind::Contact),
        Action::Assess => view.possible.contains(&DeedKind::Assess),
        Action::Note => view.possible.contains(&DeedKind::Note),
        Action::Word => view.possible.contains(&DeedKind::Word),
        _ => true,
    };
    for action in actions.iter().filter(possible) {
        let Some(help) = view.help.of(*action) else { continue };
        let label = &help.key;
        let left = view.undo.filter(|_| *action == Action::Undo).map_or_else(String::new, |left| format!(" {left}s"));
        let short = format!("{}{left}", help.short);
        if x + width(label, &short) > end {
            continue;
        }
        x = text(buffer, Position::new(x, area.y), label, end, theme.style(Role::Key));
        x = text(buffer, Position::new(x + 1, area.y), &short, end, theme.style(Role::Text)) + 2;
    }
    if let Some((label, short)) = help {
        let end = text(buffer, Position::new(help_at, area.y), label, area.right(), theme.style(Role::Key));
        text(buffer, Position::new(end + 1, area.y), short, area.right(), theme.style(Role::Text));
    }
}
