//! `holdover watch`: the works without a terminal, and the hooks. Says on stderr what is worth knowing, a line each, and nothing
//! of what goes as it should.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr};
use tokio::time::{Instant, sleep_until};

use super::bookkeeper::Event;
use super::dashboard::ENDING;
use super::delivery::Pace;
use super::hook_call::{HookCall, RunHook};
use super::hook_facts;
use super::hooks::{HookParts, Hooks};
use super::kept::Kept;
use super::log::{Lines, Log};
use super::output;
use super::reload::{Edit, Edits, Used};
use super::session::{Exit, Session};
use super::works::{Incoming, News, Works};
use super::works_edit::Edited;
use super::works_end::Telling;
use crate::app::{Ack, Alarms, Board, Message, Standings, Subject};
use crate::config::{Level, Settings};
use crate::domain::{Alarm, SafeText};
use crate::records::Records;
use crate::tui::{Asked, Signals, Stops};

/// What is drawn on where nothing is drawn.
const NO_SCREEN: (u16, u16) = (80, 24);

/// Watches until a signal ends it.
///
/// # Errors
/// Where the machine does not play along.
pub(super) fn run(mut session: Session) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.wrap_err("the event loop cannot start")?;
    let lines = Lines::begin();
    let log = lines.log();
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen().wrap_err("signals cannot be listened for")?;
        let mut stops = Stops::listen().wrap_err("signals cannot be listened for")?;
        let kept = tokio::select! {
            kept = Kept::open(&session) => kept,
            Asked::End(number) = signals.next() => return Ok(Exit::Signal(number)),
        };
        let Some(records) = kept.records.clone() else {
            // it would run hooks anew at each start, and others would not see what it is told
            kept.warnings.iter().for_each(output::say);
            return Ok(Exit::Failed);
        };
        kept.warnings.iter().for_each(output::say);
        let hooks = parts(&session, records);
        let names: Vec<&str> = session.settings.sources.iter().map(|source| source.name.as_str()).collect();
        let hook_names: Vec<&str> = hooks.settings.iter().map(|hook| hook.name.as_str()).collect();
        let or_none = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        log(&format!("watching – sources: {}; hooks: {}", or_none(&names), or_none(&hook_names)));
        let mut watch = Watch::new(kept.begin(&session, NO_SCREEN, Arc::default()), hooks, Arc::clone(&log));
        let mut edits = Edits::follow(&session);
        loop {
            if let Some(edit) = edits.due(&watch.works) {
                watch.edited(&mut session, &mut edits, edit).await;
            }
            let interruption = async {
                tokio::select! {
                    biased;
                    asked = signals.next() => Interruption::Asked(asked),
                    () = stops.next() => Interruption::Stop,
                    edit = edits.next() => Interruption::Edit(Box::new(edit)),
                }
            };
            match watch.step(interruption).await {
                Some(Interruption::Asked(Asked::End(number))) => {
                    watch.end(session.demo).await;
                    return Ok(Exit::Signal(number));
                }
                Some(Interruption::Asked(Asked::GoOn)) => watch.went_on(),
                Some(Interruption::Edit(edit)) => watch.edited(&mut session, &mut edits, *edit).await,
                Some(Interruption::Stop) => {
                    watch.let_go().await;
                    Stops::stand().wrap_err("the program cannot stand")?;
                }
                None => {}
            }
        }
    });
    runtime.shutdown_timeout(ENDING);
    drop(log);
    lines.end(ENDING);
    ended
}

/// What comes in between.
enum Interruption {
    Asked(Asked),
    Stop,
    Edit(Box<Edit>),
}

/// What the hooks of a session are run with.
fn parts(session: &Session, records: Arc<Records>) -> HookParts {
    let keys = keys(&session.settings);
    let environment = session.environment.iter().filter(|(name, _)| hook_facts::passes(name, &keys)).cloned().collect();
    let run: RunHook = Arc::new(|call: HookCall| Box::pin(call.run()));
    let (settings, zone, clock) = (session.settings.hooks.clone(), session.settings.timezone, Arc::clone(&session.clock));
    HookParts { owner: owner(session.settings.file.as_deref()), settings, environment, zone, clock, records, run }
}

/// The variables of the environment that the keys of the sources are in: no hook sees them.
fn keys(settings: &Settings) -> Vec<&str> {
    settings.sources.iter().filter_map(|source| source.token_variable()).collect()
}

/// What tells the hooks of a configuration apart from those of others: where its file is, so that no edit of it makes them hear
/// of everything anew. The file may be a link that is set anew at each edit, and is not followed.
fn owner(file: Option<&Path>) -> String {
    let Some(file) = file else { return "demo".to_owned() };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = folder.canonicalize().ok().zip(file.file_name()).map_or_else(|| file.to_owned(), |(folder, name)| folder.join(name));
    place.to_string_lossy().into_owned()
}

/// The works and the hooks.
pub struct Watch {
    works: Works,
    hooks: Hooks,
    /// What the log has told of sources.
    logged: Alarms,
    log: Log,
}

impl Watch {
    /// Of works that have begun.
    #[must_use]
    pub fn new(works: Works, hooks: HookParts, log: Log) -> Self {
        Self { works, hooks: Hooks::new(hooks), logged: Alarms::default(), log }
    }

