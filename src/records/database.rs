//! The database: opened, brought to the newest schema, moved aside where it is damaged; shared by the threads of a process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::claim::{Claim, Lease};
use super::fault::RecordsFault;
use super::folder;
use crate::domain::{SafeText, SourceName, Ticket};

/// The newest schema.
pub const NEWEST: u32 = 3;
/// What takes the database from each schema to the next. A released one is never changed.
const SCHEMAS: [&str; NEWEST as usize] = [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];
/// How long another process is waited for.
const BUSY: Duration = Duration::from_secs(2);
/// The database within the folder.
const FILE: &str = "records.db";

/// A source that the records are about: its name, and what it is asked where. Of two sources of one name in two
/// configurations, neither takes the other's tickets for its own.
#[derive(Debug, Clone)]
pub struct RecordedSource {
    /// Its name in the configuration.
    pub name: SourceName,
    /// What stands for its kind and address; no secret can be read from it.
    pub place: String,
    /// What stands for the settings by which its tickets are read, and for who asks. Tickets that were read otherwise are not
    /// shown as its own.
    pub reading: String,
    /// After how long without a complete pass it is blind.
    pub blind_after: Duration,
}

/// What must outlive the process.
#[derive(Debug)]
pub struct Records {
    connection: Mutex<Connection>,
    path: PathBuf,
    /// Those that the configuration has.
    sources: RwLock<Vec<Known>>,
    pub(super) claim: Claim,
    /// Held, shared, for as long as the database is open.
    open: Option<File>,
    /// Which file it is.
    identity: Option<(u64, u64)>,
    /// The tickets of each source as this process last wrote them.
    pub(super) written: Mutex<HashMap<i64, Vec<Arc<Ticket>>>>,
}

/// A source of the configuration, as the database knows it.
#[derive(Debug)]
struct Known {
    id: i64,
    name: SourceName,
    place: String,
    reading: String,
    blind_after: Duration,
}

/// Records, and where those went that were damaged.
#[derive(Debug)]
pub struct Opened {
    /// The records.
    pub records: Records,
    /// Where a damaged database was moved to.
    pub moved_aside: Option<PathBuf>,
}

impl Records {
    /// Opens the records in a folder, which is made where it is missing. `now` names what is moved aside.
    ///
    /// # Errors
    /// The folder or the database cannot be used.
    pub fn open(folder: &Path, sources: &[RecordedSource], now: DateTime<Utc>) -> Result<Opened, RecordsFault> {
        folder::make(folder)?;
        let path = folder.join(FILE);
        let lock_path = folder.join("records.lock");
        let io = |error: std::io::Error| RecordsFault::io(&lock_path, &error);
        let lock = folder::file(&lock_path)?;
        lock.lock_shared().map_err(io)?;
        let mut moved_aside = None;
        let connection = match connect(&path) {
            Err(fault) if fault.is_damage() => {
                // alone, or somebody would go on writing into what is moved away
                lock.unlock().map_err(io)?;
                if lock.try_lock().is_err() {
                    return Err(RecordsFault::Damaged { path });
                }
                // another may have done so meanwhile
                if connect(&path).is_err_and(|fault| fault.is_damage()) {
                    moved_aside = Some(move_aside(&path, now)?);
                }
                let connection = connect(&path)?;
                lock.unlock().map_err(io)?;
                lock.lock_shared().map_err(io)?;
                connection
            }
            connected => connected?,
        };
        let claim = Claim::make(folder, now.timestamp_nanos_opt().unwrap_or_default())?;
        Ok(Opened { records: Self::of(connection, path, sources, claim, Some(lock))?, moved_aside })
    }

    /// Records that end with the process: for the demo, which leaves no trace.
    ///
    /// # Errors
    /// There is no memory for them.
    pub fn in_memory(sources: &[RecordedSource]) -> Result<Self, RecordsFault> {
        let path = PathBuf::from("memory");
        let mut connection = Connection::open_in_memory().map_err(|e| RecordsFault::sqlite(&path, "made", &e))?;
        migrate(&mut connection, &path)?;
        Self::of(connection, path, sources, Claim::alone(), None)
    }

