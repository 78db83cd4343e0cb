//! Response tables: rows by severity, cells by window, each a time, a table, or a list of tables by channel.

use super::document::{self, Entry as KeyValue, Kind, Table, Value, shown};
use super::nearest;
use super::problem::Problems;
use crate::domain::{Cell, Entry, NamedWindow, ResponseTable, Row, SafeText, Severity, Target, Window};

/// The rows as the configuration writes them, the highest first.
pub(super) const ROWS: [&str; 5] = ["S1", "S2", "S3", "S4", "S5"];

/// Keys of a cell that is a table.
pub(super) const CELL_KEYS: &[&str] = &["within", "channel", "chargeable", "clause"];

/// The windows that an agreement names itself.
#[derive(Clone, Copy)]
pub(super) struct Windows<'a> {
    pub list: &'a [NamedWindow],
    /// Where it names them, or would.
    pub at: &'a document::Place,
}

/// The severity that a key names; exactly as written.
pub(super) fn severity(key: &str) -> Option<Severity> {
    ROWS.iter().position(|row| *row == key).map(|i| Severity::ALL[i])
}

/// A response, resolve or update table. `windows` are the agreement's own; `None` where they are not known (a template).
pub(super) fn table(table: &Table, windows: Option<Windows>, problems: &mut Problems) -> ResponseTable {
    let mut rows = ResponseTable::default();
    for entry in &table.entries {
        if let Some(severity) = severity(&entry.key) {
            rows.rows[severity.index()] = row(entry, windows, problems);
            continue;
        }
        let help = match Severity::parse(&entry.key) {
            Some(severity) => format!("rows are written {}: this one is {severity}", ROWS.join(", ")),
            None => nearest::suggest(&entry.key, &ROWS),
        };
        problems.error(&entry.at, format!("'{}' is no severity", shown(&entry.key)), help);
    }
    rows
}

fn row(entry: &KeyValue, windows: Option<Windows>, problems: &mut Problems) -> Option<Row> {
    let Kind::Table(table) = &entry.value.kind else {
        return entry.value.wrong(problems, "a table of windows", "write { office-hours = \"4h\" }, or { any = \"none\" } for no cover");
    };
    let mut row = Row { any: None, own: Vec::new(), origin: entry.at.origin() };
    for cell_entry in &table.entries {
        let window = window(cell_entry, windows, problems);
        let Some(cell) = cell(&cell_entry.value, problems) else { continue };
        match window {
            Some(Place::Any) => row.any = Some(cell),
            Some(Place::Window(window)) => row.own.push((window, cell)),
            None => {}
        }
    }
    Some(row)
}

enum Place {
    Any,
    Window(Window),
}

/// The window a cell is for. One that nobody knows is reported, but not for a template, whose windows may be the agreement's.
fn window(entry: &KeyValue, windows: Option<Windows>, problems: &mut Problems) -> Option<Place> {
    if entry.key == "any" {
        return Some(Place::Any);
    }
    let standing = Window::STANDING.iter().find(|(name, _)| *name == entry.key).map(|(_, window)| *window);
    let own = || windows?.list.iter().zip(0_u8..).find(|(w, _)| w.name.as_str() == entry.key).map(|(_, i)| Window::Named(i));
    let found = standing.or_else(own);
    if let (None, Some(windows)) = (found, windows) {
        let standing: Vec<&str> = Window::STANDING.iter().map(|(name, _)| *name).chain(["any"]).collect();
        let names: Vec<&str> = standing.iter().copied().chain(windows.list.iter().map(|w| w.name.as_str())).collect();
        problems.error(&entry.at, format!("there is no window '{}'", shown(&entry.key)), nearest::suggest(&entry.key, &names));
        if !nearest::is_slip(&entry.key, standing) {
            // either of the two may be misspelt or missing
            let what = format!("no window of the agreement's own is named '{}', as line {} has it", shown(&entry.key), entry.at.line);
            problems.error(windows.at, what, "windows = [ { name = \"…\", hours = { mon-fri = [\"06:00-23:00\"] } } ] names one");
        }
    }
    found.map(Place::Window)
}

fn cell(value: &Value, problems: &mut Problems) -> Option<Cell> {
    match &value.kind {
        Kind::Text(text) if text == "none" => Some(Vec::new()),
        Kind::Text(text) => {
            let within = target(value, text, problems)?;
            Some(vec![Entry { within, channels: Vec::new(), chargeable: false, clause: None, origin: value.at.origin() }])
        }
        Kind::Table(table) => Some(vec![self::entry(value, table, problems)?]),
        Kind::List(list) if list.is_empty() => {
            problems.error(&value.at, "this cell is empty", "write \"none\" where the window is not covered");
            None
        }
        Kind::List(list) => {
            let mut cell = Vec::with_capacity(list.len());
            for element in list {
                match &element.kind {
                    Kind::Table(table) => cell.extend(entry(element, table, problems)),
                    _ => element.wrong(problems, "a table", "write { within = \"2h\" }: a cell's list is made of tables").unwrap_or(()),
                }
            }
            (cell.len() == list.len()).then_some(cell)
        }
        _ => value.wrong(problems, "a time, a table or a list of tables", "write \"4h\", { within = \"4h\" } or \"none\""),
    }
}

fn entry(value: &Value, table: &Table, problems: &mut Problems) -> Option<Entry> {
    table.only(CELL_KEYS, "a cell", problems);
    let within = table.need("within", CELL_KEYS, "this cell does not say how soon", "add within = \"1h\"", problems);
    let within = within.and_then(|v| target(v, v.text(problems)?, problems));
    let channels = table.get("channel").map_or_else(Vec::new, |channel| channels(channel, problems));
    let chargeable = table.get("chargeable").and_then(|c| c.boolean(problems)).unwrap_or(false);
    let clause = table.get("clause").and_then(|c| c.line(problems));
    Some(Entry { within: within?, channels, chargeable, clause, origin: value.at.origin() })
}

fn channels(value: &Value, problems: &mut Problems) -> Vec<SafeText> {
    let list = value.list(problems).unwrap_or_default();
    if list.is_empty() && matches!(value.kind, Kind::List(_)) {
        problems.error(&value.at, "no channel is listed", "leave channel out where every channel counts");
    }
    list.iter().filter_map(|element| element.line(problems)).collect()
}

fn target(value: &Value, text: &str, problems: &mut Problems) -> Option<Target> {
    match Target::parse(text) {
        Ok(target) => Some(target),
        Err(bad) => {
            problems.error(&value.at, format!("'{}' is no response time", shown(&bad.written)), bad.reason);
            None
        }
    }
}
