//! What is known of each source: its last good tickets, how old they are, its fault. A failing source is data here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::domain::{
    CalledBack, ClientContact, Deed, Fault, FaultKind, KeptHere, Outcome, Pass, PollReport, SafeText, SourceName, Status, Ticket,
    TicketKey, instant,
};

/// Clocks that are no further apart agree: no response time is so short that it would matter.
const CLOCKS_AGREE: TimeDelta = TimeDelta::seconds(60);

/// When a source counts as late.
#[derive(Debug, Clone)]
pub struct SourceRules {
    /// Its name.
    pub name: SourceName,
    /// How often it is asked.
    pub poll_every: Duration,
    /// After how long without a complete pass it is blind.
    pub blind_after: Duration,
}

/// What stays known of a source when the configuration was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaysKnown {
    /// All: it is asked as before.
    All,
    /// Its tickets, until it answers: it is the same, but it is asked or read otherwise.
    Tickets,
    /// Nothing: it is another.
    Nothing,
}

/// How far a source can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It answered when it was last asked, with all it has.
    Ok,
    /// It missed one poll, or answered in part only.
    Stale,
    /// No complete pass for too long, or no answer since the start.
    Blind,
}

/// How one source stands at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHealth {
    /// Its name.
    pub name: SourceName,
    /// How far it can be trusted.
    pub health: Health,
    /// Whether it was ever heard of, be it by a fault; before that nothing can be said against it.
    pub heard: bool,
    /// When its last complete pass ended.
    pub as_of: Option<DateTime<Utc>>,
    /// How many of its tickets are known here.
    pub shown: usize,
    /// How many it has by its own count.
    pub total: Option<u64>,
    /// Whether what is known is all it has, as of then.
    pub complete: bool,
    /// What is wrong with it.
    pub fault: Option<SafeText>,
    /// What kind of fault that is; `None` for one that hinders nothing.
    pub kind: Option<FaultKind>,
    /// The other process that asks it.
    pub asked_by: Option<SafeText>,
    /// How far its clock is ahead of ours, behind where negative; `None` where that is so little that it hinders nothing.
    pub clock_ahead: Option<TimeDelta>,
}

/// The last good tickets of every source.
#[derive(Debug)]
pub struct Store {
    sources: Vec<Source>,
    taken: HashMap<TicketKey, Taken>,
    /// Contacts that are kept here.
    contacts: HashMap<TicketKey, Vec<ContactHere>>,
    /// The last notes that say that a client was called back.
    called_back: HashMap<TicketKey, CalledBack>,
}

#[derive(Debug)]
struct Source {
    rules: SourceRules,
    /// Since when it is asked.
    since: DateTime<Utc>,
    tickets: Vec<Arc<Ticket>>,
    total: Option<u64>,
    complete: bool,
    complete_at: Option<DateTime<Utc>>,
    /// When what it told last began to be told.
    began_at: Option<DateTime<Utc>>,
    clock_ahead: Option<TimeDelta>,
    last: Last,
    /// Of which only is known when they, or their severity, were first seen.
    seen: HashMap<TicketKey, Arc<Ticket>>,
    asked_by: Option<SafeText>,
}

/// What the last poll of a source came to.
#[derive(Debug)]
enum Last {
    NotHeard,
    Passed(Option<SafeText>),
    Failed(Fault),
}

/// An acknowledgement that the source confirmed, until a report that began later tells of it.
#[derive(Debug)]
struct Taken {
    known_at: DateTime<Utc>,
    at: DateTime<Utc>,
    by: Option<SafeText>,
    here: Here,
}

/// Whether an acknowledgement is kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Here {
    /// Its source tells of it.
    No,
    /// Its source cannot be told, and so never tells of it. What was submitted at another time under the same key is another.
    Of {
        /// When its ticket was submitted.
        submitted_at: Option<DateTime<Utc>>,
    },
}

impl Taken {
    fn is_here(&self) -> bool {
        self.here != Here::No
    }

