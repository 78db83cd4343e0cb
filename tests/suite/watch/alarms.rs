//! What is new since somebody last heard of it, over random histories of a few tickets and their source.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::Stage::{AtRisk, InTime, PastDue};
use holdover::app::{Alarms, Board, Health, SourceRules, Standing, Standings, Store, Subject, Turned, new_alarms};
use holdover::config;
use holdover::domain::{
    Agreements, Alarm, Fault, FaultKind, Group, Pass, PollReport, SafeText, Severity, SourceName, Status, Ticket, TicketKey,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use super::at;
use crate::support::ACME;

/// What happens next, after so many minutes.
#[derive(Debug, Clone)]
enum Step {
    /// A ticket is as said: its severity, and whether somebody has it.
    Is(usize, Option<Severity>, bool),
    Goes(usize),
    /// The source does not answer.
    Fails,
    /// Nothing but that time goes on.
    Waits,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let severity = prop::option::weighted(0.8, prop::sample::select(&Severity::ALL[..3]));
    let step = prop_oneof![
        5 => (0..3usize, severity, any::<bool>()).prop_map(|(ticket, severity, taken)| Step::Is(ticket, severity, taken)),
        1 => (0..3usize).prop_map(Step::Goes),
        1 => Just(Step::Fails),
        3 => Just(Step::Waits),
    ];
    prop::collection::vec((0..200i64, step), 1..40)
}

struct History {
    agreements: Arc<Agreements>,
    store: Store,
    tickets: HashMap<usize, Ticket>,
    now: DateTime<Utc>,
}

impl History {
    fn new() -> Self {
        let now = at("2026-12-03T00:00:00Z");
        let rules = SourceRules {
            name: SourceName::new("desk"),
            poll_every: std::time::Duration::from_secs(60),
            blind_after: std::time::Duration::from_secs(3600),
        };
        let agreements = config::parse(ACME, "config.toml", &[]).unwrap().agreements;
        Self { agreements, store: Store::new([rules], now), tickets: HashMap::new(), now }
    }

    fn goes_on(&mut self, (minutes, step): &(i64, Step)) -> Standings {
        self.now += TimeDelta::minutes(*minutes);
        let outcome = match step {
            Step::Waits => None,
            Step::Fails => Some(Err(Fault::new(FaultKind::Unreachable, "it is down"))),
            Step::Goes(nth) => {
                self.tickets.remove(nth);
                Some(Ok(()))
            }
            Step::Is(nth, severity, taken) => {
                let now = self.now;
                let ticket = self.tickets.entry(*nth).or_insert_with(|| {
                    let mut ticket = Ticket::new(TicketKey { source: SourceName::new("desk"), key: SafeText::line(&format!("D-{nth}")) });
                    (ticket.client, ticket.submitted_at) = (Some(SafeText::line("acme")), Some(now));
                    ticket
                });
                ticket.severity = *severity;
                (ticket.status, ticket.acknowledged_at) = if *taken { (Status::Acknowledged, Some(now)) } else { (Status::Open, None) };
                Some(Ok(()))
            }
        };
        if let Some(outcome) = outcome {
            let outcome = outcome.map(|()| Pass {
                tickets: self.tickets.values().cloned().map(Arc::new).collect(),
                complete: true,
                ..Pass::default()
            });
            self.store.apply(PollReport { source: SourceName::new("desk"), began_at: self.now, ended_at: self.now, outcome });
        }
        self.standings(true)
    }

    fn board(&self) -> Board {
        Board::new(self.store.tickets().cloned(), &self.agreements, self.now)
    }

    fn standings(&self, believed: bool) -> Standings {
        Standings::new(&self.board(), &self.store.health(self.now), |_| believed)
    }

    /// What must be heard of a ticket by the board itself: the alarm of its group, and whether it is past due.
    fn must(&self) -> HashMap<Subject, (Alarm, bool)> {
        let group = |group| match group {
            Group::Decide => Some(Alarm::Decide),
            Group::Unanswered => Some(Alarm::Unanswered),
            _ => None,
        };
        let rows = self.board().rows;
        rows.iter()
            .filter_map(|row| Some((Subject::Ticket(row.ticket.id.clone()), (group(row.verdict.group)?, row.is_breached()))))
            .collect()
    }
}

/// Somebody who has forgotten nothing, though they ended in between: what they have heard is kept as text.
fn kept(alarms: &Alarms, known: &[Subject]) -> Alarms {
    Alarms::heard(known.iter().filter_map(|subject| {
        let text = serde_json::to_string(alarms.of(subject)?).unwrap();
        Some((subject.clone(), serde_json::from_str::<Standing>(&text).unwrap()))
    }))
}

#[test]
fn what_must_be_heard_is_heard_once_and_nothing_else_is() {
    let config = Config {
        rng_seed: RngSeed::Fixed(1),
        cases: 400,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    };
    let known: Vec<Subject> = (0..3)
        .map(|nth| Subject::Ticket(TicketKey { source: SourceName::new("desk"), key: SafeText::line(&format!("D-{nth}")) }))
        .chain([Subject::Source(SourceName::new("desk"))])
        .collect();
    let told = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(config);
    let result = runner.run(&steps(), |steps| {
        let mut history = History::new();
        let mut alarms = Alarms::default();
        let (mut before, mut was_blind) = (HashMap::new(), false);
        for step in &steps {
            let standings = history.goes_on(step);
            let heard = history.store.health(history.now)[0].heard;
            let mut again = kept(&alarms, &known);
            prop_assert!(alarms.clone().take_in(&history.standings(false)).is_empty(), "who is not believed tells nothing");
            let turned = alarms.take_in(&standings);
            prop_assert_eq!(&again.take_in(&standings), &turned, "what is kept is all that must be known");
            prop_assert!(alarms.take_in(&standings).is_empty(), "nothing is heard twice");
            if !heard {
                prop_assert!(turned.is_empty());
                continue;
            }
            let must = history.must();
            let of = |subject: &Subject| turned.iter().find(|t: &&Turned| t.subject == *subject).map_or(&[][..], |t| &t.alarms);
            for (subject, (group, breached)) in &must {
                let heard = of(subject);
                told.set(told.get() + heard.len());
                if let Some((old, was_breached)) = before.get(subject) {
                    prop_assert!(old == group || heard.contains(group), "{heard:?}");
                    prop_assert!(!breached || *was_breached || heard.contains(&Alarm::Breached), "{heard:?}");
                } else {
                    prop_assert!(heard.contains(group), "it is new: {heard:?}");
                    prop_assert_eq!(*breached, heard.contains(&Alarm::Breached));
                }
                prop_assert!(*breached || !heard.contains(&Alarm::Breached), "{heard:?}");
            }
            for turned in turned.iter().filter(|turned| matches!(turned.subject, Subject::Ticket(_))) {
                prop_assert!(turned.alarms.is_empty() || must.contains_key(&turned.subject), "nobody must hear of it: {turned:?}");
            }
            let is_blind = history.store.health(history.now)[0].health == Health::Blind;
            let expected: &[Alarm] = match (was_blind, is_blind) {
                (false, true) => &[Alarm::Blind],
                (true, false) => &[Alarm::Well],
                _ => &[],
            };
            prop_assert_eq!(of(&Subject::Source(SourceName::new("desk"))), expected);
            (before, was_blind) = (must, is_blind);
        }
        Ok(())
    });
    result.unwrap();
    assert!(told.get() > 1000, "{}", told.get());
}

#[test]
fn what_is_raised_is_heard_of_anew_and_what_is_lowered_is_not() {
    let open = |severity, stage| Standing::Open { decide: false, stage, severity, submitted_at: None };
    let (s1, s3) = (Some(Severity::S1), Some(Severity::S3));
    let alarms = |before: &Standing, now: &Standing| new_alarms(Some(before), Some(now));
    assert_eq!(alarms(&open(s3, PastDue), &open(s1, PastDue)), [Alarm::Unanswered, Alarm::Breached]);
    assert_eq!(alarms(&open(s1, InTime), &open(s3, InTime)), []);
    assert_eq!(alarms(&open(s1, PastDue), &open(s3, AtRisk)), []);
    assert_eq!(alarms(&open(s3, AtRisk), &open(s3, PastDue)), [Alarm::Breached]);
    // what was submitted at another time is another
    let other = Standing::Open { decide: false, stage: InTime, severity: s3, submitted_at: Some(at("2026-12-03T00:00:00Z")) };
    assert_eq!(alarms(&open(s3, InTime), &other), [Alarm::Unanswered]);
}
