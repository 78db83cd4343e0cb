//! Telling a server that the configuration describes: the ticket is read, told, and read again to see whether it is so.

use reqwest::header::{ETAG, HeaderName, HeaderValue, IF_MATCH};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::address::encoded;
use super::answer::Answer;
use super::configured::{ConfiguredSource, misunderstood};
use super::configured_settings::{DeedSettings, RequestSettings};
use super::configured_ticket::Entry;
use super::expression::{Document, Expression, text};
use super::http::{Call, NoAnswer};
use super::lenient_json::json;
use crate::domain::{Deed, DeedKind, Fault, FaultKind, Outcome, SafeText, Status, Ticket, TicketKey};

/// What the path of one ticket can speak of.
pub const ITEM_NAMES: &[&str] = &["key", "id", "me", "user"];
/// What a request, and what is asked afterwards, can speak of.
pub const DEED_NAMES: &[&str] = &["key", "id", "me", "name", "user", "note", "severity", "channel", "now", "item", "answers", "answer"];

/// Where nobody wrote a note to go with it.
const NOTE: &str = "Acknowledged.";

/// A ticket as it was read.
struct Read {
    entry: Value,
    ticket: Ticket,
    taken: bool,
    etag: Option<HeaderValue>,
}

impl Read {
    /// What is known of who has it.
    fn by(&self) -> Option<SafeText> {
        self.ticket.acknowledged_by.clone().or_else(|| self.ticket.assignee.clone())
    }

    fn already(&self) -> Outcome {
        Outcome::Already { by: self.by(), at: self.ticket.acknowledged_at }
    }

    fn confirmed(&self, of: DeedKind) -> Outcome {
        let taken = of == DeedKind::Acknowledge;
        Outcome::Confirmed { by: self.by().filter(|_| taken), at: self.ticket.acknowledged_at.filter(|_| taken) }
    }

    /// Who has it and how it stands, in words.
    fn standing(&self) -> String {
        let status = match self.ticket.status {
            Status::Open => "open",
            Status::Acknowledged => "taken",
            Status::OnClient => "on the client",
            Status::Resolved => "resolved",
        };
        let by = self.by().map_or_else(|| "nobody".to_owned(), |by| by.to_string());
        format!("it is {status}, and {by} has it")
    }
}

/// What became of the requests.
enum Sent {
    /// All were answered as if they were done.
    Done,
    /// One may have arrived, and its answer says nothing of it.
    Doubt(Fault),
    /// The server did not do it, for the ticket is another than it was.
    Changed(String),
    /// The server did not do it.
    Refused(String),
    /// Nothing arrived.
    Nothing(Fault),
}

/// What is told, and how.
struct Telling<'a> {
    kind: DeedKind,
    settings: &'a DeedSettings,
    id: Value,
    /// What templates are filled from, but for the ticket and the answers.
    scope: Value,
}

