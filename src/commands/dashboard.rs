//! The dashboard: one loop that takes in what happened, draws when something on the screen is another, and sleeps until the
//! next instant at which it will be. The effect runner is here too: the only place where the model meets the world.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::output;
use super::session::{Exit, Session};
use crate::app::{self, Effect, Message, Model, Rules, Screen, SourceRules, View};
use crate::config::ColorChoice;
use crate::domain::{AckOutcome, PollReport, SafeText, TicketKey};
use crate::sources::poller::{self, Poller};
use crate::sources::{self, TicketSource};
use crate::tui::{self, Asked, ColorWish, Input, Signals, Terminal, Theme, keymap, views};

/// So many reports and outcomes may wait to be taken in.
const WAITING: usize = 64;

/// Runs the dashboard until the user leaves. `frozen` is a clock that stands still: nothing is sent.
///
/// # Errors
/// Where the terminal, or the machine, does not play along.
pub(super) fn run(session: &Session, frozen: bool) -> Result<Exit> {
    let depth = tui::color_depth(wish(session.settings.color), &session.environment);
    let theme = Theme::named(&session.settings.theme, depth)?;
    // what is polled runs beside the loop: a source that works hard delays no key
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.wrap_err("the event loop cannot start")?;
    tui::install_panic_hook();
    let terminal = match Terminal::enter() {
        Ok(terminal) => terminal,
        Err(error) => {
            output::say(&format!("the dashboard cannot start – {error} – run it in a terminal, or see holdover list"));
            return Ok(Exit::Failed);
        }
    };
    let ended = runtime.block_on(async { Dashboard::start(session, frozen, terminal, theme)?.run().await });
    // what is still under way was asked about, or the terminal is gone: nobody waits for it
    runtime.shutdown_background();
    ended
}

const fn wish(choice: ColorChoice) -> ColorWish {
    match choice {
        ColorChoice::Auto => ColorWish::Auto,
        ColorChoice::Always => ColorWish::Always,
        ColorChoice::Never => ColorWish::Never,
    }
}

/// The model, and the world around it.
struct Dashboard<'a> {
    session: &'a Session,
    model: Model,
    terminal: Terminal,
    signals: Signals,
    theme: Theme,
    sources: Vec<Arc<dyn TicketSource>>,
    pollers: Vec<Poller>,
    reports: mpsc::Receiver<PollReport>,
    outcomes: (mpsc::Sender<Acknowledged>, mpsc::Receiver<Acknowledged>),
    drawn: Option<View>,
    /// How it ended, once it has.
    ended: Option<Exit>,
}

/// What became of an acknowledgement.
type Acknowledged = (TicketKey, AckOutcome);

impl<'a> Dashboard<'a> {
    /// Opens every source and begins to poll it.
    fn start(session: &'a Session, frozen: bool, terminal: Terminal, theme: Theme) -> Result<Self> {
        let settings = &session.settings;
        let now = (session.clock)();
        let rules =
            Rules { agreements: Arc::clone(&settings.agreements), zone: settings.timezone, help_lines: views::help_lines().len(), frozen };
        let (sender, reports) = mpsc::channel(WAITING);
        let (mut opened, mut pollers, mut known, mut faults) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for settings in &settings.sources {
            let source = sources::build(settings, Arc::clone(&session.clock), &session.environment);
            known.push(SourceRules {
                name: settings.name.clone(),
                poll_every: settings.poll_every,
                blind_after: settings.blind_after,
                capabilities: source.as_ref().map(|source| source.capabilities()).unwrap_or_default(),
            });
            match source {
                Ok(source) => {
                    pollers.push(poller::spawn(Arc::clone(&source), settings.poll_every, Arc::clone(&session.clock), sender.clone()));
                    opened.push(source);
                }
                Err(fault) => faults.push(PollReport { source: settings.name.clone(), began_at: now, ended_at: now, outcome: Err(fault) }),
            }
        }
        let mut model = Model::new(rules, known, now, terminal.size()?);
        // what cannot be asked at all is told for as long as the dashboard runs
        for report in faults {
            app::update(&mut model, Message::Polled(report));
        }
        let signals = Signals::listen().wrap_err("signals cannot be listened for")?;
        let outcomes = mpsc::channel(WAITING);
        Ok(Self { session, model, terminal, signals, theme, sources: opened, pollers, reports, outcomes, drawn: None, ended: None })
    }

    async fn run(mut self) -> Result<Exit> {
        loop {
            let changes_at = self.draw()?;
            self.wait(changes_at).await?;
            // all that has come in meanwhile is taken in before anything is drawn
            while self.ended.is_none() && self.take_in_one()? {}
            if let Some(ended) = self.ended {
                return Ok(ended);
            }
        }
    }

