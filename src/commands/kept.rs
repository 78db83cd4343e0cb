//! What the dashboard, `--plain` and `watch` begin with: the records, the sources, and what is known before any of these has answered.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::output;
use super::session::{self, Session};
use super::shared_source;
use super::works::{Beginning, Polled, Works};
use crate::app::{self, Help, Message, Model, Rules};
use crate::domain::{CalledBack, KeptHere, SafeText, SourceName, Ticket};
use crate::records::{Opened, Records, RecordsFault, Snapshot};
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

/// What the records tell of sources, before any has answered.
#[derive(Default)]
pub(super) struct Remembered {
    kept_here: Option<Vec<KeptHere>>,
    called_back: Vec<CalledBack>,
    seen: Vec<(SourceName, Vec<Arc<Ticket>>)>,
    snapshots: Vec<(SourceName, Snapshot)>,
    faults: Vec<String>,
}

impl Remembered {
    /// Reads it.
    pub fn read(records: &Records, sources: &[SourceName]) -> Self {
        let mut remembered = Self::default();
        let faults = &mut remembered.faults;
        remembered.kept_here = told(records.kept_here(), faults);
        let called = told(records.called_back(0), faults).into_iter().flatten();
        remembered.called_back = called.map(|(_, called)| called).collect();
        for source in sources {
            let seen = told(records.seen(source), faults);
            remembered.seen.extend(seen.map(|seen| (source.clone(), seen)));
            let snapshot = told(records.snapshot(source), faults).flatten();
            remembered.snapshots.extend(snapshot.map(|snapshot| (source.clone(), snapshot)));
        }
        remembered
    }

    /// Nothing of it could be read.
    pub fn of_fault(fault: &RecordsFault) -> Self {
        Self { faults: vec![fault.to_string()], ..Self::default() }
    }

    /// Takes it in. What of it could not be read.
    pub fn recall(self, model: &mut Model, now: DateTime<Utc>) -> Vec<String> {
        if let Some(kept) = self.kept_here {
            model.store.recall_kept_here(kept);
        }
        // with --at it may be of later
        model.store.recall_called_back(self.called_back.into_iter().filter(|called| called.at <= now));
        for (source, seen) in self.seen {
            model.store.recall_seen(&source, seen);
        }
        for (source, snapshot) in self.snapshots {
            app::update(model, Message::Recalled(source, shared_source::pass(snapshot, None, now)));
        }
        self.faults
    }
}

fn told<T>(read: Result<T, RecordsFault>, faults: &mut Vec<String>) -> Option<T> {
    read.map_err(|fault| faults.push(fault.to_string())).ok()
}
