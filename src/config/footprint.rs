//! What a configuration was read from: with the same footprint it is the same, and where the footprint is, an edit shows.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The files that were read, with what stood for their bytes, and the folders that were looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Footprint {
    /// None stands for the bytes of a file that could not be read.
    files: BTreeMap<PathBuf, Option<u64>>,
    folders: BTreeSet<PathBuf>,
}

impl Footprint {
    /// A file, and its bytes where it could be read.
    pub(super) fn file(&mut self, path: &Path, bytes: Option<&[u8]>) {
        let hash = |bytes: &[u8]| {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            hasher.finish()
        };
        self.files.insert(path.to_owned(), bytes.map(hash));
    }

    /// A folder in which files were looked for.
    pub(super) fn folder(&mut self, path: &Path) {
        self.folders.insert(here_if_empty(path));
    }

    /// The folders in which an edit of it shows: editors put a new file in the place of the old one. Of a file that is a link the
    /// folder of what it leads to counts too.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let real = self.files.keys().filter_map(|file| file.canonicalize().ok());
        let files = self.files.keys().cloned().chain(real);
        let above = files.filter_map(|file| file.parent().map(here_if_empty));
        above.chain(self.folders.iter().cloned()).collect()
    }
}

fn here_if_empty(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}
