//! Beside the loop of the works: keeps what the sources tell in the records, and takes over what processes that are no
//! more have left in the outbox.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::delivery::{ack_of, failed_inside};
use crate::app::{Message, Store};
use crate::domain::{DeedKind, Fault, KeptHere, PollReport, SafeText, SourceName};
use crate::records::{OutboxEntry, RecordedSource, Records, RecordsFault, Settled, Snapshot, Watch};
use crate::sources::Clock;

/// Where the system does not tell what other processes write, it is looked for this often.
const LOOK: Duration = Duration::from_secs(30);

/// What is being written can be read a little later: it is looked for once more.
const SETTLED: Duration = Duration::from_secs(1);

/// What comes to the loop from beside it.
pub(super) enum Event {
    /// Something happened.
    Happened(Message),
    /// What was asked for here is in the outbox, or came to nothing.
    Queued(Result<OutboxEntry, Message>),
    /// An entry of the outbox that nobody saw to is this process's to deliver now.
    Adopted(OutboxEntry),
    /// An entry of this number is delivered no longer.
    Left(i64),
    /// Some process has written into the records.
    Written,
}

/// What is to be kept of a poll; made before the report is taken in.
pub(super) struct ToKeep {
    source: SourceName,
    began_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    outcome: Result<(bool, Option<u64>, Option<TimeDelta>), Fault>,
}

impl ToKeep {
    /// Of a report, unless the records told it themselves.
    pub fn of(report: &PollReport) -> Option<Self> {
        let outcome = match &report.outcome {
            Ok(pass) if pass.recorded.is_some() => return None,
            Ok(pass) => Ok((pass.complete, pass.total, pass.clock_ahead)),
            Err(fault) => Err(fault.clone()),
        };
        Some(Self { source: report.source.clone(), began_at: report.began_at, ended_at: report.ended_at, outcome })
    }
}

enum Job {
    Keep(SourceName, Snapshot),
    KeepFault(SourceName, Fault, DateTime<Utc>),
    Look,
    /// The configuration has these sources from now on; answered once that is known.
    Configure(Vec<RecordedSource>, oneshot::Sender<()>),
    /// Something was written, by whichever process.
    Written,
}

/// What a job needs of the records; what can be written can be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Read,
    Written,
}

/// Takes jobs until it is dropped.
pub(super) struct Bookkeeper {
    jobs: mpsc::UnboundedSender<Job>,
    task: JoinHandle<()>,
}

impl Drop for Bookkeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Bookkeeper {
    pub fn spawn(records: Arc<Records>, clock: Clock, events: mpsc::Sender<Event>) -> Self {
        let (sender, jobs) = mpsc::unbounded_channel();
        let written = Arc::new(AtomicBool::new(false));
        let watched = records.watch().is_some_and(|watch| {
            watch_beside(watch, sender.clone(), Arc::clone(&written));
            true
        });
        let desk = Desk { records, clock, events, seen: Arc::default() };
        Self { jobs: sender, task: tokio::spawn(desk.work(jobs, watched, written)) }
    }

    /// Keeps what a poll told, as the board has taken it in.
    pub fn keep(&self, kept: Option<ToKeep>, store: &Store) {
        let job = match kept {
            None => Job::Look,
            Some(ToKeep { source, outcome: Err(fault), ended_at, .. }) => Job::KeepFault(source, fault, ended_at),
            Some(ToKeep { source, outcome: Ok((complete, total, clock_ahead)), began_at, ended_at }) => {
                let (tickets, complete_at) = store.of_source(&source);
                let (tried_at, fault, ours) = (ended_at, None, true);
                let snapshot = Snapshot { began_at, ended_at, complete, total, complete_at, tickets, tried_at, fault, clock_ahead, ours };
                Job::Keep(source, snapshot)
            }
        };
        self.give(job);
    }

    /// Looks into the outbox.
    pub fn look(&self) {
        self.give(Job::Look);
    }

