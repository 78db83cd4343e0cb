//! Every view by its key and back, as keys come through tmux.

use super::{Tmux, board, demo, standing_still};
use crate::support::{ACME, Desk};

const PANE: &str = ":.0";

/// A key, what the view that it opens says, and the keys that leave it.
type Visit = (&'static str, &'static str, &'static [&'static str]);

const BACK: &[&str] = &["q", "Escape"];

const VISITS: &[Visit] = &[
    ("Enter", "── HD-5512 · helpdesk", BACK),
    ("t", "── What flips next", BACK),
    ("w", "── Brackwater Dental", BACK),
    ("H", "── Handover", BACK),
    ("L", "── Activity", BACK),
    ("?", "── keys, marks and words of the filter", BACK),
    (".", "NOT NOW: ", BACK),
    ("}", "NOT NOW: Mon 30 Nov 2026 00:00 GMT", BACK),
    ("1", "view 1 now", &["1", "Escape"]),
    // letters are letters there
    (":", "enter does it  esc leaves", &["Escape"]),
    ("/", "enter keep  esc clear", &["Escape"]),
];

#[test]
fn every_view_is_opened_and_left_and_esc_never_leaves_the_board() {
    let desk = Desk::configured(&demo());
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 25), &standing_still(&desk), "the tour in tmux was") else { return };
    let board = board((80, 24));
    tmux.wait_for(PANE, "the board", |screen| screen == board);
    for (key, wanted, leave) in VISITS {
        for back in *leave {
            tmux.ask(&["send-keys", key]);
            tmux.wait_for(PANE, wanted, |screen| screen.contains(wanted));
            tmux.ask(&["send-keys", back]);
            tmux.wait_for(PANE, &format!("board after {key} and {back}"), |screen| screen == board);
        }
    }
    tmux.ask(&["send-keys", "Escape", "Escape", "Escape", "Escape"]);
    tmux.ask(&["send-keys", "q"]);
    tmux.wait_for(PANE, "question", |screen| screen.contains("q again leaves, esc stays"));
    tmux.ask(&["send-keys", "Escape"]);
    tmux.wait_for(PANE, "board after the question", |screen| screen == board);
    tmux.ask(&["send-keys", "q", "q"]);
    // its window goes with it, and the last window with the session
    assert_eq!(tmux.client.end(), 0);
    assert!(tmux.client.text().contains("[exited]"), "{}", tmux.client.text());
}

#[test]
fn what_asks_is_opened_and_left() {
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\n"));
    desk.run(&["new", "--severity", "S1", "--client", "acme", "Nobody can sign in"]).ended(0);
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", (80, 25), &Tmux::dashboard(&desk), "the tour in tmux was") else { return };
    let on_the_board = |screen: &str| screen.contains("NOW, UNANSWERED 1") && screen.ends_with("? help");
    tmux.wait_for(PANE, "the board", on_the_board);
    let fields: [Visit; 3] =
        [("s", "how severe is", BACK), ("c", "INTERNAL note to", &["Escape"]), ("+", "NEW TICKET by phone", &["Escape"])];
    for (key, wanted, leave) in fields {
        for back in leave {
            tmux.ask(&["send-keys", key]);
            tmux.wait_for(PANE, wanted, |screen| screen.contains(wanted));
            tmux.ask(&["send-keys", back]);
            tmux.wait_for(PANE, &format!("board after {key} and {back}"), |screen| on_the_board(screen) && !screen.contains(wanted));
        }
    }
}
