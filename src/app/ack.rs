//! How an acknowledgement stands on the board. Nothing is called confirmed before its source was read again.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::words;
use crate::domain::{AckOutcome, SafeText};

/// How an acknowledgement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// On its way.
    Sending,
    /// It came to an end.
    Ended {
        /// What became of it.
        outcome: AckOutcome,
        /// When that was known here.
        at: DateTime<Utc>,
    },
}

impl Ack {
    /// It came to nothing, or nobody knows to what.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Ended { outcome: AckOutcome::Refused { .. } | AckOutcome::Unknown { .. }, .. })
    }

    /// When it came to its end.
    pub(super) const fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Sending => None,
            Self::Ended { at, .. } => Some(*at),
        }
    }

    /// When it was known that the ticket is taken.
    pub(super) fn settled_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Ended { outcome: AckOutcome::Confirmed { .. } | AckOutcome::Already { .. }, at } => Some(*at),
            _ => None,
        }
    }

    /// In a word or two, for a row.
    #[must_use]
    pub fn short(&self) -> String {
        let outcome = match self {
            Self::Sending => return "sending".to_owned(),
            Self::Ended { outcome, .. } => outcome,
        };
        match outcome {
            AckOutcome::Confirmed { .. } => "confirmed".to_owned(),
            AckOutcome::Already { by: Some(by), .. } => format!("already: {by}"),
            AckOutcome::Already { by: None, .. } => "already taken".to_owned(),
            AckOutcome::Refused { .. } => "refused".to_owned(),
            AckOutcome::Unknown { .. } => "not known".to_owned(),
        }
    }

    /// In full, on the clock of `zone`.
    #[must_use]
    pub fn words(&self, zone: Tz, now: DateTime<Utc>) -> String {
        let by = |by: &Option<SafeText>| by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let outcome = match self {
            Self::Sending => return "sending: the source has not said yet".to_owned(),
            Self::Ended { outcome, .. } => outcome,
        };
        match outcome {
            AckOutcome::Confirmed { by: who, .. } => format!("acknowledged{}, confirmed by the source", by(who)),
            AckOutcome::Already { by: who, at } => {
                let at = at.map_or_else(String::new, |at| format!(" {}", words::column(zone, at, now)));
                format!("already acknowledged{}{at}", by(who))
            }
            AckOutcome::Refused { reason } => format!("refused: {reason}"),
            AckOutcome::Unknown { reason } => format!("not known whether it is acknowledged: {reason}"),
        }
    }
}
