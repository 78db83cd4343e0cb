//! What is odd in agreements: allowed, and seldom meant.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};
use globset::{Glob, GlobMatcher};

use super::document::{Kind, Place, Table};
use super::hold_over::{by, channels, occurring};
use super::problem::{Level, Problem, Problems};
use super::response;
use super::settings::Settings;
use crate::domain::{Agreement, Agreements, Entry, Row, SafeText, Severity, Target, TargetKind, Window, client_glob};

/// Looks at one agreement; `table` is what it says, with what it took from its template.
pub(super) fn of_agreement(agreement: &Agreement, table: &Table, problems: &mut Problems) {
    let look = Look { agreement, table, windows: occurring(&agreement.calendar) };
    let mut higher: Option<(Severity, &Row)> = None;
    for severity in Severity::ALL {
        let Some(row) = agreement.response.row(severity) else {
            let help = format!("add a row, or {severity} = {{ any = \"none\" }} to say so");
            problems.warning(&table.at, format!("{severity} has no row: its tickets are outside the agreement"), help);
            continue;
        };
        look.row(severity, row, problems);
        if let Some(higher) = higher {
            look.pair(higher, (severity, row), problems);
        }
        // a row that covers nothing says that the severity is none of the agreement's business
        if look.windows.iter().any(|w| !row.cell(w).is_empty()) {
            higher = Some((severity, row));
        }
    }
}

/// One agreement, and the windows it can be in.
struct Look<'a> {
    agreement: &'a Agreement,
    table: &'a Table,
    windows: Vec<Vec<Window>>,
}

impl Look<'_> {
    /// Where a row is said.
    fn place(&self, severity: Severity) -> Place {
        let rows = self.table.get("response").and_then(|v| if let Kind::Table(rows) = &v.kind { Some(rows) } else { None });
        let entry = rows.and_then(|rows| rows.entries.iter().find(|e| response::severity(&e.key) == Some(severity)));
        entry.map_or_else(|| self.table.at.clone(), |e| e.at.clone())
    }

    /// The names of windows in a message.
    fn names(&self, windows: &[&Vec<Window>]) -> String {
        let mut names: Vec<&str> = windows.iter().map(|w| self.agreement.calendar.window_name(w[0]).as_str()).collect();
        names.dedup();
        names.join(", ")
    }

    fn row(&self, severity: Severity, row: &Row, problems: &mut Problems) {
        let at = self.place(severity);
        if row.any.is_none() && row.own.is_empty() {
            let help = "add a cell, or any = \"none\" to say so";
            problems.warning(&at, format!("{severity} has no cell: its tickets are outside the agreement"), help);
        }
        let (inside, outside): (Vec<_>, Vec<_>) = self.windows.iter().partition(|w| w[0] == Window::OfficeHours);
        let covered = |windows: &[&Vec<Window>]| windows.iter().any(|w| !row.cell(w).is_empty());
        if !inside.is_empty() && !covered(&inside) && covered(&outside) {
            let what = format!("{severity} is covered out of office hours, but not in them");
            problems.warning(&at, what, "add office-hours to the row, or check that it is meant");
        }
        if !covered(&inside) && !covered(&outside) && row.entries().next().is_some() {
            let what = format!("{severity} is covered only in windows that never occur in this agreement");
            problems.warning(&at, what, "check office_hours, windows and bank_holidays");
        }
        let has = |kind: fn(TargetKind) -> bool| row.entries().any(|e| kind(e.within.kind));
        if has(|k| matches!(k, TargetKind::Days(_))) && has(|k| matches!(k, TargetKind::Covered(_))) {
            let what = format!("{severity} has calendar days or weeks beside covered time");
            problems.warning(
                &at,
                what,
                "\"2d\" runs through nights and weekends, \"16h\" does not: check that both are meant, or write \"2wd\"",
            );
        }
    }

    /// Compares a row with that of the next higher severity.
    fn pair(&self, (high, high_row): (Severity, &Row), (low, low_row): (Severity, &Row), problems: &mut Problems) {
        let at = self.place(low);
        let rows = [high_row, low_row];
        let channels = channels(&rows);
        let wider = channels.iter().find_map(|channel| {
            let only_low = |w: &&Vec<Window>| first(low_row, w, channel).is_some() && first(high_row, w, channel).is_none();
            let windows: Vec<_> = self.windows.iter().filter(only_low).collect();
            (!windows.is_empty()).then(|| {
                let (by, windows) = (by(channel, &rows), self.names(&windows));
                format!("{low} is covered{by} in {windows}, where {high} is not")
            })
        });
        if let Some(what) = wider {
            problems.warning(&at, what, format!("cover {high} there too, or check that it is meant"));
        }
        let sooner = channels.iter().find_map(|channel| {
            self.windows.iter().find_map(|w| {
                let (high_entry, low_entry) = (first(high_row, w, channel)?, first(low_row, w, channel)?);
                is_sooner(&low_entry.within, &high_entry.within).then(|| {
                    let (low_time, high_time) = (&low_entry.within.written, &high_entry.within.written);
                    let window = self.names(&[w]);
                    format!("{low} is answered sooner than {high}{} in {window}: {low_time} against {high_time}", by(channel, &rows))
                })
            })
        });
        if let Some(what) = sooner {
            problems.warning(&at, what, "check the times of both rows");
        }
    }
}

