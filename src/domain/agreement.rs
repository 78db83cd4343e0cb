//! The support agreement with a client, as data, and which agreement covers a ticket.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::calendar::Calendar;
use super::response_table::ResponseTable;
use super::safe_text::SafeText;
use super::severity::Severity;
use super::ticket::Ticket;

/// Where in the configuration something is said, for explanations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file as the user would name it.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

/// To when an issue that is not covered at its submission is held over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HoldOverTo {
    /// The first covered instant at or after the next opening.
    #[default]
    NextWorkingDay,
    /// The first covered instant after the submission.
    NextCoveredWindow,
}

/// What ends the response clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnsweredBy {
    /// The acknowledgement.
    #[default]
    Acknowledgement,
    /// The first note that the client can read and that a person wrote.
    WordToClient,
}

/// Work that is chargeable whatever its severity: the ticket's field has this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeableRule {
    /// Which member of the ticket.
    pub field: ChargeableField,
    /// The value, compared without case.
    pub is: SafeText,
    /// Where it is said.
    pub origin: Origin,
}

/// The members of a ticket that a chargeable rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum ChargeableField {
    /// The service or product.
    Service,
    /// The channel of the submission.
    Channel,
    /// The client.
    Client,
    /// The support level.
    SupportLevel,
    /// The severity, `S4`.
    Severity,
}

/// A support contract.
#[derive(Debug)]
pub struct Agreement {
    /// Its name, unique in the configuration.
    pub name: SafeText,
    /// Patterns of the clients it is with, in the order written.
    pub clients: Vec<SafeText>,
    /// First day of submission it covers, in its zone.
    pub valid_from: Option<NaiveDate>,
    /// Last day of submission it covers, in its zone.
    pub valid_to: Option<NaiveDate>,
    /// Zone, office hours, bank holidays, windows.
    pub calendar: Calendar,
    /// Covers work up to and including this level; `None` covers all.
    pub support_level: Option<SafeText>,
    /// All levels in order, the shallowest first.
    pub support_levels: Arc<[SafeText]>,
    /// Where an uncovered issue is held over to.
    pub hold_over_to: HoldOverTo,
    /// What ends the response clock.
    pub answered_by: AnsweredBy,
    /// The last part of the response time in which a clock is at risk, in millionths; 0 switches it off.
    pub at_risk_ppm: u32,
    /// The client's own words for severities.
    pub severity_names: [Option<SafeText>; 5],
    /// A note for the engineer.
    pub note: Option<SafeText>,
    /// Work that is chargeable in any case.
    pub chargeable: Vec<ChargeableRule>,
    /// How soon the client is answered.
    pub response: ResponseTable,
    /// How soon the issue is resolved, where agreed.
    pub resolve: Option<ResponseTable>,
    /// How often the client hears of it, where agreed.
    pub update: Option<ResponseTable>,
    /// Where the agreement begins in the configuration.
    pub origin: Origin,
    /// Stands for what it says: the SHA-256 of its settings, those of its template included, in hexadecimal. Comments,
    /// order and layout do not count.
    pub text_hash: SafeText,
}

impl Agreement {
    /// The highest severity that has a row in the response table.
    #[must_use]
    pub fn highest_severity(&self) -> Option<Severity> {
        Severity::ALL.into_iter().find(|s| self.response.row(*s).is_some())
    }

    /// The position of a level in the ordered list, without case; `None` where the list does not have it.
    #[must_use]
    pub fn level_index(&self, level: &SafeText) -> Option<usize> {
        self.support_levels.iter().position(|l| l.eq_ignore_case(level))
    }

    /// Whether the date of an instant, in the agreement's zone, lies in its validity.
    #[must_use]
    pub fn is_valid_on(&self, submitted: DateTime<Utc>) -> bool {
        let date = submitted.with_timezone(&self.calendar.zone()).date_naive();
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }
}

/// Why no agreement covers a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAgreement {
    /// The source names an agreement that does not exist.
    UnknownName {
        /// The name as the source spells it.
        name: SafeText,
        /// The nearest name there is.
        nearest: Option<SafeText>,
    },
    /// The ones that match do not cover the date of submission.
    OutOfDate {
        /// The first of them.
        name: SafeText,
    },
    /// No pattern fits the client.
    NoMatch {
        /// The client as the source spells it.
        client: Option<SafeText>,
        /// The nearest agreement.
        nearest: Option<SafeText>,
    },
}

impl fmt::Display for NoAgreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = match self {
            Self::UnknownName { name, nearest } => {
                write!(f, "no agreement is named '{name}'")?;
                nearest
            }
            Self::OutOfDate { name } => return write!(f, "agreement {name} is not valid on the date of submission"),
            Self::NoMatch { client: None, .. } => return write!(f, "no agreement matches: the ticket names no client"),
            Self::NoMatch { client: Some(client), nearest } => {
                write!(f, "no agreement matches '{client}'")?;
                nearest
            }
        };
        nearest.as_ref().map_or(Ok(()), |nearest| write!(f, " (nearest: {nearest})"))
    }
}

