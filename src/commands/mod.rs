//! FLOOR 3: the verbs, one file each; the only place that knows every floor.

mod ack;
mod board_table;
mod check;
mod cli;
mod dashboard;
mod explain;
mod list;
mod output;
mod run;
mod session;

pub use cli::{AckArgs, CheckArgs, Cli, ExplainArgs, Global, ListArgs, Verb};
pub use run::run;
pub use session::Exit;
