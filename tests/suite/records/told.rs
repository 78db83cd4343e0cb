//! What hooks have heard of comes back as it was, and one process at a time runs them.

use holdover::domain::{SafeText, SourceName};
use holdover::records::{RecordedSource, Records, RunState, Told, ToldRun};
use tempfile::TempDir;

use super::{now, open};

fn told(key: Option<&str>, standing: Option<&str>, state: Option<RunState>) -> Told {
    let run = state.map(|state| ToldRun {
        state,
        alarm: "breached".to_owned(),
        facts: "{}".to_owned(),
        since: now(),
        at: now() + chrono::TimeDelta::minutes(5),
        times: 2,
    });
    let (hook, source) = (SafeText::line("page"), SourceName::new("desk"));
    Told { hook, source, key: key.map(SafeText::line), standing: standing.map(str::to_owned), run }
}

#[test]
fn what_hooks_have_heard_of_outlives_the_process_and_what_says_nothing_goes() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let kept = [
        told(None, Some("\"blind\""), None),
        told(Some("1"), Some("{}"), Some(RunState::Done)),
        told(Some("2"), None, Some(RunState::Begun)),
        told(Some("3"), Some("{}"), Some(RunState::Waiting)),
    ];
    records.tell(&kept).unwrap();
    drop(records);
    let records = open(folder.path(), 1);
    assert_eq!(records.told().unwrap(), kept);
    records.tell(&[told(Some("2"), None, None), told(Some("3"), Some("{}"), None)]).unwrap();
    assert_eq!(records.told().unwrap(), [kept[0].clone(), kept[1].clone(), told(Some("3"), Some("{}"), None)]);
    // of a source that the configuration does not have, nothing is told nor kept
    let elsewhere = Told { source: SourceName::new("nowhere"), ..kept[0].clone() };
    records.tell(&[elsewhere]).unwrap();
    assert_eq!(records.told().unwrap().len(), 3);
}

#[test]
fn one_process_runs_hooks_and_the_others_know_which() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path(), 0), open(folder.path(), 1));
    let lease = first.lease_of_hooks().unwrap().unwrap();
    assert_eq!(second.lease_of_hooks().unwrap().unwrap_err().as_str(), std::process::id().to_string());
    assert!(second.lease(&SourceName::new("desk")).unwrap().is_ok(), "who polls is another matter");
    // another configuration has other sources, and hooks of its own
    let elsewhere = [RecordedSource {
        name: SourceName::new("phone"),
        place: "home".to_owned(),
        reading: "as it is".to_owned(),
        blind_after: std::time::Duration::from_secs(300),
    }];
    let other = Records::open(folder.path(), &elsewhere, now() + chrono::TimeDelta::seconds(2)).unwrap().records;
    assert!(other.lease_of_hooks().unwrap().is_ok());
    drop(lease);
    assert!(second.lease_of_hooks().unwrap().is_ok());
}
