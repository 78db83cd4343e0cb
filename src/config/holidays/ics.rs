//! Events of an iCalendar file (RFC 5545), each with the line it begins on. Lines are unfolded and nested here, so that every
//! mistake has its line and nothing nests deeply; what a line says, the library reads.

use chrono::NaiveDate;
use icalendar::parser::Property;

use super::BadCalendar;
use super::ics_oddities::{Oddities, Oddity, USUAL_DAYS};
use crate::config::document::shown;
use crate::domain::SafeText;

/// An event that lasts whole days.
#[derive(Debug, Default)]
pub(super) struct IcsEvent {
    /// Where it begins in the file.
    pub line: usize,
    pub uid: String,
    /// Its name, which all its dates share.
    pub summary: Option<SafeText>,
    pub first: NaiveDate,
    /// How many dates it lasts, at least one.
    pub days: u64,
    /// `FREQ=YEARLY;…`, each with its line.
    pub rules: Vec<(usize, String)>,
    pub also: Vec<NaiveDate>,
    pub except: Vec<NaiveDate>,
    /// The date of the series of the same `uid` that it stands for.
    pub instead_of: Option<NaiveDate>,
    pub cancelled: bool,
    /// Of two versions of one event the higher counts.
    pub sequence: u64,
}

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct IcsFile {
    pub events: Vec<IcsEvent>,
    pub oddities: Oddities,
}

/// Deepest nesting: a calendar, an event, an alarm.
const DEEPEST: usize = 8;

/// Longest event: an error in a year would make decades of holidays.
const MOST_DAYS: u64 = 366;

/// Years in which an event may begin: older ones are in the wild, as the beginning of what recurs.
const YEARS: std::ops::RangeInclusive<i32> = 1600..=2199;

/// Reads a file.
///
/// # Errors
/// The first thing in it that cannot be understood: a calendar that is half understood holds the wrong tickets.
pub(super) fn read(bytes: &[u8]) -> Result<IcsFile, BadCalendar> {
    let mut file = IcsFile::default();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut draft = Draft::default();
    for (number, bytes) in unfolded(bytes) {
        let bad = |what: String| BadCalendar { line: number, what };
        let line = std::str::from_utf8(&bytes).map_err(|_| bad("it is not UTF-8".to_owned()))?;
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        let name = line.split([';', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let component = || line.split(':').nth(1).unwrap_or_default().trim().to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" => {
                if open.len() == DEEPEST {
                    return Err(bad("it nests too deeply".to_owned()));
                }
                if open.is_empty() && component() != "VCALENDAR" {
                    return Err(bad("BEGIN:VCALENDAR is missing".to_owned()));
                }
                open.push((number, component()));
                if is_event(&open) {
                    draft = Draft { line: number, ..Draft::default() };
                } else if matches!(component().as_str(), "VEVENT" | "VTODO") {
                    file.oddities.see(Oddity::Elsewhere, number);
                }
            }
            "END" => {
                if open.last().is_none_or(|(_, begun)| *begun != component()) {
                    return Err(bad(format!("'{}' ends nothing that was begun", shown(line))));
                }
                if is_event(&open) {
                    file.events.extend(std::mem::take(&mut draft).finish(&mut file.oddities)?);
                }
                open.pop();
            }
            _ if open.is_empty() => return Err(bad("BEGIN:VCALENDAR is missing".to_owned())),
            _ if is_event(&open) && WANTED.contains(&name.as_str()) => {
                // of a line that it does not understand the library may leave out all but the name
                let property = Property::try_from(line).ok().filter(|p| !p.val.as_str().is_empty() || line.ends_with(':'));
                let property = property.ok_or_else(|| bad(format!("'{}' cannot be understood", shown(line))))?;
                draft.take(number, &name, &property).map_err(bad)?;
            }
            _ => {}
        }
    }
    match open.pop() {
        Some((line, component)) => Err(BadCalendar { line, what: format!("END:{} is missing: the file is cut off", shown(&component)) }),
        None if file.events.is_empty() => {
            let what = if file.oddities.has(Oddity::Timed) { "no event in it lasts whole days" } else { "there is no event in it" };
            Err(BadCalendar { line: 1, what: what.to_owned() })
        }
        None => Ok(file),
    }
}

/// Whether what is open is an event, and nothing in it.
fn is_event(open: &[(usize, String)]) -> bool {
    matches!(open, [_, (_, component)] if component == "VEVENT")
}

/// The lines of a file, each with its number and with those that continue it: a line may be broken within a character.
fn unfolded(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut lines = bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).enumerate().peekable();
    std::iter::from_fn(move || {
        let (index, line) = lines.next()?;
        let mut whole = line.to_vec();
        while let Some((_, more)) = lines.next_if(|(_, next)| matches!(next.first(), Some(b' ' | b'\t'))) {
            whole.extend_from_slice(&more[1..]);
        }
        Some((index + 1, whole))
    })
}

/// The properties that matter.
const WANTED: [&str; 12] = [
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "STATUS",
    "SEQUENCE",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
];

/// An event of which not all lines are read.
#[derive(Debug, Default)]
struct Draft {
    line: usize,
    event: IcsEvent,
    start: Option<(usize, String)>,
    end: Option<(usize, String)>,
    duration: Option<(usize, String)>,
    /// Outlook's word for one that lasts whole days, though it is written with the times of midnight.
    outlooks_all_day: bool,
    /// The dates of RDATE, EXDATE and RECURRENCE-ID: those of one with times of day are of no concern.
    dates: Vec<(usize, DateOf, String)>,
}

