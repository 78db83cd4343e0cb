//! What `--plain` tells: how things stand at the beginning, and from then on a sentence for each change. Where nothing changes it
//! is silent.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::Ack;
use super::alarms::Stage;
use super::board::BoardRow;
use super::list::{MOST_UNASSESSED, is_unassessed};
use super::model::Model;
use super::plain_words as say;
use super::source::{Health, SourceHealth};
use crate::domain::{ClockState, DeedKind, Group, SafeText, Severity, SourceName, TicketKey};

/// Of what may wait, or somebody has, so many changes are told at one moment; the others are counted.
const MOST_OTHERS: usize = 10;

/// What was told so far.
#[derive(Debug, Default)]
pub struct Plain {
    /// How often the board had been changed then; none before anything was told.
    boards: Option<u64>,
    tickets: HashMap<TicketKey, Stands>,
    sources: HashMap<SourceName, (bool, Health)>,
    deeds: HashMap<(TicketKey, DeedKind), Ack>,
    no_records: Option<SafeText>,
    late: usize,
}

/// How a ticket stands, as far as another is a change worth a sentence.
#[derive(Debug, PartialEq, Eq)]
struct Stands {
    group: Group,
    stage: Stage,
    severity: Option<Severity>,
    owner: Option<SafeText>,
    /// When it is due, or released.
    at: Option<DateTime<Utc>>,
    submitted_at: Option<DateTime<Utc>>,
}

impl Stands {
    fn of(row: &BoardRow) -> Self {
        let response = row.verdict.response.as_ref();
        let stage = match response.map(|clock| clock.state) {
            Some(ClockState::Breached | ClockState::Overdue) => Stage::PastDue,
            Some(ClockState::AtRisk) => Stage::AtRisk,
            _ => Stage::InTime,
        };
        let at = match row.verdict.group {
            Group::Decide | Group::Unanswered => response.and_then(|clock| clock.due),
            Group::Held => row.verdict.held_until,
            Group::InHand | Group::OnClient | Group::Outside => None,
        };
        let owner = row.ticket.owner().cloned();
        Self { group: row.verdict.group, stage, severity: row.severity(), owner, at, submitted_at: row.ticket.submitted_at }
    }

    const fn is_untaken(&self) -> bool {
        matches!(self.group, Group::Decide | Group::Unanswered)
    }

    /// How it came to that, where that is not plain from how it stands.
    fn came(&self, before: Option<&Self>) -> String {
        // what was submitted at another time under the same key is another
        let Some(before) = before.filter(|before| before.submitted_at == self.submitted_at) else { return String::new() };
        let came = match (before.severity, self.severity) {
            (was, now) if was == now => match before.group {
                Group::Held if self.is_untaken() => "released, ",
                Group::InHand if self.is_untaken() => "given back, ",
                Group::OnClient if self.is_untaken() || self.group == Group::InHand => "back from the client, ",
                _ => "",
            },
            (Some(was), _) => return format!("{was} before, "),
            (None, _) => "assessed, ",
        };
        came.to_owned()
    }
}

impl Plain {
    /// What there is to tell since it last was; the first time, how everything stands.
    pub fn tell(&mut self, model: &Model) -> Vec<String> {
        let begins = self.boards.is_none();
        let mut said: Vec<String> = begins.then(|| say::summary(model)).into_iter().collect();
        if self.no_records != model.no_records {
            self.no_records.clone_from(&model.no_records);
            said.push(match &self.no_records {
                Some(why) => say::sentence(&format!("Nothing can be acknowledged: {why}")),
                None => "The records are well again.".to_owned(),
            });
        }
        let first_heard = self.sources(model, begins, &mut said);
        let settled = self.deeds(model, &mut said);
        if self.boards != Some(model.boards) {
            self.boards = Some(model.boards);
            let told = if begins { Told::Beginning } else { Told::SourcesFirstHeard(first_heard) };
            self.tickets(model, &told, &settled, &mut said);
        }
        said
    }

    /// Tells how sources stand; returns those that were heard for the first time.
    fn sources(&mut self, model: &Model, begins: bool, said: &mut Vec<String>) -> HashSet<SourceName> {
        let health = model.store.health(model.now);
        let mut first_heard = HashSet::new();
        let mut before = std::mem::take(&mut self.sources);
        for source in &health {
            let was = before.remove(&source.name);
            self.sources.insert(source.name.clone(), (source.heard, source.health));
            let was_heard = was.is_some_and(|(heard, _)| heard);
            if source.heard && !was_heard {
                first_heard.insert(source.name.clone());
            }
            said.extend(said_of_source(model, source, was.filter(|(heard, _)| *heard).map(|(_, health)| health), begins));
        }
        let mut gone: Vec<SourceName> = before.into_keys().collect();
        gone.sort();
        said.extend(gone.iter().map(|name| format!("{name} is not asked any more.")));
        first_heard
    }

