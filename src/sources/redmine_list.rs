//! Redmine's list of open issues, page by page, while it changes under the reader.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::http::{Budget, Http};
use super::redmine_wire::{Glimpse, Issue, IssueList};
use super::settings::SourceSettings;
use crate::domain::{Fault, FaultKind, SafeText, Ticket};

/// Redmine silently clamps to this.
const PAGE: usize = 100;
const MOST_PAGES: usize = 500;
/// How often a pass begins anew when the list changes under it.
const TRIES: usize = 3;

/// The issues of a pass.
#[derive(Default)]
pub(super) struct Listed {
    pub issues: Vec<Issue>,
    /// Those that cannot be read, as tickets that say why.
    pub unreadable: Vec<Ticket>,
    /// How many there were of both.
    pub entries: usize,
    /// How many there are by Redmine's own count.
    pub total: u64,
    /// Whether these are all.
    pub complete: bool,
    /// How many pages were asked for.
    pages: usize,
}

/// All open issues, or as many as could be had.
pub(super) async fn issues(http: &Http, source: &SourceSettings, project: Option<&str>, budget: &mut Budget) -> Result<Listed, Fault> {
    for _ in 1..TRIES {
        let listed = pages(http, source, project, budget).await?;
        // what has no end has none the next time either
        if listed.complete || listed.pages == MOST_PAGES {
            return Ok(listed);
        }
    }
    pages(http, source, project, budget).await
}

/// Pages that overlap by one issue: where the overlap is not there, the list changed while it was read, and an issue may
/// have slipped from one page to another unseen.
async fn pages(http: &Http, source: &SourceSettings, project: Option<&str>, budget: &mut Budget) -> Result<Listed, Fault> {
    let mut listed = Listed::default();
    let mut seen: HashSet<u64> = HashSet::new();
    let mut last: Option<Mark> = None;
    let limit = PAGE.to_string();
    while listed.pages < MOST_PAGES {
        listed.pages += 1;
        let offset = listed.entries.saturating_sub(usize::from(last.is_some())).to_string();
        let mut query = vec![("status_id", "open"), ("sort", "id"), ("limit", &*limit), ("offset", &*offset)];
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
                Ok(issue) if seen.insert(issue.id) => listed.issues.push(issue),
                Err(e) if glimpse.id.is_none_or(|id| seen.insert(id)) => {
                    listed.unreadable.push(glimpse.ticket(source, listed.entries, &e));
                }
                // the overlap of another page
                Ok(_) | Err(_) => {}
            }
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
    Fault { kind: FaultKind::Unintelligible, text: SafeText::line(&text), retry_after: None }
}
