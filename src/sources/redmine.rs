//! Redmine: lists of open issues and of what has changed; what is told to it is read back, for it answers well to anything.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use tokio::time::timeout;

use super::http::{Budget, Call, Http};
use super::mapping::same_name;
use super::redmine_delta::{self, Kept};
use super::redmine_history::History;
use super::redmine_list::{Asked, Listed};
use super::redmine_ticket::{Told, at_place};
use super::redmine_wire::{CurrentUser, Issue, IssueAnswer, Named, Priorities, RoleAnswer, Statuses, User, Vocabulary, instant};
use super::settings::{RedmineSettings, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{Capabilities, Deed, DeedKind, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

/// How many issues a pass reads the journals of, and how long at most; the rest follow in the next passes.
const LOOK_UPS: usize = 20;
const LOOKING_UP: Duration = Duration::from_secs(15);

/// An issue that was changed within this time may be changed again and bear the same time: Redmine tells whole seconds.
const UNSETTLED: TimeDelta = TimeDelta::seconds(2);

/// Of so many roles it is asked what they may do.
const MOST_ROLES: usize = 20;

/// A source of kind `redmine`.
pub struct RedmineSource {
    pub(super) settings: SourceSettings,
    pub(super) redmine: RedmineSettings,
    pub(super) http: Http,
    clock: Clock,
    known: Mutex<Known>,
}

/// What was asked before and seldom changes. Never locked while a request is under way: a key press must not wait for a pass.
#[derive(Default)]
struct Known {
    me: Option<User>,
    vocabulary: Option<Vocabulary>,
    kept: Option<Kept>,
    histories: HashMap<u64, Arc<LookedUp>>,
    made: HashMap<u64, Made>,
}

/// What the journals of an issue told.
struct LookedUp {
    /// As of which change of it.
    updated_on: Option<String>,
    /// Whether no other change can bear the same time.
    settled: bool,
    history: History,
}

/// A ticket, and what it was made of.
struct Made {
    issue: Arc<Issue>,
    told: Option<Arc<LookedUp>>,
    ticket: Arc<Ticket>,
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
        let http = Http::new(&redmine.server, Arc::clone(&clock), environment)?;
        Ok(Self { settings: settings.clone(), redmine: redmine.clone(), http, clock, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time by the server's clock, or else by ours.
    fn server_time(&self) -> DateTime<Utc> {
        (self.clock)() + self.http.clock_ahead().unwrap_or_default()
    }

    /// Asks who we are, before every pass: a key that is wrong, or no longer right, is answered with an empty list as if all
    /// were well.
    pub(super) async fn sign_in(&self, budget: &mut Budget) -> Result<User, Fault> {
        let answer: CurrentUser = self.http.get("users/current.json", &[("include", "memberships")], budget).await?;
        self.known().me = Some(answer.user.clone());
        Ok(answer.user)
    }

    /// Who we were at the last pass.
    pub(super) async fn me(&self, budget: &mut Budget) -> Result<User, Fault> {
        let known = self.known().me.clone();
        match known {
            Some(me) => Ok(me),
            None => self.sign_in(budget).await,
        }
    }

    pub(super) async fn vocabulary(&self, budget: &mut Budget) -> Result<Vocabulary, Fault> {
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
        if let Some(survey) = &self.settings.survey {
            let priorities = vocabulary.priorities.iter().rev().enumerate();
            priorities.for_each(|(place, priority)| survey.offer("priority", &priority.name, Some(at_place(place))));
        }
        Ok(vocabulary)
    }

    /// What we knew of ourselves may be why: it is asked again.
    fn forget(&self, fault: &Fault) {
        if matches!(fault.kind, FaultKind::NotSignedIn | FaultKind::Forbidden) {
            *self.known() = Known::default();
        }
    }

    /// The issues of one pass, who asked for them, and the words they use.
    async fn listed(&self, budget: &mut Budget) -> Result<(Listed, User, Vocabulary), Fault> {
        // taken away: whatever breaks this pass off, the next one reads all issues
        let kept = self.known().kept.take();
        let me = self.sign_in(budget).await?;
        // asked in each pass: an administrator may give priorities and statuses another order or meaning
        let vocabulary = self.ask_vocabulary(budget).await?;
        let asked = Asked { http: &self.http, source: &self.settings, project: self.redmine.project.as_deref() };
        let (listed, kept) = redmine_delta::issues(asked, kept, (&me, &vocabulary), &|| self.server_time(), budget).await?;
        if listed.entries == 0 {
            // the key may have been taken back since
            self.sign_in(budget).await?;
        }
        self.known().kept = kept;
        Ok((listed, me, vocabulary))
    }

    /// An issue with all that is asked of it.
    pub(super) async fn issue(&self, id: u64) -> Result<Issue, Fault> {
        let path = format!("issues/{id}.json");
        let url = self.http.address_with(&path, &[("include", "journals,allowed_statuses")]);
        let answer = self.http.call(&Call { method: Method::GET, url, body: None, headers: &[] }).await.map_err(|no| no.fault)?;
        answer.success_of_one(&format!("issue {id}"))?;
        let answer: IssueAnswer = answer.json()?;
        if answer.issue.id == id {
            return Ok(answer.issue);
        }
        let text = format!(
            "asked for issue {id}, the server told of {} – what it says is not about this one – look at what stands before the server",
            answer.issue.id
        );
        Err(Fault::new(FaultKind::Unintelligible, &text))
    }

    /// Reads the journals of issues, once after each change: first of those that wait for the client, who may have answered,
    /// then of the newest changes.
    async fn look_up(&self, issues: &[Arc<Issue>], me: &User, vocabulary: &Vocabulary) {
        let mut wanted: Vec<&Arc<Issue>> = {
            let known = self.known();
            let is_known = |issue: &Issue| known.histories.get(&issue.id).is_some_and(|l| l.settled && l.updated_on == issue.updated_on);
            // what was never changed has no journals
            let has_any = |issue: &Issue| issue.updated_on != issue.created_on || issue.is_taken(&self.redmine, vocabulary);
            issues.iter().filter(|issue| has_any(issue) && !is_known(issue)).collect()
        };
        let waits = |issue: &Issue| issue.has_status(self.redmine.waiting_status.as_deref());
        wanted.sort_by(|a, b| (waits(b), &b.updated_on, b.id).cmp(&(waits(a), &a.updated_on, a.id)));
        for issue in wanted.into_iter().take(LOOK_UPS) {
            // the list is there; a server that now fails must not cost it
            let Ok(whole) = self.issue(issue.id).await else { return };
            let now = self.http.clock_ahead().map(|ahead| (self.clock)() + ahead);
            let settled = now.zip(instant(issue.updated_on.as_deref())).is_none_or(|(now, at)| now - at >= UNSETTLED);
            let looked_up = LookedUp { updated_on: issue.updated_on.clone(), settled, history: History::of(&whole, vocabulary, me.id) };
            self.known().histories.insert(issue.id, Arc::new(looked_up));
        }
    }

    /// The tickets of a pass; one that is as it was is the same.
    fn tickets(&self, issues: &[Arc<Issue>], vocabulary: &Vocabulary) -> Vec<Arc<Ticket>> {
        let mut known = self.known();
        let open: HashSet<u64> = issues.iter().map(|i| i.id).collect();
        known.histories.retain(|id, _| open.contains(id));
        let mut before = std::mem::take(&mut known.made);
        let mut tickets = Vec::with_capacity(issues.len());
        for issue in issues {
            let told = known.histories.get(&issue.id).map(Arc::clone);
            let before = before.remove(&issue.id);
            let same = |made: &Made| {
                let told_same = match (&made.told, &told) {
                    (Some(before), Some(now)) => Arc::ptr_eq(before, now),
                    (None, None) => true,
                    _ => false,
                };
                told_same && Arc::ptr_eq(&made.issue, issue)
            };
            let ticket = match before {
                Some(made) if same(&made) => made.ticket,
                before => {
                    let told = told.as_deref().map(|l| Told { history: &l.history, current: l.updated_on == issue.updated_on });
                    let ticket = issue.ticket(&self.settings, &self.redmine, vocabulary, told);
                    before.map(|made| made.ticket).filter(|made| **made == ticket).unwrap_or_else(|| Arc::new(ticket))
                }
            };
            tickets.push(Arc::clone(&ticket));
            known.made.insert(issue.id, Made { issue: Arc::clone(issue), told, ticket });
        }
        tickets
    }

    /// What our roles may do in a project.
    pub(super) async fn permissions(&self, me: &User, project: Option<&Named>) -> Result<HashSet<String>, Fault> {
        let mut permissions = HashSet::new();
        let roles = me.memberships.iter().filter(|m| project.is_some_and(|p| p.id == m.project.id)).flat_map(|m| &m.roles);
        for role in roles.take(MOST_ROLES) {
            permissions.extend(self.role(role.id).await?);
        }
        Ok(permissions)
    }

    async fn role(&self, id: u64) -> Result<Vec<String>, Fault> {
        let url = self.http.address(&format!("roles/{id}.json"));
        let answer: RoleAnswer = self.http.get_fresh(&url, &mut self.http.budget()).await?.json()?;
        Ok(answer.role.permissions)
    }

    /// The statuses of the configuration that the server does not have.
    fn unknown_statuses(&self, vocabulary: &Vocabulary) -> Vec<SafeText> {
        let names: Vec<&str> = vocabulary.statuses.iter().map(|status| status.name.as_str()).collect();
        let configured = [Some(&self.redmine.ack_status), self.redmine.resolve_status.as_ref(), self.redmine.waiting_status.as_ref()];
        let unknown = configured.into_iter().flatten().filter(|wanted| !names.iter().any(|name| same_name(name, wanted)));
        unknown.map(|wanted| SafeText::line(&format!("set the status '{wanted}': Redmine has {}", names.join(", ")))).collect()
    }

    /// What our roles keep us from, each with the projects.
    async fn may_not(&self, me: &User) -> Vec<SafeText> {
        const RIGHTS: [(&str, &str); 3] =
            [("edit_issues", "change issues"), ("add_issue_notes", "write notes"), ("set_notes_private", "write private notes")];
        if me.admin {
            return Vec::new();
        }
        let roles: HashSet<u64> = me.memberships.iter().flat_map(|m| &m.roles).map(|role| role.id).take(MOST_ROLES).collect();
        let mut permissions = HashMap::new();
        for role in roles {
            // of a role that is not told of nothing is said
            if let Ok(may) = self.role(role).await {
                permissions.insert(role, may);
            }
        }
        let lacks = |right: &str| {
            let may = |role: &Named| permissions.get(&role.id).is_none_or(|has| has.iter().any(|p| p == right));
            let projects = me.memberships.iter().filter(|m| !m.roles.iter().any(may));
            projects.map(|m| m.project.name.as_str()).collect::<Vec<_>>()
        };
        let shown = |projects: &[&str]| match projects {
            [first, second, third, more @ ..] if !more.is_empty() => format!("{first}, {second}, {third} and {} more", more.len()),
            few => few.join(", "),
        };
        let told = RIGHTS.iter().map(|(right, words)| (words, lacks(right))).filter(|(_, projects)| !projects.is_empty());
        told.map(|(words, projects)| SafeText::line(&format!("{words} in {}", shown(&projects)))).collect()
    }
}

#[async_trait]
impl TicketSource for RedmineSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::all_but(&[
            (DeedKind::Contact, "Redmine has no place for it"),
            (DeedKind::OnClient, "no waiting_status is configured"),
        ]);
        if self.redmine.waiting_status.is_some() { capabilities.and(DeedKind::OnClient) } else { capabilities }
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        let me = self.sign_in(&mut self.http.budget()).await?;
        let mut may_not = self.may_not(&me).await;
        if let Ok(vocabulary) = self.ask_vocabulary(&mut self.http.budget()).await {
            may_not.extend(self.unknown_statuses(&vocabulary));
        }
        Ok(Identity { name: me.name(), may_not })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let mut budget = self.http.budget();
        let (listed, me, vocabulary) = match self.listed(&mut budget).await {
            Ok(listed) => listed,
            Err(fault) => {
                self.forget(&fault);
                return Err(fault);
            }
        };
        // a slow server must not cost the list either; what was looked up is kept
        let _ = timeout(LOOKING_UP, self.look_up(&listed.issues, &me, &vocabulary)).await;
        let mut tickets = self.tickets(&listed.issues, &vocabulary);
        tickets.extend(listed.unreadable.into_iter().map(Arc::new));
        let clock_ahead = self.http.clock_ahead();
        Ok(Pass { tickets, complete: listed.complete, total: Some(listed.total), clock_ahead, ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        if let Some(why) = self.capabilities().why_not(deed.kind()) {
            return Err(Fault::new(FaultKind::Unsupported, why));
        }
        let Ok(id) = key.key.as_str().parse() else { return Ok(Outcome::refused("Redmine has no issue of that key")) };
        let told = self.do_deed(id, deed, earlier).await;
        if let Err(fault) = &told {
            self.forget(fault);
        }
        told
    }
}
