//! The time machine: the list shows the real queue at another instant, under a banner. What counts over the whole queue stays
//! that of now. While it is on nothing is done to a ticket; it ends by itself when somebody may be needed.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use unicode_width::UnicodeWidthStr;

use super::bank_holidays::{self, BankHoliday};
use super::board::Board;
use super::layout;
use super::message::Action;
use super::model::{Model, Notice, Screen};
use super::summary::cut;
use crate::domain::{Calendar, Group, TicketKey};

/// Without a key it ends after this time: nobody is to take what it shows for the present.
const ENDS_AFTER: TimeDelta = TimeDelta::seconds(60);
/// It goes no further from the present: no search of the calendars does.
const FURTHEST: TimeDelta = TimeDelta::days(400);
const NO_WINDOW: &str = "no window changes within 400 days";
/// Fewer rows have no room for its banner.
const LEAST_ROWS: u16 = 2;

/// Another instant than now.
#[derive(Debug)]
pub struct TimeMachine {
    /// The instant that is shown.
    pub at: DateTime<Utc>,
    last_key: DateTime<Utc>,
    /// The tickets of now that nobody has taken, and of which the engineer knows.
    untaken: HashSet<TicketKey>,
}

impl TimeMachine {
    /// When it ends by itself.
    pub(super) fn ends_at(&self) -> DateTime<Utc> {
        self.last_key + ENDS_AFTER
    }

    /// Notes that a key was pressed.
    pub(super) const fn key_pressed(&mut self, now: DateTime<Utc>) {
        self.last_key = now;
    }
}

/// Does what an action asks of the time machine, or refuses what would change something while it is on; whether it was either.
pub(super) fn user(model: &mut Model, action: Action) -> bool {
    let on = model.time_machine.is_some();
    let shows_it = matches!(model.screen, Screen::Board | Screen::Explanation(_) | Screen::Page(..)) && !model.screen.has_activity();
    match action {
        Action::HourBefore if shows_it => go(model, Ok(model.shown_at() - TimeDelta::hours(1))),
        Action::HourAfter if shows_it => go(model, Ok(model.shown_at() + TimeDelta::hours(1))),
        Action::WindowBefore if shows_it => go(model, nearest(model, change_before, Iterator::max).ok_or(NO_WINDOW)),
        Action::WindowAfter if shows_it => go(model, nearest(model, change_after, Iterator::min).ok_or(NO_WINDOW)),
        Action::BankHolidayBefore if shows_it => to_bank_holiday(model, nearest(model, bank_holidays::last, Iterator::max)),
        Action::BankHolidayAfter if shows_it => to_bank_holiday(model, nearest(model, bank_holidays::next, Iterator::min)),
        Action::Present if on => end(model, None),
        Action::Back | Action::Quit if on && model.screen == Screen::Board => end(model, None),
        _ if on => match refused(action) {
            Some(why) => {
                let text = format!("{why} – {} or esc returns to now", model.rules.help.key(Action::Present));
                model.notice = Some(Notice { text, alarm: true });
            }
            None => return false,
        },
        _ => return false,
    }
    true
}

/// Why an action is refused while another instant is shown. Each action is named: of a new one it must be said.
const fn refused(action: Action) -> Option<&'static str> {
    match action {
        Action::Acknowledge
        | Action::Mark
        | Action::Range
        | Action::Undo
        | Action::PhonedIn
        | Action::CallBack
        | Action::Note
        | Action::Word
        | Action::Assess
        | Action::New => Some("nothing is sent from another time"),
        Action::Handover => Some("a handover tells of now"),
        Action::Activity => Some("what happened is told of now"),
        Action::Up
        | Action::Down
        | Action::First
        | Action::Last
        | Action::PageUp
        | Action::PageDown
        | Action::NextUnanswered
        | Action::PreviousUnanswered
        | Action::NextMatch
        | Action::PreviousMatch
        | Action::ReadOn
        | Action::ReadBack
        | Action::Open
        | Action::Fold
        | Action::Left
        | Action::Back
        | Action::Quit
        | Action::Refresh
        | Action::Filter
        | Action::View1
        | Action::View2
        | Action::View3
        | Action::View4
        | Action::View5
        | Action::View6
        | Action::View7
        | Action::View8
        | Action::View9
        | Action::Flips
        | Action::Windows
        | Action::HourBefore
        | Action::HourAfter
        | Action::WindowBefore
        | Action::WindowAfter
        | Action::BankHolidayBefore
        | Action::BankHolidayAfter
        | Action::Present
        | Action::CopyKey
        | Action::CopyLink
        | Action::ShowLink
        | Action::Palette
        | Action::Help
        | Action::Redraw
        | Action::Suspend => None,
    }
}

/// One of the instants that the agreements' calendars tell.
fn nearest(
    model: &Model,
    change: fn(&Calendar, DateTime<Utc>) -> Option<DateTime<Utc>>,
    choose: fn(std::vec::IntoIter<DateTime<Utc>>) -> Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let at = model.shown_at();
    let found: Vec<_> = model.rules.agreements.all().iter().filter_map(|agreement| change(&agreement.calendar, at)).collect();
    choose(found.into_iter())
}

fn change_after(calendar: &Calendar, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    calendar.window_until(at).1
}

