//! The verbs as a person or a script runs them: what they print, member by member, and how they end.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{ACME, Desk, Said, source};

/// Friday, a bank holiday: the instant of the explanation's example.
const AT: &str = "2026-12-25T02:20:00Z";

const ACME_7: &str = r#"{ "key": "ACME-7", "client": "acme", "severity": "S3", "support_level": "L2", "channel": "email",
    "title": "Month-end report takes 20 minutes", "submitted_at": "2026-12-25T02:14:00Z" }"#;
const ACME_8: &str =
    r#"{ "key": "ACME-8", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-25T02:15:00Z" }"#;

fn keys(board: &Value) -> Vec<&str> {
    board["tickets"].as_array().unwrap().iter().map(|t| t["key"].as_str().unwrap()).collect()
}

#[test]
fn list_json_is_the_contract_member_by_member() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let said = desk.run(&["list", "--json", "--at", AT]).ended(0);
    let expected = concat!(
        r#"{"at":"2026-12-25T02:20:00Z","tickets":[{"key":"ACME-7","source":"tickets","title":"Month-end report takes 20 minutes","#,
        r#""client":"acme","agreement":"Acme","severity":"S3","assumed_severity":null,"support_level":"L2","channel":"email","#,
        r#""service":null,"status":"open","assignee":null,"url":null,"description":null,"submitted_at":"2026-12-25T02:14:00Z","#,
        r#""acknowledged_at":null,"acknowledged_by":null,"answered_at":null,"last_word_at":null,"resolved_at":null,"contact":null,"#,
        r#""callback_requested":false,"contacts":[],"assessments":[],"on_client":[],"group":"held","window":"bank-holiday","#,
        r#""obligation":"held","held_until":"2026-12-29T09:00:00Z","response":{"state":"not-started","target":"4h","#,
        r#""starts_at":"2026-12-29T09:00:00Z","due":"2026-12-29T13:00:00Z","remaining_seconds":14400},"resolve":null,"update":null,"#,
        r#""billing":{"verdict":"included","now":"chargeable","reason":"L2, the agreement covers up to L2; not before Tue 29 Dec 09:00"},"#,
        r#""notes":[]}],"sources":[{"name":"tickets","state":"ok","as_of":"2026-12-25T02:20:00Z","shown":1,"total":1,"complete":true,"#,
        r#""fault":null}]}"#,
        "\n"
    );
    assert_eq!(said.out, expected);
    assert_eq!(said.err, "");
}

#[test]
fn list_json_gives_back_all_that_a_ticket_says() {
    let full = json!([{
        "key": "ACME-1", "title": "t", "client": "ACME-uk", "severity": "S2", "support_level": "L3", "channel": "phone",
        "service": "Training", "status": "acknowledged", "assignee": "mo", "url": "https://example.com/1", "description": "two\nlines",
        "submitted_at": "2026-12-21T10:00:00Z", "acknowledged_at": "2026-12-21T10:30:00Z", "acknowledged_by": "mo",
        "answered_at": "2026-12-21T10:40:00Z", "last_word_at": "2026-12-21T10:50:00Z", "resolved_at": null,
        "contact": { "name": "Jo Reed", "phone": "+44 20 7946 0018", "email": null }, "callback_requested": true,
        "contacts": [ { "at": "2026-12-21T10:10:00Z", "channel": "phone" } ],
        "assessments": [ { "at": "2026-12-21T10:05:00Z", "severity": "S2" } ],
        "on_client": [ { "from": "2026-12-21T11:00:00Z", "to": "2026-12-21T12:00:00Z" } ]
    }]);
    let desk = Desk::with(&[&full.to_string()]);
    let said = desk.run(&["list", "--json", "--at", "2026-12-21T13:00:00Z"]).ended(0).json();
    let ticket = said["tickets"][0].as_object().unwrap();
    for (member, value) in full[0].as_object().unwrap() {
        assert_eq!(&ticket[member], value, "{member}");
    }
    assert_eq!((&ticket["group"], &ticket["response"]["state"]), (&json!("in-hand"), &json!("met")));
    assert_eq!(ticket["response"]["remaining_seconds"], Value::Null);
    assert_eq!(ticket["billing"]["verdict"], "chargeable", "L3 is above the agreement's L2");
}

