//! Pages on the screen: what flips next, and the windows of an agreement. They come and go by their keys, and follow the queue
//! and the time.

use holdover::app::Screen;

use super::Dashboard;

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Slow", "submitted_at": "2026-12-06T12:00:00Z" }]"#;

#[test]
fn they_come_and_go_by_their_keys_and_leave_the_rows_at_the_top() {
    for size in [(80, 24), (40, 12), (120, 40)] {
        let mut dashboard = Dashboard::demo(size);
        let top = |dashboard: &Dashboard| dashboard.screen().lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        let before = top(&dashboard);
        for (keys, leave) in
            [("t", "esc"), ("t t t", "q"), ("w", "esc"), ("w", "w"), ("w tab h l", "q"), ("t w t ?", "esc esc"), ("tab enter t", "q")]
        {
            dashboard.press(keys);
            assert_eq!(top(&dashboard), before, "{keys}");
            assert_ne!(dashboard.model.screen, Screen::Board, "{keys}");
            dashboard.press(leave);
            assert_eq!(dashboard.model.screen, Screen::Board, "{keys} {leave}");
        }
        assert!(dashboard.effects.is_empty());
    }
}

#[test]
fn the_span_is_changed_by_its_keys() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.press("t");
    for (key, span) in [("t", "72 hours"), ("t", "7 days"), ("t", "24 hours"), ("h", "7 days"), ("l", "24 hours"), ("tab", "72 hours")] {
        dashboard.press(key);
        assert!(dashboard.row("What flips next").contains(span), "{key}\n{}", dashboard.screen());
    }
}

#[test]
fn the_list_is_what_next_prints() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("t");
    assert!(dashboard.row("due").contains("00:40  due      Acme  S1 A-1"), "{}", dashboard.screen());
    assert!(dashboard.row("release").contains("09:00  release  Acme  S3 A-3"), "{}", dashboard.screen());
    assert!(dashboard.row("window").contains("09:00  window   Acme  office hours"), "{}", dashboard.screen());
}

#[test]
fn they_follow_the_queue_and_the_time() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("t");
    assert!(dashboard.screen().contains("S1 A-1"));
    // just due is not over
    dashboard.wait(22 * 60);
    assert!(dashboard.screen().contains("S1 A-1"), "{}", dashboard.screen());
    dashboard.press("?");
    dashboard.wait(1);
    dashboard.press("esc");
    assert!(!dashboard.screen().contains("S1 A-1") && dashboard.screen().contains("A-3 S3"), "{}", dashboard.screen());
    dashboard.tell("tickets", "[]");
    assert!(!dashboard.screen().contains("A-3 S3"), "{}", dashboard.screen());
    dashboard.press("w");
    assert!(dashboard.screen().contains("Now out-of-hours until Mon 09:00 GMT"), "{}", dashboard.screen());
    dashboard.wait(9 * 3600);
    assert!(dashboard.screen().contains("Now office hours until Mon 17:30 GMT"), "{}", dashboard.screen());
}

#[test]
fn the_cell_of_now_is_lit_for_the_ticket_under_the_cursor() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("w");
    // of S1 alone, and by brackets too
    assert!(dashboard.row("S1 system").contains("[30m]"), "{}", dashboard.screen());
    assert_eq!(dashboard.screen().matches('[').count(), 1, "{}", dashboard.screen());
    dashboard.press("esc j w");
    assert!(dashboard.row("S3 operation").contains("[-]"), "{}", dashboard.screen());
    // without a ticket the whole window is
    let mut dashboard = Dashboard::acme((80, 24), "[]");
    dashboard.press("w");
    assert_eq!(dashboard.screen().matches('[').count(), 5, "{}", dashboard.screen());
}

#[test]
fn they_scroll_to_their_end_and_no_further() {
    for (size, key) in [((80, 24), "t"), ((40, 12), "t"), ((80, 24), "w"), ((40, 12), "w")] {
        let mut dashboard = Dashboard::demo(size);
        dashboard.press(key);
        let first = dashboard.screen();
        dashboard.press("G");
        let last = dashboard.screen();
        assert_ne!(first, last);
        dashboard.press("j pgdn");
        assert_eq!(dashboard.screen(), last);
        dashboard.press("g k");
        assert_eq!(dashboard.screen(), first);
        assert!(dashboard.plain_screen().iter().all(|row| row.is_ascii()));
    }
}

#[test]
fn a_tiny_pane_has_the_counts_alone() {
    for keys in ["t t G", "w tab G"] {
        let mut dashboard = Dashboard::demo((20, 5));
        dashboard.press(keys);
        assert_eq!(dashboard.screen().trim_end().lines().count(), 1, "{}", dashboard.screen());
    }
}
