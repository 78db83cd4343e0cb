//! What an engineer does to the ticket under the cursor besides taking it, and why that cannot be done.

use super::list::Cursor;
use super::message::{Action, Effect};
use super::model::{Model, Notice};
use super::taking::UNDO;
use super::{assessing, calling, deeds, prompt};
use crate::domain::{Deed, DeedKind, SafeText, Status, TicketKey};

/// What is said where the cursor is on none.
pub(super) const NO_TICKET: &str = "there is no ticket under the cursor";

/// Whether this is what a key asks for.
pub(super) const fn is_one(action: Action) -> bool {
    use Action::{Assess, CallBack, CopyKey, CopyLink, New, Note, PhonedIn, ShowLink, Word};
    matches!(action, Assess | CallBack | CopyKey | CopyLink | New | Note | PhonedIn | ShowLink | Word)
}

/// Does what a key asks for; what cannot be done says why.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let done = match action {
        Action::Note => prompt::open(model, DeedKind::Note).map(|()| Vec::new()),
        Action::Word => prompt::open(model, DeedKind::Word).map(|()| Vec::new()),
        Action::PhonedIn => phoned_in(model),
        Action::CallBack => calling::call_back(model),
        Action::Assess => assessing::open(model),
        Action::New => prompt::open_new(model).map(|()| Vec::new()),
        Action::CopyKey => copy_key(model),
        Action::CopyLink => copy_link(model),
        Action::ShowLink => show_link(model),
        _ => Ok(Vec::new()),
    };
    done.unwrap_or_else(|why| {
        let asks = matches!(action, Action::Note | Action::Word | Action::CallBack | Action::New);
        let text = if asks { format!("{why} – what is typed on is not heard") } else { why };
        model.notice = Some(Notice { text, alarm: true });
        if asks {
            model.typed_on = Some(model.now);
        }
        Vec::new()
    })
}

/// Why nothing at all is sent or written, as was asked for.
pub(super) fn nothing_is_sent(model: &Model) -> Result<(), String> {
    if model.time_machine.is_some() {
        return Err("nothing is sent from another time".to_owned());
    }
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
        Cursor::Fold(_) => return Err(format!("one ticket after the other: {} unfolds", model.rules.help.key(Action::Open))),
        Cursor::Nothing => return Err(NO_TICKET.to_owned()),
    };
    possible_for(model, key, kind).map(|()| key.clone())
}

/// Why a deed cannot be done to a ticket: it is gone, or its source cannot be told.
pub(super) fn possible_for(model: &Model, key: &TicketKey, kind: DeedKind) -> Result<(), String> {
    // the list may be older than what is known by now
    if let Some(why) = gone(model, key) {
        return Err(format!("{}: {why}", model.name_of(key)));
    }
    match why_not(model, key, kind) {
        Some(why) => Err(format!("no {} for {}: {why}", deeds::name(kind), model.name_of(key))),
        None => Ok(()),
    }
}

/// Why a deed cannot be done again: one of its kind is still under way.
pub(super) fn not_underway(model: &Model, key: &TicketKey, kind: DeedKind) -> Result<(), String> {
    model
        .deeds
        .standing(key, kind)
        .map_or(Ok(()), |ack| Err(format!("{}: {}: {}", model.name_of(key), deeds::name(kind), ack.words(model.rules.zone, model.now))))
}

/// Asks for a deed that can be undone until it is sent.
pub(super) fn tell_undoable(model: &mut Model, key: TicketKey, deed: Deed) -> Vec<Effect> {
    let kind = deed.kind();
    model.deeds.ask(&key, kind);
    model.taken.retain(|(before, other)| (before, *other) != (&key, kind));
    model.taken.push((key.clone(), kind));
    let set = deed.value().map_or_else(String::new, |value| format!(", {value},"));
    let undo = model.rules.help.key(Action::Undo);
    let text = format!("{}: the {}{set} is on its way; {undo} undoes it", model.name_of(&key), deeds::name(kind));
    model.notice = Some(Notice { text, alarm: false });
    vec![Effect::Tell { key, deed, send_at: model.now + UNDO }]
}

/// Notes that the client has just phoned.
fn phoned_in(model: &mut Model) -> Result<Vec<Effect>, String> {
    let key = ticket(model, DeedKind::Contact)?;
    not_underway(model, &key, DeedKind::Contact)?;
    Ok(tell_undoable(model, key, Deed::Contact { channel: SafeText::line("phone") }))
}

fn copy_key(model: &mut Model) -> Result<Vec<Effect>, String> {
    let Cursor::Ticket(key) = model.list.cursor() else { return Err(NO_TICKET.to_owned()) };
    let text = key.key.clone();
    Ok(copy(model, text))
}

fn copy_link(model: &mut Model) -> Result<Vec<Effect>, String> {
    let link = link(model)?;
    Ok(copy(model, link))
}

/// Nobody can know whether it was copied: terminals do not say.
fn copy(model: &mut Model, text: SafeText) -> Vec<Effect> {
    model.notice = Some(Notice { text: format!("given to the terminal to copy: {text}"), alarm: false });
    vec![Effect::Copy(text)]
}

fn show_link(model: &mut Model) -> Result<Vec<Effect>, String> {
    let text = link(model)?.to_string();
    model.notice = Some(Notice { text, alarm: false });
    Ok(Vec::new())
}

/// The link to the ticket under the cursor.
fn link(model: &Model) -> Result<SafeText, String> {
    let row = model.list.selected().or_else(|| model.list.gone().map(|gone| &gone.row));
    let ticket = &row.ok_or(NO_TICKET)?.ticket;
    let web = |url: &&SafeText| ["http://", "https://"].iter().any(|scheme| url.as_str().starts_with(scheme));
    ticket.url.as_ref().filter(web).cloned().ok_or_else(|| format!("{} has no link", model.name_of(&ticket.id)))
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
