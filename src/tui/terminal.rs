//! The terminal: entered, drawn on, and left as it was found, whatever happens. Nothing is ever asked of it: a late answer
//! would be typed into the program as keys.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};

use super::canvas::Canvas;
use super::input::Input;
use super::panics;
use super::reader::Reader;
use crate::domain::SafeText;

/// A frame at most this large goes out in one write.
const FRAME: usize = 1 << 18;

/// Whether the terminal is ours, so that it is given back just once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal, from [`Terminal::enter`] until it is left or dropped.
pub struct Terminal {
    canvas: Canvas<BufWriter<Stdout>>,
    reader: Reader,
}

impl Terminal {
    /// Takes the terminal: raw, on its other screen, without a cursor, with pastes marked as such.
    ///
    /// # Errors
    /// Where stdin or stdout is no terminal, or does not do as told.
    pub fn enter() -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::other("stdin and stdout are no terminal"));
        }
        // which colours are used is decided by the theme; NO_COLOR would make every reset wipe bold and reverse too
        crossterm::style::force_color_output(true);
        take()?;
        Ok(Self { canvas: Canvas::new(BufWriter::with_capacity(FRAME, io::stdout())), reader: Reader::spawn() })
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// Where the terminal does not say.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// Gives the terminal back before this is dropped.
    pub fn leave() {
        restore();
        panics::tell_waiting();
    }

    /// Draws on an empty screen of so many columns and rows. Only what differs from the last frame is written, in one
    /// write; nothing at all where nothing does. `render` says where the cursor is shown. Nothing is drawn on a terminal that is
    /// gone, whose end is the next input, nor on one that is given to the shell.
    ///
    /// # Errors
    /// Where the terminal cannot be written.
    pub fn draw(&mut self, size: (u16, u16), render: impl FnOnce(&mut Buffer, Rect) -> Option<Position>) -> io::Result<()> {
        if !is_taken() {
            return Ok(());
        }
        match self.canvas.draw(size, render) {
            Err(_) if is_gone() => Ok(()),
            drawn => drawn,
        }
    }

    /// Rings once; a terminal that is gone, or given to the shell, does not.
    ///
    /// # Errors
    /// Where the terminal cannot be written.
    pub fn ring(&mut self) -> io::Result<()> {
        if !is_taken() {
            return Ok(());
        }
        match io::stdout().write_all(b"\x07").and_then(|()| io::stdout().flush()) {
            Err(_) if is_gone() => Ok(()),
            rung => rung,
        }
    }

    /// Gives the terminal to the shell and stops, with whatever was started together with the program. When that is over the
    /// signal to go on has come, and the terminal can be taken again. (Where nobody could make the program go on, the system
    /// does not stop it: then it is the program itself that sends the signal.)
    pub fn suspend() {
        restore();
        // to itself a program may send any signal
        let _ = kill_current_process_group(Signal::TSTP).and_then(|()| kill_process(getpid(), Signal::CONT));
    }

    /// Takes the terminal again after a stop, whatever was done to it meanwhile.
    ///
    /// # Errors
    /// Where it does not do as told.
    pub fn take_again(&mut self) -> io::Result<()> {
        restore();
        take()?;
        self.canvas.begin_anew();
        Ok(())
    }

    /// Gives the terminal a text to copy to the clipboard of whoever sits before it. Whether it does, it does not say.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn copy(&mut self, text: &SafeText) -> io::Result<()> {
        if is_taken() { execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text.as_str())) } else { Ok(()) }
    }

    /// Makes the next frame draw everything.
    pub fn redraw(&mut self) {
        self.canvas.redraw();
    }

    /// Waits for what comes next from the terminal; `None` is its end.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn next_input(&mut self) -> io::Result<Option<Input>> {
        self.reader.next().await
    }

    /// What has come already, if anything.
    ///
    /// # Errors
    /// Where the terminal cannot be read.
    pub fn pending_input(&mut self) -> io::Result<Option<Input>> {
        self.reader.pending()
    }
}

/// Columns and rows of the terminal that stdin, stdout or stderr is; `None` where none of them is one. It is not taken.
#[must_use]
pub fn size_of_any() -> Option<(u16, u16)> {
    let any = io::stdout().is_terminal() || io::stdin().is_terminal() || io::stderr().is_terminal();
    any.then(|| crossterm::terminal::size().unwrap_or_default())
}

/// Whether the terminal is gone: that it cannot be read or written then is its end, and no fault.
pub(super) fn is_gone() -> bool {
    poll_hang_up(Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|gone| gone > 0)
}

/// Waits so long for the hang-up; how many of stdin and stdout have.
pub(super) fn poll_hang_up(wait: Option<&Timespec>) -> rustix::io::Result<usize> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    // asking for nothing leaves what is always told: hang-up, error, no such file
    poll(&mut [PollFd::new(&stdin, PollFlags::empty()), PollFd::new(&stdout, PollFlags::empty())], wait)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        Self::leave();
    }
}

/// Takes the terminal.
fn take() -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let taken = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide, Clear(ClearType::All));
    taken.inspect_err(|_| restore())
}

/// Gives the terminal back as it was, if it is ours. Nothing can be done where that fails: it is gone.
fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // first what needs no room in a terminal that takes nothing
        let _ = disable_raw_mode();
        let _ = execute!(io::stdout(), DisableBracketedPaste, Show, LeaveAlternateScreen);
    }
}

/// Gives back what can be given back of a terminal that takes nothing.
pub(super) fn leave_raw_mode() {
    if is_taken() {
        let _ = disable_raw_mode();
    }
}

/// Whether the terminal is ours.
pub(super) fn is_taken() -> bool {
    ENTERED.load(Ordering::SeqCst)
}
