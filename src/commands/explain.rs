//! `holdover explain`: why a ticket is to be handled now, or is held, in the contract's words.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::cli::ExplainArgs;
use super::output;
use super::session::{Exit, Session};
use crate::app::{Board, TicketJson};
use crate::domain::{SafeText, Step, explain};

/// Explains one ticket.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ExplainArgs, session: &Session) -> color_eyre::Result<Exit> {
    let fetched = session.fetch(None)?;
    let ticket = match fetched.store.find(&args.key) {
        Ok(Some(ticket)) => Arc::clone(ticket),
        Ok(None) => {
            output::say(&unknown(&args.key));
            return Ok(Exit::Failed);
        }
        Err(ambiguous) => {
            output::say(&output::ambiguous(&ambiguous));
            return Ok(Exit::Usage);
        }
    };
    let board = Board::new([ticket], &session.settings.agreements, (session.clock)());
    for row in board.rows.iter().chain(&board.resolved) {
        let steps = explain(&row.ticket, &session.settings.agreements, board.at, session.settings.timezone);
        if args.json {
            output::print_json(&TicketJson::with_steps(row, &steps))?;
        } else {
            let folder = session.settings.file.as_deref().and_then(Path::parent);
            output::print(|out| {
                print(&steps, folder, out)?;
                print_notes(&row.verdict.notes, &steps, out)
            })?;
        }
    }
    Ok(fetched.exit())
}

/// What to say of a key that no source has.
pub(super) fn unknown(key: &str) -> String {
    format!("no ticket '{key}' – no source that answered has it – holdover list --all shows what there is")
}

/// What could not be read of the ticket and what else a person should know, where no step has said it.
fn print_notes(notes: &[String], steps: &[Step], out: &mut dyn Write) -> io::Result<()> {
    let told = |note: &str| steps.iter().any(|step| !step.text.is_empty() && (note.contains(&step.text) || step.text.contains(note)));
    notes.iter().filter(|note| !told(note)).try_for_each(|note| writeln!(out, "{:<12}{}", "Note", SafeText::line(note)))
}

/// Steps in columns: what, when, text, and at the right where the agreement says so, as seen from the configuration's folder.
fn print(steps: &[Step], folder: Option<&Path>, out: &mut dyn Write) -> io::Result<()> {
    const ORIGIN: usize = 90;
    let what = steps.iter().map(|step| step.what.width() + 2).max().unwrap_or(0).max(12);
    let when = steps.iter().map(|step| step.when.width() + 4).max().unwrap_or(0);
    for step in steps {
        let when = if step.when.is_empty() { 0 } else { when };
        let line = format!("{:<what$}{:<when$}{}", step.what, step.when, SafeText::line(&step.text));
        let place = step.file.as_ref().map(|file| {
            let short = folder.and_then(|folder| Path::new(file).strip_prefix(folder).ok()).and_then(Path::to_str).unwrap_or(file);
            step.line.map_or_else(|| short.to_owned(), |line| format!("{short}:{line}"))
        });
        let origin: Vec<String> = step.clause.iter().cloned().chain(place).collect();
        let pad = if origin.is_empty() { 0 } else { ORIGIN.saturating_sub(line.width()).max(2) };
        let line = format!("{line}{:pad$}{}", "", SafeText::line(&origin.join("  ")));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