/// For so many texts it is kept which name is nearest.
const NEAREST_KNOWN: usize = 10_000;

/// All agreements of the configuration, ready to be matched.
#[derive(Debug, Default)]
pub struct Agreements {
    list: Vec<Arc<Agreement>>,
    globs: GlobSet,
    /// For each glob of the set, the agreement it belongs to.
    owner: Vec<usize>,
    /// What was found to be nearest to each text so far: one misspelt client has many tickets.
    nearest: Mutex<HashMap<String, Option<SafeText>>>,
}

/// A client pattern that is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{pattern}' is no client pattern: {reason}")]
pub struct BadPattern {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Agreements {
    /// The name of the agreement that takes what no pattern matches.
    pub const DEFAULT: &str = "default";

    /// Prepares the agreements for matching, in configuration order.
    ///
    /// # Errors
    /// The first client pattern that is no glob.
    pub fn new(list: Vec<Agreement>) -> Result<Self, BadPattern> {
        let mut builder = GlobSetBuilder::new();
        let mut owner = Vec::new();
        for (index, agreement) in list.iter().enumerate() {
            for pattern in &agreement.clients {
                builder.add(client_glob(pattern.as_str())?);
                owner.push(index);
            }
        }
        let globs = builder.build().map_err(|e| BadPattern { pattern: "clients".into(), reason: e.kind().to_string() })?;
        Ok(Self { list: list.into_iter().map(Arc::new).collect(), globs, owner, nearest: Mutex::default() })
    }

    /// All agreements in configuration order.
    #[must_use]
    pub fn all(&self) -> &[Arc<Agreement>] {
        &self.list
    }

    /// The agreement of a name, written in any case.
    ///
    /// # Errors
    /// Where there is none; with the nearest name.
    pub fn named(&self, name: &SafeText) -> Result<&Arc<Agreement>, NoAgreement> {
        let found = self.list.iter().find(|a| a.name == *name).or_else(|| self.list.iter().find(|a| a.name.eq_ignore_case(name)));
        found.ok_or_else(|| NoAgreement::UnknownName { name: name.clone(), nearest: self.nearest(name) })
    }

    /// The agreement that covers a ticket submitted at `submitted`.
    ///
    /// # Errors
    /// Why there is none; the ticket is then `decide`.
    pub fn find(&self, ticket: &Ticket, submitted: DateTime<Utc>) -> Result<&Arc<Agreement>, NoAgreement> {
        if let Some(name) = &ticket.agreement {
            let Some(found) = self.list.iter().find(|a| a.name == *name) else {
                return Err(NoAgreement::UnknownName { name: name.clone(), nearest: self.nearest(name) });
            };
            return if found.is_valid_on(submitted) { Ok(found) } else { Err(NoAgreement::OutOfDate { name: found.name.clone() }) };
        }
        let mut matching: Vec<usize> = match &ticket.client {
            Some(client) => self.globs.matches(client.as_str()).into_iter().map(|g| self.owner[g]).collect(),
            None => Vec::new(),
        };
        matching.sort_unstable();
        if let Some(valid) = matching.iter().map(|i| &self.list[*i]).find(|a| a.is_valid_on(submitted)) {
            return Ok(valid);
        }
        if let Some(first) = matching.first() {
            return Err(NoAgreement::OutOfDate { name: self.list[*first].name.clone() });
        }
        match self.list.iter().find(|a| a.name.as_str() == Self::DEFAULT) {
            Some(default) if default.is_valid_on(submitted) => Ok(default),
            Some(default) => Err(NoAgreement::OutOfDate { name: default.name.clone() }),
            None => {
                Err(NoAgreement::NoMatch { client: ticket.client.clone(), nearest: ticket.client.as_ref().and_then(|c| self.nearest(c)) })
            }
        }
    }

    /// The agreement whose name or patterns look most like `text`.
    fn nearest(&self, text: &SafeText) -> Option<SafeText> {
        let wanted = text.as_str().to_lowercase();
        let known = || self.nearest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nearest) = known().get(&wanted) {
            return nearest.clone();
        }
        // not under the lock: others look for other names meanwhile
        let nearest = self
            .list
            .iter()
            .map(|a| {
                let score = std::iter::once(&a.name)
                    .chain(&a.clients)
                    .map(|n| strsim::jaro_winkler(&n.as_str().to_lowercase(), &wanted))
                    .fold(0.0, f64::max);
                (score, a)
            })
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, a)| a.name.clone());
        let mut known = known();
        if known.len() < NEAREST_KNOWN {
            known.insert(wanted, nearest.clone());
        }
        nearest
    }
}

/// A client pattern: a glob, compared without case.
///
/// # Errors
/// Where the pattern is no glob.
pub fn client_glob(pattern: &str) -> Result<globset::Glob, BadPattern> {
    GlobBuilder::new(pattern)
        .case_insensitive(true)
        .build()
        .map_err(|e| BadPattern { pattern: pattern.to_owned(), reason: e.kind().to_string() })
}
