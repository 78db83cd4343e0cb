//! `holdover next`: what flips next, day by day on the engineer's clock.

use std::io::{self, Write};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use unicode_width::UnicodeWidthStr;

use super::cli::NextArgs;
use super::output;
use super::session::{Exit, Session};
use crate::app::{Agenda, AgendaEntry, flips};

/// Prints what flips within the hours that are asked for.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &NextArgs, session: &Session) -> color_eyre::Result<Exit> {
    let fetched = session.fetch(None)?;
    let board = session.board(&fetched.store);
    let (from, to) = (board.at, board.at + TimeDelta::hours(args.hours));
    let flips = flips(&board, &session.settings.agreements, from, to);
    if args.json {
        output::print_json(&flips)?;
    } else {
        let agenda = Agenda { zone: session.settings.timezone, of_several: session.settings.sources.len() > 1 };
        let entries = agenda.entries(&flips, from, to);
        output::print(|out| print(&entries, agenda.zone, [from, to], out))?;
    }
    Ok(fetched.exit())
}

fn print(entries: &[AgendaEntry], zone: Tz, [from, to]: [DateTime<Utc>; 2], out: &mut dyn Write) -> io::Result<()> {
    let local = |at: DateTime<Utc>, format: &str| at.with_timezone(&zone).format(format).to_string();
    writeln!(out, "from {} to {}", local(from, "%a %-d %b %Y %H:%M %Z"), local(to, "%a %-d %b %Y %H:%M %Z"))?;
    if entries.is_empty() {
        writeln!(out, "nothing flips")?;
    }
    let kinds = entries.iter().map(|entry| entry.kind_word().width()).max().unwrap_or(0);
    let names = entries.iter().map(|entry| entry.whose.width()).max().unwrap_or(0);
    let mut day = None;
    for entry in entries {
        let AgendaEntry { at, whose, what, .. } = entry;
        let date = at.with_timezone(&zone).date_naive();
        if day.replace(date) != Some(date) {
            writeln!(out, "\n{}", local(*at, "%a %-d %b %Y"))?;
        }
        let (kind, pad) = (entry.kind_word(), names.saturating_sub(whose.width()));
        writeln!(out, "  {}  {kind:<kinds$}  {whose}{:pad$}  {what}", local(*at, "%H:%M"), "")?;
    }
    Ok(())
}
