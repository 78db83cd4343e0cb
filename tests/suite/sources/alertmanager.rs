//! Alertmanager: what is listed, what is said of an alert, and silences as acknowledgements.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::{DateTime, TimeDelta};
use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, SafeText, Severity, SourceName, Status, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_alertmanager::{FakeAlertmanager, recorded};
use super::hostile::has;
use super::{clock, fault, keys, settings, ticket};

/// DiskFull, critical, of the recorded list.
const DISK: &str = "fd8fc1a7c02585bc";
/// NodeDown.
const NODE: &str = "d0cefdd25d6ef2ab";

fn with_clock(url: &str, more: &str, clock: Clock) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"alertmanager\"\nurl = \"{url}\"\n{more}\n"));
    let environment = [("USER", "jo"), ("AM_KEY", "ops-secret")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    sources::build(&settings, clock, &environment).unwrap()
}

fn at(url: &str, more: &str) -> Arc<dyn TicketSource> {
    with_clock(url, more, clock())
}

fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

fn acknowledge() -> Deed {
    Deed::Acknowledge { note: None }
}

async fn told(am: &FakeAlertmanager, deed: Deed, tried_before: bool) -> Outcome {
    at(&am.url(), "").tell(&key(DISK), &deed, tried_before).await.unwrap()
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
async fn the_recorded_list_is_read() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "");
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "jo");
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len(), &pass.warning), (true, Some(4), 4, &None));
    let disk = ticket(&pass, DISK);
    assert_eq!(disk.title.as_str(), "Disk 97% full on db-1");
    assert_eq!(disk.description.as_ref().unwrap().as_str(), "Disk 97% full on db-1 (seeded)\n\nRunbook: https://runbooks.example/DiskFull");
    assert_eq!(disk.submitted_at.unwrap().to_rfc3339(), "2026-11-23T01:28:51+00:00", "in whole seconds");
    assert_eq!(disk.url.as_ref().unwrap().as_str(), "http://prometheus.example/graph?g0.expr=DiskFull");
    assert_eq!((disk.severity, disk.status, disk.client.as_ref()), (Some(Severity::S1), Status::Open, None));
    assert!(disk.severity_origin.as_ref().unwrap().as_str().contains("label severity 'critical'"));
    let others = [NODE, "abaa51ca9c37ce98", "d3f775f8423e7c76"].map(|key| ticket(&pass, key).severity.unwrap());
    assert_eq!(others, [Severity::S1, Severity::S3, Severity::S5], "page, warning, info");
    let asked = am.state().requests.clone();
    assert!(asked.iter().any(|r| r.contains("active=true&silenced=true&inhibited=false")), "{asked:?}");
    assert!(!asked.iter().any(|r| r.contains("silences")), "nothing is silenced: {asked:?}");
}

#[tokio::test]
async fn severities_that_nobody_knows_and_rules_that_do() {
    let am = FakeAlertmanager::start().await;
    {
        let alerts = &mut am.state().alerts;
        alerts[0]["labels"]["severity"] = "sev1".into();
        alerts[1]["labels"].as_object_mut().unwrap().remove("severity");
        alerts[2]["labels"]["severity"] = "Major".into();
        alerts[2]["annotations"] = json!({});
        alerts[3]["labels"]["client"] = "acme".into();
    }
    let pass = at(&am.url(), "").list_open().await.unwrap();
    let odd = ticket(&pass, "abaa51ca9c37ce98");
    assert_eq!((odd.severity, odd.severity_unreadable), (None, true));
    assert!(odd.notes[0].as_str().contains("'sev1'"), "{:?}", odd.notes);
    assert_eq!((ticket(&pass, NODE).severity, ticket(&pass, NODE).notes.len()), (None, 0));
    let bare = ticket(&pass, "d3f775f8423e7c76");
    assert_eq!((bare.severity, bare.title.as_str(), bare.description.as_ref()), (Some(Severity::S2), "CertExpiry", None));
    let map = r#"map = [
        { field = "labels.severity", is = "SEV1", severity = "S2" },
        { field = "labels.client", matches = "(.+)", client = "$1" },
        { field = "receiver", is = "none", channel = "alert" },
        { field = "annotations.summary", matches = "unreachable", support_level = "L2" },
        { field = "state", is = "active", callback_requested = true },
    ]"#;
    let pass = at(&am.url(), map).list_open().await.unwrap();
    let odd = ticket(&pass, "abaa51ca9c37ce98");
    assert_eq!((odd.severity, odd.severity_unreadable, odd.callback_requested), (Some(Severity::S2), false, true));
    assert_eq!(ticket(&pass, DISK).client.as_ref().unwrap().as_str(), "acme");
    assert_eq!(ticket(&pass, DISK).channel.as_ref().unwrap().as_str(), "alert");
    assert_eq!(ticket(&pass, NODE).support_level.as_ref().unwrap().as_str(), "L2");
}

