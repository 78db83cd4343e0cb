//! What the configuration says of a source.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use regex::Regex;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::alertmanager::AlertmanagerSettings;
use super::authorities::Authorities;
use super::configured_settings::HttpSettings;
use super::icinga::IcingaSettings;
use super::survey::Survey;
use crate::domain::{Agreements, Origin, SafeText, Severity, SourceName, sha256};

/// One `[[source]]`.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// Its name, unique.
    pub name: SourceName,
    /// Which kind, with what only that kind needs.
    pub kind: SourceKind,
    /// How often it is asked.
    pub poll_every: Duration,
    /// After how long without a complete pass it is blind.
    pub blind_after: Duration,
    /// The zone of times without an offset.
    pub timezone: Option<Tz>,
    /// The client of tickets that no rule gives one.
    pub client: Option<SafeText>,
    /// What an unassessed ticket is judged as.
    pub unassessed_as: Option<Severity>,
    /// For each target the first rule that matches gives it.
    pub map: Vec<MapRule>,
    /// Where it is noted what the fields of its tickets hold, when somebody wants to know.
    pub survey: Option<Survey>,
    /// Where the source begins in the configuration.
    pub origin: Origin,
}

impl SourceSettings {
    /// Stands for what is asked where, without telling it: two sources of one place have the same tickets.
    #[must_use]
    pub fn place(&self) -> SafeText {
        sha256(&match &self.kind {
            SourceKind::File { path, .. } => format!("file {}", std::path::absolute(path).as_ref().unwrap_or(path).display()),
            SourceKind::Redmine(redmine) => format!("redmine {} {}", redmine.server.url, redmine.project.as_deref().unwrap_or_default()),
            SourceKind::Alertmanager(am) => {
                format!("alertmanager {} {:?} {:?} {:?}", am.server.url, am.server.said_headers(), am.matchers, am.receiver)
            }
            SourceKind::Icinga(icinga) => format!("icinga2 {} {}", icinga.server.url, icinga.filter.as_deref().unwrap_or_default()),
            SourceKind::Http(http) => {
                let (list, item) = (&http.list, http.item.as_ref().map(|item| &item.path));
                let headers = http.server.said_headers();
                format!("http {} {} {:?} {headers:?} {:?} {item:?}", http.server.url, list.path, list.query, list.items)
            }
            SourceKind::Rt(rt) => format!("rt {} {:?} {}", rt.server.url, rt.queue, rt.query.as_deref().unwrap_or_default()),
            SourceKind::Local => "local".to_owned(),
            SourceKind::Demo { .. } => "demo".to_owned(),
        })
    }

    fn server(&self) -> Option<&ServerSettings> {
        match &self.kind {
            SourceKind::Redmine(redmine) => Some(&redmine.server),
            SourceKind::Alertmanager(alertmanager) => Some(&alertmanager.server),
            SourceKind::Icinga(icinga) => Some(&icinga.server),
            SourceKind::Http(http) => Some(&http.server),
            SourceKind::Rt(rt) => Some(&rt.server),
            SourceKind::File { .. } | SourceKind::Local | SourceKind::Demo { .. } => None,
        }
    }

    /// Whether another is the same but for where it stands in the configuration: it is asked as this one is, and as often.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let said = |source: &Self| (source.name.clone(), source.place(), source.reading(), source.poll_every, source.blind_after);
        // what is secret does not print itself
        let secret = |source: &Self| {
            source.server().map(|server| {
                let written = match &server.token {
                    Some(TokenSource::Written(key)) => Some(key.expose_secret().to_owned()),
                    _ => None,
                };
                (server.headers.clone(), written)
            })
        };
        said(self) == said(other) && secret(self) == secret(other)
    }

    /// The variable of the environment that the key of its server is in.
    #[must_use]
    pub fn token_variable(&self) -> Option<&str> {
        match &self.server()?.token {
            Some(TokenSource::Env(name)) => Some(name),
            _ => None,
        }
    }

    /// Stands for how tickets are read and who asks for them: what was read otherwise may say something else of them.
    #[must_use]
    pub fn reading(&self) -> SafeText {
        let asks = match &self.kind {
            SourceKind::Redmine(redmine) => format!("{redmine:?}"),
            SourceKind::Alertmanager(alertmanager) => format!("{alertmanager:?}"),
            SourceKind::Icinga(icinga) => format!("{icinga:?}"),
            SourceKind::Http(http) => format!("{http:?}"),
            SourceKind::File { form, .. } => <&str>::from(form).to_owned(),
            SourceKind::Rt(rt) => format!("{rt:?}"),
            SourceKind::Local | SourceKind::Demo { .. } => String::new(),
        };
        let rules: Vec<String> = self.map.iter().map(|rule| format!("{} {:?} {:?}", rule.field, rule.test, rule.gives)).collect();
        sha256(&format!("{:?} {:?} {:?} {rules:?} {asks}", self.timezone, self.client, self.unassessed_as))
    }
}

