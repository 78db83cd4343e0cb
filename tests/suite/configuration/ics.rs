//! Bank holidays in .ics files: what Google, Outlook, Thunderbird and gov.uk write, and what nobody should.

use std::fs;

use chrono::NaiveDate;
use holdover::config::{self, Problem, Settings};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tempfile::TempDir;

use super::{folder, home, lines};

/// An agreement whose bank holidays are these, beside the files named.
fn load(bank_holidays: &str, files: &[(&str, &[u8])]) -> Result<Settings, Vec<Problem>> {
    let desk = TempDir::new().unwrap();
    let config = format!(
        "[[agreement]]\nname = \"default\"\ntimezone = \"Europe/London\"\noffice_hours = {{}}\nbank_holidays = {bank_holidays}\n\
         response = {{ S1 = {{ any = \"1h\" }} }}"
    );
    fs::write(desk.path().join("config.toml"), config).unwrap();
    for (name, bytes) in files {
        fs::write(desk.path().join(name), bytes).unwrap();
    }
    config::load(&desk.path().join("config.toml"), &home())
}

/// A calendar of events, each given by its lines.
fn calendar(events: &[&str]) -> String {
    let events: Vec<String> = events.iter().map(|event| format!("BEGIN:VEVENT\n{event}\nEND:VEVENT\n")).collect();
    let events = events.concat();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")
}

