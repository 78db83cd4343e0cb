//! What is wrong or odd in a configuration, in a form that people and programs read.

use std::fmt;

use serde::Serialize;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The configuration cannot be used.
    Error,
    /// It can, but it is odd.
    Warning,
}

/// One mistake or oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad.
    pub level: Level,
    /// The file as the user would name it.
    pub file: String,
    /// The line, from 1; 0 where it concerns the whole file or the environment.
    pub line: u32,
    /// The path of the key, `agreement[0].response.S1`.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}: {}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}: {} – {}", self.path, self.what, self.help)
    }
}
