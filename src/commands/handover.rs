//! `holdover handover`: what the next engineer must know, as Markdown; noted, so that the next one tells of the time since.

use chrono::SecondsFormat;

use super::cli::HandoverArgs;
use super::output;
use super::past::{self, Question};
use super::run::parse_time;
use super::session::{Exit, Session};
use crate::app::{Handover, Known};
use crate::records::HandedOver;

/// Prints the handover, and notes it unless nothing may be written.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &HandoverArgs, session: &Session) -> color_eyre::Result<Exit> {
    let zone = session.settings.timezone;
    let since = match args.since.as_deref().map(|written| parse_time("--since", written, zone)).transpose() {
        Ok(since) => since,
        Err(wrong) => {
            output::say(&wrong);
            return Ok(Exit::Usage);
        }
    };
    if since.is_some_and(|since| since > (session.clock)()) {
        output::say(&"--since is still to come – a handover tells what has happened – choose a time before now");
        return Ok(Exit::Usage);
    }
    let records = session.read_records();
    let fetched = session.fetch_over(records.as_ref().ok())?;
    let board = session.board(&fetched.store);
    let past = past::read(records.as_ref().map_err(past::why), Question::of(session, since));
    let health = fetched.store.health(board.at);
    let agreements = &session.settings.agreements;
    let handover = Handover::new(&Known { board: &board, health: &health, agreements, past: &past, zone, now: board.at });
    output::print(|out| out.write_all(handover.markdown().as_bytes()))?;
    if session.frozen || session.read_only || session.demo {
        return Ok(fetched.exit());
    }
    let noted = fetched.runtime.block_on(session.open_records()).and_then(|opened| {
        opened.moved_aside.iter().for_each(|path| output::say(&output::moved_aside(path)));
        opened.records.hand_over(&HandedOver { at: board.at, who: session.who() })
    });
    Ok(match noted {
        Ok(()) => {
            let again = past.since.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            output::say(&format!(
                "noted – the next handover tells of the time since now – this one again: holdover handover --since {again}"
            ));
            fetched.exit()
        }
        Err(fault) => {
            output::say(&format!("the handover is printed, but not noted: {fault}"));
            Exit::Failed
        }
    })
}
