//! The minutes of some weeks under an agreement, one by one: which windows each is in and whether it is open.
//!
//! An instant belongs to the time that the wall clock has shown furthest: in a repeated hour that stays where the clock was set
//! back, over a gap it jumps. So a span is one stretch, a date runs from its first instant to the next date's, and a date that
//! no clock ever showed has no minutes.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::plan::{BANK, OFFICE, OUT, Plan, Spans, WEEKEND};

/// Somewhere after the last minute, or never: what the model cannot tell apart.
pub const BEYOND: i64 = i64::MAX - 1;
/// Never.
pub const NEVER: i64 = i64::MAX;

/// The furthest time, in minutes after 1970-01-01T00:00, that the clock of a zone has shown at each minute from `first` on.
#[derive(Debug)]
pub struct WallClock {
    /// In minutes since 1970.
    first: i64,
    shown: Vec<i64>,
}

impl WallClock {
    /// From `from` to `to`, in seconds. Nothing may be asked of the first day.
    pub fn new(zone: Tz, from: i64, to: i64) -> Self {
        let first = from.div_euclid(60);
        let mut furthest = i64::MIN;
        let reads = (first..to.div_euclid(60)).map(|minute| wall(zone, minute * 60).and_utc().timestamp().div_euclid(60));
        let shown = reads.map(|now| {
            furthest = furthest.max(now);
            furthest
        });
        Self { first, shown: shown.collect() }
    }
}

/// What the clock of a zone shows.
pub fn wall(zone: Tz, at: i64) -> NaiveDateTime {
    let utc = DateTime::from_timestamp(at, 0).unwrap().naive_utc();
    utc + zone.offset_from_utc_datetime(&utc).fix()
}

/// A date with its instants.
#[derive(Debug, Clone, Copy)]
pub struct WorkingDay {
    pub date: NaiveDate,
    pub opens: i64,
    pub closes: i64,
}

pub struct Stage<'a> {
    pub plan: &'a Plan,
    clock: Arc<WallClock>,
    /// For each minute a bit for each window it would be in if those before it were not there: the first one counts.
    windows: Vec<u8>,
    open: Vec<bool>,
    /// All that an instant can be in under these rules, whatever the weeks are.
    pub possible: Vec<u8>,
}

fn within(spans: &Spans, minute: i64) -> bool {
    for (from, to) in spans {
        if i64::from(*from) <= minute && minute < i64::from(*to) {
            return true;
        }
    }
    false
}

impl<'a> Stage<'a> {
    pub fn new(plan: &'a Plan, clock: Arc<WallClock>) -> Self {
        let (mut windows, mut open) = (Vec::with_capacity(clock.shown.len()), Vec::with_capacity(clock.shown.len()));
        let mut day = None;
        for shown in &clock.shown {
            let today = shown.div_euclid(1440);
            let day = match &day {
                Some((of, day)) if *of == today => day,
                _ => &day.insert((today, Day::new(plan, today))).1,
            };
            let of = day.windows(shown.rem_euclid(1440));
            windows.push(of);
            open.push(day.works && of == 1 << OFFICE);
        }
        Self { plan, clock, windows, open, possible: possible(plan) }
    }

    /// Up to here all is known; the last date may run on after the last minute.
    pub fn end(&self) -> i64 {
        self.second(self.windows.len()) - 26 * 3600
    }

    /// An instant that is known, or [`BEYOND`].
    pub fn known(&self, at: i64) -> i64 {
        if at < self.end() { at } else { BEYOND }
    }

    fn place(&self, at: i64) -> usize {
        usize::try_from(at.div_euclid(60) - self.clock.first).expect("before the first minute")
    }

    fn second(&self, place: usize) -> i64 {
        (self.clock.first + i64::try_from(place).unwrap()) * 60
    }

    /// The windows of an instant, see [`Stage::windows`].
    pub fn windows_at(&self, at: i64) -> u8 {
        self.windows[self.place(at)]
    }

    /// Whether an instant is in office hours of a working day.
    pub fn is_open(&self, at: i64) -> bool {
        self.open[self.place(at)]
    }

    /// The first instant from `at` on that is as asked for.
    pub fn first_from(&self, at: i64, wanted: impl Fn(u8) -> bool) -> i64 {
        if at >= self.end() {
            return BEYOND;
        }
        let from = self.place(at);
        let found = (from..self.windows.len()).find(|place| wanted(self.windows[*place]));
        found.map_or(BEYOND, |place| self.known(self.second(place).max(at)))
    }

    /// Whether a stretch of office hours on a working day begins at an instant.
    pub fn is_opening(&self, at: i64) -> bool {
        at.rem_euclid(60) == 0 && self.is_open(at) && !self.is_open(at - 1)
    }

    /// The first opening after an instant; `None` where there is none any more.
    pub fn next_opening(&self, after: i64) -> Option<i64> {
        let next = (self.place(after) + 1..self.open.len()).find(|place| self.open[*place] && !self.open[place - 1]);
        let weekly = (0..7).any(|day| self.plan.working[day] && !self.plan.office[day].is_empty());
        next.map(|place| self.known(self.second(place))).or(weekly.then_some(BEYOND))
    }

