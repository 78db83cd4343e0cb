//! `holdover next`: what flips next, day by day on the engineer's clock.

use std::io::{self, Write};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use unicode_width::UnicodeWidthStr;

use super::cli::NextArgs;
use super::output;
use super::session::{Exit, Session};
use crate::app::{Flip, FlipKind, FlippedTicket, cut, flips, words};
use crate::domain::clock_changes;

/// Prints what flips within the hours that are asked for.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &NextArgs, session: &Session) -> color_eyre::Result<Exit> {
    let fetched = session.fetch(None)?;
    let board = session.board(&fetched.store);
    let until = board.at + TimeDelta::hours(args.hours);
    let flips = flips(&board, &session.settings.agreements, board.at, until);
    if args.json {
        output::print_json(&flips)?;
    } else {
        let of_several = session.settings.sources.len() > 1;
        let agenda = Agenda { now: board.at, until, zone: session.settings.timezone, of_several };
        output::print(|out| agenda.print(&flips, out))?;
    }
    Ok(fetched.exit())
}

/// Longest name of an agreement in the column.
const WIDEST: usize = 24;

/// From when until when, on whose clock.
struct Agenda {
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    zone: Tz,
    /// A key alone may mean several tickets.
    of_several: bool,
}

/// What happens at an instant, for a line of its own.
struct Entry {
    at: DateTime<Utc>,
    kind: String,
    whose: String,
    what: String,
}

impl Agenda {
    fn print(&self, flips: &[Flip], out: &mut dyn Write) -> io::Result<()> {
        let entry = |flip: &Flip| {
            let (kind, whose) = (flip.kind.to_string(), cut(flip.agreement.name.as_str(), WIDEST));
            Entry { at: flip.at, kind, whose, what: self.what(flip) }
        };
        let mut entries: Vec<Entry> = flips.iter().map(entry).collect();
        entries.extend(self.clocks(flips));
        // stable: of one instant clocks come last, with the time they show from then on
        entries.sort_by_key(|entry| entry.at);
        let local = |at: DateTime<Utc>, format: &str| at.with_timezone(&self.zone).format(format).to_string();
        writeln!(out, "from {} to {}", local(self.now, "%a %-d %b %Y %H:%M %Z"), local(self.until, "%a %-d %b %Y %H:%M %Z"))?;
        if entries.is_empty() {
            writeln!(out, "nothing flips")?;
        }
        let kinds = entries.iter().map(|entry| entry.kind.width()).max().unwrap_or(0);
        let names = entries.iter().map(|entry| entry.whose.width()).max().unwrap_or(0);
        let mut day = None;
        for Entry { at, kind, whose, what } in &entries {
            let date = at.with_timezone(&self.zone).date_naive();
            if day.replace(date) != Some(date) {
                writeln!(out, "\n{}", local(*at, "%a %-d %b %Y"))?;
            }
            let pad = names.saturating_sub(whose.width());
            writeln!(out, "  {}  {kind:<kinds$}  {whose}{:pad$}  {what}", local(*at, "%H:%M"), "")?;
        }
        Ok(())
    }

    /// The tickets, or the window that begins; with the time on the client's clock where that is another.
    fn what(&self, flip: &Flip) -> String {
        let there = words::there(self.zone, flip.at, &flip.agreement);
        if flip.kind == FlipKind::Window {
            let calendar = &flip.agreement.calendar;
            let (window, name) = calendar.named_window_at(flip.at);
            return format!("{}{there}", calendar.phrase(window, name));
        }
        let ticket =
            |ticket: &FlippedTicket| format!("{} {}", words::severity(ticket.severity), words::name_of(&ticket.id, self.of_several));
        format!("{}{there}", words::few(flip.tickets.iter().map(ticket)))
    }

    /// The clocks that are set forward or back: the engineer's and those of the agreements.
    fn clocks(&self, flips: &[Flip]) -> Vec<Entry> {
        let mut zones = vec![self.zone];
        zones.extend(flips.iter().map(|flip| flip.agreement.calendar.zone()));
        zones.sort_by_key(|zone| (*zone != self.zone, zone.name()));
        zones.dedup();
        let change = |zone: Tz, at: DateTime<Utc>| {
            let after = at.with_timezone(&zone);
            let before = (at - TimeDelta::seconds(1)).with_timezone(&zone);
            // what it would have shown without the change
            let old = at.with_timezone(&chrono::Offset::fix(before.offset()));
            let what = format!("{} {} becomes {}", old.format("%H:%M"), before.format("%Z"), after.format("%H:%M %Z"));
            Entry { at, kind: "clock".to_owned(), whose: zone.name().to_owned(), what }
        };
        zones.into_iter().flat_map(|zone| clock_changes(zone, self.now, self.until).into_iter().map(move |at| change(zone, at))).collect()
    }
}
