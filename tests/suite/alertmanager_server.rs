//! the real Alertmanager, where `HOLDOVER_ALERTMANAGER` says it runs.
//!
//! What the program says it did is asked of Alertmanager itself, by a second client that knows nothing of the program's own.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::DateTime;
use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, SafeText, SourceName, Status, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::real_server::{Outage, script, variable};
use crate::support::{ACME, Desk};

const PASSWORD: &str = "ops-secret";
const WRONG: &str = "no-such-secret-here";

/// Shared by tests that use the server, taken alone by the one that stops it.
static SERVER: RwLock<()> = RwLock::new(());

/// The server, for as long as this is kept.
struct Alertmanager<Guard> {
    address: String,
    /// What all alerts of this test have in common.
    test: String,
    _guard: Guard,
}

/// The server that runs, or `None`, said where it is seen although the test passes.
fn alertmanager() -> Option<Alertmanager<RwLockReadGuard<'static, ()>>> {
    Some(of(address("HOLDOVER_ALERTMANAGER")?, SERVER.read().unwrap_or_else(PoisonError::into_inner)))
}

/// The one with basic sign-in.
fn with_sign_in() -> Option<Alertmanager<RwLockReadGuard<'static, ()>>> {
    Some(of(address("HOLDOVER_ALERTMANAGER_BASIC")?, SERVER.read().unwrap_or_else(PoisonError::into_inner)))
}

/// The server, while no other test uses it.
fn alone() -> Option<Alertmanager<RwLockWriteGuard<'static, ()>>> {
    Some(of(address("HOLDOVER_ALERTMANAGER")?, SERVER.write().unwrap_or_else(PoisonError::into_inner)))
}

fn of<Guard>(address: String, guard: Guard) -> Alertmanager<Guard> {
    let name = std::thread::current().name().unwrap_or_default().replace("::", "-");
    Alertmanager { address, test: format!("{name}-{}", std::process::id()), _guard: guard }
}

fn address(name: &str) -> Option<String> {
    variable(name, "Alertmanager", ".ci/run")
}

impl<Guard> Alertmanager<Guard> {
    /// The second client.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut curl = Command::new("curl");
        curl.args(["-fsS", "--noproxy", "*", "-u", "ops:ops-secret", "-X", method, "-H", "Content-Type: application/json", "-d", &body]);
        let output = curl.arg(format!("{}/api/v2/{path}", self.address)).output().unwrap();
        assert!(output.status.success(), "{method} {path}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Lets an alert of this test fire, or end; its fingerprint.
    fn fire(&self, name: &str, severity: &str) -> String {
        let labels = json!({ "alertname": name, "severity": severity, "client": "acme", "test": self.test, "odd": "a \"b\" ü, {c}=d\\e" });
        let annotations = json!({ "summary": format!("{name} fires"), "description": "See the runbook." });
        self.ask(
            "POST",
            "alerts",
            &json!([{ "labels": labels, "annotations": annotations, "generatorURL": "http://prometheus.example/g" }]),
        );
        self.alert(name)["fingerprint"].as_str().unwrap().to_owned()
    }

    fn resolve(&self, name: &str) {
        let mut alert = self.alert(name);
        alert["endsAt"] = alert["startsAt"].clone();
        self.ask("POST", "alerts", &json!([{ "labels": alert["labels"], "startsAt": alert["startsAt"], "endsAt": alert["endsAt"] }]));
    }

    /// The alerts of this test, as Alertmanager has them.
    fn alerts(&self) -> Vec<Value> {
        let of_this = |alert: &Value| alert["labels"]["test"] == *self.test;
        self.ask("GET", "alerts", &Value::Null).as_array().unwrap().iter().filter(|a| of_this(a)).cloned().collect()
    }

    fn alert(&self, name: &str) -> Value {
        self.alerts().into_iter().find(|alert| alert["labels"]["alertname"] == name).unwrap()
    }

    /// The silences of this test that are not over.
    fn silences(&self) -> Vec<Value> {
        let of_this = |s: &Value| s["matchers"].as_array().unwrap().iter().any(|m| m["value"] == *self.test);
        let active = |s: &&Value| s["status"]["state"] == "active" && of_this(s);
        self.ask("GET", "silences", &Value::Null).as_array().unwrap().iter().filter(active).cloned().collect()
    }

    /// Silences by hand all alerts of this test that have the labels with these names.
    fn silence(&self, name: &str, by: &str, labels: &[&str]) -> String {
        let alert = self.alert(name);
        let all = alert["labels"].as_object().unwrap();
        let wanted = all.iter().filter(|(name, _)| labels.is_empty() || labels.contains(&name.as_str()));
        let matchers: Vec<Value> =
            wanted.map(|(name, value)| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true })).collect();
        let silence = json!({ "matchers": matchers, "startsAt": alert["startsAt"], "endsAt": "2199-01-01T00:00:00Z", "createdBy": by, "comment": "by hand" });
        self.ask("POST", "silences", &silence)["silenceID"].as_str().unwrap().to_owned()
    }

    /// What the configuration says of the source, which sees only the alerts of this test.
    fn source(&self, more: &str) -> String {
        let mut text = format!("\n[[source]]\nname = \"alerts\"\nkind = \"alertmanager\"\nurl = \"{}\"\n", self.address);
        let client = r#"map = [ { field = "labels.client", matches = "(.+)", client = "$1" } ]"#;
        writeln!(text, "matchers = ['test=\"{}\"']\n{client}\n{more}", self.test).unwrap();
        text
    }

    fn desk(&self, more: &str) -> Desk {
        Desk::configured(&(ACME.to_owned() + &self.source(more)))
    }

    /// A source that is asked in this process. Its clock is years behind, and goes on.
    fn asked(&self, more: &str) -> Arc<dyn TicketSource> {
        let settings = config::parse(&(ACME.to_owned() + &self.source(more)), "config.toml", &[]).unwrap();
        let millis = AtomicI64::new(1_700_000_000_000);
        let clock: Clock = Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(1, Relaxed)).unwrap());
        sources::build(&settings.sources[0], clock, &[("USER".to_owned(), "jo".to_owned())]).unwrap()
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn tell(source: &dyn TicketSource, fingerprint: &str, deed: &Deed, tried_before: bool) -> Outcome {
    let key = TicketKey { source: SourceName::new("alerts"), key: SafeText::line(fingerprint) };
    runtime().block_on(source.tell(&key, deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH))).unwrap()
}

