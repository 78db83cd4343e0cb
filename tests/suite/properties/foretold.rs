//! What is foretold of a ticket or a calendar is what comes: flips against the verdicts of the instants between, stretches
//! against the window of any instant.

use std::cell::Cell;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Board, FlipKind, flips};
use holdover::domain::{Agreements, ClockState, Obligation, Ticket, Verdict, judge};
use proptest::prelude::*;

use super::generate::{DAY, contract, near, scene};
use super::{agreements, at, passed, runner, story};
use crate::model::told;

/// How far it is looked ahead.
const AHEAD: TimeDelta = TimeDelta::days(4);

/// The response clock is running, or stands or has not started.
fn is_open(verdict: &Verdict) -> bool {
    let open = [ClockState::NotStarted, ClockState::Running, ClockState::AtRisk, ClockState::Paused];
    verdict.response.as_ref().is_some_and(|clock| open.contains(&clock.state))
}

/// When a ticket is released for the first time, and when its response has just not been late, by the verdict of each
/// instant at which it changes; `None` for one whose bill moves each second, which would take as long as it does.
fn as_it_comes(ticket: &Ticket, agreements: &Agreements, from: DateTime<Utc>) -> Option<[Option<DateTime<Utc>>; 2]> {
    let mut verdict = judge(ticket, agreements, from);
    let held = verdict.obligation == Obligation::Held;
    let (mut release, mut due) = (None, None);
    let mut steps = 0;
    while let Some(next) = verdict.changes_at.filter(|next| *next <= from + AHEAD) {
        steps += 1;
        if steps > 1_000 {
            return None;
        }
        let then = judge(ticket, agreements, next);
        if held && release.is_none() && then.obligation != Obligation::Held {
            release = Some(next);
        }
        if is_open(&verdict) && !is_open(&then) {
            due = Some(next - TimeDelta::seconds(1));
        }
        verdict = then;
    }
    Some([release, due])
}

#[test]
fn what_flips_next_is_what_comes() {
    let seen = [const { Cell::new(0) }; 2];
    passed(runner(8).run(&(story(), 0..3 * DAY), |((contract, mut ticket, _), later)| {
        let agreements = agreements(&contract);
        // without a submission the verdict moves each second
        ticket.first_seen_at = ticket.first_seen_at.or(Some(at(scene(contract.scene).change)));
        ticket.severity_seen_at = ticket.severity_seen_at.or(ticket.first_seen_at);
        let last = told(&ticket).into_iter().chain(ticket.first_seen_at.map(|seen| seen.timestamp())).max();
        let now = at(last.unwrap_or(scene(contract.scene).change) + later);
        let board = Board::new([Arc::new(ticket.clone())], &agreements, now);
        if board.rows.is_empty() {
            return Ok(());
        }
        let found = flips(&board, &agreements, now, now + AHEAD);
        let of = |kind: FlipKind| found.iter().find(|flip| flip.kind == kind).map(|flip| flip.at);
        let Some([release, due]) = as_it_comes(&ticket, &agreements, now) else { return Ok(()) };
        let text = || format!("at {now}\n{}\n{ticket:?}", contract.plan.configuration());
        prop_assert_eq!(of(FlipKind::Release), release.filter(|release| *release < now + AHEAD), "{}", text());
        prop_assert_eq!(of(FlipKind::Due), due.filter(|due| *due < now + AHEAD), "{}", text());
        seen[0].set(seen[0].get() + usize::from(release.is_some()));
        seen[1].set(seen[1].get() + usize::from(due.is_some()));
        prop_assert!(found.is_sorted_by_key(|flip| (flip.at, flip.kind)));
        Ok(())
    }));
    assert!(seen[0].get() > 0 && seen[1].get() > 0, "{seen:?}");
}

#[test]
fn stretches_are_contiguous_and_maximal_and_are_the_window_of_each_instant() {
    let inside = Cell::new(0);
    passed(runner(8).run(
        &(contract(), near(), 1..12 * DAY, prop::collection::vec(any::<prop::sample::Index>(), 8)),
        |(contract, from, long, picks)| {
            let agreements = agreements(&contract);
            let calendar = &agreements.all()[0].calendar;
            let from = scene(contract.scene).change + from - DAY;
            let stretches = calendar.windows_between(at(from), at(from + long));
            prop_assert_eq!(stretches.first().map(|s| s.start), Some(at(from)));
            prop_assert_eq!(stretches.last().map(|s| s.end), Some(at(from + long)));
            for pair in stretches.windows(2) {
                prop_assert_eq!(pair[0].end, pair[1].start);
                prop_assert_ne!((pair[0].window, pair[0].name), (pair[1].window, pair[1].name));
            }
            let size = usize::try_from(long).unwrap();
            let random = picks.iter().map(|pick| at(from + i64::try_from(pick.index(size)).unwrap()));
            let edges = stretches.iter().flat_map(|s| [s.start, s.end - TimeDelta::seconds(1)]);
            for instant in random.chain(edges) {
                let stretch = stretches.iter().find(|s| s.start <= instant && instant < s.end).unwrap();
                prop_assert_eq!((stretch.window, stretch.name), calendar.named_window_at(instant), "{}", instant);
                prop_assert_eq!(stretch.window, calendar.window_at(instant), "{}", instant);
                inside.set(inside.get() + 1);
            }
            Ok(())
        },
    ));
    assert!(inside.get() > 0);
}
