//! Which process does what, so that no two do the same. Kept by locks on files: the system lets go of them when a process
//! dies, however it dies.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::fault::RecordsFault;
use super::folder;
use crate::domain::SafeText;

/// The name under which a process holds what it is doing, for as long as it lives.
#[derive(Debug)]
pub(super) struct Claim {
    pub name: String,
    held: Option<(PathBuf, File)>,
}

impl Claim {
    /// A claim of this process in a folder; also clears away those of processes that are no more.
    pub fn make(folder: &Path, nonce: i64) -> Result<Self, RecordsFault> {
        let folder = folder.join("claims");
        folder::make(&folder)?;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            // what is no file is none of ours, and might never open
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let Some(file) = is_file.then(|| File::open(entry.path()).ok()).flatten() else { continue };
            if file.try_lock().is_ok() {
                // locked until it is gone: whoever is just making it sees that, and makes another
                let _ = fs::remove_file(entry.path());
            }
        }
        let name = format!("{}-{nonce}", std::process::id());
        let path = folder.join(&name);
        let io = |error: std::io::Error| RecordsFault::io(&path, &error);
        loop {
            let file = folder::file(&path)?;
            file.lock().map_err(io)?;
            // between the two somebody may have taken it for that of a dead process
            if fs::metadata(&path).is_ok_and(|there| file.metadata().is_ok_and(|ours| ours.ino() == there.ino())) {
                return Ok(Self { name, held: Some((path, file)) });
            }
        }
    }

    /// Of records that no other process can see.
    pub fn alone() -> Self {
        Self { name: "here".to_owned(), held: None }
    }

    /// Whether the process of a claim lives.
    pub fn is_alive(&self, name: &str) -> bool {
        let Some((path, _)) = &self.held else { return name == self.name };
        // a name is a file of this folder, whatever stands in the database
        let wrong = name.is_empty() || !name.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if wrong {
            return false;
        }
        match File::open(path.with_file_name(name)) {
            // only a lock that can be had, or a file that its process took away at its end, proves that it is no more
            Ok(file) => file.try_lock().is_err(),
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }

    /// Notes when this process last did what it has the right to. It is not written into the database, and wakes nobody.
    pub fn note(&self, now: DateTime<Utc>) {
        if let Some((_, file)) = &self.held {
            // where that cannot be, another takes the turn in time: run twice is better than not at all
            let _ = file.set_modified(now.into());
        }
    }

    /// When the process of a claim last noted that; nothing where that is not known.
    pub fn noted(&self, name: &str) -> Option<DateTime<Utc>> {
        let (path, _) = self.held.as_ref()?;
        fs::metadata(path.with_file_name(name)).and_then(|metadata| metadata.modified()).ok().map(Into::into)
    }
}

/// The number of the process of a claim.
pub(super) fn process(claim: &str) -> SafeText {
    SafeText::line(claim.split('-').next().unwrap_or_default())
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.held {
            let _ = fs::remove_file(path);
        }
    }
}

/// The right to poll a source, until dropped.
#[derive(Debug)]
pub struct Lease(#[expect(dead_code, reason = "held for its lock")] Option<File>);

impl Lease {
    pub(super) const fn alone() -> Self {
        Self(None)
    }

    /// Takes the lease of a source, or says which process has it.
    pub(super) fn take(folder: &Path, source: i64) -> Result<Result<Self, SafeText>, RecordsFault> {
        let path = folder.join(format!("polls-{source}"));
        let mut file = folder::file(&path)?;
        let io = |error: std::io::Error| RecordsFault::io(&path, &error);
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).map_err(io)?;
                file.rewind().map_err(io)?;
                write!(file, "{}", std::process::id()).map_err(io)?;
                Ok(Ok(Self(Some(file))))
            }
            Err(TryLockError::WouldBlock) => {
                let mut who = String::new();
                file.take(20).read_to_string(&mut who).map_err(io)?;
                Ok(Err(SafeText::line(&who)))
            }
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}
