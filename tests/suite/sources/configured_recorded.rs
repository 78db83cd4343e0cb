//! What a real Roundup answered, read by the configuration of tests/configs; and Redmine, said in a configuration too.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdover::config;
use holdover::domain::{Deed, FaultKind, Outcome, SafeText, Severity, SourceName, Status, TicketKey};
use holdover::sources::{self, TicketSource};
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_redmine::{ALICE, BOB, FakeRedmine, WRONG};
use super::{clock, fault, keys, settings, ticket};

const PASSWORD: &str = "alice-secret";

/// An answer as recorded.
fn recorded(name: &str) -> ResponseTemplate {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/roundup/{name}.json"));
    let said: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let body = said["body"].as_str().map_or_else(|| said["body"].to_string(), str::to_owned);
    let status = u16::try_from(said["status"].as_u64().unwrap()).unwrap();
    let headers = said["headers"].as_object().unwrap().iter();
    headers.fold(ResponseTemplate::new(status).set_body_string(body), |answer, (name, value)| {
        answer.insert_header(name.as_str(), value.as_str().unwrap())
    })
}

/// A server that gives these answers, and the source that asks it as alice.
async fn roundup(answers: &[(&str, &str, &str)]) -> (MockServer, Arc<dyn TicketSource>) {
    let server = MockServer::start().await;
    for (how, at, name) in answers {
        Mock::given(method(*how)).and(path(format!("/ops/rest/{at}"))).respond_with(recorded(name)).mount(&server).await;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/valid/roundup.toml");
    // of the recorded users alice is not the only one
    let text = fs::read_to_string(file).unwrap().replace("collection[0]", "collection[?username=='alice'] | [0]");
    let settings =
        config::parse(&text.replace("https://tracker.example/ops/rest", &format!("{}/ops/rest", server.uri())), "config.toml", &[]);
    let settings = settings.unwrap_or_else(|problems| panic!("{problems:?}")).sources.remove(0);
    let source = sources::build(&settings, clock(), &[("ROUNDUP_PASSWORD".to_owned(), PASSWORD.to_owned())]).unwrap();
    (server, source)
}

async fn acknowledged(source: &Arc<dyn TicketSource>) -> Outcome {
    let key = TicketKey { source: SourceName::new("roundup"), key: SafeText::line("1") };
    source.tell(&key, &Deed::Acknowledge { note: None }, None).await.unwrap()
}

#[tokio::test]
async fn the_recorded_list_is_read() {
    let (_server, source) = roundup(&[("GET", "data/user", "users"), ("GET", "data/issue", "list")]).await;
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "alice");
    let pass = source.list_open().await.unwrap();
    assert_eq!((keys(&pass).len(), pass.complete, pass.total), (5, true, Some(5)));
    let severities: Vec<Option<Severity>> = ["1", "2", "3", "4", "5"].map(|key| ticket(&pass, key).severity).to_vec();
    assert_eq!(severities, Severity::ALL.map(Some));
    let first = ticket(&pass, "1");
    assert_eq!((first.title.as_str(), first.status), ("Core switch down in rack 4", Status::Open));
    assert_eq!(first.submitted_at.unwrap().to_rfc3339(), "2026-11-23T01:33:55+00:00");
    assert_eq!(first.url.as_ref().unwrap().as_str(), "https://tracker.example/ops/issue1");
    assert!(pass.tickets.iter().all(|ticket| ticket.notes.is_empty()), "{pass:?}");
}

#[tokio::test]
async fn recorded_refusals_are_understood() {
    let (_server, source) = roundup(&[("GET", "data/user", "auth-failure-wrong")]).await;
    assert_eq!(fault(&*source, PASSWORD).await.kind, FaultKind::NotSignedIn);
    let (_server, source) = roundup(&[("GET", "data/user", "rate-limited-429")]).await;
    let limited = fault(&*source, PASSWORD).await;
    assert_eq!((limited.kind, limited.retry_after.map(|after| after.as_secs())), (FaultKind::RateLimited, Some(150)));
}

