//! When the window of an instant gives way to another, as the header says it.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::config;
use holdover::domain::Window;

/// The window at an instant under an agreement with these lines, and when it gives way.
fn until(hours: &str, at: DateTime<Utc>) -> (Window, Option<DateTime<Utc>>) {
    let text = format!(
        "[[agreement]]\nname = \"Acme\"\nclients = [\"*\"]\ntimezone = \"Europe/London\"\nbank_holidays = \"none\"\n{hours}\n\
         [agreement.response]\nS1 = {{ any = \"1h\" }}\n"
    );
    let settings = config::parse(&text, "config.toml", &[]).unwrap();
    settings.agreements.all()[0].calendar.window_until(at)
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn a_window_ends_where_another_begins() {
    let weekdays = "office_hours = { mon-fri = [\"09:00-12:30\", \"12:30-17:30\"] }";
    assert_eq!(until(weekdays, utc("2026-07-03T09:00:00Z")), (Window::OfficeHours, Some(utc("2026-07-03T16:30:00Z"))));
    assert_eq!(until(weekdays, utc("2026-07-03T16:30:00Z")), (Window::OutOfHours, Some(utc("2026-07-03T23:00:00Z"))));
    // Saturday and Sunday are two stretches of one window
    assert_eq!(until(weekdays, utc("2026-07-03T23:00:00Z")), (Window::Weekend, Some(utc("2026-07-05T23:00:00Z"))));
}

#[test]
fn the_end_of_a_window_is_looked_for_within_400_days() {
    let closed_once = "office_hours = { mon-sun = [\"00:00-24:00\"] }\nspecial_hours = { \"2027-12-01\" = [] }";
    let closed = utc("2027-12-01T00:00:00Z");
    let first = closed - TimeDelta::days(400);
    assert_eq!(until(closed_once, first), (Window::OfficeHours, Some(closed)));
    assert_eq!(until(closed_once, first - TimeDelta::seconds(1)), (Window::OfficeHours, None));
}
