//! Most passes ask Redmine only for what has changed: what that cannot show is seen all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use chrono::DateTime;
use holdover::domain::{Pass, Severity, Status, Ticket};
use holdover::sources::{self, Clock, TicketSource};
use serde_json::json;

use super::fake_redmine::{ALICE, FakeRedmine};
use super::{keys, redmine_at, settings, ticket};

const IN_PROGRESS: u64 = 2;
const CLOSED: u64 = 5;

/// What a pass asks when it asks only for what has changed; the last change of the recorded list was at 01:27:12.
const CHANGES: [&str; 2] = [
    "GET /issues.json?status_id=*&sort=id&limit=100&offset=0&updated_on=%3E%3D2026-11-23T01%3A25%3A12Z",
    "GET /issues.json?status_id=open&sort=id&limit=1",
];
const ALL: &str = "GET /issues.json?status_id=open&sort=id&limit=100&offset=0";

/// A server, and a source that has read all it has.
async fn read_once() -> (FakeRedmine, Arc<dyn TicketSource>) {
    let redmine = FakeRedmine::start().await;
    let source = later(&redmine, "");
    assert_eq!(source.list_open().await.unwrap().tickets.len(), 5);
    assert_eq!(redmine.asked(), [ALL]);
    (redmine, source)
}

/// How often all issues were asked for since this was last asked.
fn whole(redmine: &FakeRedmine) -> usize {
    redmine.asked().iter().filter(|request| **request == ALL).count()
}

fn arc(pass: &Pass, key: &str) -> Arc<Ticket> {
    Arc::clone(pass.tickets.iter().find(|t| t.id.key.as_str() == key).unwrap())
}

#[tokio::test]
async fn a_second_pass_asks_for_changes_and_is_answered_that_there_are_none() {
    let (redmine, source) = read_once().await;
    let before = source.list_open().await.unwrap();
    assert_eq!((redmine.asked(), redmine.state().unchanged), (CHANGES.map(str::to_owned).to_vec(), 3), "who we are, and the words");
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, keys(&pass)), (true, Some(5), vec!["1", "2", "3", "4", "5"]));
    assert_eq!(redmine.state().unchanged, 3 + 5, "none of the five answers was sent again");
    for key in keys(&pass) {
        assert!(Arc::ptr_eq(&arc(&before, key), &arc(&pass, key)), "{key} is made again");
    }
}

#[tokio::test]
async fn what_changed_is_seen_and_nothing_else_is_made_again() {
    let (redmine, source) = read_once().await;
    let before = source.list_open().await.unwrap();
    {
        let mut state = redmine.state();
        state.give(2, Some((7, "Carol Ops")), IN_PROGRESS);
        state.give(3, None, CLOSED);
        let mut new = state.issues[4].clone();
        (new["id"], new["subject"]) = (6.into(), "Another".into());
        (new["created_on"], new["updated_on"]) = ("2026-11-23T01:29:00Z".into(), "2026-11-23T01:29:00Z".into());
        state.issues.push(new);
    }
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, keys(&pass)), (true, Some(5), vec!["1", "2", "4", "5", "6"]));
    assert_eq!(ticket(&pass, "2").status, Status::Acknowledged);
    assert!(Arc::ptr_eq(&arc(&before, "1"), &arc(&pass, "1")) && !Arc::ptr_eq(&arc(&before, "2"), &arc(&pass, "2")));
    assert_eq!(whole(&redmine), 0);
    // and the next question is about what is newer
    source.list_open().await.unwrap();
    assert!(redmine.asked()[0].contains("01%3A27%3A00Z"));
}

#[tokio::test]
async fn what_is_deleted_or_hidden_is_gone_at_the_next_pass() {
    let (redmine, source) = read_once().await;
    redmine.state().issues.remove(2);
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, keys(&pass), whole(&redmine)), (true, vec!["1", "2", "4", "5"], 1));
    // a project that we may not see any more
    redmine.state().hidden = vec![1, 2];
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, keys(&pass), whole(&redmine)), (true, vec!["4", "5"], 1));
    // and one deleted while another is new
    {
        let mut state = redmine.state();
        let mut new = state.issues.remove(3);
        (new["id"], new["updated_on"]) = (6.into(), "2026-11-23T01:29:00Z".into());
        state.issues.push(new);
    }
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, keys(&pass), whole(&redmine)), (true, vec!["4", "6"], 1));
}

