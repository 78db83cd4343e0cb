//! The whole behaviour of the dashboard: a message changes the model and says what the world must do.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::board::Board;
use super::configured;
use super::handover_text::{self, Told};
use super::layout;
use super::lines;
use super::meant;
use super::message::{Effect, Message};
use super::model::{Model, Notice, Screen};
use super::moving;
use super::page;
use super::prompt;
use super::store::Store;
use super::taking;
use super::time_machine;
use crate::domain::{Agreements, Deed, DeedKind, PollReport, Status, TicketKey};

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
            meant::meant(model, action)
        }
        Message::Typed(_) | Message::Erased | Message::Emptied | Message::Entered => {
            model.key_pressed();
            model.notice = None;
            meant::typed(model, &message)
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
    if model.screen == Screen::Leave && !meant::asks_before_leaving(model) {
        model.screen = Screen::Board;
    }
    let placed = layout::place(model);
    // what was folded under the cursor may have come unfolded, by a poll or a larger screen
    if let (None, Some(first)) = (placed.cursor, placed.lines.iter().find(|line| lines::can_be_selected(line))) {
        moving::put_on(model, first);
    }
    model.list.scroll_to(placed.top);
    effects
}

/// What is said from the key that asks to the first answer.
const ASKING: &str = "asking all sources";

pub(super) fn ask_all(model: &mut Model) -> Effect {
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
