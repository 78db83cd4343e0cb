//! Icinga 2: hosts and services that are a hard problem; it has acknowledgements of its own, which are read back.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::http::{Budget, Call, Http};
use super::icinga_wire::{self, ATTRIBUTES, COMMENT_ATTRIBUTES, Comment, Me, Object, Of, Results, words};
use super::settings::{Auth, ServerSettings, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{Capabilities, Deed, DeedKind, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

const CANNOT: &[(DeedKind, &str)] = &[
    (DeedKind::Word, "a problem of Icinga has no client who could read it"),
    (DeedKind::Assess, "how severe a problem is says the state of its check"),
    (DeedKind::Contact, "Icinga knows no contacts with a client"),
    (DeedKind::OnClient, "Icinga cannot say that the client has the next move"),
    (DeedKind::Resolve, "a problem is resolved when its check is well again"),
];

/// The permissions of an `ApiUser` of Icinga.
pub(super) const ACKNOWLEDGE: &str = "actions/acknowledge-problem";
pub(super) const REMOVE: &str = "actions/remove-acknowledgement";
pub(super) const ADD_COMMENT: &str = "actions/add-comment";
pub(super) const QUERY_COMMENTS: &str = "objects/query/comment";

/// What an Icinga source needs.
#[derive(Debug, Clone)]
pub struct IcingaSettings {
    /// The server.
    pub server: ServerSettings,
    /// Who its acknowledgements are by; without it the user that signs in.
    pub author: Option<String>,
    /// An expression that must hold of a host, and of a service, for it to be listed.
    pub filter: Option<String>,
    /// The address of a service's page, with `{host}` and `{service}` in it.
    pub web: Option<String>,
    /// The address of a host's page, with `{host}` in it; without it `web`, where that has no `{service}`.
    pub web_host: Option<String>,
    /// Whether an acknowledgement stays when the state changes, until all is well.
    pub sticky: bool,
}

/// A source of kind `icinga2`.
pub struct IcingaSource {
    settings: SourceSettings,
    pub(super) icinga: IcingaSettings,
    pub(super) http: Http,
    pub(super) author: String,
}

impl IcingaSource {
    /// A source that asks a server.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(settings: &SourceSettings, icinga: &IcingaSettings, clock: Clock, environment: &[(String, String)]) -> Result<Self, Fault> {
        let http = Http::new(&icinga.server, clock, environment)?;
        let signs_in = match &icinga.server.auth {
            Auth::Basic { user } => user.clone(),
            Auth::None | Auth::Bearer | Auth::Header { .. } => "holdover".to_owned(),
        };
        let author = icinga.author.clone().unwrap_or(signs_in);
        Ok(Self { settings: settings.clone(), icinga: icinga.clone(), http, author })
    }

    /// Who we are and what we may do: Icinga says the same of what one may not see as of what there is not.
    pub(super) async fn sign_in(&self) -> Result<Me, Fault> {
        let answer = self.http.get_url(&self.http.address("v1"), &mut self.http.budget()).await?;
        let results: Results = answer.json()?;
        let me = results.results.first().and_then(|me| serde_json::from_str(me.get()).ok());
        me.ok_or_else(|| {
            Fault::new(FaultKind::Unintelligible, "Icinga does not say who is signed in – v1 names no user – is url that of its API?")
        })
    }

    /// Objects that a filter holds of. `query` is what is asked besides.
    async fn objects(&self, me: &Me, of: &str, query: &Value, budget: &mut Budget) -> Result<Vec<Box<RawValue>>, Fault> {
        // a filter may be longer than an address
        let headers = [(HeaderName::from_static("x-http-method-override"), HeaderValue::from_static("GET"))];
        let url = self.http.address(&format!("v1/objects/{of}s"));
        let call = Call { method: Method::POST, url, body: Some(query), headers: &headers };
        let answer = self.http.send(&call, budget).await.map_err(|no| no.fault)?;
        let permission = format!("objects/query/{of}");
        match answer.status {
            StatusCode::NOT_FOUND if !me.may(&permission) => {
                let text = format!("no {of}s are told – the ApiUser '{}' lacks the permission {permission} – ask for it", me.user);
                return Err(Fault::new(FaultKind::Forbidden, &text));
            }
            // whatever is wrong with a filter
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
                let text =
                    format!("no {of}s are told – Icinga says: {} – check filter, which must be right for hosts alone too", words(&answer));
                return Err(Fault::new(FaultKind::Unintelligible, &text));
            }
            _ => answer.success()?,
        }
        Ok(answer.json::<Results>()?.results)
    }

    /// The hosts or services that are a problem, as tickets.
    async fn problems(&self, me: &Me, of: Of, comments: &[Comment], budget: &mut Budget) -> Result<Vec<Ticket>, Fault> {
        let word = of.word();
        let mut filter = format!("{word}.state != 0 && {word}.state_type == 1 && {word}.last_check_result");
        if let Some(more) = &self.icinga.filter {
            filter = format!("{filter} && ({more})");
        }
        let entries = self.objects(me, word, &question(of, &filter, &json!({})), budget).await?;
        let ticket = |(raw, place): (&RawValue, usize)| match serde_json::from_str::<Object>(raw.get()) {
            Ok(object) => object.ticket(of, &self.settings, &self.icinga, comments),
            Err(why) => icinga_wire::unreadable(of, raw, &self.settings, place, &why),
        };
        Ok(entries.iter().map(|raw| &**raw).zip(1..).map(ticket).collect())
    }

    /// The acknowledgements there are; none where we may not see them.
    async fn acknowledgements(&self, me: &Me, budget: &mut Budget) -> Result<Vec<Comment>, Fault> {
        if !me.may(QUERY_COMMENTS) {
            return Ok(Vec::new());
        }
        let query = json!({ "filter": "comment.entry_type == 4", "attrs": COMMENT_ATTRIBUTES });
        Ok(Comment::all(&self.objects(me, "comment", &query, budget).await?))
    }

    /// The host or service of a key as it now is, and the comments on it; `None` where there is none that we may see.
    pub(super) async fn asked(&self, me: &Me, name: &Name<'_>) -> Result<Option<(Object, Vec<Comment>)>, Fault> {
        let filter = match name.of {
            Of::Host => "host.name == h",
            Of::Service => "host.name == h && service.name == s",
        };
        let names = json!({ "h": name.host, "s": name.service });
        let mut budget = self.http.budget();
        let entries = self.objects(me, name.of.word(), &question(name.of, filter, &names), &mut budget).await?;
        let mut read = entries.iter().filter_map(|raw| serde_json::from_str::<Object>(raw.get()).ok());
        let Some(object) = read.find(|object| object.name == name.whole) else { return Ok(None) };
        if !me.may(QUERY_COMMENTS) {
            return Ok(Some((object, Vec::new())));
        }
        let filter = "comment.host_name == h && comment.service_name == s";
        let query = json!({ "filter": filter, "filter_vars": names, "attrs": COMMENT_ATTRIBUTES });
        Ok(Some((object, Comment::all(&self.objects(me, "comment", &query, &mut budget).await?))))
    }
}

