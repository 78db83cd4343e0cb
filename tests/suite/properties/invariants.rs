//! What holds whatever an agreement says: the invariants of the rules, and what the board relies on.

use std::cell::Cell;

use chrono::TimeDelta;
use holdover::domain::{Agreements, Clock, ClockState, Obligation, SafeText, Severity, Ticket, Verdict, judge};
use proptest::prelude::*;

use super::generate::{Contract, DAY, contract, near, new_ticket, scene};
use super::{agreements, at, instants, passed, runner, stage, story};
use crate::model::clocks::Cover;
use crate::model::history::{is_on_client, row, submission};
use crate::model::stage::wall;
use crate::model::{Stage, severity};

/// A ticket like another, submitted at another instant.
fn submitted(ticket: &Ticket, seconds: i64) -> Ticket {
    Ticket { submitted_at: Some(at(seconds)), ..ticket.clone() }
}

/// Two tickets of one severity and channel under one agreement, the earlier first.
fn pair() -> impl Strategy<Value = (Contract, Ticket, Ticket)> {
    contract().prop_flat_map(|contract| {
        let index = contract.scene;
        (Just(contract), new_ticket(index), near()).prop_map(|(contract, ticket, after)| {
            let (one, other) = (submission(&ticket, 0), scene(contract.scene).change + after);
            let (earlier, later) = (submitted(&ticket, one.min(other)), submitted(&ticket, one.max(other)));
            (contract, earlier, later)
        })
    })
}

fn clocks(verdict: &Verdict) -> impl Iterator<Item = &Clock> {
    [&verdict.response, &verdict.resolve, &verdict.update].into_iter().flatten()
}

#[test]
fn submitted_not_after_start_not_after_due() {
    let clocks_seen = Cell::new(0);
    passed(runner(4).run(&story(), |(contract, ticket, picks)| {
        let (stage, agreements) = (stage(&contract), agreements(&contract));
        for t in instants(&stage, &ticket, scene(contract.scene).change, &picks) {
            for clock in clocks(&judge(&ticket, &agreements, at(t))) {
                clocks_seen.set(clocks_seen.get() + 1);
                prop_assert!(at(submission(&ticket, t)) <= clock.starts_at, "at {t}: {clock:?}");
                prop_assert!(clock.due.is_none_or(|due| clock.starts_at <= due), "at {t}: {clock:?}");
            }
        }
        Ok(())
    }));
    assert!(clocks_seen.get() > 0);
}

#[test]
fn a_held_ticket_is_released_at_cover_at_an_opening_or_at_its_submission() {
    let held = Cell::new(0);
    passed(runner(4).run(&pair(), |(contract, ticket, later)| {
        let (stage, agreements) = (stage(&contract), agreements(&contract));
        let t = submission(&later, 0);
        let Some(until) = judge(&ticket, &agreements, at(t)).held_until.map(|until| until.timestamp()) else { return Ok(()) };
        if until >= stage.end() {
            return Ok(());
        }
        held.set(held.get() + 1);
        let cover = cover(&stage, &ticket);
        let begins = !cover.at(&stage, until - 1) || stage.is_opening(until) || until == submission(&ticket, t);
        prop_assert!(cover.at(&stage, until) && begins, "held until {}\n{}\n{ticket:?}", at(until), contract.plan.configuration());
        prop_assert!(until > t || until == submission(&ticket, t));
        Ok(())
    }));
    assert!(held.get() > 0);
}

fn cover(stage: &Stage, ticket: &Ticket) -> Cover {
    let channel = ticket.channel.as_ref().map(SafeText::to_string);
    Cover::new(row(&stage.plan.response, ticket.severity), &[channel])
}

/// Whether the clock of the zone shows at this instant what it shows at another one too.
fn is_repeated(contract: &Contract, seconds: i64) -> bool {
    let zone = contract.plan.zone;
    let shown = wall(zone, seconds);
    (-4..=4).filter(|quarters| *quarters != 0).chain([-8, -6, 6, 8]).any(|quarters| wall(zone, seconds + quarters * 900) == shown)
}

