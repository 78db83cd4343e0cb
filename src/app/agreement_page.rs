//! One agreement, as a page: its window now, its response table with the cell of now lit, the week ahead, its next bank
//! holidays, its note.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use unicode_width::UnicodeWidthStr;

use super::agenda::clock_change;
use super::board::BoardRow;
use super::flips_page::{flowing, wrapped};
use super::message::Action;
use super::model::Model;
use super::page::Made;
use super::summary::{Piece, Tone, cut};
use super::words;
use crate::domain::{
    Agreement, AnsweredBy, Calendar, Entry, HoldOverTo, ResponseTable, SafeText, Severity, Window, clock_changes, date_of, date_start,
    instant,
};

/// So many dates ahead, and so many bank holidays within so many days.
const WEEK: u64 = 7;
const HOLIDAYS: usize = 6;
const WITHIN: u64 = 400;

/// The page of a model, of the agreement at a place.
pub(super) fn page(model: &Model, place: usize) -> Made {
    let all = model.rules.agreements.all();
    let Some(agreement) = all.get(place) else {
        let none = "The configuration has no agreement; `holdover check` says more.";
        return ("Windows".to_owned(), vec![vec![Piece::new(none, Tone::Muted)]], None);
    };
    let is_its = |row: &&BoardRow| row.verdict.agreement.as_ref().is_some_and(|own| Arc::ptr_eq(own, agreement));
    let row = model.list.selected().filter(is_its);
    let teller = Teller {
        agreement,
        calendar: &agreement.calendar,
        severity: row.and_then(|row| row.verdict.severity),
        now: model.shown_at(),
        columns: usize::from(model.size.0.saturating_sub(2)),
    };
    let mut lines = teller.now(model);
    for (heading, table) in [
        ("Answered within", Some(&agreement.response)),
        ("Resolved within", agreement.resolve.as_ref()),
        ("A word to the client every", agreement.update.as_ref()),
    ] {
        lines.extend(table.map(|table| teller.table(heading, table)).into_iter().flatten());
    }
    lines.extend(teller.week());
    lines.extend(teller.holidays());
    lines.extend(teller.note());
    let turn = model.rules.help.key(Action::NextUnanswered);
    let head = format!("{} · {} · {} of {}, {turn} turns", agreement.name, agreement.calendar.zone(), place + 1, all.len());
    (head, lines, [teller.tomorrow(), teller.leaves()].into_iter().flatten().min())
}

struct Teller<'a> {
    agreement: &'a Agreement,
    calendar: &'a Calendar,
    /// That of the ticket under the cursor, where the agreement is its.
    severity: Option<Severity>,
    now: DateTime<Utc>,
    columns: usize,
}

