//! A text that is asked for. It is for the ticket that was under the cursor when the key was pressed, whatever polls bring, and
//! names who will read it.

use chrono::TimeDelta;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::layout::Size;
use super::message::{Action, Effect, Message};
use super::model::{Model, Notice, Screen};
use super::{deeds, doing};
use crate::domain::{CALLED_BACK, CalledBack, Deed, DeedKind, SafeText, SourceName, TicketKey};

/// Most characters of a text.
pub(super) const MOST: usize = 4000;
/// Most characters of a text on one line.
const MOST_OF_LINE: usize = 200;
/// Most rows of what says who will read it.
const HEAD: usize = 2;
/// Most rows of the text; its end is what one looks at.
const ROWS: u16 = 6;

/// A text that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    asks: Asks,
    text: SafeText,
    /// Where one came from.
    below: Box<Screen>,
    /// It was said that the ticket is gone; enter sends all the same.
    warned: bool,
}

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asks {
    /// A note that the client cannot read.
    Note(TicketKey),
    /// A note that says that the client was called back.
    CalledBack(Called),
    /// A word to the client, who is named.
    Word(TicketKey, String),
    /// What the client reports, for a new ticket of a source.
    Title(SourceName),
    /// Which client it is that reports it.
    Client(SourceName, SafeText),
}

/// A client who is being called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    /// Of which ticket.
    pub key: TicketKey,
    /// Name and number.
    pub whom: String,
}

impl Asks {
    const fn ticket(&self) -> Option<&TicketKey> {
        match self {
            Self::Note(key) | Self::Word(key, _) | Self::CalledBack(Called { key, .. }) => Some(key),
            Self::Title(_) | Self::Client(..) => None,
        }
    }

    /// Most characters of the text, and whether it keeps its lines.
    const fn room(&self) -> (usize, bool) {
        match self {
            Self::Note(_) | Self::CalledBack(_) | Self::Word(..) => (MOST, true),
            Self::Title(_) | Self::Client(..) => (MOST_OF_LINE, false),
        }
    }
}

impl Prompt {
    /// The screen it is over.
    pub(super) const fn below(&self) -> &Screen {
        &self.below
    }

    /// The text so far and more, as far as there is room.
    fn add(&mut self, more: &str) -> bool {
        let (most, lines) = self.asks.room();
        let more = SafeText::body(more);
        let more = if lines { more.to_string() } else { more.as_str().replace('\n', " ") };
        let whole = SafeText::body(&format!("{}{more}", self.text));
        let kept: String = whole.as_str().chars().take(most).collect();
        let all = kept.len() == whole.as_str().len();
        self.text = SafeText::body(&kept);
        all
    }

    /// Takes the last letter back, with the marks on it.
    fn erase(&mut self) {
        let text = self.text.as_str();
        let end = text.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        self.text = SafeText::body(&text[..end]);
    }
}

/// Asks for a text to the ticket under the cursor; one that was refused before is offered again.
///
/// # Errors
/// Why it cannot be written to.
pub(super) fn open(model: &mut Model, kind: DeedKind) -> Result<(), String> {
    let key = doing::ticket(model, kind)?;
    let text = model.deeds.take_refused(&key, kind, |_| true).unwrap_or_else(|| SafeText::body(""));
    let asks = if kind == DeedKind::Word { Asks::Word(key.clone(), reader(model, &key)) } else { Asks::Note(key) };
    let below = Box::new(std::mem::take(&mut model.screen));
    model.screen = Screen::Prompt(Prompt { asks, text, below, warned: false });
    Ok(())
}

/// Asks for a note that says that a client was called back; one that was refused before is offered again.
pub(super) fn open_called_back(model: &mut Model, called: Called) {
    // another note is for the key that asks for one
    let refused = model.deeds.take_refused(&called.key, DeedKind::Note, CalledBack::is_said_by);
    let text = refused.unwrap_or_else(|| SafeText::body(&format!("{CALLED_BACK}: ")));
    let below = Box::new(std::mem::take(&mut model.screen));
    model.screen = Screen::Prompt(Prompt { asks: Asks::CalledBack(called), text, below, warned: false });
}

