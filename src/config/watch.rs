//! Wakes when something changes in folders; nothing ticks while nothing does.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// Waits for changes in folders.
#[derive(Debug)]
pub struct FolderWatch {
    events: Events,
    watched: BTreeSet<(PathBuf, i32)>,
}

#[cfg(target_os = "linux")]
type Events = std::fs::File;
#[cfg(not(target_os = "linux"))]
type Events = std::convert::Infallible;

#[cfg(target_os = "linux")]
impl FolderWatch {
    /// One that watches nothing yet; `None` where the system cannot.
    #[must_use]
    pub fn begin() -> Option<Self> {
        use rustix::fs::inotify::{self, CreateFlags};
        Some(Self { events: inotify::init(CreateFlags::CLOEXEC).ok()?.into(), watched: BTreeSet::new() })
    }

    /// Watches these folders too, where they are there. Whether any of them was not watched before.
    pub fn follow(&mut self, folders: &BTreeSet<PathBuf>) -> bool {
        use rustix::fs::inotify::{self, WatchFlags};
        // a file counts once it is written, not while it is; and one may become readable
        let changes = WatchFlags::CLOSE_WRITE | WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE | WatchFlags::ATTRIB;
        let mut any = false;
        for folder in folders {
            // a folder that is made anew under the same name is another
            if let Ok(watch) = inotify::add_watch(&self.events, folder, changes | WatchFlags::ONLYDIR) {
                any |= self.watched.insert((folder.clone(), watch));
            }
        }
        any
    }

    /// Waits until something changes, and then until nothing more does, but not for ever. An error is the end of the watch.
    ///
    /// # Errors
    /// The system tells no more.
    pub fn wait(&mut self) -> io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use std::io::Read;

        /// An editor that puts a file in the place of another is done within this time.
        const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        /// Where something changes all the time, it is waited for no longer than so often.
        const MOST: usize = 20;

        for _ in 0..MOST {
            // more than was read is read in the next round
            if self.events.read(&mut [0; 4096])? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if poll(&mut [PollFd::new(&self.events, PollFlags::IN)], Some(&QUIET))? == 0 {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
impl FolderWatch {
    /// One that watches nothing yet; `None` where the system cannot.
    #[must_use]
    pub fn begin() -> Option<Self> {
        None
    }

    /// Watches these folders too, where they are there. Whether any of them was not watched before.
    pub fn follow(&mut self, _folders: &BTreeSet<PathBuf>) -> bool {
        match self.events {}
    }

    /// Waits until something changes. An error is the end of the watch.
    ///
    /// # Errors
    /// The system tells no more.
    pub fn wait(&mut self) -> io::Result<()> {
        match self.events {}
    }
}
