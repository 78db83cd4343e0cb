//! What Request Tracker sends. Read leniently: whatever is missing or odd costs only itself.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::mapping::same_name;
use super::settings::SourceSettings;
use crate::domain::{SafeText, TextKind, Ticket, TicketKey};

/// Whom RT names where nobody has a ticket.
const NOBODY: &str = "Nobody";

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow, default)]
    pub items: Vec<&'a RawValue>,
    /// How many there are; RT does not tell everybody.
    pub total: Option<u64>,
    /// Where it says that there is more.
    #[serde(rename = "next_page")]
    pub more: Option<&'a RawValue>,
}

/// A ticket, in a list or by itself. Its id is a text in the one and a number in the other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RtTicket {
    #[serde(rename = "id", deserialize_with = "number")]
    pub id: u64,
    pub subject: Option<String>,
    pub status: Option<String>,
    #[serde(default)]
    pub priority: Value,
    pub queue: Option<Person>,
    pub owner: Option<Person>,
    #[serde(default)]
    pub requestor: Vec<Person>,
    #[serde(default, deserialize_with = "people")]
    pub cc: Vec<Person>,
    #[serde(default)]
    pub custom_fields: Value,
    pub created: Option<String>,
    pub last_updated: Option<String>,
    pub told: Option<String>,
}

/// A person or a queue. What RT does not show is absent, null or empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Person {
    /// The login of a person.
    #[serde(rename = "id", default, deserialize_with = "text")]
    pub id: String,
    pub name: Option<String>,
    pub real_name: Option<String>,
    pub email_address: Option<String>,
    pub work_phone: Option<String>,
    pub mobile_phone: Option<String>,
    pub organization: Option<String>,
}

/// Ourselves, as RT shows us; of others it shows less.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    pub name: Option<String>,
    pub real_name: Option<String>,
    pub creator: Option<Value>,
    pub memberships: Option<Value>,
}

/// Something that happened to a ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transaction {
    #[serde(rename = "id", deserialize_with = "number")]
    pub id: u64,
    #[serde(rename = "Type", default)]
    pub kind: String,
    pub creator: Option<Person>,
    pub created: Option<String>,
    #[serde(default)]
    pub field: Option<String>,
    #[serde(default)]
    pub old_value: Value,
    #[serde(default)]
    pub new_value: Value,
}

/// A part of what somebody wrote.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attachment {
    pub content: Option<String>,
}

impl Person {
    /// What they are called.
    pub fn shown(&self) -> &str {
        filled(&self.real_name).or_else(|| filled(&self.name)).unwrap_or(&self.id)
    }

    /// Whether this is the login of this person.
    pub fn is(&self, login: &str) -> bool {
        same_name(&self.id, login) || self.name.as_deref().is_some_and(|name| same_name(name, login))
    }
}

impl RtTicket {
    /// Who has it.
    pub fn owned_by(&self) -> Option<&Person> {
        self.owner.as_ref().filter(|owner| !owner.is(NOBODY) && !owner.id.is_empty())
    }

    /// Its priority as RT writes it: a number, or a word.
    pub fn priority(&self) -> Option<String> {
        word(&self.priority)
    }

    pub fn has_status(&self, status: &str) -> bool {
        self.status.as_deref().is_some_and(|has| same_name(has, status))
    }
}

/// A text that is there.
pub(super) fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A value that stands for itself.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time; RT writes that of 1970 where there is none.
pub(super) fn instant(text: &Option<String>) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text.as_deref()?).ok()?.to_utc().trunc_subsecs(0);
    (at.timestamp() > 0 && at.year() <= 2199).then_some(at)
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    word(&value).and_then(|word| word.parse().ok()).ok_or_else(|| serde::de::Error::custom(format!("id {value} is no number")))
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(word(&Value::deserialize(deserializer)?).unwrap_or_default())
}

fn people<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Person>, D::Error> {
    let all = Value::deserialize(deserializer)?;
    Ok(all.as_array().into_iter().flatten().filter_map(|person| Person::deserialize(person).ok()).collect())
}

/// As much of a ticket as can be seen where the whole cannot be read.
#[derive(Default)]
pub(super) struct Glimpse {
    pub id: Option<u64>,
    subject: Option<String>,
}

impl Glimpse {
    pub fn of(raw: &RawValue) -> Self {
        let Ok(whole) = serde_json::from_str::<Value>(raw.get()) else { return Self::default() };
        Self { id: word(&whole["id"]).and_then(|id| id.parse().ok()), subject: word(&whole["Subject"]) }
    }

    /// A ticket that says why it cannot be read; `place` is where it stands in the list.
    pub fn ticket(&self, source: &SourceSettings, place: usize, why: &serde_json::Error) -> Ticket {
        let key = self.id.map_or_else(|| format!("entry {place}"), |id| id.to_string());
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&key) });
        if let Some(subject) = &self.subject {
            ticket.title = ticket.take_text("Subject", subject, TextKind::Title);
        }
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        ticket.unreadable = Some(SafeText::line(&why.to_string()));
        ticket
    }
}
