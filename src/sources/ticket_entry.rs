//! One entry of a ticket file: its members, each read from raw JSON by itself. A member that cannot be read counts as
//! absent and is noted with its raw value.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::address::web_address;
use super::mapping;
use super::settings::MapTarget;
use super::ticket_reader::TicketFormat;
use crate::domain::{
    Assessment, ClientContact, Contact, OnClient, SafeText, Severity, Status, TextKind, Ticket, TicketKey, instant_of_local,
};

/// The members that a map rule can name; `NAME` stands for every other one that holds a text, `OUTER.INNER` for one of an
/// object.
pub const FILE_FIELDS: &[&str] =
    &["severity", "status", "client", "title", "description", "channel", "service", "support_level", "assignee", "key", "NAME"];

type Raw<'a> = Option<&'a RawValue>;

/// The members of an entry, unread; unknown ones, and those that are computed, are passed over.
#[derive(Deserialize)]
pub(super) struct Members<'a> {
    #[serde(borrow)]
    key: Raw<'a>,
    title: Raw<'a>,
    client: Raw<'a>,
    agreement: Raw<'a>,
    severity: Raw<'a>,
    support_level: Raw<'a>,
    channel: Raw<'a>,
    service: Raw<'a>,
    status: Raw<'a>,
    assignee: Raw<'a>,
    url: Raw<'a>,
    description: Raw<'a>,
    submitted_at: Raw<'a>,
    acknowledged_at: Raw<'a>,
    acknowledged_by: Raw<'a>,
    answered_at: Raw<'a>,
    last_word_at: Raw<'a>,
    resolved_at: Raw<'a>,
    contact: Raw<'a>,
    callback_requested: Raw<'a>,
    contacts: Raw<'a>,
    assessments: Raw<'a>,
    on_client: Raw<'a>,
}

/// What an entry is read with.
pub(super) struct Reading<'a> {
    format: &'a TicketFormat<'a>,
    /// Clients, channels, levels and names recur: each is kept once.
    known: RefCell<HashMap<Box<str>, SafeText>>,
}

/// More different names than this are no names; each is then kept by itself.
const MOST_KNOWN: usize = 10_000;

/// What is noticed while an entry is read.
#[derive(Default)]
struct Noticed {
    notes: Vec<SafeText>,
    /// Characters that were replaced or left out.
    altered: usize,
}

impl Noticed {
    fn push(&mut self, note: SafeText) {
        self.notes.push(note);
    }
}

/// Why an entry is no ticket, and as much of it as could be read where its key could.
pub(super) struct NotATicket {
    pub reason: String,
    pub ticket: Option<Box<Ticket>>,
}

/// Why an instant could not be read.
enum BadInstant {
    /// It has no offset, and the source no zone.
    NoZone,
    /// It is no time at all.
    NoTime,
}

impl BadInstant {
    const fn words(&self) -> &'static str {
        match self {
            Self::NoZone => "has no offset, and the source says no timezone",
            Self::NoTime => "is no time (RFC 3339, such as 2026-12-25T02:14:00Z)",
        }
    }
}

impl<'a> Reading<'a> {
    pub fn new(format: &'a TicketFormat<'a>) -> Self {
        Self { format, known: RefCell::default() }
    }

    /// A ticket of which only the source's own words are known.
    pub fn blank(&self, id: TicketKey) -> Ticket {
        let mut ticket = Ticket::new(id);
        ticket.client.clone_from(&self.format.client);
        ticket.unassessed_as = self.format.unassessed_as;
        ticket
    }

    /// A name that recurs from ticket to ticket.
    fn name(&self, name: &str, raw: Raw, notes: &mut Noticed) -> Option<SafeText> {
        let raw = raw?;
        let mut known = self.known.borrow_mut();
        if let Some(safe) = known.get(raw.get()) {
            return Some(safe.clone());
        }
        let before = (notes.notes.len(), notes.altered);
        let safe = text(name, Some(raw), TextKind::Line, notes)?;
        // what was noticed must be noticed again
        if known.len() < MOST_KNOWN && (notes.notes.len(), notes.altered) == before {
            known.insert(raw.get().into(), safe.clone());
        }
        Some(safe)
    }