    /// Does what is to be done now, and waits for the next thing that happens. If that is the interruption, what it was.
    pub async fn step<T>(&mut self, interruption: impl Future<Output = T>) -> Option<T> {
        if self.works.slept() {
            self.went_on();
        }
        self.works.tick();
        self.log_sources();
        let lines = self.hooks.judge(&self.works.model).await;
        self.say(&lines);
        let wakes_at = self.works.model.changes_at().into_iter().chain(self.hooks.changes_at()).min();
        let timer = sleep_till(wakes_at, self.works.model.now);
        tokio::select! {
            biased;
            interruption = interruption => return Some(interruption),
            ended = self.hooks.ended() => {
                let lines = self.hooks.take_in(ended).await;
                self.say(&lines);
            }
            news = self.works.next() => self.take_in(news),
            () = timer => {}
        }
        while let Some(news) = self.works.pending() {
            self.take_in(news);
        }
        None
    }

    fn take_in(&mut self, news: News) {
        match &news.0 {
            Incoming::Report(report) => self.hooks.heard(report),
            Incoming::Event(Event::Happened(message)) => self.say(&self.worth_telling(message)),
            Incoming::Event(_) => {}
        }
        // there is no screen that it could ask to be drawn
        let _ = self.works.take_in(news);
    }

    fn worth_telling(&self, message: &Message) -> Vec<String> {
        let model = &self.works.model;
        match message {
            Message::Done { key, deed, outcome, .. } => {
                let ack = Ack::Ended { outcome: outcome.clone(), at: model.now };
                vec![format!("{key}: {}", ack.words_of(deed.kind(), model.rules.zone, model.now))]
            }
            Message::Warned(text) => vec![text.clone()],
            Message::Records(Some(fault)) => vec![fault.to_string()],
            Message::Records(None) => vec!["the records are well again".to_owned()],
            _ => Vec::new(),
        }
    }

    /// Tells of sources that have turned blind or well.
    fn log_sources(&mut self) {
        let model = &self.works.model;
        let health = model.store.health(model.now);
        // of tickets nothing is told; and after a sleep nobody knows, until the source was asked
        let standings = Standings::new(&Board::default(), &health, |source| self.hooks.believe(source));
        let lines: Vec<String> = self
            .logged
            .take_in(&standings)
            .into_iter()
            .filter_map(|turned| {
                let (Subject::Source(name), Some(alarm)) = (turned.subject, turned.alarms.first()) else { return None };
                let fault = health.iter().find(|source| source.name == name).and_then(|source| source.fault.as_ref());
                Some(match alarm {
                    Alarm::Well => format!("{name} answers again"),
                    _ => format!("{name} is blind – {}", fault.map_or("it has not answered", SafeText::as_str)),
                })
            })
            .collect();
        self.say(&lines);
    }

    fn say(&self, lines: &[String]) {
        for line in lines {
            (self.log)(line);
        }
    }

    /// The program is about to stop: while it stands, another polls and runs the hooks.
    pub async fn let_go(&mut self) {
        self.hooks.let_go().await;
        self.works.let_go().await;
    }

    /// The program goes on after a stop.
    pub fn went_on(&mut self) {
        self.hooks.went_on();
        let _ = self.works.went_on();
    }

    /// The configuration was edited. One with a mistake in it changes nothing.
    async fn edited(&mut self, session: &mut Session, edits: &mut Edits, edit: Edit) {
        let lines = match edit.and_then(|edited| edits.take_up(session, &self.works, edited)) {
            Ok(Used::Now(edited)) => {
                let settings = &session.settings;
                self.hooks.configure(settings.timezone, &keys(settings));
                let hooks = if self.hooks.are(&settings.hooks) { "" } else { "; its hooks are only run when holdover watch starts again" };
                self.say(&[format!("the configuration was edited, and is in use{hooks}")]);
                return self.configure(edited).await;
            }
            Ok(Used::Later(why)) => vec![format!("the edit of the configuration waits: {why}")],
            Err(problems) => {
                let errors = problems.iter().filter(|problem| problem.level == Level::Error);
                errors.map(|problem| format!("the edit of the configuration is not used – {problem}")).collect()
            }
        };
        self.say(&lines);
    }

    /// Puts an edit in use.
    pub async fn configure(&mut self, edited: Edited) {
        let stay = edited.staying();
        let lines = self.hooks.keep_only(&stay).await;
        self.say(&lines);
        self.logged.keep_only(&stay);
        // there is no screen that it could ask to be drawn
        let (_, lost) = self.works.configure(edited).await;
        self.say(&lost);
    }

    /// Gives what is under way a little time.
    async fn end(&mut self, keeps_nothing: bool) {
        let (lines, _) =
            tokio::join!(self.hooks.end(), self.works.end(Pace::Ending, Telling::All, keeps_nothing, |line| output::say(&line)));
        self.say(&lines);
    }
}

async fn sleep_till(at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
    match at {
        Some(at) => sleep_until(Instant::now() + (at - now).to_std().unwrap_or(Duration::ZERO)).await,
        None => std::future::pending().await,
    }
}