#[tokio::test]
async fn what_somebody_silenced_is_acknowledged_by_the_first_who_did() {
    let am = FakeAlertmanager::start().await;
    am.state().silence(DISK, "late", &[], 5);
    am.state().silence(DISK, "early", &["instance"], 60);
    am.state().silence(DISK, "over", &[], 600);
    am.state().silences[2]["status"]["state"] = "expired".into();
    let pass = at(&am.url(), "").list_open().await.unwrap();
    let disk = ticket(&pass, DISK);
    assert_eq!((disk.status, disk.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "early"));
    assert_eq!(disk.acknowledged_at.unwrap().timestamp(), 1_795_000_000 - 3600);
    assert_eq!(disk.notes.len(), 1);
    assert!(disk.notes[0].as_str().contains("of early") && disk.notes[0].as_str().contains("more than this alert"), "{:?}", disk.notes);
    assert_eq!(ticket(&pass, NODE).status, Status::Open);
    // where the silence cannot be read it is silenced all the same
    am.state().silences = vec![];
    am.state().alerts[3]["status"] = json!({ "state": "suppressed", "silencedBy": ["x"], "inhibitedBy": [] });
    am.state().silence(DISK, "x", &[], 1);
    am.state().silences[0]["createdBy"] = 7.into();
    let pass = at(&am.url(), "").list_open().await.unwrap();
    assert_eq!((ticket(&pass, DISK).status, &ticket(&pass, DISK).acknowledged_by), (Status::Acknowledged, &None));
}

#[tokio::test]
async fn inhibited_alerts_are_left_out_and_muted_ones_are_not() {
    let am = FakeAlertmanager::start().await;
    am.state().newer = true;
    am.state().alerts[0]["status"]["inhibitedBy"] = json!([DISK]);
    am.state().alerts[1]["status"]["mutedBy"] = json!(["offhours"]);
    let pass = at(&am.url(), "").list_open().await.unwrap();
    assert_eq!((pass.tickets.len(), ticket(&pass, NODE).status), (3, Status::Open));
    assert!(ticket(&pass, NODE).notes[0].as_str().contains("muted by the time interval 'offhours'"));
    // resolved is what is no longer there
    am.state().alerts.remove(1);
    assert!(!keys(&at(&am.url(), "").list_open().await.unwrap()).contains(&NODE));
}

#[tokio::test]
async fn one_odd_alert_costs_only_itself() {
    let am = FakeAlertmanager::start().await;
    {
        let alerts = &mut am.state().alerts;
        alerts[0]["startsAt"] = "yesterday".into();
        alerts[1]["labels"]["alertname"] = 7.into();
        alerts[2] = json!({ "labels": { "alertname": "NoFingerprint" } });
        alerts[3]["startsAt"] = "0001-01-01T00:00:00Z".into();
        alerts[3]["generatorURL"] = "javascript:alert(1)".into();
        alerts[3]["annotations"]["summary"] = "\u{1b}[2Jdisk\u{202e}".into();
        alerts.push("text".into());
    }
    let pass = at(&am.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (true, 5));
    assert!(ticket(&pass, "abaa51ca9c37ce98").unreadable.as_ref().unwrap().as_str().contains("'yesterday' is no time"));
    assert!(ticket(&pass, NODE).unreadable.is_some());
    assert_eq!(ticket(&pass, "entry 3").title.as_str(), "NoFingerprint");
    assert!(ticket(&pass, "entry 5").unreadable.is_some());
    let disk = ticket(&pass, DISK);
    assert_eq!((&disk.submitted_at, &disk.url, disk.severity), (&None, &None, Some(Severity::S1)));
    assert!(!disk.title.as_str().contains('\u{1b}') && disk.altered > 0, "{}", disk.title);
    assert!(disk.notes[0].as_str().contains("not between 1970 and 2199"));
}

#[tokio::test]
async fn matchers_and_receivers_are_passed_on_and_a_bad_one_is_a_fault_in_the_servers_words() {
    let am = FakeAlertmanager::start().await;
    let more = "matchers = ['severity=\"critical\"', 'job=\"node\"']\nreceiver = \"on call|x\"";
    let pass = at(&am.url(), more).list_open().await.unwrap();
    assert_eq!(keys(&pass), [DISK]);
    let asked = am.state().requests.last().unwrap().clone();
    assert!(asked.contains("filter=severity%3D%22critical%22&filter=job%3D%22node%22&receiver=on+call%7Cx"), "{asked}");
    let bad = fault(&*at(&am.url(), "matchers = ['{{nope=']"), "ops-secret").await;
    has(&bad, FaultKind::Unintelligible, &["bad matcher format: {{nope", "check matchers"]);
}

