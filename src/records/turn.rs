//! Whose turn it is to run the hooks of a configuration. Who has it notes that it still acts; from one that is no more, or that
//! was stopped, another takes it, and no run begins that is not kept by the process whose turn it is.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, params};

use super::claim;
use super::database::Records;
use super::fault::RecordsFault;
use crate::domain::SafeText;

impl Records {
    /// Takes the turn to run the hooks of an owner, or says which process has it. Who has it and has not noted for so long that it
    /// acts was stopped, and loses it.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn take_turn(&self, owner: &str, now: DateTime<Utc>, patience: TimeDelta) -> Result<Result<(), SafeText>, RecordsFault> {
        if let Some(by) = self.read(|connection| self.acts(connection, owner, now, patience))? {
            return Ok(Err(by));
        }
        // before anybody can see whose it is
        self.claim.note(now);
        self.write(|transaction| {
            if let Some(by) = self.acts(transaction, owner, now, patience)? {
                return Ok(Err(by));
            }
            let row = "INSERT OR REPLACE INTO hooks_turn (owner, process) VALUES (?1, ?2)";
            transaction.execute(row, params![owner, self.claim.name])?;
            Ok(Ok(()))
        })
    }

    /// Notes that this process still acts. Whether it still has the turn.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn keep_turn(&self, owner: &str, now: DateTime<Utc>) -> Result<bool, RecordsFault> {
        let ours = self.read(|connection| self.has_turn(connection, owner))?;
        if ours {
            self.claim.note(now);
        }
        Ok(ours)
    }

    /// Gives the turn to whoever takes it next.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn leave_turn(&self, owner: &str) -> Result<(), RecordsFault> {
        let row = "DELETE FROM hooks_turn WHERE owner = ?1 AND process = ?2";
        self.write(|transaction| transaction.execute(row, params![owner, self.claim.name])).map(|_| ())
    }

    /// Whether no other process has the turn.
    pub(super) fn has_turn(&self, connection: &Connection, owner: &str) -> rusqlite::Result<bool> {
        Ok(turn_of(connection, owner)?.is_none_or(|process| process == self.claim.name))
    }

    /// The other process that has the turn, and uses it.
    fn acts(&self, connection: &Connection, owner: &str, now: DateTime<Utc>, patience: TimeDelta) -> rusqlite::Result<Option<SafeText>> {
        let other = turn_of(connection, owner)?.filter(|process| *process != self.claim.name);
        // what was noted in the future was noted by a wrong clock
        let acts = |at: DateTime<Utc>| (-patience..=patience).contains(&(now - at));
        let other = other.filter(|process| self.claim.is_alive(process) && self.claim.noted(process).is_some_and(acts));
        Ok(other.map(|process| claim::process(&process)))
    }
}

fn turn_of(connection: &Connection, owner: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT process FROM hooks_turn WHERE owner = ?1", [owner], |row| row.get(0)).optional()
}
