//! What Redmine sends: of each entry of a list comes one ticket, safe and judged, whatever the entry is. After a NUL stand the
//! priorities, and after another the statuses; usual ones where they are left out.
#![no_main]

use std::sync::LazyLock;

use holdover::config::Settings;
use holdover::sources::{SourceKind, read_redmine};
use holdover_fuzz::{assert_safe, judge_at_all, settings, texts};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const PRIORITIES: &str = r#"{"issue_priorities":[{"id":1,"name":"Low"},{"id":2,"name":"Normal"},{"id":5,"name":"Immediate"}]}"#;
const STATUSES: &str =
    r#"{"issue_statuses":[{"id":1,"name":"New"},{"id":2,"name":"In Progress"},{"id":5,"name":"Closed","is_closed":true}]}"#;

static SETTINGS: LazyLock<Settings> = LazyLock::new(settings);

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.split('\0');
    let page = parts.next().unwrap_or_default();
    let vocabulary = (parts.next().unwrap_or(PRIORITIES), parts.next().unwrap_or(STATUSES));
    let source = &SETTINGS.sources[1];
    let SourceKind::Redmine(redmine) = &source.kind else { panic!("{source:?}") };
    let Ok(tickets) = read_redmine(page, vocabulary, source, redmine) else { return };
    if let Ok(whole) = serde_json::from_str::<Value>(page) {
        let entries = whole["issues"].as_array().map(Vec::len);
        assert_eq!(entries, Some(tickets.len()), "an entry, a ticket");
    }
    for ticket in &tickets {
        texts(ticket).into_iter().for_each(|text| assert_safe(text.as_str(), 4, "a ticket"));
    }
    tickets.iter().take(8).for_each(|ticket| judge_at_all(ticket, &SETTINGS.agreements));
});
