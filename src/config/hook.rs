//! `[[hook]]`: what is run when something changes that somebody is to hear of.

use std::time::Duration;

use strum::VariantNames;

use super::command;
use super::document::{Table, Value, shown};
use super::duration;
use super::files::Files;
use super::nearest;
use super::problem::Problems;
use crate::domain::{Alarm, Origin, SafeText, Severity};

/// One `[[hook]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// Its name, unique.
    pub name: SafeText,
    /// What it is run for.
    pub on: Vec<Alarm>,
    /// Only for tickets of these severities, and for those whose severity nobody knows; for all where there are none.
    pub severities: Vec<Severity>,
    /// A program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// Longest that it may run.
    pub timeout: Duration,
    /// How long after it was run it is run again, while what it was run for stands; never where that is not said.
    pub again: Option<Duration>,
    /// Where its command stands in the configuration.
    pub origin: Origin,
}

impl HookSettings {
    /// Whether another is the same but for where it stands in the configuration.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Self { origin: other.origin.clone(), ..self.clone() } == *other
    }
}

const KEYS: [&str; 6] = ["name", "on", "severity", "command", "timeout", "again"];
/// How long a hook may run that does not say.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The hooks in the order written.
pub(super) fn read(tables: &[&Table], files: &Files, problems: &mut Problems) -> Vec<HookSettings> {
    let mut names: Vec<SafeText> = Vec::new();
    let mut hooks = Vec::new();
    for table in tables {
        table.only(&KEYS, "a hook", problems);
        let name = table.need("name", &KEYS, "this hook has no name", "add name = \"page\", or another", problems);
        let name = name.and_then(|value| {
            let name = value.line(problems)?;
            if names.contains(&name) {
                problems.error(&value.at, format!("two hooks are named '{name}'"), "give each its own name");
            }
            names.push(name.clone());
            Some(name)
        });
        let help = "add on = [\"unanswered\", \"decide\", \"blind\"]";
        let on = table.need("on", &KEYS, "this hook does not say what it is run on", help, problems);
        let on = on.and_then(|value| on_what(value, problems));
        let help = "add command = [\"/usr/local/bin/page\", \"on-call\"]: the program and its arguments";
        let command = table.need("command", &KEYS, "this hook has no command", help, problems);
        let command = command.and_then(|value| command::read(value, files, problems));
        let severities = table.get("severity").map_or(Some(Vec::new()), |value| severities(value, problems));
        let timeout = table.get("timeout").map_or(Some(TIMEOUT), |value| length(value, problems));
        let again = table.get("again").map_or(Some(None), |value| length(value, problems).map(Some));
        if let (Some(value), Some(timeout), Some(Some(again))) = (table.get("again"), timeout, again)
            && again < timeout
        {
            problems.error(&value.at, "this hook is to be run again before it must have ended", "let again be no shorter than timeout");
        }
        let (Some(name), Some(on), Some(command)) = (name, on, command) else { continue };
        let (Some(severities), Some(timeout), Some(again)) = (severities, timeout, again) else { continue };
        let origin = table.get("command").map_or(&table.at, |value| &value.at).origin();
        hooks.push(HookSettings { name, on, severities, command, timeout, again, origin });
    }
    hooks
}

fn on_what(value: &Value, problems: &mut Problems) -> Option<Vec<Alarm>> {
    let alarm = |value: &Value, problems: &mut Problems| {
        let text = value.text(problems)?;
        let alarm = text.parse().ok();
        if alarm.is_none() {
            let what = format!("a hook is not run on '{}'", shown(text));
            problems.error(&value.at, what, nearest::suggest(text, Alarm::VARIANTS));
        }
        alarm
    };
    let list = value.list(problems)?;
    if list.is_empty() {
        problems.error(&value.at, "this hook is run on nothing", format!("there are {}", Alarm::VARIANTS.join(", ")));
        return None;
    }
    all(list.iter().map(|value| alarm(value, problems)).collect())
}

fn severities(value: &Value, problems: &mut Problems) -> Option<Vec<Severity>> {
    let severity = |value: &Value, problems: &mut Problems| {
        let text = value.text(problems)?;
        let severity = Severity::parse(text);
        if severity.is_none() {
            problems.error(&value.at, format!("'{}' is no severity", shown(text)), "severities are S1, S2, S3, S4, S5");
        }
        severity
    };
    let list = value.list(problems)?;
    if list.is_empty() {
        problems.error(&value.at, "this hook is run for no severity", "list at least one, or leave severity out, and it is each of them");
        return None;
    }
    all(list.iter().map(|value| severity(value, problems)).collect())
}

/// All of them, where each is right; by now each mistake has been told.
fn all<T>(values: Vec<Option<T>>) -> Option<Vec<T>> {
    values.into_iter().collect()
}

fn length(value: &Value, problems: &mut Problems) -> Option<Duration> {
    let text = value.text(problems)?;
    duration::parse(text).map_err(|(what, help)| problems.error(&value.at, what, help)).ok()
}
