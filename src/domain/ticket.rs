//! A ticket as a source tells it, and what happened to it. Says nothing about contracts.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::called_back::CalledBack;
use super::safe_text::{self, SafeText, TextKind};
use super::severity::Severity;

/// The configured name of a source; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// The name as the configuration gives it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(SafeText::line(name).as_str().into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for SourceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SafeText::deserialize(deserializer).map(|name| Self(name.as_str().into()))
    }
}

/// What identifies a ticket everywhere: its source and its key there. Never a row number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketKey {
    /// The source it comes from.
    pub source: SourceName,
    /// Its key in that source, `ACME-12`.
    pub key: SafeText,
}

/// What a key ends with that was made up for one of several tickets.
const OF_SEVERAL: &str = " of one key)";

impl TicketKey {
    /// A key of its own for the `nth` of the tickets whose keys cannot be told apart.
    #[must_use]
    pub fn of_several(&self, nth: usize) -> Self {
        // what is too long would lose its end
        let start: String = self.key.as_str().chars().take(200).collect();
        Self { source: self.source.clone(), key: SafeText::line(&format!("{start} (#{nth}{OF_SEVERAL}")) }
    }

    /// Whether it was made up so: the source has no such key.
    #[must_use]
    pub fn is_of_several(&self) -> bool {
        self.key.as_str().ends_with(OF_SEVERAL)
    }
}

impl fmt::Display for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.key)
    }
}

/// Where a ticket stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody has taken it.
    #[default]
    Open,
    /// Somebody has taken it.
    Acknowledged,
    /// The client has the next move.
    OnClient,
    /// Done; not on the board.
    Resolved,
}

/// Whom to call back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// The person's name.
    pub name: Option<SafeText>,
    /// A telephone number, as the source spells it.
    pub phone: Option<SafeText>,
    /// A mail address.
    pub email: Option<SafeText>,
}

/// One time the client spoke or wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientContact {
    /// When.
    pub at: DateTime<Utc>,
    /// By which channel; `None` is unknown.
    pub channel: Option<SafeText>,
}

/// One time a person assessed the severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// When.
    pub at: DateTime<Utc>,
    /// As what; `None` is a value that could not be read, so the ticket is unassessed from then.
    pub severity: Option<Severity>,
}

/// A stretch in which the client had the next move, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnClient {
    /// Since when; `None` is unknown.
    pub from: Option<DateTime<Utc>>,
    /// Until when; `None` is still.
    pub to: Option<DateTime<Utc>>,
}

/// What a map rule gave a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// What, and from which value of which field: `client 'acme' from project 'acme-web'`.
    pub what: SafeText,
    /// The file in which the rule stands.
    pub file: SafeText,
    /// The line in it, from 1.
    pub line: u32,
}

