//! The dates of the events of an iCalendar file: recurrences are expanded as far as calendars reach, within bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

use super::BadCalendar;
use super::ics::{IcsEvent, IcsFile};
use super::ics_oddities::{Oddities, Oddity, USUAL_DATES};
use crate::config::document::shown;
use crate::domain::SafeText;

/// The dates of a file.
#[derive(Debug, Default)]
pub(super) struct IcsDates {
    /// Each with its name, where it has one.
    pub dates: BTreeMap<NaiveDate, Option<SafeText>>,
    /// The last year of what ends; `None` where everything in it recurs for ever.
    pub last_year: Option<i32>,
    pub oddities: Oddities,
}

/// The last year any calendar is asked about.
const LAST_YEAR: i32 = 2202;

/// Most dates of a file, and most steps that its recurrences may take: a file of bank holidays needs a tenth of either.
const MOST_DATES: usize = 40_000;
const MOST_STEPS: i64 = 100_000;

/// The dates of all events.
///
/// # Errors
/// A recurrence that cannot be understood, or more dates than bank holidays can be.
pub(super) fn of(file: IcsFile) -> Result<IcsDates, BadCalendar> {
    let IcsFile { events, oddities } = file;
    // what an event of its own stands for is no date of the series
    let mut replaced: HashMap<&str, Vec<NaiveDate>> = HashMap::new();
    for event in &events {
        if let Some(date) = event.instead_of {
            replaced.entry(&event.uid).or_default().push(date);
        }
    }
    let newest = newest(&events);
    let mut found = IcsDates { oddities, ..IcsDates::default() };
    let (mut steps, mut dates) = (0, 0);
    for event in events.iter().filter(|event| !event.cancelled) {
        if is_superseded(event, &newest) {
            found.oddities.see(Oddity::Superseded, event.line);
            continue;
        }
        let (mut starts, ends) = starts(event, &mut steps)?;
        if event.instead_of.is_none() {
            replaced.get(event.uid.as_str()).into_iter().flatten().for_each(|date| _ = starts.remove(date));
        }
        let last = starts.last().map(Datelike::year).filter(|_| ends);
        found.last_year = found.last_year.max(last);
        for date in starts.iter().flat_map(|start| (0..event.days).filter_map(|day| start.checked_add_days(Days::new(day)))) {
            dates += 1;
            if dates > MOST_DATES {
                return Err(BadCalendar { line: event.line, what: format!("there are more than {MOST_DATES} dates in it") });
            }
            let name = found.dates.entry(date).or_default();
            if name.is_none() {
                name.clone_from(&event.summary);
            }
        }
    }
    let mut years: BTreeMap<i32, usize> = BTreeMap::new();
    found.dates.keys().for_each(|date| *years.entry(date.year()).or_default() += 1);
    if let Some((year, dates)) = years.into_iter().find(|(_, dates)| *dates > USUAL_DATES) {
        found.oddities.crowded(year, dates);
    }
    Ok(found)
}

/// The latest version of each event, by its UID and the date of the series that it stands for.
type Newest<'a> = HashMap<(&'a str, Option<NaiveDate>), &'a IcsEvent>;

fn newest(events: &[IcsEvent]) -> Newest<'_> {
    let mut newest = Newest::new();
    for event in events.iter().filter(|event| !event.uid.is_empty()) {
        let known = newest.entry((&event.uid, event.instead_of)).or_insert(event);
        if known.sequence < event.sequence {
            *known = event;
        }
    }
    newest
}

/// Whether a later version of an event is there, or its series was cancelled later. Many files have one UID for all: versions of
/// one number are events of their own.
fn is_superseded(event: &IcsEvent, newest: &Newest) -> bool {
    let later = |other: &&&IcsEvent| other.sequence > event.sequence;
    let of = |instead_of| newest.get(&(event.uid.as_str(), instead_of)).filter(later);
    of(event.instead_of).is_some() || of(None).is_some_and(|series| series.cancelled)
}

