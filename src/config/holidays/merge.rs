//! What is known of one calendar is put together, wherever it comes from: gov.uk's files drop old years, so nothing that is
//! listed anywhere is taken away. Only what was projected gives way to what a file proclaims.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::govuk::{Division, Event};
use super::ics_dates::IcsDates;
use crate::domain::{Holidays, SafeText};

/// The calendars of an agreement.
#[derive(Debug, Default)]
pub(super) struct Calendars(Vec<Calendar>);

/// All that is known of one.
#[derive(Debug, Default)]
struct Calendar {
    /// `england-and-wales`; `None` for .ics files, which do not say which calendar they are: together they are one.
    division: Option<String>,
    /// In the order in which they are found.
    dates: Vec<(NaiveDate, Option<SafeText>)>,
    /// The dates of years that no proclamation had confirmed when they were built in.
    projected: Vec<(NaiveDate, Option<SafeText>)>,
    /// The years that files list.
    proclaimed: BTreeSet<i32>,
    /// The last year listed; `None` where all of it recurs for ever.
    last_year: Option<i32>,
    /// The .ics file that ends last.
    file: Option<SafeText>,
}

impl Calendars {
    /// Adds a calendar that is built in, with the years of it that are projected.
    pub fn add_built_in(&mut self, built_in: &Division, projected_years: &[i32]) {
        let calendar = self.of(Some(&built_in.division));
        for event in &built_in.events {
            let is_projected = projected_years.contains(&event.date.year());
            let dates = if is_projected { &mut calendar.projected } else { &mut calendar.dates };
            dates.push((event.date, name_of(event)));
            calendar.last_year = calendar.last_year.max(Some(event.date.year()));
        }
    }

    /// Adds what a file of gov.uk's format lists of a division.
    pub fn add_file(&mut self, file: &Division) {
        let calendar = self.of(Some(&file.division));
        for event in &file.events {
            calendar.dates.push((event.date, name_of(event)));
            calendar.proclaimed.insert(event.date.year());
            calendar.last_year = calendar.last_year.max(Some(event.date.year()));
        }
    }

    /// Adds what an .ics file lists.
    pub fn add_ics(&mut self, label: &str, file: IcsDates) {
        let calendar = self.of(None);
        if calendar.last_year < file.last_year {
            calendar.last_year = file.last_year;
            calendar.file = Some(SafeText::line(label));
        }
        calendar.dates.extend(file.dates);
    }

    fn of(&mut self, division: Option<&str>) -> &mut Calendar {
        let known = self.0.iter().position(|calendar| calendar.division.as_deref() == division);
        let place = known.unwrap_or_else(|| {
            self.0.push(Calendar { division: division.map(str::to_owned), ..Calendar::default() });
            self.0.len() - 1
        });
        &mut self.0[place]
    }

    /// Adds all of them to the bank holidays. The last year known is that of the calendar that ends first.
    pub fn add_to(self, holidays: &mut Holidays) {
        let mut names: BTreeMap<NaiveDate, SafeText> = BTreeMap::new();
        for calendar in self.0 {
            let still_projected: Vec<_> =
                calendar.projected.into_iter().filter(|(date, _)| !calendar.proclaimed.contains(&date.year())).collect();
            holidays.projected.extend(still_projected.iter().map(|(date, _)| date.year()));
            if let Some(last_year) = calendar.last_year
                && holidays.known_until.is_none_or(|known| last_year < known)
            {
                holidays.known_until = Some(last_year);
                holidays.ends_in = calendar.file;
            }
            for (date, name) in calendar.dates.into_iter().chain(still_projected) {
                holidays.dates.entry(date).or_insert(None);
                if let Some(name) = name {
                    names.entry(date).or_insert(name);
                }
            }
        }
        for (date, name) in names {
            holidays.dates.insert(date, Some(name));
        }
    }
}

fn name_of(event: &Event) -> Option<SafeText> {
    Some(SafeText::line(&event.name)).filter(|name| !name.as_str().is_empty())
}
