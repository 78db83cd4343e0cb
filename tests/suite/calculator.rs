//! Cases of business-time arithmetic from other projects' test suites: as tickets of a severity that is covered in office
//! hours only. None is left out: each is one judgement or two, through the configuration and `judge`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use holdover::config;
use holdover::domain::{Obligation, SafeText, Severity, SourceName, Ticket, TicketKey, Verdict, judge};
use serde::Deserialize;

/// How many there are of each kind: none is skipped.
const ADD: usize = 155;
const ELAPSED: usize = 149;
const IN_HOURS: usize = 62;

type Spans = Vec<[String; 2]>;

#[derive(Deserialize)]
struct Sum {
    source: String,
    name: String,
    tz: String,
    hours: BTreeMap<String, Spans>,
    holidays: Vec<String>,
    #[serde(default)]
    overrides: BTreeMap<String, Spans>,
    start: DateTime<Utc>,
    #[serde(flatten)]
    op: Op,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// The first instant with so many minutes of office hours behind it.
    Add { minutes: f64, expected: DateTime<Utc> },
    /// Minutes of office hours from start to end.
    Elapsed { end: DateTime<Utc>, expected: f64 },
    /// Whether the start is in office hours.
    InHours { expected: bool },
}

#[test]
fn every_case_of_other_calculators() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/calculator.json");
    let sums: Vec<Sum> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let (mut add, mut elapsed, mut in_hours) = (0, 0, 0);
    let mut wrong = String::new();
    for sum in &sums {
        match sum.op {
            Op::Add { .. } => add += 1,
            Op::Elapsed { .. } => elapsed += 1,
            Op::InHours { .. } => in_hours += 1,
        }
        // held over to office hours, the next working day and the next covered window are the same
        for hold_over_to in ["next-working-day", "next-covered-window"] {
            if let Err(fault) = sum.judged(hold_over_to) {
                let _ = write!(wrong, "\n{}: {} ({hold_over_to}): {fault}", sum.source, sum.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!((add, elapsed, in_hours), (ADD, ELAPSED, IN_HOURS), "cases were added or lost");
}

impl Sum {
    /// The case as a ticket: what is otherwise than expected.
    fn judged(&self, hold_over_to: &str) -> Result<(), String> {
        match self.op {
            Op::Add { minutes, expected } => {
                let due = self.verdict(&format!("{}s", seconds(minutes)), hold_over_to, self.start).response.and_then(|r| r.due);
                if due == Some(expected) { Ok(()) } else { Err(format!("due {due:?}, not {expected}")) }
            }
            Op::Elapsed { end, expected } => {
                // due at once: what it is past due is what has gone by in office hours
                let response = self.verdict("0s", hold_over_to, end).response.ok_or("no clock")?;
                let past = response.remaining_seconds.map(|left| -left);
                if past == Some(seconds(expected)) { Ok(()) } else { Err(format!("{past:?} s, not {}", seconds(expected))) }
            }
            Op::InHours { expected } => {
                let verdict = self.verdict("1h", hold_over_to, self.start);
                let window = verdict.window.is_some_and(|w| w.as_str() == "office-hours");
                let now = verdict.obligation == Obligation::Now;
                if (window, now) == (expected, expected) { Ok(()) } else { Err(format!("{:?}, not {expected}", (window, now))) }
            }
        }
    }

    /// The verdict at `at` on a ticket submitted at the start, with a target in office hours.
    fn verdict(&self, target: &str, hold_over_to: &str, at: DateTime<Utc>) -> Verdict {
        let settings = config::parse(&self.agreement(target, hold_over_to), "config.toml", &[]);
        let agreements = settings.unwrap_or_else(|problems| panic!("{}: {problems:?}", self.name)).agreements;
        let mut ticket = Ticket::new(TicketKey { source: SourceName::new("sums"), key: SafeText::line("1") });
        ticket.client = Some(SafeText::line("acme"));
        ticket.severity = Some(Severity::S3);
        ticket.submitted_at = Some(self.start);
        judge(&ticket, &agreements, at)
    }

    fn agreement(&self, target: &str, hold_over_to: &str) -> String {
        format!(
            "[[agreement]]\nname = \"Acme\"\nclients = [\"acme\"]\ntimezone = \"{}\"\noffice_hours = {{ {} }}\n\
             bank_holidays = {:?}\nspecial_hours = {{ {} }}\nhold_over_to = \"{hold_over_to}\"\n\
             [agreement.response]\nS3 = {{ office-hours = \"{target}\" }}\n",
            self.tz,
            hours(&self.hours),
            self.holidays,
            hours(&self.overrides),
        )
    }
}

/// Hours by day or date as the configuration writes them.
fn hours(days: &BTreeMap<String, Spans>) -> String {
    let spans = |spans: &Spans| spans.iter().map(|[from, to]| format!("\"{from}-{to}\"")).collect::<Vec<_>>().join(", ");
    days.iter().map(|(day, of)| format!("\"{day}\" = [{}]", spans(of))).collect::<Vec<_>>().join(", ")
}

/// Minutes, some of them with a fraction, in whole seconds.
#[expect(clippy::cast_possible_truncation, reason = "90 days at most")]
fn seconds(minutes: f64) -> i64 {
    (minutes * 60.0).round() as i64
}
