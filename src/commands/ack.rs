//! `holdover ack` and `unack`: tells the sources that tickets are taken, or given back.

use super::cli::{AckArgs, UnackArgs};
use super::session::{Exit, Session};
use super::telling::{self, Telling};
use crate::domain::{Deed, SafeText};

/// Acknowledges each key.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &AckArgs, session: &Session) -> color_eyre::Result<Exit> {
    let deed = Deed::Acknowledge { note: args.note.as_deref().map(SafeText::body) };
    telling::run(&Telling { keys: &args.keys, deed, queue: args.queue, json: args.json }, session)
}

/// Gives each key back.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn undo(args: &UnackArgs, session: &Session) -> color_eyre::Result<Exit> {
    telling::run(&Telling { keys: &args.keys, deed: Deed::Unacknowledge, queue: false, json: args.json }, session)
}
