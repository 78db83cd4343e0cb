//! A server that the configuration describes whole: how it is asked, what its answers mean, how it is told.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::configured_list::{self, Listed};
use super::configured_settings::HttpSettings;
use super::configured_ticket::Entry;
use super::expression::{Document, Expression, text};
use super::http::{Budget, Http};
use super::lenient_json::json;
use super::settings::{Auth, SourceSettings};
use super::source::{Clock, TicketSource};
use super::unreadable;
use crate::domain::{Capabilities, Deed, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

/// A source of kind `http`.
pub struct ConfiguredSource {
    pub(super) settings: SourceSettings,
    pub(super) server: HttpSettings,
    pub(super) http: Http,
    pub(super) clock: Clock,
    known: Mutex<Known>,
}

/// What was asked before. Never locked while a request is under way.
#[derive(Default)]
struct Known {
    me: Option<Me>,
    /// What the server calls the tickets of the last pass, where that is not their key.
    ids: HashMap<SafeText, Value>,
    /// Which tickets somebody had at the last pass, as the list showed it.
    held: HashSet<SafeText>,
}

/// Who we are to the server.
#[derive(Clone)]
pub(super) struct Me {
    pub id: Value,
    pub name: SafeText,
}

impl ConfiguredSource {
    /// A source that asks a server.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(settings: &SourceSettings, server: &HttpSettings, clock: Clock, environment: &[(String, String)]) -> Result<Self, Fault> {
        let http = Http::new(&server.server, Arc::clone(&clock), environment)?;
        Ok(Self { settings: settings.clone(), server: server.clone(), http, clock, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user name of basic sign-in.
    pub(super) fn user(&self) -> Option<&str> {
        if let Auth::Basic { user } = &self.server.server.auth { Some(user) } else { None }
    }

    /// Asks who we are, where the configuration says how, before every pass: there are servers that show somebody they do not
    /// know an empty list.
    async fn sign_in(&self, budget: &mut Budget) -> Result<Option<Me>, Fault> {
        let Some(whoami) = &self.server.whoami else {
            return Ok(self.user().map(|user| Me { id: user.into(), name: SafeText::line(user) }));
        };
        let scope = Document::new(serde_json::json!({ "user": self.user() }));
        let path = whoami.path.fill(&scope, super::address::encoded).map_err(|why| misunderstood(&why, "whoami.path"))?;
        let answer = self.http.get_url(&self.http.address(&format!("./{path}")), budget).await?;
        let said = Document::new(json(&answer)?);
        let get = |expression: &Expression, key: &str| said.get(expression).map_err(|why| misunderstood(&why, key));
        if whoami.ok.as_ref().is_some_and(|ok| !said.is(ok)) {
            return Err(not_signed_in("the server does not say what whoami.ok asks for", "check the key, and whoami.ok"));
        }
        let Some(name) = text(&get(&whoami.name, "whoami.name")?).filter(|name| !name.trim().is_empty()) else {
            return Err(not_signed_in("the server names nobody where whoami.name says", "check the key, whoami.name and whoami.path"));
        };
        let id = match &whoami.id {
            Some(id) => get(id, "whoami.id")?,
            None => name.as_str().into(),
        };
        if text(&id).is_none_or(|id| id.is_empty()) {
            return Err(misunderstood("it gives nothing", "whoami.id"));
        }
        let me = Me { id, name: SafeText::line(&name) };
        self.known().me = Some(me.clone());
        Ok(Some(me))
    }

    /// Who we were at the last pass.
    pub(super) async fn me(&self) -> Result<Option<Me>, Fault> {
        let known = self.known().me.clone();
        match known {
            Some(me) => Ok(Some(me)),
            None => self.sign_in(&mut self.http.budget()).await,
        }
    }

    /// What we knew of ourselves may be why: it is asked again.
    fn forget(&self, fault: &Fault) {
        if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::Forbidden) {
            self.known().me = None;
        }
    }

    async fn listed(&self, budget: &mut Budget) -> Result<Listed, Fault> {
        self.sign_in(budget).await?;
        let key = self.server.fields.iter().find(|(name, _)| name == "key").map(|(_, key)| key);
        let key = key.ok_or_else(|| misunderstood("there is none", "fields.key"))?;
        let listed = configured_list::entries(&self.http, &self.server.list, key, budget).await?;
        if listed.entries.is_empty() {
            // the key may have been taken back since
            self.sign_in(budget).await?;
        }
        Ok(listed)
    }

    /// Whether the list shows that somebody has a ticket; it is asked anew before that is said.
    pub(super) async fn is_held(&self, key: &TicketKey) -> Result<bool, Fault> {
        if !self.known().held.contains(&key.key) {
            return Ok(false);
        }
        self.list_open().await?;
        Ok(self.known().held.contains(&key.key))
    }

    /// What the server calls a ticket in its addresses.
    pub(super) async fn id(&self, key: &TicketKey) -> Result<Value, Fault> {
        if !self.server.fields.iter().any(|(name, _)| name == "id") {
            return Ok(key.key.as_str().into());
        }
        let known = |source: &Self| source.known().ids.get(&key.key).cloned();
        if let Some(id) = known(self) {
            return Ok(id);
        }
        self.list_open().await?;
        known(self).ok_or_else(|| {
            let text = format!("ticket {} is not in the list – what the server calls it is not known – is it still open?", key.key);
            Fault::new(FaultKind::Gone, &text)
        })
    }
}

pub(super) fn misunderstood(why: &str, key: &str) -> Fault {
    let text = format!("the answer is not understood – {why} – check {key} in the configuration");
    Fault::new(FaultKind::Unintelligible, &text)
}

fn not_signed_in(why: &str, help: &str) -> Fault {
    let text = SafeText::line(&format!("not signed in – {why} – {help}"));
    Fault { kind: FaultKind::NotSignedIn, text, retry_after: None }
}

#[async_trait]
impl TicketSource for ConfiguredSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        let none = Capabilities::none("the configuration does not say how this source is told");
        self.server.deeds.iter().fold(none, |can, (kind, _)| can.and(*kind))
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let mut budget = self.http.budget();
        let me = self.sign_in(&mut budget).await?;
        if self.server.whoami.is_none() {
            // who is let in sees the list
            self.listed(&mut budget).await?;
        }
        let name = me.map_or_else(|| SafeText::line("somebody the server lets in"), |me| me.name);
        Ok(Identity { name, may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let listed = self.listed(&mut self.http.budget()).await.inspect_err(|fault| self.forget(fault))?;
        let (mut ids, mut held, mut keys) = (HashMap::new(), HashSet::new(), HashSet::new());
        let mut tickets: Vec<Arc<Ticket>> = Vec::with_capacity(listed.entries.len());
        for (entry, place) in listed.entries.into_iter().zip(1..) {
            let entry = Entry::new(&self.settings, &self.server, entry);
            let mut ticket = entry.ticket(place);
            if keys.insert(ticket.id.key.clone()) {
                ids.extend(entry.id().map(|id| (ticket.id.key.clone(), id)));
                held.extend((ticket.assignee.is_some() || entry.is_taken()).then(|| ticket.id.key.clone()));
            } else {
                // another ticket all the same: what is the same was left out before
                ticket.unreadable = Some(SafeText::line(&format!("duplicate key '{}', the first counts", ticket.id.key)));
                ticket.id.key = SafeText::line(&format!("entry {place}"));
                while !keys.insert(ticket.id.key.clone()) {
                    ticket.id.key = SafeText::line(&format!("{}#", ticket.id.key));
                }
            }
            tickets.push(Arc::new(ticket));
        }
        unreadable::fold(&mut tickets);
        (self.known().ids, self.known().held) = (ids, held);
        let warning = listed.warning.as_deref().map(SafeText::line);
        let clock_ahead = self.http.clock_ahead();
        Ok(Pass { tickets, complete: listed.complete, total: listed.total, warning, clock_ahead, ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let tried_before = earlier.is_some();
        self.tell_deed(key, deed, tried_before).await.inspect_err(|fault| self.forget(fault))
    }
}
