//! The whole behaviour of the dashboard: a message changes the model and says what the world must do.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::ack::Ack;
use super::board::{Board, BoardRow};
use super::handover_text;
use super::layout;
use super::lines::{self, Line};
use super::list::{Cursor, Fold};
use super::message::{Action, Effect, Message};
use super::model::{Model, Notice, Screen};
use super::store::Store;
use super::view;
use crate::domain::{Agreements, Deed, DeedKind, Group, Outcome, PollReport, Status, TicketKey, judge};

/// Takes in what happened.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let key = matches!(message, Message::User(_));
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
        Message::Done { key, deed: deed @ Deed::Acknowledge { .. }, outcome, .. } => acknowledged(model, key, &deed, outcome),
        Message::Done { entry, key, deed, outcome } => {
            model.deeds.retain(|under_way, _| Some(*under_way) != entry);
            done(model, &key, &deed, outcome)
        }
        Message::Underway { entry, deed, ack, .. } if deed != DeedKind::Acknowledge => {
            model.deeds.insert(entry, ack);
            Vec::new()
        }
        Message::Underway { key, ack, .. } => {
            if matches!(ack, Ack::Held { .. }) && !model.taken.contains(&key) {
                model.taken.push(key.clone());
            }
            model.acks.insert(key, ack);
            Vec::new()
        }
        Message::Undone(key) => {
            notice(model, format!("{} is not acknowledged: undone", model.name_of(&key)), false);
            model.acks.remove(&key);
            model.taken.retain(|before| *before != key);
            Vec::new()
        }
        Message::Recalled(source, pass) => {
            model.store.recall(&source, pass);
            renew(model);
            model.list.put_first();
            Vec::new()
        }
        Message::Settled(settled) => settle(model, &settled),
        Message::KeptHere(kept) => {
            model.store.recall_kept_here(kept);
            renew(model);
            Vec::new()
        }
        Message::Past(past) => {
            model.past = Some(past);
            // it may have been left meanwhile
            if model.screen.has_handover() {
                handover_text::renew(model);
            }
            Vec::new()
        }
        Message::Warned(text) => {
            notice(model, text, true);
            Vec::new()
        }
        Message::Elsewhere(acks) => {
            model.acks.retain(|_, ack| !matches!(ack, Ack::Sending { by: Some(_), .. }));
            for (key, ack) in acks {
                model.acks.entry(key).or_insert(ack);
            }
            Vec::new()
        }
        Message::Records(fault) => {
            model.no_records = fault;
            Vec::new()
        }
        Message::User(action) => {
            model.key_pressed();
            model.notice = None;
            let given_back_next = model.given_back_next.take().filter(|_| action == Action::Undo);
            if let Some(key) = given_back_next.filter(|key| *model.list.cursor() == Cursor::Ticket(key.clone())) {
                notice(model, format!("{} is being given back", model.name_of(&key)), false);
                return vec![Effect::GiveBack(key)];
            }
            user(model, action)
        }
        Message::Typed(_) | Message::Erased | Message::Emptied | Message::Entered => {
            model.key_pressed();
            model.notice = None;
            type_filter(model, &message);
            Vec::new()
        }
    };
    if model.handover.is_some() && !key {
        handover_text::renew(model);
    }
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

/// How long an acknowledgement is held before it is sent.
pub const UNDO: TimeDelta = TimeDelta::seconds(5);
/// What is said from the key that asks to the first answer.
const ASKING: &str = "asking all sources";

fn ask_all(model: &mut Model) -> Effect {
    notice(model, ASKING.to_owned(), false);
    Effect::PollNow
}

fn notice(model: &mut Model, text: String, alarm: bool) {
    model.notice = Some(Notice { text, alarm });
}

/// Moves on in time; whether the list may be another.
fn tick(model: &mut Model, now: DateTime<Utc>) -> bool {
    let set_back = now < model.now;
    let turned = model.board.changes_at().is_some_and(|at| at <= now);
    model.now = now;
    let told = model.handover.as_ref().and_then(|handover| handover.changes_at).is_some_and(|at| at <= now);
    if set_back {
        model.clock_set_back();
        // verdicts only know when they change next, not when they last did
        change_board(model, |board, store, agreements| *board = Board::new(store.tickets().cloned(), agreements, now));
    } else if turned {
        change_board(model, |board, _, agreements| {
            board.advance(agreements, now);
        });
    }
    let newer = !model.order_stays() && !Arc::ptr_eq(&model.board, model.list.board());
    if newer {
        let line = layout::place(model).cursor.unwrap_or(0);
        let before = model.list.release();
        model.list.show(Arc::clone(&model.board), before, line);
    }
    set_back || turned || newer || told
}

