//! The list: the cursor is on a ticket whatever a poll brings, what must not fold never does, a filter cannot hide an alarm.

use holdover::app::{Cursor, Effect, Fold, Screen};
use holdover::domain::{Deed, Group, SourceName};

use super::Dashboard;

/// A ticket of Acme, submitted at a time of the night.
fn ticket(key: &str, severity: &str, submitted: &str) -> String {
    let severity = if severity.is_empty() { "null".to_owned() } else { format!("\"{severity}\"") };
    format!(r#"{{ "key": "{key}", "client": "acme", "severity": {severity}, "title": "Title of {key}", "submitted_at": "{submitted}" }}"#)
}

fn list(tickets: &[String]) -> String {
    format!("[{}]", tickets.join(","))
}

/// Sunday night: S1 is covered, S3 is held until Monday morning.
const TODAY: &str = "2026-12-07T00:10:00Z";

#[test]
fn the_cursor_stays_on_its_ticket_when_a_poll_brings_others() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY), ticket("A-3", "S1", "2026-12-07T00:12:00Z")]));
    dashboard.press("j");
    assert_eq!(dashboard.selected(), Some("A-3"));
    dashboard.wait(10);
    let between = ticket("A-2", "S1", "2026-12-07T00:11:00Z");
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY), between, ticket("A-3", "S1", "2026-12-07T00:12:00Z")]));
    assert_eq!(dashboard.selected(), Some("A-3"));
    dashboard.press("a");
    assert!(matches!(&dashboard.effects[..], [Effect::Tell { key, deed: Deed::Acknowledge { .. }, .. }] if key.key.as_str() == "A-3"));
}

#[test]
fn the_order_stays_while_keys_are_pressed_but_the_counts_do_not_wait() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.press("j");
    dashboard.tell("tickets", &list(&[ticket("A-0", "S1", "2026-12-07T00:00:00Z"), ticket("A-1", "S1", TODAY)]));
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("Title of A-0"));
    dashboard.wait(1);
    assert!(!dashboard.screen().contains("Title of A-0"));
    dashboard.wait(1);
    assert!(dashboard.screen().contains("Title of A-0"));
    assert_eq!(dashboard.selected(), Some("A-1"));
}

#[test]
fn keys_that_never_cease_do_not_keep_a_new_ticket_away() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.press("j");
    dashboard.tell("tickets", &list(&[ticket("A-0", "S1", "2026-12-07T00:00:00Z"), ticket("A-1", "S1", TODAY)]));
    for _ in 0..9 {
        dashboard.wait(1);
        dashboard.press("j");
        assert!(!dashboard.screen().contains("Title of A-0"));
    }
    dashboard.wait(1);
    assert!(dashboard.screen().contains("Title of A-0"));
}

#[test]
fn a_ticket_that_leaves_under_the_cursor_stays_as_a_row_and_cannot_be_taken() {
    let all = list(&[ticket("A-1", "S1", TODAY), ticket("A-2", "S1", TODAY), ticket("A-3", "S1", TODAY)]);
    let mut dashboard = Dashboard::acme((80, 24), &all);
    dashboard.press("j");
    dashboard.wait(3);
    let resolved = r#"{ "key": "A-2", "client": "acme", "status": "resolved", "assignee": "mo" }"#.to_owned();
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY), resolved, ticket("A-3", "S1", TODAY)]));
    assert!(dashboard.row("A-2").contains("gone: resolved by mo"));
    dashboard.press("a");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("A-2 is not acknowledged: gone: resolved by mo"));
    dashboard.press("j");
    assert_eq!(dashboard.selected(), Some("A-3"));
    assert!(!dashboard.screen().contains("A-2"));
    dashboard.wait(3);
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY)]));
    assert!(dashboard.row("A-3").contains("gone: tickets no longer lists it"));
    // and when it comes back it is the same ticket
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY), ticket("A-3", "S1", TODAY)]));
    assert_eq!(dashboard.selected(), Some("A-3"));
}

