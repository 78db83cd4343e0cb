//! The command line: verbs and flags. What is not built is not offered.

use std::ffi::OsStr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::doctor::DoctorArgs;
use super::init::InitArgs;
use super::version::LONG;
use crate::config::ColorChoice;
use crate::domain::Severity;
use crate::tui::Theme;

/// What must be handled now under the support agreement, and what is held over. Without a verb: the dashboard.
#[derive(Debug, Parser)]
#[command(name = "holdover", version, long_version = LONG.as_str(), about, disable_help_subcommand = true)]
pub struct Cli {
    /// Flags of every verb.
    #[command(flatten)]
    pub global: Global,
    /// Instead of the screen one sentence for each change, and ack KEY typed at it: for screen readers, plain terminals and pipes
    #[arg(long)]
    pub plain: bool,
    /// What to do; the dashboard where it is missing.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The configuration; without it `$HOLDOVER_CONFIG`, else holdover/config.toml in the configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// An embedded queue and its agreements; needs no configuration and no network
    #[arg(long, global = true, conflicts_with = "config")]
    pub demo: bool,
    /// The theme by name, or one of your own
    #[arg(long, global = true, value_name = "NAME", value_parser = ThemeName)]
    pub theme: Option<String>,
    /// Only ASCII on the screen
    #[arg(long, global = true)]
    pub ascii: bool,
    /// When colours are used
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// As it was or will be at T, RFC 3339 or local time: 2026-12-25T02:20Z, "2026-12-25 02:20"; nothing is sent
    #[arg(long, global = true, value_name = "T", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Send nothing and write nothing, not even the records
    #[arg(long, global = true)]
    pub read_only: bool,
}

/// The name of a theme. The stock themes are offered; any other is judged where the configuration is known, for it may be one of the
/// user's own.
#[derive(Debug, Clone, Copy)]
struct ThemeName;

impl TypedValueParser for ThemeName {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Theme::names().map(PossibleValue::new)))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print the board, once
    List(ListArgs),
    /// Say why a ticket is to be handled now, or is held
    Explain(ExplainArgs),
    /// Print what flips next: releases, window changes, dues
    Next(NextArgs),
    /// Print the windows of each agreement: office hours, bank holidays, …
    Windows(WindowsArgs),
    /// Acknowledge tickets
    Ack(AckArgs),
    /// Give tickets back: nobody has them
    Unack(UnackArgs),
    /// Write to a ticket: a note that the client cannot read, or a word to the client
    Note(NoteArgs),
    /// Say how severe a ticket is
    Assess(AssessArgs),
    /// Note that the client has just spoken or written
    Contact(ContactArgs),
    /// Say that the client has the next move
    OnClient(OnClientArgs),
    /// Say that a ticket is done
    Resolve(ResolveArgs),
    /// Make a ticket that is kept here, for an issue that came by phone
    New(NewArgs),
    /// Write a first configuration: asks where tickets come from and what the contract says
    Init(Box<InitArgs>),
    /// Say whether the configuration is sound
    Check(CheckArgs),
    /// Say whether the terminal, tmux, the clock and the folders are as they should be, and what to add where
    Doctor(DoctorArgs),
    /// Print one line from the records, without asking any source; the exit code tells how bad it is
    Status(StatusArgs),
    /// Print who answered what, when, and under which clause
    Evidence(EvidenceArgs),
    /// Print what the next engineer must know, as Markdown; with --read-only the handover is not noted
    Handover(HandoverArgs),
    /// Print what every key and mark of the dashboard means
    Keys,
    /// Show a sample of every theme, or of one; where stdout is no terminal, their names
    Themes(ThemesArgs),
    /// Print what a shell needs to complete verbs and flags
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
    /// Poll, keep the records fresh, send what is to be sent, and run the hooks, without a terminal, until a signal ends it
    Watch,
}

/// Flags of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Short, for the status line of tmux
    #[arg(long, conflicts_with = "json")]
    pub tmux: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `themes`.
#[derive(Debug, Args)]
pub struct ThemesArgs {
    /// Only this one
    #[arg(value_parser = ThemeName)]
    pub name: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_parser = PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|name| name.parse::<Shell>()))]
    pub shell: Shell,
}

/// Flags of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write it and a page for each verb into this folder instead
    #[arg(long, value_name = "D")]
    pub dir: Option<PathBuf>,
}

