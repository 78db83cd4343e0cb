//! `[[source]]`: where tickets come from.

use std::sync::Arc;
use std::time::Duration;

use super::agreement::Levels;
use super::document::{Kind, Table, shown};
use super::duration;
use super::files::Files;
use super::kinds;
use super::map;
use super::nearest;
use super::problem::Problems;
use super::zone;
use crate::domain::{Agreements, SafeText, Severity, SourceName};
use crate::sources::SourceSettings;

/// Keys that every source has.
pub(super) const COMMON_KEYS: &[&str] = &["name", "kind", "timezone", "client", "poll_every", "blind_after", "unassessed_as"];

/// The usual order of the keys that are needed.
pub(super) const ORDER: &[&str] = &["name", "kind", "path", "url", "auth", "user", "auth_header", "token_file"];

/// Keys that a person might expect to hold a secret.
const SECRETS: [&str; 5] = ["key", "api_key", "password", "secret", "user"];

/// What sources are read with.
pub(super) struct Reader<'a> {
    pub files: &'a Files,
    pub agreements: &'a Arc<Agreements>,
    pub levels: &'a Levels,
    /// For sources that do not say.
    pub poll_every: Duration,
    /// For sources that do not say.
    pub blind_after: Duration,
    pub problems: &'a mut Problems,
}

impl Reader<'_> {
    /// A source; `None` where something needed is missing or wrong.
    pub fn source(&mut self, table: &Table) -> Option<SourceSettings> {
        let name = self.name(table);
        let kind_name = self.kind_name(table);
        self.keys(table, kind_name);
        let poll_every = self.duration(table, "poll_every");
        let blind_after = self.duration(table, "blind_after");
        let timezone = table.get("timezone").and_then(|v| zone::read(v, self.problems));
        let client = table.get("client").and_then(|v| v.line(self.problems));
        let unassessed_as = self.unassessed_as(table);
        let kind = self.kind(kind_name?, table);
        let fields = kinds::fields(kind_name?, table);
        let map = table.get("map").filter(|_| !fields.is_empty());
        let map = map.map_or_else(Vec::new, |rules| map::read(rules, &fields, self.agreements, self.levels, self.problems));
        let (poll_every, blind_after) = (poll_every.unwrap_or(self.poll_every), blind_after.unwrap_or(self.blind_after));
        if blind_after < poll_every {
            let at = table.get("blind_after").or(table.get("poll_every")).map_or(&table.at, |v| &v.at);
            let what = "blind_after is shorter than poll_every: the source is blind between any two polls";
            self.problems.warning(at, what, "let blind_after be several times poll_every");
        }
        Some(SourceSettings {
            name: SourceName::new(name?.as_str()),
            kind: kind?,
            poll_every,
            blind_after,
            timezone,
            client,
            unassessed_as,
            map,
            survey: None,
            origin: table.at.origin(),
        })
    }

    fn name(&mut self, table: &Table) -> Option<SafeText> {
        let value = table.need("name", ORDER, "this source has no name", "add name = \"helpdesk\", or another", self.problems)?;
        let name = value.line(self.problems)?;
        if name.as_str().contains('/') {
            self.problems.error(&value.at, "a source's name has no /", "tickets are named SOURCE/KEY: leave the / out");
            return None;
        }
        Some(name)
    }

    fn kind_name(&mut self, table: &Table) -> Option<&'static str> {
        let kinds: Vec<&str> = kinds::ALL.iter().map(|kind| kind.name).collect();
        let help = format!("add kind = \"redmine\": there are {}", kinds.join(", "));
        let value = table.need("kind", ORDER, "this source has no kind", help, self.problems)?;
        let text = value.text(self.problems)?;
        let kind = kinds.iter().copied().find(|kind| *kind == text);
        if kind.is_none() {
            let what = format!("there is no kind of source '{}'", shown(text));
            self.problems.error(&value.at, what, nearest::suggest(text, &kinds));
        }
        kind
    }

    /// Reports keys that no source has, or not this kind.
    fn keys(&mut self, table: &Table, kind: Option<&str>) {
        for entry in &table.entries {
            let key = entry.key.as_str();
            let owners: Vec<&str> = kinds::ALL.iter().filter(|kind| kind.has(key)).map(|kind| kind.name).collect();
            if COMMON_KEYS.contains(&key) || kind.is_some_and(|kind| owners.contains(&kind)) || (kind.is_none() && !owners.is_empty()) {
                continue;
            }
            let all: Vec<&str> = COMMON_KEYS.iter().copied().chain(kind.map_or_else(Vec::new, kinds::keys)).collect();
            let (what, help) = if owners.is_empty() && SECRETS.contains(&key) {
                let help = "have a command tell the secret, token_command = [\"pass\", \"show\", \"…\"], or put it in a file of mode 0600, token_file";
                (format!("a source has no key '{key}', and no secret belongs in the configuration"), help.to_owned())
            } else if !owners.is_empty() {
                let kind = kind.unwrap_or_default();
                (format!("a source of kind {kind} has no key '{key}': it is for {}", owners.join(", ")), nearest::suggest(key, &all))
            } else {
                (format!("a source has no key '{}'", shown(key)), nearest::suggest(key, &all))
            };
            self.problems.error(&entry.at, what, help);
        }
    }

    pub(super) fn duration(&mut self, table: &Table, key: &str) -> Option<Duration> {
        let value = table.get(key)?;
        let text = value.text(self.problems)?;
        duration::parse(text).map_err(|(what, help)| self.problems.error(&value.at, what, help)).ok()
    }

    fn unassessed_as(&mut self, table: &Table) -> Option<Severity> {
        let value = table.get("unassessed_as")?;
        let text = value.text(self.problems)?;
        let Some(severity) = Severity::parse(text) else {
            self.problems.error(&value.at, format!("'{}' is no severity", shown(text)), "severities are S1, S2, S3, S4, S5");
            return None;
        };
        let what = format!("a ticket that nobody has assessed is judged as {severity}: one that is really an S1 may be held over");
        self.problems.warning(&value.at, what, "leave unassessed_as out, and it is judged as the highest severity");
        Some(severity)
    }
}

/// Reports names that two sources have.
pub(super) fn duplicates(tables: &[&Table], problems: &mut Problems) {
    let mut seen: Vec<&str> = Vec::new();
    for value in tables.iter().filter_map(|t| t.get("name")) {
        let Kind::Text(name) = &value.kind else { continue };
        if seen.contains(&name.as_str()) {
            problems.error(&value.at, format!("two sources are named '{}'", shown(name)), "give each its own name");
        }
        seen.push(name);
    }
}
