//! valid, invalid and mutated configurations.

mod example;
mod files;
mod holidays;
mod ics;
mod keys;
mod layers;
mod text;
mod views;
mod wild;

use std::path::{Path, PathBuf};

use holdover::config::{self, Problem, Settings};

/// An environment with a home folder.
fn home() -> Vec<(String, String)> {
    vec![("HOME".to_owned(), "/home/me".to_owned())]
}

/// A folder of cases.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs").join(name)
}

/// The settings of a text, which must be right.
fn right(text: &str) -> Settings {
    config::parse(text, "config.toml", &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

/// The problems of a text, which must be wrong.
fn wrong(text: &str) -> Vec<Problem> {
    config::parse(text, "config.toml", &home()).expect_err("this configuration is wrong")
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
