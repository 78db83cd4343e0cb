//! What Alertmanager sends, and the ticket it makes. Read leniently: whatever is missing or odd costs only itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::address::web_address;
use super::answer::Answer;
use super::mapping;
use super::redmine_wire::instant;
use super::settings::SourceSettings;
use crate::domain::{SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of an alert that a map rule can name; `labels.NAME` is a label by its name.
pub const ALERTMANAGER_FIELDS: &[&str] = &["labels.NAME", "annotations.NAME", "receiver", "state"];

/// What people write into the label `severity`, by the severity it means.
const SEVERITIES: [(&[&str], Severity); 5] = [
    (&["critical", "emergency", "page", "fatal"], Severity::S1),
    (&["error", "high", "major"], Severity::S2),
    (&["warning"], Severity::S3),
    (&["minor", "low"], Severity::S4),
    (&["info"], Severity::S5),
];

/// What the comment of an acknowledgement is, or begins with before a note.
pub(super) const ACKNOWLEDGED: &str = "Acknowledged.";
pub(super) const ACKNOWLEDGED_WITH: &str = "Acknowledged: ";

/// What a server says of itself; its configuration, which may hold secrets, is never read.
#[derive(Deserialize)]
pub(super) struct ServerStatus {
    /// Since when it runs.
    uptime: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Alert {
    pub fingerprint: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(rename = "startsAt")]
    starts_at: Option<String>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
    #[serde(default)]
    receivers: Vec<Receiver>,
    status: Option<AlertStatus>,
}

#[derive(Deserialize)]
struct Receiver {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    #[serde(default)]
    state: String,
    silenced_by: Option<Vec<String>>,
    /// Only newer servers say so.
    muted_by: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    pub id: String,
    #[serde(default)]
    status: SilenceStatus,
    #[serde(default)]
    pub created_by: String,
    #[serde(default)]
    comment: String,
    starts_at: Option<String>,
    ends_at: Option<String>,
    #[serde(default)]
    matchers: Vec<Matcher>,
}

#[derive(Default, Deserialize)]
struct SilenceStatus {
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    #[serde(default)]
    is_regex: bool,
    is_equal: Option<bool>,
}

impl ServerStatus {
    /// Since when it runs.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        instant(self.uptime.as_deref())
    }
}

impl Silence {
    pub fn is_active(&self) -> bool {
        self.status.state == "active"
    }

    /// Whether it silences what has exactly these labels, and nothing that lacks one.
    pub fn is_exactly_of(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels_of(labels).is_some_and(|named| named.len() == labels.len())
    }

    /// Whether it acknowledges another alert, which has some of these labels and no more: it was never meant for this one.
    pub fn acknowledges_less_than(&self, labels: &BTreeMap<String, String>) -> bool {
        let acknowledges = self.comment == ACKNOWLEDGED || self.comment.starts_with(ACKNOWLEDGED_WITH);
        acknowledges && self.labels_of(labels).is_some_and(|named| named.len() < labels.len())
    }

    /// Which of these labels it names, where it asks for nothing else. That a label must be missing, which is missing, is
    /// nothing to ask for.
    fn labels_of(&self, labels: &BTreeMap<String, String>) -> Option<BTreeSet<&str>> {
        let plain = |m: &Matcher| !m.is_regex && m.is_equal != Some(false);
        let missing = |m: &&Matcher| plain(m) && m.value.is_empty() && !labels.contains_key(&m.name);
        let asked = self.matchers.iter().filter(|m| !missing(m));
        asked.map(|m| (plain(m) && labels.get(&m.name) == Some(&m.value)).then_some(m.name.as_str())).collect()
    }

    pub fn by(&self) -> Option<SafeText> {
        Some(SafeText::line(&self.created_by)).filter(|by| !by.as_str().trim().is_empty())
    }

    pub fn since(&self) -> Option<DateTime<Utc>> {
        instant(self.starts_at.as_deref())
    }

