//! Stars in the place of a key that a server tells back, however it writes it.

/// A key shorter than this is none; its letters are in many words.
const SHORTEST_KEY: usize = 8;

/// Puts stars in the place of a key; says whether it was there. Each of its characters may stand as it is, in percents
/// (`%2F`), or escaped as JSON has it (`\/`, `\u002f`).
pub(super) fn blank(text: &mut [u8], key: &[u8]) -> bool {
    let mut found = false;
    let mut at = 0;
    while key.len() >= SHORTEST_KEY && at < text.len() {
        match length(&text[at..], key) {
            Some(length) => {
                text[at..at + length].fill(b'*');
                found = true;
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// How long the key is that a text begins with.
fn length(text: &[u8], key: &[u8]) -> Option<usize> {
    let mut rest = text;
    for byte in key {
        let hex = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok();
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) == Some(u32::from(*byte))
        };
        rest = match rest {
            [b'%', a, b, rest @ ..] if hex(&[*a, *b]) => rest,
            [b'\\', b'u', a, b, c, d, rest @ ..] if hex(&[*a, *b, *c, *d]) => rest,
            [b'\\', same, rest @ ..] | [same, rest @ ..] if same == byte => rest,
            _ => return None,
        };
    }
    Some(text.len() - rest.len())
}
