//! Alertmanager: silences as acknowledgements, what is read back, and what is never called confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::{DateTime, TimeDelta};
use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, SafeText, Severity, Status};
use holdover::sources::{self, Clock};
use serde_json::json;

use super::alertmanager::{DISK, NODE, acknowledge, at, key, with_clock};
use super::fake_alertmanager::FakeAlertmanager;
use super::hostile::has;
use super::{clock, keys, settings, ticket};

async fn told(am: &FakeAlertmanager, deed: Deed, tried_before: bool) -> Outcome {
    at(&am.url(), "").tell(&key(DISK), &deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH)).await.unwrap()
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn doubt(outcome: Outcome) -> String {
    match outcome {
        Outcome::Unknown { reason } => reason.to_string(),
        other => panic!("not unknown: {other:?}"),
    }
}

fn by(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Confirmed { by, .. } | Outcome::Already { by, .. } => by.as_ref().map(SafeText::as_str),
        other => panic!("nobody has it: {other:?}"),
    }
}

#[tokio::test]
async fn to_acknowledge_is_to_silence_exactly_this_alert() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "author = \"Jo Ops\"\nsilence_for = \"2h\"");
    let note = Deed::Acknowledge { note: Some(SafeText::line("on it")) };
    let outcome = source.tell(&key(DISK), &note, None).await.unwrap();
    let Outcome::Confirmed { by, at: since } = outcome else { panic!("{outcome:?}") };
    assert_eq!((by.unwrap().as_str(), since.unwrap().timestamp()), ("Jo Ops", 1_795_000_000));
    let silence = am.state().posted[0].clone();
    let named: Vec<&str> = silence["matchers"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["alertname", "instance", "job", "severity"]);
    assert!(silence["matchers"].as_array().unwrap().iter().all(|m| m["isRegex"] == false && m["isEqual"] == true));
    assert_eq!((&silence["comment"], &silence["createdBy"]), (&json!("Acknowledged: on it"), &json!("Jo Ops")));
    assert_eq!(silence["endsAt"], "2026-11-18T13:06:40Z");
    let pass = source.list_open().await.unwrap();
    let disk = ticket(&pass, DISK);
    assert_eq!((disk.status, disk.acknowledged_by.as_ref().unwrap().as_str(), disk.notes.len()), (Status::Acknowledged, "Jo Ops", 0));
    assert_eq!(pass.tickets.iter().filter(|t| t.status == Status::Acknowledged).count(), 1, "only this one");
    // again: nothing is sent, and an attempt that may have arrived is confirmed
    assert!(matches!(source.tell(&key(DISK), &note, None).await.unwrap(), Outcome::Already { .. }));
    assert!(matches!(source.tell(&key(DISK), &note, Some(chrono::DateTime::UNIX_EPOCH)).await.unwrap(), Outcome::Confirmed { .. }));
    assert_eq!(am.changes(), 1);
}

#[tokio::test]
async fn an_alert_with_more_labels_is_not_silenced_with_another() {
    let am = FakeAlertmanager::start().await;
    let more = am.state().fire_with(DISK, "zone");
    // this source does not list the other at all
    let source = at(&am.url(), "matchers = ['zone=\"\"']");
    assert!(!keys(&source.list_open().await.unwrap()).contains(&more.as_str()));
    assert!(matches!(source.tell(&key(DISK), &acknowledge(), None).await.unwrap(), Outcome::Confirmed { .. }));
    let posted = am.state().posted[0]["matchers"].as_array().unwrap().clone();
    assert_eq!(posted.last(), Some(&json!({ "name": "zone", "value": "", "isRegex": false, "isEqual": true })), "{posted:?}");
    let pass = at(&am.url(), "").list_open().await.unwrap();
    assert_eq!((ticket(&pass, DISK).status, ticket(&pass, DISK).notes.len()), (Status::Acknowledged, 0));
    assert_eq!((ticket(&pass, &more).status, ticket(&pass, &more).notes.len()), (Status::Open, 0));
    // that silence is of exactly this alert all the same
    assert!(matches!(source.tell(&key(DISK), &acknowledge(), Some(DateTime::UNIX_EPOCH)).await.unwrap(), Outcome::Confirmed { .. }));
    assert!(matches!(source.tell(&key(DISK), &Deed::Unacknowledge, None).await.unwrap(), Outcome::Confirmed { .. }));
    assert!(am.active().is_empty());
}