#[test]
fn tab_goes_round_what_is_unanswered_by_due_whatever_is_folded() {
    let many: Vec<String> = (10..40).map(|n| ticket(&format!("U-{n}"), "", "2026-12-06T10:00:00Z")).collect();
    let mut all = vec![ticket("A-1", "S1", "2026-12-07T00:17:00Z"), ticket("A-2", "S1", "2026-12-06T09:00:00Z")];
    all.extend(many);
    let mut dashboard = Dashboard::acme((80, 24), &list(&all));
    dashboard.press("G tab");
    assert_eq!(dashboard.selected(), Some("A-2"), "{}", dashboard.screen());
    dashboard.press("tab");
    assert_eq!(dashboard.selected(), Some("U-10"));
    assert!(dashboard.screen().contains("Title of U-10"), "what the cursor is on is shown though the others are folded");
    for _ in 0..30 {
        dashboard.press("tab");
    }
    assert_eq!(dashboard.selected(), Some("A-1"));
    dashboard.press("tab");
    assert_eq!(dashboard.selected(), Some("A-2"));
}

#[test]
fn many_unassessed_tickets_of_one_source_are_one_row_that_never_goes() {
    let some: Vec<String> = (0..20).map(|n| ticket(&format!("U-{n}"), "", TODAY)).collect();
    let mut dashboard = Dashboard::acme((80, 60), &list(&some));
    assert!(!dashboard.screen().contains("unassessed of"), "twenty are listed");
    let many: Vec<String> = (0..21).map(|n| ticket(&format!("U-{n}"), "", TODAY)).collect();
    dashboard.tell("tickets", &list(&many));
    assert!(dashboard.screen().contains("21 unassessed of tickets, each may be an S1"), "{}", dashboard.screen());
    assert!(dashboard.screen().starts_with(" 21 NOW  21 unanswered"));
    // the cursor is on one of them, which is shown; the rest is one row, on which nothing is taken
    assert_eq!(dashboard.screen().matches("Title of").count(), 2, "row and detail\n{}", dashboard.screen());
    dashboard.press("g");
    assert_eq!(dashboard.model.list.cursor(), &Cursor::Fold(Fold::Unassessed(SourceName::new("tickets"))));
    dashboard.press("a");
    assert_eq!(dashboard.effects, []);
    dashboard.press("enter");
    assert_eq!(dashboard.screen().matches("Title of").count(), 22, "rows and detail\n{}", dashboard.screen());
    assert_eq!(dashboard.selected(), Some("U-0"));
}

#[test]
fn what_is_overdue_among_them_is_told() {
    let mut many: Vec<String> = (0..21).map(|n| ticket(&format!("U-{n}"), "", TODAY)).collect();
    many.push(ticket("U-late", "", "2026-12-06T10:00:00Z"));
    let mut dashboard = Dashboard::acme((80, 24), &list(&many));
    assert!(dashboard.screen().contains("1 overdue of 22 unassessed of tickets, each may be an S1"), "{}", dashboard.screen());
    dashboard.press("G");
    assert!(dashboard.screen().starts_with(" 22 NOW  22 unanswered  1 breached"));
}

#[test]
fn the_cursor_waits_on_what_is_most_pressing_only_until_somebody_can_have_read_it() {
    let first = list(&[ticket("A-2", "S1", TODAY)]);
    let both = list(&[ticket("A-1", "S1", "2026-12-07T00:01:00Z"), ticket("A-2", "S1", TODAY)]);
    let mut dashboard = Dashboard::acme((80, 24), &first);
    dashboard.wait(1);
    dashboard.tell("tickets", &both);
    assert_eq!(dashboard.selected(), Some("A-1"));
    let mut dashboard = Dashboard::acme((80, 24), &first);
    dashboard.wait(2);
    dashboard.tell("tickets", &both);
    assert_eq!(dashboard.selected(), Some("A-2"));
}

#[test]
fn esc_without_a_filter_leaves_the_cursor_where_it_is() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY), ticket("A-2", "S1", TODAY)]));
    dashboard.press("j");
    dashboard.wait(3);
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.press("esc a");
    assert!(dashboard.row("A-2").contains("gone"), "{}", dashboard.screen());
    assert_eq!(dashboard.effects, []);
}

