//! The last good tickets of each source, for the first frame, `--cached` and `status`; and when what was first seen.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Row, Transaction, params};

use super::database::Records;
use super::fault::RecordsFault;
use crate::domain::{Fault, FaultKind, SafeText, Severity, SourceName, Ticket, TicketKey, map_many};

/// The last good tickets of a source, and what is known of them.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When the pass began that told of them.
    pub began_at: DateTime<Utc>,
    /// When it was whole.
    pub ended_at: DateTime<Utc>,
    /// Whether these were all there were.
    pub complete: bool,
    /// How many there were by the source's own count.
    pub total: Option<u64>,
    /// When the last complete pass ended.
    pub complete_at: Option<DateTime<Utc>>,
    /// The tickets.
    pub tickets: Vec<Arc<Ticket>>,
    /// When the source was last asked.
    pub tried_at: DateTime<Utc>,
    /// What went wrong then.
    pub fault: Option<Fault>,
    /// How far its clock is ahead of ours.
    pub clock_ahead: Option<TimeDelta>,
    /// It was this process that asked.
    pub ours: bool,
}

impl Snapshot {
    /// The same as if it had been told at an instant.
    #[must_use]
    pub fn as_of(self, at: DateTime<Utc>) -> Self {
        Self { began_at: at, ended_at: at, complete_at: self.complete_at.map(|_| at), tried_at: at, ..self }
    }
}

