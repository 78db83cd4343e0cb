//! Alertmanager: what is listed, and what is said of an alert.

use std::sync::Arc;

use chrono::TimeDelta;
use holdover::domain::{Deed, FaultKind, SafeText, Severity, SourceName, Status, TicketKey};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_alertmanager::{FakeAlertmanager, recorded};
use super::hostile::has;
use super::{clock, fault, keys, settings, ticket};

/// `DiskFull`, critical, of the recorded list.
pub const DISK: &str = "fd8fc1a7c02585bc";
/// `NodeDown`.
pub const NODE: &str = "d0cefdd25d6ef2ab";

pub fn with_clock(url: &str, more: &str, clock: Clock) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"alertmanager\"\nurl = \"{url}\"\n{more}\n"));
    let environment = [("USER", "jo"), ("AM_KEY", "ops-secret")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    sources::build(&settings, clock, &environment).unwrap()
}

pub fn at(url: &str, more: &str) -> Arc<dyn TicketSource> {
    with_clock(url, more, clock())
}

pub fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

pub fn acknowledge() -> Deed {
    Deed::Acknowledge { note: None }
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
async fn a_recorded_silence_is_an_acknowledgement() {
    let am = FakeAlertmanager::start().await;
    am.state().silences = recorded("silences-list").1.as_array().unwrap().clone();
    let pass = at(&am.url(), "").list_open().await.unwrap();
    let disk = ticket(&pass, DISK);
    assert_eq!((disk.status, disk.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "ops"));
    assert_eq!(disk.acknowledged_at.unwrap().to_rfc3339(), "2026-11-23T01:33:58+00:00");
    // of the name and the instance, and not of all labels
    let note = disk.notes[0].as_str();
    assert!(note.starts_with("silence 43afade0-") && note.contains("of ops, until 2026-11-23T03:33:57.875Z silences more"), "{note}");
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
async fn a_server_whose_date_is_left_out_is_not_older_for_that() {
    let am = FakeAlertmanager::start().await;
    am.state().date = Some("left out");
    let now = am.state().now;
    am.state().alerts.clear();
    for started in [now - TimeDelta::seconds(20), now + TimeDelta::seconds(20)] {
        am.state().started = started;
        assert!(!at(&am.url(), "").list_open().await.unwrap().complete, "{started}");
    }
    am.state().started = now - TimeDelta::minutes(6);
    assert!(at(&am.url(), "").list_open().await.unwrap().complete);
}

#[tokio::test]
async fn all_answers_of_a_pass_together_have_a_limit() {
    let am = FakeAlertmanager::start().await;
    let long = "x".repeat(700 * 1024);
    am.state().alerts[0]["annotations"]["description"] = long.clone().into();
    am.state().silence(DISK, "jo", &[], 1);
    am.state().silences[0]["comment"] = long.into();
    let source = at(&am.url(), "max_page = 1\nmax_pass = 1");
    has(&fault(&*source, "ops-secret").await, FaultKind::Unintelligible, &["the answers of one pass are too large"]);
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
    assert_eq!(nobody.tell(&key(DISK), &acknowledge(), None).await.unwrap_err().kind, FaultKind::NotSignedIn);
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
