//! FLOOR 3: the verbs, one file each; the only place that knows every floor.

mod ack;
mod assess;
mod board_table;
mod bookkeeper;
mod check;
mod cli;
mod contact;
mod dashboard;
mod delivery;
mod evidence;
mod explain;
mod hook_call;
mod hook_facts;
mod hooks;
mod kept;
mod list;
mod local_source;
mod new;
mod note;
mod online;
mod output;
mod resolve;
mod run;
mod session;
mod shared_source;
mod status;
mod telling;
mod watch;
mod works;
mod works_end;

pub use cli::{
    AckArgs, AssessArgs, CheckArgs, Cli, ContactArgs, EvidenceArgs, ExplainArgs, Global, ListArgs, NewArgs, NoteArgs, OnClientArgs,
    ResolveArgs, StatusArgs, UnackArgs, Verb,
};
pub use hook_call::{HookCall, Ran, RunHook};
pub use hooks::HookParts;
pub use run::run;
pub use session::Exit;
pub use watch::{Log, Watch};
pub use works::{Beginning, News, Polled, Works};
