//! From one ticket that the filter or the view lists to the next, whatever is folded.

use super::list::Cursor;
use super::message::Action;
use super::model::{Model, Notice};

/// To the next ticket that is listed, or the one before; round and round.
pub(super) fn step(model: &mut Model, forward: bool) {
    let say = |text: &str| Some(Notice { text: text.to_owned(), alarm: false });
    if model.list.filter().is_empty() {
        let filter = model.rules.help.key(Action::Filter);
        model.notice = say(&format!("there is no filter: {filter} names what to look for"));
        return;
    }
    let places: Vec<usize> = model.list.groups().iter().flat_map(|listed| listed.rows.iter().copied()).collect();
    // from what is folded the first of it is the next
    let (here, after) = match model.list.cursor() {
        Cursor::Fold(fold) => (model.list.first_of(fold), 0),
        _ => (model.list.cursor_row(), 1),
    };
    let before = here.map_or(0, |here| places.partition_point(|place| *place < here));
    let Some(last) = places.len().checked_sub(1) else {
        model.notice = say("nothing matches");
        return;
    };
    let to = match (here, forward) {
        (None, true) => 0,
        (None, false) => last,
        (Some(_), true) => (before + after) % (last + 1),
        (Some(_), false) => before.checked_sub(1).unwrap_or(last),
    };
    model.list.put_on_ticket(places[to]);
    model.notice = say(&format!("{} of {} that match", to + 1, last + 1));
}
