//! The sanitiser: what it makes is safe, within its caps, not altered by it again, and the text itself where it says so.
#![no_main]

use holdover::domain::{SafeText, TextKind};
use holdover_fuzz::assert_safe;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for (kind, most) in [(TextKind::Line, 1024), (TextKind::Title, 256 * 32), (TextKind::Body, 64 * 1024)] {
        let once = SafeText::sanitised(&text, kind);
        let safe = once.text.as_str();
        assert!(safe.len() <= most, "{kind:?}: {} bytes", safe.len());
        assert_safe(safe, 4, "a text");
        assert!(kind == TextKind::Body || !safe.contains('\n'), "{safe:?}");
        assert!(!once.cut || safe.ends_with('…'), "{safe:?}");
        if once.altered == 0 && !once.cut {
            let plain = text.replace("\r\n", "\n").replace('\t', " ");
            let plain = if kind == TextKind::Body { plain } else { plain.replace('\n', " ") };
            assert_eq!(safe, plain, "nothing was altered");
        }
        let twice = SafeText::sanitised(safe, kind);
        assert_eq!((&twice.text, twice.altered, twice.cut), (&once.text, 0, false), "{text:?}");
        assert_safe(once.text.in_list().as_str(), 2, "a text in a list");
    }
});
