//! What the sources have still to be told: written before it is shown, kept until the source has said what became of it.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::claim;
use super::database::Records;
use super::evidence;
use super::fault::RecordsFault;
use super::kept_here;
use super::snapshot::instant;
use crate::domain::{Deed, DeedKind, Grounds, Outcome, SafeText, SourceName, TicketKey};

/// How far a deed has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum OutboxState {
    /// Nothing was sent yet; it can be undone.
    Held,
    /// It is being sent, and may have arrived.
    Sending,
    /// It was tried, and is tried again.
    Waiting,
}

/// A deed that a source has still to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its number in these records.
    pub id: i64,
    /// Of which ticket.
    pub key: TicketKey,
    /// What was done.
    pub deed: Deed,
    /// Who did it.
    pub who: SafeText,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// Not before.
    pub send_at: DateTime<Utc>,
    /// How far it has come.
    pub state: OutboxState,
    /// How often it was sent, whether it arrived or not.
    pub attempts: u32,
    /// Why it is not over, after the last attempt.
    pub reason: Option<SafeText>,
    /// The process that sees to it, where that is another that lives.
    pub other: Option<SafeText>,
    /// The configuration still has its source.
    pub configured: bool,
}

/// A deed whose sending begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// It was sent before, and nobody knows that it did not arrive.
    pub may_have_arrived: bool,
    /// The deed as it stands now.
    pub deed: Deed,
}

/// What is to be written into the outbox.
#[derive(Debug)]
pub struct Queued<'a> {
    /// Of which ticket.
    pub key: &'a TicketKey,
    /// What is done.
    pub deed: &'a Deed,
    /// Who does it.
    pub who: &'a SafeText,
    /// Under which verdict and clause.
    pub grounds: &'a Grounds,
    /// When the ticket was submitted.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it is asked for.
    pub asked_at: DateTime<Utc>,
    /// Not before.
    pub send_at: DateTime<Utc>,
}

/// How a deed ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// What became of it.
    pub outcome: &'a Outcome,
    /// When that was known here.
    pub at: DateTime<Utc>,
}

impl Records {
    /// Writes a deed down. Where the same deed is there already, or an acknowledgement of the ticket, that one stays, and is
    /// returned: with the note, if nothing of it was sent yet, and taken over, if its process is no more.
    ///
    /// # Errors
    /// It is not on the disk, and must not be shown as if it were.
    pub fn queue(&self, queued: &Queued) -> Result<OutboxEntry, RecordsFault> {
        let source = self.must_know(queued.key)?;
        let grounds = evidence::json(queued.grounds);
        self.write(|transaction| {
            let row = "INSERT INTO outbox (source, key, deed, text, value, who, grounds, asked_at, send_at, state, claim, submitted_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'held', ?10, ?11) \
                       ON CONFLICT (source, key) WHERE deed = 'acknowledge' \
                       DO UPDATE SET text = CASE WHEN attempts = 0 THEN coalesce(excluded.text, text) ELSE text END RETURNING id";
            let (asked_at, send_at) = (queued.asked_at.timestamp(), queued.send_at.timestamp());
            let kind: &str = queued.deed.kind().into();
            let (text, value) = (queued.deed.text().map(SafeText::as_str), queued.deed.value());
            // asked for once more while it waits: it is one and the same
            let same = "SELECT id FROM outbox WHERE source = ?1 AND key = ?2 AND deed = ?3 AND text IS ?4 AND value IS ?5 AND deed <> 'acknowledge'";
            let same: Option<i64> = transaction
                .query_row(same, params![source, queued.key.key.as_str(), kind, text, value.as_ref().map(SafeText::as_str)], |row| row.get(0))
                .optional()?;
            let values = params![
                source,
                queued.key.key.as_str(),
                kind,
                text,
                value.as_ref().map(SafeText::as_str),
                queued.who.as_str(),
                grounds,
                asked_at,
                send_at,
                self.claim.name,
                queued.submitted_at.map(|at| at.timestamp()),
            ];
            let id = match same {
                Some(same) => same,
                None => transaction.query_row(row, values, |row| row.get(0))?,
            };
            let entry = transaction.query_row(&format!("{SELECT} WHERE outbox.id = ?1"), [id], |row| self.entry(row))?;
            self.adopt_within(transaction, entry.id)?;
            Ok(entry)
        })
    }

