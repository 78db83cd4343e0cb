//! Where a ticket is covered, and why it is held until when, in words: for the explanation, and for who only needs the reason.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::agreement::{Agreements, HoldOverTo};
use super::calendar::Window;
use super::case::{self, Case, channel_words};
use super::clock::NEVER;
use super::instant::from_seconds;
use super::safe_text::SafeText;
use super::ticket::Ticket;
use super::verdict::Obligation;
use super::words;
use super::zone;

/// Why the contract lets a ticket wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyHeld {
    /// Why until then.
    pub until: String,
    /// Where it is covered.
    pub cover: String,
    /// The clause of the contract, where the configuration names one.
    pub clause: Option<SafeText>,
}

impl WhyHeld {
    /// Why a ticket is held at `t`; `None` where it is not.
    #[must_use]
    pub fn of(ticket: &Ticket, agreements: &Agreements, t: DateTime<Utc>) -> Option<Self> {
        in_case(ticket, agreements, t, |case| {
            let start = case.now.response.start;
            let until = if case.t < start && start != NEVER { why_then(case, start) } else { why_uncovered(case) };
            let why = Self { until, cover: covered(case)?, clause: clause_of(case) };
            (case.obligation() == Obligation::Held).then_some(why)
        })
    }
}

/// The clause of the contract that the response clock of a ticket rests on, where the configuration names one.
#[must_use]
pub fn clause(ticket: &Ticket, agreements: &Agreements, t: DateTime<Utc>) -> Option<SafeText> {
    in_case(ticket, agreements, t, clause_of)
}

/// What is said of a ticket under the agreement that covers it; nothing where none does.
fn in_case<T>(ticket: &Ticket, agreements: &Agreements, t: DateTime<Utc>, say: impl FnOnce(&Case) -> Option<T>) -> Option<T> {
    let t = case::judged_instant(t);
    let submitted = from_seconds(case::submission(ticket, t));
    let agreement = agreements.find(ticket, submitted).ok().filter(|_| ticket.unreadable.is_none())?;
    say(&Case::new(ticket, agreement, t))
}

fn clause_of(case: &Case) -> Option<SafeText> {
    case.response_clock().and(case.shown()).and_then(|entry| entry.clause.clone())
}

/// Where the response table covers a ticket; `None` where no severity is known.
pub(super) fn covered(case: &Case) -> Option<String> {
    let severity = case.now.judged_at?;
    let Some(row) = case.row(&case.agreement.response) else {
        return Some(format!("the agreement does not speak of {severity}, so it is outside"));
    };
    let by = channel_words(&case.now.channels).filter(|_| row.entries().any(|e| !e.channels.is_empty()));
    let subject = by.map_or_else(|| severity.to_string(), |by| format!("{severity} by {by}"));
    Some(match covered_windows(case).as_deref() {
        Some([]) => format!("{subject} is not covered in any window, so it is outside"),
        _ if case.now.response.start == NEVER => format!("{subject}: no covered time within 400 days, so it is outside"),
        None => format!("{subject} is covered in every window"),
        Some([one]) => format!("{subject} is covered {one} only"),
        Some(several) => format!("{subject} is covered {}", words::and(several)),
    })
}

/// The windows that cover the ticket, each as a phrase; `None` where all do.
pub(super) fn covered_windows(case: &Case) -> Option<Vec<String>> {
    let calendar = &case.agreement.calendar;
    let mut windows: Vec<(Window, bool)> = Vec::new();
    for (layers, index) in calendar.all_layers().iter().zip(0_u16..) {
        let has = case.cover.has(index);
        match windows.iter_mut().find(|(w, _)| *w == layers[0]) {
            Some((_, all)) => *all &= has,
            None => windows.push((layers[0], has)),
        }
    }
    windows.sort_unstable();
    let phrase = |w: Window| match w {
        Window::OfficeHours => "in office hours".to_owned(),
        Window::OutOfHours => "out-of-hours".to_owned(),
        Window::Weekend => "at weekends".to_owned(),
        Window::BankHoliday => "on bank holidays".to_owned(),
        Window::Named(_) => format!("in {}", calendar.window_name(w)),
    };
    let covered = || windows.iter().filter(|(_, has)| *has);
    (covered().count() < windows.len()).then(|| covered().map(|(w, _)| phrase(*w)).collect())
}

/// Why a ticket that has started is held again.
pub(super) fn why_uncovered(case: &Case) -> String {
    if case.released() == NEVER {
        return "not covered now, and never again within 400 days".to_owned();
    }
    format!("not covered now ({}); the next covered window", words::window(&case.agreement.calendar, case.t))
}

/// Why a ticket that is held over starts when it does.
pub(super) fn why_then(case: &Case, start: i64) -> String {
    let calendar = &case.agreement.calendar;
    let zone = calendar.zone();
    let opening = calendar.next_opening(case.submitted).filter(|opening| *opening <= start);
    let (HoldOverTo::NextWorkingDay, Some(opening)) = (case.agreement.hold_over_to, opening) else {
        return format!("the next covered window: {}", words::window(calendar, start));
    };
    let (from, to) = (zone::date_of(zone, case.submitted), zone::date_of(zone, start));
    if from == to {
        return "the day's next opening".to_owned();
    }
    if zone::date_of(zone, opening) != to {
        let opening = words::moment(zone, opening, case.t);
        return format!("the first covered window after the next opening, {opening}: {}", words::window(calendar, start));
    }
    let between = from.iter_days().skip(1).take_while(|d| *d < to).take(15);
    let mut runs: Vec<(String, Vec<String>)> = Vec::new();
    for date in between {
        let (reason, day) = (why_closed(case, date), date.format("%a %-d").to_string());
        match runs.last_mut() {
            Some((last, days)) if *last == reason => days.push(day),
            _ => runs.push((reason, vec![day])),
        }
    }
    let days: Vec<String> = runs.into_iter().map(|(reason, days)| format!("{} {reason}", words::and(&days))).collect();
    if days.is_empty() { "next working day".to_owned() } else { format!("next working day: {}", days.join(", ")) }
}

/// Why a date is no working day.
fn why_closed(case: &Case, date: NaiveDate) -> String {
    let calendar = &case.agreement.calendar;
    match calendar.holiday(date) {
        Some(Some(name)) => format!("bank holiday ({name})"),
        Some(None) => "bank holiday".to_owned(),
        None if calendar.rules().weekend.contains(&date.weekday()) => "weekend".to_owned(),
        None => "closed".to_owned(),
    }
}
