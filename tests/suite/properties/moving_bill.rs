//! When the bill for work now moves with the clock: only then is a ticket judged again every second.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::{SafeText, Severity, SourceName, Ticket, TicketKey, judge};

const SUBMITTED: &str = "2026-07-06T10:00:00+01:00";

/// Whether a ticket submitted on a Monday at ten is to be judged again a second after 10:10.
fn moves(cell: &str, channel: Option<&str>, level: Option<&str>) -> bool {
    let agreement = format!(
        "[[agreement]]\nname = \"Acme\"\nclients = [\"acme\"]\ntimezone = \"Europe/London\"\n\
         office_hours = {{ mon-fri = [\"09:00-17:00\"] }}\nbank_holidays = \"none\"\nsupport_level = \"L2\"\n\
         [agreement.response]\nS3 = {{ office-hours = {cell} }}\n"
    );
    let settings = config::parse(&agreement, "config.toml", &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut ticket = Ticket::new(TicketKey { source: SourceName::new("queue"), key: SafeText::line("1") });
    ticket.client = Some(SafeText::line("acme"));
    ticket.severity = Some(Severity::S3);
    ticket.support_level = level.map(SafeText::line);
    ticket.channel = channel.map(SafeText::line);
    let submitted: DateTime<Utc> = DateTime::parse_from_rfc3339(SUBMITTED).unwrap().into();
    ticket.submitted_at = Some(submitted);
    let t = submitted + TimeDelta::minutes(10);
    judge(&ticket, &settings.agreements, t).changes_at == Some(t + TimeDelta::seconds(1))
}

#[test]
fn a_bill_moves_only_where_another_entry_may_come_to_be_due_first() {
    const LATER: &str = "{ within = \"2h\" } ]";
    let phone = |within: &str, rest: &str| format!("[ {{ within = \"{within}\", channel = [\"phone\"], chargeable = true }}, {rest}");
    // two hours may end before the next working day's ten o'clock or after, and so may elapsed ones
    assert!(moves(&phone("1wd", LATER), None, Some("L1")));
    assert!(moves(&phone("1h", "{ within = \"2h elapsed\" } ]"), None, Some("L1")));
    // working days that count to different times of day
    assert!(moves(&phone("1wd", "{ within = \"1wd 10:00\" } ]"), None, Some("L1")));
    // one hour is always before two
    assert!(!moves(&phone("1h", LATER), None, Some("L1")));
    // billed alike whichever is due first
    assert!(!moves(&phone("1wd", "{ within = \"2h\", chargeable = true } ]"), None, Some("L1")));
    // a known channel has one entry
    assert!(!moves(&phone("1wd", LATER), Some("email"), Some("L1")));
    // settled before any window is asked: no level
    assert!(!moves(&phone("1wd", LATER), None, None));
}