/// Asks for what makes a new ticket.
///
/// # Errors
/// Why there can be none.
pub(super) fn open_new(model: &mut Model) -> Result<(), String> {
    doing::nothing_is_sent(model)?;
    let source = model.local.clone().ok_or("there is no source to keep it – add a [[source]] with kind = \"local\"")?;
    let below = Box::new(std::mem::take(&mut model.screen));
    model.screen = Screen::Prompt(Prompt { asks: Asks::Title(source), text: SafeText::body(""), below, warned: false });
    Ok(())
}

/// Whoever types on after this long has seen that no text is asked for.
const SEEN: TimeDelta = TimeDelta::milliseconds(1500);

/// Whether an action is of somebody who types on, without looking, where a text was refused: letters of a text would be keys.
pub(super) fn is_typed_on(model: &mut Model, action: Action) -> bool {
    let Some(last) = model.typed_on.take().filter(|last| model.now - *last < SEEN) else { return false };
    // esc is heard, and does no more than to end this
    model.typed_on = (action != Action::Back).then(|| model.now.max(last));
    true
}

/// Who reads a word to the client of a ticket.
fn reader(model: &Model, key: &TicketKey) -> String {
    let ticket = model.store.tickets().find(|ticket| ticket.id == *key);
    let mail = ticket.and_then(|ticket| ticket.contact.as_ref()?.email.as_ref());
    let reader = mail.or_else(|| ticket.and_then(|ticket| ticket.client.as_ref()));
    reader.map_or_else(|| "whoever its source names".to_owned(), ToString::to_string)
}

/// Leaves what asks, without doing anything.
pub(super) fn leave(model: &mut Model) {
    if let Screen::Prompt(prompt) = std::mem::take(&mut model.screen) {
        model.screen = *prompt.below;
    }
}

/// Takes in what was typed.
pub(super) fn typed(model: &mut Model, message: &Message) -> Vec<Effect> {
    // what nobody sees is not written
    let unseen = Size::of(model.size.0, model.size.1) == Size::Tiny;
    let Screen::Prompt(prompt) = &mut model.screen else { return Vec::new() };
    match message {
        Message::Typed(text) => {
            if !prompt.add(text) {
                let (most, _) = prompt.asks.room();
                model.notice = Some(Notice { text: format!("{most} characters at most: the rest is left out"), alarm: true });
            }
        }
        Message::Erased => prompt.erase(),
        Message::Emptied => prompt.text = SafeText::body(""),
        _ if unseen => {}
        _ => return enter(model),
    }
    Vec::new()
}

/// Sends what was typed.
fn enter(model: &mut Model) -> Vec<Effect> {
    let Screen::Prompt(prompt) = &model.screen else { return Vec::new() };
    let Prompt { asks, text, warned, .. } = prompt.clone();
    let text = SafeText::body(text.as_str().trim());
    if text.as_str().is_empty() && !matches!(asks, Asks::Client(..)) {
        leave(model);
        model.notice = Some(Notice { text: "nothing was written: the text is empty".to_owned(), alarm: false });
        return Vec::new();
    }
    if !warned && asks.ticket().is_some_and(|key| doing::gone(model, key).is_some()) {
        if let Screen::Prompt(prompt) = &mut model.screen {
            prompt.warned = true;
        }
        model.notice = Some(Notice { text: "the ticket is gone: enter again sends it all the same".to_owned(), alarm: true });
        return Vec::new();
    }
    if let (Asks::Title(source), Screen::Prompt(prompt)) = (&asks, &mut model.screen) {
        (prompt.asks, prompt.text) = (Asks::Client(source.clone(), text), SafeText::body(""));
        return Vec::new();
    }
    leave(model);
    match asks {
        Asks::Title(_) => Vec::new(),
        Asks::Client(source, title) => {
            let client = Some(text).filter(|client| !client.as_str().is_empty());
            vec![Effect::Make { source, title, client }]
        }
        Asks::Note(key) => tell(model, key, Deed::Note { text }),
        Asks::CalledBack(Called { key, .. }) => {
            // nothing more was said of it
            let text = SafeText::body(text.as_str().trim_end_matches(':'));
            tell(model, key, Deed::Note { text })
        }
        Asks::Word(key, _) => tell(model, key, Deed::Word { text }),
    }
}

