//! The whole of the configuration, read from a file or from a text.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;

use super::agreement::Levels;
use super::agreements;
use super::document::{self, Table};
use super::files::Files;
use super::footprint::Footprint;
use super::hook::{self, HookSettings};
use super::include;
use super::keys;
use super::layers::{self, SCALARS};
use super::problem::{Problem, Problems};
use super::{duration, source, themes, view, zone};
use crate::app::SavedView;
use crate::domain::{Agreements, SafeText};
use crate::sources::SourceSettings;
use crate::tui::{Keymap, Themes};

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// As the terminal and the environment say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Everything the configuration says, checked.
#[derive(Debug)]
pub struct Settings {
    /// The file it was read from; `None` for the demo.
    pub file: Option<PathBuf>,
    /// The engineer's zone.
    pub timezone: Tz,
    /// The name of the theme; there is one of that name, but it may have mistakes in it.
    pub theme: String,
    /// The themes there are.
    pub themes: Themes,
    /// When colours are used.
    pub color: ColorChoice,
    /// Only ASCII on the screen.
    pub ascii: bool,
    /// Whether the terminal rings.
    pub bell: bool,
    /// After how long without a key it rings again while something is unanswered.
    pub bell_again: Duration,
    /// The agreements, ready to be matched.
    pub agreements: Arc<Agreements>,
    /// The sources in the order written.
    pub sources: Vec<SourceSettings>,
    /// What is run when somebody is to hear of something.
    pub hooks: Vec<HookSettings>,
    /// The keys of the dashboard.
    pub keys: Keymap,
    /// The saved views, in the order of their digits.
    pub views: Vec<SavedView>,
    /// What is odd.
    pub warnings: Vec<Problem>,
    /// What it was read from.
    pub footprint: Footprint,
}

/// A configuration that cannot be used.
#[derive(Debug)]
pub struct Misread {
    /// All problems, warnings too, of which at least one is an error.
    pub problems: Vec<Problem>,
    /// What it was read from: an edit of it may mend it.
    pub footprint: Footprint,
}

/// Keys of the top level that are no single value.
const STRUCTURES: [&str; 8] = ["support_levels", "include", "keys", "template", "agreement", "source", "hook", "view"];

/// The support levels where the configuration does not list its own.
const SUPPORT_LEVELS: [&str; 3] = ["L1", "L2", "L3"];

/// Reads the configuration in a file, the files it includes, and the environment.
///
/// # Errors
/// All problems, warnings too, when any of them is an error. Where the file itself cannot be read, there is one problem and
/// it is marked [`Problem::unreadable`].
pub fn load(path: &Path, env: &[(String, String)]) -> Result<Settings, Vec<Problem>> {
    read(path, env).map_err(|misread| misread.problems)
}

/// The same; where it cannot be used, what it was read from is told too.
///
/// # Errors
/// As [`load`].
pub fn read(path: &Path, env: &[(String, String)]) -> Result<Settings, Misread> {
    read_as(path, env, Files::main)
}

/// The same of what was edited: nobody waits for a pipe that was put in the place of the file.
///
/// # Errors
/// As [`read`].
pub fn read_again(path: &Path, env: &[(String, String)]) -> Result<Settings, Misread> {
    read_as(path, env, Files::file)
}

/// Reads the text of a file.
type ReadText = fn(&Files, &Path) -> std::io::Result<String>;

fn read_as(path: &Path, env: &[(String, String)], text: ReadText) -> Result<Settings, Misread> {
    let mut files = Files::new(home(env));
    let settings = of_file(path, env, &mut files, text);
    let footprint = files.into_footprint();
    match settings {
        Ok(settings) => Ok(Settings { file: Some(path.to_owned()), footprint, ..settings }),
        Err(problems) => Err(Misread { problems, footprint }),
    }
}

fn of_file(path: &Path, env: &[(String, String)], files: &mut Files, text: ReadText) -> Result<Settings, Vec<Problem>> {
    let label = files.add(path);
    let mut problems = Problems::default();
    let text = match text(files, path) {
        Ok(text) => text,
        Err(error) => {
            problems.unreadable(
                &label,
                format!("the configuration cannot be read: {error}"),
                "check the path, let holdover init write a first one, or look at --demo first",
            );
            return Err(problems.finish());
        }
    };
    let main = document::read(&text, &label, &mut problems);
    let included = match main.get("include") {
        Some(include) => include::read(path, include, files, &mut problems),
        None => Vec::new(),
    };
    let themes = themes::read(path, files);
    build(&main, &included, files, themes, env, problems)
}

