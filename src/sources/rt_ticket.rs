//! The ticket of a ticket of Request Tracker, with what its history tells.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::mapping::{self, same_name};
use super::rt_wire::{Person, RtTicket, Transaction, filled, instant, word};
use super::settings::{MapTest, RtSettings, SourceSettings};
use crate::domain::{Assessment, ClientContact, Contact, OnClient, SafeText, Severity, Status, TextKind, Ticket, TicketKey};

/// The fields of a ticket that a map rule can name; `custom.NAME` is a custom field by its name.
pub const RT_FIELDS: &[&str] = &["queue", "priority", "status", "requestor", "organization", "owner", "subject", "custom.NAME"];

/// The status of new tickets, as RT's own lifecycle names it.
const NEW: &str = "new";

/// What only those change who work on a ticket.
const WORK: [&str; 3] = ["Owner", "Status", "Priority"];

/// Of a ticket and its history RT tells the time of the same thing so far apart.
const SAME: TimeDelta = TimeDelta::seconds(2);

/// What happened to a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct History {
    /// When it came to whom has it, and who gave it.
    given: Option<(DateTime<Utc>, String)>,
    /// When it last left the status of new tickets.
    left_new_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    last_word_at: Option<DateTime<Utc>>,
    contacts: Vec<DateTime<Utc>>,
    /// Each change of the priority and of the status: when, from what, to what.
    priorities: Vec<(DateTime<Utc>, String, String)>,
    statuses: Vec<(DateTime<Utc>, String, String)>,
}

/// What is known of the history of a ticket.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub history: &'a History,
    /// Whether the ticket has not changed since.
    pub current: bool,
}

impl History {
    /// What the transactions of a ticket tell, the oldest first. The client is whoever asked for it, unless that was `me`, and
    /// who only writes beside them: as one of its Ccs, or by mail, which makes a login of the address.
    pub fn of(transactions: &[Transaction], ticket: &RtTicket, me: &str) -> Self {
        let mut history = Self::default();
        let works_on = |who: &str| {
            let work = |t: &&Transaction| t.kind == "Comment" || filled(&t.field).is_some_and(|field| WORK.contains(&field));
            let works = transactions.iter().filter(work).any(|t| t.creator.as_ref().is_some_and(|creator| creator.is(who)));
            works || ticket.owned_by().is_some_and(|owner| owner.is(who))
        };
        let of_client = |who: &str| {
            let is_one_of = |people: &[Person]| people.iter().any(|person| person.is(who));
            is_one_of(&ticket.requestor) || ((who.contains('@') || is_one_of(&ticket.cc)) && !works_on(who))
        };
        for transaction in transactions {
            let Some(at) = instant(&transaction.created) else { continue };
            let by = transaction.creator.as_ref().map_or("", |creator| creator.id.as_str());
            let change = || (at, word(&transaction.old_value).unwrap_or_default(), word(&transaction.new_value).unwrap_or_default());
            match (transaction.kind.as_str(), filled(&transaction.field)) {
                ("Correspond", _) if !same_name(by, me) && of_client(by) => history.contacts.push(at),
                ("Correspond", _) => {
                    history.answered_at.get_or_insert(at);
                    history.last_word_at = Some(at);
                }
                ("Status", _) => {
                    let change = change();
                    if same_name(&change.1, NEW) {
                        history.left_new_at = Some(at);
                    }
                    history.statuses.push(change);
                }
                // the same is told again of the role
                ("SetWatcher" | "AddWatcher" | "DelWatcher", _) => {}
                (_, Some("Owner")) => history.given = Some((at, by.to_owned())),
                (_, Some("Priority")) => history.priorities.push(change()),
                _ => {}
            }
        }
        history
    }

    fn taken_at(&self) -> Option<DateTime<Utc>> {
        let given = self.given.as_ref().map(|(at, _)| *at);
        given.max(self.left_new_at)
    }

    fn stretches(&self, status: &str) -> Vec<OnClient> {
        let mut stretches: Vec<OnClient> = Vec::new();
        for (at, from, to) in &self.statuses {
            if same_name(to, status) {
                stretches.push(OnClient { from: Some(*at), to: None });
            } else if same_name(from, status)
                && let Some(stretch) = stretches.last_mut()
            {
                stretch.to = Some(*at);
            }
        }
        stretches
    }
}

impl RtTicket {
    /// Whether somebody has it: its owner has begun, or took it rather than being given it.
    pub fn is_taken(&self, history: Option<&History>) -> bool {
        let took = |owner: &Person| history.and_then(|h| h.given.as_ref()).is_some_and(|(_, by)| owner.is(by));
        self.owned_by().is_some_and(|owner| !self.has_status(NEW) || took(owner))
    }