#[test]
fn an_unassessed_ticket_has_no_severity_but_an_assumed_one() {
    let desk = Desk::with(&[r#"[{ "key": 5, "client": "acme", "submitted_at": "2026-12-25T02:14:00Z" }]"#]);
    let ticket = &desk.run(&["list", "--json", "--at", AT]).ended(0).json()["tickets"][0];
    assert_eq!((&ticket["key"], &ticket["title"]), (&json!("5"), &json!("(no title)")));
    assert_eq!((&ticket["severity"], &ticket["assumed_severity"]), (&Value::Null, &json!("S1")));
    assert_eq!((&ticket["group"], &ticket["obligation"]), (&json!("decide"), &json!("decide")));
    assert_eq!(ticket["notes"], json!(["unassessed: judged as S1"]));
}

#[test]
fn list_prints_what_its_flags_ask_for() {
    let other = r#"{ "key": "X-1", "client": "Elsewhere", "severity": "S4", "submitted_at": "2026-12-25T02:15:00Z" }"#;
    let done = r#"{ "key": "ACME-6", "client": "acme", "severity": "S1", "status": "resolved", "resolved_at": "2026-12-25T02:00:00Z" }"#;
    let desk = Desk::with(&[&format!("[{ACME_7},{ACME_8},{done}]"), &format!("[{other}]")]);
    let listed = |flags: &[&str]| {
        let board = desk.run(&[&["list", "--json", "--at", AT], flags].concat()).ended(0).json();
        keys(&board).join(" ")
    };
    assert_eq!(listed(&[]), "X-1 ACME-8 ACME-7");
    assert_eq!(listed(&["--now"]), "X-1 ACME-8");
    assert_eq!(listed(&["--held"]), "ACME-7");
    assert_eq!(listed(&["--client", "ACME"]), "ACME-8 ACME-7", "without case");
    assert_eq!(listed(&["--client", "nobody"]), "");
    assert_eq!(listed(&["--source", "tickets2"]), "X-1");
    assert_eq!(listed(&["--all"]), "X-1 ACME-8 ACME-7 ACME-6", "resolved ones last");
    assert_eq!(listed(&["--all", "--client", "acme", "--now"]), "ACME-8 ACME-6");
    desk.run(&["list", "--now", "--held"]).ended(2);
    let unknown = desk.run(&["list", "--source", "nowhere"]).ended(2);
    assert!(unknown.err.contains("no source 'nowhere'") && unknown.err.contains("tickets, tickets2"), "{}", unknown.err);
}

#[test]
fn list_without_json_is_a_calm_table() {
    let late = r#"{ "key": "ACME-5", "client": "acme", "severity": "S1", "title": "Old", "submitted_at": "2026-12-24T20:00:00Z", "callback_requested": true }"#;
    let desk = Desk::with(&[&format!("[{ACME_7},{ACME_8},{late}]")]);
    let said = desk.run(&["list", "--at", AT]).ended(0);
    let expected = "\
2 NOW  2 unanswered  1 breached  1 held  0 on client  0 outside  next: tickets/ACME-8 due Fri 04:15  (Fri 25 Dec 2026 02:20 GMT)

NOW, UNANSWERED 2
S1  ACME-5  acme  breached, call back  due Thu 20:30, 5h50m late  -  Old
S1  ACME-8  acme                       due Fri 04:15, 1h55m left  -  Nobody can sign in

HELD 1
S3  ACME-7  acme                       until Tue 09:00, then 4h   -  Month-end report takes 20 minutes
";
    assert_eq!(said.out, expected);
}

#[test]
fn explain_speaks_the_contracts_words() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let said = desk.run(&["explain", "ACME-7", "--at", AT]).ended(0);
    let expected = "\
Submitted   Fri 25 Dec 02:14 GMT    bank holiday (Christmas Day)
Cover       S3 is covered in office hours only, so it is held over                        config.toml:14
Held until  Tue 29 Dec 09:00 GMT    next working day: Sat 26 and Sun 27 weekend, Mon 28 bank holiday (Boxing Day, substitute day)
Clock       4h of office hours from there
Due         Tue 29 Dec 13:00 GMT
Billing     included: L2, the agreement covers up to L2; chargeable if worked on before Tue 29 Dec 09:00
";
    assert_eq!(said.out, expected);
    // wherever the configuration is, its files are named as seen from its folder
    let path = desk.path("config.toml").display().to_string();
    assert_eq!(desk.run(&["explain", "ACME-7", "--at", AT, "--config", &path]).ended(0).out, expected);
    let ticket = desk.run(&["explain", "tickets/ACME-7", "--json", "--at", AT]).ended(0).json();
    let listed = desk.run(&["list", "--json", "--at", AT]).ended(0).json();
    let (mut explained, listed) = (ticket.as_object().unwrap().clone(), listed["tickets"][0].as_object().unwrap().clone());
    let steps = explained.remove("steps").unwrap();
    assert_eq!(explained, listed, "the ticket's object plus the steps");
    let members: Vec<&String> = steps[0].as_object().unwrap().keys().collect();
    assert_eq!(steps.as_array().unwrap().len(), 6);
    let mut wanted = ["what", "text", "at", "clause", "file", "line"];
    wanted.sort_unstable();
    assert_eq!(members, wanted);
    assert_eq!((&steps[0]["what"], &steps[0]["at"]), (&json!("Submitted"), &json!("2026-12-25T02:14:00Z")));
    assert_eq!((&steps[1]["file"], &steps[1]["line"], &steps[1]["at"]), (&json!("config.toml"), &json!(14), &Value::Null));
}

#[test]
fn a_key_must_be_known_and_mean_one_ticket() {
    let desk = Desk::with(&[&format!("[{ACME_7}]"), &format!("[{ACME_7},{ACME_8}]")]);
    let ambiguous = desk.run(&["explain", "ACME-7", "--at", AT]).ended(2);
    assert!(ambiguous.err.contains("tickets/ACME-7") && ambiguous.err.contains("tickets2/ACME-7"), "{}", ambiguous.err);
    assert_eq!(ambiguous.out, "");
    desk.run(&["explain", "ACME-8", "--at", AT]).ended(0);
    desk.run(&["explain", "tickets2/ACME-7", "--at", AT]).ended(0);
    let unknown = desk.run(&["explain", "ACME-9"]).ended(1);
    assert!(unknown.err.contains("ACME-9"), "{}", unknown.err);
    // nothing is sent where one key may mean two tickets
    let ack = desk.run(&["ack", "ACME-8", "ACME-7"]).ended(2);
    assert_eq!(ack.out, "");
}

#[test]
fn at_is_rfc_3339_or_local_time_and_nothing_else() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let at = |written: &str| desk.run(&["list", "--json", "--at", written]);
    for written in ["2026-07-01T12:00:00Z", "2026-07-01T12:00Z", "2026-07-01T14:00:00+02:00", "2026-07-01T13:00", "2026-07-01 13:00:00"] {
        assert_eq!(at(written).ended(0).json()["at"], "2026-07-01T12:00:00Z", "{written}: the engineer is in London");
    }
    assert_eq!(at("2026-10-25 01:30").ended(0).json()["at"], "2026-10-25T00:30:00Z", "a repeated hour: its first time");
    assert_eq!(at("2026-03-29 01:30").ended(0).json()["at"], "2026-03-29T01:00:00Z", "a skipped hour: the instant after it");
    for written in ["yesterday", "", "2026-13-01 10:00", "9999-01-01T00:00:00Z", "0001-01-01 00:00"] {
        assert!(at(written).ended(2).err.contains("--at"), "{written}");
    }
    assert!(desk.run(&["ack", "ACME-7", "--at", AT]).ended(2).err.contains("--at"));
}

