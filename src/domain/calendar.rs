//! Windows: office hours, bank holidays and zones, as stretches of instants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

use super::safe_text::SafeText;
use super::year::{self, Stretch, WorkingDay, Year};
use super::zone::{self, DAY};

/// What an instant is for an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// Inside office hours.
    OfficeHours,
    /// Outside them.
    OutOfHours,
    /// On a weekend.
    Weekend,
    /// On a bank holiday.
    BankHoliday,
    /// In a window that the agreement names itself, by its place in the list.
    Named(u8),
}

impl Window {
    /// The four that every agreement has, with the names the configuration and the JSON use.
    pub const STANDING: [(&'static str, Self); 4] = [
        ("office-hours", Self::OfficeHours),
        ("out-of-hours", Self::OutOfHours),
        ("weekend", Self::Weekend),
        ("bank-holiday", Self::BankHoliday),
    ];
}

/// A stretch of wall-clock time on a date, `[start, end)`, in minutes after 00:00; the end may be 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First minute.
    pub start: u16,
    /// The minute after the last, at most 1440.
    pub end: u16,
}

/// Spans by weekday, Monday first; sorted, not overlapping.
pub type WeekHours = [Vec<Span>; 7];

/// A window that the agreement names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedWindow {
    /// Its name.
    pub name: SafeText,
    /// When it is.
    pub hours: WeekHours,
}

/// Bank holidays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays {
    /// Dates, with the name where there is one (`Boxing Day, substitute day`).
    pub dates: BTreeMap<NaiveDate, Option<SafeText>>,
    /// Month and day of every year.
    pub yearly: BTreeSet<(u32, u32)>,
    /// Dates that are none, whatever else says so.
    pub removed: BTreeSet<NaiveDate>,
    /// The last year that every calendar named lists; `None` where none is named.
    pub known_until: Option<i32>,
    /// The file that ends then, where it is an .ics file of one's own.
    pub ends_in: Option<SafeText>,
    /// The years that are projected, not proclaimed.
    pub projected: BTreeSet<i32>,
}

impl Holidays {
    /// Whether a date is a bank holiday, with its name where it has one.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<Option<&SafeText>> {
        if self.removed.contains(&date) {
            return None;
        }
        if let Some(name) = self.dates.get(&date) {
            return Some(name.as_ref());
        }
        self.yearly.contains(&(date.month(), date.day())).then_some(None)
    }
}

/// What a calendar is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarRules {
    /// The agreement's zone.
    pub zone: Tz,
    /// Office hours by weekday.
    pub office_hours: WeekHours,
    /// The weekdays that are weekend.
    pub weekend: Vec<Weekday>,
    /// The weekdays that can be working days.
    pub working_days: Vec<Weekday>,
    /// Bank holidays.
    pub holidays: Holidays,
    /// Dates whose hours replace those of the weekday; empty is closed.
    pub special_hours: BTreeMap<NaiveDate, Vec<Span>>,
    /// The agreement's own windows, in the order written.
    pub windows: Vec<NamedWindow>,
}

/// The years a calendar can be asked about. Submissions lie in 1970–2199; every search ends within 400 days.
const FIRST_YEAR: i32 = 1968;
const YEARS: usize = 236;

/// The instants a calendar knows: from 1969 to the end of 2202, so that a search from any submission stays inside.
pub(super) const FIRST_INSTANT: i64 = -365 * DAY;
pub(super) const LAST_INSTANT: i64 = 7_352_380_800;

/// How far every search looks, in seconds: 400 days.
pub(super) const HORIZON: i64 = 400 * DAY;

/// The calendar of an agreement: every instant is in exactly one window of it.
///
/// Years are laid out as stretches of instants when they are first asked for, and kept.
#[derive(Debug)]
pub struct Calendar {
    rules: CalendarRules,
    /// The names of the windows, the standing ones first.
    names: Vec<SafeText>,
    /// Every combination of windows an instant can be in: the window it is in, the one it would be in without that, …
    layers: Vec<Vec<Window>>,
    years: Box<[OnceLock<Year>]>,
}

impl Calendar {
    /// Prepares a calendar. The rules must have sorted spans that do not overlap.
    #[must_use]
    pub fn new(rules: CalendarRules) -> Self {
        let names =
            Window::STANDING.iter().map(|(name, _)| SafeText::line(name)).chain(rules.windows.iter().map(|w| w.name.clone())).collect();
        let layers = year::layers(&rules);
        Self { rules, names, layers, years: (0..YEARS).map(|_| OnceLock::new()).collect() }
    }

    /// What it is made of.
    #[must_use]
    pub fn rules(&self) -> &CalendarRules {
        &self.rules
    }

