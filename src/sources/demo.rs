//! The demo: embedded tickets, seeded so that every group, state and mark is on the board at any hour of the year.
//!
//! Nothing is read and nothing is sent. The tickets are made for the instant of the first poll, by asking the rules which of
//! a few submissions the agreement holds as wanted; from then on they age like any others.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::settings::SourceSettings;
use super::source::{Clock, TicketSource};
use crate::domain::instant::whole_seconds;
use crate::domain::{
    Agreements, Capabilities, ClockState, Contact, Deed, DeedKind, Fault, FaultKind, Group, Identity, Obligation, Outcome, Pass, SafeText,
    Severity, SourceName, Status, Ticket, TicketKey, judge,
};

/// Whom the demo takes the engineer for.
const ENGINEER: &str = "you";

/// How far apart, and how many, the submissions are that a ticket without any of its own is tried with: a week.
const STEP: TimeDelta = TimeDelta::minutes(100);
const STEPS: i32 = 101;

/// The desks as written; that they can be read is tested.
static DESKS: LazyLock<Result<Desks, toml::de::Error>> = LazyLock::new(|| toml::from_str(include_str!("demo_tickets.toml")));

/// The configuration of the demo.
#[must_use]
pub const fn demo_agreements() -> &'static str {
    include_str!("demo.toml")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Desks {
    desk: Vec<Desk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Desk {
    name: String,
    /// After its first answer it gives only this fault.
    silent_after_first: Option<String>,
    ticket: Vec<Sketch>,
}

/// A ticket as the demo writes it: its times are lengths before the first poll.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sketch {
    key: String,
    title: String,
    clients: Vec<String>,
    severity: Option<String>,
    level: Option<String>,
    channel: Option<String>,
    service: Option<String>,
    #[serde(default)]
    callback: bool,
    contact: Option<Whom>,
    description: Option<String>,
    #[serde(default)]
    submitted: Vec<Length>,
    wanted: Option<Wanted>,
    taken_after: Option<Length>,
    taken_by: Option<String>,
    last_word: Option<Length>,
    #[serde(default)]
    status: Standing,
    /// Somebody takes it while the engineer does.
    taken_meanwhile_by: Option<String>,
    /// Why it cannot be taken.
    refuses: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

/// How the agreement is to hold a ticket.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Wanted {
    /// Its clock has not started, or was stopped by an answer.
    Held,
    /// Its clock has started and stands.
    Paused,
}

impl Wanted {
    fn fits(self, state: ClockState) -> bool {
        match self {
            Self::Held => matches!(state, ClockState::NotStarted | ClockState::Met),
            Self::Paused => state == ClockState::Paused,
        }
    }
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum Standing {
    #[default]
    Open,
    OnClient,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
struct Length(TimeDelta);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length: Duration = humantime::parse_duration(&text).map_err(|e| e.to_string())?;
        TimeDelta::from_std(length).map(Self).map_err(|e| e.to_string())
    }
}

/// A source of kind `demo`.
pub struct DemoSource {
    name: SourceName,
    agreements: Arc<Agreements>,
    clock: Clock,
    /// The tickets, once the first poll has made them.
    tickets: Mutex<Option<Vec<Arc<Ticket>>>>,
}

impl DemoSource {
    /// The desk of the source's name, else the first; its tickets are made for the instant of the first poll.
    #[must_use]
    pub fn new(settings: &SourceSettings, agreements: &Arc<Agreements>, clock: Clock) -> Self {
        Self { name: settings.name.clone(), agreements: Arc::clone(agreements), clock, tickets: Mutex::default() }
    }

    fn desk(&self) -> Result<&'static Desk, Fault> {
        let desks = DESKS
            .as_ref()
            .map_err(|e| Fault::new(FaultKind::Unintelligible, &format!("the demo cannot be read – {e} – please report it")))?;
        let own = desks.desk.iter().find(|desk| desk.name == self.name.as_str());
        own.or(desks.desk.first())
            .ok_or_else(|| Fault::new(FaultKind::Unintelligible, "the demo has no desk – it is empty – please report it"))
    }

    /// Does something with the tickets, which are made at the first call. `polling` is a poll, which a silent desk answers once.
    fn with_tickets<T>(&self, polling: bool, then: impl FnOnce(&Desk, &mut Vec<Arc<Ticket>>, DateTime<Utc>) -> T) -> Result<T, Fault> {
        let desk = self.desk()?;
        let now = (self.clock)();
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(why), true) = (&desk.silent_after_first, tickets.is_some() || !polling) {
            return Err(Fault::new(FaultKind::Unreachable, why));
        }
        let made = || desk.ticket.iter().map(|sketch| Arc::new(sketch.ticket(&self.name, &self.agreements, now))).collect();
        Ok(then(desk, tickets.get_or_insert_with(made), now))
    }
}

