//! The dashboard in a pseudo-terminal on the real Redmine server. What it shows is compared with what Redmine itself says,
//! asked by a second client.

use std::fs;

use serde_json::json;

use crate::pty::Pty;
use crate::real_server::Outage;
use crate::redmine_server::{ADMIN, ALICE, BOB, IN_PROGRESS, NEW, Redmine, WRONG, notes, redmine, redmine_alone};
use crate::support::Desk;

const SIZE: (u16, u16) = (100, 40);

/// The dashboard of a desk, which asks the server every second and is blind after five.
fn dashboard(desk: Desk) -> (Desk, Pty) {
    let path = desk.path("config.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("poll_every = \"1s\"\nblind_after = \"5s\"\n{text}")).unwrap();
    // the desk goes with the dashboard: its folder is gone when it is
    let pty = Pty::dashboard(&path, SIZE);
    (desk, pty)
}

/// An urgent issue, and the dashboard with nothing but it in the list.
fn on_one<Guard>(redmine: &Redmine<Guard>, key: &str, subject: &str) -> (u64, Desk, Pty) {
    let id = redmine.create(5, subject);
    let (desk, mut pty) = dashboard(redmine.desk(key));
    // other tests, and runs before this one, have issues there too
    pty.wait_for("list", |text| text.contains("NOW, UNANSWERED"));
    pty.press(&format!("/{id}\r"));
    pty.wait_for("issue alone", |text| text.contains(&format!("filter: {id}")) && text.contains(&format!("── {id} ── S1")));
    (id, desk, pty)
}

#[test]
fn what_the_dashboard_confirms_is_in_redmine_itself() {
    let Some(redmine) = redmine() else { return };
    let (id, _desk, mut pty) = on_one(&redmine, ALICE, "Taken on the board");
    assert!(pty.text().contains("S1 system failed · acme · phoned in"), "{}", pty.text());
    pty.press("a");
    pty.wait_for("confirmation", |text| text.contains("acknowledged by Alice Ops, confirmed by the source"));
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["assigned_to"]["name"], &issue["status"]["id"]), (&json!("Alice Ops"), &json!(IN_PROGRESS)));
    assert_eq!(notes(&issue), [("Acknowledged.".to_owned(), true)]);
    pty.wait_for("issue in hand", |text| text.contains("NOW, IN HAND 1   S1 1"));
    pty.press("qq");
    assert_eq!(pty.end(), 0);
    assert_eq!(redmine.issue(ADMIN, id)["journals"], issue["journals"], "sent once");
}

#[test]
fn somebody_who_was_faster_is_named() {
    let Some(redmine) = redmine() else { return };
    let (id, _desk, mut pty) = on_one(&redmine, ALICE, "Taken by somebody else");
    redmine.change(ADMIN, id, &json!({ "assigned_to_id": "me", "status_id": IN_PROGRESS }));
    pty.press("a");
    pty.wait_for("name", |text| text.contains("already acknowledged by Redmine Admin"));
    assert_eq!(redmine.issue(ADMIN, id)["assigned_to"]["name"], "Redmine Admin");
}

#[test]
fn who_lacks_the_right_is_refused_on_the_board_too() {
    let Some(redmine) = redmine() else { return };
    let (id, _desk, mut pty) = on_one(&redmine, BOB, "Not for bob on the board");
    pty.press("a");
    pty.wait_for("refusal", |text| text.contains("refused: your role in Redmine may not set the status"));
    assert!(pty.text().contains("NOW, UNANSWERED 1"), "{}", pty.text());
    let issue = redmine.issue(ADMIN, id);
    assert_eq!((&issue["status"]["id"], issue.get("assigned_to")), (&json!(NEW), None));
    // and it never was anything else, not for a moment
    assert!(!String::from_utf8_lossy(&pty.written).contains("confirmed"));
}

#[test]
fn a_wrong_key_is_an_alarm_and_no_calm() {
    let Some(redmine) = redmine() else { return };
    let (_desk, mut pty) = dashboard(redmine.desk(WRONG));
    pty.wait_for("alarm", |text| text.contains("!! helpdesk BLIND"));
    let text = pty.text();
    assert!(text.lines().nth(1).unwrap().contains("!! helpdesk BLIND, no answer yet (not signed in)"), "{text}");
    assert!(text.contains("This is no calm") && text.contains("the server does not know the key (401) – check the key"), "{text}");
    assert!(!text.contains("Nothing is open") && !String::from_utf8_lossy(&pty.written).contains(WRONG));
}

#[test]
fn a_server_that_stops_is_stale_then_blind_then_well_while_the_dashboard_runs() {
    let Some(redmine) = redmine_alone() else { return };
    let (id, _desk, mut pty) = on_one(&redmine, ALICE, "Remembered on the board");
    let stopped = Outage::stopped("redmine");
    let row = |text: &str, what: &str| text.lines().nth(1).unwrap_or_default().contains(what);
    pty.wait_for("STALE", |text| row(text, "! helpdesk STALE since"));
    pty.wait_for("BLIND", |text| row(text, "!! helpdesk BLIND since"));
    assert!(pty.text().contains("(no answer)"), "{}", pty.text());
    assert!(pty.text().contains(&format!("── {id} ── S1")) && pty.text().contains("Remembered on the board"), "what was known stays");
    drop(stopped);
    // it is asked less and less often; a key asks at once
    pty.press("r");
    pty.wait_for("health", |text| !text.contains("BLIND") && !text.contains("STALE"));
    assert!(pty.text().contains("Remembered on the board"));
}
