//! `holdover init`: from a few answers, and from what the source says, to a first configuration.

mod ask;
mod draft;
mod flags;
mod place;
mod questions;
#[cfg(test)]
mod strangers;
mod text;
mod trial;

pub use flags::InitArgs;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use self::ask::{Asker, Stop, tell};
use self::draft::{Draft, Kind, Meaning, Token};
use self::trial::Found;
use super::cli::Global;
use super::output;
use super::run::path;
use super::session::Exit;
use crate::domain::SafeText;
use crate::sources::Clock;

/// So many values of a field are told.
const TOLD: usize = 8;

/// Every setting, with its default.
const EXAMPLE: &str = include_str!("../../../config.example.toml");

/// Asks, and writes what was answered.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &InitArgs, global: &Global, clock: &Clock, environment: &[(String, String)]) -> color_eyre::Result<Exit> {
    if args.example {
        output::print(|out| std::io::Write::write_all(out, EXAMPLE.as_bytes()))?;
        return Ok(Exit::Done);
    }
    let wrong = match (&global.at, global.read_only, global.demo) {
        (Some(_), ..) => Some("init writes a file, and nothing is written with --at – leave --at out"),
        (_, true, _) => Some("init writes a file, and nothing is written with --read-only – leave --read-only out"),
        (.., true) => Some("--demo needs no configuration – it has its own – to write it down: holdover init --kind demo"),
        _ => None,
    };
    let made = match wrong {
        Some(wrong) => Err(Stop::Usage(wrong.to_owned())),
        None => Init { args, clock, environment, path: path(global, environment), named: global.config.is_some() }.run(),
    };
    Ok(match made {
        Ok(()) => Exit::Done,
        Err(Stop::Usage(why)) => {
            output::say(&why);
            Exit::Usage
        }
        Err(Stop::Failed(why)) => {
            output::say(&why);
            Exit::Failed
        }
    })
}

/// One run.
struct Init<'a> {
    args: &'a InitArgs,
    clock: &'a Clock,
    environment: &'a [(String, String)],
    /// Where the configuration will be.
    path: PathBuf,
    /// Whether the command line names it.
    named: bool,
}

impl Init<'_> {
    fn run(&self) -> Result<(), Stop> {
        if place::is_taken(&self.path) {
            return Err(taken(&self.path));
        }
        let mut asker = Asker::new(self.args.yes);
        let mut draft = questions::kind(&mut asker, self.args)?;
        self.nothing_missing(draft.kind)?;
        let (typed, found) = self.source(&mut asker, &mut draft)?;
        self.rest(&mut asker, &mut draft, found)?;
        self.write(&draft, typed.as_ref())
    }

    /// Refuses what nobody is asked for, and nothing usual stands for, all of it at once.
    fn nothing_missing(&self, kind: Kind) -> Result<(), Stop> {
        let args = self.args;
        let has_token = args.token_command.is_some() || args.token_file.is_some() || args.token_env.is_some();
        let wants_token = kind.needs_token() || (kind == Kind::Alertmanager && args.user.is_some());
        let wanted = [
            ("--url", kind.is_server() && args.url.is_none()),
            ("--user", kind.needs_user() && args.user.is_none()),
            ("--token-command (or --token-file, --token-env)", wants_token && !has_token),
            ("--path", kind == Kind::File && args.path.is_none()),
        ];
        let missing: Vec<&str> = wanted.iter().filter(|(_, is)| *is && args.yes).map(|(flag, _)| *flag).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(", ");
        Err(Stop::Usage(format!("nothing was written – --yes asks nothing, and there is nothing usual for {missing} – add it")))
    }

    /// Asks what the source is, and the source what it has; a person may answer again.
    fn source(&self, asker: &mut Asker, draft: &mut Draft) -> Result<(Option<SecretString>, Option<Found>), Stop> {
        let nothing_said = InitArgs { source: self.args.source.clone(), allow_http: self.args.allow_http, ..InitArgs::default() };
        let mut again = false;
        loop {
            let typed = self.answers(asker, if again { &nothing_said } else { self.args }, draft)?;
            let is_asked = draft.kind.is_server() || draft.kind == Kind::File;
            if self.args.offline || !is_asked {
                return Ok((typed, None));
            }
            if asker.terminal {
                tell("asking it …")?;
            }
            match trial::ask(draft, typed.as_ref(), self.clock, self.environment)? {
                Ok(found) => return Ok((typed, Some(found))),
                Err(why) if asker.terminal => {
                    tell(&format!("{why}\nOnce more (or end this with Ctrl-c, and add --offline: it is not asked then)."))?;
                }
                Err(why) => return Err(Stop::Failed(format!("nothing was written: {why}; or add --offline, and it is not asked"))),
            }
            again = true;
        }
    }

    /// What the source is, and the key where it is typed.
    fn answers(&self, asker: &mut Asker, args: &InitArgs, draft: &mut Draft) -> Result<Option<SecretString>, Stop> {
        questions::source(asker, args, draft)?;
        let kept = self.path.with_file_name(format!("{}.key", draft.source));
        let kept = std::path::absolute(&kept).unwrap_or(kept);
        questions::token(asker, args, draft, &kept.display().to_string(), self.environment)?;
        if !matches!(draft.token, Some(Token::Typed(_))) {
            return Ok(None);
        }
        if place::is_taken(&kept) {
            return Err(taken(&kept));
        }
        asker.secret("The key itself, which is not shown").map(Some)
    }

    /// What it means, and what the contract says.
    fn rest(&self, asker: &mut Asker, draft: &mut Draft, found: Option<Found>) -> Result<(), Stop> {
        let named = match found {
            Some(found) => {
                tell(&told(&found))?;
                draft.seen = found.fields;
                found.clients
            }
            None => Vec::new(),
        };
        if draft.kind == Kind::Demo {
            return Ok(());
        }
        questions::meaning(asker, self.args, draft, &named)?;
        questions::agreement(asker, self.args, draft)
    }

    fn write(&self, draft: &Draft, typed: Option<&SecretString>) -> Result<(), Stop> {
        let mut kept = None;
        if let (Some(Token::Typed(path)), Some(key)) = (&draft.token, typed) {
            place::write_new(Path::new(path), &format!("{}\n", key.expose_secret()))
                .map_err(|error| not_written(Path::new(path), &error))?;
            kept = Some(path);
        }
        if let Err(error) = place::write_new(&self.path, &text::of(draft)) {
            // without the configuration nobody would find it
            kept.map(std::fs::remove_file);
            return Err(not_written(&self.path, &error));
        }
        let mut said = String::new();
        let _ = kept.map(|path| writeln!(said, "written: {path}, which only you can read"));
        let _ = writeln!(said, "written: {}", self.path.display());
        said.push_str(&notes(draft));
        let _ = write!(said, "next:\n{}", self.next(draft));
        tell(said.trim_end())?;
        Ok(())
    }

    /// What to type next.
    fn next(&self, draft: &Draft) -> String {
        // a quote within the quotes of a shell
        let path = self.path.display().to_string().replace('\'', r"'\''");
        let config = if self.named { format!(" --config '{path}'") } else { String::new() };
        match draft.kind {
            Kind::Local => format!("    holdover{config} new --severity S2 'The first call'\n    holdover{config}"),
            Kind::Demo => format!("    holdover{config} check\n    holdover{config}"),
            _ => format!("    holdover{config} check --online\n    holdover{config}"),
        }
    }
}

