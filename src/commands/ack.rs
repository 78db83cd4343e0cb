//! `holdover ack`: tells the sources that tickets are taken. Nothing is called confirmed before the source was read again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::cli::AckArgs;
use super::delivery::{self, Attempt};
use super::explain::unknown;
use super::output;
use super::session::{Exit, Fetched, Session};
use crate::app::words;
use crate::domain::{AckOutcome, Grounds, SafeText, SourceName, Status, Ticket, TicketKey};
use crate::records::{Ended, OutboxEntry, Queued, Records, RecordsFault};

/// What became of one key.
#[derive(Serialize)]
struct Acked {
    source: Option<SourceName>,
    key: SafeText,
    outcome: &'static str,
    by: Option<SafeText>,
    reason: Option<SafeText>,
    #[serde(skip)]
    at: Option<DateTime<Utc>>,
}

/// Acknowledges each key; none where one of them may mean several tickets.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &AckArgs, session: &Session) -> color_eyre::Result<Exit> {
    let fetched = session.fetch(None)?;
    let mut keys = Vec::new();
    let mut ambiguous = false;
    for typed in &args.keys {
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
    let acked: Vec<Acked> = fetched.runtime.block_on(async {
        let mut acked = Vec::with_capacity(keys.len());
        for key in keys {
            acked.push(match key {
                Ok(id) => match &records {
                    Ok(records) => acknowledge(&id, args, &fetched, records, session).await,
                    Err(why) => refused(Some(id.source), id.key, why.clone()),
                },
                Err(typed) => refused(None, SafeText::line(typed), SafeText::line(&unknown(typed))),
            });
        }
        acked
    });
    if args.json {
        output::print_json(&acked)?;
    } else {
        say_each(&acked, session)?;
    }
    let done = acked.iter().all(|a| matches!(a.outcome, "confirmed" | "already") || (args.queue && a.outcome == "queued"));
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

/// Writes an acknowledgement down and tells the source once; what it does not answer stays in the outbox.
async fn acknowledge(id: &TicketKey, args: &AckArgs, fetched: &Fetched, records: &Arc<Records>, session: &Session) -> Acked {
    let TicketKey { source: name, key } = id.clone();
    let ended = |outcome, by, at, reason| Acked { source: Some(name.clone()), key: key.clone(), outcome, by, reason, at };
    let source = fetched.sources.iter().find(|source| *source.name() == name).cloned();
    if source.as_ref().is_some_and(|source| !source.capabilities().acknowledge)
        && let Some(known) = kept_here(fetched.store.tickets().find(|ticket| ticket.id == *id))
    {
        return match known {
            Ok((by, at)) => ended("already", by, at, None),
            Err(reason) => refused(Some(name), key, SafeText::line(reason)),
        };
    }
    let entry = match queue(id, args, fetched, records, session) {
        Ok(entry) => entry,
        Err(fault) => return refused(Some(name), key, SafeText::line(&fault.to_string())),
    };
    if let Some(by) = &entry.other {
        return ended("queued", None, None, Some(SafeText::line(&format!("process {by} is sending it"))));
    }
    if args.note.is_some() && entry.attempts > 0 {
        output::say(&format!("{id}: the note does not go with it: it was sent before without one – write it in the source"));
    }
    if args.queue {
        return ended("queued", None, None, None);
    }
    let begun = match records.begin(entry.id) {
        Ok(Some(begun)) => begun,
        Ok(None) => return ended("queued", None, None, Some(SafeText::line("another process took it over"))),
        Err(fault) => return ended("queued", None, None, Some(SafeText::line(&fault.to_string()))),
    };
    match delivery::attempt(source, &entry, begun).await {
        Attempt::Over(outcome) => {
            let noted = records.end(entry.id, &Ended { outcome: &outcome, at: (session.clock)() });
            let outcome = noted.unwrap_or_else(|fault| {
                output::say(&format!("{id}: what became of it is not on record – {fault}"));
                outcome
            });
            match outcome {
                AckOutcome::Confirmed { by, at } => ended("confirmed", by, at, None),
                AckOutcome::Already { by, at } => ended("already", by, at, None),
                AckOutcome::Here { by, at } => {
                    ended("confirmed", Some(by), Some(at), Some(SafeText::line("acknowledged here: the source cannot be told")))
                }
                AckOutcome::Refused { reason } => ended("refused", None, None, Some(reason)),
                AckOutcome::Unknown { reason } => ended("unknown", None, None, Some(reason)),
            }
        }
        Attempt::Again { reason, doubt, .. } => {
            // that it waits is for the eye: it is still in the outbox
            let _ = records.wait(entry.id, &reason);
            ended(if doubt { "unknown" } else { "queued" }, None, None, Some(reason))
        }
    }
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

fn queue(id: &TicketKey, args: &AckArgs, fetched: &Fetched, records: &Records, session: &Session) -> Result<OutboxEntry, RecordsFault> {
    let now = (session.clock)();
    let unknown = Ticket::new(id.clone());
    let ticket = fetched.store.tickets().find(|ticket| ticket.id == *id).map_or(&unknown, Arc::as_ref);
    let grounds = Grounds::of(ticket, &session.settings.agreements, now);
    let (who, note) = (session.who(), args.note.as_deref().map(SafeText::body));
    records.queue(&Queued {
        key: id,
        note: note.as_ref(),
        who: &who,
        grounds: &grounds,
        submitted_at: ticket.submitted_at,
        asked_at: now,
        send_at: now,
    })
}

fn refused(source: Option<SourceName>, key: SafeText, reason: SafeText) -> Acked {
    Acked { source, key, outcome: "refused", by: None, reason: Some(reason), at: None }
}

fn say_each(acked: &[Acked], session: &Session) -> color_eyre::Result<()> {
    for Acked { source, key, outcome, by, reason, at } in acked {
        let id = source.as_ref().map_or_else(|| key.to_string(), |source| format!("{source}/{key}"));
        let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
        let at = at.map_or_else(String::new, |at| format!(" {}", words::moment(session.settings.timezone, at, (session.clock)())));
        match (*outcome, reason) {
            ("confirmed", None) => output::print(|out| writeln!(out, "{id}: acknowledged{by}, confirmed by the source"))?,
            ("confirmed", Some(_)) => output::print(|out| writeln!(out, "{id}: acknowledged here{by}: its source cannot be told"))?,
            ("already", _) => output::print(|out| writeln!(out, "{id}: already acknowledged{by}{at}"))?,
            ("queued", None) => output::print(|out| writeln!(out, "{id}: queued; a dashboard sends it"))?,
            ("queued", Some(reason)) => {
                output::say(&format!("{id}: not acknowledged yet – {reason} – it stays queued: try again, or run a dashboard"));
            }
            ("unknown", Some(reason)) => output::say(&format!("{id}: not known whether it is acknowledged – {reason}")),
            (_, reason) => output::say(&format!("{id}: not acknowledged – {}", reason.as_ref().map_or("", SafeText::as_str))),
        }
    }
    Ok(())
}