/// The dates on which an event begins, and whether they end.
fn starts(event: &IcsEvent, steps: &mut i64) -> Result<(BTreeSet<NaiveDate>, bool), BadCalendar> {
    let mut starts = BTreeSet::from_iter([event.first]);
    starts.extend(event.also.iter().filter(|date| date.year() <= LAST_YEAR));
    let mut ends = true;
    for (line, rule) in &event.rules {
        let bad = |what: String| BadCalendar { line: *line, what };
        let recurrence = Recurrence::read(rule).map_err(bad)?;
        ends &= recurrence.until.is_some() || recurrence.rule.get_count().is_some();
        *steps += recurrence.steps(event.first);
        if *steps > MOST_STEPS {
            return Err(bad("the recurrences up to here are more than can be worked out: let them begin later, or end".to_owned()));
        }
        let dates = recurrence.dates(event.first).map_err(bad)?;
        if dates.is_empty() {
            return Err(bad(format!("'{}' recurs on no date", shown(rule))));
        }
        starts.extend(dates);
    }
    event.except.iter().for_each(|date| _ = starts.remove(date));
    Ok((starts, ends))
}

/// The date of `UNTIL=20261225`. Where a time in UTC stands there it may be the midnight of a zone to the east, in which the next
/// date has begun: that counts too. The last second of a day is of that day.
fn last_date(until: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(until.get(6..14)?, "%Y%m%d").ok()?;
    let utc = until.get(14..).and_then(|time| time.strip_prefix('T')?.strip_suffix('Z')).unwrap_or_default();
    let hour: u32 = utc.get(..2).and_then(|hour| hour.parse().ok()).unwrap_or_default();
    if hour >= FIRST_MIDNIGHT && !utc.ends_with("59") { date.succ_opt() } else { Some(date) }
}

/// The hour of UTC at which a day first begins somewhere: in New Zealand's summer.
const FIRST_MIDNIGHT: u32 = 11;

/// A rule of recurrence.
struct Recurrence {
    rule: RRule<Unvalidated>,
    until: Option<NaiveDate>,
}

impl Recurrence {
    fn read(written: &str) -> Result<Self, String> {
        let cannot = |why: &str| format!("'{}' cannot be understood: {}", shown(written), shown(why));
        // the library would read an UNTIL without zone in the zone of this machine
        let (until, parts): (Vec<&str>, Vec<&str>) =
            written.split(';').filter(|part| !part.is_empty()).partition(|part| part.to_ascii_uppercase().starts_with("UNTIL="));
        let until = match until[..] {
            [] => None,
            [until] => Some(last_date(until).ok_or_else(|| cannot("UNTIL is no date"))?),
            _ => return Err(cannot("UNTIL is given twice")),
        };
        let rule: RRule<Unvalidated> = parts.join(";").parse().map_err(|error: rrule::RRuleError| cannot(&error.to_string()))?;
        let within_a_day = rule.get_freq() > Frequency::Daily;
        if within_a_day || !(rule.get_by_hour().is_empty() && rule.get_by_minute().is_empty() && rule.get_by_second().is_empty()) {
            return Err(cannot("what lasts whole days does not recur within a day"));
        }
        Ok(Self { rule, until })
    }

    /// The date after which nothing is looked for.
    fn last(&self) -> NaiveDate {
        let horizon = NaiveDate::from_ymd_opt(LAST_YEAR, 12, 31).unwrap_or_default();
        self.until.map_or(horizon, |until| until.min(horizon))
    }

    /// How many steps it takes to work it out, at most; the library goes on to the next date after the last, which the
    /// calendar brings back after 400 years at the latest.
    fn steps(&self, first: NaiveDate) -> i64 {
        let days = self.last().signed_duration_since(first).num_days().max(0);
        let (length, round) = match self.rule.get_freq() {
            Frequency::Yearly => (365, 400),
            Frequency::Monthly => (28, 4_800),
            Frequency::Weekly => (7, 20_871),
            _ => (1, 146_097),
        };
        let selects = !(self.rule.get_by_month_day().is_empty() && self.rule.get_by_weekday().is_empty());
        days / length / i64::from(self.rule.get_interval().max(1)) + if selects { round } else { 1 }
    }

    fn dates(self, first: NaiveDate) -> Result<Vec<NaiveDate>, String> {
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC);
        let last = midnight(self.last());
        let first: DateTime<Tz> = midnight(first);
        let rule = self.rule.validate(first).map_err(|error| shown(&error.to_string()).to_string())?;
        let dates = RRuleSet::new(first).rrule(rule).before(last).all(u16::MAX).dates;
        Ok(dates.into_iter().map(|date| date.date_naive()).collect())
    }
}
