//! What became of a change that a server was asked for, before it is read back.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;

use super::answer::Answer;
use super::http::NoAnswer;
use crate::domain::{Fault, FaultKind, SafeText};

/// So far apart two clocks may be whose difference is not known.
const CLOCKS: TimeDelta = TimeDelta::minutes(2);

/// Whether what a server dates `at` can be of a deed that was first asked for at `earlier`; its clock is so far `ahead` of ours.
pub(super) fn may_be_of(earlier: DateTime<Utc>, at: Option<DateTime<Utc>>, ahead: Option<TimeDelta>) -> bool {
    at.is_none_or(|at| at >= earlier + ahead.unwrap_or_default() - CLOCKS)
}

/// What a server made of a change.
pub(super) enum Sent {
    /// It says that it did it.
    Done(Answer),
    /// It did not.
    Refused {
        /// What it answered.
        status: StatusCode,
        /// Why, in its own words.
        words: SafeText,
    },
    /// It may have done it all the same.
    Doubtful(Fault),
}

impl Sent {
    /// What an answer says; `words` finds the server's own words in it.
    ///
    /// # Errors
    /// Not asked at all, or by somebody who may not ask.
    pub fn of(answer: Result<Answer, NoAnswer>, words: impl Fn(&Answer) -> SafeText) -> Result<Self, Fault> {
        match answer {
            Ok(answer) => match answer.success() {
                Ok(()) => Ok(Self::Done(answer)),
                Err(fault) if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::Forbidden | FaultKind::RateLimited) => Err(fault),
                Err(_) if answer.status.is_client_error() => Ok(Self::Refused { status: answer.status, words: words(&answer) }),
                Err(fault) => Ok(Self::Doubtful(fault)),
            },
            Err(no) if no.may_have_arrived => Ok(Self::Doubtful(no.fault)),
            Err(no) => Err(no.fault),
        }
    }
}