    fn mark(&self, ticket: &mut Arc<Ticket>) {
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
struct ContactHere {
    /// When its ticket was submitted: what was submitted at another time under the same key is another.
    submitted_at: Option<DateTime<Utc>>,
    contact: ClientContact,
}

impl ContactHere {
    fn mark(&self, ticket: &mut Arc<Ticket>) {
        if self.submitted_at == ticket.submitted_at && !ticket.contacts.contains(&self.contact) {
            Arc::make_mut(ticket).contacts.push(self.contact.clone());
        }
    }
}

impl Store {
    /// Sources of which nothing is known yet.
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = SourceRules>, now: DateTime<Utc>) -> Self {
        let sources = sources.into_iter().map(|rules| Source::new(rules, now));
        Self { sources: sources.collect(), taken: HashMap::new(), contacts: HashMap::new(), called_back: HashMap::new() }
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
                // it is asked otherwise, and has not been heard of since
                (Some(known), StaysKnown::Tickets) => Source { rules, last: Last::NotHeard, asked_by: None, ..known },
                _ => Source::new(rules, now),
            });
        }
        // what was done to a ticket of another place says nothing of one under its key
        self.taken.retain(|key, _| stay.contains(&key.source));
        self.contacts.retain(|key, _| stay.contains(&key.source));
        self.called_back.retain(|key, _| stay.contains(&key.source));
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
        source.pass(pass, seen_at, &self.taken, &self.contacts, &self.called_back);
        source.last = Last::NotHeard;
    }

    /// Takes in when tickets of a source, or their severity, were first seen.
    pub fn recall_seen(&mut self, source: &SourceName, seen: Vec<Arc<Ticket>>) {
        let Some(source) = self.sources.iter_mut().find(|s| s.rules.name == *source) else { return };
        source.seen = seen.into_iter().map(|ticket| (ticket.id.clone(), ticket)).collect();
    }

    /// Takes in all that is kept here of tickets, for their source cannot be told.
    pub fn recall_kept_here(&mut self, kept: impl IntoIterator<Item = KeptHere>) {
        self.taken.retain(|_, taken| !taken.is_here());
        self.contacts.clear();
        for KeptHere { key, submitted_at, channel, by, at } in kept {
            if let Some(channel) = channel {
                self.contacted(key, ContactHere { submitted_at, contact: ClientContact { at, channel: Some(channel) } });
                continue;
            }
            let taken = Taken { known_at: at, at, by: Some(by), here: Here::Of { submitted_at } };
            self.tickets_of(&key).for_each(|ticket| taken.mark(ticket));
            self.taken.insert(key, taken);
        }
    }

    /// Takes in notes that say that clients were called back, the oldest first.
    pub fn recall_called_back(&mut self, called_back: impl IntoIterator<Item = CalledBack>) {
        for called in called_back {
            for ticket in self.tickets_of(&called.key).filter(|ticket| ticket.callback_requested) {
                Arc::make_mut(ticket).called_back = Some(called.clone());
            }
            self.called_back.insert(called.key.clone(), called);
        }
    }

    fn contacted(&mut self, key: TicketKey, contact: ContactHere) {
        self.tickets_of(&key).for_each(|ticket| contact.mark(ticket));
        self.contacts.entry(key).or_default().push(contact);
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
                // what began later than an acknowledgement tells of it itself
                self.taken.retain(|key, taken| taken.is_here() || key.source != report.source || report.began_at <= taken.known_at);
                source.began_at = Some(report.began_at);
                let changed = source.pass(pass, report.ended_at, &self.taken, &self.contacts, &self.called_back);
                // what is gone, and comes again, is another
                let here = self.taken.iter().filter(|(_, taken)| taken.is_here()).map(|(key, _)| key).chain(self.contacts.keys());
                if source.complete && here.into_iter().any(|key| key.source == report.source) {
                    let there: HashSet<&TicketKey> = source.tickets.iter().map(|ticket| &ticket.id).collect();
                    let stays = |key: &TicketKey| key.source != report.source || there.contains(key);
                    self.taken.retain(|key, taken| !taken.is_here() || stays(key));
                    self.contacts.retain(|key, _| stays(key));
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
                self.taken.remove(key);
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
        let known = matches!(deed, Deed::Acknowledge { .. }) && self.taken.get(key).is_some_and(|taken| taken.known_at >= at);
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
        self.taken.insert(key.clone(), taken);
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

impl Source {
    /// One of which nothing is known yet.
    fn new(rules: SourceRules, since: DateTime<Utc>) -> Self {
        Self {
            rules,
            since,
            tickets: Vec::new(),
            total: None,
            complete: false,
            complete_at: None,
            began_at: None,
            clock_ahead: None,
            last: Last::NotHeard,
            seen: HashMap::new(),
            asked_by: None,
        }
    }

    /// Takes in one pass, keeping what was seen first of each ticket. Whether any ticket is another than before.
    fn pass(
        &mut self,
        pass: Pass,
        seen_at: DateTime<Utc>,
        taken: &HashMap<TicketKey, Taken>,
        contacts: &HashMap<TicketKey, Vec<ContactHere>>,
        called_back: &HashMap<TicketKey, CalledBack>,
    ) -> bool {
        let before = self.tickets.len();
        let mut changed = false;
        let mut old: HashMap<TicketKey, Arc<Ticket>> = self.tickets.drain(..).map(|t| (t.id.clone(), t)).collect();
        let mut tickets = pass.tickets;
        for ticket in &mut tickets {
            let before = old.remove(&ticket.id).or_else(|| self.seen.remove(&ticket.id));
            stamp(ticket, before.as_deref(), seen_at);
            if let Some(taken) = taken.get(&ticket.id) {
                taken.mark(ticket);
            }
            contacts.get(&ticket.id).into_iter().flatten().for_each(|contact| contact.mark(ticket));
            if let Some(called) = called_back.get(&ticket.id).filter(|_| ticket.callback_requested) {
                Arc::make_mut(ticket).called_back = Some(called.clone());
            }
            // an unchanged ticket stays the same one
            match before.filter(|before| before == ticket) {
                Some(before) => *ticket = before,
                None => changed = true,
            }
        }
        if let Some(recorded) = &pass.recorded {
            self.complete_at = recorded.complete_at;
        }
        if pass.complete {
            self.complete_at = Some(seen_at);
            self.seen.clear();
        } else {
            let mut kept: Vec<Arc<Ticket>> = old.into_values().collect();
            kept.sort_by(|a, b| a.id.cmp(&b.id));
            tickets.append(&mut kept);
        }
        self.total = pass.total.or(pass.complete.then_some(tickets.len() as u64));
        self.complete = pass.complete;
        self.clock_ahead = pass.clock_ahead;
        self.tickets = tickets;
        self.asked_by = pass.recorded.as_ref().and_then(|recorded| recorded.by.clone());
        self.last = match pass.recorded.and_then(|recorded| recorded.fault) {
            Some(fault) => Last::Failed(fault),
            None => Last::Passed(pass.warning),
        };
        changed || self.tickets.len() != before
    }

    /// After when it is stale and blind, if nothing more is heard.
    fn deadlines(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let from = self.complete_at.unwrap_or(self.since);
        let after = |wait: Duration| TimeDelta::from_std(wait).ok().and_then(|wait| from.checked_add_signed(wait));
        let after = |wait| after(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
        // the next poll is due after one interval and missed when another has passed
        (after(self.rules.poll_every.saturating_mul(2)), after(self.rules.blind_after))
    }

    fn health(&self, now: DateTime<Utc>) -> SourceHealth {
        let (stale, blind) = self.deadlines();
        let never = self.complete_at.is_none() && !matches!(self.last, Last::Passed(_));
        let missed = !matches!(self.last, Last::Passed(_)) || !self.complete;
        let health = if never || now > blind {
            Health::Blind
        } else if missed || now > stale {
            Health::Stale
        } else {
            Health::Ok
        };
        SourceHealth {
            name: self.rules.name.clone(),
            health,
            heard: !matches!(self.last, Last::NotHeard),
            as_of: self.complete_at,
            shown: self.tickets.len(),
            total: self.total,
            complete: self.complete,
            fault: match &self.last {
                Last::NotHeard => None,
                Last::Passed(warning) => warning.clone(),
                Last::Failed(fault) => Some(fault.text.clone()),
            },
            kind: match &self.last {
                Last::NotHeard | Last::Passed(_) => None,
                Last::Failed(fault) => Some(fault.kind),
            },
            asked_by: self.asked_by.clone(),
            clock_ahead: self.clock_ahead.filter(|ahead| ahead.abs() > CLOCKS_AGREE),
        }
    }
}

/// Notes on a ticket when it, and its present severity, were first seen; only where a verdict can ask for it.
fn stamp(ticket: &mut Arc<Ticket>, before: Option<&Ticket>, now: DateTime<Utc>) {
    if ticket.submitted_at.is_none() && ticket.first_seen_at.is_none() {
        let first = before.and_then(|b| b.first_seen_at).unwrap_or(now);
        Arc::make_mut(ticket).first_seen_at = Some(first);
    }
    let told = ticket.assessments.iter().max_by_key(|a| a.at);
    let differs = told.is_some_and(|last| ticket.severity_unreadable || (ticket.severity.is_some() && ticket.severity != last.severity));
    if differs && ticket.severity_seen_at.is_none() {
        let same = before.filter(|b| b.severity == ticket.severity && b.severity_unreadable == ticket.severity_unreadable);
        let first = same.and_then(|b| b.severity_seen_at).unwrap_or(now);
        Arc::make_mut(ticket).severity_seen_at = Some(first);
    }
}
