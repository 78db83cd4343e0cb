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
    assert_eq!(b.rules().holidays.known_until, Some(2031), "file and built-in calendar are one");
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

/// A file of gov.uk's format for one division.
fn file(division: &str, events: &[(&str, &str)]) -> String {
    let events: Vec<String> = events.iter().map(|(date, title)| format!("{{ \"title\": \"{title}\", \"date\": \"{date}\" }}")).collect();
    format!("{{ \"division\": \"{division}\", \"events\": [ {} ] }}", events.join(", "))
}

/// The settings with these bank holidays, beside the files named.
fn beside(bank_holidays: &str, files: &[(&str, String)]) -> Settings {
    let desk = tempfile::TempDir::new().unwrap();
    let text = format!(
        "[[agreement]]\nname = \"default\"\ntimezone = \"Europe/London\"\noffice_hours = {{}}\nbank_holidays = {bank_holidays}\n\
         response = {{ S1 = {{ any = \"1h\" }} }}"
    );
    std::fs::write(desk.path().join("config.toml"), text).unwrap();
    for (name, text) in files {
        std::fs::write(desk.path().join(name), text).unwrap();
    }
    config::load(&desk.path().join("config.toml"), &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

#[test]
fn a_newer_file_takes_no_older_year_away() {
    let newer = file("england-and-wales", &[("2031-01-01", "New Year’s Day")]);
    let older = file("england-and-wales", &[("2019-01-01", "New Year’s Day"), ("2019-04-19", "Good Friday")]);
    let files = [("newer.json", newer), ("older.json", older)];
    for list in [r#"["newer.json", "england-and-wales", "older.json"]"#, r#"["england-and-wales", "older.json", "newer.json"]"#] {
        let settings = beside(list, &files);
        for day in ["2019-04-19", "2024-12-25", "2026-12-28", "2030-12-25", "2031-01-01"] {
            assert!(name(&settings, day).is_some(), "{day}");
        }
        assert_eq!(only(&settings).calendar.rules().holidays.known_until, Some(2031));
    }
    let alone = beside(r#"["newer.json", "older.json"]"#, &files);
    assert!(name(&alone, "2019-04-19").is_some() && name(&alone, "2031-01-01").is_some() && name(&alone, "2026-12-28").is_none());
}

#[test]
fn what_a_file_proclaims_takes_the_place_of_what_was_projected() {
    assert!(name(&with("\"england-and-wales\""), "2029-05-07").is_some(), "projected");
    let proclaimed =
        [("new.json", file("england-and-wales", &[("2029-01-01", "New Year’s Day"), ("2029-05-08", "Early May bank holiday")]))];
    let settings = beside(r#"["new.json", "england-and-wales"]"#, &proclaimed);
    assert_eq!(name(&settings, "2029-05-07"), None, "the file has that year, and not this date");
    assert_eq!(name(&settings, "2029-05-08").as_deref(), Some("Early May bank holiday"));
    assert!(name(&settings, "2030-05-06").is_some(), "a year that it does not have");
    let projected = |settings: &Settings| only(settings).calendar.rules().holidays.projected.iter().copied().collect::<Vec<_>>();
    assert_eq!(projected(&settings), [2030]);
    // what another calendar or the agreement itself says stays
    let settings = beside(r#"["new.json", "england-and-wales", "scotland"]"#, &proclaimed);
    assert!(name(&settings, "2029-05-07").is_some());
    assert_eq!(projected(&settings), [2029, 2030]);
    assert!(name(&beside(r#"["new.json", "england-and-wales", "2029-05-07"]"#, &proclaimed), "2029-05-07").is_some());
    // of years that are no projection nothing is taken away
    let partly = [("new.json", file("england-and-wales", &[("2027-06-07", "A new one")]))];
    let settings = beside(r#"["england-and-wales", "new.json"]"#, &partly);
    assert!(name(&settings, "2027-06-07").is_some() && name(&settings, "2027-12-27").is_some());
}

#[test]
fn an_ics_file_only_adds_and_the_calendar_that_ends_first_is_told() {
    let event = |date: &str, more: &str| format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:{date}\nSUMMARY:Closed\n{more}END:VEVENT\n");
    let ics = |events: &str| format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    let known = |settings: &Settings| only(settings).calendar.rules().holidays.known_until;
    let files = [("27.ics", ics(&event("20270102", ""))), ("29.ics", ics(&event("20290102", "")))];
    let settings = beside(r#"["england-and-wales", "27.ics"]"#, &files[..1]);
    assert_eq!(known(&settings), Some(2027));
    assert_eq!(config::holidays_ending(&settings, date("2027-01-01")).len(), 1);
    // one file for each year: together they are one calendar. It does not say which, so no projection gives way to it
    let settings = beside(r#"["27.ics", "england-and-wales", "29.ics"]"#, &files);
    assert_eq!(known(&settings), Some(2029));
    assert!(name(&settings, "2027-01-02").is_some() && name(&settings, "2029-01-02").is_some() && name(&settings, "2029-05-07").is_some());
    let yearly = [("x.ics", ics(&event("20200102", "RRULE:FREQ=YEARLY\n")))];
    let settings = beside(r#"["england-and-wales", "x.ics"]"#, &yearly);
    assert_eq!(known(&settings), Some(2030), "what recurs for ever ends no calendar");
    assert_eq!(name(&settings, "2150-01-02").as_deref(), Some("Closed"));
}
