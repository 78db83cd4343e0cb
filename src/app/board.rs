//! The board: tickets with their verdicts, in the order of the contract.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::counts::{Counted, Counts};
use super::order::Place;
use crate::domain::{Agreements, ClockState, Group, Severity, Status, Ticket, Verdict, judge, map_many};

/// One ticket with its verdict.
#[derive(Debug, Clone)]
pub struct BoardRow {
    /// The ticket.
    pub ticket: Arc<Ticket>,
    /// What is obliged. On a board that has moved on in time, all but what counts down is still right.
    pub verdict: Verdict,
}

impl BoardRow {
    fn new(ticket: Arc<Ticket>, agreements: &Agreements, at: DateTime<Utc>) -> Self {
        Self { verdict: judge(&ticket, agreements, at), ticket }
    }

    /// The severity a person assessed; `None` is unassessed, whatever it is judged as.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        if self.verdict.assumed_severity.is_some() { None } else { self.verdict.severity }
    }

    /// Past due, and nobody has answered.
    #[must_use]
    pub fn is_breached(&self) -> bool {
        self.verdict.response.as_ref().is_some_and(|r| matches!(r.state, ClockState::Breached | ClockState::Overdue))
    }

    /// Whether the verdict may be another by then.
    fn changes_by(&self, at: DateTime<Utc>) -> bool {
        self.verdict.changes_at.is_some_and(|changes| changes <= at)
    }

    /// What of it is counted.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let group = self.verdict.group;
        let at = match group {
            Group::Decide | Group::Unanswered => self.due_to_come(),
            Group::Held => self.verdict.held_until,
            Group::InHand | Group::OnClient | Group::Outside => None,
        };
        Counted { group, breached: self.is_breached(), at }
    }

    /// When the response is due, while that is still to come and nobody has answered.
    fn due_to_come(&self) -> Option<DateTime<Utc>> {
        let response = self.verdict.response.as_ref()?;
        let over = matches!(response.state, ClockState::Breached | ClockState::Overdue | ClockState::Met | ClockState::MetLate);
        if over { None } else { response.due }
    }
}

/// All tickets at one instant, in the order of the contract.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The open tickets in order: group, severity (unassessed first), due, source, key.
    pub rows: Vec<BoardRow>,
    /// The resolved ones in the same order; they are not on the board.
    pub resolved: Vec<BoardRow>,
    /// The first instant at which a verdict changes by itself.
    changes_at: Option<DateTime<Utc>>,
}

impl Board {
    /// Judges every ticket at an instant.
    #[must_use]
    pub fn new(tickets: impl IntoIterator<Item = Arc<Ticket>>, agreements: &Agreements, at: DateTime<Utc>) -> Self {
        let mut board = Self { at, rows: Vec::new(), resolved: Vec::new(), changes_at: None };
        board.renew(tickets, agreements, at);
        board
    }

    /// Takes in the tickets of now. One that is the very same as before, and due for no change, is not judged again.
    pub fn renew(&mut self, tickets: impl IntoIterator<Item = Arc<Ticket>>, agreements: &Agreements, at: DateTime<Utc>) {
        let old = self.rows.drain(..).chain(self.resolved.drain(..)).filter(|row| !row.changes_by(at));
        let mut old: HashMap<*const Ticket, BoardRow> = old.map(|row| (Arc::as_ptr(&row.ticket), row)).collect();
        // pointers first: their number is the size of the much larger rows
        let tickets: Vec<Arc<Ticket>> = tickets.into_iter().collect();
        let mut rows = Vec::with_capacity(tickets.len());
        let mut unjudged = Vec::new();
        for ticket in tickets {
            match old.remove(&Arc::as_ptr(&ticket)) {
                Some(row) => rows.push(row),
                None => unjudged.push(ticket),
            }
        }
        rows.extend(map_many(unjudged, |ticket| BoardRow::new(ticket, agreements, at)));
        self.arrange(rows, at);
    }

    /// Moves on in time: judges again what may differ by then. Whether anything did.
    pub fn advance(&mut self, agreements: &Agreements, at: DateTime<Utc>) -> bool {
        self.at = at;
        if self.changes_at.is_none_or(|changes| changes > at) {
            return false;
        }
        let rows: Vec<BoardRow> = self.rows.drain(..).chain(self.resolved.drain(..)).collect();
        let (changed, mut rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.changes_by(at));
        rows.extend(map_many(changed, |row| BoardRow::new(row.ticket, agreements, at)));
        self.arrange(rows, at);
        true
    }

    /// The first instant at which a verdict changes by itself, not counting what counts down.
    #[must_use]
    pub const fn changes_at(&self) -> Option<DateTime<Utc>> {
        self.changes_at
    }

    fn arrange(&mut self, rows: Vec<BoardRow>, at: DateTime<Utc>) {
        self.at = at;
        self.rows = rows;
        self.resolved = self.rows.extract_if(.., |row| is_resolved(&row.ticket, at)).collect();
        self.rows.sort_by_cached_key(Place::of);
        self.resolved.sort_by_cached_key(Place::of);
        self.changes_at = self.rows.iter().filter_map(|row| row.verdict.changes_at).min();
    }

    /// Counts over the whole queue, whatever is shown of it.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.rows.iter().map(BoardRow::counted))
    }
}

/// What the source calls resolved, unless that is still to come. A ticket that its source calls open stays on the board
/// even where it carries the time of an earlier resolution: a reopened one must not hide.
fn is_resolved(ticket: &Ticket, at: DateTime<Utc>) -> bool {
    ticket.status == Status::Resolved && ticket.resolved_at.is_none_or(|resolved| resolved <= at)
}
