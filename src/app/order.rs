//! The order of the board: group, severity (unassessed first), due, source, key.

use std::cmp::Ordering;

use crate::domain::{Group, SafeText, Severity, SourceName};

use super::board::BoardRow;

/// Where a row stands; rows are sorted by it. Later than any instant is [`i64::MAX`].
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    group: Group,
    /// `None`, unassessed, comes first.
    severity: Option<Severity>,
    /// The release of a held ticket; the same for all others.
    release: i64,
    due: i64,
    source: SourceName,
    key: NaturalKey,
}

impl Place {
    pub fn of(row: &BoardRow) -> Self {
        let verdict = &row.verdict;
        let seconds = |at: Option<chrono::DateTime<chrono::Utc>>| at.map_or(i64::MAX, |at| at.timestamp());
        Self {
            group: verdict.group,
            severity: row.severity(),
            release: if verdict.group == Group::Held { seconds(verdict.held_until) } else { i64::MAX },
            due: seconds(verdict.response.as_ref().and_then(|r| r.due)),
            source: row.ticket.id.source.clone(),
            key: NaturalKey(row.ticket.id.key.clone()),
        }
    }
}

/// A key in natural order: ACME-9 comes before ACME-12.
#[derive(PartialEq, Eq)]
struct NaturalKey(SafeText);

impl Ord for NaturalKey {
    fn cmp(&self, other: &Self) -> Ordering {
        natural(self.0.as_str(), other.0.as_str())
    }
}

impl PartialOrd for NaturalKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares runs of digits as numbers and everything else as text.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut rest, mut other) = (a, b);
    while !rest.is_empty() && !other.is_empty() {
        let (mine, theirs) = (run(rest), run(other));
        let ordering = if is_number(mine) && is_number(theirs) { numbers(mine, theirs) } else { mine.cmp(theirs) };
        if ordering.is_ne() {
            return ordering;
        }
        (rest, other) = (&rest[mine.len()..], &other[theirs.len()..]);
    }
    // 7 and 007 are one number: the text decides
    rest.len().cmp(&other.len()).then_with(|| a.cmp(b))
}

/// Compares two runs of digits of any length as numbers.
fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn is_number(run: &str) -> bool {
    run.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// The longest run of digits, or of anything but digits, at the beginning.
fn run(text: &str) -> &str {
    let digits = is_number(text);
    // a digit is a byte of its own: the ends of a run are ends of characters
    let end = text.bytes().position(|b| b.is_ascii_digit() != digits).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count_as_numbers() {
        let mut keys = ["ACME-12", "ACME-9", "acme-1", "ACME-9b", "ACME-009", "ACME", "7", "12", "ACME-9-2", "ACME-9-10", "A1B2", "A1B10"];
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(
            keys,
            ["7", "12", "A1B2", "A1B10", "ACME", "ACME-009", "ACME-9", "ACME-9-2", "ACME-9-10", "ACME-9b", "ACME-12", "acme-1"]
        );
    }
}
