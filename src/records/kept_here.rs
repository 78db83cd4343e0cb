//! What is kept here of tickets whose source cannot be told: acknowledgements and contacts. They last as long as the ticket does.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::database::Records;
use super::fault::RecordsFault;
use super::snapshot::instant;
use crate::domain::{Deed, KeptHere, Outcome, SafeText, TicketKey};

impl Records {
    /// What is kept here of tickets, the acknowledgements first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn kept_here(&self) -> Result<Vec<KeptHere>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare(
                "SELECT source, key, submitted_at, NULL, who, at FROM taken_here \
                 UNION ALL SELECT source, key, submitted_at, channel, who, at FROM contact_here ORDER BY 4, 1, 2, 6",
            )?;
            let kept = rows.query_map([], |row| {
                let (key, who): (String, String) = (row.get(1)?, row.get(4)?);
                let Some(source) = self.name(row.get(0)?) else { return Ok(None) };
                Ok(Some(KeptHere {
                    key: TicketKey { source, key: SafeText::line(&key) },
                    submitted_at: instant(row.get(2)?),
                    channel: row.get::<_, Option<String>>(3)?.map(|channel| SafeText::line(&channel)),
                    by: SafeText::line(&who),
                    at: instant(row.get(5)?).unwrap_or_default(),
                }))
            })?;
            kept.filter_map(Result::transpose).collect()
        })
    }
}

/// What makes a deed of the outbox superfluous: who has taken its ticket here before, if anybody has; or that nobody has,
/// where it is to be given back.
pub(super) fn before(transaction: &Transaction, id: i64, deed: &Deed) -> rusqlite::Result<Option<Outcome>> {
    let row = "SELECT taken_here.who, taken_here.at FROM taken_here JOIN outbox USING (source, key) \
               WHERE outbox.id = ?1 AND taken_here.submitted_at IS outbox.submitted_at";
    let taken = |row: &Row| {
        let who: String = row.get(0)?;
        Ok((SafeText::line(&who), instant(row.get(1)?)))
    };
    let taken = transaction.query_row(row, [id], taken).optional()?;
    let who: String = transaction.query_row("SELECT who FROM outbox WHERE id = ?1", [id], |row| row.get(0))?;
    Ok(match (deed, taken) {
        (Deed::Acknowledge { .. }, Some((by, at))) => Some(Outcome::Already { by: Some(by), at }),
        (Deed::Unacknowledge, None) => Some(Outcome::Already { by: None, at: None }),
        (Deed::Unacknowledge, Some((by, _))) if by.as_str() != who => Some(Outcome::refused(&format!("{by} has it"))),
        _ => None,
    })
}

/// Keeps a deed of the outbox here.
pub(super) fn keep(transaction: &Transaction, id: i64, deed: &Deed, by: &SafeText, at: DateTime<Utc>) -> rusqlite::Result<()> {
    match deed {
        Deed::Acknowledge { .. } => {
            let row = "INSERT INTO taken_here (source, key, submitted_at, who, at) SELECT source, key, submitted_at, ?2, ?3 FROM outbox WHERE id = ?1 \
                       ON CONFLICT DO UPDATE SET who = excluded.who, at = excluded.at, submitted_at = excluded.submitted_at";
            transaction.execute(row, params![id, by.as_str(), at.timestamp()])?;
        }
        Deed::Unacknowledge => {
            let row = "DELETE FROM taken_here WHERE (source, key) IN (SELECT source, key FROM outbox WHERE id = ?1)";
            transaction.execute(row, [id])?;
        }
        Deed::Contact { channel } => {
            let row = "INSERT OR IGNORE INTO contact_here (source, key, submitted_at, channel, who, at) \
                       SELECT source, key, submitted_at, ?2, ?3, ?4 FROM outbox WHERE id = ?1";
            transaction.execute(row, params![id, channel.as_str(), by.as_str(), at.timestamp()])?;
        }
        // never kept here: their source is told, or they are refused
        Deed::Note { .. } | Deed::Word { .. } | Deed::Assess { .. } | Deed::OnClient | Deed::Resolve => {}
    }
    Ok(())
}
