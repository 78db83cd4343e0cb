//! `holdover resolve` and `on-client`: tells a source that a ticket is done, or that its client has the next move.

use super::cli::{OnClientArgs, ResolveArgs};
use super::session::{Exit, Session};
use super::telling::{self, Telling};
use crate::domain::Deed;

/// Resolves a ticket.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ResolveArgs, session: &Session) -> color_eyre::Result<Exit> {
    let keys = std::slice::from_ref(&args.key);
    telling::run(&Telling { keys, deed: Deed::Resolve, queue: false, json: args.json }, session)
}

/// Leaves the next move to the client.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn on_client(args: &OnClientArgs, session: &Session) -> color_eyre::Result<Exit> {
    let keys = std::slice::from_ref(&args.key);
    telling::run(&Telling { keys, deed: Deed::OnClient, queue: false, json: args.json }, session)
}
