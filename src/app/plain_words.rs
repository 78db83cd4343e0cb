//! The sentences of `--plain`: severity and key first, then how it stands, then who has it.

use chrono::{DateTime, Utc};

use super::board::BoardRow;
use super::counts::NextKind;
use super::deeds;
use super::model::Model;
use super::source::{Health, SourceHealth};
use super::words;
use super::{Ack, cut};
use crate::domain::{Clock, ClockState, DeedKind, Group, SafeText, SourceName, TicketKey, Verdict, judge};

/// Most columns of a title, and of the name of somebody: a sentence is short.
const TITLE: usize = 60;
const NAME: usize = 32;

/// How things stand over the whole queue, in one sentence: the first two rows of the dashboard.
pub(super) fn summary(model: &Model) -> String {
    let counts = &model.counts;
    let format = if model.rules.frozen { "As of %a %-d %b %Y %H:%M %Z" } else { "%a %H:%M %Z" };
    let clock = model.now.with_timezone(&model.rules.zone).format(format);
    let mut parts = vec![format!("{clock}: {} to handle now, {} unanswered, {} breached", counts.now(), counts.untaken(), counts.breached)];
    parts.extend(counts.next.map(|next| {
        let row = &model.board.rows[next.row];
        let what = match next.kind {
            NextKind::Release => "is released",
            NextKind::Due if row.severity().is_none() => "is to be assessed by",
            NextKind::Due => "is due",
        };
        format!("next {} {what} {}", named(model, row), at(model, next.at))
    }));
    let freed = counts.freed.map_or_else(String::new, |(freed, count)| {
        let some = if count == counts.held { String::new() } else { format!(", {count} of them") };
        format!("{some} until {}", at(model, freed))
    });
    parts.push(format!("{} held{freed}", counts.held));
    let some = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
    parts.extend(some(counts.on_client, "on the client"));
    parts.extend(some(counts.outside, "never covered"));
    parts.extend(some(model.unsent(), "not sent yet"));
    let asked: Vec<String> =
        model.store.health(model.now).iter().filter(|source| !source.heard).map(|source| source.name.to_string()).collect();
    parts.extend((!asked.is_empty()).then(|| format!("still asking {}", words::few(asked.into_iter()))));
    format!("{}.", parts.join("; "))
}

/// How a ticket stands, after what is said of how it came to that.
pub(super) fn ticket(model: &Model, row: &BoardRow, came: &str) -> String {
    format!("{}, {}: {came}{}.", named(model, row), cut(row.ticket.title.in_list().as_str(), TITLE), state(model, row))
}

/// What is said of a ticket that is on the board no more.
pub(super) fn gone(model: &Model, key: &TicketKey) -> String {
    format!("{} is {}.", model.name_of(key), model.list.why_gone(&model.board, key))
}

/// Many tickets of a source that nobody has assessed.
pub(super) fn unassessed(source: &SourceName, count: usize) -> String {
    format!("{source}: {count} tickets are to be assessed, and each may be an S1; list names them.")
}

/// How a source stands that is not to be trusted, or is again.
pub(super) fn source(model: &Model, source: &SourceHealth) -> String {
    let name = &source.name;
    let state = match source.health {
        Health::Ok => return format!("{name} answers again."),
        Health::Stale => "stale",
        Health::Blind => "blind",
    };
    let since = source.as_of.map_or_else(|| ", no answer yet".to_owned(), |as_of| format!(" since {}", at(model, as_of)));
    let part = source.total.filter(|_| !source.complete).map_or_else(String::new, |total| format!(", showing {} of {total}", source.shown));
    let fault = source.fault.as_ref().map_or_else(String::new, |fault| format!(": {fault}"));
    sentence(&format!("{name} is {state}{since}{part}{fault}"))
}

