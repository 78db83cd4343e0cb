//! From the outbox to the source: held, sent, and sent again until the source has said what became of it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::bookkeeper::Event;
use crate::app::{Ack, Message, UNDO};
use crate::domain::{Fault, FaultKind, Outcome, SafeText, TicketKey};
use crate::records::{Begun, Ended, OutboxEntry, Records, RecordsFault};
use crate::sources::{Clock, TicketSource};

/// Longest wait between two attempts, unless the source wants to be left alone for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A source is believed when it wants to be left alone, up to here.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// How much time there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// The program runs.
    Running,
    /// It is being left: what is held is sent now, and nothing is tried twice.
    Leaving,
    /// It was told to end: what is under way may end, and nothing else begins.
    Ending,
}

/// What one attempt came to.
pub(super) enum Attempt {
    /// The source has said what became of it.
    Over(Outcome),
    /// It has not.
    Again {
        /// Why.
        reason: SafeText,
        /// It may have arrived.
        doubt: bool,
        /// How long the source wants to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Tells a source once.
pub(super) async fn attempt(source: Option<Arc<dyn TicketSource>>, entry: &OutboxEntry, begun: Begun) -> Attempt {
    let Some(source) = source else {
        return Attempt::Again { reason: SafeText::line("the source could not be opened"), doubt: false, retry_after: None };
    };
    if entry.key.is_of_several() {
        return Attempt::Over(Outcome::refused("which ticket is meant cannot be told: several have this key; rename one in the source"));
    }
    let (capabilities, kind) = (source.capabilities(), begun.deed.kind());
    if capabilities.kept_here(kind) {
        return Attempt::Over(Outcome::Here { by: entry.who.clone(), at: entry.asked_at });
    }
    if let Some(why) = capabilities.why_not(kind) {
        return Attempt::Over(Outcome::refused(why));
    }
    let (key, deed, earlier) = (entry.key.clone(), begun.deed, begun.may_have_arrived.then_some(entry.asked_at));
    // a task of its own, so that a panic in it is an answer too
    let told = tokio::spawn(async move { source.tell(&key, &deed, earlier).await }).await;
    match told {
        Ok(Ok(Outcome::Unknown { reason })) => Attempt::Again { reason, doubt: true, retry_after: None },
        Ok(Ok(outcome)) => Attempt::Over(outcome),
        // asking again will not help
        Ok(Err(Fault { kind: FaultKind::Forbidden | FaultKind::Gone | FaultKind::Unsupported, text, .. })) => {
            Attempt::Over(Outcome::Refused { reason: text })
        }
        Ok(Err(fault)) => Attempt::Again { reason: fault.text, doubt: false, retry_after: fault.retry_after },
        Err(_) => {
            let reason = SafeText::line("telling the source failed inside; please report it");
            Attempt::Again { reason, doubt: true, retry_after: None }
        }
    }
}

/// How long to wait after so many failures in a row.
fn backoff(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.min(6)).min(LONGEST_WAIT)
}

/// Sees to one entry of the outbox.
pub(super) struct Delivery {
    pub records: Arc<Records>,
    pub source: Option<Arc<dyn TicketSource>>,
    pub clock: Clock,
    pub events: mpsc::Sender<Event>,
    pub pace: watch::Receiver<Pace>,
}

impl Delivery {
    /// Delivers an entry, however long that takes; ends earlier where another process or the user has taken it.
    pub async fn run(mut self, entry: OutboxEntry) {
        self.deliver(&entry).await;
        // the loop has ended: nobody asks any more
        let _ = self.events.send(Event::Left(entry.id)).await;
    }

