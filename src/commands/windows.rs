//! `holdover windows`: the calendar of each agreement, stretch by stretch. Needs no source.

use std::io::{self, Write};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::Serialize;

use super::cli::WindowsArgs;
use super::output;
use super::session::{Exit, Session};
use crate::domain::instant;
use crate::domain::{Agreement, SafeText, WindowStretch, date_of, date_start};

/// Prints the windows of some dates.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &WindowsArgs, session: &Session) -> color_eyre::Result<Exit> {
    let all = session.settings.agreements.all();
    let agreements: Vec<&Agreement> = match &args.agreement {
        None => all.iter().map(AsRef::as_ref).collect(),
        Some(name) => match session.settings.agreements.named(&SafeText::line(name)) {
            Ok(agreement) => vec![agreement],
            Err(unknown) => {
                let names: Vec<&str> = all.iter().map(|a| a.name.as_str()).collect();
                output::say(&format!("{unknown} – the configuration has {} – name one of these", names.join(", ")));
                return Ok(Exit::Usage);
            }
        },
    };
    let now = (session.clock)();
    let mut blocks = Vec::with_capacity(agreements.len());
    for agreement in agreements {
        let zone = agreement.calendar.zone();
        let first = args.from.unwrap_or_else(|| date_of(zone, now.timestamp()));
        let Some(last) = end(first, args.days) else {
            output::say(&format!("{} days from {first} cannot be told – the calendars know 1970 to 2199 – choose other dates", args.days));
            return Ok(Exit::Usage);
        };
        let [from, to] = [first, last].map(|date| instant::from_seconds(date_start(zone, date)));
        blocks.push((agreement, agreement.calendar.windows_between(from, to)));
    }
    if args.json {
        let stretches =
            blocks.iter().flat_map(|(agreement, stretches)| stretches.iter().map(|stretch| StretchJson::new(agreement, stretch)));
        output::print_json(&stretches.collect::<Vec<_>>())?;
    } else {
        output::print(|out| print(&blocks, out))?;
    }
    Ok(Exit::Done)
}

/// The date after the last, where the calendars know all of them.
fn end(first: NaiveDate, days: u64) -> Option<NaiveDate> {
    let last = first.checked_add_days(Days::new(days))?;
    let known = NaiveDate::from_ymd_opt(2200, 1, 1)?;
    (first.year() >= 1970 && last <= known).then_some(last)
}

/// A stretch, as `windows --json` prints it.
#[derive(Serialize)]
struct StretchJson<'a> {
    agreement: &'a SafeText,
    #[serde(serialize_with = "instant::serialize")]
    start: DateTime<Utc>,
    #[serde(serialize_with = "instant::serialize")]
    end: DateTime<Utc>,
    window: &'a SafeText,
    name: Option<&'a SafeText>,
}

impl<'a> StretchJson<'a> {
    fn new(agreement: &'a Agreement, stretch: &WindowStretch<'a>) -> Self {
        let window = agreement.calendar.window_name(stretch.window);
        Self { agreement: &agreement.name, start: stretch.start, end: stretch.end, window, name: stretch.name }
    }
}

/// A block for each agreement, a line for each stretch, on the clock of the agreement's zone.
fn print(blocks: &[(&Agreement, Vec<WindowStretch>)], out: &mut dyn Write) -> io::Result<()> {
    for (number, (agreement, stretches)) in blocks.iter().enumerate() {
        let zone = agreement.calendar.zone();
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{} ({zone})", agreement.name)?;
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %_d %b %Y %H:%M %Z").to_string();
        let lines: Vec<[String; 2]> = stretches.iter().map(|stretch| [local(stretch.start), local(stretch.end)]).collect();
        let width = lines.iter().flatten().map(String::len).max().unwrap_or(0);
        for ([start, end], stretch) in lines.iter().zip(stretches) {
            writeln!(out, "  {start:<width$}  to  {end:<width$}  {}", agreement.calendar.phrase(stretch.window, stretch.name))?;
        }
    }
    Ok(())
}
