//! The terminal: entered, drawn on, and left as it was found, whatever happens. Nothing is ever asked of it: a late answer
//! would be typed into the program as keys.

use std::io::{self, BufWriter, IsTerminal, Stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_current_process_group, kill_process};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::canvas::Canvas;
use super::input::{Input, InputFilter};

/// A frame at most this large goes out in one write.
const FRAME: usize = 1 << 18;

/// So many events may wait to be taken in; a terminal that sends more waits itself.
const EVENTS: usize = 1024;

/// Whether the terminal is ours, so that it is given back just once.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// What came from the terminal, and when, counted from when it began to be read. (While the screen is busy it waits, and would
/// seem to come later.) `None` is its end.
type Arrival = io::Result<Option<(Event, Duration)>>;

/// The terminal, from [`Terminal::enter`] until it is left or dropped.
pub struct Terminal {
    canvas: Canvas<BufWriter<Stdout>>,
    arrivals: mpsc::Receiver<Arrival>,
    filter: InputFilter,
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
        Ok(Self {
            canvas: Canvas::new(BufWriter::with_capacity(FRAME, io::stdout())),
            arrivals: read_events(),
            filter: InputFilter::default(),
        })
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
    }

    /// Draws on an empty screen of so many columns and rows. Only what differs from the last frame is written, in one
    /// write; nothing at all where nothing does. `render` says where the cursor is shown. Nothing is drawn on a terminal that is
    /// gone, whose end is the next input, nor on one that is given to the shell.
    ///
    /// # Errors
    /// Where the terminal cannot be written.
    pub fn draw(&mut self, size: (u16, u16), render: impl FnOnce(&mut Buffer, Rect) -> Option<Position>) -> io::Result<()> {
        if !ENTERED.load(Ordering::SeqCst) {
            return Ok(());
        }
        match self.canvas.draw(size, render) {
            Err(_) if is_gone() => Ok(()),
            drawn => drawn,
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

    /// Makes the next frame draw everything.
    pub fn redraw(&mut self) {
        self.canvas.redraw();
    }

    /// Waits for what comes next from the terminal; `None` is its end.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub async fn next_input(&mut self) -> io::Result<Option<Input>> {
        while let Some(arrival) = self.arrivals.recv().await {
            let Some((event, at)) = arrival? else { break };
            if let Some(input) = self.filter.take(event, at) {
                return Ok(Some(input));
            }
        }
        // so that it is the end however often it is asked
        self.arrivals.close();
        Ok(None)
    }

    /// What has come already, if anything.
    ///
    /// # Errors
    /// Where the terminal cannot be read.
    pub fn pending_input(&mut self) -> io::Result<Option<Input>> {
        while let Ok(arrival) = self.arrivals.try_recv() {
            let Some((event, at)) = arrival? else {
                self.arrivals.close();
                break;
            };
            if let Some(input) = self.filter.take(event, at) {
                return Ok(Some(input));
            }
        }
        Ok(None)
    }
}

/// Reads the terminal on a thread of its own, until it cannot be read or nobody wants to know. (crossterm's stream keeps the
/// first waker it is given: asking it what is pending, without waiting, would make it forget whom to wake.)
fn read_events() -> mpsc::Receiver<Arrival> {
    let (sender, arrivals) = mpsc::channel(EVENTS);
    let weak = sender.downgrade();
    let began = Instant::now();
    std::thread::spawn(move || {
        loop {
            let arrival = match crossterm::event::read() {
                Ok(event) => Ok(Some((event, began.elapsed()))),
                Err(_) if is_gone() => Ok(None),
                Err(error) => Err(error),
            };
            let over = !matches!(arrival, Ok(Some(_)));
            if sender.blocking_send(arrival).is_err() || over {
                return;
            }
        }
    });
    std::thread::spawn(move || wait_for_hang_up(&weak));
    arrivals
}

/// Sleeps until the terminal is gone, and says so. crossterm would not: it then reads nothing, for ever and at full speed.
fn wait_for_hang_up(sender: &mpsc::WeakSender<Arrival>) {
    while poll_hang_up(None) == Err(Errno::INTR) {}
    if let Some(sender) = sender.upgrade() {
        let _ = sender.blocking_send(Ok(None));
    }
}

/// Whether the terminal is gone: that it cannot be read or written then is its end, and no fault.
fn is_gone() -> bool {
    poll_hang_up(Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|gone| gone > 0)
}

/// Waits so long for the hang-up; how many of stdin and stdout have.
fn poll_hang_up(wait: Option<&Timespec>) -> rustix::io::Result<usize> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    // asking for nothing leaves what is always told: hang-up, error, no such file
    poll(&mut [PollFd::new(&stdin, PollFlags::empty()), PollFd::new(&stdout, PollFlags::empty())], wait)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
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
        let _ = execute!(io::stdout(), DisableBracketedPaste, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// Makes a panic of this thread, which draws, give the terminal back before it is told. One of another thread is told by
/// what it was doing: its report would paint over the screen of a program that lives on.
pub fn install_panic_hook() {
    let drawing = std::thread::current().id();
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == drawing {
            restore();
        }
        if !ENTERED.load(Ordering::SeqCst) {
            told(panic);
        }
    }));
}