#[tokio::test]
async fn recorded_answers_to_an_acknowledgement_are_understood() {
    let user = ("GET", "data/user", "users");
    let (_server, source) = roundup(&[user, ("GET", "data/issue/1", "after-ack")]).await;
    let Outcome::Already { by, .. } = acknowledged(&source).await else { panic!("alice has it") };
    assert_eq!(by.unwrap().as_str(), "alice");
    let (_server, source) = roundup(&[user, ("GET", "data/issue/1", "single"), ("PATCH", "data/issue/1", "ack-stale-etag")]).await;
    let Outcome::Refused { reason } = acknowledged(&source).await else { panic!("it was changed") };
    assert!(reason.as_str().contains("If-Match is missing or does not match"), "{reason}");
}

const REDMINE: &str = r#"kind = "http"
auth = "header"
auth_header = "X-Redmine-API-Key"
token_env = "KEY"
whoami = { path = "users/current.json", name = "join(' ', [user.firstname, user.lastname])", id = "user.id" }
list = { path = "issues.json", query = { status_id = "open", sort = "id", limit = 1000 }, items = "issues", total = "total_count", paging = "offset" }
fields = { key = "id", title = "/subject", severity = "priority.name", submitted_at = "created_on", assignee = "assigned_to.name", status = "status.name" }
values = { severity = { Immediate = "S1", Urgent = "S2", High = "S3", Normal = "S4", Low = "S5" } }
taken = "assigned_to && status.name != 'New'"
error = "join('; ', errors)"
item = { path = "issues/{id}.json", item = "issue" }
acknowledge = { method = "PUT", path = "issues/{id}.json", body = '{ "issue": { "assigned_to_id": "{me}", "status_id": 2, "notes": "{note}" } }', success = [204], verify = "item.assigned_to.id == me && item.status.id == `2`" }
"#;

#[tokio::test]
async fn another_server_is_another_configuration() {
    let redmine = FakeRedmine::start().await;
    let source = |key: &str| {
        let settings = settings(&format!("{REDMINE}url = \"{}\"\n", redmine.url()));
        sources::build(&settings, clock(), &[("KEY".to_owned(), key.to_owned())]).unwrap()
    };
    let alice = source(ALICE);
    assert_eq!(alice.whoami().await.unwrap().name.as_str(), "Alice Ops");
    let pass = alice.list_open().await.unwrap();
    assert_eq!((keys(&pass), pass.complete, pass.total), (vec!["1", "2", "3", "4", "5"], true, Some(5)));
    assert_eq!(ticket(&pass, "1").severity, Some(Severity::S1));
    // a key that is wrong is answered with an empty list
    assert_eq!(fault(&*source(WRONG), WRONG).await.kind, FaultKind::NotSignedIn);
    // the 204 of somebody who may not is no success
    let tell = |source: Arc<dyn TicketSource>| async move {
        let key = TicketKey { source: SourceName::new("desk"), key: SafeText::line("1") };
        source.tell(&key, &Deed::Acknowledge { note: None }, None).await.unwrap()
    };
    let Outcome::Refused { reason } = tell(source(BOB)).await else { panic!("bob may not") };
    assert!(reason.as_str().contains("and it is not: it is open, and nobody has it"), "{reason}");
    let Outcome::Confirmed { by, .. } = tell(Arc::clone(&alice)).await else { panic!("alice may") };
    assert_eq!((by.unwrap().as_str(), &redmine.issue(1)["status"]["name"]), ("Alice Ops", &"In Progress".into()));
    // pages are clamped to 100, whatever is asked for
    redmine.fill(250);
    let pass = alice.list_open().await.unwrap();
    assert_eq!((pass.tickets.len(), pass.complete, pass.warning), (250, true, None));
}
