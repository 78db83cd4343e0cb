//! `holdover themes`: what each theme looks like, the stock ones and the user's own.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::cli::{Global, ThemesArgs};
use super::dashboard::wish;
use super::output;
use super::run::{path, settings};
use super::session::Exit;
use crate::config;
use crate::domain::SafeText;
use crate::tui::{self, ColorDepth, Themes, Variant};

/// Columns of a terminal that does not say how many it has.
const COLUMNS: u16 = 80;

/// Prints a sample of every theme, or of one; where there is no terminal, or no colour, only their names. Needs no configuration.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ThemesArgs, global: &Global, environment: &[(String, String)]) -> color_eyre::Result<Exit> {
    let themes = if global.demo { Themes::default() } else { config::themes_beside(&path(global, environment)) };
    let names: Vec<&str> = match &args.name {
        None => themes.names().collect(),
        Some(name) => match config::known_theme(name, &themes) {
            Ok(()) => vec![name],
            Err((what, help)) => {
                output::say(&format!("{what} – {help}"));
                return Ok(Exit::Usage);
            }
        },
    };
    let color = global.color.or_else(|| settings(global, environment).ok().map(|settings| settings.color)).unwrap_or_default();
    let is_shown = io::stdout().is_terminal() || color == config::ColorChoice::Always;
    let depth = if is_shown { tui::color_depth(wish(color), environment) } else { ColorDepth::None };
    let mut shown = Vec::new();
    let mut faulty = false;
    for name in names {
        match themes.variant(name) {
            Ok(variant) => shown.push((name, variant)),
            Err(problems) => {
                faulty = true;
                problems.iter().for_each(output::say);
            }
        }
    }
    let file = |name: &str| themes.own().find(|own| own.name == name).map(|own| own.file.as_str());
    if args.json {
        let all = shown.iter().map(|(name, variant)| ThemeJson {
            name: SafeText::line(name),
            variant: *variant,
            file: file(name).map(SafeText::line),
        });
        output::print_json(&all.collect::<Vec<_>>())?;
    } else if depth == ColorDepth::None {
        output::print(|out| shown.iter().try_for_each(|(name, _)| writeln!(out, "{}", SafeText::line(name))))?;
    } else {
        output::print(|out| shown.iter().try_for_each(|(name, variant)| print(&themes, name, *variant, depth, out)))?;
    }
    Ok(if faulty { Exit::Failed } else { Exit::Done })
}

fn print(themes: &Themes, name: &str, variant: Variant, depth: ColorDepth, out: &mut dyn Write) -> io::Result<()> {
    // what has mistakes was told before
    let Ok(theme) = themes.paint(name, depth) else { return Ok(()) };
    let ground = match variant {
        Variant::Dark => "on dark",
        Variant::Light => "on light",
        Variant::Any => "on dark and on light",
    };
    writeln!(out, "{} – {ground}", SafeText::line(name))?;
    let columns = tui::size_of_any().map_or(COLUMNS, |(columns, _)| columns);
    tui::sample(&theme, columns).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// A theme, as `themes --json` prints it.
#[derive(Serialize)]
struct ThemeJson {
    name: SafeText,
    variant: Variant,
    /// None of a stock theme.
    file: Option<SafeText>,
}
