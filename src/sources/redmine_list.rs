//! Redmine's lists of issues, page by page, while they change under the reader.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::http::{Budget, Http};
use super::redmine_wire::{Glimpse, Issue, IssueList};
use super::settings::SourceSettings;
use crate::domain::{Fault, FaultKind, Ticket};

/// Redmine silently clamps to this.
const PAGE: usize = 100;
const MOST_PAGES: usize = 500;
/// How often a pass begins anew when the list changes under it.
const TRIES: usize = 3;

/// The issues of a pass.
#[derive(Default)]
pub(super) struct Listed {
    pub issues: Vec<Arc<Issue>>,
    /// Those that cannot be read, as tickets that say why.
    pub unreadable: Vec<Ticket>,
    /// How many there were of both.
    pub entries: usize,
    /// How many there are by Redmine's own count.
    pub total: u64,
    /// Whether these are all.
    pub complete: bool,
    /// How many pages were asked for.
    pub pages: usize,
}

/// Of which issues a list is.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// Those that are open.
    Open,
    /// Those that were changed since a time, the closed ones too. Redmine reads no other time than one in UTC that ends in Z.
    ChangedSince(&'a str),
}

/// Where issues are asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub http: &'a Http,
    pub source: &'a SourceSettings,
    pub project: Option<&'a str>,
}

impl Asked<'_> {
    /// All issues of a list, or as many as could be had.
    pub async fn issues(self, which: Which<'_>, budget: &mut Budget) -> Result<Listed, Fault> {
        for _ in 1..TRIES {
            let listed = pages(self, which, budget).await?;
            // what has no end has none the next time either
            if listed.complete || listed.pages == MOST_PAGES {
                return Ok(listed);
            }
        }
        pages(self, which, budget).await
    }

    /// How many open issues there are.
    pub async fn count(self, budget: &mut Budget) -> Result<u64, Fault> {
        let mut query = vec![("status_id", "open"), ("sort", "id"), ("limit", "1")];
        query.extend(self.project.map(|project| ("project_id", project)));
        let page: Box<RawValue> = self.http.get("issues.json", &query, budget).await?;
        let page: IssueList = serde_json::from_str(page.get()).map_err(|e| not_understood(&e))?;
        Ok(page.total_count)
    }
}

/// Pages that overlap by one issue: where the overlap is not there, the list changed while it was read, and an issue may
/// have slipped from one page to another unseen.
async fn pages(asked: Asked<'_>, which: Which<'_>, budget: &mut Budget) -> Result<Listed, Fault> {
    let Asked { http, source, project } = asked;
    let mut listed = Listed::default();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut last: Option<Mark> = None;
    let limit = PAGE.to_string();
    let since = match which {
        Which::Open => None,
        Which::ChangedSince(time) => Some(format!(">={time}")),
    };
    while listed.pages < MOST_PAGES {
        listed.pages += 1;
        let offset = listed.entries.saturating_sub(usize::from(last.is_some())).to_string();
        let status = if since.is_none() { "open" } else { "*" };
        let mut query = vec![("status_id", status), ("sort", "id"), ("limit", &*limit), ("offset", &*offset)];
        query.extend(since.as_deref().map(|since| ("updated_on", since)));
        query.extend(project.map(|project| ("project_id", project)));
        let page: Box<RawValue> = http.get("issues.json", &query, budget).await?;
        let page: IssueList = serde_json::from_str(page.get()).map_err(|e| not_understood(&e))?;
        listed.total = page.total_count;
        let (before, mut first) = (listed.entries, true);
        for raw in &page.issues {
            let glimpse = Glimpse::of(raw);
            let mark = Mark::of(&glimpse, raw);
            if std::mem::take(&mut first) && last.is_some() {
                if last.as_ref() == Some(&mark) {
                    continue;
                }
                return Ok(listed);
            }
            listed.entries += 1;
            last = Some(mark);
            match serde_json::from_str::<Issue>(raw.get()) {
                Ok(issue) if seen.insert(issue.id) => listed.issues.push(Arc::new(issue)),
                Err(e) if glimpse.id.is_none_or(|id| seen.insert(id)) => {
                    listed.unreadable.push(glimpse.ticket(source, listed.entries, &e));
                }
                // the overlap of another page
                Ok(_) | Err(_) => {}
            }
        }
        if listed.entries as u64 >= page.total_count {
            // an issue that is told twice stands in the place of another
            listed.complete = (listed.issues.len() + listed.unreadable.len()) as u64 >= page.total_count;
            return Ok(listed);
        }
        if listed.entries == before {
            return Ok(listed);
        }
    }
    Ok(listed)
}

/// What an issue is known again by: its id, or all of it where it has none that can be read.
#[derive(PartialEq)]
enum Mark {
    Id(u64),
    Text(String),
}

impl Mark {
    fn of(glimpse: &Glimpse, raw: &RawValue) -> Self {
        glimpse.id.map_or_else(|| Self::Text(raw.get().to_owned()), Self::Id)
    }
}

fn not_understood(e: &serde_json::Error) -> Fault {
    let text = format!("the list of issues is not understood – {e} – is url that of a Redmine server?");
    Fault::new(FaultKind::Unintelligible, &text)
}
