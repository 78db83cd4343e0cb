//! Weekdays, spans and hours: `{ mon-fri = ["09:00-17:30"], fri = ["09:00-16:00"] }`.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};

use super::document::{Entry, Value, shown};
use super::holidays;
use super::nearest;
use super::problem::Problems;
use crate::domain::{NamedWindow, SafeText, Span, WeekHours, Window};

/// The days as the configuration writes them, Monday first.
pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The same as the domain knows them.
pub(super) const WEEK: [Weekday; 7] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// Keys of an element of `windows`.
pub(super) const WINDOW_KEYS: &[&str] = &["name", "hours"];

/// More windows of its own no contract has.
const MOST_WINDOWS: usize = 32;

/// Office hours, or those of a window, by weekday.
pub(super) fn week(value: &Value, problems: &mut Problems) -> WeekHours {
    let mut week = WeekHours::default();
    let Some(table) = value.table(problems) else { return week };
    // who says the hours of a day: ranges first, single days then win over them
    let mut ranges: [Option<&str>; 7] = [None; 7];
    let mut singles = Vec::new();
    for entry in &table.entries {
        let spans = spans(&entry.value, problems);
        match days_of(&entry.key) {
            Some(Days::One(day)) => singles.push((day, spans)),
            Some(Days::Range(days)) => {
                if let Some(other) = days.iter().find_map(|day| ranges[*day]) {
                    let what = format!("'{}' and '{other}' both name a day", entry.key);
                    problems.error(&entry.at, what, "let each day be in one range; a single day, such as fri, may differ from its range");
                }
                for day in days {
                    ranges[day] = Some(&entry.key);
                    week[day].clone_from(&spans);
                }
            }
            None => not_a_day(entry, problems),
        }
    }
    for (day, spans) in singles {
        week[day] = spans;
    }
    week
}

enum Days {
    One(usize),
    Range(Vec<usize>),
}

/// `fri`, `mon-fri`, or round the end of the week, `sun-thu`.
fn days_of(key: &str) -> Option<Days> {
    let day = |name: &str| DAYS.iter().position(|d| *d == name);
    match key.split_once('-') {
        None => day(key).map(Days::One),
        Some((first, last)) => {
            let (first, last) = (day(first)?, day(last)?);
            let length = (last + 7 - first) % 7;
            Some(Days::Range((0..=length).map(|i| (first + i) % 7).collect()))
        }
    }
}

fn not_a_day(entry: &Entry, problems: &mut Problems) {
    let help = match nearest::nearest(&entry.key, DAYS.into_iter().chain(["mon-fri", "sat-sun"])) {
        Some(day) => format!("did you mean '{day}'? Days are {}, ranges such as mon-fri", DAYS.join(", ")),
        None => format!("days are {}, ranges such as mon-fri", DAYS.join(", ")),
    };
    problems.error(&entry.at, format!("'{}' is no day", shown(&entry.key)), help);
}

/// A list of weekdays: `["sat", "sun"]`.
pub(super) fn weekdays(value: &Value, problems: &mut Problems) -> Vec<Weekday> {
    let mut days = Vec::new();
    for element in value.list(problems).unwrap_or_default() {
        let Some(text) = element.text(problems) else { continue };
        match DAYS.iter().position(|d| *d == text).map(|i| WEEK[i]) {
            Some(day) if days.contains(&day) => problems.error(&element.at, format!("'{text}' is listed twice"), "leave one out"),
            Some(day) => days.push(day),
            None => problems.error(&element.at, format!("'{}' is no day", shown(text)), nearest::suggest(text, &DAYS)),
        }
    }
    days
}

/// The spans of a day, sorted; those that overlap are reported.
pub(super) fn spans(value: &Value, problems: &mut Problems) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for element in value.list(problems).unwrap_or_default() {
        let Some(text) = element.text(problems) else { continue };
        let span = match span(text) {
            Ok(span) => span,
            Err((what, help)) => {
                problems.error(&element.at, what, help);
                continue;
            }
        };
        if let Some(other) = spans.iter().find(|s| s.start < span.end && span.start < s.end) {
            let other = format!("{}-{}", clock(other.start), clock(other.end));
            problems.error(&element.at, format!("'{text}' overlaps '{other}'"), "spans of a day may touch, but not overlap");
            continue;
        }
        spans.push(span);
    }
    spans.sort_unstable();
    spans
}

