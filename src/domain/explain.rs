//! A verdict in the contract's own words, step by step.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::agreement::{Agreements, AnsweredBy};
use super::billing::{self, Bills};
use super::case::{self, Case, ClientMove};
use super::clock::NEVER;
use super::cover;
use super::instant::from_seconds;
use super::response_table::{OnDay, Target, TargetKind};
use super::ticket::{Status, Ticket};
use super::verdict::{Clock, ClockState, Obligation};
use super::words;
use super::zone;

/// One step of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about: `Submitted`, `Cover`, `Held until`, `Clock`, `Due`, `Billing` …
    pub what: &'static str,
    /// The instant in the agreement's zone, and the engineer's beside it where it differs; empty without an instant.
    #[serde(skip)]
    pub when: String,
    /// In words.
    pub text: String,
    /// The instant, where there is one.
    #[serde(serialize_with = "super::instant::serialize_option")]
    pub at: Option<DateTime<Utc>>,
    /// The clause of the contract.
    pub clause: Option<String>,
    /// The file of the configuration.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

/// Explains the verdict on a ticket at `t`; `engineer` is the zone of the one who reads it.
#[must_use]
pub fn explain(ticket: &Ticket, agreements: &Agreements, t: DateTime<Utc>, engineer: Tz) -> Vec<Step> {
    let t = case::judged_instant(t);
    let mut steps = verdict_steps(ticket, agreements, t, engineer);
    if ticket.status == Status::Resolved && ticket.resolved_at.is_none_or(|at| at.timestamp() <= t) {
        let at = ticket.resolved_at.map(|at| at.timestamp());
        let when = at.map_or_else(String::new, |at| words::moment_in_zone(engineer, at, t));
        let text = "it is done: what follows is how it stood, and obliges to nothing".to_owned();
        steps.insert(0, Step { when, at: at.map(from_seconds), ..plain_step("Resolved", text) });
    }
    steps.extend(ticket.mapped.iter().map(|mapped| Step {
        file: Some(mapped.file.to_string()),
        line: Some(mapped.line),
        ..plain_step("Mapped", mapped.what.to_string())
    }));
    if ticket.altered > 0 {
        let characters = if ticket.altered == 1 { "1 character".to_owned() } else { format!("{} characters", ticket.altered) };
        steps.push(plain_step("Text", format!("{characters} replaced or left out: control, invisible or stacked ones")));
    }
    steps
}

fn verdict_steps(ticket: &Ticket, agreements: &Agreements, t: i64, engineer: Tz) -> Vec<Step> {
    if let Some(reason) = &ticket.unreadable {
        return undecided("Unreadable", reason.to_string());
    }
    match agreements.find(ticket, from_seconds(case::submission(ticket, t))) {
        Err(reason) => undecided("Agreement", reason.to_string()),
        Ok(agreement) => {
            let case = Case::new(ticket, agreement, t);
            let mut teller = Teller { case: &case, engineer, steps: Vec::new() };
            teller.tell();
            teller.steps
        }
    }
}

fn undecided(what: &'static str, reason: String) -> Vec<Step> {
    vec![
        plain_step(what, reason),
        plain_step("Obligation", "a person must decide; until then it alarms like an S1".to_owned()),
        plain_step("Billing", "unknown".to_owned()),
    ]
}

fn plain_step(what: &'static str, text: String) -> Step {
    Step { what, when: String::new(), text, at: None, clause: None, file: None, line: None }
}

/// Tells one case, step by step.
struct Teller<'a> {
    case: &'a Case<'a>,
    engineer: Tz,
    steps: Vec<Step>,
}