#[test]
fn the_hosts_zone_and_language_change_nothing() {
    let desk = Desk::with(&[&format!("[{ACME_7},{ACME_8}]")]);
    let plain = desk.run(&["explain", "ACME-7", "--at", AT]).ended(0).out;
    let mut elsewhere = desk.command(&["explain", "ACME-7", "--at", AT]);
    elsewhere.env("TZ", "Pacific/Apia").env("LC_ALL", "tr_TR.UTF-8");
    assert_eq!(String::from_utf8(elsewhere.output().unwrap().stdout).unwrap(), plain);
}

#[test]
fn a_silent_source_costs_nothing_but_its_own_tickets() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap() + &source("gone", &desk.path("gone.json"));
    desk.write("config.toml", config);
    let said = desk.run(&["list", "--json", "--at", AT]).ended(1);
    assert!(said.err.starts_with("gone: "), "{}", said.err);
    let board = said.json();
    assert_eq!(keys(&board), ["ACME-7"]);
    let gone = &board["sources"][1];
    assert_eq!((&gone["state"], &gone["as_of"], &gone["shown"]), (&json!("blind"), &Value::Null, &json!(0)));
    assert!(gone["fault"].is_string());
    assert!(desk.run(&["list", "--at", AT]).ended(1).out.contains("!! gone BLIND"));
    desk.run(&["explain", "ACME-7", "--at", AT]).ended(1);
    desk.run(&["list", "--source", "tickets", "--at", AT]).ended(0);
    // it may have a ticket of that key too
    let ack = desk.run(&["ack", "ACME-7"]).ended(2);
    assert!(ack.err.contains("tickets/ACME-7"), "{}", ack.err);
}

