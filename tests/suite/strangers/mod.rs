//! Text of strangers: whatever stands in whatever field, nothing reaches the terminal but text and what is ours.

mod anything;
mod board;
mod safe;
mod sanitiser;
mod verbs;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
pub use safe::assert_safe;

/// Everything in `tests/strangers/payloads.txt`.
pub static PAYLOADS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strangers/payloads.txt")).unwrap();
    let payloads = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ") && !line.starts_with("## "));
    payloads.map(unescaped).collect()
});

/// What the program itself sends to the terminal while it draws: places, colours, one clearing, the cursor.
static OURS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\x1b\[(?:[0-9]+;[0-9]+H|[0-9;]*m|2J|\?25[hl])").unwrap());

/// Reads the escapes of the file of payloads.
fn unescaped(line: &str) -> Vec<u8> {
    let number = |digits: &str| u32::from_str_radix(digits, 16).unwrap_or_else(|e| panic!("{e}: {line}"));
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        let (escape, after) = after.split_at(1);
        rest = after;
        match escape {
            "e" => bytes.push(0x1b),
            "n" => bytes.push(b'\n'),
            "r" => bytes.push(b'\r'),
            "t" => bytes.push(b'\t'),
            "\\" => bytes.push(b'\\'),
            "x" => {
                bytes.push(u8::try_from(number(&after[..2])).unwrap());
                rest = &after[2..];
            }
            "u" => {
                let (digits, after) = after[1..].split_once('}').unwrap();
                bytes.extend(char::from_u32(number(digits)).unwrap().to_string().bytes());
                rest = after;
            }
            other => panic!("\\{other} in {line}"),
        }
    }
    bytes.extend(rest.bytes());
    bytes
}

/// A template with bytes in the place of each `@`, as the inside of a JSON string: only what JSON wants escaped is.
pub fn filled(template: &str, bytes: &[u8]) -> Vec<u8> {
    let mut inside = Vec::new();
    for byte in bytes {
        match byte {
            0..=0x1f => inside.extend(format!("\\u{byte:04x}").bytes()),
            b'"' | b'\\' => inside.extend([b'\\', *byte]),
            _ => inside.push(*byte),
        }
    }
    template.split('@').map(str::as_bytes).collect::<Vec<_>>().join(&inside[..])
}

/// Payloads joined to texts that are shown nearly whole in a field.
pub fn joined(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    const ROOM: usize = 300;
    let mut all: Vec<Vec<u8>> = Vec::new();
    for payload in payloads {
        match all.last_mut().filter(|last| last.len() + payload.len() < ROOM) {
            Some(last) => {
                last.push(b' ');
                last.extend(payload);
            }
            None => all.push(payload.clone()),
        }
    }
    all
}

/// Panics where what was written to a terminal holds a sequence that is not ours.
pub fn assert_ours(written: &[u8], of: &str) {
    let written = std::str::from_utf8(written).unwrap_or_else(|e| panic!("{e}, of {of}"));
    assert_safe(&OURS.replace_all(written, ""), 4, of);
    assert!(!OURS.replace_all(written, "").contains('\n'), "a line end of {of}");
}

#[test]
fn the_payloads_are_many_and_say_what_they_seem_to() {
    assert!(PAYLOADS.len() >= 600, "{}", PAYLOADS.len());
    for wanted in [&b"\x1b]52;c;?\x07"[..], b"\x9b31mx", "a\u{202e}b".as_bytes(), b"#{pane_id}", b"\\e[31m"] {
        assert!(PAYLOADS.iter().any(|payload| payload.ends_with(wanted)), "{:?}", String::from_utf8_lossy(wanted));
    }
}

#[test]
fn the_checks_see_what_is_not_ours() {
    let refused = |written: &str| std::panic::catch_unwind(|| assert_ours(written.as_bytes(), "a test")).is_err();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let wrong: Vec<&str> =
        ["\x1b]0;x\x07", "\x1b[3J", "\x1b[1;1", "\x1b[?1049l", "\u{9b}m", "a\rb", "\u{202e}", "\u{200b}", "\n", "\x1b[1;1Hx\x7f"]
            .into_iter()
            .filter(|written| !refused(written))
            .collect();
    std::panic::set_hook(hook);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_ours("\x1b[2J\x1b[1;1H\x1b[38;5;9mZoë ▌\x1b[0m\x1b[?25h".as_bytes(), "a test");
}
