//! The decided cases of `tests/cases`: agreements and tickets as people write them, verdicts decided by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use holdover::app::{Board, BoardRow, TicketJson};
use holdover::config::{self, Settings};
use holdover::domain::{SourceName, Step, Ticket, explain};
use holdover::sources::{TicketFormat, read_tickets};
use serde::Deserialize;
use serde_json::Value;

/// How many cases there are: none is skipped silently.
const CASES: usize = 194;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(default)]
    agreements: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    says: String,
    agreement: String,
    ticket: Option<toml::Table>,
    #[serde(default)]
    tickets: Vec<toml::Table>,
    file: Option<String>,
    first_seen_at: Option<DateTime<Utc>>,
    severity_seen_at: Option<DateTime<Utc>>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    then: Vec<Then>,
}

/// What is expected at one instant.
#[derive(Deserialize)]
struct Then {
    at: DateTime<Utc>,
    key: Option<String>,
    board: Option<Vec<String>>,
    /// Whether the ticket counts as acknowledged.
    taken: Option<bool>,
    #[serde(default)]
    explains: Vec<String>,
    explanation: Option<Vec<String>>,
    /// Members of the ticket.
    #[serde(flatten)]
    ticket: toml::Table,
}

#[test]
fn every_decided_case() {
    let mut count = 0;
    let mut wrong = String::new();
    let mut files: Vec<_> =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        let file = path.file_name().unwrap().to_string_lossy();
        let read: CaseFile = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mut names = BTreeSet::new();
        for case in &read.case {
            count += 1;
            assert!(names.insert(&case.name), "{file}: two cases are called {}", case.name);
            let text = read.agreements.get(&case.agreement).unwrap_or(&case.agreement);
            for fault in case.faults(text) {
                let _ = write!(wrong, "\n{file}: {}: {fault}\n    \"{}\"", case.name, case.says);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(count, CASES, "cases were added or lost");
}

impl Case {
    /// All that is otherwise than expected.
    fn faults(&self, agreement: &str) -> Vec<String> {
        let settings = match config::parse(agreement, "config.toml", &[]) {
            Ok(_) if !self.refused.is_empty() => return vec!["the agreement is not refused".to_owned()],
            Ok(settings) => settings,
            Err(problems) => {
                let said = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                if self.refused.is_empty() {
                    return vec![format!("the agreement is refused: {said}")];
                }
                let missing = self.refused.iter().filter(|part| !said.contains(*part));
                return missing.map(|part| format!("the mistakes do not say '{part}': {said}")).collect();
            }
        };
        if self.then.is_empty() {
            return vec!["nothing is expected".to_owned()];
        }
        let tickets = self.read(&settings);
        self.then.iter().flat_map(|then| then.faults(&tickets, &settings)).collect()
    }

    /// The tickets, as the file source reads them.
    fn read(&self, settings: &Settings) -> Vec<Arc<Ticket>> {
        let name = SourceName::new("tickets");
        let format = settings.sources.first().map_or(
            TicketFormat { source: &name, label: "tickets.json", timezone: None, client: None, unassessed_as: None, map: &[] },
            |source| TicketFormat::of(source, "tickets.json"),
        );
        let given: Vec<&toml::Table> = self.ticket.iter().chain(&self.tickets).collect();
        let text = self.file.as_deref().map_or_else(|| serde_json::to_string(&given).unwrap(), |text| text.trim_start().to_owned());
        let mut tickets = read_tickets(text.as_bytes(), &format).unwrap_or_else(|fault| panic!("{}: {}", self.name, fault.text));
        for ticket in tickets.iter_mut().map(Arc::make_mut) {
            ticket.first_seen_at = self.first_seen_at;
            ticket.severity_seen_at = self.severity_seen_at;
        }
        tickets
    }
}

impl Then {
    fn faults(&self, tickets: &[Arc<Ticket>], settings: &Settings) -> Vec<String> {
        let board = Board::new(tickets.iter().cloned(), &settings.agreements, self.at);
        let mut faults = Vec::new();
        if let Some(expected) = &self.board {
            let shown: Vec<String> = board.rows.iter().map(place).collect();
            if shown != *expected {
                faults.push(format!("the board is {shown:?}, not {expected:?}"));
            }
        }
        let asks_of_one = self.taken.is_some() || !self.ticket.is_empty() || !self.explains.is_empty() || self.explanation.is_some();
        if asks_of_one {
            let mut rows = board.rows.iter().chain(&board.resolved);
            let row = match &self.key {
                Some(key) => rows.find(|row| row.ticket.id.key.as_str() == key),
                None => rows.next().filter(|_| tickets.len() == 1),
            };
            let Some(row) = row else {
                let keys: Vec<&str> = tickets.iter().map(|t| t.id.key.as_str()).collect();
                return vec![format!("no ticket {:?} among {keys:?}", self.key)];
            };
            let shown = serde_json::to_value(TicketJson::new(row)).unwrap();
            for (member, expected) in &self.ticket {
                compare(member, expected, shown.get(member), &mut faults);
            }
            if self.taken.is_some_and(|taken| taken != row.verdict.acknowledged) {
                faults.push(format!("it is {}taken", if row.verdict.acknowledged { "" } else { "not " }));
            }
            faults.extend(self.unexplained(&explain(&row.ticket, &settings.agreements, self.at, settings.timezone)));
        }
        faults.into_iter().map(|fault| format!("at {}: {}: {fault}", self.at.to_rfc3339(), self.key.as_deref().unwrap_or("-"))).collect()
    }

    fn unexplained(&self, steps: &[Step]) -> Vec<String> {
        let lines: Vec<String> = steps.iter().map(line).collect();
        let all = lines.join("\n        ");
        let mut rest = lines.iter();
        let mut faults: Vec<String> = (self.explains.iter())
            .filter(|part| !rest.any(|line| line.contains(part.as_str())))
            .map(|part| format!("the explanation does not say '{part}' there:\n        {all}"))
            .collect();
        if let Some(expected) = &self.explanation
            && expected.iter().map(|line| single_blanks(line)).ne(lines.iter().cloned())
        {
            faults.push(format!("the explanation is\n        {all}"));
        }
        faults
    }
}

/// A row as `board` names it.
fn place(row: &BoardRow) -> String {
    let group = serde_json::to_value(row.verdict.group).unwrap();
    format!("{} {}", group.as_str().unwrap(), row.ticket.id.key)
}

/// A step as one line, as `holdover explain` has it.
fn line(step: &Step) -> String {
    let origin = step.file.as_ref().map(|file| format!("{file}:{}", step.line.unwrap_or(0)));
    let parts = [Some(step.what.to_owned()), Some(step.when.clone()), Some(step.text.clone()), step.clause.clone(), origin];
    single_blanks(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Notes each difference of a member; what is expected may say less than is there.
fn compare(path: &str, expected: &toml::Value, shown: Option<&Value>, faults: &mut Vec<String>) {
    let Some(shown) = shown else {
        return faults.push(format!("{path} is no member of a ticket"));
    };
    if let (toml::Value::Table(members), Value::Object(object)) = (expected, shown) {
        for (member, expected) in members {
            compare(&format!("{path}.{member}"), expected, object.get(member), faults);
        }
        return;
    }
    if !fits(path, expected, shown) {
        faults.push(format!("{path} is {shown}, not {expected}"));
    }
}

fn fits(path: &str, expected: &toml::Value, shown: &Value) -> bool {
    let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok();
    match (expected, shown) {
        (toml::Value::String(word), Value::Null) => word == "null",
        (toml::Value::String(part), Value::String(text)) if path == "billing.reason" => text.contains(part),
        (toml::Value::String(a), Value::String(b)) => a == b || instant(a).is_some_and(|a| Some(a) == instant(b)),
        (toml::Value::Integer(a), Value::Number(b)) => Some(*a) == b.as_i64(),
        (toml::Value::Boolean(a), Value::Bool(b)) => a == b,
        (toml::Value::Array(parts), Value::Array(notes)) if path == "notes" => {
            let within = |part: &toml::Value| notes.iter().any(|note| note.as_str().zip(part.as_str()).is_some_and(|(n, p)| n.contains(p)));
            parts.iter().all(within) && (notes.is_empty() || !parts.is_empty())
        }
        _ => false,
    }
}
