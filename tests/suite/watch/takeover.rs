//! Whoever polls, or runs the hooks, ends without a word: another does it within two intervals, and nobody hears of anything twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use holdover::commands::RunHook;

use super::{EVERY, Office, Script, Written, at, noted};

const FROM: &str = "2026-12-03T00:00:00Z";

const HOOKS: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "page"
on = ["unanswered", "breached", "blind", "well"]
command = ["page"]
"#;

fn two_intervals() -> TimeDelta {
    TimeDelta::from_std(EVERY * 2).unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_polls_and_runs_the_hooks_is_succeeded_within_two_intervals() {
    let tickets = vec![
        // told by the first, and standing when it is killed
        Written::new("desk", "D-1", "S1", "2026-12-03T00:12:00Z"),
        // new, and due, while nobody is there
        Written::new("desk", "D-2", "S1", "2026-12-03T01:00:40Z"),
        // taken while nobody is there
        Written::new("desk", "D-3", "S1", "2026-12-03T00:52:00Z").taken("2026-12-03T01:00:50Z"),
        Written::new("phone", "P-1", "S1", "2026-12-03T01:22:00Z"),
    ];
    let office = Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS);
    let first = office.watch("first", 0);
    office.until(at("2026-12-03T00:00:01Z")).await;
    let second = office.watch("second", 1);
    let dashboard = office.dashboard("dashboard", 2);
    let killed = at("2026-12-03T01:00:30Z");
    office.until(killed).await;
    first.abort();
    office.until(at("2026-12-03T02:00:00Z")).await;

    for source in ["desk", "phone"] {
        let polls = office.script.polls_of(source);
        assert!(polls.iter().filter(|(_, at, _)| *at < killed).all(|(process, ..)| *process == "first"), "{polls:?}");
        let after: Vec<_> = polls.iter().filter(|(_, at, _)| *at > killed).collect();
        let (by, next, _) = after[0];
        println!("{source} is asked by {by} {} s after the other was killed", (*next - killed).num_seconds());
        assert!(*next - killed <= two_intervals(), "{polls:?}");
        assert!(after.iter().all(|(process, ..)| process == by), "one alone goes on: {polls:?}");
        // 59.5 minutes, at five each
        assert!((11..=13).contains(&after.len()), "{polls:?}");
    }
    let runs = office.script.runs.lock().unwrap().clone();
    let told: Vec<(&str, &str, &str)> = runs.iter().map(|run| (run.process, run.of.as_str(), run.change.as_str())).collect();
    let expected = [
        ("first", "D-1", "unanswered"),
        ("first", "D-1", "breached"),
        ("first", "D-3", "unanswered"),
        ("second", "D-2", "unanswered"),
        ("second", "P-1", "unanswered"),
        ("second", "D-2", "breached"),
        ("second", "P-1", "breached"),
    ];
    assert_eq!(told, expected, "{runs:?}");
    assert!(runs[3].at - killed <= two_intervals(), "{runs:?}");
    second.abort();
    dashboard.abort();
}

#[tokio::test(start_paused = true)]
async fn of_processes_that_begin_at_once_one_asks_even_while_a_source_fails() {
    let down = vec![("phone", at("2026-12-03T01:02:00Z"), at("2026-12-03T03:02:00Z"))];
    let office = Office::new(FROM, Script { down, ..Script::default() }, HOOKS);
    let processes = [office.dashboard("first", 0), office.watch("watch", 1), office.dashboard("second", 2)];
    office.until(at("2026-12-03T00:01:00Z")).await;
    for source in ["desk", "phone"] {
        assert_eq!(office.script.polls_of(source).len(), 1, "who is not the first waits for what it was told");
    }
    office.until(at("2026-12-03T04:00:00Z")).await;
    for source in ["desk", "phone"] {
        let polls = office.script.polls_of(source);
        assert!(polls.iter().all(|(process, ..)| *process == polls[0].0), "{polls:?}");
        assert!(polls.len() <= 49, "one in each interval at most: {polls:?}");
    }
    let runs = office.script.runs.lock().unwrap().clone();
    let told: Vec<(&str, &str)> = runs.iter().map(|run| (run.of.as_str(), run.change.as_str())).collect();
    assert_eq!(told, [("phone", "blind"), ("phone", "well")], "{runs:?}");
    processes.iter().for_each(tokio::task::JoinHandle::abort);
}

