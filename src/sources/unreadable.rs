//! A list of things that are no tickets is told as such, and does not fill the memory.

use std::sync::Arc;

use crate::domain::{SafeText, Ticket};

/// So many tickets that cannot be read are shown each for itself.
const MOST: usize = 100;

/// Leaves the first of the tickets that cannot be read, and one more that says how many others there are.
pub(super) fn fold(tickets: &mut Vec<Arc<Ticket>>) {
    let mut count = 0;
    let mut last = None;
    tickets.retain(|ticket| {
        count += usize::from(ticket.unreadable.is_some());
        let stays = ticket.unreadable.is_none() || count <= MOST;
        if !stays {
            last = Some(Arc::clone(ticket));
        }
        stays
    });
    let Some(last) = last else { return };
    let mut rest = Ticket::new(last.id.clone());
    rest.unassessed_as = last.unassessed_as;
    rest.unreadable = Some(SafeText::line(&format!("… and {} more that cannot be read", count - MOST)));
    tickets.push(Arc::new(rest));
}
