//! When the terminal rings: the one alert that reaches a person through a multiplexer. Once for what is new and must be heard of,
//! and again while it stands and nobody is there; never for what may wait.

use chrono::{DateTime, TimeDelta, Utc};

use super::alarms::{Alarms, Standings};
use super::model::Model;
use super::source::SourceHealth;
use crate::domain::Alarm;

/// However much is new, it rings once in so long.
const APART: TimeDelta = TimeDelta::seconds(10);

/// When the terminal rings.
#[derive(Debug)]
pub struct Bell {
    /// After how long without a key it rings again while something is unanswered.
    again: TimeDelta,
    heard: Alarms,
    /// What it last looked at.
    looked_at: Option<(u64, Vec<SourceHealth>)>,
    /// Something is new that it has not rung for.
    owed: bool,
    rang_at: Option<DateTime<Utc>>,
}

impl Bell {
    /// One that has not rung.
    #[must_use]
    pub fn new(again: TimeDelta) -> Self {
        Self { again, heard: Alarms::default(), looked_at: None, owed: false, rang_at: None }
    }

    /// Whether it is to ring now; then it has.
    pub fn rings(&mut self, model: &Model) -> bool {
        self.look(model);
        let now = model.now;
        // by a clock that was set back since, it rang in the future
        self.rang_at = self.rang_at.filter(|at| *at <= now);
        let rings = self.rings_at(model).is_some_and(|at| at <= now);
        if rings {
            self.rang_at = Some(now);
            self.owed = false;
        }
        rings
    }

    /// When it will ring if nothing else happens until then.
    #[must_use]
    pub fn rings_at(&self, model: &Model) -> Option<DateTime<Utc>> {
        if model.rules.frozen {
            return None;
        }
        if self.owed {
            return Some(self.rang_at.map_or(model.now, |at| at + APART));
        }
        let quiet_since = self.rang_at?.max(model.last_key().unwrap_or(DateTime::UNIX_EPOCH));
        (model.counts.untaken() > 0).then(|| quiet_since + self.again)
    }

    /// Takes in how everything stands, where that may be otherwise than when it last looked.
    fn look(&mut self, model: &Model) {
        let looks_at = (model.boards, model.store.health(model.now));
        if self.looked_at.as_ref() == Some(&looks_at) {
            return;
        }
        let turned = self.heard.take_in(&Standings::new(&model.board, &looks_at.1, |_| true));
        let is_loud = |alarm: &Alarm| *alarm != Alarm::Well;
        self.owed |= turned.iter().flat_map(|turned| &turned.alarms).any(is_loud);
        // what nobody must hear of any more need not be rung for
        self.owed &= !self.heard.is_empty();
        self.looked_at = Some(looks_at);
    }
}
