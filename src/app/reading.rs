//! What is said of the ticket under the cursor, in the rows that there are for it below the list or beside it; and how far one
//! has read in it.

use chrono::{DateTime, Utc};
use unicode_width::UnicodeWidthStr;

use super::board::BoardRow;
use super::detail::{self, Detail, DetailLine, WHY};
use super::doing;
use super::layout::{self, Layout, Size};
use super::list::Cursor;
use super::message::Action;
use super::model::{Model, Notice};
use super::summary::{Tone, cut};
use super::view;
use crate::domain::TicketKey;

/// Columns of the labels.
pub const LABEL: u16 = 11;
/// Most rows of one thing beside the list, or below a short one; below a long one there is one, but for why a deed failed.
const MOST: usize = 6;
/// Fewest columns that are left beside where something is said.
const LEAST: usize = 32;

/// How far one has read in what is said of a ticket.
#[derive(Debug)]
pub(super) struct Reading {
    of: TicketKey,
    above: usize,
}

/// What is said of a ticket, as far as there are rows for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// Its key, and what it is in a few words; nothing in a small pane.
    pub head: String,
    /// The rows that are on the screen.
    pub rows: Vec<PaneRow>,
    /// How many are above them.
    pub above: usize,
    /// How many there are.
    pub of: usize,
}

/// One row of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaneRow {
    /// What it is about: empty where that was said above, none where the text has the whole row.
    pub label: Option<&'static str>,
    /// The words.
    pub text: String,
    /// Where the contract, or the configuration, says so.
    pub origin: String,
    /// How it is meant.
    pub tone: Tone,
}

impl PaneRow {
    fn whole(text: impl Into<String>, tone: Tone) -> Self {
        Self { label: None, text: text.into(), origin: String::new(), tone }
    }
}

/// The rows of the pane of a row of the board that was judged now, and when that will next be something else.
pub(super) fn pane(model: &Model, row: &BoardRow, layout: Layout) -> (Pane, Option<DateTime<Utc>>) {
    let (detail, changes) = detail::detail(model, row);
    let (columns, height) = room(model, layout);
    let all = rows(model, row, &detail, columns, layout);
    let of = all.len();
    let above = above(model, &row.ticket.id).min(of.saturating_sub(height));
    let rows = match layout.size {
        Size::Compact if above == 0 => first_of_compact(model, row, &detail, columns, height),
        _ => all.into_iter().skip(above).take(height).collect(),
    };
    let head = match layout.size {
        Size::Compact | Size::Tiny => String::new(),
        _ => format!("{} ── {}", cut(detail.key.as_str(), 24), detail.what),
    };
    (Pane { head, rows, above, of }, changes)
}

/// Columns and rows of the pane, without its rule.
fn room(model: &Model, layout: Layout) -> (usize, usize) {
    let (columns, rows) = match layout.size {
        // a line stands between
        Size::Wide => (model.size.0.saturating_sub(layout.list_columns + 1), layout.list),
        _ => (model.size.0, layout.detail),
    };
    (usize::from(columns), usize::from(rows.saturating_sub(1)))
}

/// How many rows of what is said of a ticket one has read.
fn above(model: &Model, ticket: &TicketKey) -> usize {
    model.reading.as_ref().filter(|reading| reading.of == *ticket).map_or(0, |reading| reading.above)
}

/// Reads on, or back.
pub(super) fn act(model: &mut Model, action: Action) {
    let layout = layout::place(model).layout;
    let row = model.list.selected().or(model.list.gone().map(|gone| &gone.row)).map(|row| view::judged(model, row));
    let (Some(row), (_, height @ 1..)) = (row, room(model, layout)) else {
        let text = match model.list.selected() {
            Some(_) => format!("there is no room for what is said of a ticket: {} opens it", model.rules.help.key(Action::Open)),
            None => doing::NO_TICKET.to_owned(),
        };
        model.notice = Some(Notice { text, alarm: false });
        return;
    };
    let (Pane { above, of, .. }, _) = pane(model, &row, layout);
    let to = if action == Action::ReadOn { (above + 1).min(of.saturating_sub(height)) } else { above.saturating_sub(1) };
    if to == above {
        let text = match action {
            Action::ReadOn => format!("that is all; {} opens the explanation", model.rules.help.key(Action::Open)),
            _ => "that is where it begins".to_owned(),
        };
        model.notice = Some(Notice { text, alarm: false });
    }
    model.reading = Some(Reading { of: row.ticket.id.clone(), above: to });
}

