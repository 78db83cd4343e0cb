//! An edit of the configuration is taken in: everything is judged anew, and whoever reads the screen finds it where it was.

use std::collections::HashSet;
use std::sync::Arc;

use chrono_tz::Tz;

use super::board::BoardRow;
use super::counts::Counts;
use super::help::Help;
use super::model::{Model, Notice};
use super::page::Topic;
use super::saved_view::SavedView;
use super::source::SourceRules;
use super::store::StaysKnown;
use super::time_machine;
use super::update;
use crate::domain::{Agreements, Capabilities, SourceName, TicketKey};

/// What the configuration says from now on.
#[derive(Debug, Clone)]
pub struct Configured {
    /// What is not of one source.
    pub rules: ConfiguredRules,
    /// The sources in its order.
    pub sources: Vec<ConfiguredSource>,
    /// The source that keeps new tickets here.
    pub local: Option<SourceName>,
}

/// What it says that is not of one source.
#[derive(Debug, Clone)]
pub struct ConfiguredRules {
    /// The agreements.
    pub agreements: Arc<Agreements>,
    /// The engineer's zone.
    pub zone: Tz,
    /// The saved views, in the order of their digits.
    pub views: Vec<SavedView>,
    /// The keys, and what one presses or sees means.
    pub help: Arc<Help>,
}

/// A source, as the configuration says it from now on.
#[derive(Debug, Clone)]
pub struct ConfiguredSource {
    /// Its name, and when it counts as late.
    pub rules: SourceRules,
    /// What it can be told of; unknown of one that could not be opened.
    pub capabilities: Option<Capabilities>,
    /// What stays known of it.
    pub stays: StaysKnown,
}

impl Configured {
    /// What the edit takes off the board that somebody is needed for, source by source.
    #[must_use]
    pub fn lost(&self, model: &Model) -> Vec<String> {
        let lost = model.store.health(model.now).into_iter().filter_map(|source| {
            let now = self.sources.iter().find(|now| now.rules.name == source.name);
            let becomes = match now.map(|now| now.stays) {
                None => "gone, with",
                Some(StaysKnown::Nothing) => "another, without its",
                Some(StaysKnown::All | StaysKnown::Tickets) => return None,
            };
            let rows = model.board.rows.iter().filter(|row| row.ticket.id.source == source.name);
            let Counts { decide, unanswered, .. } = Counts::of(rows.map(BoardRow::counted));
            let counted = match (unanswered, decide) {
                (0, 0) => return None,
                (unanswered, 0) => format!("{unanswered} unanswered"),
                (0, decide) => format!("{decide} to decide"),
                (unanswered, decide) => format!("{unanswered} unanswered and {decide} to decide"),
            };
            Some(format!("{} is {becomes} {counted}", source.name))
        });
        lost.collect()
    }
}

/// Puts what the configuration says in the place of what it said before.
pub(super) fn take_in(model: &mut Model, configured: Configured) {
    let lost = configured.lost(model);
    let Configured { rules, sources, local } = configured;
    let before = std::mem::replace(&mut model.rules.agreements, rules.agreements);
    (model.rules.zone, model.rules.views, model.rules.help) = (rules.zone, rules.views, rules.help);
    if let Some(Topic::Windows(place)) = model.screen.topic_mut() {
        // it is of the same agreement, wherever that stands now
        let name = before.all().get(*place).map(|agreement| &agreement.name);
        *place = model.rules.agreements.all().iter().position(|agreement| Some(&agreement.name) == name).unwrap_or(0);
    }
    model.several = sources.len() > 1;
    model.local = local;
    let capabilities = sources.iter().filter_map(|source| Some((source.rules.name.clone(), source.capabilities.clone()?)));
    model.capabilities = capabilities.collect();
    let stay: HashSet<SourceName> =
        sources.iter().filter(|source| source.stays != StaysKnown::Nothing).map(|source| source.rules.name.clone()).collect();
    let there = |key: &TicketKey| stay.contains(&key.source);
    model.acks.retain(|key, _| there(key));
    model.deeds.keep_only(there);
    model.taken.retain(|(key, _)| there(key));
    model.marked.retain(there);
    model.store.rearrange(sources.into_iter().map(|source| (source.rules, source.stays)), model.now);
    say(model, &lost);
    update::judge_anew(model);
    time_machine::judge_anew(model);
}

/// Says that the edit is in use, and what it takes away. What went wrong before is worth more than that all went well.
fn say(model: &mut Model, lost: &[String]) {
    if !lost.is_empty() {
        model.notice = Some(Notice { text: format!("edit in use: {}", lost.join("; ")), alarm: true });
    } else if model.notice.as_ref().is_none_or(|notice| !notice.alarm) {
        model.notice = Some(Notice { text: "the edit is in use".to_owned(), alarm: false });
    }
}
