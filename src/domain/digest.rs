//! A text by its digest: what stands for a text that need not, or must not, be kept itself.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::safe_text::SafeText;

/// The SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> SafeText {
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        let _ = write!(hash, "{byte:02x}");
    }
    SafeText::line(&hash)
}
