//! What hooks have heard of, and what they are still to be run for: so that none is run twice for one change, nor a change
//! missed, whichever process runs them.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};

use super::claim::Lease;
use super::database::Records;
use super::fault::RecordsFault;
use super::snapshot::instant;
use crate::domain::{SafeText, SourceName};

/// What one hook has heard of one ticket, or of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The name of the hook.
    pub hook: SafeText,
    /// The source.
    pub source: SourceName,
    /// The ticket; none where it is the source itself.
    pub key: Option<SafeText>,
    /// How it stood, in the words of whoever keeps it here.
    pub standing: Option<String>,
    /// What the hook is run for, or was.
    pub run: Option<ToldRun>,
}

/// What a hook is run for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRun {
    /// How far it is.
    pub state: RunState,
    /// The name of the alarm.
    pub alarm: String,
    /// What it is told, as JSON.
    pub facts: String,
    /// When that came to be.
    pub since: DateTime<Utc>,
    /// When the hook was last run for it; until then, the same as `since`.
    pub at: DateTime<Utc>,
    /// How often.
    pub times: u32,
}

/// How far a run of a hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum RunState {
    /// The hook is to be run.
    Waiting,
    /// It runs; or it is not known whether it was run.
    Begun,
    /// It was run, and is again some time.
    Done,
}

impl Records {
    /// Takes the right to run the hooks for the sources of the configuration, or says which process has it. Whoever watches
    /// others has a right of its own.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn lease_of_hooks(&self) -> Result<Result<Lease, SafeText>, RecordsFault> {
        let Some(folder) = self.folder() else { return Ok(Ok(Lease::alone())) };
        Lease::of_hooks(folder, &self.ids())
    }

    /// All that hooks have heard of, of the sources of the configuration.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn told(&self) -> Result<Vec<Told>, RecordsFault> {
        self.read(|connection| {
            let rows = "SELECT hook, source, key, standing, state, alarm, facts, since, at, times FROM told";
            let mut rows = connection.prepare(rows)?;
            let told: rusqlite::Result<Vec<Option<Told>>> = rows.query_map([], |row| self.row_of_told(row))?.collect();
            Ok(told?.into_iter().flatten().collect())
        })
    }

    /// A row; `None` where the configuration no longer has its source.
    fn row_of_told(&self, row: &Row) -> rusqlite::Result<Option<Told>> {
        let Some(source) = self.name(row.get(1)?) else { return Ok(None) };
        let key: String = row.get(2)?;
        let state: Option<String> = row.get(4)?;
        let run = match state.and_then(|state| state.parse().ok()) {
            Some(state) => {
                let (since, at) = (instant(row.get(7)?).unwrap_or_default(), instant(row.get(8)?).unwrap_or_default());
                Some(ToldRun { state, alarm: row.get(5)?, facts: row.get(6)?, since, at, times: row.get(9)? })
            }
            None => None,
        };
        let (hook, standing): (String, _) = (row.get(0)?, row.get(3)?);
        let key = Some(key).filter(|key| !key.is_empty()).map(|key| SafeText::line(&key));
        Ok(Some(Told { hook: SafeText::line(&hook), source: source.clone(), key, standing, run }))
    }

    /// Keeps what hooks have heard of, all of it or nothing; what says nothing any more goes.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn tell(&self, told: &[Told]) -> Result<(), RecordsFault> {
        self.write(|transaction| told.iter().try_for_each(|told| self.put_told(transaction, told)))
    }

    fn put_told(&self, transaction: &Transaction, told: &Told) -> rusqlite::Result<()> {
        let Some(source) = self.id(&told.source) else { return Ok(()) };
        let (hook, key) = (told.hook.as_str(), told.key.as_ref().map_or("", SafeText::as_str));
        if told.standing.is_none() && told.run.is_none() {
            let gone = "DELETE FROM told WHERE hook = ?1 AND source = ?2 AND key = ?3";
            transaction.prepare_cached(gone)?.execute(params![hook, source, key])?;
            return Ok(());
        }
        let row = "INSERT OR REPLACE INTO told (hook, source, key, standing, state, alarm, facts, since, at, times) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let run = told.run.as_ref();
        transaction.prepare_cached(row)?.execute(params![
            hook,
            source,
            key,
            told.standing,
            run.map(|run| <&str>::from(run.state)),
            run.map(|run| &run.alarm),
            run.map(|run| &run.facts),
            run.map(|run| run.since.timestamp()),
            run.map(|run| run.at.timestamp()),
            run.map(|run| run.times),
        ])?;
        Ok(())
    }
}
