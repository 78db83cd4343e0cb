//! Tickets of a spreadsheet: rows of values under a row of names, which are the members of a ticket. Each row is read as the
//! entry that it would be in JSON.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::ticket_reader::List;
use crate::domain::Fault;

/// A row of more values than this is no table of tickets.
const MOST_COLUMNS: usize = 1_000;
/// Stands after the last row: a quote that is not closed would swallow it.
const END: &str = "\n\u{0}";

/// Reads all rows of a text into its list.
///
/// # Errors
/// There is no row of names, or the text ends in the middle.
pub(super) fn rows(list: &mut List) -> Result<(), Fault> {
    let (text, start) = without_separator_line(list.text);
    if text.trim().is_empty() {
        return Err(list.fault("is empty", "an empty list of tickets is a row of names without rows below it"));
    }
    let ended = format!("{text}{END}");
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(text)).has_headers(true).flexible(true).trim(Trim::All).from_reader(ended.as_bytes());
    let names = reader.headers().cloned().unwrap_or_default();
    let names: Vec<String> = names.iter().map(member).collect();
    if names.len() > MOST_COLUMNS {
        let what = format!("has {} columns, more than {MOST_COLUMNS}", names.len());
        return Err(list.fault(&what, "leave out those that no ticket needs"));
    }
    if !names.iter().any(|name| name == "key") {
        let found: String = names.join(", ").chars().take(200).collect();
        let help = "its first row names the columns, of which one is 'key'; or say the format, if it is no CSV";
        return Err(list.fault(&format!("has no column 'key' among {found}"), help));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !name.is_empty() && !seen.insert(*name)) {
        return Err(list.fault(&format!("has two columns '{twice}'"), "name one of them otherwise"));
    }
    let mut rows: Vec<(usize, StringRecord)> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| list.fault(&format!("is no CSV: {e}"), "it is read again when it changes"))?;
        let at = row.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX)).min(text.len());
        // empty lines before a row belong to none
        let at = at + text[at..].len() - text[at..].trim_start_matches(['\r', '\n']).len();
        rows.push((start + at, row));
    }
    let end = rows.pop();
    if let Some((at, _)) = end.filter(|(_, end)| end.get(0) != Some("\u{0}")) {
        let line = list.line_at(at);
        let what = format!("ends within quotes, in a row that begins at line {line}: half-written?");
        return Err(list.fault(&what, "it is read again when it changes"));
    }
    let last_row = rows.last().map_or(0, |(at, _)| *at);
    let short = rows.last().is_some_and(|(_, row)| row.len() < names.len());
    if short && !list.text.ends_with('\n') {
        let line = list.line_at(last_row);
        return Err(list.fault(&format!("ends in the middle, at line {line}: half-written?"), "it is read again when it changes"));
    }
    for (at, row) in rows {
        let wrong = (row.len() != names.len()).then(|| format!("{} values under {} names", row.len(), names.len()));
        list.entry(&entry(&names, &row), at, wrong);
    }
    Ok(())
}

/// What stands between values is told by the first line, where some programs say so.
fn without_separator_line(text: &str) -> (&str, usize) {
    match text.split_once('\n') {
        Some((first, rest)) if first.len() <= 6 && first.starts_with("sep=") => (rest, first.len() + 1),
        _ => (text, 0),
    }
}

/// What stands between the names.
fn delimiter(text: &str) -> u8 {
    let names = text.trim_start().lines().next().unwrap_or_default();
    let count = |separator: u8| names.bytes().filter(|b| *b == separator).count();
    // of several that occur equally often, the last wins
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// A name as tickets have it: members are written in small letters, and spreadsheets like large ones.
fn member(name: &str) -> String {
    const CONTACT: &str = "contact.";
    let small = name.to_lowercase().replace(' ', "_");
    let own = [
        "key",
        "title",
        "client",
        "agreement",
        "severity",
        "support_level",
        "channel",
        "service",
        "status",
        "assignee",
        "url",
        "description",
        "submitted_at",
        "acknowledged_at",
        "acknowledged_by",
        "answered_at",
        "last_word_at",
        "resolved_at",
        "callback_requested",
    ];
    if own.contains(&small.as_str()) || small.starts_with(CONTACT) { small } else { name.to_owned() }
}

/// A row as JSON. What is empty is not said.
fn entry(names: &[String], row: &StringRecord) -> Box<RawValue> {
    let mut entry = Map::new();
    for (name, value) in names.iter().zip(row).filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
        let said: Value = match (name.as_str(), value.to_lowercase().as_str()) {
            ("callback_requested", "true" | "yes") => true.into(),
            ("callback_requested", "false" | "no") => false.into(),
            _ => value.into(),
        };
        match name.strip_prefix("contact.") {
            Some(part) => {
                let contact = entry.entry("contact").or_insert_with(|| Map::new().into());
                // a column that is called contact itself is noted as none
                if let Some(contact) = contact.as_object_mut() {
                    contact.insert(part.to_owned(), said);
                }
            }
            None => drop(entry.insert(name.clone(), said)),
        }
    }
    to_raw_value(&entry).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
