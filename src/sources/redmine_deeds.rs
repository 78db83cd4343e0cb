//! What is told to Redmine: it asks first, sends, reads the issue again and compares. Redmine answers 204 to a change that it
//! ignored, so only what it shows afterwards counts.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::redmine::RedmineSource;
use super::redmine_history::taken_at;
use super::redmine_wire::{Issue, Journal, Named, User, Vocabulary, instant, same_name};
use crate::domain::{Deed, Fault, Outcome, SafeText, Severity};

/// What is to be done about a deed.
enum Step {
    /// Nothing is to be sent.
    Over(Outcome),
    /// This change is to be sent, and then to be seen.
    Send(Value, Wanted),
}

/// How a change is known again in what is read back.
enum Wanted {
    Taken(Named),
    /// Nobody has it, and it has this status, where one was asked for.
    GivenBack(Option<Named>),
    Noted {
        text: SafeText,
        private: bool,
        /// The last journal there was before.
        after: u64,
    },
    Priority(Named),
    Status(Named),
}

/// What a deed meets.
struct Situation<'a> {
    before: &'a Issue,
    me: &'a User,
    vocabulary: &'a Vocabulary,
    tried_before: bool,
}

impl RedmineSource {
    pub(super) async fn do_deed(&self, id: u64, deed: &Deed, tried_before: bool) -> Result<Outcome, Fault> {
        let mut budget = self.http.budget();
        let me = self.me(&mut budget).await?;
        let vocabulary = self.vocabulary(&mut budget).await?;
        let before = self.issue(id).await?;
        let situation = Situation { before: &before, me: &me, vocabulary: &vocabulary, tried_before };
        match self.step(deed, &situation).await? {
            Step::Over(outcome) => Ok(outcome),
            Step::Send(change, wanted) => self.send(&change, &wanted, &situation).await,
        }
    }

    async fn step(&self, deed: &Deed, now: &Situation<'_>) -> Result<Step, Fault> {
        if let Some(status) = now.before.status.as_ref().filter(|s| s.is_closed)
            && !matches!(deed, Deed::Note { .. } | Deed::Word { .. } | Deed::Resolve)
        {
            return Ok(refused(&format!("it is closed: {}", status.name)));
        }
        match deed {
            Deed::Acknowledge { note } => self.take(note.as_ref(), now).await,
            Deed::Unacknowledge => Ok(self.give_back(now)),
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
            // what was ours already is no answer to an attempt that may have arrived
            let arrived = assignee.id == now.me.id && now.tried_before;
            return Ok(Step::Over(if arrived { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } }));
        }
        let wanted = match now.status(&self.redmine.ack_status, "ack_status") {
            Ok(wanted) => wanted,
            Err(refusal) => return Ok(refusal),
        };
        let mut change = json!({ "assigned_to_id": now.me.id, "status_id": wanted.id });
        if self.may_note_privately(now).await? {
            change["notes"] = note.map_or("Acknowledged.", SafeText::as_str).into();
            change["private_notes"] = true.into();
        } else if note.is_some() {
            return Ok(refused(
                "your role in Redmine may not write private notes, so the client would read it; acknowledge without a note",
            ));
        }
        Ok(Step::Send(change, Wanted::Taken(wanted)))
    }

    fn give_back(&self, now: &Situation) -> Step {
        let done = |arrived: bool| {
            let last = now.before.journals.last().filter(|journal| journal.is_by(now.me.id));
            let (by, at) = (last.map(|_| now.me.name()), last.and_then(time));
            Step::Over(if arrived && last.is_some() { Outcome::Confirmed { by, at } } else { Outcome::Already { by: None, at: None } })
        };
        match &now.before.assigned_to {
            None => return done(now.tried_before),
            Some(somebody) if somebody.id != now.me.id => return refused(&format!("it is not yours: {} has it", somebody.name)),
            Some(_) if !now.before.is_taken(&self.redmine, now.vocabulary) => return done(now.tried_before),
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
        // a private note that came with another change is a journal of its own, and one that we wrote is always shown to us
        let has_any = |j: &Journal| j.private_notes == private && j.notes.as_deref().is_some_and(|notes| !notes.trim().is_empty());
        let last = now.before.journals.iter().rfind(|j| j.is_by(now.me.id) && has_any(j));
        if let Some(journal) = last.filter(|j| now.tried_before && j.says(now.me.id, text)) {
            return Ok(Step::Over(Outcome::Confirmed { by: Some(now.me.name()), at: time(journal) }));
        }
        if private && !self.may_note_privately(now).await? {
            return Ok(refused("your role in Redmine may not write private notes, so the client would read it; nothing was sent"));
        }
        let after = now.before.journals.iter().map(|journal| journal.id).max().unwrap_or_default();
        let change = json!({ "notes": text.as_str(), "private_notes": private });
        Ok(Step::Send(change, Wanted::Noted { text: text.clone(), private, after }))
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
        if let Some(name) = &self.redmine.resolve_status {
            let closed = now.before.status.as_ref().is_some_and(|status| status.is_closed);
            return if closed { now.has_its_status() } else { now.move_to(name, "resolve_status") };
        }
        if now.before.status.as_ref().is_some_and(|status| status.is_closed) {
            return now.has_its_status();
        }
        let allowed = now.before.allowed_statuses.as_deref().unwrap_or(&now.vocabulary.statuses);
        let Some(wanted) = now.vocabulary.statuses.iter().find(|s| s.is_closed && allowed.iter().any(|a| a.id == s.id)) else {
            return refused("your role in Redmine may not close it; nothing was sent; resolve_status can name another status");
        };
        Step::Send(json!({ "status_id": wanted.id }), Wanted::Status(wanted.clone()))
    }

    /// Whether our role may keep a note from the client. Redmine publishes a private note of somebody who may not.
    async fn may_note_privately(&self, now: &Situation<'_>) -> Result<bool, Fault> {
        Ok(now.me.admin || self.permissions(now.me, now.before.project.as_ref()).await?.contains("set_notes_private"))
    }

    async fn send(&self, change: &Value, wanted: &Wanted, now: &Situation<'_>) -> Result<Outcome, Fault> {
        let id = now.before.id;
        let mut doubt = None;
        match self.http.change(Method::PUT, &format!("issues/{id}.json"), Some(&json!({ "issue": change }))).await {
            Ok(answer) if answer.status.as_u16() == 422 => {
                // a conflict is the one refusal without a word
                let words = answer.words();
                let said =
                    if words.as_str().starts_with("status ") { "it was changed at the same time".to_owned() } else { words.to_string() };
                let stands = self.issue(id).await.map(|issue| format!("; {}", standing(&issue))).unwrap_or_default();
                return Ok(Outcome::refused(&format!("Redmine refused: {said}{stands}")));
            }
            // the server has said no, in so many words
            Ok(answer) if answer.status.is_client_error() => answer.success()?,
            // whatever else it says, it may have done it
            Ok(answer) => doubt = answer.success().err(),
            Err(no) if no.may_have_arrived => doubt = Some(no.fault),
            Err(no) => return Err(no.fault),
        }
        let doubtful = |fault: &Fault, read: &str| Outcome::unknown(&format!("it may have arrived: {}; {read}", fault.text));
        Ok(match (self.issue(id).await, doubt) {
            (Ok(after), None) => wanted.compared(&after, now),
            // what did not arrive yet may arrive still
            (Ok(after), Some(fault)) => match wanted.compared(&after, now) {
                Outcome::Refused { .. } => doubtful(&fault, &format!("read back, {}", standing(&after))),
                outcome => outcome,
            },
            (Err(fault), None) => Outcome::unknown(&format!("sent, but not read back: {}", fault.text)),
            (Err(_), Some(fault)) => doubtful(&fault, "it could not be read back"),
        })
    }
}