    /// Opens what is there to read it only. Makes nothing and moves nothing aside.
    ///
    /// # Errors
    /// There is nothing, or it cannot be used.
    pub fn read_only(folder: &Path, sources: &[RecordedSource]) -> Result<Self, RecordsFault> {
        let path = folder.join(FILE);
        if fs::symlink_metadata(&path).is_err() {
            return Err(RecordsFault::None { path });
        }
        folder::must_be_ours(folder, fs::Metadata::is_dir, "it is no folder")?;
        folder::must_be_ours(&path, fs::Metadata::is_file, "it is no file")?;
        let sqlite = |error: rusqlite::Error| RecordsFault::sqlite(&path, "read", &error);
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0) {
            return Err(RecordsFault::None { path });
        }
        // without a log nobody has it open: then nothing needs to be made beside it to read it
        let still = if beside(&path, "-wal").exists() { "" } else { "&immutable=1" };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(format!("file:{}?mode=ro{still}", uri(&path)), flags).map_err(sqlite)?;
        connection.busy_timeout(BUSY).map_err(sqlite)?;
        let found = version(&connection).map_err(sqlite)?;
        match found.cmp(&NEWEST) {
            std::cmp::Ordering::Greater => return Err(RecordsFault::Newer { path, found, known: NEWEST }),
            // it is being made at this moment
            std::cmp::Ordering::Less if found == 0 => return Err(RecordsFault::None { path }),
            std::cmp::Ordering::Less => return Err(RecordsFault::Older { path, found, known: NEWEST }),
            std::cmp::Ordering::Equal => {}
        }
        let sources = all_known(&connection, sources).map_err(sqlite)?;
        Ok(Self {
            connection: Mutex::new(connection),
            path,
            sources: RwLock::new(sources),
            claim: Claim::alone(),
            open: None,
            identity: None,
            written: Mutex::default(),
        })
    }

    fn of(
        connection: Connection,
        path: PathBuf,
        sources: &[RecordedSource],
        claim: Claim,
        lock: Option<File>,
    ) -> Result<Self, RecordsFault> {
        let sources = RwLock::new(all_known(&connection, sources).map_err(|error| RecordsFault::sqlite(&path, "written", &error))?);
        let identity = identity(&path);
        Ok(Self { connection: Mutex::new(connection), path, sources, claim, open: lock, identity, written: Mutex::default() })
    }

    /// The configuration has these sources from now on.
    ///
    /// # Errors
    /// The database cannot be used; then only those of them are known that were known before.
    pub fn configure(&self, sources: &[RecordedSource]) -> Result<(), RecordsFault> {
        let found = all_known(&self.locked(), sources);
        let mut known = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(found) => {
                *known = found;
                Ok(())
            }
            Err(error) => {
                known.retain(|known| sources.iter().any(|source| (&source.name, &source.place) == (&known.name, &known.place)));
                Err(RecordsFault::sqlite(&self.path, "written", &error))
            }
        }
    }

    fn sources(&self) -> RwLockReadGuard<'_, Vec<Known>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the right to poll a source, or says which process has it.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn lease(&self, source: &SourceName) -> Result<Result<Lease, SafeText>, RecordsFault> {
        match (self.folder(), self.id(source)) {
            (Some(folder), Some(id)) => Lease::take(folder, id),
            _ => Ok(Ok(Lease::alone())),
        }
    }

    /// The source in the database.
    pub(super) fn id(&self, source: &SourceName) -> Option<i64> {
        self.sources().iter().find(|known| known.name == *source).map(|known| known.id)
    }

    /// The name of a source in the database, if the configuration has it.
    pub(super) fn name(&self, id: i64) -> Option<SourceName> {
        self.sources().iter().find(|known| known.id == id).map(|known| known.name.clone())
    }

    /// What stands for the settings by which the tickets of a source are read.
    pub(super) fn reading(&self, source: &SourceName) -> Option<String> {
        self.sources().iter().find(|known| known.name == *source).map(|known| known.reading.clone())
    }

    /// After how long without a complete pass a source is blind.
    pub(super) fn blind_after(&self, source: &SourceName) -> Option<Duration> {
        self.sources().iter().find(|known| known.name == *source).map(|known| known.blind_after)
    }

    /// The folder of records that other processes share.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.open.as_ref().and_then(|_| self.path.parent())
    }

    /// Whether SQLite finds nothing damaged in the database.
    ///
    /// # Errors
    /// What is damaged.
    pub fn examine(&self) -> Result<(), RecordsFault> {
        let sound: String = self.read(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        if sound == "ok" { Ok(()) } else { Err(RecordsFault::sqlite(&self.path, "read", &damage(&sound))) }
    }

    /// Brings what stands in its log into the database itself, as far as nobody is just reading it. Who reads it next, for a
    /// status line, need not read the log then.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn settle(&self) -> Result<(), RecordsFault> {
        self.locked()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| RecordsFault::sqlite(&self.path, "written", &error))
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, RecordsFault> {
        read(&self.locked()).map_err(|error| RecordsFault::sqlite(&self.path, "read", &error))
    }

    /// Writes all of it, or nothing; on the disk when it returns.
    pub(super) fn write<T>(&self, write: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, RecordsFault> {
        if self.open.is_some() && identity(&self.path) != self.identity {
            // what is written now, nobody would find again
            let why = "they were removed or replaced while holdover had them open".to_owned();
            return Err(RecordsFault::Unusable { path: self.path.clone(), why, help: "start holdover again" });
        }
        let mut connection = self.locked();
        let written = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let written = write(&transaction)?;
            transaction.commit()?;
            Ok(written)
        })();
        written.map_err(|error| RecordsFault::sqlite(&self.path, "written", &error))
    }

    fn locked(&self) -> MutexGuard<'_, Connection> {
        // what a panic left half done was a transaction, and is undone
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version of SQLite that is built in.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The sources of the configuration in the database; each is noted there, where it can be written.
fn all_known(connection: &Connection, sources: &[RecordedSource]) -> rusqlite::Result<Vec<Known>> {
    if connection.is_readonly("main")? {
        return sources.iter().map(|source| known(connection, source).optional()).filter_map(Result::transpose).collect();
    }
    let note = |source: &RecordedSource| {
        let key = (source.name.as_str(), &source.place);
        connection.execute("INSERT INTO source (name, place) VALUES (?1, ?2) ON CONFLICT DO NOTHING", key)?;
        known(connection, source)
    };
    sources.iter().map(note).collect()
}

