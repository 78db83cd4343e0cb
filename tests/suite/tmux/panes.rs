//! Windows and panes of a real tmux: other sizes, another terminal, two dashboards side by side, a window that nobody looks at.

use std::time::Duration;

use super::{Tmux, board, demo, standing_still};
use crate::support::{ACME, Desk};

#[test]
fn zoomed_and_resized_it_is_drawn_for_the_pane() {
    let desk = Desk::configured(&demo());
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 25), &standing_still(&desk), "sizes in tmux were") else { return };
    let pane = ":.0";
    let whole = board((80, 24));
    tmux.wait_for(pane, "board", |screen| screen == whole);
    tmux.ask(&["split-window", "-d", "-v", "-l", "11", "cat"]);
    let half = board((80, 12));
    tmux.wait_for(pane, "board in half of the window", |screen| screen == half);
    tmux.ask(&["resize-pane", "-Z", "-t", pane]);
    tmux.wait_for(pane, "zoomed board", |screen| screen == whole);
    tmux.ask(&["resize-pane", "-Z", "-t", pane]);
    tmux.wait_for(pane, "board in half of the window again", |screen| screen == half);
    tmux.ask(&["kill-pane", "-t", ":.1"]);
    for (columns, rows) in [(40, 12), (20, 5), (10, 2), (60, 20), (80, 24)] {
        tmux.ask(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
        let wanted = board((columns, rows));
        tmux.wait_for(pane, &format!("board of {columns}x{rows}"), |screen| screen == wanted);
    }
}

#[test]
fn detached_it_goes_on_and_another_terminal_shows_it() {
    let desk = Desk::configured(&demo());
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 25), &standing_still(&desk), "detaching from tmux was") else { return };
    let pane = ":.0";
    tmux.wait_for(pane, "board", |screen| screen == board((80, 24)));
    tmux.ask(&["send-keys", "t"]);
    tmux.wait_for(pane, "what flips next", |screen| screen.contains("── What flips next"));
    let process = tmux.ask(&["display-message", "-p", "-t", pane, "#{pane_pid}"]);
    tmux.ask(&["detach-client"]);
    assert_eq!(tmux.client.end(), 0);
    // what is pressed while no terminal shows it arrives too
    tmux.ask(&["send-keys", "-t", pane, "q"]);
    tmux.attach((100, 31));
    tmux.wait_for(pane, "board for the other terminal", |screen| screen == board((100, 30)));
    assert_eq!(tmux.ask(&["display-message", "-p", "-t", pane, "#{pane_pid}"]), process, "it is the same");
    tmux.client.resize((80, 25), Duration::ZERO);
    tmux.wait_for(pane, "board as it was", |screen| screen == board((80, 24)));
}

#[test]
fn what_is_taken_in_one_pane_is_taken_in_the_other() {
    let desk = Desk::configured(&format!("poll_every = \"1s\"\n{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\n"));
    desk.run(&["new", "--severity", "S1", "--client", "acme", "Nobody can sign in"]).ended(0);
    let command = Tmux::dashboard(&desk);
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 50), &command, "two panes of tmux were") else { return };
    tmux.wait_for(":.0", "board", |screen| screen.contains("NOW, UNANSWERED 1"));
    tmux.ask(&["split-window", "-d", "-v", &command]);
    for pane in [":.0", ":.1"] {
        tmux.wait_for(pane, "board", |screen| screen.contains("NOW, UNANSWERED 1"));
    }
    tmux.ask(&["send-keys", "-t", ":.1", "a"]);
    for pane in [":.0", ":.1"] {
        tmux.wait_for(pane, "ticket in hand", |screen| screen.contains("NOW, IN HAND 1") && screen.contains("0 unanswered"));
    }
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert_eq!(board["tickets"][0]["status"], "acknowledged", "{board}");
}

#[test]
fn a_window_that_nobody_looks_at_is_marked_once_a_ticket_is_unanswered() {
    let desk = Desk::with(&["[]"]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", format!("poll_every = \"1s\"\n{config}"));
    let command = Tmux::dashboard(&desk);
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 25), &command, "the bell in tmux was") else { return };
    tmux.wait_for(":0.0", "empty board", |screen| screen.contains("Nothing is open"));
    tmux.ask(&["rename-window", "board"]);
    tmux.ask(&["new-window", "-n", "other", "cat"]);
    tmux.client.wait_for("other window", |screen| screen.contains("1:other*"));
    let flag = |tmux: &Tmux| tmux.ask(&["display-message", "-p", "-t", ":0", "#{window_bell_flag}"]);
    assert_eq!(flag(&tmux), "0\n");
    let submitted = "2026-11-02T10:00:00Z";
    desk.write("tickets.json", format!(r#"[{{ "key": "A-1", "client": "acme", "severity": "S1", "submitted_at": "{submitted}" }}]"#));
    tmux.client.wait_for("mark of the bell", |screen| screen.contains("0:board!"));
    assert_eq!(flag(&tmux), "1\n");
}