    /// Takes a deed back. Whether that was in time: nothing of it was sent.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn undo(&self, id: i64) -> Result<bool, RecordsFault> {
        let row = "DELETE FROM outbox WHERE id = ?1 AND state = 'held' AND claim = ?2";
        self.write(|transaction| transaction.execute(row, params![id, self.claim.name])).map(|rows| rows == 1)
    }

    /// Notes that a deed is now sent, before anything of it is. `None`: it is no longer there, another process sees to it, or
    /// something that was done to the same ticket before is still in the outbox: what came later must not be overtaken by it.
    /// Otherwise what is to be sent, and whether it may have arrived before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn begin(&self, id: i64) -> Result<Option<Begun>, RecordsFault> {
        self.write(|transaction| {
            let row = "SELECT may_have_arrived, deed, text, value FROM outbox AS this WHERE id = ?1 AND claim = ?2 \
                       AND NOT EXISTS (SELECT 1 FROM outbox WHERE source = this.source AND key = this.key AND id < this.id)";
            let begun = |row: &Row| Ok(Begun { may_have_arrived: row.get(0)?, deed: deed(row, 1)? });
            let begun = transaction.query_row(row, params![id, self.claim.name], begun).optional()?;
            if begun.is_some() {
                // whoever finds it like this does not know what became of it
                let row = "UPDATE outbox SET state = 'sending', attempts = attempts + 1, may_have_arrived = 1 WHERE id = ?1";
                transaction.execute(row, [id])?;
            }
            Ok(begun)
        })
    }

    /// Lets go of what is not being sent, so that another process can take it over while this one stops. Whether this one
    /// still had it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn release(&self, id: i64) -> Result<bool, RecordsFault> {
        let row = "UPDATE outbox SET claim = '' WHERE id = ?1 AND claim = ?2 AND state <> 'sending'";
        self.write(|transaction| transaction.execute(row, params![id, self.claim.name])).map(|rows| rows == 1)
    }

    /// Notes that an attempt came to no end, and why; and whether it, or one before, may have arrived.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn wait(&self, id: i64, reason: &SafeText, may_have_arrived: bool) -> Result<(), RecordsFault> {
        let row = "UPDATE outbox SET state = 'waiting', reason = ?3, may_have_arrived = ?4 WHERE id = ?1 AND claim = ?2";
        self.write(|transaction| transaction.execute(row, params![id, self.claim.name, reason.as_str(), may_have_arrived])).map(|_| ())
    }

    /// Notes how a deed ended, for good: it leaves the outbox and becomes evidence. What really became of it: who
    /// takes a ticket here that was taken here before comes too late.
    ///
    /// # Errors
    /// The database cannot be written; the deed is still in the outbox.
    pub fn end(&self, id: i64, ended: &Ended) -> Result<Outcome, RecordsFault> {
        self.write(|transaction| {
            let ours = "SELECT deed, text, value FROM outbox WHERE id = ?1 AND claim = ?2";
            let Some(deed) = transaction.query_row(ours, params![id, self.claim.name], |row| deed(row, 0)).optional()? else {
                // whoever took it over asks the source, and notes what it says
                return Ok(ended.outcome.clone());
            };
            let before = match ended.outcome {
                Outcome::Here { .. } => kept_here::before(transaction, id, &deed)?,
                _ => None,
            };
            let ended = &Ended { outcome: before.as_ref().unwrap_or(ended.outcome), at: ended.at };
            if let Outcome::Here { by, at } = ended.outcome {
                kept_here::keep(transaction, id, &deed, by, *at)?;
            }
            evidence::add(transaction, id, ended)?;
            transaction.execute("DELETE FROM outbox WHERE id = ?1", [id])?;
            Ok(ended.outcome.clone())
        })
    }

    /// All that is still to be sent, the oldest first; also for sources that the configuration no longer has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare_cached(&format!("{SELECT} ORDER BY outbox.id"))?;
            rows.query_map([], |row| self.entry(row))?.collect()
        })
    }

    /// Takes over a deed whose process is no more. Whether it is now this one's.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn adopt(&self, id: i64) -> Result<bool, RecordsFault> {
        self.write(|transaction| self.adopt_within(transaction, id))
    }

    fn adopt_within(&self, transaction: &Transaction, id: i64) -> rusqlite::Result<bool> {
        let claim = "SELECT claim FROM outbox WHERE id = ?1";
        let claim: Option<String> = transaction.query_row(claim, [id], |row| row.get(0)).optional()?;
        if claim.is_none_or(|claim| self.claim.is_alive(&claim)) {
            return Ok(false);
        }
        let row = "UPDATE outbox SET claim = ?2 WHERE id = ?1";
        transaction.execute(row, params![id, self.claim.name]).map(|rows| rows == 1)
    }

    pub(super) fn must_know(&self, key: &TicketKey) -> Result<i64, RecordsFault> {
        self.id(&key.source).ok_or_else(|| self.unknown(key))
    }

    fn unknown(&self, key: &TicketKey) -> RecordsFault {
        let why = format!("they know no source {}", key.source);
        RecordsFault::Unusable { path: self.path().to_owned(), why, help: "start again with the present configuration" }
    }

    /// A row of [`SELECT`].
    fn entry(&self, row: &Row) -> rusqlite::Result<OutboxEntry> {
        let source = SourceName::new(&row.get::<_, String>(13)?);
        let safe = |text: Option<String>| text.map(|text| SafeText::line(&text));
        let (claim, state): (String, String) = (row.get(12)?, row.get(9)?);
        let other = claim != self.claim.name && self.claim.is_alive(&claim);
        Ok(OutboxEntry {
            id: row.get(0)?,
            key: TicketKey { source, key: SafeText::line(&row.get::<_, String>(2)?) },
            deed: deed(row, 3)?,
            who: SafeText::line(&row.get::<_, String>(6)?),
            asked_at: instant(row.get(7)?).unwrap_or_default(),
            send_at: instant(row.get(8)?).unwrap_or_default(),
            // what cannot be read may have been sent
            state: state.parse().unwrap_or(OutboxState::Sending),
            attempts: row.get(10)?,
            reason: safe(row.get(11)?),
            other: other.then(|| claim::process(&claim)),
            configured: self.name(row.get(1)?).is_some(),
        })
    }
}

/// The deed in three columns of a row: which, its text, its value.
fn deed(row: &Row, first: usize) -> rusqlite::Result<Deed> {
    let (kind, text, value): (String, Option<String>, Option<String>) = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?);
    let parts = |kind: DeedKind| Deed::of_parts(kind, text.as_deref().map(SafeText::body), value.as_deref().map(SafeText::line));
    kind.parse().ok().and_then(parts).ok_or_else(|| {
        let why = format!("'{kind}' is no deed, or lacks what goes with it");
        rusqlite::Error::FromSqlConversionFailure(first, rusqlite::types::Type::Text, why.into())
    })
}

const SELECT: &str = "SELECT outbox.id, source, key, deed, text, value, who, asked_at, send_at, state, attempts, reason, claim, source.name \
                      FROM outbox JOIN source ON source.id = source";