/// The entry of a cell that counts for a channel.
fn first<'a>(row: &'a Row, layers: &[Window], channel: &SafeText) -> Option<&'a Entry> {
    row.cell(layers).iter().find(|entry| entry.fits(Some(channel)))
}

/// Whether a target is sooner than another whatever the cover; what cannot be compared is not.
fn is_sooner(one: &Target, other: &Target) -> bool {
    match (one.kind, other.kind) {
        (TargetKind::Covered(a) | TargetKind::Elapsed(a), TargetKind::Covered(b)) | (TargetKind::Elapsed(a), TargetKind::Elapsed(b)) => {
            a < b
        }
        (TargetKind::Days(a), TargetKind::Days(b)) => a < b,
        (TargetKind::WorkingDays { count: a, on: x }, TargetKind::WorkingDays { count: b, on: y }) => x == y && a < b,
        _ => false,
    }
}

/// Reports agreements of whose clients an earlier agreement takes every one, at any date.
pub(super) fn never_winning(agreements: &[(Agreement, Table)], problems: &mut Problems) {
    // the patterns before: each with the agreements that have it, and those without any sign but *
    let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut starred: Vec<(usize, Starred)> = Vec::new();
    for (index, (agreement, table)) in agreements.iter().enumerate() {
        let at = table.get("clients").map_or(&table.at, |v| &v.at);
        if agreement.clients.is_empty() && agreement.name.as_str() != Agreements::DEFAULT {
            problems.warning(
                at,
                "no client matches this agreement",
                "add a pattern; as it is, only a ticket that names the agreement has it",
            );
        }
        let takes = |pattern: &SafeText| {
            let pattern = pattern.as_str().to_lowercase();
            // within {a,b} and [ab] a star of the other could stand for half of it
            let plain = !pattern.contains(['[', '{', '\\']);
            let wider = starred.iter().filter(|(_, starred)| plain && starred.takes(&pattern)).map(|(earlier, _)| *earlier);
            let earlier = same.get(&pattern).into_iter().flatten().copied().chain(wider);
            earlier.map(|i| &agreements[i].0).find(|earlier| holds_throughout(earlier, agreement))
        };
        let by_whom: Vec<_> = agreement.clients.iter().map(takes).collect();
        if let Some(Some(earlier)) = by_whom.first()
            && by_whom.iter().all(Option::is_some)
        {
            let what = format!("this agreement can never win: '{}' before it takes its clients", earlier.name);
            problems.warning(at, what, "put the narrower agreement first");
        }
        for pattern in &agreement.clients {
            let text = pattern.as_str().to_lowercase();
            starred.extend(Starred::new(&text).map(|starred| (index, starred)));
            same.entry(text).or_default().push(index);
        }
    }
}

/// A pattern without any sign but *, in lower case. Its matcher is made when it is first needed: most are told by their beginning.
struct Starred {
    glob: Glob,
    beginning: String,
    matcher: OnceCell<GlobMatcher>,
}

impl Starred {
    fn new(pattern: &str) -> Option<Self> {
        let (beginning, _) = pattern.split_once('*').filter(|_| !pattern.contains(['?', '[', '{', '\\']))?;
        Some(Self { glob: client_glob(pattern).ok()?, beginning: beginning.to_owned(), matcher: OnceCell::new() })
    }

    fn takes(&self, pattern: &str) -> bool {
        pattern.starts_with(&self.beginning) && self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(pattern)
    }
}

/// Whether an agreement is valid on every date on which the other is.
fn holds_throughout(one: &Agreement, other: &Agreement) -> bool {
    let from = one.valid_from.is_none_or(|from| other.valid_from.is_some_and(|o| from <= o));
    from && one.valid_to.is_none_or(|to| other.valid_to.is_some_and(|o| to >= o))
}

/// Warns of agreements whose bank holidays end within twelve months of a date: what is not listed is an ordinary day.
#[must_use]
pub fn holidays_ending(settings: &Settings, today: NaiveDate) -> Vec<Problem> {
    let soon = today.checked_add_months(Months::new(12)).unwrap_or(today);
    let ending = settings.agreements.all().iter().filter_map(|agreement| {
        let holidays = &agreement.calendar.rules().holidays;
        let listed = || holidays.yearly.is_empty().then(|| holidays.dates.keys().map(Datelike::year).max()).flatten();
        let last_year = holidays.known_until.or_else(listed)?;
        let end = NaiveDate::from_ymd_opt(last_year, 12, 31)?;
        let outlived = agreement.valid_to.is_some_and(|to| to <= end);
        (end < soon && !outlived).then(|| Problem {
            level: Level::Warning,
            file: agreement.origin.file.to_string(),
            line: agreement.origin.line,
            path: "bank_holidays".to_owned(),
            what: format!("the bank holidays of '{}' end with {last_year}", agreement.name),
            help: match &holidays.ends_in {
                Some(file) => format!("export {file} again, with the years after {last_year}"),
                None if holidays.known_until.is_none() => format!("add the dates of the years after {last_year}"),
                None => "take a newer file from https://www.gov.uk/bank-holidays.json, or a newer version of this program".to_owned(),
            },
            unreadable: false,
        })
    });
    ending.collect()
}
