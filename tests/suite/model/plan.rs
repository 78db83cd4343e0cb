//! An agreement as plain data, and as a configuration writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::NaiveDate;
use chrono_tz::Tz;

/// Spans of a day, in minutes after 00:00.
pub type Spans = Vec<(u16, u16)>;

pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The four windows every agreement has; its own follow, in the order written.
pub const OFFICE: usize = 0;
pub const OUT: usize = 1;
pub const WEEKEND: usize = 2;
pub const BANK: usize = 3;
pub const STANDING: [&str; 4] = ["office-hours", "out-of-hours", "weekend", "bank-holiday"];
pub const OWN: [&str; 2] = ["extended", "late"];

/// The name of a window.
pub fn window_name(window: usize) -> &'static str {
    STANDING.iter().chain(&OWN).nth(window).unwrap()
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub zone: Tz,
    pub office: [Spans; 7],
    pub weekend: [bool; 7],
    pub working: [bool; 7],
    pub holidays: BTreeSet<NaiveDate>,
    pub yearly: Option<(u32, u32)>,
    pub removed: Option<NaiveDate>,
    pub special: BTreeMap<NaiveDate, Spans>,
    pub own: Vec<[Spans; 7]>,
    pub next_covered_window: bool,
    pub word_to_client: bool,
    /// In hundredths.
    pub at_risk: i64,
    pub support_level: Option<&'static str>,
    /// Work on this service is charged for.
    pub chargeable_service: Option<&'static str>,
    pub response: Table,
    pub resolve: Option<Table>,
    pub update: Option<Table>,
}

/// A row for each severity, `S1` first.
pub type Table = [Option<Row>; 5];

#[derive(Debug, Clone, Default)]
pub struct Row {
    pub any: Option<Cell>,
    /// Cells by window.
    pub of: BTreeMap<usize, Cell>,
}

/// The entries of a cell; none is `"none"`.
pub type Cell = Vec<Entry>;

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub target: Target,
    pub channels: Vec<&'static str>,
    pub chargeable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// Seconds of covered time.
    Covered(i64),
    /// Seconds.
    Elapsed(i64),
    Days(u32),
    Weeks(u32),
    WorkingDays(u32),
    WorkingDaysClose(u32),
    /// The minute after 00:00.
    WorkingDaysAt(u32, u16),
}

impl Target {
    /// As the configuration and the board write it.
    pub fn written(self) -> String {
        match self {
            Self::Covered(s) if s % 3600 == 0 && s > 0 => format!("{}h", s / 3600),
            Self::Covered(s) if s > 3600 && s % 60 == 0 => format!("{}h{}m", s / 3600, s % 3600 / 60),
            Self::Covered(s) if s % 60 == 0 => format!("{}m", s / 60),
            Self::Covered(s) => format!("{s}s"),
            Self::Elapsed(s) => format!("{} elapsed", Self::Covered(s).written()),
            Self::Days(n) => format!("{n}d"),
            Self::Weeks(n) => format!("{n}w"),
            Self::WorkingDays(n) => format!("{n}wd"),
            Self::WorkingDaysClose(n) => format!("{n}wd close"),
            Self::WorkingDaysAt(n, minute) => format!("{n}wd {}", clock(minute)),
        }
    }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Plan {
    /// Nine to five from Monday to Friday, and no more.
    pub fn plain(zone: Tz, response: Table) -> Self {
        Self {
            zone,
            office: std::array::from_fn(|day| if day < 5 { vec![(540, 1020)] } else { Vec::new() }),
            weekend: std::array::from_fn(|day| day >= 5),
            working: [true; 7],
            holidays: BTreeSet::new(),
            yearly: None,
            removed: None,
            special: BTreeMap::new(),
            own: Vec::new(),
            next_covered_window: false,
            word_to_client: false,
            at_risk: 20,
            support_level: None,
            chargeable_service: None,
            response,
            resolve: None,
            update: None,
        }
    }

    /// The configuration that says the same, for the client `acme`.
    pub fn configuration(&self) -> String {
        let holidays: Vec<String> = (self.holidays.iter().map(ToString::to_string))
            .chain(self.yearly.map(|(month, day)| format!("{month:02}-{day:02}")))
            .chain(self.removed.map(|date| format!("!{date}")))
            .collect();
        let special: Vec<String> = self.special.iter().map(|(date, of)| format!("\"{date}\" = {}", spans(of))).collect();
        let own: Vec<String> =
            self.own.iter().zip(OWN).map(|(hours, name)| format!("{{ name = \"{name}\", hours = {} }}", week(hours))).collect();
        let mut text = format!(
            "[[agreement]]\nname = \"Acme\"\nclients = [\"acme\"]\ntimezone = \"{}\"\noffice_hours = {}\nweekend = {}\nworking_days = {}\n\
             bank_holidays = {holidays:?}\nspecial_hours = {{ {} }}\nwindows = [{}]\nhold_over_to = \"{}\"\nanswered_by = \"{}\"\n\
             at_risk = 0.{:02}\n",
            self.zone,
            week(&self.office),
            days(self.weekend),
            days(self.working),
            special.join(", "),
            own.join(", "),
            if self.next_covered_window { "next-covered-window" } else { "next-working-day" },
            if self.word_to_client { "word-to-client" } else { "acknowledgement" },
            self.at_risk,
        );
        if let Some(level) = self.support_level {
            let _ = writeln!(text, "support_level = \"{level}\"");
        }
        if let Some(service) = self.chargeable_service {
            let _ = writeln!(text, "chargeable = [{{ field = \"service\", is = \"{service}\" }}]");
        }
        for (name, table) in [("response", Some(&self.response)), ("resolve", self.resolve.as_ref()), ("update", self.update.as_ref())] {
            let Some(table) = table else { continue };
            let _ = writeln!(text, "[agreement.{name}]");
            for (severity, row) in table.iter().enumerate().filter_map(|(i, row)| Some((i + 1, row.as_ref()?))) {
                let own = row.of.iter().map(|(window, cell)| (window_name(*window), cell));
                let cells = row.any.iter().map(|cell| ("any", cell)).chain(own);
                let cells: Vec<String> = cells.map(|(window, of)| format!("{window} = {}", cell(of))).collect();
                let _ = writeln!(text, "S{severity} = {{ {} }}", cells.join(", "));
            }
        }
        text
    }
}

fn spans(of: &Spans) -> String {
    let spans: Vec<String> = of.iter().map(|(from, to)| format!("\"{}-{}\"", clock(*from), clock(*to))).collect();
    format!("[{}]", spans.join(", "))
}

fn week(hours: &[Spans; 7]) -> String {
    let days: Vec<String> = DAYS.iter().zip(hours).map(|(day, of)| format!("{day} = {}", spans(of))).collect();
    format!("{{ {} }}", days.join(", "))
}

fn days(set: [bool; 7]) -> String {
    let days: Vec<&str> = DAYS.iter().zip(set).filter(|(_, is)| *is).map(|(day, _)| *day).collect();
    format!("{days:?}")
}

fn cell(of: &Cell) -> String {
    match of.as_slice() {
        [] => "\"none\"".to_owned(),
        [Entry { target, channels, chargeable: false }] if channels.is_empty() => format!("\"{}\"", target.written()),
        entries => {
            let entry = |e: &Entry| {
                let channel = if e.channels.is_empty() { String::new() } else { format!(", channel = {:?}", e.channels) };
                format!("{{ within = \"{}\"{channel}, chargeable = {} }}", e.target.written(), e.chargeable)
            };
            format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}