/// What a date of an event is for.
#[derive(Debug, Clone, Copy)]
enum DateOf {
    Also,
    Except,
    InsteadOf,
}

impl Draft {
    fn take(&mut self, line: usize, name: &str, property: &Property) -> Result<(), String> {
        let value = property.val.as_str().trim();
        match name {
            "UID" => value.clone_into(&mut self.event.uid),
            "SUMMARY" => self.event.summary = Some(SafeText::title(value)).filter(|name| !name.as_str().is_empty()),
            "DTSTART" => once(&mut self.start, name, line, value)?,
            "DTEND" => once(&mut self.end, name, line, value)?,
            "DURATION" => once(&mut self.duration, name, line, value)?,
            "SEQUENCE" => self.event.sequence = value.parse().unwrap_or_default(),
            "RRULE" => self.event.rules.push((line, value.to_owned())),
            "STATUS" => self.event.cancelled = value.eq_ignore_ascii_case("CANCELLED"),
            "X-MICROSOFT-CDO-ALLDAYEVENT" => self.outlooks_all_day = value.eq_ignore_ascii_case("TRUE"),
            "RECURRENCE-ID" if property.params.iter().any(|p| p.key.as_str().eq_ignore_ascii_case("RANGE")) => {
                return Err("a change of this and all later dates (RANGE) is not supported".to_owned());
            }
            _ => {
                let of = match name {
                    "RDATE" => DateOf::Also,
                    "EXDATE" => DateOf::Except,
                    _ => DateOf::InsteadOf,
                };
                self.dates.extend(value.split(',').map(|date| (line, of, date.trim().to_owned())));
            }
        }
        Ok(())
    }

    /// The event; `None` for one that begins at a time of day.
    fn finish(self, oddities: &mut Oddities) -> Result<Option<IcsEvent>, BadCalendar> {
        let bad = |line: usize, what: &str| Err(BadCalendar { line, what: what.to_owned() });
        let Some((line, start)) = self.start else { return bad(self.line, "this event has no DTSTART") };
        let with_time = start.contains('T');
        if with_time && !(self.outlooks_all_day && start.ends_with("T000000")) {
            oddities.see(Oddity::Timed, self.line);
            return Ok(None);
        }
        let first = date(line, &start)?;
        if !YEARS.contains(&chrono::Datelike::year(&first)) {
            return bad(line, "an event must begin in 1600 to 2199");
        }
        let days = match (&self.end, &self.duration) {
            (Some((line, end)), _) => match date(*line, end)?.signed_duration_since(first).num_days() {
                days if days < 0 => return bad(*line, "this event ends before it begins"),
                // the end is the date after the last; some write the last itself
                days => days.unsigned_abs().max(1),
            },
            (None, Some((line, duration))) => match whole_days(duration) {
                Some(days) => days.max(1),
                None => return bad(*line, "the DURATION of an event that lasts whole days is written P1D or P1W"),
            },
            (None, None) => 1,
        };
        if days > MOST_DAYS {
            return bad(line, "this event lasts longer than a year");
        }
        if days > USUAL_DAYS {
            oddities.see(Oddity::Long, self.line);
        }
        let mut event = IcsEvent { line: self.line, first, days, ..self.event };
        let mut stands_alone = event.uid.is_empty();
        for (line, of, written) in &self.dates {
            let date = date(*line, written)?;
            match of {
                DateOf::InsteadOf if event.uid.is_empty() => oddities.see(Oddity::Nameless, *line),
                DateOf::Except | DateOf::InsteadOf if has_time_of_day(written) => {
                    oddities.see(Oddity::TimedException, *line);
                    stands_alone |= matches!(of, DateOf::InsteadOf);
                }
                DateOf::Also => event.also.push(date),
                DateOf::Except => event.except.push(date),
                DateOf::InsteadOf => event.instead_of = Some(date),
            }
        }
        if stands_alone {
            // it says nothing of any other event
            event.uid.clear();
        }
        Ok(Some(event))
    }
}

/// What an event says of itself once: of two of them nobody knows which is meant.
fn once(slot: &mut Option<(usize, String)>, name: &str, line: usize, value: &str) -> Result<(), String> {
    if let Some((first, _)) = slot {
        return Err(format!("this event has a {name} already, in line {first}"));
    }
    *slot = Some((line, value.to_owned()));
    Ok(())
}

/// Whether a date has a time, and one that is not midnight.
fn has_time_of_day(written: &str) -> bool {
    written.split_once('T').is_some_and(|(_, time)| time.trim_end_matches('Z') != "000000")
}

/// `20261225`, or the date of `20261225T000000`.
fn date(line: usize, written: &str) -> Result<NaiveDate, BadCalendar> {
    let (digits, time) = written.split_once('T').unwrap_or((written, "000000"));
    let is_digits = |text: &str, many: usize| text.len() == many && text.bytes().all(|b| b.is_ascii_digit());
    let date = NaiveDate::parse_from_str(digits, "%Y%m%d").ok();
    let date = date.filter(|_| is_digits(digits, 8) && is_digits(time.trim_end_matches('Z'), 6));
    date.ok_or_else(|| BadCalendar { line, what: format!("'{}' is no date", shown(written)) })
}

/// `P3D`, `P2W`.
fn whole_days(duration: &str) -> Option<u64> {
    let length = duration.trim_start_matches('+').strip_prefix('P')?;
    let (number, days) = length.strip_suffix('D').map(|n| (n, 1)).or_else(|| length.strip_suffix('W').map(|n| (n, 7)))?;
    number.parse::<u32>().ok().map(|number| u64::from(number) * days)
}
