//! Redmine: a paged list of open issues; an acknowledgement assigns, sets the status, leaves a private note, and is read back.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use super::http::{Budget, Http};
use super::redmine_list::{self, Listed};
use super::redmine_wire::{CurrentUser, Issue, IssueAnswer, Named, Priorities, RoleAnswer, Statuses, User, Vocabulary, same_name};
use super::settings::{RedmineSettings, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{
    Capabilities, Deed, DeedKind, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Status, Ticket, TicketKey,
};

/// How many taken issues a pass looks up the time of, and how long at most; the rest follow in the next passes.
const LOOK_UPS: usize = 20;
const LOOKING_UP: Duration = Duration::from_secs(15);

/// A source of kind `redmine`.
pub struct RedmineSource {
    settings: SourceSettings,
    redmine: RedmineSettings,
    http: Http,
    known: Mutex<Known>,
}

/// What was asked before and seldom changes. Never locked while a request is under way: a key press must not wait for a pass.
#[derive(Default)]
struct Known {
    me: Option<User>,
    vocabulary: Option<Vocabulary>,
    /// When an issue was taken, as of its last change.
    taken: HashMap<u64, (Option<String>, Option<DateTime<Utc>>)>,
}

impl RedmineSource {
    /// A source that asks a server.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(
        settings: &SourceSettings,
        redmine: &RedmineSettings,
        clock: Clock,
        environment: &[(String, String)],
    ) -> Result<Self, Fault> {
        let http = Http::new(&redmine.server, clock, environment)?;
        Ok(Self { settings: settings.clone(), redmine: redmine.clone(), http, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks who we are, before every pass: a key that is wrong, or no longer right, is answered with an empty list as if all
    /// were well.
    async fn sign_in(&self, budget: &mut Budget) -> Result<User, Fault> {
        let answer: CurrentUser = self.http.get("users/current.json", &[("include", "memberships")], budget).await?;
        self.known().me = Some(answer.user.clone());
        Ok(answer.user)
    }

    /// Who we were at the last pass.
    async fn me(&self, budget: &mut Budget) -> Result<User, Fault> {
        let known = self.known().me.clone();
        match known {
            Some(me) => Ok(me),
            None => self.sign_in(budget).await,
        }
    }

    async fn vocabulary(&self, budget: &mut Budget) -> Result<Vocabulary, Fault> {
        let known = self.known().vocabulary.clone();
        match known {
            Some(vocabulary) => Ok(vocabulary),
            None => self.ask_vocabulary(budget).await,
        }
    }

    async fn ask_vocabulary(&self, budget: &mut Budget) -> Result<Vocabulary, Fault> {
        let priorities: Priorities = self.http.get("enumerations/issue_priorities.json", &[], budget).await?;
        let statuses: Statuses = self.http.get("issue_statuses.json", &[], budget).await?;
        let vocabulary = Vocabulary { priorities: priorities.issue_priorities, statuses: statuses.issue_statuses };
        self.known().vocabulary = Some(vocabulary.clone());
        Ok(vocabulary)
    }

    /// What we knew of ourselves may be why: it is asked again.
    fn forget(&self, fault: &Fault) {
        if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::Forbidden) {
            *self.known() = Known::default();
        }
    }

    /// The issues of one pass and the words they use.
    async fn listed(&self, budget: &mut Budget) -> Result<(Listed, Vocabulary), Fault> {
        self.sign_in(budget).await?;
        // asked in each pass: an administrator may give priorities and statuses another order or meaning
        let vocabulary = self.ask_vocabulary(budget).await?;
        let listed = redmine_list::issues(&self.http, &self.settings, self.redmine.project.as_deref(), budget).await?;
        if listed.entries == 0 {
            // the key may have been taken back since
            self.sign_in(budget).await?;
        }
        Ok((listed, vocabulary))
    }

    /// An issue with all that is asked of it.
    async fn issue(&self, id: u64) -> Result<Issue, Fault> {
        let path = format!("issues/{id}.json");
        let answer: IssueAnswer = self.http.get(&path, &[("include", "journals,allowed_statuses")], &mut self.http.budget()).await?;
        if answer.issue.id == id {
            return Ok(answer.issue);
        }
        let text = format!(
            "asked for issue {id}, the server told of {} – what it says is not about this one – look at what stands before the server",
            answer.issue.id
        );
        Err(Fault { kind: FaultKind::Unintelligible, text: SafeText::line(&text), retry_after: None })
    }

    /// Gives taken issues the time they were taken, which only their journals tell; looked up once after each change, the
    /// newest issues first.
    async fn look_up_taken(&self, issues: &[Issue], tickets: &mut [Ticket], vocabulary: &Vocabulary) {
        let mut left = LOOK_UPS;
        for (issue, ticket) in issues.iter().zip(tickets).rev() {
            if ticket.status != Status::Acknowledged {
                continue;
            }
            let known = self.known().taken.get(&issue.id).cloned();
            ticket.acknowledged_at = match known {
                Some((updated, at)) if updated == issue.updated_on => at,
                known if left > 0 => {
                    if let Ok(whole) = self.issue(issue.id).await {
                        left -= 1;
                        let at = whole.taken_at(vocabulary);
                        self.known().taken.insert(issue.id, (issue.updated_on.clone(), at));
                        at
                    } else {
                        // the list is there; a server that now fails must not cost it
                        left = 0;
                        known.and_then(|(_, at)| at)
                    }
                }
                known => known.and_then(|(_, at)| at),
            };
        }
        let open: HashSet<u64> = issues.iter().map(|i| i.id).collect();
        self.known().taken.retain(|id, _| open.contains(id));
    }

    /// Whether our role may keep a note from the client. Redmine publishes a private note of somebody who may not.
    async fn may_note_privately(&self, me: &User, project: Option<&Named>) -> Result<bool, Fault> {
        if me.admin {
            return Ok(true);
        }
        let roles = me.memberships.iter().filter(|m| project.is_some_and(|p| p.id == m.project.id)).flat_map(|m| &m.roles);
        for role in roles {
            let answer: RoleAnswer = self.http.get(&format!("roles/{}.json", role.id), &[], &mut self.http.budget()).await?;
            if answer.role.permissions.iter().any(|p| p == "set_notes_private") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn take(&self, id: u64, note: Option<&str>, tried_before: bool) -> Result<Outcome, Fault> {
        let mut budget = self.http.budget();
        let me = self.me(&mut budget).await?;
        let vocabulary = self.vocabulary(&mut budget).await?;
        let before = self.issue(id).await?;
        if let Some(settled) = self.settled(&before, &me, &vocabulary, tried_before) {
            return Ok(settled);
        }
        let Some(wanted) = vocabulary.statuses.iter().find(|s| same_name(&s.name, &self.redmine.ack_status)) else {
            let names: Vec<&str> = vocabulary.statuses.iter().map(|s| s.name.as_str()).collect();
            return Ok(refused(&format!(
                "Redmine has no status '{}'; set ack_status to one of {}",
                self.redmine.ack_status,
                names.join(", ")
            )));
        };
        let allowed = before.allowed_statuses.as_ref().is_none_or(|allowed| allowed.iter().any(|s| s.id == wanted.id));
        if !allowed && before.status.as_ref().is_none_or(|s| s.id != wanted.id) {
            return Ok(refused(&format!("your role in Redmine may not set the status '{}'; nothing was sent", wanted.name)));
        }
        let mut change = json!({ "assigned_to_id": me.id, "status_id": wanted.id });
        if self.may_note_privately(&me, before.project.as_ref()).await? {
            change["notes"] = note.unwrap_or("Acknowledged.").into();
            change["private_notes"] = true.into();
        } else if note.is_some() {
            return Ok(refused(
                "your role in Redmine may not write private notes, so the client would read it; acknowledge without a note",
            ));
        }
        let mut doubt = None;
        match self.http.change(Method::PUT, &format!("issues/{id}.json"), Some(&json!({ "issue": change }))).await {
            Ok(answer) if answer.status.as_u16() == 422 => return Ok(refused(&format!("Redmine refused: {}", answer.words()))),
            // the server has said no, in so many words
            Ok(answer) if answer.status.is_client_error() => answer.success()?,
            // whatever else it says, it may have done it
            Ok(answer) => doubt = answer.success().err(),
            Err(no) if no.may_have_arrived => doubt = Some(no.fault),
            Err(no) => return Err(no.fault),
        }
        let doubtful = |fault: &Fault, read: &str| Outcome::Unknown {
            reason: SafeText::line(&format!("it may have arrived: {}; {read}", fault.text)),
        };
        Ok(match (self.issue(id).await, doubt) {
            (Ok(after), None) => compared(&after, &me, wanted, &vocabulary),
            // what did not arrive yet may arrive still
            (Ok(after), Some(fault)) => match compared(&after, &me, wanted, &vocabulary) {
                Outcome::Refused { .. } => doubtful(&fault, &format!("read back, {}", standing(&after))),
                outcome => outcome,
            },
            (Err(fault), None) => Outcome::Unknown { reason: SafeText::line(&format!("sent, but not read back: {}", fault.text)) },
            (Err(_), Some(fault)) => doubtful(&fault, "it could not be read back"),
        })
    }

    /// What needs no request any more: it is closed, or somebody has it.
    fn settled(&self, issue: &Issue, me: &User, vocabulary: &Vocabulary, tried_before: bool) -> Option<Outcome> {
        if let Some(status) = issue.status.as_ref().filter(|s| s.is_closed) {
            return Some(refused(&format!("it is closed: {}", status.name)));
        }
        let mine = issue.assigned_to.as_ref().is_some_and(|a| a.id == me.id);
        let taken = issue.is_taken(&self.redmine, vocabulary);
        let by = issue.assigned_to.as_ref().map(|a| SafeText::line(&a.name));
        let at = issue.taken_at(vocabulary);
        // what was ours already is no answer to an attempt that may have arrived
        if mine && taken && tried_before {
            return Some(Outcome::Confirmed { by, at });
        }
        (taken && (mine || by.is_some())).then_some(Outcome::Already { by, at })
    }
}

/// Redmine answers 204 when it ignored a change: only what it shows afterwards counts.
fn compared(after: &Issue, me: &User, wanted: &Named, vocabulary: &Vocabulary) -> Outcome {
    let assigned = after.assigned_to.as_ref().is_some_and(|a| a.id == me.id);
    let status = after.status.as_ref().is_some_and(|s| s.id == wanted.id);
    if assigned && status {
        return Outcome::Confirmed { by: after.assigned_to.as_ref().map(|a| SafeText::line(&a.name)), at: after.taken_at(vocabulary) };
    }
    refused(&format!("Redmine ignored the change: {}; your role may lack the right to edit issues", standing(after)))
}

/// Who has it and how it stands, in words.
fn standing(issue: &Issue) -> String {
    let name = |named: &Option<Named>| named.as_ref().map_or_else(|| "nobody".to_owned(), |n| n.name.clone());
    format!("it is assigned to {} and its status is {}", name(&issue.assigned_to), name(&issue.status))
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: SafeText::line(reason) }
}

#[async_trait]
impl TicketSource for RedmineSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none("not yet").and(DeedKind::Acknowledge)
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let me = self.sign_in(&mut self.http.budget()).await?;
        Ok(Identity { name: SafeText::line(format!("{} {}", me.firstname, me.lastname).trim()), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let mut budget = self.http.budget();
        let (listed, vocabulary) = match self.listed(&mut budget).await {
            Ok(listed) => listed,
            Err(fault) => {
                self.forget(&fault);
                return Err(fault);
            }
        };
        let mut tickets: Vec<Ticket> = listed.issues.iter().map(|i| i.ticket(&self.settings, &self.redmine, &vocabulary)).collect();
        // a slow server must not cost the list either; what was looked up is kept
        let _ = timeout(LOOKING_UP, self.look_up_taken(&listed.issues, &mut tickets, &vocabulary)).await;
        tickets.extend(listed.unreadable);
        let tickets: Vec<Arc<Ticket>> = tickets.into_iter().map(Arc::new).collect();
        let clock_ahead = self.http.clock_ahead();
        Ok(Pass { tickets, complete: listed.complete, total: Some(listed.total), clock_ahead, ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, tried_before: bool) -> Result<Outcome, Fault> {
        let Deed::Acknowledge { note } = deed else { return Ok(refused("Redmine is not told of this yet")) };
        let note = note.as_ref().map(SafeText::as_str);
        let Ok(id) = key.key.as_str().parse() else { return Ok(refused("Redmine has no issue of that key")) };
        let taken = self.take(id, note, tried_before).await;
        if let Err(fault) = &taken {
            self.forget(fault);
        }
        taken
    }
}
