//! Edits of the configuration while the program runs: they are noticed, read, and put in use. One with a mistake in it is told of, and
//! changes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::session::{self, Session};
use super::works::{Polled, Works};
use super::works_edit::{Edited, EditedSource};
use crate::app::{ConfiguredRules, Notice, StaysKnown};
use crate::config::{FolderWatch, Footprint, Level, Misread, Problem, Settings};
use crate::domain::SafeText;
use crate::sources::{SourceKind, SourceSettings};
use crate::tui::views;

/// Reads the settings anew, as they were read at the start.
pub(super) type Again = Arc<dyn Fn() -> Result<Settings, Misread> + Send + Sync>;

/// What an edit made of the configuration: settings, or the problems for which they cannot be used.
pub(super) type Edit = Result<Settings, Vec<Problem>>;

/// The edits of the files that the configuration was read from, as they are made.
pub(super) struct Edits {
    made: Option<mpsc::Receiver<Edit>>,
    /// The last, where it is not in use yet, and what it waits for.
    waits: Option<(Settings, String)>,
}

impl Edits {
    /// Begins to watch the files. Where the system cannot, or they are none, there is never an edit.
    pub fn follow(session: &Session) -> Self {
        let watched = session.again.clone().and_then(|again| Some((again, FolderWatch::begin()?)));
        let made = watched.map(|(again, watch)| {
            let (sender, edits) = mpsc::channel(1);
            let known = session.settings.footprint.clone();
            std::thread::spawn(move || tell(&again, watch, known, &sender));
            edits
        });
        Self { made, waits: None }
    }

    /// Waits for the next. Whoever stops waiting loses none.
    pub async fn next(&mut self) -> Edit {
        let edit = match &mut self.made {
            Some(edits) => edits.recv().await,
            None => None,
        };
        match edit {
            Some(edit) => {
                // what the files said before is of no use any more
                self.waits = None;
                edit
            }
            None => std::future::pending().await,
        }
    }

    /// The edit that waits, once it waits for nothing, or for something else than before.
    pub fn due(&mut self, works: &Works) -> Option<Edit> {
        let (edited, _) = self.waits.take_if(|(_, why)| waits_for(works).as_ref() != Some(why))?;
        Some(Ok(edited))
    }

    /// Takes the settings of an edit for those of the session, whole. One that changes the sources waits while anything of this
    /// process is under way to them.
    ///
    /// # Errors
    /// Why they are not, and those before stay.
    pub fn take_up(&mut self, session: &mut Session, works: &Works, edited: Settings) -> Result<Used, Vec<Problem>> {
        if edited.sources.is_empty() && !session.settings.sources.is_empty() {
            return Err(vec![no_source_left(&edited)]);
        }
        let why = waits_for(works);
        if let Some(why) = why.clone().filter(|_| changes_sources(&session.settings, &edited)) {
            self.waits = Some((edited, why.clone()));
            return Ok(Used::Later(why));
        }
        let before = std::mem::replace(&mut session.settings, edited);
        let used = &session.settings;
        let sources = used.sources.iter().map(|source| {
            let known = before.sources.iter().find(|known| known.name == source.name);
            let rules = session::rules(source);
            // one that could not be opened is tried again, unless that is to wait
            if (works.polls(&source.name) || why.is_some()) && known.is_some_and(|known| known.is_same(source)) {
                return EditedSource::Same(rules);
            }
            let is_there = known.is_some_and(|known| known.place() == source.place());
            let polled = Polled {
                rules,
                source: session.open_source(source, works.records.as_ref()),
                in_records: matches!(source.kind, SourceKind::Local),
            };
            EditedSource::Other(polled, if is_there { StaysKnown::Tickets } else { StaysKnown::Nothing })
        });
        let rules = ConfiguredRules {
            agreements: Arc::clone(&used.agreements),
            zone: used.timezone,
            views: used.views.clone(),
            help: Arc::new(views::help(&used.keys)),
        };
        Ok(Used::Now(Edited { rules, sources: sources.collect(), recorded: session.recorded_sources() }))
    }
}

/// What becomes of an edit that can be used.
pub(super) enum Used {
    /// Its settings are those of the session; the works are to be told.
    Now(Edited),
    /// It waits, for this.
    Later(String),
}

/// Reads the settings whenever something changed around their files, and tells of them where they are others.
fn tell(again: &Again, mut watch: FolderWatch, mut known: Footprint, edits: &mpsc::Sender<Edit>) {
    watch.follow(&known.folders());
    loop {
        // what is edited before its folder is watched shows by no event: it is read until all are
        let (edit, footprint) = loop {
            let (edit, footprint) = match again() {
                Ok(settings) => {
                    let footprint = settings.footprint.clone();
                    (Ok(settings), footprint)
                }
                Err(Misread { problems, footprint }) => (Err(problems), footprint),
            };
            if !watch.follow(&footprint.folders()) {
                break (edit, footprint);
            }
        };
        if footprint != known {
            known = footprint;
            if edits.blocking_send(edit).is_err() {
                return;
            }
        }
        if watch.wait().is_err() {
            return;
        }
    }
}

/// Whether a source is new, gone, or to be asked otherwise.
fn changes_sources(before: &Settings, edited: &Settings) -> bool {
    let is_there = |source: &SourceSettings| before.sources.iter().any(|known| known.is_same(source));
    before.sources.len() != edited.sources.len() || !edited.sources.iter().all(is_there)
}

/// What must be over before the sources may change: a deed goes to the source that it was meant for, and can be undone until it
/// does.
fn waits_for(works: &Works) -> Option<String> {
    match works.under_way() {
        0 => works.model.is_written_on().then(|| "a text is being written".to_owned()),
        1 => Some("1 is not sent yet".to_owned()),
        more => Some(format!("{more} are not sent yet")),
    }
}

/// A file that is cut short, or just being written, is no wish to see no tickets any more.
fn no_source_left(edited: &Settings) -> Problem {
    Problem {
        level: Level::Error,
        file: edited.file.as_deref().map_or_else(String::new, |file| file.display().to_string()),
        line: 0,
        path: String::new(),
        what: "there is no source in it any more".to_owned(),
        help: "add a [[source]]; to see no tickets any more, start holdover again".to_owned(),
        unreadable: false,
    }
}

/// What is said on the screen of an edit that is used later, until it is.
pub(super) fn waits(why: &str) -> Notice {
    Notice { text: format!("edit waits: {why} – to use it now, start holdover again"), alarm: false }
}

/// What is said on the screen of something that is not used, and stays until it is mended: where the first mistake is, and what.
pub(super) fn not_used(what: &str, problems: &[Problem]) -> Notice {
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.level == Level::Error).collect();
    let first = errors.first().copied().or(problems.first());
    let (place, why) = first.map_or_else(Default::default, |problem| {
        let name = Path::new(&problem.file).file_name().map_or(problem.file.as_str().into(), |name| name.to_string_lossy());
        let line = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
        (format!("{name}{line}"), problem.what.as_str())
    });
    let more = match errors.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let text = SafeText::line(&format!("{what} not used – {place}{more}: {why} – see holdover check"));
    Notice { text: text.to_string(), alarm: true }
}
