//! What is known of all sources. A failing source is data here.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::known_here::{ContactHere, Here, KnownHere, Taken};
use super::source::{Last, Source, SourceHealth, SourceRules};
use crate::domain::{
    CalledBack, ClientContact, Deed, KeptHere, Outcome, Pass, PollReport, SafeText, SourceName, Ticket, TicketKey, instant,
};

/// What stays known of a source when the configuration was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaysKnown {
    /// All: it is asked as before.
    All,
    /// Its tickets and its fault, until it answers: it is the same, but it is asked or read otherwise.
    Tickets,
    /// Nothing: it is another.
    Nothing,
}

/// The last good tickets of every source.
#[derive(Debug)]
pub struct Store {
    sources: Vec<Source>,
    here: KnownHere,
}

impl Store {
    /// Sources of which nothing is known yet.
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = SourceRules>, now: DateTime<Utc>) -> Self {
        let sources = sources.into_iter().map(|rules| Source::new(rules, now));
        Self { sources: sources.collect(), here: KnownHere::default() }
    }

    /// From now on these are the sources; of each is said what of it stays known.
    pub fn rearrange(&mut self, sources: impl IntoIterator<Item = (SourceRules, StaysKnown)>, now: DateTime<Utc>) {
        let mut before = std::mem::take(&mut self.sources);
        let mut stay = HashSet::new();
        for (rules, stays) in sources {
            let place = before.iter().position(|source| source.rules.name == rules.name);
            let known = place.map(|place| before.swap_remove(place)).filter(|_| stays != StaysKnown::Nothing);
            stay.extend(known.is_some().then(|| rules.name.clone()));
            self.sources.push(match (known, stays) {
                (Some(known), StaysKnown::All) => Source { rules, ..known },
                // until it answers it stands as it stood: what was blind stays so
                (Some(known), StaysKnown::Tickets) => Source { rules, asked_by: None, ..known },
                _ => Source::new(rules, now),
            });
        }
        self.here.keep_only(&stay);
    }

    /// All tickets, source by source.
    pub fn tickets(&self) -> impl Iterator<Item = &Arc<Ticket>> {
        self.sources.iter().flat_map(|source| &source.tickets)
    }

    /// How each source stands at `now`, in the order of the configuration.
    #[must_use]
    pub fn health(&self, now: DateTime<Utc>) -> Vec<SourceHealth> {
        self.sources.iter().map(|source| source.health(now)).collect()
    }

    /// The first instant after `now` at which a source turns stale or blind by mere silence.
    #[must_use]
    pub fn health_changes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let just_after = |at: DateTime<Utc>| at + TimeDelta::seconds(1);
        let changes = self.sources.iter().flat_map(|s| {
            let (stale, blind) = s.deadlines();
            [stale, blind]
        });
        changes.map(just_after).filter(|at| *at > now).min()
    }

    /// Takes in what the records tell of a source before it was asked. It counts as not heard of.
    pub fn recall(&mut self, source: &SourceName, pass: Pass) {
        let Some(source) = self.sources.iter_mut().find(|s| s.rules.name == *source) else { return };
        let Some((began_at, seen_at)) = pass.recorded.as_ref().map(|recorded| (recorded.began_at, recorded.ended_at)) else { return };
        source.began_at = Some(began_at);
        source.pass(pass, seen_at, &self.here);
        source.last = Last::NotHeard;
    }

    /// Takes in when tickets of a source, or their severity, were first seen.
    pub fn recall_seen(&mut self, source: &SourceName, seen: Vec<Arc<Ticket>>) {
        let Some(source) = self.sources.iter_mut().find(|s| s.rules.name == *source) else { return };
        source.seen = seen.into_iter().map(|ticket| (ticket.id.clone(), ticket)).collect();
    }

    /// Takes in all that is kept here of tickets, for their source cannot be told.
    pub fn recall_kept_here(&mut self, kept: impl IntoIterator<Item = KeptHere>) {
        self.here.taken.retain(|_, taken| !taken.is_here());
        self.here.contacts.clear();
        for KeptHere { key, submitted_at, channel, by, at } in kept {
            if let Some(channel) = channel {
                self.contacted(key, ContactHere { submitted_at, contact: ClientContact { at, channel: Some(channel) } });
                continue;
            }
            let taken = Taken { known_at: at, at, by: Some(by), here: Here::Of { submitted_at } };
            self.tickets_of(&key).for_each(|ticket| taken.mark(ticket));
            self.here.taken.insert(key, taken);
        }
    }

    /// Takes in notes that say that clients were called back, the oldest first.
    pub fn recall_called_back(&mut self, called_back: impl IntoIterator<Item = CalledBack>) {
        for called in called_back {
            for ticket in self.tickets_of(&called.key).filter(|ticket| ticket.callback_requested) {
                Arc::make_mut(ticket).called_back = Some(called.clone());
            }
            self.here.called_back.insert(called.key.clone(), called);
        }
    }

    fn contacted(&mut self, key: TicketKey, contact: ContactHere) {
        self.tickets_of(&key).for_each(|ticket| contact.mark(ticket));
        self.here.contacts.entry(key).or_default().push(contact);
    }

    fn tickets_of<'a>(&'a mut self, key: &'a TicketKey) -> impl Iterator<Item = &'a mut Arc<Ticket>> {
        self.sources.iter_mut().flat_map(|source| &mut source.tickets).filter(move |ticket| ticket.id == *key)
    }

    /// The tickets of a source as they stand, to be kept; and when its last complete pass ended.
    #[must_use]
    pub fn of_source(&self, name: &SourceName) -> (Vec<Arc<Ticket>>, Option<DateTime<Utc>>) {
        let source = self.sources.iter().find(|s| s.rules.name == *name);
        source.map_or_else(Default::default, |source| (source.tickets.clone(), source.complete_at))
    }

    /// Takes in the answer of one poll. Only a complete pass makes tickets go; a fault takes nothing away. Whether any
    /// ticket is another than before.
    pub fn apply(&mut self, report: PollReport) -> bool {
        let Some(source) = self.sources.iter_mut().find(|s| s.rules.name == report.source) else { return false };
        match report.outcome {
            Ok(pass) => {
                self.here.told(&report.source, report.began_at);
                source.began_at = Some(report.began_at);
                let changed = source.pass(pass, report.ended_at, &self.here);
                if source.complete {
                    self.here.told_all(&report.source, &source.tickets);
                }
                changed
            }
            Err(fault) => {
                source.last = Last::Failed(fault);
                false
            }
        }
    }

    /// Takes in what became of a deed, as known at `now`. Only an acknowledgement and what is kept here count before the source
    /// tells of it itself.
    pub fn done(&mut self, key: &TicketKey, deed: &Deed, outcome: &Outcome, now: DateTime<Utc>) {
        match (deed, outcome) {
            (Deed::Acknowledge { .. }, _) => self.acknowledged(key, outcome, now),
            (Deed::Unacknowledge, Outcome::Confirmed { .. } | Outcome::Here { .. }) => {
                // how the ticket stood before is for the source to tell
                self.here.taken.remove(key);
            }
            (Deed::Contact { channel }, Outcome::Here { at, .. }) => {
                let submitted_at = self.tickets().find(|ticket| ticket.id == *key).and_then(|ticket| ticket.submitted_at);
                let contact = ClientContact { at: *at, channel: Some(channel.clone()) };
                self.contacted(key.clone(), ContactHere { submitted_at, contact });
            }
            _ => {}
        }
    }

    /// Whether what became known at an instant is told by nothing of the source yet: what it told last it began to tell before.
    #[must_use]
    pub fn is_news(&self, source: &SourceName, at: DateTime<Utc>) -> bool {
        let source = self.sources.iter().find(|known| known.rules.name == *source);
        // the records have whole seconds
        source.is_some_and(|source| source.began_at.is_none_or(|began_at| instant::whole_seconds(began_at) <= at))
    }

    /// Takes in what became of a deed as another process, or an earlier run, was told at an instant.
    pub fn settled(&mut self, key: &TicketKey, deed: &Deed, outcome: &Outcome, at: DateTime<Utc>) {
        // what was done here is known better
        let known = matches!(deed, Deed::Acknowledge { .. }) && self.here.taken.get(key).is_some_and(|taken| taken.known_at >= at);
        if !known && self.is_news(&key.source, at) {
            // it was known some time within that second
            self.done(key, deed, outcome, at + TimeDelta::seconds(1));
        }
    }

    /// Takes in what became of an acknowledgement; a report that began before cannot undo it.
    fn acknowledged(&mut self, key: &TicketKey, outcome: &Outcome, now: DateTime<Utc>) {
        let taken = match outcome {
            Outcome::Confirmed { by, at } | Outcome::Already { by, at } => {
                Taken { known_at: now, at: at.unwrap_or(now), by: by.clone(), here: Here::No }
            }
            Outcome::Here { by, at } => {
                let submitted_at = self.tickets().find(|ticket| ticket.id == *key).and_then(|ticket| ticket.submitted_at);
                Taken { known_at: now, at: *at, by: Some(by.clone()), here: Here::Of { submitted_at } }
            }
            Outcome::Refused { .. } | Outcome::Unknown { .. } => return,
        };
        self.tickets_of(key).for_each(|ticket| taken.mark(ticket));
        self.here.taken.insert(key.clone(), taken);
    }

    /// The ticket that somebody typed: `KEY` where one source has it, else `SOURCE/KEY`. `None` is unknown.
    ///
    /// # Errors
    /// All that it may mean, where that is more than one.
    pub fn find(&self, typed: &str) -> Result<Option<&Arc<Ticket>>, Ambiguous> {
        let qualified = |ticket: &Ticket| {
            let rest = typed.strip_prefix(ticket.id.source.as_str()).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|key| key == ticket.id.key.as_str())
        };
        let mut found = self.tickets().filter(|t| t.id.key.as_str() == typed || qualified(t));
        let first = found.next();
        let others: Vec<TicketKey> = found.map(|t| t.id.clone()).collect();
        if others.is_empty() {
            return Ok(first);
        }
        Err(Ambiguous { typed: SafeText::line(typed), candidates: first.map(|t| t.id.clone()).into_iter().chain(others).collect() })
    }
}

/// A key that more than one source has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{typed}' is in more than one source")]
pub struct Ambiguous {
    /// What was typed.
    pub typed: SafeText,
    /// What it may mean.
    pub candidates: Vec<TicketKey>,
}