pub(super) fn tell(model: &mut Model, key: TicketKey, deed: Deed) -> Vec<Effect> {
    model.deeds.ask(&key, deed.kind());
    let text = format!("{}: the {} is on its way; its source has not said yet", model.name_of(&key), deeds::name(deed.kind()));
    model.notice = Some(Notice { text, alarm: false });
    vec![Effect::Tell { key, deed, send_at: model.now }]
}

/// What asks for a text, as it is shown at the foot of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptView {
    /// Who will read it.
    pub head: Vec<String>,
    /// Somebody outside will read it, or the ticket is gone.
    pub alarm: bool,
    /// The end of the text, row by row; the terminal's cursor is at the end of the last.
    pub rows: Vec<String>,
    /// What can be done.
    pub hint: &'static str,
}

impl PromptView {
    /// Rows of all of it.
    #[must_use]
    pub fn height(&self) -> u16 {
        u16::try_from(self.head.len() + self.rows.len() + 1).unwrap_or(u16::MAX)
    }
}

/// What asks for a text, if anything does.
pub(super) fn view(model: &Model) -> Option<PromptView> {
    let Screen::Prompt(prompt) = &model.screen else { return None };
    let columns = usize::from(model.size.0).saturating_sub(2).max(2);
    let who = match &prompt.asks {
        Asks::Note(key) => format!("INTERNAL note to {}", model.name_of(key)),
        Asks::CalledBack(Called { key, whom }) => format!("INTERNAL note to {} – call {whom}", model.name_of(key)),
        Asks::Word(key, reader) => format!("TO THE CLIENT: {reader} – {}", model.name_of(key)),
        Asks::Title(source) => format!("NEW TICKET by phone, kept in {source} – what does the client report?"),
        Asks::Client(source, _) => format!("NEW TICKET by phone, kept in {source} – which client? (may stay empty)"),
    };
    let to_client = matches!(prompt.asks, Asks::Word(..));
    let hint = match prompt.asks {
        Asks::Title(_) => "enter goes on  esc leaves  ^U empties",
        Asks::Client(..) => "enter adds it  esc leaves  ^U empties",
        Asks::Note(_) | Asks::CalledBack(_) | Asks::Word(..) => "enter sends  esc leaves  ^U empties",
    };
    let gone = prompt.asks.ticket().and_then(|key| doing::gone(model, key));
    let head = gone.as_ref().map_or_else(|| who.clone(), |gone| format!("{who} – {gone}"));
    let mut head: Vec<String> = textwrap::wrap(&head, columns).into_iter().map(std::borrow::Cow::into_owned).collect();
    head.truncate(HEAD);
    let mut rows = broken(prompt.text.as_str(), columns);
    let most = usize::from(ROWS.min(model.size.1 / 4).max(1));
    rows.drain(..rows.len().saturating_sub(most));
    Some(PromptView { head, alarm: to_client || gone.is_some(), rows, hint })
}

/// A text in rows of so many columns, nothing of it left out; never without a row.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut width = 0;
    for letter in text.graphemes(true) {
        let wide = letter.width();
        let ends = letter == "\n";
        if ends || width + wide > columns {
            rows.push(String::new());
            width = 0;
        }
        if let Some(row) = rows.last_mut().filter(|_| !ends) {
            row.push_str(letter);
            width += wide;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_where_the_row_ends_and_keeps_its_lines() {
        assert_eq!(broken("", 4), [""]);
        assert_eq!(broken("abcdef ", 4), ["abcd", "ef "]);
        assert_eq!(broken("ab\n\ncd\n", 4), ["ab", "", "cd", ""]);
        assert_eq!(broken("三四五", 4), ["三四", "五"]);
        assert_eq!(broken("e\u{301}e\u{301}x", 2), ["e\u{301}e\u{301}", "x"]);
    }
}