impl Teller<'_> {
    fn tell(&mut self) {
        let case = self.case;
        self.severity();
        let calendar = &case.agreement.calendar;
        self.say("Submitted", Some(case.submitted), words::window(calendar, case.submitted));
        self.events();
        self.cover();
        self.start();
        self.response();
        self.answered();
        self.client_move();
        self.other_clock("Resolve by", case.resolve_clock());
        self.other_clock("Next word by", case.update_clock());
        self.billing();
    }

    fn say(&mut self, what: &'static str, at: Option<i64>, text: String) -> &mut Step {
        let when = at.map_or_else(String::new, |at| self.when(at));
        self.steps.push(Step { what, when, text, at: at.map(from_seconds), clause: None, file: None, line: None });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// An instant in the agreement's zone, and in the engineer's where its clock shows something else.
    fn when(&self, at: i64) -> String {
        let zone = self.case.agreement.calendar.zone();
        let own = words::moment_in_zone(zone, at, self.case.t);
        if zone::offset(zone, at) == zone::offset(self.engineer, at) {
            return own;
        }
        format!("{own} ({})", words::moment_in_zone(self.engineer, at, self.case.t))
    }

    fn severity(&mut self) {
        let case = self.case;
        match (case.now.judged_at, &case.ticket.severity_origin) {
            (Some(assumed), _) if case.unassessed() => {
                let why = if case.ticket.unassessed_as == Some(assumed) {
                    "as the source's configuration says"
                } else {
                    "the highest the agreement speaks of"
                };
                self.say("Severity", None, format!("nobody has assessed it: a person must; until then judged as {assumed}, {why}"));
            }
            (None, _) => {
                self.say("Severity", None, "nobody has assessed it: a person must".to_owned());
            }
            (Some(severity), origin) => {
                let own = case.agreement.severity_names[severity.index()].as_ref();
                let text = [own.map(|name| format!("{severity}, the client's \"{name}\"")), origin.as_ref().map(ToString::to_string)];
                let text: Vec<String> = text.into_iter().flatten().collect();
                if !text.is_empty() {
                    self.say("Severity", None, text.join("; "));
                }
            }
        }
    }

    /// Contacts and assessments by now, in order of time.
    fn events(&mut self) {
        let until = self.case.t.max(self.case.submitted);
        let ticket = self.case.ticket;
        let contacts = ticket.contacts.iter().map(|c| {
            let by = c.channel.as_ref().map_or_else(String::new, |c| format!(" by {c}"));
            (c.at.timestamp(), "Contact", format!("the client got in touch{by}: start and due as if submitted then, where that is earlier"))
        });
        let assessed = ticket.assessments.iter().map(|a| {
            (
                a.at.timestamp(),
                "Assessed",
                a.severity.map_or_else(|| "as something that is no severity".to_owned(), |s| format!("as {s}, {}", s.meaning())),
            )
        });
        let mut events: Vec<_> = contacts.chain(assessed).filter(|(at, ..)| *at <= until).collect();
        events.sort_by_key(|(at, ..)| *at);
        for (at, what, text) in events {
            self.say(what, Some(at), text);
        }
    }

    fn cover(&mut self) {
        let case = self.case;
        let Some(mut text) = cover::covered(case) else { return };
        let row = case.row(&case.agreement.response);
        let start = case.now.response.start;
        let held_over = row.is_some() && start > case.submitted && start != NEVER;
        text.push_str(match held_over {
            false => "",
            true if case.t < start => ", so it is held over",
            true => ", so it was held over",
        });
        let step = self.say("Cover", None, text);
        if let Some(origin) = row.map(|row| row.origin.clone()) {
            step.file = Some(origin.file.to_string());
            step.line = Some(origin.line);
        }
    }

    fn start(&mut self) {
        let case = self.case;
        let start = case.now.response.start;
        if start == NEVER {
            return;
        }
        if start > case.submitted {
            let text = cover::why_then(case, start);
            self.say(if case.t < start { "Held until" } else { "Started" }, Some(start), text);
        }
        if case.t >= start && case.obligation() == Obligation::Held {
            let text = cover::why_uncovered(case);
            match case.released() {
                NEVER => self.say("Held", None, text),
                at => self.say("Held until", Some(at), text),
            };
        }
    }

    fn response(&mut self) {
        let case = self.case;
        let Some(clock) = case.response_clock() else { return };
        if let Some(entry) = case.shown() {
            let text = self.target_words(&entry.within, case.response.start);
            let row_line = case.row(&case.agreement.response).map(|r| r.origin.clone());
            let step = self.say("Clock", None, text);
            step.clause = entry.clause.as_ref().map(ToString::to_string);
            if row_line.as_ref() != Some(&entry.origin) {
                step.file = Some(entry.origin.file.to_string());
                step.line = Some(entry.origin.line);
            }
        }
        let what = if case.unassessed() { "Assess by" } else { "Due" };
        let text = match clock.state {
            _ if clock.due.is_none() => "never: cover ends",
            ClockState::Breached => "breached",
            ClockState::Overdue => "overdue",
            ClockState::AtRisk => "at risk",
            ClockState::Paused => "paused: not covered now",
            ClockState::NotStarted | ClockState::Running | ClockState::Met | ClockState::MetLate => "",
        };
        self.say(what, clock.due.map(|d| d.timestamp()), text.to_owned());
    }

    /// A target in words, from its start.
    fn target_words(&self, target: &Target, start: i64) -> String {
        let from = if start > self.case.submitted { "from there" } else { "from the submission" };
        match target.kind {
            TargetKind::Covered(0) => "at once".to_owned(),
            TargetKind::Covered(_) => match cover::covered_windows(self.case).as_deref() {
                None => format!("{target} at any hour, {from}", target = target.written),
                Some([one]) if one == "in office hours" => format!("{} of office hours {from}", target.written),
                Some(_) => format!("{} of covered time {from}", target.written),
            },
            TargetKind::Elapsed(_) => format!("{} {from}, through everything", target.written),
            TargetKind::Days(days) => format!("{}: the same local time {days} days later, cover or not", target.written),
            TargetKind::WorkingDays { count, on } => {
                let day = match count {
                    0 => "the same working day".to_owned(),
                    1 => "the next working day".to_owned(),
                    n => format!("the {n}th working day after"),
                };
                match on {
                    OnDay::Close => format!("{}: the last closing of {day}", target.written),
                    OnDay::SameTime => format!("{}: the same local time on {day}", target.written),
                    OnDay::At(time) => format!("{}: {} on {day}", target.written, time.format("%H:%M")),
                }
            }
        }
    }

    fn answered(&mut self) {
        let case = self.case;
        let by_word = case.agreement.answered_by == AnsweredBy::WordToClient;
        let kind = if by_word { "a word to the client" } else { "the acknowledgement" };
        let who = case.ticket.acknowledged_by.as_ref().map_or_else(String::new, |who| format!(" by {who}"));
        if let Some(at) = case.answered {
            let late = at.is_some_and(|at| at > case.response.due);
            let how = match at {
                None => "in time as far as is known: the time is unknown",
                Some(_) if late => "late",
                Some(_) => "in time",
            };
            let who = if by_word { String::new() } else { who };
            self.say("Answered", at, format!("{how}, by {kind}{who}"));
        } else if let Some(at) = case.acknowledged.filter(|_| by_word) {
            self.say("Taken", at, format!("acknowledged{who}; the clock runs on until {kind}"));
        }
    }

    fn client_move(&mut self) {
        match self.case.client_move {
            ClientMove::Ours => {}
            ClientMove::Clients => {
                self.say("On client", None, "the client has the next move; no response clock stops for it".to_owned());
            }
            ClientMove::Answered(at) => {
                self.say("On client", Some(at), "it was; the client answered".to_owned());
            }
        }
    }

    fn other_clock(&mut self, what: &'static str, clock: Option<Clock>) {
        let Some(clock) = clock else { return };
        let mut text = clock.target.map_or_else(String::new, |t| t.to_string());
        match clock.state {
            ClockState::Breached => text.push_str(", breached"),
            ClockState::Overdue => text.push_str(", overdue"),
            ClockState::Met => text.push_str(", met"),
            ClockState::MetLate => text.push_str(", met late"),
            _ if clock.due.is_none() => text.push_str(", never due: cover ends"),
            _ => {}
        }
        self.say(what, clock.due.map(|d| d.timestamp()), text);
    }

    fn billing(&mut self) {
        let Bills { verdict, now, reason, not_before } = billing::bills(self.case);
        let zone = self.case.agreement.calendar.zone();
        let then = match not_before {
            Some(NEVER) => "; chargeable if worked on now".to_owned(),
            Some(at) => format!("; chargeable if worked on before {}", words::moment(zone, at, self.case.t)),
            None if now == verdict => String::new(),
            None => format!("; work now is {now}"),
        };
        self.say("Billing", None, format!("{verdict}: {reason}{then}"));
    }
}
