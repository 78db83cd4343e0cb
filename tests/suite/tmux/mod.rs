//! The program in a real tmux with a server of its own.

mod input;
mod panes;
mod readme;
mod tour;

use std::process::Command;

use holdover::{config, sources};

use crate::pty::Pty;
use crate::screens::Dashboard;
use crate::support::Desk;

/// A tmux whose server ends with it, and a terminal that shows it.
struct Tmux<'a> {
    desk: &'a Desk,
    client: Pty,
}

/// The instant at which the demo stands still, so that its board is the same whenever one is back on it.
const AT: &str = "2026-11-27T18:30:00Z";

/// The configuration of the demo without the desk that falls silent.
fn demo() -> String {
    let (before, pager) = sources::demo_agreements().split_once("# answers once").unwrap();
    format!("{before}{}", &pager[pager.find("[[template]]").unwrap()..])
}

/// The command of its dashboard at that instant.
fn standing_still(desk: &Desk) -> String {
    format!("{} --at {AT}", Tmux::dashboard(desk))
}

/// Its board on so many columns and rows.
fn board(size: (u16, u16)) -> String {
    let mut dashboard = Dashboard::new(config::parse(&demo(), "config.toml", &[]).unwrap(), AT, size);
    dashboard.model.rules.frozen = true;
    dashboard.poll();
    dashboard.screen().trim_end().to_owned()
}

/// Its socket, in the folder of the desk.
const SOCKET: &str = "holdover-test";

impl<'a> Tmux<'a> {
    /// Starts a command in it; where there is no tmux, says what was not tried.
    fn start(desk: &'a Desk, conf: &str, size: (u16, u16), command: &str, what: &str) -> Option<Self> {
        let Some(client) = client(desk, &["-f", conf, "new-session", command], size) else {
            println!("SKIPPED: {what} not tried: there is no tmux here");
            return None;
        };
        Some(Self { desk, client })
    }

    /// The command of a desk's dashboard.
    fn dashboard(desk: &Desk) -> String {
        format!("exec '{}' --config '{}'", assert_cmd::cargo::cargo_bin("holdover").display(), desk.path("config.toml").display())
    }

    /// Tells tmux something; returns what it says.
    fn ask(&self, arguments: &[&str]) -> String {
        asked(self.desk, arguments).unwrap_or_else(|why| panic!("{arguments:?}: {why}"))
    }

    /// What is on the screen of a pane.
    fn screen(&self, pane: &str) -> String {
        captured(self.desk, pane)
    }

    /// Waits until a pane in view is as wanted: whatever changes in it is drawn on the terminal.
    fn wait_for(&mut self, pane: &str, what: &str, wanted: impl Fn(&str) -> bool) {
        let desk = self.desk;
        self.client.wait_for(what, |_| wanted(&captured(desk, pane)));
    }

    /// Shows it on another terminal.
    fn attach(&mut self, size: (u16, u16)) {
        self.client = client(self.desk, &["attach-session"], size).unwrap();
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = asked(self.desk, &["kill-server"]);
    }
}

fn client(desk: &Desk, arguments: &[&str], size: (u16, u16)) -> Option<Pty> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let tmux = std::env::split_paths(&folders).map(|folder| folder.join("tmux")).find(|path| path.is_file())?;
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let home = desk.path("").display().to_string();
    let environment = [("PATH", path.as_str()), ("HOME", home.as_str()), ("USER", "jo"), ("TMUX_TMPDIR", home.as_str())];
    Some(Pty::start(&tmux, &[&["-L", SOCKET], arguments].concat(), &environment, size))
}

fn asked(desk: &Desk, arguments: &[&str]) -> Result<String, String> {
    let asked = Command::new("tmux").args(["-L", SOCKET]).args(arguments).env("TMUX_TMPDIR", desk.path("")).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if asked.status.success() { Ok(text(&asked.stdout)) } else { Err(text(&asked.stderr)) }
}

/// What is on the screen of a pane, without what is blank at the end; nothing before there is one.
fn captured(desk: &Desk, pane: &str) -> String {
    let shown = asked(desk, &["capture-pane", "-p", "-t", pane]).unwrap_or_default();
    shown.trim_end().to_owned()
}
