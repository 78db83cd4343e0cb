//! Every payload in every text that Redmine sends, through the source and through the verbs of the built program.

use holdover::domain::SafeText;
use holdover::sources::{SourceKind, read_redmine};
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_redmine::{ALICE, recorded};
use super::{redmine_at, settings};
use crate::strangers::{PAYLOADS, assert_safe, filled, joined};
use crate::support::{ACME, Desk};

/// Rules that give a ticket what strangers wrote.
const RULES: &str = r#"map = [
    { field = "custom.Client", matches = "(?s)(.*)", client = "$1" },
    { field = "custom.Level", matches = "(?s)(.*)", support_level = "$1" },
    { field = "category", matches = "(?s)(.*)", service = "$1" },
    { field = "tracker", matches = "(?s)(.*)", channel = "$1" },
]
"#;

/// An issue with a payload in the place of each `@`.
fn issue(id: usize, closed: bool) -> String {
    let named = |id: u64| json!({ "id": id, "name": "@" });
    let statuses = recorded("statuses")["issue_statuses"].clone();
    let mut issue = json!({
        "id": id, "subject": "@", "description": "@\n@", "project": named(1), "tracker": named(1), "category": named(1),
        "fixed_version": named(1), "author": named(1), "priority": named(3), "assigned_to": named(9), "updated_on": "@",
        "custom_fields": [{ "id": 1, "name": "Client", "value": "@" }, { "id": 2, "name": "Level", "value": ["@"] }, { "id": 3, "name": "@", "value": "@" }],
        "created_on": "2026-11-23T01:00:00Z", "allowed_statuses": statuses,
        "journals": [{ "created_on": "@", "notes": "@", "user": named(9), "details": [{ "name": "@", "old_value": "@", "new_value": "@" }] }],
    });
    issue["status"] = json!({ "id": if id.is_multiple_of(3) { 2 } else { 1 }, "name": "@", "is_closed": closed });
    if id % 3 == 1 {
        issue.as_object_mut().unwrap().remove("assigned_to");
    }
    if id % 5 == 4 {
        issue["created_on"] = "@".into();
    }
    if id % 7 == 6 {
        issue["priority"] = json!({ "id": 999, "name": "@" });
    }
    issue.to_string()
}

async fn mount(server: &MockServer, at: &str, body: Vec<u8>) {
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(server).await;
}

