//! `holdover check`: whether the configuration is sound, and whether it knows every client in the queue; with `--online` what every
//! source says.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{Access, access};

use super::cli::{CheckArgs, Global};
use super::online;
use super::output;
use super::run::{clock_of, settings};
use super::session::{Exit, Session};
use crate::config::{self, HookSettings, Level, Problem, Settings};
use crate::domain::{Fault, NoAgreement, SafeText, Ticket};
use crate::sources::{self, Clock, SourceKind};

/// So many tickets of a source are told that no agreement covers, each for a reason of its own.
const TOLD: usize = 10;

/// Says every mistake and oddity.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &CheckArgs, global: &Global, clock: Clock, environment: Vec<(String, String)>) -> color_eyre::Result<Exit> {
    let mut told = Vec::new();
    let (problems, sound) = match settings(global, &environment) {
        Ok(mut settings) => {
            let clock = match clock_of(global, &settings, clock) {
                Ok(clock) => clock,
                Err(wrong) => {
                    output::say(&wrong);
                    return Ok(Exit::Usage);
                }
            };
            let today = clock().with_timezone(&settings.timezone).date_naive();
            let mut problems = std::mem::take(&mut settings.warnings);
            problems.extend(config::holidays_ending(&settings, today));
            problems.extend(config::theme_problems(&settings));
            let session =
                Session { settings, again: None, clock, environment, demo: global.demo, read_only: true, frozen: global.at.is_some() };
            if args.online {
                for online in online::ask(&session)? {
                    problems.extend(online.problems());
                    online.print(&mut told)?;
                }
            } else {
                problems.extend(in_the_queues(&session)?);
            }
            problems.extend(in_the_records(&session));
            problems.extend(in_the_hooks(&session));
            let Settings { agreements, sources, hooks, .. } = &session.settings;
            let (agreements, sources) = (count(agreements.all().len(), "agreement"), count(sources.len(), "source"));
            let sound = match hooks.len() {
                0 => format!("{agreements} and {sources}"),
                hooks => format!("{agreements}, {sources} and {}", count(hooks, "hook")),
            };
            (problems, Some(sound))
        }
        Err(problems) => (problems, None),
    };
    if let Some(unreadable) = problems.iter().find(|p| p.unreadable) {
        output::say(unreadable);
        return Ok(Exit::Usage);
    }
    if args.json {
        output::print_json(&problems.iter().map(ProblemJson::new).collect::<Vec<_>>())?;
    } else {
        output::print(|out| {
            out.write_all(&told)?;
            print(&problems, sound.as_deref(), out)
        })?;
    }
    Ok(if problems.iter().any(|p| p.level == Level::Error) { Exit::Failed } else { Exit::Done })
}

fn print(problems: &[Problem], sound: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        writeln!(out, "{}", SafeText::line(&problem.to_string()))?;
    }
    let errors = problems.iter().filter(|p| p.level == Level::Error).count();
    let warnings = count(problems.len() - errors, "warning");
    match sound {
        Some(sound) if errors == 0 => writeln!(out, "the configuration is sound: {sound}, {warnings}"),
        // what is said of sources that were asked
        Some(sound) => {
            writeln!(out, "the configuration is sound: {sound}; but of the sources {errors} did not answer as they should; {warnings}")
        }
        None => writeln!(out, "the configuration cannot be used: {}, {warnings}", count(errors, "error")),
    }
}

pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A problem with its text made safe: it quotes what stands in files.
#[derive(serde::Serialize)]
struct ProblemJson {
    level: Level,
    file: SafeText,
    line: u32,
    path: SafeText,
    what: SafeText,
    help: SafeText,
}

impl ProblemJson {
    fn new(problem: &Problem) -> Self {
        Self {
            level: problem.level,
            file: SafeText::line(&problem.file),
            line: problem.line,
            path: SafeText::line(&problem.path),
            what: SafeText::line(&problem.what),
            help: SafeText::line(&problem.help),
        }
    }
}

/// Whether that is a program that can be run, by its path or in one of the folders of `PATH`.
pub(super) fn is_program(name: &str, environment: &[(String, String)]) -> bool {
    let path = environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path.as_str());
    // a file that nobody may run is none
    let runs = |program: &Path| program.is_file() && access(program, Access::EXEC_OK).is_ok();
    let mut folders = std::env::split_paths(path);
    if name.contains('/') { runs(Path::new(name)) } else { folders.any(|folder| runs(&folder.join(name))) }
}