/// What a key names.
pub(super) struct Name<'a> {
    pub of: Of,
    /// All of it.
    pub whole: &'a str,
    host: &'a str,
    service: &'a str,
}

impl<'a> Name<'a> {
    fn new(key: &'a str) -> Self {
        match key.split_once('!') {
            Some((host, service)) => Self { of: Of::Service, whole: key, host, service },
            None => Self { of: Of::Host, whole: key, host: key, service: "" },
        }
    }
}

/// What is asked of hosts or services.
fn question(of: Of, filter: &str, names: &Value) -> Value {
    let joins: &[&str] = if of == Of::Service { &["host.state", "host.vars", "host.groups"] } else { &[] };
    json!({ "filter": filter, "filter_vars": names, "attrs": ATTRIBUTES, "joins": joins })
}

#[async_trait]
impl TicketSource for IcingaSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all_but(CANNOT)
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let me = self.sign_in().await?;
        let wanted = [
            ("objects/query/host", "see hosts"),
            ("objects/query/service", "see services"),
            (QUERY_COMMENTS, "see who acknowledged"),
            (ACKNOWLEDGE, "acknowledge"),
            (REMOVE, "give back"),
            (ADD_COMMENT, "write notes"),
        ];
        let may_not = wanted.iter().filter(|(permission, _)| !me.may(permission)).map(|(_, what)| SafeText::line(what)).collect();
        Ok(Identity { name: SafeText::line(&me.user), may_not })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let me = self.sign_in().await?;
        let mut budget = self.http.budget();
        let comments = self.acknowledgements(&me, &mut budget).await?;
        let mut tickets = self.problems(&me, Of::Host, &comments, &mut budget).await?;
        tickets.extend(self.problems(&me, Of::Service, &comments, &mut budget).await?);
        let total = Some(tickets.len() as u64);
        let tickets = tickets.into_iter().map(Arc::new).collect();
        Ok(Pass { tickets, complete: true, total, clock_ahead: self.http.clock_ahead(), ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let name = Name::new(key.key.as_str());
        match deed {
            Deed::Acknowledge { note } => self.take(&name, note.as_ref().map(SafeText::as_str), earlier).await,
            Deed::Unacknowledge => self.give_back(&name, earlier.is_some()).await,
            Deed::Note { text } => self.note(&name, text.as_str(), earlier).await,
            _ => Ok(Outcome::refused(self.capabilities().why_not(deed.kind()).unwrap_or("Icinga cannot be told of this"))),
        }
    }
}
