//! The file source: spreadsheets, and rules for files of every form.

use std::fs;
use std::sync::Arc;

use holdover::domain::{Pass, SafeText, Severity, Status};
use holdover::sources::{self, TicketFormat, TicketSource, read_csv};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{clock, keys, settings, ticket};

/// A source that reads a file of this name, and the folder that it is in.
fn source(name: &str, text: impl AsRef<[u8]>, more: &str) -> (TempDir, Arc<dyn TicketSource>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let settings = settings(&format!("kind = \"file\"\npath = \"{}\"\n{more}\n", path.display()));
    (folder, sources::build(&settings, clock(), &[]).unwrap())
}

async fn read_with(name: &str, text: impl AsRef<[u8]>, more: &str) -> Result<Pass, String> {
    source(name, text, more).1.list_open().await.map_err(|fault| fault.text.to_string())
}

async fn read(text: impl AsRef<[u8]>) -> Result<Pass, String> {
    read_with("tickets.csv", text, "timezone = \"UTC\"").await
}

fn why(pass: &Pass, key: &str) -> String {
    ticket(pass, key).unreadable.as_ref().unwrap_or_else(|| panic!("{key} is read")).to_string()
}

#[tokio::test]
async fn a_row_is_a_ticket() {
    let pass = read(
        "key,title,client,severity,status,submitted_at,contact.name,contact.phone,contact.email,callback_requested,description\r\n\
         A-1,\"Nobody, at all, can \"\"sign in\"\"\",acme,S1,acknowledged,2026-12-25T02:14:00Z,Jo,+44 20 7946 0000,jo@acme.example,TRUE,\"one\ntwo\"\r\n\
         A-2, Slow ,,,,2026-12-25 02:14,,,,,\r\n",
    )
    .await
    .unwrap();
    assert_eq!((keys(&pass), pass.complete, pass.total), (vec!["A-1", "A-2"], true, Some(2)));
    let first = ticket(&pass, "A-1");
    let contact = first.contact.clone().unwrap();
    let said = [&first.title, first.client.as_ref().unwrap(), first.description.as_ref().unwrap()].map(SafeText::as_str);
    assert_eq!(said, ["Nobody, at all, can \"sign in\"", "acme", "one\ntwo"]);
    assert_eq!((first.severity, first.status, first.callback_requested), (Some(Severity::S1), Status::Acknowledged, true));
    let contact = [contact.name, contact.phone, contact.email].map(|part| part.unwrap().to_string());
    assert_eq!(contact, ["Jo", "+44 20 7946 0000", "jo@acme.example"]);
    let second = ticket(&pass, "A-2");
    assert_eq!((second.title.as_str(), second.client.is_none(), second.severity), ("Slow", true, None));
    assert_eq!(second.submitted_at.unwrap().to_rfc3339(), "2026-12-25T02:14:00+00:00");
    assert!(first.notes.is_empty() && second.notes.is_empty(), "{:?} {:?}", first.notes, second.notes);
}

#[tokio::test]
async fn what_spreadsheets_write_is_read() {
    for text in [
        "key,severity\nA,S2\nB,\n",
        "\u{feff}Key;Severity\r\nA;S2\r\nB;\r\n",
        "KEY\tseverity\nA\tS2\nB\t\n",
        "sep=;\nkey;severity\nA;S2\nB;\n",
        "\n\n\"key\",\"severity\"\n\n\"A\",\"S2\"\n\n\"B\",\"\"",
        "key,severity\rA,S2\rB,S5",
    ] {
        let pass = read(text).await.unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
        assert_eq!((keys(&pass), ticket(&pass, "A").severity), (vec!["A", "B"], Some(Severity::S2)), "{text:?}");
    }
    assert_eq!(read("key,title\n").await.unwrap().tickets.len(), 0);
    // the ending does not say it
    let pass = read_with("tickets.txt", "key\nA\n", "format = \"csv\"").await.unwrap();
    assert_eq!(keys(&pass), ["A"]);
    assert!(read_with("tickets.csv", "[{\"key\":\"A\"}]", "format = \"json\"").await.is_ok());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_costs_only_itself() {
    let pass = read("key,severity,submitted_at\nA,S1,\nB,S5\n,S1,\nC,S4,yesterday\nD,S2,,\nA,S5,\nE,S3,\n").await.unwrap();
    assert_eq!(keys(&pass), ["A", "B", "tickets.csv:4", "C", "D", "tickets.csv:7", "E"]);
    assert!(why(&pass, "B").contains("2 values under 3 names (tickets.csv:3)"), "{}", why(&pass, "B"));
    assert!(why(&pass, "D").contains("4 values under 3 names (tickets.csv:6)"));
    assert!(why(&pass, "tickets.csv:4").contains("no key"));
    assert!(why(&pass, "C").contains("is no time"));
    assert!(why(&pass, "tickets.csv:7").contains("duplicate key 'A': tickets.csv:2 and tickets.csv:7"));
    assert_eq!((ticket(&pass, "A").severity, ticket(&pass, "E").severity), (Some(Severity::S1), Some(Severity::S3)));
}

#[tokio::test]
async fn a_text_that_ends_in_the_middle_is_no_list() {
    for (half, line) in [
        ("key,title,severity\nA,a,S1\nB,b", "at line 3"),
        ("key,title,severity\nA,a,S1\nB,\"b is\nlong", "line 3"),
        ("key,title,severity\nA,\"a,S1\nB,b,S1\nC,c,S1\n", "line 2"),
        ("key,title,severity\nA,a,S1\nB,\"b", "line 3"),
    ] {
        let fault = read(half).await.unwrap_err();
        assert!(fault.contains("half-written?") && fault.contains(line) && fault.contains("tickets.csv"), "{half:?}: {fault}");
    }
    for (text, words) in [
        ("", "is empty"),
        ("name,severity\nA,S1\n", "has no column 'key'"),
        ("[{\"key\":\"A\"}]", "has no column 'key'"),
        ("key,Severity,severity\nA,S1,S2\n", "has two columns 'severity'"),
        ("\u{0}\u{0}", "has no column 'key'"),
    ] {
        let fault = read(text).await.unwrap_err();
        assert!(fault.contains(words) && fault.contains(" – "), "{text:?}: {fault}");
    }
}

#[tokio::test]
async fn an_odd_value_is_noted_and_a_column_that_nobody_knows_is_not() {
    let pass = read("key,severity,status,contact,contact.name,rack,\nA,high,doing,Jo,Jo,4,x\n").await.unwrap();
    let notes = ticket(&pass, "A").notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    assert!(notes.contains("severity \"high\"") && notes.contains("status \"doing\"") && notes.contains("contact \"Jo\""), "{notes}");
    assert!(!notes.contains('4'), "{notes}");
}

const RULES: &str = r#"map = [
  { field = "severity", is = "high", severity = "S1" },
  { field = "Urgency", is = "HIGH", severity = "S2" },
  { field = "team", matches = "^acme (.*)$", client = "acme", service = "$1" },
  { field = "tags", is = "ring", callback_requested = true },
  { field = "meta.state", matches = "^wait", status = "on-client" },
  { field = "level", matches = "([123])", support_level = "L$1" },
]"#;

