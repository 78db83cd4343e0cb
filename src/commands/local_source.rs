//! A source whose tickets are kept in the records themselves: issues that came by phone, with no server at all.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::instant::whole_seconds;
use crate::domain::{Assessment, Capabilities, Deed, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};
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
        let told = self.beside(move |records| records.change_local(&id, |ticket| deed.apply(ticket, &by, at, earlier))).await?;
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
