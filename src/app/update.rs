//! The whole behaviour of the dashboard: a message changes the model and says what the world must do.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::assessing;
use super::board::Board;
use super::configured;
use super::doing;
use super::handover_text::{self, Told};
use super::layout;
use super::lines::{self, Line};
use super::list::{Cursor, Fold};
use super::marks;
use super::matches;
use super::message::{Action, Effect, Message};
use super::model::{HelpOver, Model, Notice, Screen};
use super::page::{self, Topic};
use super::palette;
use super::prompt;
use super::range;
use super::reading;
use super::saved_view;
use super::store::Store;
use super::taking;
use super::time_machine;
use super::view;
use crate::domain::{Agreements, Deed, DeedKind, Group, PollReport, Status, TicketKey};

/// Takes in what happened.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let key = matches!(message, Message::User(_));
    let typed_in = matches!(message, Message::Typed(_) | Message::Erased | Message::Emptied | Message::Entered);
    // what became of a deed that was written down is in the records
    let in_records = matches!(message, Message::Done { entry: Some(_), .. });
    let said = model.notice.clone();
    let effects = match message {
        // nothing but the time: what is on the screen stands where it stood
        Message::Tick(now) if !tick(model, now) => return Vec::new(),
        Message::Tick(_) => Vec::new(),
        Message::Resized { columns, rows } => {
            model.size = (columns, rows);
            vec![Effect::Redraw]
        }
        // what happened meanwhile is not known
        Message::WentOn => vec![Effect::Redraw, ask_all(model)],
        Message::Polled(report) => {
            polled(model, report);
            Vec::new()
        }
        Message::Done { key, deed: deed @ Deed::Acknowledge { .. }, outcome, .. } => taking::acknowledged(model, key, &deed, outcome),
        Message::Done { entry, key, deed, outcome } => taking::done(model, entry, &key, &deed, outcome),
        Message::Underway { entry, key, deed, ack } => underway(model, entry, key, deed, ack),
        Message::Undone { key, deed } => {
            taking::undone(model, &key, deed);
            Vec::new()
        }
        Message::Made(key) => {
            notice(model, format!("{} is noted", model.name_of(&key)), false);
            Vec::new()
        }
        Message::Recalled(..)
        | Message::Settled(_)
        | Message::KeptHere(_)
        | Message::CalledBack(_)
        | Message::Activity(_)
        | Message::Elsewhere(_)
        | Message::Records(_) => {
            recalled(model, message);
            Vec::new()
        }
        Message::Past(past) => {
            // it may have been left meanwhile
            if model.screen.has_handover() {
                handover_text::tell(model, past);
            }
            return Vec::new();
        }
        Message::Warned(text) => {
            notice(model, text, true);
            Vec::new()
        }
        Message::Lasting(said) => lasting(model, said),
        Message::Configured(configured) => {
            configured::take_in(model, *configured);
            Vec::new()
        }
        Message::User(action) => {
            model.key_pressed();
            if prompt::is_typed_on(model, action) {
                return Vec::new();
            }
            model.notice = None;
            meant(model, action)
        }
        Message::Typed(_) | Message::Erased | Message::Emptied | Message::Entered => {
            model.key_pressed();
            model.notice = None;
            typed(model, &message)
        }
    };
    if !key {
        handover_text::renew(model);
    }
    time_machine::watch(model);
    if let Some(notice) =
        model.notice.clone().filter(|notice| !in_records && (notice.alarm || !(key || typed_in)) && Some(notice) != said.as_ref())
    {
        model.said.keep(model.now, notice);
    }
    page::follow(model, !key);
    // nothing is left to ask about
    if model.screen == Screen::Leave && !asks_before_leaving(model) {
        model.screen = Screen::Board;
    }
    let placed = layout::place(model);
    // what was folded under the cursor may have come unfolded, by a poll or a larger screen
    if let (None, Some(first)) = (placed.cursor, placed.lines.iter().find(|line| lines::can_be_selected(line))) {
        put_on(model, first);
    }
    model.list.scroll_to(placed.top);
    effects
}

