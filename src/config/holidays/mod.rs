//! Bank holidays: the calendars built in, gov.uk's files, .ics files, dates, yearly dates and removals.

mod govuk;
mod ics;
mod ics_dates;
mod ics_oddities;
mod merge;

use std::path::Path;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};

use super::document::{Kind, Value, shown};
use super::files::Files;
use super::nearest;
use super::problem::Problems;
use crate::domain::Holidays;
use govuk::Division;
use merge::Calendars;

/// The calendars that are built in, in gov.uk's own words for them.
pub(super) const DIVISIONS: [&str; 3] = ["england-and-wales", "scotland", "northern-ireland"];

/// What cannot be read of a file, and where.
#[derive(Debug)]
struct BadCalendar {
    line: usize,
    what: String,
}

/// The calendars built in. That they can be read, a test proves.
static BUILT_IN: LazyLock<Vec<Division>> = LazyLock::new(|| govuk::read(include_str!("uk-bank-holidays.json")).unwrap_or_default());

/// The date on which the built-in calendars were last compared with gov.uk's.
pub const HOLIDAYS_CHECKED: &str = "2026-11-23";

/// The years of the built-in calendars that no proclamation has confirmed yet: computed by the rules there are.
const PROJECTED: [i32; 2] = [2029, 2030];

/// `2026-12-24`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// `12-25`; a leap year's 29 February counts.
fn yearly(text: &str) -> Option<(u32, u32)> {
    (text.len() == 5).then(|| date(&format!("2024-{text}"))).flatten().map(|d| (d.month(), d.day()))
}

/// `bank_holidays`: one text or a list of them.
pub(super) fn read(value: &Value, files: &Files, problems: &mut Problems) -> Holidays {
    let elements = match &value.kind {
        Kind::Text(_) => std::slice::from_ref(value),
        Kind::List(list) => list,
        _ => return value.wrong(problems, "a calendar, or a list of calendars and dates", FORM).unwrap_or_default(),
    };
    let named: Vec<&str> = elements.iter().filter_map(|e| DIVISIONS.iter().find(|d| is(e, d)).copied()).collect();
    let mut holidays = Holidays::default();
    let mut calendars = Calendars::default();
    let mut removals = Vec::new();
    for element in elements {
        let Some(text) = element.text(problems) else { continue };
        if text == "none" {
            if elements.len() > 1 {
                problems.error(&element.at, "'none' stands beside other bank holidays", "leave it out, or let it stand alone");
            }
        } else if let Some(division) = DIVISIONS.iter().find(|d| **d == text) {
            BUILT_IN.iter().filter(|c| c.division == *division).for_each(|c| calendars.add_built_in(c, &PROJECTED));
        } else if let Some(date) = date(text) {
            holidays.dates.entry(date).or_insert(None);
        } else if let Some(day) = yearly(text) {
            holidays.yearly.insert(day);
        } else if let Some(removal) = text.strip_prefix('!') {
            if let Some(date) = date(removal) {
                removals.push((element, date));
            } else {
                let help = "write a date with its year, \"!2026-06-15\"";
                problems.error(&element.at, format!("'{}' removes no date", shown(text)), help);
            }
        } else if has_extension(text, "json") {
            from_json(element, text, &named, files, &mut calendars, problems);
        } else if has_extension(text, "ics") {
            from_ics(element, text, files, &mut calendars, problems);
        } else {
            unknown(element, text, problems);
        }
    }
    calendars.add_to(&mut holidays);
    for (element, date) in removals {
        if holidays.on(date).is_none() {
            let what = format!("'!{date}' removes a bank holiday that no calendar here has");
            problems.warning(&element.at, what, "check the date, or leave it out");
        }
        holidays.removed.insert(date);
    }
    holidays
}

const FORM: &str = "write a calendar (england-and-wales, scotland, northern-ireland, none), a date \"2026-12-24\", a yearly date \"12-25\", \
                    a removal \"!2026-06-15\", a .json file in gov.uk's format, or an .ics file";

fn is(element: &Value, name: &str) -> bool {
    matches!(&element.kind, Kind::Text(text) if text == name)
}

fn has_extension(text: &str, extension: &str) -> bool {
    Path::new(text).extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn unknown(element: &Value, text: &str, problems: &mut Problems) {
    let help = match nearest::nearest(text, DIVISIONS.into_iter().chain(["none"])) {
        Some(name) => format!("did you mean '{name}'? Otherwise {FORM}"),
        None => FORM.to_owned(),
    };
    let what = if text.len() == 10 && text.as_bytes()[4] == b'-' {
        format!("there is no date '{}'", shown(text))
    } else {
        format!("'{}' is no calendar of bank holidays", shown(text))
    };
    problems.error(&element.at, what, help);
}

/// Adds what a file in gov.uk's format lists: its only calendar, else those of the calendars that the agreement names.
fn from_json(element: &Value, path: &str, named: &[&str], files: &Files, calendars: &mut Calendars, problems: &mut Problems) {
    let Some((label, text)) = files.text(element, path, problems) else { return };
    let listed = match govuk::read(&text) {
        Ok(listed) => listed,
        Err(bad) => return refuse(element, &label, &bad, "it must be in the format of https://www.gov.uk/bank-holidays.json", problems),
    };
    let wanted: Vec<&Division> = match listed.as_slice() {
        [only] => vec![only],
        several => several.iter().filter(|c| named.contains(&c.division.as_str())).collect(),
    };
    if wanted.is_empty() {
        let divisions: Vec<&str> = listed.iter().map(|c| c.division.as_str()).collect();
        let what = format!("'{label}' has several calendars: {}", shown(&divisions.join(", ")));
        problems.error(&element.at, what, "name the one that counts in bank_holidays too, beside the file");
    }
    for calendar in wanted {
        calendars.add_file(calendar);
    }
}

/// Adds the dates of the events of an .ics file.
fn from_ics(element: &Value, path: &str, files: &Files, calendars: &mut Calendars, problems: &mut Problems) {
    let Some((label, bytes)) = files.bytes(element, path, problems) else { return };
    match ics::read(&bytes).and_then(ics_dates::of) {
        Ok(dates) => {
            dates.oddities.warn(&element.at, &label, problems);
            calendars.add_ics(&label, dates);
        }
        Err(bad) => refuse(element, &label, &bad, "correct the file, or export it again as an iCalendar file", problems),
    }
}

fn refuse(element: &Value, label: &str, bad: &BadCalendar, help: &str, problems: &mut Problems) {
    problems.error(&element.at, format!("'{label}' line {}: {}", bad.line, bad.what), help);
}
