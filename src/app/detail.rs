//! What is said of the ticket under the cursor: by when to answer, why now or why held, what it costs, whom to call.

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::board::BoardRow;
use super::deeds;
use super::labels::left;
use super::model::Model;
use super::summary::Tone;
use super::words;
use crate::domain::{Clock, ClockState, Group, Obligation, SafeText, Step, TicketKey, explain};

/// The labels of what says why a ticket stands where it does.
pub(super) const WHY: [&str; 5] = ["DECIDE", "WHY NOW", "WHY HELD", "ON CLIENT", "OUTSIDE"];

/// What is said of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detail {
    /// Its key.
    pub key: SafeText,
    /// What it is, in a few words: severity, client, how and when it came in.
    pub what: String,
    /// Its title.
    pub title: SafeText,
    /// What is said of it, the most pressing first.
    pub lines: Vec<DetailLine>,
    /// The text of the issue.
    pub description: Option<SafeText>,
}

/// One thing said of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DetailLine {
    /// What it is about.
    pub label: &'static str,
    /// The words.
    pub text: String,
    /// Where the contract, or the configuration, says so.
    pub origin: String,
    /// How it is meant.
    pub tone: Tone,
}

impl DetailLine {
    fn new(label: &'static str, text: String) -> Self {
        Self { label, text, origin: String::new(), tone: Tone::Plain }
    }
}

/// What is said of a row that was judged now, and when that will next be something else.
pub(super) fn detail(model: &Model, row: &BoardRow) -> (Detail, Option<DateTime<Utc>>) {
    let ticket = &*row.ticket;
    let steps = explain(ticket, &model.rules.agreements, model.shown_at(), model.rules.zone);
    let ack = model.shown_ack(&ticket.id).filter(|ack| **ack != Ack::Writing).map(|ack| {
        let tone = if ack.failed() { Tone::Alarm } else { Tone::Strong };
        DetailLine { tone, ..DetailLine::new("ACK", ack.words(model.rules.zone, model.shown_at())) }
    });
    let deed = deed(model, &ticket.id);
    let answer = answer(model, row, &steps);
    let changes = row.verdict.response.as_ref().and_then(|clock| left(clock, model.shown_at()).changes_at);
    let call = call(model, row);
    let note = row.verdict.agreement.as_ref().and_then(|agreement| agreement.note.as_ref());
    let note = note.map(|note| DetailLine::new("NOTE", note.to_string()));
    let cost = DetailLine::new("COST", format!("{}: {}", cost_word(row), row.verdict.billing.reason));
    let seen = row.verdict.notes.iter().map(|note| DetailLine::new("ALSO", note.clone()));
    let page = ticket.url.as_ref().map(|url| DetailLine::new("PAGE", url.to_string()));
    // what must be decided is not decided by an answer
    let (first, second) = if row.verdict.group == Group::Decide { (why(row, &steps), answer) } else { (answer, why(row, &steps)) };
    let lines = ack.into_iter().chain(deed).chain(first).chain(second).chain([cost]).chain(call).chain(note);
    let detail = Detail {
        key: ticket.id.key.clone(),
        what: what(model, row),
        title: ticket.title.clone(),
        lines: lines.chain(seen).chain(page).collect(),
        description: ticket.description.clone(),
    };
    (detail, changes)
}

/// How another deed stands that was done to a ticket.
fn deed(model: &Model, key: &TicketKey) -> Option<DetailLine> {
    let (kind, ack) = model.deeds.of(key)?;
    let tone = if ack.failed() { Tone::Alarm } else { Tone::Strong };
    let text = format!("{}: {}", deeds::name(kind), ack.words_of(kind, model.rules.zone, model.now));
    Some(DetailLine { tone, ..DetailLine::new("DEED", text) })
}

fn step<'a>(steps: &'a [Step], what: &str) -> Option<&'a Step> {
    steps.iter().find(|step| step.what == what)
}

/// Severity, client, how and when it came in.
fn what(model: &Model, row: &BoardRow) -> String {
    let ticket = &*row.ticket;
    let severity = row.severity().map_or_else(
        || "not assessed".to_owned(),
        |severity| {
            let own = row.verdict.agreement.as_ref().and_then(|agreement| agreement.severity_names[severity.index()].as_ref());
            format!("{severity} {}", own.map_or(severity.meaning(), SafeText::as_str))
        },
    );
    let client = ticket.client.as_ref().map_or_else(|| "no client".to_owned(), ToString::to_string);
    let service = ticket.service.as_ref().map_or_else(String::new, |service| format!(" {service}"));
    let how = match ticket.channel.as_ref().map(SafeText::as_str) {
        Some("phone") => "phoned in".to_owned(),
        Some(channel) => format!("by {channel}"),
        None => "came in".to_owned(),
    };
    let when =
        ticket.submitted_at.map_or_else(|| "at a time unknown".to_owned(), |at| words::moment(model.rules.zone, at, model.shown_at()));
    format!("{severity} · {client}{service} · {how} {when}")
}

