//! `holdover note`: writes to a ticket, for its client or so that the client cannot read it.

use super::cli::NoteArgs;
use super::output;
use super::session::{Exit, Session};
use super::telling::{self, Telling};
use crate::domain::{Deed, SafeText};

/// Writes a note to a ticket.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &NoteArgs, session: &Session) -> color_eyre::Result<Exit> {
    let text = SafeText::body(args.text.trim());
    if text.as_str().trim().is_empty() {
        output::say(&"the note is empty – nothing was sent – write what the note says after the key");
        return Ok(Exit::Usage);
    }
    let deed = if args.to_client { Deed::Word { text } } else { Deed::Note { text } };
    telling::run(&Telling { keys: std::slice::from_ref(&args.key), deed, queue: false, json: args.json }, session)
}
