//! Brackets that are never closed. To the TOML parser everything after one is nonsense; here it is one mistake, told where
//! the bracket should have been closed, and the rest of the file can be judged as if it had been.

use std::ops::Range;

/// A bracket that is not closed.
#[derive(Debug)]
pub(super) struct Unclosed {
    /// The byte after which it should have been.
    pub at: usize,
    /// The byte where it was opened.
    pub opened: usize,
    /// What would close it, and what else was open.
    closing: String,
}

/// The brackets that a text leaves open, each up to the next header or key.
pub(super) fn unclosed(text: &str) -> Vec<Unclosed> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, char)> = Vec::new();
    // the end of the last thing that is neither space nor remark
    let mut end = 0;
    let mut line_begins = true;
    let mut rest = 0..0;
    for (i, c) in text.char_indices() {
        if rest.contains(&i) {
            continue;
        }
        if c == '\n' {
            line_begins = true;
        } else if c == '#' {
            rest = i..i + text[i..].find('\n').unwrap_or(text.len() - i);
        } else if !c.is_whitespace() {
            if line_begins && !open.is_empty() && is_statement(&text[i..]) {
                found.push(close(&mut open, 0, end));
            } else if line_begins && c == '{' && open.last().is_some_and(|(_, closing)| *closing == '}') {
                // a table never begins inside a table without a key: this is the next element of a list
                let last = open.len() - 1;
                found.push(close(&mut open, last, end));
            }
            line_begins = false;
            match c {
                '[' | '{' => open.push((i, if c == '[' { ']' } else { '}' })),
                ']' | '}' => drop(open.pop_if(|(_, closing)| *closing == c)),
                '"' | '\'' => rest = string(text, i),
                _ => {}
            }
            end = rest.end.max(i + c.len_utf8());
        }
    }
    if !open.is_empty() {
        found.push(close(&mut open, 0, end));
    }
    found
}

/// The text with the brackets closed; its lines are where they were.
pub(super) fn closed(text: &str, unclosed: &[Unclosed]) -> String {
    let mut out = String::with_capacity(text.len() + unclosed.len());
    let mut from = 0;
    for bracket in unclosed {
        out.push_str(&text[from..bracket.at]);
        out.push_str(&bracket.closing);
        from = bracket.at;
    }
    out + &text[from..]
}

/// Closes all but the first `keep` of the open brackets.
fn close(open: &mut Vec<(usize, char)>, keep: usize, at: usize) -> Unclosed {
    let opened = open.last().map_or(at, |(i, _)| *i);
    Unclosed { at, opened, closing: open.drain(keep..).rev().map(|(_, closing)| closing).collect() }
}

/// Whether a line is a `[header]` or begins with `key =`.
fn is_statement(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default();
    let inner = line.trim_start_matches('[');
    let key = inner.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(inner.len());
    let after = inner[key..].trim_start();
    let headed = inner.len() < line.len();
    key > 0 && (if headed { after.starts_with(']') && !inner.starts_with(|c: char| c.is_ascii_digit()) } else { after.starts_with('=') })
}

/// The bytes of a string, from its first quote; one that is not closed ends with its line.
fn string(text: &str, start: usize) -> Range<usize> {
    let quote = &text[start..=start];
    let long = text[start..].starts_with(&quote.repeat(3));
    let mut escaped = false;
    let body = start + if long { 3 } else { 1 };
    for (i, c) in text[body..].char_indices().map(|(i, c)| (body + i, c)) {
        if c == '\n' && !long {
            return start..i;
        }
        if text[i..].starts_with(quote) && !escaped && (!long || text[i..].starts_with(&quote.repeat(3))) {
            return start..i + if long { 3 } else { 1 };
        }
        escaped = c == '\\' && quote == "\"" && !escaped;
    }
    start..text.len()
}
