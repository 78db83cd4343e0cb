//! What is told to Redmine: it asks first, sends, reads the issue again and compares. Redmine answers 204 to a change that it
//! ignored, so only what it shows afterwards counts.

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::mapping::same_name;
use super::redmine::RedmineSource;
use super::redmine_history::taken_at;
use super::redmine_seen::{Wanted, standing, time};
use super::redmine_wire::{Issue, Journal, Named, User, Vocabulary};
use super::source::since;
use crate::domain::{Deed, Fault, FaultKind, Outcome, SafeText, Severity};

/// What is to be done about a deed.
enum Step {
    /// Nothing is to be sent.
    Over(Outcome),
    /// This change is to be sent, and then to be seen.
    Send(Value, Wanted),
}

/// What a deed meets.
pub(super) struct Situation<'a> {
    pub before: &'a Issue,
    pub me: &'a User,
    pub vocabulary: &'a Vocabulary,
    /// From when on something can be what an earlier attempt did, where one may have arrived.
    since: Option<DateTime<Utc>>,
}

impl RedmineSource {
    pub(super) async fn do_deed(&self, id: u64, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let mut budget = self.http.budget();
        let me = self.me(&mut budget).await?;
        let vocabulary = self.vocabulary(&mut budget).await?;
        let before = self.issue(id).await?;
        let since = earlier.map(|earlier| since(earlier, self.http.clock_ahead()));
        let situation = Situation { before: &before, me: &me, vocabulary: &vocabulary, since };
        match self.step(deed, &situation).await? {
            Step::Over(outcome) => Ok(outcome),
            Step::Send(change, wanted) => self.send(&change, &wanted, &situation).await,
        }
    }

    async fn step(&self, deed: &Deed, now: &Situation<'_>) -> Result<Step, Fault> {
        if let Some(status) = now.before.status.as_ref().filter(|s| now.vocabulary.is_closed(s))
            && !matches!(deed, Deed::Note { .. } | Deed::Word { .. } | Deed::Resolve)
        {
            return Ok(refused(&format!("it is closed: {}", status.name)));
        }
        match deed {
            Deed::Acknowledge { note } => self.take(note.as_ref(), now).await,
            Deed::Unacknowledge => Ok(Self::give_back(now)),
            Deed::Note { text } => self.note(text, true, now).await,
            Deed::Word { text } => self.note(text, false, now).await,
            Deed::Assess { severity } => Ok(self.assess(*severity, now)),
            Deed::OnClient => Ok(now.move_to(self.redmine.waiting_status.as_deref().unwrap_or_default(), "waiting_status")),
            Deed::Resolve => Ok(self.resolve(now)),
            // the capabilities say so before
            Deed::Contact { .. } => Ok(refused("Redmine has no place for it")),
        }
    }

