//! Records that cannot be used: what the user sees for each, and that nothing else is lost.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;
use holdover::domain::{Deed, SafeText, SourceName, Ticket};
use holdover::records::{Records, RecordsFault, Snapshot, folder};
use tempfile::TempDir;

use super::{key, now, open, queue, sources};
use crate::pty::Pty;
use crate::support::Desk;

const TICKET: &str = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "2026-12-07T00:10:00Z" }]"#;

fn said(folder: &Path) -> String {
    Records::open(folder, &sources(), now()).unwrap_err().to_string()
}

/// What `ack` and `list` of a desk come to, whose records cannot be used.
fn refused(desk: &Desk, words: &str) {
    let ack = desk.run(&["ack", "A-1", "--json"]).ended(1);
    assert_eq!(ack.json()[0]["outcome"], "refused", "{}", ack.out);
    let reason = ack.json()[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("nothing was sent: ") && reason.contains(words), "{reason}");
    // the tickets are there all the same
    let list = desk.run(&["list", "--json"]).ended(0);
    assert_eq!(list.json()["tickets"][0]["group"], "unanswered");
    assert_eq!(desk.run(&["status"]).code, Some(40));
}

#[test]
fn the_environment_says_where_they_are() {
    let of = |pairs: &[(&str, &str)]| {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        folder(&pairs)
    };
    assert_eq!(of(&[("HOME", "/home/jo"), ("XDG_STATE_HOME", "/state")]).unwrap(), PathBuf::from("/state/holdover"));
    assert_eq!(of(&[("HOME", "/home/jo"), ("XDG_STATE_HOME", "relative")]).unwrap(), PathBuf::from("/home/jo/.local/state/holdover"));
    assert!(matches!(of(&[("HOME", "")]), Err(RecordsFault::NoFolder)));
}

#[test]
fn they_are_for_nobody_else_to_read() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("a/holdover");
    let records = open(&folder, 0);
    queue(&records, &key("desk", "1"));
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        assert_eq!(mode(&entry), if entry.is_dir() { 0o700 } else { 0o600 }, "{}", entry.display());
    }
    // what was open to others is no longer
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    open(&folder, 1);
    assert_eq!(mode(&folder), 0o700);
}

#[test]
fn a_folder_that_is_not_ours_is_refused() {
    let home = TempDir::new().unwrap();
    let (there, link) = (home.path().join("there"), home.path().join("link"));
    fs::create_dir(&there).unwrap();
    symlink(&there, &link).unwrap();
    assert!(said(&link).contains("it is a symbolic link"), "{}", said(&link));
    fs::write(home.path().join("file"), "").unwrap();
    assert!(said(&home.path().join("file")).contains("it is no folder"));
    symlink(home.path().join("elsewhere.db"), there.join("records.db")).unwrap();
    assert!(said(&there).contains("it is a symbolic link"));
    assert!(!home.path().join("elsewhere.db").exists() || fs::metadata(home.path().join("elsewhere.db")).unwrap().len() == 0);
    if fs::metadata(home.path()).unwrap().uid() == 0 {
        let other = home.path().join("other");
        fs::create_dir(&other).unwrap();
        std::os::unix::fs::chown(&other, Some(12345), None).unwrap();
        assert!(said(&other).contains("it belongs to user 12345"), "{}", said(&other));
    } else {
        eprintln!("SKIPPED: a folder of somebody else: only root can make one");
    }
}

