//! A handover as Markdown that pastes well into chat and mail, and as the lines of a screen.

use chrono::{DateTime, TimeDelta, Utc};

use super::handover::{Handover, Item, Known};
use super::model::{Model, Rules};
use super::past::Past;
use super::summary::{Piece, Tone};
use crate::domain::SafeText;

impl Handover {
    /// As Markdown: what others wrote is text in it, and neither marks it up nor calls anybody.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("**{}**\n\n{}\n", escaped(&self.title), escaped(&self.since));
        for section in &self.sections {
            out.push_str("\n**");
            out.push_str(&escaped(&section.heading));
            out.push_str("**\n");
            for (n, item) in section.items.iter().enumerate() {
                out.push_str(if n == 0 { "\n- " } else { "- " });
                out.push_str(&marked_up(item));
                out.push('\n');
            }
        }
        out
    }

    /// As lines for so many columns.
    pub(super) fn lines(&self, columns: usize) -> Vec<Vec<Piece>> {
        // a key is one word
        let options = || textwrap::Options::new(columns.max(8)).word_splitter(textwrap::WordSplitter::NoHyphenation);
        let wrapped = |text: &str, tone| -> Vec<Vec<Piece>> {
            textwrap::wrap(text, options()).into_iter().map(|line| vec![Piece::new(line, tone)]).collect()
        };
        let mut lines = wrapped(&self.since, Tone::Muted);
        for section in &self.sections {
            lines.push(Vec::new());
            lines.extend(wrapped(&section.heading, section.tone));
            for item in &section.items {
                let key = item.ticket.as_ref().map_or("", |(key, _)| key.as_str());
                let options = options().initial_indent("- ").subsequent_indent("  ");
                let text = format!("{}{key}{}", item.lead, item.text);
                lines.extend(textwrap::wrap(&text, options).into_iter().map(|line| vec![Piece::new(line, Tone::Plain)]));
            }
        }
        lines
    }
}

/// The handover on its screen: of a long queue it is too much work for each key.
#[derive(Debug)]
pub(super) struct Told {
    /// What came before it.
    past: Past,
    handover: Handover,
}

impl Told {
    /// When it will say something else by itself.
    pub(super) const fn changes_at(&self) -> Option<DateTime<Utc>> {
        self.handover.changes_at
    }
}

/// The handover of a model on its screen: when it is, its lines, and when it will say something else by itself.
pub(super) fn screen(model: &Model) -> (String, Vec<Vec<Piece>>, Option<DateTime<Utc>>) {
    let Some(Told { handover, .. }) = &model.told else {
        return ("Handover".to_owned(), vec![vec![Piece::new("The records are being read.", Tone::Muted)]], None);
    };
    // a column on each side stays free
    let lines = handover.lines(usize::from(model.size.0.saturating_sub(2)));
    (handover.title.clone(), lines, handover.changes_at)
}

/// Tells the handover of a model anew, where it is told at all.
pub(super) fn renew(model: &mut Model) {
    if let Some(Told { past, .. }) = model.told.take() {
        tell(model, past);
    }
}

/// Tells the handover of a model after what came before.
pub(super) fn tell(model: &mut Model, past: Past) {
    let (now, Rules { agreements, zone, .. }) = (model.now, &model.rules);
    let health = model.store.health(now);
    let mut handover = Handover::new(&Known { board: &model.board, health: &health, agreements, past: &past, zone: *zone, now });
    // the minute at its head, what is judged, and the sources
    let minute = now + TimeDelta::seconds(60 - now.timestamp().rem_euclid(60));
    let changes = [handover.changes_at, Some(minute), model.board.changes_at(), model.store.health_changes_at(now)];
    handover.changes_at = changes.into_iter().flatten().min();
    model.told = Some(Told { past, handover });
}

fn marked_up(item: &Item) -> String {
    let ticket = item.ticket.as_ref().map_or_else(String::new, |(key, page)| {
        let page = page.as_ref().and_then(address);
        page.map_or_else(|| escaped(key.as_str()), |page| format!("[{}]({page})", escaped(key.as_str())))
    });
    let text = format!("{}{ticket}{}", escaped(&item.lead), escaped(&item.text));
    // what would begin a list or a rule within the line
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match text.chars().next() {
        Some('-' | '+' | '=' | ':') => format!("\\{text}"),
        _ if digits.len() < text.len() && digits.starts_with(['.', ')']) => {
            format!("{}\\{digits}", &text[..text.len() - digits.len()])
        }
        _ => text,
    }
}

/// A page as the address of a link.
fn address(page: &SafeText) -> Option<String> {
    if !page.as_str().starts_with("https://") && !page.as_str().starts_with("http://") {
        return None;
    }
    // what ends a link, or is read as another character
    let encoded = |c: char| match c {
        '(' | ')' | '<' | '>' | '[' | ']' | '\\' | '`' | '|' | '"' | ' ' | ';' => format!("%{:02X}", u32::from(c)),
        c => c.to_string(),
    };
    (!page.as_str().contains(|c: char| c.is_whitespace() && c != ' ')).then(|| page.as_str().chars().map(encoded).collect())
}

/// Words that call everybody in a room.
const EVERYBODY: [&str; 5] = ["everyone", "here", "channel", "all", "room"];

/// Text that stays what it is within Markdown.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for (place, c) in text.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$' | '^' => safe.extend(['\\', c]),
            // a mention; within an address of mail it stays, unless it would call everybody all the same
            '@' if !before.is_alphanumeric() || calls_everybody(&text[place + 1..]) => safe.push('＠'),
            _ => safe.push(c),
        }
        before = c;
    }
    safe
}

fn calls_everybody(rest: &str) -> bool {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    EVERYBODY.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text() {
        let same = ["It costs 5 (five) - or more", "jo@acme.example", "Screens black in both branches!"];
        assert_eq!(same.map(escaped), same);
        assert_eq!(escaped("**a** [b](c) <d> `e` | f_g #1 ~~h~~"), r"\*\*a\*\* \[b\](c) \<d\> \`e\` \| f\_g \#1 \~\~h\~\~");
        assert_eq!(escaped("@jo and @everyone, x@here, @@all"), "＠jo and ＠everyone, x＠here, ＠＠all");
    }

    #[test]
    fn a_line_begins_no_list_of_its_own() {
        for (text, wanted) in [("- a", r"\- a"), ("+ a", r"\+ a"), ("12. a", r"12\. a"), ("3) a", r"3\) a"), ("12 a", "12 a"), ("", "")] {
            assert_eq!(marked_up(&Item { text: text.to_owned(), ..Item::default() }), wanted);
        }
    }

    #[test]
    fn a_page_is_the_address_of_a_link_whatever_is_in_it() {
        let link = |page: &str| marked_up(&Item { ticket: Some((SafeText::line("A_1"), Some(SafeText::line(page)))), ..Item::default() });
        assert_eq!(link("https://a.example/1?b=c&d=e"), r"[A\_1](https://a.example/1?b=c&d=e)");
        assert_eq!(link("https://a.example/) [x](y"), r"[A\_1](https://a.example/%29%20%5Bx%5D%28y)");
        assert_eq!(link("javascript:alert(1)"), r"A\_1");
    }
}
