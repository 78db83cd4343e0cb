//! FLOOR 3: the verbs, one file each; the only place that knows every floor.

mod ack;
mod board_table;
mod bookkeeper;
mod check;
mod cli;
mod dashboard;
mod delivery;
mod evidence;
mod explain;
mod kept;
mod list;
mod output;
mod run;
mod session;
mod shared_source;
mod status;

pub use cli::{AckArgs, CheckArgs, Cli, EvidenceArgs, ExplainArgs, Global, ListArgs, StatusArgs, Verb};
pub use run::run;
pub use session::Exit;
