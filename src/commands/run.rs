//! From the command line to a verb: settings, the clock or `--at`, dispatch.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use color_eyre::eyre::Result;

use super::cli::{Cli, Global, Verb};
use super::reload::Again;
use super::session::{Exit, Session};
use super::{
    ack, assess, check, completions, contact, dashboard, doctor, evidence, explain, handover, init, keys, list, man, new, next, note,
    output, plain, resolve, status, themes, watch, windows,
};
use crate::config::{self, Footprint, Level, Misread, Problem, Settings};
use crate::domain::{instant, resolve_local};
use crate::sources::{self, Clock};
use crate::tui::install_panic_hook;

/// Runs the verb of a command line. `clock` says the time and `environment` the variables: nothing below reads them itself.
///
/// # Errors
/// What is nobody's mistake but the machine's: stdout that cannot be written.
pub fn run(cli: Cli, clock: Clock, environment: Vec<(String, String)>) -> Result<Exit> {
    install_panic_hook();
    let Cli { global, plain, verb } = cli;
    if plain && verb.is_some() {
        output::say(&"--plain is of the dashboard, and verbs print plain lines anyway – leave it out, or the verb");
        return Ok(Exit::Usage);
    }
    // these work where there is no configuration, or a broken one
    match &verb {
        Some(Verb::Check(args)) => return check::run(args, &global, clock, environment),
        Some(Verb::Init(args)) => return init::run(args, &global, &clock, &environment),
        Some(Verb::Doctor(args)) => return doctor::run(args, &global, &clock, &environment),
        Some(Verb::Keys) => return keys::run(&global, &environment),
        Some(Verb::Themes(args)) => return themes::run(args, &global, &environment),
        Some(Verb::Completions(args)) => return completions::run(args),
        Some(Verb::Man(args)) => return man::run(args),
        _ => {}
    }
    let settings = match settings(&global, &environment) {
        Ok(settings) => settings,
        Err(problems) => {
            problems.iter().for_each(output::say);
            if matches!(verb, Some(Verb::Status(_))) {
                // an empty status line would look calm
                let missing = problems.iter().any(|problem| problem.unreadable);
                let why = if missing { "there is no configuration: holdover init" } else { "the configuration is broken: holdover check" };
                output::print(|out| writeln!(out, "!! holdover: {why}"))?;
            }
            return Ok(Exit::Usage);
        }
    };
    let clock = match clock_of(&global, &settings, clock) {
        Ok(clock) => clock,
        Err(wrong) => {
            output::say(&wrong);
            return Ok(Exit::Usage);
        }
    };
    let (demo, read_only, frozen) = (global.demo, global.read_only, global.at.is_some());
    let again = again(&global, &environment, &settings);
    let session = Session { settings, again, clock, environment, demo, read_only, frozen };
    let flag = global.at.as_ref().map(|_| "--at").or(global.read_only.then_some("--read-only"));
    let writes = |verb: &str, run: &dyn Fn() -> Result<Exit>| match flag {
        Some(flag) => {
            output::say(&format!("{verb} changes something, and nothing is changed with {flag} – leave {flag} out"));
            Ok(Exit::Usage)
        }
        None => run(),
    };
    match &verb {
        Some(Verb::List(args)) => list::run(args, &session),
        Some(Verb::Explain(args)) => explain::run(args, &session),
        Some(Verb::Next(args)) => next::run(args, &session),
        Some(Verb::Windows(args)) => windows::run(args, &session),
        Some(Verb::Ack(args)) => writes("ack", &|| ack::run(args, &session)),
        Some(Verb::Unack(args)) => writes("unack", &|| ack::undo(args, &session)),
        Some(Verb::Note(args)) => writes("note", &|| note::run(args, &session)),
        Some(Verb::Assess(args)) => writes("assess", &|| assess::run(args, &session)),
        Some(Verb::Contact(args)) => writes("contact", &|| contact::run(args, &session)),
        Some(Verb::OnClient(args)) => writes("on-client", &|| resolve::on_client(args, &session)),
        Some(Verb::Resolve(args)) => writes("resolve", &|| resolve::run(args, &session)),
        Some(Verb::New(args)) => writes("new", &|| new::run(args, &session)),
        Some(Verb::Status(args)) => status::run(args, &session),
        Some(Verb::Evidence(args)) => evidence::run(args, &session),
        Some(Verb::Handover(args)) => handover::run(args, &session),
        Some(Verb::Check(_) | Verb::Init(_) | Verb::Doctor(_) | Verb::Keys | Verb::Themes(_) | Verb::Completions(_) | Verb::Man(_)) => {
            Ok(Exit::Usage)
        }
        Some(Verb::Watch) => match flag {
            Some(_) => writes("watch", &|| Ok(Exit::Usage)),
            None => watch::run(session),
        },
        None if plain => plain::run(session),
        None => dashboard::run(session),
    }
}

