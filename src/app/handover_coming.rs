//! Of a handover: what is to come, flips within a day, agreements and calendars that end.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::flips::{Flip, FlipKind, FlippedTicket, flips};
use super::handover::{Item, Known, MOST, Section, Teller, section};
use super::summary::Tone;
use super::words;

/// What flips is told for so many hours.
const SOON: i64 = 24;
/// An agreement that ends within so many days is told of.
const ENDING: i64 = 60;

impl Teller<'_> {
    /// What flips within a day.
    pub(super) fn flips(&self) -> Section {
        let Known { board, agreements, now, zone, .. } = self.known;
        let flips = flips(board, agreements, now, now + TimeDelta::hours(SOON));
        let tickets = |flip: &Flip| {
            let ticket = |t: &FlippedTicket| format!("{} {}", words::severity(t.severity), self.name_of(&t.id));
            words::few(flip.tickets.iter().map(ticket))
        };
        // windows that give way at one instant to ones of one name are one line
        let mut lines: BTreeMap<(DateTime<Utc>, FlipKind, String), Vec<String>> = BTreeMap::new();
        for flip in &flips {
            let (what, of) = match flip.kind {
                FlipKind::Window => {
                    let calendar = &flip.agreement.calendar;
                    let (window, name) = calendar.named_window_at(flip.at);
                    (calendar.phrase(window, name), format!("{}{}", flip.agreement.name, words::there(zone, flip.at, &flip.agreement)))
                }
                kind => {
                    let what = match kind {
                        FlipKind::Release => "released",
                        FlipKind::Due => "answer due",
                        FlipKind::Resolve => "resolution due",
                        _ => "word to the client due",
                    };
                    (what.to_owned(), format!("{}{}", tickets(flip), words::there(zone, flip.at, &flip.agreement)))
                }
            };
            lines.entry((flip.at, flip.kind, what)).or_default().push(of);
        }
        let count = lines.len();
        let item = |((at, _, what), of): ((DateTime<Utc>, FlipKind, String), Vec<String>)| {
            Item::plain(format!("{} {what}: {}", words::moment(zone, at, now), of.join(", ")))
        };
        let items = lines.into_iter().take(MOST).map(item).collect();
        section("Within 24 hours", Tone::Strong, count, items)
    }

    /// Agreements and calendars that end soon.
    pub(super) fn ending(&self) -> Option<Section> {
        let Known { agreements, past, now, .. } = self.known;
        let ending = agreements.all().iter().filter_map(|agreement| {
            let to = agreement.valid_to?;
            let today: NaiveDate = now.with_timezone(&agreement.calendar.zone()).date_naive();
            let days = (to - today).num_days();
            let when = match days {
                0 => "today".to_owned(),
                1 => "tomorrow".to_owned(),
                2..=ENDING => format!("in {days} days"),
                _ => return None,
            };
            Some(format!("the agreement {} ends {when}, with {}", agreement.name, to.format("%-d %b %Y")))
        });
        let items: Vec<Item> = ending.chain(past.calendars.iter().cloned()).map(Item::plain).collect();
        (!items.is_empty()).then(|| section("Ending soon", Tone::Stale, items.len(), items))
    }
}
