//! Cover, start, due and what is left, straight from the text of the rules.

use chrono::{Days, NaiveTime};

use super::plan::{Cell, Entry, Row, Target};
use super::stage::{BEYOND, NEVER, Stage, in_order, seconds, wall};

/// `None` is a channel that nobody knows: it fits every entry.
pub type Channel = Option<String>;

pub fn fits(entry: &Entry, channel: &Channel) -> bool {
    entry.channels.is_empty() || channel.as_ref().is_none_or(|c| entry.channels.iter().any(|own| own.eq_ignore_ascii_case(c)))
}

/// The cell of a row for an instant that is in these windows.
pub fn cell(row: &Row, windows: u8) -> &[Entry] {
    for window in in_order(windows) {
        if let Some(own) = row.of.get(&window) {
            return own;
        }
    }
    row.any.as_ref().map_or(&[], Cell::as_slice)
}

/// Where a row covers some channels: for each set of windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover([bool; 256]);

impl Cover {
    pub fn new(row: Option<&Row>, channels: &[Channel]) -> Self {
        let covered = |windows: u8| {
            let cell = row.map_or(&[][..], |row| cell(row, windows));
            cell.iter().any(|entry| channels.iter().any(|c| fits(entry, c)))
        };
        let mut all = [false; 256];
        for windows in 0..64 {
            all[usize::from(windows)] = covered(windows);
        }
        Self(all)
    }

    pub fn has(&self, windows: u8) -> bool {
        self.0[usize::from(windows)]
    }

    pub fn at(&self, stage: &Stage, at: i64) -> bool {
        self.has(stage.windows_at(at))
    }

    pub fn first_from(&self, stage: &Stage, at: i64) -> i64 {
        stage.first_from(at, |windows| self.has(windows))
    }

    /// Whether there is any window with a cell.
    pub fn anywhere(&self, stage: &Stage) -> bool {
        stage.possible.iter().any(|windows| self.has(*windows))
    }

    /// Wherever `other` covers, this does.
    pub fn holds(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| *own || !*other)
    }
}

/// A clock as if submitted at some instant.
#[derive(Debug, Clone)]
pub struct Run {
    pub start: i64,
    pub due: i64,
    pub entry: Option<Entry>,
}

impl Run {
    pub const NONE: Self = Self { start: NEVER, due: NEVER, entry: None };

    /// Start and due each the earlier.
    pub fn earlier(self, other: Self) -> Self {
        let entry = if other.due < self.due || self.entry.is_none() { other.entry } else { self.entry };
        Self { start: self.start.min(other.start), due: self.due.min(other.due), entry }
    }
}

/// "As if submitted at `at` by that channel alone."
pub fn as_if(stage: &Stage, row: Option<&Row>, channel: &Channel, at: i64) -> Run {
    let channels = std::slice::from_ref(channel);
    let cover = Cover::new(row, channels);
    let start = if !cover.anywhere(stage) {
        NEVER
    } else if cover.at(stage, at) {
        at
    } else if stage.plan.next_covered_window {
        cover.first_from(stage, at)
    } else {
        match stage.next_opening(at) {
            Some(BEYOND) => BEYOND,
            Some(opening) => cover.first_from(stage, opening),
            None => cover.first_from(stage, at),
        }
    };
    started(stage, row, channels, &cover, start)
}

/// The clock that starts at an instant: the entry for a channel is the first that fits it; for one that nobody knows, and of
/// several, the one with the earliest due.
pub fn started(stage: &Stage, row: Option<&Row>, channels: &[Channel], cover: &Cover, start: i64) -> Run {
    if start >= BEYOND {
        return Run { start, due: start, entry: None };
    }
    let cell = row.map_or(&[][..], |row| cell(row, stage.windows_at(start)));
    let mut chosen: Vec<&Entry> = Vec::new();
    for (index, entry) in cell.iter().enumerate() {
        let first = |channel: &Channel| cell.iter().position(|e| fits(e, channel)) == Some(index);
        if channels.iter().any(|c| if c.is_none() { fits(entry, c) } else { first(c) }) {
            chosen.push(entry);
        }
    }
    let mut best = Run { start, due: NEVER, entry: None };
    for entry in chosen {
        let due = due(stage, cover, entry.target, start);
        if best.entry.is_none() || due < best.due {
            best = Run { start, due, entry: Some(entry.clone()) };
        }
    }
    best
}

fn due(stage: &Stage, cover: &Cover, target: Target, start: i64) -> i64 {
    let zone = stage.plan.zone;
    let working_day = |count| {
        let from = if stage.is_open(start) { Some(start) } else { stage.next_opening(start) };
        match from {
            None => Err(NEVER),
            Some(BEYOND) => Err(BEYOND),
            Some(from) => stage.working_day(from, count).map(|day| (from, day)).ok_or(BEYOND),
        }
    };
    let found = match target {
        Target::Covered(seconds) => Ok(stage.after(start, seconds, &[], |at| cover.at(stage, at))),
        Target::Elapsed(seconds) => Ok(start + seconds),
        Target::Days(days) => Ok(stage.instant(wall(zone, start) + Days::new(days.into()))),
        Target::Weeks(weeks) => Ok(stage.instant(wall(zone, start) + Days::new((weeks * 7).into()))),
        Target::WorkingDays(count) => {
            working_day(count).map(|(from, day)| stage.instant(day.date.and_time(wall(zone, from).time())).max(day.opens).min(day.closes))
        }
        Target::WorkingDaysClose(count) => working_day(count).map(|(_, day)| day.closes),
        Target::WorkingDaysAt(count, minute) => working_day(count).map(|(_, day)| {
            let time = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0).unwrap();
            stage.instant(day.date.and_time(time))
        }),
    };
    found.map_or_else(|none| none, |at| if matches!(target, Target::Elapsed(_)) { at } else { stage.known(at) })
}

/// How a clock counts: covered time, or all time for calendar and elapsed targets; in neither case what was on the client.
pub struct Measure<'a> {
    pub stage: &'a Stage<'a>,
    pub cover: &'a Cover,
    pub target: Option<Target>,
    /// Stretches that do not count.
    pub left_out: &'a [(i64, i64)],
}

impl Measure<'_> {
    pub fn through_everything(&self) -> bool {
        matches!(self.target, Some(Target::Elapsed(_) | Target::Days(_) | Target::Weeks(_)))
    }

    fn cuts(&self) -> Vec<i64> {
        self.left_out.iter().flat_map(|(from, to)| [*from, *to]).collect()
    }

    fn runs(&self, at: i64) -> bool {
        self.through_everything() || self.cover.at(self.stage, at)
    }

    fn counts(&self, at: i64) -> bool {
        !self.left_out.iter().any(|(from, to)| *from <= at && at < *to) && self.runs(at)
    }

    pub fn seconds(&self, from: i64, to: i64) -> i64 {
        seconds(from, to, &self.cuts(), |at| self.counts(at))
    }

    /// The due of a clock that would be due at `due` if nothing were left out.
    pub fn due(&self, start: i64, due: i64) -> i64 {
        if due >= BEYOND || !self.left_out.iter().any(|(from, to)| *from < due && *to > start) {
            return due;
        }
        let whole = seconds(start, due, &[], |at| self.runs(at));
        self.stage.after(start, whole, &self.cuts(), |at| self.counts(at)).max(due)
    }
}