#[test]
fn what_is_high_or_late_never_folds() {
    let mut all: Vec<String> = (0..40).map(|n| ticket(&format!("H-{n}"), "S3", TODAY)).collect();
    all.push(ticket("A-1", "S1", TODAY));
    // office hours only or at weekends: held since midnight
    all.push(ticket("A-2", "S2", "2026-12-07T00:01:00Z"));
    let dashboard = Dashboard::acme((80, 24), &list(&all));
    assert!(dashboard.screen().contains("Title of A-2"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("more: S3"));
    assert!(dashboard.row("HELD").contains("HELD 41   S2 1 · S3 40"));
    assert!(dashboard.screen().lines().nth(1).unwrap().starts_with(" 41 held, 41 freed Mon 09:00"));
}

#[test]
fn more_unanswered_than_fit_are_told_in_the_list_too() {
    let all: Vec<String> = (0..50).map(|n| ticket(&format!("A-{n}"), "S1", TODAY)).collect();
    let mut dashboard = Dashboard::acme((80, 24), &list(&all));
    let shown = dashboard.screen().matches("Title of").count();
    assert_eq!(dashboard.row("more unanswered").trim(), format!("… {} more unanswered", 50 - shown));
    dashboard.press("G");
    assert_eq!(dashboard.selected(), Some("A-49"));
    assert_eq!(
        dashboard.row("more unanswered").trim(),
        format!("… {} more unanswered", 50 - dashboard.screen().matches("Title of").count())
    );
    dashboard.press("pgup");
    assert_eq!(dashboard.screen().matches("more unanswered").count(), 2, "{}", dashboard.screen());
}

#[test]
fn a_fold_is_opened_and_closed_where_the_cursor_is() {
    let all: Vec<String> = (0..40).map(|n| ticket(&format!("H-{n}"), "S3", TODAY)).collect();
    let mut dashboard = Dashboard::acme((80, 24), &list(&all));
    dashboard.press("G");
    assert_eq!(dashboard.model.list.cursor(), &Cursor::Fold(Fold::Group(Group::Held)));
    dashboard.press("z");
    assert!(dashboard.selected().is_some(), "the cursor is on the first that was folded");
    assert!(!dashboard.screen().contains("z unfolds"));
    dashboard.press("G");
    assert_eq!(dashboard.selected(), Some("H-39"));
    dashboard.press("z");
    assert!(dashboard.row("HELD").ends_with("z unfolds"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("Title of"));
    dashboard.press("enter");
    assert!(dashboard.screen().contains("Title of H-0"));
}

#[test]
fn a_filter_lists_what_has_the_text_and_tells_what_it_hides() {
    let all = list(&[ticket("A-1", "S1", TODAY), ticket("B-2", "S1", TODAY), ticket("B-3", "S3", TODAY)]);
    let mut dashboard = Dashboard::acme((80, 24), &all);
    dashboard.press("/ b - enter");
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert!(!dashboard.screen().contains("Title of A-1"));
    assert_eq!(dashboard.selected(), Some("B-2"));
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "row 1 counts the whole queue");
    assert!(dashboard.screen().lines().nth(1).unwrap().contains("filter hides 1 NOW: esc shows it"));
    // letters are letters while a filter is typed
    dashboard.press("/ q a");
    assert_eq!(dashboard.model.list.filter(), "b-qa");
    assert!(dashboard.screen().contains("Nothing matches the filter"));
    assert_eq!(dashboard.effects, []);
    dashboard.press("backspace backspace enter");
    assert_eq!(dashboard.selected(), Some("B-2"));
    dashboard.press("esc");
    assert_eq!(dashboard.model.list.filter(), "");
    assert!(dashboard.screen().contains("Title of A-1"));
}

#[test]
fn esc_never_leaves_and_q_asks_once_while_something_is_unanswered() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.press("esc esc enter esc esc ? esc esc");
    assert_eq!(dashboard.effects, []);
    dashboard.press("q");
    assert!(dashboard.screen().contains("q again leaves, esc stays – 1 unanswered"));
    dashboard.press("esc");
    assert_eq!(dashboard.model.screen, Screen::Board);
    // any other key does what it always does
    dashboard.press("q enter");
    assert_eq!(dashboard.model.screen, Screen::Explanation(0));
    // q in a view goes back
    dashboard.press("q");
    assert_eq!((&dashboard.model.screen, dashboard.effects.len()), (&Screen::Board, 0));
    dashboard.press("q q");
    assert_eq!(dashboard.effects, [Effect::Quit]);
    let mut calm = Dashboard::acme((80, 24), "[]");
    calm.press("q");
    assert_eq!(calm.effects, [Effect::Quit]);
}