/// Flags of `evidence`.
#[derive(Debug, Args)]
pub struct EvidenceArgs {
    /// Only what ended at T or later, RFC 3339 or local time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// As comma-separated values
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `handover`.
#[derive(Debug, Args)]
pub struct HandoverArgs {
    /// Tell what happened since T, RFC 3339 or local time; without it since the last handover
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub since: Option<String>,
}

/// Flags of `list`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody types")]
pub struct ListArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Only what is to be decided, unanswered or in hand
    #[arg(long, conflicts_with = "held")]
    pub now: bool,
    /// Only what is held over
    #[arg(long)]
    pub held: bool,
    /// Only tickets of this client
    #[arg(long, value_name = "C")]
    pub client: Option<String>,
    /// Only this source; no other is asked
    #[arg(long, value_name = "S")]
    pub source: Option<String>,
    /// From the records, without asking any source
    #[arg(long)]
    pub cached: bool,
    /// Resolved tickets too, last
    #[arg(long)]
    pub all: bool,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `next`.
#[derive(Debug, Args)]
pub struct NextArgs {
    /// How far to look ahead
    #[arg(long, value_name = "N", default_value_t = 72, value_parser = clap::value_parser!(i64).range(1..=9600))]
    pub hours: i64,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `windows`.
#[derive(Debug, Args)]
pub struct WindowsArgs {
    /// Only this agreement
    #[arg(long, value_name = "A")]
    pub agreement: Option<String>,
    /// The first date, in each agreement's zone; today without it
    #[arg(long, value_name = "D", value_parser = date)]
    pub from: Option<NaiveDate>,
    /// How many dates
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=3660))]
    pub days: u64,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "a date is written 2026-12-25".to_owned())
}

/// Flags of `ack`.
#[derive(Debug, Args)]
pub struct AckArgs {
    /// The tickets: KEY, or SOURCE/KEY where several sources have it
    #[arg(required = true, value_name = "KEY")]
    pub keys: Vec<String>,
    /// An internal note to go with it
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Only write it down; a dashboard or `watch` sends it
    #[arg(long)]
    pub queue: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `unack`.
#[derive(Debug, Args)]
pub struct UnackArgs {
    /// The tickets: KEY, or SOURCE/KEY where several sources have it
    #[arg(required = true, value_name = "KEY")]
    pub keys: Vec<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `note`.
#[derive(Debug, Args)]
pub struct NoteArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// What it says
    #[arg(allow_hyphen_values = true)]
    pub text: String,
    /// The client cannot read it (the default)
    #[arg(long)]
    pub internal: bool,
    /// The client reads it
    #[arg(long, conflicts_with = "internal")]
    pub to_client: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `assess`.
#[derive(Debug, Args)]
pub struct AssessArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// S1 to S5
    #[arg(value_parser = severity)]
    pub severity: Severity,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `contact`.
#[derive(Debug, Args)]
pub struct ContactArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// By which channel: phone, email, or as the agreement names it
    pub channel: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `on-client`.
#[derive(Debug, Args)]
pub struct OnClientArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// The ticket: KEY, or SOURCE/KEY where several sources have it
    pub key: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// What the client reports, in a line
    pub title: String,
    /// The client
    #[arg(long, value_name = "C")]
    pub client: Option<String>,
    /// S1 to S5; without it the ticket is unassessed, and to be decided
    #[arg(long, value_name = "S", value_parser = severity)]
    pub severity: Option<Severity>,
    /// How it was submitted: phone, email, or as the agreement names it; unknown without it
    #[arg(long)]
    pub channel: Option<String>,
    /// How deep the work goes, L2
    #[arg(long, value_name = "LEVEL")]
    pub support_level: Option<String>,
    /// The service or product concerned
    #[arg(long)]
    pub service: Option<String>,
    /// All that the client says
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub description: Option<String>,
    /// Whom to call
    #[arg(long)]
    pub name: Option<String>,
    /// The telephone number
    #[arg(long, allow_hyphen_values = true)]
    pub phone: Option<String>,
    /// The mail address
    #[arg(long)]
    pub email: Option<String>,
    /// The client asked to be called back
    #[arg(long)]
    pub callback: bool,
    /// The local source, where there are several
    #[arg(long, value_name = "S")]
    pub source: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "severities are S1, S2, S3, S4, S5".to_owned())
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Sign in to every source too, and say what it has and what may be done there
    #[arg(long)]
    pub online: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}