#[tokio::test]
async fn what_no_count_and_no_change_tells_is_seen_at_the_tenth_pass() {
    let redmine = FakeRedmine::start().await;
    for at in [0, 1, 4] {
        redmine.state().issues[at]["updated_on"] = "2026-11-22T12:00:00Z".into();
    }
    redmine.state().hidden = vec![1];
    let source = later(&redmine, "map = [ { field = \"project\", matches = \"(.*)\", client = \"$1\" } ]");
    source.list_open().await.unwrap();
    // one is hidden, another is shown, and a project has another name: no issue bears a new time
    redmine.state().hidden = vec![2];
    redmine.state().issues[4]["project"]["name"] = "Renamed".into();
    for _ in 1..10 {
        assert_eq!(keys(&source.list_open().await.unwrap()), ["2", "3", "4", "5"]);
    }
    assert_eq!(whole(&redmine), 1);
    let pass = source.list_open().await.unwrap();
    assert_eq!((keys(&pass), whole(&redmine)), (vec!["1", "3", "4", "5"], 1));
    assert_eq!(ticket(&pass, "5").client.as_ref().unwrap().as_str(), "Renamed");
}

#[tokio::test]
async fn other_words_another_role_and_a_failure_are_followed_by_a_whole_pass() {
    let (redmine, source) = read_once().await;
    redmine.state().priorities["issue_priorities"].as_array_mut().unwrap().swap(3, 4);
    let pass = source.list_open().await.unwrap();
    assert_eq!((ticket(&pass, "1").severity, whole(&redmine)), (Some(Severity::S2), 1));
    redmine.state().people[0].become_of_role(9);
    source.list_open().await.unwrap();
    assert_eq!(whole(&redmine), 1, "who may see other issues");
    source.list_open().await.unwrap();
    assert_eq!(whole(&redmine), 0);
    let people = std::mem::take(&mut redmine.state().people);
    source.list_open().await.unwrap_err();
    redmine.state().people = people;
    source.list_open().await.unwrap();
    assert_eq!(whole(&redmine), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_asked_for_whole_each_time() {
    let (redmine, source) = read_once().await;
    {
        let mut state = redmine.state();
        state.give(1, None, IN_PROGRESS);
        state.issues[0]["priority"] = json!("odd");
    }
    for _ in 0..3 {
        let pass = source.list_open().await.unwrap();
        assert_eq!((pass.complete, pass.tickets.len(), whole(&redmine)), (true, 5, 1));
        assert!(ticket(&pass, "1").unreadable.is_some());
    }
}

#[tokio::test]
async fn changes_that_never_stand_still_are_not_called_complete() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(250);
    let source = redmine_at(&redmine.url(), ALICE, "");
    source.list_open().await.unwrap();
    let mut next = 1;
    redmine.state().after_page = Some(Box::new(move |state| {
        state.issues.remove(0);
        next += 1;
        state.give(next + 100, None, CLOSED);
    }));
    let pass = source.list_open().await.unwrap();
    assert!(!pass.complete, "{:?}", pass.total);
    redmine.state().after_page = None;
    let pass = source.list_open().await.unwrap();
    let open = redmine.state().issues.iter().filter(|i| i["status"]["is_closed"] != true).count();
    assert_eq!((pass.complete, pass.tickets.len()), (true, open));
}

/// A source of a server that does not tell the time, a while after all that is recorded.
fn later(redmine: &FakeRedmine, more: &str) -> Arc<dyn TicketSource> {
    redmine.state().date = Some("of no use");
    at_time(redmine, "2026-11-23T03:00:00Z", more)
}

/// A source whose clock shows this at first, and goes on.
fn at_time(redmine: &FakeRedmine, start: &str, more: &str) -> Arc<dyn TicketSource> {
    let millis = AtomicI64::new(DateTime::parse_from_rfc3339(start).unwrap().timestamp_millis());
    let clock: Clock = Arc::new(move || DateTime::from_timestamp_millis(millis.fetch_add(10, Relaxed)).unwrap());
    let settings = settings(&format!("kind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n{more}\n", redmine.url()));
    sources::build(&settings, clock, &[("KEY".to_owned(), ALICE.to_owned())]).unwrap()
}

#[tokio::test]
async fn a_clock_that_is_wrong_here_loses_no_change() {
    for ours in ["2026-11-23T00:28:30Z", "2026-11-23T01:28:30Z", "2026-11-23T02:28:30Z", "1999-01-01T00:00:00Z"] {
        let redmine = FakeRedmine::start().await;
        redmine.state().date = Some("Mon, 23 Nov 2026 01:28:30 GMT");
        let source = at_time(&redmine, ours, "");
        source.list_open().await.unwrap();
        redmine.state().give(2, None, CLOSED);
        redmine.asked();
        let pass = source.list_open().await.unwrap();
        assert_eq!((pass.complete, keys(&pass), whole(&redmine)), (true, vec!["1", "3", "4", "5"], 0), "{ours}");
    }
}

#[tokio::test]
async fn a_change_that_bears_a_time_to_come_hides_no_later_one() {
    let redmine = FakeRedmine::start().await;
    redmine.state().date = Some("Mon, 23 Nov 2026 01:28:30 GMT");
    redmine.state().issues[0]["updated_on"] = "2031-01-01T00:00:00Z".into();
    let source = at_time(&redmine, "2026-11-23T01:28:30Z", "");
    source.list_open().await.unwrap();
    redmine.state().give(2, Some((7, "Carol Ops")), IN_PROGRESS);
    redmine.asked();
    let pass = source.list_open().await.unwrap();
    assert_eq!((ticket(&pass, "2").status, whole(&redmine)), (Status::Acknowledged, 0));
}

#[tokio::test]
async fn a_change_that_is_seen_late_is_seen() {
    let (redmine, source) = read_once().await;
    redmine.state().give(1, None, IN_PROGRESS);
    source.list_open().await.unwrap();
    // written by another server of theirs, whose clock is a minute behind
    redmine.state().give(2, Some((7, "Carol Ops")), IN_PROGRESS);
    redmine.state().issues[1]["updated_on"] = "2026-11-23T01:27:05Z".into();
    assert_eq!(ticket(&source.list_open().await.unwrap(), "2").status, Status::Acknowledged);
}

#[tokio::test]
async fn a_time_to_come_hides_nothing_where_the_server_does_not_tell_the_time() {
    let redmine = FakeRedmine::start().await;
    redmine.state().issues[0]["updated_on"] = "2031-01-01T00:00:00Z".into();
    let source = later(&redmine, "");
    source.list_open().await.unwrap();
    redmine.state().give(2, Some((7, "Carol Ops")), IN_PROGRESS);
    redmine.asked();
    let pass = source.list_open().await.unwrap();
    assert_eq!((ticket(&pass, "2").status, whole(&redmine)), (Status::Acknowledged, 0));
}

#[tokio::test]
async fn where_the_clock_of_the_server_is_put_back_all_is_read() {
    let redmine = FakeRedmine::start().await;
    redmine.state().date = Some("Mon, 23 Nov 2026 01:28:30 GMT");
    let source = at_time(&redmine, "2026-11-23T01:28:30Z", "");
    source.list_open().await.unwrap();
    redmine.state().date = Some("Mon, 23 Nov 2026 00:00:30 GMT");
    redmine.state().give(2, Some((7, "Carol Ops")), IN_PROGRESS);
    redmine.state().issues[1]["updated_on"] = "2026-11-23T00:00:20Z".into();
    redmine.asked();
    let pass = source.list_open().await.unwrap();
    assert_eq!((ticket(&pass, "2").status, whole(&redmine)), (Status::Acknowledged, 1));
}

#[tokio::test]
async fn a_status_that_does_not_say_that_it_closes_ends_an_issue() {
    let (redmine, source) = read_once().await;
    redmine.state().tells_closed = false;
    redmine.state().give(2, None, CLOSED);
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, keys(&pass), whole(&redmine)), (true, vec!["1", "3", "4", "5"], 0));
}