    /// When it was taken, where that is known.
    pub fn taken_at(&self, history: Option<&History>) -> Option<DateTime<Utc>> {
        history.filter(|_| self.owned_by().is_some()).and_then(History::taken_at)
    }

    /// Whether anything can have happened to it but its creation.
    pub fn has_history(&self, creating: TimeDelta) -> bool {
        let since = instant(&self.last_updated).zip(instant(&self.created)).map(|(last, first)| last - first);
        !self.has_status(NEW) || self.owned_by().is_some() || instant(&self.told).is_some() || since.is_none_or(|since| since > creating)
    }

    /// The values of a field by the name that map rules use.
    fn field(&self, name: &str) -> Vec<String> {
        let of = |people: &[Person], what: fn(&Person) -> [Option<&str>; 3]| -> Vec<String> {
            people.iter().flat_map(what).flatten().map(str::to_owned).collect()
        };
        let named: fn(&Person) -> [Option<&str>; 3] = |p| [filled(&p.email_address), filled(&p.name), filled(&p.real_name)];
        match name {
            "queue" => of(self.queue.as_slice(), |queue| [filled(&queue.name), None, None]),
            "priority" => self.priority().into_iter().collect(),
            "status" => self.status.iter().cloned().collect(),
            "requestor" => of(&self.requestor, named),
            "organization" => of(&self.requestor, |p| [filled(&p.organization), None, None]),
            "owner" => self.owned_by().map(|owner| of(std::slice::from_ref(owner), named)).unwrap_or_default(),
            "subject" => self.subject.iter().cloned().collect(),
            _ => name.strip_prefix("custom.").map_or_else(Vec::new, |custom| self.custom(custom)),
        }
    }

    /// The fields it has that tell tickets of one kind from those of another.
    fn names(&self) -> Vec<String> {
        let custom = self.custom_fields.as_array().into_iter().flatten().filter_map(|field| field["name"].as_str());
        let custom = custom.map(|name| format!("custom.{name}"));
        ["priority", "queue", "organization", "status"].map(str::to_owned).into_iter().chain(custom).collect()
    }

    /// The values of a custom field; RT gives a list of them, or nothing at all in one of several ways.
    fn custom(&self, name: &str) -> Vec<String> {
        let fields = self.custom_fields.as_array().into_iter().flatten();
        let named = fields.filter(|field| field["name"].as_str().is_some_and(|has| same_name(has, name)));
        named.flat_map(|field| field["values"].as_array().into_iter().flatten()).filter_map(word).collect()
    }

