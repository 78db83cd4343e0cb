//! What there is: collected from the terminal, from tmux, from the disk and from the clock; judged elsewhere.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Access, access, statfs, statvfs};

use crate::commands::cli::Global;
use crate::commands::run;
use crate::commands::session::runtime;
use crate::config::{self, ColorChoice, Level, Settings};
use crate::records::{self, Records, RecordsFault};
use crate::sources::{self, Clock, Command, Ended, SourceKind, TokenSource};
use crate::tui;

/// How long another program is waited for, and how much of what it prints is read.
const LONGEST: Duration = Duration::from_secs(3);
const MOST: u64 = 64 * 1024;

/// What numbers of `statfs` mean a disk that is elsewhere: NFS, SMB and CIFS, 9P, AFS, Ceph.
const ELSEWHERE: [(u32, &str); 7] = [
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
    (0x00C3_6400, "Ceph"),
];

/// Everything that is judged.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Columns and rows, where there is a terminal.
    pub terminal: Option<(u16, u16)>,
    pub environment: Vec<(String, String)>,
    /// When colours are used, as flag or configuration say.
    pub color: ColorChoice,
    pub ascii: bool,
    /// Where this runs in tmux.
    pub tmux: Option<Tmux>,
    pub configuration: Configuration,
    /// Of each source that is signed in to: its name, and why its key cannot be used.
    pub keys: Vec<(String, Result<&'static str, String>)>,
    /// Where the records are, or why they are nowhere.
    pub folder: Result<Folder, String>,
    /// Whether the records are sound; `None` where there are none yet.
    pub records: Option<Result<(), String>>,
    pub damaged: Vec<PathBuf>,
    /// The zone of the host.
    pub zone: Option<String>,
    /// Whether something keeps the clock right, where that is known.
    pub synchronised: Option<bool>,
}

/// What tmux says.
#[derive(Debug, Clone, Default)]
pub(super) struct Tmux {
    /// `3.3a`.
    pub version: Option<String>,
    /// The options of the server, of sessions and of windows; none where it does not answer.
    pub options: Vec<(String, String)>,
}

/// The configuration.
#[derive(Debug, Clone)]
pub(super) enum Configuration {
    /// None there.
    None { path: PathBuf },
    /// It cannot be used.
    Broken { path: PathBuf, errors: usize },
    /// It can.
    Sound { path: PathBuf, agreements: usize, sources: usize, warnings: usize },
}

/// The folder of the records.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub path: PathBuf,
    /// `None` where it is not made yet.
    pub there: Option<There>,
    /// Whether it, or the folder in which it would be made, can be written.
    pub writable: bool,
    /// What kind of disk elsewhere it is on.
    pub elsewhere: Option<&'static str>,
    /// How many bytes are free.
    pub free: Option<u64>,
}

/// What a folder is.
#[derive(Debug, Clone, Copy)]
pub(super) struct There {
    pub is_folder: bool,
    pub is_ours: bool,
    pub mode: u32,
}

impl Facts {
    /// Looks at everything.
    ///
    /// # Errors
    /// Where the machine gives no event loop.
    pub fn collect(global: &Global, clock: &Clock, environment: &[(String, String)]) -> color_eyre::Result<Self> {
        let settings = run::settings(global, environment);
        let path = if global.demo { PathBuf::from("the demo") } else { run::path(global, environment) };
        let configuration = configuration(&path, &settings);
        let settings = settings.ok();
        let folder = records::folder(environment).map_err(|fault| fault.to_string());
        let at = folder.as_deref().ok();
        let (tmux, synchronised) = runtime()?.block_on(async { tokio::join!(tmux(environment), synchronised(environment)) });
        Ok(Self {
            terminal: tui::size_of_any(),
            environment: environment.to_vec(),
            color: settings.as_ref().map_or_else(|| global.color.unwrap_or_default(), |settings| settings.color),
            ascii: settings.as_ref().map_or(global.ascii, |settings| settings.ascii),
            tmux,
            configuration,
            keys: settings.as_ref().map_or_else(Vec::new, |settings| keys(settings, clock, environment)),
            records: at.and_then(records_at),
            damaged: at.map_or_else(Vec::new, records::damaged),
            folder: folder.map(|path| look_at(&path)),
            zone: iana_time_zone::get_timezone().ok(),
            synchronised,
        })
    }

