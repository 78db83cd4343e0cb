//! `--plain`: the dashboard without a screen. Whole lines on stdout, one for each change, and no escape sequence; what is typed is
//! read line by line, from a terminal as it stands or from a pipe.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr};
use rustix::io::Errno;
use tokio::time::{Instant, sleep_until};

use super::bookkeeper::Event;
use super::dashboard::{self, ENDING};
use super::delivery::Pace;
use super::kept::Kept;
use super::plain_input::{Typed, typed};
use super::reload::{Edit, Edits, Used};
use super::session::{Exit, Session};
use super::works::{Incoming, News, Works};
use super::works_end::Telling;
use crate::app::{self, Bell, Effect, MOST_TYPED, Message, Plain};
use crate::config::Level;
use crate::domain::SafeText;
use crate::tui::{self, Asked, Signals, Stops};

/// What is drawn on where nothing is drawn.
const NO_SCREEN: (u16, u16) = (80, 24);
/// How long the sources have to answer before it is told how things stand without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tells, and takes what is typed, until stdin or a signal ends it.
///
/// # Errors
/// Where the machine does not play along.
pub(super) fn run(session: Session) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.wrap_err("the event loop cannot start")?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen().wrap_err("signals cannot be listened for")?;
        let mut stops = Stops::listen().wrap_err("signals cannot be listened for")?;
        let kept = tokio::select! {
            kept = Kept::open(&session) => kept,
            Asked::End(number) = signals.next() => return Ok(Exit::Signal(number)),
        };
        let mut edits = Edits::follow(&session);
        let mut typed = typed(MOST_TYPED);
        let mut teller = Teller::start(session, kept);
        while teller.ended.is_none() {
            if let Some(edit) = edits.due(&teller.works) {
                teller.edited(&mut edits, edit).await;
            }
            teller.tell()?;
            let timer = sleep_till(teller.wakes_at(), teller.works.model.now);
            tokio::select! {
                biased;
                asked = signals.next() => match asked {
                    Asked::End(number) => teller.ended = Some(Exit::Signal(number)),
                    Asked::GoOn => drop(teller.works.went_on()),
                },
                () = stops.next() => {
                    teller.works.let_go().await;
                    Stops::stand().wrap_err("the program cannot stand")?;
                }
                edit = edits.next() => teller.edited(&mut edits, edit).await,
                // nobody answers to what was not told yet
                line = typed.recv(), if teller.has_begun => teller.typed(line),
                news = teller.works.next() => teller.take_in(news),
                () = sleep_until(teller.begins_at), if !teller.has_begun => teller.has_begun = true,
                () = timer => {}
            }
            if teller.works.slept() {
                drop(teller.works.went_on());
            }
            teller.works.tick();
        }
        Ok(teller.end().await)
    });
    // a source that is still asked, or a line that is still waited for, holds nobody up
    runtime.shutdown_timeout(ENDING);
    ended
}

/// The works, and who tells of them.
struct Teller {
    session: Session,
    works: Works,
    plain: Plain,
    /// None where nobody would hear it.
    bell: Option<Bell>,
    /// How things stand has been told, or is now.
    has_begun: bool,
    begins_at: Instant,
    /// What is to be said.
    lines: Vec<String>,
    /// How it ended, once it has.
    ended: Option<Exit>,
}

impl Teller {
    fn start(session: Session, kept: Kept) -> Self {
        let mut lines = kept.warnings.clone();
        // why they cannot be used is told with what follows from it
        lines.retain(|line| kept.broken.as_ref().is_none_or(|broken| broken.as_str() != SafeText::line(line).as_str()));
        let works = kept.begin(&session, NO_SCREEN, Arc::default());
        let recalling = works.model.notice.iter().map(|notice| &notice.text).filter(|text| !lines.contains(text));
        let recalling: Vec<String> = recalling.cloned().collect();
        lines.extend(recalling);
        let bell = bell(&session);
        let names: Vec<String> = session.settings.sources.iter().map(|source| source.name.to_string()).collect();
        lines.push(format!("Asking {}; type help and enter to hear what can be typed.", names.join(", ")));
        let begins_at = Instant::now() + PATIENCE;
        Self { session, works, plain: Plain::default(), bell, has_begun: false, begins_at, lines, ended: None }
    }

