//! Facts as they may be, and what is said of them.

use std::path::PathBuf;

use super::facts::{Configuration, Facts, Folder, There, Tmux};
use super::lines::{Line, of};
use crate::config::ColorChoice;

/// A desk where nothing is to be mended.
fn well() -> Facts {
    let variables = [("TERM", "tmux-256color"), ("LANG", "en_GB.UTF-8"), ("TMUX", "/tmp/tmux-1000/default,1,0")];
    let there = There { is_folder: true, is_ours: true, mode: 0o700 };
    Facts {
        terminal: Some((120, 40)),
        environment: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        color: ColorChoice::Auto,
        ascii: false,
        tmux: Some(Tmux { version: Some("3.3a".to_owned()), options: options(&[]) }),
        configuration: Configuration::Sound { path: "c.toml".into(), agreements: 1, sources: 2, warnings: 0 },
        keys: vec![("helpdesk".to_owned(), Ok("in a file that only you can read"))],
        folder: Ok(Folder { path: "/s".into(), there: Some(there), writable: true, elsewhere: None, free: Some(1 << 40) }),
        records: Some(Ok(())),
        damaged: Vec::new(),
        zone: Some("Europe/London".to_owned()),
        synchronised: Some(true),
    }
}

/// The options of a tmux that is set up well, some of them otherwise.
fn options(otherwise: &[(&str, &str)]) -> Vec<(String, String)> {
    let usual = [
        ("escape-time", "20"),
        ("monitor-bell", "on"),
        ("bell-action", "any"),
        ("monitor-activity", "off"),
        ("default-terminal", "tmux-256color"),
        ("set-clipboard", "on"),
        ("status-right", "#(holdover status --tmux)"),
    ];
    let value = |name: &str, usual: &str| otherwise.iter().find(|(n, _)| *n == name).map_or(usual, |(_, value)| value).to_owned();
    usual.iter().map(|(name, usual)| ((*name).to_owned(), value(name, usual))).collect()
}

