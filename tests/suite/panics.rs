//! What breaks inside: a worker's panic leaves the screen alone and is told at the end, one of the loop gives the terminal
//! back first. Time is handed to the program, and breaks it where a test says so.

use std::backtrace::Backtrace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Parser;
use holdover::commands::{Cli, Exit, run};
use holdover::sources::Clock;
use nix::sys::signal::Signal;

use crate::pty::{ENDING, Pty, ends_by};
use crate::support::{ACME, Desk};

/// Set where the test below is the program in the pseudo-terminal: the folder of its desk.
const DESK: &str = "HOLDOVER_TEST_DESK";

/// Files that break it: what asks its source, what tells it, and its loop.
const ASKING: &str = "list_open";
const TELLING: &str = "tell";
const LOOP: &str = "loop";

const SIZE: (u16, u16) = (100, 24);

/// The program: what `main` makes of a command line, with another clock.
#[test]
fn program() {
    let Some(folder) = std::env::var_os(DESK).map(PathBuf::from) else { return };
    let cli = Cli::parse_from(["holdover", "--config", folder.join("config.toml").to_str().unwrap()]);
    let environment = vec![("HOME".to_owned(), folder.to_str().unwrap().to_owned())];
    let code = match run(cli, breaking_clock(folder), environment).unwrap() {
        Exit::Signal(number) => 128 + i32::from(number),
        _ => 0,
    };
    std::process::exit(code);
}

/// A clock that stands still, and breaks what looks at it where a file says so.
fn breaking_clock(folder: PathBuf) -> Clock {
    let drawing = std::thread::current().id();
    Arc::new(move || {
        let broken = if std::thread::current().id() == drawing {
            folder.join(LOOP).exists().then_some("the loop breaks")
        } else {
            let of_source = |what: &&str| {
                Backtrace::force_capture().to_string().contains(&format!("DemoSource as holdover::sources::source::TicketSource>::{what}"))
            };
            [ASKING, TELLING].into_iter().filter(|what| folder.join(what).exists()).find(of_source).map(|_| "the worker breaks")
        };
        if let Some(what) = broken {
            panic!("{what}: \x1b[31mred");
        }
        DateTime::<Utc>::from_timestamp(1_795_000_000, 0).unwrap()
    })
}

/// A desk of the demo's tickets.
fn desk() -> Desk {
    Desk::configured(&format!("{ACME}\n[[source]]\nname = \"desk\"\nkind = \"demo\"\n"))
}

fn start(desk: &Desk) -> Pty {
    let folder = desk.path("");
    let arguments = ["--exact", "panics::program", "--nocapture", "--test-threads=1"];
    Pty::start(&std::env::current_exe().unwrap(), &arguments, &[(DESK, folder.to_str().unwrap())], SIZE)
}

fn is_well(text: &str) -> bool {
    text.contains("? help") && !text.contains("STALE") && !text.contains("BLIND") && !text.contains("asking")
}

fn has_failed_inside(text: &str) -> bool {
    text.contains("STALE") && text.contains("failed inside") && text.contains("? help")
}

/// What was written to the terminal before it was given back, and after that.
fn before_and_after(pty: &Pty) -> (String, String) {
    let written = String::from_utf8_lossy(&pty.written).into_owned();
    let (before, after) = written.split_once("\x1b[?1049l").expect("the terminal was left");
    (before.to_owned(), after.to_owned())
}

#[test]
fn a_worker_that_breaks_is_a_fault_of_its_source_and_is_told_at_the_end() {
    let desk = desk();
    let mut pty = start(&desk);
    pty.wait_for("board", is_well);
    let broken = desk.write(ASKING, "");
    pty.press("r");
    pty.wait_for("fault", has_failed_inside);
    assert!(pty.screen.screen().alternate_screen() && pty.is_raw(), "the terminal is the program's still");
    remove(&broken);
    pty.press("r");
    pty.wait_for("board without a fault", is_well);
    desk.write(ASKING, "");
    pty.press("r");
    pty.wait_for("fault", has_failed_inside);
    ends_by(&mut pty, Signal::SIGTERM, 15);
    let (before, after) = before_and_after(&pty);
    assert!(!before.contains("the worker breaks"), "{before}");
    assert_eq!(after.matches("the worker breaks: ^[[31mred").count(), 2, "{after}");
    assert!(after.contains("please report this") && after.contains("panicked at tests/suite/panics.rs"), "{after}");
}

#[test]
fn a_signal_ends_a_program_whose_worker_broke() {
    let desk = desk();
    desk.write(ASKING, "");
    for (signal, number) in ENDING {
        let mut pty = start(&desk);
        pty.wait_for("fault", |text| text.contains("failed inside") && text.contains("? help"));
        ends_by(&mut pty, signal, number);
    }
}

#[test]
fn an_acknowledgement_that_breaks_is_told_of_its_ticket_and_at_the_end() {
    let desk = desk();
    let mut pty = start(&desk);
    pty.wait_for("board", is_well);
    desk.write(TELLING, "");
    pty.press("\ta");
    pty.wait_for("outcome", |text| text.lines().any(|row| row.contains("HD-5509") && row.contains(" unsent")));
    assert!(pty.screen.screen().alternate_screen() && pty.is_raw(), "the terminal is the program's still");
    pty.signal(Signal::SIGTERM);
    assert_eq!(pty.end(), 143);
    let (before, after) = before_and_after(&pty);
    assert!(!before.contains("the worker breaks") && after.contains("the worker breaks"), "{before}\n{after}");
}

#[test]
fn a_loop_that_breaks_gives_the_terminal_back_before_it_is_told() {
    let desk = desk();
    desk.write(ASKING, "");
    let mut pty = start(&desk);
    pty.wait_for("fault", |text| text.contains("failed inside"));
    desk.write(LOOP, "");
    pty.press("j");
    assert_eq!(pty.end(), 101);
    pty.assert_given_back();
    let (before, after) = before_and_after(&pty);
    assert!(!before.contains("breaks"), "{before}");
    let (worker, of_loop) = (after.find("the worker breaks").unwrap(), after.find("the loop breaks").unwrap());
    assert!(worker < of_loop, "in the order in which they came: {after}");
}

fn remove(path: &Path) {
    std::fs::remove_file(path).unwrap();
}
