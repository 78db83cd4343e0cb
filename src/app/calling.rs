//! To call a client back: the number, and an internal note of what came of it.

use super::message::{Action, Effect};
use super::model::{Model, Notice};
use super::prompt::{self, Called};
use super::{doing, words};
use crate::domain::{DeedKind, SafeText};

/// Copies the number of the ticket under the cursor, and asks for a note.
///
/// # Errors
/// Why there is nobody to call back.
pub(super) fn call_back(model: &mut Model) -> Result<Vec<Effect>, String> {
    let row = model.list.selected().ok_or(doing::NO_TICKET)?;
    let (ticket, name) = (&row.ticket, model.name_of(&row.ticket.id));
    if !ticket.callback_requested {
        let note = model.rules.help.key(Action::Note);
        return Err(format!("nobody asked to be called back on {name} – {note} writes a note all the same"));
    }
    if let Some(called) = ticket.called_back.as_ref().filter(|_| !ticket.wants_call_back()) {
        let at = words::moment(model.rules.zone, called.at, model.now);
        let note = model.rules.help.key(Action::Note);
        return Err(format!("{name}: called back {at} by {} already – {note} writes another note", called.by));
    }
    let contact = ticket.contact.as_ref();
    let number = contact.and_then(|contact| contact.phone.clone());
    let whom: Vec<&SafeText> = contact.map_or_else(Vec::new, |contact| [&contact.name, &contact.phone].into_iter().flatten().collect());
    let whom = match whom[..] {
        [] => "whom its source names".to_owned(),
        [one] => one.to_string(),
        [name, phone, ..] => format!("{name}, {phone}"),
    };
    let key = doing::ticket(model, DeedKind::Note);
    let copied = number
        .as_ref()
        .map_or_else(|| format!("no number is known of {name}"), |number| format!("given to the terminal to copy: {number}"));
    let (text, alarm) = match &key {
        Ok(_) => {
            let note = model.rules.help.key(Action::Note);
            (format!("{copied}; who was not reached stays marked: leave, and {note} notes it"), number.is_none())
        }
        Err(why) => (format!("{why}, so it stays marked; {copied}"), true),
    };
    if let Ok(key) = key {
        prompt::open_called_back(model, Called { key, whom });
    }
    model.notice = Some(Notice { text, alarm });
    Ok(number.map(Effect::Copy).into_iter().collect())
}
