//! The verbs that do something to tickets, with no server at all: local tickets, and what is kept here of those of a file.

use serde_json::{Value, json};

use crate::pty::Pty;
use crate::support::{ACME, Desk, source};

const LOCAL: &str = "\n[[source]]\nname = \"phone\"\nkind = \"local\"\nclient = \"acme\"\n";

/// A desk with a local source.
fn desk() -> Desk {
    Desk::configured(&format!("{ACME}{LOCAL}"))
}

fn ticket(desk: &Desk, key: &str) -> Value {
    let board = desk.run(&["list", "--json", "--all"]).ended(0).json();
    board["tickets"].as_array().unwrap().iter().find(|ticket| ticket["key"] == key).cloned().unwrap_or(Value::Null)
}

fn outcome(desk: &Desk, arguments: &[&str], code: i32) -> Value {
    let said = desk.run(&[arguments, &["--json"]].concat()).ended(code);
    said.json()[0].clone()
}

/// The records of a desk, as SQLite has them.
fn database(desk: &Desk) -> rusqlite::Connection {
    rusqlite::Connection::open(desk.path(".local/state/holdover/records.db")).unwrap()
}

#[test]
fn a_local_ticket_that_is_full_takes_no_part_of_a_note() {
    let desk = desk();
    desk.run(&["new", "Full", "--description", &"x".repeat(65_500)]).ended(0);
    let told = || ["description", "status", "answered_at"].map(|member| ticket(&desk, "PHONE-1")[member].clone());
    let before = told();
    for verb in [&["note", "PHONE-1", "one more"][..], &["ack", "PHONE-1", "--note", "mine"], &["note", "PHONE-1", "--to-client", "hello"]]
    {
        let said = outcome(&desk, verb, 1);
        assert_eq!(said["outcome"], "refused");
        assert!(said["reason"].as_str().unwrap().contains("is full"), "{said}");
        assert!(told() == before, "{verb:?}");
    }
    assert_eq!(outcome(&desk, &["ack", "PHONE-1"], 0)["outcome"], "confirmed");
}

