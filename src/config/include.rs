//! `include`: more files with templates and agreements.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::document::{self, Table, Value, shown};
use super::files::{self, Files};
use super::problem::Problems;

/// What an included file may hold.
const INCLUDED_KEYS: &[&str] = &["template", "agreement"];

/// More files than this, or folders deeper than this, are a pattern gone wrong.
const MOST_FILES: usize = 1000;
const MOST_DEPTH: usize = 8;

/// The trees of the files that `include` names: patterns as written, the files of each by path, every file once.
pub(super) fn read(main: &Path, include: &Value, files: &mut Files, problems: &mut Problems) -> Vec<Table> {
    let mut seen: Vec<PathBuf> = main.canonicalize().into_iter().collect();
    let mut tables = Vec::new();
    for element in include.list(problems).unwrap_or_default() {
        let Some(written) = element.text(problems) else { continue };
        let Some(pattern) = files.resolve(&element.at, written, problems) else { continue };
        for path in matching(element, written, &pattern, problems) {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if seen.contains(&real) {
                continue;
            }
            seen.push(real);
            match files::read_file(&path) {
                Ok(text) => {
                    let table = document::read(&text, &files.add(&path), problems);
                    table.only(INCLUDED_KEYS, "an included file", problems);
                    tables.push(table);
                }
                Err(error) => {
                    let what = format!("'{}' cannot be read: {error}", shown(&path.display().to_string()));
                    problems.error(&element.at, what, "check the path and its permissions");
                }
            }
        }
    }
    tables
}

/// The files that a pattern names, by path.
fn matching(element: &Value, written: &str, pattern: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let text = pattern.display().to_string();
    if !written.contains(['*', '?', '[', '{']) {
        return vec![pattern.to_owned()];
    }
    // a folder above that has such a character in its name is meant as it is: only what was written is a pattern
    let fixed: PathBuf = pattern.components().take_while(|c| !c.as_os_str().to_string_lossy().contains(['*', '?', '[', '{'])).collect();
    let glob = match GlobBuilder::new(&text).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            problems.error(&element.at, format!("'{}' is no pattern: {}", shown(written), error.kind()), "write \"agreements/*.toml\"");
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let folder = if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed };
    walk(folder, &fixed, &glob, MOST_DEPTH, &mut found);
    if found.len() > MOST_FILES {
        problems.error(&element.at, format!("'{}' names more than {MOST_FILES} files", shown(written)), "write a narrower pattern");
        return Vec::new();
    }
    if found.is_empty() {
        problems.warning(&element.at, format!("'{}' names no file", shown(written)), "check the path, or leave it out");
    }
    found.sort();
    found
}

/// Collects the files below a folder that match; `shown_as` is the folder as the pattern spells it.
fn walk(folder: &Path, shown_as: &Path, glob: &GlobMatcher, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = shown_as.join(entry.file_name());
        if entry.path().is_dir() {
            if depth > 0 && found.len() <= MOST_FILES {
                walk(&entry.path(), &path, glob, depth - 1, found);
            }
        } else if glob.is_match(&path) && found.len() <= MOST_FILES {
            found.push(path);
        }
    }
}
