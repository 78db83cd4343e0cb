//! Where the records are: a folder of our own that nobody else can read.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::fault::RecordsFault;

/// What the name of damaged records begins with, before the time at which they were moved aside.
pub(super) const DAMAGED: &str = "records.db.damaged-";

/// The folder that an environment gives the records.
///
/// # Errors
/// Neither `XDG_STATE_HOME` nor `HOME` is set to an absolute path.
pub fn folder(environment: &[(String, String)]) -> Result<PathBuf, RecordsFault> {
    let named = |name: &str| {
        let found = environment.iter().find(|(n, _)| n == name).map(|(_, value)| PathBuf::from(value));
        // the XDG rules want a relative path to be ignored
        found.filter(|path| path.is_absolute())
    };
    let state = named("XDG_STATE_HOME").or_else(|| named("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("holdover")).ok_or(RecordsFault::NoFolder)
}

/// The damaged records that were moved aside in the folder and still lie there, the oldest first.
#[must_use]
pub fn damaged(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_one = |name: &String| name.starts_with(DAMAGED) && !name.ends_with("-wal") && !name.ends_with("-shm");
    let mut found: Vec<PathBuf> = names.filter(is_one).map(|name| folder.join(name)).collect();
    found.sort();
    found
}

/// Makes the folder where there is none, and refuses one that is not ours alone.
pub(super) fn make(path: &Path) -> Result<(), RecordsFault> {
    let io = |error: std::io::Error| RecordsFault::io(path, &error);
    if fs::symlink_metadata(path).is_err() {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io)?;
    }
    must_be_ours(path, fs::Metadata::is_dir, "it is no folder")?;
    if fs::metadata(path).map_err(io)?.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)?;
    }
    Ok(())
}

/// Opens a file of the folder, made with mode 0600 where there is none.
pub(super) fn file(path: &Path) -> Result<File, RecordsFault> {
    if fs::symlink_metadata(path).is_ok() {
        must_be_ours(path, fs::Metadata::is_file, "it is no file")?;
    }
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = opened.map_err(|error| RecordsFault::io(path, &error))?;
    must_be_ours(path, fs::Metadata::is_file, "it is no file")?;
    Ok(file)
}

/// Refuses what belongs to somebody else, or leads elsewhere.
pub(super) fn must_be_ours(path: &Path, is: impl Fn(&fs::Metadata) -> bool, is_not: &str) -> Result<(), RecordsFault> {
    let metadata = fs::symlink_metadata(path).map_err(|error| RecordsFault::io(path, &error))?;
    let refuse = |why: String, help: &'static str| Err(RecordsFault::Unusable { path: path.to_owned(), why, help });
    if metadata.is_symlink() {
        return refuse("it is a symbolic link".to_owned(), "put the folder itself there, or set XDG_STATE_HOME");
    }
    if !is(&metadata) {
        return refuse(is_not.to_owned(), "move it away, or set XDG_STATE_HOME");
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse(format!("it belongs to user {}", metadata.uid()), "use a folder of your own: set XDG_STATE_HOME");
    }
    Ok(())
}
