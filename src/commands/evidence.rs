//! `holdover evidence`: who did what, when, under which verdict and clause, and what the source said.

use chrono::{DateTime, Utc};
use color_eyre::eyre::WrapErr;
use serde::Serialize;

use super::cli::EvidenceArgs;
use super::output;
use super::run::parse_time;
use super::session::{Exit, Session};
use crate::app::words;
use crate::domain::{ClockState, Group, Obligation, SafeText, Severity, SourceName};
use crate::records::{Evidence, RecordsFault};

/// One deed, as `--json` and `--csv` print it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(serialize_with = "crate::domain::instant::serialize")]
    asked_at: DateTime<Utc>,
    #[serde(serialize_with = "crate::domain::instant::serialize")]
    ended_at: DateTime<Utc>,
    source: &'a SourceName,
    key: &'a SafeText,
    action: &'a SafeText,
    who: &'a SafeText,
    outcome: &'a SafeText,
    by: Option<&'a SafeText>,
    #[serde(serialize_with = "crate::domain::instant::serialize_option")]
    source_at: Option<DateTime<Utc>>,
    reason: Option<&'a SafeText>,
    note: Option<&'a SafeText>,
    group: Group,
    obligation: Obligation,
    severity: Option<Severity>,
    assumed_severity: Option<Severity>,
    window: Option<&'a SafeText>,
    response: Option<ClockState>,
    #[serde(serialize_with = "crate::domain::instant::serialize_option")]
    due: Option<DateTime<Utc>>,
    agreement: Option<&'a SafeText>,
    agreement_hash: Option<&'a SafeText>,
    clause: Option<&'a SafeText>,
    value: Option<&'a SafeText>,
}

impl<'a> Line<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        let Evidence { source, key, action, note, value, who, grounds, asked_at, ended_at, outcome, by, source_at, reason } = evidence;
        Self {
            asked_at: *asked_at,
            ended_at: *ended_at,
            source,
            key,
            action,
            who,
            outcome,
            by: by.as_ref(),
            source_at: *source_at,
            reason: reason.as_ref(),
            note: note.as_ref(),
            value: value.as_ref(),
            group: grounds.group,
            obligation: grounds.obligation,
            severity: grounds.severity,
            assumed_severity: grounds.assumed_severity,
            window: grounds.window.as_ref(),
            response: grounds.response,
            due: grounds.due,
            agreement: grounds.agreement.as_ref(),
            agreement_hash: grounds.agreement_hash.as_ref(),
            clause: grounds.clause.as_ref(),
        }
    }
}

/// Prints the evidence.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &EvidenceArgs, session: &Session) -> color_eyre::Result<Exit> {
    let since = match args.since.as_deref().map(|written| parse_time("--since", written, session.settings.timezone)).transpose() {
        Ok(since) => since,
        Err(wrong) => {
            output::say(&wrong);
            return Ok(Exit::Usage);
        }
    };
    let (evidence, exit) = match session.read_records().and_then(|records| records.evidence(since)) {
        Ok(evidence) => (evidence, Exit::Done),
        // nothing was ever answered here
        Err(RecordsFault::None { .. }) => (Vec::new(), Exit::Done),
        Err(fault) => {
            output::say(&fault);
            return Ok(Exit::Failed);
        }
    };
    let lines: Vec<Line> = evidence.iter().map(Line::of).collect();
    if args.json {
        output::print_json(&lines)?;
    } else if args.csv {
        let bytes = csv(&lines).wrap_err("the evidence cannot be written as CSV")?;
        output::print(|out| out.write_all(&bytes))?;
    } else {
        let (zone, now) = (session.settings.timezone, (session.clock)());
        output::print(|out| evidence.iter().try_for_each(|evidence| writeln!(out, "{}", sentence(evidence, zone, now))))?;
    }
    Ok(exit)
}

/// As comma-separated values under their names. What a spreadsheet would take for a formula gets a quote before it.
fn csv(lines: &[Line]) -> Result<Vec<u8>, csv::Error> {
    let mut plain = csv::Writer::from_writer(Vec::new());
    lines.iter().try_for_each(|line| plain.serialize(line))?;
    let plain = plain.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut safe = csv::Writer::from_writer(Vec::new());
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_slice()).into_records() {
        let guard = |cell: &str| if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
        safe.write_record(record?.iter().map(guard))?;
    }
    Ok(safe.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

fn sentence(evidence: &Evidence, zone: chrono_tz::Tz, now: DateTime<Utc>) -> String {
    let Evidence { source, key, action, value, who, grounds, asked_at, outcome, by, reason, .. } = evidence;
    let severity = grounds.severity.map_or_else(|| "unassessed".to_owned(), |severity| severity.to_string());
    let by = by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
    let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let agreement = grounds.agreement.as_ref().map_or_else(|| "no agreement".to_owned(), ToString::to_string);
    let clause = grounds.clause.as_ref().map_or_else(String::new, |clause| format!(", {clause}"));
    let due = grounds.due.map_or_else(String::new, |due| format!(", due {}", words::moment(zone, due, now)));
    let action = format!("{action}{}", value.as_ref().map_or_else(String::new, |value| format!(" {value}")));
    format!(
        "{}  {source}/{key}  {who}: {action}: {outcome}{by}{reason}  ({severity}{due}; {agreement}{clause})",
        words::moment(zone, *asked_at, now)
    )
}