    /// The ticket of an entry.
    ///
    /// # Errors
    /// Why it is none.
    pub fn ticket(&self, members: &Members, raw: &RawValue) -> Result<Ticket, NotATicket> {
        let mut notes = Noticed::default();
        let key = match members.key {
            None => return Err(NotATicket { reason: "no key".to_owned(), ticket: None }),
            Some(raw) => {
                key(raw, &mut notes).ok_or_else(|| NotATicket { reason: format!("no usable key: {}", shown(raw)), ticket: None })?
            }
        };
        let mut ticket = self.blank(TicketKey { source: self.format.source.clone(), key });
        self.texts(members, &mut ticket, &mut notes);
        self.instants(members, &mut ticket, &mut notes);
        self.lists(members, &mut ticket, &mut notes);
        ticket.contact = contact(members.contact, &mut notes);
        let given = if self.format.map.is_empty() { Vec::new() } else { self.mapped(raw, &mut ticket) };
        // what a rule has understood is not read again
        let own = |target| !given.contains(&target);
        if own(MapTarget::Severity) {
            severity(members.severity, &mut ticket, &mut notes);
        }
        if own(MapTarget::Status) {
            ticket.status = status(members.status, &mut notes);
        }
        if own(MapTarget::CallbackRequested) {
            ticket.callback_requested = members.callback_requested.is_some_and(|raw| {
                serde_json::from_str(raw.get()).unwrap_or_else(|_| {
                    notes.push(not_read("callback_requested", raw, "is neither true nor false"));
                    false
                })
            });
        }
        let submitted = self.submitted(members.submitted_at, &mut notes);
        ticket.notes.extend(notes.notes);
        ticket.altered += notes.altered;
        match submitted {
            Ok(at) => {
                ticket.submitted_at = at;
                Ok(ticket)
            }
            Err(reason) => Err(NotATicket { reason, ticket: Some(Box::new(ticket)) }),
        }
    }

    /// Applies the map rules, which can name any member; what they gave.
    fn mapped(&self, raw: &RawValue, ticket: &mut Ticket) -> Vec<MapTarget> {
        let members: HashMap<Cow<str>, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        mapping::apply(self.format.map, ticket, |field| values(&members, field))
    }

    /// The submission: one that cannot be understood makes the entry unreadable, one out of all range counts as missing.
    fn submitted(&self, raw: Raw, notes: &mut Noticed) -> Result<Option<DateTime<Utc>>, String> {
        let Some(raw) = raw else { return Ok(None) };
        match self.instant(raw) {
            Ok(at) if (1970..=2199).contains(&chrono::Datelike::year(&at)) => Ok(Some(at)),
            Ok(_) => {
                notes.push(not_read("submitted_at", raw, "is not between 1970 and 2199: counts as missing"));
                Ok(None)
            }
            Err(bad) => Err(format!("submitted_at {} {}", shown(raw), bad.words())),
        }
    }

    fn texts(&self, members: &Members, ticket: &mut Ticket, notes: &mut Noticed) {
        if let Some(title) = text("title", members.title, TextKind::Title, notes) {
            ticket.title = title;
        }
        let mut line = |name, raw| self.name(name, raw, notes);
        if let Some(client) = line("client", members.client) {
            ticket.client = Some(client);
        }
        ticket.agreement = line("agreement", members.agreement);
        ticket.support_level = line("support_level", members.support_level);
        ticket.channel = line("channel", members.channel);
        ticket.service = line("service", members.service);
        ticket.assignee = line("assignee", members.assignee);
        ticket.acknowledged_by = line("acknowledged_by", members.acknowledged_by);
        ticket.description = text("description", members.description, TextKind::Body, notes);
        ticket.url = members.url.and_then(|raw| {
            let url = string(raw).and_then(|url| web_address(&url));
            if url.is_none() {
                notes.push(not_read("url", raw, "is no http or https address without a user name, of at most 1 KiB"));
            }
            url
        });
    }

