//! What somebody is to hear of, though they look at no board.

use serde::{Deserialize, Serialize};

/// How something has changed that somebody is to hear of; of a ticket the graver is the later.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Alarm {
    /// A ticket is obliged now, and nobody has answered it.
    Unanswered,
    /// A person must first settle something about a ticket.
    Decide,
    /// Little is left of the response time of such a ticket.
    AtRisk,
    /// Nothing is left of it: the response is breached, or the assessment overdue.
    Breached,
    /// Of a source nothing is known any more.
    Blind,
    /// A source that was blind tells of its tickets again.
    Well,
}
