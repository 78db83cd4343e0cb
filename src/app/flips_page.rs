//! What flips next, as a page: a strip of windows for each agreement over one axis of instants, and below them the list.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use unicode_width::UnicodeWidthStr;

use super::agenda::{Agenda, AgendaEntry};
use super::bank_holidays::{self, BankHoliday};
use super::flips::{FlipKind, flips};
use super::model::Model;
use super::page::Made;
use super::strip::{Axis, Day, Letters, strip};
use super::summary::{Piece, Tone, cut};
use crate::domain::{Agreement, Window, date_of};

/// For how long what flips is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// 24 hours.
    #[default]
    Day,
    /// 72 hours.
    ThreeDays,
    /// 7 days.
    Week,
}

impl Span {
    /// The next longer, or shorter; round and round.
    #[must_use]
    pub const fn turned(self, forward: bool) -> Self {
        match (self, forward) {
            (Self::Day, true) | (Self::Week, false) => Self::ThreeDays,
            (Self::ThreeDays, true) | (Self::Day, false) => Self::Week,
            (Self::Week, true) | (Self::ThreeDays, false) => Self::Day,
        }
    }

    const fn hours(self) -> i64 {
        match self {
            Self::Day => 24,
            Self::ThreeDays => 72,
            Self::Week => 168,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::ThreeDays => "72 hours",
            Self::Week => "7 days",
        }
    }
}

/// More than so much of a row no name takes.
const WIDEST: usize = 20;

/// The page of a model.
pub(super) fn page(model: &Model, span: Span) -> Made {
    let (agreements, zone) = (&model.rules.agreements, model.rules.zone);
    let from = model.shown_at();
    let columns = usize::from(model.size.0.saturating_sub(2));
    let names = agreements.all().iter().map(|agreement| agreement.name.as_str().width()).max().unwrap_or(0);
    let label = names.clamp(6, WIDEST).min(columns / 4);
    let axis = Axis::new(from, TimeDelta::hours(span.hours()), columns.saturating_sub(label + 1));
    let flips = flips(model.shown_board(), agreements, from, axis.end());
    let agenda = Agenda { zone, of_several: model.several() };
    let entries = agenda.entries(&flips, from, axis.end());

    let picture = Picture { agreements: agreements.all(), axis, letters: Letters::of(agreements), label, columns };
    let mut lines = picture.lines();
    lines.extend(list(&entries, zone, columns));
    let until = axis.end().with_timezone(&zone).format("%a %-d %b %H:%M %Z");
    let head = format!("What flips next · {} · until {until}", span.words());
    let passed = entries.first().map(|entry| entry.at + TimeDelta::seconds(1));
    let changes = [passed, Some(axis.at(1)), model.board.changes_at()];
    (head, lines, changes.into_iter().flatten().min())
}

/// The strips.
struct Picture<'a> {
    agreements: &'a [Arc<Agreement>],
    axis: Axis,
    letters: Letters,
    /// Columns of the names.
    label: usize,
    columns: usize,
}

