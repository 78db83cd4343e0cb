//! What the next engineer must know: what is unanswered, in hand, held and why, breached; when nobody saw the queue; what ends
//! soon; what happened since the last handover. As data: it is printed as Markdown, and shown on the screen.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::board::{Board, BoardRow};
use super::past::{Past, PastDeed, PastOutcome, Since};
use super::store::{Health, SourceHealth};
use super::summary::Tone;
use super::words;
use crate::domain::{Agreements, AnsweredBy, Clock, ClockState, Group, SafeText, Step, Ticket, explain, judge};

/// More tickets of a section nobody reads.
const MOST: usize = 100;
/// An agreement that ends within so many days is told of.
const ENDING: i64 = 60;

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
    /// The ticket's key, and its page.
    pub ticket: Option<(SafeText, Option<SafeText>)>,
    /// What comes after it.
    pub text: String,
}

impl Item {
    fn plain(text: String) -> Self {
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
            teller.of_group("Unanswered", Tone::Alarm, |group| matches!(group, Group::Decide | Group::Unanswered), Teller::unanswered),
            teller.of_group("In hand", Tone::Strong, |group| group == Group::InHand, Teller::in_hand),
            teller.of_group("Held", Tone::Strong, |group| group == Group::Held, Teller::held),
            teller.breached(),
            teller.blind(),
        ];
        let more = [teller.elsewhere(), teller.unsent(), teller.ending(), Some(teller.happened())];
        let mut sections: Vec<Section> = sections.into_iter().chain(more.into_iter().flatten()).collect();
        for section in &mut sections {
            section.items = std::mem::take(&mut section.items).into_iter().map(Item::shown).collect();
        }
        Self { title, since: teller.since(), sections, changes_at: teller.changes }
    }
}

/// `Held: 3`, or `Held: none`.
fn section(name: &str, tone: Tone, count: usize, mut items: Vec<Item>) -> Section {
    if count == 0 {
        return Section { heading: format!("{name}: none"), tone: Tone::Strong, items };
    }
    if count > items.len() {
        items.push(Item::plain(format!("… and {} more", count - items.len())));
    }
    Section { heading: format!("{name}: {count}"), tone, items }
}

struct Teller<'a> {
    known: Known<'a>,
    changes: Option<DateTime<Utc>>,
}

