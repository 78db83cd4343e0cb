//! What is on the screen, as data: made from the model, drawn by the terminal, and compared to know whether to draw at all.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::assessing::AssessRow;
use super::board::BoardRow;
use super::doing;
use super::empty;
use super::explanation;
use super::handover_text;
use super::help::{self, Help};
use super::labels::RowLabels;
use super::layout::{self, Layout, Placed, Size};
use super::lines::Line;
use super::marks;
use super::message::Action;
use super::model::{Model, Notice, Screen};
use super::page::Topic;
use super::prompt::{self, PromptView};
use super::reading::{self, Pane};
use super::saved_view;
use super::summary::{self, Piece, SummaryRow};
use super::time_machine;
use crate::domain::{DeedKind, Group, SafeText, judge};

/// What is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How they are shared out.
    pub layout: Layout,
    /// The rows at the top.
    pub summary: Vec<SummaryRow>,
    /// What says that the rest is not of now.
    pub banner: Option<String>,
    /// What is below them.
    pub body: Body,
    /// What is said above the footer.
    pub notice: Option<Notice>,
    /// What is listed of the queue, where that is not all, or of the help where that is up: the filter while it is typed (`true`), else
    /// what it is.
    pub filter: Option<(String, bool)>,
    /// What is typed in the palette.
    pub palette: Option<String>,
    /// What asks for a text, in place of the footer.
    pub prompt: Option<PromptView>,
    /// For how many seconds the last acknowledgement can still be undone.
    pub undo: Option<i64>,
    /// The ticket under the cursor can be taken.
    pub can_acknowledge: bool,
    /// Its client is to be called back.
    pub call_back: bool,
    /// What else can be done to it.
    pub possible: Vec<DeedKind>,
    /// The keys.
    pub help: Arc<Help>,
}

/// What is below the rows at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: there is no room.
    Nothing,
    /// The list, with what is said of the ticket under the cursor.
    List {
        /// The lines that are on the screen.
        lines: Vec<ListLine>,
        /// What is said instead, where there are none.
        empty: Option<String>,
        /// What is said of the ticket under the cursor.
        pane: Option<Box<Pane>>,
    },
    /// A text that scrolls: the explanation of one ticket, what the next engineer must know, the keys.
    Text {
        /// Which of them.
        about: About,
        /// The ticket's key and its source, when the handover is, or what the help is of.
        head: String,
        /// The lines that are on the screen.
        lines: Vec<Vec<Piece>>,
        /// How many are above them.
        above: usize,
        /// How many there are.
        of: usize,
    },
    /// What each severity of a ticket would oblige to.
    Assess {
        /// Which ticket, and what it is now.
        head: String,
        /// Its title.
        title: SafeText,
        /// A row for each severity; none of a ticket that is gone.
        rows: Vec<AssessRow>,
    },
}

/// What a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// One ticket.
    Ticket,
    /// What the next engineer must know.
    Handover,
    /// The keys, the marks and the words of the filter.
    Help,
    /// The actions to choose from.
    Palette,
    /// A page about something.
    Page(Topic),
}

/// A text that scrolls, all of it.
pub(super) struct Text<'a> {
    about: About,
    head: String,
    pub lines: Cow<'a, [Vec<Piece>]>,
    changes_at: Option<DateTime<Utc>>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListLine {
    /// The heading of a group.
    Heading {
        /// The group.
        group: Group,
        /// How many tickets it has, and how many of each severity.
        counts: String,
        /// The names of the columns of time, where they differ from those above.
        columns: Option<(&'static str, &'static str)>,
    },
    /// A ticket.
    Ticket {
        /// What its row says.
        labels: Box<RowLabels>,
        /// It is of another severity than the row above.
        first_of_severity: bool,
        /// It is marked.
        marked: bool,
        /// The cursor is on it.
        selected: bool,
    },
    /// What is folded.
    Folded {
        /// The group, where none of its tickets is shown.
        heading: Option<Group>,
        /// How many tickets, of which severities, and when the first of them are freed or due.
        text: String,
        /// It asks for a decision.
        alarm: bool,
        /// The cursor is on it.
        selected: bool,
    },
    /// A ticket that left the list while the cursor was on it.
    Gone {
        /// What its row said.
        labels: Box<RowLabels>,
        /// Why it left.
        why: String,
    },
    /// A source that is not to be trusted.
    Trouble {
        /// What is wrong.
        text: String,
        /// It is blind, not only stale.
        blind: bool,
    },
    /// Tickets above or below the screen.
    More {
        /// How many.
        text: String,
        /// Some of them are to be decided or unanswered.
        alarm: bool,
    },
}

