//! What the verbs that do something to tickets have in common: keys are found first, then each deed is written down, told to its
//! source once, and what became of it is said. Nothing is called confirmed before the source was read again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::delivery::{self, Attempt};
use super::explain::unknown;
use super::output;
use super::session::{Exit, Fetched, Session};
use crate::app::words;
use crate::domain::{Deed, DeedKind, Grounds, Outcome, SafeText, SourceName, Status, Ticket, TicketKey};
use crate::records::{Ended, OutboxEntry, Queued, Records, RecordsFault};
use crate::sources::{SourceKind, TicketSource};

/// What became of one key.
#[derive(Serialize)]
struct Told {
    source: Option<SourceName>,
    key: SafeText,
    outcome: &'static str,
    by: Option<SafeText>,
    reason: Option<SafeText>,
    #[serde(skip)]
    at: Option<DateTime<Utc>>,
}

/// What is to be done, and to which tickets.
pub(super) struct Telling<'a> {
    /// The tickets as typed.
    pub keys: &'a [String],
    pub deed: Deed,
    /// Only written down; a dashboard or watch sends it.
    pub queue: bool,
    pub json: bool,
}

/// Does it to each ticket; to none where one of the keys may mean several tickets.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(telling: &Telling, session: &Session) -> color_eyre::Result<Exit> {
    let fetched = session.fetch(None)?;
    let mut keys = Vec::new();
    let mut ambiguous = false;
    for typed in telling.keys {
        match resolve(typed, &fetched) {
            Ok(Some(id)) if keys.contains(&Ok(id.clone())) => {}
            Ok(id) => keys.push(id.ok_or(typed)),
            Err(what) => {
                output::say(&what);
                ambiguous = true;
            }
        }
    }
    if ambiguous {
        return Ok(Exit::Usage);
    }
    // what cannot be written down is not sent: it could be lost, or sent twice
    let records = fetched.runtime.block_on(session.open_records()).map_err(|fault| SafeText::line(&format!("nothing was sent: {fault}")));
    let records = records.map(|opened| {
        opened.moved_aside.iter().for_each(|path| output::say(&output::moved_aside(path)));
        Arc::new(opened.records)
    });
    let told: Vec<Told> = fetched.runtime.block_on(async {
        let mut told = Vec::with_capacity(keys.len());
        for key in keys {
            told.push(match key {
                Ok(id) => match &records {
                    Ok(records) => tell(&id, telling, &fetched, records, session).await,
                    Err(why) => refused(Some(id.source), id.key, why.clone()),
                },
                Err(typed) => refused(None, SafeText::line(typed), SafeText::line(&unknown(typed))),
            });
        }
        told
    });
    if telling.json {
        output::print_json(&told)?;
    } else {
        say_each(&told, telling.deed.kind(), session)?;
    }
    let done = told.iter().all(|a| matches!(a.outcome, "confirmed" | "already") || (telling.queue && a.outcome == "queued"));
    Ok(if done { Exit::Done } else { Exit::Failed })
}

/// The ticket that somebody typed. `Ok(None)` is unknown.
///
/// A key alone is not enough while a source is silent that may have it too: an acknowledgement of the wrong ticket would
/// leave the right one to nobody.
fn resolve(typed: &str, fetched: &Fetched) -> Result<Option<TicketKey>, String> {
    let found = match fetched.store.find(typed) {
        Ok(found) => found.map(|ticket| ticket.id.clone()),
        Err(ambiguous) => return Err(output::ambiguous(&ambiguous)),
    };
    if found.as_ref().is_some_and(|id| id.to_string() == typed) {
        return Ok(found);
    }
    let named = fetched.partly.iter().find_map(|source| {
        let key = typed.strip_prefix(source.as_str())?.strip_prefix('/')?;
        Some(TicketKey { source: source.clone(), key: SafeText::line(key) })
    });
    match (found, named, fetched.partly.first()) {
        (None, named, _) => Ok(named),
        (Some(found), _, None) => Ok(Some(found)),
        (Some(found), _, Some(silent)) => {
            Err(format!("'{typed}' is in {} – but {silent} did not tell all it has and may have it too – say {found}", found.source))
        }
    }
}

