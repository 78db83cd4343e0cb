//! How an acknowledgement, or another deed, stands on the board. Nothing is called confirmed before its source was read again.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::words;
use crate::domain::{DeedKind, Outcome, SafeText};

/// After how long it is worth an alarm that the source has not been told.
const LATE: TimeDelta = TimeDelta::seconds(60);

/// How an acknowledgement, or another deed, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// Asked for, but not on the disk yet: nothing is shown of it.
    Writing,
    /// Written down; it is sent at this instant, and can be undone until then.
    Held {
        /// When it is sent.
        until: DateTime<Utc>,
    },
    /// On its way.
    Sending {
        /// The other process that sends it, if it is not this one.
        by: Option<SafeText>,
        /// When it was asked for.
        asked_at: DateTime<Utc>,
    },
    /// It was tried, and is tried again until the source answers.
    Waiting {
        /// Why it is not over.
        reason: SafeText,
        /// When it was asked for.
        asked_at: DateTime<Utc>,
    },
    /// It came to an end.
    Ended {
        /// What became of it.
        outcome: Outcome,
        /// When that was known here.
        at: DateTime<Utc>,
    },
}

impl Ack {
    /// It came to nothing, or nobody knows to what.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Ended { outcome: Outcome::Refused { .. } | Outcome::Unknown { .. }, .. })
    }

    /// When it came to its end.
    pub(super) const fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Ended { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// Whether the source has still to be told.
    pub(super) const fn is_unsent(&self) -> bool {
        !matches!(self, Self::Ended { .. })
    }

    /// From when on it is worth an alarm that the source has not been told: it failed, or it takes too long.
    pub(super) fn late_from(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Waiting { asked_at, .. } | Self::Sending { asked_at, .. } => Some(*asked_at + LATE),
            _ => None,
        }
    }

    /// When it was known that the ticket is taken.
    pub(super) fn settled_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Ended { outcome: Outcome::Confirmed { .. } | Outcome::Already { .. } | Outcome::Here { .. }, at } => Some(*at),
            _ => None,
        }
    }

    /// In a word or two, for a row; `undo` is the key that undoes.
    #[must_use]
    pub fn short(&self, undo: &str) -> String {
        let outcome = match self {
            Self::Writing => return String::new(),
            Self::Held { .. } => return format!("{undo} undoes"),
            Self::Sending { by: None, .. } => return "sending".to_owned(),
            Self::Sending { by: Some(by), .. } => return format!("sent by {by}"),
            Self::Waiting { .. } => return "unsent".to_owned(),
            Self::Ended { outcome, .. } => outcome,
        };
        match outcome {
            Outcome::Confirmed { .. } => "confirmed".to_owned(),
            Outcome::Here { .. } => "taken here".to_owned(),
            Outcome::Already { by: Some(by), .. } => format!("already: {by}"),
            Outcome::Already { by: None, .. } => "already taken".to_owned(),
            Outcome::Refused { .. } => "refused".to_owned(),
            Outcome::Unknown { .. } => "not known".to_owned(),
        }
    }

    /// In full, for any deed.
    #[must_use]
    pub fn words_of(&self, deed: DeedKind, zone: Tz, now: DateTime<Utc>) -> String {
        let done = deed.done();
        match self {
            Self::Ended { outcome: Outcome::Confirmed { .. }, .. } if deed != DeedKind::Acknowledge => {
                format!("{done}, confirmed by the source")
            }
            Self::Ended { outcome: Outcome::Here { .. }, .. } if deed != DeedKind::Acknowledge => {
                format!("{done} here: its source cannot be told")
            }
            Self::Ended { outcome: Outcome::Already { .. }, .. } if deed != DeedKind::Acknowledge => format!("{done} already"),
            Self::Ended { outcome: Outcome::Unknown { reason }, .. } if deed != DeedKind::Acknowledge => {
                format!("not known whether {done}: {reason}")
            }
            _ => self.words(zone, now),
        }
    }

    /// In full, on the clock of `zone`.
    #[must_use]
    pub fn words(&self, zone: Tz, now: DateTime<Utc>) -> String {
        let by = |by: &Option<SafeText>| by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let outcome = match self {
            Self::Writing => return "being written down".to_owned(),
            Self::Held { until } => return format!("sent in {}, unless it is undone", words::length((*until - now).num_seconds().max(0))),
            Self::Sending { by: None, .. } => return "sending: the source has not said yet".to_owned(),
            Self::Sending { by: Some(by), .. } => return format!("sent by another holdover, process {by}"),
            Self::Waiting { reason, .. } => return format!("not sent yet, and tried again: {reason}"),
            Self::Ended { outcome, .. } => outcome,
        };
        match outcome {
            Outcome::Confirmed { by: who, .. } => format!("acknowledged{}, confirmed by the source", by(who)),
            Outcome::Here { by: who, .. } => format!("acknowledged here by {who}: its source cannot be told"),
            Outcome::Already { by: who, at } => {
                let at = at.map_or_else(String::new, |at| format!(" {}", words::column(zone, at, now)));
                format!("already acknowledged{}{at}", by(who))
            }
            Outcome::Refused { reason } => format!("refused: {reason}"),
            Outcome::Unknown { reason } => format!("not known whether it is acknowledged: {reason}"),
        }
    }
}
