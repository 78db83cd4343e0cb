//! A command in the configuration: the program and its arguments, which no shell reads.

use super::document::Value;
use super::files::Files;
use super::problem::Problems;

/// A program and its arguments. A program with a slash is a path like any other, one without is looked for in PATH.
pub(super) fn read(value: &Value, files: &Files, problems: &mut Problems) -> Option<Vec<String>> {
    const HELP: &str = "write the program and its arguments, [\"pass\", \"show\", \"redmine\"]; no shell reads it";
    let list = match value.as_text() {
        Some(_) => value.wrong(problems, "a list", HELP)?,
        None => value.list(problems)?,
    };
    let mut words: Vec<String> = list.iter().map(|word| word.text(problems).map(str::to_owned)).collect::<Option<_>>()?;
    if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
        problems.error(&value.at, "this is no command", HELP);
        return None;
    }
    if words[0].contains('/') {
        words[0] = files.resolve(&list[0].at, &words[0], problems)?.display().to_string();
    }
    Some(words)
}