/// What is said from the key that asks to the first answer.
const ASKING: &str = "asking all sources";

fn ask_all(model: &mut Model) -> Effect {
    notice(model, ASKING.to_owned(), false);
    Effect::PollNow
}

pub(super) fn notice(model: &mut Model, text: String, alarm: bool) {
    model.notice = Some(Notice { text, alarm });
}

/// Says something for as long as it is so. What is new is seen before what was said before.
fn lasting(model: &mut Model, said: Option<Notice>) -> Vec<Effect> {
    if said.is_some() && said != model.lasting {
        model.notice = None;
    }
    model.lasting = said;
    Vec::new()
}

/// Takes in how a deed stands that has not ended.
fn underway(model: &mut Model, entry: i64, key: TicketKey, deed: DeedKind, ack: Ack) -> Vec<Effect> {
    let named = (key.clone(), deed);
    if matches!(ack, Ack::Held { .. }) && !model.taken.contains(&named) {
        model.taken.push(named);
    }
    if deed == DeedKind::Acknowledge {
        model.acks.insert(key, ack);
    } else {
        model.deeds.stand(entry, key, deed, ack);
    }
    Vec::new()
}

/// Moves on in time; whether the list may be another.
fn tick(model: &mut Model, now: DateTime<Utc>) -> bool {
    let set_back = now < model.now;
    let turned = model.board.changes_at().is_some_and(|at| at <= now);
    model.now = now;
    let handover = model.told.as_ref().and_then(Told::changes_at);
    let page = model.page.as_ref().and_then(|page| page.changes_at);
    let told = handover.into_iter().chain(page).any(|at| at <= now);
    if set_back {
        model.clock_set_back();
        // verdicts only know when they change next, not when they last did
        judge_anew(model);
    } else if turned {
        change_board(model, |board, _, agreements| {
            board.advance(agreements, now);
        });
    }
    let newer = !model.order_stays() && model.time_machine.is_none() && !Arc::ptr_eq(&model.board, model.list.board());
    if newer {
        let line = layout::place(model).cursor.unwrap_or(0);
        let before = model.list.release();
        model.list.show(Arc::clone(&model.board), &model.mine, before, line);
    }
    let over = model.time_machine.as_ref().is_some_and(|machine| machine.ends_at() <= now);
    set_back || turned || newer || told || over
}

/// Changes the board by what the sources told, and lists it unless a key was just pressed.
fn change_board(model: &mut Model, change: impl FnOnce(&mut Board, &Store, &Agreements)) {
    let line = layout::place(model).cursor.unwrap_or(0);
    // the list lets go of the board, so that it need not be copied to be changed
    let before = (!model.order_stays() && model.time_machine.is_none()).then(|| model.list.release());
    change(Arc::make_mut(&mut model.board), &model.store, &model.rules.agreements);
    model.boards += 1;
    model.counts = model.board.counts();
    if let Some(before) = before {
        model.list.show(Arc::clone(&model.board), &model.mine, before, line);
    }
}

/// Judges all tickets.
pub(super) fn judge_anew(model: &mut Model) {
    let now = model.now;
    change_board(model, |board, store, agreements| *board = Board::new(store.tickets().cloned(), agreements, now));
}

/// Judges the tickets that are new or changed.
pub(super) fn renew(model: &mut Model) {
    let now = model.now;
    change_board(model, |board, store, agreements| board.renew(store.tickets().cloned(), agreements, now));
    time_machine::renew(model);
}

fn polled(model: &mut Model, report: PollReport) {
    let (source, began_at) = (report.source.clone(), report.began_at);
    let answered = report.outcome.is_ok();
    model.notice.take_if(|notice| notice.text == ASKING);
    let settling = model.settling();
    if model.store.apply(report) {
        renew(model);
        if settling {
            // whichever source answers first, the cursor waits on what is most pressing
            model.list.put_first();
        }
    }
    if answered {
        // what the source itself now tells needs no word of ours; why a ticket is not taken is still worth knowing
        let open = model.store.tickets().filter(|ticket| ticket.id.source == source && ticket.status == Status::Open);
        let open: HashSet<&TicketKey> = open.map(|ticket| &ticket.id).collect();
        let told = |key: &TicketKey, ack: &Ack| ack.ended_at().is_some_and(|at| at < began_at) && (!ack.failed() || !open.contains(key));
        model.acks.retain(|key, ack| key.source != source || !told(key, ack));
        model.deeds.forget(|key, ack| key.source == source && told(key, ack));
    }
}