/// A source of the configuration in the database.
fn known(connection: &Connection, source: &RecordedSource) -> rusqlite::Result<Known> {
    let id = "SELECT id FROM source WHERE name = ?1 AND place = ?2";
    let id = connection.query_row(id, (source.name.as_str(), &source.place), |row| row.get(0))?;
    let RecordedSource { name, place, reading, blind_after } = source.clone();
    Ok(Known { id, name, place, reading, blind_after })
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// A path as the URIs of SQLite have it.
fn uri(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// Opens the database file and brings it to the newest schema.
fn connect(path: &Path) -> Result<Connection, RecordsFault> {
    // made here, so that it, and what SQLite makes beside it, is nobody else's to read
    let empty = folder::file(path)?.metadata().is_ok_and(|metadata| metadata.len() == 0);
    let sqlite = |error: rusqlite::Error| RecordsFault::sqlite(path, "opened", &error);
    if empty && fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        // SQLite would throw away what is still in the log
        return Err(sqlite(damage("it is empty, but its log is not")));
    }
    let mut connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    // an acknowledgement is on the disk itself before anybody sees it
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;").map_err(sqlite)?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sqlite)?;
    if sound != "ok" {
        return Err(sqlite(damage(&sound)));
    }
    migrate(&mut connection, path)?;
    let tables = "SELECT 1 FROM source, ticket, seen, outbox, taken_here, contact_here, local_ticket, evidence, gap, handed_over, hooks_turn, \
         judged, told LIMIT 0";
    connection.prepare(tables).map_err(|error| sqlite(damage(&error.to_string())))?;
    Ok(connection)
}

fn damage(why: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), Some(why.to_owned()))
}

/// What SQLite keeps beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}{suffix}"))
}

/// Which file that is, whatever its name.
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), RecordsFault> {
    let sqlite = |error: rusqlite::Error| RecordsFault::sqlite(path, "opened", &error);
    let newer = |found: u32| RecordsFault::Newer { path: path.to_owned(), found, known: NEWEST };
    if version(connection).map_err(sqlite)? > NEWEST {
        return Err(newer(version(connection).map_err(sqlite)?));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    // read again under the lock: another process may have migrated it
    let found = version(&transaction).map_err(sqlite)?;
    if found > NEWEST {
        return Err(newer(found));
    }
    for schema in SCHEMAS.iter().skip(found as usize) {
        // what says that it is of a schema, and is not, is damaged
        transaction.execute_batch(schema).map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::Unknown) => sqlite(damage(&error.to_string())),
            _ => sqlite(error),
        })?;
    }
    if found < NEWEST {
        transaction.pragma_update(None, "user_version", NEWEST).map_err(sqlite)?;
    }
    transaction.commit().map_err(sqlite)
}

/// Moves a damaged database, and what belongs to it, out of the way.
fn move_aside(path: &Path, now: DateTime<Utc>) -> Result<PathBuf, RecordsFault> {
    let stamp = now.format("%Y%m%dT%H%M%SZ");
    let to = |suffix: &str| path.with_file_name(format!("{}{stamp}{suffix}", folder::DAMAGED));
    fs::rename(path, to("")).map_err(|error| RecordsFault::io(path, &error))?;
    for suffix in ["-wal", "-shm"] {
        // it need not be there; if it stays, SQLite finds that it is not of the new one
        let _ = fs::rename(beside(path, suffix), to(suffix));
    }
    Ok(to(""))
}