#[test]
fn of_two_starts_in_one_window_the_later_is_not_due_earlier() {
    let compared = Cell::new(0);
    passed(runner(4).run(&pair(), |(contract, earlier, later)| {
        let agreements = agreements(&contract);
        let starts = [&earlier, &later].map(|ticket| {
            let response = judge(ticket, &agreements, ticket.submitted_at.unwrap()).response?;
            let window = judge(ticket, &agreements, response.starts_at).window;
            Some((response, window))
        });
        let [Some((first, window)), Some((second, other_window))] = starts else { return Ok(()) };
        let through_hours = first.target.as_ref().is_none_or(|t| t.as_str().ends_with(['h', 'm', 's']) || t.as_str().contains("elapsed"));
        let repeated = [&first, &second].into_iter().any(|clock| is_repeated(&contract, clock.starts_at.timestamp()));
        if first.starts_at >= second.starts_at || window != other_window || first.target != second.target || (repeated && !through_hours) {
            return Ok(());
        }
        compared.set(compared.get() + 1);
        let never = at(i64::from(u32::MAX) * 4);
        let text = || format!("{first:?}\n{second:?}\n{}", contract.plan.configuration());
        prop_assert!(first.due.unwrap_or(never) <= second.due.unwrap_or(never), "{}", text());
        Ok(())
    }));
    assert!(compared.get() > 0);
}

#[test]
fn a_higher_severity_that_is_covered_wherever_a_lower_one_is_is_never_held_longer() {
    let compared = Cell::new(0);
    passed(runner(4).run(&pair(), |(contract, ticket, later)| {
        let (stage, agreements) = (stage(&contract), agreements(&contract));
        let t = later.submitted_at.unwrap();
        let tickets = Severity::ALL.map(|s| Ticket { severity: Some(s), ..ticket.clone() });
        let covers = tickets.each_ref().map(|ticket| cover(&stage, ticket));
        let verdicts = tickets.each_ref().map(|ticket| judge(ticket, &agreements, t));
        for (higher, lower) in (0..5).flat_map(|lower| (0..lower).map(move |higher| (higher, lower))) {
            let [high, low] = [&verdicts[higher], &verdicts[lower]];
            if !covers[higher].holds(&covers[lower]) || low.obligation == Obligation::Outside {
                continue;
            }
            compared.set(compared.get() + usize::from(low.obligation == Obligation::Held));
            let text = || format!("{:?} and {:?} at {t}\n{}", severity(higher), severity(lower), contract.plan.configuration());
            match (high.held_until, low.held_until) {
                (Some(high), Some(low)) => prop_assert!(high <= low, "{}", text()),
                _ => prop_assert!(high.obligation == Obligation::Now || low.obligation == Obligation::Held, "{}", text()),
            }
        }
        Ok(())
    }));
    assert!(compared.get() > 0);
}

/// All that a verdict says, without the agreement it follows from.
fn said(verdict: &Verdict) -> String {
    format!("{:?}", Verdict { agreement: None, ..verdict.clone() })
}

#[test]
fn judging_is_pure() {
    passed(runner(8).run(&story(), |(contract, ticket, picks)| {
        let used = agreements(&contract);
        let stage = stage(&contract);
        let instants = instants(&stage, &ticket, scene(contract.scene).change, &picks);
        let once: Vec<String> = instants.iter().map(|t| said(&judge(&ticket, &used, at(*t)))).collect();
        // again in another order, and with agreements that were never asked before
        let new = super::agreements(&contract);
        for (t, once) in instants.iter().zip(&once).rev() {
            prop_assert_eq!(&said(&judge(&ticket, &used, at(*t))), once);
            prop_assert_eq!(&said(&judge(&ticket, &new, at(*t))), once);
            prop_assert_eq!(&said(&judge(&ticket, &used, at(*t) + TimeDelta::milliseconds(999))), once);
        }
        Ok(())
    }));
}

