//! Bad input: each kind gets a clear word where the user will see it, and nothing else is lost.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use serde_json::Value;

use crate::support::{ACME, Desk, Said, source};

const AT: &str = "2026-12-25T02:20:00Z";
const GOOD: &str =
    r#"[{ "key": "GOOD-1", "client": "acme", "severity": "S1", "title": "Still here", "submitted_at": "2026-12-25T02:15:00Z" }]"#;

/// The board of a bad source beside a good one, whose ticket must be there whatever the other does.
fn beside_a_good_one(bad: &str) -> (Value, Said) {
    let desk = Desk::with(&[bad, GOOD]);
    listed(&desk)
}

fn listed(desk: &Desk) -> (Value, Said) {
    let said = desk.run(&["list", "--json", "--at", AT]);
    let board = said.json();
    assert!(board["tickets"].as_array().unwrap().iter().any(|t| t["key"] == "GOOD-1" && t["group"] == "unanswered"), "{board}");
    (board, said)
}

fn ticket<'a>(board: &'a Value, key: &str) -> &'a Value {
    board["tickets"].as_array().unwrap().iter().find(|t| t["key"] == key).unwrap_or_else(|| panic!("no {key} in {board}"))
}

fn notes(ticket: &Value) -> String {
    ticket["notes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_file_that_is_not_json_is_a_blind_source() {
    for bad in ["<html>no</html>", "", "   \n", "[{ \"key\": \"A\" ", "true", "\u{0}\u{0}\u{0}"] {
        let (board, said) = beside_a_good_one(bad);
        let said = said.ended(1);
        assert_eq!(board["sources"][0]["state"], "blind", "{bad:?}");
        assert!(board["sources"][0]["fault"].as_str().unwrap().contains("tickets.json"), "{bad:?}: {board}");
        assert!(said.err.contains("tickets: ") && said.err.contains("tickets.json"), "{bad:?}: {}", said.err);
    }
}

#[test]
fn two_hundred_megabytes_of_garbage_are_refused_and_not_held() {
    let desk = Desk::with(&["", GOOD]);
    let mut file = File::create(desk.path("tickets.json")).unwrap();
    file.write_all(b"garbage").unwrap();
    file.seek(SeekFrom::Start(200 * 1024 * 1024)).unwrap();
    file.write_all(b"more").unwrap();
    let (board, said) = listed(&desk);
    said.ended(1);
    assert_eq!(board["sources"][0]["state"], "blind");
    assert!(board["sources"][0]["fault"].as_str().unwrap().len() < 1000);
}

#[test]
fn one_bad_entry_does_not_harm_the_others() {
    let bad = r#"[
        { "key": "OK-1", "client": "acme", "severity": "S1", "submitted_at": "2026-12-25T02:00:00Z" },
        17,
        { "client": "acme", "title": "no key" },
        { "key": ["x"], "client": "acme" },
        { "key": "OK-1", "client": "acme", "severity": "S5" },
        { "key": "TIME", "client": "acme", "severity": "S1", "submitted_at": "tomorrow" },
        { "key": "TYPES", "client": 5, "severity": 3, "title": {}, "callback_requested": "yes", "contacts": "none", "submitted_at": "2026-12-25T02:00:00Z" }
    ]"#;
    let (board, said) = beside_a_good_one(bad);
    said.ended(0);
    assert_eq!(board["tickets"].as_array().unwrap().len(), 8, "{board}");
    assert_eq!(ticket(&board, "OK-1")["group"], "unanswered");
    let undecided: Vec<&Value> = board["tickets"].as_array().unwrap().iter().filter(|t| t["group"] == "decide").collect();
    assert_eq!(undecided.len(), 6, "{board}");
    for unreadable in undecided.iter().filter(|t| t["key"] != "TYPES") {
        assert!(notes(unreadable).contains("unreadable"), "{unreadable}");
        assert_eq!((&unreadable["window"], &unreadable["response"]), (&Value::Null, &Value::Null));
        assert_eq!(unreadable["billing"]["verdict"], "unknown");
    }
    // its place serves as key where the key cannot
    let by_place = undecided.iter().filter(|t| t["key"].as_str().unwrap().starts_with("tickets.json:")).count();
    assert!(by_place >= 4, "{board}");
    let types = notes(ticket(&board, "TYPES"));
    assert!(types.contains("yes") && types.contains("none"), "each with its raw value: {types}");
}

