//! Edits of the configuration while the program runs: they are noticed, read, and put in use. One with a mistake in it is told of, and
//! changes nothing.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::session::Session;
use super::works::Works;
use crate::app::{Message, Notice};
use crate::config::{FolderWatch, Footprint, HookSettings, Level, Misread, Problem, Settings};
use crate::domain::SafeText;
use crate::sources::SourceSettings;

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

/// Puts the settings of an edit in use; what is to be said for as long as they are. Nothing that is known is lost: tickets, cursor,
/// filter, marks, and what is under way.
///
/// # Errors
/// Why they are not, and those before stay.
pub(super) fn put_in_use(session: &mut Session, works: &mut Works, edited: Settings) -> Result<Option<Notice>, Vec<Problem>> {
    let used = &mut session.settings;
    if edited.sources.is_empty() && !used.sources.is_empty() {
        return Err(vec![no_source_left(&edited)]);
    }
    let later = later(used, &edited);
    let (sources, hooks) = (std::mem::take(&mut used.sources), std::mem::take(&mut used.hooks));
    *used = Settings { sources, hooks, ..edited };
    works.happened(Message::Configured { agreements: Arc::clone(&used.agreements), zone: used.timezone });
    Ok(later)
}

/// A file that is cut short, or just being written, is no wish to see no tickets any more.
fn no_source_left(edited: &Settings) -> Problem {
    Problem {
        level: Level::Error,
        file: edited.file.as_deref().map_or_else(String::new, |file| file.display().to_string()),
        line: 0,
        path: String::new(),
        what: "there is no source in it any more".to_owned(),
        help: "add a [[source]]; without any, holdover shows nothing after its next start".to_owned(),
        unreadable: false,
    }
}

/// What of an edit is not in use before the next start.
fn later(used: &Settings, edited: &Settings) -> Option<Notice> {
    let sources = used.sources.len() == edited.sources.len() && used.sources.iter().zip(&edited.sources).all(same_source);
    let hooks = used.hooks.len() == edited.hooks.len() && used.hooks.iter().zip(&edited.hooks).all(same_hook);
    let what = match (sources, hooks) {
        (true, true) => return None,
        (false, true) => "sources",
        (true, false) => "hooks",
        (false, false) => "sources and hooks",
    };
    Some(Notice { text: format!("the edit of {what} is in use only when holdover starts again"), alarm: true })
}

/// Whether two sources are the same but for where they stand in the configuration.
fn same_source((one, other): (&SourceSettings, &SourceSettings)) -> bool {
    let named = |source: &SourceSettings| (source.name.clone(), source.place(), source.reading(), source.poll_every, source.blind_after);
    named(one) == named(other)
}

fn same_hook((one, other): (&HookSettings, &HookSettings)) -> bool {
    let said =
        |hook: &HookSettings| (hook.name.clone(), hook.on.clone(), hook.severities.clone(), hook.command.clone(), hook.timeout, hook.again);
    said(one) == said(other)
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