impl Records {
    /// The last good tickets of a source, if they were read by its present settings.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snapshot(&self, source: &SourceName) -> Result<Option<Snapshot>, RecordsFault> {
        self.kept(source, "SELECT key, body, description FROM ticket WHERE source = ?1", &mut |_, _| true)
    }

    /// The same without the descriptions: enough to judge the tickets and to count them; and only of those that are asked for by
    /// their key and their text, in this order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snapshot_to_count(
        &self,
        source: &SourceName,
        wanted: &mut dyn FnMut(&str, &str) -> bool,
    ) -> Result<Option<Snapshot>, RecordsFault> {
        self.kept(source, "SELECT key, body, NULL FROM ticket WHERE source = ?1", wanted)
    }

    fn kept(
        &self,
        source: &SourceName,
        tickets: &str,
        wanted: &mut dyn FnMut(&str, &str) -> bool,
    ) -> Result<Option<Snapshot>, RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(None) };
        self.read(|connection| {
            // of one instant, though another process may be writing
            let transaction = connection.unchecked_transaction()?;
            let row = "SELECT began_at, ended_at, complete, total, complete_at, fault, fault_kind, tried_at, tried_by, clock_ahead, reading \
                       FROM source WHERE id = ?1";
            let told = transaction.query_row(row, [id], |row| Ok((of_row(row, &self.claim.name)?, row.get::<_, Option<String>>(10)?)))?;
            let (Some(mut snapshot), Some(reading)) = told else { return Ok(None) };
            if self.reading(source).as_ref() != Some(&reading) {
                return Ok(None);
            }
            let mut rows = transaction.prepare_cached(tickets)?;
            let mut rows = rows.query([id])?;
            let mut bodies: Vec<(String, Option<String>)> = Vec::new();
            while let Some(row) = rows.next()? {
                if wanted(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?) {
                    bodies.push((row.get(1)?, row.get(2)?));
                }
            }
            let tickets: Result<_, serde_json::Error> = map_many(bodies, |(body, description)| {
                let mut ticket: Ticket = serde_json::from_str(&body)?;
                ticket.description = description.map(|text| SafeText::body(&text));
                Ok(Arc::new(ticket))
            })
            .collect();
            let no_ticket = |error: serde_json::Error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into());
            snapshot.tickets = tickets.map_err(no_ticket)?;
            Ok(Some(snapshot))
        })
    }

    /// What went wrong when a source was last asked.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn fault(&self, source: &SourceName) -> Result<Option<SafeText>, RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(None) };
        let fault: Option<String> =
            self.read(|connection| connection.query_row("SELECT fault FROM source WHERE id = ?1", [id], |row| row.get(0)))?;
        Ok(fault.map(|fault| SafeText::line(&fault)))
    }

    /// Keeps the tickets of a source as they stand after a pass; of a complete one, what is no longer among them goes.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn keep(&self, source: &SourceName, kept: &Snapshot) -> Result<(), RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(()) };
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(|transaction| {
            // what this process wrote last, if no other has written since: the same tickets are there already
            let by = "SELECT tried_by FROM source WHERE id = ?1";
            let by: Option<String> = transaction.query_row(by, [id], |row| row.get(0))?;
            let last = written.get(&id).filter(|_| by.as_deref() == Some(self.claim.name.as_str()));
            let same: HashSet<*const Ticket> = last.into_iter().flatten().map(Arc::as_ptr).collect();
            let is_new = |ticket: &&Arc<Ticket>| !same.contains(&Arc::as_ptr(ticket));
            let all_same = last.is_some_and(|last| last.len() == kept.tickets.len()) && !kept.tickets.iter().any(|ticket| is_new(&ticket));
            let before = if last.is_some() { HashMap::new() } else { bodies(transaction, id)? };
            for ticket in kept.tickets.iter().filter(is_new) {
                let mut body = Ticket::clone(ticket);
                let description = body.description.take().map(|text| text.to_string());
                let body = serde_json::to_string(&body).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
                let there = (body, description);
                if before.get(ticket.id.key.as_str()) == Some(&there) {
                    continue;
                }
                let row = "INSERT OR REPLACE INTO ticket (source, key, body, description) VALUES (?1, ?2, ?3, ?4)";
                transaction.prepare_cached(row)?.execute(params![id, ticket.id.key.as_str(), there.0, there.1])?;
                see(transaction, id, ticket)?;
            }
            if kept.complete && !all_same {
                let there: HashSet<&str> = kept.tickets.iter().map(|ticket| ticket.id.key.as_str()).collect();
                for table in ["ticket", "seen", "taken_here", "contact_here"] {
                    prune(transaction, table, id, &there)?;
                }
            }
            self.end_gap(transaction, source, id, kept)?;
            let row = "UPDATE source SET began_at = ?2, ended_at = ?3, complete = ?4, total = ?5, complete_at = ?6, tried_at = ?7, \
                       tried_by = ?8, clock_ahead = ?9, reading = ?10, fault = NULL, fault_kind = NULL WHERE id = ?1";
            let seconds = |at: DateTime<Utc>| at.timestamp();
            let complete_at = kept.complete_at.map(seconds);
            let total = kept.total.and_then(|total| i64::try_from(total).ok());
            let values = params![
                id,
                seconds(kept.began_at),
                seconds(kept.ended_at),
                kept.complete,
                total,
                complete_at,
                seconds(kept.tried_at),
                self.claim.name,
                kept.clock_ahead.map(|ahead| ahead.num_seconds()),
                self.reading(source),
            ];
            transaction.execute(row, values)?;
            Ok(())
        })?;
        // after a part of them, more may be there than was told
        if kept.complete {
            written.insert(id, kept.tickets.clone());
        } else {
            written.remove(&id);
        }
        Ok(())
    }

    /// Keeps what went wrong when a source was asked.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn keep_fault(&self, source: &SourceName, fault: &Fault, tried_at: DateTime<Utc>) -> Result<(), RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(()) };
        // another may have written since, and who wrote last is no more known after this
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let kind: &str = fault.kind.into();
        let row = "UPDATE source SET fault = ?2, fault_kind = ?3, tried_at = ?4, tried_by = ?5 WHERE id = ?1";
        self.write(|transaction| transaction.execute(row, params![id, fault.text.as_str(), kind, tried_at.timestamp(), self.claim.name]))
            .map(|_| ())
    }

    /// Tickets of a source whose verdict hangs on when they, or their severity, were first seen; nothing else is known of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn seen(&self, source: &SourceName) -> Result<Vec<Arc<Ticket>>, RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(Vec::new()) };
        self.read(|connection| {
            let mut rows = connection.prepare("SELECT key, first_seen_at, severity_seen_at, severity FROM seen WHERE source = ?1")?;
            let ticket = |row: &Row| {
                let key: String = row.get(0)?;
                let severity: Option<String> = row.get(3)?;
                let mut ticket = Ticket::new(TicketKey { source: source.clone(), key: SafeText::line(&key) });
                ticket.first_seen_at = instant(row.get(1)?);
                ticket.severity_seen_at = instant(row.get(2)?);
                ticket.severity_unreadable = severity.as_deref() == Some(UNREADABLE);
                ticket.severity = severity.and_then(|severity| Severity::parse(&severity));
                Ok(Arc::new(ticket))
            };
            rows.query_map([id], ticket)?.collect()
        })
    }
}

