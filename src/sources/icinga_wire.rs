//! What Icinga 2 sends, and the ticket it makes. Read leniently: whatever is missing or odd costs only itself.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::address::{encoded, web_address};
use super::answer::Answer;
use super::icinga::IcingaSettings;
use super::mapping;
use super::settings::SourceSettings;
use crate::domain::{SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of an object that a map rule can name; `vars.NAME` is a variable of its own, else of its host.
pub const ICINGA_FIELDS: &[&str] = &["host", "service", "group", "check_command", "vars.NAME", "output"];

/// What is asked of an object.
pub(super) const ATTRIBUTES: &[&str] = &[
    "name",
    "state",
    "state_type",
    "last_check_result",
    "last_hard_state_change",
    "last_state_change",
    "last_reachable",
    "acknowledgement",
    "downtime_depth",
    "groups",
    "check_command",
    "vars",
    "notes",
    "notes_url",
];

/// What is asked of a comment.
pub(super) const COMMENT_ATTRIBUTES: &[&str] = &["host_name", "service_name", "author", "text", "entry_time", "entry_type"];

/// The two kinds of thing that can be a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Host,
    Service,
}

impl Of {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Service => "service",
        }
    }

    /// What its states are called, and how severe they are.
    fn state(self, state: f64) -> Option<(&'static str, Option<Severity>)> {
        let states: &[(f64, &'static str, Option<Severity>)] = match self {
            Self::Host => &[(0.0, "UP", None), (1.0, "DOWN", Some(Severity::S1))],
            Self::Service => &[
                (0.0, "OK", None),
                (1.0, "WARNING", Some(Severity::S3)),
                (2.0, "CRITICAL", Some(Severity::S1)),
                (3.0, "UNKNOWN", Some(Severity::S2)),
            ],
        };
        states.iter().find(|(number, ..)| number.total_cmp(&state).is_eq()).map(|(_, name, severity)| (*name, *severity))
    }
}

/// So many permissions of a user are looked at.
const MOST_PERMISSIONS: usize = 1000;

/// A list of anything.
#[derive(Deserialize)]
pub(super) struct Results {
    pub results: Vec<Box<RawValue>>,
}

/// Who is signed in.
#[derive(Deserialize)]
pub(super) struct Me {
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Object {
    /// `host` or `host!service`.
    pub name: String,
    attrs: Attributes,
    #[serde(default)]
    joins: Joins,
}

#[derive(Deserialize)]
struct Attributes {
    state: f64,
    state_type: Option<f64>,
    last_check_result: Option<CheckResult>,
    last_hard_state_change: Option<f64>,
    last_state_change: Option<f64>,
    last_reachable: Option<bool>,
    acknowledgement: Option<f64>,
    downtime_depth: Option<f64>,
    groups: Option<Vec<String>>,
    check_command: Option<String>,
    vars: Option<Map<String, Value>>,
    notes: Option<String>,
    notes_url: Option<String>,
}

#[derive(Deserialize)]
struct CheckResult {
    output: Option<String>,
}

#[derive(Default, Deserialize)]
struct Joins {
    host: Option<JoinedHost>,
}

#[derive(Deserialize)]
struct JoinedHost {
    state: Option<f64>,
    vars: Option<Map<String, Value>>,
    groups: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct CommentEntry {
    attrs: Comment,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    host_name: String,
    #[serde(default)]
    service_name: String,
    #[serde(default)]
    pub author: String,
    #[serde(default)]
    pub text: String,
    entry_time: Option<f64>,
    entry_type: Option<f64>,
}

impl Me {
    /// Whether one of the permissions, in which `*` stands for anything, gives this one.
    pub fn may(&self, wanted: &str) -> bool {
        self.permissions.iter().take(MOST_PERMISSIONS).any(|permission| gives(&permission.to_lowercase(), &wanted.to_lowercase()))
    }
}

/// Whether a permission, in which `*` stands for anything, is one that is wanted.
fn gives(permission: &str, wanted: &str) -> bool {
    let Some((start, rest)) = permission.split_once('*') else { return permission == wanted };
    let Some(mut left) = wanted.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(end)
}

impl Comment {
    /// The comments of an answer; one that cannot be read costs only itself.
    pub fn all(entries: &[Box<RawValue>]) -> Vec<Self> {
        entries.iter().filter_map(|entry| serde_json::from_str::<CommentEntry>(entry.get()).ok()).map(|entry| entry.attrs).collect()
    }