#[test]
fn what_a_file_cannot_be_told_is_kept_here() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let said = desk.run(&["ack", "ACME-7", "NO-1"]).ended(1);
    assert!(said.out.contains("tickets/ACME-7: acknowledged here by jo"), "{}", said.out);
    assert!(said.err.contains("NO-1"), "{}", said.err);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!((&board["tickets"][0]["status"], &board["tickets"][0]["acknowledged_by"]), (&json!("acknowledged"), &json!("jo")));
    let acks = desk.run(&["ack", "ACME-7", "NO-1", "--json", "--note", "x"]).ended(1).json();
    let members: Vec<&String> = acks[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["by", "key", "outcome", "reason", "source"]);
    assert_eq!((&acks[0]["source"], &acks[0]["key"], &acks[0]["outcome"]), (&json!("tickets"), &json!("ACME-7"), &json!("already")));
    assert_eq!((&acks[1]["source"], &acks[1]["key"], &acks[1]["outcome"]), (&Value::Null, &json!("NO-1"), &json!("refused")));
}

#[test]
fn what_is_taken_here_is_taken_once_and_only_if_it_is_known() {
    let ticket = |submitted: &str| format!(r#"[{{ "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "{submitted}" }}]"#);
    let desk = Desk::with(&[&ticket("2026-11-24T02:14:00Z")]);
    desk.run(&["ack", "A-1"]).ended(0);
    let again = Said::from(desk.command(&["ack", "A-1", "--json"]).env("USER", "li").output().unwrap()).ended(0);
    assert_eq!((&again.json()[0]["outcome"], &again.json()[0]["by"]), (&json!("already"), &json!("jo")));
    // what comes later under the same key is another
    desk.write("tickets.json", ticket("2026-11-25T02:14:00Z"));
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(board["tickets"][0]["acknowledged_at"], Value::Null);
    desk.run(&["ack", "A-1"]).ended(0);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(board["tickets"][0]["acknowledged_by"], "jo");
    // of what nobody has seen nothing is known
    std::fs::remove_file(desk.path("tickets.json")).unwrap();
    let unseen = desk.run(&["ack", "tickets/A-99", "--json"]).ended(1).json();
    assert_eq!(unseen[0]["outcome"], "refused");
    desk.write("tickets.json", r#"[{ "key": "A-99", "status": "resolved" }]"#);
    assert_eq!(desk.run(&["ack", "A-99", "--json"]).ended(1).json()[0]["reason"], "it is resolved");
}

#[test]
fn what_is_queued_is_told_and_not_forgotten() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let queued = desk.run(&["ack", "ACME-7", "--queue", "--json"]).ended(0).json();
    assert_eq!(queued[0]["outcome"], "queued");
    assert!(desk.run(&["ack", "ACME-7", "--queue"]).ended(0).out.contains("tickets/ACME-7: queued"));
    assert_eq!(desk.run(&["status", "--json"]).json()["unsent"], 1);
    assert_eq!(desk.run(&["list", "--json", "--at", AT]).ended(0).json()["tickets"][0]["status"], "open", "nobody has taken it yet");
    // a note that comes later goes with it
    assert_eq!(desk.run(&["ack", "ACME-7", "--note", "runbook 7", "--json"]).ended(0).json()[0]["outcome"], "confirmed");
    assert_eq!(desk.run(&["evidence", "--json"]).ended(0).json()[0]["note"], "runbook 7");
    // nor when its source is called otherwise
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    desk.run(&["ack", "ACME-7", "--queue"]).ended(0);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", config.replace("name = \"tickets\"", "name = \"other\""));
    assert_eq!(desk.run(&["status", "--json"]).json()["unsent"], 1);
}

