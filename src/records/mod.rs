//! FLOOR 1': what must outlive the process, in SQLite. May use domain only.

mod claim;
mod database;
mod evidence;
mod fault;
mod folder;
mod gap;
mod kept_here;
mod local;
mod noted;
mod outbox;
mod snapshot;
mod told;
mod turn;
mod watch;

pub use claim::Lease;
pub use database::{NEWEST as SCHEMA, Opened, RecordedSource, Records, sqlite_version};
pub use evidence::{Evidence, Settled};
pub use fault::RecordsFault;
pub use folder::{damaged, folder};
pub use gap::HandedOver;
pub use noted::{note, noted};
pub use outbox::{Begun, Ended, OutboxEntry, OutboxState, Queued};
pub use snapshot::Snapshot;
pub use told::{Heard, RunState, Told, ToldRun};
pub use watch::Watch;
