//! The real program in a real pseudo-terminal: it draws, takes a ticket, and gives the terminal back as it was.

use nix::sys::signal::Signal;

use crate::pty::Pty;

#[test]
fn the_demo_is_drawn_acknowledges_and_leaves_a_clean_terminal() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
    assert!(pty.screen.screen().alternate_screen() && pty.screen.screen().hide_cursor() && pty.screen.screen().bracketed_paste());
    pty.press("\ta");
    pty.wait_for("confirmation", |text| text.contains("acknowledged by you, confirmed by the source"));
    assert!(pty.text().contains("6 unanswered"), "{}", pty.text());
    pty.press("q");
    pty.wait_for("question", |text| text.contains("q again leaves"));
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.assert_given_back();
    assert_eq!(pty.text().trim(), "", "nothing is left on the screen below");
}

#[test]
fn a_paste_is_text_where_text_is_typed() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5"));
    pty.press("/");
    pty.wait_for("filter line", |text| text.contains("enter keep"));
    pty.press("\x1b[200~/\x07\n\x1b[31mscan\x1b[201~");
    pty.wait_for("text without its control characters", |text| text.contains("^G ^[[31mscan"));
    assert!(!pty.text().contains("sending") && !pty.text().contains("acknowledged by"), "{}", pty.text());
}

#[test]
fn without_a_terminal_the_dashboard_says_so() {
    let said = crate::support::Desk::configured("").run(&["--demo"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the dashboard cannot start – stdin and stdout are no terminal – run it in a terminal"), "{}", said.err);
    assert_eq!(said.out, "");
}

#[test]
fn a_signal_gives_the_terminal_back_and_is_the_exit_code() {
    for (signal, number) in [(Signal::SIGTERM, 15), (Signal::SIGHUP, 1), (Signal::SIGINT, 2), (Signal::SIGQUIT, 3)] {
        let mut pty = Pty::demo((80, 24));
        pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
        pty.signal(signal);
        assert_eq!(pty.end(), 128 + number, "{signal}");
        pty.assert_given_back();
        assert_eq!(pty.text().trim(), "", "{signal}");
    }
}

#[test]
fn after_a_stop_the_terminal_is_taken_again_and_drawn_whole() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
    // nobody could make it go on here, and so the system does not stop it
    let before = pty.written.len();
    pty.press("\x1a");
    let left = pty.wait_for_bytes("the terminal left", before, b"\x1b[?1049l");
    let taken = pty.wait_for_bytes("the terminal taken", left, b"\x1b[?1049h");
    pty.wait_for_bytes("the whole board", taken, b"UNANSWERED");
    assert!(pty.screen.screen().alternate_screen() && pty.screen.screen().hide_cursor() && pty.screen.screen().bracketed_paste());
    // stopped from outside, with another's modes set meanwhile
    pty.signal(Signal::SIGSTOP);
    pty.cook();
    let before = pty.written.len();
    pty.signal(Signal::SIGCONT);
    let taken = pty.wait_for_bytes("the terminal taken", before, b"\x1b[?1049h");
    pty.wait_for_bytes("the whole board", taken, b"UNANSWERED");
    assert!(pty.is_raw(), "it is raw again");
    pty.press("q");
    pty.wait_for("question", |text| text.contains("q again leaves"));
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.assert_given_back();
}