    /// Whose it is and until when, in words.
    pub fn standing(&self) -> String {
        let by = self.by().map_or_else(|| "nobody".to_owned(), |by| by.to_string());
        format!("silence {} of {by}, until {}", self.id, self.ends_at.as_deref().unwrap_or("some time"))
    }
}

/// The silences of an answer; one that cannot be read costs only who silenced what. An id becomes a part of an address: one
/// that could lead elsewhere is none.
pub(super) fn silences(entries: &[Box<RawValue>]) -> Vec<Silence> {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let read = entries.iter().filter_map(|entry| serde_json::from_str::<Silence>(entry.get()).ok());
    read.filter(|silence| is_id(&silence.id)).collect()
}

impl Alert {
    pub fn is_silenced(&self) -> bool {
        self.silenced_by().next().is_some()
    }

    /// Whether somebody silenced it, and not only another alert that has fewer labels. A silence that is not among all counts.
    pub fn is_taken(&self, all: &[Silence]) -> bool {
        self.silenced_by().any(|id| !self.with_others(all).any(|silence| silence.id == *id))
    }

    /// The silences of it that acknowledge another alert.
    fn with_others<'a>(&self, all: &'a [Silence]) -> impl Iterator<Item = &'a Silence> {
        all.iter().filter(|s| s.acknowledges_less_than(&self.labels) && self.silenced_by().any(|id| *id == s.id))
    }

    /// The labels that it lacks and another alert has that has all of its own: a silence of its labels silences that one too.
    pub fn lacks<'a>(&self, others: &'a [Self]) -> BTreeSet<&'a str> {
        let has_all = |other: &&Self| self.labels.iter().all(|(name, value)| other.labels.get(name) == Some(value));
        let names = others.iter().filter(has_all).flat_map(|other| other.labels.keys());
        names.filter(|name| !self.labels.contains_key(*name)).map(String::as_str).collect()
    }

    fn silenced_by(&self) -> impl Iterator<Item = &String> {
        self.status.iter().filter_map(|status| status.silenced_by.as_ref()).flatten()
    }

    /// The active silences of it, the oldest first: those that the alert names, and those of exactly its labels; none that
    /// acknowledges another alert.
    pub fn silences<'a>(&self, all: &'a [Silence]) -> Vec<&'a Silence> {
        let named = |s: &Silence| self.silenced_by().any(|id| *id == s.id) && !s.acknowledges_less_than(&self.labels);
        let of_this = |s: &&Silence| named(s) || s.is_exactly_of(&self.labels);
        let mut of_this: Vec<&Silence> = all.iter().filter(|s| s.is_active()).filter(of_this).collect();
        of_this.sort_by_key(|s| (s.since(), &s.id));
        of_this
    }

    /// The values of a field by the name that map rules use.
    fn field(&self, name: &str) -> Vec<String> {
        let of = |texts: &BTreeMap<String, String>, name: &str| texts.get(name).cloned().into_iter().collect();
        match name {
            "receiver" => self.receivers.iter().map(|r| r.name.clone()).collect(),
            "state" => self.status.iter().map(|s| s.state.clone()).collect(),
            _ => match name.split_once('.') {
                Some(("labels", name)) => of(&self.labels, name),
                Some(("annotations", name)) => of(&self.annotations, name),
                _ => Vec::new(),
            },
        }
    }

    /// The fields it has that tell alerts of one kind from those of another.
    fn names(&self) -> Vec<String> {
        self.labels.keys().map(|name| format!("labels.{name}")).chain(["receiver".to_owned()]).collect()
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The ticket of an alert.
    pub fn ticket(&self, source: &SourceSettings, silences: &[Silence]) -> Ticket {
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&self.fingerprint) });
        if let Some(title) = self.annotation("summary").or_else(|| self.labels.get("alertname").map(String::as_str)) {
            ticket.title = ticket.take_text("title", title, TextKind::Title);
        }
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        let runbook = self.annotation("runbook_url").map(|url| format!("Runbook: {url}"));
        let told: Vec<&str> = self.annotation("description").into_iter().chain(runbook.as_deref()).collect();
        if !told.is_empty() {
            ticket.description = Some(ticket.take_text("description", &told.join("\n\n"), TextKind::Body));
        }
        ticket.url = self.generator_url.as_deref().and_then(web_address);
        match (&self.starts_at, instant(self.starts_at.as_deref())) {
            (_, Some(at)) if (1970..=2199).contains(&at.year()) => ticket.submitted_at = Some(at),
            (Some(odd), Some(_)) => {
                ticket.notes.push(SafeText::line(&format!("startsAt '{odd}' is not between 1970 and 2199: counts as missing")));
            }
            (Some(odd), None) => ticket.unreadable = Some(SafeText::line(&format!("startsAt '{odd}' is no time"))),
            (None, _) => {}
        }
        self.own_severity(&mut ticket);
        if let Some(survey) = &source.survey {
            survey.note_ticket(&self.names(), |field| self.field(field), ("labels.severity", ticket.severity));
        }
        for interval in self.status.iter().filter_map(|status| status.muted_by.as_ref()).flatten() {
            ticket.notes.push(SafeText::line(&format!("muted by the time interval '{interval}': Alertmanager notifies nobody of it")));
        }
        if self.is_taken(silences) {
            ticket.status = Status::Acknowledged;
        }
        mapping::apply(&source.map, &mut ticket, |field| self.field(field));
        let standing = if self.is_silenced() { self.silences(silences) } else { Vec::new() };
        if let (Status::Acknowledged, Some(oldest)) = (ticket.status, standing.first()) {
            (ticket.acknowledged_by, ticket.acknowledged_at) = (oldest.by(), oldest.since());
        }
        for other in self.with_others(silences) {
            let text = format!("silenced together with another alert, by {}: Alertmanager notifies nobody of it", other.standing());
            ticket.notes.push(SafeText::line(&text));
        }
        for wider in standing.iter().filter(|silence| !silence.is_exactly_of(&self.labels)) {
            ticket.notes.push(SafeText::line(&format!("{} silences more than this alert", wider.standing())));
        }
        ticket
    }

    /// The label `severity`, as most people write it.
    fn own_severity(&self, ticket: &mut Ticket) {
        let Some(label) = self.labels.get("severity") else { return };
        let written = label.trim().to_lowercase();
        ticket.severity = SEVERITIES.iter().find(|(words, _)| words.contains(&written.as_str())).map(|(_, severity)| *severity);
        if ticket.severity.is_none() {
            ticket.severity_unreadable = true;
            ticket.notes.push(SafeText::line(&format!("label severity '{label}' is none that is known: unassessed")));
            return;
        }
        ticket.severity_origin = Some(SafeText::line(&format!("from label severity '{label}', as most rules of Prometheus use it")));
    }
}