/// Writes a deed down and tells the source once; what it does not answer stays in the outbox.
async fn tell(id: &TicketKey, telling: &Telling<'_>, fetched: &Fetched, records: &Arc<Records>, session: &Session) -> Told {
    let TicketKey { source: name, key } = id.clone();
    let ended = |outcome, by, at, reason| Told { source: Some(name.clone()), key: key.clone(), outcome, by, reason, at };
    // local tickets are changed in the very records that are open now
    let local = session.settings.sources.iter().find(|source| source.name == name && matches!(source.kind, SourceKind::Local));
    let local = local.map(|settings| Arc::new(session.local(settings, Some(records))) as Arc<dyn TicketSource>);
    let source = local.or_else(|| fetched.sources.iter().find(|source| *source.name() == name).cloned());
    let kind = telling.deed.kind();
    if let Some(why) = source.as_ref().and_then(|source| cannot(source.as_ref(), kind)) {
        return refused(Some(name), key, SafeText::line(why));
    }
    if kind == DeedKind::Unacknowledge && is_unsent(records, id) {
        return refused(Some(name), key, SafeText::line("its acknowledgement is not sent yet – undo it in the dashboard"));
    }
    if kind == DeedKind::Acknowledge
        && source.as_ref().is_some_and(|source| source.capabilities().kept_here(kind))
        && let Some(known) = kept_here(fetched.store.tickets().find(|ticket| ticket.id == *id))
    {
        return match known {
            Ok((by, at)) => ended("already", by, at, None),
            Err(reason) => refused(Some(name), key, SafeText::line(reason)),
        };
    }
    let entry = match queue(id, &telling.deed, fetched, records, session) {
        Ok(entry) => entry,
        Err(fault) => return refused(Some(name), key, SafeText::line(&fault.to_string())),
    };
    if let Some(by) = &entry.other {
        return ended("queued", None, None, Some(SafeText::line(&format!("process {by} is sending it"))));
    }
    if kind == DeedKind::Acknowledge && telling.deed.text().is_some() && entry.attempts > 0 {
        output::say(&format!("{id}: the note does not go with it: it was sent before without one – write it in the source"));
    }
    if telling.queue {
        return ended("queued", None, None, None);
    }
    // what was done to the ticket before comes first
    let before = records.outbox().unwrap_or_default().into_iter().filter(|earlier| earlier.key == *id && earlier.id < entry.id);
    for earlier in before {
        // of a process that is no more; one that lives sends it itself
        let _ = records.adopt(earlier.id);
        if !matches!(send(source.clone(), &earlier, records, session).await, Some(Attempt::Over(_))) {
            let reason = format!("what was done to it before is still on its way: {}", earlier.deed.kind().verb());
            return ended("queued", None, None, Some(SafeText::line(&reason)));
        }
    }
    match send(source, &entry, records, session).await {
        None => ended("queued", None, None, Some(SafeText::line("another process took it over"))),
        Some(Attempt::Over(outcome)) => match outcome {
            Outcome::Confirmed { by, at } => ended("confirmed", by, at, None),
            Outcome::Already { by, at } => ended("already", by, at, None),
            Outcome::Here { by, at } => {
                let here = format!("{} here: the source cannot be told", kind.done());
                ended("confirmed", Some(by), Some(at), Some(SafeText::line(&here)))
            }
            Outcome::Refused { reason } => ended("refused", None, None, Some(reason)),
            Outcome::Unknown { reason } => ended("unknown", None, None, Some(reason)),
        },
        Some(Attempt::Again { reason, doubt, .. }) => ended(if doubt { "unknown" } else { "queued" }, None, None, Some(reason)),
    }
}

/// Sends an entry of the outbox once, and notes what became of it. `None`: it is not ours to send.
async fn send(source: Option<Arc<dyn TicketSource>>, entry: &OutboxEntry, records: &Records, session: &Session) -> Option<Attempt> {
    let begun = match records.begin(entry.id) {
        Ok(begun) => begun?,
        Err(fault) => return Some(Attempt::Again { reason: SafeText::line(&fault.to_string()), doubt: false, retry_after: None }),
    };
    let may_have_arrived = begun.may_have_arrived;
    let attempt = delivery::attempt(source, entry, begun).await;
    match &attempt {
        Attempt::Over(outcome) => {
            let noted = records.end(entry.id, &Ended { outcome, at: (session.clock)() });
            return Some(Attempt::Over(noted.unwrap_or_else(|fault| {
                output::say(&format!("{}: what became of it is not on record – {fault}", entry.key));
                outcome.clone()
            })));
        }
        Attempt::Again { reason, doubt, .. } => {
            // it is still in the outbox, and counts as perhaps arrived where this fails
            let _ = records.wait(entry.id, reason, *doubt || may_have_arrived);
        }
    }
    Some(attempt)
}

