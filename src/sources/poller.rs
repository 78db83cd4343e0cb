//! One task a source: asks it at intervals, waits longer while it fails, and is woken by a key. A slow source delays no other.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::source::{Clock, TicketSource};
use crate::domain::{Fault, FaultKind, Pass, PollReport, SafeText, Ticket, TicketKey};

/// Longest a source may take for everything it has.
pub const WHOLE_PASS: Duration = Duration::from_secs(60);
/// A failing source is asked at least this often, so that its return is seen soon.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// What another process was told is looked up no more often than this, where nobody says that there is something new …
const RECORDS: Duration = Duration::from_secs(5);
/// … and so many times in each interval, so that a process that asks no more is soon succeeded.
const LOOKS: u32 = 6;
/// A source is believed when it wants to be left alone, up to here.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Stops the polling when dropped.
pub struct Poller {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Poller {
    /// Asks the source now rather than at its next turn, unless it wants to be left alone.
    pub fn poll_now(&self) {
        self.wake.notify_one();
    }

    /// Stops the polling; nothing more is reported once it returns.
    pub async fn end(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to poll a source: at once, then every `poll_every`. Ends when nobody takes the reports any more.
#[must_use]
pub fn spawn(source: Arc<dyn TicketSource>, poll_every: Duration, clock: Clock, reports: mpsc::Sender<PollReport>) -> Poller {
    let wake = Arc::new(Notify::new());
    let woken = Arc::clone(&wake);
    // two dashboards of one configuration begin at different instants, and so return at different ones
    let own = clock().timestamp_subsec_nanos();
    let task = tokio::spawn(async move {
        let mut failures = 0;
        let mut was_woken = false;
        loop {
            let report = poll_once(source.as_ref(), &clock).await;
            let fault = report.outcome.as_ref().err();
            let recorded = report.outcome.as_ref().is_ok_and(|pass| pass.recorded.is_some());
            let every = if recorded { poll_every.min(RECORDS.max(poll_every / LOOKS)) } else { poll_every };
            // a key that asks does not make the next turn later, and what is local is asked at each
            failures = match fault {
                Some(_) if source.is_local() => 0,
                Some(_) if was_woken => failures.max(1),
                Some(_) => failures + 1,
                None => 0,
            };
            let left_alone = fault.and_then(|f| f.retry_after).unwrap_or_default().min(LONGEST_RETRY_AFTER);
            let allowed = Instant::now() + left_alone;
            // a server that says 0 is not asked without end
            let next = allowed.max(Instant::now() + wait(every, failures, (source.name().as_str(), own)));
            if reports.send(report).await.is_err() {
                return;
            }
            // a wake-up that comes too early is kept until it is allowed
            let woken = async {
                sleep_until(allowed).await;
                woken.notified().await;
            };
            tokio::select! {
                () = sleep_until(next) => was_woken = false,
                () = woken => was_woken = true,
            }
        }
    });
    Poller { wake, task }
}

/// Asks a source once for all it has, within [`WHOLE_PASS`]. A panic of the source is a fault of it: it harms no other, and the
/// source is asked again as after any fault.
pub async fn poll_once(source: &dyn TicketSource, clock: &Clock) -> PollReport {
    let began_at = clock();
    let fault = |kind, text: &str| Err(Fault::new(kind, text));
    // what a source keeps between two passes is only what spares it work
    let asked = AssertUnwindSafe(source.list_open()).catch_unwind();
    let outcome: Result<Pass, Fault> = match timeout(WHOLE_PASS, asked).await {
        Ok(Ok(outcome)) => outcome.map(|mut pass| {
            // what is on record was told apart already
            if pass.recorded.is_none() {
                tell_apart(&mut pass.tickets);
            }
            pass
        }),
        Ok(Err(_)) => {
            let text =
                format!("asking {} failed inside – that is a mistake in holdover – it is asked again; please report it", source.name());
            fault(FaultKind::Internal, &text)
        }
        Err(_) => {
            let text =
                format!("not all tickets were read – it took more than {} s – ask again, or look at the server", WHOLE_PASS.as_secs());
            fault(FaultKind::Unreachable, &text)
        }
    };
    // what another process was told is as old as it is
    let recorded = outcome.as_ref().ok().and_then(|pass| pass.recorded.as_ref());
    let (began_at, ended_at) = recorded.map_or_else(|| (began_at, clock()), |recorded| (recorded.began_at, recorded.ended_at));
    PollReport { source: source.name().clone(), began_at, ended_at, outcome }
}

/// Gives each of the tickets that share a key, once it is fit to be shown, one of its own: none hides another, and none is told
/// what is meant for another.
fn tell_apart(tickets: &mut [Arc<Ticket>]) {
    let mut keys = HashSet::new();
    let of_several = tickets.iter().map(|ticket| &ticket.id).filter(|key| key.is_of_several() || !keys.insert(*key));
    let of_several: HashSet<TicketKey> = of_several.cloned().collect();
    for (nth, ticket) in (1..).zip(tickets.iter_mut().filter(|ticket| of_several.contains(&ticket.id))) {
        let ticket = Arc::make_mut(ticket);
        ticket.id = ticket.id.of_several(nth);
        let why = "its key cannot be told from that of another ticket: they differ in what is not shown; rename one in the source";
        ticket.unreadable = Some(SafeText::line(why));
    }
}

/// How long to wait after so many failures in a row: twice as long each time, and a little more for some sources than
/// for others, so that all of them do not return to a recovering server at once.
fn wait(poll_every: Duration, failures: u32, who: (&str, u32)) -> Duration {
    let Some(more) = failures.checked_sub(1) else { return poll_every };
    let longer = poll_every.saturating_mul(1 << more.min(10)).min(LONGEST_WAIT.max(poll_every));
    let mut hasher = DefaultHasher::new();
    (who, failures).hash(&mut hasher);
    let percent = u32::try_from(hasher.finish() % 20).unwrap_or_default();
    longer + longer * percent / 100
}
