//! Acknowledgements of tickets whose source cannot be told; they last as long as the ticket does.

use super::database::Records;
use super::fault::RecordsFault;
use super::snapshot::instant;
use crate::domain::{SafeText, TakenHere, TicketKey};

impl Records {
    /// The tickets that are acknowledged here.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn taken_here(&self) -> Result<Vec<TakenHere>, RecordsFault> {
        self.read(|connection| {
            let mut rows = connection.prepare("SELECT source, key, submitted_at, who, at FROM taken_here")?;
            let taken = rows.query_map([], |row| {
                let (key, who): (String, String) = (row.get(1)?, row.get(3)?);
                let Some(source) = self.name(row.get(0)?) else { return Ok(None) };
                Ok(Some(TakenHere {
                    key: TicketKey { source: source.clone(), key: SafeText::line(&key) },
                    submitted_at: instant(row.get(2)?),
                    by: SafeText::line(&who),
                    at: instant(row.get(4)?).unwrap_or_default(),
                }))
            })?;
            taken.filter_map(Result::transpose).collect()
        })
    }
}
