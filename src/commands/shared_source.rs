//! A source that several processes watch: one asks it, the others read in the records what it said.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use crate::domain::{Capabilities, Deed, Fault, Identity, Outcome, Pass, Recorded, SafeText, SourceName, TicketKey};
use crate::records::{Lease, Records, Snapshot};
use crate::sources::{Clock, TicketSource};

/// So much later than it should another process may ask, before it is asked here.
const GRACE: TimeDelta = TimeDelta::seconds(10);
/// Who asks a source that fails, or that wants to be left alone, may let so much time pass between two attempts.
const WHILE_IT_FAILS: TimeDelta = TimeDelta::minutes(10);
/// What another process is only just being told is looked for this often, and so many times.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const LOOKS: u32 = 10;

/// A source, and the right to ask it.
pub(super) struct SharedSource {
    source: Arc<dyn TicketSource>,
    shared: Arc<Shared>,
    poll_every: Duration,
    clock: Clock,
    /// The user wants the source itself asked.
    wanted: AtomicBool,
    /// What another process is told may be waited for.
    patient: AtomicBool,
    /// When another process was last seen to have asked.
    theirs_at: Mutex<Option<DateTime<Utc>>>,
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
    Theirs(SafeText, Snapshot),
    /// Of another process, of which the records tell nothing yet.
    Begun,
}

impl SharedSource {
    pub fn new(source: Arc<dyn TicketSource>, records: Arc<Records>, poll_every: Duration, clock: Clock) -> Self {
        let shared = Shared { records, name: source.name().clone(), lease: Mutex::new(None) };
        let (wanted, patient) = (AtomicBool::new(false), AtomicBool::new(true));
        Self { source, shared: Arc::new(shared), poll_every, clock, wanted, patient, theirs_at: Mutex::default() }
    }

    /// Asks the source itself at the next turn, whoever else does.
    pub fn ask_itself(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    /// Gives up the right to ask, until the next turn.
    pub async fn let_go(&self) {
        // who looks whose turn it is holds the lock while the records are read
        let shared = Arc::clone(&self.shared);
        let _ = tokio::task::spawn_blocking(move || *shared.locked() = None).await;
    }

    /// Whose turn it is. Where another process has begun to ask, and was told nothing yet, that is waited for once.
    async fn turn(&self) -> Turn {
        for _ in 0..LOOKS {
            let shared = Arc::clone(&self.shared);
            let turn = tokio::task::spawn_blocking(move || shared.turn()).await.unwrap_or(Turn::Ours);
            let begun = matches!(turn, Turn::Begun);
            if !begun || !self.patient.load(Ordering::SeqCst) {
                return turn;
            }
            sleep(LOOK_AGAIN).await;
        }
        self.patient.store(false, Ordering::SeqCst);
        Turn::Begun
    }

    /// What another process was told, if it asks as often as it should. One that was stopped keeps its right to ask, but does
    /// not use it: from then on the source is asked here, until the other goes on.
    fn recorded(&self, by: SafeText, snapshot: Snapshot) -> Option<Pass> {
        let mut patience = TimeDelta::from_std(self.poll_every.saturating_mul(2)).ok()?;
        if snapshot.fault.is_some() {
            patience = patience.max(WHILE_IT_FAILS);
        }
        let patience = patience.checked_add(&GRACE)?;
        let now = (self.clock)();
        let mut theirs_at = self.theirs_at.lock().unwrap_or_else(PoisonError::into_inner);
        // what was asked here in between says nothing of the other
        if !snapshot.ours {
            *theirs_at = Some(snapshot.tried_at);
        }
        // what was asked in the future was asked by a wrong clock
        let asks = theirs_at.is_some_and(|at| (-GRACE..=patience).contains(&(now - at)));
        asks.then(|| pass(snapshot, Some(by), now))
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> Turn {
        let mut lease = self.locked();
        if lease.is_some() {
            return Turn::Ours;
        }
        match self.records.lease(&self.name) {
            Ok(Err(by)) => match self.records.snapshot(&self.name) {
                Ok(Some(snapshot)) => Turn::Theirs(by, snapshot),
                Ok(None) if self.records.fault(&self.name).is_ok_and(|fault| fault.is_none()) => Turn::Begun,
                // it was told nothing that can be used here
                Ok(None) | Err(_) => Turn::Ours,
            },
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
        let recorded = match self.turn().await {
            Turn::Theirs(by, snapshot) => self.recorded(by, snapshot),
            Turn::Ours | Turn::Begun => None,
        };
        match recorded {
            Some(pass) => Ok(pass),
            None => self.source.list_open().await,
        }
    }

    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        self.source.tell(key, deed, earlier).await
    }
}
