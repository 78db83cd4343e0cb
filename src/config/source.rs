//! `[[source]]`: where tickets come from.

use std::sync::Arc;
use std::time::Duration;

use super::agreement::Levels;
use super::document::{Kind, Table, Value, shown};
use super::duration;
use super::files::Files;
use super::map;
use super::nearest;
use super::problem::Problems;
use super::zone;
use crate::domain::{Agreements, SafeText, Severity, SourceName};
use crate::sources::{RedmineSettings, SourceKind, SourceSettings, TokenSource};

/// Keys that every source has.
pub(super) const COMMON_KEYS: &[&str] = &["name", "kind", "timezone", "client", "poll_every", "blind_after", "unassessed_as"];

/// The kinds, each with the keys only it has.
pub(super) const KINDS: [(&str, &[&str]); 3] =
    [("file", &["path"]), ("redmine", &["url", "token_env", "token_file", "project", "ack_status", "allow_http", "map"]), ("demo", &[])];

/// The usual order of the keys that are needed.
const ORDER: &[&str] = &["name", "kind", "path", "url", "token_file"];

/// Keys that a person might expect to hold a secret.
const SECRETS: [&str; 6] = ["token", "key", "api_key", "password", "secret", "user"];

/// The status an acknowledgement sets in Redmine, as a fresh Redmine names it.
const ACK_STATUS: &str = "In Progress";

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
        let kind = match kind_name? {
            "file" => self.file(table),
            "redmine" => self.redmine(table),
            _ => Some(SourceKind::Demo { agreements: Arc::clone(self.agreements) }),
        };
        let map = match (kind_name?, table.get("map")) {
            ("redmine", Some(rules)) => map::read(rules, map::REDMINE_FIELDS, self.agreements, self.levels, self.problems),
            _ => Vec::new(),
        };
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
        let kinds = KINDS.map(|(kind, _)| kind);
        let help = format!("add kind = \"redmine\": there are {}", kinds.join(", "));
        let value = table.need("kind", ORDER, "this source has no kind", help, self.problems)?;
        let text = value.text(self.problems)?;
        let kind = kinds.into_iter().find(|kind| *kind == text);
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
            let owners: Vec<&str> = KINDS.iter().filter(|(_, keys)| keys.contains(&key)).map(|(kind, _)| *kind).collect();
            if COMMON_KEYS.contains(&key) || kind.is_some_and(|kind| owners.contains(&kind)) || (kind.is_none() && !owners.is_empty()) {
                continue;
            }
            let known = |kind: &str| KINDS.iter().find(|(k, _)| *k == kind).map_or(&[][..], |(_, keys)| keys);
            let all: Vec<&str> = COMMON_KEYS.iter().chain(kind.map_or(&[][..], known)).copied().collect();
            let (what, help) = if key == "token_command" {
                ("token_command is not supported yet".to_owned(), "use token_file, a file of mode 0600, or token_env".to_owned())
            } else if SECRETS.contains(&key) {
                let help = "put the secret in a file of mode 0600 and name it: token_file = \"…\"; or name a variable: token_env = \"…\"";
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

    fn duration(&mut self, table: &Table, key: &str) -> Option<Duration> {
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

    fn file(&mut self, table: &Table) -> Option<SourceKind> {
        let value = table.need("path", ORDER, "this source has no path", "add path = \"tickets.json\"", self.problems)?;
        let path = value.text(self.problems)?;
        Some(SourceKind::File { path: self.files.resolve(&value.at, path, self.problems)? })
    }

    fn redmine(&mut self, table: &Table) -> Option<SourceKind> {
        let allow_http = table.get("allow_http").and_then(|v| v.boolean(self.problems)).unwrap_or(false);
        let url = table.need("url", ORDER, "this source has no url", "add url = \"https://redmine.example.com\"", self.problems);
        let url = url.and_then(|v| url_of(v, allow_http, self.problems));
        let token = self.token(table);
        let project = table.get("project").and_then(|v| v.line(self.problems)).map(|p| p.as_str().to_owned());
        let ack_status = match table.get("ack_status") {
            Some(value) => value.line(self.problems)?.as_str().to_owned(),
            None => ACK_STATUS.to_owned(),
        };
        Some(SourceKind::Redmine(RedmineSettings { url: url?, token: token?, project, ack_status }))
    }

    /// Where the secret is. What the configuration says here is never repeated: it could be the secret itself.
    fn token(&mut self, table: &Table) -> Option<TokenSource> {
        let (env, file) = (table.get("token_env"), table.get("token_file"));
        match (env, file) {
            (None, None) => {
                if table.get("token_command").is_none() {
                    let help = "add token_file = \"…\", a file of mode 0600, or token_env = \"REDMINE_KEY\"";
                    self.problems.missing(&table.place_for("token_file", ORDER), "this source has no token", help);
                }
                None
            }
            (Some(_), Some(file)) => {
                self.problems.error(&file.at, "token_env and token_file are both given", "leave one of them out");
                None
            }
            (None, Some(value)) => {
                let path = value.text(self.problems)?;
                Some(TokenSource::File(self.files.resolve(&value.at, path, self.problems)?))
            }
            (Some(value), None) => {
                let name = value.text(self.problems)?;
                let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || looks_like_a_secret(name) {
                    let help = "write the name of a variable, token_env = \"REDMINE_KEY\", and put the token in that variable";
                    self.problems.error(&value.at, "this is not the name of an environment variable", help);
                    return None;
                }
                Some(TokenSource::Env(name.to_owned()))
            }
        }
    }
}

/// Redmine's keys are 40 hexadecimal digits; no variable is named so.
fn looks_like_a_secret(name: &str) -> bool {
    name.len() >= 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The address of a server. A wrong one is not repeated: it may hold a password.
fn url_of(value: &Value, allow_http: bool, problems: &mut Problems) -> Option<String> {
    const HELP: &str = "write it as \"https://redmine.example.com\"";
    let text = value.text(problems)?;
    let Ok(url) = reqwest::Url::parse(text) else {
        problems.error(&value.at, "this is no address of a server", HELP);
        return None;
    };
    let wrong = if !url.username().is_empty() || url.password().is_some() {
        Some(("there is a user or a password in this address", "leave it out, and use token_file or token_env"))
    } else if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        Some(("this is no address of a server", HELP))
    } else if url.query().is_some() || url.fragment().is_some() {
        Some(("this address ends in a query", "end it before the ? or #"))
    } else if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        Some(("over plain http the token can be read by anyone on the way", "use https, or say allow_http = true"))
    } else {
        None
    };
    if let Some((what, help)) = wrong {
        problems.error(&value.at, what, help);
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
