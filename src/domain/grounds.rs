//! On what an answer was given: the verdict of that instant and the text it rests on, as the evidence keeps it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::agreement::Agreements;
use super::cover::clause;
use super::safe_text::SafeText;
use super::severity::Severity;
use super::ticket::Ticket;
use super::verdict::{ClockState, Group, Obligation, judge};

/// On what an answer was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// Where the ticket stood on the board.
    pub group: Group,
    /// What the agreement obliged to.
    pub obligation: Obligation,
    /// Its severity; `None` is unassessed.
    pub severity: Option<Severity>,
    /// What an unassessed ticket was judged as.
    pub assumed_severity: Option<Severity>,
    /// The window of the instant.
    pub window: Option<SafeText>,
    /// The agreement by name; `None` where none matched.
    pub agreement: Option<SafeText>,
    /// What the agreement said then: the SHA-256 of its settings, in hexadecimal.
    pub agreement_hash: Option<SafeText>,
    /// The clause of the contract that the verdict rests on, where the configuration names one.
    pub clause: Option<SafeText>,
    /// How the response clock stood.
    pub response: Option<ClockState>,
    /// When the answer was due.
    pub due: Option<DateTime<Utc>>,
}

impl Grounds {
    /// The grounds for answering a ticket at an instant.
    #[must_use]
    pub fn of(ticket: &Ticket, agreements: &Agreements, at: DateTime<Utc>) -> Self {
        let verdict = judge(ticket, agreements, at);
        Self {
            group: verdict.group,
            obligation: verdict.obligation,
            severity: ticket.severity,
            assumed_severity: verdict.assumed_severity,
            agreement: verdict.agreement.as_ref().map(|agreement| agreement.name.clone()),
            agreement_hash: verdict.agreement.as_ref().map(|agreement| agreement.text_hash.clone()),
            clause: clause(ticket, agreements, at),
            response: verdict.response.as_ref().map(|clock| clock.state),
            due: verdict.response.and_then(|clock| clock.due),
            window: verdict.window,
        }
    }
}
