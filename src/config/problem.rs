//! What is wrong or odd in a configuration, in a form that people and programs read.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::document::Place;

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
    /// The file as the user would name it; `environment` for a variable.
    pub file: String,
    /// The line, from 1; 0 where it concerns the whole file or the environment.
    pub line: u32,
    /// The path of the key, `agreement[0].response.S1`; empty where there is none.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
    /// The configuration file could not be read at all: nothing in it was judged.
    #[serde(skip)]
    pub unreadable: bool,
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
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {} – {}", self.what, self.help)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    /// The files in the order they were read.
    files: Vec<Arc<str>>,
    /// The lines that are no TOML: what else is found there is only a consequence.
    broken: BTreeSet<(Arc<str>, u32)>,
}

impl Problems {
    /// A file is read: its problems come after those of the files before.
    pub fn add_file(&mut self, file: &Arc<str>) {
        self.files.push(Arc::clone(file));
    }

    /// A mistake.
    pub fn error(&mut self, at: &Place, what: impl Into<String>, help: impl Into<String>) {
        self.add(Level::Error, at, what.into(), help.into());
    }

    /// An oddity.
    pub fn warning(&mut self, at: &Place, what: impl Into<String>, help: impl Into<String>) {
        self.add(Level::Warning, at, what.into(), help.into());
    }

    /// Something that should be there is not. Of a file that is no TOML it cannot be said what it lacks.
    pub fn missing(&mut self, at: &Place, what: impl Into<String>, help: impl Into<String>) {
        if !self.broken.iter().any(|(file, _)| *file == at.file) {
            self.error(at, what, help);
        }
    }

    /// A mistake in the TOML itself.
    pub fn spelling(&mut self, file: &Arc<str>, line: u32, message: &str) {
        if !self.broken.insert((Arc::clone(file), line)) {
            return; // a second message about one line is a consequence of the first
        }
        let help = if message.contains("duplicate key") {
            "remove one of the two, or write [[…]] for one more element of a list"
        } else {
            "correct this line, or the one before it: text stands in quotes, lists in [ ], tables in { } on one line"
        };
        self.list.push(Problem {
            level: Level::Error,
            file: file.to_string(),
            line,
            path: String::new(),
            what: message.to_owned(),
            help: help.to_owned(),
            unreadable: false,
        });
    }

    /// The main file cannot be read.
    pub fn unreadable(&mut self, file: &str, what: String, help: &str) {
        self.list.push(Problem {
            level: Level::Error,
            file: file.to_owned(),
            line: 0,
            path: String::new(),
            what,
            help: help.to_owned(),
            unreadable: true,
        });
    }

    /// How many mistakes were found so far.
    pub fn errors(&self) -> usize {
        self.list.iter().filter(|p| p.level == Level::Error).count()
    }

    /// Whether anything makes the configuration unusable.
    pub fn any_error(&self) -> bool {
        self.list.iter().any(|p| p.level == Level::Error)
    }

    /// All of them, each once, in the order of files and lines.
    pub fn finish(self) -> Vec<Problem> {
        let place = |p: &Problem| (self.files.iter().position(|f| **f == *p.file), p.line);
        let mut list = self.list;
        list.sort_by_key(place);
        // a template is judged once by itself and once for each agreement that is like it
        let mut once = Vec::with_capacity(list.len());
        for problem in list {
            if !once.iter().rev().take_while(|p| place(p) == place(&problem)).any(|p| *p == problem) {
                once.push(problem);
            }
        }
        once
    }

    fn add(&mut self, level: Level, at: &Place, what: String, help: String) {
        if !self.broken.contains(&(Arc::clone(&at.file), at.line)) {
            let (file, path) = (at.file.to_string(), at.path.to_string());
            self.list.push(Problem { level, file, line: at.line, path, what, help, unreadable: false });
        }
    }
}
