//! `holdover check --online`: signs in to every source, reads what it has, and says what of it is understood and what may be
//! done there.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use chrono::TimeDelta;
use futures::future;
use strum::IntoEnumIterator;

use super::check::count;
use super::session::{Session, runtime};
use crate::config::{Level, Problem};
use crate::domain::{Capabilities, DeedKind, Fault, FaultKind, Identity, Pass, SafeText, Ticket};
use crate::sources::{MapRule, SourceSettings};

/// Clocks that are no further apart agree.
const CLOCKS_AGREE: TimeDelta = TimeDelta::seconds(60);
/// So many odd things are told of a source; the others are counted.
const TOLD: usize = 3;

/// What one source said.
pub(super) struct Online<'a> {
    index: usize,
    settings: &'a SourceSettings,
    capabilities: Option<Capabilities>,
    identity: Result<Identity, Fault>,
    pass: Result<Pass, Fault>,
    tally: Tally,
}

/// Asks every source.
///
/// # Errors
/// Where the machine gives no event loop.
pub(super) fn ask(session: &Session) -> color_eyre::Result<Vec<Online<'_>>> {
    let asked = session.settings.sources.iter().enumerate().map(|(index, settings)| async move {
        let (source, report) = session.poll(settings).await;
        let pass = report.outcome;
        let tally = pass.as_ref().map_or_else(|_| Tally::default(), |pass| Tally::of(&pass.tickets, session));
        match (source, &pass) {
            (Some(source), _) => {
                let capabilities = Some(source.capabilities());
                Online { index, settings, capabilities, identity: source.whoami().await, pass, tally }
            }
            (None, outcome) => {
                // what could not be opened was not asked
                let text = SafeText::line("it could not be opened – see above – correct the configuration");
                let not_asked = Fault { kind: FaultKind::Unsupported, text, retry_after: None };
                let identity = Err(outcome.as_ref().err().cloned().unwrap_or(not_asked));
                Online { index, settings, capabilities: None, identity, pass, tally }
            }
        }
    });
    Ok(runtime()?.block_on(future::join_all(asked)))
}

impl Online<'_> {
    /// What a person should mend.
    pub fn problems(&self) -> Vec<Problem> {
        let name = &self.settings.name;
        let problem = |level: Level, what: String, help: &str| Problem {
            level,
            file: self.settings.origin.file.to_string(),
            line: self.settings.origin.line,
            path: format!("source[{}]", self.index),
            what,
            help: help.to_owned(),
            unreadable: false,
        };
        let pass = match (&self.pass, &self.identity) {
            (Err(fault), _) | (_, Err(fault)) => {
                // a fault says what – why – what to do
                let (told, help) = fault.text.as_str().rsplit_once(" – ").unwrap_or((fault.text.as_str(), "see the configuration"));
                return vec![problem(Level::Error, format!("{name}: {told}"), help)];
            }
            (Ok(pass), Ok(_)) => pass,
        };
        let mut problems = Vec::new();
        let mut warn = |what: String, help: &str| problems.push(problem(Level::Warning, format!("{name}: {what}"), help));
        for may_not in self.identity.iter().flat_map(|identity| &identity.may_not) {
            warn(format!("this user may not {may_not}"), "ask for the right there, or use another user");
        }
        if !pass.complete {
            let total = pass.total.map_or_else(|| "?".to_owned(), |total| total.to_string());
            let why = pass.warning.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            warn(format!("{} of {total} tickets were read{why}", pass.tickets.len()), "ask again; narrow down what is asked for");
        }
        if let Some(ahead) = pass.clock_ahead.filter(|ahead| ahead.abs() > CLOCKS_AGREE) {
            let how = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
            let what = format!("its clock is {} s {how} this one", ahead.num_seconds().abs());
            warn(what, "set the one that is wrong: response times are counted by both");
        }
        let tally = &self.tally;
        for (what, help, found) in [
            ("cannot be read", "look at the ticket in its source", &tally.unreadable),
            (
                "has no time of submission",
                "correct what gives submitted_at; until then it counts from when it was first seen",
                &tally.undated,
            ),
            ("has no severity", "add a map rule that gives severity; until then it is judged as the highest", &tally.unassessed),
            ("is not wholly understood", "look at the ticket in its source", &tally.odd),
        ] {
            if let Some(first) = found.first() {
                let tickets = if found.len() == 1 { "1 ticket".to_owned() } else { format!("{} tickets, each", found.len()) };
                warn(format!("{tickets} {what}: {first}"), help);
            }
        }
        for (reason, (help, count)) in &tally.strangers {
            let tickets = if *count == 1 { "1 ticket".to_owned() } else { format!("{count} tickets") };
            problems.push(problem(Level::Warning, format!("{tickets} of {name}: {reason}"), help));
        }
        problems
    }

    /// Who signed in, and how much was read.
    pub fn headline(&self) -> String {
        let name = &self.settings.name;
        let (Ok(pass), Ok(identity)) = (&self.pass, &self.identity) else {
            let signed_in = self.identity.as_ref().map_or_else(|_| String::new(), |identity| format!("signed in as {}; ", identity.name));
            return format!("{name}: {signed_in}no answer");
        };
        let of = if pass.complete { "all there are" } else { "not all there are" };
        format!("{name}: signed in as {}; {} read, {of}", identity.name, count(pass.tickets.len(), "ticket"))
    }

    /// The tickets that were read.
    pub fn tickets(&self) -> &[Arc<Ticket>] {
        self.pass.as_ref().map_or(&[], |pass| &pass.tickets)
    }

    /// What there is, in lines.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        let (Ok(pass), Ok(_)) = (&self.pass, &self.identity) else { return Ok(()) };
        let tally = &self.tally;
        let severities: Vec<String> = tally.severities.iter().map(|(severity, count)| format!("{severity} {count}")).collect();
        if !severities.is_empty() {
            writeln!(out, "  severities: {}", severities.join(", "))?;
        }
        // the most frequent first
        let mut origins: Vec<(&String, &usize)> = tally.origins.iter().collect();
        origins.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (how, count) in origins.iter().take(TOLD) {
            writeln!(out, "    {count} {how}")?;
        }
        if tally.origins.len() > TOLD {
            writeln!(
                out,
                "    and {} in other ways",
                tally.origins.values().sum::<usize>() - origins.iter().take(TOLD).map(|(_, count)| **count).sum::<usize>()
            )?;
        }
        let idle: Vec<String> =
            self.settings.map.iter().filter(|rule| !pass.tickets.iter().any(|ticket| gave(rule, ticket))).map(place).collect();
        if !idle.is_empty() && !pass.tickets.is_empty() {
            writeln!(out, "  map rules that matched none of them: {}", idle.join(", "))?;
        }
        if let Some(ahead) = pass.clock_ahead {
            let clock = match ahead.num_seconds() {
                0 => "agrees with this one".to_owned(),
                behind @ ..0 => format!("is {} s behind this one", -behind),
                ahead => format!("is {ahead} s ahead of this one"),
            };
            writeln!(out, "  its clock {clock}")?;
        }
        let unmatched: usize = tally.strangers.values().map(|(_, count)| count).sum();
        writeln!(
            out,
            "  {} match no agreement, {} have no severity, {} cannot be read",
            unmatched,
            tally.unassessed.len(),
            tally.unreadable.len()
        )?;
        let Some(capabilities) = &self.capabilities else { return Ok(()) };
        let can: Vec<&str> = DeedKind::iter().filter(|kind| capabilities.can(*kind)).map(Into::into).collect();
        writeln!(out, "  can be told: {}", if can.is_empty() { "nothing".to_owned() } else { can.join(", ") })?;
        for kind in DeedKind::iter() {
            if let Some(why) = capabilities.why_not(kind) {
                let here = if capabilities.kept_here(kind) { "kept here" } else { "refused" };
                writeln!(out, "  {}: {here}: {why}", <&str>::from(kind))?;
            }
        }
        Ok(())
    }
}

