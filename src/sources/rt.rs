//! Request Tracker 5: a list of active tickets by its REST 2.0; their histories tell who wrote to whom.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::answer::Answer;
use super::http::{Budget, Call, Http};
use super::rt_list::{self, Listed};
use super::rt_ticket::{History, Told};
use super::rt_wire::{Page, RtTicket, Transaction, User, filled, instant};
use super::settings::{RtSettings, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{Capabilities, Deed, DeedKind, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

/// How many tickets a pass reads the history of, and how long at most; the rest follow in the next passes. RT takes a good part
/// of a second for any answer, for that is how long it looks at the token.
const LOOK_UPS: usize = 20;
const LOOKING_UP: Duration = Duration::from_secs(5);

/// What RT itself does to a new ticket is done within this time.
const CREATING: TimeDelta = TimeDelta::minutes(1);

/// A ticket that was changed within this time may be changed again and bear the same time: RT tells whole seconds.
const UNSETTLED: TimeDelta = TimeDelta::seconds(2);

/// A history of more pages than this is not read to its beginning.
const HISTORY_PAGES: usize = 5;

/// A source of kind `rt`.
pub struct RtSource {
    pub(super) settings: SourceSettings,
    pub(super) rt: RtSettings,
    pub(super) http: Http,
    clock: Clock,
    known: Mutex<Known>,
}

/// What was asked before. Never locked while a request is under way: a key press must not wait for a pass.
#[derive(Default)]
struct Known {
    /// Whether every queue that is configured is shown to us.
    queues: bool,
    histories: HashMap<u64, LookedUp>,
}

/// What the history of a ticket told.
struct LookedUp {
    /// As of which change of it.
    last_updated: Option<String>,
    /// Whether no other change can bear the same time.
    settled: bool,
    history: History,
}

impl RtSource {
    /// A source that asks a server.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(settings: &SourceSettings, rt: &RtSettings, clock: Clock, environment: &[(String, String)]) -> Result<Self, Fault> {
        let http = Http::new(&rt.server, Arc::clone(&clock), environment)?;
        Ok(Self { settings: settings.clone(), rt: rt.clone(), http, clock, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks whether the token is that of the user we are said to be: of oneself RT shows more than of others.
    async fn sign_in(&self) -> Result<User, Fault> {
        let answer = self.ask(&["user", &self.rt.user]).await?;
        let not_us = |why: &str| {
            let text = format!("not signed in as {} – {why} – set user to the login whose token this is", self.rt.user);
            Fault::new(FaultKind::NotSignedIn, &text)
        };
        if answer.status == StatusCode::NOT_FOUND {
            return Err(not_us("RT knows nobody of that name"));
        }
        answer.success()?;
        let user: User = answer.json()?;
        if user.creator.is_none() && user.memberships.is_none() {
            return Err(not_us("RT shows that user as it shows others"));
        }
        Ok(user)
    }

    /// An answer, whatever its status.
    async fn ask(&self, parts: &[&str]) -> Result<Answer, Fault> {
        let call = Call { method: Method::GET, url: self.rest(parts), body: None, headers: &[] };
        self.http.call(&call).await.map_err(|no| no.fault)
    }

    /// An answer about a ticket.
    pub(super) async fn ask_of(&self, id: u64, url: reqwest::Url) -> Result<Answer, Fault> {
        let answer = self.http.call(&Call { method: Method::GET, url, body: None, headers: &[] }).await.map_err(|no| no.fault)?;
        answer.success_of_one(&format!("ticket {id}"))?;
        Ok(answer)
    }

    /// The address of something of REST 2.0. Names are put in by their parts: a login may have any character.
    pub(super) fn rest(&self, parts: &[&str]) -> reqwest::Url {
        let mut url = self.http.address("REST/2.0");
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(parts);
        }
        url
    }

    /// A queue that is misspelt, or not shown to us, has no tickets as if all were well.
    async fn queues(&self, again: bool) -> Result<(), Fault> {
        if self.known().queues && !again {
            return Ok(());
        }
        for queue in &self.rt.queue {
            let answer = self.ask(&["queue", queue]).await?;
            if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) {
                let text = format!(
                    "no queue '{queue}' – RT has none of that name, or does not show it to {} – correct queue, or ask for SeeQueue",
                    self.rt.user
                );
                return Err(Fault::new(FaultKind::Forbidden, &text));
            }
            answer.success()?;
        }
        self.known().queues = true;
        Ok(())
    }

    async fn listed(&self, budget: &mut Budget) -> Result<Listed, Fault> {
        self.sign_in().await?;
        self.queues(false).await?;
        let listed = rt_list::tickets(&self.http, &self.settings, &rt_list::query(&self.rt), budget).await?;
        if listed.entries == 0 {
            self.queues(true).await?;
        }
        Ok(listed)
    }

    /// What happened to a ticket, the oldest first. The newest is asked for first: RT leaves out what we may not see without
    /// telling how much that is, so only the creation is known to be the end.
    pub(super) async fn history(&self, id: u64) -> Result<Vec<Transaction>, Fault> {
        let mut all: Vec<Transaction> = Vec::new();
        let path = format!("REST/2.0/ticket/{id}/history");
        for page in 1..=HISTORY_PAGES {
            let number = page.to_string();
            let fields = "Type,Creator,Created,Field,OldValue,NewValue";
            let asked = [("fields", fields), ("per_page", "100"), ("page", &*number), ("orderby", "id"), ("order", "DESC")];
            let answer: Box<RawValue> = self.ask_of(id, self.http.address_with(&path, &asked)).await?.json()?;
            let answer: Page = serde_json::from_str(answer.get()).map_err(|e| {
                let text = format!("the history of ticket {id} is not understood – {e} – is url that of a Request Tracker 5?");
                Fault::new(FaultKind::Unintelligible, &text)
            })?;
            let before = all.len();
            for transaction in answer.items.iter().filter_map(|raw| serde_json::from_str::<Transaction>(raw.get()).ok()) {
                if all.iter().all(|known| known.id != transaction.id) {
                    all.push(transaction);
                }
            }
            if all.len() == before || all.iter().any(|transaction| transaction.kind == "Create") {
                break;
            }
        }
        all.sort_by_key(|transaction| transaction.id);
        Ok(all)
    }

    /// Reads histories, once after each change: first of tickets that wait for the client, who may have answered, then of the
    /// newest changes.
    async fn look_up(&self, tickets: &[RtTicket]) {
        let mut wanted: Vec<&RtTicket> = {
            let known = self.known();
            let is_known = |t: &RtTicket| known.histories.get(&t.id).is_some_and(|l| l.settled && l.last_updated == t.last_updated);
            tickets.iter().filter(|ticket| ticket.has_history(CREATING) && !is_known(ticket)).collect()
        };
        let waits = |ticket: &RtTicket| self.rt.waiting_status.as_deref().is_some_and(|waiting| ticket.has_status(waiting));
        wanted.sort_by(|a, b| (waits(b), &b.last_updated, b.id).cmp(&(waits(a), &a.last_updated, a.id)));
        for ticket in wanted.into_iter().take(LOOK_UPS) {
            // the list is there; a server that now fails must not cost it
            let Ok(transactions) = self.history(ticket.id).await else { return };
            let history = History::of(&transactions, ticket, &self.rt.user);
            let now = self.http.clock_ahead().map(|ahead| (self.clock)() + ahead);
            let settled = now.zip(instant(&ticket.last_updated)).is_none_or(|(now, at)| now - at >= UNSETTLED);
            self.known().histories.insert(ticket.id, LookedUp { last_updated: ticket.last_updated.clone(), settled, history });
        }
    }

    fn tickets(&self, tickets: &[RtTicket]) -> Vec<Ticket> {
        let mut known = self.known();
        let active: HashSet<u64> = tickets.iter().map(|t| t.id).collect();
        known.histories.retain(|id, _| active.contains(id));
        let told = |t: &RtTicket| {
            let looked_up = known.histories.get(&t.id)?;
            Some(Told { history: &looked_up.history, current: looked_up.last_updated == t.last_updated })
        };
        tickets.iter().map(|ticket| ticket.ticket(&self.settings, &self.rt, told(ticket))).collect()
    }
}

#[async_trait]
impl TicketSource for RtSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::all_but(&[
            (DeedKind::Contact, "Request Tracker has no place for it"),
            (DeedKind::OnClient, "no waiting_status is configured"),
        ]);
        if self.rt.waiting_status.is_some() { capabilities.and(DeedKind::OnClient) } else { capabilities }
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let user = self.sign_in().await?;
        self.queues(true).await?;
        let name = filled(&user.real_name).or_else(|| filled(&user.name)).unwrap_or(&self.rt.user);
        // RT tells nobody what they may do
        Ok(Identity { name: SafeText::line(name), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let mut budget = self.http.budget();
        let listed = self.listed(&mut budget).await?;
        // a slow server must not cost the list either; what was looked up is kept
        let _ = timeout(LOOKING_UP, self.look_up(&listed.tickets)).await;
        let mut tickets = self.tickets(&listed.tickets);
        tickets.extend(listed.unreadable);
        let tickets = tickets.into_iter().map(Arc::new).collect();
        let clock_ahead = self.http.clock_ahead();
        let warning = listed.warning.map(SafeText::line);
        Ok(Pass { tickets, complete: listed.complete, total: listed.total, warning, clock_ahead, ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        if let Some(why) = self.capabilities().why_not(deed.kind()) {
            return Err(Fault::new(FaultKind::Unsupported, why));
        }
        let Ok(id) = key.key.as_str().parse() else { return Ok(Outcome::refused("Request Tracker has no ticket of that key")) };
        self.do_deed(id, deed, earlier).await
    }
}
