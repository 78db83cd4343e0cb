//! The response table: which severity is covered in which window, how soon, and on what conditions.

use chrono::NaiveTime;

use super::agreement::Origin;
use super::calendar::Window;
use super::safe_text::SafeText;
use super::severity::Severity;

/// How soon, as the contract says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As written in the configuration, `1h30m`.
    pub written: SafeText,
    /// What it means.
    pub kind: TargetKind,
}

/// What a target counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Seconds of covered time.
    Covered(i64),
    /// Seconds of real time, cover or not.
    Elapsed(i64),
    /// The same local time that many days later, cover or not.
    Days(u32),
    /// A working day after start's.
    WorkingDays {
        /// How many working days after; 0 only with [`OnDay::Close`].
        count: u32,
        /// When on that day.
        on: OnDay,
    },
}

/// The time of day of a working-day target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDay {
    /// Start's own local time, pulled into the day's office hours.
    SameTime,
    /// The last closing.
    Close,
    /// That local time.
    At(NaiveTime),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{written}' is no response time: {reason}")]
pub struct BadTarget {
    /// As written.
    pub written: String,
    /// What is wrong and what would be right.
    pub reason: &'static str,
}

const FORMS: &str = "write covered time such as 30m or 1h30m, calendar days 2d or weeks 4w, \"4h elapsed\", or working days 1wd, \"5wd close\", \"1wd 10:00\"";

impl Target {
    /// Reads a time as the configuration writes it.
    ///
    /// # Errors
    /// What is wrong with it, and the forms there are.
    pub fn parse(written: &str) -> Result<Self, BadTarget> {
        let bad = |reason| BadTarget { written: written.to_owned(), reason };
        let mut words = written.split_ascii_whitespace();
        let first = words.next().ok_or_else(|| bad(FORMS))?;
        let second = words.next();
        if words.next().is_some() {
            return Err(bad(FORMS));
        }
        let kind = if let Some(count) = first.strip_suffix("wd") {
            let count = whole(count).ok_or_else(|| bad("the number of working days is a whole number"))?;
            let on = match second {
                None => OnDay::SameTime,
                Some("close") => OnDay::Close,
                Some(time) => {
                    OnDay::At(clock_time(time).ok_or_else(|| bad("after the working days stands \"close\" or a time such as 10:00"))?)
                }
            };
            if count == 0 && on != OnDay::Close {
                return Err(bad("only \"0wd close\" may count no working day"));
            }
            TargetKind::WorkingDays { count, on }
        } else if let Some(days) = first.strip_suffix('d').map(|n| (n, 1)).or_else(|| first.strip_suffix('w').map(|n| (n, 7))) {
            let (count, length) = days;
            let count = whole(count).filter(|n| *n >= 1).ok_or_else(|| bad("the number of days or weeks is a whole number from 1"))?;
            if second.is_some() {
                return Err(bad(FORMS));
            }
            let days = count.checked_mul(length).filter(|d| *d <= MOST_DAYS).ok_or_else(|| bad("longer than ten years"))?;
            TargetKind::Days(days)
        } else {
            let seconds = seconds(first).ok_or_else(|| bad(FORMS))?;
            match second {
                None => TargetKind::Covered(seconds),
                Some("elapsed") => TargetKind::Elapsed(seconds),
                Some(_) => return Err(bad(FORMS)),
            }
        };
        Ok(Self { written: SafeText::line(written), kind })
    }

    /// Whether the clock runs through everything (calendar and elapsed targets) rather than through covered time.
    #[must_use]
    pub const fn runs_through_everything(&self) -> bool {
        matches!(self.kind, TargetKind::Elapsed(_) | TargetKind::Days(_))
    }
}

/// Ten years: no agreement promises anything beyond, and no arithmetic on it can overflow.
const MOST_DAYS: u32 = 3660;

/// A whole number written with digits only.
fn whole(text: &str) -> Option<u32> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `HH:MM`.
fn clock_time(text: &str) -> Option<NaiveTime> {
    (text.len() == 5).then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten()
}

/// Hours, minutes and seconds in that order, each at most once: `1h30m`.
fn seconds(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    let mut units: &[(char, i64)] = &[('h', 3600), ('m', 60), ('s', 1)];
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let place = units.iter().position(|(u, _)| *u == unit)?;
        total = total.checked_add(number.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = &rest[digits + 1..];
    }
    (!text.is_empty() && total <= i64::from(MOST_DAYS) * 86_400).then_some(total)
}

/// One way a cell can be fulfilled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How soon.
    pub within: Target,
    /// The channels it is for; empty is every channel.
    pub channels: Vec<SafeText>,
    /// Work in this cell is charged for.
    pub chargeable: bool,
    /// The clause of the contract.
    pub clause: Option<SafeText>,
    /// Where it is said.
    pub origin: Origin,
}

impl Entry {
    /// Whether a channel fits; an unknown one fits every entry.
    #[must_use]
    pub fn fits(&self, channel: Option<&SafeText>) -> bool {
        self.channels.is_empty() || channel.is_none_or(|c| self.channels.iter().any(|own| own.eq_ignore_case(c)))
    }
}

/// What a row says of one window: the entries in the order written; none at all is `"none"`.
pub type Cell = Vec<Entry>;

/// The row of one severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Fills those of the four standing windows that have no cell of their own.
    pub any: Option<Cell>,
    /// The cells said for a window by name.
    pub own: Vec<(Window, Cell)>,
    /// Where the row is said.
    pub origin: Origin,
}

impl Row {
    /// The cell for an instant that is in the windows `layers`: the window it is in, then the one it would be in
    /// without it, and so on, the last a standing window. A named cell stands alone; an empty one is not covered.
    #[must_use]
    pub fn cell(&self, layers: &[Window]) -> &[Entry] {
        let own = layers.iter().find_map(|w| self.own.iter().find(|(of, _)| of == w));
        own.map(|(_, cell)| cell).or(self.any.as_ref()).map_or(&[], Vec::as_slice)
    }

    /// All entries of the row.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.any.iter().chain(self.own.iter().map(|(_, cell)| cell)).flatten()
    }
}

/// Rows by severity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseTable {
    /// `S1` first; `None` is a severity the agreement does not speak of.
    pub rows: [Option<Row>; 5],
}

impl ResponseTable {
    /// The row of a severity.
    #[must_use]
    pub fn row(&self, severity: Severity) -> Option<&Row> {
        self.rows[severity.index()].as_ref()
    }
}
