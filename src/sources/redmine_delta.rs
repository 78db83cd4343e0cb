//! What is kept of Redmine's open issues from one pass to the next, so that most passes ask only for what has changed.
//!
//! What changed cannot show what is gone: an issue that was deleted, or that we may no longer see, is in no answer. So the
//! issues that are put together from changes are counted against Redmine's own count, and all are read anew from time to time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::http::Budget;
use super::redmine_list::{Asked, Listed, Which};
use super::redmine_wire::{Issue, User, Vocabulary, instant};
use crate::domain::Fault;

/// Every so many passes all issues are read, for what no change tells: another name of a project or a person, say.
const WHOLE_EVERY: u32 = 10;

/// How far back changes are asked for again. The servers of one Redmine do not quite have the same time, and a change may be
/// seen a while after the time it bears.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

/// Says the time by Redmine's clock, or by ours where that is not known.
type Now<'a> = &'a (dyn Fn() -> DateTime<Utc> + Sync);

/// The open issues as of the last pass. They are no more of use when any pass has failed since, which is why a pass takes them
/// and gives them back.
pub(super) struct Kept {
    issues: BTreeMap<u64, Arc<Issue>>,
    /// The last change that was seen, by Redmine's clock.
    changed_at: DateTime<Utc>,
    /// How many passes ago all of them were read.
    age: u32,
    me: User,
    vocabulary: Vocabulary,
}

impl Kept {
    /// What is kept of a list; nothing where it cannot be put together with changes.
    fn of(listed: &Listed, me: &User, vocabulary: &Vocabulary, now: Now) -> Option<Self> {
        // what cannot be read may have no id by which it could be known again
        if !listed.complete || !listed.unreadable.is_empty() {
            return None;
        }
        let issues = listed.issues.iter().map(|issue| (issue.id, Arc::clone(issue))).collect();
        let changed_at = last_change(&listed.issues, now)?;
        Some(Self { issues, changed_at, age: 0, me: me.clone(), vocabulary: vocabulary.clone() })
    }

    /// Puts in what has changed; says whether it is all that there is.
    fn merge(&mut self, changes: &Listed, open: u64, now: Now) -> bool {
        for issue in &changes.issues {
            if issue.status.as_ref().is_some_and(|status| self.vocabulary.is_closed(status)) {
                self.issues.remove(&issue.id);
            } else {
                self.issues.insert(issue.id, Arc::clone(issue));
            }
        }
        self.age += 1;
        self.changed_at = last_change(&changes.issues, now).map_or(self.changed_at, |at| at.max(self.changed_at));
        changes.complete && changes.unreadable.is_empty() && self.issues.len() as u64 == open
    }

    /// All of them as a list.
    fn listed(&self) -> Listed {
        let issues: Vec<Arc<Issue>> = self.issues.values().map(Arc::clone).collect();
        Listed { entries: issues.len(), total: issues.len() as u64, issues, complete: true, ..Listed::default() }
    }
}

/// The last change of these, by Redmine's clock; one that bears a time that is still to come says nothing.
fn last_change(issues: &[Arc<Issue>], now: Now) -> Option<DateTime<Utc>> {
    let changes: Vec<DateTime<Utc>> = issues.iter().filter_map(|issue| instant(issue.updated_on.as_deref())).collect();
    let now = if changes.is_empty() { return None } else { now() };
    changes.into_iter().filter(|at| *at <= now).max()
}

/// The open issues, and what to keep of them: only what has changed is asked for, where that can be told.
pub(super) async fn issues(
    asked: Asked<'_>,
    kept: Option<Kept>,
    as_told: (&User, &Vocabulary),
    now: Now<'_>,
    budget: &mut Budget,
) -> Result<(Listed, Option<Kept>), Fault> {
    let (me, vocabulary) = as_told;
    // a clock that was put back dates what is new before what was seen
    let serves = |kept: &Kept| kept.age + 1 < WHOLE_EVERY && kept.me == *me && kept.vocabulary == *vocabulary && kept.changed_at <= now();
    if let Some(mut kept) = kept.filter(serves) {
        // the last change does not move while nothing happens, so neither does the question, which the server then knows again
        let since = (kept.changed_at - OVERLAP).to_rfc3339_opts(SecondsFormat::Secs, true);
        let changes = asked.issues(Which::ChangedSince(&since), budget).await?;
        let open = asked.count(budget).await?;
        if kept.merge(&changes, open, now) {
            return Ok((kept.listed(), Some(kept)));
        }
    }
    let listed = asked.issues(Which::Open, budget).await?;
    let kept = Kept::of(&listed, me, vocabulary, now);
    Ok((listed, kept))
}