/// `09:00-17:30`, or what is wrong and what would be right.
fn span(text: &str) -> Result<Span, (String, String)> {
    const FORM: &str = "write it as \"09:00-17:30\"; 24:00 may end it";
    let form = || (format!("'{}' is no span of time", shown(text)), FORM.to_owned());
    let (start, end) = text.split_once('-').ok_or_else(form)?;
    let (start, end) = (minute(start).ok_or_else(form)?, minute(end).ok_or_else(form)?);
    if start >= 1440 {
        return Err((format!("'{text}' begins at the end of the day"), "24:00 may only end a span".to_owned()));
    }
    if end == start {
        return Err((format!("'{text}' is empty"), "a whole day is \"00:00-24:00\", a closed one [ ]".to_owned()));
    }
    if end < start {
        let (start, end) = (clock(start), clock(end));
        let help = if end == "00:00" {
            format!("midnight at the end of a day is 24:00: write \"{start}-24:00\"")
        } else {
            format!("split it at midnight: \"{start}-24:00\" on the one day and \"00:00-{end}\" on the next; or leave it to out-of-hours")
        };
        return Err((format!("'{text}' ends before it begins"), help));
    }
    Ok(Span { start, end })
}

/// `HH:MM` up to 24:00, in minutes after 00:00.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `special_hours`: dates whose hours replace those of their weekday.
pub(super) fn special(value: &Value, problems: &mut Problems) -> BTreeMap<NaiveDate, Vec<Span>> {
    let mut dates = BTreeMap::new();
    let Some(table) = value.table(problems) else { return dates };
    for entry in &table.entries {
        let spans = spans(&entry.value, problems);
        match holidays::date(&entry.key) {
            Some(date) => {
                dates.insert(date, spans);
            }
            None => {
                problems.error(
                    &entry.at,
                    format!("'{}' is no date", shown(&entry.key)),
                    "write it as \"2026-12-24\", with year, in quotes",
                );
            }
        }
    }
    dates
}

/// `windows`: those an agreement names itself, in the order written.
pub(super) fn windows(value: &Value, problems: &mut Problems) -> Vec<NamedWindow> {
    let mut windows: Vec<NamedWindow> = Vec::new();
    let list = value.list(problems).unwrap_or_default();
    if list.len() > MOST_WINDOWS {
        problems.error(&value.at, format!("{} windows are too many", list.len()), format!("an agreement may name up to {MOST_WINDOWS}"));
        return windows;
    }
    for element in list {
        let Some(table) = element.table(problems) else { continue };
        table.only(WINDOW_KEYS, "a window", problems);
        let hours = table.need("hours", WINDOW_KEYS, "this window has no hours", "add hours = { mon-fri = [\"06:00-23:00\"] }", problems);
        let hours = hours.map(|v| week(v, problems)).unwrap_or_default();
        let name = table.need("name", WINDOW_KEYS, "this window has no name", "add name = \"extended\", or another", problems);
        if let Some(name) = name.and_then(|v| window_name(v, &windows, problems)) {
            windows.push(NamedWindow { name, hours });
        }
    }
    windows
}

fn window_name(value: &Value, before: &[NamedWindow], problems: &mut Problems) -> Option<SafeText> {
    let name = value.line(problems)?;
    if name.as_str() == "any" || Window::STANDING.iter().any(|(standing, _)| *standing == name.as_str()) {
        problems.error(&value.at, format!("'{name}' is a name that every agreement has"), "give the window another name");
        return None;
    }
    if before.iter().any(|w| w.name == name) {
        problems.error(&value.at, format!("two windows are named '{name}'"), "give each its own name");
        return None;
    }
    Some(name)
}