impl ConfiguredSource {
    /// See [`TicketSource::tell`](super::source::TicketSource::tell).
    pub(super) async fn tell_deed(&self, key: &TicketKey, deed: &Deed, tried_before: bool) -> Result<Outcome, Fault> {
        let kind = deed.kind();
        let Some(settings) = self.deed(kind) else {
            let text = SafeText::line("the configuration does not say how this source is told");
            return Err(Fault { kind: FaultKind::Unsupported, text, retry_after: None });
        };
        let takes_note = settings.requests.iter().any(|request| request.names("note"));
        if deed.text().is_some() && !takes_note {
            return Ok(Outcome::refused("this source takes no note with that; do it without one – nothing was sent"));
        }
        let id = self.id(key).await?;
        let me = self.me().await?;
        let severity = match deed {
            Deed::Assess { severity } => match settings.severities.iter().find(|(of, _)| of == severity) {
                Some((_, name)) => Some(name.clone()),
                None => return Ok(Outcome::refused(&format!("the configuration does not say what {severity} is there"))),
            },
            _ => None,
        };
        let note = deed.text().map_or(NOTE, SafeText::as_str);
        let now = self.server.times.write((self.clock)(), self.settings.timezone);
        let channel = if let Deed::Contact { channel } = deed { Some(channel.as_str()) } else { None };
        let (me, name) = me.map_or((None, None), |me| (Some(me.id), Some(me.name.to_string())));
        let scope = serde_json::json!({ "key": key.key.as_str(), "id": id, "me": me, "name": name, "user": self.user(), "note": note,
            "severity": severity, "channel": channel, "now": now });
        let telling = Telling { kind, settings, id, scope };
        let before = self.read(key, &telling).await?;
        if let Some(outcome) = self.settled(&telling, &before, tried_before) {
            return Ok(outcome);
        }
        if kind == DeedKind::Acknowledge
            && let Some(why) = self.held_all_the_same(key, &telling, &before).await?
        {
            return Ok(Outcome::refused(&why));
        }
        let mut answers = Vec::new();
        let sent = self.send(&telling, &before, &mut answers).await;
        let after = match sent {
            Sent::Nothing(fault) => return Err(fault),
            Sent::Refused(reason) => return Ok(Outcome::refused(&reason)),
            Sent::Done | Sent::Doubt(_) | Sent::Changed(_) => self.read(key, &telling).await,
        };
        let is_so = |after: &Read| telling.is_so(after, &answers);
        Ok(match (after, sent) {
            // never again over somebody
            (Ok(after), Sent::Changed(_)) if kind == DeedKind::Acknowledge && after.taken => after.already(),
            (Ok(after), Sent::Changed(why)) => {
                Outcome::refused(&format!("it was changed meanwhile: {why}; now {}; nothing was overwritten", after.standing()))
            }
            (Err(fault), Sent::Changed(why)) => {
                Outcome::refused(&format!("it was changed meanwhile: {why}; it could not be read again: {}", fault.text))
            }
            (Ok(after), _) if is_so(&after) && is_so(&before) => Outcome::refused(&format!(
                "it was sent, and cannot be told apart from an earlier one: verify was true before it; now {}; look there",
                after.standing()
            )),
            (Ok(after), _) if is_so(&after) => after.confirmed(kind),
            (Ok(after), Sent::Doubt(fault)) => {
                Outcome::unknown(&format!("it may have arrived: {}; read back, {}", fault.text, after.standing()))
            }
            (Ok(after), _) => Outcome::refused(&format!(
                "the source answered as if it were done, and it is not: {}; you may lack the right, or verify may be wrong",
                after.standing()
            )),
            (Err(_), Sent::Doubt(fault)) => Outcome::unknown(&format!("it may have arrived: {}; it could not be read back", fault.text)),
            (Err(fault), _) => Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
        })
    }

    fn deed(&self, kind: DeedKind) -> Option<&DeedSettings> {
        self.server.deeds.iter().find(|(of, _)| *of == kind).map(|(_, settings)| settings)
    }

    /// Reads one ticket, which must be the one that was asked for.
    async fn read(&self, key: &TicketKey, telling: &Telling<'_>) -> Result<Read, Fault> {
        let Some(item) = &self.server.item else { return Err(misunderstood("one ticket cannot be asked for", "item")) };
        let path = item.path.fill(&Document::new(telling.scope.clone()), encoded).map_err(|why| misunderstood(&why, "item.path"))?;
        let url = self.address(&path)?;
        let answer = self.http.get_fresh(&url, &mut self.http.budget()).await?;
        let whole = json(&answer)?;
        let entry = match &item.item {
            Some(item) => Document::new(whole).get(item).map_err(|why| misunderstood(&why, "item.item"))?,
            None => whole,
        };
        let read = Entry::new(&self.settings, &self.server, entry.clone());
        match read.key() {
            None => return Err(misunderstood("the ticket that was read again has no key", "item.item and fields.key")),
            Some(other) if other != key.key => {
                let why = format!("asked for {}, the server told of {other}", key.key);
                return Err(misunderstood(&why, "item.path"));
            }
            Some(_) => {}
        }
        let (ticket, taken) = (read.ticket(0), read.is_taken());
        Ok(Read { entry, ticket, taken, etag: answer.headers.get(ETAG).cloned() })
    }