#[tokio::test]
async fn what_is_silenced_together_with_another_alert_is_open() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "");
    let note = Deed::Acknowledge { note: Some(SafeText::line("on it")) };
    for deed in [acknowledge(), note] {
        am.state().silences.clear();
        assert!(matches!(source.tell(&key(DISK), &deed, None).await.unwrap(), Outcome::Confirmed { .. }));
        let more = am.state().fire_with(DISK, "zone");
        let pass = source.list_open().await.unwrap();
        let open = ticket(&pass, &more);
        assert_eq!((open.status, &open.acknowledged_by, open.notes.len()), (Status::Open, &None, 1));
        assert!(open.notes[0].as_str().starts_with("silenced together with another alert, by silence 43af"), "{:?}", open.notes);
        assert!(matches!(source.tell(&key(&more), &Deed::Unacknowledge, None).await.unwrap(), Outcome::Already { by: None, .. }));
        assert!(matches!(source.tell(&key(&more), &acknowledge(), None).await.unwrap(), Outcome::Confirmed { .. }));
        assert_eq!(ticket(&source.list_open().await.unwrap(), &more).status, Status::Acknowledged);
        assert!(matches!(source.tell(&key(&more), &Deed::Unacknowledge, None).await.unwrap(), Outcome::Confirmed { .. }));
        let pass = source.list_open().await.unwrap();
        assert_eq!((ticket(&pass, &more).status, ticket(&pass, DISK).status), (Status::Open, Status::Acknowledged));
        am.state().alerts.pop();
    }
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_none() {
    let am = FakeAlertmanager::start().await;
    am.state().silence(DISK, "jo", &[], 10);
    am.state().silences[0]["id"] = "../../../grafana/api/silence".into();
    let why = why(told(&am, Deed::Unacknowledge, false).await);
    assert!(why.contains("does not tell by whom") && why.contains("nothing was sent"), "{why}");
    assert_eq!(am.changes(), 0);
}

