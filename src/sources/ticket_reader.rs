//! The ticket format of files: a JSON array, JSON Lines, an object with `tickets`, or CSV. Pure: text in, tickets out.
//!
//! One entry that cannot be read costs nothing but itself: it becomes a ticket that says so. Of an entry, members are read
//! one by one from their raw JSON, so one of the wrong type costs only that member, and no tree of a large file is built.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::settings::{MapRule, SourceSettings};
use super::ticket_csv;
use super::ticket_entry::{self, NotATicket, Reading};
use crate::domain::{Fault, FaultKind, SafeText, Severity, SourceName, Ticket, TicketKey};

/// What a file of tickets is read with.
pub struct TicketFormat<'a> {
    /// The source the tickets belong to.
    pub source: &'a SourceName,
    /// The file as the user names it, for places such as `tickets.json:14`.
    pub label: &'a str,
    /// The zone of times without an offset.
    pub timezone: Option<Tz>,
    /// The client of tickets that name none.
    pub client: Option<SafeText>,
    /// What an unassessed ticket is judged as.
    pub unassessed_as: Option<Severity>,
    /// What its members say beyond their own names.
    pub map: &'a [MapRule],
}

impl<'a> TicketFormat<'a> {
    /// As the configuration of a source says.
    #[must_use]
    pub fn of(settings: &'a SourceSettings, label: &'a str) -> Self {
        Self {
            source: &settings.name,
            label,
            timezone: settings.timezone,
            client: settings.client.clone(),
            unassessed_as: settings.unassessed_as,
            map: &settings.map,
        }
    }
}

/// Reads all tickets of a file. Keys are unique in the result: of a duplicate the first stays.
///
/// # Errors
/// The text as a whole is no list of tickets: what is wrong and where.
pub fn read_tickets(bytes: &[u8], format: &TicketFormat) -> Result<Vec<Arc<Ticket>>, Fault> {
    let text = text_of(bytes);
    let mut list = List::new(&text, format);
    match text.trim_start().as_bytes().first() {
        None => return Err(list.fault("is empty", "an empty list of tickets is written []")),
        Some(b'[') => list.array()?,
        Some(b'{') => list.object_or_lines()?,
        Some(_) => return Err(list.fault("is not JSON", "it must be a JSON array, an object with \"tickets\", or one object a line")),
    }
    Ok(list.tickets)
}

/// Reads all tickets of a file of comma-separated values, as [`read_tickets`] does.
///
/// # Errors
/// The text as a whole is no table of tickets: what is wrong and where.
pub fn read_csv(bytes: &[u8], format: &TicketFormat) -> Result<Vec<Arc<Ticket>>, Fault> {
    let text = text_of(bytes);
    let mut list = List::new(&text, format);
    ticket_csv::rows(&mut list)?;
    Ok(list.tickets)
}

fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // the lossy reading is the slower one, and seldom needed
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The tickets of a text, as far as it has been read.
pub(super) struct List<'a> {
    pub text: &'a str,
    pub format: &'a TicketFormat<'a>,
    tickets: Vec<Arc<Ticket>>,
    reading: Reading<'a>,
    /// Where the entry of every key so far begins.
    places: HashMap<SafeText, usize>,
    /// How many lines end before which byte, so that no byte is counted twice.
    counted: (usize, u64),
}

impl<'a> List<'a> {
    fn new(text: &'a str, format: &'a TicketFormat<'a>) -> Self {
        Self { text, format, tickets: Vec::new(), reading: Reading::new(format), places: HashMap::new(), counted: (0, 1) }
    }

    fn array(&mut self) -> Result<(), Fault> {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let read = json.deserialize_seq(Entries(self)).and_then(|()| json.end());
        read.map_err(|e| self.broken(&e))
    }

    fn object_or_lines(&mut self) -> Result<(), Fault> {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let whole = json.deserialize_map(Tickets(self)).and_then(|found| json.end().map(|()| found));
        match whole {
            Ok(true) => return Ok(()),
            // the list was found, and broke later
            Err(e) if !self.tickets.is_empty() => return Err(self.broken(&e)),
            // one object without a list, or more than one: lines
            Ok(false) | Err(_) => {}
        }
        let lines = self.text.lines().filter(|l| !l.trim().is_empty());
        let objects = lines.clone().filter(|l| l.trim_start().starts_with('{')).count();
        if objects * 2 < lines.count() {
            let e = whole.err().map_or_else(|| "an object without \"tickets\"".to_owned(), |e| e.to_string());
            return Err(self.fault(
                &format!("is no list of tickets: {e}"),
                "it must be a JSON array, an object with \"tickets\", or one object a line",
            ));
        }
        let mut lines = self.text.lines().filter(|l| !l.trim().is_empty()).peekable();
        while let Some(line) = lines.next() {
            match serde_json::from_str::<&RawValue>(line) {
                Ok(raw) => self.entry(raw, self.offset_of(line), None),
                Err(e) if e.is_eof() && lines.peek().is_none() && !self.text.ends_with('\n') => return Err(self.broken(&e)),
                Err(e) => {
                    let at = self.line_at(self.offset_of(line));
                    self.push_unreadable(at, NotATicket { reason: format!("not JSON: {}", without_position(&e)), ticket: None });
                }
            }
        }
        Ok(())
    }

