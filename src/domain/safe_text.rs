//! Text of strangers made safe to draw, log and copy. The only way from outside text to a [`SafeText`] is the sanitiser here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_segmentation::UnicodeSegmentation;

/// Longest title, in graphemes.
const TITLE_GRAPHEMES: usize = 256;
/// Longest field, in bytes.
const FIELD_BYTES: usize = 1024;
/// Longest body, in bytes.
const BODY_BYTES: usize = 64 * 1024;
/// A grapheme of more bytes is no letter of any script.
const GRAPHEME_BYTES: usize = 32;
/// Most combining marks kept on one base.
const MARKS: usize = 4;
/// Stands at the end of text that was cut.
const CUT: char = '…';

/// Text without control characters, bidi controls or invisible characters, and of bounded length. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText(Arc<str>);

impl SafeText {
    /// A field on one line, at most 1 KiB.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self(sanitise(text, false, FIELD_BYTES, usize::MAX))
    }

    /// A title on one line, at most 256 graphemes.
    #[must_use]
    pub fn title(text: &str) -> Self {
        Self(sanitise(text, false, TITLE_GRAPHEMES * GRAPHEME_BYTES, TITLE_GRAPHEMES))
    }

    /// A text of several lines, at most 64 KiB.
    #[must_use]
    pub fn body(text: &str) -> Self {
        Self(sanitise(text, true, BODY_BYTES, usize::MAX))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
    Caret(char),
    Escape(char),
    Space,
    Newline,
    Replace,
    Drop,
}

fn fate(c: char) -> Fate {
    match c {
        '\n' => Fate::Newline,
        '\t' => Fate::Space,
        // control characters in caret notation; C1 ones are ESC and a letter
        '\u{0}'..='\u{1f}' => Fate::Caret(char::from(c as u8 + 0x40)),
        '\u{7f}' => Fate::Caret('?'),
        '\u{80}'..='\u{9f}' => Fate::Escape(char::from(c as u8 - 0x40)),
        // bidi controls
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Fate::Replace,
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
        _ => Fate::Keep,
    }
}

fn sanitise(text: &str, lines: bool, most_bytes: usize, most_graphemes: usize) -> Arc<str> {
    let plain = text.len() <= most_bytes.min(most_graphemes) && text.bytes().all(|b| (b' '..=b'~').contains(&b) || (lines && b == b'\n'));
    if plain {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len().min(most_bytes));
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        // well past the cap: the rest cannot show, and 20 MB of it must not cost
        if clean.len() > most_bytes + GRAPHEME_BYTES {
            break;
        }
        match fate(c) {
            Fate::Keep => clean.push(c),
            Fate::Space => clean.push(' '),
            Fate::Newline => clean.push(if lines { '\n' } else { ' ' }),
            // CR LF is one line end
            Fate::Caret('M') if characters.peek() == Some(&'\n') => {}
            Fate::Caret(letter) => clean.extend(['^', letter]),
            Fate::Escape(letter) => clean.extend(['^', '[', letter]),
            Fate::Replace => clean.push('\u{fffd}'),
            Fate::Drop => {}
        }
    }
    bounded(&clean, most_bytes, most_graphemes).into()
}

/// Bounds graphemes and the whole; marks with `…` where something was cut off the end.
fn bounded(text: &str, most_bytes: usize, most_graphemes: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most_bytes));
    for (count, grapheme) in text.graphemes(true).enumerate() {
        let mut end = 0;
        for (i, c) in grapheme.chars().enumerate() {
            if i > MARKS || end + c.len_utf8() > GRAPHEME_BYTES {
                break;
            }
            end += c.len_utf8();
        }
        let kept = &grapheme[..end];
        let last = count + 1 >= most_graphemes || out.len() + kept.len() + CUT.len_utf8() > most_bytes;
        if last {
            let rest = text.len() - (grapheme.as_ptr() as usize - text.as_ptr() as usize) - grapheme.len();
            if rest == 0 && out.len() + kept.len() <= most_bytes {
                out.push_str(kept);
            } else {
                out.push(CUT);
            }
            break;
        }
        out.push_str(kept);
    }
    out
}
