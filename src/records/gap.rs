//! When nobody here knew how the queue of a source stood, be it that it did not answer or that nobody asked; and handovers.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction, params};

use super::database::Records;
use super::fault::RecordsFault;
use super::snapshot::{Snapshot, instant};
use crate::domain::{Gap, SafeText, SourceName};

/// What is older is of no handover any more.
const KEPT: TimeDelta = TimeDelta::days(90);

/// What went wrong where a source answered, but never with all it has.
const IN_PART: &str = "it told only a part of its tickets";

/// A handover that was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub who: SafeText,
}

impl Records {
    /// The gaps of the configured sources that reach into `[since, now)`, the oldest first; with those that are not over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn gaps(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Vec<Gap>, RecordsFault> {
        let over = "SELECT source, began_at, ended_at, reason FROM gap WHERE ended_at > ?1 AND began_at < ?2";
        let open = "SELECT id, complete_at, NULL, CASE WHEN complete OR fault IS NOT NULL THEN fault ELSE ?1 END FROM source \
                    WHERE complete_at IS NOT NULL";
        self.read(|connection| {
            let gap = |row: &rusqlite::Row| {
                let began_at = instant(row.get(1)?).unwrap_or_default();
                let ended_at = instant(row.get(2)?);
                let reason: Option<String> = row.get(3)?;
                Ok(self.name(row.get(0)?).map(|source| Gap {
                    source,
                    began_at,
                    ended_at,
                    reason: reason.map(|reason| SafeText::line(&reason)),
                }))
            };
            let mut over = connection.prepare(over)?;
            let over: Vec<Option<Gap>> = over.query_map([since.timestamp(), now.timestamp()], gap)?.collect::<rusqlite::Result<_>>()?;
            let mut open = connection.prepare(open)?;
            let open: Vec<Option<Gap>> = open.query_map([IN_PART], gap)?.collect::<rusqlite::Result<_>>()?;
            let open = open.into_iter().flatten().filter(|gap| self.is_gap(&gap.source, now - gap.began_at));
            let mut gaps: Vec<Gap> = over.into_iter().flatten().chain(open).collect();
            gaps.sort_by_key(|gap| gap.began_at);
            Ok(gaps)
        })
    }

    /// The configured sources of which a complete pass was ever kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn ever_complete(&self) -> Result<Vec<SourceName>, RecordsFault> {
        self.read(|connection| {
            let mut kept = connection.prepare("SELECT id FROM source WHERE complete_at IS NOT NULL")?;
            let kept: Vec<i64> = kept.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(kept.into_iter().filter_map(|id| self.name(id)).collect())
        })
    }

    /// The last handover at or before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_handover(&self, now: DateTime<Utc>) -> Result<Option<HandedOver>, RecordsFault> {
        let last = "SELECT at, who FROM handed_over WHERE at <= ?1 ORDER BY at DESC LIMIT 1";
        self.read(|connection| {
            let row = |row: &rusqlite::Row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
            let last = connection.query_row(last, [now.timestamp()], row).optional()?;
            Ok(last.and_then(|(at, who)| Some(HandedOver { at: instant(Some(at))?, who: SafeText::line(&who) })))
        })
    }

    /// Notes that the queue was handed over.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn hand_over(&self, by: &HandedOver) -> Result<(), RecordsFault> {
        let row = "INSERT OR REPLACE INTO handed_over (at, who) VALUES (?1, ?2)";
        self.write(|transaction| transaction.execute(row, params![by.at.timestamp(), by.who.as_str()])).map(|_| ())
    }

    /// Whether so long without a complete pass is a gap.
    fn is_gap(&self, source: &SourceName, length: TimeDelta) -> bool {
        self.blind_after(source).and_then(|after| TimeDelta::from_std(after).ok()).is_some_and(|after| length > after)
    }

    /// Notes the gap that a complete pass ends, if it ends one. Comes before the pass itself is noted.
    pub(super) fn end_gap(&self, transaction: &Transaction, source: &SourceName, id: i64, kept: &Snapshot) -> rusqlite::Result<()> {
        let Some(ended_at) = kept.complete_at.filter(|_| kept.complete) else { return Ok(()) };
        let before = "SELECT complete_at FROM source WHERE id = ?1";
        let Some(began_at) = instant(transaction.query_row(before, [id], |row| row.get(0))?) else { return Ok(()) };
        if !self.is_gap(source, ended_at - began_at) {
            return Ok(());
        }
        let row = "INSERT OR REPLACE INTO gap (source, began_at, ended_at, reason) \
                   SELECT id, complete_at, ?2, CASE WHEN complete OR fault IS NOT NULL THEN fault ELSE ?3 END FROM source WHERE id = ?1";
        transaction.execute(row, params![id, ended_at.timestamp(), IN_PART])?;
        transaction.execute("DELETE FROM gap WHERE ended_at < ?1", [(ended_at - KEPT).timestamp()])?;
        Ok(())
    }
}
