//! The dashboard: one loop that takes in what happened, draws when something on the screen is another, and sleeps until the
//! next instant at which it will be. What is behind the screen is the works'.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::{Result, WrapErr};
use tokio::time::{Instant, sleep_until};

use super::activity;
use super::delivery::Pace;
use super::kept::Kept;
use super::new;
use super::output;
use super::past::{self, Question};
use super::reload::{self, Edit, Edits, Used};
use super::session::{Exit, Session};
use super::works::Works;
use super::works_end::Telling;
use crate::app::{self, Bell, Effect, Message, Screen, View};
use crate::config::{self, ColorChoice, Problem, Settings};
use crate::domain::SafeText;
use crate::tui::{self, Asked, ColorDepth, ColorWish, Input, Signals, Terminal, Theme, keymap, views};

/// Longest that the end waits for what is dropped.
pub(super) const ENDING: Duration = Duration::from_secs(1);

/// Runs the dashboard until the user leaves.
///
/// # Errors
/// Where the terminal, or the machine, does not play along.
pub(super) fn run(session: Session) -> Result<Exit> {
    // whatever is wrong with a theme, the board comes up
    let (theme, faulty) = match painted(&session, &session.settings) {
        Ok(theme) => (theme, None),
        Err(problems) => (Theme::named(STANDS_IN, depth(&session, &session.settings))?, Some(reload::not_used("theme", &problems))),
    };
    // what is polled runs beside the loop: a source that works hard delays no key
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.wrap_err("the event loop cannot start")?;
    let ended = runtime.block_on(async {
        // from here on a signal waits for the loop, which gives the terminal back
        let mut signals = Signals::listen().wrap_err("signals cannot be listened for")?;
        let kept = tokio::select! {
            kept = Kept::open(&session) => kept,
            Asked::End(number) = signals.next() => return Ok(Exit::Signal(number)),
        };
        match Terminal::enter() {
            Ok(terminal) => {
                let mut dashboard = Dashboard::start(session, kept, signals, terminal, theme)?;
                dashboard.happened(Message::Lasting(faulty)).await;
                dashboard.run().await
            }
            Err(error) => {
                output::say(&format!("the dashboard cannot start – {error} – run it in a terminal, or see holdover list"));
                Ok(Exit::Failed)
            }
        }
    });
    // what is still under way was asked about, or the terminal is gone: nobody waits for it; but a command that tells a key
    // is to end with us, and is killed as its task is dropped
    runtime.shutdown_timeout(ENDING);
    ended
}

/// The theme where another cannot be used.
const STANDS_IN: &str = "base";

fn depth(session: &Session, settings: &Settings) -> ColorDepth {
    tui::color_depth(wish(settings.color), &session.environment)
}

/// The theme that settings ask for.
fn painted(session: &Session, settings: &Settings) -> Result<Theme, Vec<Problem>> {
    let theme = settings.themes.paint(&settings.theme, depth(session, settings));
    theme.map_err(|problems| problems.iter().map(config::of_theme).collect())
}

pub(super) const fn wish(choice: ColorChoice) -> ColorWish {
    match choice {
        ColorChoice::Auto => ColorWish::Auto,
        ColorChoice::Always => ColorWish::Always,
        ColorChoice::Never => ColorWish::Never,
    }
}

/// What rings as settings say; none where the terminal is to be silent.
pub(super) fn bell(settings: &Settings) -> Option<Bell> {
    settings.bell.then(|| Bell::new(TimeDelta::from_std(settings.bell_again).unwrap_or(TimeDelta::MAX)))
}

/// The works, and the terminal in front of them.
struct Dashboard {
    session: Session,
    edits: Edits,
    works: Works,
    terminal: Terminal,
    signals: Signals,
    theme: Theme,
    drawn: Option<View>,
    /// None where the terminal is to be silent.
    bell: Option<Bell>,
    /// How it ended, once it has.
    ended: Option<Exit>,
}

impl Dashboard {
    /// Opens every source and begins to poll it.
    fn start(session: Session, kept: Kept, signals: Signals, terminal: Terminal, theme: Theme) -> Result<Self> {
        let works = kept.begin(&session, terminal.size()?, Arc::new(views::help(&session.settings.keys)));
        let (bell, edits) = (bell(&session.settings), Edits::follow(&session));
        Ok(Self { session, edits, works, terminal, signals, theme, drawn: None, bell, ended: None })
    }

    async fn run(mut self) -> Result<Exit> {
        loop {
            let changes_at = self.draw()?;
            self.wait(changes_at).await?;
            // all that has come in meanwhile is taken in before anything is drawn
            while self.ended.is_none() && self.take_in_one().await? {}
            if let Some(edit) = self.edits.due(&self.works) {
                self.edited(edit).await;
            }
            if let Some(ended) = self.ended {
                return Ok(self.end(ended).await);
            }
        }
    }

