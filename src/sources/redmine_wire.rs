//! What Redmine sends, and the ticket it makes. Read leniently: whatever is missing or odd costs only itself.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::mapping;
use super::settings::{RedmineSettings, SourceSettings};
use crate::domain::{SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of an issue that a map rule can name; `custom.NAME` is a custom field by its name.
pub const REDMINE_FIELDS: &[&str] =
    &["priority", "status", "project", "tracker", "category", "author", "assigned_to", "version", "subject", "description", "custom.NAME"];

/// Something with an id and a name: a person, a status, a priority, a project.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub id: u64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub is_closed: bool,
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
    name: String,
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Journal {
    pub created_on: Option<String>,
    #[serde(default)]
    pub details: Vec<Detail>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Detail {
    #[serde(default)]
    name: String,
    old_value: Option<String>,
    new_value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CurrentUser {
    pub user: User,
}

/// Who the key belongs to. The answer holds the key itself, which is never read.
#[derive(Debug, Clone, Deserialize)]
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

#[derive(Debug, Clone, Deserialize)]
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

/// What a server calls its priorities and statuses, in its own order.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    /// The lowest first, as Redmine orders them.
    pub priorities: Vec<Named>,
    /// The one of new issues first.
    pub statuses: Vec<Named>,
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

impl Issue {
    /// Whether somebody has it: its status is the one an acknowledgement sets, or somebody is assigned and it has left the
    /// status of new issues. An assignee alone says nothing: many servers assign by category.
    pub fn is_taken(&self, settings: &RedmineSettings, vocabulary: &Vocabulary) -> bool {
        let Some(status) = &self.status else { return false };
        let new = vocabulary.statuses.first().is_some_and(|first| first.id == status.id);
        same_name(&status.name, &settings.ack_status) || (self.assigned_to.is_some() && !new)
    }

    /// When it was taken by its journals: the last time it left the status of new issues or was given to whom it is now.
    pub fn taken_at(&self, vocabulary: &Vocabulary) -> Option<DateTime<Utc>> {
        let new = vocabulary.statuses.first().map(|s| s.id.to_string());
        let assignee = self.assigned_to.as_ref().map(|a| a.id.to_string());
        let left_new = |d: &Detail| d.name == "status_id" && d.old_value.is_some() && d.old_value == new;
        let given = |d: &Detail| d.name == "assigned_to_id" && d.new_value.is_some() && d.new_value == assignee;
        let last = |wanted: &dyn Fn(&Detail) -> bool| self.journals.iter().rfind(|j| j.details.iter().any(wanted));
        last(&left_new).or_else(|| last(&given)).and_then(|journal| instant(journal.created_on.as_deref()))
    }

    /// The values of a field by the name that map rules use.
    fn field(&self, name: &str) -> Vec<String> {
        let named = |n: &Option<Named>| n.iter().map(|n| n.name.clone()).collect();
        match name {
            "priority" => named(&self.priority),
            "status" => named(&self.status),
            "project" => named(&self.project),
            "tracker" => named(&self.tracker),
            "category" => named(&self.category),
            "version" => named(&self.fixed_version),
            "author" => named(&self.author),
            "assigned_to" => named(&self.assigned_to),
            "subject" => self.subject.iter().cloned().collect(),
            "description" => self.description.iter().cloned().collect(),
            _ => name.strip_prefix("custom.").map_or_else(Vec::new, |custom| self.custom(custom)),
        }
    }

    fn custom(&self, name: &str) -> Vec<String> {
        let value = self.custom_fields.iter().find(|f| same_name(&f.name, name)).map(|f| &f.value);
        let values = match value {
            Some(Value::Array(values)) => values.iter().collect(),
            Some(value) => vec![value],
            None => Vec::new(),
        };
        values
            .into_iter()
            .filter_map(|v| v.as_str().map(str::to_owned).or_else(|| v.as_number().map(ToString::to_string)))
            .filter(|v| !v.is_empty())
            .collect()
    }

    /// The ticket of an issue.
    pub fn ticket(&self, source: &SourceSettings, redmine: &RedmineSettings, vocabulary: &Vocabulary) -> Ticket {
        let key = SafeText::line(&self.id.to_string());
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key });
        if let Some(subject) = self.subject.as_deref().filter(|s| !s.trim().is_empty()) {
            ticket.title = ticket.take_text("subject", subject, TextKind::Title);
        }
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        let description = self.description.as_deref().filter(|d| !d.trim().is_empty());
        ticket.description = description.map(|d| ticket.take_text("description", d, TextKind::Body));
        ticket.assignee = self.assigned_to.as_ref().map(|a| ticket.take_text("assigned_to", &a.name, TextKind::Line));
        ticket.url = Some(SafeText::line(&format!("{}/issues/{}", redmine.server.url.trim_end_matches('/'), self.id)));
        match (&self.created_on, instant(self.created_on.as_deref())) {
            (_, Some(at)) if (1970..=2199).contains(&at.year()) => ticket.submitted_at = Some(at),
            (Some(odd), Some(_)) => {
                ticket.notes.push(SafeText::line(&format!("created_on '{odd}' is not between 1970 and 2199: counts as missing")));
            }
            (Some(odd), None) => ticket.unreadable = Some(SafeText::line(&format!("created_on '{odd}' is no time"))),
            (None, _) => {}
        }
        self.own_severity(vocabulary, &mut ticket);
        if self.is_taken(redmine, vocabulary) {
            ticket.status = Status::Acknowledged;
        }
        mapping::apply(&source.map, &mut ticket, |field| self.field(field));
        if ticket.status == Status::Acknowledged {
            ticket.acknowledged_by.clone_from(&ticket.assignee);
            ticket.acknowledged_at = self.taken_at(vocabulary);
        }
        ticket
    }

    /// Redmine's own priorities in their order: the highest is S1, the next S2, and so on; from the fifth on S5.
    fn own_severity(&self, vocabulary: &Vocabulary, ticket: &mut Ticket) {
        let Some(priority) = &self.priority else { return };
        let name = &priority.name;
        let Some(place) = vocabulary.priorities.iter().rev().position(|p| p.id == priority.id) else {
            ticket.severity_unreadable = true;
            ticket.notes.push(SafeText::line(&format!("priority '{name}' is none of the server's own: unassessed")));
            return;
        };
        ticket.severity = Some(Severity::ALL[place.min(Severity::ALL.len() - 1)]);
        let total = vocabulary.priorities.len();
        ticket.severity_origin =
            Some(SafeText::line(&format!("from priority '{name}', number {} of {total} from the top in Redmine's own order", place + 1)));
    }
}

/// The tickets of one page of a list, as a pass reads them, but without a server. `vocabulary` is what the server answers of
/// its priorities and of its statuses.
///
/// # Errors
/// What is no answer of Redmine.
pub fn read_redmine(
    page: &str,
    vocabulary: (&str, &str),
    source: &SourceSettings,
    redmine: &RedmineSettings,
) -> Result<Vec<Ticket>, serde_json::Error> {
    let priorities = serde_json::from_str::<Priorities>(vocabulary.0)?.issue_priorities;
    let statuses = serde_json::from_str::<Statuses>(vocabulary.1)?.issue_statuses;
    let vocabulary = Vocabulary { priorities, statuses };
    let ticket = |(raw, place): (&&RawValue, usize)| match serde_json::from_str::<Issue>(raw.get()) {
        Ok(issue) => issue.ticket(source, redmine, &vocabulary),
        Err(e) => Glimpse::of(raw).ticket(source, place, &e),
    };
    Ok(serde_json::from_str::<IssueList>(page)?.issues.iter().zip(1..).map(ticket).collect())
}

/// Names as people type them in a configuration: without case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    SafeText::line(a.trim()).eq_ignore_case(&SafeText::line(b.trim()))
}

pub(super) fn instant(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?).ok().map(|at| at.with_timezone(&Utc).trunc_subsecs(0))
}
