//! The real program in a real pseudo-terminal: it draws, takes a ticket, and gives the terminal back as it was.

use std::fs::{File, Permissions};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::sys::termios::LocalFlags;
use portable_pty::{PtySize, native_pty_system};
use tokio::time::Instant;

use crate::pty::{ENDING, Pty, TO_EXIT, ends_by, gate};
use crate::support::{ACME, Desk};

#[test]
fn the_demo_is_drawn_acknowledges_and_leaves_a_clean_terminal() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
    assert!(pty.screen.screen().alternate_screen() && pty.screen.screen().bracketed_paste());
    pty.wait_for_cursor_on("▌");
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
    for (signal, number) in ENDING {
        let mut pty = Pty::demo((80, 24));
        pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
        ends_by(&mut pty, signal, number);
        assert_eq!(pty.text().trim(), "", "{signal}");
    }
}

#[test]
fn a_signal_waits_for_no_answer() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!("kind = \"redmine\"\nurl = \"http://{}\"\ntoken_file = \"key\"", server.local_addr().unwrap());
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"desk\"\n{source}\n"));
    let key = desk.write("key", "0123456789");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    for (signal, number) in ENDING {
        let mut pty = Pty::dashboard(&desk.path("config.toml"), (80, 24));
        let (mut asked, _) = server.accept().unwrap();
        assert!(asked.read(&mut [0; 16]).unwrap() > 0, "it asks");
        pty.wait_for("board", |text| text.contains("asking desk") && text.contains("? help"));
        ends_by(&mut pty, signal, number);
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
    assert!(pty.screen.screen().alternate_screen() && pty.screen.screen().bracketed_paste());
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

/// Tickets that take more to draw than the system keeps of what was written and not taken.
fn more_than_fits() -> Desk {
    let title = "e\u{301}\u{302}".repeat(250);
    let ticket =
        |n| format!(r#"{{"key":"A-{n}","client":"acme","severity":"S1","title":"{title}","submitted_at":"2026-11-20T10:00:00Z"}}"#);
    Desk::with(&[&format!("[{}]", (0..200).map(ticket).collect::<Vec<_>>().join(","))])
}

/// A signal is heard although the program stands in writing, as on a connection that is stalled.
#[test]
fn a_signal_ends_a_program_whose_terminal_takes_nothing() {
    let desk = more_than_fits();
    let (program, config) = (cargo_bin("holdover"), desk.path("config.toml"));
    let arguments = ["--foreground", "--signal=KILL", "60", program.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let mut pty = Pty::start(Path::new("timeout"), &arguments, &[("PATH", "/usr/bin:/bin")], (500, 200));
    pty.wait_for("board", |text| text.contains("A-150") && text.contains("? help"));
    let before = pty.written.len();
    pty.press("\x0c");
    pty.wait_for_bytes("the beginning of a frame", before, b"\x1b[2J");
    pty.signal(Signal::SIGTERM);
    let began = Instant::now();
    assert_eq!(pty.end_untaken(), 143);
    gate("ended where nothing can be written", began.elapsed(), TO_EXIT);
    assert!(!pty.is_raw());
}

/// Whoever has a signal ignored means the program to outlive it.
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_so() {
    let program = cargo_bin("holdover");
    let deaf = r#"trap '' HUP INT; exec "$0" --demo"#;
    let mut pty = Pty::start(Path::new("/bin/sh"), &["-c", deaf, program.to_str().unwrap()], &[], (80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
    pty.signal(Signal::SIGHUP);
    pty.signal(Signal::SIGINT);
    pty.press("?");
    pty.wait_for("keys", |text| text.contains("keys, marks and"));
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.end(), 143);
    pty.assert_given_back();
}

#[test]
fn a_window_that_is_dragged_is_drawn_now_and_then_and_as_it_was_left() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5") && text.contains("? help"));
    let (before, began) = (pty.written.len(), Instant::now());
    for step in 1..=60 {
        pty.resize((80 + step, 24 + step / 4), Duration::from_millis(5));
    }
    pty.wait_for("board at its last size", |text| text.lines().nth(38).is_some_and(|row| row.len() > 130 && row.ends_with("? help")));
    let frames = pty.written[before..].windows(4).filter(|bytes| *bytes == b"\x1b[2J").count();
    // one at once, and then one each 50 ms
    let most = 2 + began.elapsed().as_millis() / 50;
    println!("{frames} frames for 60 sizes in {:?}", began.elapsed());
    assert!((2..=most).contains(&(frames as u128)), "{frames} frames, at most {most}");
}

/// A terminal may be there and refuse what is written: here what nobody takes, which otherwise is waited for.
fn refused(stderr: Stdio) -> Output {
    let (desk, program) = (more_than_fits(), cargo_bin("holdover"));
    let pty = native_pty_system().openpty(PtySize { rows: 200, cols: 500, pixel_width: 0, pixel_height: 0 }).unwrap();
    let name = pty.master.tty_name().unwrap();
    let terminal = File::options().read(true).write(true).custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits()).open(&name).unwrap();
    let arguments =
        ["--foreground", "--signal=KILL", "60", program.to_str().unwrap(), "--config", desk.path("config.toml").to_str().unwrap()]
            .map(str::to_owned);
    let mut command = Command::new("timeout");
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", desk.path("")).env("TERM", "xterm");
    let child = command.stdin(File::open(&name).unwrap()).stdout(terminal).stderr(stderr).spawn().unwrap();
    let ended = child.wait_with_output().unwrap();
    let modes = pty.master.get_termios().unwrap();
    assert!(modes.local_flags.contains(LocalFlags::ECHO | LocalFlags::ICANON), "it is raw still");
    ended
}

#[test]
fn a_terminal_that_refuses_what_is_written_ends_the_program() {
    let ended = refused(Stdio::piped());
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("the terminal cannot be written"), "{said}");
}

#[test]
fn where_stderr_is_gone_too_nothing_is_told_and_nothing_breaks() {
    let (reader, stderr) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(refused(stderr.into()).status.code(), Some(1));
}