/// An issue of a client, as its source tells it. Instants are whole seconds. Its JSON is what the records keep of it: without
/// what it lacks, for a status line reads thousands of them.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Source and key.
    pub id: TicketKey,
    /// One line; `(no title)` where the source gives none.
    #[serde(deserialize_with = "safe_text::deserialize_title")]
    pub title: SafeText,
    /// The client as the source spells it.
    pub client: Option<SafeText>,
    /// The agreement the source names itself; else the client decides.
    pub agreement: Option<SafeText>,
    /// The severity now; `None` is unassessed.
    pub severity: Option<Severity>,
    /// The source gave a severity that is none of S1–S5: unassessed whatever the assessments say.
    pub severity_unreadable: bool,
    /// How the severity was found where the source does not spell it S1–S5, for the explanation.
    pub severity_origin: Option<SafeText>,
    /// What an unassessed ticket of this source is judged as, where the source says otherwise than the highest.
    pub unassessed_as: Option<Severity>,
    /// How deep the work goes, `L2`.
    pub support_level: Option<SafeText>,
    /// How it was submitted, `phone`; `None` is unknown.
    pub channel: Option<SafeText>,
    /// The service or product concerned.
    pub service: Option<SafeText>,
    /// Where it stands.
    pub status: Status,
    /// Whom it is assigned to.
    pub assignee: Option<SafeText>,
    /// Its page; http or https only.
    pub url: Option<SafeText>,
    /// The text of the issue, several lines.
    #[serde(default, deserialize_with = "safe_text::deserialize_body")]
    pub description: Option<SafeText>,
    /// When the client submitted it; `None` where the source does not say or says a year outside 1970–2199.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When somebody took it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who took it.
    pub acknowledged_by: Option<SafeText>,
    /// The first note by a person that the client can read.
    pub answered_at: Option<DateTime<Utc>>,
    /// The last such note.
    pub last_word_at: Option<DateTime<Utc>>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Whom to call.
    pub contact: Option<Contact>,
    /// The client asked to be called back.
    pub callback_requested: bool,
    /// The last note of ours that says that this was done; no source tells it.
    #[serde(skip)]
    pub called_back: Option<CalledBack>,
    /// Each time the client spoke or wrote.
    pub contacts: Vec<ClientContact>,
    /// Each time a person assessed it.
    pub assessments: Vec<Assessment>,
    /// Stretches in which the client had the next move.
    pub on_client: Vec<OnClient>,
    /// What could not be read or was cut, each with its raw value.
    pub notes: Vec<SafeText>,
    /// What map rules gave it, beside the severity.
    #[serde(default)]
    pub mapped: Vec<Mapped>,
    /// How many characters of its texts were replaced or left out to make them safe.
    #[serde(default)]
    pub altered: usize,
    /// Why the entry could not be read as a ticket at all; such a ticket is `decide`.
    pub unreadable: Option<SafeText>,
    /// When this program first saw it; stands in for a missing submission.
    pub first_seen_at: Option<DateTime<Utc>>,
    /// When this program first saw the present `severity`; where it differs from the last assessment it counts from then.
    pub severity_seen_at: Option<DateTime<Utc>>,
}

impl Ticket {
    /// Who has it: whom it is assigned to, else who acknowledged it.
    #[must_use]
    pub fn owner(&self) -> Option<&SafeText> {
        self.assignee.as_ref().or(self.acknowledged_by.as_ref())
    }

    /// A ticket of which nothing but its identity is known.
    #[must_use]
    pub fn new(id: TicketKey) -> Self {
        Self {
            id,
            title: SafeText::line("(no title)"),
            client: None,
            agreement: None,
            severity: None,
            severity_unreadable: false,
            severity_origin: None,
            unassessed_as: None,
            support_level: None,
            channel: None,
            service: None,
            status: Status::Open,
            assignee: None,
            url: None,
            description: None,
            submitted_at: None,
            acknowledged_at: None,
            acknowledged_by: None,
            answered_at: None,
            last_word_at: None,
            resolved_at: None,
            contact: None,
            callback_requested: false,
            called_back: None,
            contacts: Vec::new(),
            assessments: Vec::new(),
            on_client: Vec::new(),
            notes: Vec::new(),
            mapped: Vec::new(),
            altered: 0,
            unreadable: None,
            first_seen_at: None,
            severity_seen_at: None,
        }
    }

    /// The first instant after `t` at which something told of it takes effect.
    #[must_use]
    pub fn told_after(&self, t: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let instants = [
            self.submitted_at,
            self.acknowledged_at,
            self.answered_at,
            self.last_word_at,
            self.resolved_at,
            self.severity_seen_at,
            self.first_seen_at,
        ];
        let told = instants
            .into_iter()
            .flatten()
            .chain(self.contacts.iter().map(|c| c.at))
            .chain(self.assessments.iter().map(|a| a.at))
            .chain(self.on_client.iter().flat_map(|s| s.from.into_iter().chain(s.to)));
        told.filter(|at| *at > t).min()
    }

    /// Makes one of its texts safe; counts what that took, and notes where it is cut.
    #[must_use]
    pub fn take_text(&mut self, name: &str, text: &str, kind: TextKind) -> SafeText {
        let safe = SafeText::sanitised(text, kind);
        self.altered += safe.altered;
        if safe.cut {
            self.notes.push(SafeText::line(&format!("{name} is cut: {} bytes", text.len())));
        }
        safe.text
    }
}
