//! The real program in a real pseudo-terminal: it draws, takes a ticket, and gives the terminal back as it was.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use holdover::tui::{Terminal, install_panic_hook};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::time::Instant;

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// A program in a terminal.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    /// Everything that was written to the terminal.
    pub written: Vec<u8>,
}

impl Pty {
    /// Starts a program with these arguments and variables, and no others.
    pub fn start(program: &Path, arguments: &[&str], environment: &[(&str, &str)], (columns, rows): (u16, u16)) -> Self {
        let pty = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, text) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC")].iter().chain(environment) {
            command.env(name, text);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pty.master.take_writer().unwrap();
        Self { master: pty.master, child, keys, output, screen: vt100::Parser::new(rows, columns, 0), written: Vec::new() }
    }

    /// The dashboard of the demo.
    fn demo(size: (u16, u16)) -> Self {
        Self::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--demo"], &[], size)
    }

    /// The dashboard of a configuration.
    pub fn dashboard(config: &Path, size: (u16, u16)) -> Self {
        let home = config.parent().unwrap().to_str().unwrap();
        Self::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--config", config.to_str().unwrap()], &[("HOME", home)], size)
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen is as wanted.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let guard = Instant::now() + GUARD;
        while !wanted(&self.text()) {
            let left = guard.saturating_duration_since(Instant::now());
            let Ok(piece) = self.output.recv_timeout(left) else {
                panic!("no {what} on the screen:\n{}", self.text());
            };
            self.take(&piece);
        }
    }

    /// Waits for what is written after so many bytes; returns where it begins.
    fn wait_for_bytes(&mut self, what: &str, after: usize, wanted: &[u8]) -> usize {
        loop {
            if let Some(place) = self.written[after..].windows(wanted.len()).position(|bytes| bytes == wanted) {
                return after + place;
            }
            let Ok(piece) = self.output.recv_timeout(GUARD) else { panic!("{what}: not written:\n{}", self.text()) };
            self.take(&piece);
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end of the program, which closes the terminal; returns how it ended.
    pub fn end(&mut self) -> u32 {
        loop {
            match self.output.recv_timeout(GUARD) {
                Ok(piece) => self.take(&piece),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().exit_code(),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
    }

    pub fn signal(&self, signal: Signal) {
        let id = self.child.process_id().unwrap();
        kill(Pid::from_raw(i32::try_from(id).unwrap()), signal).unwrap();
    }

    /// Sets the terminal as a shell has it.
    fn cook(&self) {
        let terminal = File::open(self.master.tty_name().unwrap()).unwrap();
        let mut modes = tcgetattr(&terminal).unwrap();
        modes.local_flags.insert(LocalFlags::ECHO | LocalFlags::ICANON);
        tcsetattr(&terminal, SetArg::TCSANOW, &modes).unwrap();
    }

    fn take(&mut self, piece: &[u8]) {
        self.screen.process(piece);
        self.written.extend(piece);
    }

    fn assert_given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "it is on the other screen still");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are marked still");
        assert!(!screen.application_cursor() && !screen.application_keypad());
        let modes = self.master.get_termios().unwrap();
        assert!(modes.local_flags.contains(LocalFlags::ECHO | LocalFlags::ICANON), "it is raw still");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

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
    assert!(!pty.master.get_termios().unwrap().local_flags.intersects(LocalFlags::ECHO | LocalFlags::ICANON), "it is raw again");
    pty.press("q");
    pty.wait_for("question", |text| text.contains("q again leaves"));
    pty.press("q");
    assert_eq!(pty.end(), 0);
    pty.assert_given_back();
}

/// Set where the test below is the program in the pseudo-terminal.
const PANICKING: &str = "HOLDOVER_TEST_PANICS";

#[test]
fn a_panic_gives_the_terminal_back() {
    if std::env::var_os(PANICKING).is_some() {
        install_panic_hook();
        let mut terminal = Terminal::enter().unwrap();
        terminal
            .draw((80, 24), |buffer, _| {
                buffer.set_string(0, 0, "about to break", ratatui::style::Style::new());
                None
            })
            .unwrap();
        // one beside the drawing thread is no reason to give the terminal back
        let beside = std::thread::spawn(|| panic!("the one beside"));
        assert!(beside.join().is_err());
        panic!("the one that draws");
    }
    let name = "terminal::a_panic_gives_the_terminal_back";
    let arguments = ["--exact", name, "--nocapture", "--test-threads=1"];
    let mut pty = Pty::start(&std::env::current_exe().unwrap(), &arguments, &[(PANICKING, "1")], (80, 24));
    assert_eq!(pty.end(), 101);
    pty.assert_given_back();
    let written = String::from_utf8_lossy(&pty.written);
    let leaves = written.find("\x1b[?1049l").unwrap();
    let told = written.find("the one that draws").unwrap();
    assert!(leaves < told, "the report comes after the terminal is given back");
    assert!(!written.contains("the one beside"), "{written}");
    assert!(written.contains("about") && written.contains("break"));
}