#[test]
fn nothing_is_written_with_at_or_read_only() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    for flags in [&["--at", AT][..], &["--read-only"]] {
        for verb in [&["list"][..], &["list", "--cached"], &["status"], &["evidence"], &["explain", "ACME-7"], &["check"]] {
            desk.run(&[verb, flags].concat());
        }
        let ack = desk.run(&[&["ack", "ACME-7"], flags].concat()).ended(2);
        assert!(ack.err.contains(flags[0]), "{}", ack.err);
    }
    assert!(!desk.path(".local").exists());
}

#[test]
fn evidence_is_json_values_for_a_spreadsheet_or_a_sentence() {
    let desk = Desk::with(&[r#"[{ "key": "=1+1", "client": "acme", "severity": "S2", "submitted_at": "2026-11-21T12:00:00Z" }]"#]);
    assert_eq!(desk.run(&["evidence", "--json"]).ended(0).json(), json!([]));
    desk.run(&["ack", "--note", "a, \"b\"", "--", "=1+1"]).ended(0);
    let evidence = desk.run(&["evidence", "--json"]).ended(0).json();
    let of = &evidence[0];
    assert_eq!(
        (&of["who"], &of["outcome"], &of["agreement"], &of["severity"]),
        (&json!("jo"), &json!("here"), &json!("Acme"), &json!("S2"))
    );
    assert_eq!(of["agreement_hash"].as_str().unwrap().len(), 64);
    let csv = desk.run(&["evidence", "--csv"]).ended(0).out;
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows.len() == 2 && rows[0].starts_with("asked_at,ended_at,source,key,action,who,outcome,by,"), "{csv}");
    assert!(rows[1].contains(",tickets,'=1+1,acknowledge,jo,here,") && rows[1].contains("\"a, \"\"b\"\"\""), "{csv}");
    assert!(desk.run(&["evidence"]).ended(0).out.contains("tickets/=1+1  jo: acknowledge: here by jo  (S2, due "));
    assert_eq!(desk.run(&["evidence", "--json", "--since", "2199-01-01T00:00:00Z"]).ended(0).json(), json!([]));
    desk.run(&["evidence", "--since", "yesterday"]).ended(2);
}

#[test]
fn check_says_every_mistake_and_how_bad_it_is() {
    let desk = Desk::with(&[&format!("[{ACME_7}]")]);
    let sound = desk.run(&["check"]).ended(0);
    assert_eq!(sound.out, "the configuration is sound: 1 agreement and 1 source, 0 warnings\n");
    assert_eq!(desk.run(&["check", "--json"]).ended(0).json(), json!([]));

    let broken = ACME.replace("S1 =", "S9 =").replace("mon-fri", "mon-fry").replace("timezone = \"Europe/London\"\n\n", "timezone = 5\n\n");
    let desk = Desk::configured(&broken);
    let problems = desk.run(&["check", "--json"]).ended(1).json();
    let errors: Vec<(&str, u64)> = problems
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["level"] == "error")
        .map(|p| (p["file"].as_str().unwrap(), p["line"].as_u64().unwrap()))
        .collect();
    for line in [1, 7, 12] {
        assert!(errors.contains(&("config.toml", line)), "line {line}: {problems}");
    }
    let members: Vec<&String> = problems[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["file", "help", "level", "line", "path", "what"]);
    // any other verb says the same and does nothing
    let list = desk.run(&["list"]).ended(2);
    assert_eq!(list.out, "");
    for line in ["config.toml:1:", "config.toml:7:", "config.toml:12:"] {
        assert!(list.err.contains(line), "{line}: {}", list.err);
    }

    let said = desk.run(&["check", "--config", "nowhere.toml"]).ended(2);
    assert!(said.err.contains("nowhere.toml") && said.out.is_empty(), "{}", said.err);
    desk.run(&["list", "--config", "nowhere.toml"]).ended(2);
}

#[test]
fn check_warns_of_a_client_that_no_agreement_matches() {
    let stranger = r#"{ "key": "X-1", "client": "Acme Ltd.", "severity": "S4" }"#;
    let desk = Desk::with(&[&format!("[{ACME_7},{stranger},{stranger}]")]);
    let problems = desk.run(&["check", "--json"]).ended(0).json();
    let warning = &problems[0];
    assert_eq!((&warning["level"], &warning["file"], &warning["path"]), (&json!("warning"), &json!("config.toml"), &json!("source[0]")));
    assert!(warning["what"].as_str().unwrap().contains("no agreement matches 'Acme Ltd.' (nearest: Acme)"), "{problems}");
    assert_eq!(problems.as_array().unwrap().len(), 1, "once for each client");
}