#[tokio::test]
async fn rules_name_any_member_of_any_form() {
    let array = r#"[{"key":"A","severity":"High","status":"doing"},
        {"key":"B","urgency":"high","team":"ACME mail","tags":["a","Ring"],"meta":{"state":"waiting"},"level":2},
        {"key":"C","severity":"S3","urgency":"high"}]"#;
    let lines: String = array.trim_matches(['[', ']']).lines().map(|line| line.trim().trim_end_matches(',').to_owned() + "\n").collect();
    let csv =
        "key,severity,status,urgency,Team,tags,meta.state,level\nA,High,doing,,,,,\nB,,,high,ACME mail,Ring,waiting,2\nC,S3,,high,,,,\n";
    for (name, text) in [("t.json", array), ("t.jsonl", &*lines), ("t.csv", csv)] {
        let pass = read_with(name, text, RULES).await.unwrap();
        let (a, b, c) = (ticket(&pass, "A"), ticket(&pass, "B"), ticket(&pass, "C"));
        assert_eq!((a.severity, a.severity_unreadable, a.notes.len()), (Some(Severity::S1), false, 1), "{name}: {:?}", a.notes);
        assert!(a.notes[0].as_str().contains("status \"doing\""), "what no rule gave is read as ever");
        assert!(a.severity_origin.as_ref().unwrap().as_str().contains("from severity 'High', map rule at config.toml:"));
        let text = |text: &Option<SafeText>| text.as_ref().map(ToString::to_string).unwrap_or_default();
        assert_eq!((b.severity, b.callback_requested, b.status), (Some(Severity::S2), true, Status::OnClient), "{name}");
        assert_eq!([&b.client, &b.service, &b.support_level].map(text), ["acme", "mail", "L2"], "{name}");
        assert_eq!(c.severity, Some(Severity::S2), "a rule wins over the member: {name}");
    }
}

#[tokio::test]
async fn a_row_of_names_that_are_no_tickets_is_refused_at_once() {
    let why = read("id,title,client\nA,b,c\n").await.unwrap_err();
    assert!(why.contains("has no column 'key' among id, title, client"), "{why}");
    let names: Vec<String> = (0..200_000).map(|n| format!("c{n}")).collect();
    let why = read(format!("key,{}\nA\n", names.join(","))).await.unwrap_err();
    assert!(why.contains("has 200001 columns, more than 1000"), "{why}");
}

fn cell() -> impl Strategy<Value = String> {
    let characters = prop_oneof![Just('"'), Just(','), Just(';'), Just('\t'), Just('\n'), Just('\r'), Just(' '), any::<char>(), Just('x')];
    proptest::collection::vec(characters, 0..8).prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

    /// Whatever stands in the cells, and whatever stands between them: each row is a ticket; and of a file that is cut
    /// anywhere, no other tickets come than those of the whole.
    #[test]
    fn no_row_is_lost(cells in proptest::collection::vec((cell(), cell()), 1..8), separator in prop_oneof![Just(b','), Just(b';'), Just(b'\t')]) {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(["key", "title", "description"]).unwrap();
        for (n, (title, description)) in cells.iter().enumerate() {
            writer.write_record([&format!("K-{n}"), title, description]).unwrap();
        }
        let whole = writer.into_inner().unwrap();
        let settings = settings("kind = \"file\"\npath = \"tickets.csv\"\n");
        let read = |bytes: &[u8]| read_csv(bytes, &TicketFormat::of(&settings, "tickets.csv"));
        let all = read(&whole).unwrap();
        let keys: Vec<String> = all.iter().map(|ticket| ticket.id.key.to_string()).collect();
        prop_assert_eq!(&keys, &(0..cells.len()).map(|n| format!("K-{n}")).collect::<Vec<_>>());
        for (ticket, (title, _)) in all.iter().zip(&cells) {
            let shown = SafeText::title(title.trim());
            prop_assert_eq!((&ticket.unreadable, ticket.title.as_str()), (&None, if shown.as_str().trim().is_empty() { "(no title)" } else { shown.as_str() }));
        }
        for cut in 0..whole.len() {
            if let Ok(part) = read(&whole[..cut]) {
                prop_assert!(part.len() <= all.len() && part.iter().zip(&all).all(|(part, all)| part.id == all.id), "cut at {}", cut);
            }
        }
    }
}
