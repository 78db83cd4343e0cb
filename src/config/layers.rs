//! The layers of the settings that are a single value: built-in defaults < file < environment.
//!
//! Two readers work together. The `config` crate decides which layer wins. It knows no positions, stops at the first
//! mistake, turns `"yes"` into true and `"0.3"` into a number, and would let `HOLDOVER__AGREEMENT__0__NAME` replace all
//! agreements; so what it is given has been judged before, by the walk over the spanned parse (see [`super::document`]),
//! which finds every mistake at once with its line, and the environment reaches only the settings listed here.

use super::document::{Kind, Place, Table};
use super::duration;
use super::nearest;
use super::problem::Problems;
use super::zone;
use crate::tui::Themes;

/// The settings that the environment can give, with their defaults; the zone's is the host's.
pub(super) const SCALARS: [(&str, &str); 8] = [
    ("timezone", ""),
    ("poll_every", "30s"),
    ("blind_after", "5m"),
    ("theme", "base"),
    ("color", "auto"),
    ("ascii", "false"),
    ("bell", "true"),
    ("bell_again", "5m"),
];

/// What names of the environment begin with.
const PREFIX: &str = "HOLDOVER__";

/// The variables of the environment that say a setting, each with its key in the configuration.
#[must_use]
pub fn variables() -> Vec<(String, &'static str)> {
    SCALARS.map(|(key, _)| (format!("{PREFIX}{}", key.to_uppercase()), key)).to_vec()
}

/// When colours are used, as it is written.
const COLORS: &[&str] = &["auto", "always", "never"];

/// The values that won, each one judged; `timezone` is empty where nobody says it.
pub(super) struct Scalars(::config::Config);

impl Scalars {
    /// The value of one of [`SCALARS`] as text.
    pub fn get(&self, key: &str) -> String {
        self.0.get_string(key).unwrap_or_default()
    }
}

/// Layers what the file says at its top level and what the environment says over the defaults.
pub(super) fn layer(file: &Table, env: &[(String, String)], themes: &Themes, problems: &mut Problems) -> Scalars {
    let builder = SCALARS.iter().try_fold(::config::Config::builder(), |builder, (key, default)| builder.set_default(key, *default));
    let layered = builder.and_then(|builder| {
        let said = of_file(file, themes, problems)
            .into_iter()
            .try_fold(::config::Config::builder(), |b, (key, text)| b.set_override(key, text))?;
        let environment = ::config::Environment::with_prefix("HOLDOVER")
            .prefix_separator("__")
            .source(Some(of_environment(env, themes, problems).into_iter().collect()));
        builder.add_source(said.build()?).add_source(environment).build()
    });
    // the keys are our own and the values are text: nothing in it can fail
    Scalars(layered.unwrap_or_default())
}

/// What the file says, where it is right.
fn of_file(file: &Table, themes: &Themes, problems: &mut Problems) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    for (key, _) in SCALARS {
        let Some(value) = file.get(key) else { continue };
        let text = match (&value.kind, key) {
            (_, "ascii" | "bell") => value.boolean(problems).map(|is| is.to_string()),
            (Kind::Text(text), _) => Some(text.clone()),
            _ => value.text(problems).map(str::to_owned),
        };
        let Some(text) = text else { continue };
        match judge(key, &text, themes) {
            Ok(()) => said.push((key, text)),
            Err((what, help)) => problems.error(&value.at, what, help),
        }
    }
    said
}

/// What the environment says, where it is right.
fn of_environment(env: &[(String, String)], themes: &Themes, problems: &mut Problems) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for (name, text) in env.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let at = Place { file: "environment".into(), line: 0, path: name.as_str().into() };
        let key = SCALARS.iter().map(|(key, _)| *key).find(|key| name[PREFIX.len()..] == key.to_uppercase());
        let Some(key) = key else {
            let names = SCALARS.map(|(key, _)| format!("{PREFIX}{}", key.to_uppercase()));
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            problems.error(&at, "no setting is changed by this variable", nearest::suggest(name, &names));
            continue;
        };
        match judge(key, text, themes) {
            Ok(()) => said.push((name.clone(), text.clone())),
            Err((what, help)) => problems.error(&at, what, help),
        }
    }
    said
}

/// Whether a text is a value of a setting; else what is wrong and what would be right.
fn judge(key: &str, text: &str, themes: &Themes) -> Result<(), (String, String)> {
    match key {
        "timezone" if zone::parse(text).is_none() => {
            Err((format!("there is no time zone '{}'", super::document::shown(text)), zone::suggest(text)))
        }
        "poll_every" | "blind_after" | "bell_again" => duration::parse(text).map(|_| ()).map_err(|(what, help)| (what, help.to_owned())),
        "color" if !COLORS.contains(&text) => {
            Err((format!("colours cannot be '{}'", super::document::shown(text)), nearest::suggest(text, COLORS)))
        }
        "ascii" | "bell" if !["true", "false"].contains(&text) => {
            Err((format!("'{}' is neither true nor false", super::document::shown(text)), "write true or false".to_owned()))
        }
        "theme" => super::themes::known(text, themes),
        _ => Ok(()),
    }
}
