//! Request Tracker's list of active tickets. It has pages by number, through which tickets slip while it changes; so each
//! question is for those after the last one that was read.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::http::{Budget, Http};
use super::rt_wire::{Glimpse, Page, RtTicket};
use super::settings::{RtSettings, SourceSettings};
use crate::domain::{Fault, FaultKind, Ticket};

/// RT silently clamps to this.
const PAGE: u64 = 100;
const MOST_PAGES: usize = 500;
/// So many pages without anything in a row are the end, where RT does not tell how many tickets there are nor of a next page,
/// for which it looks a few pages ahead: it leaves out of a page what we may not see.
const EMPTY_PAGES: usize = 3;

/// What to say where more was hidden in a row than RT and we look ahead.
const HIDDEN: &str = "tickets may be missing – Request Tracker hides hundreds in a row from this user – narrow down queue or query";

/// What is asked of a ticket; without it RT tells of none but the id.
pub(super) const FIELDS: [(&str, &str); 5] = [
    ("fields", "Subject,Status,Priority,Created,LastUpdated,Told,Owner,Queue,Requestor,Cc,CustomFields"),
    ("fields[Owner]", "Name,RealName"),
    ("fields[Queue]", "Name"),
    ("fields[Requestor]", "Name,RealName,EmailAddress,WorkPhone,MobilePhone,Organization"),
    ("fields[Cc]", "Name"),
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
    /// Why they may not be.
    pub warning: Option<&'static str>,
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

/// What is read of a list.
struct Reading<'a> {
    source: &'a SourceSettings,
    listed: Listed,
    seen: HashSet<u64>,
    /// The highest id.
    last: u64,
}

impl Reading<'_> {
    /// Puts in a page; says how many of it are new.
    fn take(&mut self, page: &Page) -> usize {
        let listed = &mut self.listed;
        let before = listed.entries;
        for raw in &page.items {
            let glimpse = Glimpse::of(raw);
            // what is told twice is told once
            if glimpse.id.is_some_and(|id| !self.seen.insert(id)) {
                continue;
            }
            listed.entries += 1;
            self.last = self.last.max(glimpse.id.unwrap_or_default());
            match serde_json::from_str::<RtTicket>(raw.get()) {
                Ok(ticket) => listed.tickets.push(ticket),
                Err(e) => listed.unreadable.push(glimpse.ticket(self.source, listed.entries, &e)),
            }
        }
        listed.entries - before
    }
}

/// Asks for a page of those after the last one.
async fn page(http: &Http, query: &str, last: u64, (page, order): (usize, &str), budget: &mut Budget) -> Result<Box<RawValue>, Fault> {
    let (question, number, per_page) = (format!("{query} AND id > {last}"), page.to_string(), PAGE.to_string());
    let mut asked = vec![("query", &*question), ("orderby", "id"), ("order", order), ("per_page", &*per_page), ("page", &*number)];
    asked.extend(FIELDS);
    http.get("REST/2.0/tickets", &asked, budget).await
}

/// All tickets of a question, or as many as could be had.
pub(super) async fn tickets(http: &Http, source: &SourceSettings, query: &str, budget: &mut Budget) -> Result<Listed, Fault> {
    let mut reading = Reading { source, listed: Listed::default(), seen: HashSet::new(), last: 0 };
    let (mut number, mut left_out) = (1, false);
    for _ in 0..MOST_PAGES {
        let answer = page(http, query, reading.last, (number, "ASC"), budget).await?;
        let answer: Page = serde_json::from_str(answer.get()).map_err(|e| not_understood(&e))?;
        // of those that are left
        let before = reading.listed.entries;
        let new = reading.take(&answer);
        // what is counted and not shown is not all
        left_out |= answer.total.is_some_and(|total| (answer.items.len() as u64) < total.min(PAGE));
        if !left_out || reading.listed.total.is_none() {
            reading.listed.total = answer.total.map(|total| before as u64 + total);
        }
        match answer.total {
            Some(total) if new as u64 >= total => {
                reading.listed.complete = !left_out;
                return Ok(reading.listed);
            }
            // it says that there are more, and gives none
            Some(_) if new == 0 => return Ok(reading.listed),
            None if new == 0 && answer.more.is_none() && number >= EMPTY_PAGES => {
                // where more is hidden than anybody looks ahead, the other end of the list shows it
                let answer = page(http, query, reading.last, (1, "DESC"), budget).await?;
                let answer: Page = serde_json::from_str(answer.get()).map_err(|e| not_understood(&e))?;
                reading.listed.complete = reading.take(&answer) == 0 && answer.more.is_none();
                reading.listed.warning = (!reading.listed.complete).then_some(HIDDEN);
                return Ok(reading.listed);
            }
            None if new == 0 => number += 1,
            // without an id there is nothing to go on from
            _ if !reading.seen.contains(&reading.last) => return Ok(reading.listed),
            _ => number = 1,
        }
    }
    Ok(reading.listed)
}

fn not_understood(e: &serde_json::Error) -> Fault {
    let text = format!("the list of tickets is not understood – {e} – is url that of a Request Tracker 5?");
    Fault::new(FaultKind::Unintelligible, &text)
}