    fn instants(&self, members: &Members, ticket: &mut Ticket, notes: &mut Noticed) {
        let mut read = |name, raw: Raw| {
            let raw = raw?;
            self.instant(raw).map_err(|bad| notes.push(not_read(name, raw, bad.words()))).ok()
        };
        ticket.acknowledged_at = read("acknowledged_at", members.acknowledged_at);
        ticket.answered_at = read("answered_at", members.answered_at);
        ticket.last_word_at = read("last_word_at", members.last_word_at);
        ticket.resolved_at = read("resolved_at", members.resolved_at);
    }

    fn lists(&self, members: &Members, ticket: &mut Ticket, notes: &mut Noticed) {
        for raw in elements("contacts", members.contacts, notes) {
            #[derive(Deserialize)]
            struct Item<'a> {
                #[serde(borrow)]
                at: Raw<'a>,
                channel: Raw<'a>,
            }
            let item = serde_json::from_str::<Item>(raw.get()).ok();
            let at = item.as_ref().and_then(|i| i.at).and_then(|at| self.instant(at).ok());
            match (at, item) {
                (Some(at), Some(item)) => ticket.contacts.push(ClientContact { at, channel: self.name("channel", item.channel, notes) }),
                _ => notes.push(not_read("contacts", raw, "has no time that can be read")),
            }
        }
        for raw in elements("assessments", members.assessments, notes) {
            #[derive(Deserialize)]
            struct Item<'a> {
                #[serde(borrow)]
                at: Raw<'a>,
                severity: Raw<'a>,
            }
            let item = serde_json::from_str::<Item>(raw.get()).ok();
            let at = item.as_ref().and_then(|i| i.at).and_then(|at| self.instant(at).ok());
            let (Some(at), Some(item)) = (at, item) else {
                notes.push(not_read("assessments", raw, "has no time that can be read"));
                continue;
            };
            let severity = item.severity.and_then(string).and_then(|s| Severity::parse(&s));
            if severity.is_none() {
                notes.push(not_read("assessments", raw, "has no severity S1 to S5: unassessed from then"));
            }
            ticket.assessments.push(Assessment { at, severity });
        }
        for raw in elements("on_client", members.on_client, notes) {
            #[derive(Deserialize)]
            struct Item<'a> {
                #[serde(borrow)]
                from: Raw<'a>,
                to: Raw<'a>,
            }
            let end = |raw: Raw| raw.map(|raw| self.instant(raw)).transpose();
            let item = serde_json::from_str::<Item>(raw.get()).ok().and_then(|i| Some((end(i.from).ok()?, end(i.to).ok()?)));
            // a stretch with an end that cannot be read is left out whole: a gap must not hold a ticket
            match item {
                // nor must one that is always, or that misspells both its ends
                Some((None, None)) => notes.push(not_read("on_client", raw, "has neither from nor to")),
                Some((from, to)) => ticket.on_client.push(OnClient { from, to }),
                None => notes.push(not_read("on_client", raw, "cannot be read as a stretch of time")),
            }
        }
    }

    /// An instant with an offset, or a local time in the source's zone; cut to whole seconds.
    fn instant(&self, raw: &RawValue) -> Result<DateTime<Utc>, BadInstant> {
        let text = string(raw).ok_or(BadInstant::NoTime)?;
        let text = text.trim();
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(at.with_timezone(&Utc).trunc_subsecs(0));
        }
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).ok_or(BadInstant::NoTime)?;
        let zone = self.format.timezone.ok_or(BadInstant::NoZone)?;
        Ok(instant_of_local(zone, local.trunc_subsecs(0)))
    }
}

/// The texts that a member holds: one, or those of a list.
fn values(members: &HashMap<Cow<str>, &RawValue>, field: &str) -> Vec<String> {
    let Some(raw) = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, raw)| *raw) else {
        let Some((outer, inner)) = field.split_once('.') else { return Vec::new() };
        let outer = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(outer));
        return outer.and_then(|(_, raw)| serde_json::from_str(raw.get()).ok()).map_or_else(Vec::new, |members| values(&members, inner));
    };
    let one = |raw: &RawValue| match raw.get().as_bytes() {
        [b'"', ..] => string(raw).map(Cow::into_owned).filter(|text| !text.trim().is_empty()),
        [b'{' | b'[', ..] | b"null" => None,
        _ => Some(raw.get().to_owned()),
    };
    match serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        Ok(list) => list.into_iter().filter_map(one).collect(),
        Err(_) => one(raw).into_iter().collect(),
    }
}

