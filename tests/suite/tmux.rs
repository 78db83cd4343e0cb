//! What README says for tmux does what it says, in a real tmux with a server of its own.

use std::path::Path;
use std::process::Command;

use crate::pty::Pty;
use crate::support::Desk;

const TICKETS: [&str; 2] = [
    r##"{ "key": "A-1", "client": "acme", "severity": "S1", "title": "#[fg=red]Nobody #(can) sign in", "submitted_at": "2026-11-02T10:00:00Z" }"##,
    r#"{ "key": "A-2", "client": "nobody knows", "severity": "S3", "title": "Whose?", "submitted_at": "2026-11-02T10:00:00Z" }"#,
];

/// A tmux with its own server, which ends with it.
struct Tmux<'a> {
    desk: &'a Desk,
    socket: String,
}

impl Tmux<'_> {
    fn ask(&self, arguments: &[&str]) {
        let asked = Command::new("tmux").args(["-L", &self.socket]).args(arguments).env("TMUX_TMPDIR", self.desk.path("")).output();
        let asked = asked.unwrap();
        assert!(asked.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&asked.stderr));
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).env("TMUX_TMPDIR", self.desk.path("")).output();
    }
}

#[test]
fn the_lines_of_the_readme_show_the_counts_and_the_bell() {
    let Ok(tmux) = which("tmux") else {
        println!("SKIPPED: the lines for tmux in README.md were not tried: there is no tmux here");
        return;
    };
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let lines = readme.split("```tmux\n").nth(1).unwrap().split("```").next().unwrap();
    let desk = Desk::with(&TICKETS);
    std::fs::create_dir_all(desk.path(".config/holdover")).unwrap();
    std::fs::rename(desk.path("config.toml"), desk.path(".config/holdover/config.toml")).unwrap();
    desk.write("tmux.conf", lines);
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let home = desk.path("").display().to_string();
    let inside = Tmux { desk: &desk, socket: "holdover-test".to_owned() };
    let conf = desk.path("tmux.conf").display().to_string();
    let arguments = ["-L", &inside.socket, "-f", &conf, "new-session", "cat"];
    let environment = [("PATH", path.as_str()), ("HOME", home.as_str()), ("TMUX_TMPDIR", home.as_str())];
    let mut pty = Pty::start(&tmux, &arguments, &environment, (120, 10));
    // before anybody has looked, it is no calm line
    pty.wait_for("that the source is blind", |screen| screen.contains("!! BLIND tickets"));
    let config = desk.path(".config/holdover/config.toml");
    let mut dashboard = Pty::start(&program, &["--config", config.to_str().unwrap()], &[("HOME", home.as_str())], (80, 24));
    dashboard.wait_for("the board", |screen| screen.contains("2 unanswered"));
    inside.ask(&["refresh-client", "-S"]);
    // both are to be handled now, and no word of a ticket is a word to tmux
    pty.wait_for("the counts", |screen| screen.contains("un 2 (? 1) br 1") && !screen.contains("BLIND"));
    assert!(!pty.text().contains("sign in"), "{}", pty.text());
    // the board in a window that nobody looks at rings, for one is breached
    inside.ask(&["new-window", "-d", "-n", "rings", &format!("exec '{}' --config '{}'", program.display(), config.display())]);
    pty.wait_for("the mark of the bell", |screen| screen.contains("rings!"));
}

#[test]
fn what_is_copied_in_tmux_reaches_it_as_the_readme_sets_it_up_and_not_as_it_comes() {
    let Ok(tmux) = which("tmux") else {
        println!("SKIPPED: copying in tmux was not tried: there is no tmux here");
        return;
    };
    let desk = Desk::with(&TICKETS[..1]);
    let program = assert_cmd::cargo::cargo_bin("holdover").display().to_string();
    let home = desk.path("").display().to_string();
    let inside = Tmux { desk: &desk, socket: "holdover-copy-test".to_owned() };
    let config = desk.path("config.toml").display().to_string();
    let arguments = ["-L", &inside.socket, "-f", "/dev/null", "new-session", &program, "--config", &config];
    let environment = [("PATH", "/usr/bin:/bin"), ("HOME", home.as_str()), ("TMUX_TMPDIR", home.as_str())];
    let mut pty = Pty::start(&tmux, &arguments, &environment, (80, 24));
    pty.wait_for("the board", |screen| screen.contains("1 unanswered"));
    for (value, copied) in [("external", ""), ("on", "A-1")] {
        inside.ask(&["set-option", "-s", "set-clipboard", value]);
        pty.press("y");
        // written after what is copied, and so read after it
        pty.wait_for("the notice", |screen| screen.contains("given to the terminal to copy: A-1"));
        let shown = Command::new("tmux").args(["-L", &inside.socket, "show-buffer"]).env("TMUX_TMPDIR", desk.path("")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stdout), copied, "{value}");
        pty.press("j");
        pty.wait_for("no notice", |screen| !screen.contains("given to the terminal"));
    }
}

fn which(program: &str) -> Result<std::path::PathBuf, ()> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .ok_or(())
}
