//! What is listed of the board: which tickets pass the filter, what is folded, and where the cursor is. The cursor is on a
//! ticket by its key, never on a row: whatever a poll brings, the next key means the same ticket.

use std::collections::HashMap;
use std::sync::Arc;

use super::board::{Board, BoardRow};
use super::filter::{Filter, Mine};
use super::lines::{self, Line};
use crate::domain::{ClockState, Group, Severity, SourceName, TicketKey};

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Nothing: the list is empty.
    Nothing,
    /// A ticket.
    Ticket(TicketKey),
    /// What is folded.
    Fold(Fold),
}

/// What can be folded to one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fold {
    /// The tickets of a group that may wait.
    Group(Group),
    /// The many unassessed tickets of one source.
    Unassessed(SourceName),
}

/// A ticket that left the list while the cursor was on it; its row stays until the cursor moves.
#[derive(Debug, Clone)]
pub struct Gone {
    /// As it was last seen.
    pub row: BoardRow,
    /// Why it left.
    pub why: String,
    /// The line it stood on.
    pub line: usize,
}

/// The listed tickets of one group, as places in the board, in its order.
#[derive(Debug)]
pub(super) struct Listed {
    pub group: Group,
    /// All of them.
    pub rows: Vec<usize>,
    /// Those that may fold away.
    pub foldable: Vec<usize>,
}

/// More unassessed tickets of one source than this fold to one line.
pub(super) const MOST_UNASSESSED: usize = 20;

/// What is listed of the board.
#[derive(Debug)]
pub struct List {
    board: Arc<Board>,
    groups: Vec<Listed>,
    /// The sources with too many unassessed tickets to list.
    unassessed: HashMap<SourceName, usize>,
    /// Decide and unanswered tickets that the filter hides.
    hidden_untaken: usize,
    filter: Filter,
    cursor: Cursor,
    /// The place in the board of the ticket under the cursor.
    cursor_row: Option<usize>,
    gone: Option<Gone>,
    /// What the user unfolded (`true`) or folded.
    folds: HashMap<Fold, bool>,
    top: usize,
}

impl List {
    /// All of a board.
    #[must_use]
    pub fn new(board: Arc<Board>) -> Self {
        let mut list = Self {
            board,
            groups: Vec::new(),
            unassessed: HashMap::new(),
            hidden_untaken: 0,
            filter: Filter::default(),
            cursor: Cursor::Nothing,
            cursor_row: None,
            gone: None,
            folds: HashMap::new(),
            top: 0,
        };
        list.arrange(&Mine::default());
        list
    }

    /// The board that is listed; while keys are pressed it may be an older one.
    #[must_use]
    pub const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// The filter; empty lists everything.
    #[must_use]
    pub fn filter(&self) -> &str {
        self.filter.text()
    }

    /// How many decide and unanswered tickets the filter hides.
    #[must_use]
    pub const fn hidden_untaken(&self) -> usize {
        self.hidden_untaken
    }

    /// What the cursor is on.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The ticket under the cursor, if it is still in the list.
    #[must_use]
    pub fn selected(&self) -> Option<&BoardRow> {
        self.cursor_row.map(|place| &self.board.rows[place])
    }

    /// The ticket that left the list while the cursor was on it.
    #[must_use]
    pub const fn gone(&self) -> Option<&Gone> {
        self.gone.as_ref()
    }

    /// The first line shown.
    pub(super) const fn top(&self) -> usize {
        self.top
    }

    pub(super) fn groups(&self) -> &[Listed] {
        &self.groups
    }

    /// Whether the user unfolded (`true`) or folded something; `None` leaves it to the room there is.
    pub(super) fn fold(&self, fold: &Fold) -> Option<bool> {
        self.folds.get(fold).copied()
    }

    /// How many unassessed tickets of a source fold to one line.
    pub(super) fn folded_unassessed(&self, source: &SourceName) -> Option<usize> {
        self.unassessed.get(source).copied().filter(|_| self.fold(&Fold::Unassessed(source.clone())) != Some(true))
    }

    pub(super) const fn cursor_row(&self) -> Option<usize> {
        self.cursor_row
    }

    /// Lets go of the board, for a newer one to be shown; returns the row under the cursor.
    pub(super) fn release(&mut self) -> Option<BoardRow> {
        let row = self.selected().cloned();
        self.cursor_row = None;
        self.groups.clear();
        self.board = Arc::default();
        row
    }

    /// Takes in a newer board after [`Self::release`], which returned `before`. `line` is where the cursor's row was; it
    /// stays there if the ticket is gone.
    pub(super) fn show(&mut self, board: Arc<Board>, mine: &Mine, before: Option<BoardRow>, line: usize) {
        self.board = board;
        self.arrange(mine);
        if self.cursor_row.is_some() {
            self.gone = None;
        } else if let (Some(row), Cursor::Ticket(key)) = (before, &self.cursor) {
            let why = self.why_gone(&self.board, key);
            self.gone = Some(Gone { row, why, line });
        }
        if self.cursor == Cursor::Nothing {
            self.put_first();
        }
    }

    /// Lists only what passes the filter.
    pub(super) fn set_filter(&mut self, filter: &str, mine: &Mine) {
        self.filter = Filter::parse(filter);
        self.gone = None;
        self.arrange(mine);
        if self.cursor_row.is_none() && !matches!(self.cursor, Cursor::Fold(_)) {
            self.put_first();
        }
    }