fn ack(desk: &Desk, key: &str, more: &[&str], code: i32) -> Value {
    desk.run(&[&["ack", key, "--json"], more].concat()).ended(code).json()[0].clone()
}

fn ticket(board: &Value, key: &str) -> Option<Value> {
    board["tickets"].as_array().unwrap().iter().find(|t| t["key"] == *key).cloned()
}

#[test]
fn the_list_is_what_alertmanager_has() {
    let Some(am) = alertmanager() else { return };
    let severities = [("A", "critical", "S1"), ("B", "error", "S2"), ("C", "warning", "S3"), ("D", "minor", "S4"), ("E", "info", "S5")];
    let fired = severities.map(|(name, label, severity)| (am.fire(name, label), name, severity));
    am.fire("Gone", "critical");
    am.resolve("Gone");
    let desk = am.desk("");
    let board = desk.run(&["list", "--json", "--all"]).ended(0).json();
    for (key, name, severity) in &fired {
        let listed = ticket(&board, key).unwrap();
        assert_eq!((&listed["severity"], &listed["client"], &listed["status"]), (&json!(severity), &json!("acme"), &json!("open")));
        assert_eq!(listed["title"], format!("{name} fires"));
        let began = am.alert(name)["startsAt"].as_str().unwrap().to_owned();
        assert_eq!(listed["submitted_at"].as_str().unwrap().trim_end_matches('Z'), began.split('.').next().unwrap());
    }
    let source = &board["sources"][0];
    assert_eq!((&source["state"], &source["complete"], &source["total"]), (&json!("ok"), &json!(true), &json!(5)), "{source}");
    let explained = desk.run(&["explain", &fired[0].0]).ended(0).out;
    assert!(explained.contains("label severity 'critical'"), "{explained}");
}

