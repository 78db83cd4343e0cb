//! `holdover list`: the board, once.

use super::board_table::BoardTable;
use super::cli::ListArgs;
use super::output;
use super::session::{Cached, Exit, Session};
use crate::app::{BoardJson, BoardRow};
use crate::domain::{Group, SafeText};
use crate::records::Records;

/// Prints the tickets that the flags ask for.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ListArgs, session: &Session) -> color_eyre::Result<Exit> {
    let only = match args.source.as_deref().map(|name| session.source(name)).transpose() {
        Ok(only) => only,
        Err(unknown) => {
            output::say(&unknown);
            return Ok(Exit::Usage);
        }
    };
    let (store, exit) = if args.cached {
        let Cached { store, known, .. } = session.cached(only, Records::snapshot);
        (store, if known { Exit::Done } else { Exit::Failed })
    } else {
        let fetched = session.fetch(only)?;
        let exit = fetched.exit();
        (fetched.store, exit)
    };
    let board = session.board(&store);
    let health = store.health(board.at);
    let mut open: Vec<&BoardRow> = board.rows.iter().filter(|row| in_group(args, row) && of_client(args, row)).collect();
    let resolved: Vec<&BoardRow> = board.resolved.iter().filter(|row| args.all && of_client(args, row)).collect();
    if args.json {
        open.extend(resolved);
        output::print_json(&BoardJson::new(board.at, &open, &health))?;
    } else {
        let table = BoardTable { board: &board, open: &open, resolved: &resolved, sources: &health, zone: session.settings.timezone };
        output::print(|out| table.print(out))?;
    }
    // the process ends here: taking 100,000 tickets apart first would be a tenth of the whole run
    std::mem::forget((board, store));
    Ok(exit)
}

fn in_group(args: &ListArgs, row: &BoardRow) -> bool {
    match row.verdict.group {
        Group::Decide | Group::Unanswered | Group::InHand => !args.held,
        Group::Held => !args.now,
        Group::OnClient | Group::Outside => !args.now && !args.held,
    }
}

fn of_client(args: &ListArgs, row: &BoardRow) -> bool {
    let Some(wanted) = args.client.as_deref().map(SafeText::line) else { return true };
    row.ticket.client.as_ref().is_some_and(|client| client.eq_ignore_case(&wanted))
}