/// The one thing that is to be mended.
fn mended(facts: &Facts) -> Line {
    let mut lines: Vec<Line> = of(facts).into_iter().filter(|line| !line.ok).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn is(mode: u32, is_folder: bool, is_ours: bool) -> There {
    There { is_folder, is_ours, mode }
}

/// What makes one fact otherwise.
type Change = Box<dyn Fn(&mut Facts)>;

fn set(facts: &mut Facts, name: &str, value: &str) {
    facts.environment.retain(|(known, _)| known != name);
    facts.environment.push((name.to_owned(), value.to_owned()));
}

fn line(facts: &Facts, what: &str) -> Line {
    let lines = of(facts);
    lines.iter().find(|line| line.what.as_str() == what).cloned().unwrap_or_else(|| panic!("no {what}: {lines:?}"))
}

#[test]
fn where_all_is_well_nothing_is_to_be_done() {
    for line in of(&well()) {
        assert!(line.ok && !line.text.as_str().is_empty(), "{line:?}");
    }
}

#[test]
fn what_is_to_be_mended_says_what_to_add_where() {
    let folder = |change: fn(&mut Folder)| {
        move |facts: &mut Facts| {
            if let Ok(folder) = &mut facts.folder {
                change(folder);
            }
        }
    };
    let tmux = |name: &'static str, value: &'static str| {
        move |facts: &mut Facts| facts.tmux = Some(Tmux { version: Some("3.3a".to_owned()), options: options(&[(name, value)]) })
    };
    let cases: Vec<(Change, &str, &str, &str)> = vec![
        (
            Box::new(|f| f.environment.retain(|(name, _)| name != "TERM")),
            "terminal",
            "TERM is not set",
            "add export TERM=xterm-256color to ~/.profile",
        ),
        (Box::new(|f| set(f, "TERM", "dumb")), "terminal", "TERM is dumb", "another terminal"),
        (Box::new(|f| f.terminal = Some((29, 8))), "terminal", "29 x 8: the board is one line", "make it 30 x 8"),
        (Box::new(|f| set(f, "LC_ALL", "C")), "locale", "LC_ALL=C is not UTF-8", "add export LANG=C.UTF-8 to ~/.profile"),
        (Box::new(|f| set(f, "LANG", "")), "locale", "LANG is not set", "ascii = true to the configuration"),
        (Box::new(|f| f.tmux = Some(Tmux::default())), "tmux", "no tmux that answers", "PATH"),
        (
            Box::new(|f| f.tmux = Some(Tmux { version: Some("2.8".to_owned()), options: options(&[]) })),
            "tmux",
            "version 2.8",
            "install tmux 3",
        ),
        (
            Box::new(|f| f.tmux = Some(Tmux { version: Some("3.4".to_owned()), options: vec![] })),
            "tmux",
            "tells no options",
            "show-options",
        ),
        (Box::new(tmux("escape-time", "500")), "tmux escape-time", "500", "add set -s escape-time 20 to ~/.tmux.conf"),
        (Box::new(tmux("monitor-bell", "off")), "tmux monitor-bell", "off", "add setw -g monitor-bell on to ~/.tmux.conf"),
        (Box::new(tmux("bell-action", "none")), "tmux bell-action", "none", "add set -g bell-action any to ~/.tmux.conf"),
        (Box::new(tmux("monitor-activity", "on")), "tmux monitor-activity", "on", "add setw -g monitor-activity off to ~/.tmux.conf"),
        (Box::new(tmux("default-terminal", "screen")), "tmux default-terminal", "screen", "set -g default-terminal \"tmux-256color\""),
        (Box::new(|f| set(f, "COLORTERM", "truecolor")), "tmux colours", "nearest of 256", "terminal-overrides \",*:RGB\" to ~/.tmux.conf"),
        (
            Box::new(|f| f.configuration = Configuration::None { path: "c.toml".into() }),
            "configuration",
            "c.toml is not there",
            "holdover init",
        ),
        (
            Box::new(|f| f.configuration = Configuration::Broken { path: "c.toml".into(), errors: 2 }),
            "configuration",
            "2 errors",
            "holdover check",
        ),
        (
            Box::new(|f| {
                f.keys = vec![("helpdesk".to_owned(), Err("k is not used – others can read it (mode 644) – chmod 600".to_owned()))];
            }),
            "key of helpdesk",
            "others can read it",
            "chmod 600",
        ),
        (Box::new(folder(|f| f.writable = false)), "state folder", "cannot be written", "chmod u+w"),
        (Box::new(folder(|f| f.there = Some(is(0o755, true, true)))), "state folder", "mode 755", "chmod 700 /s"),
        (Box::new(folder(|f| f.there = Some(is(0o700, false, true)))), "state folder", "is no folder", "XDG_STATE_HOME"),
        (Box::new(folder(|f| f.there = Some(is(0o700, true, false)))), "state folder", "somebody else", "XDG_STATE_HOME"),
        (Box::new(folder(|f| f.elsewhere = Some("NFS"))), "disk", "is on NFS", "XDG_STATE_HOME=/a/folder/of/this/computer to ~/.profile"),
        (Box::new(folder(|f| f.free = Some(5 << 20))), "disk", "5 MiB are left", "free some space"),
        (Box::new(|f| f.folder = Err("there is no place – HOME is not set – set it".to_owned())), "state folder", "no place", "set it"),
        (Box::new(|f| f.records = Some(Err("they cannot be read – damage – start again".to_owned()))), "records", "damage", "start again"),
        (Box::new(|f| f.damaged = vec![PathBuf::from("/s/old")]), "damaged records", "/s/old lies there", "sqlite3 /s/old .recover"),
        (Box::new(|f| f.zone = None), "time zone", "does not say", "add timezone = \"Europe/London\""),
        (Box::new(|f| f.synchronised = Some(false)), "clock", "no time service", "timedatectl set-ntp true"),
    ];
    for (change, what, text, help) in cases {
        let mut facts = well();
        change(&mut facts);
        let line = mended(&facts);
        assert_eq!(line.what.as_str(), what);
        assert!(line.text.as_str().contains(text) && line.help.as_str().contains(help), "{line:?}");
    }
}

#[test]
fn what_decides_the_colours_is_named() {
    let mut facts = well();
    assert!(line(&facts, "colours").text.as_str().starts_with("sixteen, as TERM=tmux-256color says"));
    set(&mut facts, "COLORTERM", "24bit");
    assert_eq!(line(&facts, "colours").text.as_str(), "all, as COLORTERM=24bit says");
    set(&mut facts, "NO_COLOR", "1");
    assert!(line(&facts, "colours").text.as_str().starts_with("none, as NO_COLOR=1 says"));
    facts.color = ColorChoice::Always;
    assert_eq!(line(&facts, "colours").text.as_str(), "all, as --color or the configuration say");
    facts.color = ColorChoice::Never;
    assert!(line(&facts, "colours").text.as_str().starts_with("none, as --color"));
}

#[test]
fn what_could_be_better_is_no_fault() {
    let mut facts = well();
    set(&mut facts, "SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    assert!(line(&facts, "ssh").ok && line(&facts, "ssh").help.as_str().contains("SetEnv COLORTERM=truecolor to ~/.ssh/config"));
    facts.tmux = Some(Tmux { version: Some("next-3.5".to_owned()), options: options(&[("status-right", "%H:%M")]) });
    let status = line(&facts, "tmux status line");
    assert!(status.ok && status.help.as_str().contains("set -g status-right '#(holdover status --tmux)'"), "{status:?}");
    facts.tmux = Some(Tmux { version: Some("3.3a".to_owned()), options: options(&[("set-clipboard", "external")]) });
    let clipboard = line(&facts, "tmux set-clipboard");
    assert!(
        clipboard.ok
            && clipboard
                .help
                .as_str()
                .ends_with("what a program in tmux copies does not reach your clipboard: add set -s set-clipboard on to ~/.tmux.conf"),
        "{clipboard:?}"
    );
    facts.tmux = None;
    assert_eq!(line(&facts, "tmux").text.as_str(), "not in one");
    set(&mut facts, "LANG", "C");
    facts.ascii = true;
    facts.terminal = None;
    facts.synchronised = None;
    assert!(of(&facts).iter().all(|line| line.ok));
}

#[test]
fn what_tmux_and_the_environment_say_is_made_safe() {
    let mut facts = well();
    facts.tmux = Some(Tmux { version: Some("3.3a".to_owned()), options: options(&[("bell-action", "\u{1b}[2J")]) });
    set(&mut facts, "TERM", "xterm\u{1b}]0;x\u{7}");
    for line in of(&facts) {
        for text in [&line.what, &line.text, &line.help] {
            assert!(!text.as_str().chars().any(char::is_control), "{line:?}");
        }
    }
}
