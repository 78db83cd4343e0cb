//! Parses the command line, makes the one clock, runs the verb and ends with its exit code.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use holdover::commands::{Cli, run};

fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    let cli = Cli::parse();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock; everything else is handed it")]
    let clock = Arc::new(chrono::Utc::now);
    // what is not UTF-8 cannot be one of ours
    let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(match run(cli, clock, environment.collect()) {
        Ok(exit) => exit.into(),
        // the machine's fault, and no place in the program explains it better; stderr may be gone too
        Err(report) => {
            let _ = writeln!(std::io::stderr(), "{report:#}");
            ExitCode::FAILURE
        }
    })
}