    async fn take(&self, note: Option<&SafeText>, now: &Situation<'_>) -> Result<Step, Fault> {
        let assignee = now.before.assigned_to.as_ref();
        if let (true, Some(assignee)) = (now.before.is_taken(&self.redmine, now.vocabulary), assignee) {
            let (by, at) = (Some(SafeText::line(&assignee.name)), taken_at(now.before, now.vocabulary));
            let arrived = assignee.id == now.me.id && now.since.is_some();
            return match note {
                Some(note) if arrived => self.note_of_taken(note, Outcome::Confirmed { by, at }, now).await,
                // what was ours already is no answer to an attempt that may have arrived
                _ => Ok(Step::Over(if arrived { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } })),
            };
        }
        let wanted = match now.status(&self.redmine.ack_status, "ack_status") {
            Ok(wanted) => wanted,
            Err(refusal) => return Ok(refusal),
        };
        let mut change = json!({ "assigned_to_id": now.me.id, "status_id": wanted.id });
        let mut written = None;
        if self.may_note_privately(now).await? {
            let text = note.map_or_else(|| SafeText::line("Acknowledged."), SafeText::clone);
            change["notes"] = text.as_str().into();
            change["private_notes"] = true.into();
            written = Some(text);
        } else if note.is_some() {
            return Ok(refused(
                "your role in Redmine may not write private notes, so the client would read it; acknowledge without a note",
            ));
        }
        Ok(Step::Send(change, Wanted::Taken { status: wanted, note: written, asked: note.is_some() }))
    }

    /// The note that came with an acknowledgement which arrived: it may have been somebody else who took it in our name.
    async fn note_of_taken(&self, note: &SafeText, taken: Outcome, now: &Situation<'_>) -> Result<Step, Fault> {
        let written: Vec<bool> = now.written(note).map(|journal| journal.private_notes).collect();
        if written.contains(&true) {
            return Ok(Step::Over(taken));
        }
        if !written.is_empty() {
            return Ok(refused("you have it, but the note is public: the client can read it"));
        }
        if !self.may_note_privately(now).await? {
            return Ok(refused("you have it, but not the note: your role in Redmine may not write private notes"));
        }
        let change = json!({ "notes": note.as_str(), "private_notes": true });
        Ok(Step::Send(change, Wanted::Noted { text: note.clone(), private: true }))
    }

    fn give_back(now: &Situation) -> Step {
        match &now.before.assigned_to {
            None => {
                let last = now.before.journals.last().filter(|journal| now.since.is_some() && journal.is_by(now.me.id));
                let confirmed = |journal: &Journal| Outcome::Confirmed { by: Some(now.me.name()), at: time(journal) };
                return Step::Over(last.map_or(Outcome::Already { by: None, at: None }, confirmed));
            }
            Some(somebody) if somebody.id != now.me.id => return refused(&format!("it is not yours: {} has it", somebody.name)),
            Some(_) => {}
        }
        // where the workflow has no way back to the status of new issues, that nobody has it says enough
        let new = now.vocabulary.statuses.first().filter(|new| now.may_have(new)).cloned();
        let mut change = json!({ "assigned_to_id": "" });
        if let Some(new) = &new {
            change["status_id"] = new.id.into();
        }
        Step::Send(change, Wanted::GivenBack(new))
    }

    async fn note(&self, text: &SafeText, private: bool, now: &Situation<'_>) -> Result<Step, Fault> {
        if let Some(journal) = now.written(text).find(|journal| journal.private_notes == private) {
            return Ok(Step::Over(Outcome::Confirmed { by: Some(now.me.name()), at: time(journal) }));
        }
        if private && !self.may_note_privately(now).await? {
            return Ok(refused("your role in Redmine may not write private notes, so the client would read it; nothing was sent"));
        }
        let change = json!({ "notes": text.as_str(), "private_notes": private });
        Ok(Step::Send(change, Wanted::Noted { text: text.clone(), private }))
    }

    fn assess(&self, severity: Severity, now: &Situation) -> Step {
        let given = |priority: &Named| now.before.severity_with(priority.id, &self.settings, now.vocabulary);
        if let Some(at) = now.before.priority.as_ref().filter(|priority| given(priority) == Some(severity)) {
            let id = at.id.to_string();
            let to = |journal: &&Journal| journal.details.iter().any(|d| d.name == "priority_id" && d.new_value.as_ref() == Some(&id));
            return now.done_by(now.before.journals.iter().rfind(to));
        }
        // the highest first: of several that mean the same, the one that nobody takes for less
        let mut priorities = now.vocabulary.priorities.iter().rev().filter(|priority| priority.active);
        let Some(wanted) = priorities.clone().find(|priority| given(priority) == Some(severity)) else {
            let told = |p: &Named| format!("{} is {}", p.name, given(p).map_or_else(|| "none".to_owned(), |s| s.to_string()));
            let all: Vec<String> = priorities.by_ref().map(told).collect();
            return refused(&format!("no priority of Redmine gives {severity}: {}; a map rule for one can", all.join(", ")));
        };
        Step::Send(json!({ "priority_id": wanted.id }), Wanted::Priority(wanted.clone()))
    }

    fn resolve(&self, now: &Situation) -> Step {
        if now.before.status.as_ref().is_some_and(|status| now.vocabulary.is_closed(status)) {
            return now.has_its_status();
        }
        if let Some(name) = &self.redmine.resolve_status {
            return now.move_to(name, "resolve_status");
        }
        let closing: Vec<&Named> = now.vocabulary.statuses.iter().filter(|status| status.is_closed && now.may_have(status)).collect();
        match closing.as_slice() {
            [] => refused("your role in Redmine may not close it; nothing was sent; resolve_status can name another status"),
            [wanted] => Step::Send(json!({ "status_id": wanted.id }), Wanted::Status((*wanted).clone())),
            // one of them may say that nobody did it
            several => {
                let names: Vec<&str> = several.iter().map(|status| status.name.as_str()).collect();
                refused(&format!("several statuses close it; nothing was sent; set resolve_status to one of {}", names.join(", ")))
            }
        }
    }

    /// Whether our role may keep a note from the client. Redmine publishes a private note of somebody who may not, so who we
    /// are is asked anew.
    async fn may_note_privately(&self, now: &Situation<'_>) -> Result<bool, Fault> {
        let me = self.sign_in(&mut self.http.budget()).await?;
        Ok(me.admin || self.permissions(&me, now.before.project.as_ref()).await?.contains("set_notes_private"))
    }

    async fn send(&self, change: &Value, wanted: &Wanted, now: &Situation<'_>) -> Result<Outcome, Fault> {
        let id = now.before.id;
        let doubt = match self.http.change(Method::PUT, &format!("issues/{id}.json"), Some(&json!({ "issue": change }))).await {
            // the server has said no, in so many words
            Ok(answer) if answer.status.is_client_error() => {
                match answer.success() {
                    // asked again later, or with another key, it may say something else
                    Err(fault) if fault.kind != FaultKind::Unintelligible || answer.status == StatusCode::REQUEST_TIMEOUT => {
                        return Err(fault);
                    }
                    Err(_) | Ok(()) => {}
                }
                let said = match (answer.words(), answer.status) {
                    (Some(words), _) => words.to_string(),
                    // a conflict is the one refusal of a change without a word
                    (None, StatusCode::UNPROCESSABLE_ENTITY) => "it was changed at the same time".to_owned(),
                    (None, status) => format!("status {}", status.as_u16()),
                };
                let stands = self.issue(id).await.map(|issue| format!("; {}", standing(&issue))).unwrap_or_default();
                return Ok(Outcome::refused(&format!("Redmine refused: {said}{stands}")));
            }
            // whatever else it says, it may have done it
            Ok(answer) => answer.success().err(),
            Err(no) if no.may_have_arrived => Some(no.fault),
            Err(no) => return Err(no.fault),
        };
        let doubtful = |fault: &Fault, read: &str| Outcome::unknown(&format!("it may have arrived: {}; {read}", fault.text));
        Ok(match (self.issue(id).await, doubt) {
            (Ok(after), doubt) => match (wanted.seen(&after, now), doubt) {
                (Some(outcome), _) => outcome,
                (None, None) => wanted.ignored(&after),
                // what did not arrive yet may arrive still
                (None, Some(fault)) => doubtful(&fault, &format!("read back, {}", standing(&after))),
            },
            (Err(fault), None) => Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
            (Err(_), Some(fault)) => doubtful(&fault, "it could not be read back"),
        })
    }
}