/// What a dashboard does when it is stopped.
#[tokio::test(start_paused = true)]
async fn who_is_stopped_lets_others_ask() {
    let office = Office::new(FROM, Script::default(), HOOKS);
    let mut works = office.works("stopped", &Arc::new(office.records(0)));
    while office.script.polls_of("desk").is_empty() || office.script.polls_of("phone").is_empty() {
        let news = works.next().await;
        works.take_in(news);
    }
    works.let_go().await;
    let other = office.dashboard("other", 1);
    office.until(at("2026-12-03T00:04:00Z")).await;
    let polls = office.script.polls_of("desk");
    assert_eq!(polls.iter().map(|(process, ..)| *process).collect::<Vec<_>>(), ["stopped", "other"], "{polls:?}");
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_had_begun_is_run_again_and_one_that_had_ended_is_not() {
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z").taken("2026-12-03T00:22:00Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T00:07:00Z").taken("2026-12-03T00:22:00Z"),
    ];
    let office = Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS);
    let runs: Arc<Mutex<Vec<(String, u64)>>> = Arc::default();
    let run = |process: &'static str| -> RunHook {
        let (runs, clock) = (Arc::clone(&runs), Arc::clone(&office.clock));
        Arc::new(move |call| {
            let run = noted(process, clock(), &call);
            let hangs = process == "first" && run.of == "D-2";
            runs.lock().unwrap().push((format!("{process} {} {}", run.of, run.change), run.again));
            Box::pin(async move {
                if hangs {
                    tokio::time::sleep(Duration::from_secs(3600)).await;
                }
                holdover::commands::Ran { how: Ok(()), said: None }
            })
        })
    };
    let first = office.watch_with("first", 0, run("first"));
    office.until(at("2026-12-03T00:12:00Z")).await;
    first.abort();
    office.until(at("2026-12-03T00:12:01Z")).await;
    let second = office.watch_with("second", 1, run("second"));
    office.until(at("2026-12-03T00:20:00Z")).await;
    let expected = ["first D-1 unanswered", "first D-2 unanswered", "second D-2 unanswered"].map(|run| (run.to_owned(), 0));
    assert_eq!(*runs.lock().unwrap(), expected);
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_no_watch_runs_is_told_at_the_next_start_if_it_still_stands() {
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T00:17:00Z").taken("2026-12-03T00:58:00Z"),
        Written::new("desk", "D-3", "S1", "2026-12-03T00:52:00Z"),
    ];
    let office = Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS);
    let first = office.watch("first", 0);
    office.until(at("2026-12-03T00:12:00Z")).await;
    first.abort();
    office.until(at("2026-12-03T01:00:00Z")).await;
    let second = office.watch("second", 1);
    office.until(at("2026-12-03T01:01:00Z")).await;
    let runs = office.script.runs.lock().unwrap().clone();
    let told: Vec<(&str, &str, &str)> = runs.iter().map(|run| (run.process, run.of.as_str(), run.change.as_str())).collect();
    assert_eq!(told, [("first", "D-1", "unanswered"), ("second", "D-1", "breached"), ("second", "D-3", "unanswered")], "{runs:?}");
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_is_new_hears_of_all_that_stands_and_one_that_is_no_more_is_forgotten() {
    let tickets = vec![Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z")];
    let mut office = Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS);
    let first = office.watch("first", 0);
    office.until(at("2026-12-03T00:12:00Z")).await;
    first.abort();
    office.until(at("2026-12-03T00:12:01Z")).await;
    office.hooks[0].name = holdover::domain::SafeText::line("other");
    let second = office.watch("second", 1);
    office.until(at("2026-12-03T00:20:00Z")).await;
    let runs = office.script.runs.lock().unwrap().clone();
    let told: Vec<(&str, &str)> = runs.iter().map(|run| (run.hook.as_str(), run.change.as_str())).collect();
    assert_eq!(told, [("page", "unanswered"), ("other", "unanswered")], "{runs:?}");
    let kept: Vec<String> = office.records(9).told(office.owner).unwrap().told.into_iter().map(|told| told.hook.to_string()).collect();
    assert_eq!(kept, ["other"]);
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_kept_each_change_is_told_once_all_the_same() {
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-03T00:02:00Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T00:22:00Z").taken("2026-12-03T00:32:00Z"),
    ];
    let office = Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS);
    let watch = office.watch("watch", 0);
    office.until(at("2026-12-03T00:12:00Z")).await;
    // what is written from now on nobody would find again
    std::fs::remove_file(office.folder().join("records.db")).unwrap();
    office.until(at("2026-12-03T02:00:00Z")).await;
    let runs = office.script.runs.lock().unwrap().clone();
    let told: Vec<(&str, &str)> = runs.iter().map(|run| (run.of.as_str(), run.change.as_str())).collect();
    assert_eq!(told, [("D-1", "unanswered"), ("D-2", "unanswered"), ("D-1", "breached")], "{runs:?}");
    assert!(office.script.polls_of("desk").len() >= 24, "it polls all the same");
    watch.abort();
}

