//! What must outlive the process: the database itself, what is kept in it, and that nothing is lost or sent twice.

mod called_back;
mod database;
mod gap;
mod kept;
mod kills;
mod shared;
mod told;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::{Deed, Grounds, SafeText, SourceName, Ticket, TicketKey};
use holdover::records::{OutboxEntry, Queued, RecordedSource, Records};

/// When the tests of the records happen.
fn now() -> DateTime<Utc> {
    "2026-12-07T00:18:00Z".parse().unwrap()
}

fn sources() -> Vec<RecordedSource> {
    ["desk", "file"].map(|name| source(name, "home")).into()
}

/// A source that is blind after five minutes.
fn source(name: &str, place: &str) -> RecordedSource {
    RecordedSource {
        name: SourceName::new(name),
        place: format!("{name} at {place}"),
        reading: "as it is".to_owned(),
        blind_after: Duration::from_secs(300),
    }
}

/// The records in a folder; each of its own process, as far as they can tell. `nth` keeps them apart.
fn open(folder: &Path, nth: i64) -> Records {
    Records::open(folder, &sources(), now() + TimeDelta::seconds(nth)).unwrap().records
}

fn key(source: &str, key: &str) -> TicketKey {
    TicketKey { source: SourceName::new(source), key: SafeText::line(key) }
}

/// A ticket of a client with an agreement, submitted just now.
fn ticket(of: &TicketKey) -> Arc<Ticket> {
    let mut ticket = Ticket::new(of.clone());
    ticket.client = Some(SafeText::line("acme"));
    ticket.severity = holdover::domain::Severity::parse("S2");
    ticket.submitted_at = Some(now());
    Arc::new(ticket)
}

fn grounds(of: &TicketKey) -> Grounds {
    let settings = config::parse(crate::support::ACME, "config.toml", &[]).unwrap();
    // on a Saturday, when the agreement names a clause
    let saturday = "2026-12-12T12:00:00Z".parse().unwrap();
    let mut ticket = Ticket::clone(&ticket(of));
    ticket.submitted_at = Some(saturday);
    Grounds::of(&ticket, &settings.agreements, saturday)
}

/// Writes an acknowledgement down, held for five seconds.
fn queue(records: &Records, of: &TicketKey) -> OutboxEntry {
    let (who, deed) = (SafeText::line("jo"), Deed::Acknowledge { note: Some(SafeText::line("on it")) });
    let send_at = now() + TimeDelta::seconds(5);
    records
        .queue(&Queued { key: of, deed: &deed, who: &who, grounds: &grounds(of), submitted_at: Some(now()), asked_at: now(), send_at })
        .unwrap()
}
