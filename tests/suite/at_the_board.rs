//! What is done at the board of a running dashboard reaches the source, which is read again before anything is called done.

use crate::pty::Pty;
use crate::support::{ACME, Desk};

#[test]
fn a_ticket_is_made_assessed_phoned_in_and_written_to() {
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\n"));
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (100, 30));
    pty.wait_for("the empty board", |screen| screen.contains("Nothing is open in phone"));
    pty.press("+");
    pty.wait_for("the question", |screen| screen.contains("what does the client report?"));
    // letters are letters, whatever they mean on the board
    pty.press("quit\u{301} says no\r");
    pty.wait_for("the other question", |screen| screen.contains("which client?"));
    pty.press("acme\r");
    pty.wait_for("the ticket", |screen| screen.contains("DECIDE 1") && screen.contains("quit\u{301} says no"));
    assert!(!pty.written.windows(5).any(|bytes| bytes == b"\x1b]52;"), "nothing is copied unasked");
    let before = pty.written.len();
    pty.press("y");
    pty.wait_for("the notice", |screen| screen.contains("given to the terminal to copy: "));
    pty.wait_for_bytes("the key", before, b"\x1b]52;c;");
    pty.press("s");
    pty.wait_for("the severities", |screen| screen.contains("how severe is") && screen.contains("5  S5"));
    pty.press("2");
    pty.wait_for("the assessment", |screen| screen.contains("assessed, confirmed by the source"));
    pty.press("p");
    pty.wait_for("the contact on its way", |screen| screen.contains("u undo"));
    pty.press("u");
    pty.wait_for("that it is undone", |screen| screen.contains("the contact is undone"));
    pty.press("c");
    pty.wait_for("the reader", |screen| screen.contains("INTERNAL note to"));
    pty.press("\x1b[200~first line\rsecond \x1b[31mline\x1b[201~");
    pty.wait_for("the pasted text", |screen| screen.contains("second ^[[31mline"));
    // keys that follow a paste at once are taken for its end
    pty.resize((101, 30), std::time::Duration::from_millis(100));
    pty.press("\r");
    pty.wait_for("that it is noted", |screen| screen.contains("noted, confirmed by the source"));
    pty.press("qq");
    pty.end();
    let board = desk.run(&["list", "--json"]).ended(0).json();
    let ticket = &board["tickets"][0];
    assert_eq!((&ticket["severity"], &ticket["client"], &ticket["channel"]), (&"S2".into(), &"acme".into(), &"phone".into()), "{ticket}");
    assert!(ticket["description"].as_str().unwrap().contains("first line\nsecond ^[[31mline"), "{ticket}");
    assert_eq!(ticket["contacts"].as_array().map(Vec::len), Some(0), "what was undone was never told: {ticket}");
}