/// Forgets how far one has read once the cursor is on something else: what is pressing stands at the beginning.
pub(super) fn keep(model: &mut Model) {
    let stays = |reading: &Reading| matches!(model.list.cursor(), Cursor::Ticket(key) if *key == reading.of);
    if !model.reading.as_ref().is_some_and(stays) {
        model.reading = None;
    }
}

/// All rows of what is said.
fn rows(model: &Model, row: &BoardRow, detail: &Detail, columns: usize, layout: Layout) -> Vec<PaneRow> {
    let size = layout.size;
    // a short list leaves room to say it whole
    let narrow = layout.detail <= size.detail();
    let room = columns.saturating_sub(2).max(1);
    let wrapped =
        |text: &str, tone| -> Vec<PaneRow> { textwrap::wrap(text, room).into_iter().map(|line| PaneRow::whole(line, tone)).collect() };
    let title = detail.title.as_str();
    let mut rows = match size {
        Size::Wide => wrapped(title, Tone::Strong),
        Size::Stacked => vec![PaneRow::whole(cut(title, room), Tone::Strong)],
        Size::Compact | Size::Tiny => [wrapped(&detail::compact(model, row, detail).0, Tone::Plain), wrapped(title, Tone::Strong)].concat(),
    };
    for line in &detail.lines {
        match size {
            Size::Wide => rows.extend(said(line, MOST, columns)),
            Size::Stacked => rows.extend(said(
                line,
                if !narrow {
                    MOST
                } else if matches!(line.label, "ACK" | "DEED") {
                    2
                } else {
                    1
                },
                columns,
            )),
            // why stands at the beginning
            Size::Compact | Size::Tiny if WHY.contains(&line.label) => {}
            Size::Compact | Size::Tiny => rows.extend(wrapped(&format!("{} {}", line.label, line.text), line.tone)),
        }
    }
    let description: Vec<PaneRow> =
        detail.description.iter().flat_map(|text| text.as_str().lines()).flat_map(|line| wrapped(line, Tone::Plain)).collect();
    if !description.is_empty() {
        rows.push(PaneRow::whole("", Tone::Plain));
    }
    rows.extend(description);
    rows
}

/// What a small pane begins with: due and why, and in its last row whom to call or what became of a deed.
fn first_of_compact(model: &Model, row: &BoardRow, detail: &Detail, columns: usize, height: usize) -> Vec<PaneRow> {
    let room = columns.saturating_sub(2).max(1);
    let (first, last) = detail::compact(model, row, detail);
    let kept = height.saturating_sub(usize::from(last.is_some()));
    let first = textwrap::wrap(&first, room).into_iter().take(kept).map(|line| PaneRow::whole(line, Tone::Plain));
    first.chain(last.map(|last| PaneRow::whole(cut(&last, room), Tone::Plain))).take(height).collect()
}

/// One thing said, in at most so many rows.
fn said(line: &DetailLine, most: usize, columns: usize) -> Vec<PaneRow> {
    let room = columns.saturating_sub(usize::from(LABEL) + 2);
    // where it is said gives way to what is said
    let origin = line.origin.width();
    let origin = if line.origin.is_empty() || origin + LEAST > room { String::new() } else { line.origin.clone() };
    let room = room.saturating_sub(if origin.is_empty() { 0 } else { origin.width() + 2 }).max(1);
    let broken = if most == 1 {
        vec![cut(&line.text.replace('\n', " "), room)]
    } else {
        let mut broken: Vec<String> = textwrap::wrap(&line.text, room).into_iter().map(std::borrow::Cow::into_owned).collect();
        if broken.len() > most {
            let rest = broken.split_off(most - 1).join(" ");
            broken.push(cut(&rest, room));
        }
        broken
    };
    let row = |(n, text)| PaneRow {
        label: Some(if n == 0 { line.label } else { "" }),
        text,
        origin: if n == 0 { origin.clone() } else { String::new() },
        tone: line.tone,
    };
    broken.into_iter().enumerate().map(row).collect()
}