#[tokio::test]
async fn a_server_that_has_just_started_is_not_believed_to_have_nothing() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "");
    assert!(source.list_open().await.unwrap().complete);
    // it stopped, forgot, and started; and is told one by one
    let now = am.state().now;
    let all = am.state().alerts.clone();
    am.state().started = now - TimeDelta::seconds(20);
    am.state().alerts.clear();
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (false, None, 0));
    assert!(pass.warning.unwrap().as_str().contains("forgets alerts when it stops"));
    assert!(!at(&am.url(), "").list_open().await.unwrap().complete, "nor by who asks for the first time");
    am.state().alerts = all[..3].to_vec();
    assert!(!source.list_open().await.unwrap().complete, "one that was known is missing");
    am.state().alerts.clone_from(&all);
    assert!(source.list_open().await.unwrap().complete, "all that was known is back");
    am.state().alerts.pop();
    assert!(!source.list_open().await.unwrap().complete);
    am.state().started = now - TimeDelta::minutes(6);
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (true, 3), "by now it knows");
}

#[tokio::test]
async fn wrong_credentials_and_pages_are_faults() {
    let am = FakeAlertmanager::start().await;
    am.state().authorization = Some("Basic b3BzOm9wcy1zZWNyZXQ=".to_owned());
    let source = at(&am.url(), "auth = \"basic\"\nuser = \"ops\"\ntoken_env = \"AM_KEY\"");
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "ops", "who signs in is the author");
    assert_eq!(source.list_open().await.unwrap().tickets.len(), 4);
    let nobody = at(&am.url(), "");
    has(&fault(&*nobody, "ops-secret").await, FaultKind::NotSignedIn, &["401"]);
    assert_eq!(nobody.whoami().await.unwrap_err().kind, FaultKind::NotSignedIn);
    assert_eq!(nobody.tell(&key(DISK), &acknowledge(), false).await.unwrap_err().kind, FaultKind::NotSignedIn);
    assert_eq!(am.changes(), 0);
    let pages = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    Mock::given(any()).respond_with(page).mount(&pages).await;
    has(&fault(&*at(&pages.uri(), ""), "ops-secret").await, FaultKind::Unintelligible, &["web page"]);
}

#[tokio::test]
async fn headers_of_a_tenant_go_with_every_request() {
    let server = MockServer::start().await;
    let tenant = wiremock::matchers::header("X-Scope-OrgID", "acme");
    Mock::given(tenant).respond_with(ResponseTemplate::new(200).set_body_json(recorded("status").1)).mount(&server).await;
    at(&server.uri(), "headers = { X-Scope-OrgID = \"acme\" }\nauthor = \"x\"").whoami().await.unwrap();
    assert!(at(&server.uri(), "").whoami().await.is_err());
}

#[tokio::test]
async fn to_acknowledge_is_to_silence_exactly_this_alert() {
    let am = FakeAlertmanager::start().await;
    let source = at(&am.url(), "author = \"Jo Ops\"\nsilence_for = \"2h\"");
    let note = Deed::Acknowledge { note: Some(SafeText::line("on it")) };
    let outcome = source.tell(&key(DISK), &note, false).await.unwrap();
    let Outcome::Confirmed { by, at: since } = outcome else { panic!("{outcome:?}") };
    assert_eq!((by.unwrap().as_str(), since.unwrap().timestamp()), ("Jo Ops", 1_795_000_000));
    let silence = am.state().posted[0].clone();
    let named: Vec<&str> = silence["matchers"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["alertname", "instance", "job", "severity"]);
    assert!(silence["matchers"].as_array().unwrap().iter().all(|m| m["isRegex"] == false && m["isEqual"] == true));
    assert_eq!((&silence["comment"], &silence["createdBy"]), (&json!("on it"), &json!("Jo Ops")));
    assert_eq!(silence["endsAt"], "2026-11-18T13:06:40Z");
    let pass = source.list_open().await.unwrap();
    let disk = ticket(&pass, DISK);
    assert_eq!((disk.status, disk.acknowledged_by.as_ref().unwrap().as_str(), disk.notes.len()), (Status::Acknowledged, "Jo Ops", 0));
    assert_eq!(pass.tickets.iter().filter(|t| t.status == Status::Acknowledged).count(), 1, "only this one");
    // again: nothing is sent, and an attempt that may have arrived is confirmed
    assert!(matches!(source.tell(&key(DISK), &note, false).await.unwrap(), Outcome::Already { .. }));
    assert!(matches!(source.tell(&key(DISK), &note, true).await.unwrap(), Outcome::Confirmed { .. }));
    assert_eq!(am.changes(), 1);
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
    assert_eq!(at(&am.url(), "").tell(&key(DISK), &acknowledge(), false).await.unwrap_err().kind, FaultKind::Forbidden);
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
        let outcome = source.tell(&key(DISK), &acknowledge(), false).await.unwrap();
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
    // whoever has no name cannot silence
    let settings = settings(&format!("kind = \"alertmanager\"\nurl = \"{}\"\n", am.url()));
    let nameless = sources::build(&settings, clock(), &[]).unwrap();
    assert!(nameless.whoami().await.unwrap().may_not[0].as_str().contains("acknowledge"));
    assert!(self::why(nameless.tell(&key(DISK), &acknowledge(), false).await.unwrap()).contains("set author"));
    assert_eq!(am.changes(), 0);
}
