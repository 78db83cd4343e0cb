//! `holdover status`: one line from the records, without the network. Counts alone: no text of a ticket gets into a status line.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::cli::StatusArgs;
use super::output;
use super::session::{Cached, Exit, Session};
use crate::app::{Counts, Health, NextKind, words};
use crate::domain::SourceName;
use crate::records::Records;

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
    let Cached { store, records, .. } = session.cached(None, Records::snapshot_to_count);
    let board = session.board(&store);
    let blind = store.health(board.at).into_iter().filter(|s| s.health == Health::Blind).map(|s| s.name).collect();
    let outbox = records.map_or_else(|| Ok(Vec::new()), |records| records.outbox()).unwrap_or_else(|fault| {
        output::say(&fault);
        Vec::new()
    });
    let status = Status::of(&board.counts(), blind, outbox.len());
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

impl Status {
    fn of(counts: &Counts, blind: Vec<SourceName>, unsent: usize) -> Self {
        let exit = if !blind.is_empty() {
            40
        } else if counts.breached > 0 {
            30
        } else if counts.untaken() > 0 {
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
        }
    }

    /// All counts in words.
    fn line(&self, session: &Session, now: DateTime<Utc>) -> String {
        let Self { unanswered, breached, decide, in_hand, held, on_client, outside, unsent, .. } = self;
        let next = self.next.as_ref().map_or_else(String::new, |next| {
            format!("; next {} {}", next.kind, words::day_column(session.settings.timezone, next.at, now))
        });
        let blind: Vec<&str> = self.blind.iter().map(SourceName::as_str).collect();
        let blind = if blind.is_empty() { String::new() } else { format!("BLIND: {}; ", blind.join(", ")) };
        format!(
            "{blind}{unanswered} unanswered, {breached} breached, {decide} to decide, {in_hand} in hand, {held} held, {on_client} on client, \
             {outside} outside, {unsent} unsent{next}"
        )
    }

    /// The same as short as it can be. tmux reads `#` as its own: it is doubled.
    fn tmux(&self) -> String {
        let Self { unanswered, breached, decide, in_hand, held, on_client, outside, unsent, .. } = self;
        let blind: Vec<&str> = self.blind.iter().map(SourceName::as_str).collect();
        let blind = if blind.is_empty() { String::new() } else { format!("!! BLIND {} ", blind.join(",")) };
        format!("{blind}un {unanswered} br {breached} ? {decide} @ {in_hand} held {held} cl {on_client} out {outside} unsent {unsent}")
            .replace('#', "##")
    }
}