fn key(raw: &RawValue, notes: &mut Noticed) -> Option<SafeText> {
    let text = raw.get();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(SafeText::line(text));
    }
    // what cannot be seen is no key, and what can is not beside anything
    let safe = SafeText::sanitised(&string(raw)?, TextKind::Line);
    notes.altered += safe.altered;
    let key = safe.text.as_str().trim();
    (!key.is_empty()).then(|| SafeText::line(key))
}

fn severity(raw: Raw, ticket: &mut Ticket, notes: &mut Noticed) {
    let Some(raw) = raw else { return };
    ticket.severity = string(raw).and_then(|s| Severity::parse(&s));
    if ticket.severity.is_none() {
        ticket.severity_unreadable = true;
        notes.push(not_read("severity", raw, "is none of S1 to S5: unassessed"));
    }
}

fn status(raw: Raw, notes: &mut Noticed) -> Status {
    let Some(raw) = raw else { return Status::Open };
    match string(raw).as_deref().map(str::trim) {
        Some("open") => Status::Open,
        Some("acknowledged") => Status::Acknowledged,
        Some("on-client") => Status::OnClient,
        Some("resolved") => Status::Resolved,
        _ => {
            notes.push(not_read("status", raw, "is none of open, acknowledged, on-client, resolved: counts as open"));
            Status::Open
        }
    }
}

fn contact(raw: Raw, notes: &mut Noticed) -> Option<Contact> {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        name: Raw<'a>,
        phone: Raw<'a>,
        email: Raw<'a>,
    }
    let raw = raw?;
    let Ok(item) = serde_json::from_str::<Item>(raw.get()) else {
        notes.push(not_read("contact", raw, "is no object with name, phone and email"));
        return None;
    };
    let mut line = |name, raw| text(name, raw, TextKind::Line, notes);
    Some(Contact {
        name: line("contact.name", item.name),
        phone: line("contact.phone", item.phone),
        email: line("contact.email", item.email),
    })
}

/// A text that is not blank.
fn text(name: &str, raw: Raw, kind: TextKind, notes: &mut Noticed) -> Option<SafeText> {
    let raw = raw?;
    let Some(text) = string(raw) else {
        notes.push(not_read(name, raw, "is no text"));
        return None;
    };
    let safe = SafeText::sanitised(&text, kind);
    notes.altered += safe.altered;
    if safe.cut {
        notes.push(SafeText::line(&format!("{name} is cut: {} bytes", text.len())));
    }
    (!safe.text.as_str().trim().is_empty()).then_some(safe.text)
}

/// The elements of a list; anything else is noted and empty.
fn elements<'a>(name: &str, raw: Raw<'a>, notes: &mut Noticed) -> Vec<&'a RawValue> {
    let Some(raw) = raw else { return Vec::new() };
    serde_json::from_str(raw.get()).unwrap_or_else(|_| {
        notes.push(not_read(name, raw, "is no list"));
        Vec::new()
    })
}

fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    // nearly every string stands in the file as it is
    if let Some(plain) = raw.get().strip_prefix('"').and_then(|t| t.strip_suffix('"')).filter(|t| !t.contains('\\')) {
        return Some(Cow::Borrowed(plain));
    }
    serde_json::from_str::<Text>(raw.get()).ok().map(|t| t.0)
}

/// A value as it stands in the file, cut.
fn shown(raw: &RawValue) -> String {
    const MOST: usize = 60;
    let text = raw.get();
    if text.chars().count() > MOST { format!("{}…", text.chars().take(MOST).collect::<String>()) } else { text.to_owned() }
}

fn not_read(name: &str, raw: &RawValue, why: &str) -> SafeText {
    SafeText::line(&format!("{name} {} {why}", shown(raw)))
}
