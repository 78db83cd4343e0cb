//! Deeds other than acknowledgements: how each stands until its source has said what became of it, and the texts that a source
//! refused, kept to be offered again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use crate::domain::{Deed, DeedKind, Outcome, SafeText, TicketKey};

/// Deeds under way or just ended.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    /// Asked for, but not on the disk yet: each stands as being written.
    asked: HashMap<(TicketKey, DeedKind), Ack>,
    /// By their numbers in the outbox.
    underway: HashMap<i64, (TicketKey, DeedKind, Ack)>,
    /// The last that ended of each ticket.
    ended: HashMap<TicketKey, (DeedKind, Ack)>,
    refused: HashMap<(TicketKey, DeedKind), SafeText>,
}

impl Deeds {
    /// One was asked for.
    pub fn ask(&mut self, key: &TicketKey, kind: DeedKind) {
        self.asked.insert((key.clone(), kind), Ack::Writing);
        self.ended.remove(key);
    }

    /// One stands like this, without having ended.
    pub fn stand(&mut self, entry: i64, key: TicketKey, kind: DeedKind, ack: Ack) {
        self.asked.remove(&(key.clone(), kind));
        self.underway.insert(entry, (key, kind, ack));
    }

    /// One was taken back.
    pub fn undo(&mut self, key: &TicketKey, kind: DeedKind) {
        self.asked.remove(&(key.clone(), kind));
        self.underway.retain(|_, (of, other, _)| (&*of, *other) != (key, kind));
    }

    /// How one of a kind stands that its source has still to be told of.
    pub fn standing(&self, key: &TicketKey, kind: DeedKind) -> Option<&Ack> {
        let underway = self.underway.values().find(|(of, other, _)| (of, *other) == (key, kind)).map(|(.., ack)| ack);
        underway.or_else(|| self.asked.get(&(key.clone(), kind)))
    }

    /// One came to its end; what was written and came to nothing is kept.
    pub fn end(&mut self, entry: Option<i64>, key: &TicketKey, deed: &Deed, outcome: Outcome, at: DateTime<Utc>) -> Ack {
        let kind = deed.kind();
        let named = (key.clone(), kind);
        self.asked.remove(&named);
        self.underway.retain(|under_way, _| Some(*under_way) != entry);
        let ack = Ack::Ended { outcome, at };
        if let Some(text) = deed.text().filter(|_| ack.failed()) {
            self.refused.insert(named, text.clone());
        }
        self.ended.insert(key.clone(), (kind, ack.clone()));
        ack
    }

    /// A text that was refused for a ticket, if it is one that is asked for; it is offered once.
    pub fn take_refused(&mut self, key: &TicketKey, kind: DeedKind, is_it: fn(&SafeText) -> bool) -> Option<SafeText> {
        let named = (key.clone(), kind);
        self.refused.get(&named).filter(|text| is_it(text))?;
        self.refused.remove(&named)
    }

    /// Forgets all of tickets that are gone with their source.
    pub fn keep_only(&mut self, there: impl Fn(&TicketKey) -> bool) {
        self.asked.retain(|(key, _), _| there(key));
        self.underway.retain(|_, (key, ..)| there(key));
        self.ended.retain(|key, _| there(key));
        self.refused.retain(|(key, _), _| there(key));
    }

    /// Forgets what is told of those that have ended.
    pub fn forget(&mut self, told: impl Fn(&TicketKey, &Ack) -> bool) {
        self.ended.retain(|key, (_, ack)| !told(key, ack));
    }

    /// The first of a ticket that is under way, else the last that ended.
    pub fn of(&self, key: &TicketKey) -> Option<(DeedKind, &Ack)> {
        let of_it = self.underway.iter().filter(|(_, (of, ..))| of == key);
        let first = of_it.min_by_key(|(entry, _)| **entry).map(|(_, (_, kind, ack))| (*kind, ack));
        first.or_else(|| self.ended.get(key).map(|(kind, ack)| (*kind, ack)))
    }

    /// How each stands that is under way or has just ended; of a ticket and a kind the one that came last is last.
    pub fn all(&self) -> impl Iterator<Item = (&TicketKey, DeedKind, &Ack)> {
        let ended = self.ended.iter().map(|(key, (kind, ack))| (key, *kind, ack));
        let asked = self.asked.iter().map(|((key, kind), ack)| (key, *kind, ack));
        ended.chain(self.underway.values().map(|(key, kind, ack)| (key, *kind, ack))).chain(asked)
    }

    /// How each stands that is under way.
    pub fn underway(&self) -> impl Iterator<Item = &Ack> {
        self.underway.values().map(|(.., ack)| ack)
    }
}

/// What a deed is called.
pub(super) const fn name(kind: DeedKind) -> &'static str {
    match kind {
        DeedKind::Acknowledge => "acknowledgement",
        DeedKind::Unacknowledge => "giving back",
        DeedKind::Note => "internal note",
        DeedKind::Word => "word to the client",
        DeedKind::Assess => "assessment",
        DeedKind::Contact => "contact",
        DeedKind::OnClient => "move to the client",
        DeedKind::Resolve => "resolving",
    }
}