    /// Takes one entry that begins at a byte of the text. What is `wrong` with it makes it unreadable, whatever it says.
    pub fn entry(&mut self, raw: &RawValue, offset: usize, wrong: Option<String>) {
        let members = match serde_json::from_str::<ticket_entry::Members>(raw.get()) {
            Ok(members) => members,
            Err(e) => {
                let shown: String = raw.get().chars().take(60).collect();
                let why = if shown.starts_with('{') { without_position(&e) } else { "not an object".to_owned() };
                self.unreadable(offset, NotATicket { reason: format!("{why}: {shown}"), ticket: None });
                return;
            }
        };
        let unreadable = match self.reading.ticket(&members, raw) {
            Ok(ticket) => {
                let at = (!self.places.is_empty()).then(|| self.places.get(&ticket.id.key)).flatten().copied();
                match (at, wrong) {
                    (None, None) => {
                        // lines are counted only where an entry needs its place
                        self.places.insert(ticket.id.key.clone(), offset);
                        self.tickets.push(Arc::new(ticket));
                        return;
                    }
                    (None, Some(reason)) => NotATicket { reason, ticket: Some(Box::new(ticket)) },
                    (Some(first), _) => {
                        let (label, first, second) = (self.format.label, self.line_at(first), self.line_at(offset));
                        let reason = format!("duplicate key '{}': {label}:{first} and {label}:{second}; the first counts", ticket.id.key);
                        NotATicket { reason, ticket: Some(Box::new(ticket)) }
                    }
                }
            }
            Err(unreadable) => NotATicket { reason: wrong.unwrap_or(unreadable.reason), ..unreadable },
        };
        self.unreadable(offset, unreadable);
    }

    fn unreadable(&mut self, offset: usize, unreadable: NotATicket) {
        let at = self.line_at(offset);
        self.push_unreadable(at, unreadable);
    }

    /// Keeps an entry that is no ticket: its own key where it has one that nobody else has, else its place.
    fn push_unreadable(&mut self, line: u64, NotATicket { reason, ticket }: NotATicket) {
        let place = format!("{}:{line}", self.format.label);
        let mut key = ticket.as_ref().map_or_else(|| SafeText::line(&place), |t| t.id.key.clone());
        if self.places.contains_key(&key) {
            key = SafeText::line(&place);
        }
        let mut more = 1;
        while self.places.contains_key(&key) {
            more += 1;
            key = SafeText::line(&format!("{place}#{more}"));
        }
        self.places.insert(key.clone(), 0);
        let id = TicketKey { source: self.format.source.clone(), key };
        let mut ticket = match ticket {
            Some(ticket) => Ticket { id, ..*ticket },
            None => self.reading.blank(id),
        };
        ticket.unreadable = Some(SafeText::line(&format!("{reason} ({place})")));
        self.tickets.push(Arc::new(ticket));
    }

    /// Where a part of the text begins.
    fn offset_of(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// The line of a byte of the text.
    pub fn line_at(&mut self, offset: usize) -> u64 {
        let newlines = |part: &str| part.bytes().filter(|b| *b == b'\n').count() as u64;
        let (from, line) = self.counted;
        if offset < from {
            return 1 + newlines(&self.text[..offset]);
        }
        let line = line + newlines(&self.text[from..offset]);
        self.counted = (offset, line);
        line
    }

    fn broken(&self, e: &serde_json::Error) -> Fault {
        let (line, column) = (e.line(), e.column());
        let what = if e.is_eof() {
            format!("ends in the middle, at line {line}: half-written?")
        } else {
            format!("is not JSON at line {line}, column {column}: {}", without_position(e))
        };
        self.fault(&what, "it is read again when it changes")
    }

    /// What is wrong with the text as a whole.
    pub fn fault(&self, what: &str, help: &str) -> Fault {
        Fault {
            kind: FaultKind::Unintelligible,
            text: SafeText::line(&format!("{} {what} – {help}", self.format.label)),
            retry_after: None,
        }
    }
}

/// What the parser says, without the position: that of a part of the text would mislead.
fn without_position(e: &serde_json::Error) -> String {
    let text = e.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A list of entries, taken one by one.
struct Entries<'l, 'a>(&'l mut List<'a>);

impl<'de> Visitor<'de> for Entries<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of tickets")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
            let offset = self.0.offset_of(raw.get());
            self.0.entry(raw, offset, None);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Entries<'_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

/// An object with a list under `tickets`; says whether there was one.
struct Tickets<'l, 'a>(&'l mut List<'a>);

impl<'de> Visitor<'de> for Tickets<'_, 'de> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object with \"tickets\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(name) = map.next_key::<Cow<str>>()? {
            if name == "tickets" {
                if found {
                    return Err(serde::de::Error::custom("there are two lists called tickets"));
                }
                found = true;
                map.next_value_seed(Entries(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
