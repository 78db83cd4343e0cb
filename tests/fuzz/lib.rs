//! What the fuzz targets share: what is safe, and a configuration to read and judge with.

#[path = "../suite/strangers/safe.rs"]
mod safe;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config::{self, Settings};
use holdover::domain::{Agreements, SafeText, Ticket, explain, judge};
pub use safe::assert_safe;

/// An agreement with Acme, and a desk of each kind with rules.
pub const CONFIG: &str = r#"timezone = "Europe/London"

[[agreement]]
name = "Acme"
clients = ["acme", "acme-*", "*"]
timezone = "Europe/London"
office_hours = { mon-fri = ["09:00-17:30"] }
bank_holidays = "england-and-wales"
support_level = "L2"
hold_over_to = "next-working-day"
[agreement.response]
S1 = { any = "30m", bank-holiday = "2h" }
S2 = { office-hours = "1h", weekend = { within = "2h", clause = "Sched. 2 para 3" } }
S3 = { office-hours = "4h" }
S4 = { any = "2wd" }
S5 = { any = "none" }

[[source]]
name = "file"
kind = "file"
path = "tickets.json"
timezone = "Europe/London"

[[source]]
name = "redmine"
kind = "redmine"
url = "https://redmine.example.com"
token_env = "KEY"
map = [
    { field = "priority", is = "Immediate", severity = "S1" },
    { field = "priority", matches = "(?s)(.*)", severity = "$1" },
    { field = "project", matches = "(?s)(.*)", client = "$1" },
    { field = "custom.Level", matches = "(?s)(.*)", support_level = "$1" },
    { field = "subject", matches = "(?s)(.*)", service = "$1" },
    { field = "tracker", matches = "(?s)(.*)", channel = "$1", callback_requested = "$1" },
    { field = "status", matches = "(?s)(.*)", status = "$1" },
]
"#;

/// The settings of [`CONFIG`].
pub fn settings() -> Settings {
    config::parse(CONFIG, "config.toml", &[]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Instants to judge at: the middle of a night, a working day, the far ends of what calendars know.
pub fn instants() -> [DateTime<Utc>; 5] {
    ["2026-12-25T02:20:00Z", "2026-11-25T11:00:00Z", "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2027-03-28T01:30:00Z"]
        .map(|at| at.parse().unwrap_or_else(|e| panic!("{e}")))
}

/// All texts of a ticket.
pub fn texts(ticket: &Ticket) -> Vec<&SafeText> {
    let Ticket { id, title, client, agreement, severity_origin, support_level, channel, service, assignee, url, .. } = ticket;
    let contact = ticket.contact.iter().flat_map(|contact| [&contact.name, &contact.phone, &contact.email]);
    let one = [client, agreement, severity_origin, support_level, channel, service, assignee, url];
    let more = [&ticket.description, &ticket.acknowledged_by, &ticket.unreadable];
    let channels = ticket.contacts.iter().filter_map(|contact| contact.channel.as_ref());
    let told = one.into_iter().chain(more).chain(contact).flatten();
    [&id.key, title].into_iter().chain(told).chain(channels).chain(&ticket.notes).collect()
}

/// Judges and explains a ticket at each instant: what comes of it is safe too, and what is due never lies before its start.
pub fn judge_at_all(ticket: &Ticket, agreements: &Agreements) {
    for at in instants() {
        let verdict = judge(ticket, agreements, at);
        assert!(verdict.changes_at.is_none_or(|next| next > at), "{at}: changes at {:?}", verdict.changes_at);
        assert!(verdict.held_until.is_none_or(|until| until > at), "{at}: held until {:?}", verdict.held_until);
        if let Some(clock) = &verdict.response {
            assert!(clock.due.is_none_or(|due| due >= clock.starts_at), "{clock:?}");
            assert!(clock.due.is_none_or(|due| due - clock.starts_at < TimeDelta::days(3660)), "{clock:?}");
        }
        for text in &verdict.notes {
            assert_safe(text, 4, "a note");
        }
        for step in explain(ticket, agreements, at, chrono_tz::Europe::Athens) {
            assert_safe(&step.text, 4, "a step");
        }
    }
}
