//! The sanitiser by itself: each rule, at its edge.

use holdover::domain::{SafeText, TextKind};

use super::{PAYLOADS, assert_safe};

fn line(text: &str) -> (String, usize) {
    let safe = SafeText::sanitised(text, TextKind::Line);
    (safe.text.to_string(), safe.altered)
}

#[test]
fn controls_are_shown_as_carets_and_counted() {
    for (text, shown, altered) in [
        ("\u{1b}[2J", "^[[2J", 1),
        ("\u{1b}]0;x\u{7}", "^[]0;x^G", 2),
        ("\u{9b}2J", "^[[2J", 1),
        ("\u{90}q\u{9c}", "^[Pq^[\\", 2),
        ("a\u{7f}\u{8}\0b", "a^?^H^@b", 3),
        ("a\rb", "a^Mb", 1),
        // a line end or a tab harms nobody
        ("a\r\nb\tc\nd", "a b c d", 0),
        ("plain – and £ accénted", "plain – and £ accénted", 0),
    ] {
        assert_eq!(line(text), (shown.to_owned(), altered), "{text:?}");
    }
    let body = SafeText::sanitised("a\r\nb\nc\u{1b}", TextKind::Body);
    assert_eq!((body.text.as_str(), body.altered, body.cut), ("a\nb\nc^[", 1, false));
}

#[test]
fn bidi_controls_are_replaced_and_what_is_not_to_be_seen_is_left_out() {
    for c in ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
        assert_eq!(line(&format!("a{c}b")), ("a\u{fffd}b".to_owned(), 1), "{c:?}");
    }
    for c in ['\u{ad}', '\u{200b}', '\u{200d}', '\u{feff}', '\u{2028}', '\u{2029}', '\u{e0001}', '\u{e007f}', '\u{e0100}', '\u{e01ef}'] {
        assert_eq!(line(&format!("a{c}{c}b")), ("ab".to_owned(), 2), "{c:?}");
    }
    assert_eq!(line("⚠\u{fe0f} down"), ("⚠\u{fe0f} down".to_owned(), 0), "the look of an emoji stays");
}

#[test]
fn every_character_that_unicode_has_is_safe_after_it() {
    // the planes between hold none
    let all: Vec<char> = (0..0x32000_u32).chain(0xe0000..0xe2000).chain(0x10_ff00..0x11_0000).filter_map(char::from_u32).collect();
    for some in all.chunks(64) {
        let text: String = some.iter().flat_map(|c| ['a', *c]).collect();
        for kind in [TextKind::Line, TextKind::Body] {
            assert_safe(SafeText::sanitised(&text, kind).text.as_str(), 4, &format!("{:?} and on", some[0]));
        }
    }
}

#[test]
fn marks_are_four_on_a_base_and_two_in_a_list() {
    let flood = format!("a{}b{}end", "\u{301}".repeat(100_000), "\u{302}\u{200b}".repeat(6));
    let safe = SafeText::sanitised(&flood, TextKind::Title);
    assert_eq!(safe.text.as_str(), format!("a{}b{}end", "\u{301}".repeat(4), "\u{302}".repeat(4)));
    assert_eq!((safe.altered, safe.cut), (99_996 + 2 + 6, false), "what comes after a flood is not lost");
    assert_eq!(safe.text.in_list().as_str(), "a\u{301}\u{301}b\u{302}\u{302}end");
    // a syllable of several letters is no flood
    for word in ["का\u{930}\u{94d}त\u{94d}स\u{94d}न\u{94d}य", "e\u{323}\u{302}", "\u{1112}\u{1161}\u{11ab}"] {
        assert_eq!((line(word), SafeText::line(word).in_list().as_str()), ((word.to_owned(), 0), word));
    }
}

#[test]
fn a_grapheme_of_more_than_32_bytes_becomes_one_sign() {
    let prepended = "\u{600}".repeat(40);
    assert_eq!(line(&format!("a {prepended}1 b")), ("a \u{fffd} b".to_owned(), 41));
    assert_eq!(line(&format!("{}1", "\u{600}".repeat(15))).1, 0, "31 bytes");
}

#[test]
fn what_is_too_long_is_cut_and_marked() {
    let cut = |text: &str, kind| {
        let safe = SafeText::sanitised(text, kind);
        assert_eq!(safe.cut, safe.text.as_str().ends_with('…'), "{kind:?}");
        (safe.text.as_str().len(), safe.text.as_str().chars().count(), safe.cut)
    };
    assert_eq!(cut(&"x".repeat(256), TextKind::Title), (256, 256, false));
    assert_eq!(cut(&"x".repeat(257), TextKind::Title), (258, 256, true));
    assert_eq!(cut(&"🚨".repeat(257), TextKind::Title), (255 * 4 + 3, 256, true));
    assert_eq!(cut(&"x".repeat(1024), TextKind::Line), (1024, 1024, false));
    assert_eq!(cut(&"x".repeat(1025), TextKind::Line), (1024, 1022, true));
    assert_eq!(cut(&"£".repeat(513), TextKind::Line), (1023, 511, true));
    assert_eq!(cut(&"x\n".repeat(32 * 1024), TextKind::Body), (65_536, 65_536, false));
    assert_eq!(cut(&"x\n".repeat(40 * 1024), TextKind::Body), (65_536, 65_534, true));
    assert_eq!(cut(&"\u{600}".repeat(20_000), TextKind::Line), (6, 2, true), "what was not looked at is missing too");
    // 20 MB on one line; carets and marks do not make it longer
    for (sign, megabytes) in [("x", 20), ("\u{1b}", 20), ("a\u{301}\u{302}\u{303}\u{304}", 20), ("\u{301}", 2), ("\u{200b}", 2)] {
        let long = sign.repeat((megabytes << 20) / sign.len());
        for (kind, most) in [(TextKind::Title, 256 * 32), (TextKind::Line, 1024), (TextKind::Body, 64 * 1024)] {
            assert!(SafeText::sanitised(&long, kind).text.as_str().len() <= most, "{sign:?} {kind:?}");
        }
    }
}

#[test]
fn a_safe_text_is_as_safe_as_it_can_be() {
    for payload in &*PAYLOADS {
        let text = String::from_utf8_lossy(payload);
        for kind in [TextKind::Line, TextKind::Title, TextKind::Body] {
            let once = SafeText::sanitised(&text, kind);
            let twice = SafeText::sanitised(once.text.as_str(), kind);
            assert_eq!((twice.text, twice.altered, twice.cut), (once.text, 0, false), "{text:?}");
        }
        assert_safe(SafeText::line(&text).in_list().as_str(), 2, &text);
    }
}