/// By when to answer and how the clock stands; or that it is answered.
fn answer(model: &Model, row: &BoardRow, steps: &[Step]) -> Option<DetailLine> {
    let clock = row.verdict.response.as_ref()?;
    let target = step(steps, "Clock").map(|step| format!("; {}", step.text)).unwrap_or_default();
    let due = clock.due.map_or_else(|| "never: cover ends".to_owned(), |at| words::moment(model.rules.zone, at, model.shown_at()));
    let clients = step(steps, "Due").or(step(steps, "Assess by")).filter(|step| step.when.ends_with(')'));
    let clients = clients.and_then(|step| step.when.split(" (").next()).map_or_else(String::new, |when| format!(" ({when})"));
    let line = match clock.state {
        ClockState::Met | ClockState::MetLate => {
            let step = step(steps, "Answered");
            let text = step.map_or_else(|| "answered".to_owned(), |step| format!("{} {}", step.when, step.text));
            return Some(DetailLine::new("ANSWERED", text.trim().to_owned()));
        }
        ClockState::Overdue => ("ASSESS BY", Tone::Alarm),
        ClockState::Breached => ("ANSWER BY", Tone::Alarm),
        _ if row.severity().is_none() => ("ASSESS BY", Tone::Plain),
        _ => ("ANSWER BY", Tone::Plain),
    };
    let (label, tone) = line;
    let origin = step(steps, "Clock").and_then(|step| step.clause.clone()).unwrap_or_default();
    Some(DetailLine { label, text: format!("{due}{clients}, {}{target}", standing(clock)), origin, tone })
}

/// How a clock stands: `4m late`, `23m left`.
fn standing(clock: &Clock) -> String {
    let seconds = clock.remaining_seconds;
    match clock.state {
        ClockState::Breached | ClockState::Overdue => format!("{} late", words::late(-seconds.unwrap_or(0))),
        ClockState::Paused => seconds.map_or_else(|| "paused".to_owned(), |s| format!("paused with {} left", words::length(s))),
        ClockState::NotStarted => "not started".to_owned(),
        _ => seconds.map_or_else(|| "no end".to_owned(), |s| format!("{} left", words::length(s))),
    }
}

/// Why now, or why held: in the contract's words, with the line that says so.
fn why(row: &BoardRow, steps: &[Step]) -> Option<DetailLine> {
    let label = match row.verdict.obligation {
        Obligation::Decide => "DECIDE",
        Obligation::Now => "WHY NOW",
        Obligation::Held => "WHY HELD",
        Obligation::OnClient => "ON CLIENT",
        Obligation::Outside => "OUTSIDE",
    };
    let cover = step(steps, "Cover");
    let submitted = step(steps, "Submitted").map(|step| format!("{} at {}", step.text, step.when.split(" (").next().unwrap_or_default()));
    let until = ["Held until", "Started"].iter().find_map(|what| step(steps, what));
    let until = until.map(|step| format!("until {}: {}", step.when, step.text));
    let mut reasons: Vec<String> = match row.verdict.group {
        Group::Decide => {
            ["Unreadable", "Agreement", "Severity"].iter().filter_map(|what| step(steps, what)).map(|step| step.text.clone()).collect()
        }
        Group::OnClient => step(steps, "On client").map(|step| step.text.clone()).into_iter().collect(),
        _ => submitted.into_iter().collect(),
    };
    reasons.extend(cover.map(|step| step.text.clone()));
    reasons.extend(until);
    if row.verdict.group == Group::Held {
        // where there is one row for it, until when and why is what one looks for
        reasons.reverse();
    }
    if reasons.is_empty() {
        return None;
    }
    let origin = cover.and_then(|step| {
        let file = step.file.as_deref()?;
        let short = file.rsplit('/').next().unwrap_or(file);
        Some(step.line.map_or_else(|| short.to_owned(), |line| format!("{short}:{line}")))
    });
    Some(DetailLine { origin: origin.unwrap_or_default(), ..DetailLine::new(label, reasons.join("; ")) })
}

fn cost_word(row: &BoardRow) -> String {
    match row.verdict.billing.verdict {
        crate::domain::Bill::Unknown => "not known".to_owned(),
        bill => bill.to_string(),
    }
}

/// Whom to call.
fn call(model: &Model, row: &BoardRow) -> Option<DetailLine> {
    let contact = row.ticket.contact.as_ref();
    let known = contact.map_or_else(Vec::new, |c| [&c.name, &c.phone, &c.email].into_iter().flatten().map(ToString::to_string).collect());
    let mut text = known.join(", ");
    if row.ticket.callback_requested {
        let asked = match &row.ticket.called_back {
            // that it was done only a note says: what the source says stands beside it
            Some(called) => {
                let at = words::moment(model.rules.zone, called.at, model.shown_at());
                let then = if row.ticket.wants_call_back() { "; the client has spoken since" } else { ", as was asked" };
                format!("called back {at} by {}{then}", called.by)
            }
            None => "asked to be called back".to_owned(),
        };
        text = if text.is_empty() { asked } else { format!("{text} ({asked})") };
    }
    (!text.is_empty()).then(|| DetailLine::new("CALL", text))
}

/// What a small pane begins with: due and why; then whom to call or what became of an acknowledgement.
pub(super) fn compact(model: &Model, row: &BoardRow, detail: &Detail) -> (String, Option<String>) {
    let key = &row.ticket.id.key;
    let due = row.verdict.response.as_ref().and_then(|clock| {
        let due = clock.due.map(|at| words::column(model.rules.zone, at, model.shown_at()))?;
        let open = !matches!(clock.state, ClockState::Met | ClockState::MetLate);
        open.then(|| format!(" due {due}, {}", standing(clock)))
    });
    let find = |labels: &[&str]| detail.lines.iter().find(|line| labels.contains(&line.label)).map(|line| line.text.clone());
    let why = find(&WHY).unwrap_or_default();
    let first = format!("{key}{}; {why}", due.unwrap_or_default());
    let ack = model.shown_ack(&row.ticket.id).map(|ack| ack.words(model.rules.zone, model.shown_at()));
    let last = find(&["DEED"]).or(ack).or_else(|| find(&["CALL"]));
    (first, last)
}