    /// Says what is to be said, and rings, if somebody must hear of it.
    fn tell(&mut self) -> Result<()> {
        let model = &self.works.model;
        self.has_begun |= model.store.health(model.now).iter().all(|source| source.heard);
        self.look();
        // nothing rings before it is told why
        let rings = self.has_begun && self.bell.as_mut().is_some_and(|bell| bell.rings(&self.works.model));
        let mut text: String = self.lines.drain(..).map(|line| written(&line, self.session.settings.ascii)).collect();
        if rings {
            text.push('\x07');
        }
        match print(&text) {
            Ok(()) => {}
            // a reader that has gone away is no error, and nobody is told of anything any more
            Err(gone) if gone.kind() == ErrorKind::BrokenPipe => self.ended = Some(Exit::Done),
            Err(gone) if gone.raw_os_error() == Some(Errno::IO.raw_os_error()) => self.ended = Some(Exit::HANG_UP),
            Err(error) => return Err(error).wrap_err("stdout cannot be written"),
        }
        Ok(())
    }

    /// Takes down what stands otherwise.
    fn look(&mut self) {
        if self.has_begun {
            self.lines.extend(self.plain.tell(&self.works.model));
        }
    }

    /// When there may be something to tell if nothing else happens until then.
    fn wakes_at(&self) -> Option<DateTime<Utc>> {
        let model = &self.works.model;
        let rings_at = self.bell.as_ref().and_then(|bell| bell.rings_at(model));
        model.changes_at().into_iter().chain(rings_at).min()
    }

    fn take_in(&mut self, news: News) {
        let mut next = Some(news);
        while let Some(news) = next {
            if let Incoming::Event(Event::Happened(Message::Warned(text))) = &news.0 {
                self.lines.push(text.clone());
            }
            // there is no screen that it could ask to be drawn
            drop(self.works.take_in(news));
            // each by itself: of what ends next nothing is told if more ends with it
            self.look();
            next = self.works.pending();
        }
    }

    /// A line was typed, or stdin has ended.
    fn typed(&mut self, line: Option<Typed>) {
        let line = match line {
            None => {
                self.ended = Some(Exit::Done);
                return;
            }
            Some(Typed::TooLong) => {
                self.lines.push(format!("The line is too long and was not read: {MOST_TYPED} bytes at most."));
                return;
            }
            Some(Typed::Line(line)) => line,
        };
        self.works.tick();
        let (said, effects) = app::answer(&mut self.works.model, &line);
        self.lines.extend(said);
        if self.works.do_all(effects).contains(&Effect::Quit) {
            self.ended = Some(Exit::Done);
        }
    }

    /// The configuration was edited. One with a mistake in it changes nothing.
    async fn edited(&mut self, edits: &mut Edits, edit: Edit) {
        let rang_as = (self.session.settings.bell, self.session.settings.bell_again);
        match edit.and_then(|edited| edits.take_up(&mut self.session, &self.works, edited)) {
            Ok(Used::Now(edited)) => {
                let settings = &self.session.settings;
                if rang_as != (settings.bell, settings.bell_again) {
                    self.bell = bell(&self.session);
                }
                self.lines.push("The configuration was edited, and is in use.".to_owned());
                let (effects, lost) = self.works.configure(edited).await;
                self.lines.extend(lost);
                self.works.do_all(effects);
            }
            Ok(Used::Later(why)) => self.lines.push(format!("The edit of the configuration waits: {why}.")),
            Err(problems) => {
                let errors = problems.iter().filter(|problem| problem.level == Level::Error);
                self.lines.extend(errors.map(|problem| format!("The edit of the configuration is not used – {problem}")));
            }
        }
    }

    /// Gives what is under way a little time.
    async fn end(mut self) -> Exit {
        let ended = self.ended.unwrap_or(Exit::Done);
        let pace = if ended == Exit::Done { Pace::Leaving } else { Pace::Ending };
        let ascii = self.session.settings.ascii;
        let mut said: String = self.lines.drain(..).map(|line| written(&line, ascii)).collect();
        let keeps_nothing = self.session.demo;
        let all_written =
            self.works.end(pace, Telling::All, keeps_nothing, |line| said.push_str(&written(&format!("{line}."), ascii))).await;
        // who has gone away hears nothing
        let _ = print(&said);
        if all_written || ended != Exit::Done { ended } else { Exit::Failed }
    }
}

/// What rings, where there is a terminal that can.
fn bell(session: &Session) -> Option<Bell> {
    dashboard::bell(&session.settings).filter(|_| io::stdout().is_terminal())
}

/// A sentence as it is written: on one line, and safe for a terminal.
fn written(line: &str, ascii: bool) -> String {
    let line = SafeText::body(line).as_str().replace('\n', " ");
    let line = if ascii { tui::ascii(&line) } else { line };
    format!("{line}\n")
}

fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

async fn sleep_till(at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
    match at {
        Some(at) => sleep_until(Instant::now() + (at - now).to_std().unwrap_or(Duration::ZERO)).await,
        None => std::future::pending().await,
    }
}
