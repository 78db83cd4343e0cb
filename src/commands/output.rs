//! What goes to stdout and stderr: only what was asked for to the one, errors to the other.

use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use color_eyre::eyre::{Result, WrapErr};

use super::check::count;
use crate::app::Ambiguous;
use crate::domain::SafeText;

/// Writes to stdout. A reader that has gone away, as `head` does, is no error.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = stdout();
    unless_gone(write(&mut out).and_then(|()| out.flush()))
}

/// Writes a value as one line of JSON.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let mut out = stdout();
    unless_gone(serde_json::to_writer(&mut out, value).map_err(io::Error::from).and_then(|()| writeln!(out)).and_then(|()| out.flush()))
}

fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

fn unless_gone(result: io::Result<()>) -> Result<()> {
    match result {
        Err(gone) if gone.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.wrap_err("stdout cannot be written"),
    }
}

/// Says something on stderr, made safe for a terminal. Nobody may be listening there.
pub(super) fn say(text: &impl Display) {
    let _ = writeln!(io::stderr(), "{}", SafeText::body(&text.to_string()));
}

/// What to say of damaged records.
pub(super) fn moved_aside(path: &Path) -> String {
    format!("the records were damaged – they are now in {} – new ones were begun", path.display())
}

/// What to say of damaged records for as long as they lie there.
pub(super) fn still_aside(path: &Path) -> String {
    let what =
        "local tickets, and what was not sent yet, may be in it alone – save what you need (sqlite3 FILE .recover), and move it away";
    format!("damaged records lie in {} – {what}", path.display())
}

/// What to say of the open tickets of a local source that the configuration no longer has.
pub(super) fn forgotten_local(name: &SafeText, open: u32) -> String {
    let tickets = count(open as usize, "open local ticket");
    format!("{tickets} of '{name}', which the configuration has no more – no board shows them – name a source of kind local so again")
}

/// What to say of a key that may mean several tickets.
pub(super) fn ambiguous(ambiguous: &Ambiguous) -> String {
    let candidates: Vec<String> = ambiguous.candidates.iter().map(ToString::to_string).collect();
    format!("{ambiguous} – it may mean {} – name the source", candidates.join(" or "))
}
