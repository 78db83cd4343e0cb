//! Every payload in every field of a file, in each of its shapes, through every verb: what the built program writes.

use std::process::Output;

use super::{PAYLOADS, assert_safe, filled, joined};
use crate::support::{ACME, Desk, source};

const AT: &str = "2026-12-25T02:20:00Z";

/// A ticket that is judged, with strangers' text wherever a text may be.
const JUDGED: &str = r#"{ "key": "KEY", "title": "@", "client": "acme", "severity": "S1", "support_level": "@", "channel": "@", "service": "@",
    "assignee": "@", "acknowledged_by": "@", "url": "https://a.example/@", "description": "@\n@", "submitted_at": "2026-12-25T02:00:00Z",
    "acknowledged_at": "2026-12-25T02:10:00Z", "contact": { "name": "@", "phone": "@", "email": "@" },
    "contacts": [{ "at": "2026-12-25T02:01:00Z", "channel": "@" }], "@": "@" }"#;

/// One with strangers' text where something else should be.
const MISREAD: &str = r#"{ "key": "KEY @", "title": "@", "client": "@", "agreement": "@", "severity": "@", "status": "@", "url": "@",
    "acknowledged_at": "@", "answered_at": "@", "last_word_at": "@", "resolved_at": "@", "callback_requested": "@", "contact": "@",
    "contacts": [{ "at": "@" }, "@"], "assessments": [{ "at": "@" }, { "at": "2026-12-25T02:00:00Z", "severity": "@" }],
    "on_client": [{ "from": "@", "to": "@" }] }"#;

/// Ones that are no tickets at all.
const UNREADABLE: &str = r#"{ "key": "KEY", "title": "@", "submitted_at": "@" }, "@", { "@": 1 }, ["@"]"#;

/// The three of a payload, each with a key of its own.
fn entries(number: usize, payload: &[u8]) -> Vec<Vec<u8>> {
    let entry = |template: &str, kind: &str| filled(&template.replace("KEY", &format!("{kind}{number}")).replace('\n', " "), payload);
    vec![entry(JUDGED, "J"), entry(MISREAD, "M"), entry(UNREADABLE, "U")]
}

fn list_of(payloads: &[Vec<u8>]) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = payloads.iter().enumerate().flat_map(|(number, payload)| entries(number, payload)).collect();
    [b"[".as_slice(), &entries.join(&b",\n"[..]), b"]"].concat()
}

/// One ticket a line, and lines that are none: these hold the payloads as they are.
fn lines_of(payloads: &[Vec<u8>]) -> Vec<u8> {
    let readable = |(number, payload): (usize, &Vec<u8>)| entries(number, payload).into_iter().take(2).collect::<Vec<_>>();
    let mut lines: Vec<Vec<u8>> = payloads.iter().enumerate().flat_map(readable).collect();
    let raw = payloads.iter().enumerate().map(|(n, p)| [format!("{{\"key\":\"R{n}\",\"title\":\"").as_bytes(), p, b"\"}"].concat());
    lines.extend(raw);
    lines.join(&b'\n')
}

/// A file source called desk with this in its file.
fn desk(tickets: &[u8]) -> Desk {
    let desk = Desk::configured("");
    let path = desk.write("tickets.json", tickets);
    desk.write("config.toml", ACME.to_owned() + &source("desk", &path));
    desk
}

/// Runs a verb and looks at both outputs; returns stdout.
fn looked_at(desk: &Desk, arguments: &[&str], marks: usize) -> String {
    let Output { stdout, stderr, status } = desk.command(arguments).output().unwrap();
    // a status says by its code how bad it is
    assert!(matches!(status.code(), Some(0 | 1 | 10 | 20 | 30 | 40)), "{arguments:?}: {status}: {}", String::from_utf8_lossy(&stderr));
    let of = arguments.join(" ");
    assert_safe(std::str::from_utf8(&stderr).unwrap(), 4, &of);
    let stdout = String::from_utf8(stdout).unwrap();
    assert_safe(&stdout, marks, &of);
    stdout
}

