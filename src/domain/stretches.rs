//! A calendar as it is told: its windows one after the other, each with when it begins and ends.

use chrono::{DateTime, Utc};

use super::calendar::{Calendar, FIRST_INSTANT, LAST_INSTANT, Window};
use super::instant::from_seconds;
use super::safe_text::SafeText;
use super::zone;

/// A stretch of one window, `[start, end)`. A bank holiday with another name is another stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowStretch<'a> {
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
    /// The window.
    pub window: Window,
    /// The name of the bank holiday, where it is one and has a name.
    pub name: Option<&'a SafeText>,
}

impl Calendar {
    /// The stretches of `[from, to)`, the first and the last cut to it: each begins where the one before ends, and
    /// neighbours differ in window or in name. Of what the calendar does not know there are none.
    #[must_use]
    pub fn windows_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<WindowStretch<'_>> {
        let within = |at: DateTime<Utc>| at.timestamp().clamp(FIRST_INSTANT, LAST_INSTANT);
        let (mut at, to) = (within(from), within(to));
        let mut told: Vec<WindowStretch> = Vec::new();
        while at < to {
            let stretch = self.stretch_at(at);
            // it never goes beyond its date, and so has one name
            let (window, name) = self.named_window_at(from_seconds(at));
            let end = from_seconds(stretch.end.min(to));
            match told.last_mut() {
                Some(last) if last.window == window && last.name == name => last.end = end,
                _ => told.push(WindowStretch { start: from_seconds(at), end, window, name }),
            }
            at = stretch.end;
        }
        told
    }

    /// The window of an instant, and the name of the bank holiday where it is one and has a name.
    #[must_use]
    pub fn named_window_at(&self, at: DateTime<Utc>) -> (Window, Option<&SafeText>) {
        let window = self.window_at(at);
        let date = || zone::date_of(self.zone(), at.timestamp());
        (window, (window == Window::BankHoliday).then(|| self.holiday(date()).flatten()).flatten())
    }

    /// A window in a phrase: `office hours`, `bank holiday (Christmas Day)`, or the name the agreement gives it.
    #[must_use]
    pub fn phrase(&self, window: Window, name: Option<&SafeText>) -> String {
        match (window, name) {
            (Window::BankHoliday, Some(name)) => format!("bank holiday ({name})"),
            (Window::BankHoliday, None) => "bank holiday".to_owned(),
            (Window::OfficeHours, _) => "office hours".to_owned(),
            (Window::OutOfHours | Window::Weekend | Window::Named(_), _) => self.window_name(window).to_string(),
        }
    }
}
