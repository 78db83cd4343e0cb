//! What the next engineer must know: what is unanswered, breached; when nobody saw the queue; what is in hand, held and why; what
//! ends soon; what happened since the last handover. As data: it is printed as Markdown, and shown on the screen.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::board::{Board, BoardRow};
use super::past::{Past, PastDeed, PastOutcome, Since};
use super::source::{Health, SourceHealth};
use super::summary::Tone;
use super::words;
use crate::domain::{Agreements, Group, SafeText, TicketKey};

/// More tickets of a section nobody reads.
pub(super) const MOST: usize = 100;

/// What a handover is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The whole queue.
    pub board: &'a Board,
    /// How each source stands.
    pub health: &'a [SourceHealth],
    /// The agreements.
    pub agreements: &'a Agreements,
    /// What came before.
    pub past: &'a Past,
    /// The engineer's zone.
    pub zone: Tz,
    /// The instant of the handover.
    pub now: DateTime<Utc>,
}

/// What the next engineer must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// When it is.
    pub title: String,
    /// Since when what happened is told, and why since then.
    pub since: String,
    /// What there is to tell, in order.
    pub sections: Vec<Section>,
    /// When it will say something else by itself.
    pub changes_at: Option<DateTime<Utc>>,
}

/// One thing to tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it is, and how much of it there is.
    pub heading: String,
    /// How it is meant.
    pub tone: Tone,
    /// A line each.
    pub items: Vec<Item>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// What comes before the ticket; of our own words alone.
    pub lead: String,
    /// What the ticket is called, and its page.
    pub ticket: Option<(SafeText, Option<SafeText>)>,
    /// What comes after it.
    pub text: String,
}

impl Item {
    pub(super) fn plain(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// The same on one line that is safe to show.
    fn shown(self) -> Self {
        Self { text: SafeText::body(&self.text).as_str().replace('\n', " "), ..self }
    }
}

impl Handover {
    /// Tells what is known.
    #[must_use]
    pub fn new(known: &Known) -> Self {
        let mut teller = Teller { known: *known, changes: None };
        let local = known.now.with_timezone(&known.zone);
        let title = format!("Handover, {} (times of {})", local.format("%a %-d %b %Y %H:%M %Z"), known.zone);
        let sections = vec![
            Some(teller.of_group(
                "Unanswered",
                Tone::Alarm,
                |group| matches!(group, Group::Decide | Group::Unanswered),
                Teller::unanswered,
            )),
            Some(teller.breached()),
            teller.unsent(),
            Some(teller.blind()),
            Some(teller.of_group("In hand", Tone::Strong, |group| group == Group::InHand, Teller::in_hand)),
            Some(teller.held()),
            Some(teller.flips()),
            teller.ending(),
            teller.elsewhere(),
            Some(teller.happened()),
        ];
        let mut sections: Vec<Section> = sections.into_iter().flatten().collect();
        for section in &mut sections {
            section.items = std::mem::take(&mut section.items).into_iter().map(Item::shown).collect();
        }
        Self { title, since: teller.since(), sections, changes_at: teller.changes }
    }
}

/// `Held: 3`, or `Held: none`.
pub(super) fn section(name: &str, tone: Tone, count: usize, mut items: Vec<Item>) -> Section {
    if count > items.len() {
        items.push(Item::plain(format!("… and {} more", count - items.len())));
    }
    headed(name, tone, count, items)
}

/// The same of things that do not have a line each.
pub(super) fn headed(name: &str, tone: Tone, count: usize, items: Vec<Item>) -> Section {
    if count == 0 {
        return Section { heading: format!("{name}: none"), tone: Tone::Strong, items };
    }
    Section { heading: format!("{name}: {count}"), tone, items }
}

/// Tells of what is known; on the way it learns when it would say something else.
pub(super) struct Teller<'a> {
    pub(super) known: Known<'a>,
    pub(super) changes: Option<DateTime<Utc>>,
}

