//! The severities side by side, each with what it would oblige to: a person chooses one, and none is chosen beforehand.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::layout::Size;
use super::message::{Action, Effect, Message};
use super::model::{Model, Notice, Screen};
use super::{doing, words};
use crate::domain::{Assessment, Bill, ClockState, Deed, DeedKind, Group, SafeText, Severity, Ticket, TicketKey, judge};

/// A ticket that is being assessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessing {
    key: TicketKey,
    /// The one under the cursor, once there is one.
    chosen: Option<Severity>,
    /// Where one came from.
    below: Box<Screen>,
}

/// What one severity would oblige to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessRow {
    /// The severity.
    pub severity: Severity,
    /// Its name in the agreement.
    pub name: String,
    /// Where the ticket would stand on the board.
    pub group: &'static str,
    /// When it would be due.
    pub due: String,
    /// Who would pay.
    pub bill: &'static str,
    /// It would be late.
    pub late: bool,
    /// The cursor is on it.
    pub chosen: bool,
}

/// Rows that it needs below the header: who is assessed, and each severity.
const ROWS: u16 = 6;

/// Whether all of it is seen.
fn fits(model: &Model) -> bool {
    let size = Size::of(model.size.0, model.size.1);
    size != Size::Tiny && model.size.1.saturating_sub(size.header() + size.footer()) >= ROWS
}

/// Shows what each severity of the ticket under the cursor would oblige to.
///
/// # Errors
/// Why it cannot be assessed.
pub(super) fn open(model: &mut Model) -> Result<Vec<Effect>, String> {
    let key = doing::ticket(model, DeedKind::Assess)?;
    if !fits(model) {
        return Err(format!("too few rows to show what each severity obliges to – {} are needed", ROWS + 4));
    }
    doing::not_underway(model, &key, DeedKind::Assess)?;
    let below = Box::new(std::mem::take(&mut model.screen));
    model.screen = Screen::Assess(Assessing { key, chosen: None, below });
    Ok(Vec::new())
}

/// Leaves without assessing.
pub(super) fn leave(model: &mut Model) {
    if let Screen::Assess(assessing) = std::mem::take(&mut model.screen) {
        model.screen = *assessing.below;
    }
}

/// Moves over the severities, or takes the one under the cursor.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let Screen::Assess(assessing) = &mut model.screen else { return Vec::new() };
    let place = assessing.chosen.map(Severity::index);
    let to = match action {
        Action::Up => place.map_or(Severity::ALL.len() - 1, |place| place.saturating_sub(1)),
        Action::Down => place.map_or(0, |place| place + 1),
        Action::First => 0,
        Action::Last => Severity::ALL.len() - 1,
        Action::Open => {
            if let Some(severity) = assessing.chosen {
                return assess(model, severity);
            }
            let (down, up) = (model.rules.help.key(Action::Down), model.rules.help.key(Action::Up));
            model.notice = Some(Notice { text: format!("none is chosen: 1 to 5 chooses, or {down} and {up}"), alarm: true });
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    assessing.chosen = Some(Severity::ALL[to.min(Severity::ALL.len() - 1)]);
    Vec::new()
}

/// Takes the severity of a digit.
pub(super) fn typed(model: &mut Model, message: &Message) -> Vec<Effect> {
    let Message::Typed(text) = message else { return Vec::new() };
    Severity::parse(&format!("S{text}")).map_or_else(Vec::new, |severity| assess(model, severity))
}

fn assess(model: &mut Model, severity: Severity) -> Vec<Effect> {
    let Screen::Assess(Assessing { key, .. }) = &model.screen else { return Vec::new() };
    // what nobody sees is not done
    if !fits(model) {
        return Vec::new();
    }
    let key = key.clone();
    leave(model);
    if let Some(why) = doing::gone(model, &key) {
        model.notice = Some(Notice { text: format!("{} is not assessed: {why}", model.name_of(&key)), alarm: true });
        return Vec::new();
    }
    doing::tell_undoable(model, key, Deed::Assess { severity })
}

impl Assessing {
    /// What is asked, the title of the ticket, a row for each severity, and when that will be otherwise by itself. Nothing of a
    /// ticket that is gone.
    pub(super) fn view(&self, model: &Model) -> (String, SafeText, Vec<AssessRow>, Option<DateTime<Utc>>) {
        let name = model.name_of(&self.key);
        let ticket = model.store.tickets().find(|ticket| ticket.id == self.key);
        let (Some(ticket), None) = (ticket, doing::gone(model, &self.key)) else {
            let why = doing::gone(model, &self.key).unwrap_or_default();
            return (format!("{name} – {why}"), SafeText::line(""), Vec::new(), None);
        };
        let now = ticket.severity.map_or_else(|| "not assessed".to_owned(), |severity| format!("now {severity}"));
        let mut changes: Vec<DateTime<Utc>> = Vec::new();
        let rows = Severity::ALL.map(|severity| {
            let verdict = judge(&assessed(ticket, severity, model.now), &model.rules.agreements, model.now);
            changes.extend(verdict.changes_at);
            let clock = verdict.response.as_ref();
            let name = verdict.agreement.as_ref().and_then(|agreement| agreement.severity_names[severity.index()].as_ref());
            AssessRow {
                severity,
                name: name.map_or_else(|| severity.meaning().to_owned(), ToString::to_string),
                group: group(verdict.group),
                due: clock.and_then(|clock| clock.due).map_or_else(|| "-".to_owned(), |at| words::column(model.rules.zone, at, model.now)),
                bill: bill(verdict.billing.verdict),
                late: clock.is_some_and(|clock| matches!(clock.state, ClockState::Breached | ClockState::Overdue)),
                chosen: self.chosen == Some(severity),
            }
        });
        (format!("how severe is {name}? ({now})"), ticket.title.clone(), rows.to_vec(), changes.into_iter().min())
    }
}

/// A ticket as if somebody assessed it now.
fn assessed(ticket: &Arc<Ticket>, severity: Severity, now: DateTime<Utc>) -> Ticket {
    let mut ticket = Ticket::clone(ticket);
    // what it was before stays what it was until now
    let before = ticket.severity.zip(ticket.submitted_at).filter(|_| ticket.assessments.is_empty());
    ticket.assessments.extend(before.map(|(severity, at)| Assessment { at, severity: Some(severity) }));
    ticket.assessments.push(Assessment { at: now, severity: Some(severity) });
    ticket.severity = Some(severity);
    ticket.severity_unreadable = false;
    ticket
}

const fn group(group: Group) -> &'static str {
    match group {
        Group::Decide => "decide",
        Group::Unanswered => "unanswered",
        Group::InHand => "in hand",
        Group::Held => "held",
        Group::OnClient => "on client",
        Group::Outside => "outside",
    }
}

const fn bill(bill: Bill) -> &'static str {
    match bill {
        Bill::Included => "included",
        Bill::Chargeable => "chargeable",
        Bill::Unknown => "not known",
    }
}
