//! Whose turn it is to run hooks: each configuration's is its own; one that is stopped loses it; who begins beside a dashboard
//! believes what that was told.

use holdover::domain::{Deed, Grounds, Outcome};
use holdover::records::{Ended, Queued};

use super::{Office, Script, Written, at};

const FROM: &str = "2026-12-03T00:00:00Z";

const HOOKS: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "page"
on = ["unanswered", "breached"]
command = ["page"]
"#;

fn office(tickets: Vec<Written>) -> Office {
    Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS)
}

#[tokio::test(start_paused = true)]
async fn what_one_configuration_has_told_another_does_not_forget() {
    let mut office = office(vec![Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z")]);
    let first = office.watch("first", 0);
    office.until(at("2026-12-03T00:12:00Z")).await;
    first.abort();
    office.until(at("2026-12-03T00:12:01Z")).await;
    (office.owner, office.hooks[0].name) = ("other.toml", holdover::domain::SafeText::line("mail"));
    let second = office.watch("second", 1);
    office.until(at("2026-12-03T00:20:00Z")).await;
    second.abort();
    office.until(at("2026-12-03T00:20:01Z")).await;
    (office.owner, office.hooks[0].name) = ("config.toml", holdover::domain::SafeText::line("page"));
    let third = office.watch("third", 2);
    office.until(at("2026-12-03T00:40:00Z")).await;
    assert_eq!(office.told(), ["first page D-1 unanswered", "second mail D-1 unanswered", "third page D-1 breached"]);
    third.abort();
}

#[tokio::test(start_paused = true)]
async fn two_configurations_of_one_source_each_run_their_hooks() {
    let mut office = office(vec![Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z")]);
    let first = office.watch("first", 0);
    office.until(at("2026-12-03T00:00:01Z")).await;
    (office.owner, office.hooks[0].name) = ("other.toml", holdover::domain::SafeText::line("mail"));
    let second = office.watch("second", 1);
    office.until(at("2026-12-03T00:40:00Z")).await;
    let mut told = office.told();
    told.sort();
    let expected = ["first page D-1 breached", "first page D-1 unanswered", "second mail D-1 breached", "second mail D-1 unanswered"];
    assert_eq!(told, expected);
    let polls = office.script.polls_of("desk");
    assert!(polls.iter().all(|(process, ..)| *process == "first"), "one asks for both: {polls:?}");
    first.abort();
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn who_begins_beside_a_dashboard_tells_at_once_what_that_was_told() {
    let office = Office { every: std::time::Duration::from_secs(3600), ..office(vec![Written::new("desk", "D-1", "S1", FROM)]) };
    let dashboard = office.dashboard("dashboard", 0);
    office.until(at("2026-12-03T00:40:00Z")).await;
    let watch = office.watch("watch", 1);
    office.until(at("2026-12-03T00:40:05Z")).await;
    assert_eq!(office.told(), ["watch page D-1 breached"]);
    assert_eq!(office.script.polls_of("desk").len(), 1, "the dashboard asks");
    dashboard.abort();
    watch.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_is_stopped_is_succeeded_and_runs_nothing_when_it_goes_on() {
    // due at 00:04, and at 00:08
    let tickets =
        vec![Written::new("desk", "D-1", "S1", "2026-12-02T23:34:00Z"), Written::new("desk", "D-2", "S1", "2026-12-02T23:38:00Z")];
    let office = office(tickets);
    let mut stopped = office.watching("stopped", 0, office.notes("stopped"));
    // until it knows that each has been run
    let mut knows = std::pin::pin!(office.until(at("2026-12-03T00:00:05Z")));
    while stopped.step(&mut knows).await.is_none() {}
    let other = office.watch("other", 1);
    office.until(at("2026-12-03T00:06:00Z")).await;
    let before = ["stopped page D-1 unanswered", "stopped page D-2 unanswered", "other page D-1 breached"];
    assert_eq!(office.told(), before);
    let late = office.script.runs.lock().unwrap()[2].at - at("2026-12-03T00:04:00Z");
    println!("the other has taken over, and tells {} s after the change", late.num_seconds());
    // it goes on, and knows nothing of its stop
    let mut end = std::pin::pin!(office.until(at("2026-12-03T00:12:00Z")));
    while stopped.step(&mut end).await.is_none() {}
    assert_eq!(office.told(), [&before[..], &["other page D-2 breached"]].concat());
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn one_that_says_that_it_stops_is_succeeded_at_once_and_may_succeed_the_other() {
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-02T00:02:00Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T00:02:00Z"),
        Written::new("desk", "D-3", "S1", "2026-12-03T00:22:00Z"),
    ];
    let office = office(tickets);
    let mut stopped = office.watching("stopped", 0, office.notes("stopped"));
    while office.told().is_empty() {
        stopped.step(std::future::pending::<()>()).await;
    }
    stopped.let_go().await;
    let other = office.watch("other", 1);
    office.until(at("2026-12-03T00:06:00Z")).await;
    let told = ["stopped page D-1 breached", "other page D-2 unanswered"];
    assert_eq!(office.told(), told);
    other.abort();
    office.until(at("2026-12-03T00:10:00Z")).await;
    stopped.went_on();
    let mut end = std::pin::pin!(office.until(at("2026-12-03T00:30:00Z")));
    while stopped.step(&mut end).await.is_none() {}
    assert_eq!(office.told(), [&told[..], &["stopped page D-3 unanswered"]].concat());
}

#[tokio::test(start_paused = true)]
async fn what_another_process_has_confirmed_is_told_nobody_though_the_source_was_not_asked_since() {
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z").taken("2026-12-03T00:31:58Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T00:02:00Z"),
    ];
    let office = office(tickets);
    let watch = office.watch("watch", 0);
    office.until(at("2026-12-03T00:31:58Z")).await;
    let other = office.records(1);
    let ticket = office.script.tickets[0].ticket(at("2026-12-03T00:30:00Z"), &std::collections::HashMap::new()).unwrap();
    let (who, deed, now) = (holdover::domain::SafeText::line("jo"), Deed::Acknowledge { note: None }, office.now());
    let grounds = Grounds::of(&ticket, &office.agreements, now);
    let queued = Queued {
        key: &ticket.id,
        deed: &deed,
        who: &who,
        grounds: &grounds,
        submitted_at: ticket.submitted_at,
        asked_at: now,
        send_at: now,
    };
    let entry = other.queue(&queued).unwrap();
    other.begin(entry.id).unwrap().unwrap();
    let outcome = Outcome::Confirmed { by: Some(who.clone()), at: Some(now) };
    other.end(entry.id, &Ended { outcome: &outcome, at: now }).unwrap();
    office.until(at("2026-12-03T00:50:00Z")).await;
    let told = ["watch page D-1 unanswered", "watch page D-2 unanswered", "watch page D-2 breached"];
    assert_eq!(office.told(), told);
    watch.abort();
}
