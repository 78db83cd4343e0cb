//! How an edit of the configuration reaches the works: what it leaves as it was goes on, what it changes is asked anew.

use std::sync::Arc;

use chrono_tz::Tz;

use super::delivery::write_beside;
use super::kept;
use super::works::{Poll, Polled, Works};
use crate::app::{Configured, ConfiguredSource, Effect, Message, SourceRules, StaysKnown};
use crate::domain::{Agreements, PollReport};
use crate::records::RecordedSource;

/// What an edit makes of one source.
pub(super) enum EditedSource {
    /// It is polled as before.
    Same(SourceRules),
    /// It is to be asked or read otherwise, or is another, or new.
    Other(Polled, StaysKnown),
}

impl EditedSource {
    const fn rules(&self) -> &SourceRules {
        match self {
            Self::Same(rules) | Self::Other(Polled { rules, .. }, _) => rules,
        }
    }
}

impl Works {
    /// Puts what the configuration says from now on in the place of what it said before; `sources` in its order. What it asks for
    /// that only the caller can do.
    pub(super) async fn configure(
        &mut self,
        (agreements, zone): (Arc<Agreements>, Tz),
        sources: Vec<EditedSource>,
        recorded: Vec<RecordedSource>,
    ) -> Vec<Effect> {
        let is_same = |poll: &Poll| {
            let name = poll.source.name();
            sources.iter().any(|source| matches!(source, EditedSource::Same(rules) if rules.name == *name))
        };
        let (mut stay, go): (Vec<Poll>, Vec<Poll>) = std::mem::take(&mut self.polls).into_iter().partition(is_same);
        let rearranged = !go.is_empty() || sources.iter().any(|source| matches!(source, EditedSource::Other(..)));
        for Poll { poller, shared, .. } in go {
            poller.end().await;
            if let Some(shared) = shared {
                shared.let_go().await;
            }
        }
        let now = (self.clock)();
        let mut effects = Vec::new();
        let (mut new, mut faults, mut configured) = (Vec::new(), Vec::new(), Vec::new());
        let waiting: Vec<PollReport> = std::iter::from_fn(|| self.reports.1.try_recv().ok()).collect();
        let order: Vec<_> = sources.iter().map(|source| source.rules().name.clone()).collect();
        let told = waiting.into_iter().filter(|report| stay.iter().any(|poll| *poll.source.name() == report.source));
        let told: Vec<PollReport> = told.collect();
        if rearranged {
            self.tell_records(recorded).await;
        }
        let written = self.records.as_ref().filter(|_| self.bookkeeper.is_some());
        for source in sources {
            let rules = source.rules().clone();
            let stays = match source {
                EditedSource::Same(_) => StaysKnown::All,
                EditedSource::Other(polled, stays) => {
                    if stays == StaysKnown::Nothing {
                        new.push(rules.name.clone());
                    }
                    match polled.source {
                        Ok(source) => stay.push(Poll::begin(source, &rules, polled.in_records, written, &self.clock, &self.reports.0)),
                        Err(fault) => {
                            faults.push(PollReport { source: rules.name.clone(), began_at: now, ended_at: now, outcome: Err(fault) });
                        }
                    }
                    stays
                }
            };
            let poll = stay.iter().find(|poll| *poll.source.name() == rules.name);
            configured.push(ConfiguredSource { rules, capabilities: poll.map(|poll| poll.source.capabilities()), stays });
        }
        stay.sort_by_key(|poll| order.iter().position(|name| name == poll.source.name()));
        self.polls = stay;
        let local = self.polls.iter().find(|poll| poll.in_records).map(|poll| poll.source.name().clone());
        let configured = Configured { agreements, zone, sources: configured, local };
        effects.extend(self.happened(Message::Configured(Box::new(configured))));
        if let Some(records) = self.records.clone() {
            for warning in kept::recall(&mut self.model, &records, &new, now) {
                effects.extend(self.happened(Message::Warned(warning)));
            }
        }
        for report in told.into_iter().chain(faults) {
            effects.extend(self.polled(report));
        }
        if rearranged {
            // what waits to be sent is sent to the sources of now
            self.release().await;
            if let Some(bookkeeper) = &self.bookkeeper {
                bookkeeper.look();
            }
        }
        effects
    }

    async fn tell_records(&mut self, recorded: Vec<RecordedSource>) {
        match (&self.bookkeeper, &self.records) {
            (Some(bookkeeper), _) => bookkeeper.configure(recorded).await,
            // they are only read: what is not known of a source then is not told of it
            (None, Some(records)) => drop(write_beside(records, move |records| records.configure(&recorded)).await),
            (None, None) => {}
        }
    }
}
