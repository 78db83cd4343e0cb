//! What the journals of a Redmine issue tell of it: who wrote to whom, and when it was taken, given back, moved.

use chrono::{DateTime, Utc};

use super::redmine_wire::{Detail, Issue, Journal, Vocabulary, instant};
use crate::domain::OnClient;

/// What only those change who work on an issue.
const WORK: [&str; 3] = ["status_id", "assigned_to_id", "priority_id"];

/// What happened to an issue, as of its last change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    /// When it was taken: the last time it left the status of new issues, or was given to whom it is now.
    pub taken_at: Option<DateTime<Utc>>,
    /// Whether the last that was said of an assignee is that there is none.
    pub given_back: bool,
    /// The first word to the client.
    pub answered_at: Option<DateTime<Utc>>,
    /// The last one.
    pub last_word_at: Option<DateTime<Utc>>,
    /// Each time the client wrote.
    pub contacts: Vec<DateTime<Utc>>,
    /// Each change of the priority: when, from what, to what.
    pub priorities: Vec<Move>,
    /// Each change of the status.
    pub statuses: Vec<Move>,
}

/// A change from one thing to another, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Move {
    pub at: DateTime<Utc>,
    pub from: Option<u64>,
    pub to: Option<u64>,
}

impl History {
    /// What the journals of an issue tell. The client is whoever submitted it, unless that was ourselves, and anybody else who
    /// only writes: a colleague of theirs is no answer.
    pub fn of(issue: &Issue, vocabulary: &Vocabulary, me: u64) -> Self {
        let client = issue.author.as_ref().map(|author| author.id).filter(|author| *author != me);
        let submitted = instant(issue.created_on.as_deref());
        let mut history = Self {
            taken_at: taken_at(issue, vocabulary),
            priorities: moves(issue, "priority_id"),
            statuses: moves(issue, "status_id"),
            given_back: issue.assigned_to.is_none()
                && details(issue, "assigned_to_id").last().is_some_and(|(_, given)| given.new_value.as_deref().is_none_or(str::is_empty)),
            ..Self::default()
        };
        let written = |journal: &&Journal| !journal.private_notes && journal.notes.as_deref().is_some_and(|n| !n.trim().is_empty());
        for journal in issue.journals.iter().filter(written) {
            let Some(at) = instant(journal.created_on.as_deref()) else { continue };
            let client_wrote = client.is_some_and(|client| journal.is_by(client));
            if client_wrote || !journal.user.as_ref().is_some_and(|who| who.id == me || works_on(issue, who.id)) {
                history.contacts.extend(submitted.is_none_or(|submitted| at > submitted).then_some(at));
            } else {
                history.answered_at.get_or_insert(at);
                history.last_word_at = Some(at);
            }
        }
        history
    }

    /// The stretches in which it had a status.
    pub fn stretches(&self, status: u64) -> Vec<OnClient> {
        let mut stretches: Vec<OnClient> = Vec::new();
        for change in &self.statuses {
            if change.to == Some(status) {
                stretches.push(OnClient { from: Some(change.at), to: None });
            } else if change.from == Some(status) {
                match stretches.last_mut().filter(|stretch| stretch.to.is_none()) {
                    Some(stretch) => stretch.to = Some(change.at),
                    // submitted in this status
                    None => stretches.push(OnClient { from: None, to: Some(change.at) }),
                }
            }
        }
        stretches
    }

    /// Since when it has the status it has.
    pub fn status_since(&self) -> Option<DateTime<Utc>> {
        self.statuses.last().map(|change| change.at)
    }
}

/// Whether somebody has it, or did more with it than write to the client.
fn works_on(issue: &Issue, who: u64) -> bool {
    let work = |journal: &Journal| journal.private_notes || journal.details.iter().any(|d| WORK.contains(&d.name.as_str()));
    issue.assigned_to.as_ref().is_some_and(|assignee| assignee.id == who) || issue.journals.iter().any(|j| j.is_by(who) && work(j))
}

/// When it was taken by its journals: the last time it left the status of new issues or was given to whom it is now.
pub(super) fn taken_at(issue: &Issue, vocabulary: &Vocabulary) -> Option<DateTime<Utc>> {
    let new = vocabulary.statuses.first().map(|s| s.id.to_string());
    let assignee = issue.assigned_to.as_ref().map(|a| a.id.to_string());
    let left_new = |d: &Detail| d.name == "status_id" && d.old_value.is_some() && d.old_value == new;
    let given = |d: &Detail| d.name == "assigned_to_id" && d.new_value.is_some() && d.new_value == assignee;
    let last = |wanted: &dyn Fn(&Detail) -> bool| issue.journals.iter().rfind(|j| j.details.iter().any(wanted));
    let at = |journal: &Journal| instant(journal.created_on.as_deref());
    // one that was given back keeps its status, and is taken when it is given again
    let (left, given) = (last(&left_new).and_then(at), last(&given).and_then(at));
    let back = last(&|d: &Detail| d.name == "assigned_to_id" && d.new_value.as_deref().is_none_or(str::is_empty)).and_then(at);
    left.filter(|left| back.is_none_or(|back| *left > back)).or(given)
}

fn details<'a>(issue: &'a Issue, name: &'a str) -> impl Iterator<Item = (&'a Journal, &'a Detail)> {
    issue.journals.iter().flat_map(move |journal| journal.details.iter().filter(move |d| d.name == name).map(move |d| (journal, d)))
}

fn moves(issue: &Issue, name: &str) -> Vec<Move> {
    let id = |value: &Option<String>| value.as_deref().and_then(|value| value.parse().ok());
    let moved = |(journal, detail): (&Journal, &Detail)| {
        Some(Move { at: instant(journal.created_on.as_deref())?, from: id(&detail.old_value), to: id(&detail.new_value) })
    };
    details(issue, name).filter_map(moved).collect()
}
