//! Lengths of time and instants in the few words that a row has room for.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{Agreement, SafeText, Severity, TicketKey};

/// A length of time in minutes and hours, in seconds only below two minutes: `45s`, `23m`, `4h`, `1h30m`; what is left
/// over of a minute is dropped, so that nobody is promised time that is not there.
#[must_use]
pub fn length(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        _ if seconds < 120 => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m"),
        (hours, 0) => format!("{sign}{hours}h"),
        (hours, minutes) => format!("{sign}{hours}h{minutes:02}m"),
    }
}

/// How late something is, in minutes and hours: `4m`, `1h30m`, `<1m`. Seconds would tick for nothing.
#[must_use]
pub fn late(seconds: i64) -> String {
    if seconds < 60 {
        "<1m".to_owned()
    } else if seconds < 120 {
        "1m".to_owned()
    } else {
        length(seconds)
    }
}

/// A length of time to be read out: `45 seconds`, `23 minutes`, `1 hour 30 minutes`; cut as [`length`] is.
#[must_use]
pub fn spoken(seconds: i64) -> String {
    let some = |count: i64, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    match (seconds / 3600, seconds / 60 % 60) {
        _ if seconds < 120 => some(seconds, "second").unwrap_or_else(|| "no time".to_owned()),
        (hours, minutes) => some(hours, "hour").into_iter().chain(some(minutes, "minute")).collect::<Vec<_>>().join(" "),
    }
}

/// How late something is, to be read out.
#[must_use]
pub fn spoken_late(seconds: i64) -> String {
    match seconds {
        ..60 => "less than a minute".to_owned(),
        60..120 => "1 minute".to_owned(),
        _ => spoken(seconds),
    }
}

/// How a clock differs from ours: `61s ahead`, `2h behind`.
#[must_use]
pub fn apart(ahead: TimeDelta) -> String {
    format!("{} {}", length(ahead.num_seconds().abs()), if ahead < TimeDelta::zero() { "behind" } else { "ahead" })
}

/// What a ticket is called on one line: by its key, and by its source too where there are `several`.
#[must_use]
pub fn name_of(key: &TicketKey, several: bool) -> SafeText {
    if several { SafeText::line(&format!("{}/{}", key.source, key.key.in_list())) } else { key.key.in_list() }
}

/// The severity that a person assessed: `S1`, or `?`.
#[must_use]
pub fn severity(severity: Option<Severity>) -> String {
    severity.map_or_else(|| "?".to_owned(), |severity| severity.to_string())
}

/// More names in a line nobody reads.
const FEW: usize = 10;

/// The first few names: `A-1, A-2 and 98 more`.
pub fn few(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(FEW);
    let first = names.take(FEW).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// Whole seconds until an instant, as verdicts count them: two labels of one instant never differ by a part of a second.
#[must_use]
pub const fn seconds_until(at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    at.timestamp() - now.timestamp()
}

/// The time on the client's clock, where that shows another: ` (there 22:00 NZDT)`, with the day where that is another too.
#[must_use]
pub fn there(zone: Tz, at: DateTime<Utc>, agreement: &Agreement) -> String {
    let (here, there) = (at.with_timezone(&zone), at.with_timezone(&agreement.calendar.zone()));
    if here.naive_local() == there.naive_local() {
        return String::new();
    }
    let format = if here.date_naive() == there.date_naive() { "%H:%M %Z" } else { "%a %H:%M %Z" };
    format!(" (there {})", there.format(format))
}

/// An instant in at most nine columns: `00:14` today, `Mon 09:00` within six days, else `29 Dec` or `Jan 2027`.
#[must_use]
pub fn column(zone: Tz, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if at.with_timezone(&zone).date_naive() == now.with_timezone(&zone).date_naive() {
        return at.with_timezone(&zone).format("%H:%M").to_string();
    }
    day_column(zone, at, now)
}

/// The same, always with the day: for what is to come some time.
#[must_use]
pub fn day_column(zone: Tz, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    written(zone, at, now, ["%a %H:%M", "%-d %b", "%b %Y"])
}

/// An instant on the reader's clock: `Mon 00:14` within six days of `now`, else `Tue 29 Dec 09:00`, with the year where
/// that is another.
#[must_use]
pub fn moment(zone: Tz, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    written(zone, at, now, ["%a %H:%M", "%a %-d %b %H:%M", "%a %-d %b %Y %H:%M"])
}

/// Writes an instant in the first format within six days of `now`, in the second within its year, else in the third.
fn written(zone: Tz, at: DateTime<Utc>, now: DateTime<Utc>, [near, this_year, other_year]: [&str; 3]) -> String {
    use chrono::Datelike;
    let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone));
    let format = if (at - now).abs() < TimeDelta::days(6) {
        near
    } else if local.year() == today.year() {
        this_year
    } else {
        other_year
    };
    local.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_never_longer_than_the_truth() {
        let said = [0, 1, 119, 120, 179, 3599, 3600, 5400, 3661, 360_000, -61, -240].map(length);
        assert_eq!(said, ["0s", "1s", "119s", "2m", "2m", "59m", "1h", "1h30m", "1h01m", "100h", "-61s", "-4m"]);
    }

    #[test]
    fn lateness_is_never_said_in_seconds() {
        assert_eq!([0, 59, 60, 119, 120, 3600, 5400].map(late), ["<1m", "<1m", "1m", "1m", "2m", "1h", "1h30m"]);
    }

    #[test]
    fn what_is_read_out_is_in_words() {
        let said = [0, 1, 119, 120, 3600, 5400, 3660].map(spoken);
        assert_eq!(said, ["no time", "1 second", "119 seconds", "2 minutes", "1 hour", "1 hour 30 minutes", "1 hour 1 minute"]);
        assert_eq!([0, 60, 240].map(spoken_late), ["less than a minute", "1 minute", "4 minutes"]);
    }

    #[test]
    fn instants_fit_into_a_column() {
        let now = DateTime::from_timestamp(1_798_107_600, 0).unwrap();
        let said =
            [0, 5 * 86_400, 6 * 86_400, -90_000, 30 * 86_400].map(|s| column(chrono_tz::Europe::London, now + TimeDelta::seconds(s), now));
        assert_eq!(said, ["10:20", "Tue 10:20", "30 Dec", "Wed 09:20", "Jan 2027"]);
        assert_eq!(day_column(chrono_tz::Europe::London, now, now), "Thu 10:20");
    }

    #[test]
    fn instants_near_by_need_no_date() {
        let now = DateTime::from_timestamp(1_798_107_600, 0).unwrap();
        let said = [0, 5 * 86_400, 6 * 86_400, -7 * 86_400, 30 * 86_400]
            .map(|s| moment(chrono_tz::Europe::London, now + TimeDelta::seconds(s), now));
        assert_eq!(said, ["Thu 10:20", "Tue 10:20", "Wed 30 Dec 10:20", "Thu 17 Dec 10:20", "Sat 23 Jan 2027 10:20"]);
    }
}
