//! Whether `hold_over_to` has to be said, and an example that shows why.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::document::Place;
use super::problem::Problems;
use crate::domain::{
    Agreement, Agreements, Calendar, CalendarRules, HoldOverTo, ResponseTable, Row, SafeText, Severity, SourceName, Ticket, TicketKey,
    Window, judge,
};

/// Where examples are looked for when the agreement does not say when it begins: the Monday the holidays were checked.
const EXAMPLES_FROM: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();

/// Reports an agreement that leaves open where an issue is held over to although the two answers can differ: for some
/// channel a severity has a cell outside office hours and none in some window, or there are office hours on a weekday that
/// is no working day.
pub(super) fn must_say(agreement: &Agreement, at: &Place, problems: &mut Problems) {
    let found = Severity::ALL.into_iter().find_map(|severity| {
        let row = agreement.response.row(severity)?;
        Some((severity, row, differing(agreement, row)?))
    });
    let Some((severity, row, channel)) = found else { return };
    let what = "this agreement must say where an issue is held over to";
    let help = "add hold_over_to = \"next-working-day\" or \"next-covered-window\"";
    let help = match example(agreement, severity, row, &channel) {
        Some(example) => format!("{help}: {example}"),
        None => help.to_owned(),
    };
    problems.missing(at, what, help);
}

/// A channel by which a row can start at two instants.
fn differing(agreement: &Agreement, row: &Row) -> Option<SafeText> {
    let rules = agreement.calendar.rules();
    let windows = occurring(&agreement.calendar);
    let idle_hours =
        rules.office_hours.iter().zip(super::hours::WEEK).any(|(spans, day)| !spans.is_empty() && !rules.working_days.contains(&day));
    channels(&[row]).into_iter().find(|channel| {
        let covered = |layers: &&Vec<Window>| row.cell(layers).iter().any(|entry| entry.fits(Some(channel)));
        let somewhere_not = !windows.iter().all(|w| covered(&w));
        let outside = windows.iter().filter(covered).any(|w| w[0] != Window::OfficeHours);
        let inside = windows.iter().filter(covered).any(|w| w[0] == Window::OfficeHours);
        somewhere_not && (outside || (inside && idle_hours))
    })
}

/// The channel of a client who comes by none that an agreement names.
const OTHER: &str = "another channel";

/// The channels by which rows can differ: those their entries name, and any other.
pub(super) fn channels(rows: &[&Row]) -> Vec<SafeText> {
    let named = rows.iter().flat_map(|row| row.entries()).flat_map(|entry| &entry.channels).cloned();
    named.chain([SafeText::line(OTHER)]).collect()
}

/// ` by phone`; nothing where no row tells channels apart.
pub(super) fn by(channel: &SafeText, rows: &[&Row]) -> String {
    let told_apart = rows.iter().flat_map(|row| row.entries()).any(|entry| !entry.channels.is_empty());
    if told_apart { format!(" by {channel}") } else { String::new() }
}

/// The combinations of windows that instants of a calendar can be in. A calendar without holidays is never in one.
pub(super) fn occurring(calendar: &Calendar) -> Vec<Vec<Window>> {
    let rules = calendar.rules();
    let occurs = |window: Window| match window {
        Window::OfficeHours => rules.office_hours.iter().chain(rules.special_hours.values()).any(|spans| !spans.is_empty()),
        Window::BankHoliday => !rules.holidays.dates.is_empty() || !rules.holidays.yearly.is_empty(),
        _ => true,
    };
    calendar.all_layers().iter().filter(|layers| occurs(layers[0])).cloned().collect()
}

/// The two starts of a submission for which they differ, if one is found within 400 days.
fn example(agreement: &Agreement, severity: Severity, row: &Row, channel: &SafeText) -> Option<String> {
    let with = |hold_over_to| Agreements::new(vec![copy(agreement, hold_over_to)]).ok();
    let (working_day, covered_window) = (with(HoldOverTo::NextWorkingDay)?, with(HoldOverTo::NextCoveredWindow)?);
    let first = agreement.valid_from.unwrap_or(EXAMPLES_FROM).and_time(NaiveTime::MIN).and_utc();
    // every hour of two weeks shows what a week can show; then the bank holidays, every six hours
    let hours = (0..24 * 14).chain((24 * 14..24 * 400).step_by(6));
    hours.map(|hour| first + TimeDelta::hours(hour)).find_map(|submitted| {
        let start =
            |agreements: &Agreements| judge(&ticket(severity, channel, submitted), agreements, submitted).response.map(|c| c.starts_at);
        let (working_day, covered_window) = (start(&working_day)?, start(&covered_window)?);
        (working_day != covered_window).then(|| {
            let zone = agreement.calendar.zone();
            let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %H:%M").to_string();
            let by = by(channel, &[row]);
            format!(
                "{severity}{by} submitted {} starts {} with next-working-day, {} with next-covered-window",
                submitted.with_timezone(&zone).format("%a %-d %b %Y %H:%M"),
                local(working_day),
                local(covered_window)
            )
        })
    })
}

/// A ticket of the agreement as a source could tell it.
fn ticket(severity: Severity, channel: &SafeText, submitted: DateTime<Utc>) -> Ticket {
    let mut ticket = Ticket::new(TicketKey { source: SourceName::new("example"), key: SafeText::line("example") });
    ticket.client = Some(SafeText::line("example"));
    ticket.severity = Some(severity);
    ticket.channel = Some(channel.clone());
    ticket.submitted_at = Some(submitted);
    ticket
}

/// The agreement for any client and any date, with a choice made.
fn copy(agreement: &Agreement, hold_over_to: HoldOverTo) -> Agreement {
    let rules: CalendarRules = agreement.calendar.rules().clone();
    Agreement {
        name: agreement.name.clone(),
        clients: vec![SafeText::line("*")],
        valid_from: None,
        valid_to: None,
        calendar: Calendar::new(rules),
        support_level: None,
        support_levels: Arc::clone(&agreement.support_levels),
        hold_over_to,
        answered_by: agreement.answered_by,
        at_risk_ppm: agreement.at_risk_ppm,
        severity_names: <[Option<SafeText>; 5]>::default(),
        note: None,
        chargeable: Vec::new(),
        response: ResponseTable { rows: agreement.response.rows.clone() },
        resolve: None,
        update: None,
        origin: agreement.origin.clone(),
        text_hash: agreement.text_hash.clone(),
    }
}
