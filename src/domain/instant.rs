//! Instants: whole seconds, written as RFC 3339 in UTC with `Z`.

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Timelike, Utc};
use serde::{Serialize, Serializer};

/// Cuts an instant to whole seconds.
#[must_use]
pub fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

/// The instant of Unix seconds; beyond chrono's calendar the epoch, which no caller reaches.
#[must_use]
pub fn from_seconds(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

/// An instant as the JSON contract writes it.
#[must_use]
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// For `#[serde(serialize_with)]` on an instant.
///
/// # Errors
/// Only the serializer's own.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = digits(*at);
    match std::str::from_utf8(&text) {
        Ok(text) if (0..=9999).contains(&at.year()) => serializer.serialize_str(text),
        _ => serializer.serialize_str(&rfc3339(*at)),
    }
}

/// `2026-12-25T02:14:00Z`, for the years 0 to 9999. A board of 100,000 tickets writes half a million of these, and
/// chrono's general formatter would be a tenth of the whole run.
fn digits(at: DateTime<Utc>) -> [u8; 20] {
    let mut text = *b"0000-00-00T00:00:00Z";
    let year = at.year().unsigned_abs();
    let parts = [(3, year), (1, year / 100), (6, at.month()), (9, at.day()), (12, at.hour()), (15, at.minute()), (18, at.second())];
    for (place, value) in parts {
        let value = u8::try_from(value % 100).unwrap_or_default();
        text[place - 1] += value / 10;
        text[place] += value % 10;
    }
    text
}

/// For `#[serde(serialize_with)]` on an instant that may be missing.
///
/// # Errors
/// Only the serializer's own.
pub fn serialize_option<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serialize(at, serializer),
        None => None::<()>.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_chrono_writes_it() {
        for seconds in [-62_135_596_800, -1, 0, 1_798_164_840, 951_782_399, 4_102_444_799, 253_402_300_799] {
            let at = from_seconds(seconds);
            assert_eq!(std::str::from_utf8(&digits(at)), Ok(rfc3339(at).as_str()));
        }
    }
}