#[test]
fn every_size_is_drawn() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.fail("pager", holdover::domain::FaultKind::Unreachable, "no answer");
    for columns in [1, 2, 5, 10, 29, 30, 39, 40, 59, 60, 61, 80, 109, 110, 111, 200, 500] {
        for rows in [1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 16, 24, 60, 200] {
            dashboard.send(holdover::app::Message::Resized { columns, rows });
            for keys in ["j", "G", "enter", "G", "esc", "?", "G", "esc", "/ x", "esc", "g"] {
                dashboard.press(keys);
                let screen = dashboard.screen();
                assert!(screen.contains("NOW") || columns < 10, "{columns}x{rows} {keys}\n{screen}");
                if columns >= 60 && rows >= 8 {
                    let last = screen.lines().last().unwrap_or_default();
                    let footer = ["? help", "esc back", "esc clear"].iter().any(|end| last.contains(end));
                    assert!(footer, "{columns}x{rows} {keys}\n{screen}");
                }
            }
        }
    }
}

#[test]
fn a_clock_that_is_set_back_judges_everything_anew() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S3", TODAY)]));
    dashboard.wait(9 * 3600);
    assert!(dashboard.screen().starts_with(" 1 NOW"), "{}", dashboard.screen());
    dashboard.wait(-9 * 3600);
    assert!(dashboard.screen().starts_with(" 0 NOW"), "{}", dashboard.screen());
}

#[test]
fn what_has_come_is_listed_at_once_where_nothing_was() {
    let mut dashboard = Dashboard::acme((80, 24), "[]");
    dashboard.press("j");
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY)]));
    assert_eq!(dashboard.selected(), Some("A-1"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("Nothing is open"));
}

#[test]
fn a_clock_that_is_set_back_does_not_hold_the_order() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.press("j");
    dashboard.wait(-3600);
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY), ticket("A-2", "S1", "2026-12-06T23:00:00Z")]));
    dashboard.wait(1);
    assert!(dashboard.screen().contains("Title of A-2"), "{}", dashboard.screen());
}

#[test]
fn what_the_filter_hides_by_now_is_not_called_gone_from_its_source() {
    let of = |owner: &str| list(&[ticket("A-1", "S1", TODAY).replace("\"severity\"", &format!("\"assignee\": \"{owner}\", \"severity\""))]);
    let mut dashboard = Dashboard::acme((80, 24), &of("li"));
    dashboard.press("/ l i enter");
    dashboard.wait(3);
    dashboard.tell("tickets", &of("mo"));
    assert!(dashboard.row("A-1  ").contains("gone: it no longer passes 'li'"), "{}", dashboard.screen());
}

#[test]
fn a_ticket_that_is_known_to_be_gone_is_not_taken_though_its_row_stands() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY), ticket("A-2", "S1", TODAY)]));
    dashboard.press("j");
    dashboard.tell("tickets", &list(&[ticket("A-1", "S1", TODAY)]));
    assert!(dashboard.screen().contains("Title of A-2"), "the order stays");
    dashboard.press("a");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("A-2 is not acknowledged: gone: tickets no longer lists it"), "{}", dashboard.screen());
}