    /// The `count`th working day after the date of an instant; its own where `count` is 0.
    pub fn working_day(&self, at: i64, count: u32) -> Option<WorkingDay> {
        let date = self.date(at);
        let mut found: Vec<(i64, usize, usize)> = Vec::new();
        let mut place = self.place(at).saturating_sub(26 * 60);
        // of the minutes that are not open there are many
        while let Some(closed) = self.open[place..].iter().position(|open| *open) {
            place += closed;
            let day = self.clock.shown[place].div_euclid(1440);
            match found.last_mut() {
                Some((of, _, last)) if *of == day => *last = place,
                _ => found.push((day, place, place)),
            }
            if found.len() > usize::try_from(count).unwrap() + 3 {
                break;
            }
            place += 1;
        }
        // the last may run on after the last minute
        found.retain(|(.., last)| last + 1 < self.open.len());
        let days = found.into_iter().map(|(day, first, last)| WorkingDay {
            date: date_of_day(day),
            opens: self.second(first),
            closes: self.second(last + 1),
        });
        if count == 0 {
            return days.into_iter().find(|day| day.date == date);
        }
        days.into_iter().filter(|day| day.date > date).nth(usize::try_from(count).unwrap() - 1)
    }

    /// The date an instant belongs to.
    pub fn date(&self, at: i64) -> NaiveDate {
        date_of_day(self.clock.shown[self.place(at)].div_euclid(1440))
    }

    /// The first instant at which the clock shows a time or a later one.
    pub fn instant(&self, local: NaiveDateTime) -> i64 {
        let seconds = local.and_utc().timestamp();
        let minute = seconds.div_euclid(60);
        match self.clock.shown.iter().position(|shown| *shown >= minute) {
            None => BEYOND,
            Some(place) if self.clock.shown[place] == minute => self.known(self.second(place) + seconds.rem_euclid(60)),
            Some(place) => self.known(self.second(place)),
        }
    }

    /// The earliest instant with so many seconds that count between `from` and it.
    pub fn after(&self, from: i64, wanted: i64, cuts: &[i64], counts: impl Fn(i64) -> bool) -> i64 {
        let mut left = wanted;
        let mut at = from;
        while left > 0 {
            if at >= self.end() {
                return BEYOND;
            }
            let next = next_cut(at, cuts);
            if counts(at) {
                if left <= next - at {
                    return self.known(at + left);
                }
                left -= next - at;
            }
            at = next;
        }
        from
    }
}

/// The seconds from `from` to `to` that count. What counts changes at minutes and at `cuts` only.
pub fn seconds(from: i64, to: i64, cuts: &[i64], counts: impl Fn(i64) -> bool) -> i64 {
    let mut sum = 0;
    let mut at = from;
    while at < to {
        let next = next_cut(at, cuts).min(to);
        if counts(at) {
            sum += next - at;
        }
        at = next;
    }
    sum
}

fn next_cut(at: i64, cuts: &[i64]) -> i64 {
    let minute = (at.div_euclid(60) + 1) * 60;
    if cuts.is_empty() {
        return minute;
    }
    cuts.iter().copied().filter(|cut| *cut > at).min().map_or(minute, |cut| cut.min(minute))
}

fn date_of_day(day: i64) -> NaiveDate {
    DateTime::from_timestamp(day * 86_400, 0).unwrap().date_naive()
}

/// Office hours, a bank holiday, and what a weekday is in at each boundary of the agreement's own windows.
fn possible(plan: &Plan) -> Vec<u8> {
    let mut possible = vec![1 << OFFICE, 1 << BANK];
    for weekday in 0..7 {
        let boundaries = plan.own.iter().flat_map(|hours| &hours[weekday]).flat_map(|(from, to)| [*from, *to]);
        for minute in boundaries.chain([0]) {
            let own = plan.own.iter().enumerate().filter(|(_, hours)| within(&hours[weekday], minute.into()));
            let below = if plan.weekend[weekday] { WEEKEND } else { OUT };
            possible.push(own.fold(1 << below, |bits, (i, _)| bits | 1 << (4 + i)));
        }
    }
    possible
}

/// What an agreement says of one date.
struct Day<'a> {
    special: Option<&'a Spans>,
    holiday: bool,
    office: &'a Spans,
    /// The agreement's own windows that have hours on it.
    own: Vec<(usize, &'a Spans)>,
    weekend: bool,
    works: bool,
}

impl<'a> Day<'a> {
    fn new(plan: &'a Plan, day: i64) -> Self {
        let date = date_of_day(day);
        let weekday = date.weekday().num_days_from_monday() as usize;
        let special = plan.special.get(&date);
        let listed = plan.holidays.contains(&date) || plan.yearly == Some((date.month(), date.day()));
        let holiday = listed && plan.removed != Some(date);
        let works = match special {
            Some(spans) if !spans.is_empty() => true,
            _ => !holiday && plan.working[weekday],
        };
        let own = plan.own.iter().enumerate().map(|(i, hours)| (4 + i, &hours[weekday])).filter(|(_, spans)| !spans.is_empty());
        Self { special, holiday, office: &plan.office[weekday], own: own.collect(), weekend: plan.weekend[weekday], works }
    }

    /// The lines of "Windows", in their order.
    fn windows(&self, minute: i64) -> u8 {
        if self.special.is_some_and(|spans| within(spans, minute)) {
            return 1 << OFFICE;
        }
        if self.holiday {
            return 1 << BANK;
        }
        if self.special.is_none() && within(self.office, minute) {
            return 1 << OFFICE;
        }
        let mut bits = 1 << if self.weekend { WEEKEND } else { OUT };
        for (window, spans) in &self.own {
            if within(spans, minute) {
                bits |= 1 << window;
            }
        }
        bits
    }
}

/// The windows of an instant from the one it is in to the standing one below.
pub fn in_order(windows: u8) -> impl Iterator<Item = usize> {
    [OFFICE, BANK, 4, 5, WEEKEND, OUT].into_iter().filter(move |window| windows & 1 << window != 0)
}