#[async_trait]
impl TicketSource for DemoSource {
    fn name(&self) -> &SourceName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all_but(&[])
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        Ok(Identity { name: SafeText::line(ENGINEER), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        self.with_tickets(true, |_, tickets, _| Pass {
            tickets: tickets.clone(),
            complete: true,
            total: Some(tickets.len() as u64),
            ..Pass::default()
        })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        self.with_tickets(false, |desk, tickets, now| {
            let known = desk.ticket.iter().zip(tickets).find(|(_, ticket)| ticket.id == *key);
            let Some((sketch, ticket)) = known else { return Outcome::refused("the demo has no such ticket") };
            sketch.told(Arc::make_mut(ticket), deed, whole_seconds(now), earlier)
        })
    }
}

impl Sketch {
    /// The ticket as of a first poll at `now`: of its clients and submissions the first that the agreement holds as wanted.
    fn ticket(&self, source: &SourceName, agreements: &Agreements, now: DateTime<Utc>) -> Ticket {
        let Some(wanted) = self.wanted else {
            return self.candidate(source, 0, self.ages().next().unwrap_or_default(), now);
        };
        for client in 0..self.clients.len() {
            for age in self.ages() {
                let ticket = self.candidate(source, client, age, now);
                let verdict = judge(&ticket, agreements, now);
                let state = verdict.response.as_ref().map(|clock| clock.state);
                if verdict.group == Group::Held && state.is_some_and(|state| wanted.fits(state)) {
                    return ticket;
                }
                // the office is open: no other submission is held there
                if verdict.obligation == Obligation::Now {
                    break;
                }
            }
        }
        self.candidate(source, 0, self.ages().next().unwrap_or_default(), now)
    }

    /// How long before the first poll it may have been submitted.
    fn ages(&self) -> impl Iterator<Item = TimeDelta> {
        let steps = if self.submitted.is_empty() { STEPS } else { 0 };
        self.submitted.iter().map(|age| age.0).chain((1..=steps).map(|n| STEP * n))
    }

    fn candidate(&self, source: &SourceName, client: usize, age: TimeDelta, now: DateTime<Utc>) -> Ticket {
        let line = |text: &Option<String>| text.as_deref().map(SafeText::line);
        let submitted = now - age;
        let taken = self.taken_after.map(|after| submitted + after.0);
        let mut ticket = Ticket::new(TicketKey { source: source.clone(), key: SafeText::line(&self.key) });
        ticket.title = SafeText::title(&self.title);
        ticket.client = self.clients.get(client).map(|client| SafeText::line(client));
        ticket.severity = self.severity.as_deref().and_then(Severity::parse);
        ticket.support_level = line(&self.level);
        ticket.channel = line(&self.channel);
        ticket.service = line(&self.service);
        ticket.description = self.description.as_deref().map(SafeText::body);
        ticket.callback_requested = self.callback;
        ticket.contact =
            self.contact.as_ref().map(|whom| Contact { name: line(&whom.name), phone: line(&whom.phone), email: line(&whom.email) });
        ticket.submitted_at = Some(submitted);
        ticket.acknowledged_at = taken;
        ticket.acknowledged_by = line(&self.taken_by);
        ticket.assignee = line(&self.taken_by);
        ticket.last_word_at = self.last_word.map(|before| now - before.0);
        ticket.answered_at = ticket.last_word_at;
        ticket.status = match (self.status, taken) {
            (Standing::OnClient, _) => Status::OnClient,
            (Standing::Open, Some(_)) => Status::Acknowledged,
            (Standing::Open, None) => Status::Open,
        };
        ticket
    }

    /// What becomes of a deed: as if the demo kept the ticket itself, but that some cannot be taken, or only by somebody else.
    fn told(&self, ticket: &mut Ticket, deed: &Deed, now: DateTime<Utc>, earlier: Option<DateTime<Utc>>) -> Outcome {
        let engineer = SafeText::line(ENGINEER);
        if deed.kind() == DeedKind::Acknowledge {
            if let Some(reason) = &self.refuses {
                return Outcome::Refused { reason: SafeText::line(reason) };
            }
            if let Some(other) = self.taken_meanwhile_by.as_deref().filter(|_| ticket.acknowledged_at.is_none()) {
                deed.apply(ticket, &SafeText::line(other), now, None);
            }
        }
        deed.apply(ticket, &engineer, now, earlier)
    }
}
