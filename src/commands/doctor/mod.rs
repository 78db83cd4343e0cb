//! `holdover doctor`: whether all around the program is as it should be, without asking any source.

#[cfg(test)]
mod cases;
mod facts;
mod lines;

use clap::Args;

use self::facts::Facts;
use super::cli::Global;
use super::output;
use super::session::Exit;
use crate::sources::Clock;

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Looks, and says what it finds.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &DoctorArgs, global: &Global, clock: &Clock, environment: &[(String, String)]) -> color_eyre::Result<Exit> {
    let lines = lines::of(&Facts::collect(global, clock, environment)?);
    if args.json {
        output::print_json(&lines)?;
    } else {
        output::print(|out| {
            for line in &lines {
                let mark = if line.ok { "ok" } else { "!!" };
                write!(out, "{mark}  {}: {}", line.what, line.text)?;
                if !line.help.as_str().is_empty() {
                    write!(out, " – {}", line.help)?;
                }
                writeln!(out)?;
            }
            Ok(())
        })?;
    }
    Ok(if lines.iter().all(|line| line.ok) { Exit::Done } else { Exit::Failed })
}
