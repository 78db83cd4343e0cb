//! Bad input: each kind gets a clear word where the user will see it, and nothing else is lost.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::net::TcpListener;

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
fn a_row_that_is_missing_is_warned_of_and_its_tickets_say_so() {
    let desk = Desk::configured(&ACME.replace("S4 = { any = \"none\" }\n", ""));
    let path = desk.write("good.json", GOOD.replace("S1", "S4"));
    desk.write("config.toml", std::fs::read_to_string(desk.path("config.toml")).unwrap() + &source("good", &path));
    let said = desk.run(&["check"]).ended(0);
    assert!(said.out.contains("warning: config.toml:3: agreement[0]: S4 has no row"), "{}", said.out);
    let said = desk.run(&["explain", "GOOD-1", "--at", AT]).ended(0);
    assert!(said.out.contains("the agreement does not speak of S4, so it is outside"), "{}", said.out);
}

#[test]
fn an_agreement_without_office_hours_still_judges() {
    let absent = "config.toml:3: agreement[0]: this agreement has no office hours: nothing is ever in them";
    let empty = "config.toml:14: agreement[0].response.S3: S3 is covered only in windows that never occur";
    for (hours, warning) in [("", absent), ("office_hours = {}\n", empty)] {
        let config = ACME.replace("office_hours = { mon-fri = [\"09:00-17:30\"] }\n", hours);
        let desk = Desk::configured(&config);
        let waits = r#", { "key": "S3-1", "client": "acme", "severity": "S3", "submitted_at": "2026-12-25T02:15:00Z" }]"#;
        let path = desk.write("good.json", GOOD.trim_end_matches(']').to_owned() + waits);
        desk.write("config.toml", config + &source("good", &path));
        let check = desk.run(&["check"]).ended(0);
        assert!(check.out.contains(warning), "{}", check.out);
        let (board, said) = listed(&desk);
        said.ended(0);
        let never = ticket(&board, "S3-1");
        assert_eq!((&never["group"], &never["held_until"]), (&Value::from("outside"), &Value::Null), "{never}");
    }
}

