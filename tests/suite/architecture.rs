//! The floors: who may import whom. Each breach is named by file and line.

use std::fs;
use std::path::{Path, PathBuf};

/// Each floor, the floors it may import, and what it must not even mention.
const FLOORS: &[(&str, &[&str], &[&str])] = &[
    ("domain", &["domain"], &["tokio", "reqwest", "rusqlite", "ratatui", "crossterm", "std::fs", "std::env", "std::process"]),
    ("app", &["app", "domain"], &["tokio", "reqwest", "rusqlite", "ratatui", "crossterm", "std::fs", "std::env", "std::process"]),
    ("sources", &["sources", "domain"], &["rusqlite", "ratatui", "crossterm"]),
    ("records", &["records", "domain"], &["tokio", "reqwest", "ratatui", "crossterm", "std::env"]),
    ("tui", &["tui", "app", "domain"], &["reqwest", "rusqlite"]),
    ("config", &["config", "sources", "tui", "app", "domain"], &["tokio", "rusqlite", "ratatui", "crossterm"]),
    ("commands", &["commands", "config", "tui", "sources", "records", "app", "domain"], &["rusqlite"]),
];

fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources_below(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The lines of a file that are no comments, counted from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or_default()))
}

/// What is wrong with one line of a floor.
fn breach(line: &str, may_import: &[&str], must_not: &[&str]) -> Option<String> {
    let imported =
        line.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default());
    let floors: Vec<&str> = FLOORS.iter().map(|(floor, ..)| *floor).collect();
    // an empty name is `crate::{…}`, which would hide what it imports
    let wrong = imported.filter(|name| name.is_empty() || floors.contains(name)).find(|name| !may_import.contains(name));
    let said = must_not.iter().find(|word| line.contains(*word));
    wrong.map(|floor| format!("imports crate::{floor}")).or(said.map(|word| format!("mentions {word}")))
}

#[test]
fn every_floor_imports_only_what_is_below_it() {
    let mut breaches = Vec::new();
    for (floor, may_import, must_not) in FLOORS {
        for file in sources_below(&src().join(floor)) {
            let text = fs::read_to_string(&file).unwrap();
            // a file of a floor is one module below it, and one more for each folder
            let depth = file.strip_prefix(src()).unwrap().components().count() - usize::from(file.ends_with("mod.rs"));
            let leaves = "super::".repeat(depth);
            breaches.extend(
                code(&text).filter(|(_, line)| line.contains(&leaves)).map(|(n, _)| format!("{}:{n} leaves its floor", file.display())),
            );
            let wrong = code(&text).filter_map(|(n, line)| breach(line, may_import, must_not).map(|what| (n, what)));
            breaches.extend(wrong.map(|(n, what)| format!("{}:{n} {what}", file.display())));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn a_breach_is_seen() {
    let see = |line| breach(line, &["app", "domain"], &["tokio"]).is_some();
    assert!(see("use crate::config::Settings;") && see("    crate::tui::draw()") && see("tokio::spawn(x)") && see("use crate::{tui};"));
    assert!(!see("use crate::domain::Ticket;") && !see("use crate::app::{Board, Store};") && !see("crate::some_macro!()"));
}

#[test]
fn every_file_says_what_it_is_for_and_a_floor_tells_only_its_interface() {
    let mut wrong = Vec::new();
    for file in sources_below(&src()) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.starts_with("//! ") {
            wrong.push(format!("{}:1 has no //! header", file.display()));
        }
        let is_floor = FLOORS.iter().any(|(floor, ..)| file == src().join(floor).join("mod.rs"));
        if is_floor {
            let code: String = code(&text).map(|(_, line)| line).filter(|line| !line.starts_with("#[")).collect();
            let other = code
                .split(';')
                .map(str::trim)
                .find(|s| !s.is_empty() && !["mod ", "pub mod ", "pub use "].iter().any(|p| s.starts_with(p)));
            wrong.extend(other.map(|s| format!("{} holds more than mods and re-exports: {s}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
