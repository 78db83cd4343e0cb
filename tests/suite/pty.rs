//! A program in a real pseudo-terminal: keys in, screen and bytes out.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::time::Instant;

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// The signals that end the program, with their numbers.
pub const ENDING: [(Signal, u32); 4] = [(Signal::SIGTERM, 15), (Signal::SIGHUP, 1), (Signal::SIGINT, 2), (Signal::SIGQUIT, 3)];

/// From a signal to the terminal given back, and to the end.
const TO_RESTORED: Duration = Duration::from_millis(50);
pub const TO_EXIT: Duration = Duration::from_secs(2);

/// Reports how long something took, and gates it at ten times what is asked for.
pub fn gate(what: &str, took: Duration, asked_for: Duration) {
    println!("{what}: {took:?}, asked for {asked_for:?}");
    assert!(took <= asked_for * 10, "{what}: {took:?}, asked for {asked_for:?}");
}

/// Sends a signal: the terminal is given back, and the signal is the exit code.
pub fn ends_by(pty: &mut Pty, signal: Signal, number: u32) {
    let before = pty.written.len();
    let began = Instant::now();
    pty.signal(signal);
    pty.wait_for_bytes("the terminal left", before, b"\x1b[?1049l");
    let restored = began.elapsed();
    assert_eq!(pty.end(), 128 + number, "{signal}");
    let ended = began.elapsed();
    pty.assert_given_back();
    gate(&format!("{signal}, terminal given back"), restored, TO_RESTORED);
    gate(&format!("{signal}, ended"), ended, TO_EXIT);
}

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
        // while a test takes nothing the terminal takes nothing
        let (sender, output) = sync_channel(1);
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
    pub fn demo(size: (u16, u16)) -> Self {
        Self::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--demo"], &[], size)
    }

    /// The dashboard of a configuration.
    pub fn dashboard(config: &Path, size: (u16, u16)) -> Self {
        let home = config.parent().unwrap().to_str().unwrap();
        Self::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--config", config.to_str().unwrap()], &[("HOME", home)], size)
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
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
    pub fn wait_for_bytes(&mut self, what: &str, after: usize, wanted: &[u8]) -> usize {
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

    /// Waits for the end of a program that cannot write; the caller sees to it that it comes. Returns how it ended.
    pub fn end_untaken(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.id()).unwrap()), signal).unwrap();
    }

    /// Gives the terminal another size, and takes for so long what is written.
    pub fn resize(&mut self, (columns, rows): (u16, u16), take_for: Duration) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(rows, columns);
        let until = Instant::now() + take_for;
        while let Ok(piece) = self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.take(&piece);
        }
    }

    /// Sets the terminal as a shell has it.
    pub fn cook(&self) {
        let terminal = File::open(self.master.tty_name().unwrap()).unwrap();
        let mut modes = tcgetattr(&terminal).unwrap();
        modes.local_flags.insert(LocalFlags::ECHO | LocalFlags::ICANON);
        tcsetattr(&terminal, SetArg::TCSANOW, &modes).unwrap();
    }

    fn take(&mut self, piece: &[u8]) {
        self.screen.process(piece);
        self.written.extend(piece);
    }

    pub fn assert_given_back(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "it is on the other screen still");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are marked still");
        assert!(!screen.application_cursor() && !screen.application_keypad());
        assert!(!self.is_raw(), "it is raw still");
    }

    /// Waits until the terminal's own cursor is shown, and on such a sign.
    pub fn wait_for_cursor_on(&mut self, sign: &str) {
        let is_on = |pty: &Self| {
            let screen = pty.screen.screen();
            let (row, column) = screen.cursor_position();
            !screen.hide_cursor() && screen.cell(row, column).is_some_and(|cell| cell.contents() == sign)
        };
        while !is_on(self) {
            let Ok(piece) = self.output.recv_timeout(GUARD) else { panic!("no cursor on {sign}:\n{}", self.text()) };
            self.take(&piece);
        }
    }

    /// Whether keys come one by one and are not shown.
    pub fn is_raw(&self) -> bool {
        !self.master.get_termios().unwrap().local_flags.intersects(LocalFlags::ECHO | LocalFlags::ICANON)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