/// Warnings of hooks whose program is not there, or cannot be run: nobody would be told.
fn in_the_hooks(session: &Session) -> Vec<Problem> {
    let warning = |(index, hook): (usize, &HookSettings)| {
        let program = hook.command.first().filter(|program| !is_program(program, &session.environment))?;
        Some(Problem {
            level: Level::Warning,
            file: hook.origin.file.to_string(),
            line: hook.origin.line,
            path: format!("hook[{index}].command"),
            what: format!("there is no program {program} that can be run"),
            help: "install it, name its path, or make it executable: until then the hook fails each time".to_owned(),
            unreadable: false,
        })
    };
    session.settings.hooks.iter().enumerate().filter_map(warning).collect()
}

/// Warnings from what can be read without a network: clients that no agreement matches, files that do not answer, keys that
/// are not there.
fn in_the_queues(session: &Session) -> color_eyre::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for (index, source) in session.settings.sources.iter().enumerate() {
        let warning = |what: String, help: String| Problem {
            level: Level::Warning,
            file: source.origin.file.to_string(),
            line: source.origin.line,
            path: format!("source[{index}]"),
            what,
            help,
            unreadable: false,
        };
        // a fault says what – why – what to do
        let cannot = |what: &str, fault: &Fault| {
            let (told, help) = fault.text.as_str().rsplit_once(" – ").unwrap_or((fault.text.as_str(), "see the configuration"));
            warning(format!("{} {what}: {told}", source.name), help.to_owned())
        };
        let asked = if matches!(source.kind, SourceKind::File { .. }) {
            session.ask(source)?
        } else {
            // whether a server is there is asked of it; whether there is a key for it is known here
            problems.extend(
                sources::ready(source, Arc::clone(&session.clock), &session.environment)
                    .err()
                    .map(|fault| cannot("cannot be asked", &fault)),
            );
            continue;
        };
        match asked {
            Ok(pass) => {
                let strangers: BTreeSet<_> = strangers(&pass.tickets, session).collect();
                let more = strangers.len().saturating_sub(TOLD);
                let told = strangers.into_iter().take(TOLD);
                problems.extend(told.map(|(reason, help)| warning(format!("a ticket of {}: {reason}", source.name), help.to_owned())));
                problems.extend((more > 0).then(|| {
                    let what = format!("and {more} more of such reasons in tickets of {}", source.name);
                    warning(what, "an agreement named default is with every client that no other names".to_owned())
                }));
            }
            Err(fault) => problems.push(cannot("does not answer", &fault)),
        }
    }
    Ok(problems)
}

/// Warnings of tickets that are in the records and on no board.
fn in_the_records(session: &Session) -> Vec<Problem> {
    let warning = |file: &Path, what: String, help: &str| Problem {
        level: Level::Warning,
        file: file.display().to_string(),
        line: 0,
        path: String::new(),
        what,
        help: help.to_owned(),
        unreadable: false,
    };
    let damaged = session.damaged_records();
    let help = "save what you need (sqlite3 FILE .recover), and move it away";
    let what = "damaged records were moved here: local tickets, and what was not sent yet, may be in it alone";
    let mut problems: Vec<Problem> = damaged.iter().map(|path| warning(path, what.to_owned(), help)).collect();
    // where there are none, or they cannot be read, is said by who uses them
    let Ok(records) = session.read_records() else { return problems };
    for (name, open) in records.forgotten_local().unwrap_or_default() {
        let what = format!("{} of the local source '{name}', which the configuration has no more", count(open as usize, "open ticket"));
        problems.push(warning(records.path(), what, "name a source of kind local so again; resolve its tickets before it goes"));
    }
    problems
}

/// Why no agreement covers a ticket and what would help, for each that none does.
pub(super) fn strangers(tickets: &[Arc<Ticket>], session: &Session) -> impl Iterator<Item = (String, &'static str)> {
    let now = (session.clock)();
    let readable = tickets.iter().filter(|ticket| ticket.unreadable.is_none());
    let reasons = readable.filter_map(move |t| session.settings.agreements.find(t, t.submitted_at.unwrap_or(now)).err());
    reasons.map(|reason| {
        let help = match reason {
            NoAgreement::NoMatch { client: None, .. } => {
                "add client = \"…\" to the source, or a map rule that gives client; or name one agreement default"
            }
            NoAgreement::NoMatch { .. } => "add a pattern that fits to the clients of an agreement, or name one agreement default",
            NoAgreement::UnknownName { .. } => "correct the name in the source, or add an agreement of that name",
            NoAgreement::OutOfDate { .. } => "extend its valid_from and valid_to, or add the agreement that follows it",
        };
        (reason.to_string(), help)
    })
}
