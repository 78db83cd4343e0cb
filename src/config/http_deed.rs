//! How a source of kind `http` is told of a deed: one request or several, and what must be true afterwards.

use reqwest::Method;

use super::document::{Entry, Kind, Table, Value, shown};
use super::http_source::{bad_template, expression, optional, path, template};
use super::nearest;
use super::problem::Problems;
use super::server;
use crate::domain::{DeedKind, Severity};
use crate::sources::{Body, DEED_NAMES, DeedSettings, Expression, RequestSettings};

/// The keys that each say how the source is told of one deed.
pub(super) const DEEDS: [&str; 8] = ["acknowledge", "unacknowledge", "note", "word", "assess", "contact", "on_client", "resolve"];

const REQUEST_KEYS: [&str; 6] = ["method", "path", "headers", "body", "success", "if_match"];
/// The usual order of the keys of a deed.
const ORDER: [&str; 8] = ["method", "path", "headers", "body", "success", "if_match", "requests", "severities"];
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// A deed; `None` where something needed is missing or wrong.
pub(super) fn read(entry: &Entry, problems: &mut Problems) -> Option<(DeedKind, DeedSettings)> {
    let kind: DeedKind = entry.key.replace('_', "-").parse().ok()?;
    let table = entry.value.table(problems)?;
    table.only(&[&REQUEST_KEYS[..], &["requests", "verify", "severities"]].concat(), &entry.key, problems);
    let requests = match table.get("requests") {
        None => request(table, &entry.key, problems).map(|request| vec![request]),
        Some(value) => {
            if let Some(other) = REQUEST_KEYS.iter().find(|key| table.get(key).is_some()) {
                let what = format!("{} has {other} and requests", entry.key);
                problems.error(&value.at, what, "each of its requests says its own method, path and body: leave one of both out");
                return None;
            }
            several(value, problems)
        }
    };
    let help = "add verify, an expression that must be true when the ticket is read again, \"item.assignee.id == me\"";
    let what = format!("{} does not say how it is seen that it was done", entry.key);
    let verify = table.need("verify", &ORDER, &what, help, problems).and_then(|value| verify(value, problems));
    let severities = severities(kind, table, problems);
    Some((kind, DeedSettings { requests: requests?, verify: verify?, severities: severities? }))
}

/// What must be true. A name that is none would be null, and null is the same as whatever else is not there.
fn verify(value: &Value, problems: &mut Problems) -> Option<Expression> {
    let verify = expression(value, problems)?;
    let Some(unknown) = verify.unknown_name(DEED_NAMES) else { return Some(verify) };
    problems.error(&value.at, format!("nothing is called {} here", shown(&unknown)), nearest::suggest(&unknown, DEED_NAMES));
    None
}

fn several(value: &Value, problems: &mut Problems) -> Option<Vec<RequestSettings>> {
    let list = value.list(problems)?;
    if list.is_empty() {
        problems.error(&value.at, "there is no request in this list", "add { method = \"POST\", path = \"…\" }");
        return None;
    }
    let read: Vec<Option<RequestSettings>> = list
        .iter()
        .map(|value| {
            let table = value.table(problems)?;
            table.only(&REQUEST_KEYS, "a request", problems);
            request(table, "a request", problems)
        })
        .collect();
    read.into_iter().collect()
}

fn request(table: &Table, what: &str, problems: &mut Problems) -> Option<RequestSettings> {
    let method = match table.get("method") {
        None => Some(Method::POST),
        Some(value) => method(value, problems),
    };
    let path = path(table, what, problems).and_then(|value| template(value, DEED_NAMES, problems));
    let headers = optional(table, "headers", problems, |value, problems| {
        let table = value.table(problems)?;
        let names = server::read_headers(value, problems)?.into_iter().map(|(name, _)| name);
        names.zip(&table.entries).map(|(name, entry)| Some((name, template(&entry.value, DEED_NAMES, problems)?))).collect()
    });
    let body = optional(table, "body", problems, body);
    let success = optional(table, "success", problems, success);
    let if_match = optional(table, "if_match", problems, Value::boolean);
    Some(RequestSettings {
        method: method?,
        path: path?,
        headers: headers.unwrap_or_default(),
        body,
        success: success.unwrap_or_default(),
        if_match: if_match.unwrap_or(false),
    })
}

fn method(value: &Value, problems: &mut Problems) -> Option<Method> {
    let text = value.text(problems)?;
    if !METHODS.contains(&text) {
        problems.error(&value.at, format!("'{}' changes nothing", shown(text)), nearest::suggest(text, &METHODS));
        return None;
    }
    text.parse().ok()
}

/// A body is JSON as it is written; only its texts have expressions in them, so that no value can change its shape.
fn body(value: &Value, problems: &mut Problems) -> Option<Body> {
    let text = value.text(problems)?;
    match serde_json::from_str(text) {
        Ok(json) => Body::parse(json, DEED_NAMES).map_err(|error| bad_template(value, &error, DEED_NAMES, problems)).ok(),
        Err(error) => {
            let help = "write JSON, in single quotes for the TOML: '{ \"assignee\": \"{me}\" }'; a text of braces alone stays a number";
            problems.error(&value.at, format!("this body is no JSON: {error}"), help);
            None
        }
    }
}

fn success(value: &Value, problems: &mut Problems) -> Option<Vec<u16>> {
    let status = |value: &Value, problems: &mut Problems| match &value.kind {
        Kind::Integer(Some(status @ 200..=299)) => u16::try_from(*status).ok(),
        _ => value.wrong(problems, "a status from 200 to 299", "write success = [200, 204], or leave it out, and it is each of them"),
    };
    value.list(problems)?.iter().map(|value| status(value, problems)).collect()
}

/// What the server calls the severities; needed only where it is told of one.
fn severities(kind: DeedKind, table: &Table, problems: &mut Problems) -> Option<Vec<(Severity, String)>> {
    let value = table.get("severities");
    if kind != DeedKind::Assess {
        if let Some(value) = value {
            problems.error(&value.at, "only assess has severities", "leave them out");
        }
        return Some(Vec::new());
    }
    let Some(value) = value else {
        // it calls them as we do
        return Some(Severity::ALL.iter().map(|severity| (*severity, severity.to_string())).collect());
    };
    let mut pairs = Vec::new();
    for entry in &value.table(problems)?.entries {
        let Some(severity) = Severity::parse(&entry.key) else {
            problems.error(&entry.at, format!("'{}' is no severity", shown(&entry.key)), "severities are S1, S2, S3, S4, S5");
            return None;
        };
        pairs.push((severity, entry.value.text(problems)?.to_owned()));
    }
    Some(pairs)
}
