//! `holdover assess`: tells a source how severe a ticket is. An assessment is a person's; the program never makes one.

use super::cli::AssessArgs;
use super::session::{Exit, Session};
use super::telling::{self, Telling};
use crate::domain::Deed;

/// Assesses a ticket.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &AssessArgs, session: &Session) -> color_eyre::Result<Exit> {
    let deed = Deed::Assess { severity: args.severity };
    telling::run(&Telling { keys: std::slice::from_ref(&args.key), deed, queue: false, json: args.json }, session)
}
