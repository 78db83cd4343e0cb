//! What is known here of tickets that their sources do not tell, or not yet: it stands until they do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{CalledBack, ClientContact, SafeText, SourceName, Status, Ticket, TicketKey};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct KnownHere {
    /// Who has taken them.
    pub taken: HashMap<TicketKey, Taken>,
    /// Contacts that are kept here.
    pub contacts: HashMap<TicketKey, Vec<ContactHere>>,
    /// The last notes that say that a client was called back.
    pub called_back: HashMap<TicketKey, CalledBack>,
}

impl KnownHere {
    /// Marks a ticket with what is known of it.
    pub fn mark(&self, ticket: &mut Arc<Ticket>) {
        if let Some(taken) = self.taken.get(&ticket.id) {
            taken.mark(ticket);
        }
        self.contacts.get(&ticket.id).into_iter().flatten().for_each(|contact| contact.mark(ticket));
        if let Some(called) = self.called_back.get(&ticket.id).filter(|_| ticket.callback_requested) {
            Arc::make_mut(ticket).called_back = Some(called.clone());
        }
    }

    /// Forgets what is of other sources: what was done to a ticket of another place says nothing of one under its key.
    pub fn keep_only(&mut self, sources: &HashSet<SourceName>) {
        self.taken.retain(|key, _| sources.contains(&key.source));
        self.contacts.retain(|key, _| sources.contains(&key.source));
        self.called_back.retain(|key, _| sources.contains(&key.source));
    }

    /// A source began at an instant to tell of its tickets: what became known before, it tells itself.
    pub fn told(&mut self, source: &SourceName, began_at: DateTime<Utc>) {
        self.taken.retain(|key, taken| taken.is_here() || key.source != *source || began_at <= taken.known_at);
    }

    /// These are all the tickets of a source: what is gone, and comes again, is another.
    pub fn told_all(&mut self, source: &SourceName, tickets: &[Arc<Ticket>]) {
        let here = self.taken.iter().filter(|(_, taken)| taken.is_here()).map(|(key, _)| key).chain(self.contacts.keys());
        if here.into_iter().any(|key| key.source == *source) {
            let there: HashSet<&TicketKey> = tickets.iter().map(|ticket| &ticket.id).collect();
            let stays = |key: &TicketKey| key.source != *source || there.contains(key);
            self.taken.retain(|key, taken| !taken.is_here() || stays(key));
            self.contacts.retain(|key, _| stays(key));
        }
    }
}

/// An acknowledgement that the source confirmed, until a report that began later tells of it.
#[derive(Debug)]
pub(super) struct Taken {
    pub known_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
    pub by: Option<SafeText>,
    pub here: Here,
}

/// Whether an acknowledgement is kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    /// Its source tells of it.
    No,
    /// Its source cannot be told, and so never tells of it. What was submitted at another time under the same key is another.
    Of {
        /// When its ticket was submitted.
        submitted_at: Option<DateTime<Utc>>,
    },
}

impl Taken {
    pub fn is_here(&self) -> bool {
        self.here != Here::No
    }

    pub fn mark(&self, ticket: &mut Arc<Ticket>) {
        if self.is_here() && self.here != (Here::Of { submitted_at: ticket.submitted_at }) {
            return;
        }
        let ticket = Arc::make_mut(ticket);
        if ticket.status == Status::Open {
            ticket.status = Status::Acknowledged;
        }
        ticket.acknowledged_at.get_or_insert(self.at);
        if let Some(by) = &self.by {
            ticket.acknowledged_by.get_or_insert_with(|| by.clone());
            ticket.assignee = Some(by.clone());
        }
    }
}

/// A contact that is kept here.
#[derive(Debug)]
pub(super) struct ContactHere {
    /// When its ticket was submitted: what was submitted at another time under the same key is another.
    pub submitted_at: Option<DateTime<Utc>>,
    pub contact: ClientContact,
}

impl ContactHere {
    pub fn mark(&self, ticket: &mut Arc<Ticket>) {
        if self.submitted_at == ticket.submitted_at && !ticket.contacts.contains(&self.contact) {
            Arc::make_mut(ticket).contacts.push(self.contact.clone());
        }
    }
}
