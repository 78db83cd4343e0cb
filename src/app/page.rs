//! Pages: screens of lines that are too much work for each key. A page is made when it comes up, kept, and made anew when the
//! queue, the time, the terminal or what it is about is another.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::activity_page::{self, Scope};
use super::agreement_page;
use super::flips_page::{self, Span};
use super::message::{Action, Effect};
use super::model::{Model, Screen};
use super::summary::Piece;

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What flips next, within a time.
    Flips(Span),
    /// The windows of an agreement, by its place in the configuration.
    Windows(usize),
    /// What happened.
    Activity(Scope),
}

/// A page as it was made.
#[derive(Debug)]
pub(super) struct Page {
    topic: Topic,
    size: (u16, u16),
    /// The instant that it is of, where that is not now.
    at: Option<DateTime<Utc>>,
    pub head: String,
    pub lines: Vec<Vec<Piece>>,
    /// When it will say something else by itself.
    pub changes_at: Option<DateTime<Utc>>,
}

impl Page {
    fn new(topic: Topic, model: &Model) -> Self {
        let (head, lines, changes_at) = match topic {
            Topic::Flips(span) => flips_page::page(model, span),
            Topic::Windows(place) => agreement_page::page(model, place),
            Topic::Activity(scope) => activity_page::page(model, scope),
        };
        let at = instant(model);
        Self { topic, size: model.size, at, head, lines, changes_at: changes_at.filter(|_| at.is_none()) }
    }
}

/// The instant that a page is of, where that is not now.
fn instant(model: &Model) -> Option<DateTime<Utc>> {
    model.time_machine.as_ref().map(|machine| machine.at)
}

/// What a page says of itself, its lines, and when it will say something else by itself.
pub(super) type Made = (String, Vec<Vec<Piece>>, Option<DateTime<Utc>>);

/// Brings up what flips next; there it takes a longer time, and after the longest the shortest again.
pub(super) fn flips(model: &mut Model) {
    let span = match model.screen {
        Screen::Page(Topic::Flips(span), _) => span.turned(true),
        _ => Span::default(),
    };
    model.screen = Screen::Page(Topic::Flips(span), 0);
}

/// Brings up the windows of the agreement of the ticket under the cursor, or of the first.
pub(super) fn windows(model: &mut Model) {
    let all = model.rules.agreements.all();
    let row = model.list.selected().or(model.list.gone().map(|gone| &gone.row));
    let own = row.and_then(|row| row.verdict.agreement.as_ref());
    let place = own.and_then(|own| all.iter().position(|agreement| Arc::ptr_eq(agreement, own)));
    model.screen = Screen::Page(Topic::Windows(place.unwrap_or(0)), 0);
}

/// Brings up what happened: of the ticket whose explanation is up, else of the whole queue.
pub(super) fn activity(model: &mut Model) -> Vec<Effect> {
    let scope = if matches!(model.screen, Screen::Explanation(_)) { Scope::Ticket } else { Scope::Queue };
    model.screen = Screen::Page(Topic::Activity(scope), 0);
    model.activity = None;
    vec![Effect::ReadActivity]
}

/// To what the page beside it is about, where an action asks for that; whether it did.
pub(super) fn turn(model: &mut Model, action: Action) -> bool {
    let forward = match action {
        Action::Open | Action::NextUnanswered => true,
        Action::Left | Action::PreviousUnanswered => false,
        _ => return false,
    };
    let Screen::Page(topic, _) = model.screen else { return false };
    let topic = match topic {
        Topic::Flips(span) => Topic::Flips(span.turned(forward)),
        Topic::Activity(scope) => Topic::Activity(scope.turned()),
        Topic::Windows(place) => {
            let count = model.rules.agreements.all().len().max(1);
            Topic::Windows((place + if forward { 1 } else { count - 1 }) % count)
        }
    };
    model.screen = Screen::Page(topic, 0);
    true
}

/// Keeps the page of a model what it should be; `anew` where the queue or the time may be another.
pub(super) fn follow(model: &mut Model, anew: bool) {
    let Some(topic) = model.screen.topic() else {
        model.page = None;
        return;
    };
    let same = model.page.as_ref().is_some_and(|page| page.topic == topic && page.size == model.size && page.at == instant(model));
    if anew || !same {
        model.page = Some(Page::new(topic, model));
    }
}
