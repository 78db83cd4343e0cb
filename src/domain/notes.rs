//! What the engineer should know of how a verdict came about.

use chrono::Datelike;

use super::case::{self, Case, ClientMove};
use super::clock::NEVER;
use super::verdict::Clock;
use super::words;
use super::zone;

/// Appends the notes on a case to those its source made.
pub(super) fn push(case: &Case, held_until: Option<i64>, response: Option<&Clock>, notes: &mut Vec<String>) {
    if let Some(severity) = case.now.judged_at.filter(|_| case.unassessed()) {
        notes.push(format!("unassessed: judged as {severity}"));
    }
    if case::known_submission(case.ticket).is_none() {
        notes.push("no time of submission: counted from when it was first seen".to_owned());
    }
    if case.submitted > case.t {
        notes.push("submitted in the future".to_owned());
    }
    match case.answered {
        Some(None) => notes.push("acknowledged, time unknown".to_owned()),
        Some(Some(at)) if at < case.submitted => notes.push("answered before the submission: a clock is wrong".to_owned()),
        _ => {}
    }
    if let ClientMove::Answered(at) = case.client_move {
        notes.push(format!("client answered {}", words::time_or_moment(case.agreement.calendar.zone(), at, case.t)));
    }
    if response.is_some_and(|r| r.due.is_none()) {
        notes.push("never due: cover ends".to_owned());
    }
    if held_until == Some(NEVER) {
        notes.push("held, and never released: cover ends".to_owned());
    }
    let due = response.and_then(|r| r.due).map(|d| d.timestamp());
    horizon(case, [due, held_until.filter(|at| *at != NEVER)], notes);
}

/// Notes instants in years that the calendars do not list, or only project.
fn horizon(case: &Case, instants: [Option<i64>; 2], notes: &mut Vec<String>) {
    let calendar = &case.agreement.calendar;
    let holidays = &calendar.rules().holidays;
    let Some(known_until) = holidays.known_until else { return };
    let years: Vec<i32> = instants.into_iter().flatten().map(|at| zone::local(calendar.zone(), at).year()).collect();
    if years.iter().any(|year| *year > known_until) {
        notes.push("beyond known holidays".to_owned());
    }
    if years.iter().any(|year| holidays.projected.contains(year)) {
        notes.push("projected holidays".to_owned());
    }
}
