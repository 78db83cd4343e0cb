//! Text of strangers made safe to draw, log and copy. The only way from outside text to a [`SafeText`] is the sanitiser here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// A grapheme of more bytes is no letter of any script.
const GRAPHEME_BYTES: usize = 32;
/// Most combining marks kept on one base.
const MARKS: usize = 4;
/// Most of them in a list, where a stack of them would reach into the rows beside it.
const MARKS_IN_LISTS: usize = 2;
/// Stands at the end of text that was cut.
const CUT: char = '…';

/// What a text is; says how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A field on one line, at most 1 KiB.
    Line,
    /// A title on one line, at most 256 graphemes.
    Title,
    /// A text of several lines, at most 64 KiB.
    Body,
}

impl TextKind {
    /// How many bytes and how many graphemes are kept.
    const fn most(self) -> (usize, usize) {
        match self {
            Self::Line => (1024, usize::MAX),
            Self::Title => (256 * GRAPHEME_BYTES, 256),
            Self::Body => (64 * 1024, usize::MAX),
        }
    }
}

/// Text without control characters, bidi controls or invisible characters, and of bounded length. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText(Arc<str>);

/// A text that was made safe, and what that took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitised {
    /// The text.
    pub text: SafeText,
    /// How many characters were replaced or left out; a tab or a line end that became a space is none.
    pub altered: usize,
    /// Something is missing at the end.
    pub cut: bool,
}

impl SafeText {
    /// A field on one line, at most 1 KiB.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self::sanitised(text, TextKind::Line).text
    }

    /// A title on one line, at most 256 graphemes.
    #[must_use]
    pub fn title(text: &str) -> Self {
        Self::sanitised(text, TextKind::Title).text
    }

    /// A text of several lines, at most 64 KiB.
    #[must_use]
    pub fn body(text: &str) -> Self {
        Self::sanitised(text, TextKind::Body).text
    }

    /// A text made safe, and what that took.
    #[must_use]
    pub fn sanitised(text: &str, kind: TextKind) -> Sanitised {
        let lines = kind == TextKind::Body;
        let (most_bytes, most_graphemes) = kind.most();
        let plain =
            text.len() <= most_bytes.min(most_graphemes) && text.bytes().all(|b| (b' '..=b'~').contains(&b) || (lines && b == b'\n'));
        if plain {
            return Sanitised { text: Self(text.into()), altered: 0, cut: false };
        }
        sanitise(text, lines, most_bytes, most_graphemes)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same for a list, with at most two combining marks on a base.
    #[must_use]
    pub fn in_list(&self) -> Self {
        if self.0.is_ascii() {
            return self.clone();
        }
        let mut marks = 0;
        let few = |c: &char| {
            marks = if is_mark(*c) { marks + 1 } else { 0 };
            marks <= MARKS_IN_LISTS
        };
        Self(self.0.chars().filter(few).collect::<String>().into())
    }

    /// Equality without case, for names that people type.
    #[must_use]
    pub fn eq_ignore_case(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0) || (!self.0.is_ascii() && self.0.to_lowercase() == other.0.to_lowercase())
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl Serialize for SafeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What is read is as foreign as anything else, whoever wrote it.
impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| Self::line(&text))
    }
}

/// Reads a title, which may be longer than a field.
pub(super) fn deserialize_title<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SafeText, D::Error> {
    Cow::<str>::deserialize(deserializer).map(|text| SafeText::title(&text))
}

/// Reads a text of several lines.
pub(super) fn deserialize_body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SafeText>, D::Error> {
    Option::<Cow<str>>::deserialize(deserializer).map(|text| text.map(|text| SafeText::body(&text)))
}

/// What becomes of one character.
enum Fate {
    Keep,
    Mark,
    Caret(char),
    Escape(char),
    Space,
    Newline,
    Replace,
    Letter(char),
    Drop,
}

