//! A command that prints a key: no shell, no terminal, ten seconds. It ends with all it started when nobody waits any more.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use tokio::io::{AsyncReadExt, copy, sink};
use tokio::time::timeout;

/// Longest that is waited for it: it may wait for a passphrase that nobody will type.
const LONGEST: Duration = Duration::from_secs(10);

/// A command under way; all of its session's group is killed when this is dropped.
struct Running(Box<dyn ChildWrapper>);

impl Drop for Running {
    fn drop(&mut self) {
        // what has ended cannot be killed, and need not be
        let _ = self.0.start_kill();
    }
}

/// What a command prints, cut after so many bytes. It gets this environment and no other.
///
/// What it says on stderr is not even read: a shell that traces, or a client that is asked to be verbose, puts keys there.
///
/// # Errors
/// Why it told nothing; only its own name is repeated, for a key could be among its arguments.
pub async fn output(command: &[String], environment: &[(String, String)], most: u64) -> Result<Vec<u8>, String> {
    let told = timeout(LONGEST, run(command, environment, most)).await;
    told.unwrap_or_else(|_| Err(format!("it did not end within {} s, as if it waited for somebody", LONGEST.as_secs())))
}

async fn run(command: &[String], environment: &[(String, String)], most: u64) -> Result<Vec<u8>, String> {
    let (program, arguments) = command.split_first().ok_or("there is no command")?;
    let mut wrap = CommandWrap::with_new(program, |command| {
        // gpg would have the passphrase asked for on the terminal that this names, over our screen
        let environment = environment.iter().filter(|(name, _)| name != "GPG_TTY");
        command.args(arguments).env_clear().envs(environment.map(|(name, text)| (name, text)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    });
    // in a session of its own there is no terminal to be reached, not even by name
    let mut child = Running(wrap.wrap(ProcessSession).spawn().map_err(|e| format!("it cannot be started: {e}"))?);
    let mut stdout = child.0.stdout().take().ok_or("its output cannot be read")?;
    let mut printed = Vec::new();
    let reading = async {
        (&mut stdout).take(most).read_to_end(&mut printed).await?;
        // the rest runs out: a pipe that closes would make it fail
        copy(&mut stdout, &mut sink()).await
    };
    let ending = async {
        let status = child.0.wait().await;
        // what it leaves behind would keep the pipe open
        let _ = child.0.start_kill();
        status
    };
    let (read, status) = tokio::join!(reading, ending);
    let status = status.map_err(|e| e.to_string())?;
    read.map_err(|e| e.to_string())?;
    if status.success() { Ok(printed) } else { Err(ended(status)) }
}

fn ended(status: ExitStatus) -> String {
    status.code().map_or_else(|| "it was killed by a signal".to_owned(), |code| format!("it ended with code {code}"))
}
