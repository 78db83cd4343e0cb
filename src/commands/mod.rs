//! FLOOR 3: the verbs, one file each; the only place that knows every floor.

mod ack;
mod activity;
mod assess;
mod believed;
mod board_table;
mod bookkeeper;
mod check;
mod cli;
mod completions;
mod contact;
mod dashboard;
mod delivery;
mod doctor;
mod evidence;
mod explain;
mod handover;
mod hook_alarm;
mod hook_call;
mod hook_facts;
mod hook_turn;
mod hooks;
mod init;
mod kept;
mod keys;
mod last_count;
mod list;
mod local_source;
mod log;
mod man;
mod new;
mod next;
mod note;
mod online;
mod output;
mod past;
mod plain;
mod plain_input;
mod reload;
mod resolve;
mod run;
mod session;
mod shared_source;
mod status;
mod telling;
mod themes;
mod version;
mod watch;
mod windows;
mod works;
mod works_edit;
mod works_end;

pub use cli::{
    AckArgs, AssessArgs, CheckArgs, Cli, CompletionsArgs, ContactArgs, EvidenceArgs, ExplainArgs, Global, HandoverArgs, ListArgs, ManArgs,
    NewArgs, NextArgs, NoteArgs, OnClientArgs, ResolveArgs, StatusArgs, ThemesArgs, UnackArgs, Verb, WindowsArgs,
};
pub use doctor::DoctorArgs;
pub use hook_call::{HookCall, Ran, RunHook};
pub use hooks::HookParts;
pub use init::InitArgs;
pub use log::Log;
pub use run::run;
pub use session::Exit;
pub use watch::Watch;
pub use works::{Beginning, News, Polled, Works};
pub use works_edit::{Edited, EditedSource};