/// Why a source cannot be told of a deed that is not kept here either.
fn cannot(source: &dyn TicketSource, kind: DeedKind) -> Option<&'static str> {
    let capabilities = source.capabilities();
    capabilities.why_not(kind).filter(|_| !capabilities.kept_here(kind))
}

/// Whether an acknowledgement of the ticket is still in the outbox. Where that cannot be read, nothing can be written either.
fn is_unsent(records: &Records, id: &TicketKey) -> bool {
    let outbox = records.outbox().unwrap_or_default();
    outbox.iter().any(|entry| entry.key == *id && entry.deed.kind() == DeedKind::Acknowledge)
}

/// What needs no acknowledgement here: who has it already, or why there is nothing to take. A source that cannot be told
/// cannot be asked either.
#[expect(clippy::type_complexity, reason = "who and when, or why not")]
fn kept_here(ticket: Option<&Arc<Ticket>>) -> Option<Result<(Option<SafeText>, Option<DateTime<Utc>>), &'static str>> {
    let Some(ticket) = ticket else { return Some(Err("its source does not tell of it")) };
    match ticket.status {
        Status::Resolved => Some(Err("it is resolved")),
        Status::Open | Status::OnClient if ticket.acknowledged_at.is_none() => None,
        _ => Some(Ok((ticket.acknowledged_by.clone().or_else(|| ticket.assignee.clone()), ticket.acknowledged_at))),
    }
}

fn queue(id: &TicketKey, deed: &Deed, fetched: &Fetched, records: &Records, session: &Session) -> Result<OutboxEntry, RecordsFault> {
    let now = (session.clock)();
    let unknown = Ticket::new(id.clone());
    let ticket = fetched.store.tickets().find(|ticket| ticket.id == *id).map_or(&unknown, Arc::as_ref);
    let grounds = Grounds::of(ticket, &session.settings.agreements, now);
    let who = session.who();
    records.queue(&Queued { key: id, deed, who: &who, grounds: &grounds, submitted_at: ticket.submitted_at, asked_at: now, send_at: now })
}

fn refused(source: Option<SourceName>, key: SafeText, reason: SafeText) -> Told {
    Told { source, key, outcome: "refused", by: None, reason: Some(reason), at: None }
}

fn say_each(told: &[Told], deed: DeedKind, session: &Session) -> color_eyre::Result<()> {
    for Told { source, key, outcome, by, reason, at } in told {
        let id = source.as_ref().map_or_else(|| key.to_string(), |source| format!("{source}/{key}"));
        let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let at = at.map_or_else(String::new, |at| format!(" {}", words::moment(session.settings.timezone, at, (session.clock)())));
        let done = deed.done();
        match (*outcome, reason) {
            ("confirmed", None) => output::print(|out| writeln!(out, "{id}: {done}{by}, confirmed by the source"))?,
            ("confirmed", Some(_)) => output::print(|out| writeln!(out, "{id}: {done} here{by}: its source cannot be told"))?,
            ("already", _) => output::print(|out| writeln!(out, "{id}: already {done}{by}{at}"))?,
            ("queued", None) => output::print(|out| writeln!(out, "{id}: queued; a dashboard or watch sends it"))?,
            ("queued", Some(reason)) => {
                output::say(&format!("{id}: not {done} yet – {reason} – it stays queued: try again, or run a dashboard or watch"));
            }
            ("unknown", Some(reason)) => output::say(&format!("{id}: not known whether it is {done} – {reason}")),
            (_, reason) => output::say(&format!("{id}: not {done} – {}", reason.as_ref().map_or("", SafeText::as_str))),
        }
    }
    Ok(())
}
