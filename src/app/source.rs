//! What one source told last, how old that is, and its fault.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::known_here::KnownHere;
use crate::domain::{Fault, FaultKind, Pass, SafeText, SourceName, Ticket, TicketKey};

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

/// A source, and what it told last.
#[derive(Debug)]
pub(super) struct Source {
    pub rules: SourceRules,
    /// Since when it is asked.
    pub since: DateTime<Utc>,
    pub tickets: Vec<Arc<Ticket>>,
    pub total: Option<u64>,
    pub complete: bool,
    pub complete_at: Option<DateTime<Utc>>,
    /// When what it told last began to be told.
    pub began_at: Option<DateTime<Utc>>,
    pub clock_ahead: Option<TimeDelta>,
    pub last: Last,
    /// Of which only is known when they, or their severity, were first seen.
    pub seen: HashMap<TicketKey, Arc<Ticket>>,
    pub asked_by: Option<SafeText>,
}

/// What the last poll of a source came to.
#[derive(Debug)]
pub(super) enum Last {
    NotHeard,
    Passed(Option<SafeText>),
    Failed(Fault),
}

impl Source {
    /// One of which nothing is known yet.
    pub fn new(rules: SourceRules, since: DateTime<Utc>) -> Self {
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
    pub fn pass(&mut self, pass: Pass, seen_at: DateTime<Utc>, here: &KnownHere) -> bool {
        let before = self.tickets.len();
        let mut changed = false;
        let mut old: HashMap<TicketKey, Arc<Ticket>> = self.tickets.drain(..).map(|t| (t.id.clone(), t)).collect();
        let mut tickets = pass.tickets;
        for ticket in &mut tickets {
            let before = old.remove(&ticket.id).or_else(|| self.seen.remove(&ticket.id));
            stamp(ticket, before.as_deref(), seen_at);
            here.mark(ticket);
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
    pub fn deadlines(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let from = self.complete_at.unwrap_or(self.since);
        let after = |wait: Duration| TimeDelta::from_std(wait).ok().and_then(|wait| from.checked_add_signed(wait));
        let after = |wait| after(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
        // the next poll is due after one interval and missed when another has passed
        (after(self.rules.poll_every.saturating_mul(2)), after(self.rules.blind_after))
    }

    pub fn health(&self, now: DateTime<Utc>) -> SourceHealth {
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
