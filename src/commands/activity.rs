//! What the records tell of what happened, for the activity on the dashboard.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;

use super::bookkeeper::Event;
use super::past;
use crate::app::{Activity, ActivityDeed, Message};
use crate::domain::{Outcome, SafeText, TicketKey};
use crate::records::{Evidence, Records, RecordsFault};

/// It tells of so much time.
const A_WEEK: TimeDelta = TimeDelta::days(7);

/// Reads it beside the loop of the dashboard, which is told.
pub(super) fn read_beside(records: Option<Arc<Records>>, now: DateTime<Utc>, events: mpsc::Sender<Event>) {
    tokio::task::spawn_blocking(move || {
        let activity = read(records.as_deref(), now);
        // the loop has ended: nobody asks any more
        let _ = events.blocking_send(Event::Happened(Message::Activity(activity)));
    });
}

/// What the records tell; without them nothing, and why.
fn read(records: Option<&Records>, now: DateTime<Utc>) -> Activity {
    let since = now - A_WEEK;
    let told = records.ok_or(past::NO_RECORDS).and_then(|records| of_records(records, since, now).map_err(|fault| past::why(&fault)));
    told.unwrap_or_else(|why| Activity {
        since,
        deeds: Vec::new(),
        unsent: Vec::new(),
        gaps: Vec::new(),
        unknown: Some(SafeText::line(why)),
    })
}

fn of_records(records: &Records, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Activity, RecordsFault> {
    let deeds = records.evidence(Some(since))?.into_iter().filter(|evidence| evidence.ended_at <= now).filter_map(deed);
    let unsent = records.outbox()?.into_iter().map(|entry| (entry.asked_at, entry.key, entry.deed.kind(), entry.who));
    let gaps = records.gaps(since, now)?;
    Ok(Activity { since, deeds: deeds.collect(), unsent: unsent.collect(), gaps, unknown: None })
}

/// One that came to its end; none of a kind that this program does not know.
fn deed(evidence: Evidence) -> Option<ActivityDeed> {
    let Evidence { source, key, action, note, value, who, ended_at, outcome, by, source_at, reason, .. } = evidence;
    let reason = reason.unwrap_or_else(|| SafeText::line("no reason was given"));
    let outcome = match outcome.as_str() {
        "confirmed" => Outcome::Confirmed { by, at: source_at },
        "already" => Outcome::Already { by, at: source_at },
        "here" => Outcome::Here { by: by.unwrap_or_else(|| who.clone()), at: source_at.unwrap_or(ended_at) },
        "refused" => Outcome::Refused { reason },
        _ => Outcome::Unknown { reason },
    };
    let key = TicketKey { source, key };
    Some(ActivityDeed { at: ended_at, key, kind: action.as_str().parse().ok()?, value, text: note, who, outcome })
}
