//! Frames written to a terminal: only what differs from the last one, and nothing but text, colours, places and the cursor.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What was last drawn, and where the next frame is written to.
pub struct Canvas<W: Write> {
    backend: CrosstermBackend<W>,
    shown: Buffer,
    cursor: Option<Position>,
}

impl<W: Write> Canvas<W> {
    /// An empty one, whose cursor is hidden.
    #[must_use]
    pub fn new(out: W) -> Self {
        Self { backend: CrosstermBackend::new(out), shown: Buffer::empty(Rect::ZERO), cursor: None }
    }

    /// Makes the next frame draw everything.
    pub fn redraw(&mut self) {
        self.shown = Buffer::empty(Rect::ZERO);
    }

    /// The same on a terminal that was given away, and whose cursor is hidden again.
    pub fn begin_anew(&mut self) {
        self.cursor = None;
        self.redraw();
    }

    /// Draws on an empty screen of so many columns and rows; flushed where anything was written. `render` says where the
    /// cursor is shown.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn draw(&mut self, (columns, rows): (u16, u16), render: impl FnOnce(&mut Buffer, Rect) -> Option<Position>) -> io::Result<()> {
        let area = Rect::new(0, 0, columns, rows);
        let mut frame = Buffer::empty(area);
        let cursor = render(&mut frame, area);
        let resized = self.shown.area != area;
        if resized {
            queue!(self.backend, Clear(ClearType::All))?;
            self.shown = Buffer::empty(area);
        }
        let changes = self.shown.diff(&frame);
        let moved = cursor != self.cursor || (cursor.is_some() && !changes.is_empty());
        if changes.is_empty() && !moved && !resized {
            return Ok(());
        }
        // terminals disagree on how wide a sign is: after one that is not ASCII the place is told again, so that what
        // follows stands in its column
        for run in changes.chunk_by(|(_, _, before), (_, _, next)| before.symbol().is_ascii() || !next.symbol().is_ascii()) {
            self.backend.draw(run.iter().copied())?;
        }
        // not by the functions of the backend: each would be a write of its own
        if let Some(position) = cursor {
            queue!(self.backend, MoveTo(position.x, position.y))?;
        }
        match (self.cursor, cursor) {
            (None, Some(_)) => queue!(self.backend, Show)?,
            (Some(_), None) => queue!(self.backend, Hide)?,
            _ => {}
        }
        Write::flush(&mut self.backend)?;
        self.cursor = cursor;
        self.shown = frame;
        Ok(())
    }
}
