//! What the facts mean: a line for each thing, well or with what to add to which file.

use serde::Serialize;

use super::facts::{Configuration, Facts, Folder, Tmux};
use crate::commands::check::count;
use crate::commands::dashboard::wish;
use crate::domain::SafeText;
use crate::tui::{ColorDepth, color_decision};

/// Columns and rows below which the board is one line.
const SMALLEST: (u16, u16) = (30, 8);
/// Milliseconds that tmux may wait after Esc before anybody feels it.
const ESCAPE_TIME: u32 = 50;
/// The oldest tmux whose options are called as they are here.
const OLDEST_TMUX: (u32, u32) = (2, 9);
/// Less than this on the disk, and an acknowledgement may soon not be written down.
const LEAST_FREE: u64 = 100 * 1024 * 1024;

const TMUX_CONF: &str = "~/.tmux.conf";
const PROFILE: &str = "~/.profile";

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// What: `terminal`, `tmux escape-time`.
    pub what: SafeText,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How it is, and why that matters where it is not well.
    pub text: SafeText,
    /// What to do, or what could be done; empty where there is nothing.
    pub help: SafeText,
}

impl Line {
    fn new(what: &str, ok: bool, text: &str, help: &str) -> Self {
        Self { what: SafeText::line(what), ok, text: SafeText::line(text), help: SafeText::line(help) }
    }

    fn well(what: &str, text: &str) -> Self {
        Self::new(what, true, text, "")
    }

    fn mend(what: &str, text: &str, help: &str) -> Self {
        Self::new(what, false, text, help)
    }
}

/// All lines.
pub(super) fn of(facts: &Facts) -> Vec<Line> {
    let mut lines = vec![terminal(facts)];
    if facts.terminal.is_some() {
        lines.push(colours(facts));
    }
    lines.push(locale(facts));
    if facts.variable("SSH_CONNECTION").is_some() {
        lines.push(ssh(facts));
    }
    match &facts.tmux {
        Some(tmux) => tmux_lines(tmux, facts, &mut lines),
        None => lines.push(Line::well("tmux", "not in one")),
    }
    lines.push(configuration(&facts.configuration));
    for (name, key) in &facts.keys {
        let what = format!("key of {name}");
        lines.push(match key {
            Ok(place) => Line::well(&what, place),
            Err(fault) => of_fault(&what, fault),
        });
    }
    match &facts.folder {
        Ok(folder) => state_folder(folder, &mut lines),
        Err(fault) => lines.push(of_fault("state folder", fault)),
    }
    lines.push(match &facts.records {
        None => Line::well("records", "none yet"),
        Some(Ok(())) => Line::well("records", "sound"),
        Some(Err(fault)) => of_fault("records", fault),
    });
    for path in &facts.damaged {
        let help = format!("save what you need (sqlite3 {} .recover), and move it away", path.display());
        let text = format!("{} lies there: local tickets, and what was not sent yet, may be in it alone", path.display());
        lines.push(Line::mend("damaged records", &text, &help));
    }
    lines.push(zone(facts));
    lines.push(clock(facts));
    lines
}

/// A fault says what – why – what to do.
fn of_fault(what: &str, fault: &str) -> Line {
    let (text, help) = fault.rsplit_once(" – ").unwrap_or((fault, "see holdover check"));
    Line::mend(what, text, help)
}

fn terminal(facts: &Facts) -> Line {
    let Some((columns, rows)) = facts.terminal else {
        return Line::well("terminal", "none here: the dashboard needs one, every other verb does not");
    };
    let Some(term) = facts.variable("TERM") else {
        return Line::mend(
            "terminal",
            "TERM is not set: no program knows what it can do",
            &format!("add export TERM=xterm-256color to {PROFILE}"),
        );
    };
    if term == "dumb" {
        return Line::mend(
            "terminal",
            "TERM is dumb: it draws no screen",
            "start holdover in another terminal; every verb but the dashboard works here",
        );
    }
    let size = format!("{term}, {columns} x {rows}");
    if columns < SMALLEST.0 || rows < SMALLEST.1 {
        let text = format!("{size}: the board is one line there");
        return Line::mend("terminal", &text, &format!("make it {} x {} or larger", SMALLEST.0, SMALLEST.1));
    }
    Line::well("terminal", &size)
}

fn depth(facts: &Facts) -> (ColorDepth, &'static str) {
    color_decision(wish(facts.color), &facts.environment)
}

