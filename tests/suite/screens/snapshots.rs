//! Screens as they are: the text, and the roles that are on each row, so that a wrong colour is a difference one can read.

use chrono::TimeDelta;
use holdover::app::Ack;

use super::every_view::{SIZES, VIEWS};
use super::{Dashboard, roles, roles_on};

/// The text on a screen, and the roles row by row.
fn seen(dashboard: &Dashboard) -> String {
    format!("{}\n\n{}\n", dashboard.screen(), roles_on(&dashboard.buffer(&roles())).join("\n"))
}

/// Compares a text with the one kept under a name.
fn keep(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Compares a screen with the one kept under a name.
fn matches(name: &str, dashboard: &Dashboard) {
    keep(name, &seen(dashboard));
}

/// A screen of the demo after some keys.
fn demo(name: &str, size: (u16, u16), keys: &str) {
    let mut dashboard = Dashboard::demo(size);
    dashboard.press(keys);
    matches(name, &dashboard);
}

#[test]
fn every_view_at_every_size() {
    for view in &VIEWS {
        let at = |size: (u16, u16)| format!("==== {}x{}\n{}", size.0, size.1, seen(&view.on(size)));
        keep(&format!("view-{}", view.name), &SIZES.map(at).join("\n"));
    }
}

#[test]
fn the_end_of_the_list() {
    demo("end-80x24", (80, 24), "G");
    demo("end-40x12", (40, 12), "G");
}

#[test]
fn what_is_folded_is_unfolded() {
    demo("outside-unfolded-80x24", (80, 24), "G z");
}

#[test]
fn the_end_of_the_handover() {
    demo("handover-end-80x24", (80, 24), "H G");
}

#[test]
fn what_flips_next_about_holidays_and_changes_of_the_clock() {
    // Christmas in Britain, and before it a clock change in none
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.wait(16 * 86_400);
    dashboard.press("t h");
    matches("flips-christmas-80x24", &dashboard);
    dashboard.wait(91 * 86_400);
    matches("flips-clock-change-80x24", &dashboard);
}

#[test]
fn the_windows_of_an_agreement() {
    demo("windows-end-80x24", (80, 24), "w G");
    demo("windows-other-80x24", (80, 24), "w tab");
}

#[test]
fn another_time() {
    demo("time-machine-refuses-80x24", (80, 24), "> a");
    demo("time-machine-flips-80x24", (80, 24), ", t");
}

#[test]
fn the_end_of_the_keys() {
    demo("help-end-40x12", (40, 12), "? G");
}

#[test]
fn a_filter_that_hides_what_must_not_be_hidden() {
    demo("filter-kept-80x24", (80, 24), "/ m o enter");
    demo("filter-kept-40x12", (40, 12), "/ m o enter");
}

#[test]
fn an_acknowledgement() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.press("tab tab a");
    let now = dashboard.model.now;
    dashboard.underway("helpdesk", "HD-5505", Ack::Held { until: now + TimeDelta::seconds(5) });
    matches("ack-held-80x24", &dashboard);
    dashboard.underway("helpdesk", "HD-5505", Ack::Sending { by: None, asked_at: now });
    matches("ack-sending-80x24", &dashboard);
    dashboard.send_acknowledgements();
    matches("ack-confirmed-80x24", &dashboard);
    // two seconds after the last key the order is that of the board again
    dashboard.wait(2);
    matches("ack-confirmed-later-80x24", &dashboard);
}

#[test]
fn a_source_falls_silent() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.wait(20);
    dashboard.poll();
    matches("stale-80x24", &dashboard);
    dashboard.wait(100);
    dashboard.poll();
    matches("blind-80x24", &dashboard);
    let mut dashboard = Dashboard::demo((40, 12));
    dashboard.wait(120);
    dashboard.poll();
    matches("blind-40x12", &dashboard);
}

#[test]
fn nothing_to_do_is_only_said_when_it_is_known() {
    let mut dashboard = Dashboard::acme((80, 24), "[]");
    matches("calm-80x24", &dashboard);
    dashboard.wait(400);
    dashboard.fail("tickets", holdover::domain::FaultKind::Unreachable, "tickets.json cannot be read: no such file – check the path");
    assert!(dashboard.screen().contains("This is no calm"), "{}", dashboard.screen());
    matches("no-calm-80x24", &dashboard);
}

#[test]
fn the_palette_with_words() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.press(": n o t e");
    matches("palette-words-80x24", &dashboard);
}

#[test]
fn the_help_with_a_filter() {
    for (name, size) in [("help-filter-80x24", (80, 24)), ("help-filter-40x12", (40, 12))] {
        let mut dashboard = Dashboard::demo(size);
        dashboard.press("? / c o n t a c t");
        matches(name, &dashboard);
    }
}

#[test]
fn what_happened_to_a_ticket() {
    demo("activity-ticket-80x24", (80, 24), "tab tab L tab");
}

#[test]
fn reading_on_and_a_range_of_marks() {
    demo("reading-80x24", (80, 24), "tab J J");
    demo("reading-40x12", (40, 12), "tab J");
    demo("range-80x24", (80, 24), "tab V j j");
}
