//! What is odd in an .ics file, and seldom meant: each kind told once, with how often it is there, and where first.

use std::collections::BTreeMap;

use crate::config::document::Place;
use crate::config::problem::Problems;

/// An event that lasts longer is hardly a bank holiday.
pub(super) const USUAL_DAYS: u64 = 10;
/// No calendar has more bank holidays in a year.
pub(super) const USUAL_DATES: usize = 40;

/// Something odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Oddity {
    /// An event begins at a time of day.
    Timed,
    /// A task, or an event within something else.
    Elsewhere,
    /// It stands for a date of an event, and does not say of which.
    Nameless,
    /// What takes a date away names a time of that day.
    TimedException,
    /// A later version of the same event is there.
    Superseded,
    /// It lasts longer than bank holidays do.
    Long,
    /// More dates in this year than there are bank holidays.
    Crowded(i32),
}

/// All of a file: of each kind the line of the first, and how many.
#[derive(Debug, Default)]
pub(super) struct Oddities(BTreeMap<Oddity, (usize, usize)>);

impl Oddities {
    /// Something odd stands in a line.
    pub fn see(&mut self, oddity: Oddity, line: usize) {
        self.0.entry(oddity).or_insert((line, 0)).1 += 1;
    }

    /// So many dates are in one year.
    pub fn crowded(&mut self, year: i32, dates: usize) {
        self.0.insert(Oddity::Crowded(year), (1, dates));
    }

    pub fn has(&self, oddity: Oddity) -> bool {
        self.0.contains_key(&oddity)
    }

    /// Warns of each kind.
    pub fn warn(&self, at: &Place, label: &str, problems: &mut Problems) {
        for (oddity, (line, many)) in &self.0 {
            let (what, help) = oddity.words(*many);
            let first = if matches!(oddity, Oddity::Crowded(_)) { String::new() } else { format!(" (the first in line {line})") };
            problems.warning(at, format!("'{label}': {what}{first}"), help);
        }
    }
}

impl Oddity {
    fn words(self, many: usize) -> (String, &'static str) {
        match self {
            Self::Timed => (
                format!("{many} of its events begin at a time of day, and are no bank holidays"),
                "make them events that last whole days, or check that it is meant",
            ),
            Self::Elsewhere => (
                format!("{many} of its entries are tasks, or stand within another entry, and are no bank holidays"),
                "make them events of the calendar itself, or check that it is meant",
            ),
            Self::Nameless => (
                format!(
                    "{many} of its events stand for a date of another (RECURRENCE-ID) and do not name it (UID): they take no date away"
                ),
                "export the file again, or take these events out",
            ),
            Self::TimedException => (
                format!("{many} of its exceptions (EXDATE, RECURRENCE-ID) name a time of day: they take no whole day away"),
                "name the date alone, or check that it is meant",
            ),
            Self::Superseded => (
                format!("{many} of its events do not count: a later version of them (SEQUENCE) is in it"),
                "check that the later one is meant",
            ),
            Self::Long => (format!("{many} of its events last longer than {USUAL_DAYS} days"), "check that tickets may wait for so long"),
            Self::Crowded(year) => (
                format!("{many} dates of {year} are bank holidays in it"),
                "check that it is a calendar of bank holidays alone: tickets are held over all of these days",
            ),
        }
    }
}
