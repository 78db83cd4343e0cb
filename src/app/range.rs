//! A range of marks: from the ticket where it began to the cursor, line by line. What is folded between them has no line, and
//! is not marked unseen; what a poll brings is marked by no more than the next move over it.

use std::collections::HashSet;

use super::layout;
use super::lines::Line;
use super::marks;
use super::message::Action;
use super::model::{Model, Notice};
use crate::domain::TicketKey;

/// Where the marks are extended from.
#[derive(Debug)]
pub(super) struct Range {
    from: TicketKey,
    /// What was marked before it began.
    before: HashSet<TicketKey>,
}

/// Begins a range at the ticket under the cursor, or ends the one there is: its marks stay.
pub(super) fn turn(model: &mut Model) {
    if model.range.take().is_some() {
        marks::tell(model);
        return;
    }
    let before = model.marked.clone();
    if let Some(from) = marks::markable(model) {
        model.range = Some(Range { from, before });
    }
}

/// Ends it without its marks.
pub(super) fn unmark(model: &mut Model) {
    if let Some(range) = model.range.take() {
        model.marked = range.before;
    }
}

/// Ends it where a key asks for something else than to move, and for nothing that only shows.
pub(super) fn keep(model: &mut Model, action: Action) {
    use Action::{
        Back, Down, First, Help, Last, Mark, NextMatch, NextUnanswered, PageDown, PageUp, Palette, PreviousMatch, PreviousUnanswered,
        Range, ReadBack, ReadOn, Redraw, Up,
    };
    let moves =
        matches!(action, Up | Down | First | Last | PageUp | PageDown | NextUnanswered | PreviousUnanswered | NextMatch | PreviousMatch);
    if !moves && !matches!(action, Back | Help | Mark | Palette | Range | ReadBack | ReadOn | Redraw) {
        model.range = None;
    }
}

/// Marks what lies between where it began and the cursor.
pub(super) fn extend(model: &mut Model) {
    let Some(Range { from, before }) = &model.range else { return };
    let placed = layout::place(model);
    let rows = &model.list.board().rows;
    let key = |line: &Line| if let Line::Ticket(place) = line { Some(&rows[*place].ticket.id) } else { None };
    let began = placed.lines.iter().position(|line| key(line) == Some(from));
    let (Some(began), Some(cursor)) = (began, placed.cursor) else {
        let text = format!("the range has ended: {} is not listed any more; what is marked stays so", model.name_of(from));
        model.range = None;
        model.notice = Some(Notice { text, alarm: true });
        return;
    };
    let between = placed.lines[began.min(cursor)..=began.max(cursor)].iter().filter_map(key);
    model.marked = before.iter().chain(between).cloned().collect();
    let text = format!("{} marked: moving marks on, V ends, esc unmarks", marks::listed(model).len());
    model.notice = Some(Notice { text, alarm: false });
}
