//! Wakes when any process has written the records; nothing ticks while nobody does.

use std::io::{self, Read};
use std::path::Path;

use super::database::Records;

/// Waits for writes to the folder of the records.
#[derive(Debug)]
pub struct Watch(Events);

#[cfg(target_os = "linux")]
type Events = std::fs::File;
#[cfg(not(target_os = "linux"))]
type Events = io::Empty;

impl Watch {
    /// Waits until something is written, by whichever process. An error is the end of the watch.
    ///
    /// # Errors
    /// The system tells no more.
    pub fn wait(&mut self) -> io::Result<()> {
        match self.0.read(&mut [0; 4096])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Records {
    /// Begins to watch the records; `None` where the system cannot, or nobody else can write them.
    #[must_use]
    pub fn watch(&self) -> Option<Watch> {
        begin(self.folder()?).map(Watch)
    }
}

#[cfg(target_os = "linux")]
fn begin(folder: &Path) -> Option<Events> {
    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

    let events = inotify::init(CreateFlags::CLOEXEC).ok()?;
    inotify::add_watch(&events, folder, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO).ok()?;
    Some(events.into())
}

#[cfg(not(target_os = "linux"))]
fn begin(_folder: &Path) -> Option<Events> {
    None
}
