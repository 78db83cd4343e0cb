//! What is counted over the whole queue, and what of a ticket that takes.

use chrono::serde::ts_seconds_option;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::Group;

/// What of a ticket is counted. It stands until its verdict changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counted {
    /// Where it stands.
    pub group: Group,
    /// Past due, and nobody has answered.
    pub breached: bool,
    #[serde(with = "ts_seconds_option")]
    /// When its response is due, if it is to decide or unanswered and that is still to come; when it is released, if it is held.
    pub at: Option<DateTime<Utc>>,
}

/// What is counted over the whole queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// A person must first settle something.
    pub decide: usize,
    /// Obliged now, and not answered.
    pub unanswered: usize,
    /// Obliged now, and answered.
    pub in_hand: usize,
    /// Held over.
    pub held: usize,
    /// The client has the next move.
    pub on_client: usize,
    /// Never covered.
    pub outside: usize,
    /// Of decide and unanswered, those whose response is breached or overdue.
    pub breached: usize,
    /// What happens next.
    pub next: Option<Next>,
    /// The next release, and how many tickets it frees.
    pub freed: Option<(DateTime<Utc>, usize)>,
}

impl Counts {
    /// Counts what is given, in the order of the board; of equal instants the first is next.
    #[must_use]
    pub fn of(tickets: impl IntoIterator<Item = Counted>) -> Self {
        let mut counts = Self::default();
        let mut due: Option<Next> = None;
        let mut release: Option<Next> = None;
        for (row, Counted { group, breached, at }) in tickets.into_iter().enumerate() {
            match group {
                Group::Decide => counts.decide += 1,
                Group::Unanswered => counts.unanswered += 1,
                Group::InHand => counts.in_hand += 1,
                Group::Held => counts.held += 1,
                Group::OnClient => counts.on_client += 1,
                Group::Outside => counts.outside += 1,
            }
            match group {
                Group::Decide | Group::Unanswered => {
                    counts.breached += usize::from(breached);
                    due = sooner(due, at.map(|at| Next { kind: NextKind::Due, at, row }));
                }
                Group::Held => {
                    counts.freed = match (counts.freed, at) {
                        (Some((first, count)), Some(at)) if first == at => Some((first, count + 1)),
                        (Some((first, count)), Some(at)) if first < at => Some((first, count)),
                        (_, Some(at)) => Some((at, 1)),
                        (freed, None) => freed,
                    };
                    release = sooner(release, at.map(|at| Next { kind: NextKind::Release, at, row }));
                }
                Group::InHand | Group::OnClient | Group::Outside => {}
            }
        }
        counts.next = due.or(release);
        counts
    }

    /// All that is obliged now: decide, unanswered and in hand.
    #[must_use]
    pub const fn now(&self) -> usize {
        self.decide + self.unanswered + self.in_hand
    }

    /// What nobody has taken: decide and unanswered.
    #[must_use]
    pub const fn untaken(&self) -> usize {
        self.decide + self.unanswered
    }
}

/// The sooner of two; the first in the order of the board where they are equal.
fn sooner(old: Option<Next>, new: Option<Next>) -> Option<Next> {
    match (old, new) {
        (Some(old), Some(new)) if new.at < old.at => Some(new),
        (None, new) => new,
        (old, _) => old,
    }
}

/// What happens next: the earliest due still to come of decide and unanswered, else the earliest release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// Which of the two.
    pub kind: NextKind,
    /// When.
    pub at: DateTime<Utc>,
    /// To which of the tickets, by their order.
    pub row: usize,
}

/// What can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextKind {
    /// A response is due.
    Due,
    /// A held ticket is released.
    Release,
}
