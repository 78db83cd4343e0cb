//! The echo of the terminal, which is off while a secret is typed.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// What is typed on stdin is not shown until this is dropped; the end of its line is. Made before anybody is asked to type:
/// what comes earlier would be shown.
pub struct Unechoed(Option<Termios>);

impl Unechoed {
    /// Switches the echo off, where stdin is a terminal.
    #[must_use]
    pub fn stdin() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut modes) = before.clone() {
            modes.local_modes.remove(LocalModes::ECHO);
            modes.local_modes.insert(LocalModes::ECHONL);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
        Self(before)
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // nothing can be done where that fails: it is gone
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