fn fate(c: char) -> Fate {
    match c {
        ' '..='~' => Fate::Keep,
        '\n' => Fate::Newline,
        '\t' => Fate::Space,
        // control characters in caret notation; C1 ones are ESC and a letter
        '\u{0}'..='\u{1f}' => Fate::Caret(char::from(c as u8 + 0x40)),
        '\u{7f}' => Fate::Caret('?'),
        '\u{80}'..='\u{9f}' => Fate::Escape(char::from(c as u8 - 0x40)),
        // bidi controls
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Fate::Replace,
        // the letters of flags: terminals do not agree on how wide they are
        '\u{1f1e6}'..='\u{1f1ff}' => Fate::Letter(char::from_digit(c as u32 - 0x1f1e6 + 10, 36).unwrap_or('?').to_ascii_uppercase()),
        // invisible: soft hyphen, joiners, fillers, separators, tags, variation selectors 17 to 256
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Fate::Drop,
        _ if is_mark(c) => Fate::Mark,
        _ => Fate::Keep,
    }
}

/// Whether a character is drawn onto the one before it.
fn is_mark(c: char) -> bool {
    c.width() == Some(0)
}

fn sanitise(text: &str, lines: bool, most_bytes: usize, most_graphemes: usize) -> Sanitised {
    let mut clean = String::with_capacity(text.len().min(most_bytes));
    let (mut altered, mut marks, mut cut) = (0, 0, false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        // well past the cap: the rest cannot show, and 20 MB of it must not cost
        if clean.len() > most_bytes + GRAPHEME_BYTES {
            cut = true;
            break;
        }
        let fate = fate(c);
        marks = match fate {
            Fate::Mark => marks + 1,
            Fate::Drop => marks,
            _ => 0,
        };
        let as_it_is = match fate {
            Fate::Keep => Some(c),
            Fate::Mark => (marks <= MARKS).then_some(c),
            Fate::Newline if lines => Some(c),
            Fate::Newline | Fate::Space => Some(' '),
            // CR LF is one line end
            Fate::Caret('M') if characters.peek() == Some(&'\n') => continue,
            _ => None,
        };
        clean.extend(as_it_is);
        altered += usize::from(as_it_is.is_none());
        match fate {
            Fate::Caret(letter) => clean.extend(['^', letter]),
            Fate::Escape(letter) => clean.extend(['^', '[', letter]),
            Fate::Replace => clean.push('\u{fffd}'),
            Fate::Letter(letter) => clean.push(letter),
            _ => {}
        }
    }
    let mut safe = bounded(&clean, most_bytes, most_graphemes, cut);
    safe.altered += altered;
    safe
}

/// Bounds graphemes and the whole; marks with `…` where something was cut off the end.
fn bounded(text: &str, most_bytes: usize, most_graphemes: usize, mut cut: bool) -> Sanitised {
    let mut out = String::with_capacity(text.len().min(most_bytes));
    let (mut graphemes, mut altered) = (0, 0);
    let has_room = |bytes: usize, graphemes: usize| bytes + CUT.len_utf8() <= most_bytes && graphemes < most_graphemes;
    // the last place where the mark of a cut would fit
    let mut last_room = 0;
    for grapheme in text.graphemes(true) {
        let whole = grapheme.len() <= GRAPHEME_BYTES;
        // one sign for all of it: what is left of a part may join what follows
        let kept = if whole { grapheme } else { "\u{fffd}" };
        if has_room(out.len(), graphemes) {
            last_room = out.len();
        }
        if graphemes == most_graphemes || out.len() + kept.len() > most_bytes {
            cut = true;
            break;
        }
        altered += if whole { 0 } else { grapheme.chars().count() };
        out.push_str(kept);
        graphemes += 1;
    }
    if cut {
        if !has_room(out.len(), graphemes) {
            out.truncate(last_room);
        }
        out.push(CUT);
    }
    Sanitised { text: SafeText(out.into()), altered, cut }
}
