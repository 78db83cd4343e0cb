//! One year of a calendar, laid out as stretches of instants.

use chrono::{Datelike, Days, NaiveDate, NaiveTime};

use super::calendar::{CalendarRules, Span, Window};
use super::zone::{self, DAY};

/// A stretch of instants in one window, `[start, end)`, in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start: i64,
    pub end: i64,
    /// Which combination of windows, see [`layers`].
    pub layers: u16,
    /// In office hours of a working day.
    pub open: bool,
}

/// A date with office hours on which work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WorkingDay {
    pub date: NaiveDate,
    /// Its first opening.
    pub opens: i64,
    /// Its last closing.
    pub closes: i64,
}

/// The beginning of a stretch; it ends where the next begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub start: i64,
    pub layers: u16,
    pub open: bool,
}

/// All dates of one year.
#[derive(Debug)]
pub(super) struct Year {
    pub segments: Vec<Segment>,
    /// The first instant of the next year.
    pub end: i64,
    pub openings: Vec<i64>,
    pub days: Vec<WorkingDay>,
    /// Before every [`STRIDE`]th segment: the seconds so far in each combination of windows. A year is then added up in
    /// a few steps however long a clock has run.
    sums: Vec<Box<[i64]>>,
}

/// How many segments are added up one by one at most.
const STRIDE: usize = 32;

/// Every combination of windows an instant can be in under these rules: the window it is in, the window it would be in
/// without that one, and so on to a standing window. The first two are office hours and bank holiday.
pub(super) fn layers(rules: &CalendarRules) -> Vec<Vec<Window>> {
    let mut all = vec![vec![Window::OfficeHours], vec![Window::BankHoliday]];
    for day in 0..7 {
        let mut minutes: Vec<u16> = rules.windows.iter().flat_map(|w| &w.hours[day]).flat_map(|s| [s.start, s.end]).collect();
        minutes.push(0);
        for minute in minutes {
            let combination = named_layers(rules, day, |span| span.start <= minute && minute < span.end);
            if !all.contains(&combination) {
                all.push(combination);
            }
        }
    }
    all
}

/// The agreement's own windows that hold an instant of a weekday, and what is below them.
fn named_layers(rules: &CalendarRules, day: usize, holds: impl Fn(&Span) -> bool) -> Vec<Window> {
    let named = rules.windows.iter().zip(0_u8..).filter(|(w, _)| w.hours[day].iter().any(&holds)).map(|(_, i)| Window::Named(i));
    let weekend = rules.weekend.iter().any(|w| w.num_days_from_monday() as usize == day);
    named.chain([if weekend { Window::Weekend } else { Window::OutOfHours }]).collect()
}

impl Year {
    /// Lays out the dates of a year.
    pub fn new(rules: &CalendarRules, layers: &[Vec<Window>], year: i32) -> Self {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        let mut out = Self {
            segments: Vec::with_capacity(1200),
            end: 0,
            openings: Vec::with_capacity(300),
            days: Vec::with_capacity(300),
            sums: Vec::new(),
        };
        let mut open_before = Self::open_at_end_of_year_before(rules, layers, first);
        let mut start = zone::date_start(rules.zone, first);
        let mut offset = zone::offset(rules.zone, start);
        let mut date = first;
        while date.year() == year {
            let Some(next) = date.succ_opt() else { break };
            // the clock seldom changes: if it still has yesterday's offset at what would be midnight, that is midnight
            let same = next.and_time(NaiveTime::MIN).and_utc().timestamp() - offset;
            let changed = zone::offset(rules.zone, same) != offset;
            let end = if changed { zone::date_start(rules.zone, next) } else { same };
            let layout = Layout { rules, date, start, end };
            let from = out.segments.len();
            layout.push(layers, &mut out.segments);
            for segment in &out.segments[from..] {
                if segment.open && !open_before {
                    out.openings.push(segment.start);
                }
                open_before = segment.open;
            }
            if let Some(day) = working_day(date, &out.segments[from..], end) {
                out.days.push(day);
            }
            if changed {
                offset = zone::offset(rules.zone, end);
            }
            start = end;
            date = next;
        }
        out.end = start;
        out.add_up(layers.len());
        out
    }