impl Teller<'_> {
    fn of_group(&mut self, name: &str, tone: Tone, is: fn(Group) -> bool, tell: fn(&mut Self, &BoardRow) -> String) -> Section {
        let Known { board, agreements, now, .. } = self.known;
        let count = board.rows.iter().filter(|row| is(row.verdict.group)).count();
        let rows = board.rows.iter().filter(|row| is(row.verdict.group)).take(MOST);
        let items = rows.map(|row| {
            // what is left counts down between two judgements
            let row = BoardRow { ticket: row.ticket.clone(), verdict: judge(&row.ticket, agreements, now) };
            let client = row.ticket.client.as_ref().map_or_else(String::new, |client| format!(" {client}"));
            let text = format!("{client} – {}: {}", row.ticket.title.in_list(), tell(self, &row));
            Item { text, ..of_ticket(&row) }
        });
        let items = items.collect();
        section(name, tone, count, items)
    }

    /// An instant on the engineer's clock, and on the client's where that shows another time.
    fn moment(&self, at: DateTime<Utc>, row: &BoardRow) -> String {
        let Known { zone, now, .. } = self.known;
        let own = words::moment(zone, at, now);
        let client = row.verdict.agreement.as_ref().map(|agreement| at.with_timezone(&agreement.calendar.zone()));
        let differs = client.filter(|client| client.naive_local() != at.with_timezone(&zone).naive_local());
        differs.map_or(own.clone(), |client| format!("{own} (there {})", client.format("%a %H:%M %Z")))
    }

    /// By when something is due, and how much is left until then.
    fn due(&mut self, clock: &Clock, row: &BoardRow) -> String {
        let Some(due) = clock.due else { return "never due: cover ends".to_owned() };
        let due = self.moment(due, row);
        let Some(seconds) = clock.remaining_seconds else { return due };
        let left = match clock.state {
            ClockState::Breached | ClockState::Overdue => format!("{} late", words::late(-seconds)),
            ClockState::Paused => format!("paused with {} left", words::late(seconds)),
            ClockState::NotStarted => format!("{} from then on", words::late(seconds)),
            _ => format!("{} left", words::late(seconds)),
        };
        if !matches!(clock.state, ClockState::Paused | ClockState::NotStarted) {
            // minutes alone: nothing here is read second by second
            let passes = if seconds < 0 { 60 - (-seconds) % 60 } else { seconds % 60 + 1 };
            let at = self.known.now + TimeDelta::seconds(passes);
            self.changes = Some(self.changes.map_or(at, |changes| changes.min(at)));
        }
        format!("{due}, {left}")
    }

    fn steps(&self, ticket: &Ticket) -> Vec<Step> {
        explain(ticket, self.known.agreements, self.known.now, self.known.zone)
    }

    fn unanswered(&mut self, row: &BoardRow) -> String {
        let mut said = match &row.verdict.response {
            None => row.verdict.notes.last().cloned().unwrap_or_else(|| "a person must decide".to_owned()),
            Some(clock) if row.verdict.group == Group::Decide => format!("nobody has assessed it; assess by {}", self.due(clock, row)),
            Some(clock) => format!("answer by {}", self.due(clock, row)),
        };
        let clause = self.steps(&row.ticket).into_iter().find_map(|step| step.clause);
        said.extend(clause.map(|clause| format!(" ({clause})")));
        said.extend(owner(&row.ticket).filter(|_| row.verdict.acknowledged).map(|who| format!("; {who} has it")));
        said.extend(row.ticket.callback_requested.then_some("; asked to be called back"));
        said
    }

    fn in_hand(&mut self, row: &BoardRow) -> String {
        let ticket = &row.ticket;
        let who = owner(ticket).map_or_else(|| "somebody has it".to_owned(), |who| format!("{who} has it"));
        let since = ticket.acknowledged_at.or(ticket.answered_at).filter(|at| *at <= self.known.now);
        let since = since.map_or_else(String::new, |at| format!(" since {}", self.moment(at, row)));
        let mut said = format!("{who}{since}");
        let clocks = [("next word", &row.verdict.update), ("resolution", &row.verdict.resolve)];
        for (what, clock) in clocks {
            let owed = clock.as_ref().filter(|clock| clock.remaining_seconds.is_some());
            said.extend(owed.map(|clock| format!("; {what} promised by {}", self.due(clock, row))));
        }
        said.extend(ticket.callback_requested.then_some("; asked to be called back"));
        said
    }

    fn held(&mut self, row: &BoardRow) -> String {
        let steps = self.steps(&row.ticket);
        let step = |what: &str| steps.iter().find(|step| step.what == what && !step.text.is_empty()).map(|step| step.text.as_str());
        // that it is held over is said already
        let cover = step("Cover").map(|cover| cover.trim_end_matches(", so it is held over"));
        let until = row.verdict.held_until.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", self.moment(at, row)));
        // of two holds the last one is that which counts
        let why = steps.iter().rfind(|step| step.what == "Held until").map(|step| step.text.as_str());
        let why: Vec<&str> = why.into_iter().chain(cover).collect();
        let then = row.verdict.response.as_ref().filter(|clock| clock.due.is_some());
        let then = then.and_then(|clock| Some((clock.remaining_seconds?, clock.due?)));
        let mut said = format!("{until}: {}", why.join("; "));
        said.extend(steps.iter().find_map(|step| step.clause.as_ref()).map(|clause| format!(" ({clause})")));
        said.extend(then.map(|(left, due)| format!("; then {} left, due {}", words::length(left), self.moment(due, row))));
        said.extend(owner(&row.ticket).filter(|_| row.verdict.acknowledged).map(|who| format!("; {who} has it")));
        said
    }

    /// The clocks that are past due, and those of since the last handover that were met late.
    fn breached(&mut self) -> Section {
        let Known { board, agreements, past, now, .. } = self.known;
        let mut items = Vec::new();
        let mut count = 0;
        let rows = board.rows.iter().map(|row| (row, true)).chain(board.resolved.iter().map(|row| (row, false)));
        for (row, open) in rows {
            let tells = |clock: &Clock| {
                let since = clock.due.is_some_and(|due| due >= past.since && due <= now);
                match clock.state {
                    ClockState::Breached | ClockState::Overdue => open || since,
                    ClockState::MetLate => since,
                    _ => false,
                }
            };
            if !clocks(row).iter().any(|(_, clock)| clock.is_some_and(tells)) {
                continue;
            }
            let row = BoardRow { ticket: row.ticket.clone(), verdict: judge(&row.ticket, agreements, now) };
            for (what, clock) in clocks(&row) {
                let Some(clock) = clock.filter(|clock| tells(clock)) else { continue };
                count += 1;
                if items.len() < MOST {
                    let what = if clock.state == ClockState::Overdue { "assessment" } else { what };
                    let text = format!(" {what} due {}", self.late(clock, what, &row, open));
                    items.push(Item { text, ..of_ticket(&row) });
                }
            }
        }
        section("Breached", Tone::Alarm, count, items)
    }

    fn late(&mut self, clock: &Clock, what: &str, row: &BoardRow, open: bool) -> String {
        if clock.state != ClockState::MetLate && open {
            return self.due(clock, row);
        }
        let due = clock.due.map_or_else(String::new, |due| self.moment(due, row));
        if clock.state != ClockState::MetLate {
            return format!("{due}, never met; the ticket is resolved");
        }
        let ticket = &row.ticket;
        let by_word = row.verdict.agreement.as_ref().is_some_and(|agreement| agreement.answered_by == AnsweredBy::WordToClient);
        let (met, by) = match what {
            "answer" if by_word => (ticket.answered_at, None),
            "answer" => (ticket.acknowledged_at, ticket.acknowledged_by.as_ref()),
            _ => (ticket.resolved_at, None),
        };
        let met = met.map_or_else(String::new, |at| format!(": {}", self.moment(at, row)));
        format!("{due}, met late{met}{}", by.map_or_else(String::new, |who| format!(" by {who}")))
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
        let unknown = past.unknown.as_ref().map(|why| Item::plain(format!("those before are not known: {why}")));
        let count = items.len();
        let mut section = section("Blind spells", Tone::Stale, count, items);
        section.items.extend(unknown);
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
            ticket: Some((key.key.clone(), None)),
            text: format!(": {}; {} has not been told yet", kind.done(), key.source),
            ..Item::default()
        });
        (!unsent.is_empty()).then(|| section("Not sent yet", Tone::Alarm, unsent.len(), items.collect()))
    }

    /// Agreements and calendars that end soon.
    fn ending(&self) -> Option<Section> {
        let Known { agreements, past, now, .. } = self.known;
        let ending = agreements.all().iter().filter_map(|agreement| {
            let to = agreement.valid_to?;
            let today: NaiveDate = now.with_timezone(&agreement.calendar.zone()).date_naive();
            let days = (to - today).num_days();
            let when = match days {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                2..=ENDING => format!("in {days} days"),
                _ => return None,
            };
            Some(format!("the agreement {} ends {when}, with {}", agreement.name, to.format("%-d %b %Y")))
        });
        let items: Vec<Item> = ending.chain(past.calendars.iter().cloned()).map(Item::plain).collect();
        (!items.is_empty()).then(|| section("Ending soon", Tone::Stale, items.len(), items))
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
        let Known { board, past, zone, now, .. } = self.known;
        let is_since = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at >= past.since && at <= now);
        let rows = || board.rows.iter().chain(&board.resolved);
        let came: Vec<&BoardRow> = rows().filter(|row| is_since(row.ticket.submitted_at)).collect();
        let resolved: Vec<&BoardRow> = board.resolved.iter().filter(|row| is_since(row.ticket.resolved_at)).collect();
        let keys = |rows: &[&BoardRow]| {
            let named = rows.iter().take(MOST).map(|row| format!("{} {}", severity(row), row.ticket.id.key));
            let more = rows.len().saturating_sub(MOST);
            named.chain((more > 0).then(|| format!("{more} more"))).collect::<Vec<_>>().join(", ")
        };
        let sums = [("came", &came), ("resolved", &resolved)]
            .map(|(what, rows)| (!rows.is_empty()).then(|| Item::plain(format!("{} {what}: {}", rows.len(), keys(rows)))));
        let deeds = past.deeds.iter().map(|deed| of_deed(deed, zone, now));
        let mut items: Vec<Item> = sums.into_iter().flatten().chain(deeds.take(MOST)).collect();
        let more = past.deeds.len().saturating_sub(MOST);
        items.extend((more > 0).then(|| Item::plain(format!("… and {more} more: holdover evidence"))));
        let heading = if items.is_empty() { "Since then: nothing" } else { "Since then" };
        Section { heading: heading.to_owned(), tone: Tone::Strong, items }
    }
}