#[test]
fn damaged_records_are_moved_aside_and_named_and_new_ones_begun() {
    let desk = Desk::with(&[TICKET]);
    desk.run(&["ack", "A-1"]).ended(0);
    let folder = desk.path(".local/state/holdover");
    let database = folder.join("records.db");
    for damage in ["no database at all, but text of some length".repeat(100).into_bytes(), damaged(&database)] {
        for beside in ["records.db-wal", "records.db-shm"] {
            let _ = fs::remove_file(folder.join(beside));
        }
        fs::write(&database, &damage).unwrap();
        // a reader changes nothing
        let status = desk.run(&["status"]).ended(40);
        assert!(status.err.contains("start holdover again: it moves them aside"), "{}", status.err);
        assert_eq!(fs::read(&database).unwrap(), damage);
        let ack = desk.run(&["ack", "A-1"]).ended(0);
        assert!(ack.err.contains("the records were damaged – they are now in ") && ack.err.contains("new ones were begun"), "{}", ack.err);
        let aside = ack.err.split("they are now in ").nth(1).unwrap().split(" – ").next().unwrap();
        assert_eq!(fs::read(aside).unwrap(), damage, "nothing of it is lost");
        // what only it has is on no board: that is said until it is moved away
        let lies = format!("damaged records lie in {aside} – local tickets, and what was not sent yet, may be in it alone – ");
        for verb in ["list", "status"] {
            let said = desk.run(&[verb]);
            assert_eq!(said.err.matches(&lies).count(), 1, "{verb}: {}", said.err);
        }
        let checked = desk.run(&["check"]).ended(0);
        assert!(checked.out.contains(&format!("warning: {aside}: damaged records were moved here")), "{}", checked.out);
        let mut dashboard = Pty::dashboard(&desk.path("config.toml"), (160, 24));
        dashboard.wait_for("the warning", |text| text.contains("damaged records lie in"));
        dashboard.press("q");
        dashboard.end();
        fs::remove_file(aside).unwrap();
        assert!(!desk.run(&["list"]).err.contains("damaged"));
        assert_eq!(desk.run(&["evidence", "--json"]).ended(0).json().as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_log_without_its_database_and_a_database_without_its_tables_are_kept_too() {
    let home = TempDir::new().unwrap();
    let database = home.path().join("records.db");
    fs::write(&database, "").unwrap();
    fs::write(home.path().join("records.db-wal"), "what was not yet moved into the database").unwrap();
    let none = Records::read_only(home.path(), &sources()).unwrap_err();
    assert!(matches!(none, RecordsFault::None { .. }), "{none}");
    assert!(fs::metadata(home.path().join("records.db-wal")).unwrap().len() > 0, "a reader throws nothing away");
    let aside = Records::open(home.path(), &sources(), now()).unwrap().moved_aside.unwrap();
    assert!(fs::metadata(aside.with_file_name(format!("{}-wal", aside.file_name().unwrap().display()))).unwrap().len() > 0);
    for version in [1, 2] {
        fs::remove_file(&database).unwrap();
        rusqlite::Connection::open(&database).unwrap().pragma_update(None, "user_version", version).unwrap();
        let later = now() + TimeDelta::seconds(version);
        assert!(Records::open(home.path(), &sources(), later).unwrap().moved_aside.is_some(), "{version}");
    }
}

#[test]
fn records_that_are_taken_away_while_they_are_open_are_missed() {
    let home = TempDir::new().unwrap();
    let records = open(home.path(), 0);
    let entry = queue(&records, &key("desk", "1"));
    fs::rename(home.path().join("records.db"), home.path().join("other.db")).unwrap();
    let missed = records.begin(entry.id).unwrap_err().to_string();
    assert!(missed.contains("they were removed or replaced while holdover had them open"), "{missed}");
    fs::rename(home.path().join("other.db"), home.path().join("records.db")).unwrap();
    assert!(!records.begin(entry.id).unwrap().unwrap().may_have_arrived);
}

#[test]
fn who_only_reads_makes_nothing() {
    let home = TempDir::new().unwrap();
    drop(open(home.path(), 0));
    let names = || {
        let mut names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    assert!(!before.iter().any(|name| name == "records.db-wal"), "{before:?}");
    assert!(Records::read_only(home.path(), &sources()).unwrap().outbox().unwrap().is_empty());
    assert_eq!(names(), before);
}

#[test]
fn what_is_no_file_stops_nobody() {
    let home = TempDir::new().unwrap();
    drop(open(home.path(), 0));
    let claims = home.path().join("claims");
    make_pipe(&claims.join("1-1"));
    let records = open(home.path(), 1);
    queue(&records, &key("desk", "1"));
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A database of the right kind whose pages are not.
fn damaged(database: &Path) -> Vec<u8> {
    let whole = rusqlite::Connection::open(database).unwrap();
    whole.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(whole);
    let mut bytes = fs::read(database).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0xa5);
    bytes
}

#[test]
fn damaged_records_that_another_process_uses_stay_where_they_are() {
    let home = TempDir::new().unwrap();
    let first = open(home.path(), 0);
    let database = home.path().join("records.db");
    let mut bytes = damaged(&database);
    fs::write(&database, &bytes).unwrap();
    let fault = Records::open(home.path(), &sources(), now()).unwrap_err();
    assert!(matches!(fault, RecordsFault::Damaged { .. }), "{fault}");
    drop(first);
    bytes = fs::read(&database).unwrap_or(bytes);
    let opened = Records::open(home.path(), &sources(), now()).unwrap();
    assert_eq!(fs::read(opened.moved_aside.unwrap()).unwrap(), bytes);
}

#[test]
fn records_of_a_newer_version_are_left_alone() {
    let desk = Desk::with(&[TICKET]);
    desk.run(&["ack", "A-1", "--queue"]).ended(0);
    let database = desk.path(".local/state/holdover/records.db");
    rusqlite::Connection::open(&database).unwrap().pragma_update(None, "user_version", 4).unwrap();
    refused(&desk, "are of a newer holdover – their schema is 4, this one knows 3");
    let version: u32 = rusqlite::Connection::open(&database).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 4);
}

#[test]
fn who_reads_after_a_dashboard_has_ended_finds_no_log() {
    let desk = Desk::with(&[TICKET]);
    let mut dashboard = Pty::dashboard(&desk.path("config.toml"), (80, 24));
    dashboard.wait_for("the board", |screen| screen.contains("A-1"));
    dashboard.press("qq");
    assert_eq!(dashboard.end(), 0);
    let log = fs::metadata(desk.path(".local/state/holdover/records.db-wal"));
    assert_eq!(log.map_or(0, |log| log.len()), 0);
    desk.run(&["list", "--cached"]).ended(0);
}

/// A ticket as the first schema had it.
const FIRST_BODY: &str = r#"{"id":{"source":"desk","key":"4"},"title":"It \"stands\"","client":"acme","agreement":null,"severity":"S2","severity_unreadable":false,"severity_origin":null,"unassessed_as":null,"support_level":null,"channel":"email","service":null,"status":"open","assignee":null,"url":null,"description":"One\nTwo","submitted_at":"2026-11-01T00:00:00Z","acknowledged_at":null,"acknowledged_by":null,"answered_at":null,"last_word_at":null,"resolved_at":null,"contact":null,"callback_requested":false,"contacts":[{"at":"2026-11-01T00:00:00Z","channel":null}],"assessments":[],"on_client":[],"notes":[],"unreadable":null,"first_seen_at":null,"severity_seen_at":null}"#;

#[test]
fn records_of_the_first_schema_are_taken_further_with_all_they_have() {
    let home = TempDir::new().unwrap();
    let database = home.path().join("records.db");
    let old = rusqlite::Connection::open(&database).unwrap();
    old.execute_batch(include_str!("../../../src/records/schema_1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let grounds = serde_json::to_string(&super::grounds(&key("desk", "1"))).unwrap();
    old.execute("INSERT INTO source (id, name, place) VALUES (1, 'desk', 'desk at home')", []).unwrap();
    let unsent = "INSERT INTO outbox (id, source, key, note, who, grounds, submitted_at, asked_at, send_at, state, attempts, reason, claim) \
                  VALUES (7, 1, '1', 'on it', 'jo', ?1, 5, 6, 7, 'waiting', 3, 'no answer', '')";
    old.execute(unsent, [&grounds]).unwrap();
    let evidence = "INSERT INTO evidence (source, key, action, note, who, grounds, asked_at, ended_at, outcome) \
                    VALUES (1, '2', 'acknowledge', 'mine', 'li', ?1, 8, 9, 'confirmed')";
    old.execute(evidence, [&grounds]).unwrap();
    old.execute("INSERT INTO taken_here (source, key, submitted_at, who, at) VALUES (1, '3', 5, 'mo', 10)", []).unwrap();
    old.execute("UPDATE source SET began_at = 1, ended_at = 2, complete = 1, complete_at = 2, reading = 'as it is'", []).unwrap();
    old.execute("INSERT INTO ticket (source, key, body) VALUES (1, '4', ?1)", [FIRST_BODY]).unwrap();
    // what is damaged in a ticket that its source tells again is no reason to give up the rest
    old.execute("INSERT INTO ticket (source, key, body) VALUES (1, '5', '{ \"id\": ')", []).unwrap();
    drop(old);
    // who only reads does not change it, and says what to do
    let older = Records::read_only(home.path(), &sources()).unwrap_err();
    assert!(matches!(older, RecordsFault::Older { found: 1, .. }), "{older}");
    assert!(older.to_string().contains("are of an older holdover – their schema is 1, ") && older.to_string().contains("brings them up"));
    let opened = Records::open(home.path(), &sources(), now()).unwrap();
    assert_eq!(opened.moved_aside, None);
    let entry = opened.records.outbox().unwrap().remove(0);
    assert_eq!((entry.id, entry.key.clone(), entry.attempts), (7, key("desk", "1"), 3));
    assert_eq!(entry.deed, Deed::Acknowledge { note: Some(SafeText::line("on it")) });
    assert_eq!(entry.reason, Some(SafeText::line("no answer")));
    assert_eq!(queue(&opened.records, &key("desk", "1")).id, 7, "one acknowledgement of a ticket is enough");
    assert!(queue(&opened.records, &key("desk", "2")).id > 7, "no number comes twice");
    let ticket = |snapshot: Option<Snapshot>| {
        let mut tickets = snapshot.unwrap().tickets;
        assert_eq!(tickets.len(), 1, "the one that can be read");
        tickets.remove(0)
    };
    let kept = ticket(opened.records.snapshot(&SourceName::new("desk")).unwrap());
    assert_eq!((kept.id.clone(), kept.title.as_str(), kept.contacts.len()), (key("desk", "4"), "It \"stands\"", 1));
    assert_eq!(kept.description, Some(SafeText::body("One\nTwo")));
    assert_eq!(
        *ticket(opened.records.snapshot_to_count(&SourceName::new("desk"), &mut |_, _| true).unwrap()),
        Ticket { description: None, ..(*kept).clone() }
    );
    let evidence = opened.records.evidence(None).unwrap().remove(0);
    assert_eq!((evidence.action.as_str(), evidence.who.as_str(), evidence.value), ("acknowledge", "li", None));
    assert_eq!(opened.records.kept_here().unwrap()[0].by, SafeText::line("mo"));
    let changed = rusqlite::Connection::open(&database).unwrap().execute("UPDATE evidence SET who = 'me'", []);
    assert!(changed.unwrap_err().to_string().contains("evidence is never changed"));
}

/// Mounts a small file system over the folder of the records of a desk; unmounts it at the end.
struct Mounted(PathBuf);

impl Mounted {
    fn over(desk: &Desk, options: &str) -> Option<Self> {
        let folder = desk.path(".local/state/holdover");
        fs::create_dir_all(&folder).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&folder).output();
        if done.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: a disk that is full or cannot be written: mounting one needs root and the right to mount");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn on_a_full_disk_an_acknowledgement_is_refused_loudly() {
    let desk = Desk::with(&[TICKET]);
    let Some(mounted) = Mounted::over(&desk, "size=512k") else { return };
    desk.run(&["ack", "A-1", "--queue"]).ended(0);
    // filled to the last byte
    let mut full = fs::File::create(mounted.0.join("other")).unwrap();
    let filled = std::io::copy(&mut std::io::repeat(7), &mut full);
    assert!(filled.is_err());
    drop(full);
    let desk_key = |key: &str| desk.run(&["ack", key, "--json"]).ended(1).json()[0].clone();
    let ack = desk_key("A-1");
    assert_ne!(ack["outcome"], "confirmed", "{ack}");
    let list = desk.run(&["list", "--json"]).ended(0);
    assert_eq!(list.json()["tickets"][0]["group"], "unanswered");
    fs::remove_file(mounted.0.join("other")).unwrap();
    assert_eq!(desk.run(&["ack", "A-1", "--json"]).ended(0).json()[0]["outcome"], "confirmed");
}

#[test]
fn on_a_disk_that_cannot_be_written_an_acknowledgement_is_refused_loudly() {
    let desk = Desk::with(&[TICKET]);
    let Some(mounted) = Mounted::over(&desk, "size=1m") else { return };
    desk.run(&["ack", "A-1", "--queue"]).ended(0);
    assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&mounted.0).status().unwrap().success());
    let ack = desk.run(&["ack", "A-1", "--json"]).ended(1).json()[0].clone();
    assert_eq!(ack["outcome"], "refused", "{ack}");
    let reason = ack["reason"].as_str().unwrap();
    assert!(reason.starts_with("nothing was sent: ") && reason.contains("Read-only file system"), "{reason}");
    assert_eq!(desk.run(&["list", "--json"]).ended(0).json()["tickets"][0]["group"], "unanswered");
}
