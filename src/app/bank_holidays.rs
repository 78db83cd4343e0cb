//! Bank holidays under all agreements: on which dates, whose, and when the next one begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::{Agreement, Calendar, SafeText, date_of, date_start, instant};

/// So many agreements are named beside a bank holiday.
const NAMED: usize = 3;
/// It is searched for so many days.
const DAYS: usize = 400;

/// A bank holiday, and the agreements that keep it.
pub(super) struct BankHoliday<'a> {
    date: NaiveDate,
    name: Option<&'a SafeText>,
    whose: Vec<&'a str>,
}

impl BankHoliday<'_> {
    /// `Mon 30 Nov St Andrew’s Day: Acme, Widgets and 2 more`.
    pub(super) fn words(&self) -> String {
        let name = self.name.map_or("bank holiday", SafeText::as_str);
        let more = self.whose.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let whose = self.whose.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        format!("{} {name}: {whose}{more}", self.date.format("%a %-d %b"))
    }
}

/// The bank holidays among some dates of each calendar, the first first.
pub(super) fn among<D: IntoIterator<Item = NaiveDate>>(
    agreements: &[Arc<Agreement>],
    dates: impl Fn(&Calendar) -> D,
) -> Vec<BankHoliday<'_>> {
    let mut found: BTreeMap<(NaiveDate, Option<&SafeText>), Vec<&str>> = BTreeMap::new();
    for agreement in agreements {
        for date in dates(&agreement.calendar) {
            if let Some(name) = agreement.calendar.holiday(date) {
                found.entry((date, name)).or_default().push(agreement.name.as_str());
            }
        }
    }
    found.into_iter().map(|((date, name), whose)| BankHoliday { date, name, whose }).collect()
}

/// Those that begin at an instant.
pub(super) fn beginning_at(agreements: &[Arc<Agreement>], at: DateTime<Utc>) -> Vec<BankHoliday<'_>> {
    among(agreements, |calendar| {
        let date = date_of(calendar.zone(), at.timestamp());
        Some(date).filter(|date| begins(calendar, *date) == at)
    })
}

/// When the next bank holiday of a calendar begins after an instant; `None` where none does within 400 days.
pub(super) fn next(calendar: &Calendar, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let today = date_of(calendar.zone(), at.timestamp());
    let mut later = today.iter_days().skip(1).take(DAYS);
    later.find(|date| calendar.holiday(*date).is_some()).map(|date| begins(calendar, date))
}

/// When the last one began before it.
pub(super) fn last(calendar: &Calendar, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let today = date_of(calendar.zone(), at.timestamp());
    let mut earlier = std::iter::successors(Some(today), NaiveDate::pred_opt).take(DAYS);
    earlier.find(|date| calendar.holiday(*date).is_some() && begins(calendar, *date) < at).map(|date| begins(calendar, date))
}

fn begins(calendar: &Calendar, date: NaiveDate) -> DateTime<Utc> {
    instant::from_seconds(date_start(calendar.zone(), date))
}
