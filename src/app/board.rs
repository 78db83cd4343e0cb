//! The board: tickets with their verdicts, in the order of the contract, and what is counted over all of them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{Ticket, Verdict};

/// One ticket with its verdict.
#[derive(Debug, Clone)]
pub struct BoardRow {
    /// The ticket.
    pub ticket: Arc<Ticket>,
    /// What is obliged.
    pub verdict: Verdict,
}

/// All open tickets at one instant, in the order of the contract.
#[derive(Debug, Clone)]
pub struct Board {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The tickets in order: group, severity (unassessed first), due, source, key.
    pub rows: Vec<BoardRow>,
}
