//! Of which sources it is known how things stand: what the hooks are judged by. It is never older than what they were judged by
//! before, whichever process ran them then.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::domain::{PollReport, SourceName, instant};

/// What each source told last, as far as that can be believed.
#[derive(Debug, Default)]
pub(super) struct Believed {
    told: HashMap<SourceName, Last>,
    /// When what they were judged by had ended.
    judged: HashMap<SourceName, DateTime<Utc>>,
    /// The program stood until then: what was told before may be over.
    since: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Last {
    ended_at: DateTime<Utc>,
    /// Nobody was told more than before.
    failed: bool,
}

impl Believed {
    /// A source told something, or failed to; to us, or to another process.
    pub fn heard(&mut self, report: &PollReport) {
        let recorded = report.outcome.as_ref().ok().and_then(|pass| pass.recorded.as_ref());
        let fails_elsewhere = recorded.is_some_and(|recorded| recorded.fault.is_some());
        // the records have whole seconds
        let ended_at = instant::whole_seconds(report.ended_at);
        if fails_elsewhere || self.since.is_none_or(|since| ended_at >= since) {
            self.told.insert(report.source.clone(), Last { ended_at, failed: fails_elsewhere || report.outcome.is_err() });
        }
    }

    /// Whether it is known how things stand at a source.
    pub fn is_believed(&self, source: &SourceName) -> bool {
        let judged = self.judged.get(source);
        self.told.get(source).is_some_and(|last| last.failed || judged.is_none_or(|judged| last.ended_at >= *judged))
    }

    /// The hooks are judged by what these sources told: when that had ended.
    pub fn judge<'a>(&mut self, sources: impl Iterator<Item = &'a SourceName>) -> Vec<(SourceName, DateTime<Utc>)> {
        let last = |source: &SourceName| Some((source.clone(), self.told.get(source)?.ended_at));
        let judged: HashMap<_, _> = sources.filter_map(last).collect();
        self.judged.extend(judged.clone());
        judged.into_iter().collect()
    }

    /// Goes on from what whoever ran the hooks before judged by; what was judged in the future was so by a wrong clock.
    pub fn go_on(&mut self, judged: Vec<(SourceName, DateTime<Utc>)>, now: DateTime<Utc>) {
        self.judged = judged.into_iter().filter(|(_, at)| *at <= now).collect();
    }

    /// The configuration has no other sources any more.
    pub fn keep_only(&mut self, sources: &HashSet<SourceName>) {
        self.told.retain(|source, _| sources.contains(source));
        self.judged.retain(|source, _| sources.contains(source));
    }

    /// The program stood until now.
    pub fn went_on(&mut self, now: DateTime<Utc>) {
        self.told.clear();
        self.since = Some(instant::whole_seconds(now));
    }
}
