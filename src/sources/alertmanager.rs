//! Alertmanager: a list of what fires; an acknowledgement is a silence of exactly one alert's labels, and is read back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use reqwest::header::DATE;
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::alertmanager_wire::{self, ACKNOWLEDGED, ACKNOWLEDGED_WITH, Alert, ServerStatus, Silence, silences, words};
use super::answer::{Answer, time};
use super::http::{Budget, Call, Http};
use super::sent::{Sent, may_be_of};
use super::settings::{Auth, ServerSettings, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{Capabilities, Deed, DeedKind, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

/// For so long after it starts, a server may not have been told of everything that fires: it forgets all alerts when it
/// stops, and whoever tells it does so about once a minute.
const YOUNG: TimeDelta = TimeDelta::minutes(3);

const CANNOT: &[(DeedKind, &str)] = &[
    (DeedKind::Note, "an alert has no notes; write one when you acknowledge it"),
    (DeedKind::Word, "an alert has no client who could read it"),
    (
        DeedKind::Assess,
        "how severe an alert is says its label severity, else a map rule, such as { field = \"labels.alertname\", is = \"Watchdog\", severity = \"S5\" }",
    ),
    (DeedKind::Contact, "Alertmanager knows no contacts with a client"),
    (DeedKind::OnClient, "Alertmanager cannot say that the client has the next move"),
    (DeedKind::Resolve, "an alert is resolved when its rule no longer fires"),
];

/// What an Alertmanager source needs.
#[derive(Debug, Clone)]
pub struct AlertmanagerSettings {
    /// The server.
    pub server: ServerSettings,
    /// Who its silences are by; without it the user that signs in, or the one whose program this is.
    pub author: Option<String>,
    /// How long an acknowledgement silences.
    pub silence_for: Duration,
    /// Only the alerts that all of these match, as Alertmanager writes them.
    pub matchers: Vec<String>,
    /// Only the alerts of the receivers that this regular expression matches.
    pub receiver: Option<String>,
}

/// A source of kind `alertmanager`.
pub struct AlertmanagerSource {
    settings: SourceSettings,
    alertmanager: AlertmanagerSettings,
    http: Http,
    clock: Clock,
    author: Option<String>,
    /// The fingerprints that were listed since the last complete pass.
    known: Mutex<HashSet<String>>,
}

impl AlertmanagerSource {
    /// A source that asks a server.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(
        settings: &SourceSettings,
        alertmanager: &AlertmanagerSettings,
        clock: Clock,
        environment: &[(String, String)],
    ) -> Result<Self, Fault> {
        let http = Http::new(&alertmanager.server, Arc::clone(&clock), environment)?;
        let signs_in = match &alertmanager.server.auth {
            Auth::Basic { user } => Some(user.clone()),
            Auth::None | Auth::Bearer | Auth::Header { .. } => None,
        };
        let runs = || environment.iter().find(|(name, user)| name == "USER" && !user.trim().is_empty()).map(|(_, user)| user.clone());
        let author = alertmanager.author.clone().or(signs_in).or_else(runs);
        Ok(Self { settings: settings.clone(), alertmanager: alertmanager.clone(), http, clock, author, known: Mutex::default() })
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)], budget: &mut Budget) -> Result<Answer, Fault> {
        let call = Call { method: Method::GET, url: self.http.address_with(path, query), body: None, headers: &[] };
        let answer = self.http.send(&call, budget).await.map_err(|no| no.fault)?;
        if matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
            let text = format!("Alertmanager refused the request – it says: {} – check matchers and receiver", words(&answer));
            return Err(Fault::new(FaultKind::Unintelligible, &text));
        }
        answer.success()?;
        Ok(answer)
    }

    /// Whether the server has run for so short a time that it may not know of all that fires. Both times are its own; what
    /// stands before it may leave out what it says of now, and our clock may be behind.
    async fn is_young(&self, budget: &mut Budget) -> Result<bool, Fault> {
        let answer = self.ask("api/v2/status", &[], budget).await?;
        let status: ServerStatus = answer.json()?;
        let now = answer.headers.get(DATE).and_then(|date| time(date.to_str().ok()?)).unwrap_or_else(|| (self.clock)());
        Ok(status.since().is_some_and(|since| (now - since).abs() < YOUNG))
    }

    /// The alerts there are, each as it came.
    async fn alerts(&self, inhibited: &str, budget: &mut Budget) -> Result<Vec<Box<RawValue>>, Fault> {
        let mut query = vec![("active", "true"), ("silenced", "true"), ("inhibited", inhibited)];
        query.extend(self.alertmanager.matchers.iter().map(|matcher| ("filter", matcher.as_str())));
        query.extend(self.alertmanager.receiver.as_deref().map(|receiver| ("receiver", receiver)));
        self.ask("api/v2/alerts", &query, budget).await?.json()
    }

    /// Every alert that can be read, of this source or not.
    async fn all_alerts(&self) -> Result<Vec<Alert>, Fault> {
        let query = [("active", "true"), ("silenced", "true"), ("inhibited", "true")];
        let entries: Vec<Box<RawValue>> = self.ask("api/v2/alerts", &query, &mut self.http.budget()).await?.json()?;
        Ok(entries.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect())
    }

    async fn silences(&self, budget: &mut Budget) -> Result<Vec<Silence>, Fault> {
        Ok(silences(&self.ask("api/v2/silences", &[], budget).await?.json::<Vec<Box<RawValue>>>()?))
    }

    /// The alert of a key and the silences there are, or why there is none; there is no asking for one alert.
    async fn alert(&self, key: &TicketKey) -> Result<Result<(Alert, Vec<Silence>), Outcome>, Fault> {
        let mut budget = self.http.budget();
        let alerts = self.alerts("true", &mut budget).await?;
        let mut read = alerts.iter().filter_map(|raw| serde_json::from_str::<Alert>(raw.get()).ok());
        if let Some(alert) = read.find(|alert| SafeText::line(&alert.fingerprint) == key.key) {
            return Ok(Ok((alert, self.silences(&mut budget).await?)));
        }
        if alerts.iter().any(|raw| raw.get().contains(&format!("\"{}\"", key.key))) {
            return Ok(Err(Outcome::refused("Alertmanager lists it in a way that cannot be read")));
        }
        if self.is_young(&mut budget).await? {
            let text = "the alert is not there – Alertmanager started minutes ago and may not be told of it yet – it is asked again";
            return Err(Fault::new(FaultKind::ServerError, text));
        }
        Ok(Err(Outcome::refused("it is resolved: Alertmanager does not list it any more")))
    }

    fn is_ours(&self, silence: &Silence, alert: &Alert) -> bool {
        silence.is_exactly_of(&alert.labels) && self.author.as_ref() == Some(&silence.created_by)
    }

    /// A silence of all labels of an alert, and of none of `others` that has these and more; by the server's clock as far as
    /// that is known.
    fn silence_of(&self, alert: &Alert, others: &[Alert], author: &str, note: Option<&str>) -> Value {
        let own = alert.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // what has no such label has it empty
        let lacking = alert.lacks(others).into_iter().map(|name| (name, ""));
        let matcher = |(name, value)| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
        let matchers: Vec<Value> = own.chain(lacking).map(matcher).collect();
        let now = ((self.clock)() + self.http.clock_ahead().unwrap_or_default()).trunc_subsecs(0);
        // what would have begun already begins at once; a clock that is a moment ahead must not put it off
        let from = now - TimeDelta::minutes(1);
        let until = now + TimeDelta::from_std(self.alertmanager.silence_for).unwrap_or(TimeDelta::hours(8));
        let written = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({
            "matchers": matchers,
            "startsAt": written(from),
            "endsAt": written(until),
            "createdBy": author,
            "comment": note.map_or_else(|| ACKNOWLEDGED.to_owned(), |note| format!("{ACKNOWLEDGED_WITH}{note}")),
        })
    }

    async fn take(&self, key: &TicketKey, note: Option<&str>, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let Some(author) = &self.author else {
            return Ok(Outcome::refused("a silence needs somebody it is by, and nobody is known here; set author"));
        };
        let (alert, before) = match self.alert(key).await? {
            Ok(asked) => asked,
            Err(gone) => return Ok(gone),
        };
        let standing = alert.silences(&before);
        // what was ours already is no answer to an attempt that may have arrived
        let arrived = |since| earlier.is_some_and(|earlier| may_be_of(earlier, since, self.http.clock_ahead()));
        if let Some(ours) = standing.iter().find(|silence| arrived(silence.since()) && self.is_ours(silence, &alert)) {
            return Ok(Outcome::Confirmed { by: ours.by(), at: ours.since() });
        }
        if let Some(oldest) = standing.first() {
            return Ok(Outcome::Already { by: oldest.by(), at: oldest.since() });
        }
        if alert.is_taken(&before) {
            return Ok(Outcome::Already { by: None, at: None });
        }
        let silence = self.silence_of(&alert, &self.all_alerts().await?, author, note);
        let sent = Sent::of(self.http.change(Method::POST, "api/v2/silences", Some(&silence)).await, words)?;
        let (id, doubt) = match sent {
            Sent::Refused { words, .. } => return Ok(Outcome::refused(&format!("Alertmanager refused: {words}"))),
            Sent::Done(answer) => (answer.json::<Value>().ok().and_then(|said| said["silenceID"].as_str().map(str::to_owned)), None),
            Sent::Doubtful(fault) => (None, Some(fault)),
        };
        Ok(match (self.silences(&mut self.http.budget()).await, doubt) {
            (Ok(after), doubt) => self.compared(&after, &alert, id.as_deref(), doubt.as_ref()),
            (Err(fault), None) => Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
            (Err(_), Some(fault)) => Outcome::unknown(&format!("it may have arrived: {}; it could not be read back", fault.text)),
        })
    }

    /// Only a silence that is there, active and of exactly this alert is an acknowledgement.
    fn compared(&self, after: &[Silence], alert: &Alert, id: Option<&str>, doubt: Option<&Fault>) -> Outcome {
        let ours = after.iter().filter(|silence| self.is_ours(silence, alert));
        let mut ours = ours.filter(|silence| id.is_none_or(|id| silence.id == id));
        if let Some(silence) = ours.clone().find(|silence| silence.is_active()) {
            return Outcome::Confirmed { by: silence.by(), at: silence.since() };
        }
        match (doubt, id) {
            // what did not arrive yet may arrive still
            (Some(fault), _) => Outcome::unknown(&format!("it may have arrived: {}; read back, there is no such silence", fault.text)),
            (None, Some(id)) if ours.next().is_none() => {
                // several servers tell each other, which takes them a moment
                Outcome::unknown(&format!("Alertmanager took it as silence {id}, but does not list it yet"))
            }
            (None, Some(id)) => Outcome::unknown(&format!("silence {id} is there, but not active: is the server's clock right?")),
            (None, None) => Outcome::refused("Alertmanager ignored it: it said that all was well, but there is no such silence"),
        }
    }

    async fn give_back(&self, key: &TicketKey, tried_before: bool) -> Result<Outcome, Fault> {
        let (alert, before) = match self.alert(key).await? {
            Ok(asked) => asked,
            Err(gone) => return Ok(gone),
        };
        let standing = alert.silences(&before);
        if let Some(other) = standing.iter().find(|silence| !self.is_ours(silence, &alert)) {
            return Ok(Outcome::refused(&format!("{} is not ours, or silences more than this alert; nothing was sent", other.standing())));
        }
        if standing.is_empty() {
            return Ok(match (alert.is_taken(&before), tried_before) {
                (true, _) => Outcome::refused("it is silenced, and Alertmanager does not tell by whom; nothing was sent"),
                (false, true) => Outcome::Confirmed { by: None, at: None },
                (false, false) => Outcome::Already { by: None, at: None },
            });
        }
        let mut said = String::new();
        for silence in &standing {
            match Sent::of(self.http.change(Method::DELETE, &format!("api/v2/silence/{}", silence.id), None).await, words)? {
                Sent::Done(_) => {}
                Sent::Refused { words, .. } => said = words.to_string(),
                // one that is gone is a failure of the server to some versions
                Sent::Doubtful(fault) => said = fault.text.to_string(),
            }
        }
        let after = match self.silences(&mut self.http.budget()).await {
            Ok(after) => after,
            Err(fault) => return Ok(Outcome::unknown(&format!("sent, but not read back: {}", fault.text))),
        };
        Ok(match after.iter().find(|silence| silence.is_active() && self.is_ours(silence, &alert)) {
            None => Outcome::Confirmed { by: None, at: None },
            Some(left) if said.is_empty() => Outcome::refused(&format!("Alertmanager ignored it: {} is still active", left.standing())),
            Some(left) => Outcome::unknown(&format!("it may have arrived: {said}; {} is still active", left.standing())),
        })
    }
}

