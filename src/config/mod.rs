//! Settings: built-in defaults < configuration file < environment < flags. Every mistake is found at once, with file and line.

mod problem;

use std::path::PathBuf;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::domain::Agreements;
use crate::sources::SourceSettings;

pub use problem::{Level, Problem};

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
    /// The name of the theme.
    pub theme: String,
    /// When colours are used.
    pub color: ColorChoice,
    /// Only ASCII on the screen.
    pub ascii: bool,
    /// The agreements, ready to be matched.
    pub agreements: Arc<Agreements>,
    /// The sources in the order written.
    pub sources: Vec<SourceSettings>,
    /// What is odd.
    pub warnings: Vec<Problem>,
}
