//! What is told to Request Tracker: it asks first, sends, reads the ticket again and compares. RT answers 200 with a message in
//! the language of the user, whether it did it or not, so only what it shows afterwards counts; its words are told as the reason.

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::Answer;
use super::http::{Call, NoAnswer};
use super::mapping::same_name;
use super::rt::RtSource;
use super::rt_list::FIELDS;
use super::rt_ticket::History;
use super::rt_wire::{Attachment, RtTicket, Transaction, instant};
use super::source::since;
use crate::domain::{Deed, Fault, FaultKind, Outcome, SafeText, Severity};

/// The status of tickets that are done, and those that nobody has to do anything about any more.
const RESOLVED: &str = "resolved";
const OVER: [&str; 3] = [RESOLVED, "rejected", "deleted"];

/// A ticket, and the state it is in as RT calls it.
struct Read {
    ticket: RtTicket,
    tag: Option<HeaderValue>,
}

/// What RT said of one change.
enum Said {
    /// In its own words.
    Words(String),
    /// Perhaps it did it.
    Doubt(Fault),
    /// It is not as it was.
    Conflict,
}

/// What is to be seen when it is read back.
enum Wanted<'a> {
    /// It is ours, and has this status.
    Taken(&'a str),
    GivenBack,
    Status(&'a str),
    Severity(Severity),
}

impl RtSource {
    pub(super) async fn do_deed(&self, id: u64, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        match deed {
            Deed::Note { text } => return self.write(id, "Comment", text, earlier).await,
            Deed::Word { text } => return self.write(id, "Correspond", text, earlier).await,
            _ => {}
        }
        let before = self.read(id).await?;
        let over = OVER.iter().find(|over| before.ticket.has_status(over));
        if let (Some(over), false) = (over, matches!(deed, Deed::Resolve)) {
            return Ok(Outcome::refused(&format!("it is over: {over}")));
        }
        match deed {
            Deed::Acknowledge { note } => self.take(&before, note.as_ref(), earlier).await,
            Deed::Unacknowledge => self.give_back(&before, earlier).await,
            Deed::Assess { severity } => self.assess(&before, *severity, earlier).await,
            Deed::OnClient => self.move_to(&before, self.rt.waiting_status.as_deref().unwrap_or_default(), earlier).await,
            Deed::Resolve if over.is_some() => self.so_already(id, "Status", earlier).await,
            Deed::Resolve => self.move_to(&before, RESOLVED, earlier).await,
            Deed::Contact { .. } | Deed::Note { .. } | Deed::Word { .. } => Ok(Outcome::refused("Request Tracker has no place for it")),
        }
    }

    /// A ticket as it now is.
    async fn read(&self, id: u64) -> Result<Read, Fault> {
        let mut url = self.rest(&["ticket", &id.to_string()]);
        url.query_pairs_mut().extend_pairs(&FIELDS[1..]);
        let answer = self.ask_of(id, url).await?;
        let ticket: RtTicket = answer.json()?;
        if ticket.id != id {
            let text =
                format!("asked for ticket {id}, the server told of {} – what it says is not about this one – was it merged?", ticket.id);
            return Err(Fault::new(FaultKind::Unintelligible, &text));
        }
        Ok(Read { ticket, tag: answer.headers.get(ETAG).cloned() })
    }

    async fn take(&self, before: &Read, note: Option<&SafeText>, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let (ticket, mine) = (&before.ticket, before.ticket.owned_by().is_some_and(|owner| owner.is(&self.rt.user)));
        if let Some(owner) = ticket.owned_by() {
            let history = self.history_of(ticket).await?;
            let (by, at) = (Some(SafeText::line(owner.shown())), ticket.taken_at(Some(&history)));
            if !mine {
                return Ok(Outcome::Already { by, at });
            }
            if ticket.is_taken(Some(&history)) {
                if earlier.is_none() {
                    return Ok(Outcome::Already { by, at });
                }
                // what was ours already is no answer to an attempt that may have arrived
                if ticket.has_status(&self.rt.ack_status) {
                    return Ok(self.with_note(ticket.id, Outcome::Confirmed { by, at }, note, earlier).await);
                }
            }
        }
        let path = format!("ticket/{}", ticket.id);
        let mut said = Vec::new();
        if !mine {
            said.push(self.change(Method::PUT, &format!("{path}/take"), &json!({}), before.tag.as_ref()).await?);
        }
        // of a ticket that is not ours nothing else is changed
        let taken = matches!(said.first(), None | Some(Said::Words(_))) && (mine || self.is_ours(ticket.id).await);
        if taken && !ticket.has_status(&self.rt.ack_status) {
            said.push(self.change(Method::PUT, &path, &json!({ "Status": self.rt.ack_status }), None).await?);
        }
        let outcome = self.compare(ticket.id, &Wanted::Taken(&self.rt.ack_status), &said).await;
        Ok(self.with_note(ticket.id, outcome, note, earlier).await)
    }

    /// Writes the note of an acknowledgement where it is taken; that is confirmed only with it. What can be tried again is not
    /// known, so that it is.
    async fn with_note(&self, id: u64, taken: Outcome, note: Option<&SafeText>, earlier: Option<DateTime<Utc>>) -> Outcome {
        let (Outcome::Confirmed { .. }, Some(note)) = (&taken, note) else { return taken };
        match self.write(id, "Comment", note, earlier).await {
            Ok(Outcome::Refused { reason }) => Outcome::refused(&format!("you have it, but not the note: {reason}")),
            Ok(Outcome::Unknown { reason }) => Outcome::unknown(&format!("it is taken; of the note: {reason}")),
            Ok(_) => taken,
            Err(Fault { kind: FaultKind::Forbidden | FaultKind::Gone, text, .. }) => {
                Outcome::refused(&format!("you have it, but not the note: {text}"))
            }
            Err(fault) => Outcome::unknown(&format!("it is taken; the note is not written yet: {}", fault.text)),
        }
    }

    async fn is_ours(&self, id: u64) -> bool {
        self.read(id).await.is_ok_and(|now| now.ticket.owned_by().is_some_and(|owner| owner.is(&self.rt.user)))
    }

    async fn give_back(&self, before: &Read, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        match before.ticket.owned_by() {
            None if earlier.is_some() => self.so_already(before.ticket.id, "Owner", earlier).await,
            None => Ok(Outcome::Already { by: None, at: None }),
            Some(owner) if !owner.is(&self.rt.user) => Ok(Outcome::refused(&format!("it is not yours: {} has it", owner.shown()))),
            Some(_) => {
                let path = format!("ticket/{}/untake", before.ticket.id);
                let said = self.change(Method::PUT, &path, &json!({}), before.tag.as_ref()).await?;
                Ok(self.compare(before.ticket.id, &Wanted::GivenBack, &[said]).await)
            }
        }
    }

    async fn assess(&self, before: &Read, severity: Severity, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let ticket = &before.ticket;
        let now = ticket.priority().and_then(|priority| ticket.severity_with(&priority, &self.settings));
        if now == Some(severity) {
            return self.so_already(ticket.id, "Priority", earlier).await;
        }
        let Some(priority) = ticket.priority_for(severity, &self.settings) else {
            let text = format!(
                "no priority gives {severity}: 100 and more is S1, 50 and more S2, 1 and more S3, 0 S4; a map rule with field \"priority\" and is = can"
            );
            return Ok(Outcome::refused(&text));
        };
        let change = json!({ "Priority": priority });
        let said = self.change(Method::PUT, &format!("ticket/{}", ticket.id), &change, before.tag.as_ref()).await?;
        Ok(self.compare(ticket.id, &Wanted::Severity(severity), &[said]).await)
    }

    async fn move_to(&self, before: &Read, status: &str, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let id = before.ticket.id;
        if before.ticket.has_status(status) {
            return self.so_already(id, "Status", earlier).await;
        }
        let said = self.change(Method::PUT, &format!("ticket/{id}"), &json!({ "Status": status }), before.tag.as_ref()).await?;
        Ok(self.compare(id, &Wanted::Status(status), &[said]).await)
    }

    /// It is so already, since a field was last changed: what was ours is the answer to an attempt that may have arrived.
    async fn so_already(&self, id: u64, field: &str, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let history = self.history(id).await?;
        let about = |t: &&Transaction| t.field.as_deref() == Some(field) && t.kind != "SetWatcher";
        let last = history.iter().rfind(about);
        let by = last.and_then(|t| t.creator.as_ref()).map(|creator| SafeText::line(&creator.id));
        let at = last.and_then(|t| instant(&t.created));
        let ours = last.is_some_and(|t| self.is_by_us(t));
        Ok(if ours && earlier.is_some() { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } })
    }

    async fn history_of(&self, ticket: &RtTicket) -> Result<History, Fault> {
        Ok(History::of(&self.history(ticket.id).await?, ticket, &self.rt.user))
    }

    fn is_by_us(&self, transaction: &Transaction) -> bool {
        transaction.creator.as_ref().is_some_and(|creator| same_name(&creator.id, &self.rt.user))
    }

    /// Writes a note or a word; `kind` is what RT calls it.
    async fn write(&self, id: u64, kind: &str, text: &SafeText, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let before = self.history(id).await?;
        if let Some(since) = earlier.map(|earlier| since(earlier, self.http.clock_ahead())) {
            let recent = |t: &Transaction| instant(&t.created).is_some_and(|at| at >= since);
            if let Some(written) = self.find(&before, kind, text, recent).await? {
                return Ok(self.written(&written));
            }
        }
        let last = before.last().map(|t| t.id).unwrap_or_default();
        let (path, body) =
            (format!("ticket/{id}/{}", kind.to_lowercase()), json!({ "Content": text.as_str(), "ContentType": "text/plain" }));
        let said = self.change(Method::POST, &path, &body, None).await?;
        let found = match self.history(id).await {
            Ok(history) => self.find(&history, kind, text, |t| t.id > last).await,
            Err(fault) => Err(fault),
        };
        Ok(match (found, said) {
            (Ok(Some(written)), _) => self.written(&written),
            // it has said that it did it, and what cannot be seen cannot be known again at a second attempt
            (Ok(None), Said::Words(words)) => {
                Outcome::refused(&format!("it is not to be seen in the ticket, and is not sent again; Request Tracker says: {words}"))
            }
            (Ok(None), Said::Conflict) => Outcome::refused("the ticket was changed at the same time; nothing was written"),
            (Ok(None), Said::Doubt(fault)) => Outcome::unknown(&format!("it may have arrived: {}; it is not there yet", fault.text)),
            (Err(fault), Said::Words(_) | Said::Conflict) => Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
            (Err(_), Said::Doubt(fault)) => Outcome::unknown(&format!("it may have arrived: {}; it could not be read back", fault.text)),
        })
    }

    /// Where we wrote this, among those that can be it.
    async fn find(
        &self,
        history: &[Transaction],
        kind: &str,
        text: &SafeText,
        can_be: impl Fn(&Transaction) -> bool + Sync,
    ) -> Result<Option<Transaction>, Fault> {
        let ours: Vec<&Transaction> = history.iter().rev().filter(|t| t.kind == kind && self.is_by_us(t) && can_be(t)).collect();
        for transaction in ours {
            if self.says(transaction.id, text).await? {
                return Ok(Some(transaction.clone()));
            }
        }
        Ok(None)
    }

    /// Whether this is what somebody wrote.
    async fn says(&self, transaction: u64, text: &SafeText) -> Result<bool, Fault> {
        let mut url = self.rest(&["transaction", &transaction.to_string(), "attachments"]);
        url.query_pairs_mut().append_pair("fields", "Content");
        let answer = self.http.get_fresh(&url, &mut self.http.budget()).await?;
        let parts: Value = answer.json()?;
        let parts = parts["items"].as_array().into_iter().flatten();
        let plain = |text: &str| SafeText::body(text.replace("\r\n", "\n").trim());
        let said = parts.filter_map(|part| serde_json::from_value::<Attachment>(part.clone()).ok()?.content);
        Ok(said.map(|said| plain(&said)).any(|said| said == plain(text.as_str())))
    }

    fn written(&self, transaction: &Transaction) -> Outcome {
        Outcome::Confirmed { by: Some(SafeText::line(&self.rt.user)), at: instant(&transaction.created) }
    }

    /// Asks for a change, of the state that was read where that is given.
    async fn change(&self, method: Method, path: &str, body: &Value, tag: Option<&HeaderValue>) -> Result<Said, Fault> {
        let url = self.rest(&path.split('/').collect::<Vec<_>>());
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        headers.extend(tag.map(|tag| (IF_MATCH, tag.clone())));
        match self.http.call(&Call { method, url, body: Some(body), headers: &headers }).await {
            Ok(answer) if answer.status == StatusCode::PRECONDITION_FAILED => Ok(Said::Conflict),
            Ok(answer) if answer.status.is_success() => Ok(Said::Words(words(&answer))),
            Ok(answer) if answer.status.is_client_error() => match answer.success() {
                // asked again later, or with another token, it may say something else
                Err(fault) if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::RateLimited) => Err(fault),
                Err(fault) if answer.status == StatusCode::REQUEST_TIMEOUT => Err(fault),
                // it has said no, in so many words
                Ok(()) | Err(_) => Ok(Said::Words(words(&answer))),
            },
            // whatever else it says, it may have done it
            Ok(answer) => Ok(answer.success().err().map_or_else(|| Said::Words(words(&answer)), Said::Doubt)),
            Err(NoAnswer { fault, may_have_arrived: true }) => Ok(Said::Doubt(fault)),
            Err(no) => Err(no.fault),
        }
    }

    /// Reads a ticket again: what became of the changes.
    async fn compare(&self, id: u64, wanted: &Wanted<'_>, said: &[Said]) -> Outcome {
        let doubt = said.iter().find_map(|said| if let Said::Doubt(fault) = said { Some(fault) } else { None });
        let after = match (self.read(id).await, doubt) {
            (Ok(after), _) => after.ticket,
            (Err(_), Some(fault)) => return Outcome::unknown(&format!("it may have arrived: {}; it could not be read back", fault.text)),
            (Err(fault), None) => return Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
        };
        let owner = after.owned_by();
        let ours = owner.is_some_and(|owner| owner.is(&self.rt.user));
        let done = match wanted {
            Wanted::Taken(status) => ours && after.has_status(status),
            Wanted::GivenBack => owner.is_none(),
            Wanted::Status(status) => after.has_status(status),
            Wanted::Severity(severity) => {
                after.priority().and_then(|priority| after.severity_with(&priority, &self.settings)) == Some(*severity)
            }
        };
        let who = owner.map_or("nobody", |owner| owner.shown());
        let stands = format!(
            "its owner is {who}, its status {}, its priority {}",
            after.status.as_deref().unwrap_or("none"),
            after.priority().unwrap_or_default()
        );
        let words: Vec<&str> = said.iter().filter_map(|s| if let Said::Words(words) = s { Some(words.as_str()) } else { None }).collect();
        match doubt {
            _ if done => {
                let by = if ours { who } else { self.rt.user.as_str() };
                Outcome::Confirmed { by: Some(SafeText::line(by)), at: last_change(&after) }
            }
            // what did not arrive yet may arrive still
            Some(fault) => Outcome::unknown(&format!("it may have arrived: {}; read back, {stands}", fault.text)),
            None if said.iter().any(|said| matches!(said, Said::Conflict)) => {
                Outcome::refused(&format!("the ticket was changed at the same time; nothing was sent; {stands}"))
            }
            None => Outcome::refused(&format!("Request Tracker did not do it; it says: {}; {stands}", words.join("; "))),
        }
    }
}

/// When it was last changed, which is what we did.
fn last_change(ticket: &RtTicket) -> Option<DateTime<Utc>> {
    instant(&ticket.last_updated)
}

/// What RT says of a change: a list of messages, or one with an error.
fn words(answer: &Answer) -> String {
    let is_json = answer.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.contains("json")));
    let said = if is_json { serde_json::from_slice::<Value>(&answer.body).unwrap_or_default() } else { Value::Null };
    let messages: Vec<&str> = match &said {
        Value::Array(messages) => messages.iter().filter_map(Value::as_str).collect(),
        other => other["message"].as_str().into_iter().collect(),
    };
    if messages.is_empty() { "nothing".to_owned() } else { messages.join("; ") }
}
