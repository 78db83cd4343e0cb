//! A file of tickets: read again only when it changed. It cannot be told of anything.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::settings::{FileForm, SourceSettings};
use super::source::TicketSource;
use super::ticket_reader::{TicketFormat, read_csv, read_tickets};
use crate::domain::{Capabilities, Deed, Fault, FaultKind, Identity, Outcome, Pass, SafeText, SourceName, Ticket, TicketKey};

/// Largest file that is read: 100,000 tickets are about 60 MB.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// Why nothing can be told.
const CANNOT: &str = "a file cannot be told";

/// A source of kind `file`.
pub struct FileSource {
    settings: SourceSettings,
    path: PathBuf,
    form: FileForm,
    last: Arc<Mutex<Option<LastRead>>>,
}

/// What the file was when it was last read well, and what was in it.
struct LastRead {
    stamp: Stamp,
    tickets: Vec<Arc<Ticket>>,
}

/// By what a change is noticed: size, which file it is, and two times, for a copy may keep the time of its writing.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp {
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }
}

impl FileSource {
    /// A source that reads `path`.
    #[must_use]
    pub fn new(settings: &SourceSettings, path: &Path, form: FileForm) -> Self {
        Self { settings: settings.clone(), path: path.to_owned(), form, last: Arc::default() }
    }
}

#[async_trait]
impl TicketSource for FileSource {
    fn name(&self) -> &SourceName {
        &self.settings.name
    }

    fn is_local(&self) -> bool {
        true
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::none(CANNOT)
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        Ok(Identity { name: SafeText::line("the file"), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let (settings, path, form, last) = (self.settings.clone(), self.path.clone(), self.form, Arc::clone(&self.last));
        let read = tokio::task::spawn_blocking(move || read(&settings, &path, form, &last)).await;
        let tickets = read.unwrap_or_else(|_| {
            Err(fault(FaultKind::Unintelligible, &self.path, "could not be read", "reading it failed inside; please report it"))
        })?;
        Ok(Pass { total: Some(tickets.len() as u64), tickets, complete: true, ..Pass::default() })
    }

    async fn tell(&self, _key: &TicketKey, _deed: &Deed, _earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        Err(Fault::new(FaultKind::Unsupported, CANNOT))
    }
}

/// The tickets of the file; those of the last reading where it has not changed.
fn read(settings: &SourceSettings, path: &Path, form: FileForm, last: &Mutex<Option<LastRead>>) -> Result<Vec<Arc<Ticket>>, Fault> {
    let unreadable =
        |e: std::io::Error| fault(FaultKind::Unreachable, path, &format!("cannot be read: {e}"), "check the path and its permissions");
    let too_large = || {
        let what = format!("is larger than {} MiB", MOST_BYTES / 1024 / 1024);
        fault(FaultKind::Unintelligible, path, &what, "give it only the open tickets")
    };
    // asked before it is opened: opening a pipe waits for its writer
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fault(FaultKind::Unreachable, path, "is no file", "name a file of tickets"));
    }
    let file = File::open(path).map_err(unreadable)?;
    let stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = last.as_ref().filter(|last| last.stamp == stamp) {
        return Ok(last.tickets.clone());
    }
    if stamp.size > MOST_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or_default());
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large());
    }
    let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let format = TicketFormat::of(settings, &label);
    let tickets = match form {
        FileForm::Json => read_tickets(&bytes, &format)?,
        FileForm::Csv => read_csv(&bytes, &format)?,
    };
    *last = Some(LastRead { stamp, tickets: tickets.clone() });
    Ok(tickets)
}

fn fault(kind: FaultKind, path: &Path, what: &str, help: &str) -> Fault {
    Fault::new(kind, &format!("{} {what} – {help}", path.display()))
}
