//! The ticket of a Redmine issue.

use chrono::Datelike;
use serde_json::Value;
use serde_json::value::RawValue;

use super::mapping::{self, same_name};
use super::redmine_history::{History, Move};
use super::redmine_wire::{Glimpse, Issue, IssueList, Named, Priorities, Statuses, Vocabulary, instant};
use super::settings::{RedmineSettings, SourceSettings};
use crate::domain::{Assessment, ClientContact, SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of an issue that a map rule can name; `custom.NAME` is a custom field by its name.
pub const REDMINE_FIELDS: &[&str] =
    &["priority", "status", "project", "tracker", "category", "author", "assigned_to", "version", "subject", "description", "custom.NAME"];

/// What is known of the journals of an issue.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub history: &'a History,
    /// Whether the issue has not changed since.
    pub current: bool,
}

impl Issue {
    /// Whether somebody has it: its status is the one an acknowledgement sets, or somebody is assigned and it has left the
    /// status of new issues. An assignee alone says nothing: many servers assign by category.
    pub fn is_taken(&self, settings: &RedmineSettings, vocabulary: &Vocabulary) -> bool {
        let Some(status) = &self.status else { return false };
        let new = vocabulary.statuses.first().is_some_and(|first| first.id == status.id);
        same_name(&status.name, &settings.ack_status) || (self.assigned_to.is_some() && !new)
    }

    /// Whether its status has this name, where one is configured.
    pub fn has_status(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.status.as_ref().is_some_and(|status| same_name(&status.name, name)))
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

    /// The fields it has that tell tickets of one kind from those of another.
    fn names(&self) -> Vec<String> {
        let custom = self.custom_fields.iter().map(|field| format!("custom.{}", field.name));
        ["priority", "project", "tracker", "status", "category"].map(str::to_owned).into_iter().chain(custom).collect()
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

    /// The ticket of an issue, with what its journals tell where they were read.
    pub fn ticket(&self, source: &SourceSettings, redmine: &RedmineSettings, vocabulary: &Vocabulary, told: Option<Told>) -> Ticket {
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
        if let Some(survey) = &source.survey {
            survey.note_ticket(&self.names(), |field| self.field(field), ("priority", ticket.severity));
        }
        let given_back = told.is_some_and(|told| told.current && told.history.given_back);
        let taken = self.is_taken(redmine, vocabulary) && !given_back;
        ticket.status = if self.has_status(redmine.resolve_status.as_deref()) {
            Status::Resolved
        } else if self.has_status(redmine.waiting_status.as_deref()) {
            Status::OnClient
        } else if taken {
            Status::Acknowledged
        } else {
            Status::Open
        };
        mapping::apply(&source.map, &mut ticket, |field| self.field(field));
        if ticket.status == Status::Acknowledged || (taken && ticket.status != Status::Open) {
            ticket.acknowledged_by.clone_from(&ticket.assignee);
            ticket.acknowledged_at = told.and_then(|told| told.history.taken_at);
        }
        if let Some(told) = told {
            self.tell(told, (source, redmine, vocabulary), &mut ticket);
        }
        ticket
    }

    /// What the journals add.
    fn tell(&self, told: Told, settings: (&SourceSettings, &RedmineSettings, &Vocabulary), ticket: &mut Ticket) {
        let (history, (source, redmine, vocabulary)) = (told.history, settings);
        (ticket.answered_at, ticket.last_word_at) = (history.answered_at, history.last_word_at);
        ticket.contacts = history.contacts.iter().map(|at| ClientContact { at: *at, channel: None }).collect();
        let severity = |priority: Option<u64>| self.severity_with(priority?, source, vocabulary);
        if let (Some(Move { from, .. }), Some(submitted)) = (history.priorities.first(), ticket.submitted_at) {
            ticket.assessments.push(Assessment { at: submitted, severity: severity(*from) });
            ticket.assessments.extend(history.priorities.iter().map(|m| Assessment { at: m.at, severity: severity(m.to) }));
        }
        // what changed since may have begun or ended one
        if !told.current {
            return;
        }
        let waiting = vocabulary.statuses.iter().find(|s| redmine.waiting_status.as_deref().is_some_and(|name| same_name(&s.name, name)));
        let stretches = waiting.map(|waiting| history.stretches(waiting.id)).unwrap_or_default();
        // a rule may say of another status that it is on the client, or of this one that it is not
        if stretches.last().is_some_and(|last| last.to.is_none()) == (ticket.status == Status::OnClient) {
            ticket.on_client = stretches;
        }
        if ticket.status == Status::Resolved {
            ticket.resolved_at = history.status_since();
        }
    }

    /// What its severity would be with another priority.
    pub fn severity_with(&self, priority: u64, source: &SourceSettings, vocabulary: &Vocabulary) -> Option<Severity> {
        let priority = vocabulary.priorities.iter().find(|p| p.id == priority)?;
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line("") });
        let other = Self { priority: Some(priority.clone()), ..self.clone() };
        other.own_severity(vocabulary, &mut ticket);
        mapping::apply(&source.map, &mut ticket, |field| other.field(field));
        ticket.severity
    }

    /// Redmine's own priorities in their order: the highest is S1, the next S2, and so on; from the fifth on S5.
    fn own_severity(&self, vocabulary: &Vocabulary, ticket: &mut Ticket) {
        let Some(priority) = &self.priority else { return };
        let name = &priority.name;
        let Some(place) = vocabulary.place(priority) else {
            ticket.severity_unreadable = true;
            ticket.notes.push(SafeText::line(&format!("priority '{name}' is none of the server's own: unassessed")));
            return;
        };
        ticket.severity = Some(at_place(place));
        let total = vocabulary.priorities.len();
        ticket.severity_origin =
            Some(SafeText::line(&format!("from priority '{name}', number {} of {total} from the top in Redmine's own order", place + 1)));
    }
}

/// The severity of the priority at a place from the top.
pub(super) fn at_place(place: usize) -> Severity {
    Severity::ALL[place.min(Severity::ALL.len() - 1)]
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
        Ok(issue) => issue.ticket(source, redmine, &vocabulary, None),
        Err(e) => Glimpse::of(raw).ticket(source, place, &e),
    };
    Ok(serde_json::from_str::<IssueList>(page)?.issues.iter().zip(1..).map(ticket).collect())
}
