//! What happened to a ticket, folded in order of time into severity, channels and the response clock at an instant.

use super::agreement::Agreement;
use super::clock::{Channel, Run};
use super::severity::Severity;
use super::ticket::Ticket;

/// A ticket under an agreement after all that happened up to an instant.
#[derive(Debug, Clone)]
pub(super) struct Standing<'a> {
    /// The severity a person assessed; `None` is unassessed.
    pub severity: Option<Severity>,
    /// The severity it is judged at; `None` where the agreement has no row at all.
    pub judged_at: Option<Severity>,
    /// The channels by which the client spoke, the submission's first.
    pub channels: Vec<Channel<'a>>,
    /// The response clock.
    pub response: Run<'a>,
}

/// Something that happened after the submission.
#[derive(Debug, Clone, Copy)]
enum Event<'a> {
    Contact(Channel<'a>),
    Assessed(Option<Severity>),
}

/// Folds what happened to a ticket that was submitted at `submitted` up to and including `until`. `seen` is when the
/// present severity was first seen, where that is not known better.
pub(super) fn fold<'a>(ticket: &'a Ticket, agreement: &'a Agreement, submitted: i64, until: i64, seen: i64) -> Standing<'a> {
    let assessments = assessments(ticket, submitted, seen);
    let mut events: Vec<(i64, Event)> = Vec::with_capacity(ticket.contacts.len() + assessments.len());
    events.extend(ticket.contacts.iter().map(|c| (c.at.timestamp().max(submitted), Event::Contact(c.channel.as_ref()))));
    let first = if ticket.assessments.is_empty() { if ticket.severity_unreadable { None } else { ticket.severity } } else { None };
    events.extend(assessments.into_iter().map(|(at, s)| (at, Event::Assessed(s))));
    // stable: of equal instants contacts come first, and a list keeps its order
    events.sort_by_key(|(at, _)| *at);

    let mut fold =
        Fold { ticket, agreement, submitted, severity: first, heard: vec![(submitted, ticket.channel.as_ref())], response: Run::NONE };
    fold.response = fold.since_submission();
    for (at, event) in events.into_iter().filter(|(at, _)| *at <= until) {
        match event {
            Event::Contact(channel) => fold.contact(at, channel),
            Event::Assessed(severity) => fold.assessed(at, severity),
        }
    }
    Standing {
        severity: fold.severity,
        judged_at: fold.judged_at(fold.severity),
        channels: fold.heard.iter().map(|(_, c)| *c).collect(),
        response: fold.response,
    }
}

/// The assessments in order of time, not before the submission. A present severity that differs from the last of them
/// wins from when it was first seen.
fn assessments(ticket: &Ticket, submitted: i64, seen: i64) -> Vec<(i64, Option<Severity>)> {
    let mut all: Vec<(i64, Option<Severity>)> = ticket.assessments.iter().map(|a| (a.at.timestamp(), a.severity)).collect();
    all.sort_by_key(|(at, _)| *at);
    // those before the submission count as at it, and stay in their order
    for (at, _) in &mut all {
        *at = (*at).max(submitted);
    }
    if all.last().is_some_and(|(_, last)| differs(ticket, *last)) {
        let from = ticket.severity_seen_at.map_or(seen, |at| at.timestamp()).max(submitted);
        all.retain(|(at, _)| *at <= from);
        all.push((from, if ticket.severity_unreadable { None } else { ticket.severity }));
    }
    all
}

/// Whether the verdict depends on when the present severity was first seen, and that is not known.
pub(super) fn severity_seen_is_needed(ticket: &Ticket) -> bool {
    ticket.severity_seen_at.is_none() && {
        let mut last: Vec<_> = ticket.assessments.iter().collect();
        last.sort_by_key(|a| a.at);
        last.last().is_some_and(|last| differs(ticket, last.severity))
    }
}

/// Whether the ticket's severity is another than that of its last assessment. One that cannot be read is; none is not.
fn differs(ticket: &Ticket, last: Option<Severity>) -> bool {
    if ticket.severity_unreadable { last.is_some() } else { ticket.severity.is_some() && ticket.severity != last }
}

struct Fold<'a> {
    ticket: &'a Ticket,
    agreement: &'a Agreement,
    submitted: i64,
    severity: Option<Severity>,
    /// Each time the client spoke, and how; the submission first.
    heard: Vec<(i64, Channel<'a>)>,
    response: Run<'a>,
}

impl<'a> Fold<'a> {
    fn judged_at(&self, severity: Option<Severity>) -> Option<Severity> {
        severity.or(self.ticket.unassessed_as).or_else(|| self.agreement.highest_severity())
    }

    /// The clock as if submitted at an instant by one channel, at the severity of now.
    fn as_if(&self, at: i64, channel: Channel) -> Run<'a> {
        let Some(severity) = self.judged_at(self.severity) else { return Run::NONE };
        let row = self.agreement.response.row(severity);
        Run::submitted(&self.agreement.calendar, self.agreement.hold_over_to, row, channel, at)
    }

    /// The clock as if the severity of now had held from the submission.
    fn since_submission(&self) -> Run<'a> {
        let runs = self.heard.iter().map(|(at, channel)| self.as_if(*at, *channel));
        runs.reduce(Run::earlier).unwrap_or(Run::NONE)
    }

    fn contact(&mut self, at: i64, channel: Channel<'a>) {
        self.response = self.response.earlier(self.as_if(at, channel));
        self.heard.push((at, channel));
    }

    fn assessed(&mut self, at: i64, severity: Option<Severity>) {
        let before = self.judged_at(self.severity);
        let first = self.severity.is_none() && severity.is_some();
        self.severity = severity;
        let after = self.judged_at(severity);
        if first {
            self.response = self.since_submission();
        } else if after < before {
            // raised: S1 is less than S2
            let known: Vec<Channel> = self.heard.iter().map(|(_, c)| *c).collect();
            let now = known.into_iter().map(|channel| self.as_if(at.max(self.submitted), channel)).reduce(Run::earlier);
            self.response = self.response.earlier(now.unwrap_or(Run::NONE));
        } else if after > before {
            let old = self.response;
            let new = self.since_submission();
            let entry = if old.due > new.due { old.entry } else { new.entry };
            self.response = Run { start: new.start, due: old.due.max(new.due), entry };
        }
    }
}
