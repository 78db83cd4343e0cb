//! `include`: more files with templates and agreements.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::document::{self, Table, Value, shown};
use super::files::Files;
use super::problem::Problems;

/// What an included file may hold.
const INCLUDED_KEYS: &[&str] = &["template", "agreement"];

/// More files than this, or folders deeper than this, are a pattern gone wrong.
const MOST_FILES: usize = 1000;
const MOST_DEPTH: usize = 8;

/// The characters that make a path a pattern.
const SIGNS: [char; 4] = ['*', '?', '[', '{'];

/// The trees of the files that `include` names: patterns as written, the files of each by path, every file once.
pub(super) fn read(main: &Path, include: &Value, files: &mut Files, problems: &mut Problems) -> Vec<Table> {
    let mut seen: Vec<PathBuf> = main.canonicalize().into_iter().collect();
    let mut tables = Vec::new();
    for element in include.list(problems).unwrap_or_default() {
        let Some(written) = element.text(problems) else { continue };
        for path in matching(element, written, files, problems) {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if seen.contains(&real) {
                continue;
            }
            seen.push(real);
            match files.file(&path) {
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

/// The files that a path or a pattern names, by path.
fn matching(element: &Value, written: &str, files: &Files, problems: &mut Problems) -> Vec<PathBuf> {
    let Some(path) = files.resolve(&element.at, written, problems) else { return Vec::new() };
    let sign = match written.find(SIGNS) {
        // a file may have such a sign in its name
        Some(sign) if !path.is_file() => sign,
        _ => return vec![path],
    };
    // the pattern begins with the first folder that has a sign in it; those above it are meant as they are
    let (above, pattern) = written.split_at(written[..sign].rfind('/').map_or(0, |slash| slash + 1));
    let folder = if above.is_empty() { Some(files.folder(&element.at)) } else { files.resolve(&element.at, above, problems) };
    let Some(folder) = folder else { return Vec::new() };
    let glob = match GlobBuilder::new(pattern).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            problems.error(&element.at, format!("'{}' is no pattern: {}", shown(written), error.kind()), "write \"agreements/*.toml\"");
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    walk(&folder, Path::new(""), &glob, MOST_DEPTH, files, &mut found);
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

/// Collects the files below a folder of which the part of the path from there on matches. Links to folders are not followed.
fn walk(folder: &Path, below: &Path, glob: &GlobMatcher, depth: usize, files: &Files, found: &mut Vec<PathBuf>) {
    let here = folder.join(below);
    files.look_into(&here);
    let Ok(entries) = std::fs::read_dir(if here.as_os_str().is_empty() { Path::new(".") } else { &here }) else { return };
    for entry in entries.flatten() {
        let below = below.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
        if is_folder && depth > 0 && found.len() <= MOST_FILES {
            walk(folder, &below, glob, depth - 1, files, found);
        } else if !is_folder && glob.is_match(&below) && found.len() <= MOST_FILES {
            found.push(folder.join(&below));
        }
    }
}