impl Teller<'_> {
    /// What a ticket is called; what was done may be of a source that is no more.
    pub(super) fn name_of(&self, key: &TicketKey) -> SafeText {
        let health = self.known.health;
        words::name_of(key, health.len() > 1 || health.first().is_some_and(|only| only.name != key.source))
    }

    /// When nobody knew how the queue of a source stood.
    fn blind(&self) -> Section {
        let Known { health, past, zone, now, .. } = self.known;
        let moment = |at| words::moment(zone, at, now);
        let mut items = Vec::new();
        for gap in &past.gaps {
            let source = health.iter().find(|source| source.name == gap.source);
            let Some(ended_at) = gap.ended_at.or(source.filter(|source| source.health != Health::Blind).map(|_| now)) else { continue };
            let why = gap.reason.as_ref().map_or_else(|| "nobody asked: no holdover ran".to_owned(), ToString::to_string);
            let length = words::length((ended_at - gap.began_at).num_seconds());
            items.push(Item::plain(format!("{}: {} to {}, {length}: {why}", gap.source, moment(gap.began_at), moment(ended_at))));
        }
        for source in health.iter().filter(|source| source.heard && source.health != Health::Ok) {
            let state = if source.health == Health::Blind { "BLIND" } else { "STALE" };
            let since = source.as_of.map_or_else(|| ", it has never answered".to_owned(), |at| format!(" since {}, still", moment(at)));
            let part = source.total.filter(|_| !source.complete && source.kind.is_none());
            let part = part.map(|total| format!("it tells {} of {total}", source.shown));
            let why = source.fault.as_ref().map(ToString::to_string).or(part).map_or_else(String::new, |why| format!(": {why}"));
            items.push(Item::plain(format!("{}: {state}{since}{why}", source.name)));
        }
        let never = past.never_kept.iter().map(|name| format!("{name}: not known before now: nobody has asked it yet"));
        let unknown = past.unknown.as_ref().map(|why| format!("those before are not known: {why}"));
        let count = items.len();
        let mut section = section("Blind spells", Tone::Stale, count, items);
        section.items.extend(never.chain(unknown).map(Item::plain));
        if count == 0 && !section.items.is_empty() {
            // what is not known is not said to be none
            "Blind spells: not known".clone_into(&mut section.heading);
        }
        section
    }

    /// What waits for somebody else.
    fn elsewhere(&self) -> Option<Section> {
        let counts = self.known.board.counts();
        let some = [(counts.on_client, "on the client"), (counts.outside, "outside the agreements")];
        let some: Vec<String> = some.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let heading = format!("Besides: {}", some.join(", "));
        (!some.is_empty()).then_some(Section { heading, tone: Tone::Strong, items: Vec::new() })
    }

    /// What was done and its source has not been told of.
    fn unsent(&self) -> Option<Section> {
        let unsent = &self.known.past.unsent;
        let items = unsent.iter().take(MOST).map(|(key, kind)| Item {
            ticket: Some((self.name_of(key), None)),
            text: format!(": {}; {} has not been told yet", kind.done(), key.source),
            ..Item::default()
        });
        (!unsent.is_empty()).then(|| section("Not sent yet", Tone::Alarm, unsent.len(), items.collect()))
    }

    fn since(&self) -> String {
        let Known { past, zone, now, .. } = self.known;
        let since = words::moment(zone, past.since, now);
        match &past.from {
            Since::Handover(who) => format!("Since {since}, the last handover, by {who}."),
            Since::Asked => format!("Since {since}, as was asked for."),
            Since::Day => format!("Since {since}, 24 hours before: no earlier handover is known."),
        }
    }

    /// What happened since.
    fn happened(&self) -> Section {
        let Known { board, past, now, .. } = self.known;
        let is_since = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at >= past.since && at <= now);
        let rows = || board.rows.iter().chain(&board.resolved);
        let came: Vec<&BoardRow> = rows().filter(|row| is_since(row.ticket.submitted_at)).collect();
        let resolved: Vec<&BoardRow> = board.resolved.iter().filter(|row| is_since(row.ticket.resolved_at)).collect();
        let named = |row: &&BoardRow| format!("{} {}", words::severity(row.severity()), self.name_of(&row.ticket.id));
        let keys = |rows: &[&BoardRow]| words::few(rows.iter().map(named));
        let sums = [("came", &came), ("resolved", &resolved)]
            .map(|(what, rows)| (!rows.is_empty()).then(|| Item::plain(format!("{} {what}: {}", rows.len(), keys(rows)))));
        let deeds = past.deeds.iter().map(|deed| self.of_deed(deed));
        let mut items: Vec<Item> = sums.into_iter().flatten().chain(deeds.take(MOST)).collect();
        let more = past.deeds.len().saturating_sub(MOST);
        items.extend((more > 0).then(|| Item::plain(format!("… and {more} more: holdover evidence"))));
        let heading = if items.is_empty() { "Since then: nothing" } else { "Since then" };
        Section { heading: heading.to_owned(), tone: Tone::Strong, items }
    }
    fn of_deed(&self, deed: &PastDeed) -> Item {
        let PastDeed { at, key, kind, value, who, outcome } = deed;
        let verb: &str = kind.into();
        let value = value.as_ref().map_or_else(String::new, |value| format!(" {value}"));
        let text = match outcome {
            PastOutcome::Done => format!(": {}{value} by {who}", kind.done()),
            PastOutcome::Refused => format!(": {verb}{value} by {who}: refused"),
            PastOutcome::Unknown => format!(": {verb}{value} by {who}: not known whether it arrived"),
        };
        Item { lead: format!("{} ", words::moment(self.known.zone, *at, self.known.now)), ticket: Some((self.name_of(key), None)), text }
    }
}
