//! Whatever bytes stand in whatever field: what the dashboard writes to the terminal holds no sequence that is not ours.

use holdover::domain::{SafeText, TextKind};
use holdover::tui::{Canvas, ColorDepth, Theme, views};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{PAYLOADS, assert_ours, assert_safe, filled};
use crate::screens::Dashboard;

/// The fields of a ticket that are text of strangers, and what stands around each.
const FIELDS: [(&str, &str); 16] = [
    ("key", "\"@\""),
    ("title", "\"@\""),
    ("client", "\"@\""),
    ("agreement", "\"@\""),
    ("severity", "\"@\""),
    ("support_level", "\"@\""),
    ("channel", "\"@\""),
    ("service", "\"@\""),
    ("status", "\"@\""),
    ("assignee", "\"@\""),
    ("url", "\"https://a.example/@\""),
    ("description", "\"@\\n@\""),
    ("submitted_at", "\"@\""),
    ("contact", "{ \"name\": \"@\", \"phone\": \"@\", \"email\": \"@\" }"),
    ("contacts", "[{ \"at\": \"2026-12-07T00:01:00Z\", \"channel\": \"@\" }, \"@\"]"),
    ("callback_requested", "\"@\""),
];

/// Bytes of any kind, with what is dangerous more often than chance would have it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..6),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
        (0..PAYLOADS.len()).prop_map(|n| PAYLOADS[n].clone()),
        prop::sample::select(vec!["\u{1b}", "\u{9b}", "\u{301}", "\u{202e}", "\u{200d}", "\u{600}", "\n", "é", "漢", "👩", "[", "]0;"])
            .prop_map(|sign| sign.as_bytes().to_vec()),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_ticket_only_what_is_ours_is_written(fields in vec((0..FIELDS.len(), bytes()), 1..8), wide in any::<bool>()) {
        let mut members: Vec<Vec<u8>> = Vec::new();
        let mut named = Vec::new();
        for (field, bytes) in &fields {
            let (name, around) = FIELDS[*field];
            if !named.contains(&name) {
                named.push(name);
                members.push(filled(&format!("\"{name}\": {around}"), bytes));
            }
        }
        for (name, usual) in [("key", "\"A\""), ("client", "\"acme\""), ("severity", "\"S1\""), ("submitted_at", "\"2026-12-07T00:00:00Z\"")] {
            if !named.contains(&name) {
                members.push(format!("\"{name}\": {usual}").into_bytes());
            }
        }
        let ticket = String::from_utf8_lossy(&members.join(&b", "[..])).into_owned();
        let mut dashboard = Dashboard::acme(if wide { (120, 40) } else { (60, 20) }, &format!("[{{ {ticket} }}]"));
        let theme = Theme::named("base", ColorDepth::Full).unwrap();
        let mut written = Vec::new();
        let mut canvas = Canvas::new(&mut written);
        for keys in ["", "enter"] {
            dashboard.press(keys);
            let view = dashboard.view();
            canvas.draw(view.size, |buffer, area| views::render(buffer, area, &view, &theme, false)).unwrap();
        }
        drop(canvas);
        assert_ours(&written, &ticket);
    }

    #[test]
    fn any_text_is_safe_once_it_is_sanitised_and_stays_as_it_is(bytes in bytes(), times in 1..40_usize) {
        let text = String::from_utf8_lossy(&bytes).repeat(times);
        for kind in [TextKind::Line, TextKind::Title, TextKind::Body] {
            let once = SafeText::sanitised(&text, kind);
            assert_safe(once.text.as_str(), 4, &text);
            let twice = SafeText::sanitised(once.text.as_str(), kind);
            prop_assert_eq!((&twice.text, twice.altered, twice.cut), (&once.text, 0, false), "{:?}", text);
        }
    }
}
