//! What happens to a ticket, event by event, straight from the text of the rules.

use chrono::{DateTime, Utc};
use holdover::domain::{Assessment, SafeText, Severity, Status, Ticket};

use super::clocks::{Channel, Run, as_if};
use super::plan::{Row, Table};
use super::stage::{BEYOND, Stage};

pub fn seconds(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp())
}

/// The same if it had happened by `t`.
pub fn by(t: i64, at: Option<DateTime<Utc>>) -> Option<i64> {
    seconds(at).filter(|at| *at <= t)
}

fn channel(of: Option<&SafeText>) -> Channel {
    of.map(ToString::to_string)
}

/// The instant of submission, or what stands in for it.
pub fn submission(ticket: &Ticket, t: i64) -> i64 {
    seconds(ticket.submitted_at).or(seconds(ticket.first_seen_at)).unwrap_or(t)
}

/// A ticket after what had happened up to an instant.
pub struct State {
    /// As assessed; `None` is unassessed.
    pub assessed: Option<Severity>,
    /// What it counts as.
    pub severity: Option<Severity>,
    pub channels: Vec<Channel>,
    pub run: Run,
}

enum Event {
    Contact(Channel),
    Assessed(Option<Severity>),
}

pub fn row(table: &Table, severity: Option<Severity>) -> Option<&Row> {
    severity.and_then(|s| table[s.index()].as_ref())
}

/// The state of a ticket at `until`; `t` is the instant of the verdict.
pub fn at(stage: &Stage, ticket: &Ticket, until: i64, t: i64) -> State {
    let submitted = submission(ticket, t);
    let table = &stage.plan.response;
    let highest = || Severity::ALL.into_iter().find(|s| table[s.index()].is_some());
    let counts_as = |assessed: Option<Severity>| assessed.or(ticket.unassessed_as).or_else(highest);
    let run = |severity: Option<Severity>, at: i64, channel: &Channel| as_if(stage, row(table, counts_as(severity)), channel, at);

    // the first thing heard of the client is the submission
    let mut heard: Vec<(i64, Channel)> = vec![(submitted, channel(ticket.channel.as_ref()))];
    let mut assessed = if ticket.assessments.is_empty() { own_severity(ticket) } else { None };
    let from_submission = |severity: Option<Severity>, heard: &[(i64, Channel)]| {
        heard.iter().fold(Run::NONE, |sum, (at, channel)| sum.earlier(run(severity, *at, channel)))
    };
    let mut response = from_submission(assessed, &heard);
    for (at, event) in events(ticket, submitted, t) {
        if at > until {
            continue;
        }
        match event {
            Event::Contact(channel) => {
                response = response.earlier(run(assessed, at, &channel));
                heard.push((at, channel));
            }
            Event::Assessed(severity) => {
                let (old, new) = (counts_as(assessed), counts_as(severity));
                let first = assessed.is_none() && severity.is_some();
                assessed = severity;
                if first {
                    response = from_submission(severity, &heard);
                } else if new < old {
                    // raised: S1 comes before S2
                    response = heard.iter().fold(response, |sum, (_, channel)| sum.earlier(run(severity, at, channel)));
                } else if new > old {
                    let lower = from_submission(severity, &heard);
                    let later = if response.due > lower.due { &response } else { &lower };
                    // beyond the stage either can be the later
                    let beyond = response.due == BEYOND || lower.due == BEYOND;
                    let due = if beyond { BEYOND } else { later.due };
                    response = Run { start: lower.start, due, entry: later.entry.clone() };
                }
            }
        }
    }
    State { assessed, severity: counts_as(assessed), channels: heard.into_iter().map(|(_, channel)| channel).collect(), run: response }
}

fn own_severity(ticket: &Ticket) -> Option<Severity> {
    if ticket.severity_unreadable { None } else { ticket.severity }
}

/// Contacts and assessments in order of time.
fn events(ticket: &Ticket, submitted: i64, t: i64) -> Vec<(i64, Event)> {
    let not_before = |at: DateTime<Utc>| at.timestamp().max(submitted);
    // in order of time as they were, even those that then count as at the submission
    let mut told: Vec<&Assessment> = ticket.assessments.iter().collect();
    told.sort_by_key(|a| a.at);
    let mut assessments: Vec<(i64, Option<Severity>)> = told.into_iter().map(|a| (not_before(a.at), a.severity)).collect();
    // a severity that differs from the last assessment of all wins from when it was first seen so
    if let Some((_, last)) = assessments.last().copied()
        && last != own_severity(ticket)
        && (ticket.severity.is_some() || ticket.severity_unreadable)
    {
        let seen = seconds(ticket.severity_seen_at).unwrap_or(t).max(submitted);
        assessments.retain(|(at, _)| *at <= seen);
        assessments.push((seen, own_severity(ticket)));
    }
    let contacts = ticket.contacts.iter().map(|c| (not_before(c.at), Event::Contact(channel(c.channel.as_ref()))));
    let mut events: Vec<(i64, Event)> = contacts.collect();
    events.extend(assessments.into_iter().map(|(at, severity)| (at, Event::Assessed(severity))));
    events.sort_by_key(|(at, _)| *at);
    events
}

/// Whether the next move is the client's at `t`.
pub fn is_on_client(ticket: &Ticket, t: i64) -> bool {
    if ticket.on_client.is_empty() {
        return ticket.status == Status::OnClient && answer(ticket, None, t).is_none();
    }
    let inside = ticket.on_client.iter().filter(|s| seconds(s.from).is_none_or(|f| f <= t) && seconds(s.to).is_none_or(|to| t < to));
    inside.into_iter().any(|stretch| answer(ticket, seconds(stretch.from), t).is_none())
}

/// The contact that ended a stretch on the client: the first later than the last word and than the beginning, where known.
fn answer(ticket: &Ticket, from: Option<i64>, t: i64) -> Option<i64> {
    let word = by(t, ticket.last_word_at);
    if word.is_none() && from.is_none() {
        return None;
    }
    let contacts = ticket.contacts.iter().map(|c| c.at.timestamp()).filter(|at| *at <= t);
    contacts.filter(|at| word.is_none_or(|w| *at > w) && from.is_none_or(|f| *at > f)).min()
}

/// The stretches known at `t` to have been on the client.
pub fn known_on_client(ticket: &Ticket, t: i64) -> Vec<(i64, i64)> {
    let stretches = ticket.on_client.iter().map(|stretch| {
        let from = seconds(stretch.from).unwrap_or(i64::MIN);
        let to = seconds(stretch.to).unwrap_or(t).min(t);
        (from, answer(ticket, seconds(stretch.from), t).map_or(to, |answered| to.min(answered)))
    });
    stretches.filter(|(from, to)| from < to).collect()
}
