//! What a key means on the screen that is up, and what is typed there.

use super::ack::Ack;
use super::assessing;
use super::doing;
use super::list::Cursor;
use super::marks;
use super::matches;
use super::message::{Action, Effect, Message};
use super::model::{HelpOver, Model, Screen};
use super::moving;
use super::page::{self, Topic};
use super::palette;
use super::prompt;
use super::range;
use super::reading;
use super::saved_view;
use super::taking;
use super::time_machine;
use super::update::{ask_all, notice};
use crate::domain::Deed;
/// Does what the user means, by a key or by the palette.
pub(super) fn meant(model: &mut Model, action: Action) -> Vec<Effect> {
    range::keep(model, action);
    // the palette may be the way to the undo that comes again
    let given_back_next = model.given_back_next.take_if(|_| action != Action::Palette).filter(|_| action == Action::Undo);
    if let Some(key) = given_back_next.filter(|key| *model.list.cursor() == Cursor::Ticket(key.clone())) {
        notice(model, format!("{} is being given back", model.name_of(&key)), false);
        return vec![Effect::Tell { key, deed: Deed::Unacknowledge, send_at: model.now }];
    }
    user(model, action)
}

fn user(model: &mut Model, action: Action) -> Vec<Effect> {
    if page::turn(model, action) {
        return Vec::new();
    }
    let action = if action == Action::Left { Action::Back } else { action };
    if model.screen == Screen::Leave && !matches!(action, Action::Quit) {
        model.screen = Screen::Board;
        if action == Action::Back {
            return Vec::new();
        }
    }
    if model.screen == Screen::Sure && !matches!(action, Action::Redraw | Action::Suspend) {
        model.screen = Screen::Board;
        notice(model, "nothing is acknowledged; esc unmarks them".to_owned(), false);
        return Vec::new();
    }
    if time_machine::user(model, action) {
        return Vec::new();
    }
    match (&mut model.screen, action) {
        (_, Action::Redraw) => return vec![Effect::Redraw],
        (_, Action::Suspend) => return vec![Effect::Suspend],
        (_, Action::Refresh) => return vec![ask_all(model)],
        (Screen::Prompt(_), Action::Back | Action::Quit) => prompt::leave(model),
        (Screen::Prompt(_), _) => {}
        (Screen::Palette(_), action) => return palette::act(model, action),
        (_, Action::Palette) => palette::open(model),
        (Screen::Help(scroll, over), Action::Back) if over.typing || !over.filter.is_empty() => {
            (*scroll, over.typing) = (0, false);
            over.filter.clear();
        }
        (Screen::Help(scroll, over), Action::Filter) => (*scroll, over.typing) = (0, true),
        (Screen::Help(_, over), Action::Back | Action::Quit | Action::Help) => model.screen = std::mem::take(&mut over.below),
        (below, Action::Help) => {
            let below = std::mem::take(below);
            model.screen = Screen::Help(0, Box::new(HelpOver { below, ..HelpOver::default() }));
        }
        (Screen::Explanation(_), Action::Back | Action::Quit) | (Screen::Handover(_), Action::Back | Action::Quit | Action::Handover) => {
            model.screen = Screen::Board;
            model.told = None;
        }
        (Screen::Board | Screen::Leave | Screen::Explanation(_) | Screen::Page(..), Action::Handover) => {
            model.screen = Screen::Handover(0);
            model.told = None;
            return vec![Effect::ReadPast];
        }
        (Screen::Page(..), Action::Back | Action::Quit)
        | (Screen::Page(Topic::Windows(_), _), Action::Windows)
        | (Screen::Page(Topic::Activity(_), _), Action::Activity) => {
            model.screen = Screen::Board;
        }
        (Screen::Board | Screen::Leave | Screen::Explanation(_) | Screen::Page(..), Action::Activity) => return page::activity(model),
        (Screen::Board | Screen::Leave | Screen::Explanation(_) | Screen::Page(..), Action::Flips) => page::flips(model),
        (Screen::Board | Screen::Leave | Screen::Explanation(_) | Screen::Page(..), Action::Windows) => page::windows(model),
        (Screen::Explanation(_), Action::Acknowledge) => return taking::acknowledge(model),
        (Screen::Assess(_), Action::Back | Action::Quit) => assessing::leave(model),
        (Screen::Assess(_), action) => return assessing::act(model, action),
        (Screen::Board | Screen::Filter | Screen::Leave | Screen::Explanation(_), action) if doing::is_one(action) => {
            return doing::act(model, action);
        }
        (_, Action::Undo) => return taking::undo(model),
        (Screen::Help(..) | Screen::Explanation(_) | Screen::Handover(_) | Screen::Page(..), action) => moving::scroll(model, action),
        (Screen::Leave, Action::Quit) => return vec![Effect::Quit],
        (Screen::Board | Screen::Filter | Screen::Sure | Screen::Leave, action) => {
            model.screen = Screen::Board;
            return on_the_board(model, action);
        }
    }
    Vec::new()
}

