//! A reader who sees the first two rows alone, and what they should read there by `list --json`.

use chrono::{DateTime, Datelike, Utc};
use holdover::app::{BoardJson, BoardRow};
use serde_json::Value;

use super::Dashboard;

/// What an engineer must know without a key press.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    pub unanswered: usize,
    pub breached: usize,
    next: Option<Next>,
    pub blind: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    key: String,
    severity: String,
    when: String,
}

/// What `list --json` says.
pub fn by_json(dashboard: &Dashboard) -> Known {
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
        let (local, today) = (at.with_timezone(&model.rules.zone), model.now.with_timezone(&model.rules.zone));
        let when = match (is_due, seconds) {
            (true, 0..120) => format!("{seconds}s"),
            (true, 120..3600) => format!("{}m", seconds / 60),
            (true, 3600..86_400) if seconds % 3600 < 60 => format!("{}h", seconds / 3600),
            (true, 3600..86_400) => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
            (_, ..518_400) => local.format("%a %H:%M").to_string(),
            _ if local.year() == today.year() => local.format("%-d %b").to_string(),
            _ => local.format("%b %Y").to_string(),
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
pub fn by_eye(rows: &[String]) -> Known {
    let two = format!("{}  {}", rows[0], rows[1]);
    let count = |whats: [&str; 2]| -> usize {
        let words: Vec<&str> = two.split_whitespace().collect();
        let place = words.iter().position(|word| whats.contains(word)).unwrap_or_else(|| panic!("no {whats:?} in {two:?}"));
        words[place - 1].parse().unwrap()
    };
    let next = two.split_once("next").map(|(_, rest)| {
        let rest = rest.trim_start_matches([':', ' ']).split("  ").next().unwrap();
        // where there is no room for two spaces, the sign of what is not to be trusted ends it
        let rest = rest.split(" !").next().unwrap();
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
pub fn agree(read: &Known, so: &Known) -> bool {
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