fn colours(facts: &Facts) -> Line {
    let (depth, by) = depth(facts);
    let by = match (by, facts.variable(by)) {
        ("color", _) => "as --color or the configuration say".to_owned(),
        (name, value) => format!("as {name}={} says", value.unwrap_or_default()),
    };
    match depth {
        ColorDepth::None => Line::well("colours", &format!("none, {by}: bold, underlined and reversed tell things apart")),
        ColorDepth::Sixteen => {
            let help = format!("where your terminal has all colours: add export COLORTERM=truecolor to {PROFILE}");
            Line::new("colours", true, &format!("sixteen, {by}"), &help)
        }
        ColorDepth::Full => Line::well("colours", &format!("all, {by}")),
    }
}

fn locale(facts: &Facts) -> Line {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, facts.variable(name)?)));
    let is_utf8 = |value: &str| ["utf-8", "utf8"].iter().any(|name| value.to_lowercase().contains(name));
    match said {
        Some((name, value)) if is_utf8(value) => Line::well("locale", &format!("{name}={value}")),
        _ if facts.ascii => Line::well("locale", "no UTF-8, and only ASCII is drawn"),
        said => {
            let how = said.map_or_else(|| "LANG is not set".to_owned(), |(name, value)| format!("{name}={value} is not UTF-8"));
            let help = format!("add export LANG=C.UTF-8 to {PROFILE}; or ascii = true to the configuration");
            Line::mend("locale", &format!("{how}: lines and marks may come out as other characters"), &help)
        }
    }
}

fn ssh(facts: &Facts) -> Line {
    let help = if facts.variable("COLORTERM").is_none() && depth(facts).0 == ColorDepth::Sixteen {
        "COLORTERM does not come along: add SetEnv COLORTERM=truecolor to ~/.ssh/config where your terminal is (and AcceptEnv COLORTERM to /etc/ssh/sshd_config here)"
    } else {
        ""
    };
    Line::new("ssh", true, "you came by it; in tmux the board lives on when the line drops", help)
}

fn tmux_lines(tmux: &Tmux, facts: &Facts, lines: &mut Vec<Line>) {
    let Some(version) = &tmux.version else {
        lines.push(Line::mend(
            "tmux",
            "TMUX is set, but there is no tmux that answers",
            "add the folder of tmux to PATH, or leave what set TMUX",
        ));
        return;
    };
    if number(version).is_some_and(|found| found < OLDEST_TMUX) {
        lines.push(Line::mend(
            "tmux",
            &format!("version {version}: what it is told here has other names there"),
            "install tmux 3 or newer",
        ));
        return;
    }
    if tmux.options.is_empty() {
        lines.push(Line::mend(
            "tmux",
            &format!("version {version} tells no options"),
            "run tmux show-options -g, and see there what it says",
        ));
        return;
    }
    lines.push(Line::well("tmux", &format!("version {version}")));
    let option = |name: &str| tmux.options.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut judge = |name: &str, is_well: &dyn Fn(&str) -> bool, why: &str, add: &str| {
        let Some(value) = option(name) else { return };
        let (what, shown) = (format!("tmux {name}"), if value.is_empty() { "(empty)" } else { value });
        lines.push(if is_well(value) {
            Line::well(&what, shown)
        } else {
            Line::mend(&what, &format!("{shown}: {why}"), &format!("add {add} to {TMUX_CONF}"))
        });
    };
    let is_quick = |value: &str| value.parse().is_ok_and(|milliseconds: u32| milliseconds <= ESCAPE_TIME);
    judge("escape-time", &is_quick, "Esc does nothing for so many milliseconds", "set -s escape-time 20");
    judge("monitor-bell", &|value| value == "on", "a bell in another window is not marked", "setw -g monitor-bell on");
    judge("bell-action", &|value| value == "any", "a bell of some windows is not passed on", "set -g bell-action any");
    judge("monitor-activity", &|value| value == "off", "every change of the board counts as news", "setw -g monitor-activity off");
    let is_coloured = |value: &str| value.contains("256color") || value.contains("direct");
    judge("default-terminal", &is_coloured, "it promises few colours", "set -g default-terminal \"tmux-256color\"");
    // with external tmux itself copies; of a program in it, it takes the sequence only where it is on. The board copies nothing
    if let Some(value) = option("set-clipboard") {
        let what = if value == "external" { "what a program in tmux copies" } else { "what is copied in tmux" };
        let help = format!("{what} does not reach your clipboard: add set -s set-clipboard on to {TMUX_CONF}");
        lines.push(Line::new("tmux set-clipboard", true, value, if value == "on" { "" } else { &help }));
    }
    let has_all = |(name, value): &(String, String)| {
        (name.starts_with("terminal-overrides") || name.starts_with("terminal-features")) && (value.contains("RGB") || value.contains("Tc"))
    };
    if depth(facts).0 == ColorDepth::Full && !tmux.options.iter().any(has_all) {
        let text = "all colours are promised, and tmux makes the nearest of 256 of them";
        lines.push(Line::mend("tmux colours", text, &format!("add set -as terminal-overrides \",*:RGB\" to {TMUX_CONF}")));
    }
    let shows = option("status-right").into_iter().chain(option("status-left")).any(|value| value.contains("holdover"));
    let help = format!("to see the counts in every window: add set -g status-right '#(holdover status --tmux)' to {TMUX_CONF}");
    let (text, help) = if shows { ("shows the counts", "") } else { ("does not show the counts", help.as_str()) };
    lines.push(Line::new("tmux status line", true, text, help));
}