/// Takes in what the records tell: of sources before they are asked, and of what was done here or by other processes.
fn recalled(model: &mut Model, message: Message) {
    match message {
        Message::Recalled(source, pass) => {
            model.store.recall(&source, pass);
            let settling = model.settling();
            renew(model);
            if settling {
                model.list.put_first();
            }
        }
        Message::Settled(settled) => {
            for (key, deed, outcome, at) in &settled {
                model.store.settled(key, deed, outcome, *at);
            }
            renew(model);
        }
        Message::KeptHere(kept) => {
            model.store.recall_kept_here(kept);
            renew(model);
        }
        Message::CalledBack(called_back) => {
            model.store.recall_called_back(called_back);
            renew(model);
        }
        Message::Activity(activity) => {
            model.activity = model.screen.has_activity().then_some(activity);
        }
        Message::Elsewhere(acks) => {
            model.acks.retain(|_, ack| !matches!(ack, Ack::Sending { by: Some(_), .. }));
            for (key, ack) in acks {
                model.acks.entry(key).or_insert(ack);
            }
        }
        Message::Records(fault) => {
            model.no_records = fault;
        }
        // the rest is not of the records
        _ => {}
    }
}

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
        (Screen::Help(..) | Screen::Explanation(_) | Screen::Handover(_) | Screen::Page(..), action) => scroll(model, action),
        (Screen::Leave, Action::Quit) => return vec![Effect::Quit],
        (Screen::Board | Screen::Filter | Screen::Sure | Screen::Leave, action) => {
            model.screen = Screen::Board;
            return on_the_board(model, action);
        }
    }
    Vec::new()
}

/// Scrolls a text, no further than to its end.
fn scroll(model: &mut Model, action: Action) {
    let room = view::text_rows(model);
    // as on the board, one line stays
    let page = room.max(2) - 1;
    let most = view::text(model, &model.screen).map_or(0, |text| text.lines.len()).saturating_sub(room);
    let (Screen::Help(scroll, _) | Screen::Explanation(scroll) | Screen::Handover(scroll) | Screen::Page(_, scroll)) = &mut model.screen
    else {
        return;
    };
    let to = match action {
        Action::Up | Action::ReadBack => scroll.saturating_sub(1),
        Action::Down | Action::ReadOn => *scroll + 1,
        Action::First => 0,
        Action::Last => most,
        Action::PageUp => scroll.saturating_sub(page),
        Action::PageDown => *scroll + page,
        _ => *scroll,
    };
    *scroll = to.min(most);
}

