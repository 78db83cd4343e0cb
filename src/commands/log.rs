//! What `watch` tells on stderr, beside its loop: a terminal that stands still, or a pipe that nobody reads, keeps no hook waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::output;

/// Takes what is worth knowing, a line each.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// So many lines wait; of more it is told how many are missing.
const WAITING: usize = 1000;

/// The lines on their way to stderr.
pub(super) struct Lines {
    sender: SyncSender<String>,
    lost: Arc<AtomicU64>,
    /// Closed once all were told.
    told: Receiver<()>,
}

impl Lines {
    pub fn begin() -> Self {
        let (sender, lines) = sync_channel::<String>(WAITING);
        let (over, told) = sync_channel::<()>(0);
        let lost = Arc::new(AtomicU64::new(0));
        let missing = Arc::clone(&lost);
        std::thread::spawn(move || {
            for line in lines {
                output::say(&line);
                let missing = missing.swap(0, Ordering::SeqCst);
                if missing > 0 {
                    output::say(&format!("{missing} lines are missing here: stderr took none of them"));
                }
            }
            drop(over);
        });
        Self { sender, lost, told }
    }

    /// Takes lines, and never waits.
    pub fn log(&self) -> Log {
        let (sender, lost) = (self.sender.clone(), Arc::clone(&self.lost));
        Arc::new(move |line| {
            if sender.try_send(line.to_owned()).is_err() {
                lost.fetch_add(1, Ordering::SeqCst);
            }
        })
    }

    /// Waits until all were told, but no longer than this.
    pub fn end(self, longest: Duration) {
        drop(self.sender);
        // that it is closed is what is waited for
        let _ = self.told.recv_timeout(longest);
    }
}
