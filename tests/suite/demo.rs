//! The embedded demo: at every hour of two years every group, state and mark is on its board, and its desks behave as told.

use std::sync::{Arc, Mutex};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use futures::executor::block_on;
use holdover::app::{Board, BoardRow};
use holdover::config::{self, Settings};
use holdover::domain::{Bill, ClockState, Deed, FaultKind, Group, Outcome, SafeText, SourceName, Status, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use strum::IntoEnumIterator;

fn settings() -> Settings {
    config::parse(sources::demo_agreements(), "demo", &[]).expect("the demo's configuration is sound")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A clock that can be set, and the desk that reads it.
fn desk(settings: &Settings, name: &str, now: &str) -> (Arc<dyn TicketSource>, Arc<Mutex<DateTime<Utc>>>) {
    let time = Arc::new(Mutex::new(at(now)));
    let clock: Clock = {
        let time = Arc::clone(&time);
        Arc::new(move || *time.lock().unwrap())
    };
    let source = settings.sources.iter().find(|s| s.name.as_str() == name).unwrap();
    (sources::build(source, clock, &[]).unwrap(), time)
}

fn board_at(settings: &Settings, now: DateTime<Utc>) -> Board {
    let clock: Clock = Arc::new(move || now);
    let tickets = settings.sources.iter().flat_map(|source| {
        let desk = sources::build(source, Arc::clone(&clock), &[]).unwrap();
        block_on(desk.list_open()).unwrap().tickets
    });
    Board::new(tickets.collect::<Vec<_>>(), &settings.agreements, now)
}

/// Whether a row is one that is wanted.
type Test<'a> = &'a dyn Fn(&BoardRow) -> bool;

/// What is not on the board at an instant though it should be.
fn missing(board: &Board) -> Vec<String> {
    let state = |row: &BoardRow| row.verdict.response.as_ref().map(|clock| clock.state);
    let untaken = |row: &BoardRow, wanted| row.verdict.group == Group::Unanswered && state(row) == Some(wanted);
    let held = |row: &BoardRow, wanted| row.verdict.group == Group::Held && state(row) == Some(wanted);
    let shown = |row: &BoardRow| row.verdict.group <= Group::InHand;
    let falls_silent = |row: &BoardRow| row.ticket.id.source.as_str() == "pager";
    let costs = |row: &BoardRow| row.verdict.billing.verdict == Bill::Chargeable;
    let calls = |row: &BoardRow| row.ticket.callback_requested;
    let wanted: [(&str, Test); 10] = [
        ("? overdue", &|row| row.verdict.group == Group::Decide && state(row) == Some(ClockState::Overdue)),
        ("✗", &|row| untaken(row, ClockState::Breached)),
        ("!", &|row| untaken(row, ClockState::AtRisk)),
        ("no mark", &|row| untaken(row, ClockState::Running)),
        ("‖", &|row| held(row, ClockState::Paused)),
        ("·", &|row| held(row, ClockState::NotStarted)),
        // what the desk that stays shows, whether or not the other is silent by then
        ("£", &|row| shown(row) && !falls_silent(row) && costs(row)),
        ("c", &|row| shown(row) && !falls_silent(row) && calls(row)),
        // one flag, and more than two, once it is silent
        ("~", &|row| shown(row) && falls_silent(row) && !costs(row) && !calls(row)),
        ("~ +", &|row| shown(row) && falls_silent(row) && costs(row) && calls(row)),
    ];
    let has = |test: Test| board.rows.iter().any(test);
    let groups = Group::iter().filter(|g| !has(&|row| row.verdict.group == *g)).map(|g| format!("{g:?}"));
    let states = ClockState::iter().filter(|s| !has(&|row| state(row) == Some(*s))).map(|s| format!("{s:?}"));
    let marks = wanted.iter().filter(|(_, test)| !has(*test)).map(|(mark, _)| (*mark).to_owned());
    groups.chain(states).chain(marks).collect()
}

#[test]
fn everything_is_on_the_board_at_every_hour_of_the_year() {
    let settings = settings();
    let (year, next) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    // 2026 on every hour; of 2027 every fifth, each time at other minutes past it
    let on_the_hour = (0..8760).map(|n| year + TimeDelta::hours(n));
    let in_between = (0..8760 / 5).map(|n| next + TimeDelta::hours(5 * n) + TimeDelta::minutes(n * 7 % 60));
    let instants: Vec<_> = on_the_hour.chain(in_between).collect();
    let wrong = |some: &[DateTime<Utc>]| -> Vec<String> {
        let lacks = some.iter().map(|now| (now, missing(&board_at(&settings, *now))));
        lacks.filter(|(_, missing)| !missing.is_empty()).map(|(now, missing)| format!("{now}: {}", missing.join(", "))).collect()
    };
    let (first, second) = instants.split_at(instants.len() / 2);
    let wrong = thread::scope(|scope| {
        let other = scope.spawn(|| wrong(second));
        [wrong(first), other.join().unwrap()].concat()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), instants.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn the_configuration_of_the_demo_is_neither_wrong_nor_odd() {
    let odd: Vec<String> = settings().warnings.iter().map(ToString::to_string).collect();
    assert_eq!(odd, Vec::<String>::new());
}

#[test]
fn the_board_fills_a_small_terminal() {
    let board = board_at(&settings(), at(MONDAY));
    assert!((20..=30).contains(&board.rows.len()), "{}", board.rows.len());
    assert!(board.rows.iter().all(|row| row.ticket.title.as_str().chars().count() <= 48), "titles fit a row");
}

/// Out of hours in London.
const MONDAY: &str = "2026-11-23T00:18:00Z";

fn key(desk: &dyn TicketSource, key: &str) -> TicketKey {
    TicketKey { source: desk.name().clone(), key: SafeText::line(key) }
}

#[test]
fn a_ticket_that_is_taken_stays_taken() {
    let settings = settings();
    let (desk, time) = desk(&settings, "helpdesk", MONDAY);
    let before = block_on(desk.list_open()).unwrap();
    let wanted = key(&*desk, "HD-5509");
    *time.lock().unwrap() = at("2026-11-23T00:20:00Z");
    let outcome = block_on(desk.tell(&wanted, &Deed::Acknowledge { note: None }, None)).unwrap();
    let (by, when) = (Some(SafeText::line("you")), Some(at("2026-11-23T00:20:00Z")));
    assert_eq!(outcome, Outcome::Confirmed { by: by.clone(), at: when });
    let after = block_on(desk.list_open()).unwrap();
    for (old, new) in before.tickets.iter().zip(&after.tickets) {
        if new.id == wanted {
            assert_eq!((new.status, &new.acknowledged_by, new.acknowledged_at), (Status::Acknowledged, &by, when));
        } else {
            assert_eq!(old, new, "the others are as they were made at the first poll");
        }
    }
    assert_eq!(block_on(desk.tell(&wanted, &Deed::Acknowledge { note: None }, None)).unwrap(), Outcome::Already { by, at: when });
}

#[test]
fn one_is_taken_by_somebody_else_meanwhile_and_one_is_refused() {
    let settings = settings();
    let (desk, _) = desk(&settings, "helpdesk", MONDAY);
    let polled = |wanted: &TicketKey| block_on(desk.list_open()).unwrap().tickets.into_iter().find(|t| t.id == *wanted).unwrap();
    let contested = key(&*desk, "HD-5506");
    assert_eq!(polled(&contested).status, Status::Open);
    let by = Some(SafeText::line("Mo"));
    assert_eq!(
        block_on(desk.tell(&contested, &Deed::Acknowledge { note: None }, None)).unwrap(),
        Outcome::Already { by: by.clone(), at: Some(at(MONDAY)) }
    );
    assert_eq!(polled(&contested).acknowledged_by, by);
    let locked = key(&*desk, "HD-5507");
    let reason = SafeText::line("the ticket is locked by a supervisor");
    assert_eq!(block_on(desk.tell(&locked, &Deed::Acknowledge { note: None }, None)).unwrap(), Outcome::Refused { reason });
    assert_eq!(polled(&locked).status, Status::Open);
    let unknown = block_on(desk.tell(&key(&*desk, "HD-1"), &Deed::Acknowledge { note: None }, None)).unwrap();
    assert!(matches!(unknown, Outcome::Refused { .. }), "{unknown:?}");
}

#[test]
fn the_pager_answers_once() {
    let settings = settings();
    let (desk, _) = desk(&settings, "pager", MONDAY);
    assert_eq!(block_on(desk.list_open()).unwrap().tickets.len(), 3);
    assert_eq!(block_on(desk.list_open()).unwrap_err().kind, FaultKind::Unreachable);
    assert_eq!(
        block_on(desk.tell(&key(&*desk, "NOVA-9"), &Deed::Acknowledge { note: None }, None)).unwrap_err().kind,
        FaultKind::Unreachable
    );
}

#[test]
fn a_demo_source_beside_other_agreements_still_answers() {
    let text = "[[source]]\nname = \"try\"\nkind = \"demo\"\n";
    let settings = config::parse(text, "config.toml", &[]).unwrap();
    let board = board_at(&settings, at(MONDAY));
    assert!(board.rows.len() >= 15 && board.rows.iter().all(|row| row.verdict.group == Group::Decide));
    assert!(board.rows.iter().all(|row| row.ticket.id.source == SourceName::new("try")));
}
