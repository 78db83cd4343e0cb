//! One run of a hook: a command of this machine, told on stdin and in its environment.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::domain::SafeText;
use crate::sources::{Command, Ended};

/// So many bytes are kept of what a hook prints, and as many of what it says on stderr.
const MOST_BYTES: u64 = 4096;

/// One run of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCall {
    /// The name of the hook.
    pub hook: SafeText,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// All of its environment.
    pub environment: Vec<(String, String)>,
    /// What it can read: JSON, on one line.
    pub stdin: String,
    /// Longest that it may run.
    pub timeout: Duration,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Why it did not do what it was to do.
    pub how: Result<(), String>,
    /// The first line of what it said.
    pub said: Option<SafeText>,
}

/// Runs hooks: as commands of this machine, but in tests.
pub type RunHook = Arc<dyn Fn(HookCall) -> BoxFuture<'static, Ran> + Send + Sync>;

impl HookCall {
    /// Runs the command. Longest for its time-out; then it is killed, with all it started.
    pub async fn run(self) -> Ran {
        let Self { command, environment, stdin, timeout, .. } = &self;
        let command = Command { words: command, environment, stdin: stdin.as_bytes(), longest: *timeout, most: MOST_BYTES, stderr: true };
        match command.run().await {
            Ok(Ended { printed, how }) => {
                let printed = String::from_utf8_lossy(&printed);
                let said = printed.lines().map(str::trim).find(|line| !line.is_empty()).map(SafeText::line);
                Ran { how, said }
            }
            Err(why) => Ran { how: Err(why), said: None },
        }
    }
}