/// Changes the board by what the sources told, and lists it unless a key was just pressed.
fn change_board(model: &mut Model, change: impl FnOnce(&mut Board, &Store, &Agreements)) {
    let line = layout::place(model).cursor.unwrap_or(0);
    // the list lets go of the board, so that it need not be copied to be changed
    let before = (!model.order_stays()).then(|| model.list.release());
    change(Arc::make_mut(&mut model.board), &model.store, &model.rules.agreements);
    model.counts = model.board.counts();
    if let Some(before) = before {
        model.list.show(Arc::clone(&model.board), before, line);
    }
}

/// Judges the tickets that are new or changed.
fn renew(model: &mut Model) {
    let now = model.now;
    change_board(model, |board, store, agreements| board.renew(store.tickets().cloned(), agreements, now));
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
    }
}

/// Takes in what became of deeds, as whichever process was told.
fn settle(model: &mut Model, settled: &[(TicketKey, Deed, Outcome, DateTime<Utc>)]) -> Vec<Effect> {
    for (key, deed, outcome, at) in settled {
        model.store.settled(key, deed, outcome, *at);
    }
    renew(model);
    Vec::new()
}

/// A deed other than an acknowledgement came to its end.
fn done(model: &mut Model, key: &TicketKey, deed: &Deed, outcome: Outcome) -> Vec<Effect> {
    model.store.done(key, deed, &outcome, model.now);
    if matches!((deed, &outcome), (Deed::Unacknowledge, Outcome::Confirmed { .. } | Outcome::Here { .. })) {
        model.ours.remove(key);
        // what was said of taking it is over
        model.acks.remove(key);
    }
    let ack = Ack::Ended { outcome, at: model.now };
    notice(model, format!("{}: {}", model.name_of(key), ack.words_of(deed.kind(), model.rules.zone, model.now)), ack.failed());
    renew(model);
    // how the ticket stands now is for its source to tell
    vec![Effect::PollNow]
}

fn acknowledged(model: &mut Model, key: TicketKey, deed: &Deed, outcome: Outcome) -> Vec<Effect> {
    model.store.done(&key, deed, &outcome, model.now);
    if matches!(outcome, Outcome::Confirmed { .. } | Outcome::Here { .. }) {
        model.ours.insert(key.clone());
    }
    let ack = Ack::Ended { outcome, at: model.now };
    notice(model, format!("{}: {}", model.name_of(&key), ack.words(model.rules.zone, model.now)), ack.failed());
    model.taken.retain(|before| *before != key);
    model.acks.insert(key, ack);
    renew(model);
    Vec::new()
}

fn user(model: &mut Model, action: Action) -> Vec<Effect> {
    if model.screen == Screen::Leave && !matches!(action, Action::Quit) {
        model.screen = Screen::Board;
        if action == Action::Back {
            return Vec::new();
        }
    }
    match (&mut model.screen, action) {
        (_, Action::Redraw) => return vec![Effect::Redraw],
        (_, Action::Suspend) => return vec![Effect::Suspend],
        (_, Action::Refresh) => return vec![ask_all(model)],
        (Screen::Help(_, below), Action::Back | Action::Quit | Action::Help) => model.screen = std::mem::take(below),
        (below, Action::Help) => {
            let below = std::mem::take(below);
            model.screen = Screen::Help(0, Box::new(below));
        }
        (Screen::Explanation(_), Action::Back | Action::Quit) | (Screen::Handover(_), Action::Back | Action::Quit | Action::Handover) => {
            model.screen = Screen::Board;
            model.handover = None;
        }
        (Screen::Board | Screen::Leave | Screen::Explanation(_), Action::Handover) => {
            model.screen = Screen::Handover(0);
            model.handover = None;
            return vec![Effect::ReadPast];
        }
        (Screen::Explanation(_), Action::Acknowledge) => return acknowledge(model),
        (_, Action::Undo) => return undo(model),
        (Screen::Help(..) | Screen::Explanation(_) | Screen::Handover(_), action) => scroll(model, action),
        (Screen::Leave, Action::Quit) => return vec![Effect::Quit],
        (Screen::Board | Screen::Filter | Screen::Leave, action) => {
            model.screen = Screen::Board;
            return on_the_board(model, action);
        }
    }
    Vec::new()
}