    /// Whether it is the one that an acknowledgement leaves.
    pub fn acknowledges(&self) -> bool {
        self.entry_type.is_some_and(|kind| kind.total_cmp(&4.0).is_eq())
    }

    /// Whether it is one of this object.
    fn is_of(&self, name: &str) -> bool {
        name.split_once('!').unwrap_or((name, "")) == (self.host_name.as_str(), self.service_name.as_str())
    }

    pub fn at(&self) -> Option<DateTime<Utc>> {
        instant(self.entry_time)
    }

    pub fn by(&self) -> Option<SafeText> {
        Some(SafeText::line(&self.author)).filter(|by| !by.as_str().trim().is_empty())
    }
}

impl Object {
    pub fn is_acknowledged(&self) -> bool {
        self.attrs.acknowledgement.is_some_and(|kind| kind > 0.0)
    }

    /// Whether it is in a state other than well, and that not only for a moment.
    pub fn is_hard_problem(&self) -> bool {
        self.attrs.state > 0.0 && self.attrs.state_type.is_none_or(|kind| kind > 0.0) && self.attrs.last_check_result.is_some()
    }

    /// The last acknowledgement among these comments that is of this object.
    pub fn acknowledgement<'a>(&self, comments: &'a [Comment]) -> Option<&'a Comment> {
        comments.iter().filter(|comment| comment.acknowledges() && comment.is_of(&self.name)).max_by_key(|comment| comment.at())
    }

    /// What its state is called.
    pub fn state(&self, of: Of) -> String {
        of.state(self.attrs.state).map_or_else(|| self.attrs.state.to_string(), |(name, _)| name.to_owned())
    }

    fn output(&self) -> &str {
        self.attrs.last_check_result.as_ref().and_then(|result| result.output.as_deref()).unwrap_or_default().trim()
    }

    /// The values of a field by the name that map rules use.
    fn field(&self, name: &str) -> Vec<String> {
        let (host, service) = self.name.split_once('!').map_or((self.name.as_str(), None), |(host, service)| (host, Some(service)));
        let joined = self.joins.host.as_ref();
        match name {
            "host" => vec![host.to_owned()],
            "service" => service.map(str::to_owned).into_iter().collect(),
            "group" => {
                let of_host = joined.and_then(|host| host.groups.as_ref());
                self.attrs.groups.iter().chain(of_host).flatten().cloned().collect()
            }
            "check_command" => self.attrs.check_command.iter().cloned().collect(),
            "output" => vec![self.output().to_owned()],
            _ => {
                let name = name.strip_prefix("vars.").unwrap_or_default();
                let own = self.attrs.vars.as_ref().and_then(|vars| vars.get(name));
                own.or_else(|| joined?.vars.as_ref()?.get(name)).map_or_else(Vec::new, texts)
            }
        }
    }

    /// The fields it has that tell objects of one kind from those of another; no variable that may hold a secret.
    fn names(&self) -> Vec<String> {
        const SECRETS: [&str; 7] = ["pass", "secret", "community", "key", "token", "auth", "cred"];
        let harmless = |name: &&String| !SECRETS.iter().any(|word| name.to_lowercase().contains(word));
        let of_host = self.joins.host.as_ref().and_then(|host| host.vars.as_ref());
        let variables: BTreeSet<&String> = self.attrs.vars.iter().chain(of_host).flat_map(Map::keys).filter(harmless).collect();
        let variables = variables.into_iter().map(|name| format!("vars.{name}"));
        ["group", "host"].map(str::to_owned).into_iter().chain(variables).collect()
    }