    /// The address of a path that was filled with what the server said.
    fn address(&self, path: &str) -> Result<Url, Fault> {
        // a part of dots alone leads out of the path, however it is written
        let leads_out = path.split(['/', '?']).any(|part| part == "." || part == "..");
        if leads_out {
            return Err(misunderstood("the ticket's key is no part of an address", "fields.key"));
        }
        Ok(self.http.address(&format!("./{path}")))
    }

    /// What needs no request any more.
    fn settled(&self, telling: &Telling, before: &Read, tried_before: bool) -> Option<Outcome> {
        let kind = telling.kind;
        let is_so = telling.is_so(before, &[]);
        if tried_before && is_so {
            return Some(before.confirmed(kind));
        }
        if tried_before && telling.asks_answers() {
            let why = "an earlier attempt may have arrived, and the source does not show whether; look there, and do it again if not";
            return Some(Outcome::refused(why));
        }
        if before.ticket.status == Status::Resolved {
            let done = if kind == DeedKind::Resolve { before.already() } else { Outcome::refused("it is resolved; nothing was sent") };
            return Some(done);
        }
        match kind {
            DeedKind::Acknowledge if before.taken => Some(before.already()),
            DeedKind::Acknowledge => {
                let why = "verify is true of a ticket that nobody has by taken; nothing was sent; correct verify, or taken";
                is_so.then(|| Outcome::refused(why))
            }
            DeedKind::Unacknowledge if !before.taken => Some(Outcome::Already { by: None, at: None }),
            DeedKind::Unacknowledge => {
                let ours = self.deed(DeedKind::Acknowledge).is_some_and(|ack| telling.holds(&ack.verify, before, &[]));
                (!ours).then(|| Outcome::refused(&format!("it is not yours as far as the source tells: {}", before.standing())))
            }
            // who writes the same twice means it
            DeedKind::Note | DeedKind::Word | DeedKind::Contact => None,
            DeedKind::Assess | DeedKind::OnClient | DeedKind::Resolve => is_so.then_some(Outcome::Already { by: None, at: None }),
        }
    }

    /// Why a ticket that is not taken, as it was read, may be somebody's: a wrong expression must not take it away.
    async fn held_all_the_same(&self, key: &TicketKey, telling: &Telling<'_>, before: &Read) -> Result<Option<String>, Fault> {
        if let Some(assignee) = &before.ticket.assignee {
            let us = ["me", "name", "user"].iter().filter_map(|name| text(&telling.scope[name]));
            let is_us = us.map(|us| SafeText::line(&us)).any(|us| us.eq_ignore_case(assignee));
            let why =
                format!("{assignee} has it by fields.assignee, and taken says nobody; nothing was sent; correct taken, or fields.assignee");
            return Ok((!is_us).then_some(why));
        }
        let shown = before.by().is_some() || !self.is_held(key).await?;
        let why = "the list shows that somebody has it, and the ticket as it was read does not show who; nothing was sent; correct item";
        Ok((!shown).then(|| why.to_owned()))
    }

