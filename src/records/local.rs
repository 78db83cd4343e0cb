//! The tickets of a source that is kept here itself: issues that came by phone, say.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::database::Records;
use super::fault::RecordsFault;
use crate::domain::{SafeText, SourceName, Status, Ticket, TicketKey};

impl Records {
    /// The tickets of a local source that are not resolved, or that were since an instant; by their numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn local_tickets(&self, source: &SourceName, resolved_since: DateTime<Utc>) -> Result<Vec<Ticket>, RecordsFault> {
        let Some(id) = self.id(source) else { return Ok(Vec::new()) };
        self.read(|connection| {
            let row = "SELECT key, body FROM local_ticket WHERE source = ?1 AND (resolved_at IS NULL OR resolved_at >= ?2) ORDER BY number";
            connection.prepare_cached(row)?.query_map(params![id, resolved_since.timestamp()], |row| of_row(source, row))?.collect()
        })
    }

    /// The local tickets, not resolved, of sources that the configuration no longer has: the name, and how many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn forgotten_local(&self) -> Result<Vec<(SafeText, u32)>, RecordsFault> {
        self.read(|connection| {
            let row = "SELECT source.id, name, count(*) FROM local_ticket JOIN source ON source.id = source \
                       WHERE resolved_at IS NULL GROUP BY source.id ORDER BY name";
            let mut rows = connection.prepare(row)?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
            let all: Vec<(i64, String, u32)> = rows.collect::<rusqlite::Result<_>>()?;
            let forgotten = all.into_iter().filter(|(id, ..)| self.name(*id).is_none());
            Ok(forgotten.map(|(_, name, count)| (SafeText::line(&name), count)).collect())
        })
    }

    /// Adds a ticket to a local source. `make` gives it what is known, under the key that it gets: the name of the source in
    /// capitals, and the next number.
    ///
    /// # Errors
    /// The database cannot be written; there is no such ticket then.
    pub fn add_local(&self, source: &SourceName, make: impl FnOnce(TicketKey) -> Ticket) -> Result<TicketKey, RecordsFault> {
        let unknown = TicketKey { source: source.clone(), key: SafeText::line("?") };
        let id = self.must_know(&unknown)?;
        self.write(|transaction| {
            let next = "SELECT coalesce(max(number), 0) + 1 FROM local_ticket WHERE source = ?1";
            let number: i64 = transaction.query_row(next, [id], |row| row.get(0))?;
            let key = SafeText::line(&format!("{}-{number}", source.as_str().to_uppercase()));
            let key = TicketKey { source: source.clone(), key };
            let body = body(&make(key.clone()))?;
            let row = "INSERT INTO local_ticket (source, number, key, body) VALUES (?1, ?2, ?3, ?4)";
            transaction.execute(row, params![id, number, key.key.as_str(), body])?;
            Ok(key)
        })
    }

    /// Changes a ticket of a local source, all at once or not at all; what `change` says of it. `None`: there is no such ticket.
    ///
    /// # Errors
    /// The database cannot be written; nothing is changed then.
    pub fn change_local<T>(&self, key: &TicketKey, change: impl FnOnce(&mut Ticket) -> T) -> Result<Option<T>, RecordsFault> {
        let id = self.must_know(key)?;
        self.write(|transaction| {
            let row = "SELECT key, body FROM local_ticket WHERE source = ?1 AND key = ?2";
            let found = transaction.query_row(row, params![id, key.key.as_str()], |row| of_row(&key.source, row)).optional()?;
            let Some(mut ticket) = found else { return Ok(None) };
            let (unreadable, told) = (ticket.unreadable.is_some(), change(&mut ticket));
            if unreadable {
                // there may be more in it than is seen
                return Ok(Some(told));
            }
            let resolved_at = ticket.resolved_at.filter(|_| ticket.status == Status::Resolved).map(|at| at.timestamp());
            let row = "UPDATE local_ticket SET body = ?3, resolved_at = ?4 WHERE source = ?1 AND key = ?2";
            transaction.execute(row, params![id, key.key.as_str(), body(&ticket)?, resolved_at])?;
            Ok(Some(told))
        })
    }
}

/// The ticket of a row; one that cannot be read costs only itself.
fn of_row(source: &SourceName, row: &Row) -> rusqlite::Result<Ticket> {
    let key: String = row.get(0)?;
    Ok(serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_else(|why| {
        let mut ticket = Ticket::new(TicketKey { source: source.clone(), key: SafeText::line(&key) });
        ticket.unreadable = Some(SafeText::line(&format!("the records of it are damaged: {why}")));
        ticket
    }))
}

fn body(ticket: &Ticket) -> rusqlite::Result<String> {
    serde_json::to_string(ticket).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