fn on_the_board(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Up | Action::Down | Action::First | Action::Last | Action::PageUp | Action::PageDown => step(model, action),
        Action::NextUnanswered => to_unanswered(model, true),
        Action::PreviousUnanswered => to_unanswered(model, false),
        Action::NextMatch => matches::step(model, true),
        Action::PreviousMatch => matches::step(model, false),
        Action::ReadOn | Action::ReadBack => reading::act(model, action),
        Action::Acknowledge if !marks::listed(model).is_empty() => return marks::acknowledge(model, false),
        Action::Acknowledge => return taking::acknowledge(model),
        Action::Range => range::turn(model),
        Action::Mark if model.range.is_some() => range::turn(model),
        Action::Mark => {
            marks::toggle(model);
            step(model, Action::Down);
        }
        Action::Filter => model.screen = Screen::Filter,
        Action::Fold => fold(model),
        Action::Open => match model.list.cursor() {
            Cursor::Nothing => {}
            Cursor::Ticket(_) => model.screen = Screen::Explanation(0),
            Cursor::Fold(_) => fold(model),
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
fn asks_before_leaving(model: &Model) -> bool {
    model.counts.untaken() > 0 || model.acks.values().any(Ack::is_unsent)
}

/// Takes in what was typed, where it was.
fn typed(model: &mut Model, message: &Message) -> Vec<Effect> {
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

/// Moves the cursor over the lines that it can be on.
fn step(model: &mut Model, action: Action) {
    let placed = layout::place(model);
    let stops: Vec<usize> = (0..placed.lines.len()).filter(|line| lines::can_be_selected(&placed.lines[*line])).collect();
    let Some(last) = stops.len().checked_sub(1) else { return };
    let here = placed.cursor.map_or(0, |line| stops.partition_point(|stop| *stop < line));
    let page = usize::from(placed.layout.list.max(2) - 1);
    let to = match action {
        Action::Up => here.saturating_sub(1),
        Action::Down => here + usize::from(placed.cursor.is_some()),
        Action::First => 0,
        Action::Last => last,
        Action::PageUp => here.saturating_sub(page),
        _ => here + page,
    };
    let line = &placed.lines[stops[to.min(last)]];
    if Some(stops[to.min(last)]) != placed.cursor {
        put_on(model, line);
    }
}

/// Puts the cursor on a line.
fn put_on(model: &mut Model, line: &Line) {
    match (line, lines::fold_of(line)) {
        (Line::Ticket(place), _) => model.list.put_on_ticket(*place),
        (_, Some(fold)) => model.list.put_on_fold(fold),
        _ => {}
    }
}

/// To the unanswered ticket that is due next after the one under the cursor, or before it; round and round.
fn to_unanswered(model: &mut Model, forward: bool) {
    let rows = &model.list.board().rows;
    let listed = model.list.groups().iter().filter(|listed| matches!(listed.group, Group::Decide | Group::Unanswered));
    let mut by_due: Vec<usize> = listed.flat_map(|listed| listed.rows.iter().copied()).collect();
    by_due.sort_by_key(|place| {
        let due = rows[*place].verdict.response.as_ref().and_then(|clock| clock.due);
        (due.is_none(), due, *place)
    });
    let here = model.list.cursor_row().and_then(|place| by_due.iter().position(|p| *p == place));
    let to = match (here, by_due.len()) {
        (_, 0) => return notice(model, "nothing is unanswered".to_owned(), false),
        (None, len) => {
            if forward {
                0
            } else {
                len - 1
            }
        }
        (Some(here), len) => (here + if forward { 1 } else { len - 1 }) % len,
    };
    model.list.put_on_ticket(by_due[to]);
}

/// Folds the group under the cursor, or unfolds what is folded of it.
fn fold(model: &mut Model) {
    let fold = match (model.list.cursor(), model.list.selected()) {
        (Cursor::Fold(fold), _) => fold.clone(),
        (Cursor::Ticket(key), Some(row)) if row.verdict.group == Group::Decide => Fold::Unassessed(key.source.clone()),
        (_, Some(row)) => Fold::Group(row.verdict.group),
        _ => return,
    };
    let Some(first) = model.list.first_of(&fold) else {
        return notice(model, "nothing here may fold: it is unanswered, high, late or at risk".to_owned(), false);
    };
    let placed = layout::place(model);
    let folded = placed.lines.iter().find(|line| lines::fold_of(line).as_ref() == Some(&fold));
    // of a group the first that was folded, which may come after some that were not
    let first = match folded {
        Some(Line::Folded { shown, .. }) => model.list.foldable(&fold).get(*shown).copied().unwrap_or(first),
        _ => first,
    };
    let unfold = folded.is_some();
    model.list.toggle(fold.clone(), unfold);
    match (unfold, model.list.cursor()) {
        // the line it was on is no more
        (true, Cursor::Fold(_)) => model.list.put_on_ticket(first),
        (true, _) => {}
        (false, _) => model.list.put_on_fold(fold),
    }
}
