//! The handover on the screen: it asks the records, scrolls, keeps the rows at the top, and follows the queue and the time.

use holdover::app::{Effect, Message, Past, Screen, Since};
use holdover::domain::{FaultKind, Gap, SafeText, SourceName};

use super::Dashboard;

const TICKETS: &str = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" }]"#;

#[test]
fn it_asks_the_records_and_waits_for_them() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.answers_past = false;
    dashboard.press("H");
    assert_eq!(dashboard.effects, [Effect::ReadPast]);
    assert!(dashboard.screen().contains("The records are being read."));
    dashboard.answers_past = true;
    dashboard.press("j");
    assert!(dashboard.screen().contains("Unanswered: 1"), "{}", dashboard.screen());
}

#[test]
fn it_comes_and_goes_by_its_keys_and_leaves_the_rows_at_the_top() {
    for size in [(80, 24), (40, 12)] {
        let mut dashboard = Dashboard::demo(size);
        let top = |dashboard: &Dashboard| dashboard.screen().lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        let before = top(&dashboard);
        for keys in ["H esc", "H q", "H H", "H ? esc h", "tab enter H q"] {
            dashboard.press("H");
            assert_eq!(top(&dashboard), before, "{keys}");
            dashboard.press("esc");
            dashboard.press(keys);
            assert_eq!(dashboard.model.screen, Screen::Board, "{keys}");
        }
        assert!(dashboard.effects.is_empty());
    }
}

#[test]
fn it_scrolls_to_its_end_and_no_further() {
    for size in [(80, 24), (40, 12)] {
        let mut dashboard = Dashboard::demo(size);
        dashboard.press("H");
        let first = dashboard.screen();
        dashboard.press("G");
        let last = dashboard.screen();
        assert!(last != first && last.contains("17 came:"), "{last}");
        dashboard.press("j pgdn");
        assert_eq!(dashboard.screen(), last);
        dashboard.press("k j g");
        assert_eq!(dashboard.screen(), first);
        dashboard.press("k pgup");
        assert_eq!(dashboard.screen(), first);
    }
}

#[test]
fn a_tiny_pane_has_the_counts_alone() {
    let mut dashboard = Dashboard::demo((20, 5));
    dashboard.press("H G k");
    assert_eq!(dashboard.screen().trim_end().lines().count(), 1, "{}", dashboard.screen());
}

#[test]
fn it_follows_the_queue_and_the_time() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("H");
    assert!(dashboard.row("A-1 acme").contains("22m left"), "{}", dashboard.screen());
    // the minute at its head, and what is left
    dashboard.wait(59);
    assert!(dashboard.row("A-1 acme").contains("21m left") && dashboard.screen().contains("Dec 2026 00:18 GMT"), "{}", dashboard.screen());
    dashboard.wait(1);
    assert!(dashboard.screen().contains("Dec 2026 00:19 GMT"), "{}", dashboard.screen());
    // under the keys too
    dashboard.press("?");
    dashboard.wait(60);
    dashboard.press("esc");
    assert!(dashboard.row("A-1 acme").contains("20m left"), "{}", dashboard.screen());
    dashboard.tell("tickets", "[]");
    assert!(dashboard.screen().contains("Unanswered: none"));
    dashboard.wait(400);
    dashboard.fail("tickets", FaultKind::Unreachable, "no answer");
    assert!(dashboard.screen().contains("- tickets: BLIND since Mon 00:20, still: no answer"), "{}", dashboard.screen());
}

#[test]
fn a_gap_that_the_records_know_no_end_of_ends_with_the_answer() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    let now = dashboard.model.now;
    let gap = Gap { source: SourceName::new("tickets"), began_at: now - chrono::TimeDelta::hours(3), ended_at: None, reason: None };
    let past = Past {
        since: now - chrono::TimeDelta::hours(9),
        from: Since::Handover(SafeText::line("li")),
        deeds: Vec::new(),
        unsent: Vec::new(),
        gaps: vec![gap],
        never_kept: Vec::new(),
        calendars: Vec::new(),
        unknown: None,
    };
    dashboard.answers_past = false;
    dashboard.press("H");
    dashboard.send(Message::Past(past));
    let screen = dashboard.screen();
    assert!(screen.contains("Since Sun 15:18, the last handover, by li."), "{screen}");
    assert!(screen.contains("- tickets: Sun 21:18 to Mon 00:18, 3h: nobody asked: no holdover ran"), "{screen}");
}
