//! The file source: three shapes, read again when it changes, and what a bad file costs.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdover::app::{Health, SourceRules, Store};
use holdover::domain::{FaultKind, Pass, SafeText, Severity};
use holdover::sources::{self, TicketSource, poller};
use tempfile::TempDir;

use super::{clock, keys, settings, ticket};

fn source(path: &Path) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"file\"\npath = \"{}\"\n", path.display()));
    sources::build(&settings, clock(), &[]).unwrap()
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("tickets.json");
        fs::write(&path, text).unwrap();
        path
    }
}

/// What is read from a file of this text.
async fn read(text: impl AsRef<[u8]>) -> Result<Pass, String> {
    let folder = Folder::new();
    source(&folder.write(text)).list_open().await.map_err(|fault| {
        assert_eq!(fault.kind, FaultKind::Unintelligible, "{fault:?}");
        fault.text.to_string()
    })
}

#[tokio::test]
async fn three_shapes_are_one_list() {
    for text in [
        r#"[{"key":"A","severity":"S2"},{"key":"B"}]"#,
        "\u{feff}[{\"key\":\"A\",\"severity\":\"S2\"},\n{\"key\":\"B\"}]\n\n",
        "{\"key\":\"A\",\"severity\":\"S2\"}\n{\"key\":\"B\"}",
        "\r\n{\"key\":\"A\",\"severity\":\"S2\"}\r\n\r\n{\"key\":\"B\"}\r\n",
        r#"{"at":"x","tickets":[{"key":"A","severity":"S2"},{"key":"B"}],"sources":[]}"#,
    ] {
        let pass = read(text).await.unwrap();
        assert_eq!((keys(&pass).join(" "), pass.complete, pass.total), ("A B".to_owned(), true, Some(2)), "{text:?}");
        assert_eq!(ticket(&pass, "A").severity, Some(Severity::S2));
    }
    for empty in ["[]", r#"{"tickets":[]}"#] {
        assert_eq!(read(empty).await.unwrap().tickets.len(), 0);
    }
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes_and_only_then() {
    let folder = Folder::new();
    let path = folder.write(r#"[{"key":"A"}]"#);
    let source = source(&path);
    let first = source.list_open().await.unwrap();
    let again = source.list_open().await.unwrap();
    assert!(Arc::ptr_eq(&first.tickets[0], &again.tickets[0]), "unchanged: not read");
    folder.write(r#"[{"key":"B"},{"key":"C"}]"#);
    assert_eq!(keys(&source.list_open().await.unwrap()), ["B", "C"]);
    // replaced by a file of the same size that keeps the time of the old one
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let new = folder.0.path().join("new.json");
    fs::write(&new, r#"[{"key":"D"},{"key":"E"}]"#).unwrap();
    File::options().write(true).open(&new).unwrap().set_times(FileTimes::new().set_modified(written)).unwrap();
    fs::rename(&new, &path).unwrap();
    assert_eq!(keys(&source.list_open().await.unwrap()), ["D", "E"]);
}

#[tokio::test]
async fn a_half_written_file_keeps_the_last_good_list_and_says_so() {
    let folder = Folder::new();
    let path = folder.write(r#"[{"key":"A"},{"key":"B"}]"#);
    let (source, clock) = (source(&path), clock());
    let rules = SourceRules { name: source.name().clone(), poll_every: Duration::from_secs(30), blind_after: Duration::from_secs(300) };
    let mut store = Store::new([rules], clock());
    store.apply(poller::poll_once(&*source, &clock).await);
    for half in [r#"[{"key":"A"},{"ke"#, "[", "{\"key\":\"A\"}\n{\"key\":\"B", "{\"tickets\":[{\"key\":\"A\"}", ""] {
        folder.write(half);
        store.apply(poller::poll_once(&*source, &clock).await);
        assert_eq!(store.tickets().count(), 2, "{half}: what was known stays");
        let health = store.health(clock()).remove(0);
        let fault = health.fault.unwrap();
        assert_eq!(health.health, Health::Stale, "{half}");
        assert!(fault.as_str().contains("half-written") || half.is_empty() && fault.as_str().contains("is empty"), "{half}: {fault}");
        assert!(fault.as_str().contains("tickets.json"), "{fault}");
    }
    folder.write(r#"[{"key":"C"}]"#);
    store.apply(poller::poll_once(&*source, &clock).await);
    let health = store.health(clock()).remove(0);
    assert_eq!((store.tickets().count(), health.health, health.fault), (1, Health::Ok, None));
}

#[tokio::test]
async fn a_line_that_is_none_costs_only_itself() {
    let pass = read("{\"key\":\"A\"}\nnot json\n{\"key\":\"B\",}\n{\"key\":\"C\"}\n").await.unwrap();
    assert_eq!(keys(&pass), ["A", "tickets.json:2", "tickets.json:3", "C"]);
    let unreadable = ticket(&pass, "tickets.json:3").unreadable.as_ref().unwrap().as_str();
    assert!(unreadable.contains("not JSON") && unreadable.contains("tickets.json:3"), "{unreadable}");
}

#[tokio::test]
async fn a_key_twice_is_told_with_both_places() {
    let pass = read("[{\"key\":\"A\",\"severity\":\"S1\"},\n{\"key\":\"B\"},\n{\"key\":\"A\",\"severity\":\"S5\"}]").await.unwrap();
    assert_eq!(keys(&pass), ["A", "B", "tickets.json:3"]);
    assert_eq!(ticket(&pass, "A").severity, Some(Severity::S1), "the first counts");
    let second = ticket(&pass, "tickets.json:3").unreadable.as_ref().unwrap().as_str();
    assert!(second.contains("duplicate key 'A'") && second.contains("tickets.json:1 and tickets.json:3"), "{second}");
    // a member twice in one ticket: which of them holds cannot be known
    let pass = read(r#"[{"key":"A","severity":"S1","severity":"S5"},{"key":"B"}]"#).await.unwrap();
    assert_eq!(keys(&pass), ["tickets.json:1", "B"]);
    let twice = ticket(&pass, "tickets.json:1").unreadable.as_ref().unwrap().as_str();
    assert!(twice.contains("duplicate field `severity`"), "{twice}");
}

#[tokio::test]
async fn wrong_types_cost_a_member_and_years_out_of_range_count_as_missing() {
    let pass = read(
        r#"[{"key":1,"title":5,"client":[],"severity":1,"status":"done","url":"javascript:alert(1)","contact":"Jo","on_client":[{"from":"x"}],
             "assessments":[{"at":"2026-01-01T00:00:00Z","severity":"high"}],"description":null,"unheard_of":{}},
            {"key":"PAST","submitted_at":"0001-01-01T00:00:00Z"}, {"key":"FUTURE","submitted_at":"9999-12-31T23:59:59Z"},
            {"key":"NEVER","submitted_at":"2026-02-30T00:00:00Z"}, {"key":"LATER","submitted_at":"99999-01-01T00:00:00Z"}]"#,
    )
    .await
    .unwrap();
    let odd = ticket(&pass, "1");
    let notes = odd.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    for word in [
        "title 5",
        "client []",
        "severity 1",
        "status \"done\"",
        "url \"javascript",
        "contact \"Jo\"",
        "on_client {\"from\":\"x\"}",
        "high",
    ] {
        assert!(notes.contains(word), "{word}: {notes}");
    }
    assert!(odd.unreadable.is_none() && odd.severity_unreadable && odd.url.is_none(), "{odd:?}");
    for key in ["PAST", "FUTURE"] {
        let ticket = ticket(&pass, key);
        assert!(ticket.submitted_at.is_none() && ticket.notes[0].as_str().contains("counts as missing"), "{ticket:?}");
    }
    for key in ["NEVER", "LATER"] {
        assert!(ticket(&pass, key).unreadable.as_ref().unwrap().as_str().contains("is no time"), "{key}");
    }
}

#[tokio::test]
async fn an_address_is_of_the_web_without_a_user_name_and_shows_who_it_leads_to() {
    for (written, shown) in [
        ("https://a.example/1?x=y#z", Some("https://a.example/1?x=y#z")),
        ("HTTP://A.Example", Some("http://a.example/")),
        ("https://\u{430}pple.com/x", Some("https://xn--pple-43d.com/x")),
        ("https://a.example/\\u001b]0;x\\u0007\\u202e", Some("https://a.example/%1B]0;x%07%E2%80%AE")),
        ("https://bank.example@evil.example/", None),
        ("https://user:word@a.example/", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//a.example", None),
        ("data:text/html,x", None),
    ] {
        let pass = read(format!(r#"[{{"key":"A","url":"{written}"}}]"#)).await.unwrap();
        let ticket = ticket(&pass, "A");
        assert_eq!(ticket.url.as_ref().map(SafeText::as_str), shown, "{written}");
        assert_eq!(ticket.notes.len(), usize::from(shown.is_none()), "{:?}", ticket.notes);
    }
    // a part of an address would lead elsewhere
    let pass = read(format!(r#"[{{"key":"A","url":"https://a.example/{}"}}]"#, "x".repeat(1024))).await.unwrap();
    assert_eq!((&ticket(&pass, "A").url, ticket(&pass, "A").notes.len()), (&None, 1));
}

#[tokio::test]
async fn what_was_replaced_or_left_out_is_counted_over_all_texts_of_a_ticket() {
    let x = "x\\u001b\\u200b";
    let members = ["title", "client", "agreement", "support_level", "channel", "service", "assignee", "acknowledged_by", "description"];
    let entry = |key: &str| {
        let texts: Vec<String> = members.iter().map(|name| format!(r#""{name}":"{x}""#)).collect();
        let contact = format!(r#""contact":{{"name":"{x}","phone":"{x}","email":"{x}"}}"#);
        let contacts = format!(r#""contacts":[{{"at":"2026-01-01T00:00:00Z","channel":"{x}"}}]"#);
        format!(r#"{{"key":"{key}","submitted_at":"x",{},{contact},{contacts}}}"#, texts.join(","))
    };
    let pass = read(format!(r#"[{},{},{{"key":"plain","client":"acme"}}]"#, entry("A\\u0007"), entry("B"))).await.unwrap();
    let each = 2 * (members.len() + 4);
    let counts: Vec<usize> = pass.tickets.iter().map(|t| t.altered).collect();
    assert_eq!((keys(&pass), counts), (vec!["A^G", "B", "plain"], vec![each + 1, each, 0]), "of names that recur too");
}

#[tokio::test]
async fn deep_and_large_values_are_read_without_a_tree_of_them() {
    let deep = format!("[{{\"key\":\"A\",\"x\":{}{}}},{{\"key\":\"B\"}}]", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(keys(&read(deep).await.unwrap()), ["A", "B"]);
    let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let pass = read(nested).await.unwrap();
    assert!(pass.tickets.len() == 1 && pass.tickets[0].unreadable.is_some());
    let digits = "9".repeat(100_000);
    let pass = read(format!("[{{\"key\":{digits}}},{{\"key\":1e400}},{{\"key\":\"{digits}\",\"title\":\"{digits}\"}}]")).await.unwrap();
    assert_eq!(pass.tickets.len(), 3);
    assert!(pass.tickets.iter().all(|t| t.id.key.as_str().len() <= 1100 && t.title.as_str().len() <= 1100), "cut");
}

#[tokio::test]
async fn what_is_no_text_or_no_json_is_told() {
    for (text, words) in [
        (&b""[..], "is empty"),
        (b"\n\n", "is empty"),
        (b"<html>", "is not JSON"),
        (b"\xff\xfe[\0]\0", "is not JSON"),
        (b"PK\x03\x04", "is not JSON"),
        (b"17", "is not JSON"),
        (b"[{\"key\":\"A\"} {\"key\":\"B\"}]", "line 1, column 14"),
        (b"[{\"key\":\"A\"}] and more", "line 1, column 15"),
        (b"{\n \"key\": \"A\"\n}\n", "is no list of tickets"),
    ] {
        let said = read(text).await.unwrap_err();
        assert!(said.contains(words) && said.contains("tickets.json"), "{:?}: {said}", String::from_utf8_lossy(text));
    }
    // Latin-1 in a title harms nothing else
    let pass = read(b"[{\"key\":\"A\",\"title\":\"caf\xe9\"}]").await.unwrap();
    assert_eq!(ticket(&pass, "A").title.as_str(), "caf\u{fffd}");
}

#[tokio::test]
async fn what_is_no_file_is_told_and_nothing_waits_for_it() {
    let folder = Folder::new();
    let inside = |name: &str| folder.0.path().join(name);
    let missing = source(&inside("missing.json")).list_open().await.unwrap_err();
    assert!(missing.kind == FaultKind::Unreachable && missing.text.as_str().contains("missing.json cannot be read"), "{missing:?}");
    // a pipe would wait for its writer for ever
    let pipe = inside("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [folder.0.path(), &*pipe, Path::new("/dev/zero")] {
        let fault = source(path).list_open().await.unwrap_err();
        assert!(fault.kind == FaultKind::Unreachable && fault.text.as_str().contains("is no file"), "{fault:?}");
    }
}

#[tokio::test]
async fn a_file_of_200_megabytes_is_refused() {
    let folder = Folder::new();
    let path = folder.write("[");
    // it takes no room on the disk
    File::options().write(true).open(&path).unwrap().set_len(200 << 20).unwrap();
    let fault = source(&path).list_open().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unintelligible);
    assert!(fault.text.as_str().contains("larger than 128 MiB"), "{}", fault.text);
}
