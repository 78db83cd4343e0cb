//! Instants, windows and lists as a person says them.

use chrono::Datelike;
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::instant::from_seconds;
use super::zone;

/// `Tue 29 Dec 09:00`, with the year where it is not that of `t`.
pub(super) fn moment(zone: Tz, at: i64, t: i64) -> String {
    let local = from_seconds(at).with_timezone(&zone);
    let same_year = local.year() == from_seconds(t).with_timezone(&zone).year();
    local.format(if same_year { "%a %-d %b %H:%M" } else { "%a %-d %b %Y %H:%M" }).to_string()
}

/// The same with the zone's abbreviation: `Tue 29 Dec 09:00 GMT`.
pub(super) fn moment_in_zone(zone: Tz, at: i64, t: i64) -> String {
    format!("{} {}", moment(zone, at, t), from_seconds(at).with_timezone(&zone).format("%Z"))
}

/// `02:50` on the date of `t`, else with the date. Dates are stretches: a clock set back over midnight does not return to
/// the day before.
pub(super) fn time_or_moment(zone: Tz, at: i64, t: i64) -> String {
    if zone::date_of(zone, at) == zone::date_of(zone, t) {
        from_seconds(at).with_timezone(&zone).format("%H:%M").to_string()
    } else {
        moment(zone, at, t)
    }
}

/// A window as it is said of an instant: `bank holiday (Christmas Day)`.
pub(super) fn window(calendar: &Calendar, at: i64) -> String {
    let (window, name) = calendar.named_window_at(from_seconds(at));
    calendar.phrase(window, name)
}

/// `2nd`, `3rd`, `11th`.
pub(super) fn ordinal(n: u32) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn numbers_end_as_they_are_said() {
        let said = [1, 2, 3, 4, 11, 12, 13, 21, 22, 103, 111].map(ordinal);
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "103rd", "111th"]);
    }
}