#[tokio::test]
async fn an_own_silence_of_long_ago_does_not_answer_a_later_attempt() {
    let am = FakeAlertmanager::start().await;
    am.state().silence(DISK, "jo", &[], 10);
    let asked = |minutes| Some(am.state().now - TimeDelta::minutes(minutes));
    let source = at(&am.url(), "");
    assert!(matches!(source.tell(&key(DISK), &acknowledge(), asked(5)).await.unwrap(), Outcome::Already { .. }));
    assert!(matches!(source.tell(&key(DISK), &acknowledge(), asked(11)).await.unwrap(), Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn what_somebody_else_silenced_is_theirs() {
    let am = FakeAlertmanager::start().await;
    am.state().silence(DISK, "carol", &["instance"], 10);
    for tried_before in [false, true] {
        let outcome = told(&am, acknowledge(), tried_before).await;
        assert!(matches!(outcome, Outcome::Already { .. }), "{outcome:?}");
        assert_eq!(by(&outcome), Some("carol"));
    }
    let why = why(told(&am, Deed::Unacknowledge, false).await);
    assert!(why.contains("of carol") && why.contains("nothing was sent"), "{why}");
    // an own silence that covers more is not taken back either
    am.state().silences.clear();
    am.state().silence(DISK, "jo", &["job"], 10);
    let why = self::why(told(&am, Deed::Unacknowledge, false).await);
    assert!(why.contains("silences more than this alert"), "{why}");
    assert_eq!((am.changes(), am.active().len()), (0, 1));
}

#[tokio::test]
async fn what_is_resolved_meanwhile_is_refused() {
    let am = FakeAlertmanager::start().await;
    am.state().alerts.pop();
    for deed in [acknowledge(), Deed::Unacknowledge] {
        assert!(why(told(&am, deed, false).await).contains("it is resolved"));
    }
    // unless the server has just started: it is asked again later
    let now = am.state().now;
    am.state().started = now - TimeDelta::seconds(20);
    let later = at(&am.url(), "").tell(&key(DISK), &acknowledge(), None).await.unwrap_err();
    has(&later, FaultKind::ServerError, &["may not be told of it yet"]);
    // and what cannot be read is not resolved
    am.state().alerts[1]["labels"]["alertname"] = 7.into();
    let odd = at(&am.url(), "").tell(&key(NODE), &acknowledge(), None).await.unwrap();
    assert!(why(odd).contains("cannot be read"));
    assert_eq!(am.changes(), 0);
}

#[tokio::test]
async fn what_is_ours_is_given_back_even_if_it_is_there_twice() {
    for newer in [false, true] {
        let am = FakeAlertmanager::start().await;
        am.state().newer = newer;
        am.state().silence(DISK, "jo", &[], 10);
        am.state().silence(DISK, "jo", &[], 5);
        assert!(matches!(told(&am, Deed::Unacknowledge, false).await, Outcome::Confirmed { by: None, .. }));
        assert_eq!((am.active().len(), am.changes()), (0, 2));
        assert!(matches!(told(&am, Deed::Unacknowledge, true).await, Outcome::Confirmed { .. }));
        assert!(matches!(told(&am, Deed::Unacknowledge, false).await, Outcome::Already { by: None, .. }));
        assert_eq!(am.changes(), 2);
    }
    // one that is gone when it is to be removed is a failure to some versions, and gone all the same
    for (status, said) in [(500, "\"silence not found\""), (404, "")] {
        let am = FakeAlertmanager::start().await;
        am.state().silence(DISK, "jo", &[], 10);
        am.state().change_answers = Some((status, said, true));
        assert!(matches!(told(&am, Deed::Unacknowledge, false).await, Outcome::Confirmed { .. }), "{status}");
    }
    let am = FakeAlertmanager::start().await;
    am.state().silence(DISK, "jo", &[], 10);
    am.state().change_answers = Some((200, "", false));
    assert!(why(told(&am, Deed::Unacknowledge, false).await).contains("still active"));
    am.state().change_answers = Some((502, "", false));
    assert!(doubt(told(&am, Deed::Unacknowledge, false).await).contains("still active"));
    am.state().changed = false;
    am.state().read_back_answers = Some(503);
    assert!(doubt(told(&am, Deed::Unacknowledge, false).await).contains("not read back"));
}

#[tokio::test]
async fn what_the_server_says_of_a_refusal_is_told_in_each_of_its_four_shapes() {
    let am = FakeAlertmanager::start().await;
    for (status, said, told_as) in [
        (400, "\"Failed to create silence: nope\"", "Failed to create silence: nope"),
        (422, r#"{"code":602,"message":"comment in body is required"}"#, "comment in body is required"),
        (404, "", "status 404"),
        (405, "Not here\n", "Not here"),
        (400, "<html>no</html>", "status 400"),
    ] {
        am.state().change_answers = Some((status, said, false));
        let why = why(told(&am, acknowledge(), false).await);
        assert!(why.contains("Alertmanager refused: ") && why.ends_with(told_as), "{why}");
    }
    am.state().change_answers = Some((403, "Forbidden", false));
    assert_eq!(at(&am.url(), "").tell(&key(DISK), &acknowledge(), None).await.unwrap_err().kind, FaultKind::Forbidden);
}

#[tokio::test]
async fn only_a_silence_that_is_read_back_is_confirmed() {
    let am = FakeAlertmanager::start().await;
    // it failed after it did it
    am.state().change_answers = Some((502, "", true));
    assert!(matches!(told(&am, acknowledge(), false).await, Outcome::Confirmed { .. }));
    // before
    let am = FakeAlertmanager::start().await;
    am.state().change_answers = Some((502, "", false));
    let said = doubt(told(&am, acknowledge(), false).await);
    assert!(said.contains("502") && said.contains("there is no such silence"), "{said}");
    // something in between says that all is well
    am.state().change_answers = Some((200, "{}", false));
    assert!(why(told(&am, acknowledge(), false).await).contains("ignored"));
    am.state().change_answers = None;
    am.state().changed = false;
    am.state().read_back_answers = Some(503);
    assert!(doubt(told(&am, acknowledge(), false).await).contains("not read back"));
    assert_eq!(am.active().len(), 1);
    // the next attempt finds it, and does not double it
    let am2 = FakeAlertmanager::start().await;
    am2.state().gossips = true;
    assert!(doubt(told(&am2, acknowledge(), false).await).contains("does not list it yet"));
    am2.state().gossips = false;
    assert!(matches!(told(&am2, acknowledge(), true).await, Outcome::Confirmed { .. }));
    assert_eq!(am2.changes(), 1);
}

#[tokio::test]
async fn the_servers_clock_counts() {
    for hours in [-30, -1, 0, 1, 30] {
        let am = FakeAlertmanager::start().await;
        am.state().now += TimeDelta::hours(hours);
        let now = am.state().now;
        // a clock that goes on: how far it is from the server's can be told
        let millis = AtomicI64::new(1_795_000_000_000);
        let clock: Clock = Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(1, Relaxed)).unwrap());
        let source = with_clock(&am.url(), "", clock);
        let outcome = source.tell(&key(DISK), &acknowledge(), None).await.unwrap();
        let Outcome::Confirmed { at: Some(since), .. } = outcome else { panic!("{hours}: {outcome:?}") };
        assert_eq!(since, now, "{hours}");
        let ends = DateTime::parse_from_rfc3339(am.state().posted[0]["endsAt"].as_str().unwrap()).unwrap().to_utc();
        assert_eq!(ends - now, TimeDelta::hours(8), "{hours}");
    }
    // a server that does not tell is asked by our clock, and where it is behind that is seen
    let am = FakeAlertmanager::start().await;
    am.state().now -= TimeDelta::minutes(10);
    let said = doubt(told(&am, acknowledge(), false).await);
    assert!(said.contains("not active"), "{said}");
}

#[tokio::test]
async fn what_an_alert_cannot_be_told_says_why() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "");
    assert!(source.capabilities().can(DeedKind::Acknowledge) && source.capabilities().can(DeedKind::Unacknowledge));
    let text = SafeText::line("text");
    let deeds = [
        Deed::Note { text: text.clone() },
        Deed::Word { text: text.clone() },
        Deed::Assess { severity: Severity::S2 },
        Deed::Contact { channel: text },
        Deed::OnClient,
        Deed::Resolve,
    ];
    for deed in deeds {
        let why = why(told(&am, deed.clone(), false).await);
        assert_eq!(source.capabilities().why_not(deed.kind()), Some(why.as_str()));
    }
    // what to do about a severity
    assert!(source.capabilities().why_not(DeedKind::Assess).unwrap().contains("severity = \"S5\""));
    // whoever has no name cannot silence
    let settings = settings(&format!("kind = \"alertmanager\"\nurl = \"{}\"\n", am.url()));
    let nameless = sources::build(&settings, clock(), &[]).unwrap();
    assert!(nameless.whoami().await.unwrap().may_not[0].as_str().contains("acknowledge"));
    assert!(self::why(nameless.tell(&key(DISK), &acknowledge(), None).await.unwrap()).contains("set author"));
    assert_eq!(am.changes(), 0);
}
