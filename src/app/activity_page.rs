//! The activity, as a page: what was done here, what the sources told, when one of them was blind, and what was said; the
//! newest first. Each of them is told at the instant at which it was, as far as anybody knows that.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use unicode_width::UnicodeWidthStr;

use super::ack::Ack;
use super::activity::ActivityDeed;
use super::flips_page::wrapped;
use super::list::Cursor;
use super::model::Model;
use super::page::Made;
use super::source::Health;
use super::summary::{Piece, Tone, cut};
use super::words;
use crate::domain::{DeedKind, Gap, Outcome, SafeText, Ticket, TicketKey};

/// Of what the activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Of the whole queue.
    Queue,
    /// Of the ticket under the cursor.
    Ticket,
}

impl Scope {
    /// The other one.
    pub(super) const fn turned(self) -> Self {
        match self {
            Self::Queue => Self::Ticket,
            Self::Ticket => Self::Queue,
        }
    }
}

/// More of it nobody reads.
const MOST: usize = 300;
/// More than so much of a row no name of a ticket takes.
const WIDEST: usize = 24;
/// What was written is told in so many columns.
const TEXT: usize = 200;
/// What a source tells within this time of a deed of the same kind is that deed.
const SAME: TimeDelta = TimeDelta::seconds(60);

/// One thing that happened.
struct Entry {
    at: DateTime<Utc>,
    ticket: Option<TicketKey>,
    text: String,
    tone: Tone,
}

/// The page of a model.
pub(super) fn page(model: &Model, scope: Scope) -> Made {
    let columns = usize::from(model.size.0.saturating_sub(2));
    let of = match model.list.cursor() {
        Cursor::Ticket(key) => Some(key),
        Cursor::Fold(_) | Cursor::Nothing => None,
    };
    let changes = model.store.health_changes_at(model.now);
    let (head, only) = match (scope, of) {
        (Scope::Queue, None) => ("Activity · the whole queue".to_owned(), None),
        (Scope::Queue, Some(key)) => (format!("Activity · the whole queue · tab: {} alone", model.name_of(key)), None),
        (Scope::Ticket, Some(key)) => (format!("Activity · {} · tab: the whole queue", model.name_of(key)), Some(key)),
        (Scope::Ticket, None) => {
            let text = "There is no ticket under the cursor; tab tells of the whole queue.";
            return ("Activity".to_owned(), wrapped(text, 0, columns, Tone::Muted), changes);
        }
    };
    let mut lines = Vec::new();
    match &model.activity {
        None => lines.push(vec![Piece::new("The records are being read.", Tone::Muted)]),
        Some(activity) => {
            let unknown = activity.unknown.as_ref().map(|why| format!("What was done here is not known: {why}."));
            lines.extend(unknown.into_iter().flat_map(|text| wrapped(&text, 0, columns, Tone::Alarm)));
        }
    }
    for (source, text, tone) in troubles(model) {
        if only.is_none_or(|key| key.source.as_str() == source) {
            lines.extend(wrapped(&format!("now {text}"), 2, columns, tone));
        }
    }
    let since = model.activity.as_ref().map(|activity| activity.since);
    let mut entries = done_here(model);
    entries.extend(told(model, only));
    entries.extend(blind(model, only));
    if only.is_none() {
        let said = model.said.all();
        let said = said.map(|(at, notice)| Entry { at: *at, ticket: None, text: format!("said here: {}", notice.text), tone: Tone::Muted });
        entries.extend(said);
        // of a ticket all that its source tells is told
        entries.retain(|entry| since.is_none_or(|since| entry.at >= since));
    }
    entries.retain(|entry| entry.at <= model.now && only.is_none_or(|only| entry.ticket.as_ref().is_none_or(|of| of == only)));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    let more = entries.len().saturating_sub(MOST);
    entries.truncate(MOST);
    let names: Vec<Option<SafeText>> =
        entries.iter().map(|entry| entry.ticket.as_ref().filter(|_| only.is_none()).map(|key| model.name_of(key))).collect();
    // where there is little room nothing stands in columns
    let wide = if columns < 58 { 0 } else { names.iter().flatten().map(|name| name.as_str().width()).max().unwrap_or(0).min(WIDEST) };
    for (Entry { at, text, tone, .. }, name) in entries.into_iter().zip(names) {
        let name = name.map_or_else(String::new, |name| format!("{name}{:pad$} ", "", pad = wide.saturating_sub(name.as_str().width())));
        let text = format!("{} {name}{text}", words::moment(model.rules.zone, at, model.now));
        lines.extend(wrapped(&text.replace('\n', " "), 2, columns, tone));
    }
    if more > 0 {
        lines.push(vec![Piece::new(format!("… and {more} more before"), Tone::Muted)]);
    }
    if let Some(since) = since {
        let text = format!("Done here before {}: holdover evidence.", words::moment(model.rules.zone, since, model.now));
        lines.extend(wrapped(&text, 0, columns, Tone::Muted));
    }
    (head, lines, changes)
}

