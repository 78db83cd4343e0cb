//! What hooks have heard of, and what they are still to be run for: so that none is run twice for one change, nor a change
//! missed, whichever process runs them. Each configuration, the owner of its hooks, has rows of its own.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, params};

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

/// What is kept of the hooks of one configuration.
#[derive(Debug, Default)]
pub struct Heard {
    /// What they have heard of.
    pub told: Vec<Told>,
    /// When that pass of each source ended by which that was last judged.
    pub judged: Vec<(SourceName, DateTime<Utc>)>,
}

impl Records {
    /// All that the hooks of an owner have heard of, of the sources of the configuration.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn told(&self, owner: &str) -> Result<Heard, RecordsFault> {
        self.read(|connection| {
            let rows = "SELECT hook, source, key, standing, state, alarm, since, at, times FROM told WHERE owner = ?1";
            let mut rows = connection.prepare(rows)?;
            let told: rusqlite::Result<Vec<Option<Told>>> = rows.query_map([owner], |row| self.row_of_told(row))?.collect();
            let mut rows = connection.prepare("SELECT source, ended_at FROM judged WHERE owner = ?1")?;
            let pass = |row: &Row| Ok(self.name(row.get(0)?).zip(instant(row.get(1)?)));
            let judged: rusqlite::Result<Vec<Option<_>>> = rows.query_map([owner], pass)?.collect();
            Ok(Heard { told: told?.into_iter().flatten().collect(), judged: judged?.into_iter().flatten().collect() })
        })
    }

    /// A row; `None` where the configuration no longer has its source.
    fn row_of_told(&self, row: &Row) -> rusqlite::Result<Option<Told>> {
        let Some(source) = self.name(row.get(1)?) else { return Ok(None) };
        let key: String = row.get(2)?;
        let state: Option<String> = row.get(4)?;
        let run = match state.and_then(|state| state.parse().ok()) {
            Some(state) => {
                let (since, at) = (instant(row.get(6)?).unwrap_or_default(), instant(row.get(7)?).unwrap_or_default());
                Some(ToldRun { state, alarm: row.get(5)?, since, at, times: row.get(8)? })
            }
            None => None,
        };
        let (hook, standing): (String, _) = (row.get(0)?, row.get(3)?);
        let key = Some(key).filter(|key| !key.is_empty()).map(|key| SafeText::line(&key));
        Ok(Some(Told { hook: SafeText::line(&hook), source, key, standing, run }))
    }

    /// Keeps what the hooks of an owner have heard of, all of it or nothing; what says nothing any more goes. Whether that could
    /// be: another process may have taken the turn to run them, and then nothing is kept.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn tell(&self, owner: &str, heard: &Heard) -> Result<bool, RecordsFault> {
        self.write(|transaction| {
            if !self.has_turn(transaction, owner)? {
                return Ok(false);
            }
            heard.told.iter().try_for_each(|told| self.put_told(transaction, owner, told))?;
            let row = "INSERT OR REPLACE INTO judged (owner, source, ended_at) VALUES (?1, ?2, ?3)";
            for (source, ended_at) in &heard.judged {
                let Some(source) = self.id(source) else { continue };
                transaction.prepare_cached(row)?.execute(params![owner, source, ended_at.timestamp()])?;
            }
            Ok(true)
        })
    }

    fn put_told(&self, transaction: &Transaction, owner: &str, told: &Told) -> rusqlite::Result<()> {
        let Some(source) = self.id(&told.source) else { return Ok(()) };
        let (hook, key) = (told.hook.as_str(), told.key.as_ref().map_or("", SafeText::as_str));
        if told.standing.is_none() && told.run.is_none() {
            let gone = "DELETE FROM told WHERE owner = ?1 AND hook = ?2 AND source = ?3 AND key = ?4";
            transaction.prepare_cached(gone)?.execute(params![owner, hook, source, key])?;
            return Ok(());
        }
        let row = "INSERT OR REPLACE INTO told (owner, hook, source, key, standing, state, alarm, since, at, times) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let run = told.run.as_ref();
        transaction.prepare_cached(row)?.execute(params![
            owner,
            hook,
            source,
            key,
            told.standing,
            run.map(|run| <&str>::from(run.state)),
            run.map(|run| &run.alarm),
            run.map(|run| run.since.timestamp()),
            run.map(|run| run.at.timestamp()),
            run.map(|run| run.times),
        ])?;
        Ok(())
    }
}
