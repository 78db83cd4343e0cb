//! What the dashboard, `--plain` and `watch` begin with: the records, the sources, and what is known before any of these has answered.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::output;
use super::session::{self, Session};
use super::shared_source;
use super::works::{Beginning, Polled, Works};
use crate::app::{self, Help, Message, Model, Rules};
use crate::domain::{SafeText, SourceName};
use crate::records::{Opened, Records, RecordsFault};
use crate::sources::SourceKind;

/// The records as they are begun with.
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
                let forgotten = records.forgotten_local().unwrap_or_default();
                let forgotten = forgotten.iter().map(|(name, open)| output::forgotten_local(name, *open));
                let warnings = damaged.iter().map(|path| output::still_aside(path)).chain(moved).chain(forgotten).collect();
                Self { records: Some(Arc::new(records)), writes, warnings, broken: None }
            }
            Err(RecordsFault::None { .. }) if !writes => Self { records: None, writes, warnings: Vec::new(), broken: None },
            Err(fault) => {
                let broken = Some(SafeText::line(&fault.to_string()));
                Self { records: None, writes, warnings: vec![fault.to_string()], broken }
            }
        }
    }

    /// Opens every source, and begins to poll it.
    pub fn begin(self, session: &Session, size: (u16, u16), help: Arc<Help>) -> Works {
        let settings = &session.settings;
        let sources = settings.sources.iter().map(|source| Polled {
            rules: session::rules(source),
            source: session.open_source(source, self.records.as_ref()),
            in_records: matches!(source.kind, SourceKind::Local),
        });
        let rules = Rules {
            agreements: Arc::clone(&settings.agreements),
            who: session.who(),
            zone: settings.timezone,
            views: settings.views.clone(),
            help,
            frozen: session.frozen,
            read_only: session.read_only,
        };
        let mut works = Works::begin(Beginning {
            rules,
            sources: sources.collect(),
            records: self.records,
            writes: self.writes,
            clock: Arc::clone(&session.clock),
            who: session.who(),
            size,
        });
        app::update(&mut works.model, Message::Records(self.broken));
        for warning in self.warnings {
            app::update(&mut works.model, Message::Warned(warning));
        }
        works
    }
}

/// Takes in what the records tell of sources, before any has answered. What of it could not be read.
pub(super) fn recall(model: &mut Model, records: &Records, sources: &[SourceName], now: DateTime<Utc>) -> Vec<String> {
    let mut faults = Vec::new();
    match records.kept_here() {
        Ok(kept) => model.store.recall_kept_here(kept),
        Err(fault) => faults.push(fault.to_string()),
    }
    match records.called_back(0) {
        // with --at it may be of later
        Ok(called) => model.store.recall_called_back(called.into_iter().map(|(_, called)| called).filter(|called| called.at <= now)),
        Err(fault) => faults.push(fault.to_string()),
    }
    for source in sources {
        match records.seen(source) {
            Ok(seen) => model.store.recall_seen(source, seen),
            Err(fault) => faults.push(fault.to_string()),
        }
        match records.snapshot(source) {
            Ok(Some(snapshot)) => {
                app::update(model, Message::Recalled(source.clone(), shared_source::pass(snapshot, None, now)));
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault.to_string()),
        }
    }
    faults
}