    /// The value of a variable; an empty one says nothing.
    pub fn variable(&self, name: &str) -> Option<&str> {
        variable(&self.environment, name)
    }
}

fn variable<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    environment.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// What a program prints; `None` where there is no such program, or it does not end well.
async fn printed(words: &[&str], environment: &[(String, String)]) -> Option<String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let command = Command { words: &words, environment, stdin: &[], longest: LONGEST, most: MOST, stderr: false };
    let Ended { printed, how } = command.run().await.ok()?;
    how.ok()?;
    Some(String::from_utf8_lossy(&printed).into_owned())
}

async fn tmux(environment: &[(String, String)]) -> Option<Tmux> {
    variable(environment, "TMUX")?;
    let version = printed(&["tmux", "-V"], environment).await;
    let Some(version) = version.map(|text| text.trim().trim_start_matches("tmux").trim().to_owned()) else {
        return Some(Tmux::default());
    };
    let mut options = Vec::new();
    for which in ["-s", "-g", "-gw"] {
        let shown = printed(&["tmux", "show-options", which], environment).await.unwrap_or_default();
        options.extend(shown.lines().filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        }));
    }
    Some(Tmux { version: Some(version), options })
}

async fn synchronised(environment: &[(String, String)]) -> Option<bool> {
    match printed(&["timedatectl", "show", "-p", "NTPSynchronized", "--value"], environment).await?.trim() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn configuration(path: &Path, settings: &Result<Settings, Vec<config::Problem>>) -> Configuration {
    let path = path.to_owned();
    match settings {
        Ok(settings) => Configuration::Sound {
            path,
            agreements: settings.agreements.all().len(),
            sources: settings.sources.len(),
            warnings: settings.warnings.len(),
        },
        Err(_) if fs::symlink_metadata(&path).is_err() => Configuration::None { path },
        Err(problems) => Configuration::Broken { path, errors: problems.iter().filter(|p| p.level == Level::Error).count() },
    }
}

/// Whether there is a key for each source that is signed in to, as far as that is known without running a command for it.
fn keys(settings: &Settings, clock: &Clock, environment: &[(String, String)]) -> Vec<(String, Result<&'static str, String>)> {
    let signed_in = settings.sources.iter().filter_map(|source| {
        let server = match &source.kind {
            SourceKind::Redmine(redmine) => &redmine.server,
            SourceKind::Rt(rt) => &rt.server,
            SourceKind::Alertmanager(alertmanager) => &alertmanager.server,
            SourceKind::Icinga(icinga) => &icinga.server,
            SourceKind::Http(http) => &http.server,
            SourceKind::File { .. } | SourceKind::Local | SourceKind::Demo { .. } => return None,
        };
        Some((source, server.token.as_ref()?))
    });
    let judged = signed_in.map(|(source, token)| {
        let place = match token {
            TokenSource::Command(_) => "a command tells it, which is not run here",
            TokenSource::File(_) => "in a file that only you can read",
            TokenSource::Env(_) => "in the environment",
            TokenSource::Written(_) => "in the configuration",
        };
        let ready = sources::ready(source, Arc::clone(clock), environment);
        (source.name.to_string(), ready.map(|()| place).map_err(|fault| fault.text.to_string()))
    });
    judged.collect()
}

fn records_at(folder: &Path) -> Option<Result<(), String>> {
    match Records::read_only(folder, &[]).and_then(|records| records.examine()) {
        Ok(()) => Some(Ok(())),
        Err(RecordsFault::None { .. }) => None,
        Err(fault) => Some(Err(fault.to_string())),
    }
}

fn look_at(path: &Path) -> Folder {
    let there = fs::symlink_metadata(path).ok().map(|metadata| There {
        is_folder: metadata.is_dir(),
        is_ours: metadata.uid() == rustix::process::geteuid().as_raw(),
        mode: metadata.mode() & 0o777,
    });
    // what is not made yet will be made in the nearest folder that is
    let nearest = path.ancestors().find(|folder| folder.exists()).unwrap_or(path);
    let number = statfs(nearest).ok().and_then(|stat| u32::try_from(i128::from(stat.f_type) & 0xFFFF_FFFF).ok());
    let elsewhere = ELSEWHERE.iter().find(|(kind, _)| Some(*kind) == number).map(|(_, name)| *name);
    let free = statvfs(nearest).ok().map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    Folder { path: path.to_owned(), there, writable: access(nearest, Access::WRITE_OK).is_ok(), elsewhere, free }
}
