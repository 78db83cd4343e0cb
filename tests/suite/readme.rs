//! What README.md shows works: its configurations are sound, its command lines are understood, its first agreement gives
//! what it says, its test command is the gate's.

use std::fs;
use std::path::Path;

use clap::Parser;
use holdover::commands::Cli;
use holdover::config;
use holdover::tui::keymap;

use crate::support::{Desk, Said, kept};

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
    let mut blocks = blocks(&file("README.md"), "toml");
    assert_eq!(blocks.len(), 7);
    // a line of the first, where there is an .ics file
    let line = blocks.remove(1);
    let desk = Desk::configured(&blocks[0].replace("bank_holidays = \"england-and-wales\"\n", &line));
    desk.write("tickets.json", "[]");
    let event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20310102\nEND:VEVENT\nEND:VCALENDAR\n";
    desk.write("holidays.ics", event);
    assert!(desk.run(&["check"]).ended(0).out.ends_with(" 0 warnings\n"));
    let windows = desk.run(&["windows", "--from", "2031-01-02", "--days", "1", "--json"]).ended(0).json();
    assert_eq!(windows[0]["window"], "bank-holiday");
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

/// A desk with the first configuration of the README, a source of local tickets, and a ticket in it.
fn its_desk(readme: &str) -> Desk {
    let local = "[[source]]\nname = \"calls\"\nkind = \"local\"\nclient = \"acme\"\n";
    let desk = Desk::configured(&format!("{}\n{local}", blocks(readme, "toml")[0]));
    desk.write("tickets.json", &blocks(readme, "json")[0]);
    desk.run(&["new", "The till does not open", "--severity", "S1", "--channel", "phone"]).ended(0);
    desk
}

/// Runs a command line in a shell, as somebody who has copied it; without a terminal.
fn run(desk: &Desk, line: &str) -> Said {
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = std::process::Command::new("bash");
    shell.args(["-c", line]).current_dir(desk.path("")).stdin(std::process::Stdio::null());
    shell.env_clear().env("PATH", path).env("HOME", desk.path("")).env("USER", "jo").env("HOLDOVER_CONFIG", "config.toml");
    shell.output().unwrap().into()
}

/// What stands for something in the table of verbs, and what is put there. The key is that of the ticket of the desk.
const FILLED: [(&str, &str); 12] = [
    ("KEY…", "CALLS-1"),
    ("KEY", "CALLS-1"),
    ("TEXT", "words"),
    ("TITLE", "words"),
    ("--client C", "--client acme"),
    ("--source S", "--source tickets"),
    ("--since T", "--since 2026-11-01T00:00Z"),
    ("--agreement A", "--agreement Acme"),
    ("--from D", "--from 2026-12-20"),
    ("--days N", "--days 9"),
    ("--hours N", "--hours 9"),
    ("--dir D", "--dir manual"),
];

/// The command lines of the README: those that stand by themselves, and of the table each verb, alone and with each of its flags.
fn command_lines(readme: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        readme.lines().filter_map(|line| line.strip_prefix("    holdover")).map(|rest| format!("holdover{rest}")).collect();
    for row in readme.lines().filter_map(|line| line.strip_prefix("| `holdover ")) {
        let verb = row.split('`').next().unwrap_or_default();
        let flags = row.split('`').skip(1).filter(|cell| cell.starts_with("--"));
        lines.extend(std::iter::once("").chain(flags).map(|flag| format!("holdover {verb} {flag}").trim_end().to_owned()));
        let shown = row.split('`').skip(1).filter(|cell| cell.starts_with("holdover ") || cell.starts_with("source "));
        lines.extend(shown.map(|line| line.replace("\\|", "|")));
    }
    lines
}

#[test]
fn each_of_its_command_lines_runs() {
    let readme = file("README.md");
    let lines = command_lines(&readme);
    assert!(lines.len() > 60, "{lines:#?}");
    let mut wrong = Vec::new();
    for line in lines {
        let filled = FILLED.iter().fold(line.clone(), |line, (what, with)| line.replace(what, with));
        let words: Vec<&str> = filled.split_whitespace().collect();
        // what is asked of a person, and what runs until it is ended, is tried by tests of its own
        let wanted = match words[..] {
            ["holdover", "init", ..] | ["holdover", "watch"] => continue,
            // the board wants a terminal; and no dashboard has asked the file yet
            ["holdover"] | ["holdover", "--at", _] | ["holdover", "list", "--cached"] => 1,
            ["holdover", "status", ..] => 40,
            // how it is around the tests is nobody's matter
            ["holdover", "doctor", ..] => {
                assert!(matches!(run(&its_desk(&readme), &filled).code, Some(0 | 1)), "{line}");
                continue;
            }
            _ => 0,
        };
        let said = run(&its_desk(&readme), &filled);
        if said.code != Some(wanted) {
            wrong.push(format!("{line}: {:?}, and {wanted} is wanted: {}{}", said.code, said.out, said.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
