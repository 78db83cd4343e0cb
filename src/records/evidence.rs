//! Who did what to which ticket, when, under which verdict and clause, and what the source said. Only ever added to.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};

use super::database::Records;
use super::fault::RecordsFault;
use super::outbox::Ended;
use super::snapshot::instant;
use crate::domain::{CalledBack, Deed, Grounds, Outcome, SafeText, SourceName, TicketKey};

/// One deed that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The source that was told, or would have been.
    pub source: SourceName,
    /// The ticket's key there.
    pub key: SafeText,
    /// What was done: `acknowledge`, `note`, `assess`, …
    pub action: SafeText,
    /// What was written: the note, the word to the client.
    pub note: Option<SafeText>,
    /// What was set: the severity, the channel.
    pub value: Option<SafeText>,
    /// Who did it.
    pub who: SafeText,
    /// Under which verdict and clause.
    pub grounds: Grounds,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// When its end was known here.
    pub ended_at: DateTime<Utc>,
    /// What became of it: confirmed, already, here, refused or unknown.
    pub outcome: SafeText,
    /// Whom the source names as having it.
    pub by: Option<SafeText>,
    /// Since when, by the source's clock.
    pub source_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: Option<SafeText>,
}

impl Records {
    /// What was done since an instant, of all sources that ever were configured, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn evidence(&self, since: Option<DateTime<Utc>>) -> Result<Vec<Evidence>, RecordsFault> {
        let since = since.map_or(i64::MIN, |at| at.timestamp());
        self.read(|connection| {
            let mut rows = connection.prepare(
                "SELECT name, key, action, note, who, grounds, asked_at, evidence.ended_at, outcome, by, source_at, reason, value \
                 FROM evidence JOIN source ON source.id = evidence.source WHERE evidence.ended_at >= ?1 ORDER BY evidence.ended_at, evidence.id",
            )?;
            rows.query_map([since], of_row)?.collect()
        })
    }
}

/// Whether a ticket was taken or given back, as its source said to whichever process told it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its number in the evidence.
    pub id: i64,
    /// The ticket.
    pub key: TicketKey,
    /// What was done.
    pub deed: Deed,
    /// What became of it.
    pub outcome: Outcome,
    /// When that was known.
    pub at: DateTime<Utc>,
}

impl Records {
    /// The tickets that were taken or given back after a number of the evidence, and of which what their source last told, as
    /// far as it is kept, says nothing yet: it was asked before. The oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settled(&self, after: i64) -> Result<Vec<Settled>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT evidence.id, source.id, key, action, by, source_at, evidence.ended_at, outcome FROM evidence \
                 JOIN source ON source.id = evidence.source WHERE evidence.ended_at >= (SELECT min(coalesce(began_at, 0)) FROM source) \
                 AND evidence.id > ?1 AND evidence.ended_at >= coalesce(source.began_at, 0) \
                 AND action IN ('acknowledge', 'unacknowledge') AND outcome IN ('confirmed', 'already') ORDER BY evidence.id",
            )?;
            let settled: rusqlite::Result<Vec<Option<Settled>>> = rows.query_map([after], |row| self.settled_row(row))?.collect();
            Ok(settled?.into_iter().flatten().collect())
        })
    }

    /// A row; `None` where the configuration no longer has its source.
    fn settled_row(&self, row: &Row) -> rusqlite::Result<Option<Settled>> {
        let Some(source) = self.name(row.get(1)?) else { return Ok(None) };
        let key = TicketKey { source, key: SafeText::line(&row.get::<_, String>(2)?) };
        let deed = if row.get::<_, String>(3)? == "acknowledge" { Deed::Acknowledge { note: None } } else { Deed::Unacknowledge };
        let by = row.get::<_, Option<String>>(4)?.map(|by| SafeText::line(&by));
        let at = instant(row.get(5)?);
        let confirmed = row.get::<_, String>(7)? == "confirmed";
        let outcome = if confirmed { Outcome::Confirmed { by, at } } else { Outcome::Already { by, at } };
        Ok(Some(Settled { id: row.get(0)?, key, deed, outcome, at: instant(row.get(6)?).unwrap_or_default() }))
    }
}

impl Records {
    /// The notes after a number of the evidence that say that a client was called back, and that their source has, each with its
    /// number; the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn called_back(&self, after: i64) -> Result<Vec<(i64, CalledBack)>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, source, key, who, ended_at, note FROM evidence \
                 WHERE id > ?1 AND action = 'note' AND outcome IN ('confirmed', 'already') AND note LIKE '%called back%' ORDER BY id",
            )?;
            let called = rows.query_map([after], |row| {
                let line = |column: usize| row.get::<_, String>(column).map(|text| SafeText::line(&text));
                let note = SafeText::body(&row.get::<_, String>(5)?);
                let Some(source) = self.name(row.get(1)?).filter(|_| CalledBack::is_said_by(&note)) else { return Ok(None) };
                let key = TicketKey { source, key: line(2)? };
                Ok(Some((row.get(0)?, CalledBack { key, by: line(3)?, at: instant(row.get(4)?).unwrap_or_default() })))
            })?;
            called.filter_map(Result::transpose).collect()
        })
    }
}

fn of_row(row: &Row) -> rusqlite::Result<Evidence> {
    let line = |column: usize| row.get::<_, Option<String>>(column).map(|text| text.map(|text| SafeText::line(&text)));
    let must = |column: usize| row.get::<_, String>(column).map(|text| SafeText::line(&text));
    let grounds: String = row.get(5)?;
    Ok(Evidence {
        source: SourceName::new(&row.get::<_, String>(0)?),
        key: must(1)?,
        action: must(2)?,
        note: row.get::<_, Option<String>>(3)?.map(|note| SafeText::body(&note)),
        who: must(4)?,
        grounds: serde_json::from_str(&grounds)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, error.into()))?,
        asked_at: instant(row.get(6)?).unwrap_or_default(),
        ended_at: instant(row.get(7)?).unwrap_or_default(),
        outcome: must(8)?,
        by: line(9)?,
        source_at: instant(row.get(10)?),
        reason: line(11)?,
        value: line(12)?,
    })
}

/// The grounds as they are kept.
pub(super) fn json(grounds: &Grounds) -> String {
    // words and instants only: there is nothing in it that has no JSON
    serde_json::to_string(grounds).unwrap_or_default()
}

/// Adds how an entry of the outbox ended.
pub(super) fn add(transaction: &Transaction, id: i64, ended: &Ended) -> rusqlite::Result<()> {
    let (outcome, by, at, reason) = match ended.outcome {
        Outcome::Confirmed { by, at } => ("confirmed", by.as_ref(), *at, None),
        Outcome::Already { by, at } => ("already", by.as_ref(), *at, None),
        Outcome::Here { by, at } => ("here", Some(by), Some(*at), None),
        Outcome::Refused { reason } => ("refused", None, None, Some(reason)),
        Outcome::Unknown { reason } => ("unknown", None, None, Some(reason)),
    };
    let row = "INSERT INTO evidence (source, key, action, note, who, grounds, asked_at, ended_at, outcome, by, source_at, reason, value) \
               SELECT source, key, deed, text, who, grounds, asked_at, ?2, ?3, ?4, ?5, ?6, value FROM outbox WHERE id = ?1";
    let text = |text: Option<&SafeText>| text.map(|text| text.as_str().to_owned());
    transaction.execute(row, params![id, ended.at.timestamp(), outcome, text(by), at.map(|at| at.timestamp()), text(reason)])?;
    Ok(())
}
