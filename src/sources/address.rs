//! Addresses: of the page of a ticket, and what may stand in one.

use crate::domain::{SafeText, TextKind};

/// An address that may be shown as a link: http or https, without a user name.
pub(super) fn web_address(text: &str) -> Option<SafeText> {
    let url = reqwest::Url::parse(text.trim()).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none();
    let safe = SafeText::sanitised(url.as_str(), TextKind::Line);
    // a part of an address is another address
    (web && !safe.cut).then_some(safe.text)
}

/// A part of an address, with all that could mean something there in percents.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // writing to a text does not fail
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
