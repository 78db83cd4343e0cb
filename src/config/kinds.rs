//! The kinds of source: the keys that only each of them has, the fields that its map rules can name, and how it is read.

use std::sync::Arc;

use super::document::Table;
use super::server::{self, SignIn};
use super::source::{ORDER, Reader};
use crate::sources::{self, RedmineSettings, SourceKind};

/// A kind of source.
pub(super) struct KindOf {
    pub name: &'static str,
    /// Its own keys, beside those that every source has.
    keys: &'static [&'static [&'static str]],
    /// What a map rule can name; none where it has no rules.
    fields: &'static [&'static str],
}

impl KindOf {
    /// Whether it has this key.
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|keys| keys.contains(&key))
    }
}

/// All kinds, in the order in which they are told of.
pub(super) const ALL: &[KindOf] = &[
    KindOf { name: "file", keys: &[&["path"]], fields: &[] },
    KindOf { name: "redmine", keys: &[&server::KEYS, &["project", "ack_status", "map"]], fields: sources::REDMINE_FIELDS },
    KindOf { name: "local", keys: &[], fields: &[] },
    KindOf { name: "demo", keys: &[], fields: &[] },
];

/// The keys of a kind, beside those that every source has.
pub(super) fn keys(kind: &str) -> Vec<&'static str> {
    ALL.iter().filter(|known| known.name == kind).flat_map(|known| known.keys.iter().copied().flatten().copied()).collect()
}

/// The fields that the map rules of a kind can name.
pub(super) fn fields(kind: &str) -> &'static [&'static str] {
    ALL.iter().find(|known| known.name == kind).map_or(&[], |known| known.fields)
}

/// The status an acknowledgement sets in Redmine, as a fresh Redmine names it.
const ACK_STATUS: &str = "In Progress";

impl Reader<'_> {
    /// What only a kind has; `None` where something needed is missing or wrong.
    pub(super) fn kind(&mut self, kind: &str, table: &Table) -> Option<SourceKind> {
        match kind {
            "file" => self.file(table),
            "redmine" => self.redmine(table),
            "local" => Some(SourceKind::Local),
            _ => Some(SourceKind::Demo { agreements: Arc::clone(self.agreements) }),
        }
    }

    /// The text of a key, on one line.
    fn line(&mut self, table: &Table, key: &str) -> Option<String> {
        table.get(key).and_then(|value| value.line(self.problems)).map(|text| text.as_str().to_owned())
    }

    fn file(&mut self, table: &Table) -> Option<SourceKind> {
        let value = table.need("path", ORDER, "this source has no path", "add path = \"tickets.json\"", self.problems)?;
        let path = value.text(self.problems)?;
        Some(SourceKind::File { path: self.files.resolve(&value.at, path, self.problems)? })
    }

    fn redmine(&mut self, table: &Table) -> Option<SourceKind> {
        let server = server::read(table, SignIn::Key("x-redmine-api-key", ""), self.files, self.problems);
        let project = self.line(table, "project");
        let ack_status = match table.get("ack_status") {
            Some(value) => value.line(self.problems)?.as_str().to_owned(),
            None => ACK_STATUS.to_owned(),
        };
        Some(SourceKind::Redmine(RedmineSettings { server: server?, project, ack_status }))
    }
}