#[test]
fn what_is_not_built_is_not_offered() {
    let desk = Desk::with(&["[]"]);
    desk.run(&["snooze", "ACME-7"]).ended(2);
    assert!(desk.run(&["--help"]).ended(0).out.contains("explain"));
}

#[test]
fn strangers_text_and_ones_own_cannot_reach_the_terminal() {
    let bad =
        "[{ \"key\": \"A\\u001b[31m\", \"client\": \"acme\\u202e\", \"title\": \"\\u001b]0;x\\u0007\\u009b2J\", \"severity\": \"S1\" }]";
    let desk = Desk::with(&[bad]);
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["explain", "A^[[31m"],
        &["explain", "\u{1b}[31m"],
        &["list", "--source", "\u{1b}c"],
        &["check"],
    ] {
        let said = desk.run(arguments);
        let both = said.out + &said.err;
        assert!(!both.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{arguments:?}: {both:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let many: Vec<String> = (0..5000).map(|n| ACME_7.replace("ACME-7", &format!("ACME-{n}"))).collect();
    let desk = Desk::with(&[&format!("[{}]", many.join(","))]);
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("holdover"));
    command.args(["list", "--json", "--at", AT, "--config"]).arg(desk.path("config.toml"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// The board as those who read it compare it: everything but where it came from.
fn without_sources(mut board: Value) -> Value {
    board.as_object_mut().unwrap().remove("sources");
    for ticket in board["tickets"].as_array_mut().unwrap() {
        ticket.as_object_mut().unwrap().remove("source");
    }
    board
}

#[test]
fn what_list_prints_is_a_file_source_of_the_same_board() {
    let tickets = json!([
        { "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "2026-12-24T20:00:00Z", "status": "acknowledged", "acknowledged_at": "2026-12-24T20:10:00Z" },
        { "key": "A-2", "client": "acme", "severity": "S2", "submitted_at": "2026-12-24T10:00:00Z",
          "assessments": [ { "at": "2026-12-24T10:05:00Z", "severity": "S4" }, { "at": "2026-12-24T11:00:00Z", "severity": "S2" } ] },
        { "key": "A-3", "client": "acme", "severity": "S3", "submitted_at": "2026-12-24T10:00:00Z", "status": "on-client", "last_word_at": "2026-12-24T11:00:00Z" },
        { "key": "A-4", "client": "acme", "severity": "S4", "submitted_at": "2026-12-24T10:00:00Z", "support_level": "L3", "contacts": [ { "at": "2026-12-24T12:00:00Z", "channel": null } ] },
        { "key": "A-5", "client": "acme", "submitted_at": "2026-12-24T10:00:00Z" },
        { "key": "A-6", "client": "nobody", "severity": "S1", "submitted_at": "2026-12-24T10:00:00Z" },
        { "key": "A-7", "client": "acme", "severity": "S3", "submitted_at": "2026-12-25T02:14:00Z" },
        { "key": "A-8", "agreement": "unknown", "severity": "S3" }
    ]);
    let desk = Desk::with(&[&tickets.to_string()]);
    let first = desk.run(&["list", "--json", "--at", AT]).ended(0);
    let again = Desk::with(&[&first.out]).run(&["list", "--json", "--at", AT]).ended(0);
    assert_eq!(without_sources(again.json()), without_sources(first.json()));
}

#[test]
fn check_online_says_what_each_source_has_and_what_it_cannot_be_told() {
    let tickets = r#"[{ "key": "A-1", "client": "acme", "severity": "S3", "submitted_at": "2026-11-21T12:00:00Z" },
        { "key": "A-2", "client": "acme", "severity": "rather bad", "submitted_at": "2026-11-21T12:00:00Z" },
        { "key": "A-3", "client": "nobody", "severity": "S3", "submitted_at": "2026-11-21T12:00:00Z" },
        { "key": "A-4", "client": "nobody", "severity": "S3", "submitted_at": "2026-11-21T12:00:00Z", "contact": 5 }, 7]"#;
    let desk = Desk::with(&[tickets, "no list"]);
    let said = desk.run(&["check", "--online"]).ended(1);
    for words in [
        "tickets: signed in as the file; 5 tickets read, all there are",
        "severities: S3 3",
        "acknowledge: kept here: a file cannot be told",
        "note: refused: a file cannot be told",
        "tickets: 1 ticket cannot be read: tickets.json:4, not an object: 7",
        "tickets: 1 ticket has no severity: A-2, severity \"rather bad\" is none of S1 to S5: unassessed",
        "tickets: 1 ticket is not wholly understood: A-4, contact 5 is no object",
        "2 tickets of tickets: no agreement matches 'nobody'",
        "tickets2: signed in as the file; no answer",
        "error: config.toml:",
        "tickets2: ",
        "tickets2.json is not JSON",
        "the configuration is sound: 1 agreement and 2 sources; but of the sources 1 did not answer as they should; 4 warnings",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let problems = desk.run(&["check", "--online", "--json"]).ended(1).json();
    let levels: Vec<&str> = problems.as_array().unwrap().iter().map(|p| p["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["warning", "warning", "warning", "warning", "error"], "{problems}");
    assert!(problems[4]["line"].as_u64().unwrap() > 20, "{problems}");
    let desk = Desk::with(&[r#"[{ "key": "A-1", "severity": "S3", "submited_at": "2026-11-21T12:00:00Z" }]"#]);
    let said = desk.run(&["check", "--online"]).ended(0).out;
    assert!(said.contains("1 ticket has no time of submission: A-1 – correct what gives submitted_at"), "{said}");
    assert!(said.contains("the ticket names no client – add client = \"…\" to the source, or a map rule that gives client"), "{said}");
    Desk::with(&["[]"]).run(&["check", "--online"]).ended(0);
}

#[test]
fn what_a_map_rule_gave_is_in_the_explanation_with_its_place() {
    let rules = "map = [\n{ field = \"urgency\", is = \"High\", severity = \"S3\" },\n{ field = \"queue\", matches = \"^([a-z]+)-\", client = \"$1\", channel = \"email\" },\n]\n";
    let desk = Desk::with(&[r#"[{ "key": "A-1", "urgency": "high", "queue": "acme-web", "submitted_at": "2026-11-21T12:00:00Z" },
        { "key": "A-2", "queue": "other-web", "submitted_at": "2026-11-21T12:00:00Z" }]"#]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let place = config.lines().count() + 3;
    desk.write("config.toml", format!("{config}{rules}"));
    let told = desk.run(&["explain", "A-1", "--json"]).ended(0).json();
    let mapped: Vec<&Value> = told["steps"].as_array().unwrap().iter().filter(|step| step["what"] == "Mapped").collect();
    let texts: Vec<&str> = mapped.iter().map(|step| step["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["client 'acme' from queue 'acme-web'", "channel 'email' from queue 'acme-web'"], "{told}");
    assert!(mapped.iter().all(|step| step["file"] == "config.toml" && step["line"] == place), "{told}");
    let explained = desk.run(&["explain", "A-1"]).ended(0).out;
    assert!(
        explained.contains(&format!("config.toml:{place}")) && explained.contains("from urgency 'high', map rule at config.toml:"),
        "{explained}"
    );
    let online = desk.run(&["check", "--online"]).ended(0).out;
    assert!(!online.contains("matched none"), "{online}");
    desk.write("config.toml", format!("{config}{}", rules.replace("High", "Hihg")));
    let online = desk.run(&["check", "--online"]).ended(0).out;
    assert!(online.contains(&format!("map rules that matched none of them: config.toml:{}", place - 1)), "{online}");
    // also where no agreement covers it, for then the rule may be why
    assert!(desk.run(&["explain", "A-2"]).ended(0).out.contains("client 'other' from queue 'other-web'"));
}

#[test]
fn of_many_clients_without_an_agreement_check_tells_ten_and_counts_the_others() {
    let tickets: Vec<String> = (0..25).map(|n| format!(r#"{{ "key": "K-{n}", "client": "stranger {n}", "severity": "S2" }}"#)).collect();
    let desk = Desk::with(&[&format!("[{}]", tickets.join(","))]);
    let said = desk.run(&["check"]).ended(0).out;
    assert_eq!(said.matches("no agreement matches 'stranger ").count(), 10, "{said}");
    assert!(said.contains("and 15 more of such reasons in tickets of tickets – ") && said.contains(" 11 warnings\n"), "{said}");
}
