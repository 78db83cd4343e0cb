//! The files of tests/configs. Each begins with what is to be said of it: `#! LINE PATH | TEXT` for an error,
//! `#? LINE PATH | TEXT` for a warning; the path is `-` where there is none, and the text is part of the message.

use std::fs;
use std::path::{Path, PathBuf};

use holdover::config::{self, Level, Problem};

use super::{folder, home, lines};

/// One thing to be said of a file.
#[derive(Debug)]
struct Expected {
    level: Level,
    line: u32,
    path: String,
    text: String,
}

fn expected(text: &str) -> Vec<Expected> {
    let said = text.lines().map_while(|line| {
        let (level, rest) = match line.split_at_checked(3)? {
            ("#! ", rest) => (Level::Error, rest),
            ("#? ", rest) => (Level::Warning, rest),
            _ => return None,
        };
        let (place, text) = rest.split_once(" | ").expect("LINE PATH | TEXT");
        let (line, path) = place.split_once(' ').expect("LINE PATH");
        Some(Expected {
            level,
            line: line.parse().expect("a line"),
            path: if path == "-" { String::new() } else { path.to_owned() },
            text: text.to_owned(),
        })
    });
    said.collect()
}

fn cases(name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(name)).expect("the folder of cases");
    let mut paths: Vec<PathBuf> =
        entries.map(|e| e.expect("a file").path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    paths
}

fn fits(problem: &Problem, expected: &Expected, file: &Path) -> bool {
    problem.level == expected.level
        && problem.line == expected.line
        && problem.path == expected.path
        && Path::new(&problem.file) == file
        && format!("{} – {}", problem.what, problem.help).contains(&expected.text)
}

/// What is wrong with what was said of a file; warnings count where `warnings` says so.
fn differences(path: &Path, warnings: bool) -> Option<String> {
    let expected = expected(&fs::read_to_string(path).expect("a case"));
    let problems = match config::load(path, &home()) {
        Ok(settings) => settings.warnings,
        Err(problems) => problems,
    };
    let counted: Vec<&Problem> = problems.iter().filter(|p| warnings || p.level == Level::Error).collect();
    let missing: Vec<_> = expected.iter().filter(|e| !counted.iter().any(|p| fits(p, e, path))).collect();
    (counted.len() != expected.len() || !missing.is_empty())
        .then(|| format!("{}\n  not said: {missing:?}\n  said:\n{}", path.display(), lines(&problems)))
}

#[test]
fn each_invalid_file_is_told_its_one_mistake() {
    let paths = cases("invalid");
    assert!(paths.len() >= 40, "{} files", paths.len());
    let wrong: Vec<String> = paths.iter().filter_map(|path| differences(path, false)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for path in &paths {
        let problems = config::load(path, &home()).expect_err("it is invalid");
        assert!(problems.iter().any(|p| p.level == Level::Error), "{}", path.display());
        assert!(!problems.iter().any(|p| p.unreadable), "{}", path.display());
        // what could be a secret is never repeated
        assert!(!lines(&problems).contains("hunter2"), "{}", lines(&problems));
    }
}

#[test]
fn each_valid_file_is_told_no_more_than_its_oddities() {
    let paths = cases("valid");
    assert!(paths.len() >= 10, "{} files", paths.len());
    let wrong: Vec<String> = paths.iter().filter_map(|path| differences(path, true)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for path in &paths {
        assert!(config::load(path, &home()).is_ok(), "{}", path.display());
    }
}
