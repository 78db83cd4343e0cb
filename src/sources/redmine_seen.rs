//! What became of a change, by what Redmine shows afterwards.

use chrono::{DateTime, Utc};

use super::redmine_deeds::Situation;
use super::redmine_history::taken_at;
use super::redmine_wire::{Issue, Journal, Named, instant};
use crate::domain::{Outcome, SafeText};

/// How a change is known again in what is read back.
pub(super) enum Wanted {
    Taken {
        status: Named,
        /// The private note that went with it.
        note: Option<SafeText>,
        /// Whether somebody wrote that note.
        asked: bool,
    },
    /// Nobody has it, and it has this status, where one was asked for.
    GivenBack(Option<Named>),
    Noted {
        text: SafeText,
        private: bool,
    },
    Priority(Named),
    Status(Named),
}

impl Wanted {
    /// What became of it, by the issue as it is now; `None` where it is not done.
    pub fn seen(&self, after: &Issue, now: &Situation) -> Option<Outcome> {
        let me = now.me;
        let has = |named: &Option<Named>, wanted: &Named| named.as_ref().is_some_and(|n| n.id == wanted.id);
        let known = now.before.journals.iter().map(|journal| journal.id).max().unwrap_or_default();
        let new = || after.journals.iter().filter(|journal| journal.id > known);
        let written = |text: &SafeText| new().find(|journal| journal.says(me.id, text));
        let done = match self {
            Self::Taken { status, note, asked } => {
                let ours = after.assigned_to.as_ref().filter(|a| a.id == me.id && has(&after.status, status))?;
                if let Some(quicker) = new().find(|journal| gives_away(journal, me.id)).and_then(|journal| journal.user.as_ref()) {
                    let text = format!("{} took it a moment before, and it is now assigned to you: settle it between you", quicker.name);
                    return Some(Outcome::refused(&text));
                }
                match note.as_ref().map(written) {
                    Some(Some(journal)) if !journal.private_notes => {
                        return Some(Outcome::refused("you have it, but the note is public: the client can read it"));
                    }
                    Some(None) if *asked => return Some(Outcome::refused("you have it, but the note is not there: write it again")),
                    _ => {}
                }
                return Some(Outcome::Confirmed { by: Some(SafeText::line(&ours.name)), at: taken_at(after, now.vocabulary) });
            }
            Self::GivenBack(status) => after.assigned_to.is_none() && status.as_ref().is_none_or(|status| has(&after.status, status)),
            Self::Priority(priority) => has(&after.priority, priority),
            Self::Status(status) => has(&after.status, status),
            Self::Noted { text, private } => {
                let journal = written(text)?;
                return Some(match (journal.private_notes, *private) {
                    (false, true) => Outcome::refused("Redmine wrote it as a public note: the client can read it"),
                    (true, false) => Outcome::refused("Redmine wrote it as a private note: the client cannot read it"),
                    _ => Outcome::Confirmed { by: Some(me.name()), at: time(journal) },
                });
            }
        };
        let at = after.journals.iter().rfind(|journal| journal.is_by(me.id)).and_then(time);
        done.then(|| Outcome::Confirmed { by: Some(me.name()), at })
    }

    /// It was answered well and is not done.
    pub fn ignored(&self, after: &Issue) -> Outcome {
        if matches!(self, Self::Noted { .. }) {
            return Outcome::refused("Redmine ignored it: the note is not there; your role may lack the right to write notes");
        }
        Outcome::refused(&format!("Redmine ignored the change: {}; your role may lack the right to edit issues", standing(after)))
    }
}

/// Whether somebody else assigned it to somebody who is not us.
fn gives_away(journal: &Journal, me: u64) -> bool {
    let me_too = me.to_string();
    let given = journal.details.iter().filter(|d| d.name == "assigned_to_id").filter_map(|d| d.new_value.as_deref());
    !journal.is_by(me) && given.into_iter().any(|to| !to.is_empty() && to != me_too)
}

/// When something was done.
pub(super) fn time(journal: &Journal) -> Option<DateTime<Utc>> {
    instant(journal.created_on.as_deref())
}

/// Who has it and how it stands, in words.
pub(super) fn standing(issue: &Issue) -> String {
    let name = |named: &Option<Named>| named.as_ref().map_or_else(|| "nobody".to_owned(), |n| n.name.clone());
    let priority = issue.priority.as_ref().map_or_else(String::new, |p| format!(", its priority {}", p.name));
    format!("it is assigned to {} and its status is {}{priority}", name(&issue.assigned_to), name(&issue.status))
}
