//! Ticket + agreements + instant → what the agreement obliges. Pure: no clock, no I/O.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::agreement::{Agreement, Agreements};
use super::billing;
use super::case::{self, Case};
use super::changes;
use super::clock::NEVER;
use super::instant::from_seconds;
use super::notes;
use super::safe_text::SafeText;
use super::severity::Severity;
use super::ticket::{Status, Ticket};

/// What the agreement obliges the engineer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::EnumIter)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter)]
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
    /// Seconds of the same measure until it is at risk; `None` unless it is running and can come to be.
    pub at_risk_in: Option<i64>,
}

/// Who pays for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
    /// Why nobody can tell what is obliged: the entry cannot be read, or no agreement covers it.
    pub undecided: Option<String>,
    /// What the engineer should know of how the verdict came about.
    pub notes: Vec<String>,
    /// The ticket has been taken by somebody at this instant.
    pub acknowledged: bool,
    /// The first instant after this one at which the verdict may differ by itself (not
    /// counting what counts down, and the due of a resolution clock that stands on the client);
    /// `None` is never.
    pub changes_at: Option<DateTime<Utc>>,
}

/// What the agreements oblige for a ticket at the instant `t`, cut to whole seconds.
#[must_use]
pub fn judge(ticket: &Ticket, agreements: &Agreements, t: DateTime<Utc>) -> Verdict {
    let t = case::judged_instant(t);
    let notes: Vec<String> = ticket.notes.iter().map(ToString::to_string).collect();
    if let Some(reason) = &ticket.unreadable {
        return undecided(ticket, t, "the entry cannot be read", format!("unreadable: {reason}"), notes);
    }
    let submitted = case::submission(ticket, t);
    match agreements.find(ticket, from_seconds(submitted)) {
        Ok(agreement) => decided(&Case::new(ticket, agreement, t), notes),
        Err(reason) => undecided(ticket, t, "no agreement", reason.to_string(), notes),
    }
}

/// The verdict on a ticket that no agreement covers, or that cannot be read.
fn undecided(ticket: &Ticket, t: i64, unbilled: &str, reason: String, mut notes: Vec<String>) -> Verdict {
    notes.push(reason.clone());
    Verdict {
        agreement: None,
        group: Group::Decide,
        obligation: Obligation::Decide,
        severity: ticket.severity,
        assumed_severity: None,
        window: None,
        held_until: None,
        response: None,
        resolve: None,
        update: None,
        billing: Billing { verdict: Bill::Unknown, now: Bill::Unknown, reason: unbilled.to_owned() },
        undecided: Some(reason),
        notes,
        acknowledged: ticket.status == Status::Acknowledged || ticket.acknowledged_at.is_some_and(|at| at.timestamp() <= t),
        changes_at: changes::of_ticket(ticket, t).map(from_seconds),
    }
}

fn decided(case: &Case, mut notes: Vec<String>) -> Verdict {
    let agreement = case.agreement;
    let obligation = case.obligation();
    let group = match obligation {
        Obligation::Decide => Group::Decide,
        Obligation::Now if case.answered.is_some() => Group::InHand,
        Obligation::Now => Group::Unanswered,
        Obligation::Held => Group::Held,
        Obligation::OnClient => Group::OnClient,
        Obligation::Outside => Group::Outside,
    };
    let held_until = (obligation == Obligation::Held).then(|| case.released());
    let response = case.response_clock();
    let resolve = case.resolve_clock();
    let update = case.update_clock();
    notes::push(case, held_until, response.as_ref(), &mut notes);
    let here = agreement.calendar.stretch_at(case.t);
    let window = agreement.calendar.layers_of(here.layers)[0];
    Verdict {
        agreement: Some(Arc::clone(agreement)),
        group,
        obligation,
        severity: case.now.judged_at,
        assumed_severity: if case.unassessed() { case.now.judged_at } else { None },
        window: Some(agreement.calendar.window_name(window).clone()),
        held_until: held_until.filter(|at| *at != NEVER).map(from_seconds),
        billing: billing::bill(case),
        undecided: None,
        notes,
        acknowledged: case.acknowledged.is_some(),
        changes_at: changes::of_case(case, here.end, [response.as_ref(), resolve.as_ref(), update.as_ref()]).map(from_seconds),
        response,
        resolve,
        update,
    }
}
