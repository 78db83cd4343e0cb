//! Whose turn it is to run the hooks of a configuration. One process has it, and notes every minute that it still acts; from one
//! that is stopped another takes it.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::delivery::write_beside;
use crate::app::Store;
use crate::domain::{Deed, SafeText, TicketKey};
use crate::records::{Heard, Records, RecordsFault, Settled};

/// Who runs the hooks notes so often that it acts; who does not, looks so often whether it is to.
const NOTED: TimeDelta = TimeDelta::minutes(1);
/// Who has noted nothing for so long was stopped, or hangs.
const PATIENCE: TimeDelta = TimeDelta::minutes(3);

/// The turn of this process.
pub(super) struct HookTurn {
    records: Arc<Records>,
    owner: String,
    whose: Whose,
    looked_at: Option<DateTime<Utc>>,
}

enum Whose {
    Unknown,
    Theirs(SafeText),
    Ours,
}

/// Whose turn it is.
pub(super) enum Turn {
    Theirs,
    Ours,
    /// Ours from now on; what the hooks have heard of, whoever ran them before.
    Begins(Heard),
}

impl HookTurn {
    /// To run the hooks of an owner.
    pub fn new(records: Arc<Records>, owner: String) -> Self {
        Self { records, owner, whose: Whose::Unknown, looked_at: None }
    }

    /// Whether it is our turn; takes it where nobody has it who acts.
    pub async fn take(&mut self, now: DateTime<Utc>, lines: &mut Vec<String>) -> Turn {
        let is_ours = matches!(self.whose, Whose::Ours);
        if is_ours && self.looks_at().is_some_and(|at| now < at) {
            return Turn::Ours;
        }
        self.looked_at = Some(now);
        let owner = self.owner.clone();
        if is_ours && write_beside(&self.records, move |records| records.keep_turn(&owner, now)).await.unwrap_or(true) {
            return Turn::Ours;
        }
        let owner = self.owner.clone();
        match write_beside(&self.records, move |records| records.take_turn(&owner, now, PATIENCE)).await {
            Ok(Ok(())) => {}
            Ok(Err(by)) => {
                if !matches!(&self.whose, Whose::Theirs(before) if *before == by) {
                    lines.push(format!("process {by} runs the hooks – this one does when that has ended, or is stopped"));
                }
                self.whose = Whose::Theirs(by);
                return Turn::Theirs;
            }
            // run twice is better than not at all
            Err(fault) => lines.push(format!("it is not known whether another process runs the hooks – {fault} – they are run here")),
        }
        self.whose = Whose::Ours;
        let owner = self.owner.clone();
        let heard = write_beside(&self.records, move |records| records.told(&owner)).await.unwrap_or_else(|fault| {
            lines.push(format!("it is not known what the hooks have heard of – {fault} – they hear of everything anew"));
            Heard::default()
        });
        Turn::Begins(heard)
    }

    /// Keeps what the hooks have heard of. Whether it is still our turn to do so.
    pub async fn tell(&mut self, heard: Heard) -> Result<bool, RecordsFault> {
        if !matches!(self.whose, Whose::Ours) {
            return Ok(false);
        }
        let owner = self.owner.clone();
        let told = write_beside(&self.records, move |records| records.tell(&owner, &heard)).await;
        if matches!(told, Ok(false)) {
            self.whose = Whose::Unknown;
        }
        told
    }

    /// The tickets that somebody has by now, whichever process was told so, and of which what the store knows says nothing yet.
    pub async fn taken(&self, store: &Store) -> HashSet<TicketKey> {
        // what cannot be read there silences nothing
        let settled = write_beside(&self.records, |records| records.settled(0)).await.unwrap_or_default();
        let mut taken = HashSet::new();
        for Settled { key, deed, .. } in settled.into_iter().filter(|settled| store.is_news(&settled.key.source, settled.at)) {
            if deed == Deed::Unacknowledge {
                taken.remove(&key);
            } else {
                taken.insert(key);
            }
        }
        taken
    }

    /// Lets another take the turn while this process stands.
    pub async fn let_go(&mut self) {
        let (owner, ours) = (self.owner.clone(), matches!(self.whose, Whose::Ours));
        if ours {
            // where that cannot be, another takes it some minutes later
            let _ = write_beside(&self.records, move |records| records.leave_turn(&owner)).await;
        }
        self.whose = Whose::Unknown;
    }

    /// Looks anew at the next turn: the program stood, and another may have taken it.
    pub fn went_on(&mut self) {
        self.looked_at = None;
    }

    /// When it is to be looked again.
    pub fn looks_at(&self) -> Option<DateTime<Utc>> {
        self.looked_at.and_then(|at| at.checked_add_signed(NOTED))
    }
}
