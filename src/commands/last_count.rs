//! What was counted of each ticket last, so that a status line reads and judges only what may be another since. A count stands
//! for the very text of a ticket in the records, under the very same configuration and program, from when it was noted until
//! its verdict changes by itself. Whatever is in doubt is counted anew.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, DefaultHasher, Hash, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::session::{ReadSnapshot, Session};
use crate::app::{Board, BoardRow, Counted, Counts};
use crate::domain::{SourceName, Ticket, TicketKey};
use crate::records::{self, Records};

/// Fewer that had to be judged anew are not worth writing all of them.
const WORTH_WRITING: usize = 500;

/// What is noted.
#[derive(Debug, Serialize, Deserialize)]
struct Noted {
    /// Stands for the program and its configuration.
    rules: u64,
    /// Goes before each text that is hashed: who writes tickets does not know it, and cannot write two of one hash.
    salt: u64,
    /// When, in seconds since 1970.
    at: i64,
    tickets: Vec<Entry>,
    /// Of all of it: a disk may lose a bit.
    sum: u64,
}

impl Noted {
    fn sum(&self) -> u64 {
        hash(&(self.rules, self.salt, self.at, &self.tickets))
    }
}

/// The hash of a ticket's text; what is counted of it, which is nothing once it is resolved; and until when, in seconds since 1970.
#[derive(Debug, Clone, Copy, Hash, Serialize, Deserialize)]
struct Entry(u64, Option<Counted>, Option<i64>);

/// What was counted last, while it is counted again.
pub(super) struct LastCount {
    /// The folder of the records, and the name under which it is noted there.
    place: Option<(PathBuf, String)>,
    rules: u64,
    salt: u64,
    known: HashMap<u64, Entry>,
    /// The tickets of which the records know something beside their text that changes how they are counted, once that was read.
    beside: Option<HashSet<TicketKey>>,
    /// What is known, and still there.
    still: Vec<Entry>,
    /// What had to be read, with its hash.
    read: Vec<(u64, Arc<Ticket>)>,
}

impl LastCount {
    /// What was noted, as far as it holds now.
    pub fn recall(session: &Session) -> Self {
        let rules = rules(session);
        let now = (session.clock)().timestamp();
        let name = || format!("count-{:016x}", hash(&session.settings.file));
        let place = records::folder(&session.environment).ok().filter(|_| !session.demo).map(|folder| (folder, name()));
        let noted = place.as_ref().and_then(|(folder, name)| records::noted(folder, name));
        let noted: Option<Noted> = noted.and_then(|noted| serde_json::from_slice(&noted).ok());
        let noted = noted.filter(|noted| noted.rules == rules && noted.at <= now && noted.sum == noted.sum());
        let (salt, tickets) = noted.map_or_else(|| (RandomState::new().hash_one(now), Vec::new()), |noted| (noted.salt, noted.tickets));
        let holds = |entry: &Entry| entry.2.is_none_or(|until| now < until);
        let known = tickets.into_iter().filter(holds).map(|entry| (entry.0, entry)).collect();
        Self { place, rules, salt, known, beside: None, still: Vec::new(), read: Vec::new() }
    }

    /// Reads of a source what is not known.
    pub fn read(&mut self, records: &Records, source: &SourceName) -> ReadSnapshot {
        if self.beside.is_none() {
            let kept_here = records.kept_here()?.into_iter().map(|kept| kept.key);
            self.beside = Some(kept_here.chain(records.settled(0)?.into_iter().map(|settled| settled.key)).collect());
        }
        let beside = self.beside.iter().flatten().filter(|key| key.source == *source);
        let beside: HashSet<&str> = beside.map(|key| key.key.as_str()).collect();
        let mut hasher = DefaultHasher::new();
        (self.salt, source.as_str()).hash(&mut hasher);
        let (mut asked, mut still) = (Vec::new(), Vec::new());
        let mut wanted = |key: &str, text: &str| {
            let mut hasher = hasher.clone();
            text.hash(&mut hasher);
            let hash = hasher.finish();
            let known = self.known.get(&hash).filter(|_| !beside.contains(key));
            still.extend(known);
            if known.is_none() {
                asked.push(hash);
            }
            known.is_none()
        };
        let snapshot = records.snapshot_to_count(source, &mut wanted)?;
        self.still.append(&mut still);
        let tickets = snapshot.iter().flat_map(|snapshot| &snapshot.tickets);
        self.read.extend(asked.into_iter().zip(tickets.map(Arc::clone)));
        Ok(snapshot)
    }

    /// Counts what is known and what stands on the board; and notes it for the next time, where that is worth it.
    pub fn count(self, board: &Board, note: bool) -> Counts {
        let counted = self.still.iter().filter_map(|entry| entry.1);
        let counts = Counts::of(counted.chain(board.rows.iter().map(BoardRow::counted)));
        if let Some((folder, name)) = self.place.as_ref().filter(|_| note && self.read.len() >= WORTH_WRITING) {
            let mut noted = Noted { rules: self.rules, salt: self.salt, at: board.at.timestamp(), tickets: self.entries(board), sum: 0 };
            noted.sum = noted.sum();
            // without it the next time takes longer
            let _ = serde_json::to_vec(&noted).map(|noted| records::note(folder, name, &noted));
        }
        counts
    }

    /// All that can be noted: of what was read, only what is on the board as it was read.
    fn entries(&self, board: &Board) -> Vec<Entry> {
        let hashes: HashMap<*const Ticket, u64> = self.read.iter().map(|(hash, ticket)| (Arc::as_ptr(ticket), *hash)).collect();
        let entry = |row: &BoardRow, counted| {
            let hash = hashes.get(&Arc::as_ptr(&row.ticket))?;
            Some(Entry(*hash, counted, row.verdict.changes_at.map(|at| at.timestamp())))
        };
        let open = board.rows.iter().filter_map(|row| entry(row, Some(row.counted())));
        let resolved = board.resolved.iter().filter_map(|row| entry(row, None));
        self.still.iter().copied().chain(open).chain(resolved).collect()
    }
}

/// What a count hangs on beside the tickets and the instant: the configuration, and the program itself.
fn rules(session: &Session) -> u64 {
    let program = std::env::current_exe().and_then(std::fs::metadata).and_then(|program| Ok((program.len(), program.modified()?)));
    hash(&(env!("CARGO_PKG_VERSION"), program.ok(), &session.settings.footprint))
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
