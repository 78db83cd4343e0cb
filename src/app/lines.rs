//! The lines of the list: headings, tickets, what is folded, and which of them fit on the screen.

use super::list::{Cursor, Fold, List, is_unassessed, may_fold};
use crate::domain::{Group, SourceName};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The heading of a group, with the places of all its tickets.
    Heading(Group),
    /// A ticket, by its place in the board.
    Ticket(usize),
    /// The tickets of a group that are folded; `whole` where none of the group is shown, so that this is its heading too.
    Folded { group: Group, rows: Vec<usize>, whole: bool },
    /// The many unassessed tickets of one source.
    Unassessed { source: SourceName, count: usize },
    /// The ticket that left the list while the cursor was on it.
    Gone,
    /// A source that is not to be trusted, by its place in the configuration.
    Trouble(usize),
}

/// What a line stands for, where that is something folded.
pub(super) fn fold_of(line: &Line) -> Option<Fold> {
    match line {
        Line::Folded { group, .. } => Some(Fold::Group(*group)),
        Line::Unassessed { source, .. } => Some(Fold::Unassessed(source.clone())),
        Line::Heading(_) | Line::Ticket(_) | Line::Gone | Line::Trouble(_) => None,
    }
}

/// How many lines there are for the list, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub height: usize,
    /// Headings only where something can be folded.
    pub compact: bool,
}

impl Room {
    /// As little as everything that never folds needs.
    pub const fn least(compact: bool) -> Self {
        Self { height: 0, compact }
    }
}

/// A group on its way to lines.
struct Part<'a> {
    group: Group,
    heading: bool,
    rows: &'a [usize],
    /// How many of the rows may fold.
    foldable: usize,
    /// How many of them do, the last ones.
    folded: usize,
}

impl Part<'_> {
    fn whole(&self) -> bool {
        self.folded > 0 && self.folded == self.rows.len()
    }

    fn height(&self) -> usize {
        let heading = usize::from(self.heading && !self.whole());
        heading + self.rows.len() - self.folded + usize::from(self.folded > 0)
    }
}

/// All lines of the list, folded as far as the room asks for it.
pub(super) fn lines(list: &List, room: Room, troubles: &[usize]) -> Vec<Line> {
    let rows = &list.board().rows;
    let folds = |place: &usize| Some(*place) != list.cursor_row() && may_fold(&rows[*place]);
    let mut parts: Vec<Part> = Vec::new();
    for listed in list.groups() {
        let foldable = listed.rows.iter().filter(|place| folds(place)).count();
        let folded = match list.fold(&Fold::Group(listed.group)) {
            Some(true) if room.height > 0 => 0,
            Some(_) => foldable,
            None if listed.group == Group::Outside => foldable,
            None => 0,
        };
        let heading = !room.compact || matches!(listed.group, Group::Held | Group::OnClient | Group::Outside);
        parts.push(Part { group: listed.group, heading, rows: &listed.rows, foldable, folded });
    }
    let mut decide = Vec::new();
    if let Some(part) = parts.first().filter(|part| part.group == Group::Decide) {
        decide = decide_lines(list, part.rows);
    }
    let spare = parts.first().filter(|part| part.group == Group::Decide).map_or(0, |part| part.rows.len() - decide.len());
    let total = |parts: &[Part]| parts.iter().map(Part::height).sum::<usize>() + troubles.len() - spare;
    for group in [Group::OnClient, Group::Held, Group::InHand] {
        let over = total(&parts).saturating_sub(room.height);
        let Some(part) = parts.iter_mut().find(|part| part.group == group && part.folded == 0) else { continue };
        let left_to_room = list.fold(&Fold::Group(group)).is_none();
        // what is folded needs a line of its own: folding one saves nothing
        if left_to_room && over > 0 && part.foldable > 1 {
            part.folded = part.foldable.min(over + 1);
        }
    }
    let mut lines = Vec::with_capacity(total(&parts) + 1);
    for part in &parts {
        if part.heading && !part.whole() {
            lines.push(Line::Heading(part.group));
        }
        if part.group == Group::Decide {
            lines.append(&mut decide);
            continue;
        }
        let mut shown = part.foldable - part.folded;
        let mut folded = Vec::with_capacity(part.folded);
        for place in part.rows {
            if folds(place) && shown == 0 {
                folded.push(*place);
            } else {
                shown -= usize::from(folds(place));
                lines.push(Line::Ticket(*place));
            }
        }
        if !folded.is_empty() {
            lines.push(Line::Folded { group: part.group, rows: folded, whole: part.whole() });
        }
    }
    if let (Some(gone), Cursor::Ticket(_)) = (list.gone(), list.cursor()) {
        lines.insert(gone.line.min(lines.len()), Line::Gone);
    }
    lines.extend(troubles.iter().map(|source| Line::Trouble(*source)));
    lines
}

/// The tickets to be decided; the many unassessed ones of a source stand on one line.
fn decide_lines(list: &List, rows: &[usize]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut told: Vec<&SourceName> = Vec::new();
    for place in rows {
        let row = &list.board().rows[*place];
        let source = &row.ticket.id.source;
        let many = list.folded_unassessed(source).filter(|_| is_unassessed(row));
        if let Some(count) = many.filter(|_| !told.contains(&source)) {
            told.push(source);
            lines.push(Line::Unassessed { source: source.clone(), count });
        }
        if many.is_none() || Some(*place) == list.cursor_row() {
            lines.push(Line::Ticket(*place));
        }
    }
    lines
}

/// Whether the cursor can be on a line.
pub(super) const fn can_be_selected(line: &Line) -> bool {
    matches!(line, Line::Ticket(_) | Line::Folded { .. } | Line::Unassessed { .. } | Line::Gone)
}

/// What the cursor is on when it is on a line.
pub(super) fn cursor_on(line: &Line, list: &List) -> Cursor {
    match line {
        Line::Ticket(place) => Cursor::Ticket(list.board().rows[*place].ticket.id.clone()),
        Line::Gone => list.cursor().clone(),
        Line::Heading(_) | Line::Trouble(_) => Cursor::Nothing,
        Line::Folded { .. } | Line::Unassessed { .. } => fold_of(line).map_or(Cursor::Nothing, Cursor::Fold),
    }
}

/// The first line to show so that the cursor is seen: the old one where it can stay. Where there is more above or below,
/// the outermost line is needed to say so.
pub(super) fn top(lines: usize, cursor: Option<usize>, old: usize, height: usize) -> usize {
    let last = lines.saturating_sub(height);
    let margin = usize::from(height > 2);
    let Some(cursor) = cursor else { return old.min(last) };
    let mut top = old.min(last);
    if cursor < top + margin {
        top = cursor.saturating_sub(margin);
    }
    if cursor + margin >= top + height {
        top = (cursor + margin + 1).saturating_sub(height);
    }
    top.min(last)
}
