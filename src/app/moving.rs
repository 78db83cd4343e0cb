//! The cursor, and what is folded under it.

use super::layout;
use super::lines::{self, Line};
use super::list::{Cursor, Fold};
use super::message::Action;
use super::model::{Model, Screen};
use super::update::notice;
use super::view;
use crate::domain::Group;

/// Scrolls a text, no further than to its end.
pub(super) fn scroll(model: &mut Model, action: Action) {
    let room = view::text_rows(model);
    // as on the board, one line stays
    let page = room.max(2) - 1;
    let most = view::text(model, &model.screen).map_or(0, |text| text.lines.len()).saturating_sub(room);
    let (Screen::Help(scroll, _) | Screen::Explanation(scroll) | Screen::Handover(scroll) | Screen::Page(_, scroll)) = &mut model.screen
    else {
        return;
    };
    let to = match action {
        Action::Up | Action::ReadBack => scroll.saturating_sub(1),
        Action::Down | Action::ReadOn => *scroll + 1,
        Action::First => 0,
        Action::Last => most,
        Action::PageUp => scroll.saturating_sub(page),
        Action::PageDown => *scroll + page,
        _ => *scroll,
    };
    *scroll = to.min(most);
}

/// Moves the cursor over the lines that it can be on.
pub(super) fn step(model: &mut Model, action: Action) {
    let placed = layout::place(model);
    let stops: Vec<usize> = (0..placed.lines.len()).filter(|line| lines::can_be_selected(&placed.lines[*line])).collect();
    let Some(last) = stops.len().checked_sub(1) else { return };
    let here = placed.cursor.map_or(0, |line| stops.partition_point(|stop| *stop < line));
    let page = usize::from(placed.layout.list.max(2) - 1);
    let to = match action {
        Action::Up => here.saturating_sub(1),
        Action::Down => here + usize::from(placed.cursor.is_some()),
        Action::First => 0,
        Action::Last => last,
        Action::PageUp => here.saturating_sub(page),
        _ => here + page,
    };
    let line = &placed.lines[stops[to.min(last)]];
    if Some(stops[to.min(last)]) != placed.cursor {
        put_on(model, line);
    }
}

/// Puts the cursor on a line.
pub(super) fn put_on(model: &mut Model, line: &Line) {
    match (line, lines::fold_of(line)) {
        (Line::Ticket(place), _) => model.list.put_on_ticket(*place),
        (_, Some(fold)) => model.list.put_on_fold(fold),
        _ => {}
    }
}

/// To the unanswered ticket that is due next after the one under the cursor, or before it; round and round.
pub(super) fn to_unanswered(model: &mut Model, forward: bool) {
    let rows = &model.list.board().rows;
    let listed = model.list.groups().iter().filter(|listed| matches!(listed.group, Group::Decide | Group::Unanswered));
    let mut by_due: Vec<usize> = listed.flat_map(|listed| listed.rows.iter().copied()).collect();
    by_due.sort_by_key(|place| {
        let due = rows[*place].verdict.response.as_ref().and_then(|clock| clock.due);
        (due.is_none(), due, *place)
    });
    let here = model.list.cursor_row().and_then(|place| by_due.iter().position(|p| *p == place));
    let to = match (here, by_due.len()) {
        (_, 0) => return notice(model, "nothing is unanswered".to_owned(), false),
        (None, len) => {
            if forward {
                0
            } else {
                len - 1
            }
        }
        (Some(here), len) => (here + if forward { 1 } else { len - 1 }) % len,
    };
    model.list.put_on_ticket(by_due[to]);
}

/// Folds the group under the cursor, or unfolds what is folded of it.
pub(super) fn fold(model: &mut Model) {
    let fold = match (model.list.cursor(), model.list.selected()) {
        (Cursor::Fold(fold), _) => fold.clone(),
        (Cursor::Ticket(key), Some(row)) if row.verdict.group == Group::Decide => Fold::Unassessed(key.source.clone()),
        (_, Some(row)) => Fold::Group(row.verdict.group),
        _ => return,
    };
    let Some(first) = model.list.first_of(&fold) else {
        return notice(model, "nothing here may fold: it is unanswered, high, late or at risk".to_owned(), false);
    };
    let placed = layout::place(model);
    let folded = placed.lines.iter().find(|line| lines::fold_of(line).as_ref() == Some(&fold));
    // of a group the first that was folded, which may come after some that were not
    let first = match folded {
        Some(Line::Folded { shown, .. }) => model.list.foldable(&fold).get(*shown).copied().unwrap_or(first),
        _ => first,
    };
    let unfold = folded.is_some();
    model.list.toggle(fold.clone(), unfold);
    match (unfold, model.list.cursor()) {
        // the line it was on is no more
        (true, Cursor::Fold(_)) => model.list.put_on_ticket(first),
        (true, _) => {}
        (false, _) => model.list.put_on_fold(fold),
    }
}
