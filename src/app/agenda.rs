//! What flips next, entry by entry on the engineer's clock: what `holdover next` prints and the screen lists.

use chrono::{DateTime, Offset, TimeDelta, Utc};
use chrono_tz::Tz;

use super::flips::{Flip, FlipKind, FlippedTicket};
use super::summary::cut;
use super::words;
use crate::domain::clock_changes;

/// Longest name of an agreement in its column.
const WIDEST: usize = 24;

/// What happens at an instant, for a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What flips; `None` is a clock that is set forward or back.
    pub kind: Option<FlipKind>,
    /// The agreement, or the zone of the clock.
    pub whose: String,
    /// The tickets, the window that begins, or what the clock shows from then on.
    pub what: String,
}

impl AgendaEntry {
    /// What flips, in a word.
    #[must_use]
    pub fn kind_word(&self) -> String {
        self.kind.map_or_else(|| "clock".to_owned(), |kind| kind.to_string())
    }
}

/// On whose clock flips are told.
#[derive(Debug, Clone, Copy)]
pub struct Agenda {
    /// The engineer's zone.
    pub zone: Tz,
    /// A key alone may mean several tickets.
    pub of_several: bool,
}

impl Agenda {
    /// The flips of `[from, to)`, and the clocks that are set meanwhile: the engineer's and those of the agreements.
    #[must_use]
    pub fn entries(self, flips: &[Flip], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<AgendaEntry> {
        let entry = |flip: &Flip| AgendaEntry {
            at: flip.at,
            kind: Some(flip.kind),
            whose: cut(flip.agreement.name.as_str(), WIDEST),
            what: self.what(flip),
        };
        let mut entries: Vec<AgendaEntry> = flips.iter().map(entry).collect();
        entries.extend(self.clocks(flips, from, to));
        // stable: of one instant clocks come last, with the time they show from then on
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// The tickets, or the window that begins; with the time on the client's clock where that is another.
    fn what(self, flip: &Flip) -> String {
        let there = words::there(self.zone, flip.at, &flip.agreement);
        if flip.kind == FlipKind::Window {
            let calendar = &flip.agreement.calendar;
            let (window, name) = calendar.named_window_at(flip.at);
            return format!("{}{there}", calendar.phrase(window, name));
        }
        let ticket =
            |ticket: &FlippedTicket| format!("{} {}", words::severity(ticket.severity), words::name_of(&ticket.id, self.of_several));
        format!("{}{there}", words::few(flip.tickets.iter().map(ticket)))
    }

    fn clocks(self, flips: &[Flip], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<AgendaEntry> {
        let mut zones = vec![self.zone];
        zones.extend(flips.iter().map(|flip| flip.agreement.calendar.zone()));
        zones.sort_by_key(|zone| (*zone != self.zone, zone.name()));
        zones.dedup();
        let change =
            |zone: Tz, at: DateTime<Utc>| AgendaEntry { at, kind: None, whose: zone.name().to_owned(), what: clock_change(zone, at) };
        zones.into_iter().flat_map(|zone| clock_changes(zone, from, to).into_iter().map(move |at| change(zone, at))).collect()
    }
}

/// What a clock shows from the instant on at which it is set: `02:00 BST becomes 01:00 GMT`.
pub(super) fn clock_change(zone: Tz, at: DateTime<Utc>) -> String {
    let after = at.with_timezone(&zone);
    let before = (at - TimeDelta::seconds(1)).with_timezone(&zone);
    // what it would have shown without the change
    let old = at.with_timezone(&before.offset().fix());
    format!("{} {} becomes {}", old.format("%H:%M"), before.format("%Z"), after.format("%H:%M %Z"))
}