impl Teller<'_> {
    fn window(&self) -> Window {
        self.calendar.window_at(self.now)
    }

    /// When it leaves the window of now.
    fn leaves(&self) -> Option<DateTime<Utc>> {
        self.calendar.window_until(self.now).1
    }

    fn today(&self) -> NaiveDate {
        date_of(self.calendar.zone(), self.now.timestamp())
    }

    /// The first instant of a date.
    fn starts(&self, date: NaiveDate) -> DateTime<Utc> {
        instant::from_seconds(date_start(self.calendar.zone(), date))
    }

    fn tomorrow(&self) -> Option<DateTime<Utc>> {
        self.today().succ_opt().map(|date| self.starts(date))
    }

    /// The window of now and until when, on their clock and on the engineer's; and what else the agreement is.
    fn now(&self, model: &Model) -> Vec<Vec<Piece>> {
        let (agreement, here, there) = (self.agreement, model.rules.zone, self.calendar.zone());
        let (window, name) = self.calendar.named_window_at(self.now);
        let until = self.leaves().map_or_else(String::new, |at| {
            let [ours, theirs] = [here, there].map(|zone| words::day_column(zone, at, self.now));
            let ours = if ours == theirs { String::new() } else { format!(" ({ours} here)") };
            format!(" until {theirs} {}{ours}", at.with_timezone(&there).format("%Z"))
        });
        let word = if model.time_machine.is_some() { "Then" } else { "Now" };
        let now = format!("{word} {}{until}", self.calendar.phrase(window, name));
        let mut lines = wrapped(&now, 2, self.columns, Tone::Window(window));
        let clients: Vec<&str> = agreement.clients.iter().map(SafeText::as_str).collect();
        let level = agreement.support_level.as_ref().map_or_else(|| "every level".to_owned(), |level| format!("up to {level}"));
        let held = match agreement.hold_over_to {
            HoldOverTo::NextWorkingDay => "the next working day",
            HoldOverTo::NextCoveredWindow => "the next covered window",
        };
        let answer = match agreement.answered_by {
            AnsweredBy::Acknowledgement => "the acknowledgement",
            AnsweredBy::WordToClient => "a word to the client",
        };
        let date = |what: &str, date: Option<NaiveDate>| date.map(|date| format!("{what} {}", date.format("%-d %b %Y")));
        let valid: Vec<String> = [date("from", agreement.valid_from), date("to", agreement.valid_to)].into_iter().flatten().collect();
        let said = [
            ("clients", clients.join(", ")),
            ("covers", level),
            ("held over to", held.to_owned()),
            ("answered by", answer.to_owned()),
            ("valid", valid.join(" ")),
        ];
        let said: Vec<String> = said.iter().filter(|(_, what)| !what.is_empty()).map(|(of, what)| format!("{of} {what}")).collect();
        lines.extend(wrapped(&said.join("; "), 2, self.columns, Tone::Muted));
        lines
    }

    /// A table: windows in columns where there is room for them, else line by line.
    fn table(&self, heading: &str, table: &ResponseTable) -> Vec<Vec<Piece>> {
        let windows = self.windows();
        let severities = Severity::ALL.into_iter().filter(|severity| table.row(*severity).is_some());
        let rows: Vec<(Severity, Vec<String>)> =
            severities.map(|severity| (severity, windows.iter().map(|window| self.cell(table, severity, *window)).collect())).collect();
        let mut lines = vec![Vec::new(), vec![Piece::new(heading, Tone::Strong)]];
        let name = |window: &Window| self.calendar.window_name(*window).as_str();
        // two more than the longest text, for the brackets that light a cell
        let width =
            |column: usize| rows.iter().map(|(_, cells)| cells[column].width()).max().unwrap_or(0).max(name(&windows[column]).width()) + 2;
        let widths: Vec<usize> = (0..windows.len()).map(width).collect();
        let labels: Vec<String> = rows.iter().map(|(severity, _)| self.severity_name(*severity)).collect();
        let label = labels.iter().map(|label| label.width()).max().unwrap_or(0);
        if label + 1 + widths.iter().map(|width| width + 1).sum::<usize>() > self.columns {
            for ((severity, cells), label) in rows.iter().zip(&labels) {
                lines.extend(wrapped(label, 2, self.columns, Tone::Plain));
                for (cell, window) in cells.iter().zip(&windows) {
                    let lit = self.lit(*severity, *window);
                    let tone = if lit { Tone::Lit } else { Tone::Window(*window) };
                    lines.extend(wrapped(&format!("  {}", bracketed(&format!("{}: {cell}", name(window)), lit)), 4, self.columns, tone));
                }
            }
            return lines;
        }
        let padded = |text: &str, width: usize| format!("{text}{:pad$}", "", pad = width.saturating_sub(text.width()));
        let mut head = vec![Piece::new(padded("", label + 1), Tone::Plain)];
        for (window, width) in windows.iter().zip(&widths) {
            head.push(Piece::new(padded(&format!(" {}", name(window)), width + 1), Tone::Window(*window)));
        }
        lines.push(head);
        for ((severity, cells), name) in rows.iter().zip(&labels) {
            let mut line = vec![Piece::new(padded(name, label + 1), Tone::Plain)];
            for ((cell, window), width) in cells.iter().zip(&windows).zip(&widths) {
                let lit = self.lit(*severity, *window);
                let text = bracketed(cell, lit);
                let gap = (width + 1).saturating_sub(text.width());
                line.push(Piece::new(text, if lit { Tone::Lit } else { Tone::Plain }));
                line.push(Piece::new(" ".repeat(gap), Tone::Plain));
            }
            lines.push(line);
        }
        lines
    }

    /// Whether a cell is that of now: of the severity of the ticket under the cursor, where there is one.
    fn lit(&self, severity: Severity, window: Window) -> bool {
        window == self.window() && self.severity.is_none_or(|own| own == severity)
    }

    fn severity_name(&self, severity: Severity) -> String {
        let own = self.agreement.severity_names[severity.index()].as_ref().map_or(severity.meaning(), SafeText::as_str);
        format!("{severity} {}", cut(own, (self.columns / 4).max(16)))
    }

    /// The windows an instant can be in.
    fn windows(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = self.calendar.all_layers().iter().map(|layers| layers[0]).collect();
        windows.sort_unstable();
        windows.dedup();
        windows
    }

    /// What a table says of a window. Where what is below a window of the agreement's own differs, all that it may say.
    fn cell(&self, table: &ResponseTable, severity: Severity, window: Window) -> String {
        let mut said: Vec<String> = Vec::new();
        for layers in self.calendar.all_layers().iter().filter(|layers| layers[0] == window) {
            let entries = table.row(severity).map(|row| row.cell(layers)).unwrap_or_default();
            let entries: Vec<String> = entries.iter().map(entry).collect();
            let entries = if entries.is_empty() { "-".to_owned() } else { entries.join(", else ") };
            if !said.contains(&entries) {
                said.push(entries);
            }
        }
        said.join(" or ")
    }

    /// Each date with its windows, from when on.
    fn week(&self) -> Vec<Vec<Piece>> {
        let zone = self.calendar.zone();
        let mut lines = vec![Vec::new(), vec![Piece::new("The week ahead, on their clock", Tone::Strong)]];
        for date in self.today().iter_days().take(usize::try_from(WEEK).unwrap_or(7)) {
            let Some(next) = date.succ_opt() else { break };
            let (starts, ends) = (self.starts(date), self.starts(next));
            let mut said: Vec<Piece> = vec![Piece::new(format!("{:<10}", date.format("%a %-d %b").to_string()), Tone::Plain)];
            for stretch in self.calendar.windows_between(starts, ends) {
                let what = self.calendar.phrase(stretch.window, stretch.name);
                let from = stretch.start.with_timezone(&zone).format("%H:%M");
                let text = if stretch.start == starts { what } else { format!("{from} {what}") };
                said.push(Piece::new(text, Tone::Window(stretch.window)));
            }
            let changes = clock_changes(zone, starts - TimeDelta::seconds(1), ends);
            said.extend(changes.into_iter().map(|at| Piece::new(format!("* {}", clock_change(zone, at)), Tone::Strong)));
            lines.extend(flowing(said, self.columns));
        }
        lines
    }

    fn holidays(&self) -> Vec<Vec<Piece>> {
        let to = self.today().checked_add_days(Days::new(WITHIN)).unwrap_or(self.today());
        let dates = self.today().iter_days().take_while(|date| *date <= to);
        let found = dates.filter_map(|date| self.calendar.holiday(date).map(|name| (date, name))).take(HOLIDAYS);
        let named = |(date, name): (NaiveDate, Option<&SafeText>)| {
            let name = name.map_or("bank holiday", SafeText::as_str);
            wrapped(&format!("{} {name}", date.format("%a %-d %b %Y")), 2, self.columns, Tone::Window(Window::BankHoliday))
        };
        let mut said: Vec<Vec<Piece>> = found.flat_map(named).collect();
        if said.is_empty() {
            said.push(vec![Piece::new("none is known within 400 days", Tone::Muted)]);
        }
        let known = self.calendar.rules().holidays.known_until.map(|year| format!("known until the end of {year}"));
        said.extend(known.map(|known| vec![Piece::new(known, Tone::Muted)]));
        [vec![Vec::new(), vec![Piece::new("Next bank holidays", Tone::Strong)]], said].concat()
    }

    fn note(&self) -> Vec<Vec<Piece>> {
        let Some(note) = &self.agreement.note else { return Vec::new() };
        let lines = note.as_str().lines().flat_map(|line| wrapped(line, 0, self.columns, Tone::Plain));
        [Vec::new(), vec![Piece::new("Note", Tone::Strong)]].into_iter().chain(lines).collect()
    }
}

/// Brackets light a cell where there is no colour.
fn bracketed(text: &str, lit: bool) -> String {
    if lit { format!("[{text}]") } else { format!(" {text}") }
}

/// How soon, and on what conditions.
fn entry(entry: &Entry) -> String {
    let channels: Vec<&str> = entry.channels.iter().map(SafeText::as_str).collect();
    let by = if channels.is_empty() { String::new() } else { format!(" by {}", channels.join(", ")) };
    let cost = if entry.chargeable { " £" } else { "" };
    format!("{}{by}{cost}", entry.within.written)
}
