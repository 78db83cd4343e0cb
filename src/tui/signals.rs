//! Signals of the system that end the dashboard or wake it: taken in by its loop, so that the terminal is given back first.

use std::io;

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind};

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
    terminate: unix::Signal,
    hang_up: unix::Signal,
    interrupt: unix::Signal,
    quit: unix::Signal,
    go_on: unix::Signal,
}

impl Signals {
    /// Begins to listen: from now on none of them ends the program by itself.
    ///
    /// # Errors
    /// Where the system does not play along.
    pub fn listen() -> io::Result<Self> {
        let listen = |signal: Signal| unix::signal(SignalKind::from_raw(signal.as_raw()));
        Ok(Self {
            terminate: listen(Signal::TERM)?,
            hang_up: listen(Signal::HUP)?,
            interrupt: listen(Signal::INT)?,
            quit: listen(Signal::QUIT)?,
            go_on: listen(Signal::CONT)?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        let signal = tokio::select! {
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.quit.recv() => Signal::QUIT,
            _ = self.go_on.recv() => return Asked::GoOn,
        };
        Asked::End(u8::try_from(signal.as_raw()).unwrap_or_default())
    }
}
