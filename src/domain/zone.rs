//! Wall-clock times of a zone as instants, whatever its clock changes do.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::instant::from_seconds;

/// Seconds of a day whose clock does not change.
pub const DAY: i64 = 86_400;

/// No zone was ever further from UTC than this, in seconds.
const FURTHEST: i64 = 16 * 3600;

/// The first instant, in Unix seconds, at which the wall clock of the zone shows `local` or later: a time inside a gap is
/// the first instant after the gap, one in a repeated hour its first occurrence.
#[must_use]
pub fn resolve(zone: Tz, local: NaiveDateTime) -> i64 {
    let wall = local.and_utc().timestamp();
    match zone.offset_from_local_datetime(&local) {
        chrono::LocalResult::Single(offset) => wall - i64::from(offset.fix().local_minus_utc()),
        chrono::LocalResult::Ambiguous(a, b) => wall - i64::from(a.fix().local_minus_utc().max(b.fix().local_minus_utc())),
        chrono::LocalResult::None => after_gap(zone, wall),
    }
}

/// The first instant whose wall clock shows `wall` or later, for a time that no clock ever showed.
fn after_gap(zone: Tz, wall: i64) -> i64 {
    let shows = |at: &i64| at + offset(zone, *at) >= wall;
    // a quarter of an hour at a time to the first that is not before it, then second by second to the first of all
    let coarse = (wall - FURTHEST..=wall + FURTHEST).step_by(900).find(shows).unwrap_or(wall);
    (coarse - 900..coarse).find(shows).unwrap_or(coarse)
}

/// Seconds that the zone's clock is ahead of UTC at an instant.
#[must_use]
pub fn offset(zone: Tz, at: i64) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&naive(at)).fix().local_minus_utc())
}

/// The instants in `(from, to)` at which the clock of a zone is set forward or back.
#[must_use]
pub fn clock_changes(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let to = to.timestamp();
    // no clock was ever set twice within an hour
    let hours = (from.timestamp()..to).step_by(3600).map(|at| (at, (at + 3600).min(to - 1)));
    let changed = hours.filter(|(at, next)| offset(zone, *at) != offset(zone, *next));
    changed.map(|(at, next)| from_seconds(first_changed(zone, at, next))).collect()
}

/// The first instant with the offset of `other`, not of `same` before it.
fn first_changed(zone: Tz, mut same: i64, mut other: i64) -> i64 {
    let before = offset(zone, same);
    while other - same > 1 {
        let middle = same.midpoint(other);
        if offset(zone, middle) == before {
            same = middle;
        } else {
            other = middle;
        }
    }
    other
}

/// What the zone's clock shows at an instant.
#[must_use]
pub fn local(zone: Tz, at: i64) -> NaiveDateTime {
    naive(at + offset(zone, at))
}

/// The first instant of a date: its 00:00 or, where that does not exist, the first after the gap.
#[must_use]
pub fn date_start(zone: Tz, date: NaiveDate) -> i64 {
    resolve(zone, date.and_time(NaiveTime::MIN))
}

/// The date an instant belongs to. Dates are stretches of instants, so a clock set back over midnight does not return to the day before.
#[must_use]
pub fn date_of(zone: Tz, at: i64) -> NaiveDate {
    let shown = local(zone, at).date();
    let next = shown.succ_opt().unwrap_or(shown);
    if date_start(zone, next) <= at { next } else { shown }
}

/// Unix seconds as a date and time without a zone; beyond the calendar the epoch, which no caller reaches.
fn naive(at: i64) -> NaiveDateTime {
    chrono::DateTime::from_timestamp(at, 0).unwrap_or_default().naive_utc()
}

/// The instant of a local time: in a gap the first after it, in a repeated hour the first occurrence.
#[must_use]
pub fn instant_of_local(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    from_seconds(resolve(zone, local))
}