fn on_the_board(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Up | Action::Down | Action::First | Action::Last | Action::PageUp | Action::PageDown => moving::step(model, action),
        Action::NextUnanswered => moving::to_unanswered(model, true),
        Action::PreviousUnanswered => moving::to_unanswered(model, false),
        Action::NextMatch => matches::step(model, true),
        Action::PreviousMatch => matches::step(model, false),
        Action::ReadOn | Action::ReadBack => reading::act(model, action),
        Action::Acknowledge if !marks::listed(model).is_empty() => return marks::acknowledge(model, false),
        Action::Acknowledge => return taking::acknowledge(model),
        Action::Range => range::turn(model),
        Action::Mark if model.range.is_some() => range::turn(model),
        Action::Mark => {
            marks::toggle(model);
            moving::step(model, Action::Down);
        }
        Action::Filter => model.screen = Screen::Filter,
        Action::Fold => moving::fold(model),
        Action::Open => match model.list.cursor() {
            Cursor::Nothing => {}
            Cursor::Ticket(_) => model.screen = Screen::Explanation(0),
            Cursor::Fold(_) => moving::fold(model),
        },
        Action::Back if model.range.is_some() => range::unmark(model),
        Action::Back if !model.marked.is_empty() => model.marked.clear(),
        Action::Back if !model.list.filter().is_empty() => model.list.set_filter("", &model.mine),
        Action::Quit => return leave(model),
        // what means the same on other screens was seen to before
        _ => {
            if let Some(digit) = saved_view::digit(action) {
                saved_view::turn(model, digit);
            }
        }
    }
    range::extend(model);
    reading::keep(model);
    Vec::new()
}

/// Leaves; asks once while something is unanswered or under way.
fn leave(model: &mut Model) -> Vec<Effect> {
    if !asks_before_leaving(model) {
        return vec![Effect::Quit];
    }
    model.screen = Screen::Leave;
    Vec::new()
}

/// Whether something is unanswered or under way.
pub(super) fn asks_before_leaving(model: &Model) -> bool {
    model.counts.untaken() > 0 || model.acks.values().any(Ack::is_unsent)
}

/// Takes in what was typed, where it was.
pub(super) fn typed(model: &mut Model, message: &Message) -> Vec<Effect> {
    match &mut model.screen {
        Screen::Prompt(_) => return prompt::typed(model, message),
        Screen::Palette(_) => return palette::typed(model, message),
        Screen::Assess(_) => return assessing::typed(model, message),
        Screen::Help(scroll, over) => {
            over.typing = type_into(&mut over.filter, message);
            // what is found begins at the top
            *scroll = if over.typing { 0 } else { *scroll };
        }
        Screen::Sure => {
            model.screen = Screen::Board;
            return marks::acknowledge(model, true);
        }
        _ => type_filter(model, message),
    }
    Vec::new()
}

fn type_filter(model: &mut Model, message: &Message) {
    let mut filter = model.list.filter().to_owned();
    if !type_into(&mut filter, message) {
        model.screen = Screen::Board;
    }
    if filter != model.list.filter() {
        model.list.set_filter(&filter, &model.mine);
    }
}

/// Types into a filter; whether it is still being typed.
pub(super) fn type_into(filter: &mut String, message: &Message) -> bool {
    match message {
        Message::Typed(text) => filter.push_str(text),
        Message::Erased => drop(filter.pop()),
        Message::Emptied => filter.clear(),
        _ => return false,
    }
    true
}