/// Reads a configuration that stands in a text and names no other file.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, file_name: &str, env: &[(String, String)]) -> Result<Settings, Vec<Problem>> {
    let mut problems = Problems::default();
    let main = document::read(text, &file_name.into(), &mut problems);
    if let Some(include) = main.get("include")
        && include.list(&mut problems).is_some_and(|list| !list.is_empty())
    {
        problems.error(&include.at, "files are not read here", "write what is in them instead");
    }
    build(&main, &[], &Files::new(home(env)), Themes::default(), env, problems)
}

/// Where the configuration is when `--config` does not say: `$HOLDOVER_CONFIG`, else in the XDG configuration folder.
#[must_use]
pub fn default_path(env: &[(String, String)]) -> PathBuf {
    let folder = || match variable(env, "XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(folder) => folder,
        None => home(env).unwrap_or_default().join(".config"),
    };
    variable(env, "HOLDOVER_CONFIG").map_or_else(|| folder().join("holdover").join("config.toml"), PathBuf::from)
}

fn variable<'a>(env: &'a [(String, String)], name: &str) -> Option<&'a str> {
    env.iter().find(|(n, text)| n == name && !text.is_empty()).map(|(_, text)| text.as_str())
}

fn home(env: &[(String, String)]) -> Option<PathBuf> {
    variable(env, "HOME").map(PathBuf::from)
}

fn build(
    main: &Table,
    included: &[Table],
    files: &Files,
    themes: Themes,
    env: &[(String, String)],
    mut problems: Problems,
) -> Result<Settings, Vec<Problem>> {
    let known: Vec<&str> = SCALARS.iter().map(|(key, _)| *key).chain(STRUCTURES).collect();
    main.only(&known, "the configuration", &mut problems);
    let scalars = layers::layer(main, env, &themes, &mut problems);
    let levels = support_levels(main, &mut problems);
    let trees: Vec<&Table> = std::iter::once(main).chain(included).collect();
    let agreements = Arc::new(agreements::read(&trees, files, &levels, &mut problems));
    let seconds = |key| duration::parse(&scalars.get(key)).unwrap_or(Duration::from_secs(60));
    let tables = document::elements(&[main], "source", &mut problems);
    source::duplicates(&tables, &mut problems);
    if tables.is_empty() && !problems.any_error() {
        problems.warning(&main.at, "there is no source: no ticket will ever be shown", "add a [[source]]");
    }
    if agreements.all().is_empty() && !problems.any_error() {
        problems.warning(&main.at, "there is no agreement: every ticket needs a decision", "add an [[agreement]]");
    }
    let mut reader = source::Reader {
        files,
        agreements: &agreements,
        levels: &levels,
        poll_every: seconds("poll_every"),
        blind_after: seconds("blind_after"),
        problems: &mut problems,
    };
    let sources: Vec<SourceSettings> = tables.iter().filter_map(|table| reader.source(table)).collect();
    let keys = keys::read(main.get("keys"), &mut problems);
    let hooks = hook::read(&document::elements(&[main], "hook", &mut problems), files, &mut problems);
    let views = view::read(&document::elements(&[main], "view", &mut problems), &mut problems);
    if problems.any_error() {
        return Err(problems.finish());
    }
    Ok(Settings {
        file: None,
        timezone: zone::parse(&scalars.get("timezone")).unwrap_or_else(zone::of_host),
        theme: scalars.get("theme"),
        themes,
        color: <ColorChoice as clap::ValueEnum>::from_str(&scalars.get("color"), false).unwrap_or_default(),
        ascii: scalars.get("ascii") == "true",
        bell: scalars.get("bell") == "true",
        bell_again: seconds("bell_again"),
        agreements,
        sources,
        hooks,
        keys,
        views,
        warnings: problems.finish(),
        footprint: Footprint::default(),
    })
}

/// The levels in order, and where the configuration lists them.
fn support_levels(main: &Table, problems: &mut Problems) -> Levels {
    let mut levels: Vec<SafeText> = Vec::new();
    let Some(value) = main.get("support_levels") else { return Levels { names: SUPPORT_LEVELS.map(SafeText::line).into(), at: None } };
    for element in value.list(problems).unwrap_or_default() {
        let Some(level) = element.line(problems) else { continue };
        if levels.iter().any(|l| l.eq_ignore_case(&level)) {
            problems.error(&element.at, format!("the level '{level}' is listed twice"), "list each once, the shallowest first");
        }
        levels.push(level);
    }
    if levels.is_empty() {
        problems.error(&value.at, "there is no support level", "list at least one, or leave support_levels out");
    }
    Levels { names: levels.into(), at: Some(value.at.clone()) }
}
