//! One TOML file as a tree of values that know where they stand. Only the spelling is judged here, not the meaning.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::brackets;
use super::problem::Problems;
use crate::domain::{Origin, SafeText};

/// Where something stands: file, line and path of keys.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub file: Arc<str>,
    pub line: u32,
    pub path: Arc<str>,
}

impl Place {
    /// The same as the domain keeps it for explanations.
    pub fn origin(&self) -> Origin {
        Origin { file: Arc::clone(&self.file), line: self.line }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub at: Place,
    pub kind: Kind,
}

/// What a value is. A number that does not fit its type has been reported and is `None`.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Text(String),
    Integer(Option<i64>),
    Float(Option<f64>),
    Boolean(bool),
    Date,
    List(Vec<Value>),
    Table(Table),
}

/// A table: keys in the order written.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub at: Place,
    pub entries: Vec<Entry>,
}

/// A key, where it stands, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub at: Place,
    pub value: Value,
}

/// Reads a file. Every mistake in the TOML itself is reported, and as much of the tree as could be made out is returned.
pub(super) fn read(text: &str, file: &Arc<str>, problems: &mut Problems) -> Table {
    problems.add_file(file);
    let errors = DeTable::parse_recoverable(text).1.len();
    let unclosed = if errors == 0 { Vec::new() } else { brackets::unclosed(text) };
    let closed = brackets::closed(text, &unclosed);
    let (root, left) = DeTable::parse_recoverable(&closed);
    if unclosed.is_empty() || left.len() > errors {
        // closing them makes it worse: they are not the mistake
        return tree(text, file, DeTable::parse_recoverable(text), problems);
    }
    let lines = Lines::new(text);
    for bracket in &unclosed {
        let what = format!("the {} of line {} is not closed", &text[bracket.opened..=bracket.opened], lines.of(bracket.opened));
        problems.spelling(file, lines.of(bracket.at.saturating_sub(1)), &what);
    }
    tree(&closed, file, (root, left), problems)
}

fn tree(text: &str, file: &Arc<str>, (root, errors): (Spanned<DeTable>, Vec<toml::de::Error>), problems: &mut Problems) -> Table {
    let reader = Reader { file, lines: Lines::new(text) };
    for error in errors {
        let line = error.span().map_or(1, |span| reader.lines.of(span.start.min(text.len())));
        problems.spelling(file, line, error.message());
    }
    reader.table(root.get_ref(), &reader.place(0, ""), problems)
}

struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        Self { starts: std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect() }
    }

    /// The line of a byte, from 1.
    fn of(&self, byte: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= byte)).unwrap_or(u32::MAX)
    }
}

struct Reader<'a> {
    file: &'a Arc<str>,
    lines: Lines,
}

impl Reader<'_> {
    fn place(&self, byte: usize, path: &str) -> Place {
        Place { file: Arc::clone(self.file), line: self.lines.of(byte), path: path.into() }
    }

    fn value(&self, value: &DeValue, at: Place, problems: &mut Problems) -> Value {
        let kind = match value {
            DeValue::String(text) => Kind::Text(text.clone().into_owned()),
            DeValue::Integer(number) => {
                let fits = i64::from_str_radix(number.as_str(), number.radix()).ok();
                if fits.is_none() {
                    problems.error(&at, "this number is too large", "write a smaller one");
                }
                Kind::Integer(fits)
            }
            DeValue::Float(number) => {
                let fits = number.as_str().parse::<f64>().ok().filter(|n| n.is_finite());
                if fits.is_none() {
                    problems.error(&at, "this is no finite number", "write one such as 0.2");
                }
                Kind::Float(fits)
            }
            DeValue::Boolean(is) => Kind::Boolean(*is),
            DeValue::Datetime(_) => Kind::Date,
            DeValue::Array(list) => Kind::List(self.list(list, &at, problems)),
            DeValue::Table(table) => Kind::Table(self.table(table, &at, problems)),
        };
        Value { at, kind }
    }

    fn list(&self, list: &DeArray, at: &Place, problems: &mut Problems) -> Vec<Value> {
        list.iter()
            .enumerate()
            .map(|(i, element)| {
                let at = self.place(element.span().start, &format!("{}[{i}]", at.path));
                self.value(element.get_ref(), at, problems)
            })
            .collect()
    }

    fn table(&self, table: &DeTable, at: &Place, problems: &mut Problems) -> Table {
        let mut entries: Vec<(usize, Entry)> = table
            .iter()
            .map(|(key, value)| {
                let name = key.get_ref();
                let path = if at.path.is_empty() { name.to_string() } else { format!("{}.{name}", at.path) };
                let start = key.span().start;
                let place = self.place(start, &path);
                // a list of tables has no place of its own but that of its key
                let value_at = self.place(value.span().start.max(start), &path);
                let value = self.value(value.get_ref(), value_at, problems);
                (start, Entry { key: name.to_string(), at: place, value })
            })
            .collect();
        entries.sort_by_key(|(start, _)| *start);
        Table { at: at.clone(), entries: entries.into_iter().map(|(_, entry)| entry).collect() }
    }
}

