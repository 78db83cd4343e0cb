//! An edit of the configuration is taken in: everything is judged anew, and whoever reads the screen finds it where it was.

use std::collections::HashSet;
use std::sync::Arc;

use chrono_tz::Tz;

use super::model::Model;
use super::page::Topic;
use super::source::SourceRules;
use super::store::StaysKnown;
use super::time_machine;
use super::update;
use crate::domain::{Agreements, Capabilities, SourceName, TicketKey};

/// What the configuration says from now on.
#[derive(Debug, Clone)]
pub struct Configured {
    /// The agreements.
    pub agreements: Arc<Agreements>,
    /// The engineer's zone.
    pub zone: Tz,
    /// The sources in its order.
    pub sources: Vec<ConfiguredSource>,
    /// The source that keeps new tickets here.
    pub local: Option<SourceName>,
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

/// Puts what the configuration says in the place of what it said before.
pub(super) fn take_in(model: &mut Model, configured: Configured) {
    let Configured { agreements, zone, sources, local } = configured;
    let before = std::mem::replace(&mut model.rules.agreements, agreements);
    model.rules.zone = zone;
    if let Some(Topic::Windows(place)) = model.screen.topic_mut() {
        // it is of the same agreement, wherever that stands now
        let name = before.all().get(*place).map(|agreement| &agreement.name);
        *place = model.rules.agreements.all().iter().position(|agreement| Some(&agreement.name) == name).unwrap_or(0);
    }
    model.several = sources.len() > 1;
    model.local = local;
    let capabilities = sources.iter().filter_map(|source| Some((source.rules.name.clone(), source.capabilities.clone()?)));
    model.capabilities = capabilities.collect();
    // what is done to tickets of another source is told by nobody any more; the records say what was not sent
    let stay: HashSet<SourceName> =
        sources.iter().filter(|source| source.stays != StaysKnown::Nothing).map(|source| source.rules.name.clone()).collect();
    let there = |key: &TicketKey| stay.contains(&key.source);
    model.acks.retain(|key, _| there(key));
    model.deeds.keep_only(there);
    model.taken.retain(|(key, _)| there(key));
    model.marked.retain(there);
    model.store.rearrange(sources.into_iter().map(|source| (source.rules, source.stays)), model.now);
    update::judge_anew(model);
    time_machine::judge_anew(model);
}
