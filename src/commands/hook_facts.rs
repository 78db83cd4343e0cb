//! What a hook is told: JSON on stdin, and variables in its environment. All texts of tickets in it are safe.

use std::cell::OnceCell;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::{BoardRow, Model, SourceHealth, SourceJson, Subject, TicketJson, words};
use crate::domain::{Alarm, ClockState, SafeText, SourceName, TicketKey, instant};

/// The variables that tell a hook something; each is there, and empty where nothing is known.
const VARIABLES: [&str; 18] = [
    "HOLDOVER_HOOK",
    "HOLDOVER_CHANGE",
    "HOLDOVER_TEXT",
    "HOLDOVER_AT",
    "HOLDOVER_SINCE",
    "HOLDOVER_AGAIN",
    "HOLDOVER_SOURCE",
    "HOLDOVER_KEY",
    "HOLDOVER_TITLE",
    "HOLDOVER_CLIENT",
    "HOLDOVER_AGREEMENT",
    "HOLDOVER_SEVERITY",
    "HOLDOVER_WINDOW",
    "HOLDOVER_GROUP",
    "HOLDOVER_STATE",
    "HOLDOVER_DUE",
    "HOLDOVER_URL",
    "HOLDOVER_FAULT",
];

/// What is known of the ticket or the source that a hook is run for, as it is run.
#[derive(Debug)]
pub(super) struct Facts {
    text: String,
    ticket: Option<Box<RawValue>>,
    source: Option<Box<RawValue>>,
    variables: Vec<(String, String)>,
}

impl Facts {
    /// Of a ticket, in the engineer's zone.
    pub fn of_ticket(row: &BoardRow, alarm: Alarm, zone: Tz, now: DateTime<Utc>) -> Self {
        let (ticket, verdict) = (&*row.ticket, &row.verdict);
        let response = verdict.response.as_ref();
        let due = response.and_then(|response| response.due);
        let on = due.map_or_else(|| "never due".to_owned(), |due| format!("due {}", words::moment(zone, due, now)));
        let how = match alarm {
            Alarm::Decide => "to be decided".to_owned(),
            Alarm::AtRisk => format!("at risk, {on}"),
            Alarm::Breached if response.is_some_and(|response| response.state == ClockState::Overdue) => format!("overdue to assess, {on}"),
            Alarm::Breached => format!("breached, {on}"),
            Alarm::Unanswered | Alarm::Blind | Alarm::Well => format!("unanswered, {on}"),
        };
        let severity = row.severity().map_or_else(|| "S?".to_owned(), |severity| severity.to_string());
        let client = ticket.client.as_ref().map_or("no client", SafeText::as_str);
        let text = SafeText::line(&format!("{severity} {client} {} {how}: {}", ticket.id.key, ticket.title));
        let agreement = verdict.agreement.as_ref().map(|agreement| &agreement.name).or(ticket.agreement.as_ref());
        let optional = |text: Option<&SafeText>| text.map_or_else(String::new, ToString::to_string);
        let variables = [
            ("HOLDOVER_SOURCE", ticket.id.source.to_string()),
            ("HOLDOVER_KEY", ticket.id.key.to_string()),
            ("HOLDOVER_TITLE", ticket.title.to_string()),
            ("HOLDOVER_CLIENT", optional(ticket.client.as_ref())),
            ("HOLDOVER_AGREEMENT", optional(agreement)),
            ("HOLDOVER_SEVERITY", row.severity().map_or_else(String::new, |severity| severity.to_string())),
            ("HOLDOVER_WINDOW", optional(verdict.window.as_ref())),
            ("HOLDOVER_GROUP", plain(verdict.group)),
            ("HOLDOVER_STATE", response.map_or_else(String::new, |response| plain(response.state))),
            ("HOLDOVER_DUE", due.map_or_else(String::new, instant::rfc3339)),
            ("HOLDOVER_URL", optional(ticket.url.as_ref())),
        ];
        Self { text: text.to_string(), ticket: raw(&TicketJson::new(row)), source: None, variables: named(variables) }
    }