#[async_trait]
impl TicketSource for AlertmanagerSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all_but(CANNOT)
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        self.is_young(&mut self.http.budget()).await?;
        let name = self.author.as_deref().unwrap_or("nobody in particular");
        let nameless = self.author.is_none().then(|| SafeText::line("acknowledge: no author is set"));
        Ok(Identity { name: SafeText::line(name), may_not: nameless.into_iter().collect() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let mut budget = self.http.budget();
        let young = self.is_young(&mut budget).await?;
        let entries = self.alerts("false", &mut budget).await?;
        let read: Vec<_> = entries.iter().map(|raw| (&**raw, serde_json::from_str::<Alert>(raw.get()))).collect();
        let alerts = || read.iter().filter_map(|(_, alert)| alert.as_ref().ok());
        // asked for last: what an alert names is among them
        let silences = if alerts().any(Alert::is_silenced) { self.silences(&mut budget).await? } else { Vec::new() };
        let ticket = |((raw, alert), place): (&(&RawValue, Result<Alert, serde_json::Error>), usize)| match alert {
            Ok(alert) => alert.ticket(&self.settings, &silences),
            Err(why) => alertmanager_wire::unreadable(raw, &self.settings, place, why),
        };
        let tickets: Vec<Arc<Ticket>> = read.iter().zip(1..).map(ticket).map(Arc::new).collect();
        let listed: HashSet<String> = alerts().map(|alert| alert.fingerprint.clone()).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let complete = !young || (!entries.is_empty() && known.is_subset(&listed));
        if complete {
            *known = listed;
        } else {
            known.extend(listed);
        }
        let warning = (!complete)
            .then(|| SafeText::line("Alertmanager started minutes ago – it forgets alerts when it stops – some may not be told to it yet"));
        // of what is no more than a part, how many there are is not known
        let total = complete.then_some(tickets.len() as u64);
        Ok(Pass { tickets, complete, total, warning, clock_ahead: self.http.clock_ahead(), ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        match deed {
            Deed::Acknowledge { note } => self.take(key, note.as_ref().map(SafeText::as_str), earlier).await,
            Deed::Unacknowledge => self.give_back(key, earlier.is_some()).await,
            _ => Ok(Outcome::refused(self.capabilities().why_not(deed.kind()).unwrap_or("Alertmanager cannot be told of this"))),
        }
    }
}
