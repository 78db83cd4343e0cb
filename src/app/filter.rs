//! What is listed while a filter is typed: every word of it must be found, and field terms narrow it: `sev:s1 client:acme held`.
//!
//! Words are looked for as they are, not letter by letter with gaps: the board keeps the order of the contract and cannot put
//! the best match first, so all that is merely alike would stand among what is meant.

use std::collections::HashSet;

use super::board::BoardRow;
use super::words;
use crate::domain::{Group, SafeText, Severity, Ticket, TicketKey};

/// What a filter asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    not: bool,
    test: Test,
}

/// What one word of it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// Somewhere in key, title, client, owner or source.
    Text(String),
    /// The severity begins so; `?` is unassessed.
    Severity(String),
    Client(String),
    Source(String),
    Owner(String),
    Group(Group),
    /// To be handled now: to be decided, unanswered or in hand.
    Now,
    /// Past due.
    Overdue,
    /// The client asked to be called back, and was not yet.
    CallBack,
    /// We have it.
    Mine,
}

/// Which tickets are mine.
#[derive(Debug, Clone, Default)]
pub struct Mine {
    /// What the engineer is called here.
    pub who: Option<SafeText>,
    /// What was taken here, as its source has confirmed: there the engineer may be called something else.
    pub taken: HashSet<TicketKey>,
}

impl Mine {
    /// Those of somebody who has taken nothing here yet.
    #[must_use]
    pub fn of(who: SafeText) -> Self {
        Self { who: Some(who), taken: HashSet::new() }
    }

    pub(super) fn has(&self, ticket: &Ticket) -> bool {
        let named = ticket.owner().zip(self.who.as_ref()).is_some_and(|(owner, who)| owner.eq_ignore_case(who));
        named || self.taken.contains(&ticket.id)
    }
}

/// The words that stand for more than themselves, and what they ask.
pub const TERMS: [(&str, &str); 12] = [
    ("sev:s1", "the severity; sev:? is unassessed"),
    ("client:acme", "the client has this in its name"),
    ("source:desk", "the source has this in its name"),
    ("owner:jo", "somebody with this in the name has it"),
    ("now", "to be handled now, taken or not"),
    ("decide", "to be decided"),
    ("unanswered", "obliged now, and nobody has it"),
    ("held", "held over"),
    ("on-client", "the client has the next move"),
    ("overdue", "past due"),
    ("callback", "the client asked to be called back, and was not yet"),
    ("mine", "you have it"),
];

impl Filter {
    /// Reads what was typed. Nothing is wrong: what is no term is a word to look for. `!` before a word turns it round, and
    /// quotes make a term a word.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let terms = words(text).filter_map(|(word, quoted)| Term::parse(&word, quoted)).collect();
        Self { text: text.to_owned(), terms }
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a row passes.
    #[must_use]
    pub fn passes(&self, row: &BoardRow, mine: &Mine) -> bool {
        self.terms.iter().all(|term| term.test.holds(row, mine) != term.not)
    }
}

/// What in a filter cannot be meant as it stands, or may be meant otherwise. While one types nothing is wrong; what is saved is
/// read by somebody who does not see what it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// There is no such field: `cleint:acme`.
    NoField(String),
    /// The field of this name is without a value: `client:`.
    NoValue(String),
    /// That is no severity: `sev:high`.
    NoSeverity(String),
    /// A quote does not end.
    NoEnd,
    /// It is looked for as text, for it is no word that stands for more.
    Text(String),
}

/// The fields that a filter knows.
pub const FIELDS: [&str; 4] = ["sev", "client", "source", "owner"];