/// A server that has one issue for each payload, and says it in all its own words too.
async fn server(payloads: &[Vec<u8>]) -> MockServer {
    let server = MockServer::start().await;
    let first = &payloads[0];
    let mut me = recorded("current-user");
    (me["user"]["firstname"], me["user"]["lastname"]) = ("@".into(), "@".into());
    mount(&server, "/users/current.json", filled(&me.to_string(), first)).await;
    let mut priorities = recorded("priorities");
    priorities["issue_priorities"].as_array_mut().unwrap().iter_mut().for_each(|p| p["name"] = "@".into());
    mount(&server, "/enumerations/issue_priorities.json", filled(&priorities.to_string(), first)).await;
    mount(&server, "/issue_statuses.json", recorded("statuses").to_string().into_bytes()).await;
    let issues: Vec<Vec<u8>> = payloads.iter().enumerate().map(|(n, payload)| filled(&issue(n + 1, false), payload)).collect();
    let unreadable = filled(r#"{ "id": 100001, "subject": "@", "custom_fields": "@" }"#, first);
    let list = [issues, vec![unreadable]].concat().join(&b","[..]);
    let total = payloads.len() + 1;
    let list = [b"{\"issues\":[".as_slice(), &list, format!("],\"total_count\":{total}}}").as_bytes()].concat();
    mount(&server, "/issues.json", list).await;
    for (n, payload) in payloads.iter().enumerate() {
        let one = [b"{\"issue\":".as_slice(), &filled(&issue(n + 1, n % 4 == 3), payload), b"}"].concat();
        mount(&server, &format!("/issues/{}.json", n + 1), one).await;
    }
    let refused = filled(r#"{ "errors": ["@", "@"] }"#, first);
    let refused = ResponseTemplate::new(422).set_body_raw(refused, "application/json");
    Mock::given(method("PUT")).and(path_regex("/issues/.*")).respond_with(refused).mount(&server).await;
    server
}

/// Payloads that are text; JSON that is none is refused as a whole.
fn texts() -> Vec<Vec<u8>> {
    joined(&PAYLOADS.iter().filter(|payload| std::str::from_utf8(payload).is_ok()).cloned().collect::<Vec<_>>())
}

#[tokio::test]
async fn no_text_of_redmine_reaches_a_ticket_unsanitised() {
    let payloads = texts();
    let server = server(&payloads).await;
    let pass = redmine_at(&server.uri(), ALICE, RULES).list_open().await.unwrap();
    assert_eq!((pass.tickets.len(), pass.complete), (payloads.len() + 1, true));
    let mut counted = 0;
    for ticket in &pass.tickets {
        let t = &**ticket;
        let texts =
            [Some(&t.title), t.client.as_ref(), t.support_level.as_ref(), t.channel.as_ref(), t.service.as_ref(), t.assignee.as_ref()];
        let more = [t.acknowledged_by.as_ref(), t.severity_origin.as_ref(), t.unreadable.as_ref(), t.url.as_ref(), t.description.as_ref()];
        for text in texts.into_iter().chain(more).flatten().chain(&t.notes) {
            assert_safe(text.as_str(), 4, &t.id.to_string());
        }
        counted += usize::from(t.altered > 0);
    }
    assert!(counted > payloads.len() / 2, "{counted} of {} say what was done to their text", payloads.len());
}

#[test]
fn what_was_replaced_is_counted_and_what_is_cut_is_noted() {
    let settings = settings(&format!("kind = \"redmine\"\nurl = \"https://a.example\"\ntoken_env = \"KEY\"\n{RULES}"));
    let SourceKind::Redmine(redmine) = &settings.kind else { panic!("{settings:?}") };
    let x = "x\u{1b}\u{200b}";
    let issue = json!({ "id": 1, "subject": x, "description": format!("{x}{}", "y".repeat(70_000)), "assigned_to": { "id": 1, "name": x },
        "category": { "id": 1, "name": x }, "tracker": { "id": 1, "name": x },
        "custom_fields": [{ "name": "Client", "value": x }, { "name": "Level", "value": x }] });
    let page = json!({ "issues": [issue, { "id": 2, "subject": x, "custom_fields": 1 }], "total_count": 2 });
    let (priorities, statuses) = (recorded("priorities").to_string(), recorded("statuses").to_string());
    let tickets = read_redmine(&page.to_string(), (&priorities, &statuses), &settings, redmine).unwrap();
    assert_eq!(tickets.iter().map(|t| t.altered).collect::<Vec<_>>(), [7 * 2, 2]);
    assert_eq!(tickets[0].notes, [SafeText::line("description is cut: 70005 bytes")]);
    assert!(tickets[0].description.as_ref().unwrap().as_str().ends_with("y…"));
}

#[tokio::test]
async fn what_redmine_says_is_safe_through_every_verb() {
    let server = server(&texts()).await;
    let count = texts().len();
    let config =
        format!("{ACME}\n[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n{RULES}", server.uri());
    let desk = Desk::configured(&config);
    let run = move |arguments: &[&str], marks| {
        let output = desk.command(arguments).env("KEY", ALICE).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_safe(&out, marks, &arguments.join(" "));
        assert_safe(&err, 4, &arguments.join(" "));
        (out, err)
    };
    let ran = tokio::task::spawn_blocking(move || {
        let (board, _) = run(&["list"], 2);
        assert!(board.lines().count() > count, "{board}");
        let board: Value = serde_json::from_str(&run(&["list", "--json"], 4).0).unwrap();
        assert!(board["tickets"].to_string().contains("^[[2J"), "they are shown, as signs");
        for key in ["1", "2", "3", "4", "5", "7", "100001"] {
            assert!(run(&["explain", key], 4).0.contains("replaced or left out"), "{key}");
            run(&["explain", key, "--json"], 4);
        }
        let keys: Vec<String> = (1..=count).map(|id| id.to_string()).collect();
        let all = |verb: &[&'static str]| -> Vec<String> { verb.iter().map(|v| (*v).to_owned()).chain(keys.clone()).collect() };
        for verb in [&["ack"][..], &["ack", "--json"], &["ack", "--note", "\u{1b}]0;x\u{7}"]] {
            let arguments = all(verb);
            let (out, err) = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 4);
            let said = out + &err;
            for word in ["Redmine refused: ", "already acknowledged by", "it is closed: "] {
                assert!(verb.contains(&"--json") || said.contains(word), "{word}: {said}");
            }
        }
    });
    ran.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_utf8_is_a_safe_fault() {
    let bad: Vec<Vec<u8>> = joined(&PAYLOADS.iter().filter(|payload| std::str::from_utf8(payload).is_err()).cloned().collect::<Vec<_>>());
    assert!(bad.len() > 1);
    for payload in bad {
        let fault = redmine_at(&server(std::slice::from_ref(&payload)).await.uri(), ALICE, "").list_open().await.unwrap_err();
        assert_safe(fault.text.as_str(), 4, &String::from_utf8_lossy(&payload));
    }
}

#[tokio::test]
async fn an_answer_that_is_only_a_payload_is_a_safe_fault() {
    for payload in joined(&PAYLOADS) {
        for status in [200, 400, 422, 500] {
            let server = MockServer::start().await;
            let body = [b"{\"errors\":[\"".as_slice(), &payload, b"\"]}"].concat();
            let answer = ResponseTemplate::new(status).set_body_raw(if status == 422 { body } else { payload.clone() }, "application/json");
            Mock::given(any()).respond_with(answer).mount(&server).await;
            let fault = redmine_at(&server.uri(), ALICE, "").list_open().await.unwrap_err();
            assert_safe(fault.text.as_str(), 4, &String::from_utf8_lossy(&payload));
        }
    }
}