    /// The agreement's zone.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.rules.zone
    }

    /// The name of a window, as the configuration and the JSON write it.
    #[must_use]
    pub fn window_name(&self, window: Window) -> &SafeText {
        let place = match window {
            Window::OfficeHours => 0,
            Window::OutOfHours => 1,
            Window::Weekend => 2,
            Window::BankHoliday => 3,
            Window::Named(index) => Window::STANDING.len() + usize::from(index),
        };
        &self.names[place]
    }

    /// The window of an instant.
    #[must_use]
    pub fn window_at(&self, at: DateTime<Utc>) -> Window {
        self.layers_of(self.stretch_at(at.timestamp()).layers)[0]
    }

    /// The window of an instant, and when it gives way to another; `None` where that is not within 400 days.
    #[must_use]
    pub fn window_until(&self, at: DateTime<Utc>) -> (Window, Option<DateTime<Utc>>) {
        let window = self.window_at(at);
        let other = self.stretches_from(at.timestamp()).find(|s| self.layers_of(s.layers)[0] != window);
        (window, other.map(|stretch| super::instant::from_seconds(stretch.start)))
    }

    /// Every combination of windows an instant can be in: the window it is in, the one it would be in without that, and so on.
    #[must_use]
    pub fn all_layers(&self) -> &[Vec<Window>] {
        &self.layers
    }

    /// The windows of a stretch: the one it is in, the one it would be in without that, and so on.
    pub(super) fn layers_of(&self, layers: u16) -> &[Window] {
        &self.layers[usize::from(layers)]
    }

    /// The stretch an instant lies in, cut to begin there.
    pub(super) fn stretch_at(&self, at: i64) -> Stretch {
        let (year, index) = self.find(at);
        self.stretch(year, index, at)
    }

    /// The stretches from an instant on, the first one cut to begin there; ends with the last that begins within the horizon.
    pub(super) fn stretches_from(&self, at: i64) -> impl Iterator<Item = Stretch> {
        let latest = at.saturating_add(HORIZON);
        let (mut year, mut index) = self.find(at);
        std::iter::from_fn(move || {
            if index >= self.year(year).segments.len() {
                year += 1;
                index = 0;
            }
            if year >= YEARS {
                return None;
            }
            let stretch = self.stretch(year, index, at);
            index += 1;
            (stretch.start <= latest).then_some(stretch)
        })
    }

    /// Seconds in `[from, to)` of the stretches whose combination of windows is wanted.
    pub(super) fn seconds(&self, from: i64, to: i64, wanted: &[bool]) -> i64 {
        let (from, to) = (from.clamp(FIRST_INSTANT, LAST_INSTANT), to.clamp(FIRST_INSTANT, LAST_INSTANT));
        if to <= from {
            return 0;
        }
        let (first, last) = (self.find(from), self.find(to));
        let whole: i64 = (first.0..last.0).map(|index| self.year(index).seconds_before(self.year(index).segments.len(), wanted)).sum();
        let upto = |(year, index): (usize, usize), at: i64| {
            let year = self.year(year);
            let segment = year.segments[index];
            year.seconds_before(index, wanted) + if wanted[usize::from(segment.layers)] { at - segment.start } else { 0 }
        };
        whole + upto(last, to) - upto(first, from)
    }

    /// The next opening strictly after an instant, within the horizon.
    pub(super) fn next_opening(&self, after: i64) -> Option<i64> {
        let latest = after.saturating_add(HORIZON);
        let opening = |year: &Year| year.openings.get(year.openings.partition_point(|opening| *opening <= after)).copied();
        self.years(after, latest).find_map(opening).filter(|opening| *opening <= latest)
    }

    /// The `count`th working day after the date of an instant (0 is the first that is not before it), if it opens no later
    /// than `latest`.
    pub(super) fn working_day_after(&self, at: i64, count: u32, latest: i64) -> Option<WorkingDay> {
        let date = zone::date_of(self.zone(), at);
        let early = |day: &WorkingDay| if count == 0 { day.date < date } else { day.date <= date };
        let mut days = self.years(at, latest).flat_map(|year| &year.days[year.days.partition_point(early)..]);
        days.nth(usize::try_from(count.saturating_sub(1)).ok()?).copied().filter(|day| day.opens <= latest)
    }

    /// The bank holiday a date is, with its name where it has one.
    #[must_use]
    pub fn holiday(&self, date: NaiveDate) -> Option<Option<&SafeText>> {
        self.rules.holidays.on(date)
    }

    fn stretch(&self, year: usize, index: usize, from: i64) -> Stretch {
        let year = self.year(year);
        let segment = &year.segments[index];
        Stretch { start: segment.start.max(from), end: year.end_of(index), layers: segment.layers, open: segment.open }
    }

    /// The years from that of an instant to that of another.
    fn years(&self, from: i64, to: i64) -> impl Iterator<Item = &Year> {
        (self.find(from).0..=self.find(to).0).map(|index| self.year(index))
    }

    /// The place of the segment that holds an instant; beyond the calendar that of its nearest end.
    fn find(&self, at: i64) -> (usize, usize) {
        const MEAN_YEAR: i64 = 31_556_952;
        let at = at.clamp(FIRST_INSTANT, LAST_INSTANT);
        // years begin up to two days from where their mean would have them: first the year surely not after the instant's
        let guess = 1970 + (at - 2 * DAY).div_euclid(MEAN_YEAR);
        let mut index = usize::try_from(guess - i64::from(FIRST_YEAR)).unwrap_or(0);
        while self.year(index).end <= at {
            index += 1;
        }
        (index, self.year(index).segments.partition_point(|s| s.start <= at).saturating_sub(1))
    }

    fn year(&self, index: usize) -> &Year {
        self.years[index].get_or_init(|| {
            let year = FIRST_YEAR + i32::try_from(index).unwrap_or(0);
            Year::new(&self.rules, &self.layers, year)
        })
    }
}
