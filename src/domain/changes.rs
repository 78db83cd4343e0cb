//! When a verdict may next differ by itself, so that nothing is judged again before.

use super::billing;
use super::case::{self, Case};
use super::history;
use super::ticket::Ticket;
use super::verdict::Clock;

/// The first instant after `t` at which something told of the ticket takes effect.
pub(super) fn of_ticket(ticket: &Ticket, t: i64) -> Option<i64> {
    let instants = [
        ticket.submitted_at,
        ticket.acknowledged_at,
        ticket.answered_at,
        ticket.last_word_at,
        ticket.resolved_at,
        ticket.severity_seen_at,
        ticket.first_seen_at,
    ];
    let told = instants
        .into_iter()
        .flatten()
        .chain(ticket.contacts.iter().map(|c| c.at))
        .chain(ticket.assessments.iter().map(|a| a.at))
        .chain(ticket.on_client.iter().flat_map(|s| s.from.into_iter().chain(s.to)));
    let told = told.map(|at| at.timestamp()).filter(|at| *at > t).min();
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
