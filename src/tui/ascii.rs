//! What is written with ASCII alone.

use unicode_segmentation::UnicodeSegmentation;

/// A sign that stands for another: our own signs by their like, what stands in tickets by a question mark.
pub(super) fn like(symbol: &str) -> &str {
    match symbol {
        ascii if ascii.is_ascii() => ascii,
        "─" | "–" | "—" => "-",
        "│" => "|",
        "▌" | "→" => ">",
        "✗" => "X",
        "‖" => "=",
        "·" => ".",
        "£" => "$",
        "…" => "_",
        "↓" => "v",
        "↑" => "^",
        "←" => "<",
        "’" | "‘" => "'",
        "“" | "”" => "\"",
        _ => "?",
    }
}

/// A text with ASCII alone.
#[must_use]
pub fn ascii(text: &str) -> String {
    text.graphemes(true).map(like).collect()
}
