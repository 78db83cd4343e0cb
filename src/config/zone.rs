//! Names of time zones.

use chrono_tz::Tz;

use super::document::{Value, shown};
use super::nearest;
use super::problem::Problems;

/// The zone a value names.
pub(super) fn read(value: &Value, problems: &mut Problems) -> Option<Tz> {
    let name = value.text(problems)?;
    let zone = parse(name);
    if zone.is_none() {
        problems.error(&value.at, format!("there is no time zone '{}'", shown(name)), suggest(name));
    }
    zone
}

/// The zone of that name; `None` where there is none.
pub(super) fn parse(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// What to write instead of a name that is no zone.
pub(super) fn suggest(name: &str) -> String {
    match nearest::nearest(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(zone) => format!("did you mean '{zone}'?"),
        None => "write a name such as Europe/London or UTC".to_owned(),
    }
}

/// The host's zone, for an engineer who configures none; UTC where it cannot be told.
pub(super) fn of_host() -> Tz {
    iana_time_zone::get_timezone().ok().and_then(|name| parse(&name)).unwrap_or(Tz::UTC)
}
