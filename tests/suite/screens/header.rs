//! Rows 1 and 2 alone answer what matters: a parser that sees nothing else finds the same as is computed from `list --json`.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::{FaultKind, Pass};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::reader::{agree, by_eye, by_json};
use super::{Dashboard, NIGHT};
use crate::support::ACME;

const SOURCES: [&str; 3] = ["desk", "jira", "a-long-name-of-a-source"];

/// A ticket by what is drawn for it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
struct Drawn {
    severity: usize,
    minutes_ago: i64,
    acknowledged: bool,
    client: bool,
    on_client: bool,
    long_key: bool,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..6_usize, 0..4000_i64, any::<bool>(), proptest::bool::weighted(0.9), proptest::bool::weighted(0.1), proptest::bool::weighted(0.2))
        .prop_map(|(severity, minutes_ago, acknowledged, client, on_client, long_key)| Drawn {
            severity,
            minutes_ago,
            acknowledged,
            client,
            on_client,
            long_key,
        })
}

fn ticket(n: usize, drawn: &Drawn) -> Value {
    let now: DateTime<Utc> = NIGHT.parse().unwrap();
    let severity = if drawn.severity == 0 { Value::Null } else { format!("S{}", drawn.severity).into() };
    let key = if drawn.long_key { format!("INFRASTRUCTURE-NORTH-{n}") } else { format!("A-{n}") };
    let status = if drawn.on_client {
        "on-client"
    } else if drawn.acknowledged {
        "acknowledged"
    } else {
        "open"
    };
    json!({
        "key": key, "client": if drawn.client { "acme" } else { "stranger" }, "severity": severity, "title": "t", "status": status,
        "submitted_at": (now - TimeDelta::minutes(drawn.minutes_ago)).to_rfc3339(),
        "acknowledged_at": drawn.acknowledged.then(|| (now - TimeDelta::minutes(drawn.minutes_ago / 2)).to_rfc3339()),
    })
}

/// A dashboard with these tickets on three desks, each well (0), stale (1) or blind (2).
fn dashboard(tickets: &[Drawn], health: [u8; 3], size: (u16, u16)) -> Dashboard {
    let sources = SOURCES.map(|name| format!("\n[[source]]\nname = \"{name}\"\nkind = \"file\"\npath = \"x.json\"\n"));
    let settings = config::parse(&format!("{ACME}{}", sources.concat()), "config.toml", &[]).unwrap();
    let mut dashboard = Dashboard::new(settings, NIGHT, size);
    let of = |source: usize| -> String {
        let own = tickets.iter().enumerate().filter(|(n, _)| n % SOURCES.len() == source);
        Value::from(own.map(|(n, drawn)| ticket(n, drawn)).collect::<Vec<_>>()).to_string()
    };
    for (n, name) in SOURCES.iter().enumerate() {
        if health[n] < 2 {
            dashboard.tell(name, &of(n));
        }
    }
    for (n, name) in SOURCES.iter().enumerate() {
        if health[n] > 0 {
            dashboard.fail(name, [FaultKind::RateLimited, FaultKind::Unreachable, FaultKind::NotSignedIn][n], "it – did – not");
        }
    }
    dashboard
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_first_two_rows_answer_what_matters(tickets in proptest::collection::vec(drawn(), 0..60), health in [0_u8..3, 0..3, 0..3]) {
        for size in [(80, 24), (40, 12)] {
            let dashboard = dashboard(&tickets, health, size);
            let rows = dashboard.plain_screen();
            prop_assert!(rows.iter().all(|row| row.is_ascii()), "{}", rows.join("\n"));
            let (read, so) = (by_eye(&rows), by_json(&dashboard));
            prop_assert!(agree(&read, &so), "read {read:?}\nbut it is {so:?}\n{}", rows.join("\n"));
        }
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_and_takes_no_room_from_what_matters_more() {
    let row = |columns: u16, health: [u8; 3]| {
        let mut dashboard = dashboard(&[], health, (columns, 24));
        for (source, seconds) in [("desk", 7300), ("jira", -61)] {
            let ahead = Some(TimeDelta::seconds(seconds));
            if health[usize::from(source == "jira")] == 0 {
                dashboard.report(source, Ok(Pass { complete: true, clock_ahead: ahead, ..Pass::default() }));
            }
        }
        dashboard.screen().lines().nth(1).unwrap().trim().to_owned()
    };
    assert!(row(100, [0; 3]).ends_with("! desk clock 2h01m ahead  jira clock 61s behind"), "{}", row(100, [0; 3]));
    assert!(row(40, [0; 3]).ends_with("! 2 clocks wrong"), "{}", row(40, [0; 3]));
    let blind = row(70, [0, 2, 0]);
    assert!(blind.contains("!! jira BLIND, no answer yet") && blind.ends_with("! 1 clock wrong"), "{blind}");
}

#[test]
fn the_header_and_a_row_say_one_time_of_one_instant() {
    let ticket = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-06T23:48:17Z" }]"#;
    let mut dashboard = Dashboard::acme((80, 24), ticket);
    let now = dashboard.model.now;
    for (milliseconds, left) in [(300, "17s"), (999, "17s"), (1000, "16s"), (1001, "16s")] {
        dashboard.send(holdover::app::Message::Tick(now + TimeDelta::milliseconds(milliseconds)));
        let (header, row) = (dashboard.row("next: A-1"), dashboard.row(" Down"));
        assert!(header.contains(&format!("breaches {left}")) && row.contains(&format!(" {left} ")), "{header}\n{row}");
    }
}

#[test]
fn the_one_row_of_a_tiny_pane_tells_of_blindness_as_far_as_there_is_room() {
    for (columns, row) in [(29, "0 NOW 0 un. 0 br.  !! 2 BLIND"), (20, "0 un. 0 br.    BLIND"), (16, "0 un. 0 br.   !!")] {
        let dashboard = dashboard(&[], [0, 2, 2], (columns, 5));
        assert_eq!(dashboard.screen().lines().next(), Some(row), "{columns} columns");
    }
}
