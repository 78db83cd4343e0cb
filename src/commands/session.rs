//! What every verb starts from: the settings, the clock, and one fetch from all sources at once.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr};
use futures::future;
use tokio::time::timeout;

use super::local_source::{self, LocalSource};
use super::output;
use super::reload::Again;
use super::shared_source;
use crate::app::{Board, SourceRules, Store};
use crate::config::Settings;
use crate::domain::{CalledBack, Fault, FaultKind, Pass, PollReport, SafeText, SourceName};
use crate::records::{self, Opened, RecordedSource, Records, RecordsFault, Settled, Snapshot};
use crate::sources::{self, Clock, SourceKind, SourceSettings, TicketSource, poller};

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The thing asked for failed.
    Failed,
    /// Wrong usage, or a broken configuration.
    Usage,
    /// How bad it is, as `status` says it.
    Status(u8),
    /// Ended by a signal of this number.
    Signal(u8),
}

impl Exit {
    /// The terminal went away, whether or not the system's signal for it came.
    pub const HANG_UP: Self = Self::Signal(1);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Status(code) => code,
            Exit::Signal(number) => 128 + number,
        })
    }
}

/// Settings, clock and environment of one run.
pub(super) struct Session {
    pub settings: Settings,
    /// How they are read anew; none where they cannot be.
    pub again: Option<Again>,
    /// Says the time; with `--at` always the same.
    pub clock: Clock,
    pub environment: Vec<(String, String)>,
    /// The embedded demo, which leaves no trace.
    pub demo: bool,
    /// Nothing is written and nothing sent.
    pub read_only: bool,
    /// The clock stands still at an instant that was asked for.
    pub frozen: bool,
}

/// How long other processes are waited for when the records are opened.
const OPENING: Duration = Duration::from_secs(5);

/// When a source counts as late.
pub(super) fn rules(settings: &SourceSettings) -> SourceRules {
    SourceRules { name: settings.name.clone(), poll_every: settings.poll_every, blind_after: settings.blind_after }
}

impl Session {
    /// The board of now, or of `--at`.
    pub fn board(&self, store: &Store) -> Board {
        Board::new(store.tickets().cloned(), &self.settings.agreements, (self.clock)())
    }

    /// Who answers: the user of this machine.
    pub fn who(&self) -> SafeText {
        let named = |wanted: &str| self.environment.iter().find(|(name, value)| name == wanted && !value.is_empty());
        let who = named("USER").or_else(|| named("LOGNAME"));
        let number = || format!("user {}", rustix::process::getuid().as_raw());
        SafeText::line(&who.map_or_else(number, |(_, value)| value.clone()))
    }

