//! `holdover status`: one line from the records, without the network. Counts alone: no text of a ticket gets into a status line.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::check::count;
use super::cli::StatusArgs;
use super::last_count::LastCount;
use super::output;
use super::session::{Cached, Exit, Session};
use crate::app::{Counts, Health, NextKind, words};
use crate::domain::SourceName;
use crate::records::Records;
use crate::sources::SourceKind;

/// What `status --json` prints.
#[derive(Debug, Serialize)]
struct Status {
    exit: u8,
    unanswered: usize,
    breached: usize,
    decide: usize,
    in_hand: usize,
    held: usize,
    on_client: usize,
    outside: usize,
    unsent: usize,
    blind: Vec<SourceName>,
    next: Option<Next>,
    /// What of the records is not to be trusted, in words.
    troubles: Vec<&'static str>,
    /// Open tickets of local sources that the configuration no longer has: they are in none of the counts.
    forgotten: usize,
}

#[derive(Debug, Serialize)]
struct Next {
    #[serde(serialize_with = "crate::domain::instant::serialize")]
    at: DateTime<Utc>,
    kind: &'static str,
}

/// Prints how the queue stands by the records.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &StatusArgs, session: &Session) -> color_eyre::Result<Exit> {
    let mut last = LastCount::recall(session);
    let Cached { store, records, .. } = session.cached(None, |records, source| last.read(records, source));
    let board = session.board(&store);
    let damaged = !session.damaged_records().is_empty();
    // of local tickets only the records tell, and an open one may be in those that are damaged
    let may_lack = |name: &SourceName| damaged && session.source(name.as_str()).is_ok_and(|s| matches!(s.kind, SourceKind::Local));
    let blind = store.health(board.at).into_iter().filter(|s| s.health == Health::Blind || may_lack(&s.name)).map(|s| s.name).collect();
    let mut doubts = Doubts { troubles: damaged.then_some("damaged records").into_iter().collect(), ..Doubts::default() };
    match &records {
        Some(records) => doubts.look(records),
        None => doubts.troubles.push("no records"),
    }
    let status = Status::of(&last.count(&board, !session.read_only), blind, doubts);
    if args.json {
        output::print_json(&status)?;
    } else {
        let line = if args.tmux { status.tmux() } else { status.line(session, board.at) };
        output::print(|out| writeln!(out, "{line}"))?;
    }
    // the process ends here: taking all tickets apart first would be a tenth of the whole run
    std::mem::forget((board, store));
    Ok(Exit::Status(status.exit))
}

/// What the records tell beside the tickets, and what of them is not to be trusted.
#[derive(Default)]
struct Doubts {
    troubles: Vec<&'static str>,
    unsent: usize,
    forgotten: usize,
}

impl Doubts {
    /// What of them cannot be read is a trouble, and said on stderr.
    fn look(&mut self, records: &Records) {
        match records.outbox() {
            Ok(outbox) => self.unsent = outbox.len(),
            Err(fault) => {
                output::say(&fault);
                self.troubles.push("what is unsent cannot be read");
            }
        }
        match records.forgotten_local() {
            Ok(forgotten) => self.forgotten = forgotten.iter().map(|(_, open)| *open as usize).sum(),
            Err(fault) => {
                output::say(&fault);
                self.troubles.push("local tickets cannot be read");
            }
        }
    }
}

impl Status {
    fn of(counts: &Counts, blind: Vec<SourceName>, doubts: Doubts) -> Self {
        let Doubts { troubles, unsent, forgotten } = doubts;
        let exit = if !(blind.is_empty() && troubles.is_empty()) {
            40
        } else if counts.breached > 0 {
            30
        } else if counts.untaken() + forgotten > 0 {
            20
        } else if counts.held + counts.in_hand > 0 {
            10
        } else {
            0
        };
        let kind = |kind| match kind {
            NextKind::Due => "due",
            NextKind::Release => "release",
        };
        Self {
            exit,
            unanswered: counts.unanswered,
            breached: counts.breached,
            decide: counts.decide,
            in_hand: counts.in_hand,
            held: counts.held,
            on_client: counts.on_client,
            outside: counts.outside,
            unsent,
            blind,
            next: counts.next.as_ref().map(|next| Next { at: next.at, kind: kind(next.kind) }),
            troubles,
            forgotten,
        }
    }

    /// What nobody has taken, as the first row of the board counts it.
    const fn untaken(&self) -> usize {
        self.unanswered + self.decide
    }

    /// All counts in words.
    fn line(&self, session: &Session, now: DateTime<Utc>) -> String {
        let Self { unanswered, breached, decide, in_hand, held, on_client, outside, unsent, .. } = self;
        let next = self.next.as_ref().map_or_else(String::new, |next| {
            format!("; next {} {}", next.kind, words::day_column(session.settings.timezone, next.at, now))
        });
        let blind: Vec<&str> = self.blind.iter().map(SourceName::as_str).collect();
        let mut before = String::new();
        for trouble in &self.troubles {
            let _ = write!(before, "!! {trouble}; ");
        }
        if !blind.is_empty() {
            let _ = write!(before, "BLIND: {}; ", blind.join(", "));
        }
        if self.forgotten > 0 {
            let tickets = count(self.forgotten, "open local ticket");
            let _ = write!(before, "{tickets} of what the configuration has no more; ");
        }
        let untaken = self.untaken();
        format!(
            "{before}{untaken} to answer or decide ({unanswered} unanswered, {decide} to decide), {breached} breached, {in_hand} in hand, \
             {held} held, {on_client} on client, {outside} outside, {unsent} unsent{next}"
        )
    }

    /// The same as short as it can be. tmux reads `#` as its own: it is doubled.
    fn tmux(&self) -> String {
        let Self { breached, decide, in_hand, held, on_client, outside, unsent, .. } = self;
        let blind: Vec<&str> = self.blind.iter().map(SourceName::as_str).collect();
        let mut before = String::new();
        for trouble in &self.troubles {
            let _ = write!(before, "!! {trouble} ");
        }
        if !blind.is_empty() {
            let _ = write!(before, "!! BLIND {} ", blind.join(","));
        }
        if self.forgotten > 0 {
            let _ = write!(before, "!! forgotten {} ", self.forgotten);
        }
        let untaken = self.untaken();
        format!("{before}un {untaken} (? {decide}) br {breached} @ {in_hand} held {held} cl {on_client} out {outside} unsent {unsent}")
            .replace('#', "##")
    }
}
