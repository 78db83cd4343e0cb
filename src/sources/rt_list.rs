//! Request Tracker's list of active tickets. It has pages by number, through which tickets slip while it changes; so each
//! question is for those after the last one that was read.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::http::{Budget, Http};
use super::rt_wire::{Glimpse, Page, RtTicket};
use super::settings::{RtSettings, SourceSettings};
use crate::domain::{Fault, FaultKind, SafeText, Ticket};

/// RT silently clamps to this.
const PAGE: u64 = 100;
const MOST_PAGES: usize = 500;
/// So many pages without anything in a row are the end, where RT does not tell how many tickets there are: it leaves out of a
/// page what we may not see.
const EMPTY_PAGES: usize = 3;

/// What is asked of a ticket; without it RT tells of none but the id.
pub(super) const FIELDS: [(&str, &str); 4] = [
    ("fields", "Subject,Status,Priority,Created,LastUpdated,Told,Owner,Queue,Requestor,CustomFields"),
    ("fields[Owner]", "Name,RealName"),
    ("fields[Queue]", "Name"),
    ("fields[Requestor]", "Name,RealName,EmailAddress,WorkPhone,MobilePhone,Organization"),
];

/// The tickets of a pass.
#[derive(Default)]
pub(super) struct Listed {
    pub tickets: Vec<RtTicket>,
    /// Those that cannot be read, as tickets that say why.
    pub unreadable: Vec<Ticket>,
    /// How many there were of both.
    pub entries: usize,
    /// How many there are by RT's own count.
    pub total: Option<u64>,
    /// Whether these are all.
    pub complete: bool,
}

/// The question for all tickets that somebody still has to do something about.
pub(super) fn query(rt: &RtSettings) -> String {
    let mut query = "Status = '__Active__'".to_owned();
    let quoted = |name: &String| format!("Queue = '{}'", name.replace('\\', "\\\\").replace('\'', "\\'"));
    let queues: Vec<String> = rt.queue.iter().map(quoted).collect();
    if !queues.is_empty() {
        query = format!("{query} AND ({})", queues.join(" OR "));
    }
    match &rt.query {
        Some(more) => format!("{query} AND ({more})"),
        None => query,
    }
}

/// All tickets of a question, or as many as could be had.
pub(super) async fn tickets(http: &Http, source: &SourceSettings, query: &str, budget: &mut Budget) -> Result<Listed, Fault> {
    let mut listed = Listed::default();
    let mut seen: HashSet<u64> = HashSet::new();
    let (mut last, mut page, mut left_out) = (0, 1, false);
    let per_page = PAGE.to_string();
    for _ in 0..MOST_PAGES {
        let (question, number) = (format!("{query} AND id > {last}"), page.to_string());
        let mut asked = vec![("query", &*question), ("orderby", "id"), ("order", "ASC"), ("per_page", &*per_page), ("page", &*number)];
        asked.extend(FIELDS);
        let answer: Box<RawValue> = http.get("REST/2.0/tickets", &asked, budget).await?;
        let answer: Page = serde_json::from_str(answer.get()).map_err(|e| not_understood(&e))?;
        // of those that are left
        let before = listed.entries;
        for raw in &answer.items {
            let glimpse = Glimpse::of(raw);
            // what is told twice is told once
            if glimpse.id.is_some_and(|id| !seen.insert(id)) {
                continue;
            }
            listed.entries += 1;
            last = last.max(glimpse.id.unwrap_or_default());
            match serde_json::from_str::<RtTicket>(raw.get()) {
                Ok(ticket) => listed.tickets.push(ticket),
                Err(e) => listed.unreadable.push(glimpse.ticket(source, listed.entries, &e)),
            }
        }
        let new = listed.entries - before;
        // what is counted and not shown is not all
        left_out |= answer.total.is_some_and(|total| (answer.items.len() as u64) < total.min(PAGE));
        if !left_out || listed.total.is_none() {
            listed.total = answer.total.map(|total| before as u64 + total);
        }
        match answer.total {
            Some(total) if new as u64 >= total => {
                listed.complete = !left_out;
                return Ok(listed);
            }
            // it says that there are more, and gives none
            Some(_) if new == 0 => return Ok(listed),
            None if new == 0 && page >= EMPTY_PAGES => {
                listed.complete = true;
                return Ok(listed);
            }
            None if new == 0 => page += 1,
            // without an id there is nothing to go on from
            _ if !seen.contains(&last) => return Ok(listed),
            _ => page = 1,
        }
    }
    Ok(listed)
}

fn not_understood(e: &serde_json::Error) -> Fault {
    let text = format!("the list of tickets is not understood – {e} – is url that of a Request Tracker 5?");
    Fault { kind: FaultKind::Unintelligible, text: SafeText::line(&text), retry_after: None }
}
