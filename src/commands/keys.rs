//! `holdover keys`: what every key and every mark of the dashboard means, with the keys of the configuration.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::cli::Global;
use super::output;
use super::run::settings;
use super::session::Exit;
use crate::app::Help;
use crate::tui::{Keymap, views};

/// Prints the table; of a configuration that is broken, or not there, the keys that hold without one.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(global: &Global, environment: &[(String, String)]) -> color_eyre::Result<Exit> {
    let keymap = match settings(global, environment) {
        Ok(settings) => settings.keys,
        Err(problems) => {
            // who has none yet misses nothing
            if global.config.is_some() || problems.iter().any(|problem| !problem.unreadable) {
                output::say(&"these are the keys without a configuration – yours cannot be used – see holdover check");
            }
            Keymap::default()
        }
    };
    output::print(|out| print(&views::help(&keymap), out))?;
    Ok(Exit::Done)
}

fn print(help: &Help, out: &mut dyn Write) -> io::Result<()> {
    let width = help.lines().map(|(keys, _)| keys.width()).max().unwrap_or(0);
    for (keys, help) in help.lines() {
        let pad = width.saturating_sub(keys.width());
        writeln!(out, "{}", format!("{keys}{:pad$}  {help}", "").trim_end())?;
    }
    Ok(())
}