#[test]
fn a_zone_that_does_not_exist_is_an_error_of_its_line() {
    let desk = Desk::configured(&ACME.replace("timezone = \"Europe/London\"\noffice", "timezone = \"Europe/Londn\"\noffice"));
    let said = desk.run(&["check"]).ended(1);
    assert!(said.out.contains("config.toml:6") && said.out.contains("Europe/London"), "with the nearest name: {}", said.out);
    let desk = Desk::configured(
        &(ACME.replacen("Europe/London", "Lodnon", 1) + &source("x", std::path::Path::new("x")) + "timezone = \"+01:00\"\n"),
    );
    let said = desk.run(&["list"]).ended(2);
    for place in ["config.toml:1: timezone: ", "config.toml:22: source[0].timezone: "] {
        assert!(said.err.contains(place), "{place}: {}", said.err);
    }
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

#[test]
fn a_gap_holds_no_ticket_and_hides_none() {
    let gap = r#"[{ "key": "GAP", "client": "acme", "severity": "S1", "submitted_at": "2026-12-25T02:00:00Z", "on_client": [{}, { "start": "x" }] },
        { "key": "\u200b", "client": "acme", "severity": "S1", "submitted_at": "2026-12-25T02:00:00Z" }]"#;
    let desk = Desk::with(&[gap]);
    let board = desk.run(&["list", "--json", "--at", AT]).ended(0).json();
    let tickets = board["tickets"].as_array().unwrap();
    let groups: Vec<(&str, &str)> = tickets.iter().map(|t| (t["key"].as_str().unwrap(), t["group"].as_str().unwrap())).collect();
    assert_eq!(groups, [("tickets.json:2", "decide"), ("GAP", "unanswered")]);
    let notes = tickets[1]["notes"].to_string();
    assert_eq!(notes.matches("has neither from nor to").count(), 2, "{notes}");
    let twice = Desk::with(&[r#"{ "tickets": [{ "key": "A", "severity": "S3" }], "tickets": [{ "key": "B", "severity": "S1" }] }"#]);
    assert!(twice.run(&["list"]).ended(1).err.contains("there are two lists called tickets"));
}

#[test]
fn the_table_and_the_explanation_say_what_is_odd() {
    let odd = r#"[{ "key": "TIME", "client": "acme", "severity": "S1", "submitted_at": "tomorrow" },
        { "key": "STRANGER", "client": "Acme Ltd.", "severity": "S1", "submitted_at": "2026-12-25T02:00:00Z" },
        { "key": "OPEN", "client": "acme", "submitted_at": "2026-12-25T02:00:00Z" },
        { "key": "YEAR", "client": "acme", "severity": "S1", "submitted_at": "0001-01-01T00:00:00Z" },
        { "key": "TWICE", "severity": "S1", "severity": "S5" }]"#;
    let desk = Desk::with(&[odd, GOOD]);
    let said = desk.run(&["list", "--at", AT]).ended(0);
    for (key, words) in [
        ("TIME", "unreadable"),
        ("STRANGER", "no agreement"),
        ("OPEN", "unassessed"),
        ("YEAR", "2 notes"),
        ("tickets.json:5", "unreadable"),
    ] {
        let mut rows = said.out.lines().skip(1);
        let row = rows.find(|row| row.contains(&format!("tickets/{key} "))).unwrap_or_else(|| panic!("{key}: {}", said.out));
        assert!(row.contains(words), "{words}: {row}");
    }
    let explained = |key: &str| desk.run(&["explain", key, "--at", AT]).ended(0).out;
    let year = explained("YEAR");
    assert!(year.contains("Note        submitted_at \"0001-01-01T00:00:00Z\" is not between 1970 and 2199: counts as missing\n"), "{year}");
    assert!(year.contains("Note        no time of submission"), "{year}");
    let time = explained("TIME");
    assert!(time.starts_with("Unreadable  submitted_at \"tomorrow\" is no time") && !time.contains("Note"), "said once: {time}");
    let twice = explained("tickets.json:5");
    assert!(twice.contains("duplicate field `severity`"), "{twice}");
}

/// A server that answers every request with these bytes and hangs up; its address.
fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines();
            head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).count();
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_server_that_answers_a_page_401_500_or_nothing_is_blind_and_costs_no_other_source() {
    const KEY: &str = "0011223344556677889900112233445566778899";
    for (answer, words) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>Sign in</html>",
            "the server answered a web page, not JSON – url may be wrong",
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "not signed in – the server does not know the key (401)",
        ),
        (
            "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>Oh no</h1>",
            "the server failed (500) – look at its log",
        ),
        ("", "no answer – "),
    ] {
        let desk = Desk::with(&[GOOD]);
        let redmine = format!("\n[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n", server(answer));
        desk.write("config.toml", std::fs::read_to_string(desk.path("config.toml")).unwrap() + &redmine);
        let run = |arguments: &[&str]| Said::from(desk.command(arguments).env("KEY", KEY).output().unwrap()).ended(1);
        let json = run(&["list", "--json", "--at", AT]);
        let board = json.json();
        assert_eq!((&ticket(&board, "GOOD-1")["group"], board["tickets"].as_array().unwrap().len()), (&Value::from("unanswered"), 1));
        let source = &board["sources"][1];
        assert_eq!((&source["state"], &source["as_of"]), (&Value::from("blind"), &Value::Null));
        assert!(source["fault"].as_str().unwrap().starts_with(words), "{source}");
        assert!(json.err.starts_with(&format!("desk: {words}")), "{}", json.err);
        let table = run(&["list", "--at", AT]);
        assert!(table.out.contains(&format!("!! desk BLIND: {words}")) && table.out.contains("GOOD-1"), "{}", table.out);
        let acks = run(&["ack", "desk/1", "--json"]);
        assert_eq!(acks.json()[0]["outcome"], "queued");
        for said in [&json, &table, &acks] {
            assert!(!said.out.contains(KEY) && !said.err.contains(KEY), "the key is told");
        }
    }
}
