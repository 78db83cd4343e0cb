//! The board as lines for a person: what counts first, then each group, one line a ticket, free text last.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use unicode_width::UnicodeWidthStr;

use crate::app::{Board, BoardRow, Health, NextKind, SourceHealth, cut, heading, words};
use crate::domain::{Bill, ClockState, Group, SafeText};

/// What is printed, in which zone.
pub(super) struct BoardTable<'a> {
    pub board: &'a Board,
    pub open: &'a [&'a BoardRow],
    pub resolved: &'a [&'a BoardRow],
    pub sources: &'a [SourceHealth],
    pub zone: Tz,
}

/// Columns before the title.
const COLUMNS: usize = 6;

/// Longest name in a column: one that is longer must not push the others off the screen.
const WIDEST: usize = 32;

impl BoardTable<'_> {
    /// Prints it.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        self.summary(out)?;
        for source in self.sources {
            self.trouble(source, out)?;
        }
        let widths = self.widths();
        for group in self.open.chunk_by(|a, b| a.verdict.group == b.verdict.group) {
            self.group(heading(group[0].verdict.group), group, widths, out)?;
        }
        if !self.resolved.is_empty() {
            self.group("RESOLVED", self.resolved, widths, out)?;
        }
        Ok(())
    }

    /// What counts over the whole queue, whatever is shown of it.
    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let counts = self.board.counts();
        write!(out, "{} NOW  {} unanswered  {} breached  {} held", counts.now(), counts.untaken(), counts.breached, counts.held)?;
        write!(out, "  {} on client  {} outside", counts.on_client, counts.outside)?;
        if let Some(next) = counts.next {
            let what = match next.kind {
                NextKind::Due => "due",
                NextKind::Release => "released",
            };
            let ticket = &self.board.rows[next.row].ticket.id;
            write!(out, "  next: {ticket} {what} {}", self.moment(next.at))?;
        }
        writeln!(out, "  ({})", self.board.at.with_timezone(&self.zone).format("%a %-d %b %Y %H:%M %Z"))
    }

    /// What must not be trusted: an empty board from a source that is blind is no calm.
    fn trouble(&self, source: &SourceHealth, out: &mut dyn Write) -> io::Result<()> {
        if let Some(ahead) = source.clock_ahead {
            writeln!(out, "! {} clock {}: what it tells is that much older or younger than it looks", source.name, words::apart(ahead))?;
        }
        let state = match source.health {
            Health::Ok => return Ok(()),
            Health::Stale => "STALE",
            Health::Blind => "BLIND",
        };
        write!(out, "!! {} {state}", source.name)?;
        if let Some(as_of) = source.as_of {
            write!(out, " since {}", self.moment(as_of))?;
        }
        if let (false, Some(total)) = (source.complete, source.total) {
            write!(out, ", showing {} of {total}", source.shown)?;
        }
        match &source.fault {
            Some(fault) => writeln!(out, ": {fault}"),
            None => writeln!(out),
        }
    }

    fn group(&self, name: &str, rows: &[&BoardRow], widths: [usize; COLUMNS], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n{name} {}", rows.len())?;
        for row in rows {
            for (cell, width) in self.cells(row).iter().zip(widths) {
                write!(out, "{cell}{:pad$}  ", "", pad = width.saturating_sub(cell.width()))?;
            }
            writeln!(out, "{}", row.ticket.title.in_list())?;
        }
        Ok(())
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = [0; COLUMNS];
        for row in self.open.iter().chain(self.resolved) {
            for (width, cell) in widths.iter_mut().zip(self.cells(row)) {
                *width = cell.width().max(*width);
            }
        }
        widths
    }

    fn cells(&self, row: &BoardRow) -> [String; COLUMNS] {
        let ticket = &*row.ticket;
        let text = |text: Option<&SafeText>| text.map_or_else(|| "-".to_owned(), |text| cut(text.in_list().as_str(), WIDEST));
        [
            words::severity(row.severity()),
            cut(words::name_of(&ticket.id, self.sources.len() > 1).as_str(), WIDEST),
            text(ticket.client.as_ref()),
            state(row).join(", "),
            self.when(row),
            text(ticket.owner()),
        ]
    }

    /// What the reader must know of time: when it is due, released, or the client hears of it again.
    fn when(&self, row: &BoardRow) -> String {
        let verdict = &row.verdict;
        let response = verdict.response.as_ref();
        let left = response.and_then(|r| r.remaining_seconds);
        match verdict.group {
            Group::Held => {
                let until = verdict.held_until.map_or_else(|| "never released".to_owned(), |at| format!("until {}", self.moment(at)));
                left.filter(|left| *left > 0).map_or_else(|| until.clone(), |left| format!("{until}, then {}", words::length(left)))
            }
            Group::OnClient => "the client's move".to_owned(),
            Group::Outside => "never covered".to_owned(),
            Group::Decide | Group::Unanswered | Group::InHand => {
                let clocks = [("next word", verdict.update.as_ref()), ("resolve", verdict.resolve.as_ref())];
                let open = clocks.into_iter().find_map(|(what, clock)| Some((what, clock?.due?)));
                match (response.and_then(|r| r.due), left, open) {
                    (Some(due), Some(left), _) if row.is_breached() => format!("due {}, {} late", self.moment(due), words::late(-left)),
                    (Some(due), Some(left), _) => format!("due {}, {} left", self.moment(due), words::length(left)),
                    (_, _, Some((what, due))) if verdict.group == Group::InHand => format!("{what} {}", self.moment(due)),
                    _ => "-".to_owned(),
                }
            }
        }
    }

    fn moment(&self, at: DateTime<Utc>) -> String {
        words::moment(self.zone, at, self.board.at)
    }
}

/// The words that a person must not miss.
fn state(row: &BoardRow) -> Vec<String> {
    let undecided = match row.verdict.group {
        Group::Decide if row.ticket.unreadable.is_some() => Some("unreadable"),
        Group::Decide if row.verdict.agreement.is_none() => Some("no agreement"),
        Group::Decide => Some("unassessed"),
        _ => None,
    };
    let clock = row.verdict.response.as_ref().and_then(|r| match r.state {
        ClockState::Breached => Some("breached"),
        ClockState::Overdue => Some("overdue"),
        ClockState::AtRisk => Some("at risk"),
        ClockState::Paused => Some("paused"),
        ClockState::MetLate => Some("answered late"),
        ClockState::NotStarted | ClockState::Running | ClockState::Met => None,
    });
    let bill = (row.verdict.billing.verdict == Bill::Chargeable).then_some("chargeable");
    let call = row.ticket.wants_call_back().then_some("call back");
    // what explain tells besides; why it is undecided is said already
    let notes = match row.verdict.notes.len() - usize::from(undecided.is_some()) {
        0 => None,
        1 => Some("1 note".to_owned()),
        many => Some(format!("{many} notes")),
    };
    undecided.into_iter().chain(clock).chain(bill).chain(call).map(str::to_owned).chain(notes).collect()
}
