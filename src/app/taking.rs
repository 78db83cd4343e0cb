//! Taking a ticket, and what becomes of that and of other deeds: undone, given back, ended.

use chrono::TimeDelta;

use super::ack::Ack;
use super::board::BoardRow;
use super::list::Cursor;
use super::message::{Action, Effect};
use super::model::Model;
use super::update::{notice, renew};
use super::{deeds, doing};
use crate::domain::{CalledBack, Deed, DeedKind, Group, Outcome, TicketKey, judge};

/// How long an acknowledgement is held before it is sent.
pub const UNDO: TimeDelta = TimeDelta::seconds(5);

/// How long an acknowledgement can be undone: not where the client would lose by it.
fn hold(model: &Model, row: &BoardRow) -> TimeDelta {
    // what is left counts down between two judgements
    let verdict = judge(&row.ticket, &model.rules.agreements, model.now);
    let left = verdict.response.as_ref().and_then(|clock| clock.remaining_seconds);
    let hurry = matches!(verdict.group, Group::Decide | Group::Unanswered) && left.is_some_and(|left| left < 60);
    if hurry { TimeDelta::zero() } else { UNDO }
}

/// Takes back the acknowledgement that was asked for last.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    if let Some((key, deed)) = model.last_taken() {
        // the key again, before this is undone, is for the one before
        model.taken.retain(|taken| *taken != (key.clone(), deed));
        return vec![Effect::Undo { key, deed }];
    }
    if let Some(key) = model.list.selected().map(|row| row.ticket.id.clone()).filter(|key| model.mine.taken.contains(key)) {
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
    let undo = model.rules.help.key(Action::Undo);
    notice(model, format!("{name} is acknowledged: {undo} again gives it back, and it is unanswered again"), true);
    model.given_back_next = Some(key);
}

/// Takes the ticket under the cursor, if there is anything to take.
pub(super) fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let row = match (model.list.cursor(), model.list.selected(), model.list.gone()) {
        (Cursor::Ticket(_), Some(row), _) => Ok(row.clone()),
        (Cursor::Ticket(key), None, Some(gone)) => Err(format!("{} is not acknowledged: {}", model.name_of(key), gone.why)),
        (Cursor::Fold(_), ..) => Err(format!("acknowledge tickets one by one: {} unfolds", model.rules.help.key(Action::Open))),
        _ => return Vec::new(),
    };
    match row.and_then(|row| take(model, &row)) {
        Ok(effect) => vec![effect],
        Err(refused) => {
            notice(model, refused, true);
            Vec::new()
        }
    }
}

/// Takes the ticket of a row.
///
/// # Errors
/// Why there is nothing to take.
pub(super) fn take(model: &mut Model, row: &BoardRow) -> Result<Effect, String> {
    let hold = hold(model, row);
    take_after(model, row, hold)
}

/// The same, to be sent after so long.
///
/// # Errors
/// Why there is nothing to take.
pub(super) fn take_after(model: &mut Model, row: &BoardRow, hold: TimeDelta) -> Result<Effect, String> {
    doing::nothing_is_sent(model)?;
    let key = &row.ticket.id;
    let name = model.name_of(key);
    // the list may be older than what is known by now
    if let Some(why) = doing::gone(model, key) {
        return Err(format!("{name} is not acknowledged: {why}"));
    }
    // the row may be older than what became of it, while its order stays
    if let Some(ack) = model.acks.get(key).filter(|ack| ack.is_unsent() || ack.settled_at().is_some()) {
        return Err(format!("{name}: {}", ack.words(model.rules.zone, model.now)));
    }
    if row.verdict.acknowledged {
        let who = row.ticket.owner().map_or_else(String::new, |who| format!("; its owner is {who}"));
        return Err(format!("{name} is already acknowledged{who}"));
    }
    let send_at = model.now + hold;
    model.acks.insert(key.clone(), Ack::Writing);
    model.taken.retain(|(before, kind)| (before, *kind) != (key, DeedKind::Acknowledge));
    model.taken.push((key.clone(), DeedKind::Acknowledge));
    Ok(Effect::Tell { key: key.clone(), deed: Deed::Acknowledge { note: None }, send_at })
}

/// A deed was taken back in time.
pub(super) fn undone(model: &mut Model, key: &TicketKey, deed: DeedKind) {
    let name = model.name_of(key);
    if deed == DeedKind::Acknowledge {
        model.acks.remove(key);
        notice(model, format!("{name} is not acknowledged: undone"), false);
    } else {
        model.deeds.undo(key, deed);
        notice(model, format!("{name}: the {} is undone; its source was told nothing", deeds::name(deed)), false);
    }
    model.taken.retain(|before| (&before.0, before.1) != (key, deed));
}

/// A deed other than an acknowledgement came to its end.
pub(super) fn done(model: &mut Model, entry: Option<i64>, key: &TicketKey, deed: &Deed, outcome: Outcome) -> Vec<Effect> {
    model.store.done(key, deed, &outcome, model.now);
    if matches!((deed, &outcome), (Deed::Unacknowledge, Outcome::Confirmed { .. } | Outcome::Here { .. })) {
        model.mine.taken.remove(key);
        // what was said of taking it is over
        model.acks.remove(key);
    }
    if let (Deed::Note { text }, Outcome::Confirmed { .. } | Outcome::Already { .. }) = (deed, &outcome)
        && CalledBack::is_said_by(text)
    {
        model.store.recall_called_back([CalledBack { key: key.clone(), by: model.rules.who.clone(), at: model.now }]);
    }
    let ack = model.deeds.end(entry, key, deed, outcome, model.now);
    model.taken.retain(|before| (&before.0, before.1) != (key, deed.kind()));
    notice(model, format!("{}: {}", model.name_of(key), ack.words_of(deed.kind(), model.rules.zone, model.now)), ack.failed());
    renew(model);
    // how the ticket stands now is for its source to tell
    vec![Effect::PollNow]
}

/// An acknowledgement came to its end.
pub(super) fn acknowledged(model: &mut Model, key: TicketKey, deed: &Deed, outcome: Outcome) -> Vec<Effect> {
    model.store.done(&key, deed, &outcome, model.now);
    if matches!(outcome, Outcome::Confirmed { .. } | Outcome::Here { .. }) {
        model.mine.taken.insert(key.clone());
    }
    let ack = Ack::Ended { outcome, at: model.now };
    notice(model, format!("{}: {}", model.name_of(&key), ack.words(model.rules.zone, model.now)), ack.failed());
    model.taken.retain(|(before, kind)| (before, *kind) != (&key, DeedKind::Acknowledge));
    model.acks.insert(key, ack);
    renew(model);
    Vec::new()
}
