//! The real program in a terminal that goes away, as a lost connection takes it away.

use std::io::{Read, Write};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tokio::time::Instant;

use crate::pty::gate;

/// From the terminal's end to the program's, and what it may use until then.
const TO_END: Duration = Duration::from_secs(1);
const PROCESSOR: Duration = Duration::from_millis(100);

/// Without the signal that most programs then die of: whoever started the program may have had it ignored, and the program
/// would read nothing, for ever and at full speed. The guard kills it, which is another code.
const DEAF: &str = r#"trap '' HUP; exec "$0" --demo --at 2026-11-23T00:18:00Z"#;
const GUARD: [&str; 5] = ["--foreground", "--signal=KILL", "60", "sh", "-c"];

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    hang_up_after("");
}

/// What it writes to a terminal that has gone is an error to the system, and none of the program.
#[test]
fn a_terminal_that_goes_away_while_it_is_drawn_on_ends_the_program() {
    hang_up_after(&"\tGg".repeat(40));
}

/// Starts the demo, types, and takes the terminal away.
fn hang_up_after(keys: &str) {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new("timeout");
    command.args(GUARD);
    command.args([DEAF, env!("CARGO_BIN_EXE_holdover")]);
    command.env_clear();
    for (name, text) in [("PATH", "/usr/bin:/bin"), ("TERM", "xterm-256color"), ("TZ", "UTC")] {
        command.env(name, text);
    }
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut screen = vt100::Parser::new(24, 80, 0);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let mut bytes = [0; 4096];
    // all sources have answered, and time stands still: it will not write, and cannot find out that way
    let drawn = |text: &str| text.contains("NOW, UNANSWERED 5") && text.contains("demo:") && text.ends_with("? help");
    while !drawn(&screen.screen().contents()) {
        let read = reader.read(&mut bytes).unwrap();
        assert!(read > 0, "it ended before it drew: {}", screen.screen().contents());
        screen.process(&bytes[..read]);
    }
    let mut writer = pty.master.take_writer().unwrap();
    writer.write_all(keys.as_bytes()).unwrap();
    drop((reader, writer, pty.master));
    let began = Instant::now();
    let id = i32::try_from(child.process_id().unwrap()).unwrap();
    // it stays until it is waited for below, and what it has used with it
    waitid(WaitId::Pid(Pid::from_raw(id).unwrap()), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    gate("gone after its terminal", began.elapsed(), TO_END);
    let used = used_by_children(id);
    let ended = child.wait().unwrap();
    assert_eq!(ended.exit_code(), 129, "{ended:?}");
    gate("processor time from start to end", used, PROCESSOR);
}

/// The processor time that the ended children of a process have used.
fn used_by_children(id: i32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // what comes after the name, which may hold anything, is counted from the third
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap();
    // Linux tells a hundred ticks a second, whatever it counts in itself
    Duration::from_millis(ticks * 10)
}