impl Situation<'_> {
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
        Step::Over(if ours && self.tried_before { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } })
    }
}

impl Wanted {
    /// What became of it, by the issue as it is now.
    fn compared(&self, after: &Issue, now: &Situation) -> Outcome {
        let me = now.me;
        let has = |named: &Option<Named>, wanted: &Named| named.as_ref().is_some_and(|n| n.id == wanted.id);
        let last = || after.journals.iter().rfind(|journal| journal.is_by(me.id)).and_then(time);
        let (done, by, at) = match self {
            Self::Taken(status) => {
                let ours = after.assigned_to.as_ref().filter(|a| a.id == me.id);
                let name = ours.map(|a| SafeText::line(&a.name));
                (ours.is_some() && has(&after.status, status), name, taken_at(after, now.vocabulary))
            }
            Self::GivenBack(status) => {
                (after.assigned_to.is_none() && status.as_ref().is_none_or(|status| has(&after.status, status)), Some(me.name()), last())
            }
            Self::Priority(priority) => (has(&after.priority, priority), Some(me.name()), last()),
            Self::Status(status) => (has(&after.status, status), Some(me.name()), last()),
            Self::Noted { text, private, after: since } => {
                let written = after.journals.iter().find(|journal| journal.id > *since && journal.says(me.id, text));
                return match written {
                    Some(journal) if journal.private_notes == *private => Outcome::Confirmed { by: Some(me.name()), at: time(journal) },
                    Some(_) if *private => Outcome::refused("Redmine wrote it as a public note: the client can read it"),
                    Some(_) => Outcome::refused("Redmine wrote it as a private note: the client cannot read it"),
                    None => Outcome::refused("Redmine ignored it: the note is not there; your role may lack the right to write notes"),
                };
            }
        };
        if done {
            return Outcome::Confirmed { by, at };
        }
        Outcome::refused(&format!("Redmine ignored the change: {}; your role may lack the right to edit issues", standing(after)))
    }
}

/// When something was done.
fn time(journal: &Journal) -> Option<DateTime<Utc>> {
    instant(journal.created_on.as_deref())
}

/// Who has it and how it stands, in words.
fn standing(issue: &Issue) -> String {
    let name = |named: &Option<Named>| named.as_ref().map_or_else(|| "nobody".to_owned(), |n| n.name.clone());
    let priority = issue.priority.as_ref().map_or_else(String::new, |p| format!(", its priority {}", p.name));
    format!("it is assigned to {} and its status is {}{priority}", name(&issue.assigned_to), name(&issue.status))
}

fn refused(reason: &str) -> Step {
    Step::Over(Outcome::refused(reason))
}
