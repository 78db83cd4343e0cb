//! What the configuration says of a server that it describes whole: how it is asked, and what its answers mean.

use reqwest::Method;
use reqwest::header::HeaderName;

use super::expression::Expression;
use super::settings::ServerSettings;
use super::template::{Body, Template};
use crate::domain::{DeedKind, Severity};

/// What a source of kind `http` needs.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The server.
    pub server: ServerSettings,
    /// How it tells who we are.
    pub whoami: Option<WhoAmI>,
    /// How its open tickets are listed.
    pub list: ListSettings,
    /// What of an entry is what of a ticket, and whatever else rules name.
    pub fields: Vec<(String, Expression)>,
    /// What the values of a field mean, without case.
    pub values: Vec<ValueMap>,
    /// True of an entry that somebody has.
    pub taken: Option<Expression>,
    /// How times are written.
    pub times: TimeForm,
    /// The page of a ticket.
    pub link: Option<Template>,
    /// How one ticket is asked for.
    pub item: Option<ItemSettings>,
    /// What a refusal says.
    pub error: Option<Expression>,
    /// What it can be told of.
    pub deeds: Vec<(DeedKind, DeedSettings)>,
}

/// What the values of a field mean.
#[derive(Debug, Clone)]
pub struct ValueMap {
    /// The field, `severity` or `status`.
    pub field: String,
    /// What the source says, and what it means.
    pub pairs: Vec<(String, String)>,
}

/// How a server tells who we are.
#[derive(Debug, Clone)]
pub struct WhoAmI {
    /// What is asked for, below the address of the server.
    pub path: Template,
    /// The name it knows us by.
    pub name: Expression,
    /// What stands for us in tickets; without it the name.
    pub id: Option<Expression>,
    /// What must be true of the answer.
    pub ok: Option<Expression>,
}

/// How open tickets are listed.
#[derive(Debug, Clone)]
pub struct ListSettings {
    /// What is asked for, below the address of the server.
    pub path: String,
    /// With which query.
    pub query: Vec<(String, String)>,
    /// Where the entries are in an answer.
    pub items: Expression,
    /// Where it says how many there are.
    pub total: Option<Expression>,
    /// True where another page follows.
    pub more: Option<Expression>,
    /// How pages follow each other.
    pub paging: Paging,
}

/// How pages follow each other.
#[derive(Debug, Clone)]
pub enum Paging {
    /// There is one.
    None,
    /// By number.
    Page {
        /// The parameter.
        param: String,
        /// The number of the first.
        first: u64,
    },
    /// By how many entries came before.
    Offset {
        /// The parameter.
        param: String,
    },
    /// By the header Link.
    Link,
    /// By an address in the answer.
    Next(Expression),
    /// By a mark in the answer that the next request repeats.
    Cursor {
        /// The parameter.
        param: String,
        /// The mark.
        at: Expression,
    },
}

/// How one ticket is asked for.
#[derive(Debug, Clone)]
pub struct ItemSettings {
    /// What is asked for, below the address of the server.
    pub path: Template,
    /// Where the entry is in the answer, in the form that entries of the list have.
    pub item: Option<Expression>,
}

/// How a server is told of a deed.
#[derive(Debug, Clone)]
pub struct DeedSettings {
    /// What is sent, one after the other.
    pub requests: Vec<RequestSettings>,
    /// What must be true afterwards.
    pub verify: Expression,
    /// What the server calls the severities.
    pub severities: Vec<(Severity, String)>,
}

impl DeedSettings {
    /// Whether anything in it speaks of something by this name.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.verify.names(name) || self.requests.iter().any(|request| request.names(name))
    }
}

/// One request that changes something.
#[derive(Debug, Clone)]
pub struct RequestSettings {
    /// How.
    pub method: Method,
    /// What, below the address of the server.
    pub path: Template,
    /// With which headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// With which body.
    pub body: Option<Body>,
    /// Which status is a success; without one every 2xx.
    pub success: Vec<u16>,
    /// Whether it is only done to what was read before.
    pub if_match: bool,
}

impl RequestSettings {
    /// Whether anything in it speaks of something by this name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.path.names(name)
            || self.headers.iter().any(|(_, header)| header.names(name))
            || self.body.as_ref().is_some_and(|body| body.names(name))
    }
}

/// How times are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeForm {
    /// `2026-12-25T02:14:00Z`.
    Rfc3339,
    /// Seconds since 1970.
    Epoch,
    /// Milliseconds since 1970.
    EpochMs,
    /// By a pattern of strftime; in the zone of the source where it has none.
    Pattern(String),
}
