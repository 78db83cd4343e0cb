//! What an engineer does to the ticket under the cursor besides taking it, and why that cannot be done.

use super::list::Cursor;
use super::message::{Action, Effect};
use super::model::{Model, Notice};
use super::{deeds, prompt};
use crate::domain::{DeedKind, Status, TicketKey};

/// Does what a key asks for; what cannot be done says why.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let done = match action {
        Action::Note => prompt::open(model, DeedKind::Note).map(|()| Vec::new()),
        Action::Word => prompt::open(model, DeedKind::Word).map(|()| Vec::new()),
        _ => Ok(Vec::new()),
    };
    done.unwrap_or_else(|text| {
        model.notice = Some(Notice { text, alarm: true });
        Vec::new()
    })
}

/// Why nothing at all is sent or written, as was asked for.
pub(super) fn nothing_is_sent(model: &Model) -> Result<(), String> {
    match (model.rules.frozen, model.rules.read_only) {
        (true, _) => Err("nothing is sent with --at".to_owned()),
        (_, true) => Err("nothing is sent with --read-only".to_owned()),
        _ => Ok(()),
    }
}

/// The ticket under the cursor, for a deed; or why it cannot be done.
pub(super) fn ticket(model: &Model, kind: DeedKind) -> Result<TicketKey, String> {
    nothing_is_sent(model)?;
    let key = match model.list.cursor() {
        Cursor::Ticket(key) => key,
        Cursor::Fold(_) => return Err("one ticket after the other: enter unfolds".to_owned()),
        Cursor::Nothing => return Err("there is no ticket here".to_owned()),
    };
    // the list may be older than what is known by now
    if let Some(why) = gone(model, key) {
        return Err(format!("{}: {why}", model.name_of(key)));
    }
    match why_not(model, key, kind) {
        Some(why) => Err(format!("no {} for {}: {why}", deeds::name(kind), model.name_of(key))),
        None => Ok(key.clone()),
    }
}

/// Why the source of a ticket cannot be told, of what is not kept here instead.
fn why_not(model: &Model, key: &TicketKey, kind: DeedKind) -> Option<&'static str> {
    let capabilities = model.capabilities.get(&key.source)?;
    capabilities.why_not(kind).filter(|_| !capabilities.kept_here(kind))
}

/// What can be done to the ticket under the cursor besides taking it, of what the footer tells.
pub(super) fn possible(model: &Model) -> Vec<DeedKind> {
    let key = model.list.selected().map(|row| &row.ticket.id).filter(|_| nothing_is_sent(model).is_ok());
    let kinds = [DeedKind::Contact, DeedKind::Note, DeedKind::Word, DeedKind::Assess];
    key.map_or_else(Vec::new, |key| kinds.into_iter().filter(|kind| why_not(model, key, *kind).is_none()).collect())
}

/// Why a ticket is open no more, if it is not.
pub(super) fn gone(model: &Model, key: &TicketKey) -> Option<String> {
    let open = model.store.tickets().any(|ticket| ticket.id == *key && ticket.status != Status::Resolved);
    (!open).then(|| model.list.why_gone(&model.board, key))
}
