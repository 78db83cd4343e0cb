//! `holdover keys`: what every key and every mark of the dashboard means.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::output;
use super::session::Exit;
use crate::tui::views;

/// Prints the table.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run() -> color_eyre::Result<Exit> {
    output::print(|out| print(&views::help_lines(), out))?;
    Ok(Exit::Done)
}

fn print(lines: &[(String, &str)], out: &mut dyn Write) -> io::Result<()> {
    let width = lines.iter().map(|(keys, _)| keys.width()).max().unwrap_or(0);
    for (keys, help) in lines {
        let pad = width.saturating_sub(keys.width());
        writeln!(out, "{}", format!("{keys}{:pad$}  {help}", "").trim_end())?;
    }
    Ok(())
}
