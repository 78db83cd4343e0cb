//! Redmine: a paged list of open issues; an acknowledgement assigns, sets the status, leaves a private note, and is read back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderName;
use serde_json::json;
use tokio::sync::Mutex;

use super::http::{Budget, Http};
use super::redmine_wire::{
    CurrentUser, Issue, IssueAnswer, IssueList, Named, Priorities, RoleAnswer, Statuses, User, Vocabulary, same_name,
};
use super::settings::{RedmineSettings, SourceSettings};
use super::source::TicketSource;
use super::token;
use crate::domain::{AckOutcome, Capabilities, Fault, FaultKind, Identity, Pass, SafeText, SourceName, Ticket, TicketKey};

/// Redmine silently clamps to this.
const PAGE: usize = 100;
const MOST_PAGES: usize = 500;
/// How often a pass begins anew when the list changes under it.
const TRIES: usize = 3;
/// How many taken issues a pass looks up the time of; the rest follow in the next passes.
const LOOK_UPS: usize = 20;

/// A source of kind `redmine`.
pub struct RedmineSource {
    settings: SourceSettings,
    redmine: RedmineSettings,
    http: Http,
    known: Mutex<Known>,
}

/// What was asked before and seldom changes.
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
    /// A key that cannot be read, or an address that is none.
    pub fn new(settings: &SourceSettings, redmine: &RedmineSettings, environment: &[(String, String)]) -> Result<Self, Fault> {
        let key = token::read(&redmine.token, environment)?;
        let http = Http::new(&redmine.url, (HeaderName::from_static("x-redmine-api-key"), &key))?;
        Ok(Self { settings: settings.clone(), redmine: redmine.clone(), http, known: Mutex::default() })
    }

    /// Who we are: asked before anything else, for a wrong key is answered with an empty list as if all were well.
    async fn me(&self, budget: &mut Budget) -> Result<User, Fault> {
        let mut known = self.known.lock().await;
        if let Some(me) = &known.me {
            return Ok(me.clone());
        }
        let answer: CurrentUser = self.http.get("users/current.json", &[("include", "memberships")], budget).await?;
        known.me = Some(answer.user.clone());
        Ok(answer.user)
    }

    async fn vocabulary(&self, budget: &mut Budget) -> Result<Vocabulary, Fault> {
        let mut known = self.known.lock().await;
        if let Some(vocabulary) = &known.vocabulary {
            return Ok(vocabulary.clone());
        }
        let priorities: Priorities = self.http.get("enumerations/issue_priorities.json", &[], budget).await?;
        let statuses: Statuses = self.http.get("issue_statuses.json", &[], budget).await?;
        let vocabulary = Vocabulary { priorities: priorities.issue_priorities, statuses: statuses.issue_statuses };
        known.vocabulary = Some(vocabulary.clone());
        Ok(vocabulary)
    }

    /// What we knew of ourselves may be why: it is asked again.
    async fn forget(&self, fault: &Fault) {
        if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::Forbidden) {
            *self.known.lock().await = Known::default();
        }
    }

    /// All open issues, or as many as could be had, and whether these are all.
    async fn issues(&self, budget: &mut Budget) -> Result<Listed, Fault> {
        for _ in 1..TRIES {
            let listed = self.pages(budget).await?;
            if listed.complete {
                return Ok(listed);
            }
        }
        self.pages(budget).await
    }

    /// Pages that overlap by one issue: where the overlap is not there, the list changed while it was read, and an issue
    /// may have slipped from one page to another unseen.
    async fn pages(&self, budget: &mut Budget) -> Result<Listed, Fault> {
        let mut listed = Listed::default();
        let mut seen: HashSet<u64> = HashSet::new();
        let mut last: Option<u64> = None;
        let limit = PAGE.to_string();
        for _ in 0..MOST_PAGES {
            let offset = listed.entries.saturating_sub(usize::from(last.is_some())).to_string();
            let mut query = vec![("status_id", "open"), ("sort", "id"), ("limit", &*limit), ("offset", &*offset)];
            query.extend(self.redmine.project.as_deref().map(|project| ("project_id", project)));
            let page: Box<serde_json::value::RawValue> = self.http.get("issues.json", &query, budget).await?;
            let page: IssueList = serde_json::from_str(page.get()).map_err(|e| not_understood(&e))?;
            listed.total = page.total_count;
            let (before, mut first) = (listed.entries, true);
            for raw in &page.issues {
                let issue = serde_json::from_str::<Issue>(raw.get());
                let id = issue.as_ref().ok().map(|i| i.id);
                let overlap = std::mem::take(&mut first) && last.is_some();
                if overlap && id == last {
                    continue;
                }
                if overlap {
                    return Ok(listed);
                }
                listed.entries += 1;
                match issue {
                    Ok(issue) if seen.insert(issue.id) => listed.issues.push(issue),
                    Ok(_) => {}
                    Err(e) => listed.unreadable.push(unreadable_key(raw.get(), listed.entries, &e)),
                }
                last = id.or(last);
            }
            if listed.entries as u64 >= page.total_count {
                listed.complete = true;
                return Ok(listed);
            }
            if listed.entries == before {
                return Ok(listed);
            }
        }
        Ok(listed)
    }

    /// An issue with all that is asked of it.
    async fn issue(&self, id: u64) -> Result<Issue, Fault> {
        let path = format!("issues/{id}.json");
        let answer: IssueAnswer = self.http.get(&path, &[("include", "journals,allowed_statuses")], &mut Budget::of_a_pass()).await?;
        Ok(answer.issue)
    }

    /// Gives taken issues the time they were taken, which only their journals tell; looked up once after each change.
    async fn look_up_taken(&self, issues: &[Issue], tickets: &mut [Ticket]) {
        let mut left = LOOK_UPS;
        let mut known = self.known.lock().await;
        let Some(vocabulary) = known.vocabulary.clone() else { return };
        for (issue, ticket) in issues.iter().zip(tickets) {
            if ticket.status != crate::domain::Status::Acknowledged {
                continue;
            }
            let current = known.taken.get(&issue.id).filter(|(updated, _)| *updated == issue.updated_on).map(|(_, at)| *at);
            let at = match current {
                Some(at) => at,
                None if left > 0 => {
                    left -= 1;
                    let Ok(whole) = self.issue(issue.id).await else { continue };
                    let at = whole.taken_at(&vocabulary);
                    known.taken.insert(issue.id, (issue.updated_on.clone(), at));
                    at
                }
                None => continue,
            };
            ticket.acknowledged_at = at;
        }
        let open: HashSet<u64> = issues.iter().map(|i| i.id).collect();
        known.taken.retain(|id, _| open.contains(id));
    }

    /// Whether our role may keep a note from the client. Redmine publishes a private note of somebody who may not.
    async fn may_note_privately(&self, me: &User, project: Option<&Named>) -> Result<bool, Fault> {
        if me.admin {
            return Ok(true);
        }
        let roles = me.memberships.iter().filter(|m| project.is_some_and(|p| p.id == m.project.id)).flat_map(|m| &m.roles);
        for role in roles {
            let answer: RoleAnswer = self.http.get(&format!("roles/{}.json", role.id), &[], &mut Budget::of_a_pass()).await?;
            if answer.role.permissions.iter().any(|p| p == "set_notes_private") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn take(&self, id: u64, note: Option<&str>) -> Result<AckOutcome, Fault> {
        let mut budget = Budget::of_a_pass();
        let me = self.me(&mut budget).await?;
        let vocabulary = self.vocabulary(&mut budget).await?;
        let before = self.issue(id).await?;
        if let Some(settled) = self.settled(&before, &me, &vocabulary) {
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
        match self.http.put(&format!("issues/{id}.json"), &json!({ "issue": change })).await {
            Ok(answer) if answer.status.as_u16() == 422 => return Ok(refused(&format!("Redmine refused: {}", answer.words()))),
            Ok(answer) => answer.success()?,
            Err(no) if no.may_have_arrived => doubt = Some(no.fault),
            Err(no) => return Err(no.fault),
        }
        let after = match (self.issue(id).await, doubt) {
            (Ok(after), _) => after,
            (Err(fault), None) => {
                return Ok(AckOutcome::Unknown { reason: SafeText::line(&format!("sent, but not read back: {}", fault.text)) });
            }
            (Err(_), Some(fault)) => {
                return Ok(AckOutcome::Unknown { reason: SafeText::line(&format!("it may have arrived: {}", fault.text)) });
            }
        };
        Ok(compared(&after, &me, wanted, &vocabulary))
    }

    /// What needs no request any more: it is closed, or somebody has it.
    fn settled(&self, issue: &Issue, me: &User, vocabulary: &Vocabulary) -> Option<AckOutcome> {
        if let Some(status) = issue.status.as_ref().filter(|s| s.is_closed) {
            return Some(refused(&format!("it is closed: {}", status.name)));
        }
        let mine = issue.assigned_to.as_ref().is_some_and(|a| a.id == me.id);
        let taken = issue.is_taken(&self.redmine, vocabulary);
        let by = issue.assigned_to.as_ref().map(|a| SafeText::line(&a.name));
        (taken && (mine || by.is_some())).then(|| AckOutcome::Already { by, at: issue.taken_at(vocabulary) })
    }
}

/// Redmine answers 204 when it ignored a change: only what it shows afterwards counts.
fn compared(after: &Issue, me: &User, wanted: &Named, vocabulary: &Vocabulary) -> AckOutcome {
    let assigned = after.assigned_to.as_ref().is_some_and(|a| a.id == me.id);
    let status = after.status.as_ref().is_some_and(|s| s.id == wanted.id);
    let name = |named: &Option<Named>| named.as_ref().map_or_else(|| "nobody".to_owned(), |n| n.name.clone());
    if assigned && status {
        return AckOutcome::Confirmed { by: after.assigned_to.as_ref().map(|a| SafeText::line(&a.name)), at: after.taken_at(vocabulary) };
    }
    let mut ignored = Vec::new();
    if !assigned {
        ignored.push(format!("it is assigned to {}", name(&after.assigned_to)));
    }
    if !status {
        ignored.push(format!("its status is {}", name(&after.status)));
    }
    refused(&format!("Redmine ignored the change: {}; your role may lack the right to edit issues", ignored.join(" and ")))
}

/// The issues of a pass.
#[derive(Default)]
struct Listed {
    issues: Vec<Issue>,
    /// Key and reason of those that cannot be read.
    unreadable: Vec<(String, String)>,
    entries: usize,
    total: u64,
    complete: bool,
}

fn unreadable_key(raw: &str, entry: usize, e: &serde_json::Error) -> (String, String) {
    let id = serde_json::from_str::<serde_json::Value>(raw).ok().and_then(|v| v.get("id").and_then(serde_json::Value::as_u64));
    (id.map_or_else(|| format!("entry {entry}"), |id| id.to_string()), e.to_string())
}

fn refused(reason: &str) -> AckOutcome {
    AckOutcome::Refused { reason: SafeText::line(reason) }
}

fn not_understood(e: &serde_json::Error) -> Fault {
    let text = format!("the list of issues is not understood – {e} – is url that of a Redmine server?");
    Fault { kind: FaultKind::Unintelligible, text: SafeText::line(&text), retry_after: None }
}

#[async_trait]
impl TicketSource for RedmineSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { acknowledge: true }
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let me = self.me(&mut Budget::of_a_pass()).await?;
        Ok(Identity { name: SafeText::line(format!("{} {}", me.firstname, me.lastname).trim()) })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let mut budget = Budget::of_a_pass();
        let listed = async {
            self.me(&mut budget).await?;
            let vocabulary = self.vocabulary(&mut budget).await?;
            Ok((self.issues(&mut budget).await?, vocabulary))
        };
        let (listed, vocabulary) = match listed.await {
            Ok(listed) => listed,
            Err(fault) => {
                self.forget(&fault).await;
                return Err(fault);
            }
        };
        let mut tickets: Vec<Ticket> = listed.issues.iter().map(|i| i.ticket(&self.settings, &self.redmine, &vocabulary)).collect();
        self.look_up_taken(&listed.issues, &mut tickets).await;
        for (key, reason) in listed.unreadable {
            let mut ticket = Ticket::new(TicketKey { source: self.settings.name.clone(), key: SafeText::line(&key) });
            ticket.unreadable = Some(SafeText::line(&reason));
            tickets.push(ticket);
        }
        let tickets: Vec<Arc<Ticket>> = tickets.into_iter().map(Arc::new).collect();
        Ok(Pass { tickets, complete: listed.complete, total: Some(listed.total), warning: None })
    }

    async fn acknowledge(&self, key: &TicketKey, note: Option<&str>) -> Result<AckOutcome, Fault> {
        let Ok(id) = key.key.as_str().parse() else { return Ok(refused("Redmine has no issue of that key")) };
        let taken = self.take(id, note).await;
        if let Err(fault) = &taken {
            self.forget(fault).await;
        }
        taken
    }
}
