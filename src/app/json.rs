//! The board and its tickets as JSON: members are added, never renamed or dropped, and stand in this order. Borrowed, so
//! that a large board streams.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::board::BoardRow;
use super::source::{Health, SourceHealth};
use crate::domain::instant;
use crate::domain::{
    Assessment, Bill, ClientContact, Clock, ClockState, Contact, Group, Obligation, OnClient, SafeText, Severity, SourceName, Status, Step,
};

/// A board: its instant, its tickets and its sources.
#[derive(Serialize)]
pub struct BoardJson<'a> {
    #[serde(serialize_with = "instant::serialize")]
    at: DateTime<Utc>,
    #[serde(serialize_with = "each_ticket")]
    tickets: &'a [&'a BoardRow],
    sources: Vec<SourceJson<'a>>,
}

impl<'a> BoardJson<'a> {
    /// The rows in the order given, and all sources.
    #[must_use]
    pub fn new(at: DateTime<Utc>, rows: &'a [&'a BoardRow], sources: &'a [SourceHealth]) -> Self {
        Self { at, tickets: rows, sources: sources.iter().map(SourceJson::new).collect() }
    }
}

fn each_ticket<S: Serializer>(rows: &&[&BoardRow], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(|row| TicketJson::new(row)))
}

/// A ticket with its verdict.
#[derive(Serialize)]
pub struct TicketJson<'a> {
    key: &'a SafeText,
    source: &'a SourceName,
    title: &'a SafeText,
    client: Option<&'a SafeText>,
    agreement: Option<&'a SafeText>,
    severity: Option<Severity>,
    assumed_severity: Option<Severity>,
    support_level: Option<&'a SafeText>,
    channel: Option<&'a SafeText>,
    service: Option<&'a SafeText>,
    status: Status,
    assignee: Option<&'a SafeText>,
    url: Option<&'a SafeText>,
    description: Option<&'a SafeText>,
    #[serde(serialize_with = "instant::serialize_option")]
    submitted_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant::serialize_option")]
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<&'a SafeText>,
    #[serde(serialize_with = "instant::serialize_option")]
    answered_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant::serialize_option")]
    last_word_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "instant::serialize_option")]
    resolved_at: Option<DateTime<Utc>>,
    contact: Option<&'a Contact>,
    callback_requested: bool,
    contacts: &'a [ClientContact],
    assessments: &'a [Assessment],
    on_client: &'a [OnClient],
    group: Group,
    window: Option<&'a SafeText>,
    obligation: Obligation,
    #[serde(serialize_with = "instant::serialize_option")]
    held_until: Option<DateTime<Utc>>,
    response: Option<ClockJson<'a>>,
    resolve: Option<ClockJson<'a>>,
    update: Option<ClockJson<'a>>,
    billing: BillingJson<'a>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<&'a [Step]>,
}

impl<'a> TicketJson<'a> {
    /// The ticket and its verdict.
    #[must_use]
    pub fn new(row: &'a BoardRow) -> Self {
        let (ticket, verdict) = (&*row.ticket, &row.verdict);
        Self {
            key: &ticket.id.key,
            source: &ticket.id.source,
            title: &ticket.title,
            client: ticket.client.as_ref(),
            agreement: verdict.agreement.as_ref().map(|a| &a.name).or(ticket.agreement.as_ref()),
            severity: row.severity(),
            assumed_severity: verdict.assumed_severity,
            support_level: ticket.support_level.as_ref(),
            channel: ticket.channel.as_ref(),
            service: ticket.service.as_ref(),
            status: ticket.status,
            assignee: ticket.assignee.as_ref(),
            url: ticket.url.as_ref(),
            description: ticket.description.as_ref(),
            submitted_at: ticket.submitted_at,
            acknowledged_at: ticket.acknowledged_at,
            acknowledged_by: ticket.acknowledged_by.as_ref(),
            answered_at: ticket.answered_at,
            last_word_at: ticket.last_word_at,
            resolved_at: ticket.resolved_at,
            contact: ticket.contact.as_ref(),
            callback_requested: ticket.callback_requested,
            contacts: &ticket.contacts,
            assessments: &ticket.assessments,
            on_client: &ticket.on_client,
            group: verdict.group,
            window: verdict.window.as_ref(),
            obligation: verdict.obligation,
            held_until: verdict.held_until,
            response: verdict.response.as_ref().map(ClockJson::new),
            resolve: verdict.resolve.as_ref().map(ClockJson::new),
            update: verdict.update.as_ref().map(ClockJson::new),
            billing: BillingJson { verdict: verdict.billing.verdict, now: verdict.billing.now, reason: &verdict.billing.reason },
            notes: &verdict.notes,
            steps: None,
        }
    }

    /// The same with the steps that explain it.
    #[must_use]
    pub fn with_steps(row: &'a BoardRow, steps: &'a [Step]) -> Self {
        Self { steps: Some(steps), ..Self::new(row) }
    }
}

#[derive(Serialize)]
struct ClockJson<'a> {
    state: ClockState,
    target: Option<&'a SafeText>,
    #[serde(serialize_with = "instant::serialize")]
    starts_at: DateTime<Utc>,
    #[serde(serialize_with = "instant::serialize_option")]
    due: Option<DateTime<Utc>>,
    remaining_seconds: Option<i64>,
}

impl<'a> ClockJson<'a> {
    fn new(clock: &'a Clock) -> Self {
        Self {
            state: clock.state,
            target: clock.target.as_ref(),
            starts_at: clock.starts_at,
            due: clock.due,
            remaining_seconds: clock.remaining_seconds,
        }
    }
}

#[derive(Serialize)]
struct BillingJson<'a> {
    verdict: Bill,
    now: Bill,
    reason: &'a str,
}

/// How a source stands.
#[derive(Serialize)]
pub struct SourceJson<'a> {
    name: &'a SourceName,
    state: Health,
    #[serde(serialize_with = "instant::serialize_option")]
    as_of: Option<DateTime<Utc>>,
    shown: usize,
    total: Option<u64>,
    complete: bool,
    fault: Option<&'a SafeText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_skew_seconds: Option<i64>,
}

impl<'a> SourceJson<'a> {
    /// What is known of it.
    #[must_use]
    pub fn new(source: &'a SourceHealth) -> Self {
        Self {
            name: &source.name,
            state: source.health,
            as_of: source.as_of,
            shown: source.shown,
            total: source.total,
            complete: source.complete,
            fault: source.fault.as_ref(),
            clock_skew_seconds: source.clock_ahead.map(|ahead| ahead.num_seconds()),
        }
    }
}
