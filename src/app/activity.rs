//! What happened: what was done here, as the records tell it, and what was said above the footer.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::model::Notice;
use crate::domain::{DeedKind, Gap, Outcome, SafeText, TicketKey};

/// What the records tell of what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Since when it is told.
    pub since: DateTime<Utc>,
    /// What was done since, in any order.
    pub deeds: Vec<ActivityDeed>,
    /// What was done, and its source has still to be told of: when, to which ticket, what, by whom.
    pub unsent: Vec<(DateTime<Utc>, TicketKey, DeedKind, SafeText)>,
    /// When nobody knew how a source stood.
    pub gaps: Vec<Gap>,
    /// Why the records tell nothing.
    pub unknown: Option<SafeText>,
}

/// Something that was done, or tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityDeed {
    /// When its end was known.
    pub at: DateTime<Utc>,
    /// To which ticket.
    pub key: TicketKey,
    /// What.
    pub kind: DeedKind,
    /// What was set: a severity, a channel.
    pub value: Option<SafeText>,
    /// What was written.
    pub text: Option<SafeText>,
    /// By whom.
    pub who: SafeText,
    /// What became of it.
    pub outcome: Outcome,
}

/// So many notices are kept.
const KEPT: usize = 100;

/// What was said above the footer since the start, of what is worth reading again: what did not go as wanted, and what
/// no key brought about.
#[derive(Debug, Default)]
pub(super) struct Said(VecDeque<(DateTime<Utc>, Notice)>);

impl Said {
    /// Keeps a notice; the oldest gives way.
    pub fn keep(&mut self, at: DateTime<Utc>, notice: Notice) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((at, notice));
    }

    /// The oldest first.
    pub fn all(&self) -> impl Iterator<Item = &(DateTime<Utc>, Notice)> {
        self.0.iter()
    }
}
