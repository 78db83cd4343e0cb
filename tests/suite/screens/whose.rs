//! Who has a ticket: the column, the words of the filter and the handover mean the same.

use holdover::domain::Outcome;

use super::Dashboard;
use crate::support::Desk;

/// An alert: whoever acknowledges it has it, and nobody is assigned to it.
const ALERTS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z",
      "status": "acknowledged", "acknowledged_at": "2026-12-07T00:12:00Z", "acknowledged_by": "Jo" },
    { "key": "A-2", "client": "acme", "severity": "S1", "title": "Up", "submitted_at": "2026-12-07T00:10:00Z",
      "status": "acknowledged", "acknowledged_at": "2026-12-07T00:12:00Z", "acknowledged_by": "Jo", "assignee": "Li" },
    { "key": "A-3", "client": "acme", "severity": "S1", "title": "Slow", "submitted_at": "2026-12-07T00:10:00Z" }
]"#;

/// The keys that are listed while a filter is typed.
fn listed(dashboard: &mut Dashboard, filter: &str) -> Vec<&'static str> {
    dashboard.press(&format!("/ {}", filter.chars().map(String::from).collect::<Vec<_>>().join(" ")));
    let screen = dashboard.screen();
    let list: Vec<&str> = screen.lines().skip(3).take_while(|line| !line.starts_with("──")).collect();
    let keys = ["A-1", "A-2", "A-3"].into_iter().filter(|key| list.iter().any(|line| line.contains(key))).collect();
    dashboard.press("esc esc");
    keys
}

#[test]
fn who_acknowledged_an_alert_that_nobody_is_assigned_to_has_it() {
    let mut dashboard = Dashboard::acme((80, 24), ALERTS);
    assert!(dashboard.row("A-1").trim_end().ends_with("Jo"), "{}", dashboard.screen());
    assert!(dashboard.row("A-2").trim_end().ends_with("Li"), "{}", dashboard.screen());
    assert_eq!(listed(&mut dashboard, "owner:jo"), ["A-1"]);
    dashboard.press("H");
    assert!(dashboard.row("S1 A-1").contains("Jo has it") && dashboard.row("S1 A-2").contains("Li has it"), "{}", dashboard.screen());
    let desk = Desk::with(&[ALERTS]);
    let list = desk.run(&["list", "--at", "2026-12-07T00:18:00Z"]).ended(0).out;
    let row = |key: &str| list.lines().find(|line| line.contains(key)).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row("S1  A-1").iter().rev().nth(1).unwrap(), "Jo", "{list}");
    assert_eq!(row("S1  A-2").iter().rev().nth(1).unwrap(), "Li", "{list}");
}

#[test]
fn mine_is_what_one_has_here_by_whatever_name() {
    // the engineer of the tests is called jo
    let mut dashboard = Dashboard::acme((80, 24), ALERTS);
    assert_eq!(listed(&mut dashboard, "mine"), ["A-1"]);
    // the source calls whoever took it here something else
    dashboard.end("tickets", "A-3", Outcome::Confirmed { by: Some(holdover::domain::SafeText::line("j.doe")), at: None });
    dashboard.wait(60);
    assert_eq!(listed(&mut dashboard, "mine"), ["A-1", "A-3"]);
    assert_eq!(listed(&mut dashboard, "!mine"), ["A-2"]);
}
