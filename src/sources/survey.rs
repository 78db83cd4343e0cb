//! What the fields that map rules can name hold in the tickets of a source: noted while its tickets are read, for who writes
//! the first rules.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{SafeText, Severity};

/// More fields, or values of one, are no choice that a person makes.
const MOST_FIELDS: usize = 60;
const MOST_VALUES: usize = 60;
/// What is longer, in bytes, is no name.
const LONGEST_NAME: usize = 200;

/// What was seen so far. Clones share it: a source notes, and who made the settings reads.
#[derive(Debug, Clone, Default)]
pub struct Survey(Arc<Mutex<Vec<SeenField>>>);

/// A field by the name that map rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenField {
    /// `priority` or `labels.team`.
    pub name: SafeText,
    /// Its values, in the order of the source's own vocabulary where it has one, else as they were seen.
    pub values: Vec<SeenValue>,
    /// It has more of them than are kept, or some that are no names.
    pub more: bool,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenValue {
    /// The value.
    pub value: SafeText,
    /// How severe the kind of source itself takes it to be, of a field that it reads so.
    pub severity: Option<Severity>,
    /// In how many tickets it was seen.
    pub tickets: usize,
}

impl Survey {
    /// What was seen, in the order in which the fields were noted.
    #[must_use]
    pub fn seen(&self) -> Vec<SeenField> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes a value that the source has a word for, whether or not any ticket has it.
    pub(super) fn offer(&self, field: &str, value: &str, severity: Option<Severity>) {
        self.note(field, value, severity, 0);
    }

    /// Notes the fields of one ticket, as far as they have these names; `severe` is the one that the kind reads a severity from,
    /// and what it reads.
    pub(super) fn note_ticket(&self, names: &[String], field: impl Fn(&str) -> Vec<String>, severe: (&str, Option<Severity>)) {
        for name in names {
            let severity = severe.1.filter(|_| severe.0 == name);
            for value in field(name) {
                self.note(name, &value, severity, 1);
            }
        }
    }

    fn note(&self, field: &str, value: &str, severity: Option<Severity>, tickets: usize) {
        let (name, value) = (SafeText::line(field), SafeText::line(value.trim()));
        if value.as_str().is_empty() {
            return;
        }
        let mut fields = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = fields.iter().position(|seen| seen.name == name).or_else(|| {
            (fields.len() < MOST_FIELDS).then(|| {
                fields.push(SeenField { name, values: Vec::new(), more: false });
                fields.len() - 1
            })
        });
        let Some(seen) = place.and_then(|place| fields.get_mut(place)) else { return };
        if value.as_str().len() > LONGEST_NAME {
            seen.more = true;
        } else if let Some(known) = seen.values.iter_mut().find(|known| known.value.eq_ignore_case(&value)) {
            known.tickets += tickets;
            known.severity = known.severity.or(severity);
        } else if seen.values.len() < MOST_VALUES {
            seen.values.push(SeenValue { value, severity, tickets });
        } else {
            seen.more = true;
        }
    }
}
