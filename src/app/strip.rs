//! A strip of windows: a sign for each column of an axis of instants, which all strips beside it share. What flips within a
//! column it cannot show: the list below it is the truth.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{Agreements, Calendar, SafeText, Window, clock_changes, date_of, date_start, instant};

/// Minutes of a column: what stands on the clock is easy to read off.
const STEPS: [i64; 13] = [5, 10, 15, 20, 30, 60, 90, 120, 180, 240, 360, 720, 1440];

/// The instants that the columns of strips stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    from: DateTime<Utc>,
    /// The last instant on the clock's steps that is not after `from`.
    base: DateTime<Utc>,
    step: TimeDelta,
    columns: usize,
}

impl Axis {
    /// At least so long a time from an instant on, in at most so many columns, or in as few as there can be.
    #[must_use]
    pub fn new(from: DateTime<Utc>, span: TimeDelta, room: usize) -> Self {
        let of = |minutes: i64| {
            let step = TimeDelta::minutes(minutes);
            let base = from - TimeDelta::seconds(from.timestamp().rem_euclid(minutes * 60));
            let columns = (from + span - base).num_seconds().div_euclid(minutes * 60);
            let whole = base + step * i32::try_from(columns).unwrap_or(0) >= from + span;
            Self { from, base, step, columns: usize::try_from(columns).unwrap_or(0) + usize::from(!whole) }
        };
        let widest = of(STEPS[STEPS.len() - 1]);
        STEPS.into_iter().map(of).find(|axis| axis.columns <= room).unwrap_or(widest)
    }

    /// How many columns it has.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The instant of a column: its first, and of the first column the one the axis is from.
    #[must_use]
    pub fn at(&self, column: usize) -> DateTime<Utc> {
        (self.base + self.step * i32::try_from(column).unwrap_or(i32::MAX)).max(self.from)
    }

    /// The first instant after the last column.
    #[must_use]
    pub fn end(&self) -> DateTime<Utc> {
        self.at(self.columns)
    }

    /// The column that an instant lies in; `None` off the axis.
    #[must_use]
    pub fn column_of(&self, at: DateTime<Utc>) -> Option<usize> {
        let column = (at - self.base).num_seconds().div_euclid(self.step.num_seconds().max(1));
        (at >= self.from && at < self.end()).then(|| usize::try_from(column).ok()).flatten()
    }

    /// The dates of a zone, each with the column it begins in; the first with the first column.
    pub(super) fn days(&self, zone: Tz) -> Vec<Day> {
        let mut days = Vec::new();
        let mut date = date_of(zone, self.from.timestamp());
        loop {
            let Some(next) = date.succ_opt() else { return days };
            let [starts, ends] = [date, next].map(|date| instant::from_seconds(date_start(zone, date)));
            let Some(column) = self.column_of(starts.max(self.from)) else { return days };
            let clock_changes = !clock_changes(zone, starts - TimeDelta::seconds(1), ends).is_empty();
            days.push(Day { date, column, begins: starts >= self.from, clock_changes });
            date = next;
        }
    }
}

/// A date on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub date: NaiveDate,
    pub column: usize,
    /// It begins on the axis, not before it.
    pub begins: bool,
    /// Its clock is set forward or back.
    pub clock_changes: bool,
}

/// The window at the instant of each column.
#[must_use]
pub fn strip(calendar: &Calendar, axis: &Axis) -> Vec<Window> {
    (0..axis.columns()).map(|column| calendar.window_at(axis.at(column))).collect()
}

/// The sign of each window, so that they differ without colour; those that agreements name themselves have one for each name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters {
    named: BTreeMap<SafeText, char>,
}

/// The sign of a window for which no letter is left.
const ANY_OTHER: char = '+';

impl Letters {
    /// Those of all agreements.
    #[must_use]
    pub fn of(agreements: &Agreements) -> Self {
        let mut named: BTreeMap<SafeText, char> = BTreeMap::new();
        for window in agreements.all().iter().flat_map(|agreement| &agreement.calendar.rules().windows) {
            if named.contains_key(&window.name) {
                continue;
            }
            // those that are easily taken for a standing window's are left out
            let own = window.name.as_str().chars().map(|c| c.to_ascii_lowercase());
            let free = |c: &char| c.is_ascii_lowercase() && !"how".contains(*c) && !named.values().any(|taken| taken == c);
            let letter = own.chain('a'..='z').find(free).unwrap_or(ANY_OTHER);
            named.insert(window.name.clone(), letter);
        }
        Self { named }
    }

    /// The sign of a window of a calendar.
    #[must_use]
    pub fn letter(&self, calendar: &Calendar, window: Window) -> char {
        match window {
            Window::OfficeHours => 'O',
            Window::OutOfHours => '.',
            Window::Weekend => 'w',
            Window::BankHoliday => 'H',
            Window::Named(_) => self.named.get(calendar.window_name(window)).copied().unwrap_or(ANY_OTHER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_stands_on_the_clock_and_covers_its_time() {
        let from = DateTime::from_timestamp(1_798_107_600 + 700, 0).unwrap();
        for (room, columns) in [(300, 25 * 12 - 11), (60, 49), (30, 25), (20, 17), (0, 2)] {
            let axis = Axis::new(from, TimeDelta::hours(24), room);
            assert_eq!((axis.columns(), axis.at(0)), (columns, from), "{room}");
            assert!(axis.end() >= from + TimeDelta::hours(24) && (1..columns).all(|column| axis.at(column).timestamp() % 300 == 0));
            assert_eq!((axis.column_of(axis.end()), axis.column_of(from - TimeDelta::seconds(1))), (None, None));
        }
    }
}