/// The clocks of a ticket, and what each is for.
fn clocks(row: &BoardRow) -> [(&'static str, Option<&Clock>); 3] {
    let verdict = &row.verdict;
    [("answer", &verdict.response), ("word to the client", &verdict.update), ("resolution", &verdict.resolve)]
        .map(|(what, clock)| (what, clock.as_ref()))
}

fn severity(row: &BoardRow) -> String {
    row.severity().map_or_else(|| "?".to_owned(), |severity| severity.to_string())
}

fn of_ticket(row: &BoardRow) -> Item {
    let ticket = &row.ticket;
    Item { lead: format!("{} ", severity(row)), ticket: Some((ticket.id.key.in_list(), ticket.url.clone())), text: String::new() }
}

/// Who has a ticket.
fn owner(ticket: &Ticket) -> Option<&SafeText> {
    ticket.acknowledged_by.as_ref().or(ticket.assignee.as_ref())
}

fn of_deed(deed: &PastDeed, zone: Tz, now: DateTime<Utc>) -> Item {
    let PastDeed { at, key, kind, value, who, outcome } = deed;
    let done = kind.done();
    let value = value.as_ref().map_or_else(String::new, |value| format!(" {value}"));
    let text = match outcome {
        PastOutcome::Done => format!(": {done}{value} by {who}"),
        PastOutcome::Refused => format!(": {who} could not: {done}{value} was refused"),
        PastOutcome::Unknown => format!(": it is not known whether it is {done}{value}, by {who}"),
    };
    Item { lead: format!("{} ", words::moment(zone, *at, now)), ticket: Some((key.clone(), None)), text }
}
