//! Reads the terminal until its end, freed of what is no input. While a window is dragged only some of its sizes are told.

use std::io;
use std::time::Duration;

use crossterm::event::Event;
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::input::{Input, InputFilter};
use super::terminal::{is_gone, poll_hang_up};

/// So many events may wait to be taken in; a terminal that sends more waits itself.
const EVENTS: usize = 1024;

/// From one size to the next that is told: a frame for each would be drawn for nobody, and over a slow line for long.
const SIZES: Duration = Duration::from_millis(50);

/// What came from the terminal, and when, counted from when it began to be read. (While the screen is busy it waits, and would
/// seem to come later.) `None` is its end.
type Arrival = io::Result<Option<(Event, Duration)>>;

/// Input as it comes.
pub(super) struct Reader {
    arrivals: mpsc::Receiver<Arrival>,
    filter: InputFilter,
    sizes: Sizes,
}

impl Reader {
    /// Reads on a thread of its own, until the terminal cannot be read or nobody wants to know. (crossterm's stream keeps the
    /// first waker it is given: asking it what is pending, without waiting, would make it forget whom to wake.)
    pub fn spawn() -> Self {
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
        Self::of(arrivals)
    }

    fn of(arrivals: mpsc::Receiver<Arrival>) -> Self {
        Self { arrivals, filter: InputFilter::default(), sizes: Sizes { waiting: None, from: Instant::now() } }
    }

    /// Waits for what comes next; `None` is the end, however often it is asked.
    ///
    /// # Errors
    /// Where the terminal cannot be read.
    pub async fn next(&mut self) -> io::Result<Option<Input>> {
        loop {
            if let Some(input) = self.pending()? {
                return Ok(Some(input));
            }
            let size_due = self.sizes.due();
            let size = async {
                match size_due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                arrival = self.arrivals.recv() => match arrival {
                    Some(arrival) => if let Some(input) = self.take(arrival)? {
                        return Ok(Some(input));
                    },
                    None => return Ok(None),
                },
                () = size => {}
            }
        }
    }

    /// What has come already, if anything.
    ///
    /// # Errors
    /// Where the terminal cannot be read.
    pub fn pending(&mut self) -> io::Result<Option<Input>> {
        while let Ok(arrival) = self.arrivals.try_recv() {
            if let Some(input) = self.take(arrival)? {
                return Ok(Some(input));
            }
        }
        Ok(self.sizes.take(Instant::now()))
    }

    /// The input that an arrival is, if it is one now.
    fn take(&mut self, arrival: Arrival) -> io::Result<Option<Input>> {
        let Some((event, at)) = arrival? else {
            self.arrivals.close();
            return Ok(None);
        };
        Ok(match self.filter.take(event, at) {
            Some(Input::Resize(columns, rows)) => {
                self.sizes.waiting = Some((columns, rows));
                None
            }
            input => input,
        })
    }
}

/// The last size that was not told yet, and from when on it may be.
struct Sizes {
    waiting: Option<(u16, u16)>,
    from: Instant,
}

impl Sizes {
    /// When the one that waits is told: at once, if none was just before.
    fn due(&self) -> Option<Instant> {
        self.waiting.map(|_| self.from)
    }

    fn take(&mut self, now: Instant) -> Option<Input> {
        self.due().filter(|due| *due <= now)?;
        self.from = now + SIZES;
        self.waiting.take().map(|(columns, rows)| Input::Resize(columns, rows))
    }
}

/// Sleeps until the terminal is gone, and says so. crossterm would not: it then reads nothing, for ever and at full speed.
fn wait_for_hang_up(sender: &mpsc::WeakSender<Arrival>) {
    while poll_hang_up(None) == Err(Errno::INTR) {}
    if let Some(sender) = sender.upgrade() {
        let _ = sender.blocking_send(Ok(None));
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use tokio::time::sleep;

    use super::*;

    const ALL: u16 = 60;

    /// A window is dragged: a size each five milliseconds, and a key after the twentieth.
    fn dragged() -> Reader {
        let (sender, arrivals) = mpsc::channel(EVENTS);
        tokio::spawn(async move {
            for n in 1..=ALL {
                sender.send(Ok(Some((Event::Resize(n, n), Duration::ZERO)))).await.unwrap();
                if n == 20 {
                    let key = KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE);
                    sender.send(Ok(Some((Event::Key(key), Duration::ZERO)))).await.unwrap();
                }
                sleep(Duration::from_millis(5)).await;
            }
            sender.closed().await;
        });
        Reader::of(arrivals)
    }

    #[tokio::test(start_paused = true)]
    async fn of_sixty_sizes_in_300_ms_seven_are_told_and_the_last_is_one() {
        let mut reader = dragged();
        let (mut told, mut key_at) = (Vec::new(), None);
        let began = Instant::now();
        loop {
            match reader.next().await.unwrap() {
                Some(Input::Resize(columns, _)) => told.push(columns),
                Some(Input::Key(_)) => key_at = Some(began.elapsed().as_millis()),
                other => panic!("{other:?}"),
            }
            if told.last() == Some(&ALL) {
                break;
            }
        }
        assert_eq!(told.len(), 7, "{told:?}");
        assert_eq!(told[0], 1, "the first at once");
        assert!(key_at.is_some_and(|at| (95..100).contains(&at)), "no key waits for them: {key_at:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_the_end_however_often_it_is_asked() {
        let (sender, arrivals) = mpsc::channel(EVENTS);
        let mut reader = Reader::of(arrivals);
        sender.send(Ok(None)).await.unwrap();
        for _ in 0..3 {
            assert!(reader.next().await.unwrap().is_none());
        }
        assert!(sender.is_closed(), "nobody reads on");
    }
}
