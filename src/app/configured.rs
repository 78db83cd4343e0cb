//! An edit of the configuration is taken in: everything is judged anew, and whoever reads the screen finds it where it was.

use std::sync::Arc;

use chrono_tz::Tz;

use super::model::Model;
use super::page::Topic;
use super::time_machine;
use super::update;
use crate::domain::Agreements;

/// Puts agreements, and the zone that instants are shown in, in the place of those before.
pub(super) fn take_in(model: &mut Model, agreements: Arc<Agreements>, zone: Tz) {
    let before = std::mem::replace(&mut model.rules.agreements, agreements);
    model.rules.zone = zone;
    if let Some(Topic::Windows(place)) = model.screen.topic_mut() {
        // it is of the same agreement, wherever that stands now
        let name = before.all().get(*place).map(|agreement| &agreement.name);
        *place = model.rules.agreements.all().iter().position(|agreement| Some(&agreement.name) == name).unwrap_or(0);
    }
    update::judge_anew(model);
    time_machine::judge_anew(model);
}