    /// Of a source; nothing but its name may be known of it.
    pub fn of_source(name: &SourceName, health: Option<&SourceHealth>, alarm: Alarm) -> Self {
        let fault = health.and_then(|health| health.fault.as_ref());
        let text = match (alarm, fault) {
            (Alarm::Well, _) => format!("source {name} answers again"),
            (_, Some(fault)) => format!("source {name} is blind: {fault}"),
            (_, None) => format!("source {name} is blind: it has not answered"),
        };
        let state = health.map_or_else(String::new, |health| plain(health.health));
        let variables = [
            ("HOLDOVER_SOURCE", name.to_string()),
            ("HOLDOVER_STATE", state),
            ("HOLDOVER_FAULT", fault.map_or_else(String::new, ToString::to_string)),
        ];
        let source = health.and_then(|health| raw(&SourceJson::new(health)));
        Self { text: SafeText::line(&text).to_string(), ticket: None, source, variables: named(variables) }
    }

    /// Of a ticket of which nothing but its key is known now: its source does not answer, and it was not kept.
    fn of_unknown(key: &TicketKey, alarm: Alarm) -> Self {
        let alarm: &str = alarm.into();
        let text = SafeText::line(&format!("{} {alarm}: nothing else is known of it now", key.key));
        let variables = [("HOLDOVER_SOURCE", key.source.to_string()), ("HOLDOVER_KEY", key.key.to_string())];
        Self { text: text.to_string(), ticket: None, source: None, variables: named(variables) }
    }

    /// What a hook can read of it, and what its environment says.
    pub fn told(&self, occasion: &Occasion) -> (String, Vec<(String, String)>) {
        let Occasion { hook, alarm, at, since, again } = occasion;
        let change: &str = alarm.into();
        let (text, ticket, source) = (self.text.as_str(), self.ticket.as_deref(), self.source.as_deref());
        let told = ToldJson { hook, change, at: *at, since: *since, again: *again, text, ticket, source };
        let own = [
            ("HOLDOVER_HOOK", hook.to_string()),
            ("HOLDOVER_CHANGE", change.to_owned()),
            ("HOLDOVER_TEXT", self.text.clone()),
            ("HOLDOVER_AT", instant::rfc3339(*at)),
            ("HOLDOVER_SINCE", instant::rfc3339(*since)),
            ("HOLDOVER_AGAIN", again.to_string()),
        ];
        let mut variables = named(own);
        variables.extend(self.variables.iter().cloned());
        let missing = VARIABLES.iter().filter(|name| !variables.iter().any(|(there, _)| there == *name));
        let missing: Vec<_> = missing.map(|name| ((*name).to_owned(), String::new())).collect();
        variables.extend(missing);
        (serde_json::to_string(&told).unwrap_or_default() + "\n", variables)
    }
}

/// On which occasion a hook is run.
pub(super) struct Occasion<'a> {
    pub hook: &'a SafeText,
    pub alarm: Alarm,
    pub at: DateTime<Utc>,
    /// When that came to be.
    pub since: DateTime<Utc>,
    /// How often it was run for it before.
    pub again: u32,
}

#[derive(Serialize)]
struct ToldJson<'a> {
    hook: &'a SafeText,
    change: &'a str,
    #[serde(serialize_with = "instant::serialize")]
    at: DateTime<Utc>,
    #[serde(serialize_with = "instant::serialize")]
    since: DateTime<Utc>,
    again: u32,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a RawValue>,
}

/// Whether a hook gets a variable of our own environment: what tells it something comes from us alone, and our keys are not its.
pub(super) fn passes(name: &str, keys: &[&str]) -> bool {
    !VARIABLES.contains(&name) && !keys.contains(&name)
}

fn named<const N: usize>(variables: [(&str, String); N]) -> Vec<(String, String)> {
    variables.map(|(name, text)| (name.to_owned(), text)).into()
}

fn raw(value: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}

/// A name as JSON has it.
fn plain(name: impl Serialize) -> String {
    serde_json::to_value(name).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What facts are made of.
pub(super) struct Known<'a> {
    pub model: &'a Model,
    pub health: &'a [SourceHealth],
    pub zone: Tz,
    pub now: DateTime<Utc>,
    /// The rows of the board, once one is looked for.
    pub rows: OnceCell<HashMap<&'a TicketKey, &'a BoardRow>>,
}

impl Known<'_> {
    /// What a hook is told of one of them.
    pub fn facts(&self, subject: &Subject, alarm: Alarm) -> Facts {
        let rows = || self.model.board.rows.iter().map(|row| (&row.ticket.id, row)).collect();
        match subject {
            Subject::Ticket(key) => match self.rows.get_or_init(rows).get(key) {
                Some(row) => Facts::of_ticket(row, alarm, self.zone, self.now),
                None => Facts::of_unknown(key, alarm),
            },
            Subject::Source(name) => Facts::of_source(name, self.health.iter().find(|health| health.name == *name), alarm),
        }
    }
}