impl Picture<'_> {
    /// What the signs mean, zone by zone the strips below the dates of the zone, and the bank holidays by name.
    fn lines(&self) -> Vec<Vec<Piece>> {
        let mut zones: Vec<Tz> = Vec::new();
        for agreement in self.agreements {
            let zone = agreement.calendar.zone();
            if !zones.contains(&zone) {
                zones.push(zone);
            }
        }
        let mut lines = self.legend(&zones);
        for zone in zones {
            lines.push(self.dates(zone));
            lines.extend(self.agreements.iter().filter(|agreement| agreement.calendar.zone() == zone).map(|own| self.strip(own)));
        }
        lines.extend(self.holidays());
        lines
    }

    fn label(&self, name: &str) -> String {
        let name = cut(name, self.label);
        let pad = (self.label + 1).saturating_sub(name.width());
        format!("{name}{:pad$}", "")
    }

    fn strip(&self, agreement: &Agreement) -> Vec<Piece> {
        let windows = strip(&agreement.calendar, &self.axis);
        let run = |run: &[Window]| {
            let letter = self.letters.letter(&agreement.calendar, run[0]);
            Piece::new(letter.to_string().repeat(run.len()), Tone::Window(run[0]))
        };
        let runs = windows.chunk_by(|a, b| a == b).map(run);
        std::iter::once(Piece::new(self.label(agreement.name.as_str()), Tone::Plain)).chain(runs).collect()
    }

    /// The dates of a zone, each at the column in which it begins: that of a clock change by another sign.
    fn dates(&self, zone: Tz) -> Vec<Piece> {
        let place = zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
        let mut pieces = vec![Piece::new(self.label(&place), Tone::Muted)];
        let days = self.axis.days(zone);
        let ends = days.iter().skip(1).map(|day| day.column).chain([self.axis.columns()]);
        for (day, end) in days.iter().zip(ends) {
            let room = end - day.column;
            // a date that is over before the next column
            if room == 0 {
                continue;
            }
            let tick = if day.clock_changes { "*" } else { "│" };
            let marked = if day.begins || day.clock_changes { tick } else { "" };
            let text = format!("{marked}{}", named(day, room.saturating_sub(marked.width())));
            let tone = if day.clock_changes { Tone::Strong } else { Tone::Muted };
            pieces.push(Piece::new(format!("{text:<room$}"), tone));
        }
        pieces
    }

    fn legend(&self, zones: &[Tz]) -> Vec<Vec<Piece>> {
        let calendars = || self.agreements.iter().map(|agreement| &agreement.calendar);
        let mut seen: BTreeMap<char, (String, Tone)> = BTreeMap::new();
        for calendar in calendars() {
            for window in strip(calendar, &self.axis) {
                let said = || (calendar.phrase(window, None), Tone::Window(window));
                seen.entry(self.letters.letter(calendar, window)).or_insert_with(said);
            }
        }
        let mut said: Vec<Piece> = seen.into_iter().map(|(letter, (what, tone))| Piece::new(format!("{letter} {what}"), tone)).collect();
        if zones.iter().any(|zone| self.axis.days(*zone).iter().any(|day| day.clock_changes)) {
            said.push(Piece::new("* the clock changes", Tone::Strong));
        }
        flowing(said, self.columns)
    }

    /// The bank holidays by name, and whose they are.
    fn holidays(&self) -> Vec<Vec<Piece>> {
        let found = bank_holidays::among(self.agreements, |calendar| self.axis.days(calendar.zone()).into_iter().map(|day| day.date));
        let line = |holiday: &BankHoliday| wrapped(&holiday.words(), 2, self.columns, Tone::Window(Window::BankHoliday));
        found.iter().flat_map(line).collect()
    }
}

/// A date in so many columns.
fn named(day: &Day, room: usize) -> String {
    let forms = ["%a %-d %b", "%a %-d", "%a", "%-d"].map(|form| day.date.format(form).to_string());
    // one column stays free before the next
    forms.into_iter().find(|form| form.width() < room).unwrap_or_default()
}

/// Day by day what flips.
fn list(entries: &[AgendaEntry], zone: Tz, columns: usize) -> Vec<Vec<Piece>> {
    if entries.is_empty() {
        return vec![Vec::new(), vec![Piece::new("Nothing flips.", Tone::Muted)]];
    }
    let wide = |of: fn(&AgendaEntry) -> usize| entries.iter().map(of).max().unwrap_or(0);
    let (kinds, names) = (wide(|entry| entry.kind_word().width()), wide(|entry| entry.whose.width()));
    let mut lines = Vec::new();
    let mut day = None;
    for entry in entries {
        let date = date_of(zone, entry.at.timestamp());
        if day.replace(date) != Some(date) {
            lines.push(Vec::new());
            lines.push(vec![Piece::new(date.format("%a %-d %b %Y").to_string(), Tone::Strong)]);
        }
        let time = entry.at.with_timezone(&zone).format("%H:%M");
        let tone = if entry.kind == Some(FlipKind::Window) { Tone::Muted } else { Tone::Plain };
        let (kind, pad) = (entry.kind_word(), names.saturating_sub(entry.whose.width()));
        // where there is little room nothing stands in columns
        let text = if columns < 58 {
            format!("{time} {kind} {}: {}", entry.whose, entry.what)
        } else {
            format!("{time}  {kind:<kinds$}  {}{:pad$}  {}", entry.whose, "", entry.what)
        };
        lines.extend(wrapped(&text, 7, columns, tone));
    }
    lines
}

/// A text in lines of so many columns, the second and later ones set in.
pub(super) fn wrapped(text: &str, indent: usize, columns: usize, tone: Tone) -> Vec<Vec<Piece>> {
    let indent = " ".repeat(indent.min(columns / 2));
    let options = textwrap::Options::new(columns.max(8)).subsequent_indent(&indent).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(|line| vec![Piece::new(line, tone)]).collect()
}

/// Pieces one after the other, in as few lines as have room for them.
pub(super) fn flowing(pieces: Vec<Piece>, columns: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let width = piece.text.width();
        if let Some(line) = lines.last_mut().filter(|_| used + 3 + width <= columns) {
            line.push(Piece::new("   ", Tone::Plain));
            line.push(piece);
            used += 3 + width;
        } else {
            lines.push(vec![piece]);
            used = width;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spans_come_round() {
        for forward in [true, false] {
            let round = Span::Day.turned(forward).turned(forward).turned(forward);
            assert_eq!(round, Span::Day);
            assert_eq!(Span::Week.turned(forward).turned(!forward), Span::Week);
        }
    }
}
