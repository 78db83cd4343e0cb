//! Acknowledgements of tickets whose source cannot be told; they last as long as the ticket does.

use chrono::{DateTime, Utc};

use super::database::Records;
use super::fault::RecordsFault;
use super::snapshot::instant;
use crate::domain::{SafeText, TicketKey};

impl Records {
    /// The tickets that are acknowledged here: which, by whom, and when.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn taken_here(&self) -> Result<Vec<(TicketKey, SafeText, DateTime<Utc>)>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare("SELECT source, key, who, at FROM taken_here")?;
            let taken = rows.query_map([], |row| {
                let (key, who): (String, String) = (row.get(1)?, row.get(2)?);
                let key = self.name(row.get(0)?).map(|source| TicketKey { source: source.clone(), key: SafeText::line(&key) });
                Ok(key.map(|key| (key, SafeText::line(&who), instant(row.get(3).ok()).unwrap_or_default())))
            })?;
            taken.filter_map(Result::transpose).collect()
        })
    }
}
