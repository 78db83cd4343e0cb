//! Notes that say that a client was called back: they are found in the evidence, once their source has them.

use chrono::TimeDelta;
use holdover::domain::{Deed, Outcome, SafeText};
use holdover::records::{Ended, Queued, Records};
use tempfile::TempDir;

use super::{grounds, key, now, open};

/// Writes a note down, and how it ends after so many seconds.
fn note(records: &Records, of: &str, text: &str, seconds: i64, outcome: &Outcome) {
    let (key, who, deed) = (key("desk", of), SafeText::line("jo"), Deed::Note { text: SafeText::body(text) });
    let (grounds, at) = (grounds(&key), now());
    let queued = Queued { key: &key, deed: &deed, who: &who, grounds: &grounds, submitted_at: Some(at), asked_at: at, send_at: at };
    let entry = records.queue(&queued).unwrap();
    records.begin(entry.id).unwrap().unwrap();
    records.end(entry.id, &Ended { outcome, at: at + TimeDelta::seconds(seconds) }).unwrap();
}

#[test]
fn a_note_that_its_source_has_says_who_called_and_when() {
    let folder = TempDir::new().unwrap();
    let confirmed = Outcome::Confirmed { by: None, at: None };
    let records = open(folder.path(), 0);
    note(&records, "1", "Called back: it works", 3, &confirmed);
    note(&records, "2", "called back", 4, &Outcome::refused("your role may not"));
    note(&records, "3", "called back", 5, &Outcome::unknown("it broke off"));
    note(&records, "4", "rang, nobody there", 6, &confirmed);
    note(&records, "5", "called back\nagain", 7, &Outcome::Already { by: None, at: None });
    drop(records);
    let records = open(folder.path(), 1);
    let found = records.called_back(0).unwrap();
    let told: Vec<_> =
        found.iter().map(|(_, called)| (called.key.key.as_str(), called.by.as_str(), (called.at - now()).num_seconds())).collect();
    assert_eq!(told, [("1", "jo", 3), ("5", "jo", 7)]);
    assert_eq!(records.called_back(found[0].0).unwrap(), found[1..], "only what came after");
    assert_eq!(records.called_back(found[1].0).unwrap(), []);
}
