//! What a deed makes of a ticket that this program keeps itself.

use chrono::{DateTime, Utc};

use super::deed::{Deed, Outcome};
use super::safe_text::{SafeText, TextKind};
use super::ticket::{Assessment, ClientContact, OnClient, Status, Ticket};

impl Deed {
    /// Does it to a ticket that is kept here and by no server; what came of that. `earlier` is when it was first attempted, if it
    /// may have arrived then.
    pub fn apply(&self, ticket: &mut Ticket, by: &SafeText, at: DateTime<Utc>, earlier: Option<DateTime<Utc>>) -> Outcome {
        let done = Outcome::Confirmed { by: Some(by.clone()), at: Some(at) };
        if ticket.unreadable.is_some() {
            return Outcome::refused("it cannot be read from the records; nothing was changed");
        }
        if ticket.status == Status::Resolved {
            let (by, at) = (None, ticket.resolved_at);
            return if *self == Self::Resolve { Outcome::Already { by, at } } else { Outcome::refused("it is resolved") };
        }
        // what arrived before is not done twice
        let ends_with = |text: &SafeText| ticket.description.as_ref().is_some_and(|all| all.as_str().ends_with(text.as_str()));
        let arrived = match self {
            Self::Note { text } | Self::Word { text } => ends_with(text),
            Self::Contact { channel } => {
                ticket.contacts.last().is_some_and(|last| last.channel.as_ref() == Some(channel) && Some(last.at) >= earlier)
            }
            Self::Assess { severity } => {
                ticket.assessments.last().is_some_and(|last| last.severity == Some(*severity) && Some(last.at) >= earlier)
            }
            Self::OnClient => ticket.on_client.last().is_some_and(|last| last.to.is_none() && last.from >= earlier),
            Self::Acknowledge { .. } | Self::Unacknowledge | Self::Resolve => false,
        };
        if earlier.is_some() && arrived {
            return done;
        }
        match self {
            Self::Acknowledge { note } => {
                if ticket.acknowledged_at.is_some() {
                    let (who, at) = (ticket.acknowledged_by.clone(), ticket.acknowledged_at);
                    let ours = earlier.is_some() && who.as_ref() == Some(by);
                    return if ours { Outcome::Confirmed { by: who, at } } else { Outcome::Already { by: who, at } };
                }
                if note.as_ref().is_some_and(|note| !add_text(ticket, &format!("{by}, internal"), at, note)) {
                    return full();
                }
                (ticket.acknowledged_at, ticket.acknowledged_by, ticket.assignee) = (Some(at), Some(by.clone()), Some(by.clone()));
                if ticket.status == Status::Open {
                    ticket.status = Status::Acknowledged;
                }
            }
            Self::Unacknowledge => {
                if ticket.acknowledged_at.is_none() {
                    return Outcome::Already { by: None, at: None };
                }
                if let Some(other) = ticket.acknowledged_by.as_ref().filter(|who| *who != by) {
                    return Outcome::refused(&format!("{other} has it"));
                }
                (ticket.acknowledged_at, ticket.acknowledged_by, ticket.assignee) = (None, None, None);
                if ticket.status == Status::Acknowledged {
                    ticket.status = Status::Open;
                }
            }
            Self::Note { text } => {
                if !add_text(ticket, &format!("{by}, internal"), at, text) {
                    return full();
                }
            }
            Self::Word { text } => {
                if !add_text(ticket, &format!("{by} to the client"), at, text) {
                    return full();
                }
                ticket.answered_at.get_or_insert(at);
                ticket.last_word_at = Some(at);
            }
            Self::Assess { severity } if ticket.severity == Some(*severity) => {
                return Outcome::Already { by: None, at: ticket.assessments.last().map(|last| last.at) };
            }
            Self::Assess { severity } => {
                ticket.severity = Some(*severity);
                ticket.assessments.push(Assessment { at, severity: Some(*severity) });
            }
            Self::Contact { channel } => {
                ticket.contacts.push(ClientContact { at, channel: Some(channel.clone()) });
                // whatever is said to the client afterwards, it has answered
                ticket.on_client.iter_mut().filter(|stretch| stretch.to.is_none()).for_each(|stretch| stretch.to = Some(at));
            }
            Self::OnClient => match ticket.on_client.last() {
                Some(OnClient { from, to: None }) => return Outcome::Already { by: None, at: *from },
                _ => ticket.on_client.push(OnClient { from: Some(at), to: None }),
            },
            Self::Resolve => (ticket.status, ticket.resolved_at) = (Status::Resolved, Some(at)),
        }
        done
    }
}

fn full() -> Outcome {
    Outcome::refused("the text of the ticket is full: there is no room for more; nothing was changed")
}

/// Adds what somebody wrote to the text of the ticket; all of it, or nothing.
fn add_text(ticket: &mut Ticket, who: &str, at: DateTime<Utc>, text: &SafeText) -> bool {
    let before = ticket.description.as_ref().map_or_else(String::new, |before| format!("{before}\n\n"));
    let whole = SafeText::sanitised(&format!("{before}{who}, {}:\n{text}", at.format("%Y-%m-%d %H:%MZ")), TextKind::Body);
    if !whole.cut {
        ticket.description = Some(whole.text);
    }
    !whole.cut
}