fn change_before(calendar: &Calendar, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // hardly any window lasts longer than a week
    [TimeDelta::days(8), FURTHEST].into_iter().find_map(|back| {
        let stretches = calendar.windows_between(at - back, at);
        stretches.windows(2).rfind(|pair| pair[0].window != pair[1].window).map(|pair| pair[1].start)
    })
}

/// Shows the queue where a bank holiday begins, and says which and whose it is.
fn to_bank_holiday(model: &mut Model, to: Option<DateTime<Utc>>) {
    go(model, to.ok_or("no bank holiday is known within 400 days"));
    if to.is_some_and(|to| model.time_machine.as_ref().is_some_and(|machine| machine.at == to)) {
        let found = bank_holidays::beginning_at(model.rules.agreements.all(), model.shown_at());
        let text = found.iter().map(BankHoliday::words).collect::<Vec<_>>().join(" · ");
        model.notice = Some(Notice { text, alarm: false });
    }
}

/// Shows the queue at an instant, or says why there is none.
fn go(model: &mut Model, to: Result<DateTime<Utc>, &'static str>) {
    let to = to.and_then(|to| match to {
        _ if (to - model.now).abs() > FURTHEST => Err("no further than 400 days from now"),
        _ if model.size.1 < LEAST_ROWS => Err("there is no room to say that it is not now"),
        _ => Ok(to),
    });
    let to = match to {
        Ok(to) => to,
        Err(why) => {
            model.notice = Some(Notice { text: why.to_owned(), alarm: true });
            return;
        }
    };
    let shown = model.time_machine.as_ref().map(|machine| machine.at);
    relist(model, |board, model| {
        // of one that is earlier only what changes meanwhile is judged
        if shown.is_some_and(|at| at <= to) {
            Arc::make_mut(board).advance(&model.rules.agreements, to);
        } else {
            *board = Arc::new(Board::new(model.store.tickets().cloned(), &model.rules.agreements, to));
        }
    });
    let untaken = untaken(&model.board);
    match &mut model.time_machine {
        Some(machine) => machine.at = to,
        None => model.time_machine = Some(TimeMachine { at: to, last_key: model.now, untaken }),
    }
}

/// Lists another board than that of now.
fn relist(model: &mut Model, change: impl FnOnce(&mut Arc<Board>, &Model)) {
    let line = layout::place(model).cursor.unwrap_or(0);
    let mut board = Arc::clone(model.list.board());
    let before = model.list.release();
    change(&mut board, model);
    model.list.show(board, &model.mine, before, line);
}

/// Takes in the tickets of now, at the instant that is shown.
pub(super) fn renew(model: &mut Model) {
    let Some(at) = model.time_machine.as_ref().map(|machine| machine.at) else { return };
    relist(model, |board, model| Arc::make_mut(board).renew(model.store.tickets().cloned(), &model.rules.agreements, at));
}

/// Judges them all, at that instant.
pub(super) fn judge_anew(model: &mut Model) {
    let Some(at) = model.time_machine.as_ref().map(|machine| machine.at) else { return };
    relist(model, |board, model| *board = Arc::new(Board::new(model.store.tickets().cloned(), &model.rules.agreements, at)));
}

/// Back to the present, and why.
fn end(model: &mut Model, why: Option<Notice>) {
    model.time_machine = None;
    relist(model, |board, model| *board = Arc::clone(&model.board));
    model.notice = why.or(model.notice.take());
}

/// Ends it where it must: somebody may be needed, nobody is there, or it cannot be told from the present.
pub(super) fn watch(model: &mut Model) {
    let now = model.now;
    let Some(machine) = &mut model.time_machine else { return };
    // by a clock that was set back
    machine.last_key = machine.last_key.min(now);
    let untaken = untaken(&model.board);
    let new = untaken.difference(&machine.untaken).min().cloned();
    machine.untaken = untaken;
    let over = machine.ends_at() <= now;
    if let Some(key) = new {
        let text = format!("{} is unanswered now – this is the present again", model.name_of(&key));
        end(model, Some(Notice { text, alarm: true }));
    } else if over {
        let text = "no key for 60 s – this is the present again".to_owned();
        end(model, Some(Notice { text, alarm: false }));
    } else if model.size.1 < LEAST_ROWS {
        end(model, None);
    }
}

fn untaken(board: &Board) -> HashSet<TicketKey> {
    let rows = board.rows.iter().filter(|row| matches!(row.verdict.group, Group::Decide | Group::Unanswered));
    rows.map(|row| row.ticket.id.clone()).collect()
}

/// What says that it is not now: in full, and shorter and shorter, as there is room.
pub(super) fn banner(model: &Model) -> Option<String> {
    let at = model.time_machine.as_ref()?.at.with_timezone(&model.rules.zone);
    let columns = usize::from(model.size.0);
    let present = model.rules.help.key(Action::Present);
    let forms = [
        format!(" NOT NOW: {} – nothing is sent – {present} or esc returns", at.format("%a %-d %b %Y %H:%M %Z")),
        format!(" NOT NOW: {} – {present} or esc returns", at.format("%a %-d %b %H:%M")),
        format!(" NOT NOW: {}", at.format("%a %-d %b %H:%M")),
        at.format("NOT NOW %H:%M").to_string(),
    ];
    let last = cut("NOT NOW", columns);
    Some(forms.into_iter().find(|form| form.width() < columns).unwrap_or(last))
}