#[test]
fn what_may_not_fold_stays_and_so_does_the_cursor() {
    let all = list(&[ticket("A-1", "S1", TODAY), ticket("A-2", "S1", TODAY), ticket("U-1", "", TODAY), ticket("U-2", "", TODAY)]);
    let mut dashboard = Dashboard::acme((80, 24), &all);
    for _ in 0..4 {
        let selected = dashboard.selected().map(str::to_owned);
        dashboard.press("z");
        assert_eq!(dashboard.selected().map(str::to_owned), selected);
        assert!(dashboard.screen().contains("nothing here may fold"), "{}", dashboard.screen());
        dashboard.press("j");
    }
}

#[test]
fn what_was_unfolded_has_the_cursor() {
    let many: Vec<String> = (0..25).map(|n| ticket(&format!("U-{n}"), "", TODAY)).collect();
    let mut dashboard = Dashboard::acme((80, 24), &list(&many));
    dashboard.press("g enter");
    assert_eq!(dashboard.selected(), Some("U-0"), "{}", dashboard.screen());
    // and where what was folded comes unfolded by itself, the cursor is somewhere too
    let held: Vec<String> = (0..25).map(|n| ticket(&format!("H-{n}"), "S3", TODAY)).collect();
    let mut dashboard = Dashboard::acme((80, 24), &list(&held));
    dashboard.press("G");
    assert_eq!(dashboard.selected(), None);
    dashboard.send(holdover::app::Message::Resized { columns: 80, rows: 60 });
    assert!(dashboard.selected().is_some(), "{}", dashboard.screen());
}

#[test]
fn what_is_above_and_below_is_counted_in_tickets_and_sources_are_reached() {
    let mut all: Vec<String> = (0..30).map(|n| ticket(&format!("U-{n}"), "", TODAY)).collect();
    all.extend((0..30).map(|n| ticket(&format!("A-{n}"), "S1", TODAY)));
    let mut dashboard = Dashboard::acme((80, 24), &list(&all));
    dashboard.wait(400);
    dashboard.fail("tickets", holdover::domain::FaultKind::ServerError, "the server failed (500)");
    dashboard.press("G");
    let shown =
        dashboard.screen().matches("Title of").count() - dashboard.screen().lines().filter(|line| line.starts_with(" Title of")).count();
    assert!(dashboard.row("more unanswered").contains(&format!("… {} more unanswered", 60 - shown)), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("!! tickets BLIND since Mon 00:18: the server failed (500)"), "{}", dashboard.screen());
    let first = dashboard.screen().lines().find(|line| line.contains("Title of A-")).unwrap().to_owned();
    assert!(first.starts_with(" S1"), "the severity is said where its first row is above: {first}");
}

#[test]
fn the_question_before_leaving_stays_as_long_as_q_leaves() {
    for key in ["r", "j", "?", "a"] {
        let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
        dashboard.press("q");
        dashboard.press(key);
        assert!(!dashboard.screen().contains("q again leaves"));
        dashboard.press("q");
        assert!(!dashboard.effects.contains(&Effect::Quit), "{key}");
    }
}

#[test]
fn an_explanation_is_never_scrolled_out_of_sight() {
    let mut dashboard = Dashboard::demo((40, 12));
    dashboard.press("enter G");
    dashboard.send(holdover::app::Message::Resized { columns: 200, rows: 24 });
    assert!(dashboard.screen().contains("Billing"), "{}", dashboard.screen());
}

#[test]
fn the_whole_help_can_be_read_in_the_smallest_pane() {
    let mut dashboard = Dashboard::demo((30, 8));
    dashboard.press("? G");
    assert!(dashboard.screen().contains("mine     you have it"), "{}", dashboard.screen());
}

#[test]
fn a_clock_that_stands_still_sends_nothing_and_never_wakes() {
    let mut dashboard = Dashboard::acme((80, 24), &list(&[ticket("A-1", "S1", TODAY)]));
    dashboard.model.rules.frozen = true;
    assert_eq!(holdover::app::view(&dashboard.model).1, None);
    assert!(dashboard.screen().lines().next().unwrap().contains("AT Mon"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("a ack"));
    dashboard.press("a");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("nothing is sent with --at"));
}
