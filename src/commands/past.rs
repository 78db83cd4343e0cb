//! What the records tell of the time before a handover, for the verb and for the dashboard.

use std::sync::Arc;

use chrono::{DateTime, Months, Utc};
use tokio::sync::mpsc;

use super::bookkeeper::Event;
use super::session::Session;
use crate::app::{Message, Past, PastDeed, PastOutcome, Since};
use crate::config;
use crate::domain::{Gap, SafeText, SourceName, TicketKey};
use crate::records::{Evidence, HandedOver, Records, RecordsFault};
use crate::sources::SourceKind;

/// What is said where nobody has kept anything.
pub(super) const NO_RECORDS: &str = "there are no records";

/// What is asked of the past.
pub(super) struct Question {
    /// Since when, if anybody said.
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    /// The clock stands still: no age is judged.
    frozen: bool,
    /// The sources that are to be asked: of local tickets, and in the demo, nothing is missed.
    asked: Vec<SourceName>,
    /// What of the calendars ends soon.
    calendars: Vec<String>,
}

impl Question {
    pub fn of(session: &Session, since: Option<DateTime<Utc>>) -> Self {
        let now = (session.clock)();
        // the check warns a year before; here it is what ends within two months
        let today = now.with_timezone(&session.settings.timezone).date_naive();
        let ten_months_ago = today.checked_sub_months(Months::new(10)).unwrap_or(today);
        let ending = config::holidays_ending(&session.settings, ten_months_ago);
        let calendars = ending.into_iter().map(|problem| problem.what).collect();
        let asked = session.settings.sources.iter().filter(|source| !session.demo && !matches!(source.kind, SourceKind::Local));
        Self { since, now, frozen: session.frozen, asked: asked.map(|source| source.name.clone()).collect(), calendars }
    }
}

/// The past as the records tell it; without them that of a day of which nothing is known, and why.
pub(super) fn read(records: Result<&Records, &'static str>, question: Question) -> Past {
    let told = records.and_then(|records| of_records(records, &question).map_err(|fault| why(&fault)));
    let past = told.unwrap_or_else(|why| {
        let (since, from) = Since::choose(question.since, None, question.now);
        let unknown = Some(SafeText::line(why));
        Past {
            since,
            from,
            deeds: Vec::new(),
            unsent: Vec::new(),
            gaps: Vec::new(),
            never_kept: Vec::new(),
            calendars: Vec::new(),
            unknown,
        }
    });
    Past { calendars: question.calendars, ..past }
}

/// Reads it beside the loop of the dashboard, which is told.
pub(super) fn read_beside(records: Option<Arc<Records>>, question: Question, events: mpsc::Sender<Event>) {
    tokio::task::spawn_blocking(move || {
        let past = read(records.as_deref().ok_or(NO_RECORDS), question);
        // the loop has ended: nobody asks any more
        let _ = events.blocking_send(Event::Happened(Message::Past(past)));
    });
}

fn of_records(records: &Records, question: &Question) -> Result<Past, RecordsFault> {
    let now = question.now;
    let last = records.last_handover(now)?.map(|HandedOver { at, who }| (at, who));
    let (since, from) = Since::choose(question.since, last, now);
    let deeds = records.evidence(Some(since))?.into_iter().filter(|evidence| evidence.ended_at <= now).filter_map(deed);
    let unsent = records.outbox()?.into_iter().map(|entry| (entry.key, entry.deed.kind()));
    let known = records.ever_complete()?;
    let gaps = records.gaps(since, now)?.into_iter().filter(|gap| gap.ended_at.is_some() || !question.frozen);
    let gap = |gap: Gap| Gap { ended_at: gap.ended_at.filter(|at| *at <= now), ..gap };
    Ok(Past {
        since,
        from,
        deeds: deeds.collect(),
        unsent: unsent.collect(),
        gaps: gaps.map(gap).collect(),
        never_kept: question.asked.iter().filter(|name| !known.contains(name)).cloned().collect(),
        calendars: Vec::new(),
        unknown: None,
    })
}

/// What was done, or tried; nothing was where it was so already.
fn deed(evidence: Evidence) -> Option<PastDeed> {
    let outcome = match evidence.outcome.as_str() {
        "confirmed" | "here" => PastOutcome::Done,
        "refused" => PastOutcome::Refused,
        "unknown" => PastOutcome::Unknown,
        _ => return None,
    };
    let Evidence { source, key, value, who, ended_at: at, .. } = evidence;
    Some(PastDeed { at, key: TicketKey { source, key }, kind: evidence.action.as_str().parse().ok()?, value, who, outcome })
}

/// Why nothing is known, for those who read it elsewhere: where the records are is nothing to them.
pub(super) const fn why(fault: &RecordsFault) -> &'static str {
    match fault {
        RecordsFault::None { .. } => NO_RECORDS,
        _ => "the records cannot be read",
    }
}
