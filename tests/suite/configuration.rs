//! valid, invalid and mutated configurations.

use chrono::{DateTime, NaiveDate, Utc};
use holdover::config::{self, Problem, Settings};
use holdover::domain::{Severity, SourceName, Ticket, TicketKey, judge};

/// A configuration in a text, which must be right.
fn right(text: &str) -> Settings {
    config::parse(text, "test.toml", &[]).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

/// The problems of a configuration in a text, which must be wrong.
fn wrong(text: &str) -> Vec<Problem> {
    config::parse(text, "test.toml", &[]).expect_err("this configuration is wrong")
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const EXAMPLE: &str = r#"
[[agreement]]
name = "Acme"
clients = ["acme"]
timezone = "Europe/London"
office_hours = { mon-fri = ["09:00-17:30"] }
bank_holidays = "england-and-wales"
support_level = "L2"
[agreement.response]
S1 = { any = "30m" }
S3 = { office-hours = "4h" }
"#;

#[test]
fn the_example_of_the_rules_is_held_over_christmas() {
    let settings = right(EXAMPLE);
    let mut ticket = Ticket::new(TicketKey { source: SourceName::new("t"), key: holdover::domain::SafeText::line("ACME-7") });
    ticket.client = Some(holdover::domain::SafeText::line("ACME"));
    ticket.severity = Some(Severity::S3);
    ticket.submitted_at = Some(at("2026-12-25T02:14:00Z"));
    let verdict = judge(&ticket, &settings.agreements, at("2026-12-25T02:20:00Z"));
    assert_eq!(verdict.held_until, Some(at("2026-12-29T09:00:00Z")));
    assert_eq!(verdict.response.unwrap().due, Some(at("2026-12-29T13:00:00Z")));
    let monday = settings.agreements.all()[0].calendar.holiday(NaiveDate::from_ymd_opt(2026, 12, 28).unwrap());
    assert_eq!(monday.unwrap().unwrap().as_str(), "Boxing Day, substitute day");
}

#[test]
fn several_mistakes_are_found_at_once() {
    let problems = wrong(&EXAMPLE.replace("Europe/London", "Europe/Lodnon").replace("\"4h\"", "\"4 hours\"").replace("clients", "client"));
    assert_eq!(problems.iter().map(|p| p.line).collect::<Vec<_>>(), [2, 4, 5, 11]);
}