    async fn deliver(&mut self, entry: &OutboxEntry) {
        let hold = (until(entry, (self.clock)()) - (self.clock)()).to_std().unwrap_or(Duration::ZERO);
        if self.pause(hold).await == Pace::Ending {
            return;
        }
        let mut failures = 0;
        loop {
            let id = entry.id;
            let again = match self.write(move |records| records.begin(id)).await {
                Ok(None) => {
                    // it comes back when its turn comes
                    if self.write(move |records| records.release(id)).await.unwrap_or(false) {
                        let reason = SafeText::line("what was done to it before is still on its way");
                        let ack = Ack::Waiting { reason, asked_at: entry.asked_at };
                        self.tell(Message::Underway { entry: entry.id, key: entry.key.clone(), deed: entry.deed.kind(), ack }).await;
                    }
                    return;
                }
                Ok(Some(begun)) => {
                    let ack = Ack::Sending { by: None, asked_at: entry.asked_at };
                    self.tell(Message::Underway { entry: entry.id, key: entry.key.clone(), deed: entry.deed.kind(), ack }).await;
                    let may_have_arrived = begun.may_have_arrived;
                    match attempt(self.source.clone(), entry, begun).await {
                        Attempt::Over(outcome) => return self.over(entry, outcome).await,
                        Attempt::Again { reason, doubt, retry_after } => {
                            let why = reason.clone();
                            // it is still in the outbox, and counts as perhaps arrived where this fails
                            let _ = self.write(move |records| records.wait(id, &why, doubt || may_have_arrived)).await;
                            (reason, retry_after)
                        }
                    }
                }
                // what is not noted is not sent: nobody would know that it was
                Err(fault) => (SafeText::line(&fault.to_string()), None),
            };
            let (reason, retry_after) = again;
            let ack = Ack::Waiting { reason, asked_at: entry.asked_at };
            self.tell(Message::Underway { entry: entry.id, key: entry.key.clone(), deed: entry.deed.kind(), ack }).await;
            let wait = backoff(failures);
            failures += 1;
            if self.pause(wait.max(retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER))).await != Pace::Running {
                return;
            }
        }
    }

    /// Notes how it ended, and tells it; tries until it is noted: nothing is called taken here that is not on the disk.
    async fn over(&mut self, entry: &OutboxEntry, outcome: Outcome) {
        let (id, at) = (entry.id, (self.clock)());
        let mut told = false;
        let mut failures = 0;
        loop {
            let kept = outcome.clone();
            let ended = self.write(move |records| records.end(id, &Ended { outcome: &kept, at })).await;
            // what the source itself has said is true, noted or not
            let said = match &ended {
                Ok(ended) => Some(ended.clone()),
                Err(_) => Some(outcome.clone()).filter(|outcome| !matches!(outcome, Outcome::Here { .. })),
            };
            if let Some(outcome) = said.filter(|_| !told) {
                self.tell(Message::Done { entry: Some(entry.id), key: entry.key.clone(), deed: entry.deed.clone(), outcome }).await;
                told = true;
            }
            let Err(fault) = ended else { return };
            self.tell(Message::Warned(format!("{}: what became of it is not on record yet – {fault}", entry.key))).await;
            if self.pause(backoff(failures)).await != Pace::Running {
                return;
            }
            failures += 1;
        }
    }

    /// Waits, unless the program is left meanwhile.
    async fn pause(&mut self, length: Duration) -> Pace {
        let left = async { self.pace.wait_for(|pace| *pace != Pace::Running).await.map_or(Pace::Ending, |pace| *pace) };
        tokio::select! {
            pace = left => pace,
            () = sleep(length) => Pace::Running,
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Records) -> Result<T, RecordsFault> + Send + 'static,
    ) -> Result<T, RecordsFault> {
        write_beside(&self.records, write).await
    }

    async fn tell(&self, message: Message) {
        // the loop has ended: nobody asks any more
        let _ = self.events.send(Event::Happened(message)).await;
    }
}

/// Uses the records beside the loop: a disk may be slow.
pub(super) async fn write_beside<T: Send + 'static>(
    records: &Arc<Records>,
    write: impl FnOnce(&Records) -> Result<T, RecordsFault> + Send + 'static,
) -> Result<T, RecordsFault> {
    let shared = Arc::clone(records);
    tokio::task::spawn_blocking(move || write(&shared)).await.unwrap_or_else(|_| Err(failed_inside(records)))
}

/// What to say of a panic beside the loop.
pub(super) fn failed_inside(records: &Records) -> RecordsFault {
    RecordsFault::Unusable { path: records.path().to_owned(), why: "writing them failed inside".to_owned(), help: "please report it" }
}

/// Until when an entry is held: no longer than it can be undone, whatever clock wrote it.
fn until(entry: &OutboxEntry, now: DateTime<Utc>) -> DateTime<Utc> {
    entry.send_at.min(now + UNDO)
}

/// How an entry of the outbox stands, as the board shows it.
pub(super) fn ack_of(entry: &OutboxEntry, now: DateTime<Utc>) -> (TicketKey, Ack) {
    use crate::records::OutboxState;
    let asked_at = entry.asked_at;
    let ack = match (&entry.other, entry.state) {
        (Some(by), _) => Ack::Sending { by: Some(by.clone()), asked_at },
        (None, OutboxState::Held) if entry.send_at > now => Ack::Held { until: until(entry, now) },
        (None, OutboxState::Waiting) => {
            Ack::Waiting { reason: entry.reason.clone().unwrap_or_else(|| SafeText::line("not tried yet")), asked_at }
        }
        (None, _) => Ack::Sending { by: None, asked_at },
    };
    (entry.key.clone(), ack)
}
