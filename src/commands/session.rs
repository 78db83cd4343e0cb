//! What every verb starts from: the settings, the clock, and one fetch from all sources at once.

use std::process::ExitCode;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr};
use futures::future;

use super::output;
use crate::app::{Board, SourceRules, Store};
use crate::config::Settings;
use crate::domain::{Capabilities, Fault, Pass, PollReport, SourceName};
use crate::sources::{self, Clock, SourceSettings, TicketSource, poller};

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The thing asked for failed.
    Failed,
    /// Wrong usage, or a broken configuration.
    Usage,
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
            Exit::Signal(number) => 128 + number,
        })
    }
}

/// Settings, clock and environment of one run.
pub(super) struct Session {
    pub settings: Settings,
    /// Says the time; with `--at` always the same.
    pub clock: Clock,
    pub environment: Vec<(String, String)>,
}

impl Session {
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
        let asked: Vec<&SourceSettings> = only.map_or_else(|| self.settings.sources.iter().collect(), |one| vec![one]);
        let rules = asked.iter().map(|s| SourceRules {
            name: s.name.clone(),
            poll_every: s.poll_every,
            blind_after: s.blind_after,
            // a verb asks the source itself
            capabilities: Capabilities::default(),
        });
        let mut store = Store::new(rules, (self.clock)());
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

    /// Asks one source and says nothing.
    ///
    /// # Errors
    /// Where the machine gives no event loop.
    pub fn ask(&self, source: &SourceSettings) -> Result<std::result::Result<Pass, Fault>> {
        Ok(runtime()?.block_on(self.poll(source)).1.outcome)
    }

    async fn poll(&self, settings: &SourceSettings) -> (Option<Arc<dyn TicketSource>>, PollReport) {
        match sources::build(settings, Arc::clone(&self.clock), &self.environment) {
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
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().wrap_err("the event loop cannot start")
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
    /// The board of now, or of `--at`.
    pub fn board(&self, session: &Session) -> Board {
        let now: DateTime<Utc> = (session.clock)();
        Board::new(self.store.tickets().cloned(), &session.settings.agreements, now)
    }

    /// Failed where a source did not answer: what is printed may not be all.
    pub fn exit(&self) -> Exit {
        if self.answered { Exit::Done } else { Exit::Failed }
    }
}