impl Filter {
    /// What in a filter is in doubt, word by word.
    #[must_use]
    pub fn doubts(text: &str) -> Vec<Doubt> {
        let ends = text.matches('"').count().is_multiple_of(2);
        let doubts = words(text).filter(|(_, quoted)| !quoted).filter_map(|(word, _)| {
            let term = Term::parse(&word, false);
            let word = word.trim_start_matches('!');
            let field = word.split_once(':');
            match (term.map(|term| term.test), field) {
                (None, Some((field, _))) => Some(Doubt::NoValue(field.to_owned())),
                (Some(Test::Text(_)), Some((field, _))) => Some(Doubt::NoField(field.to_owned())),
                (Some(Test::Text(text)), None) => Some(Doubt::Text(text)),
                (Some(Test::Severity(value)), _) if value != "?" && Severity::parse(&value).is_none() => Some(Doubt::NoSeverity(value)),
                _ => None,
            }
        });
        doubts.chain((!ends).then_some(Doubt::NoEnd)).collect()
    }
}

/// The words of a text in lower case, and whether each was in quotes. A quote that does not end ends with the text.
fn words(text: &str) -> impl Iterator<Item = (String, bool)> {
    let mut rest = text.to_lowercase();
    std::iter::from_fn(move || {
        let trimmed = rest.trim_start().to_owned();
        let (word, quoted, left) = if let Some(inside) = trimmed.strip_prefix('"') {
            let (word, left) = inside.split_once('"').unwrap_or((inside, ""));
            (word.to_owned(), true, left.to_owned())
        } else {
            let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            (trimmed[..end].to_owned(), false, trimmed[end..].to_owned())
        };
        let over = trimmed.is_empty();
        rest = left;
        (!over).then_some((word, quoted))
    })
}

impl Term {
    /// What a word asks; nothing yet where it is only begun.
    fn parse(word: &str, quoted: bool) -> Option<Self> {
        if quoted {
            return (!word.is_empty()).then(|| Self { not: false, test: Test::Text(word.to_owned()) });
        }
        let (not, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let (field, value) = word.split_once(':').map_or((word, None), |(field, value)| (field, Some(value.to_owned())));
        let test = match (field, value) {
            ("sev" | "severity", Some(value)) => Test::Severity(value),
            ("client", Some(value)) => Test::Client(value),
            ("source", Some(value)) => Test::Source(value),
            ("owner", Some(value)) => Test::Owner(value),
            ("now", None) => Test::Now,
            ("decide", None) => Test::Group(Group::Decide),
            ("unanswered", None) => Test::Group(Group::Unanswered),
            ("in-hand", None) => Test::Group(Group::InHand),
            ("held", None) => Test::Group(Group::Held),
            ("on-client", None) => Test::Group(Group::OnClient),
            ("outside", None) => Test::Group(Group::Outside),
            ("overdue" | "breached", None) => Test::Overdue,
            ("callback", None) => Test::CallBack,
            ("mine", None) => Test::Mine,
            _ => Test::Text(word.to_owned()),
        };
        let begun = matches!(&test, Test::Text(v) | Test::Severity(v) | Test::Client(v) | Test::Source(v) | Test::Owner(v) if v.is_empty());
        (!begun).then_some(Self { not, test })
    }
}

impl Test {
    fn holds(&self, row: &BoardRow, mine: &Mine) -> bool {
        let ticket = &*row.ticket;
        let has = |field: &str, wanted: &str| field.to_lowercase().contains(wanted);
        let may_have = |field: Option<&SafeText>, wanted: &str| field.is_some_and(|field| has(field.as_str(), wanted));
        match self {
            Self::Text(text) => {
                let fields = [Some(&ticket.id.key), Some(&ticket.title), ticket.client.as_ref(), ticket.owner()];
                fields.into_iter().any(|field| may_have(field, text)) || has(ticket.id.source.as_str(), text)
            }
            Self::Severity(wanted) => words::severity(row.severity()).to_lowercase().starts_with(wanted),
            Self::Client(wanted) => may_have(ticket.client.as_ref(), wanted),
            Self::Source(wanted) => has(ticket.id.source.as_str(), wanted),
            Self::Owner(wanted) => may_have(ticket.owner(), wanted),
            Self::Group(group) => row.verdict.group == *group,
            Self::Now => matches!(row.verdict.group, Group::Decide | Group::Unanswered | Group::InHand),
            Self::Overdue => row.is_breached(),
            Self::CallBack => ticket.wants_call_back(),
            Self::Mine => mine.has(ticket),
        }
    }
}
