//! What flips next: tickets that are released, windows that give way, clocks that are used up. Pure; the board says what is so now.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::board::{Board, BoardRow};
use crate::domain::instant;
use crate::domain::{Agreement, Agreements, Clock, ClockState, Obligation, SafeText, Severity, TicketKey, Verdict, judge};

/// What can flip, in the order in which it is told of one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum FlipKind {
    /// Held tickets are released.
    Release,
    /// Another window begins.
    Window,
    /// A response is due; of an unassessed ticket, its assessment.
    Due,
    /// A resolution is due.
    Resolve,
    /// A word to the client is due.
    Update,
}

/// One flip: everything of one kind that happens at one instant under one agreement.
#[derive(Debug, Clone, Serialize)]
pub struct Flip {
    /// When.
    #[serde(serialize_with = "instant::serialize")]
    pub at: DateTime<Utc>,
    /// What.
    pub kind: FlipKind,
    /// Under which agreement.
    #[serde(serialize_with = "name")]
    pub agreement: Arc<Agreement>,
    /// The window that this instant is in.
    pub window: SafeText,
    /// The tickets, in the order of the board; none where a window gives way.
    pub tickets: Vec<FlippedTicket>,
}

/// A ticket of a flip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlippedTicket {
    /// Source and key.
    #[serde(flatten)]
    pub id: TicketKey,
    /// The severity a person assessed; `None` is unassessed.
    pub severity: Option<Severity>,
}

fn name<S: serde::Serializer>(agreement: &Arc<Agreement>, serializer: S) -> Result<S::Ok, S::Error> {
    agreement.name.serialize(serializer)
}

/// When, what, and the place of the agreement in the configuration: the order of the flips.
type Place = (DateTime<Utc>, FlipKind, usize);

/// What flips in `[from, to)` as things stand on the board: in order of time, then of kind, then of the agreements in the
/// configuration. A ticket that is held is released once, and falls due by each clock that runs; what an engineer or a
/// client has yet to do is not foreseen. Windows are those of all agreements.
#[must_use]
pub fn flips(board: &Board, agreements: &Agreements, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Flip> {
    let mut found: BTreeMap<Place, Vec<FlippedTicket>> = BTreeMap::new();
    for (place, agreement) in agreements.all().iter().enumerate() {
        // the window before the first instant tells whether one begins there
        let stretches = agreement.calendar.windows_between(from - TimeDelta::seconds(1), to);
        let changes = stretches.windows(2).filter(|pair| pair[0].window != pair[1].window);
        found.extend(changes.map(|pair| ((pair[1].start, FlipKind::Window, place), Vec::new())));
    }
    for row in &board.rows {
        let Some(agreement) = &row.verdict.agreement else { continue };
        let Some(place) = agreements.all().iter().position(|known| Arc::ptr_eq(known, agreement)) else { continue };
        for (at, kind) in of_row(row, board.at, agreements, from, to) {
            let ticket = FlippedTicket { id: row.ticket.id.clone(), severity: row.severity() };
            found.entry((at, kind, place)).or_default().push(ticket);
        }
    }
    let flip = |((at, kind, place), tickets): (Place, Vec<FlippedTicket>)| {
        let agreement = Arc::clone(&agreements.all()[place]);
        let window = agreement.calendar.window_name(agreement.calendar.window_at(at)).clone();
        Flip { at, kind, agreement, window, tickets }
    };
    found.into_iter().map(flip).collect()
}

/// What flips of one ticket.
fn of_row(
    row: &BoardRow,
    now: DateTime<Utc>,
    agreements: &Agreements,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, FlipKind)> {
    let expected = [FlipKind::Release, FlipKind::Due, FlipKind::Resolve, FlipKind::Update];
    let expected = expected.into_iter().filter_map(|kind| Some((expected_at(&row.verdict, kind)?, kind)));
    let soon = expected.filter(|(at, _)| (from..to).contains(at));
    // a verdict may move with the clock: of a resolution that is on the client, say, the due is put off as long as it is
    soon.filter(|(at, kind)| {
        let foretold = row.ticket.told_after(now).is_some_and(|told| told <= *at);
        // what is told of later than now has not happened: the verdict of then would know it
        foretold || *at <= now || stands(&judge(&row.ticket, agreements, *at), *kind, *at)
    })
    .collect()
}

/// When something flips by a verdict; `None` where it has, or never will.
fn expected_at(verdict: &Verdict, kind: FlipKind) -> Option<DateTime<Utc>> {
    match kind {
        FlipKind::Release => verdict.held_until,
        FlipKind::Window => None,
        _ => clock(verdict, kind).filter(|clock| runs(clock)).and_then(|clock| clock.due),
    }
}

/// Whether it is still so by the verdict of that instant.
fn stands(then: &Verdict, kind: FlipKind, at: DateTime<Utc>) -> bool {
    match kind {
        FlipKind::Release => then.obligation != Obligation::Held,
        _ => expected_at(then, kind) == Some(at),
    }
}

fn clock(verdict: &Verdict, kind: FlipKind) -> Option<&Clock> {
    match kind {
        FlipKind::Due => verdict.response.as_ref(),
        FlipKind::Resolve => verdict.resolve.as_ref(),
        FlipKind::Update => verdict.update.as_ref(),
        FlipKind::Release | FlipKind::Window => None,
    }
}

/// Whether a clock has not ended yet, and is not past its due.
fn runs(clock: &Clock) -> bool {
    matches!(clock.state, ClockState::NotStarted | ClockState::Running | ClockState::AtRisk | ClockState::Paused)
}
