//! Edits of the configuration while the program runs: they are noticed, read, and put in use. One with a mistake in it is told of, and
//! changes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::session::{self, Session};
use super::works::{Polled, Works};
use super::works_edit::EditedSource;
use crate::app::{Effect, Notice, StaysKnown};
use crate::config::{FolderWatch, Footprint, Level, Misread, Problem, Settings};
use crate::domain::SafeText;
use crate::sources::SourceKind;

/// Reads the settings anew, as they were read at the start.
pub(super) type Again = Arc<dyn Fn() -> Result<Settings, Misread> + Send + Sync>;

/// What an edit made of the configuration: settings, or the problems for which they cannot be used.
pub(super) type Edit = Result<Settings, Vec<Problem>>;

/// The edits of the files that the configuration was read from, as they are made.
pub(super) struct Edits(Option<mpsc::Receiver<Edit>>);

impl Edits {
    /// Begins to watch the files. Where the system cannot, or they are none, there is never an edit.
    pub fn follow(session: &Session) -> Self {
        let watched = session.again.clone().and_then(|again| Some((again, FolderWatch::begin()?)));
        Self(watched.map(|(again, watch)| {
            let (sender, edits) = mpsc::channel(1);
            let known = session.settings.footprint.clone();
            std::thread::spawn(move || tell(&again, watch, known, &sender));
            edits
        }))
    }

    /// Waits for the next. Whoever stops waiting loses none.
    pub async fn next(&mut self) -> Edit {
        let edit = match &mut self.0 {
            Some(edits) => edits.recv().await,
            None => None,
        };
        match edit {
            Some(edit) => edit,
            None => std::future::pending().await,
        }
    }
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

/// Puts the settings of an edit in use, whole. Nothing that is known is lost: the tickets of sources that stay, cursor, filter, marks,
/// and what is under way. What it asks for that only the caller can do.
///
/// # Errors
/// Why they are not, and those before stay.
pub(super) async fn put_in_use(session: &mut Session, works: &mut Works, edited: Settings) -> Result<Vec<Effect>, Vec<Problem>> {
    if edited.sources.is_empty() && !session.settings.sources.is_empty() {
        return Err(vec![no_source_left(&edited)]);
    }
    let before = std::mem::replace(&mut session.settings, edited);
    let used = &session.settings;
    let sources = used.sources.iter().map(|source| {
        let known = before.sources.iter().find(|known| known.name == source.name);
        let rules = session::rules(source);
        // one that could not be opened is tried again
        let is_polled = works.polls.iter().any(|poll| *poll.source.name() == source.name);
        if is_polled && known.is_some_and(|known| known.is_same(source)) {
            return EditedSource::Same(rules);
        }
        let stays = if known.is_some_and(|known| known.place() == source.place()) { StaysKnown::Tickets } else { StaysKnown::Nothing };
        let polled = Polled {
            rules,
            source: session.open_source(source, works.records.as_ref()),
            in_records: matches!(source.kind, SourceKind::Local),
        };
        EditedSource::Other(polled, stays)
    });
    let sources = sources.collect();
    let rules = (Arc::clone(&used.agreements), used.timezone);
    Ok(works.configure(rules, sources, session.recorded_sources()).await)
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
