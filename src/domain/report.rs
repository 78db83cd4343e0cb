//! What a source can tell us: a pass over its tickets, or a fault.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::safe_text::SafeText;
use super::ticket::{SourceName, Ticket};

/// The answer of one poll.
#[derive(Debug, Clone)]
pub struct PollReport {
    /// Who was asked.
    pub source: SourceName,
    /// When the poll began; what was acknowledged after that is not undone by it.
    pub began_at: DateTime<Utc>,
    /// When the answer was whole.
    pub ended_at: DateTime<Utc>,
    /// The tickets, or why there are none.
    pub outcome: Result<Pass, Fault>,
}

/// One pass over the open tickets of a source.
#[derive(Debug, Clone, Default)]
pub struct Pass {
    /// The tickets.
    pub tickets: Vec<Arc<Ticket>>,
    /// Whether these are all; only a complete pass may mark a ticket as gone.
    pub complete: bool,
    /// How many there are by the source's own count.
    pub total: Option<u64>,
    /// What the engineer should know of the pass, such as a half-written file; the last good list stays.
    pub warning: Option<SafeText>,
    /// How far the source's clock is ahead of ours, behind where negative, where that can be told.
    pub clock_ahead: Option<TimeDelta>,
    /// Where another process asked the source: what the records tell of that.
    pub recorded: Option<Recorded>,
}

/// What the records tell of a pass that another process made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it was whole.
    pub ended_at: DateTime<Utc>,
    /// When the last complete one ended.
    pub complete_at: Option<DateTime<Utc>>,
    /// What went wrong when the source was asked since.
    pub fault: Option<Fault>,
    /// The process that asks it, where one does.
    pub by: Option<SafeText>,
}

/// Why a source did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind, for deciding what to do next.
    pub kind: FaultKind,
    /// What – why – what to do, without secrets.
    pub text: SafeText,
    /// How long the source wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A fault of which the source does not say how long it wants to be left alone.
    #[must_use]
    pub fn new(kind: FaultKind, text: &str) -> Self {
        Self { kind, text: SafeText::line(text), retry_after: None }
    }
}

/// Kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum FaultKind {
    /// No answer: refused, timed out, no such host, no such file.
    Unreachable,
    /// The credentials are missing or wrong.
    NotSignedIn,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// Too many requests.
    RateLimited,
    /// The server failed (5xx).
    ServerError,
    /// The answer is not what the source speaks: HTML, broken JSON, a redirect, over a cap.
    Unintelligible,
    /// The one ticket that was asked for is not there any more, or not shown to us.
    Gone,
    /// The source cannot do this at all.
    Unsupported,
    /// Asking broke off in the program itself.
    Internal,
}

impl FaultKind {
    /// A few words for the board, `not signed in`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "no answer",
            Self::NotSignedIn => "not signed in",
            Self::Forbidden => "not allowed",
            Self::RateLimited => "429",
            Self::ServerError => "server error",
            Self::Unintelligible => "not understood",
            Self::Gone => "gone",
            Self::Unsupported => "cannot",
            Self::Internal => "failed inside",
        }
    }
}

/// Who we are to a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name the source knows us by.
    pub name: SafeText,
    /// What we may not do there, as far as the source tells, each in a few words.
    pub may_not: Vec<SafeText>,
}

/// A stretch between two complete passes of a source that is longer than it may be before the source counts as blind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The source.
    pub source: SourceName,
    /// When the complete pass before ended.
    pub began_at: DateTime<Utc>,
    /// When the one after did; `None` where there was none yet.
    pub ended_at: Option<DateTime<Utc>>,
    /// What went wrong last; `None` where nothing did: nobody asked.
    pub reason: Option<SafeText>,
}
