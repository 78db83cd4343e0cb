//! What can be found out again from the records, noted beside them for the sake of speed. Of what is noted, none is missed.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::folder::must_be_ours;

/// The folder in the folder of the records: nobody is woken by what is written there.
const FOLDER: &str = "noted";
/// Longest note that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What was noted under a name in the folder of the records, where that can be read and nobody else can have written it.
#[must_use]
pub fn noted(records: &Path, name: &str) -> Option<Vec<u8>> {
    let folder = records.join(FOLDER);
    let path = folder.join(name);
    must_be_ours(&folder, fs::Metadata::is_dir, "it is no folder").ok()?;
    must_be_ours(&path, fs::Metadata::is_file, "it is no file").ok()?;
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Notes something under a name, in the place of what was there; whoever reads meanwhile reads the one or the other.
///
/// # Errors
/// It cannot be written.
pub fn note(records: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = records.join(FOLDER);
    match DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => must_be_ours(&folder, fs::Metadata::is_dir, "it is no folder").map_err(io::Error::other)?,
    }
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(bytes)?;
    file.persist(folder.join(name))?;
    Ok(())
}
