//! Gaps in what is known of a source are noted when the pass comes that ends them; and handovers.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::domain::{Fault, FaultKind, Gap, SafeText, SourceName};
use holdover::records::{HandedOver, Records, Snapshot};
use tempfile::TempDir;

use super::{now, open};

fn desk() -> SourceName {
    SourceName::new("desk")
}

fn at(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

/// A pass that ended so many seconds after the beginning; without a complete one it tells of the last that was.
fn pass(records: &Records, ended: i64, complete_at: Option<i64>, complete: bool) {
    let ended_at = at(ended);
    let complete_at = complete_at.map(at);
    let (total, tickets, fault, clock_ahead) = (None, Vec::new(), None, None);
    let snapshot = Snapshot {
        began_at: ended_at,
        ended_at,
        complete,
        total,
        complete_at,
        tickets,
        tried_at: ended_at,
        fault,
        clock_ahead,
        ours: true,
    };
    records.keep(&desk(), &snapshot).unwrap();
}

fn complete(records: &Records, ended: i64) {
    pass(records, ended, Some(ended), true);
}

/// The gaps from the beginning until so many seconds after it: from, to, why.
fn gaps(records: &Records, until: i64) -> Vec<(i64, Option<i64>, Option<String>)> {
    let seconds = |at: DateTime<Utc>| (at - now()).num_seconds();
    let gap = |gap: Gap| (seconds(gap.began_at), gap.ended_at.map(seconds), gap.reason.map(|reason| reason.to_string()));
    records.gaps(now(), at(until)).unwrap().into_iter().map(gap).collect()
}

#[test]
fn only_a_stretch_that_is_longer_than_blind_after_is_a_gap() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    complete(&records, 0);
    complete(&records, 300);
    assert_eq!(gaps(&records, 300), [], "blind after five minutes, and not at them");
    complete(&records, 601);
    assert_eq!(gaps(&records, 601), [(300, Some(601), None)], "nobody asked");
    // another process goes on where one has ended
    complete(&open(folder.path(), 1), 10_000);
    assert_eq!(gaps(&records, 10_000), [(300, Some(601), None), (601, Some(10_000), None)]);
    assert_eq!(gaps(&records, 10_300).len(), 2);
    assert_eq!(gaps(&records, 10_301).last(), Some(&(10_000, None, None)), "it is not over");
}

#[test]
fn a_gap_says_what_went_wrong_last() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    complete(&records, 0);
    let fault = Fault { kind: FaultKind::RateLimited, text: SafeText::line("too many"), retry_after: None };
    records.keep_fault(&desk(), &fault, at(30)).unwrap();
    let why = Some("too many".to_owned());
    assert_eq!(gaps(&records, 400), [(0, None, why.clone())]);
    complete(&records, 500);
    assert_eq!(gaps(&records, 500), [(0, Some(500), why)]);
    // what tells a part again and again is no complete pass
    for seconds in [530, 700, 900] {
        pass(&records, seconds, Some(500), false);
    }
    let part = Some("it told only a part of its tickets".to_owned());
    assert_eq!(gaps(&records, 900).last(), Some(&(500, None, part.clone())));
    complete(&records, 930);
    assert_eq!(gaps(&records, 930).last(), Some(&(500, Some(930), part)));
}

#[test]
fn a_source_that_never_told_all_or_a_clock_set_back_makes_no_gap() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    let names = |names: &[&str]| names.iter().map(|name| SourceName::new(name)).collect::<Vec<_>>();
    pass(&records, 0, None, false);
    assert_eq!(records.ever_complete().unwrap(), names(&[]));
    complete(&records, 5000);
    assert_eq!(records.ever_complete().unwrap(), names(&["desk"]));
    complete(&records, 100);
    complete(&records, 130);
    assert_eq!(gaps(&records, 130), []);
}

#[test]
fn gaps_are_of_the_time_that_is_asked_for_and_the_old_ones_go() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    for seconds in [0, 1000, 2000] {
        complete(&records, seconds);
    }
    let count = |since: i64, until: i64| records.gaps(at(since), at(until)).unwrap().len();
    assert_eq!([count(0, 2000), count(999, 2000), count(1000, 2000), count(2000, 2000), count(0, 1000)], [2, 2, 1, 0, 1]);
    let ninety_days = 90 * 86_400;
    complete(&records, ninety_days + 1000);
    assert_eq!(gaps(&records, ninety_days + 1000).len(), 3, "the first ended just ninety days ago");
    complete(&records, ninety_days + 1500);
    assert_eq!(gaps(&records, ninety_days + 1500).iter().map(|gap| gap.0).collect::<Vec<_>>(), [1000, 2000, ninety_days + 1000]);
}

#[test]
fn the_last_handover_is_the_last_by_then() {
    let folder = TempDir::new().unwrap();
    let records = open(folder.path(), 0);
    assert_eq!(records.last_handover(now()).unwrap(), None);
    let by = |seconds, who| HandedOver { at: at(seconds), who: SafeText::line(who) };
    for handover in [by(0, "jo"), by(60, "li"), by(60, "mo")] {
        records.hand_over(&handover).unwrap();
    }
    assert_eq!(records.last_handover(at(59)).unwrap(), Some(by(0, "jo")));
    assert_eq!(open(folder.path(), 1).last_handover(at(60)).unwrap(), Some(by(60, "mo")));
}