    /// Draws, if what is on the screen is another, and rings, if somebody must hear of it; returns when either will be by itself.
    fn draw(&mut self) -> Result<Option<DateTime<Utc>>> {
        let (view, changes_at) = app::view(&self.works.model);
        if self.drawn.as_ref() != Some(&view) {
            let (theme, ascii) = (&self.theme, self.session.settings.ascii);
            let drawn = self.terminal.draw(view.size, |buffer, area| views::render(buffer, area, &view, theme, ascii));
            drawn.wrap_err("the terminal cannot be written")?;
            self.drawn = Some(view);
        }
        let model = &self.works.model;
        if self.bell.as_mut().is_some_and(|bell| bell.rings(model)) {
            self.terminal.ring().wrap_err("the terminal cannot be written")?;
        }
        let rings_at = self.bell.as_ref().and_then(|bell| bell.rings_at(model));
        Ok(changes_at.into_iter().chain(rings_at).min())
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
            asked = self.signals.next() => self.signalled(asked).await?,
            input = self.terminal.next_input() => self.input(input.wrap_err("the terminal cannot be read")?).await,
            edit = self.edits.next() => self.edited(edit).await,
            news = self.works.next() => {
                let effects = self.works.take_in(news);
                self.do_all(effects).await;
            }
            () = timer => self.works.tick(),
        }
        if self.works.slept() {
            let effects = self.works.went_on();
            self.do_all(effects).await;
        }
        Ok(())
    }

    /// Takes in one thing that has happened already; keys first. Whether there was one.
    async fn take_in_one(&mut self) -> Result<bool> {
        if let Some(input) = self.terminal.pending_input().wrap_err("the terminal cannot be read")? {
            self.input(Some(input)).await;
        } else if let Some(news) = self.works.pending() {
            let effects = self.works.take_in(news);
            self.do_all(effects).await;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What the system asks for.
    async fn signalled(&mut self, asked: Asked) -> Result<()> {
        match asked {
            Asked::End(number) => self.ended = Some(Exit::Signal(number)),
            Asked::GoOn => {
                self.terminal.take_again().wrap_err("the terminal cannot be taken again")?;
                let effects = self.works.went_on();
                self.do_all(effects).await;
            }
        }
        Ok(())
    }

    /// What came from the terminal; nothing is its end.
    async fn input(&mut self, input: Option<Input>) {
        match input {
            Some(Input::Key(key)) => {
                if let Some(message) = keymap::message(&self.session.settings.keys, &self.works.model.screen, &key) {
                    self.happened(message).await;
                }
            }
            // letters that are pasted are no keys
            // but where a text is asked for, which keeps its lines
            Some(Input::Paste(text)) => match &self.works.model.screen {
                Screen::Prompt(_) => self.happened(Message::Typed(SafeText::body(&text).to_string())).await,
                screen if screen.takes_text() => self.happened(Message::Typed(SafeText::line(&text).to_string())).await,
                _ => {}
            },
            Some(Input::Resize(columns, rows)) => self.happened(Message::Resized { columns, rows }).await,
            None => self.ended = Some(Exit::HANG_UP),
        }
    }

    /// The configuration was edited. One with a mistake in it, in the theme too, changes nothing but what is said of it.
    async fn edited(&mut self, edit: Edit) {
        let (bell_before, again_before) = (self.session.settings.bell, self.session.settings.bell_again);
        let used = edit.and_then(|edited| {
            let theme = painted(&self.session, &edited);
            Ok((theme, self.edits.take_up(&mut self.session, &self.works, edited)?))
        });
        let lasting = match used {
            Ok((theme, Used::Now(edited))) => {
                // a mistake in a theme stops nothing but the theme
                let mistake = match theme {
                    Ok(theme) => {
                        self.theme = theme;
                        None
                    }
                    Err(problems) => Some(reload::not_used("theme", &problems)),
                };
                let settings = &self.session.settings;
                if (bell_before, again_before) != (settings.bell, settings.bell_again) {
                    self.bell = bell(settings);
                }
                // the same view may look otherwise now
                self.drawn = None;
                // what is lost is on the screen
                let (effects, _) = self.works.configure(edited).await;
                self.do_all(effects).await;
                mistake
            }
            Ok((_, Used::Later(why))) => Some(reload::waits(&why)),
            Err(problems) => Some(reload::not_used("edit", &problems)),
        };
        self.happened(Message::Lasting(lasting)).await;
    }

    async fn happened(&mut self, message: Message) {
        let effects = self.works.happened(message);
        self.do_all(effects).await;
    }

    /// Does what the works cannot.
    async fn do_all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::ReadPast => {
                    let (records, events) = (self.works.records.clone(), self.works.events.0.clone());
                    past::read_beside(records, Question::of(&self.session, None), events);
                }
                Effect::ReadActivity => {
                    let (records, events) = (self.works.records.clone(), self.works.events.0.clone());
                    activity::read_beside(records, (self.session.clock)(), events);
                }
                Effect::Make { source, title, client } => {
                    let (records, events) = (self.works.records.clone(), self.works.events.0.clone());
                    new::make_beside(&self.session, records, &source, title, client, events);
                }
                // a terminal that takes nothing is told of by the next frame
                Effect::Copy(text) => drop(self.terminal.copy(&text)),
                Effect::Redraw => {
                    self.terminal.redraw();
                    self.drawn = None;
                }
                Effect::Suspend => {
                    self.works.let_go().await;
                    Terminal::suspend();
                }
                Effect::Quit => self.ended = Some(Exit::Done),
                // the works have done them
                Effect::Tell { .. } | Effect::Undo { .. } | Effect::PollNow => {}
            }
        }
    }

    /// Gives the terminal back, and what is under way a little time.
    async fn end(&mut self, ended: Exit) -> Exit {
        Terminal::leave();
        let pace = if ended == Exit::Done { Pace::Leaving } else { Pace::Ending };
        let all_written = self.works.end(pace, Telling::Refused, self.session.demo, |line| output::say(&line)).await;
        if all_written || ended != Exit::Done { ended } else { Exit::Failed }
    }
}
