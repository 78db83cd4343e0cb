//! What waits to be run, for four runs of its hook are under way, is judged anew before it is: nobody hears of what is over.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdover::commands::{HookCall, Ran, RunHook};
use holdover::domain::Severity;

use super::{Office, Script, Written, at};

const HOOKS: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "page"
on = ["unanswered"]
severity = ["S1"]
command = ["page"]
[[hook]]
name = "decide"
on = ["decide"]
command = ["decide"]
"#;

#[tokio::test(start_paused = true)]
async fn what_is_over_while_it_waits_is_told_nobody_and_what_stands_is_told_as_it_is_by_then() {
    let submitted = "2026-12-03T00:02:00Z";
    let obliged = |key| Written::new("desk", key, "S1", submitted);
    let unassessed = |key| Written::new("desk", key, "none", submitted);
    let assessed = |key, severity| Written { assessed: vec![(at("2026-12-03T00:12:00Z"), severity)], ..unassessed(key) };
    let lowered = Written { assessed: vec![(at(submitted), Severity::S1), (at("2026-12-03T00:12:00Z"), Severity::S2)], ..obliged("D-7") };
    let tickets = vec![
        obliged("D-1"),
        obliged("D-2"),
        obliged("D-3"),
        obliged("D-4"),
        // these wait: one is taken, one gone, one no longer what the hook is for, and one stands
        obliged("D-5").taken("2026-12-03T00:12:00Z"),
        Written { gone: Some(at("2026-12-03T00:12:00Z")), ..obliged("D-6") },
        lowered,
        obliged("D-8"),
        unassessed("E-1"),
        unassessed("E-2"),
        unassessed("E-3"),
        unassessed("E-4"),
        // this too: by then it is decided
        assessed("E-5", Severity::S1),
    ];
    let office = Office::new("2026-12-03T00:00:00Z", Script { tickets, ..Script::default() }, HOOKS);
    let calls: Arc<Mutex<Vec<HookCall>>> = Arc::default();
    let noted = Arc::clone(&calls);
    let run: RunHook = Arc::new(move |call| {
        noted.lock().unwrap().push(call);
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(25 * 60)).await;
            Ran { how: Ok(()), said: None }
        })
    });
    let watch = office.watch_with("watch", 0, run);
    office.until(at("2026-12-03T00:29:00Z")).await;
    assert_eq!(calls.lock().unwrap().len(), 8, "four of each hook");
    office.until(at("2026-12-03T00:31:00Z")).await;
    let calls = calls.lock().unwrap();
    let variable = |call: &HookCall, name: &str| call.environment.iter().find(|(there, _)| there == name).unwrap().1.clone();
    let later: Vec<_> = calls[8..].iter().map(|call| (variable(call, "HOLDOVER_KEY"), variable(call, "HOLDOVER_STATE"))).collect();
    let expected = [("D-8", "at-risk"), ("E-5", "at-risk")].map(|(key, state)| (key.to_owned(), state.to_owned()));
    assert_eq!(later, expected, "{:#?}", &calls[8..]);
    assert!(variable(&calls[8], "HOLDOVER_TEXT").contains("D-8 unanswered"), "{:?}", calls[8]);
    assert_eq!(variable(&calls[8], "HOLDOVER_HOOK"), "page");
    assert_eq!((variable(&calls[9], "HOLDOVER_HOOK"), variable(&calls[9], "HOLDOVER_CHANGE")), ("page".into(), "unanswered".into()));
    watch.abort();
}

const AGAIN: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "page"
on = ["unanswered"]
again = "5m"
command = ["page"]
"#;

#[tokio::test(start_paused = true)]
async fn the_highest_severity_comes_first_and_nothing_is_repeated_before_all_were_told_once() {
    let keys = ["D-1", "D-2", "D-3", "D-4", "D-5", "D-6", "D-7", "D-8", "D-9", "D-10", "D-11", "D-12"];
    let low = keys.map(|key| Written::new("desk", key, "S3", "2026-12-03T10:02:00Z")).into_iter();
    let urgent = Written::new("desk", "URGENT", "S1", "2026-12-03T10:12:00Z");
    let tickets = low.chain([urgent]).collect();
    let office = Office::new("2026-12-03T10:00:00Z", Script { tickets, ..Script::default() }, AGAIN);
    let keys: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&keys);
    let run: RunHook = Arc::new(move |call| {
        let key = call.environment.iter().find(|(name, _)| name == "HOLDOVER_KEY").unwrap().1.clone();
        noted.lock().unwrap().push(key);
        Box::pin(async {
            // as long as what is repeated every five minutes could take all places
            tokio::time::sleep(Duration::from_secs(20 * 60)).await;
            Ran { how: Ok(()), said: None }
        })
    });
    let watch = office.watch_with("watch", 0, run);
    office.until(at("2026-12-03T12:00:00Z")).await;
    let keys = keys.lock().unwrap();
    assert_eq!(keys[4], "URGENT", "{keys:?}");
    let mut first: Vec<&String> = keys[..13].iter().collect();
    first.sort();
    first.dedup();
    assert_eq!(first.len(), 13, "each was told once before any was told again: {keys:?}");
    watch.abort();
}
