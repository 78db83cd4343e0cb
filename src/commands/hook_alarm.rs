//! For which alarm a hook is run, of all that is so of a ticket or a source.

use crate::app::{Standing, is_so};
use crate::config::HookSettings;
use crate::domain::Alarm;

/// What a hook that waits for an alarm is run for by now: that, or what is left of it; nothing where it is over, or somebody has
/// the ticket.
pub(super) fn by_now(settings: &HookSettings, alarm: Alarm, standing: Option<&Standing>) -> Option<Alarm> {
    let left = settings.on.iter().copied().filter(|left| *left <= alarm && is_so(*left, standing)).max();
    left.filter(|_| concerns(settings, standing))
}

/// Whether a hook is for what stands so. A severity that nobody knows may be any.
pub(super) fn concerns(settings: &HookSettings, standing: Option<&Standing>) -> bool {
    match standing {
        Some(Standing::Open { severity: Some(severity), .. }) => settings.severities.is_empty() || settings.severities.contains(severity),
        Some(Standing::Open { severity: None, .. } | Standing::Blind) | None => true,
    }
}
