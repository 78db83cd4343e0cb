//! Ticket + agreements + instant → what the agreement obliges. Pure: no clock, no I/O.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::agreement::{Agreement, Agreements};
use super::safe_text::SafeText;
use super::severity::Severity;
use super::ticket::Ticket;

/// What the agreement obliges the engineer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obligation {
    /// A person must first settle something.
    Decide,
    /// Handle it now.
    Now,
    /// The contract lets it wait.
    Held,
    /// The client has the next move.
    OnClient,
    /// The agreement never covers it.
    Outside,
}

/// Where a ticket stands on the board, in the order of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::EnumIter)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A person must first settle something.
    Decide,
    /// Obliged now, and not answered.
    Unanswered,
    /// Obliged now, and answered.
    InHand,
    /// Held over.
    Held,
    /// The client has the next move.
    OnClient,
    /// Never covered.
    Outside,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::EnumIter)]
#[serde(rename_all = "kebab-case")]
pub enum ClockState {
    /// It has not started.
    NotStarted,
    /// It runs.
    Running,
    /// It runs, and little is left.
    AtRisk,
    /// It has started and stands outside covered time.
    Paused,
    /// Past due.
    Breached,
    /// Past due for a ticket that nobody has assessed.
    Overdue,
    /// Answered in time.
    Met,
    /// Answered after due.
    MetLate,
}

/// One clock of a ticket at one instant: response, resolution or update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// How it stands.
    pub state: ClockState,
    /// The target as written.
    pub target: Option<SafeText>,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it is used up; `None` is never.
    pub due: Option<DateTime<Utc>>,
    /// Seconds left (covered time, or real time for calendar and elapsed targets); zero or negative once past due;
    /// `None` once met or never due.
    pub remaining_seconds: Option<i64>,
}

/// Who pays for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bill {
    /// Included in the agreement.
    Included,
    /// Charged for.
    Chargeable,
    /// Not known; a gap in the data.
    Unknown,
}

/// The two answers on money, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billing {
    /// How the ticket is billed when handled as obliged.
    pub verdict: Bill,
    /// What work at this instant would be.
    pub now: Bill,
    /// Why, in a few words.
    pub reason: String,
}

/// Everything the agreement says of a ticket at one instant.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The agreement that covers the ticket.
    pub agreement: Option<Arc<Agreement>>,
    /// Place on the board.
    pub group: Group,
    /// What is obliged.
    pub obligation: Obligation,
    /// The severity it is judged at: assessed, or assumed.
    pub severity: Option<Severity>,
    /// What an unassessed ticket is judged as; `None` for an assessed one.
    pub assumed_severity: Option<Severity>,
    /// The name of the window it is now; `None` without an agreement.
    pub window: Option<SafeText>,
    /// When a held ticket is released; `None` where not held, or never.
    pub held_until: Option<DateTime<Utc>>,
    /// The response clock.
    pub response: Option<Clock>,
    /// The resolution clock.
    pub resolve: Option<Clock>,
    /// The update clock.
    pub update: Option<Clock>,
    /// Who pays.
    pub billing: Billing,
    /// What the engineer should know of how the verdict came about.
    pub notes: Vec<String>,
    /// The ticket has been taken by somebody at this instant.
    pub acknowledged: bool,
    /// The first instant after this one at which the verdict may differ by itself (not counting `remaining_seconds`);
    /// `None` is never.
    pub changes_at: Option<DateTime<Utc>>,
}

/// What the agreements oblige for a ticket at the instant `t`.
#[must_use]
pub fn judge(_ticket: &Ticket, _agreements: &Agreements, _t: DateTime<Utc>) -> Verdict {
    todo!()
}
