//! What somebody must hear of, and what of it is new since they last did. Knows nothing of how they are told: a hook, a bell.

use std::collections::{HashMap, HashSet};
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::board::{Board, BoardRow};
use super::source::{Health, SourceHealth};
use crate::domain::{Alarm, ClockState, Group, Severity, SourceName, TicketKey};

/// What an alarm is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A ticket.
    Ticket(TicketKey),
    /// A source itself.
    Source(SourceName),
}

impl Subject {
    /// The source it is, or is of.
    #[must_use]
    pub const fn source(&self) -> &SourceName {
        match self {
            Self::Ticket(key) => &key.source,
            Self::Source(name) => name,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(key) => key.fmt(f),
            Self::Source(name) => write!(f, "source {name}"),
        }
    }
}

/// How far the response time of a ticket is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// There is time.
    InTime,
    /// Little is left.
    AtRisk,
    /// Past due: breached, or overdue to assess.
    PastDue,
}

/// How something stands that somebody must hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A source is blind.
    Blind,
    /// A ticket is to be decided, or obliged now and unanswered.
    Open {
        /// It is to be decided.
        decide: bool,
        /// How far its time is used up.
        stage: Stage,
        /// Its severity; of one that nobody has assessed it may be any.
        severity: Option<Severity>,
        /// When it was submitted: what was submitted at another time under the same key is another.
        submitted_at: Option<DateTime<Utc>>,
    },
}

impl Standing {
    /// How a ticket stands; nothing where the agreement lets it wait, or somebody has answered.
    fn of(row: &BoardRow) -> Option<Self> {
        let decide = match row.verdict.group {
            Group::Decide => true,
            Group::Unanswered => false,
            Group::InHand | Group::Held | Group::OnClient | Group::Outside => return None,
        };
        let stage = match row.verdict.response.as_ref().map(|response| response.state) {
            Some(ClockState::Breached | ClockState::Overdue) => Stage::PastDue,
            Some(ClockState::AtRisk) => Stage::AtRisk,
            _ => Stage::InTime,
        };
        Some(Self::Open { decide, stage, severity: row.severity(), submitted_at: row.ticket.submitted_at })
    }
}

/// Whether an alarm is true of what stands in such a way. What is past due is no less at risk.
#[must_use]
pub fn is_so(alarm: Alarm, standing: Option<&Standing>) -> bool {
    match (alarm, standing) {
        (Alarm::Well, None) | (Alarm::Blind, Some(Standing::Blind)) => true,
        (Alarm::Decide, Some(Standing::Open { decide, .. })) => *decide,
        (Alarm::Unanswered, Some(Standing::Open { decide, .. })) => !decide,
        (Alarm::AtRisk, Some(Standing::Open { stage, .. })) => *stage >= Stage::AtRisk,
        (Alarm::Breached, Some(Standing::Open { stage, .. })) => *stage == Stage::PastDue,
        _ => false,
    }
}

/// What is new where something stood in the one way and stands in the other; of a ticket that became graver, all of it is.
#[must_use]
pub fn new_alarms(before: Option<&Standing>, now: Option<&Standing>) -> Vec<Alarm> {
    let (decide, stage) = match (before, now) {
        (Some(Standing::Blind), None) => return vec![Alarm::Well],
        (Some(Standing::Blind), Some(Standing::Blind)) | (_, None) => return Vec::new(),
        (_, Some(Standing::Blind)) => return vec![Alarm::Blind],
        (_, Some(Standing::Open { decide, stage, .. })) => (*decide, *stage),
    };
    let before = match (before, now) {
        (
            Some(Standing::Open { decide, stage, severity, submitted_at }),
            Some(Standing::Open { severity: new_severity, submitted_at: new_submitted_at, .. }),
        ) => {
            // S1 comes before S2
            let raised = severity.zip(*new_severity).is_some_and(|(old, new)| new < old);
            Some((*decide, *stage)).filter(|_| !raised && submitted_at == new_submitted_at)
        }
        _ => None,
    };
    let mut alarms = Vec::new();
    if before.is_none_or(|(was, _)| was != decide) {
        alarms.push(if decide { Alarm::Decide } else { Alarm::Unanswered });
    }
    if before.is_none_or(|(_, was)| was < stage) {
        match stage {
            Stage::InTime => {}
            Stage::AtRisk => alarms.push(Alarm::AtRisk),
            Stage::PastDue => alarms.push(Alarm::Breached),
        }
    }
    alarms
}