impl Kind {
    /// What it is, with its article, as messages say it.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "text in quotes",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Date => "a date without quotes",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Value {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// The last line on which something in it begins.
    fn last_line(&self) -> u32 {
        let inner = match &self.kind {
            Kind::List(list) => list.last().map(Self::last_line),
            Kind::Table(table) => table.entries.last().map(|e| e.value.last_line()),
            _ => None,
        };
        inner.unwrap_or(0).max(self.at.line)
    }

    /// The text, else it is reported that there is none.
    pub fn text(&self, problems: &mut Problems) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => self.wrong(problems, "text", "put it in quotes"),
        }
    }

    /// A name or another short text on one line: not empty, nothing in it that could not be drawn.
    pub fn line(&self, problems: &mut Problems) -> Option<SafeText> {
        let text = self.text(problems)?;
        let safe = SafeText::line(text);
        if text.trim().is_empty() {
            problems.error(&self.at, "this is empty", "write a text, or leave the key out");
            return None;
        }
        if safe.as_str() != text {
            problems.error(&self.at, "this text is longer than 1 KiB or has control characters in it", "write it on one line");
            return None;
        }
        Some(safe)
    }

    /// `true` or `false`, without quotes.
    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        match &self.kind {
            Kind::Boolean(is) => Some(*is),
            _ => self.wrong(problems, "true or false", "write true or false without quotes"),
        }
    }

    /// The elements of a list.
    pub fn list(&self, problems: &mut Problems) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(list) => Some(list),
            _ => self.wrong(problems, "a list", "put it in brackets, [ … ]"),
        }
    }

    /// A table.
    pub fn table(&self, problems: &mut Problems) -> Option<&Table> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            _ => self.wrong(problems, "a table", "write { key = value }, or a [table]"),
        }
    }

    /// Reports that the value is of another type than wanted.
    pub fn wrong<T>(&self, problems: &mut Problems, wanted: &str, help: &str) -> Option<T> {
        problems.error(&self.at, format!("this must be {wanted}, and is {}", self.kind.noun()), help);
        None
    }
}

impl Table {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// The value of a key that the table needs; that it is missing is reported where it would stand.
    pub fn need(&self, key: &str, order: &[&str], what: &str, help: impl Into<String>, problems: &mut Problems) -> Option<&Value> {
        let value = self.get(key);
        if value.is_none() {
            problems.missing(&self.place_for(key, order), what, help);
        }
        value
    }

    /// Where a key would stand: after the last one there is that comes before it in the usual order, else at the beginning.
    pub fn place_for(&self, key: &str, order: &[&str]) -> Place {
        let before = order.iter().take_while(|k| **k != key);
        // what came from a template stands elsewhere
        let own =
            |k: &&str| self.entries.iter().find(|e| e.key == **k && e.at.file == self.at.file && e.at.path.starts_with(&*self.at.path));
        let line = before.filter_map(own).last().map_or(self.at.line, |entry| entry.value.last_line());
        Place { line, ..self.at.clone() }
    }

    /// Reports every key that is none of those known. `what` names the table in the message.
    pub fn only(&self, known: &[&str], what: &str, problems: &mut Problems) {
        for entry in self.entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            problems.error(&entry.at, format!("{what} has no key '{}'", shown(&entry.key)), super::nearest::suggest(&entry.key, known));
        }
    }
}

/// The tables of a `[[key]]`, of all trees in their order.
pub(super) fn elements<'a>(trees: &[&'a Table], key: &str, problems: &mut Problems) -> Vec<&'a Table> {
    let mut tables = Vec::new();
    for value in trees.iter().filter_map(|tree| tree.get(key)) {
        let Kind::List(list) = &value.kind else {
            let () = value.wrong(problems, "a list of tables", &format!("write [[{key}]]")).unwrap_or_default();
            continue;
        };
        tables.extend(list.iter().filter_map(|element| element.table(problems)));
    }
    tables
}

/// A key as a message can show it.
pub(super) fn shown(text: &str) -> SafeText {
    SafeText::title(text)
}
