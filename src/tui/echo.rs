//! The echo of the terminal, which is off while a secret is typed.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::signals;

/// How the terminal was, for as long as its echo is off: whatever ends the program gives it back.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What is typed on stdin is not shown until this is dropped; the end of its line is. Made before anybody is asked to type:
/// what comes earlier would be shown.
pub struct Unechoed(());

impl Unechoed {
    /// Switches the echo off, where stdin is a terminal. From then on a signal that ends the program gives it back first.
    ///
    /// # Errors
    /// Where the system does not tell of signals; the echo is on.
    pub fn stdin() -> io::Result<Self> {
        if let Ok(before) = tcgetattr(io::stdin()) {
            signals::end_after(give_back)?;
            let mut modes = before.clone();
            modes.local_modes.remove(LocalModes::ECHO);
            modes.local_modes.insert(LocalModes::ECHONL);
            *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
        Ok(Self(()))
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // nothing can be done where that fails: it is gone
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}