/// What of a verdict changes at `changes_at` only: all but what counts down, and the due of a resolution clock on the client.
fn standing(ticket: &Ticket, agreements: &Agreements, t: i64) -> String {
    let mut standing = Verdict { agreement: None, changes_at: None, ..judge(ticket, agreements, at(t)) };
    for clock in [&mut standing.response, &mut standing.resolve, &mut standing.update].into_iter().flatten() {
        clock.remaining_seconds = None;
        clock.at_risk_in = None;
    }
    if let Some(resolve) = &mut standing.resolve
        && is_on_client(ticket, t)
    {
        resolve.due = None;
    }
    format!("{standing:?}")
}

#[test]
fn nothing_changes_before_changes_at() {
    let (waits, seconds_long) = (Cell::new(0), Cell::new(0));
    let story = (story(), proptest::collection::vec(0.0..1.0_f64, 2));
    passed(runner(4).run(&story, |((contract, ticket, picks), shares)| {
        let (stage, agreements) = (stage(&contract), agreements(&contract));
        for t in instants(&stage, &ticket, scene(contract.scene).change, &picks) {
            let verdict = judge(&ticket, &agreements, at(t));
            let until = verdict.changes_at.map_or(t + 30 * DAY, |at| at.timestamp());
            prop_assert!(until > t, "at {}: changes at {}", at(t), at(until));
            waits.set(waits.get() + 1);
            seconds_long.set(seconds_long.get() + usize::from(until <= t + 5));
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "within thirty days")]
            let between = shares.iter().map(|share| t + ((until - t) as f64 * share) as i64);
            for later in between.chain([t + 1, until - 1]).filter(|later| *later < until) {
                let (now, then) = (standing(&ticket, &agreements, t), standing(&ticket, &agreements, later));
                prop_assert_eq!(
                    now,
                    then,
                    "{} and {}, changes at {}\n{}\n{:?}",
                    at(t),
                    at(later),
                    at(until),
                    contract.plan.configuration(),
                    ticket
                );
            }
        }
        Ok(())
    }));
    // a verdict that is always about to change would hold this too
    assert!(seconds_long.get() * 2 < waits.get(), "{} of {} waits are seconds", seconds_long.get(), waits.get());
}

#[test]
fn a_running_clock_comes_to_be_at_risk_when_it_says() {
    let seen = Cell::new(0);
    passed(runner(4).run(&pair(), |(contract, ticket, _)| {
        let agreements = agreements(&contract);
        let submitted = judge(&ticket, &agreements, ticket.submitted_at.unwrap());
        let Some(t) = submitted.response.map(|clock| clock.starts_at) else { return Ok(()) };
        let state = |t| judge(&ticket, &agreements, t).response.map(|clock| clock.state);
        let verdict = judge(&ticket, &agreements, t);
        let Some(clock) = verdict.response.filter(|clock| clock.state == ClockState::Running) else { return Ok(()) };
        let (Some(in_seconds), Some(changes_at)) = (clock.at_risk_in, verdict.changes_at) else { return Ok(()) };
        let then = t + TimeDelta::seconds(in_seconds);
        // where the clock pauses before, or just then, it comes later
        if then < changes_at || then == changes_at && state(then) != Some(ClockState::Paused) {
            seen.set(seen.get() + 1);
            prop_assert_eq!(state(then), Some(ClockState::AtRisk));
            prop_assert_eq!(state(then - TimeDelta::seconds(1)), Some(ClockState::Running));
        }
        Ok(())
    }));
    assert!(seen.get() > 0);
}

#[test]
fn the_reason_says_what_work_now_is_where_that_is_billed_otherwise() {
    let told = Cell::new(0);
    passed(runner(4).run(&story(), |(contract, ticket, picks)| {
        let (stage, agreements) = (stage(&contract), agreements(&contract));
        for t in instants(&stage, &ticket, scene(contract.scene).change, &picks) {
            let billing = judge(&ticket, &agreements, at(t)).billing;
            let not_covered = billing.reason.contains("; not before ") || billing.reason.ends_with("; not covered now");
            let says = billing.reason.ends_with(&format!("; work now is {}", billing.now));
            told.set(told.get() + usize::from(says));
            prop_assert_eq!(says, billing.now != billing.verdict && !not_covered, "{:?}", billing);
            prop_assert_eq!(says, billing.reason.contains("work now is"), "{:?}", billing);
        }
        Ok(())
    }));
    assert!(told.get() > 0);
}