/// What nobody has confirmed.
fn notes(draft: &Draft) -> String {
    let mut notes = String::new();
    let proposed = |meaning: &&Meaning| !meaning.said && meaning.severity.is_some();
    let proposed: Vec<String> =
        draft.meanings.iter().filter(proposed).filter_map(|meaning| Some(format!("{} {}", meaning.value, meaning.severity?))).collect();
    if !proposed.is_empty() {
        let _ = writeln!(notes, "proposed, and confirmed by nobody: {} – compare it with the contract", proposed.join(", "));
    }
    let unknown: Vec<&str> =
        draft.meanings.iter().filter(|meaning| meaning.severity.is_none()).map(|meaning| meaning.value.as_str()).collect();
    if !unknown.is_empty() {
        let _ = writeln!(notes, "without a rule, which stands there to be switched on: {}", unknown.join(", "));
    }
    if draft.kind != Kind::Demo && !draft.respond_said {
        let _ = writeln!(notes, "the response times are an example ({}) – write those of the contract", draft.respond.join(", "));
    }
    notes
}

/// What was found, in lines.
fn told(found: &Found) -> String {
    let mut said = format!("{}\n", found.headline);
    for warning in &found.warnings {
        let _ = writeln!(said, "  {warning}");
    }
    if !found.clients.is_empty() {
        let clients: Vec<&str> = found.clients.iter().take(TOLD).map(SafeText::as_str).collect();
        let more = if found.clients.len() > TOLD { ", …" } else { "" };
        let _ = writeln!(said, "  clients: {}{more}", clients.join(", "));
    }
    for field in &found.fields {
        let shown = field.values.iter().take(TOLD).map(|seen| match seen.tickets {
            0 => seen.value.to_string(),
            tickets => format!("{} ({tickets})", seen.value),
        });
        let more = if field.more || field.values.len() > TOLD { ", …" } else { "" };
        let _ = writeln!(said, "  {}: {}{more}", field.name, shown.collect::<Vec<_>>().join(", "));
    }
    said.trim_end().to_owned()
}

fn taken(path: &Path) -> Stop {
    let shown = path.display();
    Stop::Failed(format!("{shown} is there already – init writes over nothing – edit it, move it away, or name another with --config FILE"))
}

fn not_written(path: &Path, error: &std::io::Error) -> Stop {
    if error.kind() == std::io::ErrorKind::AlreadyExists && place::is_taken(path) {
        return taken(path);
    }
    Stop::Failed(format!("{} cannot be written – {error} – check the folder, or name another file with --config FILE", path.display()))
}