    /// Sends one request after the other, as long as each is done.
    async fn send(&self, telling: &Telling<'_>, before: &Read, answers: &mut Vec<Value>) -> Sent {
        let count = telling.settings.requests.len();
        for (request, number) in telling.settings.requests.iter().zip(1..) {
            let before_it = if number > 1 { format!("; of {count} requests {} were done", number - 1) } else { String::new() };
            let (url, headers, body) = match self.filled(request, &telling.scope(before, answers), before) {
                Ok(filled) => filled,
                Err(why) => return Sent::Refused(format!("{why}; nothing more was sent{before_it}")),
            };
            let call = Call { method: request.method.clone(), url, body: body.as_ref(), headers: &headers };
            let answer = match self.http.call(&call).await {
                Ok(answer) => answer,
                Err(NoAnswer { fault, may_have_arrived }) if may_have_arrived || number > 1 => return Sent::Doubt(fault),
                Err(NoAnswer { fault, .. }) => return Sent::Nothing(fault),
            };
            let status = answer.status;
            let success = if request.success.is_empty() { status.is_success() } else { request.success.contains(&status.as_u16()) };
            if success {
                answers.push(serde_json::from_slice(&answer.body).unwrap_or_default());
                continue;
            }
            if matches!(status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED) {
                let without = status == StatusCode::PRECONDITION_FAILED && !request.if_match;
                let help = if without { "; the source wants an If-Match: add if_match = true" } else { "" };
                return Sent::Changed(format!("{}{help}{before_it}", self.words(&answer)));
            }
            return match answer.success() {
                // whatever else it says, it may have done it
                Ok(()) => Sent::Doubt(misunderstood(&format!("status {status} is none of success"), "success")),
                Err(fault) if number == 1 && matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::RateLimited) => Sent::Nothing(fault),
                Err(_) if status.is_client_error() => {
                    Sent::Refused(format!("the source refused ({}): {}{before_it}", status.as_u16(), self.words(&answer)))
                }
                Err(fault) => Sent::Doubt(fault),
            };
        }
        Sent::Done
    }

    /// A request with all values in it.
    fn filled(&self, request: &RequestSettings, scope: &Document, before: &Read) -> Result<Filled, String> {
        let path = request.path.fill(scope, encoded)?;
        let url = self.address(&path).map_err(|fault| fault.text.to_string())?;
        let mut headers = Vec::new();
        for (name, template) in &request.headers {
            let value = HeaderValue::from_str(&template.fill(scope, str::to_owned)?);
            headers.push((name.clone(), value.map_err(|_| format!("what goes into the header {name} has characters that none has"))?));
        }
        if request.if_match {
            let etag = before.etag.clone().ok_or("the server gave the ticket no ETag, and if_match asks for one")?;
            headers.push((IF_MATCH, etag));
        }
        let body = request.body.as_ref().map(|body| body.fill(scope)).transpose()?;
        Ok((url, headers, body))
    }

    /// What the server says of a refusal, in its own words.
    fn words(&self, answer: &Answer) -> SafeText {
        let said = serde_json::from_slice::<Value>(&answer.body).ok().map(Document::new);
        let own = self.server.error.as_ref().and_then(|error| text(&said?.get(error).ok()?)).filter(|words| !words.trim().is_empty());
        own.map(|words| SafeText::line(&words))
            .or_else(|| answer.words())
            .unwrap_or_else(|| SafeText::line(&format!("status {}", answer.status.as_u16())))
    }
}

/// An address, headers and a body.
type Filled = (Url, Vec<(HeaderName, HeaderValue)>, Option<Value>);

impl Telling<'_> {
    /// What templates are filled from.
    fn scope(&self, read: &Read, answers: &[Value]) -> Document {
        let mut scope = self.scope.clone();
        scope["item"] = read.entry.clone();
        scope["answers"] = answers.into();
        scope["answer"] = answers.last().cloned().unwrap_or_default();
        scope["id"] = self.id.clone();
        Document::new(scope)
    }

    fn holds(&self, expression: &Expression, read: &Read, answers: &[Value]) -> bool {
        self.scope(read, answers).is(expression)
    }

    /// Whether what is asked afterwards speaks of what was answered.
    fn asks_answers(&self) -> bool {
        self.settings.verify.names("answers") || self.settings.verify.names("answer")
    }

    /// Whether it is as the deed wants it. Of answers that are not there nothing is true: two things that are both missing would
    /// be the same.
    fn is_so(&self, read: &Read, answers: &[Value]) -> bool {
        (!answers.is_empty() || !self.asks_answers()) && self.holds(&self.settings.verify, read, answers)
    }
}
