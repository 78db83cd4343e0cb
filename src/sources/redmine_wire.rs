//! What Redmine sends. Read leniently: whatever is missing or odd costs only itself.

use chrono::{DateTime, SubsecRound, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::settings::SourceSettings;
use crate::domain::{SafeText, TextKind, Ticket, TicketKey};

/// Something with an id and a name: a person, a status, a priority, a project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub id: u64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub is_closed: bool,
    /// Of a priority: whether it can still be set.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
pub(super) struct IssueList<'a> {
    #[serde(borrow)]
    pub issues: Vec<&'a RawValue>,
    pub total_count: u64,
}

#[derive(Deserialize)]
pub(super) struct IssueAnswer {
    pub issue: Issue,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Issue {
    pub id: u64,
    pub subject: Option<String>,
    pub description: Option<String>,
    pub project: Option<Named>,
    pub tracker: Option<Named>,
    pub category: Option<Named>,
    pub fixed_version: Option<Named>,
    pub author: Option<Named>,
    pub status: Option<Named>,
    pub priority: Option<Named>,
    pub assigned_to: Option<Named>,
    #[serde(default)]
    pub custom_fields: Vec<CustomField>,
    pub created_on: Option<String>,
    pub updated_on: Option<String>,
    #[serde(default)]
    pub journals: Vec<Journal>,
    pub allowed_statuses: Option<Vec<Named>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CustomField {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub value: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Journal {
    #[serde(default)]
    pub id: u64,
    pub user: Option<Named>,
    pub notes: Option<String>,
    #[serde(default)]
    pub private_notes: bool,
    pub created_on: Option<String>,
    #[serde(default)]
    pub details: Vec<Detail>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Detail {
    #[serde(default)]
    pub name: String,
    pub old_value: Option<String>,
    pub new_value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CurrentUser {
    pub user: User,
}

/// Who the key belongs to. The answer holds the key itself, which is never read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct User {
    pub id: u64,
    #[serde(default)]
    pub firstname: String,
    #[serde(default)]
    pub lastname: String,
    #[serde(default)]
    pub admin: bool,
    #[serde(default)]
    pub memberships: Vec<Membership>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Membership {
    pub project: Named,
    #[serde(default)]
    pub roles: Vec<Named>,
}

#[derive(Deserialize)]
pub(super) struct RoleAnswer {
    pub role: Role,
}

#[derive(Deserialize)]
pub(super) struct Role {
    #[serde(default)]
    pub permissions: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Priorities {
    pub issue_priorities: Vec<Named>,
}

#[derive(Deserialize)]
pub(super) struct Statuses {
    pub issue_statuses: Vec<Named>,
}

impl User {
    /// As the server writes it beside what was done.
    pub fn name(&self) -> SafeText {
        SafeText::line(format!("{} {}", self.firstname, self.lastname).trim())
    }
}

impl Journal {
    /// Whether this is what somebody wrote.
    pub fn says(&self, who: u64, text: &SafeText) -> bool {
        // the editor of a browser ends lines with both
        let said = self.notes.as_deref().map(|notes| SafeText::body(notes.replace("\r\n", "\n").trim()));
        self.is_by(who) && said.is_some_and(|said| said.as_str() == SafeText::body(text.as_str().trim()).as_str())
    }

    /// Whether this person did it.
    pub fn is_by(&self, who: u64) -> bool {
        self.user.as_ref().is_some_and(|user| user.id == who)
    }
}

/// What a server calls its priorities and statuses, in its own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vocabulary {
    /// The lowest first, as Redmine orders them.
    pub priorities: Vec<Named>,
    /// The one of new issues first.
    pub statuses: Vec<Named>,
}

impl Vocabulary {
    /// How many priorities stand above one.
    pub fn place(&self, priority: &Named) -> Option<usize> {
        self.priorities.iter().rev().position(|known| known.id == priority.id)
    }

    /// Whether a status is one of those that close: before Redmine 5 an issue does not tell.
    pub fn is_closed(&self, status: &Named) -> bool {
        status.is_closed || self.statuses.iter().any(|known| known.id == status.id && known.is_closed)
    }
}

/// As much of an issue as can be seen where the whole cannot be read.
#[derive(Default)]
pub(super) struct Glimpse {
    pub id: Option<u64>,
    subject: Option<String>,
}

impl Glimpse {
    pub fn of(raw: &RawValue) -> Self {
        #[derive(Deserialize)]
        struct Members<'a> {
            #[serde(borrow)]
            id: Option<&'a RawValue>,
            subject: Option<&'a RawValue>,
        }
        let Ok(members) = serde_json::from_str::<Members>(raw.get()) else { return Self::default() };
        Self {
            id: members.id.and_then(|id| serde_json::from_str(id.get()).ok()),
            subject: members.subject.and_then(|subject| serde_json::from_str(subject.get()).ok()),
        }
    }

    /// A ticket that says why it cannot be read; `place` is where it stands in the list.
    pub fn ticket(&self, source: &SourceSettings, place: usize, why: &serde_json::Error) -> Ticket {
        let key = self.id.map_or_else(|| format!("entry {place}"), |id| id.to_string());
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&key) });
        if let Some(subject) = self.subject.as_deref().filter(|s| !s.trim().is_empty()) {
            ticket.title = ticket.take_text("subject", subject, TextKind::Title);
        }
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        ticket.unreadable = Some(SafeText::line(&why.to_string()));
        ticket
    }
}

pub(super) fn instant(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?).ok().map(|at| at.with_timezone(&Utc).trunc_subsecs(0))
}
