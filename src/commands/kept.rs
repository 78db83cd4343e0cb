//! What the dashboard begins with: the records, and what they tell before any source has answered.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::output;
use super::session::Session;
use super::shared_source;
use crate::app::{self, Message, Model};
use crate::config::Settings;
use crate::domain::SafeText;
use crate::records::{Opened, Records, RecordsFault};

/// The records as the dashboard begins with them.
pub(super) struct Kept {
    pub records: Option<Arc<Records>>,
    /// They are written, and what is in the outbox is sent.
    pub writes: bool,
    /// What to tell of them.
    pub warnings: Vec<String>,
    /// Why they cannot be used.
    pub broken: Option<SafeText>,
}

impl Kept {
    pub async fn open(session: &Session) -> Self {
        let writes = !session.frozen && !session.read_only;
        let damaged = session.damaged_records();
        let opened =
            if writes { session.open_records().await } else { session.read_records().map(|records| Opened { records, moved_aside: None }) };
        match opened {
            Ok(Opened { records, moved_aside }) => {
                let moved = moved_aside.iter().map(|path| output::moved_aside(path));
                let warnings = damaged.iter().map(|path| output::still_aside(path)).chain(moved).collect();
                Self { records: Some(Arc::new(records)), writes, warnings, broken: None }
            }
            Err(RecordsFault::None { .. }) if !writes => Self { records: None, writes, warnings: Vec::new(), broken: None },
            Err(fault) => {
                let broken = Some(SafeText::line(&fault.to_string()));
                Self { records: None, writes, warnings: vec![fault.to_string()], broken }
            }
        }
    }
}

/// Takes in what the records tell, before any source has answered. What of it could not be read.
pub(super) fn recall(model: &mut Model, records: &Records, settings: &Settings, now: DateTime<Utc>) -> Vec<String> {
    let mut faults = Vec::new();
    match records.kept_here() {
        Ok(kept) => model.store.recall_kept_here(kept),
        Err(fault) => faults.push(fault.to_string()),
    }
    for source in &settings.sources {
        match records.seen(&source.name) {
            Ok(seen) => model.store.recall_seen(&source.name, seen),
            Err(fault) => faults.push(fault.to_string()),
        }
        match records.snapshot(&source.name) {
            Ok(Some(snapshot)) => {
                app::update(model, Message::Recalled(source.name.clone(), shared_source::pass(snapshot, None, now)));
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    faults
}
