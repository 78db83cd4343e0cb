//! Of a handover: the tickets that are unanswered, in hand, held, breached; a line each, with the time in words.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::board::BoardRow;
use super::handover::{Item, Known, MOST, Section, Teller, headed, section};
use super::summary::Tone;
use super::words;
use crate::domain::{AnsweredBy, Clock, ClockState, Group, WhyHeld, clause, judge};

impl Teller<'_> {
    pub(super) fn of_group(&mut self, name: &str, tone: Tone, is: fn(Group) -> bool, tell: fn(&mut Self, &BoardRow) -> String) -> Section {
        let Known { board, agreements, now, .. } = self.known;
        let count = board.rows.iter().filter(|row| is(row.verdict.group)).count();
        let rows = board.rows.iter().filter(|row| is(row.verdict.group)).take(MOST);
        let items = rows.map(|row| {
            // what is left counts down between two judgements
            let row = BoardRow { ticket: row.ticket.clone(), verdict: judge(&row.ticket, agreements, now) };
            let text = format!("{}: {}", called(&row), tell(self, &row));
            Item { text, ..self.of_ticket(&row) }
        });
        let items = items.collect();
        section(name, tone, count, items)
    }

    /// An instant on the engineer's clock, and on the client's where that shows another time.
    fn moment(&self, at: DateTime<Utc>, row: &BoardRow) -> String {
        let Known { zone, now, .. } = self.known;
        let there = row.verdict.agreement.as_ref().map_or_else(String::new, |agreement| words::there(zone, at, agreement));
        format!("{}{there}", words::moment(zone, at, now))
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

    pub(super) fn unanswered(&mut self, row: &BoardRow) -> String {
        let mut said = match &row.verdict.response {
            None => row.verdict.undecided.clone().unwrap_or_else(|| "a person must decide".to_owned()),
            Some(clock) if row.verdict.group == Group::Decide => format!("nobody has assessed it; assess by {}", self.due(clock, row)),
            Some(clock) => format!("answer by {}", self.due(clock, row)),
        };
        let clause = clause(&row.ticket, self.known.agreements, self.known.now);
        said.extend(clause.map(|clause| format!(" ({clause})")));
        said.extend(row.ticket.owner().filter(|_| row.verdict.acknowledged).map(|who| format!("; {who} has it")));
        said.extend(row.ticket.wants_call_back().then_some("; asked to be called back"));
        said
    }

    pub(super) fn in_hand(&mut self, row: &BoardRow) -> String {
        let ticket = &row.ticket;
        let who = ticket.owner().map_or_else(|| "somebody has it".to_owned(), |who| format!("{who} has it"));
        let since = ticket.acknowledged_at.or(ticket.answered_at).filter(|at| *at <= self.known.now);
        let since = since.map_or_else(String::new, |at| format!(" since {}", self.moment(at, row)));
        let mut said = format!("{who}{since}");
        let clocks = [("next word", &row.verdict.update), ("resolution", &row.verdict.resolve)];
        for (what, clock) in clocks {
            let owed = clock.as_ref().filter(|clock| clock.remaining_seconds.is_some());
            said.extend(owed.map(|clock| format!("; {what} promised by {}", self.due(clock, row))));
        }
        said.extend(ticket.wants_call_back().then_some("; asked to be called back"));
        said
    }

    /// What is held: a line for each ticket that is freed alone, and one for all of a severity that are freed together.
    pub(super) fn held(&mut self) -> Section {
        let Known { board, agreements, now, .. } = self.known;
        let mut together: BTreeMap<_, Vec<&BoardRow>> = BTreeMap::new();
        let rows: Vec<&BoardRow> = board.rows.iter().filter(|row| row.verdict.group == Group::Held).collect();
        for row in &rows {
            let verdict = &row.verdict;
            let agreement = verdict.agreement.as_ref().map(|agreement| &agreement.name);
            let freed = (verdict.held_until.is_none(), verdict.held_until);
            together.entry((row.severity(), freed, agreement)).or_default().push(row);
        }
        let lines = together.len();
        let items = together.into_values().take(MOST).map(|freed| match freed[..] {
            [only] => {
                // what is left counts down between two judgements
                let row = BoardRow { ticket: only.ticket.clone(), verdict: judge(&only.ticket, agreements, now) };
                Item { text: format!("{}: {}", called(&row), self.held_alone(&row)), ..self.of_ticket(&row) }
            }
            _ => Item::plain(self.held_together(&freed)),
        });
        let mut items: Vec<Item> = items.collect();
        items.extend(lines.checked_sub(MOST + 1).map(|more| Item::plain(format!("… and {} more of these lines", more + 1))));
        headed("Held", Tone::Strong, rows.len(), items)
    }

    fn held_alone(&self, row: &BoardRow) -> String {
        let why = WhyHeld::of(&row.ticket, self.known.agreements, self.known.now);
        let mut said = self.until(row);
        said.extend(why.as_ref().map(|why| format!(": {}; {}", why.until, why.cover)));
        said.extend(why.and_then(|why| why.clause).map(|clause| format!(" ({clause})")));
        let then = row.verdict.response.as_ref().and_then(|clock| Some((clock.remaining_seconds?, clock.due?)));
        said.extend(then.map(|(left, due)| format!("; then {} left, due {}", words::length(left), self.moment(due, row))));
        said.extend(row.ticket.owner().filter(|_| row.verdict.acknowledged).map(|who| format!("; {who} has it")));
        said
    }

    /// Of tickets that wait for one instant: why, as far as they have it in common.
    fn held_together(&self, rows: &[&BoardRow]) -> String {
        let Known { agreements, now, .. } = self.known;
        let first = rows[0];
        let mut why = WhyHeld::of(&first.ticket, agreements, now)
            .map(|why| [Some(why.until), Some(why.cover), why.clause.map(|clause| clause.to_string())]);
        for row in &rows[1..] {
            let (Some(common), Some(other)) = (&mut why, WhyHeld::of(&row.ticket, agreements, now)) else { break };
            let other = [Some(other.until), Some(other.cover), other.clause.map(|clause| clause.to_string())];
            for (common, other) in common.iter_mut().zip(other) {
                common.take_if(|common| other.as_ref() != Some(common));
            }
        }
        let [until, cover, clause] = why.unwrap_or_default();
        let why: Vec<String> = until.into_iter().chain(cover).collect();
        let mut said = format!("{} {} {}", rows.len(), words::severity(first.severity()), self.until(first));
        said.extend((!why.is_empty()).then(|| format!(": {}", why.join("; "))));
        said.extend(clause.map(|clause| format!(" ({clause})")));
        format!("{said} – {}", words::few(rows.iter().map(|row| self.name_of(&row.ticket.id).to_string())))
    }

    fn until(&self, row: &BoardRow) -> String {
        row.verdict.held_until.map_or_else(|| "for ever".to_owned(), |at| format!("until {}", self.moment(at, row)))
    }

    fn of_ticket(&self, row: &BoardRow) -> Item {
        let lead = format!("{} ", words::severity(row.severity()));
        Item { lead, ticket: Some((self.name_of(&row.ticket.id), row.ticket.url.clone())), text: String::new() }
    }

    /// The clocks that are past due, and those of since the last handover that were met late.
    pub(super) fn breached(&mut self) -> Section {
        let Known { board, agreements, past, now, .. } = self.known;
        let mut items = Vec::new();
        let mut count = 0;
        let rows = board.rows.iter().map(|row| (row, true)).chain(board.resolved.iter().map(|row| (row, false)));
        for (row, open) in rows {
            let tells = |clock: &Clock| {
                let since = clock.due.is_some_and(|due| due >= past.since && due <= now);
                // what was resolved before its due breached nothing
                let in_time = clock.due.zip(row.ticket.resolved_at).is_some_and(|(due, resolved)| resolved <= due);
                match clock.state {
                    ClockState::Breached | ClockState::Overdue => open || (since && !in_time),
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
                    items.push(Item { text, ..self.of_ticket(&row) });
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
}

/// Whose a ticket is, and what it is about.
fn called(row: &BoardRow) -> String {
    let client = row.ticket.client.as_ref().map_or_else(String::new, |client| format!(" {client}"));
    format!("{client} – {}", row.ticket.title.in_list())
}

/// The clocks of a ticket, and what each is for.
fn clocks(row: &BoardRow) -> [(&'static str, Option<&Clock>); 3] {
    let verdict = &row.verdict;
    [("answer", &verdict.response), ("word to the client", &verdict.update), ("resolution", &verdict.resolve)]
        .map(|(what, clock)| (what, clock.as_ref()))
}