/// The settings: of the embedded demo, or of the file and the environment; flags win.
pub(super) fn settings(global: &Global, environment: &[(String, String)]) -> Result<Settings, Vec<Problem>> {
    read(global, environment, config::read).map_err(|misread| misread.problems)
}

/// The same; where they cannot be used, what they were read from is told too.
fn read(global: &Global, environment: &[(String, String)], configuration: ReadConfiguration) -> Result<Settings, Misread> {
    let mut settings = if global.demo {
        let demo = config::parse(sources::demo_agreements(), "demo", &[]);
        demo.map_err(|problems| Misread { problems, footprint: Footprint::default() })?
    } else {
        configuration(&path(global, environment), environment)?
    };
    if let Some(theme) = &global.theme {
        if let Err((what, help)) = config::known_theme(theme, &settings.themes) {
            let problem =
                Problem { level: Level::Error, file: "--theme".to_owned(), line: 0, path: String::new(), what, help, unreadable: false };
            return Err(Misread { problems: vec![problem], footprint: settings.footprint });
        }
        settings.theme.clone_from(theme);
    }
    if let Some(color) = global.color {
        settings.color = color;
    }
    settings.ascii |= global.ascii;
    Ok(settings)
}

/// Reads the configuration in a file.
type ReadConfiguration = fn(&Path, &[(String, String)]) -> Result<Settings, Misread>;

/// How the settings are read anew when the files are edited that they were read from. None are read in the demo, and a configuration
/// that is no file, but a pipe, can be read once only.
fn again(global: &Global, environment: &[(String, String)], settings: &Settings) -> Option<Again> {
    settings.file.as_ref().filter(|file| file.is_file())?;
    let (global, environment) = (global.clone(), environment.to_vec());
    Some(Arc::new(move || read(&global, &environment, config::read_again)))
}

/// Where the configuration is.
pub(super) fn path(global: &Global, environment: &[(String, String)]) -> PathBuf {
    global.config.clone().unwrap_or_else(|| config::default_path(environment))
}

/// The clock of a run: with `--at` one that stands still.
///
/// # Errors
/// What is wrong with `--at`.
pub(super) fn clock_of(global: &Global, settings: &Settings, clock: Clock) -> Result<Clock, String> {
    let Some(written) = &global.at else { return Ok(clock) };
    let at = parse_time("--at", written, settings.timezone)?;
    Ok(Arc::new(move || at))
}

/// Reads the time that a flag gives: RFC 3339, or local time in the engineer's zone. A time that its clock skips is the instant after the
/// gap, one that it shows twice is the first.
pub(super) fn parse_time(flag: &str, written: &str, zone: Tz) -> Result<DateTime<Utc>, String> {
    const FORMATS: [&str; 4] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let text = written.trim();
    let local = FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    // RFC 3339 wants seconds, people do not: 2026-12-25T02:20Z
    let without_seconds = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z").ok();
    let at = match DateTime::parse_from_rfc3339(text).ok().or_else(without_seconds) {
        Some(at) => Some(instant::whole_seconds(at.to_utc())),
        None => local.map(|local| instant::from_seconds(resolve_local(zone, local))),
    };
    let at = at.ok_or_else(|| {
        format!("{flag} '{written}' is no time – it wants RFC 3339 or local time – write 2026-12-25T02:20:00Z or \"2026-12-25 02:20\"")
    })?;
    let year = chrono::Datelike::year(&at);
    if (1970..2200).contains(&year) {
        Ok(at)
    } else {
        Err(format!("{flag} '{written}' cannot be judged – the calendars know 1970 to 2199 – choose a year between"))
    }
}
