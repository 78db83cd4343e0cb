//! What README.md shows works: its configurations are sound, its command lines are understood, its first agreement gives
//! what it says, its test command is the gate's.

use std::fs;
use std::path::Path;

use clap::Parser;
use holdover::commands::Cli;
use holdover::config;
use holdover::tui::keymap;

use crate::support::{Desk, kept};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn its_configurations_are_sound() {
    let blocks = blocks(&file("README.md"), "toml");
    assert_eq!(blocks.len(), 4);
    // the others are to be added to the first
    for config in [blocks[0].clone(), blocks.concat()] {
        let settings = config::parse(&config, "README.md", &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
    }
}

#[test]
fn its_unit_is_one_that_systemd_takes() {
    let units = blocks(&file("README.md"), "ini");
    let [unit] = units.as_slice() else { panic!("one unit: {units:?}") };
    let line = "ExecStart=%h/.cargo/bin/holdover ";
    let words = unit.split(line).nth(1).and_then(|rest| rest.lines().next()).unwrap();
    Cli::try_parse_from(std::iter::once("holdover").chain(words.split_whitespace())).unwrap_or_else(|e| panic!("{words}: {e}"));
    let desk = Desk::configured("");
    let built = format!("ExecStart={} ", assert_cmd::cargo::cargo_bin("holdover").display());
    let path = desk.write("holdover-watch.service", unit.replace(line, &built));
    let mut verify = std::process::Command::new("systemd-analyze");
    verify.args(["--user", "--man=no", "verify"]).arg(path).env("XDG_RUNTIME_DIR", desk.path("")).env("HOME", desk.path(""));
    match verify.output() {
        Ok(said) => {
            let told = String::from_utf8_lossy(&said.stderr);
            assert!(said.status.success() && !told.contains("holdover-watch"), "{told}");
        }
        Err(error) => println!("NOT TRIED: there is no systemd-analyze here: {error}"),
    }
}

#[test]
fn its_first_agreement_does_what_it_says() {
    let readme = file("README.md");
    let desk = Desk::configured(&blocks(&readme, "toml")[0]);
    desk.write("tickets.json", &blocks(&readme, "json")[0]);
    desk.run(&["check"]).ended(0);
    let board = desk.run(&["list", "--at", "2026-12-25T02:20:00Z"]).ended(0).out;
    assert!(board.contains("NOW, UNANSWERED 1\nS1  ACME-8") && board.contains("HELD 1\nS3  ACME-7"), "{board}");
    assert!(desk.run(&["explain", "ACME-7", "--at", "2026-12-25T02:20:00Z"]).ended(0).out.contains("Tue 29 Dec 13:00"));
}

#[test]
fn its_command_lines_are_understood() {
    let readme = file("README.md");
    let indented = readme.lines().filter_map(|line| line.strip_prefix("    holdover "));
    let mut lines = 0;
    for line in indented {
        let words = std::iter::once("holdover").chain(line.split_whitespace());
        Cli::try_parse_from(words).unwrap_or_else(|e| panic!("{line}: {e}"));
        lines += 1;
    }
    assert!(lines >= 3, "{lines}");
    // the table of verbs: each with each of its flags
    for row in readme.lines().filter_map(|line| line.strip_prefix("| `holdover ")) {
        let verb = row.split('`').next().unwrap_or_default().replace('…', "");
        for flag in row.split('`').filter(|cell| cell.starts_with("--")) {
            let words = format!("holdover {verb} {flag}");
            Cli::try_parse_from(words.split_whitespace()).unwrap_or_else(|e| panic!("{words}: {e}"));
        }
    }
}

#[test]
fn what_it_says_of_init_writes_a_sound_configuration() {
    let readme = file("README.md");
    let table = readme.split("| for | command |").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    let lines: Vec<&str> = table.split('`').filter_map(|cell| cell.strip_prefix("holdover init ")).collect();
    assert_eq!(lines.len(), 4, "{table}");
    for line in lines {
        let desk = Desk::configured("");
        let arguments: Vec<&str> = line.split_whitespace().chain(["--offline", "--config", "its.toml"]).collect();
        desk.run(&[&["init"], &arguments[..]].concat()).ended(0);
        let home = [("HOME".to_owned(), desk.path(".").display().to_string())];
        let settings = config::load(&desk.path("its.toml"), &home).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
        assert!(settings.warnings.is_empty(), "{line}: {:?}", settings.warnings);
    }
}

#[test]
fn its_test_command_is_the_one_of_the_gate() {
    assert!(file("README.md").contains("\n    cargo test --locked\n"));
    assert!(file(".ci/run").contains("\ncargo test --locked\n"));
}

#[test]
fn its_table_of_keys_is_made_from_the_keys() {
    let readme = file("README.md");
    let (before, rest) = readme.split_once("<!-- keys: generated from the keymap -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of keys -->").unwrap();
    let made = format!("{before}<!-- keys: generated from the keymap -->\n{}<!-- end of keys -->{after}", keymap::markdown());
    kept("README.md", &made);
}