    /// Draws, if what is on the screen is another; returns when it will be by itself.
    fn draw(&mut self) -> Result<Option<DateTime<Utc>>> {
        let (view, changes_at) = app::view(&self.model);
        if self.drawn.as_ref() != Some(&view) {
            let (theme, ascii) = (&self.theme, self.session.settings.ascii);
            let drawn = self.terminal.draw(view.size, |buffer, area| views::render(buffer, area, &view, theme, ascii));
            drawn.wrap_err("the terminal cannot be written")?;
            self.drawn = Some(view);
        }
        Ok(changes_at)
    }

    /// Sleeps until something happens, and takes it in.
    async fn wait(&mut self, changes_at: Option<DateTime<Utc>>) -> Result<()> {
        let now = (self.session.clock)();
        let sleep = changes_at.map(|at| Instant::now() + (at - now).to_std().unwrap_or(Duration::ZERO));
        let timer = async {
            match sleep {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            asked = self.signals.next() => self.signalled(asked)?,
            input = self.terminal.next_input() => self.input(input.wrap_err("the terminal cannot be read")?),
            Some(report) = self.reports.recv() => self.happened(Message::Polled(report)),
            Some((key, outcome)) = self.outcomes.1.recv() => self.happened(Message::Acknowledged { key, outcome }),
            () = timer => self.tick(),
        }
        Ok(())
    }

    /// Takes in one thing that has happened already; keys first. Whether there was one.
    fn take_in_one(&mut self) -> Result<bool> {
        if let Some(input) = self.terminal.pending_input().wrap_err("the terminal cannot be read")? {
            self.input(Some(input));
        } else if let Ok(report) = self.reports.try_recv() {
            self.happened(Message::Polled(report));
        } else if let Ok((key, outcome)) = self.outcomes.1.try_recv() {
            self.happened(Message::Acknowledged { key, outcome });
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What the system asks for.
    fn signalled(&mut self, asked: Asked) -> Result<()> {
        match asked {
            Asked::End(number) => self.ended = Some(Exit::Signal(number)),
            Asked::GoOn => {
                self.terminal.take_again().wrap_err("the terminal cannot be taken again")?;
                self.happened(Message::WentOn);
            }
        }
        Ok(())
    }

    /// What came from the terminal; nothing is its end.
    fn input(&mut self, input: Option<Input>) {
        match input {
            Some(Input::Key(key)) => {
                if let Some(message) = keymap::message(&self.model.screen, &key) {
                    self.happened(message);
                }
            }
            // letters that are pasted are no keys
            Some(Input::Paste(text)) if self.model.screen == Screen::Filter => {
                self.happened(Message::Typed(SafeText::line(&text).to_string()));
            }
            Some(Input::Paste(_)) => {}
            Some(Input::Resize(columns, rows)) => self.happened(Message::Resized { columns, rows }),
            None => self.ended = Some(Exit::HANG_UP),
        }
    }

    fn tick(&mut self) {
        app::update(&mut self.model, Message::Tick((self.session.clock)()));
    }

    /// Changes the model and does what it asks for.
    fn happened(&mut self, message: Message) {
        self.tick();
        for effect in app::update(&mut self.model, message) {
            match effect {
                Effect::Acknowledge(key) => self.acknowledge(key),
                Effect::PollNow => self.pollers.iter().for_each(Poller::poll_now),
                Effect::Redraw => {
                    self.terminal.redraw();
                    self.drawn = None;
                }
                Effect::Suspend => Terminal::suspend(),
                Effect::Quit => self.ended = Some(Exit::Done),
            }
        }
    }

    /// Tells the source, beside the loop.
    fn acknowledge(&self, key: TicketKey) {
        let source = self.sources.iter().find(|source| *source.name() == key.source).cloned();
        let outcomes = self.outcomes.0.clone();
        tokio::spawn(async move {
            let told = match source {
                Some(source) => {
                    let id = key.clone();
                    tokio::spawn(async move { source.acknowledge(&id, None).await }).await
                }
                None => Ok(Ok(AckOutcome::Refused { reason: SafeText::line("the source could not be opened") })),
            };
            let outcome = match told {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(fault)) => AckOutcome::Refused { reason: SafeText::line(&format!("nothing was sent: {}", fault.text)) },
                Err(_) => AckOutcome::Unknown { reason: SafeText::line("telling the source failed inside; please report it") },
            };
            // the loop has ended: nobody asks any more
            let _ = outcomes.send((key, outcome)).await;
        });
    }
}
