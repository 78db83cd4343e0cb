//! A source that several processes watch: one asks it, the others read in the records what it said.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Capabilities, Deed, Fault, Identity, Outcome, Pass, Recorded, SafeText, SourceName, TicketKey};
use crate::records::{Lease, Records, Snapshot};
use crate::sources::{Clock, TicketSource};

/// So much later than it should another process may ask, before it is asked here.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// A source, and the right to ask it.
pub(super) struct SharedSource {
    source: Arc<dyn TicketSource>,
    shared: Arc<Shared>,
    poll_every: Duration,
    clock: Clock,
    /// The user wants the source itself asked.
    wanted: AtomicBool,
}

/// What is asked of the records, beside the loop.
struct Shared {
    records: Arc<Records>,
    name: SourceName,
    lease: Mutex<Option<Lease>>,
}

/// Who asks.
enum Turn {
    Ours,
    Theirs(SafeText, Option<Snapshot>),
}

impl SharedSource {
    pub fn new(source: Arc<dyn TicketSource>, records: Arc<Records>, poll_every: Duration, clock: Clock) -> Self {
        let shared = Shared { records, name: source.name().clone(), lease: Mutex::new(None) };
        Self { source, shared: Arc::new(shared), poll_every, clock, wanted: AtomicBool::new(false) }
    }

    /// Asks the source itself at the next turn, whoever else does.
    pub fn ask_itself(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    /// What another process was told, if it asks as often as it should. One that was stopped keeps its right to ask, but does
    /// not use it: from then on the source is asked here, until the other goes on.
    fn recorded(&self, by: SafeText, snapshot: Snapshot) -> Option<Pass> {
        let patience = TimeDelta::from_std(self.poll_every.saturating_mul(2)).ok()?.checked_add(&GRACE)?;
        let now = (self.clock)();
        // what was asked in the future was asked by a wrong clock
        let asks = !snapshot.ours && (-GRACE..=patience).contains(&(now - snapshot.tried_at));
        asks.then(|| pass(snapshot, Some(by), now))
    }
}

impl Shared {
    fn turn(&self) -> Turn {
        let mut lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        if lease.is_some() {
            return Turn::Ours;
        }
        match self.records.lease(&self.name) {
            Ok(Err(by)) => Turn::Theirs(by, self.records.snapshot(&self.name).ok().flatten()),
            Ok(Ok(taken)) => {
                *lease = Some(taken);
                Turn::Ours
            }
            // asked twice is better than not at all
            Err(_) => Turn::Ours,
        }
    }
}

/// A snapshot as a pass. One that is not over yet was kept by a wrong clock: nobody knows how old it is.
pub(super) fn pass(snapshot: Snapshot, by: Option<SafeText>, now: DateTime<Utc>) -> Pass {
    let snapshot = if snapshot.ended_at > now + GRACE { snapshot.as_of(DateTime::UNIX_EPOCH) } else { snapshot };
    let Snapshot { began_at, ended_at, complete, total, complete_at, tickets, fault, clock_ahead, .. } = snapshot;
    let recorded = Recorded { began_at, ended_at, complete_at, fault, by };
    Pass { tickets, complete, total, clock_ahead, recorded: Some(recorded), warning: None }
}

#[async_trait]
impl TicketSource for SharedSource {
    fn name(&self) -> &SourceName {
        self.source.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.source.capabilities()
    }

    fn is_local(&self) -> bool {
        self.source.is_local()
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        self.source.whoami().await
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        if self.wanted.swap(false, Ordering::SeqCst) {
            return self.source.list_open().await;
        }
        let shared = Arc::clone(&self.shared);
        let turn = tokio::task::spawn_blocking(move || shared.turn()).await.unwrap_or(Turn::Ours);
        match turn {
            Turn::Theirs(by, Some(snapshot)) => match self.recorded(by, snapshot) {
                Some(pass) => Ok(pass),
                None => self.source.list_open().await,
            },
            Turn::Ours | Turn::Theirs(_, None) => self.source.list_open().await,
        }
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        self.source.tell(key, deed, earlier).await
    }
}
