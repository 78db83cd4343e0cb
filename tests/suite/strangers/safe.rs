//! What may be in a text, by Unicode's own properties and not by the program's. The fuzz targets judge by it too.

use std::sync::LazyLock;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// What no text may hold, by Unicode's own properties: controls, bidi controls, line separators, and what is not to be seen
/// but for the sixteen variation selectors of emoji.
static ALIEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}[\p{Default_Ignorable_Code_Point}--[\u{fe00}-\u{fe0f}]]\u{fff9}-\u{fffb}]").unwrap()
});

/// Panics where a text holds what it may not, or more marks on a base than so many.
pub fn assert_safe(text: &str, marks: usize, of: &str) {
    let lines = text.split('\n').filter(|line| !line.is_ascii() || line.bytes().any(|b| b.is_ascii_control()));
    for line in lines {
        if let Some(alien) = ALIEN.find(line) {
            panic!("{:?} of {of} in {line:?}", alien.as_str());
        }
        let mut on_this = 0;
        for c in line.chars() {
            on_this = if c.width() == Some(0) { on_this + 1 } else { 0 };
            assert!(on_this <= marks, "more than {marks} marks on one base, of {of}, in {line:?}");
        }
        let large = line.graphemes(true).find(|grapheme| grapheme.len() > 32);
        assert!(large.is_none(), "{large:?} of {of}");
    }
}
