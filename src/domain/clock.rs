//! Start, target, due and what is left: one clock of a ticket as if it had been submitted at an instant.

use super::agreement::HoldOverTo;
use super::calendar::{Calendar, HORIZON};
use super::response_table::{Entry, OnDay, Row, TargetKind};
use super::safe_text::SafeText;
use super::zone;

/// Later than every instant: no start, never due.
pub(super) const NEVER: i64 = i64::MAX;

/// A channel by which a client spoke; `None` is unknown and fits every entry.
pub(super) type Channel<'a> = Option<&'a SafeText>;

/// Where a row covers a ticket that came by some channels: for each combination of windows, yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover(Vec<bool>);

impl Cover {
    /// The cover of a row for any of the channels.
    pub fn new(calendar: &Calendar, row: Option<&Row>, channels: &[Channel]) -> Self {
        let fits = |entry: &Entry| channels.iter().any(|c| entry.fits(*c));
        Self(calendar.all_layers().iter().map(|layers| row.is_some_and(|r| r.cell(layers).iter().any(fits))).collect())
    }

    /// Whether there is a fitting cell anywhere.
    pub fn anywhere(&self) -> bool {
        self.0.contains(&true)
    }

    /// Whether there is a fitting cell in a combination of windows.
    pub fn has(&self, layers: u16) -> bool {
        self.0[usize::from(layers)]
    }

    /// Whether an instant is covered.
    pub fn at(&self, calendar: &Calendar, at: i64) -> bool {
        self.has(calendar.stretch_at(at).layers)
    }

    /// The first covered instant at or after `from`, within the horizon; [`NEVER`] where there is none.
    pub fn first_from(&self, calendar: &Calendar, from: i64) -> i64 {
        if !self.anywhere() {
            return NEVER;
        }
        calendar.stretches_from(from).find(|s| self.has(s.layers)).map_or(NEVER, |s| s.start)
    }

    /// Covered seconds in `[from, to)`; 0 where `to` is not after `from`.
    pub fn seconds(&self, calendar: &Calendar, from: i64, to: i64) -> i64 {
        if self.anywhere() { calendar.seconds(from, to, &self.0) } else { 0 }
    }

    /// The earliest instant with `wanted` covered seconds in `[from, it)`, within the horizon; [`NEVER`] where there is none.
    pub fn after_seconds(&self, calendar: &Calendar, from: i64, wanted: i64) -> i64 {
        if wanted == 0 {
            return from;
        }
        if !self.anywhere() {
            return NEVER;
        }
        let latest = from.saturating_add(HORIZON);
        let mut left = wanted;
        for stretch in calendar.stretches_from(from).filter(|s| self.has(s.layers)) {
            let length = stretch.end - stretch.start;
            if left <= length {
                let due = stretch.start + left;
                return if due <= latest { due } else { NEVER };
            }
            left -= length;
        }
        NEVER
    }
}

/// A clock as if the ticket had been submitted at some instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    /// When it starts; [`NEVER`] where it does not.
    pub start: i64,
    /// When it is used up; [`NEVER`] where it never is.
    pub due: i64,
    /// The entry that says so; `None` without a start.
    pub entry: Option<&'a Entry>,
}

impl<'a> Run<'a> {
    /// A clock that never starts.
    pub const NONE: Self = Self { start: NEVER, due: NEVER, entry: None };

    /// Start and due each the earlier of the two; the entry is that of the earlier due, of equal ones the later event's.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        let entry = if other.due <= self.due { other.entry.or(self.entry) } else { self.entry.or(other.entry) };
        Self { start: self.start.min(other.start), due: self.due.min(other.due), entry }
    }

    /// The clock of a row as if submitted at an instant by one channel alone.
    pub fn submitted(calendar: &Calendar, hold_over_to: HoldOverTo, row: Option<&'a Row>, channel: Channel, at: i64) -> Self {
        let cover = Cover::new(calendar, row, &[channel]);
        let start = start(calendar, hold_over_to, &cover, at);
        Self::started(calendar, row, &[channel], &cover, start)
    }

    /// The clock of a row that starts at an instant: of the entries that fit, the one with the earliest due.
    pub fn started(calendar: &Calendar, row: Option<&'a Row>, channels: &[Channel], cover: &Cover, start: i64) -> Self {
        let Some(row) = row.filter(|_| start != NEVER) else { return Self::NONE };
        let layers = calendar.layers_of(calendar.stretch_at(start).layers);
        let mut best = Self { start, due: NEVER, entry: None };
        for entry in fitting(row.cell(layers), channels) {
            let due = due(calendar, cover, entry.within.kind, start);
            if best.entry.is_none() || due < best.due {
                best = Self { start, due, entry: Some(entry) };
            }
        }
        best
    }
}

/// The entries of a cell that count for some channels: for a known one the first that fits, for an unknown one all.
pub(super) fn fitting<'a>(cell: &'a [Entry], channels: &[Channel]) -> impl Iterator<Item = &'a Entry> {
    let unknown = channels.iter().any(Option::is_none);
    let first_of: Vec<usize> = channels.iter().filter_map(|c| cell.iter().position(|e| e.fits(*c))).collect();
    cell.iter().enumerate().filter(move |(i, _)| unknown || first_of.contains(i)).map(|(_, e)| e)
}

/// When a clock starts for a submission at an instant; [`NEVER`] where nothing is found.
fn start(calendar: &Calendar, hold_over_to: HoldOverTo, cover: &Cover, at: i64) -> i64 {
    if !cover.anywhere() {
        return NEVER;
    }
    if cover.at(calendar, at) {
        return at;
    }
    let opening = match hold_over_to {
        HoldOverTo::NextWorkingDay => calendar.next_opening(at),
        HoldOverTo::NextCoveredWindow => None,
    };
    cover.first_from(calendar, opening.unwrap_or(at))
}

/// When a target is used up that starts at an instant; [`NEVER`] where it never is.
pub(super) fn due(calendar: &Calendar, cover: &Cover, target: TargetKind, start: i64) -> i64 {
    match target {
        TargetKind::Covered(seconds) => cover.after_seconds(calendar, start, seconds),
        TargetKind::Elapsed(seconds) => start.saturating_add(seconds),
        TargetKind::Days(days) => {
            let local = zone::local(calendar.zone(), start);
            let later = local.checked_add_days(chrono::Days::new(u64::from(days)));
            later.map_or(NEVER, |l| zone::resolve(calendar.zone(), l))
        }
        TargetKind::WorkingDays { count, on } => working_days(calendar, count, on, start).unwrap_or(NEVER),
    }
}

fn working_days(calendar: &Calendar, count: u32, on: OnDay, start: i64) -> Option<i64> {
    let zone = calendar.zone();
    let base = if calendar.stretch_at(start).open { start } else { calendar.next_opening(start)? };
    let day = calendar.working_day_after(base, count, start.saturating_add(HORIZON))?;
    Some(match on {
        OnDay::Close => day.closes,
        OnDay::At(time) => zone::resolve(zone, day.date.and_time(time)),
        OnDay::SameTime => zone::resolve(zone, day.date.and_time(zone::local(zone, base).time())).clamp(day.opens, day.closes),
    })
}
