//! Durations of the program's own affairs: `30s`, `5m`, `1h30m`. Response times are the domain's.

use std::time::Duration;

/// Shorter would hammer a server, longer is a mistake for an on-call board.
const BOUNDS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

/// The duration that a text says.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn parse(text: &str) -> Result<Duration, (String, &'static str)> {
    const HELP: &str = "write it as \"30s\", \"5m\" or \"1h30m\"";
    let duration = humantime::parse_duration(text).map_err(|_| (format!("'{}' is no duration", super::document::shown(text)), HELP))?;
    if BOUNDS.contains(&duration) { Ok(duration) } else { Err((format!("'{text}' is not between 1s and 1 day"), HELP)) }
}
