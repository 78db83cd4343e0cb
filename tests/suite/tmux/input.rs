//! What only looks like keys, through a real tmux: pasted text, and arrow keys in pieces. None of it acknowledges or leaves.

use std::time::Duration;

use super::Tmux;
use crate::support::{ACME, Desk};

const PANE: &str = ":.0";
const SIZE: (u16, u16) = (80, 25);

const TITLES: [&str; 3] = ["Nobody can sign in", "No mail goes out", "The shop is down"];

/// Three tickets that are kept here, so that whatever is acknowledged is told at once.
fn desk() -> Desk {
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\n"));
    for title in TITLES {
        desk.run(&["new", "--severity", "S1", "--client", "acme", title]).ended(0);
    }
    desk
}

/// Leaves the board, and looks whether any ticket was taken.
fn assert_untaken(mut tmux: Tmux, desk: &Desk) {
    tmux.client.press("qq");
    assert_eq!(tmux.client.end(), 0);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    let tickets = board["tickets"].as_array().unwrap();
    assert_eq!(tickets.len(), 3, "{board}");
    assert!(tickets.iter().all(|ticket| ticket["acknowledged_at"].is_null() && ticket["status"] == "open"), "{board}");
}

/// Keys that follow a paste at once are taken for its end: waits that out.
fn after_paste(tmux: &mut Tmux) {
    tmux.client.resize(SIZE, Duration::from_millis(200));
}

/// Looks that it is there still, on the board, with nothing under way.
fn assert_on_the_board(tmux: &mut Tmux, after: &str) {
    tmux.client.press("?");
    tmux.wait_for(PANE, &format!("help after {after}"), |screen| screen.contains("── keys, marks and words"));
    tmux.client.press("?");
    tmux.wait_for(PANE, &format!("board after {after}"), |screen| screen.contains("NOW, UNANSWERED 3"));
    let screen = tmux.screen(PANE);
    assert!(["undo", "again leaves", "view "].iter().all(|trace| !screen.contains(trace)), "{after}:\n{screen}");
}

/// Which ticket the cursor is on.
fn selected(screen: &str) -> Option<&'static str> {
    let row = screen.lines().find(|row| row.contains('▌'))?;
    TITLES.into_iter().find(|title| row.contains(title))
}

#[test]
fn a_pasted_text_is_no_keys() {
    let desk = desk();
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", SIZE, &Tmux::dashboard(&desk), "pasting in tmux was") else { return };
    tmux.wait_for(PANE, "board", |screen| screen.contains("NOW, UNANSWERED 3"));
    // the last holds the end of a paste, and goes on as keys
    for text in ["a", "aaaa\nqq\ny", "\x1b[A\x1b[31maq\x1b\x1b q", "aa\x1b[201~aaa\nqq\nyqq"] {
        tmux.ask(&["set-buffer", text]);
        tmux.ask(&["paste-buffer", "-p"]);
        after_paste(&mut tmux);
        assert_on_the_board(&mut tmux, text);
    }
    // without brackets of tmux's what the text brings of a terminal's own is no keys either
    for text in ["\x1b[200~aaaa qq\x1b[201~", "\x1b]52;c;aaqq\x07", "\x1b]0;aaqq\x1b\\", "\x1bPaqaq\x1b\\", "\x1b[31m\x1b[1;5A"] {
        tmux.ask(&["set-buffer", text]);
        tmux.ask(&["paste-buffer"]);
        after_paste(&mut tmux);
        assert_on_the_board(&mut tmux, text);
    }
    // in a field it is text, in which nothing is left of what it would do to a terminal
    tmux.client.press("c");
    tmux.wait_for(PANE, "field", |screen| screen.contains("INTERNAL note to"));
    tmux.ask(&["set-buffer", "one \x1b[31mtwo\nthree"]);
    tmux.ask(&["paste-buffer", "-p"]);
    tmux.wait_for(PANE, "text", |screen| screen.contains("one ^[[31mtwo") && screen.contains("three"));
    after_paste(&mut tmux);
    tmux.client.press("\x1b");
    tmux.wait_for(PANE, "board", |screen| !screen.contains("INTERNAL note to"));
    assert_untaken(tmux, &desk);
}

/// Nobody can tell it from typing: what it acknowledges can be taken back as what is typed.
#[test]
fn a_paste_without_brackets_is_typing_that_can_be_undone() {
    let desk = desk();
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", SIZE, &Tmux::dashboard(&desk), "pasting in tmux was") else { return };
    tmux.wait_for(PANE, "board", |screen| screen.contains("NOW, UNANSWERED 3"));
    tmux.ask(&["set-buffer", "aaaau"]);
    tmux.ask(&["paste-buffer"]);
    tmux.wait_for(PANE, "that it is undone", |screen| screen.contains("undone") && screen.contains("NOW, UNANSWERED 3"));
    assert_untaken(tmux, &desk);
}

#[test]
fn an_arrow_key_in_pieces_moves_or_does_nothing() {
    let desk = desk();
    let Some(mut tmux) = Tmux::start(&desk, "/dev/null", SIZE, &Tmux::dashboard(&desk), "split arrow keys in tmux were") else { return };
    tmux.wait_for(PANE, "board", |screen| screen.contains("NOW, UNANSWERED 3"));
    for escape_time in ["0", "10", "500"] {
        tmux.ask(&["set-option", "-s", "escape-time", escape_time]);
        for arrow in ["[A", "[B", "OA", "OB", "[1;5D"] {
            let after = format!("{arrow} at {escape_time}");
            // the pieces one soon after the other, as of a terminal on a slow line: where tmux waits they are one key again
            tmux.client.press("\x1b");
            tmux.client.press(arrow);
            assert_on_the_board(&mut tmux, &after);
            // and the rest only once the program has taken the first for a key
            tmux.client.press("\r");
            tmux.wait_for(PANE, "explanation", |screen| screen.contains("· phone ──"));
            tmux.client.press("\x1b");
            tmux.wait_for(PANE, "board", |screen| screen.contains("NOW, UNANSWERED 3"));
            tmux.client.press(arrow);
            assert_on_the_board(&mut tmux, &after);
            // the same past tmux's own reading of keys
            tmux.ask(&["send-keys", "-H", "1b"]);
            for byte in arrow.bytes() {
                tmux.ask(&["send-keys", "-H", &format!("{byte:02x}")]);
            }
            assert_on_the_board(&mut tmux, &after);
        }
    }
    // where tmux waits for the rest it is an arrow key
    tmux.client.press("g");
    assert_on_the_board(&mut tmux, "g");
    let first = selected(&tmux.screen(PANE));
    tmux.client.press("\x1b");
    tmux.client.press("[B");
    tmux.wait_for(PANE, "next ticket", |screen| selected(screen) != first);
    assert_untaken(tmux, &desk);
}
