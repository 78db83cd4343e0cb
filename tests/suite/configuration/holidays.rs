//! Bank holidays: those built in, those of files, and when they end.

use chrono::{Datelike, NaiveDate};
use holdover::config::{self, Settings};
use holdover::domain::{Agreement, SafeText};

use super::{folder, home, lines, right};

fn with(bank_holidays: &str) -> Settings {
    right(&format!(
        "[[agreement]]\nname = \"default\"\ntimezone = \"Europe/London\"\noffice_hours = {{}}\nbank_holidays = {bank_holidays}\n\
         response = {{ S1 = {{ any = \"1h\" }} }}"
    ))
}

fn only(settings: &Settings) -> &Agreement {
    &settings.agreements.all()[0]
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// The name of a bank holiday; `None` where the date is none.
fn name(settings: &Settings, day: &str) -> Option<String> {
    only(settings).calendar.holiday(date(day)).map(|name| name.map(ToString::to_string).unwrap_or_default())
}

#[test]
fn the_built_in_calendars_are_those_of_gov_uk() {
    let of = |division: &str| with(&format!("\"{division}\""));
    let (england, scotland, ireland) = (of("england-and-wales"), of("scotland"), of("northern-ireland"));
    for (settings, count) in [(&england, 56), (&scotland, 64), (&ireland, 70)] {
        let holidays = &only(settings).calendar.rules().holidays;
        assert_eq!(holidays.dates.len(), count);
        assert_eq!(holidays.known_until, Some(2030));
        assert_eq!(holidays.projected.iter().copied().collect::<Vec<_>>(), [2029, 2030]);
        // gov.uk lists the substitute day only, so none is on a weekend
        assert!(holidays.dates.keys().all(|d| d.weekday().num_days_from_monday() < 5));
    }
    assert_eq!(name(&england, "2026-12-28").as_deref(), Some("Boxing Day, substitute day"));
    assert_eq!(name(&england, "2026-12-26"), None);
    assert_eq!(name(&england, "2026-04-06").as_deref(), Some("Easter Monday"));
    assert_eq!(name(&scotland, "2026-04-06"), None);
    assert_eq!(name(&scotland, "2026-06-15").as_deref(), Some("World Cup bank holiday"));
    assert_eq!(name(&ireland, "2027-03-17").as_deref(), Some("St Patrick’s Day"));
    assert!(date(config::HOLIDAYS_CHECKED) >= date("2026-11-23"));
}

#[test]
fn calendars_dates_and_removals_add_up() {
    let settings = with(r#"["2026-12-24", "12-25", "england-and-wales", "scotland", "!2026-06-15", "2026-12-28"]"#);
    assert_eq!(name(&settings, "2026-12-24").as_deref(), Some(""), "a date has no name");
    assert_eq!(name(&settings, "2026-12-28").as_deref(), Some("Boxing Day, substitute day"), "but a calendar's");
    assert_eq!(name(&settings, "2027-12-25").as_deref(), Some(""), "every year");
    assert_eq!(name(&settings, "2026-01-02").as_deref(), Some("2nd January"), "of Scotland");
    assert_eq!(name(&settings, "2026-06-15"), None, "removed");
    assert_eq!(name(&with("\"none\""), "2026-12-25"), None);
}

#[test]
fn a_file_adds_years_and_what_it_lists_is_no_projection() {
    let settings = config::load(&folder("valid").join("template.toml"), &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let b = &settings.agreements.all()[1].calendar;
    assert_eq!(b.holiday(date("2031-12-01")).flatten().map(SafeText::as_str), Some("St Andrew’s Day, substitute day"));
    assert!(b.holiday(date("2026-06-15")).is_some(), "and the built-in calendar beside it");
    assert_eq!(b.rules().holidays.known_until, Some(2030), "the one that ends first");
    assert!(b.rules().holidays.projected.contains(&2029));
}

#[test]
fn holidays_that_end_within_twelve_months_are_told() {
    let warned = |bank_holidays: &str, today: &str| {
        let settings = with(bank_holidays);
        config::holidays_ending(&settings, date(today)).iter().map(|p| p.what.clone()).collect::<Vec<_>>()
    };
    assert!(warned("\"england-and-wales\"", "2029-12-31").is_empty());
    assert_eq!(warned("\"england-and-wales\"", "2030-01-01"), ["the bank holidays of 'default' end with 2030"]);
    assert_eq!(warned("[\"2026-12-25\"]", "2026-11-23").len(), 1, "dates alone end too");
    assert!(warned("[\"2026-12-25\", \"12-25\"]", "2026-11-23").is_empty(), "yearly ones never do");
    assert!(warned("\"none\"", "2035-01-01").is_empty());
}
