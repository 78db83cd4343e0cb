//! Rows 1 and 2 alone answer what matters: a parser that sees nothing else finds the same as is computed from `list --json`.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{BoardJson, BoardRow};
use holdover::config;
use holdover::domain::{FaultKind, Pass};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use super::{Dashboard, NIGHT};
use crate::support::ACME;

/// What an engineer must know without a key press.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    unanswered: usize,
    breached: usize,
    next: Option<Next>,
    blind: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Next {
    key: String,
    severity: String,
    when: String,
}

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

/// What `list --json` says.
fn by_json(dashboard: &Dashboard) -> Known {
    let model = &dashboard.model;
    let rows: Vec<&BoardRow> = model.board.rows.iter().collect();
    let health = model.store.health(model.now);
    let json = serde_json::to_value(BoardJson::new(model.now, &rows, &health)).unwrap();
    let tickets = json["tickets"].as_array().unwrap();
    let untaken: Vec<&Value> = tickets.iter().filter(|t| t["group"] == "decide" || t["group"] == "unanswered").collect();
    let late = |t: &Value| t["response"]["state"] == "breached" || t["response"]["state"] == "overdue";
    let time = |v: &Value| v.as_str().map(|text| text.parse::<DateTime<Utc>>().unwrap());
    let over = |t: &Value| late(t) || t["response"]["state"] == "met" || t["response"]["state"] == "met-late";
    let due = untaken.iter().filter(|t| !over(t)).filter_map(|t| Some((time(&t["response"]["due"])?, *t, true)));
    let release = tickets.iter().filter(|t| t["group"] == "held").filter_map(|t| Some((time(&t["held_until"])?, t, false)));
    let first = |all: Vec<(DateTime<Utc>, &Value, bool)>| -> Option<Next> {
        let earliest = all.iter().map(|(at, ..)| *at).min()?;
        let (at, ticket, is_due) = all.into_iter().find(|(at, ..)| *at == earliest)?;
        let seconds = (at - model.now).num_seconds();
        let local = at.with_timezone(&chrono_tz::Europe::London);
        let when = match (is_due, seconds) {
            (true, 0..120) => format!("{seconds}s"),
            (true, 120..3600) => format!("{}m", seconds / 60),
            (true, 3600..86_400) if seconds % 3600 < 60 => format!("{}h", seconds / 3600),
            (true, 3600..86_400) => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
            (_, ..518_400) => local.format("%a %H:%M").to_string(),
            _ => local.format("%-d %b").to_string(),
        };
        let severity = ticket["severity"].as_str().unwrap_or("?").to_owned();
        Some(Next { key: ticket["key"].as_str().unwrap().to_owned(), severity, when })
    };
    let blind = json["sources"].as_array().unwrap().iter().filter(|s| s["state"] == "blind");
    Known {
        unanswered: untaken.len(),
        breached: untaken.iter().filter(|t| late(t)).count(),
        next: first(due.collect()).or_else(|| first(release.collect())),
        blind: blind.map(|s| s["name"].as_str().unwrap().to_owned()).collect(),
    }
}

/// What a reader of the first two rows takes from them. A key that was cut ends with `_`; sources that are only counted
/// are told by their number.
fn by_eye(rows: &[String]) -> Known {
    let two = format!("{}  {}", rows[0], rows[1]);
    let count = |whats: [&str; 2]| -> usize {
        let words: Vec<&str> = two.split_whitespace().collect();
        let place = words.iter().position(|word| whats.contains(word)).unwrap_or_else(|| panic!("no {whats:?} in {two:?}"));
        words[place - 1].parse().unwrap()
    };
    let next = two.split_once("next").map(|(_, rest)| {
        let rest = rest.trim_start_matches([':', ' ']).split("  ").next().unwrap();
        let words: Vec<&str> = rest.split(' ').filter(|word| !["breaches", "assess", "freed"].contains(word)).collect();
        Next { key: words[0].to_owned(), severity: words[1].to_owned(), when: words[2..].join(" ") }
    });
    let blind = two.split_once("!! ").map_or_else(Vec::new, |(_, rest)| {
        let rest = rest.split(" ! ").next().unwrap();
        let mut names = Vec::new();
        for part in rest.split("BLIND").collect::<Vec<_>>().split_last().map_or(&[][..], |(_, before)| before) {
            // what was said of the one before ends with two spaces
            let last = part.trim_end().rsplit("  ").next().unwrap();
            names.extend(last.split(", ").map(|name| name.trim().to_owned()));
        }
        names
    });
    Known { unanswered: count(["unanswered", "un."]), breached: count(["breached", "br."]), next, blind }
}

/// Whether what is read is what is so; the reader knows only the beginning of a key that was cut.
fn agree(read: &Known, so: &Known) -> bool {
    let next = match (&read.next, &so.next) {
        (None, None) => true,
        (Some(read), Some(so)) => {
            let key = read.key.strip_suffix('_').map_or(read.key == so.key, |start| so.key.starts_with(start) && start.len() >= 5);
            key && (&read.severity, &read.when) == (&so.severity, &so.when)
        }
        _ => false,
    };
    let counted = matches!(&read.blind[..], [one] if *one == so.blind.len().to_string());
    next && (read.blind == so.blind || counted) && (read.unanswered, read.breached) == (so.unanswered, so.breached)
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
