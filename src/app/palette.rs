//! The palette: all actions by their names, found by words. What is chosen is done as if its key was pressed on the screen below,
//! to the ticket that was under the cursor when the palette came up.

use unicode_width::UnicodeWidthStr;

use super::help::{ActionHelp, has_words};
use super::layout::Size;
use super::list::Cursor;
use super::marks;
use super::message::{Action, Effect, Message};
use super::model::{Model, Notice, Screen};
use super::summary::{Piece, Tone, cut};
use super::{meant, view};

/// Columns of the name of an action, and of its keys.
const NAME: usize = 20;
const KEYS: usize = 12;
/// With fewer columns for what they do, only the chosen one tells it, on rows of its own.
const LEAST: usize = 24;

/// One of all actions is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    typed: String,
    /// The place of the chosen one among those that have the words.
    chosen: usize,
    /// What the cursor was on when it came up.
    cursor: Cursor,
    /// Where one came from.
    below: Box<Screen>,
}

/// Brings it up.
pub(super) fn open(model: &mut Model) {
    let below = Box::new(std::mem::take(&mut model.screen));
    model.screen = Screen::Palette(Palette { typed: String::new(), chosen: 0, cursor: model.list.cursor().clone(), below });
}

/// Leaves it, without doing anything.
fn leave(model: &mut Model) {
    if let Screen::Palette(palette) = std::mem::take(&mut model.screen) {
        model.screen = *palette.below;
    }
}

/// Moves over the actions, or leaves.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = view::text_rows(model).max(2) - 1;
    let Screen::Palette(palette) = &mut model.screen else { return Vec::new() };
    let last = palette.found(&model.rules.help.actions).len().saturating_sub(1);
    let to = match action {
        Action::Up => palette.chosen.saturating_sub(1),
        Action::Down => palette.chosen + 1,
        Action::First => 0,
        Action::Last => last,
        Action::PageUp => palette.chosen.saturating_sub(page),
        Action::PageDown => palette.chosen + page,
        Action::Back | Action::Quit => {
            leave(model);
            return Vec::new();
        }
        _ => return Vec::new(),
    };
    palette.chosen = to.min(last);
    Vec::new()
}

/// Takes in what was typed.
pub(super) fn typed(model: &mut Model, message: &Message) -> Vec<Effect> {
    let Screen::Palette(palette) = &mut model.screen else { return Vec::new() };
    if meant::type_into(&mut palette.typed, message) {
        palette.chosen = 0;
        return Vec::new();
    }
    // what nobody sees is not done
    if Size::of(model.size.0, model.size.1) == Size::Tiny {
        return Vec::new();
    }
    let found = palette.found(&model.rules.help.actions);
    let Some((action, name)) = found.get(palette.chosen).map(|help| (help.action, help.name)) else { return Vec::new() };
    let same = palette.cursor == *model.list.cursor();
    leave(model);
    if !same {
        model.notice = Some(Notice { text: format!("{name}: nothing is done, for the cursor has moved meanwhile"), alarm: true });
        return Vec::new();
    }
    // what is done is done to what is below the keys, not to them
    if let Screen::Help(_, over) = &mut model.screen {
        model.screen = std::mem::take(&mut over.below);
    }
    let before = view::view(model).0;
    let effects = meant::meant(model, action);
    if effects.is_empty() && view::view(model).0 == before {
        model.notice = Some(Notice { text: format!("{name} does nothing here"), alarm: false });
    }
    effects
}

impl Palette {
    /// The screen it is over.
    pub(super) const fn below(&self) -> &Screen {
        &self.below
    }

    /// The same, to be changed.
    pub(super) const fn below_mut(&mut self) -> &mut Screen {
        &mut self.below
    }

    /// What was typed so far.
    pub(super) fn typed(&self) -> &str {
        &self.typed
    }

    /// The actions that have the words: by their name or its beginning, by words of it, and then by what they do.
    fn found<'a>(&self, actions: &'a [ActionHelp]) -> Vec<&'a ActionHelp> {
        let words = self.typed.trim().to_lowercase();
        let rank = |help: &&ActionHelp| {
            let spoken = help.name.replace('-', " ");
            match () {
                () if [help.name, &spoken].contains(&words.as_str()) => 0,
                () if help.name.starts_with(&words) || spoken.starts_with(&words) => 1,
                () if has_words(&spoken, &words) => 2,
                () => 3,
            }
        };
        let all = |help: &&ActionHelp| {
            has_words(&format!("{} {} {} {}", help.name, help.name.replace('-', " "), help.keys, help.meaning), &words)
        };
        let mut found: Vec<&ActionHelp> = actions.iter().filter(all).collect();
        found.sort_by_key(rank);
        found
    }

    /// How far its lines are scrolled: the chosen one is in the middle, where there are more on both sides.
    pub(super) fn scroll(&self, model: &Model) -> usize {
        self.chosen.saturating_sub(view::text_rows(model) / 2)
    }

    /// What it is asked for, and a line for each action.
    pub(super) fn lines(&self, model: &Model) -> (String, Vec<Vec<Piece>>) {
        let all = &model.rules.help.actions;
        let found = self.found(all);
        let for_what = match (&*self.below, &self.cursor) {
            (Screen::Board | Screen::Explanation(_), Cursor::Ticket(key)) => {
                let marked = marks::listed(model).len();
                let others = if marked > 0 { format!(", acknowledge for the {marked} marked") } else { String::new() };
                format!(" for {}{others}", model.name_of(key))
            }
            _ => String::new(),
        };
        let head = format!("{} of {} actions{for_what}", found.len(), all.len());
        if found.is_empty() {
            let text = "No action has these words; backspace takes them back.";
            return (head, vec![vec![Piece::new(text, Tone::Plain)]]);
        }
        // a column on each side stays free, and one says which is chosen
        let columns = usize::from(model.size.0.saturating_sub(3));
        let beside = columns.saturating_sub(NAME + KEYS);
        let mut lines = Vec::with_capacity(found.len());
        for (place, help) in found.into_iter().enumerate() {
            let chosen = place == self.chosen;
            let mut line = vec![
                Piece::new(if chosen { "▌" } else { " " }, Tone::Key),
                Piece::new(padded(help.name, NAME), if chosen { Tone::Lit } else { Tone::Plain }),
                Piece::new(padded(&help.keys, KEYS), Tone::Key),
            ];
            // of the chosen one all is told, beside its keys or below them
            let (margin, room) = if beside < LEAST { (3, columns.saturating_sub(2)) } else { (NAME + KEYS + 1, beside) };
            let told = if chosen { textwrap::wrap(&help.meaning, room.max(1)) } else { vec![cut(&help.meaning, beside).into()] };
            let mut told = told.into_iter();
            if beside >= LEAST {
                line.extend(told.next().map(|first| Piece::new(first, if chosen { Tone::Plain } else { Tone::Muted })));
            }
            lines.push(line);
            if chosen {
                lines.extend(told.map(|row| vec![Piece::new(format!("{:margin$}{row}", ""), Tone::Plain)]));
            }
        }
        (head, lines)
    }
}

/// A text that fills so many columns, the last of them blank.
fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns - 1);
    let pad = columns.saturating_sub(text.width());
    format!("{text}{:pad$}", "")
}