#[test]
fn the_board_and_the_check_show_each_payload_in_each_shape_of_the_file() {
    let list = list_of(&PAYLOADS);
    let object = [br#"{ "at": "x", "tickets": "#.as_slice(), &list, b"}"].concat();
    for shape in [list, object, lines_of(&PAYLOADS)] {
        let desk = desk(&shape);
        let all = looked_at(&desk, &["list", "--all", "--at", AT], 2);
        assert!(all.lines().count() > PAYLOADS.len() * 2, "each has its line");
        let json = looked_at(&desk, &["list", "--all", "--json", "--at", AT], 4);
        let board: serde_json::Value = serde_json::from_str(&json).unwrap();
        let tickets = board["tickets"].as_array().unwrap();
        assert!(tickets.len() >= PAYLOADS.len() * 3, "{} tickets", tickets.len());
        assert!(json.contains("^[[2J") && json.contains("^[]52;c;?^G"), "they are shown, as signs");
        assert!(looked_at(&desk, &["handover", "--at", AT], 2).contains("^\\[\\[2J"), "they are shown, as signs");
        // each client is one no agreement knows: ten are named, the others counted
        let check = looked_at(&desk, &["check", "--at", AT], 4);
        assert!(check.lines().filter(|line| line.contains("no agreement is named")).count() >= 10, "{check}");
        assert!(check.contains(" more of such reasons"), "{check}");
        looked_at(&desk, &["check", "--json", "--at", AT], 4);
    }
}

#[test]
fn each_ticket_is_explained_taken_and_remembered_safely() {
    let payloads = joined(&PAYLOADS);
    let desk = desk(&list_of(&payloads));
    let board: serde_json::Value = serde_json::from_str(&looked_at(&desk, &["list", "--all", "--json", "--at", AT], 4)).unwrap();
    let keys: Vec<&str> = board["tickets"].as_array().unwrap().iter().map(|ticket| ticket["key"].as_str().unwrap()).collect();
    let mut counted = 0;
    for key in keys.iter().filter(|key| key.starts_with(['J', 'M'])) {
        let text = looked_at(&desk, &["explain", "--at", AT, "--", key], 4);
        counted += usize::from(text.contains("replaced or left out: control, invisible or stacked ones"));
        if key.starts_with('J') {
            looked_at(&desk, &["explain", "--json", "--at", AT, "--", key], 4);
        }
    }
    assert!(counted > payloads.len(), "{counted} of {}: what was done to it is told", payloads.len());
    let arguments = |verb: &'static [&'static str]| verb.iter().chain(&keys).copied().collect::<Vec<&str>>();
    let acks = looked_at(&desk, &arguments(&["ack", "--"]), 4);
    let (taken, already) = (acks.matches("its source cannot be told").count(), acks.matches("already acknowledged").count());
    assert!(taken > 0 && already > 0, "{taken} and {already}");
    assert_eq!(taken + already, keys.len());
    looked_at(&desk, &arguments(&["ack", "--json", "--"]), 4);
    // what was written down tells them again
    for verb in [&["evidence"][..], &["evidence", "--json"], &["evidence", "--csv"]] {
        assert!(looked_at(&desk, verb, 4).contains("^[[2J"), "{verb:?}");
    }
    for verb in [&["status"][..], &["status", "--json"], &["status", "--tmux"]] {
        assert!(!looked_at(&desk, verb, 4).contains("^["), "counts alone: {verb:?}");
    }
}

#[test]
fn a_file_that_is_only_a_payload_is_a_safe_fault() {
    let desk = desk(b"");
    for payload in joined(&PAYLOADS) {
        for text in [payload.clone(), [b"[".as_slice(), &payload].concat(), [b"{\"tickets\":[{}]}".as_slice(), &payload].concat()] {
            desk.write("tickets.json", &text);
            looked_at(&desk, &["list", "--at", AT], 2);
        }
    }
}
