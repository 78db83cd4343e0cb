//! What a ticket's row says: mark, flags, time left, due, owner; and when that will next be something else.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::ack::Ack;
use super::board::BoardRow;
use super::words;
use crate::domain::{Bill, Clock, ClockState, Group, SafeText, Severity};

/// The one state mark of a row: the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// A person must first settle something.
    Decide,
    /// Past due.
    Breached,
    /// Little time is left.
    AtRisk,
    /// The clock has started and stands.
    Paused,
    /// Held over.
    Held,
    /// Somebody has it.
    InHand,
    /// None of these.
    None,
}

/// What else to know of a row, two at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flag {
    /// Its source is not to be trusted.
    Stale,
    /// Work on it is chargeable.
    Chargeable,
    /// The client asked to be called back.
    CallBack,
    /// And more than fits.
    More,
}

/// What the row of a ticket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLabels {
    /// The severity that a person assessed.
    pub severity: Option<Severity>,
    /// Its state.
    pub mark: Mark,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its key.
    pub key: SafeText,
    /// Its title.
    pub title: SafeText,
    /// The first column of time: what is left, or until when it is held.
    pub left: String,
    /// The second: when it is due, or what is left then.
    pub due: String,
    /// Whose it is.
    pub client: Option<SafeText>,
    /// Who has it.
    pub owner: Option<SafeText>,
    /// How its acknowledgement stands; takes the place of due and owner.
    pub ack: Option<Ack>,
}

/// Something said of time, and when it will be said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Label {
    pub text: String,
    pub changes_at: Option<DateTime<Utc>>,
}

impl Label {
    fn fixed(text: String) -> Self {
        Self { text, changes_at: None }
    }

    fn unknown() -> Self {
        Self::fixed("-".to_owned())
    }
}

/// The heading of a group.
#[must_use]
pub const fn heading(group: Group) -> &'static str {
    match group {
        Group::Decide => "DECIDE",
        Group::Unanswered => "NOW, UNANSWERED",
        Group::InHand => "NOW, IN HAND",
        Group::Held => "HELD",
        Group::OnClient => "ON CLIENT",
        Group::Outside => "OUTSIDE",
    }
}

/// The columns that a group has over its two columns of time.
#[must_use]
pub const fn columns(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Decide | Group::Unanswered | Group::OnClient => ("LEFT", "DUE"),
        Group::InHand => ("NEXT WORD", ""),
        Group::Held => ("UNTIL", "THEN"),
        Group::Outside => ("", ""),
    }
}

/// The labels of a row judged at `now`, and when they will next be others.
pub(super) fn row(row: &BoardRow, stale: bool, ack: Option<&Ack>, zone: Tz, now: DateTime<Utc>) -> (RowLabels, Option<DateTime<Utc>>) {
    let (left, due) = times(row, zone, now);
    let labels = RowLabels {
        severity: row.severity(),
        mark: mark(row),
        flags: flags(row, stale),
        key: row.ticket.id.key.in_list(),
        title: row.ticket.title.in_list(),
        left: left.text,
        due: due.text,
        client: row.ticket.client.as_ref().map(SafeText::in_list),
        owner: row.ticket.owner().map(SafeText::in_list),
        // nothing is shown of what is not on the disk yet
        ack: ack.filter(|ack| **ack != Ack::Writing).cloned(),
    };
    (labels, left.changes_at.into_iter().chain(due.changes_at).min())
}

fn mark(row: &BoardRow) -> Mark {
    let state = row.verdict.response.as_ref().map(|clock| clock.state);
    match (row.verdict.group, state) {
        (Group::Decide, _) => Mark::Decide,
        (_, Some(ClockState::Breached | ClockState::Overdue)) => Mark::Breached,
        (_, Some(ClockState::AtRisk)) => Mark::AtRisk,
        (_, Some(ClockState::Paused)) => Mark::Paused,
        (Group::Held, _) => Mark::Held,
        (Group::InHand, _) => Mark::InHand,
        (Group::Unanswered | Group::OnClient | Group::Outside, _) => Mark::None,
    }
}

fn flags(row: &BoardRow, stale: bool) -> Vec<Flag> {
    let all = [
        (stale, Flag::Stale),
        (row.verdict.billing.verdict == Bill::Chargeable, Flag::Chargeable),
        (row.ticket.wants_call_back(), Flag::CallBack),
    ];
    let mut flags: Vec<Flag> = all.into_iter().filter_map(|(has, flag)| has.then_some(flag)).collect();
    if flags.len() > 2 {
        flags.truncate(1);
        flags.push(Flag::More);
    }
    flags
}

fn times(row: &BoardRow, zone: Tz, now: DateTime<Utc>) -> (Label, Label) {
    let verdict = &row.verdict;
    let response = verdict.response.as_ref();
    match verdict.group {
        Group::Decide | Group::Unanswered | Group::OnClient => {
            let open = response.filter(|clock| !matches!(clock.state, ClockState::Met | ClockState::MetLate));
            open.map_or_else(|| (Label::unknown(), Label::unknown()), |clock| (left(clock, now), due(clock, zone, now)))
        }
        Group::InHand => {
            // a word to the client that is still owed comes before the next one
            let owed = response.filter(|clock| clock.remaining_seconds.is_some());
            let clock = owed.or(verdict.update.as_ref()).or(verdict.resolve.as_ref()).filter(|clock| clock.remaining_seconds.is_some());
            clock.map_or_else(|| (Label::unknown(), Label::default()), |clock| (left(clock, now), due(clock, zone, now)))
        }
        Group::Held => {
            let until = verdict.held_until.map_or_else(|| "never".to_owned(), |at| words::day_column(zone, at, now));
            let then = response.and_then(|clock| clock.remaining_seconds);
            (Label::fixed(until), then.map_or_else(Label::unknown, |seconds| Label::fixed(signed(seconds))))
        }
        Group::Outside => (Label::default(), Label::default()),
    }
}

/// What is left of a clock, or how late it is.
pub(super) fn left(clock: &Clock, now: DateTime<Utc>) -> Label {
    let Some(seconds) = clock.remaining_seconds else {
        return Label::unknown();
    };
    let stands = matches!(clock.state, ClockState::Paused | ClockState::NotStarted);
    Label { text: signed(seconds), changes_at: if stands { None } else { Some(now + TimeDelta::seconds(says_else_in(seconds))) } }
}

/// A time left, or how late it is: `23m`, `-4m`.
fn signed(seconds: i64) -> String {
    if seconds < 0 { format!("-{}", words::late(-seconds)) } else { words::length(seconds) }
}

/// In how many seconds a countdown will read otherwise: each minute, each second in the last two.
pub(super) const fn says_else_in(seconds: i64) -> i64 {
    match seconds {
        0..120 => 1,
        120.. => seconds % 60 + 1,
        _ => 60 - (-seconds) % 60,
    }
}

fn due(clock: &Clock, zone: Tz, now: DateTime<Utc>) -> Label {
    // what is due today is said otherwise tomorrow: the clock on the first row turns then too
    clock.due.map_or_else(|| Label::fixed("never".to_owned()), |at| Label::fixed(words::column(zone, at, now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_is_drawn_again_just_when_it_reads_otherwise() {
        for seconds in -4000..4000 {
            let until = says_else_in(seconds);
            for passed in 0..until {
                assert_eq!(signed(seconds - passed), signed(seconds), "{seconds} - {passed}");
            }
            assert_ne!(signed(seconds - until), signed(seconds), "{seconds} - {until}");
        }
    }
}
