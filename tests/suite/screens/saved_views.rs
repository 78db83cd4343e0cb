//! Saved views: a digit lists one and the same digit all again; the header names it, counts on over the whole queue, and says
//! what it hides. And n and N, from one ticket that is listed to the next.

use holdover::config;

use super::{Dashboard, NIGHT};
use crate::support::ACME;

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" },
    { "key": "A-2", "client": "acme", "severity": "S1", "title": "Slow", "submitted_at": "2026-12-07T00:11:00Z", "status": "acknowledged",
      "assignee": "jo", "acknowledged_at": "2026-12-07T00:12:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Odd", "submitted_at": "2026-12-07T00:11:00Z", "assignee": "jo" },
    { "key": "A-4", "client": "acme", "severity": "S3", "title": "Old", "submitted_at": "2026-12-07T00:11:00Z" },
    { "key": "A-5", "client": "acme", "severity": "S3", "title": "Odd again", "submitted_at": "2026-12-07T00:11:00Z" }]"#;

fn listed(dashboard: &Dashboard) -> Vec<&'static str> {
    let screen = dashboard.screen();
    ["A-1", "A-2", "A-3", "A-4", "A-5"]
        .into_iter()
        .filter(|key| screen.lines().skip(3).take(14).any(|row| row.contains(&format!(" {key} "))))
        .collect()
}

#[test]
fn a_digit_lists_a_view_and_again_all() {
    let mut dashboard = Dashboard::acme((80, 40), TICKETS);
    dashboard.press("2");
    assert_eq!(listed(&dashboard), ["A-2", "A-3"], "{}", dashboard.screen());
    assert!(dashboard.screen().lines().nth(2).unwrap().ends_with(" view 2 mine"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("── view 2 mine: mine ──"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains(" 2 NOW  1 unanswered"), "the whole queue is counted: {}", dashboard.screen());
    assert!(dashboard.screen().lines().nth(1).unwrap().contains("view 2 hides 1 NOW: esc shows it"), "{}", dashboard.screen());
    assert!(super::roles_on(&dashboard.buffer(&super::roles()))[1].contains("breached"));
    dashboard.press("3");
    assert_eq!(listed(&dashboard), ["A-3", "A-4", "A-5"], "another comes in its place: {}", dashboard.screen());
    dashboard.press("3");
    assert_eq!(listed(&dashboard).len(), 5, "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("view "), "{}", dashboard.screen());
    dashboard.press("1 esc");
    assert_eq!(listed(&dashboard).len(), 5, "{}", dashboard.screen());
}

#[test]
fn a_view_is_its_filter_and_can_be_narrowed() {
    let mut dashboard = Dashboard::acme((80, 40), TICKETS);
    dashboard.press("/ m i n e enter");
    assert!(dashboard.screen().contains("view 2 mine"), "{}", dashboard.screen());
    dashboard.press("/ space o d d enter");
    assert_eq!(listed(&dashboard), ["A-3"], "{}", dashboard.screen());
    assert!(dashboard.screen().contains("── filter: mine odd ──") && !dashboard.screen().contains("view 2"), "{}", dashboard.screen());
    dashboard.press("2");
    assert_eq!(listed(&dashboard), ["A-2", "A-3"], "{}", dashboard.screen());
}

#[test]
fn what_the_views_are_the_configuration_says() {
    let source = "\n[[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n";
    let views =
        "[[view]]\nname = \"all of Acme's S1, by a name that is too long for the header\"\nfilter = \"sev:s1 client:acme\"\nkey = 7\n";
    let settings = config::parse(&format!("{ACME}{source}{views}"), "config.toml", &[]).unwrap();
    let mut dashboard = Dashboard::new(settings, NIGHT, (80, 40));
    dashboard.tell("tickets", TICKETS);
    dashboard.press("7");
    assert_eq!(listed(&dashboard), ["A-1", "A-2"], "{}", dashboard.screen());
    assert!(dashboard.screen().lines().nth(2).unwrap().ends_with("view 7 all of Acme's S1, by a …"), "{}", dashboard.screen());
    dashboard.press("1");
    assert_eq!(listed(&dashboard), ["A-1", "A-2"], "{}", dashboard.screen());
    assert!(dashboard.screen().contains("there is no view 1: there are 7 all of"), "{}", dashboard.screen());
}

#[test]
fn an_empty_view_is_no_calm_and_a_small_pane_names_it() {
    let mut dashboard = Dashboard::acme((40, 12), TICKETS);
    dashboard.press("4");
    let screen = dashboard.screen();
    assert!(screen.contains("Nothing is in the view call back"), "{screen}");
    assert!(screen.lines().next().unwrap().ends_with("1 hidden"), "{screen}");
    dashboard.press("4 2");
    assert!(dashboard.screen().lines().nth(1).unwrap().ends_with("view 2 mine"), "{}", dashboard.screen());
    // what hides nothing is named at the foot
    dashboard.press("1");
    assert!(dashboard.screen().contains("view 1 now: now"), "{}", dashboard.screen());
}

#[test]
fn views_are_of_the_board_and_of_another_time_too() {
    let mut dashboard = Dashboard::acme((80, 40), TICKETS);
    dashboard.press("enter 2");
    assert!(!dashboard.screen().contains("view 2"), "{}", dashboard.screen());
    dashboard.press("esc > 2");
    assert!(dashboard.screen().contains("view 2 mine") && dashboard.screen().contains("NOT NOW"), "{}", dashboard.screen());
    dashboard.press("0");
    assert!(dashboard.screen().contains("view 2 mine") && !dashboard.screen().contains("NOT NOW"), "{}", dashboard.screen());
}

#[test]
fn n_goes_to_the_next_that_matches_whatever_is_folded() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("n");
    assert!(dashboard.screen().contains("there is no filter"), "{}", dashboard.screen());
    dashboard.press("/ o enter g");
    assert_eq!(dashboard.selected(), Some("A-1"));
    // what is held is folded away
    dashboard.press("G z");
    assert_eq!(dashboard.selected(), None, "{}", dashboard.screen());
    dashboard.press("n");
    assert_eq!(dashboard.selected(), Some("A-3"), "{}", dashboard.screen());
    dashboard.press("n n");
    assert_eq!(dashboard.selected(), Some("A-5"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("5 of 5 that match"), "{}", dashboard.screen());
    dashboard.press("n");
    assert_eq!(dashboard.selected(), Some("A-1"), "after the last the first");
    dashboard.press("N");
    assert_eq!(dashboard.selected(), Some("A-5"));
    dashboard.press("N");
    assert_eq!(dashboard.selected(), Some("A-4"));
    dashboard.press("/ x x enter n");
    assert!(dashboard.screen().contains("nothing matches"), "{}", dashboard.screen());
}
