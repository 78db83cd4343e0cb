//! A verdict in the contract's own words, step by step.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::agreement::Agreements;
use super::ticket::Ticket;

/// One step of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about: `Submitted`, `Cover`, `Held until`, `Clock`, `Due`, `Billing` …
    pub what: &'static str,
    /// The instant in the agreement's zone, and the engineer's beside it where it differs; empty without an instant.
    #[serde(skip)]
    pub when: String,
    /// In words.
    pub text: String,
    /// The instant, where there is one.
    #[serde(serialize_with = "super::instant::serialize_option")]
    pub at: Option<DateTime<Utc>>,
    /// The clause of the contract.
    pub clause: Option<String>,
    /// The file of the configuration.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// Explains the verdict on a ticket at `t`; `engineer` is the zone of the one who reads it.
#[must_use]
pub fn explain(_ticket: &Ticket, _agreements: &Agreements, _t: DateTime<Utc>, _engineer: Tz) -> Vec<Step> {
    todo!()
}
