//! The kinds of source: the keys that only each of them has, the fields that its map rules can name, and how it is read.

use std::sync::Arc;
use std::time::Duration;

use strum::VariantNames;

use super::document::{Table, Value, shown};
use super::http_deed;
use super::http_source;
use super::nearest;
use super::server::{self, SignIn};
use super::source::{ORDER, Reader};
use crate::domain::SafeText;
use crate::sources::{self, AlertmanagerSettings, FileForm, IcingaSettings, RedmineSettings, RtSettings, SourceKind};

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
    KindOf { name: "file", keys: &[&["path", "format", "map"]], fields: sources::FILE_FIELDS },
    KindOf {
        name: "redmine",
        keys: &[&server::KEYS, &["project", "ack_status", "resolve_status", "waiting_status", "map"]],
        fields: sources::REDMINE_FIELDS,
    },
    KindOf {
        name: "rt",
        keys: &[&server::KEYS, &["user", "queue", "query", "ack_status", "waiting_status", "map"]],
        fields: sources::RT_FIELDS,
    },
    KindOf {
        name: "alertmanager",
        keys: &[&server::KEYS, &server::CHOSEN_KEYS, &["author", "silence_for", "matchers", "receiver", "map"]],
        fields: sources::ALERTMANAGER_FIELDS,
    },
    KindOf {
        name: "icinga2",
        keys: &[&server::KEYS, &["user", "author", "filter", "web", "web_host", "sticky", "map"]],
        fields: sources::ICINGA_FIELDS,
    },
    KindOf {
        name: "http",
        keys: &[&server::KEYS, &server::CHOSEN_KEYS, &http_source::KEYS, &http_deed::DEEDS],
        // and those that its `fields` has
        fields: &[],
    },
    KindOf { name: "local", keys: &[], fields: &[] },
    KindOf { name: "demo", keys: &[], fields: &[] },
];

/// The keys of a kind, beside those that every source has.
pub(super) fn keys(kind: &str) -> Vec<&'static str> {
    ALL.iter().filter(|known| known.name == kind).flat_map(|known| known.keys.iter().copied().flatten().copied()).collect()
}

/// The fields that the map rules of a source can name.
pub(super) fn fields<'a>(kind: &str, table: &'a Table) -> Vec<&'a str> {
    if kind == "http" {
        return http_source::fields(table);
    }
    ALL.iter().find(|known| known.name == kind).map_or_else(Vec::new, |known| known.fields.to_vec())
}

/// The status an acknowledgement sets in Redmine, as a fresh Redmine names it.
const ACK_STATUS: &str = "In Progress";

/// The same in Request Tracker.
const RT_ACK_STATUS: &str = "open";
/// How long an acknowledgement silences an alert: a shift.
const SILENCE_FOR: Duration = Duration::from_secs(8 * 3600);

