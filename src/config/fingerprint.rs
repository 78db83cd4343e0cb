//! What stands for the text of an agreement in the evidence: a hash of its settings, whatever their order and layout.

use std::fmt::Write as _;

use super::document::{Kind, Table, Value};
use crate::domain::{SafeText, sha256};

/// The SHA-256 of a table's settings, in hexadecimal. A file that it names counts by its path.
pub(super) fn of(table: &Table) -> SafeText {
    let mut text = String::new();
    write_table(table, &mut text);
    sha256(&text)
}

fn write_table(table: &Table, out: &mut String) {
    let mut entries: Vec<_> = table.entries.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    for entry in entries {
        let _ = write!(out, "{:?}=", entry.key);
        write_value(&entry.value, out);
        out.push(';');
    }
}

fn write_value(value: &Value, out: &mut String) {
    match &value.kind {
        Kind::List(list) => {
            out.push('[');
            for value in list {
                write_value(value, out);
                out.push(',');
            }
            out.push(']');
        }
        Kind::Table(table) => {
            out.push('{');
            write_table(table, out);
            out.push('}');
        }
        // quoted, so that no two values look alike
        plain => {
            let _ = write!(out, "{plain:?}");
        }
    }
}