/// Where a rule stands.
fn place(rule: &MapRule) -> String {
    format!("{}:{}", rule.origin.file, rule.origin.line)
}

/// Whether a rule gave a ticket anything.
fn gave(rule: &MapRule, ticket: &Ticket) -> bool {
    let severity = ticket.severity_origin.as_ref().is_some_and(|origin| origin.as_str().ends_with(&format!("map rule at {}", place(rule))));
    severity || ticket.mapped.iter().any(|mapped| *mapped.file.as_str() == *rule.origin.file && mapped.line == rule.origin.line)
}

/// What is found in the tickets of a source.
#[derive(Default)]
struct Tally {
    unreadable: Vec<String>,
    undated: Vec<String>,
    unassessed: Vec<String>,
    odd: Vec<String>,
    severities: BTreeMap<String, usize>,
    /// How severities were found.
    origins: BTreeMap<String, usize>,
    /// Why no agreement covers a ticket, what would help, and how often.
    strangers: BTreeMap<String, (&'static str, usize)>,
}

impl Tally {
    fn of(tickets: &[Arc<Ticket>], session: &Session) -> Self {
        let mut tally = Self::default();
        for ticket in tickets {
            let key = &ticket.id.key;
            if let Some(why) = &ticket.unreadable {
                tally.unreadable.push(format!("{key}, {why}"));
                continue;
            }
            if ticket.submitted_at.is_none() {
                tally.undated.push(key.to_string());
            }
            match ticket.severity {
                Some(severity) => *tally.severities.entry(severity.to_string()).or_default() += 1,
                None => tally.unassessed.push(ticket.notes.first().map_or_else(|| key.to_string(), |note| format!("{key}, {note}"))),
            }
            if let Some(how) = &ticket.severity_origin {
                *tally.origins.entry(how.to_string()).or_default() += 1;
            }
            if let Some(note) = ticket.notes.first().filter(|_| ticket.severity.is_some()) {
                tally.odd.push(format!("{key}, {note}"));
            }
        }
        for (reason, help) in super::check::strangers(tickets, session) {
            tally.strangers.entry(reason).or_insert((help, 0)).1 += 1;
        }
        tally
    }
}