    /// Tells the records which sources the configuration has from now on, once all is kept that was to be kept before. What of it
    /// fails is told as what fails otherwise.
    pub async fn configure(&self, sources: Vec<RecordedSource>) {
        let (done, known) = oneshot::channel();
        self.give(Job::Configure(sources, done));
        let _ = known.await;
    }

    fn give(&self, job: Job) {
        // it ends only when this is dropped
        let _ = self.jobs.send(job);
    }
}

/// What the bookkeeper works with.
struct Desk {
    records: Arc<Records>,
    clock: Clock,
    events: mpsc::Sender<Event>,
    seen: Arc<Mutex<Seen>>,
}

impl Desk {
    async fn work(self, mut jobs: mpsc::UnboundedReceiver<Job>, watched: bool, written: Arc<AtomicBool>) {
        let mut broken = None;
        let mut settling = false;
        loop {
            let wait = match (settling, watched) {
                (true, _) => SETTLED,
                (false, true) => Duration::MAX,
                (false, false) => LOOK,
            };
            let (job, quiet) = match timeout(wait, jobs.recv()).await {
                Ok(Some(job)) => (job, false),
                Err(_) => (Job::Look, true),
                Ok(None) => return,
            };
            // before it is told and looked: what is written meanwhile is told and looked for again
            written.store(false, Ordering::SeqCst);
            let told = matches!(job, Job::Written);
            if told || quiet {
                let _ = self.events.send(Event::Written).await;
            }
            settling = told || (settling && !quiet);
            // what breaks here is told as what fails, and the next job is done
            let use_of = if matches!(job, Job::Keep(..) | Job::KeepFault(..) | Job::Configure(..)) { Use::Written } else { Use::Read };
            let done = self.beside(job).await.unwrap_or_else(|_| Err(failed_inside(&self.records)));
            // told whenever it fails, and once when it is well again: what can be read may still be a disk that is full
            let fault = match done {
                Err(fault) => {
                    broken = broken.max(Some(use_of));
                    Some(SafeText::line(&fault.to_string()))
                }
                Ok(()) if broken.is_some_and(|broken| broken <= use_of) => {
                    broken = None;
                    None
                }
                Ok(()) => continue,
            };
            // the loop has ended: nobody asks any more
            let _ = self.events.send(Event::Happened(Message::Records(fault))).await;
        }
    }

    /// Does a job and looks, beside the loop: a disk may be slow.
    fn beside(&self, job: Job) -> JoinHandle<Result<(), RecordsFault>> {
        let (records, clock, events) = (Arc::clone(&self.records), Arc::clone(&self.clock), self.events.clone());
        let seen = Arc::clone(&self.seen);
        tokio::task::spawn_blocking(move || {
            // what was seen is at worst told again
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            do_job(&records, job).and_then(|()| look(&records, &clock, &events, &mut seen))
        })
    }
}

/// Asks for a look whenever something was written, once for all that comes before it.
fn watch_beside(mut watch: Watch, jobs: mpsc::UnboundedSender<Job>, written: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        while watch.wait().is_ok() {
            if !written.swap(true, Ordering::SeqCst) && jobs.send(Job::Written).is_err() {
                return;
            }
        }
    });
}

fn do_job(records: &Records, job: Job) -> Result<(), RecordsFault> {
    match job {
        Job::Keep(source, snapshot) => records.keep(&source, &snapshot),
        Job::KeepFault(source, fault, at) => records.keep_fault(&source, &fault, at),
        Job::Configure(sources, done) => {
            let configured = records.configure(&sources);
            // whoever asked may have ended
            let _ = done.send(());
            configured
        }
        Job::Look | Job::Written => Ok(()),
    }
}

/// What was seen when the records were last looked at, so that only what is new is told.
#[derive(Default)]
struct Seen {
    kept_here: Vec<KeptHere>,
    stranded: usize,
    /// The last number of the evidence.
    settled: i64,
    /// The same of notes that a client was called back.
    called_back: i64,
}

