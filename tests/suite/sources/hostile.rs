//! Servers that answer what no Redmine answers, or nothing. Each is a fault that says why, and the key is in none of them.

use std::time::Duration;

use holdover::domain::{Fault, FaultKind};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::fake_redmine::{ALICE, FakeRedmine, recorded};
use super::{fault, redmine_at};

pub const ZEROS: &[u8] = include_bytes!("../../recorded/zeros-16-mib.gz");

/// The fault of a server that gives one answer to everything.
pub async fn of_all(answer: ResponseTemplate) -> Fault {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    fault(&*redmine_at(&server.uri(), ALICE, ""), ALICE).await
}

/// The fault of a server that knows the key and gives this list of issues.
async fn of_list(body: impl Into<Vec<u8>>) -> Fault {
    let server = server_with_list(ResponseTemplate::new(200).set_body_raw(body, "application/json"), &[]).await;
    fault(&*redmine_at(&server.uri(), ALICE, ""), ALICE).await
}

/// A server that knows any key and gives this list of issues; all that it answers has these headers too.
pub async fn server_with_list(list: ResponseTemplate, headers: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start().await;
    let with = |answer: ResponseTemplate| headers.iter().fold(answer, |answer, (name, text)| answer.insert_header(*name, *text));
    for (at, name) in [
        ("/users/current.json", "current-user"),
        ("/enumerations/issue_priorities.json", "priorities"),
        ("/issue_statuses.json", "statuses"),
    ] {
        Mock::given(path(at)).respond_with(with(ResponseTemplate::new(200).set_body_json(recorded(name)))).mount(&server).await;
    }
    Mock::given(path("/issues.json")).respond_with(with(list)).mount(&server).await;
    server
}

pub fn has(fault: &Fault, kind: FaultKind, words: &[&str]) {
    assert_eq!(fault.kind, kind, "{fault:?}");
    for word in words {
        assert!(fault.text.as_str().contains(word), "'{word}' is not in {}", fault.text);
    }
}

#[tokio::test]
async fn a_page_instead_of_json_is_named() {
    let page = "<!DOCTYPE html><html><body>Please sign in</body></html>";
    let html = ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8");
    has(&of_all(html.clone()).await, FaultKind::Unintelligible, &["web page, not JSON", "check url"]);
    let mislabelled = ResponseTemplate::new(200).set_body_raw(page, "application/json");
    has(&of_all(mislabelled).await, FaultKind::Unintelligible, &["web page, not JSON"]);
    let server = server_with_list(html, &[]).await;
    has(&fault(&*redmine_at(&server.uri(), ALICE, ""), ALICE).await, FaultKind::Unintelligible, &["web page, not JSON"]);
}

#[tokio::test]
async fn a_key_that_the_server_tells_back_goes_no_further() {
    let quoted = format!("{{\"user\":\"{ALICE}\"}}");
    // what is told of a fault is looked at for the key in each of these tests
    has(
        &of_all(ResponseTemplate::new(200).set_body_raw(quoted, "application/json")).await,
        FaultKind::Unintelligible,
        &["not understood", "****"],
    );
    let said = format!("{{\"errors\":[\"bad key {ALICE}\"]}}");
    has(
        &of_all(ResponseTemplate::new(400).set_body_raw(said, "application/json")).await,
        FaultKind::Unintelligible,
        &["it says: bad key ****"],
    );
    let there = format!("https://elsewhere.example/?key={ALICE}");
    has(
        &of_all(ResponseTemplate::new(302).insert_header("Location", &*there)).await,
        FaultKind::Unintelligible,
        &["points to https://elsewhere"],
    );
}

#[tokio::test]
async fn each_status_is_told_by_what_it_means() {
    let cases = [
        (401, FaultKind::NotSignedIn, &["not signed in", "401", "check the key"][..]),
        (403, FaultKind::Forbidden, &["not allowed", "403"]),
        (404, FaultKind::Unintelligible, &["not found", "404", "check url"]),
        (429, FaultKind::RateLimited, &["too many requests", "429"]),
        (500, FaultKind::ServerError, &["the server failed (500)"]),
        (502, FaultKind::ServerError, &["502"]),
        (503, FaultKind::ServerError, &["503"]),
        (418, FaultKind::Unintelligible, &["418"]),
        (204, FaultKind::Unintelligible, &["not", "check url"]),
    ];
    for (status, kind, words) in cases {
        let page = "<html>Sorry, a proxy speaks</html>";
        has(&of_all(ResponseTemplate::new(status).set_body_raw(page, "text/html")).await, kind, words);
        has(&of_all(ResponseTemplate::new(status)).await, kind, words);
    }
}

