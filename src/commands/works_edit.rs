//! How an edit of the configuration reaches the works: what it leaves as it was goes on, what it changes is asked anew.

use std::collections::HashSet;
use std::pin::pin;

use super::bookkeeper::Event;
use super::delivery::write_beside;
use super::kept::Remembered;
use super::works::{Incoming, News, Poll, Polled, Works};
use crate::app::{Configured, ConfiguredRules, ConfiguredSource, Effect, Message, SourceRules, StaysKnown};
use crate::domain::SourceName;
use crate::records::RecordedSource;

/// What the configuration says from now on.
pub struct Edited {
    /// What is not of one source.
    pub rules: ConfiguredRules,
    /// The sources in its order.
    pub sources: Vec<EditedSource>,
    /// The same, as the records know them.
    pub recorded: Vec<RecordedSource>,
}

impl Edited {
    /// The sources that are those that they were.
    pub(super) fn staying(&self) -> HashSet<SourceName> {
        let stay = self.sources.iter().filter(|source| source.stays() != StaysKnown::Nothing);
        stay.map(|source| source.rules().name.clone()).collect()
    }
}

/// What an edit makes of one source.
pub enum EditedSource {
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

    const fn stays(&self) -> StaysKnown {
        match self {
            Self::Same(_) => StaysKnown::All,
            Self::Other(_, stays) => *stays,
        }
    }
}

impl Works {
    /// Puts what the configuration says from now on in the place of what it said before. What it asks for that only the caller can
    /// do, and what it takes off the board that somebody is needed for.
    ///
    /// What is delivered goes on as it was begun: where a source changes, nothing of this process may be under way.
    pub async fn configure(&mut self, edited: Edited) -> (Vec<Effect>, Vec<String>) {
        let stay_known = edited.staying();
        let Edited { rules, sources, recorded } = edited;
        let same = sources.iter().filter(|source| matches!(source, EditedSource::Same(_)));
        let same: HashSet<SourceName> = same.map(|source| source.rules().name.clone()).collect();
        let before = std::mem::take(&mut self.polls);
        let (mut stay, go): (Vec<Poll>, Vec<Poll>) = before.into_iter().partition(|poll| same.contains(poll.source.name()));
        // one that could not be opened may go too
        let known = self.model.store.health(self.model.now).len();
        let rearranged = same.len() < sources.len().max(known);
        for Poll { poller, shared, .. } in go {
            poller.end().await;
            if let Some(shared) = shared {
                shared.let_go().await;
            }
        }
        while let Ok(report) = self.reports.1.try_recv() {
            if same.contains(&report.source) {
                self.put_by.push_back(News(Incoming::Report(report)));
            }
        }
        let order: Vec<SourceName> = sources.iter().map(|source| source.rules().name.clone()).collect();
        let new: Vec<SourceName> = order.iter().filter(|name| !stay_known.contains(name)).cloned().collect();
        let mut remembered = Remembered::default();
        if rearranged {
            self.tell_records(recorded, &stay_known).await;
            if let Some(records) = &self.records {
                let read = write_beside(records, move |records| Ok(Remembered::read(records, &new))).await;
                remembered = read.unwrap_or_else(|fault| Remembered::of_fault(&fault));
            }
        }
        let now = (self.clock)();
        let written = self.records.as_ref().filter(|_| self.bookkeeper.is_some());
        let mut configured = Vec::new();
        for source in sources {
            let (rules, stays) = (source.rules().clone(), source.stays());
            if let EditedSource::Other(polled, _) = source {
                match polled.source {
                    Ok(source) => stay.push(Poll::begin(source, &rules, polled.in_records, written, &self.clock, &self.reports.0)),
                    Err(fault) => self.put_by.push_back(News::fault(rules.name.clone(), now, fault)),
                }
            }
            let poll = stay.iter().find(|poll| *poll.source.name() == rules.name);
            configured.push(ConfiguredSource { rules, capabilities: poll.map(|poll| poll.source.capabilities()), stays });
        }
        stay.sort_by_key(|poll| order.iter().position(|name| name == poll.source.name()));
        self.polls = stay;
        let local = self.polls.iter().find(|poll| poll.in_records).map(|poll| poll.source.name().clone());
        let configured = Configured { rules, sources: configured, local };
        let lost = configured.lost(&self.model);
        let mut effects = self.happened(Message::Configured(Box::new(configured)));
        for warning in remembered.recall(&mut self.model, now) {
            effects.extend(self.happened(Message::Warned(warning)));
        }
        if let Some(bookkeeper) = self.bookkeeper.as_ref().filter(|_| rearranged) {
            bookkeeper.look();
        }
        (effects, lost)
    }

    /// Tells the records which sources there are from now on, and which of them stay known.
    async fn tell_records(&mut self, recorded: Vec<RecordedSource>, stay_known: &HashSet<SourceName>) {
        let Some(records) = &self.records else { return };
        let Some(bookkeeper) = &self.bookkeeper else {
            // they are only read: what is not known of a source then is not told of it
            return drop(write_beside(records, move |records| records.configure(&recorded)).await);
        };
        let mut told = Vec::new();
        let mut known = pin!(bookkeeper.configure(recorded));
        // the bookkeeper may wait for room for what it tells: who waited for it and took in nothing would wait for ever
        loop {
            tokio::select! {
                biased;
                () = &mut known => break,
                Some(event) = self.events.1.recv() => told.push(event),
            }
        }
        told.extend(std::iter::from_fn(|| self.events.1.try_recv().ok()));
        for event in told {
            match event {
                // it was taken over for a source that is no more: another of that name is not told of it
                Event::Adopted(entry) if !stay_known.contains(&entry.key.source) => {
                    let _ = write_beside(records, move |records| records.release(entry.id)).await;
                }
                event => self.put_by.push_back(News(Incoming::Event(event))),
            }
        }
    }
}
