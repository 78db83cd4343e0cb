//! `holdover contact`: notes that the client of a ticket has just spoken or written, and by which channel.

use super::cli::ContactArgs;
use super::output;
use super::session::{Exit, Session};
use super::telling::{self, Telling};
use crate::domain::{Deed, SafeText};

/// Notes a contact.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ContactArgs, session: &Session) -> color_eyre::Result<Exit> {
    let channel = SafeText::line(args.channel.trim());
    if channel.as_str().is_empty() {
        output::say(&"the channel is empty – nothing was noted – write phone, email, or another after the key");
        return Ok(Exit::Usage);
    }
    let deed = Deed::Contact { channel };
    telling::run(&Telling { keys: std::slice::from_ref(&args.key), deed, queue: false, json: args.json }, session)
}
