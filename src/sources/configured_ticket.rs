//! The ticket of an entry, by the expressions of the configuration. Whatever is missing or odd costs only itself.

use chrono::{DateTime, Datelike, Utc};
use serde_json::{Value, json};

use super::address::{encoded, web_address};
use super::configured_list::noun;
use super::configured_settings::HttpSettings;
use super::expression::{Document, text};
use super::mapping;
use super::settings::SourceSettings;
use crate::domain::{Contact, SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of an entry that are something of a ticket; any other is for rules.
pub const TICKET_FIELDS: &[&str] = &[
    "key",
    "id",
    "title",
    "description",
    "client",
    "agreement",
    "severity",
    "support_level",
    "channel",
    "service",
    "status",
    "assignee",
    "url",
    "submitted_at",
    "acknowledged_at",
    "acknowledged_by",
    "answered_at",
    "last_word_at",
    "resolved_at",
    "contact_name",
    "contact_phone",
    "contact_email",
    "callback_requested",
];

/// What the link of a ticket can speak of.
pub const LINK_NAMES: &[&str] = &["key", "id", "item"];

/// An entry and how it is read.
pub(super) struct Entry<'a> {
    source: &'a SourceSettings,
    http: &'a HttpSettings,
    document: Document,
}

impl<'a> Entry<'a> {
    pub fn new(source: &'a SourceSettings, http: &'a HttpSettings, value: Value) -> Self {
        Self { source, http, document: Document::new(value) }
    }

    /// The value of a field; null where the configuration does not name it.
    fn get(&self, field: &str) -> Result<Value, String> {
        let expression = self.http.fields.iter().find(|(name, _)| name == field).map(|(_, expression)| expression);
        expression.map_or(Ok(Value::Null), |expression| self.document.get(expression))
    }

    /// What the ticket is called.
    pub fn key(&self) -> Option<SafeText> {
        let key = text(&self.get("key").ok()?)?;
        let safe = SafeText::line(key.trim());
        (!safe.as_str().trim().is_empty()).then_some(safe)
    }

    /// What the server calls the ticket in its addresses.
    pub fn id(&self) -> Option<Value> {
        let field = if self.http.fields.iter().any(|(name, _)| name == "id") { "id" } else { "key" };
        self.get(field).ok().filter(|id| text(id).is_some_and(|text| !text.is_empty()))
    }

    /// A text; what is none is noted.
    fn text(&self, field: &str, kind: TextKind, ticket: &mut Ticket) -> Option<SafeText> {
        let said = match self.get(field) {
            Ok(Value::Null) => return None,
            Ok(value) => text(&value).ok_or_else(|| format!("is {}, and no text", noun(&value))),
            Err(why) => Err(format!("cannot be read: {why}")),
        };
        match said {
            Ok(said) if said.trim().is_empty() => None,
            Ok(said) => Some(ticket.take_text(field, &said, kind)),
            Err(why) => {
                ticket.notes.push(SafeText::line(&format!("{field} {why}")));
                None
            }
        }
    }

    fn instant(&self, field: &str, ticket: &mut Ticket) -> Option<DateTime<Utc>> {
        let value = self.get(field).unwrap_or_default();
        if value.is_null() || value == "" {
            return None;
        }
        let at = self.http.times.read(&value, self.source.timezone);
        if at.is_none() {
            ticket.notes.push(SafeText::line(&format!("{field} {} is no time as time_format says", shown(&value))));
        }
        at
    }

    /// What a value means, by `values`.
    fn meaning(&self, field: &str, said: &str) -> Option<&str> {
        let map = self.http.values.iter().find(|map| map.field == field)?;
        let same = |known: &str| SafeText::line(known).eq_ignore_case(&SafeText::line(said));
        map.pairs.iter().find(|(known, _)| same(known)).map(|(_, meaning)| meaning.as_str())
    }

    /// The ticket; `place` is where it stands in the list.
    pub fn ticket(&self, place: usize) -> Ticket {
        let key = self.key();
        let no_key = key.is_none();
        let key = key.unwrap_or_else(|| SafeText::line(&format!("entry {place}")));
        let mut ticket = Ticket::new(TicketKey { source: self.source.name.clone(), key });
        ticket.client.clone_from(&self.source.client);
        ticket.unassessed_as = self.source.unassessed_as;
        self.texts(&mut ticket);
        ticket.acknowledged_at = self.instant("acknowledged_at", &mut ticket);
        ticket.answered_at = self.instant("answered_at", &mut ticket);
        ticket.last_word_at = self.instant("last_word_at", &mut ticket);
        ticket.resolved_at = self.instant("resolved_at", &mut ticket);
        ticket.callback_requested = self.get("callback_requested").is_ok_and(|v| v == true || v == "true");
        self.submitted(&mut ticket);
        self.severity(&mut ticket);
        self.status(&mut ticket);
        ticket.url = self.url(&mut ticket);
        mapping::apply(&self.source.map, &mut ticket, |field| self.values(field));
        if ticket.status == Status::Acknowledged {
            ticket.acknowledged_by = ticket.acknowledged_by.or_else(|| ticket.assignee.clone());
        } else if ticket.status == Status::Open {
            (ticket.acknowledged_by, ticket.acknowledged_at) = (None, None);
        }
        if no_key {
            let said = self.get("key").map_or_else(|why| why, |value| shown(&value));
            ticket.unreadable = Some(SafeText::line(&format!("no usable key: fields.key gives {said}")));
        }
        ticket
    }

