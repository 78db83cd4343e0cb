//! `holdover ack`: tells the sources that tickets are taken. Nothing is called confirmed before the source was read again.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::cli::AckArgs;
use super::explain::unknown;
use super::output;
use super::session::{Exit, Fetched, Session};
use crate::app::words;
use crate::domain::{AckOutcome, SafeText, SourceName, TicketKey};

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
    let note = args.note.as_deref();
    let acked: Vec<Acked> = fetched.runtime.block_on(async {
        let mut acked = Vec::with_capacity(keys.len());
        for key in keys {
            acked.push(match key {
                Ok(id) => acknowledge(&id, note, &fetched).await,
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
    let done = acked.iter().all(|a| matches!(a.outcome, "confirmed" | "already"));
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

async fn acknowledge(id: &TicketKey, note: Option<&str>, fetched: &Fetched) -> Acked {
    let TicketKey { source: name, key } = id.clone();
    let Some(source) = fetched.sources.iter().find(|source| *source.name() == name) else {
        return refused(Some(name), key, SafeText::line("the source could not be opened"));
    };
    let (outcome, by, at, reason) = match source.acknowledge(id, note).await {
        Ok(AckOutcome::Confirmed { by, at }) => ("confirmed", by, at, None),
        Ok(AckOutcome::Already { by, at }) => ("already", by, at, None),
        Ok(AckOutcome::Unknown { reason }) => ("unknown", None, None, Some(reason)),
        Ok(AckOutcome::Refused { reason }) => ("refused", None, None, Some(reason)),
        Err(fault) => ("refused", None, None, Some(fault.text)),
    };
    Acked { source: Some(name), key, outcome, by, reason, at }
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
            ("confirmed", _) => output::print(|out| writeln!(out, "{id}: acknowledged{by}, confirmed by the source"))?,
            ("already", _) => output::print(|out| writeln!(out, "{id}: already acknowledged{by}{at}"))?,
            ("unknown", Some(reason)) => output::say(&format!("{id}: not known whether it is acknowledged – {reason}")),
            (_, reason) => output::say(&format!("{id}: not acknowledged – {}", reason.as_ref().map_or("", SafeText::as_str))),
        }
    }
    Ok(())
}
