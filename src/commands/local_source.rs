//! A source whose tickets are kept in the records themselves: issues that came by phone, with no server at all.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::instant::whole_seconds;
use crate::domain::{
    Assessment, Capabilities, ClientContact, Deed, Fault, FaultKind, Identity, OnClient, Outcome, Pass, SafeText, SourceName, Status,
    TextKind, Ticket, TicketKey,
};
use crate::records::{Records, RecordsFault};
use crate::sources::{Clock, SourceSettings, TicketSource};

/// What was resolved is told of for so long, for `list --all`.
const RESOLVED: TimeDelta = TimeDelta::days(1);

/// A source of kind `local`.
pub(super) struct LocalSource {
    settings: SourceSettings,
    /// None were ever made.
    records: Option<Arc<Records>>,
    /// Who is at work here.
    who: SafeText,
    clock: Clock,
}

impl LocalSource {
    pub fn new(settings: &SourceSettings, records: Option<Arc<Records>>, who: SafeText, clock: Clock) -> Self {
        Self { settings: settings.clone(), records, who, clock }
    }

    /// Adds a ticket that a client submits now.
    ///
    /// # Errors
    /// It is not on the disk.
    pub fn add(&self, records: &Records, fill: impl FnOnce(&mut Ticket)) -> Result<TicketKey, RecordsFault> {
        records.add_local(&self.settings.name, |key| {
            let mut ticket = Ticket::new(key);
            ticket.client.clone_from(&self.settings.client);
            ticket.submitted_at = Some(whole_seconds((self.clock)()));
            fill(&mut ticket);
            // a later assessment changes it from then on, and not from the submission
            let assessed = ticket.severity.zip(ticket.submitted_at);
            ticket.assessments.extend(assessed.map(|(severity, at)| Assessment { at, severity: Some(severity) }));
            ticket
        })
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Records) -> Result<T, RecordsFault> + Send + 'static,
    ) -> Result<Option<T>, Fault> {
        let Some(records) = self.records.clone() else { return Ok(None) };
        let failed = |text: &str| Fault::new(FaultKind::Unreachable, text);
        match tokio::task::spawn_blocking(move || work(&records)).await {
            Ok(done) => done.map(Some).map_err(|fault| failed(&fault.to_string())),
            Err(_) => Err(failed("the records failed inside – please report it")),
        }
    }
}

#[async_trait]
impl TicketSource for LocalSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn is_local(&self) -> bool {
        true
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all_but(&[])
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        Ok(Identity { name: self.who.clone(), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let (settings, now) = (self.settings.clone(), (self.clock)());
        let nothing = Pass { total: Some(0), complete: true, ..Pass::default() };
        Ok(self.beside(move |records| pass(records, &settings, now)).await?.unwrap_or(nothing))
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let (id, deed, by, at) = (key.clone(), deed.clone(), self.who.clone(), whole_seconds((self.clock)()));
        let told = self.beside(move |records| records.change_local(&id, |ticket| apply(ticket, &deed, &by, at, earlier))).await?;
        Ok(told.flatten().unwrap_or_else(|| Outcome::refused("there is no such ticket")))
    }
}

/// The tickets of a local source as the records have them.
///
/// # Errors
/// They cannot be read.
pub(super) fn pass(records: &Records, settings: &SourceSettings, now: DateTime<Utc>) -> Result<Pass, RecordsFault> {
    let unassessed_as = settings.unassessed_as;
    let tickets = records.local_tickets(&settings.name, now - RESOLVED)?;
    let tickets: Vec<Arc<Ticket>> = tickets.into_iter().map(|ticket| Arc::new(Ticket { unassessed_as, ..ticket })).collect();
    Ok(Pass { total: Some(tickets.len() as u64), tickets, complete: true, ..Pass::default() })
}

/// Does it to the ticket itself.
fn apply(ticket: &mut Ticket, deed: &Deed, by: &SafeText, at: DateTime<Utc>, earlier: Option<DateTime<Utc>>) -> Outcome {
    let done = Outcome::Confirmed { by: Some(by.clone()), at: Some(at) };
    if ticket.unreadable.is_some() {
        return Outcome::refused("it cannot be read from the records; nothing was changed");
    }
    if ticket.status == Status::Resolved {
        let (by, at) = (None, ticket.resolved_at);
        return if *deed == Deed::Resolve { Outcome::Already { by, at } } else { Outcome::refused("it is resolved") };
    }
    // what arrived before is not done twice
    let ends_with = |text: &SafeText| ticket.description.as_ref().is_some_and(|all| all.as_str().ends_with(text.as_str()));
    let arrived = match deed {
        Deed::Note { text } | Deed::Word { text } => ends_with(text),
        Deed::Contact { channel } => {
            ticket.contacts.last().is_some_and(|last| last.channel.as_ref() == Some(channel) && Some(last.at) >= earlier)
        }
        Deed::Assess { severity } => {
            ticket.assessments.last().is_some_and(|last| last.severity == Some(*severity) && Some(last.at) >= earlier)
        }
        Deed::OnClient => ticket.on_client.last().is_some_and(|last| last.to.is_none() && last.from >= earlier),
        Deed::Acknowledge { .. } | Deed::Unacknowledge | Deed::Resolve => false,
    };
    if earlier.is_some() && arrived {
        return done;
    }
    match deed {
        Deed::Acknowledge { note } => {
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
        Deed::Unacknowledge => {
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
        Deed::Note { text } => {
            if !add_text(ticket, &format!("{by}, internal"), at, text) {
                return full();
            }
        }
        Deed::Word { text } => {
            if !add_text(ticket, &format!("{by} to the client"), at, text) {
                return full();
            }
            ticket.answered_at.get_or_insert(at);
            ticket.last_word_at = Some(at);
        }
        Deed::Assess { severity } if ticket.severity == Some(*severity) => {
            return Outcome::Already { by: None, at: ticket.assessments.last().map(|last| last.at) };
        }
        Deed::Assess { severity } => {
            ticket.severity = Some(*severity);
            ticket.assessments.push(Assessment { at, severity: Some(*severity) });
        }
        Deed::Contact { channel } => {
            ticket.contacts.push(ClientContact { at, channel: Some(channel.clone()) });
            // whatever is said to the client afterwards, it has answered
            ticket.on_client.iter_mut().filter(|stretch| stretch.to.is_none()).for_each(|stretch| stretch.to = Some(at));
        }
        Deed::OnClient => match ticket.on_client.last() {
            Some(OnClient { from, to: None }) => return Outcome::Already { by: None, at: *from },
            _ => ticket.on_client.push(OnClient { from: Some(at), to: None }),
        },
        Deed::Resolve => (ticket.status, ticket.resolved_at) = (Status::Resolved, Some(at)),
    }
    done
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
