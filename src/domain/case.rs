//! One ticket under one agreement at one instant: all that verdict, billing and explanation are read from.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::agreement::{Agreement, AnsweredBy};
use super::calendar::{FIRST_INSTANT, LAST_INSTANT};
use super::clock::{Channel, Cover, NEVER, Run};
use super::history::{self, Standing};
use super::meter::Meter;
use super::response_table::{Entry, ResponseTable, Row};
use super::ticket::{Status, Ticket};
use super::verdict::{Clock, Obligation};

/// Submissions before 1970 or after 2199 count as missing.
const SUBMISSIONS: std::ops::Range<i64> = 0..7_258_118_400;

/// Whether the client has the next move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientMove {
    /// It is ours.
    Ours,
    /// It is the client's.
    Clients,
    /// It was, and the client answered at that instant.
    Answered(i64),
}

/// Whether and when something that ends a clock happened: not yet, or at an instant that may be unknown.
pub(super) type Ended = Option<Option<i64>>;

/// When a ticket was submitted, or what stands in for it at `t`.
pub(super) fn submission(ticket: &Ticket, t: i64) -> i64 {
    known_submission(ticket)
        .unwrap_or_else(|| ticket.first_seen_at.map_or(t, |at| at.timestamp().clamp(SUBMISSIONS.start, SUBMISSIONS.end - 1)))
}

/// The submission the source tells.
pub(super) fn known_submission(ticket: &Ticket) -> Option<i64> {
    ticket.submitted_at.map(|at| at.timestamp()).filter(|at| SUBMISSIONS.contains(at))
}

/// A ticket under an agreement at an instant.
pub(super) struct Case<'a> {
    pub ticket: &'a Ticket,
    pub agreement: &'a Arc<Agreement>,
    pub t: i64,
    pub submitted: i64,
    /// What had happened by `t`, or by the submission where that is later.
    pub now: Standing<'a>,
    /// The response clock as it stood when it was answered; as now where it is not.
    pub response: Run<'a>,
    /// Where the response table covers the ticket as it is now.
    pub cover: Cover,
    pub answered: Ended,
    pub acknowledged: Ended,
    pub client_move: ClientMove,
}

/// The instants a case is judged at: those that calendars know.
pub(super) fn judged_instant(t: DateTime<Utc>) -> i64 {
    t.timestamp().clamp(FIRST_INSTANT, LAST_INSTANT)
}

impl<'a> Case<'a> {
    pub fn new(ticket: &'a Ticket, agreement: &'a Arc<Agreement>, t: i64) -> Self {
        let submitted = submission(ticket, t);
        let until = t.max(submitted);
        let now = history::fold(ticket, agreement, submitted, until, t);
        let acknowledged = happened(ticket.acknowledged_at, t).or_else(|| {
            let untimed = ticket.status == Status::Acknowledged && ticket.acknowledged_at.is_none();
            untimed.then_some(None)
        });
        let answered = match agreement.answered_by {
            AnsweredBy::Acknowledgement => acknowledged,
            AnsweredBy::WordToClient => happened(ticket.answered_at, t),
        };
        let uneventful = ticket.contacts.is_empty() && ticket.assessments.is_empty();
        let response = match answered {
            Some(Some(at)) if !uneventful => history::fold(ticket, agreement, submitted, at.max(submitted), t).response,
            _ => now.response,
        };
        let calendar = &agreement.calendar;
        let row = now.judged_at.and_then(|s| agreement.response.row(s));
        let cover = Cover::new(calendar, row, &now.channels);
        let client_move = client_move(ticket, t);
        Self { ticket, agreement, t, submitted, now, response, cover, answered, acknowledged, client_move }
    }

    /// The row of a table for the severity it is judged at.
    pub fn row(&self, table: &'a ResponseTable) -> Option<&'a Row> {
        self.now.judged_at.and_then(|s| table.row(s))
    }

    /// The entry whose target and conditions are shown: that of the severity now in the window of the start.
    pub fn shown(&self) -> Option<&'a Entry> {
        self.entry_at_start(self.response)
    }