impl Situation<'_> {
    /// Where we wrote this since an earlier attempt began, which may be what it did. A private note that came with another
    /// change is a journal of its own, and one that we wrote is always shown to us.
    fn written(&self, text: &SafeText) -> impl Iterator<Item = &Journal> {
        let recent = |journal: &&Journal| self.since.zip(time(journal)).is_some_and(|(since, at)| at >= since);
        self.before.journals.iter().filter(recent).filter(move |journal| journal.says(self.me.id, text))
    }

    /// Whether the issue has this status, or our role may give it.
    fn may_have(&self, status: &Named) -> bool {
        let has = self.before.status.as_ref().is_some_and(|s| s.id == status.id);
        has || self.before.allowed_statuses.as_ref().is_none_or(|allowed| allowed.iter().any(|s| s.id == status.id))
    }

    /// The status of a name that a key of the configuration gives, where our role may set it.
    fn status(&self, name: &str, key: &str) -> Result<Named, Step> {
        let Some(wanted) = self.vocabulary.statuses.iter().find(|s| same_name(&s.name, name)) else {
            let names: Vec<&str> = self.vocabulary.statuses.iter().map(|s| s.name.as_str()).collect();
            return Err(refused(&format!("Redmine has no status '{name}'; set {key} to one of {}", names.join(", "))));
        };
        if !self.may_have(wanted) {
            return Err(refused(&format!("your role in Redmine may not set the status '{}'; nothing was sent", wanted.name)));
        }
        Ok(wanted.clone())
    }

    /// Gives the issue another status.
    fn move_to(&self, name: &str, key: &str) -> Step {
        match self.status(name, key) {
            Ok(wanted) if self.before.status.as_ref().is_some_and(|s| s.id == wanted.id) => self.has_its_status(),
            Ok(wanted) => Step::Send(json!({ "status_id": wanted.id }), Wanted::Status(wanted)),
            Err(refusal) => refusal,
        }
    }

    /// It has the status that was wanted: who gave it that.
    fn has_its_status(&self) -> Step {
        self.done_by(self.before.journals.iter().rfind(|journal| journal.details.iter().any(|d| d.name == "status_id")))
    }

    /// It is so already, since this journal: what was ours is the answer to an attempt that may have arrived.
    fn done_by(&self, journal: Option<&Journal>) -> Step {
        let by = journal.and_then(|j| j.user.as_ref()).map(|user| SafeText::line(&user.name));
        let at = journal.and_then(time);
        let ours = journal.is_some_and(|journal| journal.is_by(self.me.id));
        Step::Over(if ours && self.since.is_some() { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } })
    }
}

fn refused(reason: &str) -> Step {
    Step::Over(Outcome::refused(reason))
}
