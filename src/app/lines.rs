//! The lines of the list: headings, tickets, what is folded, and which of them fit on the screen.

use super::list::{Cursor, Fold, List, Listed, is_unassessed};
use crate::domain::{Group, SourceName};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The heading of a group.
    Heading(Group),
    /// A ticket, by its place in the board.
    Ticket(usize),
    /// The last of the tickets that may fold, by how many are shown before them; `whole` where none of the group is shown, so
    /// that this is its heading too.
    Folded { group: Group, shown: usize, whole: bool },
    /// The many unassessed tickets of one source.
    Unassessed { source: SourceName, count: usize, overdue: usize },
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

/// A group on its way to lines.
struct Part<'a> {
    listed: &'a Listed,
    heading: bool,
    /// How many of the tickets that may fold are shown, the first ones.
    shown: usize,
    /// The ticket under the cursor would fold: it is shown all the same.
    kept: Option<usize>,
}

impl<'a> Part<'a> {
    fn new(listed: &'a Listed, compact: bool, cursor: Option<usize>) -> Self {
        let heading = !compact || matches!(listed.group, Group::Held | Group::OnClient | Group::Outside);
        let kept = cursor.and_then(|place| listed.foldable.binary_search(&place).ok());
        Self { listed, heading, shown: listed.foldable.len(), kept }
    }

    /// How many are folded when so many are shown.
    fn folded(&self) -> usize {
        self.listed.foldable.len() - self.shown - usize::from(self.kept.is_some_and(|kept| kept >= self.shown))
    }

    fn whole(&self) -> bool {
        self.folded() > 0 && self.folded() == self.listed.rows.len()
    }

    fn height(&self) -> usize {
        let heading = usize::from(self.heading && !self.whole());
        heading + self.listed.rows.len() - self.folded() + usize::from(self.folded() > 0)
    }

    /// Folds the last ones, until the group is lower by so many lines or nothing more may fold.
    fn fold(&mut self, over: usize) {
        let all = self.listed.foldable.len();
        let may = all - usize::from(self.kept.is_some());
        // what is folded needs a line of its own: folding one saves nothing
        if over > 0 && may > 1 {
            self.shown = all - may.min(over + 1);
            // where the one under the cursor is among the last ones, another folds in its place
            self.shown -= usize::from(self.kept.is_some_and(|kept| kept >= self.shown) && self.shown > 0);
        }
    }

    fn push(&self, lines: &mut Vec<Line>) {
        if self.heading && !self.whole() {
            lines.push(Line::Heading(self.listed.group));
        }
        let foldable = &self.listed.foldable;
        let kept = self.kept.map(|kept| foldable[kept]);
        let mut folds = foldable[self.shown..].iter().peekable();
        for place in &self.listed.rows {
            let folded = folds.next_if(|fold| *fold == place).is_some() && Some(*place) != kept;
            if !folded {
                lines.push(Line::Ticket(*place));
            }
        }
        if self.folded() > 0 {
            lines.push(Line::Folded { group: self.listed.group, shown: self.shown, whole: self.whole() });
        }
    }
}

/// The groups, folded as the user wants them; the others not at all, or with `least` as far as they may.
fn parts(list: &List, compact: bool, least: bool) -> Vec<Part<'_>> {
    let part = |listed| {
        let mut part = Part::new(listed, compact, list.cursor_row());
        let folded = match list.fold(&Fold::Group(listed.group)) {
            Some(unfolded) => !unfolded || least,
            None => listed.group == Group::Outside || least,
        };
        if folded {
            part.shown = 0;
        }
        part
    };
    list.groups().iter().map(part).collect()
}

/// How many lines the list has at least, and how many of them go down to the last one that nobody has taken.
pub(super) fn least(list: &List, compact: bool) -> (usize, usize) {
    let (mut all, mut untaken) = (0, 0);
    for part in parts(list, compact, true) {
        all += match part.listed.group {
            Group::Decide => usize::from(part.heading) + decide_lines(list, &part.listed.rows).len(),
            _ => part.height(),
        };
        if matches!(part.listed.group, Group::Decide | Group::Unanswered) {
            untaken = all;
        }
    }
    (all, untaken)
}

/// All lines of the list, folded as far as the room asks for it.
pub(super) fn lines(list: &List, room: Room, troubles: &[usize]) -> Vec<Line> {
    let mut parts = parts(list, room.compact, false);
    let decide = parts.first().filter(|part| part.listed.group == Group::Decide).map(|part| decide_lines(list, &part.listed.rows));
    let spare = decide.as_ref().map_or(0, |lines| parts[0].listed.rows.len() - lines.len());
    let total = |parts: &[Part]| parts.iter().map(Part::height).sum::<usize>() + troubles.len() - spare;
    for group in [Group::OnClient, Group::Held, Group::InHand] {
        let over = total(&parts).saturating_sub(room.height);
        let left_to_room = list.fold(&Fold::Group(group)).is_none();
        if let Some(part) = parts.iter_mut().find(|part| part.listed.group == group && left_to_room) {
            part.fold(over);
        }
    }
    let mut lines = Vec::with_capacity(total(&parts) + 1);
    let mut rest = &parts[..];
    if let (Some(decide), [first, others @ ..]) = (decide, rest) {
        lines.extend(first.heading.then_some(Line::Heading(Group::Decide)));
        lines.extend(decide);
        rest = others;
    }
    for part in rest {
        part.push(&mut lines);
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
            let rows = rows.iter().map(|place| &list.board().rows[*place]);
            let overdue = rows.filter(|row| row.ticket.id.source == *source && is_unassessed(row) && row.is_breached()).count();
            lines.push(Line::Unassessed { source: source.clone(), count, overdue });
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

/// The first line to show so that the cursor is seen: the old one where it can stay. Where there is more above or below,
/// the outermost line is needed to say so; `unreachable` lines at the end are shown with the last one before them.
pub(super) fn top(lines: usize, unreachable: usize, cursor: Option<usize>, old: usize, height: usize) -> usize {
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
    // what cannot be reached by the cursor follows it: sources that are not to be trusted
    if cursor + unreachable + 1 >= lines && unreachable + margin < height {
        top = last;
    }
    top.min(last)
}