    fn add_up(&mut self, layers: usize) {
        let mut so_far = vec![0; layers];
        for (index, segment) in self.segments.iter().enumerate() {
            if index.is_multiple_of(STRIDE) {
                self.sums.push(so_far.clone().into_boxed_slice());
            }
            so_far[usize::from(segment.layers)] += self.end_of(index) - segment.start;
        }
    }

    /// Where a segment ends.
    pub fn end_of(&self, index: usize) -> i64 {
        self.segments.get(index + 1).map_or(self.end, |next| next.start)
    }

    /// Seconds from the first instant of the year to the beginning of a segment in the combinations wanted.
    pub fn seconds_before(&self, index: usize, wanted: &[bool]) -> i64 {
        let stride = (index / STRIDE).min(self.sums.len() - 1);
        let summed: i64 = self.sums[stride].iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(seconds, _)| seconds).sum();
        let rest = (stride * STRIDE..index).filter(|i| wanted[usize::from(self.segments[*i].layers)]);
        summed + rest.map(|i| self.end_of(i) - self.segments[i].start).sum::<i64>()
    }

    /// Whether office hours of a working day run up to the first instant of a year.
    fn open_at_end_of_year_before(rules: &CalendarRules, layers: &[Vec<Window>], first: NaiveDate) -> bool {
        // two dates back at most: a zone that crossed the date line has skipped one
        (1..=2).filter_map(|back| first.checked_sub_days(Days::new(back))).find_map(|date| {
            let start = zone::date_start(rules.zone, date);
            let end = zone::date_start(rules.zone, date.succ_opt()?);
            let mut segments = Vec::new();
            Layout { rules, date, start, end }.push(layers, &mut segments);
            segments.last().map(|s| s.open)
        }) == Some(true)
    }
}

fn working_day(date: NaiveDate, segments: &[Segment], end: i64) -> Option<WorkingDay> {
    let opens = segments.iter().find(|s| s.open)?.start;
    let last = segments.iter().rposition(|s| s.open)?;
    let closes = segments.get(last + 1).map_or(end, |s| s.start);
    Some(WorkingDay { date, opens, closes })
}

/// One date under the rules.
struct Layout<'a> {
    rules: &'a CalendarRules,
    date: NaiveDate,
    start: i64,
    end: i64,
}

impl Layout<'_> {
    /// The instant of a time of day, in minutes after 00:00.
    fn at(&self, minute: u16) -> i64 {
        if minute >= 1440 {
            return self.end;
        }
        // on a date whose clock does not change there is nothing to look up
        if self.end - self.start == DAY {
            return self.start + i64::from(minute) * 60;
        }
        let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0).unwrap_or_default();
        zone::resolve(self.rules.zone, self.date.and_time(time)).clamp(self.start, self.end)
    }

    /// Appends the stretches of the date: the first rule that fits an instant decides its window.
    fn push(&self, layers: &[Vec<Window>], out: &mut Vec<Segment>) {
        if self.start >= self.end {
            return;
        }
        let day = self.date.weekday().num_days_from_monday() as usize;
        let special = self.rules.special_hours.get(&self.date);
        let holiday = self.rules.holidays.on(self.date).is_some();
        let office: &[Span] = match special {
            Some(spans) => spans,
            None if holiday => &[],
            None => &self.rules.office_hours[day],
        };
        // special hours make a working day of any date
        let works = special.is_some() || self.rules.working_days.contains(&self.date.weekday());
        let mut points: Vec<i64> = vec![self.start];
        let own = self.rules.windows.iter().flat_map(|w| &w.hours[day]).filter(|_| !holiday);
        points.extend(office.iter().chain(own).flat_map(|s| [self.at(s.start), self.at(s.end)]));
        points.sort_unstable();
        points.dedup();
        points.retain(|p| *p < self.end);
        for point in points {
            let holds = |span: &Span| self.at(span.start) <= point && point < self.at(span.end);
            let (combination, open) = if office.iter().any(holds) {
                (0, works)
            } else if holiday {
                (1, false)
            } else {
                let wanted = named_layers(self.rules, day, holds);
                (layers.iter().position(|l| *l == wanted).unwrap_or_default(), false)
            };
            out.push(Segment { start: point, layers: u16::try_from(combination).unwrap_or_default(), open });
        }
    }
}