    /// The source of a name.
    ///
    /// # Errors
    /// What to say where there is none.
    pub fn source(&self, name: &str) -> std::result::Result<&SourceSettings, String> {
        self.settings.sources.iter().find(|s| s.name.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = self.settings.sources.iter().map(|s| s.name.as_str()).collect();
            format!("no source '{name}' – the configuration has {} – name one of these", names.join(", "))
        })
    }

    /// Asks all sources, or only one, at once. What goes wrong is said on stderr, and is no error here.
    ///
    /// # Errors
    /// Where the machine gives no event loop.
    pub fn fetch(&self, only: Option<&SourceSettings>) -> Result<Fetched> {
        let (asked, mut store) = self.of(only);
        self.recall(&mut store, &asked);
        self.ask_all(store, asked)
    }

    /// Asks all sources at once; of one that does not answer there is what the records tell.
    ///
    /// # Errors
    /// Where the machine gives no event loop.
    pub fn fetch_over(&self, records: Option<&Records>) -> Result<Fetched> {
        let (asked, mut store) = self.of(None);
        self.recall(&mut store, &asked);
        for settings in &asked {
            // what cannot be read of them has been said
            let snapshot = records.and_then(|records| records.snapshot(&settings.name).ok().flatten());
            if let Some(snapshot) = snapshot.map(|snapshot| if self.frozen { snapshot.as_of((self.clock)()) } else { snapshot }) {
                store.recall(&settings.name, shared_source::pass(snapshot, None, (self.clock)()));
            }
        }
        // what a source does not tell now another process may have been told
        for Settled { key, deed, outcome, at, .. } in records.and_then(|records| records.settled(0).ok()).unwrap_or_default() {
            store.settled(&key, &deed, &outcome, at);
        }
        self.ask_all(store, asked)
    }

    fn ask_all(&self, mut store: Store, asked: Vec<&SourceSettings>) -> Result<Fetched> {
        let runtime = runtime()?;
        let polls = asked.into_iter().map(|settings| self.poll(settings));
        let mut built = Vec::new();
        let mut partly = Vec::new();
        let mut answered = true;
        for (source, report) in runtime.block_on(future::join_all(polls)) {
            match &report.outcome {
                Ok(pass) => pass.warning.iter().for_each(|warning| output::say(&format!("{}: {warning}", report.source))),
                Err(fault) => {
                    answered = false;
                    output::say(&format!("{}: {}", report.source, fault.text));
                }
            }
            if !report.outcome.as_ref().is_ok_and(|pass| pass.complete) {
                partly.push(report.source.clone());
            }
            built.extend(source);
            store.apply(report);
        }
        Ok(Fetched { store, sources: built, partly, answered, runtime })
    }

    /// All sources, or only one, of which nothing is known yet.
    fn of<'a>(&'a self, only: Option<&'a SourceSettings>) -> (Vec<&'a SourceSettings>, Store) {
        let asked: Vec<&SourceSettings> = only.map_or_else(|| self.settings.sources.iter().collect(), |one| vec![one]);
        let store = Store::new(asked.iter().map(|s| rules(s)), (self.clock)());
        (asked, store)
    }

    /// What all sources, or only one, told when they were last asked, from the records alone; `snapshot` reads of each as much
    /// as is needed. What goes wrong is said on stderr.
    pub fn cached(&self, only: Option<&SourceSettings>, mut snapshot: impl FnMut(&Records, &SourceName) -> ReadSnapshot) -> Cached {
        let (asked, mut store) = self.of(only);
        self.damaged_records().iter().for_each(|path| output::say(&output::still_aside(path)));
        let records = match self.read_records() {
            Ok(records) => records,
            Err(fault) => {
                output::say(&fault);
                return Cached { store, known: false, records: None };
            }
        };
        if let Ok(kept) = records.kept_here() {
            store.recall_kept_here(kept);
        }
        if let Ok(called_back) = records.called_back(0) {
            store.recall_called_back(self.so_far(called_back));
        }
        tell_forgotten(&records);
        let mut known = true;
        // read before the snapshots: what these do not tell of is among them
        let settled = records.settled(0).unwrap_or_default();
        for settings in asked {
            if matches!(settings.kind, SourceKind::Local) {
                let now = (self.clock)();
                match local_source::pass(&records, settings, now) {
                    Ok(pass) => {
                        store.apply(PollReport { source: settings.name.clone(), began_at: now, ended_at: now, outcome: Ok(pass) });
                    }
                    Err(fault) => {
                        known = false;
                        output::say(&fault);
                    }
                }
                continue;
            }
            match snapshot(&records, &settings.name) {
                Ok(Some(snapshot)) => {
                    // with --at no age is judged
                    let snapshot = if self.frozen { snapshot.as_of((self.clock)()) } else { snapshot };
                    let (began_at, ended_at) = (snapshot.began_at, snapshot.ended_at);
                    let outcome = Ok(shared_source::pass(snapshot, None, (self.clock)()));
                    store.apply(PollReport { source: settings.name.clone(), began_at, ended_at, outcome });
                }
                Ok(None) => {
                    known = false;
                    let why = records.fault(&settings.name).ok().flatten();
                    let why = why
                        .map_or_else(|| "nobody has asked it yet – start holdover or holdover watch".to_owned(), |fault| fault.to_string());
                    output::say(&format!("{}: it has never answered – {why}", settings.name));
                }
                Err(fault) => {
                    known = false;
                    output::say(&fault);
                }
            }
        }
        for Settled { key, deed, outcome, at, .. } in settled {
            store.settled(&key, &deed, &outcome, at);
        }
        Cached { store, known, records: Some(records) }
    }

    /// The records, to be written. Waits for other processes, but not for ever.
    ///
    /// # Errors
    /// They cannot be used.
    pub async fn open_records(&self) -> std::result::Result<Opened, RecordsFault> {
        let (sources, now) = (self.recorded_sources(), (self.clock)());
        if self.demo {
            return Ok(Opened { records: Records::in_memory(&sources)?, moved_aside: None });
        }
        let folder = records::folder(&self.environment)?;
        let unusable = |why: &str, help| RecordsFault::Unusable { path: folder.clone(), why: why.to_owned(), help };
        let path = folder.clone();
        let opening = tokio::task::spawn_blocking(move || Records::open(&path, &sources, now));
        match timeout(OPENING, opening).await {
            Ok(Ok(opened)) => opened,
            Ok(Err(_)) => Err(unusable("opening them failed inside", "please report it")),
            Err(_) => Err(unusable("another process does not let go of them", "end it, and start again")),
        }
    }

    /// The records as they are, to be read only.
    ///
    /// # Errors
    /// There are none, or they cannot be used.
    pub fn read_records(&self) -> std::result::Result<Records, RecordsFault> {
        if self.demo {
            return Records::in_memory(&self.recorded_sources());
        }
        Records::read_only(&records::folder(&self.environment)?, &self.recorded_sources())
    }

    /// The damaged records that still lie beside those that are used; of these, only they tell what was in them.
    pub fn damaged_records(&self) -> Vec<PathBuf> {
        let folder = records::folder(&self.environment).ok().filter(|_| !self.demo);
        folder.map_or_else(Vec::new, |folder| records::damaged(&folder))
    }

    pub fn recorded_sources(&self) -> Vec<RecordedSource> {
        let sources = self.settings.sources.iter();
        let recorded = |s: &SourceSettings| RecordedSource {
            name: s.name.clone(),
            place: s.place().to_string(),
            reading: s.reading().to_string(),
            blind_after: s.blind_after,
        };
        sources.map(recorded).collect()
    }

    /// Who was called back by now, or by the instant of `--at`.
    fn so_far(&self, called_back: Vec<(i64, CalledBack)>) -> impl Iterator<Item = CalledBack> {
        let now = (self.clock)();
        called_back.into_iter().map(|(_, called)| called).filter(move |called| called.at <= now)
    }

    /// Takes in what the records know that no source tells: when what was first seen, and what is kept here.
    fn recall(&self, store: &mut Store, sources: &[&SourceSettings]) {
        self.damaged_records().iter().for_each(|path| output::say(&output::still_aside(path)));
        let recalled = self.read_records().and_then(|records| {
            for source in sources {
                store.recall_seen(&source.name, records.seen(&source.name)?);
            }
            store.recall_kept_here(records.kept_here()?);
            store.recall_called_back(self.so_far(records.called_back(0)?));
            tell_forgotten(&records);
            Ok(())
        });
        match recalled {
            // nothing was ever noted
            Ok(()) | Err(RecordsFault::None { .. } | RecordsFault::NoFolder) => {}
            Err(fault) => output::say(&fault),
        }
    }

    /// Asks one source and says nothing.
    ///
    /// # Errors
    /// Where the machine gives no event loop.
    pub fn ask(&self, source: &SourceSettings) -> Result<std::result::Result<Pass, Fault>> {
        Ok(runtime()?.block_on(self.poll(source)).1.outcome)
    }

    /// Opens a source; one of local tickets on the records, where there are any.
    ///
    /// # Errors
    /// Why it cannot be asked at all.
    pub fn open_source(
        &self,
        settings: &SourceSettings,
        records: Option<&Arc<Records>>,
    ) -> std::result::Result<Arc<dyn TicketSource>, Fault> {
        match settings.kind {
            SourceKind::Local => Ok(Arc::new(self.local(settings, records))),
            _ => sources::build(settings, Arc::clone(&self.clock), &self.environment),
        }
    }

    /// The local tickets of a source.
    pub fn local(&self, settings: &SourceSettings, records: Option<&Arc<Records>>) -> LocalSource {
        LocalSource::new(settings, records.cloned(), self.who(), Arc::clone(&self.clock))
    }

    /// Asks one source, and says nothing of what goes wrong; the source too, where it can be opened.
    pub async fn poll(&self, settings: &SourceSettings) -> (Option<Arc<dyn TicketSource>>, PollReport) {
        let kept = matches!(settings.kind, SourceKind::Local).then(|| self.read_records());
        let records = match kept {
            None | Some(Err(RecordsFault::None { .. } | RecordsFault::NoFolder)) => None,
            Some(Ok(records)) => Some(Arc::new(records)),
            Some(Err(fault)) => return (None, self.failed(settings, FaultKind::Unreachable, &fault.to_string())),
        };
        match self.open_source(settings, records.as_ref()) {
            Ok(source) => {
                let report = poller::poll_once(source.as_ref(), &self.clock).await;
                (Some(source), report)
            }
            Err(fault) => {
                let now = (self.clock)();
                (None, PollReport { source: settings.name.clone(), began_at: now, ended_at: now, outcome: Err(fault) })
            }
        }
    }

    fn failed(&self, settings: &SourceSettings, kind: FaultKind, text: &str) -> PollReport {
        let now = (self.clock)();
        let outcome = Err(Fault::new(kind, text));
        PollReport { source: settings.name.clone(), began_at: now, ended_at: now, outcome }
    }
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().wrap_err("the event loop cannot start")
}

/// Says on stderr what is open in the records and on no board. Where that cannot be read, neither can the rest, which is said.
fn tell_forgotten(records: &Records) {
    for (name, open) in records.forgotten_local().unwrap_or_default() {
        output::say(&output::forgotten_local(&name, open));
    }
}

/// What the records have of a source.
pub(super) type ReadSnapshot = std::result::Result<Option<Snapshot>, RecordsFault>;

/// What the records tell.
pub(super) struct Cached {
    pub store: Store,
    /// Whether they tell of every source.
    pub known: bool,
    /// The records themselves, where they can be read.
    pub records: Option<Records>,
}

/// What the sources said, once.
pub(super) struct Fetched {
    pub store: Store,
    pub sources: Vec<Arc<dyn TicketSource>>,
    /// Those that did not tell all they have.
    pub partly: Vec<SourceName>,
    /// Whether every source asked gave an answer.
    pub answered: bool,
    /// What the sources run on, for those who ask them again.
    pub runtime: tokio::runtime::Runtime,
}

impl Fetched {
    /// Failed where a source did not answer: what is printed may not be all.
    pub fn exit(&self) -> Exit {
        if self.answered { Exit::Done } else { Exit::Failed }
    }
}
