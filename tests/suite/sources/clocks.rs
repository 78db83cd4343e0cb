//! A server whose clock is another than ours: told by its Date, by no more than both clocks can have meant.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::{DateTime, TimeDelta, Utc};
use holdover::sources::{self, Clock};
use serde_json::Value;
use wiremock::{MockServer, ResponseTemplate};

use super::fake_redmine::ALICE;
use super::hostile::server_with_list;
use super::{clock, settings};
use crate::support::{ACME, Desk};

/// What the clock below shows first.
const START: i64 = 1_795_000_000;

/// A clock that goes on by so many milliseconds each time it is looked at.
fn ticking(step: i64) -> Clock {
    let millis = AtomicI64::new(START * 1000);
    Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(step, Relaxed)).unwrap())
}

/// An empty list, with headers.
async fn server(headers: &[(&str, &str)]) -> MockServer {
    let list = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "issues": [], "total_count": 0 }));
    server_with_list(list, headers).await
}

async fn ahead(headers: &[(&str, &str)], clock: Clock) -> Option<TimeDelta> {
    let server = server(headers).await;
    let settings = settings(&format!("kind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n", server.uri()));
    let source = sources::build(&settings, clock, &[("KEY".to_owned(), ALICE.to_owned())]).unwrap();
    source.list_open().await.unwrap().clock_ahead
}

fn date(seconds: i64) -> String {
    let at: DateTime<Utc> = DateTime::from_timestamp(START + seconds, 0).unwrap();
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[tokio::test]
async fn how_far_a_clock_is_ahead_or_behind_is_told_to_the_second() {
    for seconds in [61, 60, 0, -60, -61, 86_400] {
        assert_eq!(ahead(&[("Date", &date(seconds))], ticking(1)).await, Some(TimeDelta::seconds(seconds)), "{seconds}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_no_wrong_clock() {
    // the clock is looked at twice for each request, of which there are five: the last is asked after 8 steps
    assert_eq!(ahead(&[("Date", &date(8 * 30 + 17))], ticking(30_000)).await, Some(TimeDelta::zero()));
    assert_eq!(ahead(&[("Date", &date(8 * 30 + 91))], ticking(30_000)).await, Some(TimeDelta::seconds(61)));
}

#[tokio::test]
async fn what_is_no_measure_is_not_taken_for_one() {
    let day = date(86_400);
    assert_eq!(ahead(&[("Date", "soon")], ticking(1)).await, None);
    assert_eq!(ahead(&[("Date", &day), ("Age", "3600")], ticking(1)).await, None, "a cache said it");
    assert_eq!(ahead(&[("Date", &day)], clock()).await, None, "a clock that stands still");
}

#[tokio::test]
async fn a_wrong_clock_is_told_by_the_list_and_not_where_the_time_is_given() {
    let server = server(&[("Date", "Thu, 01 Jan 2099 00:00:00 GMT")]).await;
    let desk = Desk::configured(&format!(
        "{ACME}[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n",
        server.uri()
    ));
    let run = |arguments: &[&str]| -> crate::support::Said { desk.command(arguments).env("KEY", ALICE).output().unwrap().into() };
    let said = run(&["list"]).ended(0).out;
    assert!(said.contains("! desk clock ") && said.contains("m ahead: what it tells"), "{said}");
    let seconds = run(&["list", "--json"]).ended(0).json()["sources"][0]["clock_skew_seconds"].as_i64();
    assert!(seconds.is_some_and(|seconds| seconds > 365 * 86_400), "{seconds:?}");
    assert!(!run(&["list", "--at", "2026-12-25T02:20:00Z"]).ended(0).out.contains("clock"));
    assert_eq!(run(&["list", "--json", "--at", "2026-12-25T02:20:00Z"]).ended(0).json()["sources"][0]["clock_skew_seconds"], Value::Null);
}