#[tokio::test]
async fn how_long_a_server_wants_to_be_left_alone_is_read_and_capped() {
    let date = "Wed, 25 Nov 2026 10:00:00 GMT";
    let cases = [
        ("120", Some(120)),
        ("99999999", Some(600)),
        ("99999999999999999999999999", Some(600)),
        ("0", Some(0)),
        ("Wed, 25 Nov 2026 10:01:30 GMT", Some(90)),
        ("Thu, 25 Nov 2027 10:00:00 GMT", Some(600)),
        ("Wed, 25 Nov 2026 09:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ];
    for (said, seconds) in cases {
        for status in [429, 503] {
            let fault = of_all(ResponseTemplate::new(status).insert_header("Retry-After", said).insert_header("Date", date)).await;
            assert_eq!(fault.retry_after, seconds.map(Duration::from_secs), "{status} {said}");
        }
    }
    assert_eq!(of_all(ResponseTemplate::new(500)).await.retry_after, None);
}

#[tokio::test]
async fn each_vendor_says_in_its_own_way_how_long_it_wants_to_be_left_alone() {
    // 1 December 2026, 00:00 UTC, is 1796083200
    let date = "Tue, 01 Dec 2026 00:00:00 GMT";
    for (headers, seconds) in [
        (&[("ratelimit-reset", "37")][..], Some(37)),
        (&[("x-ratelimit-reset", "37.5")], Some(37)),
        (&[("X-RateLimit-Reset", "1796083290")], Some(90)),
        (&[("X-Sentry-Rate-Limit-Reset", "1796083290")], Some(90)),
        (&[("X-RateLimit-Reset", "2026-12-01T00:02Z")], Some(120)),
        (&[("X-RateLimit-Reset", "2026-12-01T00:02:05Z")], Some(125)),
        (&[("Retry-After", "5"), ("ratelimit-reset", "37")], Some(5)),
        // what is over, is far off, or is no time
        (&[("X-RateLimit-Reset", "1796083100")], Some(0)),
        (&[("X-RateLimit-Reset", "99999999999999")], None),
        (&[("X-RateLimit-Reset", "18446744073709551616")], None),
        (&[("X-RateLimit-Reset", "soon")], None),
        (&[("ratelimit-reset", "86400")], Some(600)),
    ] {
        let mut answer = ResponseTemplate::new(429).insert_header("Date", date);
        for (name, value) in headers {
            answer = answer.insert_header(*name, *value);
        }
        let fault = of_all(answer).await;
        assert_eq!((fault.kind, fault.retry_after), (FaultKind::RateLimited, seconds.map(Duration::from_secs)), "{headers:?}");
    }
    // a 403 that means too many requests, and one that does not
    for (name, value, kind) in [
        ("x-ratelimit-remaining", "0", FaultKind::RateLimited),
        ("Retry-After", "60", FaultKind::RateLimited),
        ("x-ratelimit-remaining", "17", FaultKind::Forbidden),
    ] {
        assert_eq!(of_all(ResponseTemplate::new(403).insert_header(name, value)).await.kind, kind, "{name} {value}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_not_held() {
    let large = format!("{{\"user\":{{\"id\":1}},\"x\":\"{}\"}}", "x".repeat(9 << 20));
    has(&of_all(ResponseTemplate::new(200).set_body_raw(large, "application/json")).await, FaultKind::Unintelligible, &["more than 8 MiB"]);
    // sixteen times 16 MiB in 256 KB
    let bomb = ZEROS.repeat(16);
    let packed = ResponseTemplate::new(200).set_body_raw(bomb, "application/json").insert_header("Content-Encoding", "gzip");
    has(&of_all(packed).await, FaultKind::Unintelligible, &["more than 8 MiB"]);
    let broken = ResponseTemplate::new(200).set_body_raw("no gzip", "application/json").insert_header("Content-Encoding", "gzip");
    has(&of_all(broken).await, FaultKind::Unreachable, &["no answer"]);
}

#[tokio::test]
async fn a_list_that_is_none_is_a_fault() {
    let deep = format!("{{\"issues\":{}{},\"total_count\":1}}", "[".repeat(100_000), "]".repeat(100_000));
    for list in [
        "",
        "null",
        "[]",
        "\"issues\"",
        "{}",
        "{\"issues\":[]}",
        "{\"issues\":{},\"total_count\":0}",
        "{\"issues\":[],\"total_count\":-1}",
        "{\"issues\":[],\"total_count\":1e400}",
        "{\"issues\":[],\"total_count\":\"0\"}",
        "{\"issues\":[{\"id\":1}],\"total_count\":1",
        "{\"issues\":[],\"issues\":[],\"total_count\":0}",
        "\u{0}\u{1}\u{2}",
    ] {
        has(&of_list(list).await, FaultKind::Unintelligible, &["not understood"]);
    }
    let server = server_with_list(ResponseTemplate::new(200).set_body_raw(deep, "application/json"), &[]).await;
    let pass = redmine_at(&server.uri(), ALICE, "").list_open().await.unwrap();
    assert_eq!(pass.tickets.len(), 1, "one entry, and it cannot be read");
    assert!(pass.tickets[0].unreadable.is_some());
}

#[tokio::test]
async fn entries_that_are_no_issues_are_shown_as_unreadable() {
    let list = r#"{ "issues": [ 17, null, "x", [], {}, { "id": -1 }, { "id": 1e400 }, { "id": 18446744073709551616 }, { "id": 1.5 },
        { "id": 5, "id": 6 }, { "id": 18446744073709551615, "subject": "The largest" } ], "total_count": 11 }"#;
    let server = server_with_list(ResponseTemplate::new(200).set_body_raw(list, "application/json"), &[]).await;
    let pass = redmine_at(&server.uri(), ALICE, "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (true, 11));
    assert_eq!(pass.tickets.iter().filter(|t| t.unreadable.is_none()).count(), 1);
    assert!(pass.tickets.iter().any(|t| t.title.as_str() == "The largest" && t.id.key.as_str() == "18446744073709551615"));
}

#[tokio::test]
async fn a_server_that_repeats_itself_or_promises_too_much_does_not_keep_us() {
    let one = recorded("list")["issues"][0].clone();
    for (issues, total) in [(vec![one.clone()], 1_000_000), (vec![], 5)] {
        let list = serde_json::json!({ "issues": issues, "total_count": total });
        let server = server_with_list(ResponseTemplate::new(200).set_body_json(list), &[]).await;
        let pass = redmine_at(&server.uri(), ALICE, "").list_open().await.unwrap();
        assert_eq!((pass.complete, pass.total, pass.tickets.len()), (false, Some(total), issues.len()), "shown so many of so many");
        let asked = server.received_requests().await.unwrap().len();
        assert!(asked < 20, "{asked} requests");
    }
}

/// A server that knows any key and has ever more issues.
pub async fn endless() -> MockServer {
    let server = server_with_list(ResponseTemplate::new(500), &[]).await;
    let page = |request: &Request| {
        let from: u64 = request.url.query_pairs().find(|(name, _)| name == "offset").unwrap().1.parse().unwrap();
        let issues: Vec<_> = (from + 1..=from + 100).map(|id| serde_json::json!({ "id": id })).collect();
        ResponseTemplate::new(200).set_body_json(serde_json::json!({ "issues": issues, "total_count": from + 1000 }))
    };
    Mock::given(path("/issues.json")).respond_with(page).with_priority(1).mount(&server).await;
    server
}

#[tokio::test]
async fn a_list_without_end_is_left_after_500_pages() {
    let server = endless().await;
    let pass = redmine_at(&server.uri(), ALICE, "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (false, 500 * 99 + 1));
    let asked = server.received_requests().await.unwrap().iter().filter(|r| r.url.path() == "/issues.json").count();
    assert_eq!(asked, 500);
}

#[tokio::test]
async fn text_of_an_issue_cannot_reach_the_terminal() {
    let redmine = FakeRedmine::start().await;
    {
        let mut state = redmine.state();
        let issue = &mut state.issues[0];
        issue["subject"] = "\u{1b}]0;pwned\u{7}\u{9b}2J\u{202e}x".into();
        issue["description"] = "a\u{0}b\u{1b}[31m\r\nc".into();
        issue["priority"] = serde_json::json!({ "id": 99, "name": "\u{1b}[5mred" });
        issue["assigned_to"] = serde_json::json!({ "id": 9, "name": "\u{1b}c" });
        issue["subject_of_another"] = "\u{1b}".into();
    }
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    let shown = format!("{:?}", pass.tickets).replace("\\n", "");
    assert!(!shown.contains("\\u{1b}") && !shown.contains("\\u{9b}") && !shown.contains('\u{202e}') && !shown.contains("\\0"), "{shown}");
}
