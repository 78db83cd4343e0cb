//! That a client who asked for it was called back. No source tells it: an internal note of ours does, once its source has it.

use chrono::{DateTime, Utc};

use super::safe_text::SafeText;
use super::ticket::{Ticket, TicketKey};

/// What a note begins with that says so, without case.
pub const CALLED_BACK: &str = "called back";

/// A note that says so, and that its source has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledBack {
    /// Of which ticket.
    pub key: TicketKey,
    /// Who noted it.
    pub by: SafeText,
    /// When that was known.
    pub at: DateTime<Utc>,
}

impl CalledBack {
    /// Whether a note says so.
    #[must_use]
    pub fn is_said_by(note: &SafeText) -> bool {
        note.as_str().trim_start().to_lowercase().starts_with(CALLED_BACK)
    }

    /// Whether it answers what the client of a ticket asks for. When that was asked for no source tells; so it must be the
    /// same ticket, and the client must not have spoken since.
    fn answers(&self, ticket: &Ticket) -> bool {
        ticket.submitted_at.is_some_and(|at| at <= self.at) && ticket.contacts.iter().all(|contact| contact.at <= self.at)
    }
}

impl Ticket {
    /// Whether its client is still to be called back.
    #[must_use]
    pub fn wants_call_back(&self) -> bool {
        self.callback_requested && !self.called_back.as_ref().is_some_and(|called| called.answers(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClientContact, SourceName};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap_or_default()
    }

    #[test]
    fn a_note_answers_only_the_same_ticket_whose_client_has_not_spoken_since() {
        let key = TicketKey { source: SourceName::new("desk"), key: SafeText::line("1") };
        let mut ticket = Ticket::new(key.clone());
        assert!(!ticket.wants_call_back());
        ticket.callback_requested = true;
        ticket.submitted_at = Some(at(10));
        assert!(ticket.wants_call_back());
        let called = |minute| Some(CalledBack { key: key.clone(), by: SafeText::line("jo"), at: at(minute) });
        ticket.called_back = called(9);
        assert!(ticket.wants_call_back(), "it was another ticket of that key");
        ticket.called_back = called(20);
        assert!(!ticket.wants_call_back());
        ticket.contacts.push(ClientContact { at: at(20), channel: None });
        assert!(!ticket.wants_call_back());
        ticket.contacts.push(ClientContact { at: at(21), channel: None });
        assert!(ticket.wants_call_back(), "the client has spoken since");
        ticket.submitted_at = None;
        ticket.contacts.clear();
        assert!(ticket.wants_call_back(), "nobody knows that it is the same");
    }

    #[test]
    fn only_what_begins_so_says_so() {
        let said = ["called back: done", " Called back", "CALLED BACK, no answer", "not called back", "call back", ""];
        assert_eq!(said.map(|text| CalledBack::is_said_by(&SafeText::body(text))), [true, true, true, false, false, false]);
    }
}