#[test]
fn an_acknowledgement_is_a_silence_of_exactly_this_alert_in_alertmanager_itself() {
    let Some(am) = alertmanager() else { return };
    let (taken, other) = (am.fire("Taken", "critical"), am.fire("Other", "critical"));
    let desk = am.desk("silence_for = \"2h\"");
    let acked = ack(&desk, &taken, &["--note", "looking at the switch"], 0);
    assert_eq!((&acked["outcome"], &acked["by"], &acked["reason"]), (&json!("confirmed"), &json!("jo"), &Value::Null));
    let silences = am.silences();
    assert_eq!(silences.len(), 1);
    assert_eq!((&silences[0]["createdBy"], &silences[0]["comment"]), (&json!("jo"), &json!("Acknowledged: looking at the switch")));
    let alert = am.alert("Taken");
    assert_eq!(silences[0]["matchers"].as_array().unwrap().len(), alert["labels"].as_object().unwrap().len());
    assert_eq!((&alert["status"]["state"], &alert["status"]["silencedBy"]), (&json!("suppressed"), &json!([silences[0]["id"]])));
    assert_eq!(am.alert("Other")["status"]["state"], "active");
    let at = |name: &str| DateTime::parse_from_rfc3339(silences[0][name].as_str().unwrap()).unwrap();
    let minutes = (at("endsAt") - at("startsAt")).num_minutes();
    assert!((118..=120).contains(&minutes), "{minutes} minutes");
    let board = desk.run(&["list", "--json"]).ended(0).json();
    let listed = ticket(&board, &taken).unwrap();
    assert_eq!((&listed["status"], &listed["acknowledged_by"]), (&json!("acknowledged"), &json!("jo")));
    assert_eq!(listed["acknowledged_at"].as_str().unwrap()[..19], silences[0]["startsAt"].as_str().unwrap()[..19]);
    assert_eq!(ticket(&board, &other).unwrap()["status"], "open");
    let again = ack(&desk, &taken, &[], 0);
    assert_eq!((&again["outcome"], &again["by"]), (&json!("already"), &json!("jo")));
    assert_eq!(am.silences(), silences, "not doubled");
}