/// The settings with the bank holidays of one file.
fn with(text: &str) -> Settings {
    load("\"x.ics\"", &[("x.ics", text.as_bytes())]).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

/// What is wrong with a file, without its path.
fn wrong(text: &[u8]) -> String {
    let Err(problems) = load("\"x.ics\"", &[("x.ics", text)]) else { panic!("not refused: {}", String::from_utf8_lossy(text)) };
    assert_eq!(problems.len(), 1, "{}", lines(&problems));
    assert_eq!((problems[0].line, problems[0].path.as_str()), (5, "agreement[0].bank_holidays"));
    let (_, what) = problems[0].what.split_once("x.ics'").unwrap();
    what.trim_start().to_owned()
}

/// What is odd in a file, without its path.
fn odd(text: &str) -> Vec<String> {
    with(text).warnings.iter().filter_map(|p| Some(p.what.split_once("x.ics': ")?.1.to_owned())).collect()
}

/// Every bank holiday of some years, `2026-12-25 Christmas Day`.
fn dates(settings: &Settings, years: std::ops::RangeInclusive<i32>) -> Vec<String> {
    let from = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap();
    let calendar = &settings.agreements.all()[0].calendar;
    let days = from.iter_days().take_while(|date| years.contains(&chrono::Datelike::year(date)));
    let named = days.filter_map(|date| calendar.holiday(date).map(|name| format!("{date} {}", name.map_or("", |n| n.as_str()))));
    named.map(|line| line.trim().to_owned()).collect()
}

fn known_until(settings: &Settings) -> Option<i32> {
    settings.agreements.all()[0].calendar.rules().holidays.known_until
}

#[test]
fn files_of_gov_uk_and_outlook_are_read() {
    let path = folder("valid").join("calendars.toml");
    let settings = config::load(&path, &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let closed = "Christmas closure, all offices; the desk is staffed";
    let expected = [
        "2026-01-01 New Year’s Day".to_owned(),
        format!("2026-12-24 {closed}"),
        format!("2026-12-25 {closed}"),
        format!("2026-12-26 {closed}"),
        format!("2026-12-27 {closed}"),
        "2026-12-28 Boxing Day (substitute day)".to_owned(),
    ];
    assert_eq!(dates(&settings, 2020..=2040), expected);
    assert_eq!(known_until(&settings), Some(2026));
}

#[test]
fn an_event_lasts_as_long_as_it_says_and_a_cancelled_one_does_not_count() {
    let settings = with(&calendar(&[
        "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260103\nSUMMARY:Two days",
        "DTSTART;VALUE=DATE:20260201\nDURATION:P2D\nSUMMARY:Two by length",
        "dtstart;value=date:20260301\nsummary:No end",
        "DTSTART:20260401\nDTEND:20260401\nSUMMARY:Ends on itself",
        "DTSTART;VALUE=DATE:20260501\nSTATUS:CANCELLED\nSUMMARY:Cancelled",
        "DTSTART;VALUE=DATE:20260601\nRDATE;VALUE=DATE:20260603,20260605\nEXDATE;VALUE=DATE:20260603",
    ]));
    let expected = [
        "2026-01-01 Two days",
        "2026-01-02 Two days",
        "2026-02-01 Two by length",
        "2026-02-02 Two by length",
        "2026-03-01 No end",
        "2026-04-01 Ends on itself",
        "2026-06-01",
        "2026-06-05",
    ];
    assert_eq!(dates(&settings, 2025..=2027), expected);
}

#[test]
fn recurrences_are_worked_out_in_the_calendar_alone() {
    let of = |lines: &str, years| dates(&with(&calendar(&[lines])), years);
    assert_eq!(of("DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY", 2019..=2022), ["2020-12-25", "2021-12-25", "2022-12-25"]);
    let last_monday = "DTSTART;VALUE=DATE:20240527\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\nSUMMARY:Spring";
    assert_eq!(of(last_monday, 2026..=2027), ["2026-05-25 Spring", "2027-05-31 Spring"]);
    assert_eq!(of(last_monday, 2199..=2199), ["2199-05-27 Spring"], "as far as calendars reach");
    assert_eq!(of("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY", 2024..=2031), ["2024-02-29", "2028-02-29"]);
    assert_eq!(of("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;COUNT=2", 2025..=2030), ["2026-01-01", "2027-01-01"]);
    // the last day counts, whatever form it is written in
    for until in ["20270101", "20270101T000000Z", "20270101T000000"] {
        let lines = format!("DTSTART;VALUE=DATE:20260101\nRRULE:UNTIL={until};FREQ=YEARLY");
        assert_eq!(of(&lines, 2025..=2030), ["2026-01-01", "2027-01-01"], "{until}");
    }
    assert_eq!(of("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY;INTERVAL=2;COUNT=2", 2025..=2030), ["2026-01-01", "2028-01-01"]);
    assert_eq!(of("DTSTART;VALUE=DATE:20261228\nRRULE:FREQ=DAILY;COUNT=3", 2026..=2027), ["2026-12-28", "2026-12-29", "2026-12-30"]);
    let easter = "DTSTART;VALUE=DATE:20260403\nDTEND;VALUE=DATE:20260404\nRDATE;VALUE=DATE:20270326\nEXDATE;VALUE=DATE:20260403";
    assert_eq!(of(easter, 2025..=2028), ["2027-03-26"]);
}

#[test]
fn what_stands_for_a_date_of_a_series_takes_its_place() {
    let series = "UID:may\nDTSTART;VALUE=DATE:20190506\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=1MO\nSUMMARY:Early May";
    let moved = "UID:may\nRECURRENCE-ID;VALUE=DATE:20200504\nDTSTART;VALUE=DATE:20200508\nSUMMARY:VE Day";
    let gone = "UID:may\nRECURRENCE-ID;VALUE=DATE:20210503\nDTSTART;VALUE=DATE:20210503\nSTATUS:CANCELLED";
    let other = "UID:other\nDTSTART;VALUE=DATE:20210503\nSUMMARY:Another";
    // in whatever order they stand
    for events in [[series, moved, gone, other], [gone, other, moved, series]] {
        let expected = ["2019-05-06 Early May", "2020-05-08 VE Day", "2021-05-03 Another", "2022-05-02 Early May"];
        assert_eq!(dates(&with(&calendar(&events)), 2019..=2022), expected);
    }
    let problem = wrong(calendar(&["UID:may\nRECURRENCE-ID;RANGE=THISANDFUTURE:20200504\nDTSTART:20200508"]).as_bytes());
    assert_eq!(problem, "line 5: a change of this and all later dates (RANGE) is not supported");
}

#[test]
fn a_calendar_ends_with_what_ends_in_it() {
    let yearly = "DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY";
    assert_eq!(known_until(&with(&calendar(&[yearly]))), None, "what recurs for ever never ends");
    assert_eq!(known_until(&with(&calendar(&[yearly, "DTSTART;VALUE=DATE:20270326"]))), Some(2027));
    assert_eq!(known_until(&with(&calendar(&["DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY;COUNT=3"]))), Some(2022));
    assert_eq!(known_until(&with(&calendar(&["DTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY;UNTIL=20241231"]))), Some(2024));
    let today = NaiveDate::from_ymd_opt(2027, 2, 1).unwrap();
    let advice = config::holidays_ending(&with(&calendar(&["DTSTART;VALUE=DATE:20270326"])), today).remove(0).help;
    assert!(advice.starts_with("export /") && advice.ends_with("x.ics again, with the years after 2027"), "{advice}");
    let ending = |text: &str| config::holidays_ending(&with(text), today).iter().map(|p| p.what.clone()).collect::<Vec<_>>();
    assert_eq!(ending(&calendar(&["DTSTART;VALUE=DATE:20270326"])), ["the bank holidays of 'default' end with 2027"]);
    assert!(ending(&calendar(&[yearly])).is_empty());
}

#[test]
fn lines_may_be_broken_anywhere_and_end_in_any_way() {
    let text = calendar(&["DTSTART;VALUE=DATE:20260101\nSUMMARY:New Year’s\\nDay\\, \\;x"]);
    let crlf = text.replace('\n', "\r\n");
    let broken: Vec<u8> = "\u{feff}".bytes().chain(crlf.bytes()).collect();
    // within the apostrophe, which is three bytes
    let at = broken.windows(3).position(|w| w == "’".as_bytes()).unwrap() + 1;
    let broken = [&broken[..at], b"\r\n ", &broken[at..]].concat();
    for bytes in [text.as_bytes(), crlf.as_bytes(), &broken] {
        let settings = load("\"x.ics\"", &[("x.ics", bytes)]).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        let found = dates(&settings, 2026..=2026);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("2026-01-01 New Year’s") && found[0].ends_with("Day, ;x") && !found[0].contains('\n'), "{found:?}");
    }
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let event = |lines: &str| wrong(calendar(&[lines]).as_bytes());
    let expected = [
        ("SUMMARY:x", "line 3: this event has no DTSTART"),
        ("DTSTART;VALUE=DATE:20260230", "line 4: '20260230' is no date"),
        ("DTSTART;VALUE=DATE:99990101", "line 4: an event must begin in 1600 to 2199"),
        ("DTSTART;VALUE=DATE:20260102\nDTEND;VALUE=DATE:20260101", "line 5: this event ends before it begins"),
        ("DTSTART;VALUE=DATE:20260102\nDTEND;VALUE=DATE:99991231", "line 4: this event lasts longer than a year"),
        ("DTSTART;VALUE=DATE:20260102\nDURATION:PT8H", "line 5: the DURATION of an event that lasts whole days is written P1D or P1W"),
        ("DTSTART;VALUE=DATE:20260102\nDTSTART;VALUE=DATE:20261225", "line 5: this event has a DTSTART already, in line 4"),
        ("DTSTART;VALUE=DATE:20260102\nEXDATE:soon", "line 5: 'soon' is no date"),
        (
            "DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;UNTIL=soon",
            "line 5: 'FREQ=YEARLY;UNTIL=soon' cannot be understood: UNTIL is no date",
        ),
        (
            "DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "line 5: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' recurs on no date",
        ),
        ("DTSTART;VALUE=DATE:20260102\nDTEND;\u{1b}[2J", "line 5: 'DTEND;^[[2J' cannot be understood"),
    ];
    for (lines, expected) in expected {
        assert_eq!(event(lines), expected, "{lines}");
    }
    for rule in ["FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=YEARLY;BYHOUR=1,2,3"] {
        let said = event(&format!("DTSTART;VALUE=DATE:20260102\nRRULE:{rule}"));
        assert!(said.starts_with("line 5: ") && said.ends_with("what lasts whole days does not recur within a day"), "{said}");
    }
    for rule in ["", "yes", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;FREQ=DAILY", "FREQ=YEARLY;COUNT=-1", "FREQ=YEARLY;COUNT=99999999999"] {
        let said = event(&format!("DTSTART;VALUE=DATE:20260102\nRRULE:{rule}"));
        assert!(said.starts_with("line 5: "), "{rule}: {said}");
    }
    assert_eq!(wrong(b"<html>"), "line 1: BEGIN:VCALENDAR is missing");
    assert_eq!(wrong(b""), "line 1: there is no event in it");
    assert_eq!(wrong(calendar(&["DTSTART:20260102T090000Z"]).as_bytes()), "line 1: no event in it lasts whole days");
    assert_eq!(wrong(b"BEGIN:VCALENDAR\nEND:VEVENT\n"), "line 2: 'END:VEVENT' ends nothing that was begun");
    assert_eq!(wrong(b"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n"), "line 2: it is not UTF-8");
}

#[test]
fn hostile_files_are_refused_at_once() {
    let endless = |rule: &str, many: usize| {
        let event = format!("DTSTART;VALUE=DATE:19700101\nRRULE:{rule}");
        calendar(&vec![event.as_str(); many])
    };
    let too_much = "more than can be worked out";
    for text in
        [endless("FREQ=DAILY", 30_000), endless("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 30_000), endless("FREQ=MONTHLY;BYDAY=5SU", 1000)]
    {
        let said = wrong(text.as_bytes());
        assert!(said.contains(too_much) || said.contains("more than 40000 dates"), "{said}");
    }
    let deep = "BEGIN:VCALENDAR\n".repeat(200_000);
    assert_eq!(wrong(deep.as_bytes()), "line 9: it nests too deeply");
    let folded = format!("BEGIN:VCALENDAR\nX:{}\nEND:VCALENDAR\n", "\n y".repeat(1_000_000));
    assert_eq!(wrong(folded.as_bytes()), "line 1: there is no event in it");
    // a hundred thousand events that are no more than that are read
    let many = calendar(&vec!["DTSTART:20261225"; 90_000]);
    assert!(wrong(many.as_bytes()).contains("more than 40000 dates"));
    let problems = load("\"x.ics\"", &[("x.ics", &vec![b' '; 5 * 1024 * 1024])]).unwrap_err();
    assert!(problems[0].what.contains("longer than 4 MiB"), "{}", lines(&problems));
}

#[test]
fn what_takes_no_date_away_is_told() {
    let of = |events: &[&str]| {
        let text = calendar(events);
        (dates(&with(&text), 2026..=2026), odd(&text))
    };
    let (found, told) = of(&["DTSTART:20261225", "RECURRENCE-ID:20261225\nDTSTART:20261228"]);
    assert_eq!(found, ["2026-12-25", "2026-12-28"]);
    assert!(told.len() == 1 && told[0].contains("1 of its events stand for a date of another (RECURRENCE-ID)"), "{told:?}");
    assert!(told[0].ends_with("(the first in line 7)"), "{told:?}");
    let timed = ["DTSTART:20261225\nRDATE:20261226\nEXDATE:20261225T090000,20261226T000000"];
    let (found, told) = of(&timed);
    assert_eq!(found, ["2026-12-25"], "midnight is the date");
    assert!(told.len() == 1 && told[0].starts_with("1 of its exceptions (EXDATE, RECURRENCE-ID) name a time of day"), "{told:?}");
    // a cancelled lunch on Christmas Day cancels no Christmas Day
    let (found, told) =
        of(&["UID:a\nDTSTART:20261225", "UID:a\nSEQUENCE:2\nSTATUS:CANCELLED\nRECURRENCE-ID:20261225T120000Z\nDTSTART:20261225"]);
    assert_eq!((found, told.len()), (vec!["2026-12-25".to_owned()], 1), "{told:?}");
}

#[test]
fn of_two_versions_of_an_event_the_later_counts() {
    let first = "UID:a\nSEQUENCE:1\nDTSTART:20261225";
    for [a, b] in
        [[first, "UID:a\nSEQUENCE:2\nDTSTART:20261225\nSTATUS:CANCELLED"], ["UID:a\nSEQUENCE:3\nDTSTART:20261225\nSTATUS:CANCELLED", first]]
    {
        let text = calendar(&[a, b, "UID:b\nDTSTART:20261226"]);
        assert_eq!(dates(&with(&text), 2026..=2026), ["2026-12-26"], "{text}");
        assert!(odd(&text)[0].starts_with("1 of its events do not count: a later version"), "{:?}", odd(&text));
    }
    // moved, and once more; and a date of a series that was cancelled later
    let moved = calendar(&[first, "UID:a\nSEQUENCE:2\nDTSTART:20261228"]);
    assert_eq!(dates(&with(&moved), 2026..=2026), ["2026-12-28"]);
    let of_series = calendar(&[
        "UID:a\nRECURRENCE-ID:20261225\nDTSTART:20261228",
        "UID:a\nSEQUENCE:1\nDTSTART:20261225\nSTATUS:CANCELLED",
        "DTSTART:20261226",
    ]);
    assert_eq!(dates(&with(&of_series), 2026..=2026), ["2026-12-26"]);
    // one UID for all is a mistake that costs no date
    let same = calendar(&["UID:a\nDTSTART:20261225", "UID:a\nDTSTART:20261226"]);
    assert_eq!((dates(&with(&same), 2026..=2026).len(), odd(&same)), (2, Vec::new()));
}

#[test]
fn the_last_date_is_that_of_whoever_wrote_it() {
    let of = |until: &str| {
        let lines = format!("DTSTART:20261223\nRRULE:FREQ=DAILY;UNTIL={until}");
        dates(&with(&calendar(&[&lines])), 2026..=2026).pop().unwrap()
    };
    // midnight in Berlin, in Auckland and in New York; the last second of a day
    for until in ["20261224T230000Z", "20261224T110000Z", "20261225T050000Z", "20261225T235959Z", "20261225T225959Z", "20261225T230000"] {
        assert_eq!(of(until), "2026-12-25", "{until}");
    }
}

#[test]
fn what_is_hardly_a_calendar_of_bank_holidays_is_told() {
    let told = |lines: &str| odd(&calendar(&[lines]));
    let weekdays = told("DTSTART:20270101\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20271231");
    assert_eq!(weekdays, ["261 dates of 2027 are bank holidays in it"]);
    assert_eq!(told("DTSTART:20270701\nDTEND:20270712"), ["1 of its events last longer than 10 days (the first in line 3)"]);
    assert!(told("DTSTART:20270701\nDTEND:20270711").is_empty());
    assert!(told("DTSTART:20270101\nRRULE:FREQ=DAILY;COUNT=40").is_empty());
    let tasks = "BEGIN:VCALENDAR\nBEGIN:VTODO\nDTSTART:20261225\nEND:VTODO\nBEGIN:VEVENT\nDTSTART:20261226\nBEGIN:VEVENT\n\
                 DTSTART:20261228\nEND:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n";
    assert_eq!(dates(&with(tasks), 2026..=2026), ["2026-12-26"]);
    assert_eq!(odd(tasks), ["2 of its entries are tasks, or stand within another entry, and are no bank holidays (the first in line 2)"]);
}

#[test]
fn a_long_name_is_cut_and_shared_by_all_its_dates() {
    let name = "x".repeat(1_000_000);
    let settings = with(&calendar(&[&format!("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;COUNT=300\nSUMMARY:{name}")]));
    let calendar = &settings.agreements.all()[0].calendar;
    let name = |day| calendar.holiday(NaiveDate::from_yo_opt(2026, day).unwrap()).unwrap().unwrap();
    assert_eq!(name(1).as_str().chars().count(), 256, "a title");
    assert!((2..=300).all(|day| std::ptr::eq(name(day).as_str(), name(1).as_str())), "one name in memory, and not one for each date");
}

/// Parts of a rule that make sense alone, and some that do not.
const PARTS: [&str; 24] = [
    "FREQ=YEARLY",
    "FREQ=MONTHLY",
    "FREQ=WEEKLY",
    "FREQ=DAILY",
    "INTERVAL=2",
    "INTERVAL=0",
    "INTERVAL=65535",
    "COUNT=3",
    "COUNT=0",
    "UNTIL=20301231",
    "UNTIL=20200101",
    "BYMONTH=2,12",
    "BYMONTHDAY=29,-1",
    "BYMONTHDAY=-31",
    "BYYEARDAY=366,-366",
    "BYWEEKNO=53,-53",
    "BYDAY=MO,-1SU",
    "BYDAY=53FR",
    "BYDAY=5MO",
    "BYSETPOS=-1",
    "BYSETPOS=366",
    "WKST=SU",
    "BYDAY=",
    "X=\u{2019}",
];

#[test]
fn no_rule_and_no_file_is_too_strange() {
    let sound =
        [include_bytes!("../../configs/valid/files/outlook.ics").as_slice(), include_bytes!("../../configs/valid/files/gov-uk.ics")];
    let byte = (any::<prop::sample::Index>(), prop::sample::select(b"\r\n :;=,T-0129ZAV\x00\xff".to_vec()));
    let parts = prop::collection::vec(prop::sample::select(PARTS.to_vec()), 1..5);
    let mut runner = TestRunner::new(Config { cases: 120, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() });
    let story = (0..2_usize, prop::collection::vec(byte, 1..4), parts);
    let outcome = runner.run(&story, |(file, changes, parts)| {
        let mut bytes = sound[file].to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let rule = calendar(&[&format!("DTSTART;VALUE=DATE:20240229\nRRULE:{}", parts.join(";"))]);
        for text in [bytes.as_slice(), rule.as_bytes()] {
            if let Err(problems) = load("\"x.ics\"", &[("x.ics", text)]) {
                prop_assert!(problems.len() == 1 && problems[0].what.contains("x.ics' line "), "{}", lines(&problems));
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
