//! What README says for tmux does what it says, in a real tmux with a server of its own.

use std::path::Path;

use super::{Tmux, asked};
use crate::pty::Pty;
use crate::support::Desk;

const TICKETS: [&str; 2] = [
    r##"{ "key": "A-1", "client": "acme", "severity": "S1", "title": "#[fg=red]Nobody #(can) sign in", "submitted_at": "2026-11-02T10:00:00Z" }"##,
    r#"{ "key": "A-2", "client": "nobody knows", "severity": "S3", "title": "Whose?", "submitted_at": "2026-11-02T10:00:00Z" }"#,
];

#[test]
fn the_lines_of_the_readme_show_the_counts_and_the_bell() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let lines = readme.split("```tmux\n").nth(1).unwrap().split("```").next().unwrap();
    let desk = Desk::with(&TICKETS);
    std::fs::create_dir_all(desk.path(".config/holdover")).unwrap();
    std::fs::rename(desk.path("config.toml"), desk.path(".config/holdover/config.toml")).unwrap();
    desk.write("tmux.conf", lines);
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let conf = desk.path("tmux.conf").display().to_string();
    let Some(mut tmux) = Tmux::start(&desk, &conf, (120, 10), "cat", "the lines for tmux in README.md were") else { return };
    // before anybody has looked, it is no calm line
    tmux.client.wait_for("that the source is blind", |screen| screen.contains("!! BLIND tickets"));
    let config = desk.path(".config/holdover/config.toml");
    let home = desk.path("").display().to_string();
    let mut dashboard = Pty::start(&program, &["--config", config.to_str().unwrap()], &[("HOME", home.as_str())], (80, 24));
    dashboard.wait_for("the board", |screen| screen.contains("2 unanswered"));
    tmux.ask(&["refresh-client", "-S"]);
    // both are to be handled now, and no word of a ticket is a word to tmux
    tmux.client.wait_for("the counts", |screen| screen.contains("un 2 (? 1) br 1") && !screen.contains("BLIND"));
    assert!(!tmux.client.text().contains("sign in"), "{}", tmux.client.text());
    // the board in a window that nobody looks at rings, for one is breached
    tmux.ask(&["new-window", "-d", "-n", "rings", &format!("exec '{}' --config '{}'", program.display(), config.display())]);
    tmux.client.wait_for("the mark of the bell", |screen| screen.contains("rings!"));
}

#[test]
fn what_is_copied_in_tmux_reaches_it_as_the_readme_sets_it_up_and_not_as_it_comes() {
    let desk = Desk::with(&TICKETS[..1]);
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 24), &Tmux::dashboard(&desk), "copying in tmux was") else { return };
    tmux.client.wait_for("the board", |screen| screen.contains("1 unanswered"));
    for (value, copied) in [("external", ""), ("on", "A-1")] {
        tmux.ask(&["set-option", "-s", "set-clipboard", value]);
        tmux.client.press("y");
        // written after what is copied, and so read after it
        tmux.client.wait_for("the notice", |screen| screen.contains("given to the terminal to copy: A-1"));
        // where nothing was copied there is no buffer
        assert_eq!(asked(&desk, &["show-buffer"]).unwrap_or_default(), copied, "{value}");
        tmux.client.press("j");
        tmux.client.wait_for("no notice", |screen| !screen.contains("given to the terminal"));
    }
}
