//! Screens as they are: the text, and the roles that are on each row, so that a wrong colour is a difference one can read.

use chrono::TimeDelta;
use holdover::app::Ack;

use super::{Dashboard, roles, roles_on};

/// Compares a screen with the one kept under a name.
fn matches(name: &str, dashboard: &Dashboard) {
    let roles = roles_on(&dashboard.buffer(&roles())).join("\n");
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, format!("{}\n\n{roles}\n", dashboard.screen()));
    });
}

/// A screen of the demo after some keys.
fn demo(name: &str, size: (u16, u16), keys: &str) {
    let mut dashboard = Dashboard::demo(size);
    dashboard.press(keys);
    matches(name, &dashboard);
}

#[test]
fn the_main_screen() {
    demo("main-80x24", (80, 24), "");
    demo("main-40x12", (40, 12), "");
    demo("main-140x40", (140, 40), "");
    demo("main-60x16", (60, 16), "");
    demo("main-29x7", (29, 7), "");
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
fn the_explanation() {
    demo("explanation-80x24", (80, 24), "tab tab enter");
    demo("explanation-40x12", (40, 12), "tab tab enter");
}

#[test]
fn the_handover() {
    demo("handover-80x24", (80, 24), "H");
    demo("handover-40x12", (40, 12), "H j j");
    demo("handover-end-80x24", (80, 24), "H G");
}

#[test]
fn what_flips_next() {
    demo("flips-80x24", (80, 24), "t");
    demo("flips-40x12", (40, 12), "t");
    demo("flips-120x40", (120, 40), "t");
    demo("flips-week-80x24", (80, 24), "t t t");
    demo("flips-week-40x12", (40, 12), "t h");
    demo("flips-week-120x40", (120, 40), "t h");
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
    demo("windows-80x24", (80, 24), "w");
    demo("windows-end-80x24", (80, 24), "w G");
    demo("windows-40x12", (40, 12), "w");
    demo("windows-120x40", (120, 40), "w");
    demo("windows-other-80x24", (80, 24), "w tab");
}

#[test]
fn another_time() {
    demo("time-machine-80x24", (80, 24), ". . .");
    demo("time-machine-40x12", (40, 12), "> >");
    demo("time-machine-120x40", (120, 40), ".");
    demo("time-machine-29x7", (29, 7), ">");
    demo("time-machine-refuses-80x24", (80, 24), "> a");
    demo("time-machine-flips-80x24", (80, 24), ", t");
}

#[test]
fn the_keys() {
    demo("help-80x24", (80, 24), "?");
    demo("help-end-40x12", (40, 12), "? G");
}

#[test]
fn a_filter_that_hides_what_must_not_be_hidden() {
    demo("filter-80x24", (80, 24), "/ m o");
    demo("filter-40x12", (40, 12), "/ m o enter");
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
    matches("no-calm-80x24", &dashboard);
}

#[test]
fn leaving_asks_once() {
    demo("leave-80x24", (80, 24), "q");
}

#[test]
fn what_asks_for_a_text() {
    for (name, size) in [("80x24", (80, 24)), ("40x12", (40, 12))] {
        for (reader, press) in [("note", "c"), ("word", "m")] {
            let mut dashboard = Dashboard::demo(size);
            dashboard.press("tab tab");
            dashboard.press(press);
            dashboard.type_text("Restarted the queue; it runs again. I look again in half an hour.");
            matches(&format!("{reader}-{name}"), &dashboard);
        }
    }
}

#[test]
fn the_severities_of_a_ticket() {
    demo("assess-80x24", (80, 24), "s j");
    demo("assess-40x12", (40, 12), "s j");
}

#[test]
fn the_palette() {
    demo("palette-80x24", (80, 24), ":");
    demo("palette-40x12", (40, 12), ": pgdn");
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
fn saved_views() {
    demo("view-80x24", (80, 24), "4");
    demo("view-40x12", (40, 12), "2");
}

#[test]
fn what_happened() {
    demo("activity-80x24", (80, 24), "L");
    demo("activity-40x12", (40, 12), "L");
    demo("activity-ticket-80x24", (80, 24), "tab tab L tab");
}

#[test]
fn calling_back() {
    for (name, size) in [("80x24", (80, 24)), ("40x12", (40, 12))] {
        demo(&format!("call-back-{name}"), size, "4 g b");
    }
}

#[test]
fn reading_on_and_a_range_of_marks() {
    demo("reading-80x24", (80, 24), "tab J J");
    demo("reading-40x12", (40, 12), "tab J");
    demo("range-80x24", (80, 24), "tab V j j");
}