impl Reader<'_> {
    /// What only a kind has; `None` where something needed is missing or wrong.
    pub(super) fn kind(&mut self, kind: &str, table: &Table) -> Option<SourceKind> {
        match kind {
            "file" => self.file(table),
            "redmine" => self.redmine(table),
            "alertmanager" => self.alertmanager(table),
            "icinga2" => self.icinga(table),
            "http" => http_source::read(table, self.files, self.problems).map(|http| SourceKind::Http(Box::new(http))),
            "rt" => self.rt(table),
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
        let path = self.files.resolve(&value.at, path, self.problems)?;
        let form = match table.get("format") {
            Some(value) => {
                let text = value.text(self.problems)?;
                let known = text.parse::<FileForm>();
                if known.is_err() {
                    let what = format!("there is no form of file '{}'", shown(text));
                    self.problems.error(&value.at, what, nearest::suggest(text, FileForm::VARIANTS));
                }
                known.ok()?
            }
            None if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) => FileForm::Csv,
            None => FileForm::Json,
        };
        Some(SourceKind::File { path, form })
    }

    fn redmine(&mut self, table: &Table) -> Option<SourceKind> {
        let server = server::read(table, SignIn::Key("x-redmine-api-key", ""), self.files, self.problems);
        let project = self.line(table, "project");
        let ack_status = match table.get("ack_status") {
            Some(value) => value.line(self.problems)?.as_str().to_owned(),
            None => ACK_STATUS.to_owned(),
        };
        let (resolve_status, waiting_status) = (self.line(table, "resolve_status"), self.line(table, "waiting_status"));
        let (resolving, waiting) = (resolve_status.as_deref(), waiting_status.as_deref());
        self.differ(table, &[("ack_status", Some(&ack_status)), ("waiting_status", waiting), ("resolve_status", resolving)]);
        Some(SourceKind::Redmine(RedmineSettings { server: server?, project, ack_status, resolve_status, waiting_status }))
    }

    /// One status cannot mean two things: what is in progress would be told as done.
    fn differ(&mut self, table: &Table, statuses: &[(&str, Option<&str>)]) {
        let plain = |name: &str| SafeText::line(name.trim());
        for (place, (key, name)) in statuses.iter().enumerate() {
            let same = |other: Option<&str>| name.zip(other).is_some_and(|(a, b)| plain(a).eq_ignore_case(&plain(b)));
            let other = statuses[..place].iter().find(|(_, other)| same(*other));
            if let (Some((other, _)), Some(value)) = (other, table.get(key)) {
                let what = format!("{key} is the same status as {other}");
                self.problems.error(&value.at, what, format!("give {key} a status of its own, or leave it out"));
            }
        }
    }

    fn rt(&mut self, table: &Table) -> Option<SourceKind> {
        let server = server::read(table, SignIn::Key("authorization", "token "), self.files, self.problems);
        let help = "add user = \"jo\", the login whose token it is";
        let user = table.need("user", ORDER, "this source has no user", help, self.problems).and_then(|user| user.line(self.problems));
        let queue = match table.get("queue") {
            Some(value) => value.list(self.problems)?.iter().map(|name| Some(name.line(self.problems)?.as_str().to_owned())).collect(),
            None => Some(Vec::new()),
        };
        let ack_status = match table.get("ack_status") {
            Some(value) => value.line(self.problems)?.as_str().to_owned(),
            None => RT_ACK_STATUS.to_owned(),
        };
        let (query, waiting_status) = (self.line(table, "query"), self.line(table, "waiting_status"));
        self.differ(table, &[("ack_status", Some(&ack_status)), ("waiting_status", waiting_status.as_deref())]);
        Some(SourceKind::Rt(RtSettings {
            server: server?,
            user: user?.as_str().to_owned(),
            queue: queue?,
            query,
            ack_status,
            waiting_status,
        }))
    }
    fn alertmanager(&mut self, table: &Table) -> Option<SourceKind> {
        let server = server::read(table, SignIn::Chosen, self.files, self.problems);
        let (author, receiver) = (self.line(table, "author"), self.line(table, "receiver"));
        let silence_for = match table.get("silence_for") {
            Some(_) => self.duration(table, "silence_for")?,
            None => SILENCE_FOR,
        };
        let matchers = match table.get("matchers") {
            Some(value) => value.list(self.problems)?.iter().map(|matcher| self.matcher(matcher)).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        Some(SourceKind::Alertmanager(AlertmanagerSettings { server: server?, author, silence_for, matchers, receiver }))
    }

    /// What Alertmanager takes as `filter`.
    fn matcher(&mut self, value: &Value) -> Option<String> {
        let matcher = value.line(self.problems)?;
        if !matcher.as_str().contains(['=', '~']) {
            let help = "write it as Alertmanager does: 'severity=\"critical\"', 'team!~\"test.*\"'";
            self.problems.error(&value.at, format!("'{matcher}' is no matcher"), help);
            return None;
        }
        Some(matcher.as_str().to_owned())
    }

    fn icinga(&mut self, table: &Table) -> Option<SourceKind> {
        let server = server::read(table, SignIn::Password, self.files, self.problems);
        let (author, filter) = (self.line(table, "author"), self.line(table, "filter"));
        let (web, web_host) = (self.page(table, "web"), self.page(table, "web_host"));
        let sticky = table.get("sticky").map_or(Some(true), |value| value.boolean(self.problems))?;
        Some(SourceKind::Icinga(IcingaSettings { server: server?, author, filter, web, web_host, sticky }))
    }

    /// The address of pages, with `{host}` in it.
    fn page(&mut self, table: &Table, key: &str) -> Option<String> {
        let value = table.get(key)?;
        let page = value.line(self.problems)?;
        if !page.as_str().contains("{host}") || !["http://", "https://"].iter().any(|scheme| page.as_str().starts_with(scheme)) {
            let help = format!("write it as {key} = \"https://icinga.example.com/icingaweb2/icingadb/host?name={{host}}\"");
            self.problems.error(&value.at, "this is no address of a host's page", help);
            return None;
        }
        Some(page.as_str().to_owned())
    }
}