/// A ticket that says why an alert cannot be read; `place` is where it stands in the list.
pub(super) fn unreadable(raw: &RawValue, source: &SourceSettings, place: usize, why: &serde_json::Error) -> Ticket {
    let seen: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let key = seen["fingerprint"].as_str().map_or_else(|| format!("entry {place}"), str::to_owned);
    let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&key) });
    let title = seen["annotations"]["summary"].as_str().or_else(|| seen["labels"]["alertname"].as_str());
    if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
        ticket.title = ticket.take_text("title", title, TextKind::Title);
    }
    ticket.client.clone_from(&source.client);
    ticket.unassessed_as = source.unassessed_as;
    ticket.unreadable = Some(SafeText::line(&why.to_string()));
    ticket
}

/// What the server says of a failure: a JSON text, an object with a `message`, plain text, or nothing.
pub(super) fn words(answer: &Answer) -> SafeText {
    let text = String::from_utf8_lossy(&answer.body);
    let said = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::String(text)) => text,
        Ok(object) => object["message"].as_str().unwrap_or_default().to_owned(),
        Err(_) if text.trim_start().starts_with('<') => String::new(),
        Err(_) => text.into_owned(),
    };
    let status = format!("status {}", answer.status.as_u16());
    SafeText::line(if said.trim().is_empty() { &status } else { said.trim() })
}