    fn texts(&self, ticket: &mut Ticket) {
        if let Some(title) = self.text("title", TextKind::Title, ticket) {
            ticket.title = title;
        }
        if let Some(client) = self.text("client", TextKind::Line, ticket) {
            ticket.client = Some(client);
        }
        ticket.description = self.text("description", TextKind::Body, ticket);
        ticket.agreement = self.text("agreement", TextKind::Line, ticket);
        ticket.support_level = self.text("support_level", TextKind::Line, ticket);
        ticket.channel = self.text("channel", TextKind::Line, ticket);
        ticket.service = self.text("service", TextKind::Line, ticket);
        ticket.assignee = self.text("assignee", TextKind::Line, ticket);
        ticket.acknowledged_by = self.text("acknowledged_by", TextKind::Line, ticket);
        let contact = Contact {
            name: self.text("contact_name", TextKind::Line, ticket),
            phone: self.text("contact_phone", TextKind::Line, ticket),
            email: self.text("contact_email", TextKind::Line, ticket),
        };
        ticket.contact = (contact != Contact::default()).then_some(contact);
    }

    fn submitted(&self, ticket: &mut Ticket) {
        let value = self.get("submitted_at").unwrap_or_default();
        if value.is_null() || value == "" {
            return;
        }
        match self.http.times.read(&value, self.source.timezone) {
            Some(at) if (1970..=2199).contains(&at.year()) => ticket.submitted_at = Some(at),
            Some(_) => {
                let note = format!("submitted_at {} is not between 1970 and 2199: counts as missing", shown(&value));
                ticket.notes.push(SafeText::line(&note));
            }
            None => ticket.unreadable = Some(SafeText::line(&format!("submitted_at {} is no time as time_format says", shown(&value)))),
        }
    }

    fn severity(&self, ticket: &mut Ticket) {
        let value = match self.get("severity") {
            Ok(Value::Null) => return,
            Ok(value) => value,
            Err(why) => Value::String(why),
        };
        let said = text(&value).unwrap_or_else(|| shown(&value));
        if said.trim().is_empty() {
            return;
        }
        let meaning = self.meaning("severity", &said);
        ticket.severity = Severity::parse(meaning.unwrap_or(&said));
        if meaning.is_some() {
            ticket.severity_origin = Some(SafeText::line(&format!("from severity '{said}', by values of the source")));
        }
        if ticket.severity.is_none() {
            ticket.severity_unreadable = true;
            // a rule may know it still
            if !self.source.map.iter().any(|rule| rule.field == "severity") {
                ticket.notes.push(SafeText::line(&format!("severity {} is none that values has: unassessed", shown(&value))));
            }
        }
    }

    fn status(&self, ticket: &mut Ticket) {
        let said = self.get("status").ok().and_then(|value| text(&value)).unwrap_or_default();
        ticket.status = match self.meaning("status", &said).unwrap_or(said.trim()) {
            "acknowledged" => Status::Acknowledged,
            "on-client" => Status::OnClient,
            "resolved" => Status::Resolved,
            _ => Status::Open,
        };
        if ticket.status == Status::Open && self.http.taken.as_ref().is_some_and(|taken| self.document.is(taken)) {
            ticket.status = Status::Acknowledged;
        }
    }

    /// The page of the ticket, where it is a link that may be shown.
    fn url(&self, ticket: &mut Ticket) -> Option<SafeText> {
        let said = match &self.http.link {
            Some(link) => {
                let scope = json!({ "key": ticket.id.key.as_str(), "id": self.id(), "item": null });
                Some(link.fill(&self.document.scope(scope), encoded))
            }
            None => text(&self.get("url").unwrap_or_default()).filter(|url| !url.trim().is_empty()).map(Ok),
        };
        let url = said?.ok().and_then(|url| web_address(&url));
        if url.is_none() {
            ticket.notes.push(SafeText::line("url is no http or https address without a user name, of at most 1 KiB"));
        }
        url
    }

    /// The values of a field, for rules.
    fn values(&self, field: &str) -> Vec<String> {
        let value = self.get(field).unwrap_or_default();
        let texts: Vec<String> = match &value {
            Value::Array(list) => list.iter().filter_map(text).collect(),
            one => text(one).into_iter().collect(),
        };
        texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
    }

    /// Whether somebody has it, whatever its status.
    pub fn is_taken(&self) -> bool {
        let ticket = self.ticket(0);
        ticket.status == Status::Acknowledged || self.http.taken.as_ref().is_some_and(|taken| self.document.is(taken))
    }
}

/// A value as the server writes it, cut.
fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    if text.chars().count() > MOST { format!("{}…", text.chars().take(MOST).collect::<String>()) } else { text }
}