/// `3.3a` as numbers; `None` of a version that has none, such as `master`.
fn number(version: &str) -> Option<(u32, u32)> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let (major, minor) = digits.split_once('.').unwrap_or((digits, "0"));
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn configuration(found: &Configuration) -> Line {
    match found {
        Configuration::None { path } => {
            Line::mend("configuration", &format!("{} is not there", path.display()), "holdover init writes a first one")
        }
        Configuration::Broken { path, errors } => {
            let text = format!("{} cannot be used: {}", path.display(), count(*errors, "error"));
            Line::mend("configuration", &text, "holdover check tells each, with its line")
        }
        Configuration::Sound { path, agreements, sources, warnings } => {
            let (agreements, sources) = (count(*agreements, "agreement"), count(*sources, "source"));
            let text = format!("{}: {agreements} and {sources}, {}", path.display(), count(*warnings, "warning"));
            Line::new("configuration", true, &text, if *warnings > 0 { "holdover check tells each" } else { "" })
        }
    }
}

fn state_folder(folder: &Folder, lines: &mut Vec<Line>) {
    let what = "state folder";
    let path = folder.path.display().to_string();
    let elsewhere = "or set XDG_STATE_HOME to another folder";
    let mend = |why: &str, help: String| Line::mend(what, &format!("{path} {why}"), &help);
    lines.push(match folder.there {
        Some(there) if !there.is_folder => mend("is no folder", format!("move it away, {elsewhere}")),
        Some(there) if !there.is_ours => mend("belongs to somebody else", format!("chown it, {elsewhere}")),
        _ if !folder.writable => mend("cannot be written: no acknowledgement can be kept", format!("chmod u+w it, {elsewhere}")),
        Some(there) if there.mode & 0o077 != 0 => {
            mend(&format!("can be read by others (mode {:o})", there.mode), format!("chmod 700 {path}"))
        }
        Some(_) => Line::well(what, &path),
        None => Line::well(what, &format!("{path} is made with the first start")),
    });
    if let Some(kind) = folder.elsewhere {
        let text = format!("{path} is on {kind}, where several processes cannot keep one database apart");
        lines.push(Line::mend("disk", &text, &format!("add export XDG_STATE_HOME=/a/folder/of/this/computer to {PROFILE}")));
    }
    if let Some(free) = folder.free.filter(|free| *free < LEAST_FREE) {
        let text = format!("{} MiB are left for the records", free / 1024 / 1024);
        lines.push(Line::mend("disk", &text, "free some space: what cannot be written down is not acknowledged"));
    }
}

fn zone(facts: &Facts) -> Line {
    match &facts.zone {
        Some(zone) => Line::well("time zone", &format!("this computer's is {zone}")),
        None => Line::mend(
            "time zone",
            "this computer does not say in which zone it is",
            "add timezone = \"Europe/London\", or another, to the configuration",
        ),
    }
}

fn clock(facts: &Facts) -> Line {
    match facts.synchronised {
        Some(true) => Line::well("clock", "kept right by a time service"),
        Some(false) => {
            Line::mend("clock", "no time service keeps it right: response times are counted by it", "timedatectl set-ntp true, as root")
        }
        None => Line::well("clock", "whether a time service keeps it right is not known here"),
    }
}
