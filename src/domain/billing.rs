//! Who pays: how a ticket is billed when handled as obliged, and what work at this instant would be.

use std::mem;

use super::agreement::{ChargeableField, ChargeableRule};
use super::case::{Case, channel_words};
use super::clock::{self, NEVER, Run};
use super::response_table::{Entry, TargetKind};
use super::verdict::{Bill, Billing};
use super::words;

/// The two answers on money, and what they follow from.
pub(super) struct Bills {
    pub verdict: Bill,
    pub now: Bill,
    pub reason: String,
    /// Work at `t` is not covered, and when it next will be; [`NEVER`] where it never is.
    pub not_before: Option<i64>,
}

/// The two answers, the first that fits.
pub(super) fn bills(case: &Case) -> Bills {
    if let Some((bill, reason)) = settled(case) {
        return Bills { verdict: bill, now: bill, reason, not_before: None };
    }
    let chargeable = case.shown_at_start().is_some_and(|e| e.chargeable);
    let verdict = if chargeable { Bill::Chargeable } else { Bill::Included };
    let reason = if chargeable { cell_reason(case) } else { included_reason(case) };
    let entry = entry_now(case);
    let now = if entry.is_none_or(|e| e.chargeable) { Bill::Chargeable } else { Bill::Included };
    Bills { verdict, now, reason, not_before: entry.is_none().then(|| case.released()) }
}

/// The same for the verdict, with the reason in one line.
pub(super) fn bill(case: &Case) -> Billing {
    let Bills { verdict, now, mut reason, not_before } = bills(case);
    match not_before {
        Some(NEVER) => reason.push_str("; not covered now"),
        Some(at) => {
            reason.push_str("; not before ");
            reason.push_str(&words::moment(case.agreement.calendar.zone(), at, case.t));
        }
        None if now == verdict => {}
        None if now == Bill::Chargeable => reason.push_str("; work now is chargeable"),
        None => reason.push_str("; work now is included"),
    }
    Billing { verdict, now, reason }
}

/// What is settled before any window is asked.
fn settled(case: &Case) -> Option<(Bill, String)> {
    if case.unassessed() {
        return Some((Bill::Unknown, "not assessed".to_owned()));
    }
    let own = case.ticket.support_level.as_ref();
    let levels = case.agreement.support_level.as_ref().map(|up_to| (up_to, own.and_then(|l| case.agreement.level_index(l))));
    if let Some((up_to, None)) = levels {
        let what = own.map_or_else(|| "no support level on the ticket".to_owned(), |l| format!("'{l}' is no support level"));
        return Some((Bill::Unknown, format!("{what}; the agreement covers up to {up_to}")));
    }
    if !case.cover.anywhere() || case.now.response.start == NEVER {
        let severity = case.now.judged_at.map_or_else(String::new, |s| s.to_string());
        let by = channel_words(&case.now.channels).filter(|_| case.row(&case.agreement.response).is_some());
        return Some((
            Bill::Chargeable,
            format!("the agreement never covers {severity}{}", by.map_or_else(String::new, |c| format!(" by {c}"))),
        ));
    }
    if let (Some((up_to, Some(level))), Some(own)) = (levels, own)
        && case.agreement.level_index(up_to).is_some_and(|limit| level > limit)
    {
        return Some((Bill::Chargeable, format!("{own} work; the agreement covers up to {up_to}")));
    }
    let rule = case.agreement.chargeable.iter().find(|rule| applies(case, rule))?;
    let field: &'static str = rule.field.into();
    Some((Bill::Chargeable, format!("{} is {}", field.replace('_', " "), rule.is)))
}

fn applies(case: &Case, rule: &ChargeableRule) -> bool {
    let ticket = case.ticket;
    let value = match rule.field {
        ChargeableField::Service => &ticket.service,
        ChargeableField::Channel => &ticket.channel,
        ChargeableField::Client => &ticket.client,
        ChargeableField::SupportLevel => &ticket.support_level,
        ChargeableField::Severity => return case.now.severity.is_some_and(|s| rule.is.as_str().eq_ignore_ascii_case(&s.to_string())),
    };
    value.as_ref().is_some_and(|v| v.eq_ignore_case(&rule.is))
}

/// The entry of the window at `t`; of several that fit, the one that would be due first.
fn entry_now<'a>(case: &Case<'a>) -> Option<&'a Entry> {
    let mut fitting = fitting_now(case);
    let first = fitting.next()?;
    if fitting.all(|e| e.chargeable == first.chargeable) {
        return Some(first);
    }
    let row = case.row(&case.agreement.response);
    Run::started(&case.agreement.calendar, row, &case.now.channels, &case.cover, case.t).entry
}

/// The entries of the window at `t` that count.
fn fitting_now<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Entry> {
    let calendar = &case.agreement.calendar;
    let row = case.row(&case.agreement.response);
    let cell = row.map_or(&[][..], |row| row.cell(calendar.layers_of(calendar.stretch_at(case.t).layers)));
    clock::fitting(cell, &case.now.channels)
}

/// Whether the answer for work at `t` moves with the clock: of several entries that fit, another may come to be due first.
/// Of covered times alone, and of elapsed ones, the shortest stays the first.
pub(super) fn moves(case: &Case) -> bool {
    let mut fitting = fitting_now(case);
    let Some(first) = fitting.next() else { return false };
    let (mut one_kind, mut one_bill) = (!matches!(first.within.kind, TargetKind::WorkingDays { .. }), true);
    for entry in fitting {
        one_kind &= mem::discriminant(&entry.within.kind) == mem::discriminant(&first.within.kind);
        one_bill &= entry.chargeable == first.chargeable;
    }
    !one_kind && !one_bill && settled(case).is_none()
}

fn cell_reason(case: &Case) -> String {
    let severity = case.now.judged_at.map_or_else(String::new, |s| s.to_string());
    let window = words::window(&case.agreement.calendar, case.now.response.start);
    format!("{severity} is chargeable: {window}")
}

fn included_reason(case: &Case) -> String {
    match (&case.ticket.support_level, &case.agreement.support_level) {
        (Some(own), Some(up_to)) => format!("{own}, the agreement covers up to {up_to}"),
        _ => "the agreement covers all levels".to_owned(),
    }
}