/// Takes over what nobody sees to, and tells what others do and did.
fn look(records: &Records, clock: &Clock, events: &mpsc::Sender<Event>, seen: &mut Seen) -> Result<(), RecordsFault> {
    let mut elsewhere = HashMap::new();
    let outbox = records.outbox()?;
    let (outbox, stranded): (Vec<_>, Vec<_>) = outbox.into_iter().partition(|entry| entry.configured);
    if stranded.len() > seen.stranded {
        let keys: Vec<String> = stranded.iter().map(|entry| entry.key.to_string()).collect();
        let text = format!("not sent: {} – the configuration no longer has the source it is for – put it back", keys.join(", "));
        let _ = events.blocking_send(Event::Happened(Message::Warned(text)));
    }
    seen.stranded = stranded.len();
    let mut first = HashSet::new();
    for entry in outbox {
        // what is done to one ticket is told in its order
        let in_turn = first.insert(entry.key.clone());
        if entry.other.is_some() {
            elsewhere.extend((entry.deed.kind() == DeedKind::Acknowledge).then(|| ack_of(&entry, clock())));
        } else if in_turn && records.adopt(entry.id)? {
            let _ = events.blocking_send(Event::Adopted(entry));
        }
    }
    let _ = events.blocking_send(Event::Happened(Message::Elsewhere(elsewhere)));
    let settled = records.settled(seen.settled)?;
    if let Some(last) = settled.last() {
        seen.settled = last.id;
        let settled = settled.into_iter().map(|Settled { key, deed, outcome, at, .. }| (key, deed, outcome, at)).collect();
        let _ = events.blocking_send(Event::Happened(Message::Settled(settled)));
    }
    let called_back = records.called_back(seen.called_back)?;
    if let Some((last, _)) = called_back.last() {
        seen.called_back = *last;
        let called_back = called_back.into_iter().map(|(_, called)| called).collect();
        let _ = events.blocking_send(Event::Happened(Message::CalledBack(called_back)));
    }
    let kept_here = records.kept_here()?;
    if kept_here != seen.kept_here {
        seen.kept_here.clone_from(&kept_here);
        let _ = events.blocking_send(Event::Happened(Message::KeptHere(kept_here)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::domain::FaultKind;

    /// The next event that tells of the records, or that they were looked at.
    async fn next(events: &mut mpsc::Receiver<Event>) -> Option<Message> {
        loop {
            if let Event::Happened(message @ (Message::Records(_) | Message::Elsewhere(_))) = events.recv().await? {
                return Some(message);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_written_says_that_they_can_be_written_again() {
        let home = tempfile::TempDir::new().unwrap_or_else(|e| panic!("{e}"));
        let now = DateTime::UNIX_EPOCH;
        let name = SourceName::new("desk");
        let blind_after = Duration::from_secs(300);
        let source = RecordedSource { name: name.clone(), place: "desk".to_owned(), reading: "so".to_owned(), blind_after };
        let records = Records::open(home.path(), &[source], now).unwrap_or_else(|e| panic!("{e}")).records;
        let (sender, mut events) = mpsc::channel(64);
        let clock: Clock = Arc::new(move || now);
        let bookkeeper = Bookkeeper::spawn(Arc::new(records), clock, sender);
        let keep = || bookkeeper.give(Job::KeepFault(name.clone(), Fault::new(FaultKind::Unreachable, "no answer"), now));
        // a database that is no longer where it was can be read, and is not written
        let moved = |from: &str, to: &str| fs::rename(home.path().join(from), home.path().join(to)).unwrap_or_else(|e| panic!("{e}"));
        moved("records.db", "elsewhere");
        keep();
        while !matches!(next(&mut events).await, Some(Message::Records(Some(_)))) {}
        for _ in 0..3 {
            bookkeeper.look();
            let looked = next(&mut events).await;
            assert!(matches!(looked, Some(Message::Elsewhere(_))), "they are not called well: {looked:?}");
        }
        moved("elsewhere", "records.db");
        keep();
        let well = loop {
            match next(&mut events).await {
                Some(Message::Elsewhere(_)) => {}
                told => break told,
            }
        };
        assert!(matches!(well, Some(Message::Records(None))), "{well:?}");
    }
}
