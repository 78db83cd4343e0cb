//! Signals of the system that end the dashboard or wake it: taken in by its loop, so that the terminal is given back first.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{self, SignalKind};
use tokio::time::sleep;

use super::terminal;

/// A program that lives for so long after a signal stands: it writes to a terminal that takes nothing, as on a stalled
/// connection. Longer than what is under way is given at the end.
const LATEST: Duration = Duration::from_secs(4);

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To end; the number of the signal.
    End(u8),
    /// To go on after a stop: whoever had the terminal meanwhile left it otherwise.
    GoOn,
}

/// The signals the dashboard answers, from [`Signals::listen`] on.
pub struct Signals {
    ending: Ending,
    go_on: unix::Signal,
}

impl Signals {
    /// Begins to listen: from now on none of them ends the program by itself. Where the caller does not end it soon after the
    /// first that asks for that, the program ends nevertheless.
    ///
    /// # Errors
    /// Where the system does not play along.
    pub fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let signals = Self { ending: Ending::listen(ignored)?, go_on: unix::signal(SignalKind::from_raw(Signal::CONT.as_raw()))? };
        tokio::spawn(end_if_late(Ending::listen(ignored)?));
        Ok(signals)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            number = self.ending.next() => Asked::End(number),
            _ = self.go_on.recv() => Asked::GoOn,
        }
    }
}

/// The wish of who started the program that it stands for a while, as ^Z is one. It must be granted by [`Stops::stand`].
pub struct Stops(unix::Signal);

impl Stops {
    /// Begins to listen: from now on it does not stop the program by itself.
    ///
    /// # Errors
    /// Where the system does not play along.
    pub fn listen() -> io::Result<Self> {
        unix::signal(SignalKind::from_raw(Signal::TSTP.as_raw())).map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops until the signal to go on comes; not where no shell is there that could send it.
    ///
    /// # Errors
    /// Where the system does not play along.
    pub fn stand() -> io::Result<()> {
        // this one stops whoever does not listen to it, but nobody whom no shell could make go on: the system knows who that is,
        // also where the program's session was begun outside its container and has no number in it
        Ok(kill_process(getpid(), Signal::TTIN)?)
    }
}

/// Lets whatever signal ends the program give something back first, from now on; for one that has no loop.
///
/// # Errors
/// Where the system does not play along.
pub(super) fn end_after(give_back: fn()) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ending = runtime.block_on(async { Ending::listen(ignored()) })?;
    std::thread::spawn(move || {
        let number = runtime.block_on(ending.next());
        give_back();
        std::process::exit(128 + i32::from(number));
    });
    Ok(())
}

/// The signals that end the program, with their numbers.
struct Ending(Vec<(u8, unix::Signal)>);

impl Ending {
    /// Listens for all but the ignored ones: whoever started the program so meant it to outlive them.
    fn listen(ignored: u64) -> io::Result<Self> {
        let numbers = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT].map(Signal::as_raw);
        let heard = numbers.into_iter().filter(|number| ignored >> (number - 1) & 1 == 0);
        let listen = |number| Ok((u8::try_from(number).unwrap_or_default(), unix::signal(SignalKind::from_raw(number))?));
        heard.map(listen).collect::<io::Result<_>>().map(Self)
    }

    /// Waits for the next one.
    async fn next(&mut self) -> u8 {
        poll_fn(|context| {
            let came = self.0.iter_mut().find_map(|(number, signal)| signal.poll_recv(context).is_ready().then_some(*number));
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that were ignored when the program began, a bit each; none where the system has no such file.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Ends the program as a signal asks where its loop does not.
async fn end_if_late(mut ending: Ending) {
    let number = ending.next().await;
    sleep(LATEST).await;
    terminal::leave_raw_mode();
    std::process::exit(128 + i32::from(number));
}
