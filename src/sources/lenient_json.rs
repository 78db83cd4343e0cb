//! JSON of servers that cut texts in the middle of a character.

use serde_json::Value;

use super::answer::Answer;
use crate::domain::Fault;

/// The JSON of an answer. Half a character, in one text of one ticket, does not cost all of them.
///
/// # Errors
/// That it is none.
pub(super) fn json(answer: &Answer) -> Result<Value, Fault> {
    answer.json().or_else(|fault| serde_json::from_str(&mended(&answer.body)).map_err(|_| fault))
}

/// JSON with a sign in place of bytes that are no text, and of halves of characters that stand alone: `\ud83d` without its other
/// half, which some servers cut texts into.
fn mended(body: &[u8]) -> String {
    const PAIR: usize = 12;
    const HALF: usize = 6;
    let text = String::from_utf8_lossy(body);
    let half = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let (mut out, mut rest) = (String::with_capacity(text.len()), &*text);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match half(escape) {
            Some(0xd800..=0xdbff) if matches!(escape.get(HALF..).and_then(half), Some(0xdc00..=0xdfff)) => PAIR,
            Some(0xd800..=0xdfff) => {
                out.push_str("\\ufffd");
                rest = &escape[HALF..];
                continue;
            }
            _ => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        out.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    out + rest
}