    /// The ticket of an object.
    pub fn ticket(&self, of: Of, source: &SourceSettings, icinga: &IcingaSettings, comments: &[Comment]) -> Ticket {
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&self.name) });
        let (attrs, output) = (&self.attrs, self.output());
        let state = self.state(of);
        let first = output.lines().next().filter(|line| !line.trim().is_empty()).unwrap_or(&state);
        ticket.title = ticket.take_text("title", &format!("{}: {first}", self.name.replacen('!', " ", 1)), TextKind::Title);
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        let reach = self.out_of_reach().unwrap_or_default();
        let told = [output, &reach, attrs.notes.as_deref().unwrap_or_default(), attrs.notes_url.as_deref().unwrap_or_default()];
        let told: Vec<&str> = told.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
        if !told.is_empty() {
            ticket.description = Some(ticket.take_text("output", &told.join("\n\n"), TextKind::Body));
        }
        ticket.url = self.page(icinga);
        // what is in no good state from its first check on has a last_state_change of 0
        let since = [attrs.last_hard_state_change, attrs.last_state_change].into_iter().find_map(instant);
        ticket.submitted_at = since.filter(|at| (1970..=2199).contains(&at.year()));
        if let Some((name, severity)) = of.state(attrs.state) {
            ticket.severity = severity;
            ticket.severity_origin = Some(SafeText::line(&format!("from the {} state {name}", of.word())));
        } else {
            ticket.severity_unreadable = true;
            ticket.notes.push(SafeText::line(&format!("state {state} is none that is known: unassessed")));
        }
        if let Some(survey) = &source.survey {
            survey.note_ticket(&self.names(), |field| self.field(field), ("state", None));
        }
        let downtime = attrs.downtime_depth.is_some_and(|depth| depth > 0.0);
        if downtime {
            ticket.notes.push(SafeText::line("in a scheduled downtime"));
        }
        if self.is_acknowledged() || downtime {
            ticket.status = Status::Acknowledged;
        }
        mapping::apply(&source.map, &mut ticket, |field| self.field(field));
        if ticket.status == Status::Acknowledged && self.is_acknowledged() {
            let comment = self.acknowledgement(comments);
            ticket.acknowledged_by = comment.and_then(Comment::by);
            ticket.acknowledged_at = comment.and_then(Comment::at);
        }
        ticket
    }

    /// That what it depends on is the problem, where that is so.
    fn out_of_reach(&self) -> Option<String> {
        if let Some(state) = self.joins.host.as_ref().and_then(|host| host.state).filter(|state| *state > 0.0) {
            let name = self.name.split('!').next().unwrap_or_default();
            let called = Of::Host.state(state).map_or("not UP", |(name, _)| name);
            return Some(format!("Its host {name} is {called}."));
        }
        (self.attrs.last_reachable == Some(false)).then(|| "It is out of reach: something it depends on is down.".to_owned())
    }

    /// Its page in Icinga Web, where the configuration says how that is found.
    fn page(&self, icinga: &IcingaSettings) -> Option<SafeText> {
        let (host, service) = self.name.split_once('!').unwrap_or((&self.name, ""));
        // the page of a service is none of a host
        let of_host = || icinga.web.as_ref().filter(|page| !page.contains("{service}"));
        let template = if service.is_empty() { icinga.web_host.as_ref().or_else(of_host)? } else { icinga.web.as_ref()? };
        // a name may hold {service} itself
        let parts: Vec<String> = template.split("{host}").map(|part| part.replace("{service}", &encoded(service))).collect();
        web_address(&parts.join(&encoded(host)))
    }
}

/// A ticket that says why an object cannot be read; `place` is where it stands in its list.
pub(super) fn unreadable(of: Of, raw: &RawValue, source: &SourceSettings, place: usize, why: &serde_json::Error) -> Ticket {
    let seen: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let key = seen["name"].as_str().map_or_else(|| format!("{} entry {place}", of.word()), str::to_owned);
    let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line(&key) });
    ticket.title = ticket.take_text("title", &key.replacen('!', " ", 1), TextKind::Title);
    ticket.client.clone_from(&source.client);
    ticket.unassessed_as = source.unassessed_as;
    ticket.unreadable = Some(SafeText::line(&why.to_string()));
    ticket
}

/// What the server says: `status` of the answer, or of each of its results.
pub(super) fn words(answer: &Answer) -> SafeText {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let each = said["results"].as_array().into_iter().flatten().filter_map(|result| result["status"].as_str());
    let words: Vec<&str> = said["status"].as_str().into_iter().chain(each).collect();
    if words.is_empty() { SafeText::line(&format!("status {}", answer.status.as_u16())) } else { SafeText::line(&words.join("; ")) }
}

/// The texts of a variable: of a list, each.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(is) => vec![is.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// Seconds since 1970, cut to whole ones; 0 is never.
fn instant(seconds: Option<f64>) -> Option<DateTime<Utc>> {
    let seconds = Duration::try_from_secs_f64(seconds?).ok()?.as_secs();
    DateTime::from_timestamp(i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?, 0)
}
