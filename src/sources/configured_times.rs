//! Times as the configuration says that a server writes them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::configured_settings::TimeForm;
use super::expression::text;
use crate::domain::instant::rfc3339;
use crate::domain::instant_of_local;

impl TimeForm {
    /// The instant of a value, in whole seconds.
    pub(super) fn read(&self, value: &Value, zone: Option<Tz>) -> Option<DateTime<Utc>> {
        let text = text(value)?;
        let text = text.trim();
        let local = |at: NaiveDateTime| zone.map(|zone| instant_of_local(zone, at.trunc_subsecs(0)));
        // a part of a second is no matter
        let whole = || text.split('.').next().unwrap_or(text).parse::<i64>().ok();
        let at = match self {
            Self::Rfc3339 => DateTime::parse_from_rfc3339(text)
                // without a colon in the offset
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
                .map(|at| at.to_utc())
                .ok()
                .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().and_then(local)),
            Self::Epoch => whole().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            Self::EpochMs => whole().and_then(DateTime::from_timestamp_millis),
            Self::Pattern(pattern) => DateTime::parse_from_str(text, pattern)
                .map(|at| at.to_utc())
                .ok()
                .or_else(|| NaiveDateTime::parse_from_str(text, pattern).ok().and_then(local))
                .or_else(|| NaiveDate::parse_from_str(text, pattern).ok().and_then(|day| local(day.and_time(NaiveTime::MIN)))),
        };
        at.map(|at| at.trunc_subsecs(0))
    }

    /// An instant as the server writes it.
    pub(super) fn write(&self, at: DateTime<Utc>, zone: Option<Tz>) -> Value {
        match self {
            Self::Rfc3339 => rfc3339(at).into(),
            Self::Epoch => at.timestamp().into(),
            Self::EpochMs => at.timestamp_millis().into(),
            Self::Pattern(pattern) => at.with_timezone(&zone.unwrap_or(Tz::UTC)).format(pattern).to_string().into(),
        }
    }
}