    /// The entry of the cell that the start falls in, as things are now, answered or not.
    pub fn shown_at_start(&self) -> Option<&'a Entry> {
        self.entry_at_start(self.now.response)
    }

    /// The entry of the severity and the channels of now in the window of a clock's start; the clock's own where there is none.
    fn entry_at_start(&self, run: Run<'a>) -> Option<&'a Entry> {
        if self.ticket.contacts.is_empty() && self.ticket.assessments.is_empty() {
            return run.entry;
        }
        let row = self.row(&self.agreement.response);
        Run::started(&self.agreement.calendar, row, &self.now.channels, &self.cover, run.start).entry.or(run.entry)
    }

    pub fn unassessed(&self) -> bool {
        self.now.severity.is_none()
    }

    /// What is obliged; of a ticket submitted after `t`, what will be at its submission.
    pub fn obligation(&self) -> Obligation {
        let start = self.now.response.start;
        if self.unassessed() {
            Obligation::Decide
        } else if self.client_move == ClientMove::Clients {
            Obligation::OnClient
        } else if start == NEVER {
            Obligation::Outside
        } else if self.instant() >= start && self.cover.at(&self.agreement.calendar, self.instant()) {
            Obligation::Now
        } else {
            Obligation::Held
        }
    }

    /// The instant the obligation is judged at.
    fn instant(&self) -> i64 {
        self.t.max(self.submitted)
    }

    /// When it may next be worked on, if it may not be at `t`; [`NEVER`] where that never comes.
    pub fn released(&self) -> i64 {
        let start = self.now.response.start;
        if self.instant() < start { start } else { self.cover.first_from(&self.agreement.calendar, self.instant()) }
    }

    /// The response clock.
    pub fn response_clock(&self) -> Option<Clock> {
        self.meter(&self.cover, self.shown()).read(self.response.start, self.response.due, self.answered)
    }

    /// The resolution clock: from the response on, without the stretches known to have been on the client.
    pub fn resolve_clock(&self) -> Option<Clock> {
        let table = self.agreement.resolve.as_ref()?;
        let (cover, run) = self.own_run(table, self.now.response.start)?;
        let mut meter = self.meter(&cover, run.entry);
        meter.pauses = self.on_client();
        meter.on_client = !self.ticket.on_client.is_empty() && self.client_move == ClientMove::Clients;
        let due = meter.without_pauses(run.start, run.due);
        meter.read(run.start, due, happened(self.ticket.resolved_at, self.t))
    }

    /// The update clock: from the response, and again from each word to the client.
    pub fn update_clock(&self) -> Option<Clock> {
        let table = self.agreement.update.as_ref()?;
        let word = happened(self.ticket.last_word_at, self.t).flatten();
        let from = self.now.response.start;
        let from = if from == NEVER { from } else { word.map_or(from, |w| from.max(w)) };
        let (cover, run) = self.own_run(table, from)?;
        self.meter(&cover, run.entry).read(run.start, run.due, happened(self.ticket.resolved_at, self.t))
    }

    /// The clock of a table of its own that starts with an instant, or at the first after it that the table covers.
    fn own_run(&self, table: &'a ResponseTable, from: i64) -> Option<(Cover, Run<'a>)> {
        let calendar = &self.agreement.calendar;
        let row = self.row(table);
        let cover = Cover::new(calendar, row, &self.now.channels);
        if from == NEVER {
            return None;
        }
        let start = cover.first_from(calendar, from);
        let run = Run::started(calendar, row, &self.now.channels, &cover, start);
        (start != NEVER).then_some((cover, run))
    }

    fn meter<'b>(&'b self, cover: &'b Cover, entry: Option<&'b Entry>) -> Meter<'b> {
        Meter {
            calendar: &self.agreement.calendar,
            cover,
            target: entry.map(|e| &e.within),
            pauses: Vec::new(),
            on_client: false,
            at_risk_ppm: self.agreement.at_risk_ppm,
            unassessed: self.unassessed(),
            t: self.t,
        }
    }

    /// The stretches known to have been on the client by `t`, in order and apart; an open one ends at `t` or when the client answered.
    fn on_client(&self) -> Vec<(i64, i64)> {
        let mut stretches: Vec<(i64, i64)> = self
            .ticket
            .on_client
            .iter()
            .map(|s| {
                let from = s.from.map_or(FIRST_INSTANT, |f| f.timestamp());
                let to = s.to.map_or(self.t, |to| to.timestamp()).min(self.t);
                (from, ended_by_contact(self.ticket, s.from.map(|f| f.timestamp()), self.t).map_or(to, |c| to.min(c)))
            })
            .filter(|(from, to)| !(from..to).is_empty())
            .collect();
        stretches.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::with_capacity(stretches.len());
        for (from, to) in stretches {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => apart.push((from, to)),
            }
        }
        apart
    }
}

/// Something with a time, if it had happened by `t`.
fn happened(at: Option<DateTime<Utc>>, t: i64) -> Ended {
    at.map(|at| at.timestamp()).filter(|at| *at <= t).map(Some)
}

/// Whose move it is at `t`. Of stretches that overlap, each must have been ended by an answer.
fn client_move(ticket: &Ticket, t: i64) -> ClientMove {
    let inside = ticket.on_client.iter().filter(|s| s.from.is_none_or(|f| f.timestamp() <= t) && s.to.is_none_or(|to| t < to.timestamp()));
    let by_status = ticket.on_client.is_empty() && ticket.status == Status::OnClient;
    let since = inside.map(|stretch| stretch.from.map(|f| f.timestamp())).chain(by_status.then_some(None));
    let mut answered = ClientMove::Ours;
    for from in since {
        answered = match (ended_by_contact(ticket, from, t), answered) {
            (None, _) => return ClientMove::Clients,
            (Some(at), ClientMove::Answered(before)) => ClientMove::Answered(at.max(before)),
            (Some(at), _) => ClientMove::Answered(at),
        };
    }
    answered
}

/// The first contact by `t` after the last word to the client and after the beginning of a stretch on the client,
/// whichever are known; where neither is, no contact can be said to be an answer.
fn ended_by_contact(ticket: &Ticket, from: Option<i64>, t: i64) -> Option<i64> {
    let word = happened(ticket.last_word_at, t).flatten();
    let after = word.into_iter().chain(from).max()?;
    ticket.contacts.iter().map(|c| c.at.timestamp()).filter(|at| *at <= t && *at > after).min()
}

/// A channel in words.
pub(super) fn channel_words(channels: &[Channel]) -> Option<String> {
    let known: Vec<&str> = channels.iter().flatten().map(|c| c.as_str()).collect();
    (known.len() == channels.len() && !known.is_empty()).then(|| known.join(" or "))
}