#[test]
fn a_local_ticket_that_is_damaged_hides_no_other() {
    let desk = desk();
    desk.run(&["new", "First"]).ended(0);
    desk.run(&["new", "Second"]).ended(0);
    database(&desk).execute("UPDATE local_ticket SET body = '{\"id\": 7' WHERE number = 1", []).unwrap();
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(board["tickets"].as_array().unwrap().len(), 2, "{board}");
    assert!(ticket(&desk, "PHONE-1")["notes"].to_string().contains("the records of it are damaged"), "{board}");
    assert!(outcome(&desk, &["ack", "PHONE-1"], 1)["reason"].as_str().unwrap().contains("cannot be read from the records"));
    let body: String = database(&desk).query_row("SELECT body FROM local_ticket WHERE number = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "{\"id\": 7", "what may be saved of it is left");
}

#[test]
fn a_ticket_whose_key_was_made_up_is_told_nothing() {
    // as of two that cannot be told apart
    let desk = Desk::with(&[r#"[{ "key": "A-1 (#1 of one key)", "client": "acme", "severity": "S1" }]"#]);
    let made = "A-1 (#1 of one key) (#1 of one key)";
    let listed = ticket(&desk, made);
    assert_eq!(listed["group"], "decide", "{listed}");
    for key in [made.to_owned(), format!("tickets/{made}")] {
        let said = outcome(&desk, &["ack", &key], 1);
        assert_eq!(said["outcome"], "refused");
        assert!(said["reason"].as_str().unwrap().contains("several have this key"), "{said}");
    }
}

#[test]
fn local_tickets_of_a_source_that_is_gone_are_warned_of() {
    let desk = desk();
    desk.run(&["new", "First"]).ended(0);
    desk.run(&["new", "Second"]).ended(0);
    desk.run(&["resolve", "PHONE-2"]).ended(0);
    assert!(!desk.run(&["check"]).ended(0).out.contains("phone"));
    desk.write("config.toml", format!("{ACME}{}", LOCAL.replace("\"phone\"", "\"calls\"")));
    let checked = desk.run(&["check"]).ended(0).out;
    assert!(checked.contains("records.db: 1 open ticket of the local source 'phone', which the configuration has no more"), "{checked}");
}

#[test]
fn a_local_ticket_goes_its_whole_way_without_a_server() {
    let desk = desk();
    assert_eq!(desk.run(&["list", "--json"]).ended(0).json()["tickets"], json!([]), "none was ever made");
    let made = desk.run(&["new", "--severity", "s3", "--channel", "phone", "--phone", "+44 20 7946 0018", "Printer on fire", "--json"]);
    assert_eq!(made.ended(0).json(), json!({ "source": "phone", "key": "PHONE-1" }));
    assert_eq!(desk.run(&["new", "Nothing works", "--client", "acme-north"]).ended(0).out, "phone/PHONE-2\n");
    let first = ticket(&desk, "PHONE-1");
    assert_eq!((&first["client"], &first["severity"], &first["channel"]), (&json!("acme"), &json!("S3"), &json!("phone")));
    assert_eq!((&first["contact"]["phone"], &first["assessments"][0]["severity"]), (&json!("+44 20 7946 0018"), &json!("S3")));
    let second = ticket(&desk, "PHONE-2");
    assert_eq!((&second["client"], &second["severity"], &second["group"]), (&json!("acme-north"), &Value::Null, &json!("decide")));

    let acked = outcome(&desk, &["ack", "PHONE-1", "--note", "looking"], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("confirmed"), &json!("jo")));
    let acked = ticket(&desk, "PHONE-1");
    assert_eq!((&acked["status"], &acked["acknowledged_by"]), (&json!("acknowledged"), &json!("jo")));
    assert!(acked["description"].as_str().unwrap().ends_with(":\nlooking"), "{acked}");
    assert_eq!(outcome(&desk, &["ack", "PHONE-1"], 0)["outcome"], "already");
    assert_eq!(outcome(&desk, &["unack", "PHONE-1"], 0)["outcome"], "confirmed");
    assert_eq!(ticket(&desk, "PHONE-1")["acknowledged_at"], Value::Null);

    desk.run(&["assess", "PHONE-2", "S1"]).ended(0);
    desk.run(&["contact", "PHONE-2", "phone"]).ended(0);
    desk.run(&["note", "PHONE-2", "-5 °C in the rack"]).ended(0);
    desk.run(&["note", "PHONE-2", "we are on it", "--to-client"]).ended(0);
    let second = ticket(&desk, "PHONE-2");
    assert_eq!((&second["severity"], &second["contacts"][0]["channel"]), (&json!("S1"), &json!("phone")));
    assert!(second["answered_at"].is_string() && second["answered_at"] == second["last_word_at"], "{second}");
    let text = second["description"].as_str().unwrap();
    assert!(text.contains("jo, internal, ") && text.contains("-5 °C") && text.contains("jo to the client, "), "{text}");

    desk.run(&["on-client", "PHONE-1"]).ended(0);
    assert_eq!(ticket(&desk, "PHONE-1")["group"], "on-client");
    assert_eq!(desk.run(&["resolve", "PHONE-1"]).ended(0).out, "phone/PHONE-1: resolved by jo, confirmed by the source\n");
    assert_eq!(ticket(&desk, "PHONE-1")["status"], "resolved");
    assert!(desk.run(&["explain", "PHONE-1"]).ended(0).out.starts_with("Resolved "), "the first thing to know");
    let listed = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(listed["tickets"].as_array().unwrap().len(), 1, "what is resolved is not on the board");
    assert_eq!(outcome(&desk, &["note", "PHONE-1", "late"], 1)["reason"], "it is resolved");
    assert_eq!(desk.run(&["new", "Another"]).ended(0).out, "phone/PHONE-3\n", "no key comes twice");

    let evidence = desk.run(&["evidence", "--json"]).ended(0).json();
    let told: Vec<[&str; 3]> = evidence
        .as_array()
        .unwrap()
        .iter()
        .map(|line| ["key", "action", "value"].map(|member| line[member].as_str().unwrap_or("-")))
        .collect();
    let expected = [
        ["PHONE-1", "acknowledge", "-"],
        ["PHONE-1", "acknowledge", "-"],
        ["PHONE-1", "unacknowledge", "-"],
        ["PHONE-2", "assess", "S1"],
        ["PHONE-2", "contact", "phone"],
        ["PHONE-2", "note", "-"],
        ["PHONE-2", "word", "-"],
        ["PHONE-1", "on-client", "-"],
        ["PHONE-1", "resolve", "-"],
        ["PHONE-1", "note", "-"],
    ];
    assert_eq!(told, expected);
    assert_eq!(evidence[5]["note"], "-5 °C in the rack");
    // from the records alone, and as the status line counts it
    let cached = desk.run(&["list", "--cached", "--json"]).ended(0).json();
    assert_eq!(cached["tickets"].as_array().unwrap().len(), 2);
    assert_eq!(desk.run(&["status", "--json"]).json()["blind"], json!([]));
}

#[test]
fn what_a_file_cannot_be_told_is_kept_here_or_refused_with_the_reason() {
    let desk = Desk::with(&[
        r#"[{ "key": "A-1", "client": "acme", "severity": "S3", "submitted_at": "2026-11-21T12:00:00Z", "channel": "email" }]"#,
    ]);
    for (arguments, done) in [(&["note", "A-1", "x"][..], "note"), (&["assess", "A-1", "S1"], "assess"), (&["resolve", "A-1"], "resolve")] {
        let told = outcome(&desk, arguments, 1);
        assert_eq!((&told["outcome"], &told["reason"]), (&json!("refused"), &json!("a file cannot be told")), "{done}");
    }
    let contact = outcome(&desk, &["contact", "A-1", "phone"], 0);
    assert_eq!((&contact["outcome"], &contact["reason"]), (&json!("confirmed"), &json!("contact noted here: the source cannot be told")));
    assert_eq!(ticket(&desk, "A-1")["contacts"][0]["channel"], "phone", "it counts from now on");
    assert_eq!(outcome(&desk, &["unack", "A-1"], 0)["outcome"], "already", "nobody has it");
    desk.run(&["ack", "A-1"]).ended(0);
    assert_eq!(ticket(&desk, "A-1")["acknowledged_by"], "jo");
    assert_eq!(desk.run(&["unack", "A-1"]).ended(0).out, "tickets/A-1: given back here by jo: its source cannot be told\n");
    assert_eq!(ticket(&desk, "A-1")["acknowledged_by"], Value::Null);
    // what came again under the same key is another ticket
    desk.write("tickets.json", r#"[{ "key": "A-1", "client": "acme", "severity": "S3", "submitted_at": "2026-11-22T12:00:00Z" }]"#);
    assert_eq!(ticket(&desk, "A-1")["contacts"], json!([]));
}

#[test]
fn an_acknowledgement_on_its_way_is_undone_and_not_given_back() {
    let desk = desk();
    desk.run(&["new", "One"]).ended(0);
    desk.run(&["ack", "PHONE-1", "--queue"]).ended(0);
    let told = outcome(&desk, &["unack", "PHONE-1"], 1);
    assert_eq!(told["reason"], "its acknowledgement is not sent yet – undo it in the dashboard");
}

#[test]
fn wrong_usage_does_nothing() {
    let desk = desk();
    for (arguments, word) in [
        (&["assess", "PHONE-1", "S9"][..], "S1, S2, S3, S4, S5"),
        (&["new", " "], "the title is empty"),
        (&["note", "PHONE-1", " "], "the note is empty"),
        (&["contact", "PHONE-1", ""], "the channel is empty"),
        (&["new", "x", "--source", "desk"], "no source 'desk'"),
        (&["new", "x", "--read-only"], "--read-only"),
        (&["new", "x", "--at", "2026-12-25T02:20Z"], "--at"),
        (&["resolve", "PHONE-1", "--at", "2026-12-25T02:20Z"], "--at"),
        (&["note", "PHONE-1", "x", "--internal", "--to-client"], "cannot be used with"),
    ] {
        let said = desk.run(arguments).ended(2);
        assert!(said.err.contains(word) && said.out.is_empty(), "{arguments:?}: {}", said.err);
    }
    assert!(!desk.path(".local").exists(), "nothing was written");
    assert!(desk.run(&["resolve", "PHONE-1"]).ended(1).err.contains("no ticket 'PHONE-1'"));
    let none = Desk::with(&["[]"]);
    assert!(none.run(&["new", "x"]).ended(2).err.contains("there is no source of kind local"));
    let path = none.write("more.json", "[]");
    let several = Desk::configured(&format!("{ACME}{LOCAL}{}{}", LOCAL.replace("phone", "desk"), source("file", &path)));
    let said = several.run(&["new", "x"]).ended(2);
    assert!(said.err.contains("say which with --source – there are phone, desk"), "{}", said.err);
    assert_eq!(several.run(&["new", "x", "--source", "desk"]).ended(0).out, "desk/DESK-1\n");
    assert!(several.run(&["new", "x", "--source", "file"]).ended(2).err.contains("file is no local source"));
}

#[test]
fn a_client_that_no_agreement_covers_is_said_at_once() {
    let desk = Desk::configured(&format!("{ACME}{}", LOCAL.replace("client = \"acme\"\n", "")));
    let said = desk.run(&["new", "x", "--client", "acmee"]).ended(0);
    assert!(said.err.contains("no agreement matches 'acmee' (nearest: Acme)"), "{}", said.err);
    assert_eq!(ticket(&desk, "PHONE-1")["group"], "decide");
}

#[test]
fn what_another_process_does_to_a_local_ticket_is_on_the_board_without_a_poll() {
    // so seldom asked that only being told can be the reason
    let desk = Desk::configured(&format!("{ACME}{LOCAL}poll_every = \"1h\"\nblind_after = \"3h\"\n"));
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (100, 24));
    pty.wait_for("calm", |text| text.contains("Nothing is open in phone"));
    for title in ["The first", "The second", "The third"] {
        desk.run(&["new", "--severity", "S1", title]).ended(0);
    }
    pty.wait_for("tickets", |text| text.contains("UNANSWERED 3") && text.contains("The first") && text.contains("The third"));
    pty.press("\ta");
    pty.wait_for("acknowledgement", |text| text.contains("IN HAND 1"));
    desk.run(&["resolve", "PHONE-3"]).ended(0);
    pty.wait_for("resolution", |text| !text.contains("The third"));
    pty.press("qq");
    assert_eq!(pty.end(), 0);
}

#[test]
fn what_waits_is_told_before_what_is_done_next() {
    let desk = desk();
    desk.run(&["new", "--severity", "S1", "One"]).ended(0);
    desk.run(&["ack", "PHONE-1", "--queue"]).ended(0);
    desk.run(&["note", "PHONE-1", "the plug was out"]).ended(0);
    let evidence = desk.run(&["evidence", "--json"]).ended(0).json();
    let told: Vec<&str> = evidence.as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["acknowledge", "note"]);
}
