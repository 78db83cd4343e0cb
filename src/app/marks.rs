//! Marks: several tickets are taken by one key. They are on tickets by their keys, and only those count that are listed: what a
//! filter hides is not taken unseen.

use super::board::BoardRow;
use super::list::Cursor;
use super::message::{Action, Effect};
use super::model::{Model, Notice, Screen};
use super::{doing, taking};

/// So many are taken without asking.
const UNASKED: usize = 5;

/// Marks the ticket under the cursor, or unmarks it.
pub(super) fn toggle(model: &mut Model) {
    let alarm = |text: String| Some(Notice { text, alarm: true });
    if let Err(why) = doing::nothing_is_sent(model) {
        model.notice = alarm(why);
        return;
    }
    let (Cursor::Ticket(key), Some(_)) = (model.list.cursor().clone(), model.list.selected()) else {
        model.notice = alarm("only a ticket that is listed can be marked".to_owned());
        return;
    };
    if !model.marked.remove(&key) {
        model.marked.insert(key);
    }
    let acknowledge = model.rules.help.key(Action::Acknowledge);
    let text = format!("{} marked: {acknowledge} acknowledges them, esc unmarks them", listed(model).len());
    model.notice = Some(Notice { text, alarm: false });
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
