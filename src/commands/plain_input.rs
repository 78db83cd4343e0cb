//! The lines that are typed under `--plain`, or come from a pipe.

use std::io::{self, BufRead, Read};

use tokio::sync::mpsc;

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line.
    Line(String),
    /// A line that is too long to be kept.
    TooLong,
}

/// Reads stdin line by line, beside the loop; it ends with stdin. A line of more bytes than `most` is not kept.
pub(super) fn typed(most: usize) -> mpsc::Receiver<Typed> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        // what cannot be read has ended
        while let Ok(Some(line)) = next(&mut stdin, most) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The next line; nothing at the end.
fn next(input: &mut impl BufRead, most: usize) -> io::Result<Option<Typed>> {
    let mut line = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() < most || line.ends_with(b"\n") {
        return Ok(Some(Typed::Line(String::from_utf8_lossy(&line).into_owned())));
    }
    input.skip_until(b'\n')?;
    Ok(Some(Typed::TooLong))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_told_of_and_the_next_is_read() {
        let mut input = &b"ack A-1\n0123456789abcdef\nquit"[..];
        let read: Vec<Option<Typed>> = (0..4).map(|_| next(&mut input, 10).unwrap()).collect();
        let line = |text: &str| Some(Typed::Line(text.to_owned()));
        assert_eq!(read, [line("ack A-1\n"), Some(Typed::TooLong), line("quit"), None]);
    }
}