    /// Puts the cursor on what is folded; a row that only stayed for it goes.
    pub(super) fn put_on_fold(&mut self, fold: Fold) {
        self.gone = None;
        self.cursor = Cursor::Fold(fold);
        self.cursor_row = None;
    }

    /// Puts the cursor on a ticket by its place in the board; a row that only stayed for it goes.
    pub(super) fn put_on_ticket(&mut self, place: usize) {
        self.gone = None;
        self.cursor = Cursor::Ticket(self.board.rows[place].ticket.id.clone());
        self.cursor_row = Some(place);
    }

    /// The tickets of a fold that may fold away.
    pub(super) fn foldable(&self, fold: &Fold) -> &[usize] {
        let of = |group| self.groups.iter().find(|listed| listed.group == group).map_or(&[][..], |listed| &listed.foldable);
        match fold {
            Fold::Group(group) => of(*group),
            Fold::Unassessed(_) => &[],
        }
    }

    /// The first ticket that may fold away with a fold.
    pub(super) fn first_of(&self, fold: &Fold) -> Option<usize> {
        let Fold::Unassessed(source) = fold else { return self.foldable(fold).first().copied() };
        let decide = self.groups.iter().find(|listed| listed.group == Group::Decide)?;
        let many = self.unassessed.contains_key(source);
        decide.rows.iter().copied().find(|place| {
            let row = &self.board.rows[*place];
            many && row.ticket.id.source == *source && is_unassessed(row)
        })
    }

    /// Unfolds what is folded, and folds what is not.
    pub(super) fn toggle(&mut self, fold: Fold, folded: bool) {
        self.folds.insert(fold, folded);
    }

    /// Scrolls.
    pub(super) const fn scroll_to(&mut self, top: usize) {
        self.top = top;
    }

    /// Puts the cursor on the first ticket.
    pub(super) fn put_first(&mut self) {
        if let Some(place) = self.groups.iter().flat_map(|listed| &listed.rows).next() {
            self.put_on_ticket(*place);
        } else {
            (self.cursor, self.cursor_row, self.gone) = (Cursor::Nothing, None, None);
        }
    }

    /// Why a ticket is not in the list any more, by what is on the board of now.
    pub(super) fn why_gone(&self, board: &Board, key: &TicketKey) -> String {
        if board.rows.iter().any(|row| row.ticket.id == *key) {
            return format!("gone: it no longer passes '{}'", self.filter.text());
        }
        let resolved = board.resolved.iter().find(|row| row.ticket.id == *key);
        match resolved.map(|row| row.ticket.assignee.as_ref()) {
            Some(Some(who)) => format!("gone: resolved by {who}"),
            Some(None) => "gone: resolved".to_owned(),
            None => format!("gone: {} no longer lists it", key.source),
        }
    }

    /// Which rows are listed, group by group, and where the cursor's is among them.
    fn arrange(&mut self, mine: &Mine) {
        self.hidden_untaken = 0;
        self.groups.clear();
        self.unassessed.clear();
        for (place, row) in self.board.rows.iter().enumerate() {
            let group = row.verdict.group;
            if !self.filter.passes(row, mine) {
                self.hidden_untaken += usize::from(matches!(group, Group::Decide | Group::Unanswered));
                continue;
            }
            if is_unassessed(row) {
                *self.unassessed.entry(row.ticket.id.source.clone()).or_default() += 1;
            }
            if self.groups.last().is_none_or(|last| last.group != group) {
                self.groups.push(Listed { group, rows: Vec::new(), foldable: Vec::new() });
            }
            if let Some(listed) = self.groups.last_mut() {
                listed.rows.push(place);
                listed.foldable.extend(may_fold(row).then_some(place));
            }
        }
        self.unassessed.retain(|_, count| *count > MOST_UNASSESSED);
        self.cursor_row = self.find_cursor();
    }

    fn find_cursor(&self) -> Option<usize> {
        let Cursor::Ticket(key) = &self.cursor else { return None };
        self.groups.iter().flat_map(|listed| &listed.rows).copied().find(|place| self.board.rows[*place].ticket.id == *key)
    }

    /// The line the cursor is on.
    pub(super) fn cursor_line(&self, lines: &[Line]) -> Option<usize> {
        lines.iter().position(|line| match (line, &self.cursor) {
            (Line::Ticket(place), Cursor::Ticket(_)) => Some(*place) == self.cursor_row,
            (Line::Gone, Cursor::Ticket(_)) => true,
            (line, Cursor::Fold(fold)) => lines::fold_of(line).as_ref() == Some(fold),
            _ => false,
        })
    }
}

/// Whether nobody has assessed a ticket that an agreement covers.
pub(super) fn is_unassessed(row: &BoardRow) -> bool {
    row.verdict.group == Group::Decide && row.verdict.assumed_severity.is_some()
}

/// Whether a ticket may fold away when there is no room: never one that is to be decided, unanswered, high, late or at risk.
fn may_fold(row: &BoardRow) -> bool {
    let waits = match row.verdict.group {
        Group::Decide | Group::Unanswered => false,
        Group::InHand | Group::Held | Group::OnClient => row.severity().is_some_and(|severity| severity > Severity::S2),
        Group::Outside => return true,
    };
    waits && !row.is_breached() && row.verdict.response.as_ref().is_none_or(|clock| clock.state != ClockState::AtRisk)
}
