//! Windows: office hours, bank holidays and zones, as stretches of instants.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;

use super::safe_text::SafeText;

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
    /// The years that are projected, not proclaimed.
    pub projected: BTreeSet<i32>,
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

/// The calendar of an agreement: every instant is in exactly one window of it.
#[derive(Debug)]
pub struct Calendar {
    rules: CalendarRules,
}

impl Calendar {
    /// Prepares a calendar. The rules must have sorted spans that do not overlap.
    #[must_use]
    pub fn new(rules: CalendarRules) -> Self {
        Self { rules }
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
}
