//! What the records tell of the time before a handover.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{DeedKind, Gap, SafeText, SourceName, TicketKey};

/// Where no handover is known, one tells of so much time.
const A_DAY: TimeDelta = TimeDelta::hours(24);

/// What came before a handover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Since when it is told.
    pub since: DateTime<Utc>,
    /// Why since then.
    pub from: Since,
    /// What was done since, the oldest first.
    pub deeds: Vec<PastDeed>,
    /// What was done, and its source has still to be told of.
    pub unsent: Vec<(TicketKey, DeedKind)>,
    /// When nobody knew how a source stood.
    pub gaps: Vec<Gap>,
    /// The sources of which nothing was ever kept: when nobody knew how they stood is not known.
    pub never_kept: Vec<SourceName>,
    /// What calendars end soon, in words.
    pub calendars: Vec<String>,
    /// Why the records tell nothing.
    pub unknown: Option<SafeText>,
}

/// Why a handover tells of the time since an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// The queue was handed over then, by this person.
    Handover(SafeText),
    /// It was asked for.
    Asked,
    /// No handover is known: it is a day before.
    Day,
}

impl Since {
    /// Since when to tell: as was asked for, else since the last handover, else for a day.
    #[must_use]
    pub fn choose(asked: Option<DateTime<Utc>>, last: Option<(DateTime<Utc>, SafeText)>, now: DateTime<Utc>) -> (DateTime<Utc>, Self) {
        match (asked, last) {
            (Some(at), _) => (at, Self::Asked),
            (None, Some((at, who))) => (at, Self::Handover(who)),
            (None, None) => (now - A_DAY, Self::Day),
        }
    }
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastDeed {
    /// When its end was known.
    pub at: DateTime<Utc>,
    /// To which ticket.
    pub key: TicketKey,
    /// What.
    pub kind: DeedKind,
    /// What was set.
    pub value: Option<SafeText>,
    /// By whom.
    pub who: SafeText,
    /// What became of it.
    pub outcome: PastOutcome,
}

/// What became of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastOutcome {
    /// It is done.
    Done,
    /// The source refused it.
    Refused,
    /// Nobody knows.
    Unknown,
}
