//! Panics are told once the terminal is given back. One of the thread that draws unwinds, and so gives it back at once; after
//! one of a worker the program lives on, and its report would paint over the screen.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use super::terminal;
use crate::domain::SafeText;

/// So many reports wait, the first ones; what breaks for days breaks in the same way.
const MOST: usize = 16;

/// The reports that wait for the terminal to be given back, and how many more there were.
static WAITING: Mutex<(Vec<String>, usize)> = Mutex::new((Vec::new(), 0));

/// Makes every panic wait to be told while the terminal is taken, from now on.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        keep(report(panic));
        // in this order, as the terminal is given back before they are told: then none is forgotten between
        if !terminal::is_taken() {
            tell_waiting();
        }
    }));
}

/// Tells what waits on stderr. Nobody may be listening there.
pub(super) fn tell_waiting() {
    let (reports, more) = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    let mut stderr = io::stderr();
    for report in reports {
        let _ = writeln!(stderr, "{report}");
    }
    if more > 0 {
        let _ = writeln!(stderr, "… and so {more} times more");
    }
}

fn keep(report: String) {
    let (reports, more) = &mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    if reports.len() < MOST {
        reports.push(report);
    } else {
        *more += 1;
    }
}

/// What is told of a panic; it may hold a piece of what strangers wrote.
fn report(panic: &PanicHookInfo) -> String {
    let backtrace = Backtrace::capture();
    let backtrace = if backtrace.status() == BacktraceStatus::Captured { format!("\n{backtrace}") } else { String::new() };
    SafeText::body(&format!("holdover failed inside – please report this:\n{panic}{backtrace}")).to_string()
}