/// The kinds of source.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A file of tickets.
    File {
        /// Where it is; what the configuration says is taken from its own folder.
        path: PathBuf,
        /// How it is written.
        form: FileForm,
    },
    /// A Redmine server.
    Redmine(RedmineSettings),
    /// A Prometheus Alertmanager, or one that speaks as it.
    Alertmanager(AlertmanagerSettings),
    /// An Icinga 2 server.
    Icinga(IcingaSettings),
    /// A server that the configuration describes.
    Http(Box<HttpSettings>),
    /// A Request Tracker server.
    Rt(RtSettings),
    /// Tickets that are kept in the records themselves.
    Local,
    /// The embedded demo.
    Demo {
        /// What its tickets are held by.
        agreements: Arc<Agreements>,
    },
}

/// How a file of tickets is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum FileForm {
    /// A JSON array, JSON Lines, or an object with `tickets`.
    Json,
    /// Comma-separated values under a row of names; or separated by semicolons or tabs.
    Csv,
}

/// What a Redmine source needs.
#[derive(Debug, Clone)]
pub struct RedmineSettings {
    /// The server.
    pub server: ServerSettings,
    /// Only the issues of this project, by its identifier.
    pub project: Option<String>,
    /// The name of the status that an acknowledgement sets.
    pub ack_status: String,
    /// The one of issues that are done; else any that is closed.
    pub resolve_status: Option<String>,
    /// The one of issues that wait for the client.
    pub waiting_status: Option<String>,
}

/// What a Request Tracker source needs.
#[derive(Debug, Clone)]
pub struct RtSettings {
    /// The server.
    pub server: ServerSettings,
    /// The login whose token it is.
    pub user: String,
    /// Only the tickets of these queues; of all where there are none.
    pub queue: Vec<String>,
    /// Only the tickets that this `TicketSQL` finds.
    pub query: Option<String>,
    /// The status that an acknowledgement sets.
    pub ack_status: String,
    /// The one of tickets that wait for the client.
    pub waiting_status: Option<String>,
}

/// A server and how it is spoken to.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Its address, `https://redmine.example.com`.
    pub url: String,
    /// How we sign in.
    pub auth: Auth,
    /// Where the key, or the password, is; `None` where nobody signs in.
    pub token: Option<TokenSource>,
    /// Headers that go with every request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How much is read of it.
    pub limits: Limits,
    /// Whom it may be vouched for by, beside the authorities of the system.
    pub authorities: Option<Authorities>,
}

impl ServerSettings {
    /// Its headers, to be told apart: what is sensitive does not print itself.
    fn said_headers(&self) -> Vec<(&str, String)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
    }
}

/// How one signs in to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// With a user name and a password.
    Basic {
        /// The user name.
        user: String,
    },
    /// With `Authorization: Bearer KEY`.
    Bearer,
    /// With the key in a header.
    Header {
        /// Its name.
        name: HeaderName,
        /// What comes before the key.
        prefix: String,
    },
}

/// How many bytes are read of a server at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one answer.
    pub page: usize,
    /// Of all answers of a pass.
    pub pass: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { page: 8 * 1024 * 1024, pass: 64 * 1024 * 1024 }
    }
}

/// Where a secret is.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// The first line that a command prints: a program and its arguments.
    Command(Vec<String>),
    /// A file of mode 0600 that is our own; its first line.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// It stands in the configuration itself.
    Written(SecretString),
}

/// One rule of `map`.
#[derive(Debug, Clone)]
pub struct MapRule {
    /// The field of the source, `priority` or `custom.Support level`.
    pub field: String,
    /// What it must be.
    pub test: MapTest,
    /// What the ticket then gets; `$1` stands for the first group of `matches`.
    pub gives: Vec<(MapTarget, String)>,
    /// Where the rule is said.
    pub origin: Origin,
}

/// What a field must be; both without case.
#[derive(Debug, Clone)]
pub enum MapTest {
    /// Exactly this.
    Is(String),
    /// A match of this regular expression.
    Matches(Regex),
}

/// What a rule can give a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum MapTarget {
    /// S1–S5.
    Severity,
    /// The client.
    Client,
    /// The agreement by name.
    Agreement,
    /// The support level.
    SupportLevel,
    /// The channel of the submission.
    Channel,
    /// `true` or `false`.
    CallbackRequested,
    /// open, acknowledged or on-client.
    Status,
    /// The service.
    Service,
}
