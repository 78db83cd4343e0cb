//! The bell: once for what is new and must be heard of, again while it stands and nobody is there, never for what may wait.

use chrono::TimeDelta;
use holdover::app::{Bell, Model};
use holdover::domain::FaultKind;

use crate::screens::Dashboard;

const AGAIN: TimeDelta = TimeDelta::minutes(5);

fn ticket(key: &str, severity: &str, more: &str) -> String {
    format!(r#"{{ "key": "{key}", "client": "acme", "severity": {severity}, "submitted_at": "2026-12-07T00:17:30Z" {more} }}"#)
}

/// A dashboard and its bell, which is asked at each second, as if it were woken then.
struct Rung {
    dashboard: Dashboard,
    bell: Bell,
    /// What the source tells at each half minute; nothing where it is silent.
    tells: Option<String>,
}

impl Rung {
    fn of(tickets: &str) -> Self {
        Self { dashboard: Dashboard::acme((80, 24), tickets), bell: Bell::new(AGAIN), tells: Some(tickets.to_owned()) }
    }

    /// The source tells of these from now on.
    fn tell(&mut self, tickets: &str) {
        self.dashboard.tell("tickets", tickets);
        self.tells = Some(tickets.to_owned());
    }

    fn model(&self) -> &Model {
        &self.dashboard.model
    }

    /// At which of the next seconds it rings; never at one for which the dashboard would not have woken.
    fn at(&mut self, for_seconds: i64) -> Vec<i64> {
        let mut rang = Vec::new();
        // at the first, something has just happened
        let mut wakes_at = Some(self.model().now);
        for second in 0..for_seconds {
            let tells = self.tells.as_ref().filter(|_| second > 0 && second % 30 == 0);
            if let Some(tickets) = tells {
                self.dashboard.tell("tickets", tickets);
            }
            let woken = tells.is_some() || wakes_at.is_some_and(|at| at <= self.model().now);
            if self.bell.rings(&self.dashboard.model) {
                assert!(woken, "not foretold: {second}");
                rang.push(second);
            }
            wakes_at = self.bell.rings_at(self.model()).into_iter().chain(self.model().changes_at()).min();
            self.dashboard.wait(1);
        }
        rang
    }
}

#[test]
fn what_is_new_rings_once_and_again_while_nobody_is_there() {
    let mut rung = Rung::of(&format!("[{}]", ticket("A-1", "\"S1\"", "")));
    // S1 has 30 minutes, of which half a one is over: at risk in the last 6, and breached after the last second
    let seconds = rung.at(40 * 60);
    let (at_risk, breached) = (24 * 60 - 30, 30 * 60 - 30 + 1);
    assert_eq!(seconds[0], 0);
    assert!(seconds.contains(&at_risk) && seconds.contains(&breached), "{seconds:?}");
    assert!(seconds.windows(2).all(|pair| pair[1] - pair[0] <= 300 && pair[1] - pair[0] >= 10), "{seconds:?}");
    assert_eq!(seconds[1..4], [300, 600, 900]);
}

#[test]
fn many_at_once_are_one_ring_and_soon_after_one_more() {
    let two = format!("[{},{}]", ticket("A-1", "\"S1\"", ""), ticket("A-2", "null", ""));
    let mut rung = Rung::of(&two);
    assert_eq!(rung.at(3), [0]);
    rung.tell(&format!("[{},{}]", ticket("A-1", "\"S1\"", ""), ticket("A-3", "\"S1\"", "")));
    assert_eq!(rung.at(20), [7], "ten seconds after the first");
}

#[test]
fn what_may_wait_and_what_somebody_has_ring_never() {
    let taken = r#", "status": "acknowledged", "acknowledged_at": "2026-12-07T00:17:40Z", "answered_at": "2026-12-07T00:17:40Z""#;
    let mut rung = Rung::of(&format!("[{},{}]", ticket("A-1", "\"S3\"", ""), ticket("A-2", "\"S1\"", taken)));
    assert_eq!(rung.at(1200), [0; 0]);
}

#[test]
fn a_key_is_somebody_who_is_there() {
    let mut rung = Rung::of(&format!("[{}]", ticket("A-1", "\"S1\"", "")));
    assert_eq!(rung.at(200), [0]);
    rung.dashboard.press("j");
    assert_eq!(rung.at(301), [300], "five minutes after the key");
}

#[test]
fn what_is_answered_before_it_could_ring_does_not() {
    let mut rung = Rung::of("[]");
    assert_eq!(rung.at(5), [0; 0]);
    rung.tell(&format!("[{}]", ticket("A-1", "\"S1\"", "")));
    assert_eq!(rung.at(1), [0]);
    rung.tell(&format!("[{},{}]", ticket("A-1", "\"S1\"", ""), ticket("A-2", "\"S1\"", "")));
    assert_eq!(rung.at(2), [0; 0]);
    rung.tell("[]");
    assert_eq!(rung.at(600), [0; 0]);
}

#[test]
fn a_source_that_turns_blind_rings() {
    let mut rung = Rung::of("[]");
    assert_eq!(rung.at(60), [0; 0]);
    rung.tells = None;
    rung.dashboard.fail("tickets", FaultKind::Unreachable, "no route");
    let seconds = rung.at(400);
    assert_eq!(seconds.len(), 1, "{seconds:?}");
}

#[test]
fn what_the_records_recall_rings_only_once_its_source_has_answered() {
    let mut rung = Rung::of("[]");
    rung.dashboard = Dashboard::recalled(&format!("[{}]", ticket("A-1", "\"S1\"", "")));
    rung.tells = None;
    assert_eq!(rung.at(30), [0; 0]);
    rung.tell(&format!("[{}]", ticket("A-1", "\"S1\"", "")));
    assert_eq!(rung.at(1), [0]);
}
