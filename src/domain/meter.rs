//! How a clock stands at an instant: its state and what is left of it.

use super::calendar::Calendar;
use super::case::Ended;
use super::clock::{Cover, NEVER};
use super::instant::from_seconds;
use super::response_table::Target;
use super::verdict::{Clock, ClockState};

/// What a clock is read with.
pub(super) struct Meter<'a> {
    pub calendar: &'a Calendar,
    pub cover: &'a Cover,
    /// The target shown; its kind says what is counted.
    pub target: Option<&'a Target>,
    /// Stretches that do not count, in order and apart.
    pub pauses: Vec<(i64, i64)>,
    /// In such a stretch at `t`.
    pub on_client: bool,
    pub at_risk_ppm: u32,
    pub unassessed: bool,
    pub t: i64,
}

impl Meter<'_> {
    fn through_everything(&self) -> bool {
        self.target.is_some_and(Target::runs_through_everything)
    }

    /// Seconds that count in `[from, to)`, pauses or not.
    fn gross(&self, from: i64, to: i64) -> i64 {
        if self.through_everything() { (to - from).max(0) } else { self.cover.seconds(self.calendar, from, to) }
    }

    /// Seconds that count in `[from, to)`.
    fn seconds(&self, from: i64, to: i64) -> i64 {
        let paused: i64 = self.pauses.iter().map(|(a, b)| self.gross((*a).max(from), (*b).min(to))).sum();
        self.gross(from, to) - paused
    }

    /// The due of a clock that leaves its pauses out, from the due it would have with them. Never earlier than that.
    pub fn without_pauses(&self, start: i64, due: i64) -> i64 {
        if due == NEVER {
            return NEVER;
        }
        let mut left = self.gross(start, due);
        let mut from = start;
        for (pause, end) in &self.pauses {
            let before = self.gross(from, *pause);
            if left <= before {
                break;
            }
            left -= before;
            from = from.max(*end);
        }
        let later = if self.through_everything() { from.saturating_add(left) } else { self.cover.after_seconds(self.calendar, from, left) };
        later.max(due)
    }

    /// Reads the clock; `None` where it never starts.
    pub fn read(&self, start: i64, due: i64, ended: Ended) -> Option<Clock> {
        if start == NEVER {
            return None;
        }
        let (state, remaining) = match ended {
            Some(at) => (if at.is_some_and(|at| at > due) { ClockState::MetLate } else { ClockState::Met }, None),
            None if self.t > due => {
                (if self.unassessed { ClockState::Overdue } else { ClockState::Breached }, Some(-self.seconds(due, self.t)))
            }
            None => {
                let remaining = (due != NEVER).then(|| self.seconds(self.t.max(start), due));
                (self.before_due(start, due, remaining), remaining)
            }
        };
        Some(Clock {
            state,
            target: self.target.map(|t| t.written.clone()),
            starts_at: from_seconds(start),
            due: (due != NEVER).then(|| from_seconds(due)),
            remaining_seconds: remaining,
            at_risk_in: remaining
                .filter(|_| state == ClockState::Running && self.at_risk_ppm > 0)
                .map(|remaining| remaining - self.at_risk_seconds(start, due)),
        })
    }

    fn before_due(&self, start: i64, due: i64, remaining: Option<i64>) -> ClockState {
        if self.t < start {
            ClockState::NotStarted
        } else if self.stands() {
            ClockState::Paused
        } else if remaining.is_some_and(|r| self.at_risk_ppm > 0 && r <= self.at_risk_seconds(start, due)) {
            ClockState::AtRisk
        } else {
            ClockState::Running
        }
    }

    /// Whether a clock that has started stands still at `t`.
    fn stands(&self) -> bool {
        let uncovered = !self.through_everything() && !self.cover.at(self.calendar, self.t);
        uncovered || self.on_client
    }

    /// With this many seconds left, or fewer, the clock is at risk.
    fn at_risk_seconds(&self, start: i64, due: i64) -> i64 {
        self.seconds(start, due) * i64::from(self.at_risk_ppm) / 1_000_000
    }
}