/// What was done here, and what is still on its way.
fn done_here(model: &Model) -> Vec<Entry> {
    let Some(activity) = &model.activity else { return Vec::new() };
    let unsent = activity.unsent.iter().map(|(at, key, kind, who)| Entry {
        at: *at,
        ticket: Some(key.clone()),
        text: format!("{who}: {}; {} has not been told yet", kind.done(), key.source),
        tone: Tone::Strong,
    });
    let deeds = activity.deeds.iter().map(|deed| {
        let ActivityDeed { at, key, kind, value, text, who, outcome } = deed;
        let ack = Ack::Ended { outcome: outcome.clone(), at: *at };
        let value = value.as_ref().map_or_else(String::new, |value| format!(", {value}"));
        let text = text.as_ref().map_or_else(String::new, |text| format!(": “{}”", cut(text.as_str(), TEXT)));
        let words = ack.words_of(*kind, model.rules.zone, model.now);
        let tone = if ack.failed() { Tone::Alarm } else { Tone::Strong };
        Entry { at: *at, ticket: Some(key.clone()), text: format!("{who}: {words}{value}{text}"), tone }
    });
    unsent.chain(deeds).collect()
}

/// What the sources told: of one ticket, or of all.
fn told(model: &Model, only: Option<&TicketKey>) -> Vec<Entry> {
    let mut done: HashMap<&TicketKey, Vec<&ActivityDeed>> = HashMap::new();
    for deed in model.activity.iter().flat_map(|activity| &activity.deeds) {
        done.entry(&deed.key).or_default().push(deed);
    }
    let tickets = model.store.tickets().filter(|ticket| only.is_none_or(|only| ticket.id == *only));
    tickets.flat_map(|ticket| of_ticket(ticket, done.get(&ticket.id).map_or(&[], Vec::as_slice))).collect()
}

/// What is told of a ticket, but what was done here: that its source knows it from here is no news.
fn of_ticket(ticket: &Ticket, done: &[&ActivityDeed]) -> Vec<Entry> {
    let done_here = |kinds: &[DeedKind], at: DateTime<Utc>| {
        let mut same = done.iter().filter(|deed| kinds.contains(&deed.kind) && (deed.at - at).abs() <= SAME);
        same.any(|deed| !matches!(deed.outcome, Outcome::Refused { .. } | Outcome::Unknown { .. }))
    };
    let mut entries = Vec::new();
    let mut add = |at: Option<DateTime<Utc>>, kinds: &[DeedKind], text: String| {
        if let Some(at) = at.filter(|at| !done_here(kinds, *at)) {
            entries.push(Entry { at, ticket: Some(ticket.id.clone()), text, tone: Tone::Plain });
        }
    };
    let by = |who: Option<&SafeText>| who.map_or_else(String::new, |who| format!(" by {who}"));
    let channel = by(ticket.channel.as_ref());
    add(ticket.submitted_at, &[], format!("{} came in{channel}: {}", words::severity(ticket.severity), ticket.title));
    add(ticket.acknowledged_at, &[DeedKind::Acknowledge], format!("acknowledged{}", by(ticket.acknowledged_by.as_ref())));
    add(ticket.answered_at, &[DeedKind::Word], "the first word to the client".to_owned());
    let last = ticket.last_word_at.filter(|at| Some(*at) != ticket.answered_at);
    add(last, &[DeedKind::Word], "a word to the client, the last one".to_owned());
    for contact in ticket.contacts.iter().filter(|contact| Some(contact.at) != ticket.submitted_at) {
        add(Some(contact.at), &[DeedKind::Contact], format!("the client spoke or wrote{}", by(contact.channel.as_ref())));
    }
    for assessment in &ticket.assessments {
        add(Some(assessment.at), &[DeedKind::Assess], format!("assessed as {}", words::severity(assessment.severity)));
    }
    for stretch in &ticket.on_client {
        add(stretch.from, &[DeedKind::OnClient], "on the client".to_owned());
        add(stretch.to, &[], "no longer on the client".to_owned());
    }
    add(ticket.resolved_at, &[DeedKind::Resolve], format!("resolved{}", by(ticket.assignee.as_ref())));
    entries
}

/// When a source was blind, told when it was well again.
fn blind(model: &Model, only: Option<&TicketKey>) -> Vec<Entry> {
    let gaps = model.activity.iter().flat_map(|activity| &activity.gaps).filter(|gap| only.is_none_or(|only| only.source == gap.source));
    let entry = |gap: &Gap| {
        let ended_at = gap.ended_at?;
        let why = gap.reason.as_ref().map_or_else(|| "nobody asked: no holdover ran".to_owned(), ToString::to_string);
        let length = words::length((ended_at - gap.began_at).num_seconds());
        let since = words::moment(model.rules.zone, gap.began_at, model.now);
        let text = format!("{} well again, blind since {since}, {length}: {why}", gap.source);
        Some(Entry { at: ended_at, ticket: None, text, tone: Tone::Stale })
    };
    gaps.filter_map(entry).collect()
}

/// The sources that are not to be trusted now, by name.
fn troubles(model: &Model) -> Vec<(String, String, Tone)> {
    let health = model.store.health(model.now).into_iter().filter(|source| source.heard && source.health != Health::Ok);
    let trouble = health.map(|source| {
        let (state, tone) = if source.health == Health::Blind { ("BLIND", Tone::Alarm) } else { ("STALE", Tone::Stale) };
        let since = source.as_of.map_or_else(
            || ", it has never answered".to_owned(),
            |at| format!(" since {}", words::moment(model.rules.zone, at, model.now)),
        );
        let why = source.fault.map_or_else(String::new, |why| format!(": {why}"));
        (source.name.to_string(), format!("{} {state}{since}{why}", source.name), tone)
    });
    trouble.collect()
}