/// Scrolls a text, no further than to its end.
fn scroll(model: &mut Model, action: Action) {
    let page = usize::from(model.size.1 / 2);
    let most = match model.screen {
        Screen::Explanation(_) | Screen::Handover(_) => view::longest_scroll(model),
        _ => model.rules.help_lines.saturating_sub(1),
    };
    let (Screen::Help(scroll, _) | Screen::Explanation(scroll) | Screen::Handover(scroll)) = &mut model.screen else { return };
    let to = match action {
        Action::Up => scroll.saturating_sub(1),
        Action::Down => *scroll + 1,
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
        Action::Acknowledge => return acknowledge(model),
        Action::Filter => model.screen = Screen::Filter,
        Action::Fold => fold(model),
        Action::Open => match model.list.cursor() {
            Cursor::Nothing => {}
            Cursor::Ticket(_) => model.screen = Screen::Explanation(0),
            Cursor::Fold(_) => fold(model),
        },
        Action::Back if !model.list.filter().is_empty() => model.list.set_filter(""),
        Action::Quit => return leave(model),
        Action::Back | Action::Refresh | Action::Handover | Action::Help | Action::Redraw | Action::Suspend | Action::Undo => {}
    }
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

fn type_filter(model: &mut Model, message: &Message) {
    let mut filter = model.list.filter().to_owned();
    match message {
        Message::Typed(text) => filter.push_str(text),
        Message::Erased => {
            filter.pop();
        }
        Message::Emptied => filter.clear(),
        _ => model.screen = Screen::Board,
    }
    if filter != model.list.filter() {
        model.list.set_filter(&filter);
    }
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

/// How long an acknowledgement can be undone: not where the client would lose by it.
fn hold(model: &Model, row: &BoardRow) -> TimeDelta {
    // what is left counts down between two judgements
    let verdict = judge(&row.ticket, &model.rules.agreements, model.now);
    let left = verdict.response.as_ref().and_then(|clock| clock.remaining_seconds);
    let hurry = matches!(verdict.group, Group::Decide | Group::Unanswered) && left.is_some_and(|left| left < 60);
    if hurry { TimeDelta::zero() } else { UNDO }
}

/// Takes back the acknowledgement that was asked for last.
fn undo(model: &mut Model) -> Vec<Effect> {
    if let Some(key) = model.last_taken() {
        return vec![Effect::Undo(key)];
    }
    if let Some(key) = model.list.selected().map(|row| row.ticket.id.clone()).filter(|key| model.ours.contains(key)) {
        give_back(model, key);
        return Vec::new();
    }
    let sent = model.acks.values().any(Ack::is_unsent);
    notice(
        model,
        if sent { "too late to undo: it is being sent" } else { "there is nothing to undo; what is late is sent at once" }.to_owned(),
        sent,
    );
    Vec::new()
}

/// Asks whether a ticket that was taken here is given back; not where its source cannot be told.
fn give_back(model: &mut Model, key: TicketKey) {
    let why_not = model.capabilities.get(&key.source).and_then(|capabilities| {
        capabilities.why_not(DeedKind::Unacknowledge).filter(|_| !capabilities.kept_here(DeedKind::Unacknowledge))
    });
    let name = model.name_of(&key);
    if let Some(why) = why_not {
        return notice(model, format!("{name} cannot be given back: {why}"), true);
    }
    notice(model, format!("{name} is acknowledged: u again gives it back, and it is unanswered again"), true);
    model.given_back_next = Some(key);
}

/// Takes the ticket under the cursor, if there is anything to take.
fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let refused = match (model.list.cursor(), model.list.selected(), model.list.gone()) {
        (Cursor::Ticket(key), Some(row), _) => match model.acks.get(key) {
            _ if model.rules.frozen => "nothing is sent with --at".to_owned(),
            _ if model.rules.read_only => "nothing is sent with --read-only".to_owned(),
            // the list may be older than what is known by now
            _ if model.store.tickets().all(|ticket| ticket.id != *key || ticket.status == Status::Resolved) => {
                format!("{} is not acknowledged: {}", model.name_of(key), model.list.why_gone(&model.board, key))
            }
            Some(ack) if ack.is_unsent() => format!("{}: {}", model.name_of(key), ack.words(model.rules.zone, model.now)),
            // the row may be older than that, while its order stays
            Some(ack) if ack.settled_at().is_some() => format!("{}: {}", model.name_of(key), ack.words(model.rules.zone, model.now)),
            _ if row.verdict.acknowledged => {
                let by = row.ticket.acknowledged_by.as_ref().or(row.ticket.assignee.as_ref());
                format!("{} is already acknowledged{}", model.name_of(key), by.map_or_else(String::new, |by| format!(" by {by}")))
            }
            _ => {
                let key = key.clone();
                let send_at = model.now + hold(model, row);
                model.acks.insert(key.clone(), Ack::Writing);
                model.taken.retain(|before| *before != key);
                model.taken.push(key.clone());
                return vec![Effect::Acknowledge { key, send_at }];
            }
        },
        (Cursor::Ticket(key), None, Some(gone)) => format!("{} is not acknowledged: {}", model.name_of(key), gone.why),
        (Cursor::Fold(_), ..) => "acknowledge tickets one by one: enter unfolds".to_owned(),
        _ => return Vec::new(),
    };
    notice(model, refused, true);
    Vec::new()
}