/// Makes the view of a model, and says when it will be another by itself.
#[must_use]
pub fn view(model: &Model) -> (View, Option<DateTime<Utc>>) {
    let mut maker = Maker { model, changes: Vec::new() };
    let view = maker.view();
    let changes = maker.changes.into_iter().chain(model.changes_at());
    (view, changes.min().filter(|_| !model.rules.frozen))
}

/// Makes it, and notes when what it says will be something else.
pub(super) struct Maker<'a> {
    pub model: &'a Model,
    pub changes: Vec<DateTime<Utc>>,
}

impl Maker<'_> {
    fn view(&mut self) -> View {
        let model = self.model;
        let placed = layout::place(model);
        let (summary, changes) = summary::rows(model, placed.layout.size);
        self.changes.extend(changes);
        let of_now = self.changes.len();
        let tiny = placed.layout.size == Size::Tiny;
        let body = if tiny { Body::Nothing } else { self.body(&model.screen, &placed) };
        if model.time_machine.is_some() {
            // what is of another time stays as it is
            self.changes.truncate(of_now);
        }
        let (filter, typing) = match &model.screen {
            Screen::Help(_, over) => (over.filter.as_str(), over.typing),
            screen => (model.list.filter(), *screen == Screen::Filter),
        };
        let typing = typing && !tiny;
        let palette = if let Screen::Palette(palette) = &model.screen { Some(palette.typed().to_owned()) } else { None };
        View {
            size: model.size,
            layout: placed.layout,
            summary,
            banner: time_machine::banner(model),
            body,
            notice: self.question().or(model.notice.clone()).or(model.lasting.clone()),
            filter: (typing || !filter.is_empty()).then(|| match &model.screen {
                _ if typing => (filter.to_owned(), true),
                Screen::Help(..) => (format!("filter: {filter}"), false),
                _ => (listed(model), false),
            }),
            palette: palette.filter(|_| !tiny),
            prompt: prompt::view(model).filter(|_| !tiny),
            undo: model.held_until().filter(|_| model.time_machine.is_none()).map(|until| (until - model.now).num_seconds().max(1)),
            can_acknowledge: !model.rules.frozen
                && !model.rules.read_only
                && model.time_machine.is_none()
                && model.list.selected().is_some_and(|row| can_be_taken(model, row)),
            call_back: model.time_machine.is_none() && model.list.selected().is_some_and(|row| row.ticket.wants_call_back()),
            possible: doing::possible(model),
            help: Arc::clone(&model.rules.help),
        }
    }

    /// What is below the rows at the top on a screen.
    fn body(&mut self, screen: &Screen, placed: &Placed) -> Body {
        match screen {
            Screen::Board | Screen::Sure | Screen::Leave | Screen::Filter => self.list(placed),
            Screen::Explanation(scroll) | Screen::Handover(scroll) | Screen::Page(_, scroll) | Screen::Help(scroll, _) => {
                self.text(screen, *scroll)
            }
            Screen::Prompt(prompt) => self.body(prompt.below(), placed),
            Screen::Palette(palette) => self.text(screen, palette.scroll(self.model)),
            Screen::Assess(assessing) => {
                let (head, title, rows, changes) = assessing.view(self.model);
                self.changes.extend(changes);
                Body::Assess { head, title, rows }
            }
        }
    }

    /// What is asked before leaving, and before many are taken.
    fn question(&self) -> Option<Notice> {
        let model = self.model;
        let why = match (model.counts.untaken(), model.unsent()) {
            (untaken, 0) => format!("{untaken} unanswered"),
            (_, unsent) => format!("{unsent} unsent: sent now or next time"),
        };
        if model.screen == Screen::Sure {
            let marked = marks::listed(model).len();
            return Some(Notice { text: format!("{marked} marked – y acknowledges them all, any other key does not"), alarm: true });
        }
        let quit = model.rules.help.key(Action::Quit);
        (model.screen == Screen::Leave).then(|| Notice { text: format!("{quit} again leaves, esc stays – {why}"), alarm: true })
    }

    fn list(&mut self, placed: &Placed) -> Body {
        let model = self.model;
        let lines = self.lines(placed);
        let listed = placed.lines.iter().any(|line| !matches!(line, Line::Trouble(_)));
        let empty = (!listed).then(|| empty::meaning(model));
        let row = model.list.selected().or(model.list.gone().map(|gone| &gone.row)).map(|row| judged(model, row));
        let pane = row.map(|row| {
            let (pane, changes) = reading::pane(model, &row, placed.layout);
            self.changes.extend(changes);
            Box::new(pane)
        });
        Body::List { lines, empty, pane }
    }

    fn text(&mut self, screen: &Screen, scroll: usize) -> Body {
        let Some(Text { about, head, lines, changes_at }) = text(self.model, screen) else { return Body::Nothing };
        self.changes.extend(changes_at);
        let (of, room) = (lines.len(), text_rows(self.model));
        let above = scroll.min(of.saturating_sub(room));
        Body::Text { about, head, lines: lines.iter().skip(above).take(room).cloned().collect(), above, of }
    }
}

