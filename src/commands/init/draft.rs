//! What the configuration will say, as far as it is known; always one that can be read.

use std::path::Path;

use crate::config;
use crate::domain::{SafeText, Severity};
use crate::sources::SeenField;

use super::text;

/// The kinds of source that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Kind {
    Redmine,
    Rt,
    Alertmanager,
    #[strum(serialize = "icinga2")]
    Icinga,
    Http,
    File,
    Local,
    Demo,
}

impl Kind {
    /// Whether it is a server that is signed in to.
    pub fn is_server(self) -> bool {
        matches!(self, Self::Redmine | Self::Rt | Self::Alertmanager | Self::Icinga)
    }

    /// Whether it wants a user beside the key.
    pub fn needs_user(self) -> bool {
        matches!(self, Self::Rt | Self::Icinga)
    }

    /// Whether nobody is let in without a key.
    pub fn needs_token(self) -> bool {
        matches!(self, Self::Redmine | Self::Rt | Self::Icinga)
    }

    /// What its sources are usually called.
    pub fn usual_name(self) -> &'static str {
        match self {
            Self::Redmine | Self::Rt | Self::Http => "helpdesk",
            Self::Alertmanager => "alerts",
            Self::Icinga => "monitoring",
            Self::File => "tickets",
            Self::Local => "phone",
            Self::Demo => "demo",
        }
    }

    /// The field that a severity is read from.
    pub fn severity_field(self) -> Option<&'static str> {
        match self {
            Self::Redmine | Self::Rt => Some("priority"),
            Self::Alertmanager => Some("labels.severity"),
            _ => None,
        }
    }
}

/// Stands for an address that nobody has said yet.
const NO_URL: &str = "https://server.example.com";

/// Where the key is.
#[derive(Debug, Clone)]
pub(super) enum Token {
    Command(Vec<String>),
    File(String),
    Env(String),
    /// Typed, and to be kept in this file.
    Typed(String),
}

/// Whose the tickets are.
#[derive(Debug, Clone)]
pub(super) enum Client {
    /// Anybody's: one agreement is for all.
    Any,
    /// All of one.
    One(String),
    /// Of one for each value of a field; without a field tickets name their client themselves.
    Each { field: Option<SafeText>, values: Vec<SafeText> },
}

/// What a value of the field of severities means.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub value: SafeText,
    /// `None` leaves it to the kind of source.
    pub severity: Option<Severity>,
    /// Whether a person said so.
    pub said: bool,
}

/// Everything that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub kind: Kind,
    pub source: String,
    pub url: String,
    pub user: Option<String>,
    pub token: Option<Token>,
    pub ca_file: Option<String>,
    pub allow_http: bool,
    pub path: String,
    pub client: Client,
    pub meanings: Vec<Meaning>,
    /// What the source was seen to have.
    pub seen: Vec<SeenField>,
    pub timezone: String,
    pub agreement: Option<String>,
    /// Days, and the spans of hours on them.
    pub office_hours: Vec<(String, Vec<String>)>,
    pub bank_holidays: Vec<String>,
    /// The lowest severity that is handled out of office hours too.
    pub out_of_hours: Option<Severity>,
    pub respond: Vec<String>,
    /// Whether a person said how soon.
    pub respond_said: bool,
}

impl Draft {
    /// What is as usual, before anything is said.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            source: kind.usual_name().to_owned(),
            url: NO_URL.to_owned(),
            user: kind.needs_user().then(|| "holdover".to_owned()),
            token: kind.needs_token().then(|| Token::Env("KEY".to_owned())),
            ca_file: None,
            allow_http: false,
            path: "tickets.json".to_owned(),
            client: Client::Any,
            meanings: Vec::new(),
            seen: Vec::new(),
            timezone: "UTC".to_owned(),
            agreement: None,
            office_hours: vec![("mon-fri".to_owned(), vec!["09:00-17:30".to_owned()])],
            bank_holidays: vec!["none".to_owned()],
            out_of_hours: Some(Severity::S1),
            respond: ["30m", "1h", "4h", "1wd", "5wd"].map(str::to_owned).to_vec(),
            respond_said: false,
        }
    }

    /// Whether the configuration that it makes is right.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn judged(self) -> Result<Self, String> {
        // ~ needs some home
        let home = [("HOME".to_owned(), "/".to_owned())];
        match config::parse(&text::of(&self), "config.toml", &home) {
            Ok(_) => Ok(self),
            Err(problems) => {
                let first = problems.iter().find(|problem| problem.level == config::Level::Error);
                Err(first.map_or_else(|| "it cannot be read".to_owned(), |problem| format!("{} – {}", problem.what, problem.help)))
            }
        }
    }

    /// The address, where somebody has said one.
    pub fn said_url(&self) -> Option<&str> {
        Some(self.url.as_str()).filter(|url| *url != NO_URL)
    }

    /// The name of the agreement.
    pub fn agreement_name(&self) -> String {
        let usual = || match &self.client {
            // takes what nothing else does, whoever's it is
            Client::Any => "default".to_owned(),
            Client::One(client) => client.clone(),
            Client::Each { .. } => "all clients".to_owned(),
        };
        self.agreement.clone().unwrap_or_else(usual)
    }
}

/// A path as it can stand in a configuration that lies elsewhere.
pub(super) fn whole_path(text: &str) -> String {
    if text.starts_with('~') {
        return text.to_owned();
    }
    std::path::absolute(Path::new(text)).map_or_else(|_| text.to_owned(), |path| path.display().to_string())
}