#[tokio::test(start_paused = true)]
async fn hooks_that_hang_delay_no_poll_and_no_other_hook_and_each_change_is_told_in_the_end() {
    let keys = ["D-1", "D-2", "D-3", "D-4", "D-5", "D-6", "D-7", "D-8", "D-9"];
    let tickets = keys.map(|key| Written::new("desk", key, "S1", "2026-12-03T00:02:00Z")).into();
    let hooks = format!("{HOOKS}\n[[hook]]\nname = \"slow\"\non = [\"unanswered\", \"breached\"]\ncommand = [\"slow\"]\n");
    let office = Office::new(FROM, Script { tickets, ..Script::default() }, &hooks);
    let (script, clock) = (Arc::clone(&office.script), Arc::clone(&office.clock));
    let at_once: Arc<Mutex<(usize, usize)>> = Arc::default();
    let counted = Arc::clone(&at_once);
    let run: RunHook = Arc::new(move |call| {
        let run = noted("watch", clock(), &call);
        let slow = run.hook == "slow";
        script.runs.lock().unwrap().push(run);
        let counted = Arc::clone(&counted);
        Box::pin(async move {
            if slow {
                more_at_once(&counted);
                tokio::time::sleep(Duration::from_secs(900)).await;
                counted.lock().unwrap().0 -= 1;
            }
            holdover::commands::Ran { how: Err("it did not end".to_owned()), said: None }
        })
    });
    let watch = office.watch_with("watch", 0, run);
    office.until(at("2026-12-03T02:00:00Z")).await;
    assert_eq!(office.script.polls_of("desk").len(), 24, "each interval, as if nothing hung");
    let runs = office.script.runs.lock().unwrap().clone();
    let page: Vec<_> = runs.iter().filter(|run| run.hook == "page").collect();
    assert_eq!(page.len(), 18, "{page:?}");
    assert!(page.iter().all(|run| run.at < at("2026-12-03T00:32:02Z")), "{page:?}");
    // four at once; what waits is told of what is so by then, and of all nine in the end
    assert_eq!(at_once.lock().unwrap().1, 4);
    let slow: Vec<(&str, &str)> = runs.iter().filter(|run| run.hook == "slow").map(|run| (run.of.as_str(), run.change.as_str())).collect();
    for key in keys {
        assert!(slow.contains(&(key, "breached")), "{key}: {slow:?}");
    }
    let unanswered = slow.iter().filter(|(_, change)| *change == "unanswered").count();
    assert_eq!((slow.len(), unanswered), (17, 8), "{slow:?}");
    watch.abort();
}

/// One more is under way.
fn more_at_once(counted: &Mutex<(usize, usize)>) {
    let mut count = counted.lock().unwrap();
    count.0 += 1;
    count.1 = count.1.max(count.0);
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_nobody_is_told_that_a_source_is_blind_before_it_was_asked() {
    let tickets = vec![Written::new("desk", "D-1", "S1", "2026-12-03T05:00:00Z")];
    // what does not answer when the machine is awake again is blind
    let down = vec![("phone", at("2026-12-03T00:10:00Z"), at("2026-12-04T00:00:00Z"))];
    let mut office = Office::new(FROM, Script { tickets, down, ..Script::default() }, HOOKS);
    let (awake, slept) = (Arc::clone(&office.clock), Arc::new(Mutex::new(TimeDelta::zero())));
    let asleep = Arc::clone(&slept);
    office.clock = Arc::new(move || awake() + *asleep.lock().unwrap());
    let watch = office.watch("watch", 0);
    office.until(at("2026-12-03T00:07:00Z")).await;
    *slept.lock().unwrap() = TimeDelta::hours(6);
    // asked when it first wakes: before the next interval of five minutes is over
    office.until(at("2026-12-03T06:09:00Z")).await;
    assert_eq!(office.told(), ["watch page phone blind", "watch page D-1 breached"]);
    watch.abort();
}
