//! `holdover man`: the manual pages, made from the command line, the keymap and what the environment may say.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::cli::{Cli, ManArgs};
use super::output;
use super::session::Exit;
use crate::config;
use crate::tui::{Keymap, keymap};

/// Exit codes, as every verb but `status` uses them, and as `status` does.
const EXIT_STATUS: [(&str, &str); 10] = [
    ("0", "done"),
    ("1", "the thing asked for failed, or a source did not answer"),
    ("2", "wrong usage, or a broken configuration"),
    ("128 and more", "ended by the signal of that number above 128; the terminal is given back"),
    ("status: 0", "nothing to do"),
    ("status: 10", "only held, or in hand"),
    ("status: 20", "something unanswered, or to decide"),
    ("status: 30", "something breached, or overdue to assess"),
    ("status: 40", "a source is blind, or the records are not there or damaged"),
    ("check", "0 sound, also with warnings; 1 errors were found; 2 the configuration cannot be read"),
];

const FILES: [(&str, &str); 2] = [
    ("~/.config/holdover/config.toml", "the configuration, below $XDG_CONFIG_HOME where that is set"),
    (
        "~/.local/state/holdover/",
        "the records, below $XDG_STATE_HOME where that is set: the last tickets, what is to be sent, the evidence",
    ),
];

/// Prints the page of the program, or writes one for it and one for each verb into a folder.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &ManArgs) -> color_eyre::Result<Exit> {
    let mut command = Cli::command();
    command.build();
    match &args.dir {
        None => output::print(|out| out.write_all(ascii(&page(&command)?).as_bytes()))?,
        Some(dir) => {
            if let Err((path, error)) = write_all(&command, dir) {
                output::say(&format!("{} cannot be written – {error} – name a folder that is yours", path.display()));
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Done)
}

/// Writes all pages into a folder, which is made where it is missing; what went wrong with which file.
fn write_all(command: &Command, dir: &Path) -> Result<(), (std::path::PathBuf, io::Error)> {
    std::fs::create_dir_all(dir).map_err(|error| (dir.to_owned(), error))?;
    let write = |name: String, page: io::Result<Vec<u8>>| {
        let path = dir.join(name);
        page.and_then(|page| replace(dir, &path, &ascii(&page))).map_err(|error| (path, error))
    };
    write("holdover.1".to_owned(), page(command))?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let man = Man::new(verb.clone().version(env!("CARGO_PKG_VERSION")));
        let mut text = Vec::new();
        let rendered = man.render(&mut text).map(|()| text);
        write(man.get_filename(), rendered)?;
    }
    Ok(())
}

/// Puts a page where the one before was, and not where a link there leads.
fn replace(dir: &Path, path: &Path, page: &str) -> io::Result<()> {
    // read by everybody who reads manuals
    let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile_in(dir)?;
    file.write_all(page.as_bytes())?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Letters beyond ASCII as escapes, which every reader of manual pages knows; not every one reads UTF-8.
fn ascii(page: &[u8]) -> String {
    let letter = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    String::from_utf8_lossy(page).chars().map(letter).collect()
}

/// The page of the program.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    man.render_subcommands_section(&mut text)?;
    let mut roff = Roff::new();
    let keymap = Keymap::default();
    let keys = keymap.bindings().map(|(binding, _)| {
        (keymap.labels(binding), format!("{}; in the table [keys] of the configuration: {}", keymap.help(binding), binding.name()))
    });
    section(&mut roff, "KEYS", keys);
    section(&mut roff, "MARKS", keymap::MARKS.iter().map(|(mark, help)| ((*mark).to_owned(), (*help).to_owned())));
    let owned = |(name, help): &(&str, &str)| ((*name).to_owned(), (*help).to_owned());
    section(&mut roff, "EXIT STATUS", EXIT_STATUS.iter().map(owned));
    section(&mut roff, "FILES", FILES.iter().map(owned));
    let variables = config::variables().into_iter().map(|(name, key)| (name, format!("as {key} in the configuration, which it wins over")));
    let named = [("HOLDOVER_CONFIG".to_owned(), "the configuration, where --config names none".to_owned())];
    section(&mut roff, "ENVIRONMENT", named.into_iter().chain(variables));
    roff.to_writer(&mut text)?;
    Ok(text)
}

/// A section of terms, each with what it means.
fn section(roff: &mut Roff, heading: &str, terms: impl Iterator<Item = (String, String)>) {
    roff.control("SH", [heading]);
    for (term, meaning) in terms {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
}
