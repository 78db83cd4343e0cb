//! The files that the configuration names: where they are, and their text, of bounded size.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{Place, Value, shown};
use super::footprint::Footprint;
use super::problem::Problems;
use crate::sources;

/// Longest file of configuration or holidays, in bytes. Hundreds of agreements fit in a tenth of it.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Longest file of a theme, in bytes. The longest stock theme is a twentieth of it.
const MOST_THEME_BYTES: u64 = 64 * 1024;

/// Where the files that were read are, and where files they name are looked for.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The path of each file, by the name the user knows it by. Text that is in no file has none.
    paths: BTreeMap<Arc<str>, PathBuf>,
    home: Option<PathBuf>,
    /// What was looked at, whether it is there or not.
    footprint: RefCell<Footprint>,
}

impl Files {
    /// `~` stands for `home`.
    pub fn new(home: Option<PathBuf>) -> Self {
        Self { home, ..Self::default() }
    }

    /// What was looked at.
    pub fn into_footprint(self) -> Footprint {
        self.footprint.into_inner()
    }

    /// The text of whatever the user names as the configuration.
    pub fn main(&self, path: &Path) -> io::Result<String> {
        self.noted(path, bytes_of_any(path, MOST_BYTES)).and_then(text)
    }

    /// The text of a file that lies somewhere on the disk.
    pub fn file(&self, path: &Path) -> io::Result<String> {
        self.noted(path, read_bytes(path, MOST_BYTES)).and_then(text)
    }

    /// The text of a file that says how things look.
    pub fn theme(&self, path: &Path) -> io::Result<String> {
        self.noted(path, read_bytes(path, MOST_THEME_BYTES)).and_then(text)
    }

    /// A folder is looked into: what comes to lie there matters.
    pub fn look_into(&self, folder: &Path) {
        self.footprint.borrow_mut().folder(folder);
    }

    fn noted(&self, path: &Path, read: io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
        self.footprint.borrow_mut().file(path, read.as_ref().ok().map(Vec::as_slice));
        read
    }

    /// A file of configuration: paths in it are relative to it. Returns the name the user knows it by.
    pub fn add(&mut self, path: &Path) -> Arc<str> {
        let label: Arc<str> = path.display().to_string().into();
        self.paths.insert(Arc::clone(&label), path.to_owned());
        label
    }

    /// The folder of the file in which something is written.
    pub fn folder(&self, at: &Place) -> PathBuf {
        self.paths.get(&at.file).and_then(|path| path.parent()).map(Path::to_owned).unwrap_or_default()
    }

    /// Why the file in which something is written is no place for a secret; `None` where only we can read it.
    pub fn open_to_others(&self, at: &Place) -> Option<String> {
        match self.paths.get(&at.file).map(std::fs::metadata) {
            Some(Ok(metadata)) => sources::open_to_others(&metadata),
            Some(Err(error)) => Some(format!("who can read it is not known: {error}")),
            None => Some("it is no file of your own".to_owned()),
        }
    }

    /// A path written in a file: `~` is the home folder, anything relative is relative to the file it is written in.
    pub fn resolve(&self, at: &Place, written: &str, problems: &mut Problems) -> Option<PathBuf> {
        if written.trim().is_empty() {
            problems.error(at, "this path is empty", "write the path of a file");
            return None;
        }
        let path = match written.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.as_ref().map(|home| home.join(rest.trim_start_matches('/'))),
            _ => return Some(self.folder(at).join(written)),
        };
        if path.is_none() {
            problems.error(at, "no home folder is known for ~", "set HOME, or write the path in full");
        }
        path
    }

    /// The text of a file that a value names, and the name the user knows it by.
    pub fn text(&self, value: &Value, written: &str, problems: &mut Problems) -> Option<(String, String)> {
        self.read(value, written, Self::file, problems)
    }

    /// The same, whatever its bytes are.
    pub fn bytes(&self, value: &Value, written: &str, problems: &mut Problems) -> Option<(String, Vec<u8>)> {
        let read = |files: &Self, path: &Path| files.noted(path, read_bytes(path, MOST_BYTES));
        self.read(value, written, read, problems)
    }

    fn read<T>(
        &self,
        value: &Value,
        written: &str,
        read: fn(&Self, &Path) -> io::Result<T>,
        problems: &mut Problems,
    ) -> Option<(String, T)> {
        if !self.paths.contains_key(&value.at.file) {
            problems.error(&value.at, "files are not read here", "write what is in the file instead");
            return None;
        }
        let path = self.resolve(&value.at, written, problems)?;
        match read(self, &path) {
            Ok(content) => Some((path.display().to_string(), content)),
            Err(error) => {
                problems.error(&value.at, format!("'{}' cannot be read: {error}", shown(&path.display().to_string())), "check the path");
                None
            }
        }
    }
}

/// The bytes of a file that lies somewhere on the disk; a pipe could make the program wait for ever.
fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    bytes_of_any(path, most)
}

fn bytes_of_any(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let most = if most < 1024 * 1024 { format!("{} KiB", most / 1024) } else { format!("{} MiB", most / 1024 / 1024) };
        return Err(io::Error::other(format!("it is longer than {most}")));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
        io::Error::other(format!("line {line} is not UTF-8"))
    })
}
