//! When a verdict may next differ by itself, so that nothing is judged again before.

use super::billing;
use super::case::{self, Case};
use super::history;
use super::instant::from_seconds;
use super::ticket::Ticket;
use super::verdict::Clock;

/// The first instant after `t` at which a ticket without an agreement may be judged otherwise.
pub(super) fn of_ticket(ticket: &Ticket, t: i64) -> Option<i64> {
    let told = ticket.told_after(from_seconds(t)).map(|at| at.timestamp());
    // without a submission, or a sighting of the severity, the verdict moves with the clock
    let moves = (case::known_submission(ticket).is_none() && ticket.first_seen_at.is_none()) || history::severity_seen_is_needed(ticket);
    told.into_iter().chain(moves.then_some(t + 1)).min()
}

/// The same for a ticket under an agreement: also where its stretch ends and its clocks turn.
pub(super) fn of_case(case: &Case, stretch_end: i64, clocks: [Option<&Clock>; 3]) -> Option<i64> {
    let t = case.t;
    let clocks = clocks.into_iter().flatten().flat_map(|clock| {
        let due = clock.due.map(|d| d.timestamp());
        // exact within this stretch; where the clock pauses before, the stretch ends first
        [Some(clock.starts_at.timestamp()), due.map(|d| d + 1), clock.at_risk_in.map(|seconds| t + seconds)]
    });
    let own = [Some(case.now.response.start), Some(stretch_end), billing::moves(case).then_some(t + 1)];
    own.into_iter().chain(clocks).flatten().filter(|at| *at > t).chain(of_ticket(case.ticket, t)).min()
}
