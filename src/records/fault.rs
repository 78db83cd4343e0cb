//! Why the records cannot be used: what – why – what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordsFault {
    /// The environment names no folder for them.
    #[error("there is no place for the records – neither XDG_STATE_HOME nor HOME is set – set one of them")]
    NoFolder,
    /// The folder, or something in it, is not to be trusted or cannot be used.
    #[error("the records cannot be used – {why} – {help} ({path})")]
    Unusable {
        /// What cannot be used.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: &'static str,
    },
    /// They were written by a newer version of the program.
    #[error(
        "the records are of a newer holdover – their schema is {found}, this one knows {known} – use the newer holdover, or another XDG_STATE_HOME ({path})"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// They were written by an older version of the program, and not yet brought up.
    #[error(
        "the records are of an older holdover – their schema is {found}, this one's is {known} – start holdover once: it brings them up ({path})"
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// They are damaged, and another process still uses them.
    #[error("the records are damaged – another holdover has them open, so they were not moved aside – end it and start again ({path})")]
    Damaged {
        /// The database.
        path: PathBuf,
    },
    /// There are none yet.
    #[error("there are no records – nobody has asked a source yet – start holdover or holdover watch ({path})")]
    None {
        /// Where they would be.
        path: PathBuf,
    },
    /// SQLite could not do what it was asked.
    #[error("the records cannot be {doing} – {why} – {help} ({path})")]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What was to be done: `read` or `written`.
        doing: &'static str,
        /// Why not.
        why: String,
        /// What to do.
        help: &'static str,
        /// What kind of error that is.
        code: Option<ErrorCode>,
    },
}

impl RecordsFault {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        let help = "check the folder and its permissions";
        Self::Unusable { path: path.to_owned(), why: error.to_string(), help }
    }

    pub(super) fn sqlite(path: &Path, doing: &'static str, error: &rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let help = match code {
            Some(ErrorCode::DiskFull) => "free some space on the disk",
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => "make the folder writable",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "try again; another holdover is writing",
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "start holdover again: it moves them aside and begins anew",
            _ => "check the disk and the folder",
        };
        Self::Sqlite { path: path.to_owned(), doing, why: error.to_string(), help, code }
    }

    /// Whether the database itself is damaged.
    pub(super) const fn is_damage(&self) -> bool {
        matches!(self, Self::Sqlite { code: Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), .. })
    }
}
