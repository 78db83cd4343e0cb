//! A command that is run: no shell, no terminal, a limit in time. It ends with all it started when nobody waits any more.

use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::time::timeout;

/// What it leaves behind may keep its output open for so long.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// A command under way; all of its session's group is killed when this is dropped.
struct Running(Box<dyn ChildWrapper>);

impl Drop for Running {
    fn drop(&mut self) {
        // what has ended cannot be killed, and need not be
        let _ = self.0.start_kill();
    }
}

/// A program and its arguments, and how it is run.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// The program, and its arguments.
    pub words: &'a [String],
    /// Its environment; it gets no other.
    pub environment: &'a [(String, String)],
    /// What it can read on stdin.
    pub stdin: &'a [u8],
    /// Longest that is waited for it.
    pub longest: Duration,
    /// So many bytes are kept of what it prints.
    pub most: u64,
    /// Whether what it says on stderr is kept too.
    pub stderr: bool,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it printed, cut; then what it said on stderr, cut too.
    pub printed: Vec<u8>,
    /// Why it did not do what it was to do.
    pub how: Result<(), String>,
}

impl Command<'_> {
    /// Runs it to its end, and kills what it leaves behind.
    ///
    /// # Errors
    /// It cannot be started, or did not end in time; its words are not repeated, for a key could be among them.
    pub async fn run(self) -> Result<Ended, String> {
        let ran = timeout(self.longest, self.run_to_end()).await;
        ran.unwrap_or_else(|_| Err(format!("it did not end within {} s, as if it waited for somebody", self.longest.as_secs())))
    }

    async fn run_to_end(self) -> Result<Ended, String> {
        let (program, arguments) = self.words.split_first().ok_or("there is no command")?;
        let mut wrap = CommandWrap::with_new(program, |command| {
            // gpg would have the passphrase asked for on the terminal that this names, over our screen
            let environment = self.environment.iter().filter(|(name, _)| name != "GPG_TTY");
            command.args(arguments).env_clear().envs(environment.map(|(name, text)| (name, text)));
            command.stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
            command.stdout(Stdio::piped()).stderr(if self.stderr { Stdio::piped() } else { Stdio::null() });
        });
        // in a session of its own there is no terminal to be reached, not even by name
        let mut child = Running(wrap.wrap(ProcessSession).spawn().map_err(|e| format!("it cannot be started: {e}"))?);
        let (stdin, stdout, stderr) = (child.0.stdin().take(), child.0.stdout().take(), child.0.stderr().take());
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let telling = async {
            if let Some(mut stdin) = stdin {
                // one that reads nothing, or not all, may do so
                let _ = stdin.write_all(self.stdin).await;
            }
        };
        let status = {
            let reading = async { tokio::join!(telling, read(stdout, self.most, &mut printed), read(stderr, self.most, &mut said)) };
            let ending = async {
                // of a process that is the first of its container, what it leaves behind are children too: they are not waited for
                let status = child.0.inner_mut().wait().await;
                // it would keep the pipe open
                let _ = child.0.start_kill();
                let _ = child.0.wait().await;
                status
            };
            let (mut reading, mut ending) = (pin!(reading), pin!(ending));
            tokio::select! {
                status = &mut ending => {
                    // what has left the session too is not waited for
                    let _ = timeout(LEFT_BEHIND, reading).await;
                    status
                }
                // it may live on without any output
                _ = &mut reading => ending.await,
            }
        };
        let how = ended(status.map_err(|e| e.to_string())?);
        printed.append(&mut said);
        Ok(Ended { printed, how })
    }
}

/// Reads so many bytes; the rest runs out, for a pipe that closes would make the command fail.
async fn read(from: Option<impl AsyncRead + Unpin>, most: u64, into: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    // what cannot be read any more was not printed
    if (&mut from).take(most).read_to_end(into).await.is_ok() {
        let _ = copy(&mut from, &mut sink()).await;
    }
}

fn ended(status: ExitStatus) -> Result<(), String> {
    if status.success() {
        return Ok(());
    }
    Err(status.code().map_or_else(|| "it was killed by a signal".to_owned(), |code| format!("it ended with code {code}")))
}