    /// The ticket, with what its history tells where that was read.
    pub fn ticket(&self, source: &SourceSettings, rt: &RtSettings, told: Option<Told>) -> Ticket {
        let key = SafeText::line(&self.id.to_string());
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key });
        if let Some(subject) = filled(&self.subject) {
            ticket.title = ticket.take_text("Subject", subject, TextKind::Title);
        }
        ticket.client.clone_from(&source.client);
        ticket.unassessed_as = source.unassessed_as;
        ticket.assignee = self.owned_by().map(|owner| ticket.take_text("Owner", owner.shown(), TextKind::Line));
        ticket.url = Some(SafeText::line(&format!("{}/Ticket/Display.html?id={}", rt.server.url.trim_end_matches('/'), self.id)));
        ticket.submitted_at = instant(&self.created);
        if let (None, Some(odd)) = (ticket.submitted_at, filled(&self.created).filter(|odd| DateTime::parse_from_rfc3339(odd).is_err())) {
            ticket.unreadable = Some(SafeText::line(&format!("Created '{odd}' is no time")));
        }
        ticket.contact = self.contact(&mut ticket);
        self.own_severity(&mut ticket);
        if let Some(survey) = &source.survey {
            survey.note_ticket(&self.names(), |field| self.field(field), ("priority", ticket.severity));
        }
        let history = told.map(|told| told.history);
        let taken = self.is_taken(history.filter(|_| told.is_some_and(|told| told.current)));
        let waits = rt.waiting_status.as_deref().is_some_and(|waiting| self.has_status(waiting));
        ticket.status = match (waits, taken) {
            (true, _) => Status::OnClient,
            (false, true) => Status::Acknowledged,
            (false, false) => Status::Open,
        };
        mapping::apply(&source.map, &mut ticket, |field| self.field(field));
        if ticket.status == Status::Acknowledged || (taken && ticket.status == Status::OnClient) {
            ticket.acknowledged_by.clone_from(&ticket.assignee);
            ticket.acknowledged_at = self.taken_at(history);
        }
        self.words(told, &mut ticket);
        if let Some(told) = told {
            self.tell(told, source, rt, &mut ticket);
        }
        ticket
    }

    fn contact(&self, ticket: &mut Ticket) -> Option<Contact> {
        let who = self.requestor.first()?;
        let mut line = |name: &str, text: Option<&str>| text.map(|text| ticket.take_text(name, text, TextKind::Line));
        Some(Contact {
            name: line("RealName", Some(who.shown()).filter(|name| !name.is_empty())),
            phone: line("WorkPhone", filled(&who.work_phone).or_else(|| filled(&who.mobile_phone))),
            email: line("EmailAddress", filled(&who.email_address)),
        })
    }

    /// The words to the client: of the history, or else the last one alone, which the ticket itself bears.
    fn words(&self, told: Option<Told>, ticket: &mut Ticket) {
        if let Some(history) = told.map(|told| told.history) {
            (ticket.answered_at, ticket.last_word_at) = (history.answered_at, history.last_word_at);
        }
        let Some(last) = instant(&self.told) else { return };
        // to RT whoever did not ask for it is one of us
        if told.is_some_and(|told| told.history.contacts.iter().any(|at| (last - *at).abs() <= SAME)) {
            return;
        }
        // a mail to the client that is no correspondence moves it too
        if ticket.last_word_at.is_none_or(|known| known < last) {
            ticket.last_word_at = Some(last);
        }
        if ticket.answered_at.is_none() {
            ticket.answered_at = Some(last);
            ticket.notes.push(SafeText::line("answered by the last word to the client, Told: the first may have been earlier"));
        }
    }

    /// What the history adds.
    fn tell(&self, told: Told, source: &SourceSettings, rt: &RtSettings, ticket: &mut Ticket) {
        let history = told.history;
        ticket.contacts = history.contacts.iter().map(|at| ClientContact { at: *at, channel: None }).collect();
        if let (Some((_, from, _)), Some(submitted)) = (history.priorities.first(), ticket.submitted_at) {
            ticket.assessments.push(Assessment { at: submitted, severity: self.severity_with(from, source) });
            let later = history.priorities.iter().map(|(at, _, to)| Assessment { at: *at, severity: self.severity_with(to, source) });
            ticket.assessments.extend(later);
        }
        let Some(waiting) = rt.waiting_status.as_deref().filter(|_| told.current) else { return };
        let stretches = history.stretches(waiting);
        // a rule may say of another status that it is on the client, or of this one that it is not
        if stretches.last().is_some_and(|last| last.to.is_none()) == (ticket.status == Status::OnClient) {
            ticket.on_client = stretches;
        }
    }

    /// What its severity would be with another priority.
    pub fn severity_with(&self, priority: &str, source: &SourceSettings) -> Option<Severity> {
        let mut ticket = Ticket::new(TicketKey { source: source.name.clone(), key: SafeText::line("") });
        let other = Self { priority: Value::String(priority.to_owned()), ..self.clone() };
        other.own_severity(&mut ticket);
        mapping::apply(&source.map, &mut ticket, |field| other.field(field));
        ticket.severity
    }

    /// The priority that gives a severity: one that a rule names, or else one of RT's own.
    pub fn priority_for(&self, severity: Severity, source: &SourceSettings) -> Option<String> {
        const NUMBERS: [&str; 4] = ["100", "50", "20", "0"];
        const WORDS: [&str; 3] = ["High", "Medium", "Low"];
        let rules = source.map.iter().filter(|rule| rule.field == "priority");
        let named = rules.filter_map(|rule| match &rule.test {
            MapTest::Is(priority) => Some(priority.as_str()),
            MapTest::Matches(_) => None,
        });
        let numeric = self.priority().is_none_or(|priority| priority.parse::<i64>().is_ok());
        let own: &[&str] = if numeric { &NUMBERS } else { &WORDS };
        let mut all = named.chain(own.iter().copied());
        all.find(|priority| self.severity_with(priority, source) == Some(severity)).map(str::to_owned)
    }

    /// RT's own priorities: the words it has for them, or numbers, of which more is worse.
    fn own_severity(&self, ticket: &mut Ticket) {
        let Some(priority) = self.priority() else { return };
        let (severity, why) = match (priority.parse::<i64>(), priority.to_lowercase().as_str()) {
            (Ok(100..), _) => (Severity::S1, "100 or more"),
            (Ok(50..), _) => (Severity::S2, "50 to 99"),
            (Ok(1..), _) => (Severity::S3, "1 to 49"),
            (Ok(_), _) => (Severity::S4, "none"),
            (Err(_), "high") => (Severity::S1, "the highest of RT's own words"),
            (Err(_), "medium") => (Severity::S2, "the second of RT's own words"),
            (Err(_), "low") => (Severity::S3, "the third of RT's own words"),
            (Err(_), _) => {
                ticket.severity_unreadable = true;
                ticket.notes.push(SafeText::line(&format!("priority '{priority}' is no number and none of RT's own words: unassessed")));
                return;
            }
        };
        ticket.severity = Some(severity);
        ticket.severity_origin = Some(SafeText::line(&format!("from priority '{priority}', {why}")));
    }
}