/// All that somebody must hear of at one instant, in the order of the board; and of which sources that is known.
#[derive(Debug, Default)]
pub struct Standings {
    all: Vec<(Subject, Standing)>,
    /// Each source that was heard of, and whether all its tickets are known.
    heard: HashMap<SourceName, bool>,
}

impl Standings {
    /// Of a board, as far as its sources can be believed: what is only recalled tells nothing yet.
    #[must_use]
    pub fn new(board: &Board, health: &[SourceHealth], believed: impl Fn(&SourceName) -> bool) -> Self {
        let heard = health.iter().filter(|source| source.heard && believed(&source.name));
        let heard: HashMap<SourceName, bool> = heard.map(|source| (source.name.clone(), source.as_of.is_some())).collect();
        let blind = health
            .iter()
            .filter(|source| source.health == Health::Blind)
            .map(|source| (Subject::Source(source.name.clone()), Standing::Blind));
        let tickets = board.rows.iter().filter_map(|row| Some((Subject::Ticket(row.ticket.id.clone()), Standing::of(row)?)));
        let all = blind.chain(tickets).filter(|(subject, _)| heard.contains_key(subject.source())).collect();
        Self { all, heard }
    }
}

/// Something that stands otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    /// What.
    pub subject: Subject,
    /// What is new about it; nothing where it is only no longer so.
    pub alarms: Vec<Alarm>,
}

/// What somebody has last heard of.
#[derive(Debug, Clone, Default)]
pub struct Alarms(HashMap<Subject, Standing>);

impl Alarms {
    /// Somebody who has heard of these.
    pub fn heard(heard: impl IntoIterator<Item = (Subject, Standing)>) -> Self {
        Self(heard.into_iter().collect())
    }

    /// Whether there is nothing that they must hear of.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How something stood when they last heard of it; nothing where there was nothing to hear.
    #[must_use]
    pub fn of(&self, subject: &Subject) -> Option<&Standing> {
        self.0.get(subject)
    }

    /// Forgets all of sources that are no more; returns of what.
    pub fn keep_only(&mut self, sources: &HashSet<SourceName>) -> Vec<Subject> {
        self.0.extract_if(|subject, _| !sources.contains(subject.source())).map(|(subject, _)| subject).collect()
    }

    /// Takes in how everything stands now; returns what stands otherwise. A source that is not heard of changes nothing, and one
    /// of which not all is known lets nothing go.
    pub fn take_in(&mut self, now: &Standings) -> Vec<Turned> {
        let there: HashSet<&Subject> = now.all.iter().map(|(subject, _)| subject).collect();
        let goes = |subject: &Subject| match (subject, now.heard.get(subject.source())) {
            (_, None) => false,
            (Subject::Source(_), Some(_)) => true,
            (Subject::Ticket(_), Some(whole)) => *whole,
        };
        let mut gone: Vec<Subject> = self.0.keys().filter(|subject| !there.contains(subject) && goes(subject)).cloned().collect();
        gone.sort();
        let mut turned = Vec::new();
        for subject in gone {
            let before = self.0.remove(&subject);
            turned.push(Turned { alarms: new_alarms(before.as_ref(), None), subject });
        }
        for (subject, standing) in &now.all {
            let before = self.0.get(subject);
            if before == Some(standing) {
                continue;
            }
            turned.push(Turned { alarms: new_alarms(before, Some(standing)), subject: subject.clone() });
            self.0.insert(subject.clone(), standing.clone());
        }
        turned
    }
}