/// Stands for a severity that could not be read.
const UNREADABLE: &str = "unreadable";

fn see(transaction: &Transaction, id: i64, ticket: &Ticket) -> rusqlite::Result<()> {
    let key = ticket.id.key.as_str();
    if ticket.first_seen_at.is_none() && ticket.severity_seen_at.is_none() {
        transaction.prepare_cached("DELETE FROM seen WHERE source = ?1 AND key = ?2")?.execute(params![id, key])?;
        return Ok(());
    }
    let severity = if ticket.severity_unreadable { Some(UNREADABLE.to_owned()) } else { ticket.severity.map(|s| s.to_string()) };
    let row = "INSERT OR REPLACE INTO seen (source, key, first_seen_at, severity_seen_at, severity) VALUES (?1, ?2, ?3, ?4, ?5)";
    let seconds = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
    transaction.prepare_cached(row)?.execute(params![
        id,
        key,
        seconds(ticket.first_seen_at),
        seconds(ticket.severity_seen_at),
        severity
    ])?;
    Ok(())
}

/// Removes what a source no longer has from a table of its tickets.
fn prune(transaction: &Transaction, table: &str, id: i64, there: &HashSet<&str>) -> rusqlite::Result<()> {
    let mut rows = transaction.prepare_cached(&format!("SELECT key FROM {table} WHERE source = ?1"))?;
    let keys: Vec<String> = rows.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut remove = transaction.prepare_cached(&format!("DELETE FROM {table} WHERE source = ?1 AND key = ?2"))?;
    keys.iter().filter(|key| !there.contains(key.as_str())).try_for_each(|key| remove.execute(params![id, key]).map(|_| ()))
}

/// What is kept of each ticket of a source: its body and its description.
fn bodies(transaction: &Transaction, id: i64) -> rusqlite::Result<HashMap<String, (String, Option<String>)>> {
    let mut rows = transaction.prepare_cached("SELECT key, body, description FROM ticket WHERE source = ?1")?;
    rows.query_map([id], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.collect()
}

/// A row of `source`; `None` where no pass was ever taken in.
fn of_row(row: &Row, own: &str) -> rusqlite::Result<Option<Snapshot>> {
    let (Some(began_at), Some(ended_at)) = (instant(row.get(0)?), instant(row.get(1)?)) else { return Ok(None) };
    let (text, kind): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let fault = text.zip(kind.and_then(|kind| kind.parse::<FaultKind>().ok()));
    Ok(Some(Snapshot {
        began_at,
        ended_at,
        complete: row.get(2)?,
        total: row.get::<_, Option<i64>>(3)?.and_then(|total| u64::try_from(total).ok()),
        complete_at: instant(row.get(4)?),
        tickets: Vec::new(),
        tried_at: instant(row.get(7)?).unwrap_or(ended_at),
        ours: row.get::<_, Option<String>>(8)?.is_some_and(|by| by == own),
        clock_ahead: row.get::<_, Option<i64>>(9)?.and_then(TimeDelta::try_seconds),
        fault: fault.map(|(text, kind)| Fault { kind, text: SafeText::line(&text), retry_after: None }),
    }))
}

pub(super) fn instant(seconds: Option<i64>) -> Option<DateTime<Utc>> {
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0))
}