#[test]
fn years_that_no_calendar_knows_count_as_missing() {
    let bad = r#"[
        { "key": "PAST", "client": "acme", "severity": "S1", "submitted_at": "0001-01-01T00:00:00Z" },
        { "key": "FUTURE", "client": "acme", "severity": "S1", "submitted_at": "9999-12-31T23:59:59Z" },
        { "key": "LATER", "client": "acme", "severity": "S1", "submitted_at": "2026-12-25T02:00:00Z",
          "acknowledged_at": "9999-12-31T23:59:59Z", "resolved_at": "0001-01-01T00:00:00Z", "contacts": [ { "at": "9999-12-31T23:59:59Z" } ] }
    ]"#;
    let (board, said) = beside_a_good_one(bad);
    said.ended(0);
    for key in ["PAST", "FUTURE"] {
        let missing = ticket(&board, key);
        assert_eq!(missing["group"], "unanswered", "{missing}");
        assert_eq!(missing["response"]["starts_at"], AT, "{missing}");
        assert!(notes(missing).contains("no time of submission"), "{missing}");
    }
    ticket(&board, "LATER");
}

#[test]
fn a_client_that_no_agreement_matches_is_to_be_decided() {
    let (board, said) =
        beside_a_good_one(r#"[{ "key": "X-1", "client": "Acme Ltd.", "severity": "S5" }, { "key": "X-2", "severity": "S5" }]"#);
    said.ended(0);
    assert_eq!(ticket(&board, "X-1")["group"], "decide");
    assert!(notes(ticket(&board, "X-1")).contains("no agreement matches 'Acme Ltd.' (nearest: Acme)"));
    assert_eq!(ticket(&board, "X-2")["group"], "decide");
}

#[test]
fn a_severity_without_a_cell_is_outside_and_still_there() {
    let (board, said) = beside_a_good_one(
        r#"[{ "key": "S5-1", "client": "acme", "severity": "S5", "support_level": "L1", "submitted_at": "2026-12-25T02:00:00Z" }]"#,
    );
    said.ended(0);
    let outside = ticket(&board, "S5-1");
    assert_eq!((&outside["group"], &outside["response"]), (&Value::from("outside"), &Value::Null));
    assert_eq!(outside["billing"]["verdict"], "chargeable");
}

#[test]
fn a_severity_that_is_none_is_unassessed_with_its_raw_value() {
    let (board, said) = beside_a_good_one(r#"[{ "key": "X-1", "client": "acme", "severity": "Critical" }]"#);
    said.ended(0);
    assert_eq!(ticket(&board, "X-1")["assumed_severity"], "S1");
    assert!(notes(ticket(&board, "X-1")).contains("Critical"));
}

#[test]
fn an_agreement_without_office_hours_still_judges() {
    let config = ACME.replace("office_hours = { mon-fri = [\"09:00-17:30\"] }\n", "office_hours = {}\n");
    let desk = Desk::configured(&config);
    let path = desk.write("good.json", GOOD);
    desk.write("config.toml", config + &source("good", &path));
    let check = desk.run(&["check"]);
    if check.code == Some(0) {
        listed(&desk);
    } else {
        let check = check.ended(1);
        assert!(check.out.contains("office_hours"), "{}", check.out);
    }
}

#[test]
fn a_zone_that_does_not_exist_is_an_error_of_its_line() {
    let desk = Desk::configured(&ACME.replace("timezone = \"Europe/London\"\noffice", "timezone = \"Europe/Londn\"\noffice"));
    let said = desk.run(&["check"]).ended(1);
    assert!(said.out.contains("config.toml:6") && said.out.contains("Europe/London"), "with the nearest name: {}", said.out);
}

#[test]
fn holidays_that_ended_last_year_are_warned_of_and_noted() {
    let holidays = r#"{ "england-and-wales": { "division": "england-and-wales", "events": [ { "title": "Christmas Day", "date": "2025-12-25", "notes": "", "bunting": true } ] } }"#;
    let desk = Desk::with(&["[]", GOOD]);
    desk.write("old.json", holidays);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap().replace("\"england-and-wales\"", "\"old.json\"");
    desk.write("config.toml", config);
    let said = desk.run(&["check", "--at", AT]).ended(0);
    assert!(said.out.contains("warning: config.toml:") && said.out.contains("2025"), "{}", said.out);
    let (board, said) = listed(&desk);
    said.ended(0);
    assert!(notes(ticket(&board, "GOOD-1")).contains("beyond known holidays"), "{board}");
}