#[test]
fn an_alert_with_more_labels_is_neither_silenced_nor_called_taken_with_another() {
    let Some(am) = alertmanager() else { return };
    let small = am.fire("Small", "warning");
    let of_small = am.alert("Small")["labels"].clone();
    let fire_with = |more: &str| {
        let mut labels = of_small.clone();
        labels[more] = "db-1".into();
        am.ask("POST", "alerts", &json!([{ "labels": labels }]));
        let alerts = am.alerts();
        alerts.iter().find(|alert| alert["labels"] == labels).unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    let first = fire_with("instance");
    let source = am.asked("");
    let acknowledge = Deed::Acknowledge { note: None };
    let status = |key: &str| {
        let pass = runtime().block_on(source.list_open()).unwrap();
        let ticket = pass.tickets.iter().find(|ticket| ticket.id.key.as_str() == key).unwrap().clone();
        (ticket.status, ticket.notes.len())
    };
    let state = |key: &str| am.alerts().iter().find(|alert| alert["fingerprint"] == *key).unwrap()["status"]["state"].clone();
    assert!(matches!(tell(&*source, &small, &acknowledge, false), Outcome::Confirmed { .. }));
    assert_eq!((state(&small), state(&first)), (json!("suppressed"), json!("active")));
    assert_eq!((status(&small), status(&first)), ((Status::Acknowledged, 0), (Status::Open, 0)));
    // one that fires later is silenced, and is not called taken for that
    let second = fire_with("zone");
    assert_eq!((state(&second), status(&second)), (json!("suppressed"), (Status::Open, 1)));
    assert!(matches!(tell(&*source, &second, &acknowledge, false), Outcome::Confirmed { .. }));
    assert_eq!(status(&second), (Status::Acknowledged, 1));
    assert!(matches!(tell(&*source, &second, &Deed::Unacknowledge, false), Outcome::Confirmed { .. }));
    assert_eq!((status(&second), status(&small)), ((Status::Open, 1), (Status::Acknowledged, 0)));
    assert!(matches!(tell(&*source, &small, &Deed::Unacknowledge, false), Outcome::Confirmed { .. }));
    assert_eq!((am.silences().len(), status(&second)), (0, (Status::Open, 0)));
}

#[test]
fn what_somebody_else_silenced_is_theirs_and_stays_so() {
    let Some(am) = alertmanager() else { return };
    let (wide, exact) = (am.fire("Wide", "critical"), am.fire("Exact", "warning"));
    am.silence("Wide", "carol", &["alertname", "test"]);
    am.silence("Exact", "dave", &[]);
    let desk = am.desk("");
    for (key, by) in [(&wide, "carol"), (&exact, "dave")] {
        let acked = ack(&desk, key, &[], 0);
        assert_eq!((&acked["outcome"], &acked["by"]), (&json!("already"), &json!(by)));
        let source = am.asked("");
        let Outcome::Refused { reason } = tell(&*source, key, &Deed::Unacknowledge, false) else { panic!() };
        assert!(reason.as_str().contains(&format!("of {by}")), "{reason}");
    }
    // an own one that covers more is not removed either
    let more = am.fire("More", "info");
    am.silence("More", "jo", &["alertname", "test"]);
    let Outcome::Refused { reason } = tell(&*am.asked(""), &more, &Deed::Unacknowledge, false) else { panic!() };
    assert!(reason.as_str().contains("more than this alert"), "{reason}");
    assert_eq!(am.silences().len(), 3);
    let listed = ticket(&desk.run(&["list", "--json"]).ended(0).json(), &wide).unwrap();
    assert!(listed["notes"].to_string().contains("silences more than this alert"), "{listed}");
}

#[test]
fn what_is_ours_is_given_back_and_an_attempt_that_arrived_is_not_made_again() {
    let Some(am) = alertmanager() else { return };
    let key = am.fire("Ours", "critical");
    let source = am.asked("author = \"Jo Ops\"");
    let acknowledge = Deed::Acknowledge { note: None };
    // the clock here is years behind that of the server, whose Date is what counts
    let Outcome::Confirmed { by, .. } = tell(&*source, &key, &acknowledge, false) else { panic!() };
    assert_eq!(by.unwrap().as_str(), "Jo Ops");
    assert!(matches!(tell(&*source, &key, &acknowledge, true), Outcome::Confirmed { .. }));
    assert_eq!(am.silences().len(), 1);
    // the trap: the same once more is another silence
    am.silence("Ours", "Jo Ops", &[]);
    assert_eq!(am.silences().len(), 2);
    assert!(matches!(tell(&*source, &key, &Deed::Unacknowledge, false), Outcome::Confirmed { .. }));
    assert_eq!((am.silences().len(), &am.alert("Ours")["status"]["state"]), (0, &json!("active")));
    assert!(matches!(tell(&*source, &key, &Deed::Unacknowledge, false), Outcome::Already { .. }));
    assert!(matches!(tell(&*source, &key, &Deed::Unacknowledge, true), Outcome::Confirmed { .. }));
    am.resolve("Ours");
    let gone = TicketKey { source: SourceName::new("alerts"), key: SafeText::line(&key) };
    let said = match runtime().block_on(source.tell(&gone, &acknowledge, None)) {
        Ok(Outcome::Refused { reason }) => reason,
        // another test has started the server minutes ago
        Err(fault) if fault.kind == FaultKind::ServerError => fault.text,
        other => panic!("{other:?}"),
    };
    assert!(["it is resolved", "may not be told of it yet"].iter().any(|words| said.as_str().contains(words)), "{said}");
}

#[test]
fn a_matcher_that_is_none_is_told_in_alertmanagers_words() {
    let Some(am) = alertmanager() else { return };
    let settings =
        format!("{}\n[[source]]\nname = \"alerts\"\nkind = \"alertmanager\"\nurl = \"{}\"\nmatchers = ['{{{{nope=']\n", ACME, am.address);
    let listed = Desk::configured(&settings).run(&["list", "--json"]).ended(1).json();
    let fault = listed["sources"][0]["fault"].as_str().unwrap();
    assert!(fault.contains("bad matcher format: {{nope="), "{fault}");
}

#[test]
fn a_wrong_password_is_not_signed_in_rather_than_no_tickets() {
    let Some(am) = with_sign_in() else { return };
    let key = am.fire("Signed", "critical");
    let desk_of = |password: &str| {
        let desk = am.desk("auth = \"basic\"\nuser = \"ops\"\ntoken_file = \"key\"");
        let file = desk.write("key", format!("{password}\n"));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        desk
    };
    let acked = ack(&desk_of(PASSWORD), &key, &[], 0);
    assert_eq!((&acked["outcome"], &acked["by"]), (&json!("confirmed"), &json!("ops")), "who signs in is who it is by");
    let desk = desk_of(WRONG);
    let listed = desk.run(&["list", "--json"]).ended(1);
    let source = &listed.json()["sources"][0];
    assert_eq!((&source["state"], &source["total"]), (&json!("blind"), &Value::Null));
    assert!(source["fault"].as_str().unwrap().starts_with("not signed in"), "{source}");
    let acked = desk.run(&["ack", &format!("alerts/{key}"), "--json"]).ended(1);
    assert_eq!(acked.json()[0]["outcome"], "queued");
    assert!(!format!("{}{}{}{}", listed.out, listed.err, acked.out, acked.err).contains(WRONG), "the key is told");
    let nobody = am.asked("");
    assert_eq!(runtime().block_on(nobody.whoami()).unwrap_err().kind, FaultKind::NotSignedIn);
    assert_eq!(am.silences().len(), 1);
}

#[test]
fn a_server_that_is_frozen_or_stopped_is_blind_and_what_it_forgot_is_not_taken_for_resolved() {
    let Some(am) = alone() else { return };
    assert_eq!(
        script("alertmanager", "url"),
        am.address,
        "only the script's own server can be stopped: tests/servers/alertmanager.sh start"
    );
    let key = am.fire("Remembered", "critical");
    let (desk, source, runtime) = (am.desk(""), am.asked(""), runtime());
    assert!(runtime.block_on(source.list_open()).unwrap().complete);
    let silent = |wanted: &str| {
        let listed = desk.run(&["list", "--json"]).ended(1).json();
        let silent = &listed["sources"][0];
        assert_eq!((&silent["state"], &silent["complete"]), (&json!("blind"), &json!(false)));
        assert!(silent["fault"].as_str().unwrap().contains(wanted), "{silent}");
    };
    let frozen = Outage::frozen("alertmanager");
    silent("it did not answer in time");
    drop(frozen);
    assert!(runtime.block_on(source.list_open()).unwrap().complete);
    let stopped = Outage::stopped("alertmanager");
    silent("is the server up");
    assert_eq!(runtime.block_on(source.list_open()).unwrap_err().kind, FaultKind::Unreachable);
    let unsent = ["ack", &format!("alerts/{key}"), "--json"];
    assert_eq!(desk.run(&unsent).ended(1).json()[0]["outcome"], "queued", "it cannot have arrived");
    drop(stopped);
    // it is back, and knows nothing of the alert until it is told again
    assert_eq!(am.alerts(), Vec::<Value>::new());
    let pass = runtime.block_on(source.list_open()).unwrap();
    assert_eq!((pass.complete, pass.tickets.len(), pass.warning.is_some()), (false, 0, true));
    assert_eq!(desk.run(&["list", "--json"]).json()["sources"][0]["complete"], json!(false), "nor is it believed by a new program");
    assert_eq!(am.fire("Remembered", "critical"), key);
    assert!(runtime.block_on(source.list_open()).unwrap().complete);
    assert_eq!(desk.run(&unsent).ended(0).json()[0]["outcome"], "confirmed");
    assert_eq!(am.silences().len(), 1);
}

#[test]
fn a_first_configuration_is_made_of_what_alertmanager_has() {
    let Some(server) = with_sign_in() else { return };
    server.fire("FirstLook", "critical");
    let desk = crate::init::desk();
    let init = ["init", "--yes", "--kind", "alertmanager", "--url", &server.address];
    let wrong = desk.run(&init).ended(1);
    assert!(wrong.err.contains("not signed in") && !desk.path("config.toml").exists(), "{}", wrong.err);
    let run = |arguments: &[&str]| crate::support::Said::from(desk.command(arguments).env("PW", PASSWORD).output().unwrap()).ended(0);
    let said = run(&[&init[..], &["--user", "ops", "--token-env", "PW"]].concat());
    assert!(said.out.contains("alerts: signed in as ops; ") && said.out.contains("\n  labels.client: acme ("), "{}", said.out);
    assert!(said.out.contains("confirmed by nobody: critical S1"), "{}", said.out);
    let checked = run(&["check", "--online"]);
    assert!(checked.out.contains(" from labels.severity 'critical', map rule at config.toml:"), "{}", checked.out);
    assert!(checked.out.contains("  0 match no agreement, "), "{}", checked.out);
}