/// What is listed, where that is not all.
fn listed(model: &Model) -> String {
    let filter = model.list.filter();
    saved_view::listed(model).map_or_else(|| format!("filter: {filter}"), |view| format!("view {} {}: {filter}", view.digit, view.name))
}

/// Whether a ticket is neither taken nor being taken.
fn can_be_taken(model: &Model, row: &BoardRow) -> bool {
    let ack = model.acks.get(&row.ticket.id);
    !row.verdict.acknowledged && ack.is_none_or(Ack::failed)
}

/// The text on a screen; none on the board, and none of a ticket that is no more.
pub(super) fn text<'a>(model: &'a Model, screen: &Screen) -> Option<Text<'a>> {
    match screen {
        Screen::Explanation(_) => {
            let gone = model.list.gone();
            let row = judged(model, model.list.selected().or(gone.map(|gone| &gone.row))?);
            let head = format!("{} · {}", row.ticket.id.key, row.ticket.id.source);
            let lines = explanation::lines(model, &row, gone.map(|gone| gone.why.as_str()));
            Some(Text { about: About::Ticket, head, lines: lines.into(), changes_at: None })
        }
        Screen::Handover(_) => {
            let (head, lines, changes_at) = handover_text::screen(model);
            Some(Text { about: About::Handover, head, lines: lines.into(), changes_at })
        }
        Screen::Page(topic, _) => {
            let page = model.page.as_ref()?;
            let lines = Cow::Borrowed(page.lines.as_slice());
            Some(Text { about: About::Page(*topic), head: page.head.clone(), lines, changes_at: page.changes_at })
        }
        Screen::Palette(palette) => {
            let (head, lines) = palette.lines(model);
            Some(Text { about: About::Palette, head, lines: lines.into(), changes_at: None })
        }
        Screen::Help(_, over) => {
            let head = "keys, marks and words of the filter".to_owned();
            let lines = help::lines(&model.rules.help, &over.filter, model.size.0);
            Some(Text { about: About::Help, head, lines: lines.into(), changes_at: None })
        }
        Screen::Board | Screen::Filter | Screen::Leave | Screen::Sure | Screen::Prompt(_) | Screen::Assess(_) => None,
    }
}

/// How many lines of a text there is room for, below the rule with its head.
pub(super) fn text_rows(model: &Model) -> usize {
    let size = Size::of(model.size.0, model.size.1);
    usize::from(model.size.1.saturating_sub(size.header() + size.footer() + layout::banner(model) + 1))
}

/// A row with its verdict of this instant: what counts down does.
pub(super) fn judged(model: &Model, row: &BoardRow) -> BoardRow {
    let verdict = judge(&row.ticket, &model.rules.agreements, model.shown_at());
    // the group is that under whose heading it stands, while the order stays
    let group = row.verdict.group;
    BoardRow { ticket: Arc::clone(&row.ticket), verdict: crate::domain::Verdict { group, ..verdict } }
}