    /// Tells what becomes of deeds; returns the tickets that were just acknowledged by one.
    fn deeds(&mut self, model: &Model, said: &mut Vec<String>) -> HashSet<TicketKey> {
        let mut settled = HashSet::new();
        let mut before = std::mem::take(&mut self.deeds);
        let acks = model.acks.iter().map(|(key, ack)| (key, DeedKind::Acknowledge, ack));
        let mut told: Vec<String> = Vec::new();
        for (key, kind, ack) in acks.chain(model.deeds.all()) {
            let named = (key.clone(), kind);
            let was = before.remove(&named);
            // what is tried again was told when it failed, and what was asked for here when it was asked for
            let keeps = match (&was, ack) {
                (Some(Ack::Waiting { .. }), Ack::Sending { by: None, .. }) => true,
                (Some(Ack::Waiting { reason: was, .. }), Ack::Waiting { reason, .. }) => was == reason,
                (Some(was), ack) => was == ack,
                (None, _) => false,
            };
            let asked_here = matches!((&was, ack), (Some(Ack::Writing), Ack::Sending { by: None, .. }));
            if let Some(was) = was.filter(|_| keeps) {
                self.deeds.insert(named, was);
                continue;
            }
            if !asked_here {
                told.extend(say::deed(model, key, kind, ack));
            }
            if kind == DeedKind::Acknowledge && ack.settled_at().is_some() {
                settled.insert(key.clone());
            }
            self.deeds.insert(named, ack.clone());
        }
        told.sort();
        said.extend(told);
        let late = model.late();
        if late > self.late {
            said.push(format!("{late} asked for more than a minute ago, and not sent yet."));
        }
        self.late = late;
        settled
    }

    /// Tells which tickets stand otherwise, in the order of the board.
    fn tickets(&mut self, model: &Model, told: &Told, settled: &HashSet<TicketKey>, said: &mut Vec<String>) {
        let mut before = std::mem::take(&mut self.tickets);
        let mut changed: Vec<(&BoardRow, Option<Stands>)> = Vec::new();
        for row in &model.board.rows {
            let (key, stands) = (&row.ticket.id, Stands::of(row));
            let was = before.remove(key);
            let is_news = match (told, &was) {
                (Told::Beginning, _) => stands.is_untaken(),
                (Told::SourcesFirstHeard(sources), None) if sources.contains(&key.source) => stands.is_untaken(),
                _ => was.as_ref() != Some(&stands) && !(stands.group == Group::InHand && settled.contains(key)),
            };
            self.tickets.insert(key.clone(), stands);
            if is_news {
                changed.push((row, was));
            }
        }
        let mut unassessed: HashMap<&SourceName, usize> = HashMap::new();
        for (row, _) in changed.iter().filter(|(row, _)| is_unassessed(row)) {
            *unassessed.entry(&row.ticket.id.source).or_default() += 1;
        }
        let mut others: Vec<String> = Vec::new();
        let mut told_as_many: HashSet<&SourceName> = HashSet::new();
        for (row, was) in &changed {
            let source = &row.ticket.id.source;
            if let Some(count) = unassessed.get(source).filter(|count| is_unassessed(row) && **count > MOST_UNASSESSED) {
                // at the first of them, for all
                said.extend(told_as_many.insert(source).then(|| say::unassessed(source, *count)));
                continue;
            }
            let stands = &self.tickets[&row.ticket.id];
            let sentence = say::ticket(model, row, &stands.came(was.as_ref()));
            if stands.is_untaken() { said.push(sentence) } else { others.push(sentence) }
        }
        let is_asked = |key: &TicketKey| self.sources.contains_key(&key.source);
        let mut gone: Vec<TicketKey> = before.into_keys().filter(is_asked).collect();
        gone.sort();
        others.extend(gone.iter().map(|key| say::gone(model, key)));
        let more = others.len().saturating_sub(MOST_OTHERS);
        said.extend(others.into_iter().take(MOST_OTHERS));
        said.extend((more > 0).then(|| format!("{more} more have changed that may wait, are taken or are gone; list says how all stand.")));
    }
}

/// Of which tickets all is new.
enum Told {
    /// Of all.
    Beginning,
    /// Of those of these sources.
    SourcesFirstHeard(HashSet<SourceName>),
}

/// What is said of a source that stood so when it was last told of.
fn said_of_source(model: &Model, source: &SourceHealth, was: Option<Health>, begins: bool) -> Option<String> {
    match (source.heard, was, source.health) {
        (false, ..) => None,
        (true, None, Health::Ok) => (!begins).then(|| format!("{} has answered, with {} open tickets.", source.name, source.shown)),
        (true, Some(was), now) if was == now => None,
        (true, ..) => Some(say::source(model, source)),
    }
}
