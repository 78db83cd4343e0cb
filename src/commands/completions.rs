//! `holdover completions`: what a shell has to know to complete verbs and flags.

use clap::CommandFactory;

use super::cli::{Cli, CompletionsArgs};
use super::output;
use super::session::Exit;

/// Prints the script of a shell.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &CompletionsArgs) -> color_eyre::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "holdover", &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
