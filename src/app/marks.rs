//! Marks: several tickets are taken by one key. They are on tickets by their keys, and only those count that are listed: what a
//! filter hides is not taken unseen.

use super::board::BoardRow;
use super::list::Cursor;
use super::message::{Action, Effect};
use super::model::{Model, Notice, Screen};
use super::{doing, taking};
use crate::domain::TicketKey;

/// So many are taken without asking.
const UNASKED: usize = 5;

/// Marks the ticket under the cursor, or unmarks it.
pub(super) fn toggle(model: &mut Model) {
    let Some(key) = markable(model) else { return };
    if !model.marked.remove(&key) {
        model.marked.insert(key);
    }
    tell(model);
}

/// Says how many are marked, and what can be done to them.
pub(super) fn tell(model: &mut Model) {
    let acknowledge = model.rules.help.key(Action::Acknowledge);
    let text = format!("{} marked: {acknowledge} acknowledges them, esc unmarks them", listed(model).len());
    model.notice = Some(Notice { text, alarm: false });
}

/// The ticket under the cursor, where it can be marked; else it is said why not.
pub(super) fn markable(model: &mut Model) -> Option<TicketKey> {
    let key = match (doing::nothing_is_sent(model), model.list.cursor(), model.list.selected()) {
        (Err(why), ..) => Err(why),
        (Ok(()), Cursor::Ticket(key), Some(_)) => Ok(key.clone()),
        _ => Err("only a ticket that is listed can be marked".to_owned()),
    };
    key.map_err(|text| model.notice = Some(Notice { text, alarm: true })).ok()
}

/// The rows of the marked tickets that are listed, in the order of the board.
pub(super) fn listed(model: &Model) -> Vec<BoardRow> {
    if model.marked.is_empty() {
        return Vec::new();
    }
    let rows = &model.list.board().rows;
    let places = model.list.groups().iter().flat_map(|listed| &listed.rows);
    places.map(|place| &rows[*place]).filter(|row| model.marked.contains(&row.ticket.id)).cloned().collect()
}

/// Takes the marked tickets; asks first where there are many.
pub(super) fn acknowledge(model: &mut Model, sure: bool) -> Vec<Effect> {
    let rows = listed(model);
    if rows.len() > UNASKED && !sure {
        model.screen = Screen::Sure;
        return Vec::new();
    }
    let (mut effects, mut refused) = (Vec::new(), None);
    for row in &rows {
        model.marked.remove(&row.ticket.id);
        match taking::take(model, row) {
            Ok(effect) => effects.push(effect),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    let undo = model.rules.help.key(Action::Undo);
    let on_their_way = format!("{} of {} are on their way; {undo} undoes one after the other", effects.len(), rows.len());
    let text = refused.as_ref().map_or(on_their_way, |why| format!("{} of {} are on their way – {why}", effects.len(), rows.len()));
    model.notice = Some(Notice { text, alarm: refused.is_some() });
    effects
}