/// How a deed stands; nothing of one that says nothing new.
pub(super) fn deed(model: &Model, key: &TicketKey, kind: DeedKind, ack: &Ack) -> Option<String> {
    let (name, deed) = (model.name_of(key), deeds::name(kind));
    let words = ack.words_of(kind, model.rules.zone, model.now);
    Some(match ack {
        Ack::Writing | Ack::Held { .. } => return None,
        Ack::Sending { by: None, .. } => format!("{name}: {deed} being sent."),
        Ack::Ended { .. } if !ack.failed() => sentence(&format!("{name}: {words}")),
        Ack::Sending { .. } | Ack::Waiting { .. } | Ack::Ended { .. } => sentence(&format!("{name}: {deed} {words}")),
    })
}

/// A text with the end of a sentence; one of a source may have its own.
pub(super) fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// Severity and key.
pub(super) fn named(model: &Model, row: &BoardRow) -> String {
    let severity = row.severity().map_or_else(|| "Unassessed".to_owned(), |severity| severity.to_string());
    format!("{severity} {}", model.name_of(&row.ticket.id))
}

fn at(model: &Model, at: DateTime<Utc>) -> String {
    words::column(model.rules.zone, at, model.now)
}

fn state(model: &Model, row: &BoardRow) -> String {
    // what is left counts down between two judgements
    let verdict = judge(&row.ticket, &model.rules.agreements, model.now);
    let response = verdict.response.as_ref();
    let clock = |clock: &Clock| format!(", {}", due(model, clock));
    let who = who(model, row, &verdict);
    match verdict.group {
        Group::Decide => {
            let what = match &verdict.undecided {
                Some(why) => format!("to be decided, {}", SafeText::line(why)),
                None => format!("to be assessed{}", response.map_or_else(String::new, clock)),
            };
            format!("{what}, {who}")
        }
        Group::Unanswered => response.map_or_else(|| who.clone(), |response| format!("{}, {who}", due(model, response))),
        Group::InHand => {
            let clocks = [("answer", response), ("next word", verdict.update.as_ref()), ("resolution", verdict.resolve.as_ref())];
            let next = clocks.into_iter().find_map(|(what, clock)| clock.filter(|c| c.remaining_seconds.is_some()).map(|c| (what, c)));
            next.map_or_else(|| who.clone(), |(what, next)| format!("{who}, {what} {}", due(model, next)))
        }
        Group::Held => {
            let until =
                verdict.held_until.map_or_else(|| "held and never released".to_owned(), |until| format!("held until {}", at(model, until)));
            let then = response.and_then(|clock| clock.remaining_seconds).filter(|left| *left > 0);
            then.map_or_else(|| until.clone(), |left| format!("{until}, then {} left", words::spoken(left)))
        }
        Group::OnClient => "the client has the next move".to_owned(),
        Group::Outside => "the agreement never covers it".to_owned(),
    }
}

/// When a clock is used up, and what is left of it.
fn due(model: &Model, clock: &Clock) -> String {
    let due = clock.due.map_or_else(|| "never due".to_owned(), |due| format!("due {}", at(model, due)));
    let Some(left) = clock.remaining_seconds else { return due };
    match clock.state {
        ClockState::Breached => format!("breached, {due}, {} late", words::spoken_late(-left)),
        ClockState::Overdue => format!("overdue, {due}, {} late", words::spoken_late(-left)),
        ClockState::AtRisk => format!("at risk, {due}, {} left", words::spoken(left)),
        ClockState::Paused => format!("{due}, paused with {} left", words::spoken(left)),
        _ => format!("{due}, {} left", words::spoken(left)),
    }
}

/// Who has a ticket.
fn who(model: &Model, row: &BoardRow, verdict: &Verdict) -> String {
    let owner = row.ticket.owner().map(|owner| cut(owner.in_list().as_str(), NAME));
    match (verdict.acknowledged || verdict.group == Group::InHand, owner) {
        (true, _) if model.mine.has(&row.ticket) => "you have it".to_owned(),
        (true, owner) => format!("{} has it", owner.as_deref().unwrap_or("somebody")),
        (false, Some(owner)) => format!("assigned to {owner}, not acknowledged"),
        (false, None) => "nobody has it".to_owned(),
    }
}
