//! Of a handover: the tickets that are unanswered, in hand, held, breached; a line each, with the time in words.

use chrono::{DateTime, TimeDelta, Utc};

use super::board::BoardRow;
use super::handover::{Item, Known, MOST, Section, Teller, section};
use super::summary::Tone;
use super::words;
use crate::domain::{AnsweredBy, Clock, ClockState, Group, SafeText, Step, Ticket, explain, judge};

impl Teller<'_> {
    pub(super) fn of_group(&mut self, name: &str, tone: Tone, is: fn(Group) -> bool, tell: fn(&mut Self, &BoardRow) -> String) -> Section {
        let Known { board, agreements, now, .. } = self.known;
        let count = board.rows.iter().filter(|row| is(row.verdict.group)).count();
        let rows = board.rows.iter().filter(|row| is(row.verdict.group)).take(MOST);
        let items = rows.map(|row| {
            // what is left counts down between two judgements
            let row = BoardRow { ticket: row.ticket.clone(), verdict: judge(&row.ticket, agreements, now) };
            let client = row.ticket.client.as_ref().map_or_else(String::new, |client| format!(" {client}"));
            let text = format!("{client} – {}: {}", row.ticket.title.in_list(), tell(self, &row));
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

    fn steps(&self, ticket: &Ticket) -> Vec<Step> {
        explain(ticket, self.known.agreements, self.known.now, self.known.zone)
    }

    pub(super) fn unanswered(&mut self, row: &BoardRow) -> String {
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

    pub(super) fn in_hand(&mut self, row: &BoardRow) -> String {
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

    pub(super) fn held(&mut self, row: &BoardRow) -> String {
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

/// The clocks of a ticket, and what each is for.
fn clocks(row: &BoardRow) -> [(&'static str, Option<&Clock>); 3] {
    let verdict = &row.verdict;
    [("answer", &verdict.response), ("word to the client", &verdict.update), ("resolution", &verdict.resolve)]
        .map(|(what, clock)| (what, clock.as_ref()))
}

/// Who has a ticket.
fn owner(ticket: &Ticket) -> Option<&SafeText> {
    ticket.acknowledged_by.as_ref().or(ticket.assignee.as_ref())
}
