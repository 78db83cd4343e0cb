//! What hooks have heard of comes back as it was, and one process at a time runs them.

use chrono::TimeDelta;
use holdover::domain::{SafeText, SourceName};
use holdover::records::{Heard, RunState, Told, ToldRun};
use tempfile::TempDir;

use super::{now, open};

fn told(key: Option<&str>, standing: Option<&str>, state: Option<RunState>) -> Told {
    let run = state.map(|state| ToldRun { state, alarm: "breached".to_owned(), since: now(), at: now() + TimeDelta::minutes(5), times: 2 });
    let (hook, source) = (SafeText::line("page"), SourceName::new("desk"));
    Told { hook, source, key: key.map(SafeText::line), standing: standing.map(str::to_owned), run }
}

const OWNER: &str = "config.toml";

fn heard(told: &[Told]) -> Heard {
    Heard { told: told.to_vec(), judged: vec![(SourceName::new("desk"), now())] }
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
    assert!(records.tell(OWNER, &heard(&kept)).unwrap());
    drop(records);
    let records = open(folder.path(), 1);
    let read = records.told(OWNER).unwrap();
    assert_eq!((read.told.as_slice(), read.judged), (&kept[..], heard(&[]).judged));
    assert!(records.tell(OWNER, &heard(&[told(Some("2"), None, None), told(Some("3"), Some("{}"), None)])).unwrap());
    assert_eq!(records.told(OWNER).unwrap().told, [kept[0].clone(), kept[1].clone(), told(Some("3"), Some("{}"), None)]);
    // of a source that the configuration does not have, nothing is told nor kept
    let elsewhere = Told { source: SourceName::new("nowhere"), ..kept[0].clone() };
    records.tell(OWNER, &heard(&[elsewhere])).unwrap();
    assert_eq!(records.told(OWNER).unwrap().told.len(), 3);
    // what the hooks of another configuration have heard of is another matter
    assert!(records.told("other.toml").unwrap().told.is_empty());
    records.tell("other.toml", &heard(&[told(Some("1"), None, None)])).unwrap();
    assert_eq!(records.told(OWNER).unwrap().told.len(), 3);
}

#[test]
fn one_process_runs_the_hooks_of_a_configuration_and_the_others_know_which() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path(), 0), open(folder.path(), 1));
    let patience = TimeDelta::minutes(3);
    let take = |records: &holdover::records::Records, owner: &str, later: i64| {
        records.take_turn(owner, now() + TimeDelta::seconds(later), patience).unwrap()
    };
    assert_eq!(take(&first, OWNER, 0), Ok(()));
    assert_eq!(take(&first, OWNER, 1), Ok(()));
    assert_eq!(take(&second, OWNER, 2).unwrap_err().as_str(), std::process::id().to_string());
    assert!(!second.tell(OWNER, &heard(&[])).unwrap(), "nothing is kept by who has not the turn");
    assert!(second.lease(&SourceName::new("desk")).unwrap().is_ok(), "who polls is another matter");
    assert_eq!(take(&second, "other.toml", 3), Ok(()), "the hooks of another configuration are another's");
    // who notes that it acts keeps it, who is stopped does not, and learns of that
    assert!(first.keep_turn(OWNER, now() + TimeDelta::seconds(120)).unwrap());
    assert!(take(&second, OWNER, 299).is_err());
    assert_eq!(take(&second, OWNER, 302), Ok(()));
    assert!(!first.keep_turn(OWNER, now() + TimeDelta::seconds(303)).unwrap());
    assert!(!first.tell(OWNER, &heard(&[told(Some("1"), Some("{}"), Some(RunState::Begun))])).unwrap());
    assert!(first.told(OWNER).unwrap().told.is_empty());
    // what is not its own it cannot give away
    first.leave_turn(OWNER).unwrap();
    assert!(take(&first, OWNER, 304).is_err());
    second.leave_turn(OWNER).unwrap();
    assert_eq!(take(&first, OWNER, 305), Ok(()));
    drop(first);
    assert_eq!(take(&second, OWNER, 306), Ok(()), "who is no more");
}
