//! The themes of the user's own: the files in the folder `themes` beside the configuration.

use std::path::Path;

use super::document::shown;
use super::files::Files;
use super::nearest;
use super::problem::{Level, Problem};
use super::settings::Settings;
use crate::tui::{ColorDepth, OwnTheme, ThemeProblem, Themes};

/// So many themes are read; nobody has more.
const MOST: usize = 100;

/// Reads those beside a configuration, by name. A file is a theme where its name ends in `.toml` and begins with no dot: editors
/// leave such behind.
pub(super) fn read(config: &Path, files: &Files) -> Themes {
    let folder = config.parent().unwrap_or(Path::new("")).join("themes");
    files.look_into(&folder);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Themes::default() };
    let found = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = found
        .filter(|file| !file.starts_with('.'))
        .filter_map(|file| {
            file.strip_suffix(".toml").filter(|name| !name.is_empty() && !name.contains(char::is_control)).map(str::to_owned)
        })
        .collect();
    names.sort();
    names.truncate(MOST);
    let own = |name: String| {
        let path = folder.join(format!("{name}.toml"));
        OwnTheme { text: files.theme(&path).map_err(|error| error.to_string()), file: path.display().to_string(), name }
    };
    Themes::with(names.into_iter().map(own).collect())
}

/// The same of a configuration that need not be read, nor be there.
#[must_use]
pub fn beside(config: &Path) -> Themes {
    read(config, &Files::default())
}

/// Whether there is a theme of a name; else what is wrong and what would be right. What is wrong with the theme itself is another matter.
///
/// # Errors
/// There is none.
pub fn known(name: &str, themes: &Themes) -> Result<(), (String, String)> {
    let names: Vec<&str> = themes.names().collect();
    if names.contains(&name) {
        return Ok(());
    }
    Err((format!("there is no theme '{}'", shown(name)), nearest::suggest(name, &names)))
}

/// Warnings of the user's own themes: each mistake in one, and what is never used. The board comes up whatever they are like.
#[must_use]
pub fn theme_problems(settings: &Settings) -> Vec<Problem> {
    let themes = &settings.themes;
    // without colours too it is checked
    let faulty = themes.own().filter_map(|own| themes.paint(&own.name, ColorDepth::None).err()).flatten();
    let shadowed = themes.shadowed().map(|own| ThemeProblem {
        file: own.file.clone(),
        line: 0,
        what: format!("this file is not used: holdover has a theme '{}' of its own", own.name),
        help: format!("give it another name, with inherits = \"{}\" in it", own.name),
    });
    let mut problems: Vec<Problem> = Vec::new();
    for problem in faulty.chain(shadowed).map(|problem| of_theme(&problem)) {
        // what is wrong with one that others inherit from is said once
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// A mistake in a theme as one of the configuration.
#[must_use]
pub fn of_theme(problem: &ThemeProblem) -> Problem {
    Problem {
        level: Level::Warning,
        file: problem.file.clone(),
        line: u32::try_from(problem.line).unwrap_or(u32::MAX),
        path: String::new(),
        what: shown(&problem.what).to_string(),
        help: problem.help.clone(),
        unreadable: false,
    }
}
