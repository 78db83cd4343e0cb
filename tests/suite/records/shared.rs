//! Several processes on the same records: one does it, the others see who.

use chrono::TimeDelta;
use holdover::domain::SourceName;
use holdover::records::Records;
use tempfile::TempDir;

use super::{key, now, open, queue, source, sources};

#[test]
fn one_process_polls_and_the_others_know_which() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path(), 0), open(folder.path(), 1));
    let name = SourceName::new("desk");
    let lease = first.lease(&name).unwrap().unwrap();
    assert_eq!(second.lease(&name).unwrap().unwrap_err().as_str(), std::process::id().to_string());
    assert!(second.lease(&SourceName::new("file")).unwrap().is_ok(), "each source by itself");
    drop(lease);
    assert!(second.lease(&name).unwrap().is_ok());
}

#[test]
fn what_a_process_leaves_undone_is_taken_over_once_and_only_when_it_is_no_more() {
    let folder = TempDir::new().unwrap();
    let (first, second, third) = (open(folder.path(), 0), open(folder.path(), 1), open(folder.path(), 2));
    let entry = queue(&first, &key("desk", "1"));
    assert!(!first.begin(entry.id).unwrap().unwrap().may_have_arrived);
    let seen = second.outbox().unwrap().remove(0);
    assert_eq!(seen.other.unwrap().as_str(), std::process::id().to_string());
    assert!(!second.adopt(entry.id).unwrap() && !second.undo(entry.id).unwrap());
    assert_eq!(second.begin(entry.id).unwrap(), None);
    drop(first);
    assert!(second.adopt(entry.id).unwrap());
    assert!(!third.adopt(entry.id).unwrap());
    assert_eq!(third.begin(entry.id).unwrap(), None);
    assert!(second.begin(entry.id).unwrap().unwrap().may_have_arrived, "it may have arrived");
}

#[test]
fn a_claim_that_cannot_be_looked_at_is_alive() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path(), 0), open(folder.path(), 1));
    let entry = queue(&first, &key("desk", "1"));
    // root opens anything but a link that leads to itself
    let claims = folder.path().join("claims");
    let stamp = now().timestamp_nanos_opt().unwrap();
    let claim = claims.join(format!("{}-{stamp}", std::process::id()));
    std::fs::remove_file(&claim).unwrap();
    std::os::unix::fs::symlink(&claim, &claim).unwrap();
    assert!(!second.adopt(entry.id).unwrap());
    std::fs::remove_file(&claim).unwrap();
    assert!(second.adopt(entry.id).unwrap(), "a process that ends takes its claim away");
}

#[test]
fn a_process_that_stops_lets_go_of_what_it_is_not_sending() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (open(folder.path(), 0), open(folder.path(), 1));
    let (held, sending) = (queue(&first, &key("desk", "1")), queue(&first, &key("desk", "2")));
    first.begin(sending.id).unwrap();
    assert!(first.release(held.id).unwrap() && !first.release(sending.id).unwrap());
    assert_eq!(first.begin(held.id).unwrap(), None, "it is anybody's");
    assert!(second.adopt(held.id).unwrap() && !second.adopt(sending.id).unwrap());
}

#[test]
fn a_source_of_the_same_name_elsewhere_is_another() {
    let folder = TempDir::new().unwrap();
    let first = open(folder.path(), 0);
    queue(&first, &key("desk", "1"));
    let elsewhere = [source("desk", "work")];
    let other = Records::open(folder.path(), &elsewhere, now() + TimeDelta::seconds(1)).unwrap().records;
    let stranded = other.outbox().unwrap().remove(0);
    assert!(!stranded.configured, "what is meant for one server is not sent to another, nor forgotten");
    assert!(other.lease(&SourceName::new("desk")).unwrap().is_ok());
}

#[test]
fn who_only_reads_sees_all_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let none = Records::read_only(folder.path(), &sources()).unwrap_err().to_string();
    assert!(none.contains("there are no records"), "{none}");
    let first = open(folder.path(), 0);
    let entry = queue(&first, &key("desk", "1"));
    let reader = Records::read_only(folder.path(), &sources()).unwrap();
    assert_eq!(reader.outbox().unwrap().len(), 1);
    assert!(!matches!(reader.begin(entry.id), Ok(Some(_))) && reader.undo(entry.id).is_err());
    assert_eq!(first.outbox().unwrap()[0], entry);
}
