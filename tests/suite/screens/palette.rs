//! The palette and the filter of the help: what has the words is found, and what is chosen is done to the ticket that was under
//! the cursor, or it is said why not.

use holdover::app::{Effect, Message, Screen};
use holdover::domain::{Deed, Outcome, SafeText};

use super::Dashboard;

const TWO: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-07T00:10:00Z" },
    { "key": "A-2", "client": "acme", "severity": "S2", "title": "No mail", "submitted_at": "2026-12-06T22:11:00Z" }]"#;
const OTHER: &str = r#"[{ "key": "A-2", "client": "acme", "severity": "S2", "title": "No mail", "submitted_at": "2026-12-06T22:11:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S1", "title": "New", "submitted_at": "2026-12-07T00:11:00Z" }]"#;

/// Opens the palette over what some keys lead to, and types.
fn palette(dashboard: &mut Dashboard, keys: &str, text: &str) {
    dashboard.press(keys);
    dashboard.press(":");
    dashboard.type_text(text);
}

/// The first words of the rows below the head, without what goes on from the row above.
fn names(dashboard: &Dashboard) -> Vec<String> {
    let screen = dashboard.screen();
    let rows = screen.lines().skip_while(|row| !row.starts_with("── ")).skip(1).take_while(|row| !row.starts_with("──"));
    let begins = |row: &&str| row.starts_with(" ▌") || row.starts_with("  ") && !row.starts_with("   ") || !row.starts_with("  ");
    let first = |row: &str| row.trim_start_matches([' ', '▌']).split(' ').next().unwrap_or_default().to_owned();
    rows.filter(|row| !row.is_empty()).filter(begins).map(first).collect()
}

#[test]
fn what_has_the_words_is_found_the_nearest_name_first() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "", "undo");
    assert_eq!(names(&dashboard)[0], "undo");
    palette(&mut dashboard, "esc", "next un");
    assert_eq!(names(&dashboard)[0], "next-unanswered");
    palette(&mut dashboard, "esc", "TAB");
    assert!(names(&dashboard).contains(&"next-unanswered".to_owned()), "by its key\n{}", dashboard.screen());
    palette(&mut dashboard, "esc", "clock contact");
    assert_eq!(names(&dashboard), ["phoned-in"], "by what it does");
    palette(&mut dashboard, "esc", "sudo");
    assert!(dashboard.screen().contains("No action has these words"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert!(matches!(dashboard.model.screen, Screen::Palette(_)), "there is nothing to do");
    dashboard.press("backspace backspace backspace backspace");
    assert_eq!(names(&dashboard)[0], "acknowledge");
}

#[test]
fn the_chosen_one_is_done_to_the_ticket_under_the_cursor() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "g", "copy");
    assert!(dashboard.screen().contains(" actions for A-1 ─"), "{}", dashboard.screen());
    assert_eq!(names(&dashboard)[..2], ["copy-key", "copy-link"]);
    dashboard.press("pgdn");
    dashboard.press("pgup enter");
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert!(dashboard.screen().contains("given to the terminal to copy: A-1"), "{}", dashboard.screen());
}

#[test]
fn a_ticket_that_left_meanwhile_is_not_taken_and_no_other_is() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "g", "acknowledge");
    dashboard.wait(60);
    dashboard.tell("tickets", OTHER);
    dashboard.press("enter");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("A-1 is not acknowledged: gone: tickets no longer lists it"), "{}", dashboard.screen());
}

/// An empty board had no ticket under the cursor: one that comes meanwhile is not meant.
#[test]
fn a_cursor_that_has_moved_is_not_acted_on() {
    let mut dashboard = Dashboard::acme((80, 24), "[]");
    palette(&mut dashboard, "", "acknowledge");
    dashboard.wait(60);
    dashboard.tell("tickets", TWO);
    assert_eq!(dashboard.selected(), Some("A-1"));
    dashboard.press("enter");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("acknowledge: nothing is done, for the cursor has moved meanwhile"), "{}", dashboard.screen());
}

#[test]
fn what_does_nothing_here_says_so() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "H", "acknowledge");
    dashboard.press("enter");
    assert!(matches!(dashboard.model.screen, Screen::Handover(_)) && dashboard.effects.is_empty());
    assert!(dashboard.screen().contains("acknowledge does nothing here"), "{}", dashboard.screen());
    // over the keys it is done to what is below them
    palette(&mut dashboard, "q g ?", "acknowledge");
    dashboard.press("enter");
    assert!(matches!(dashboard.effects[..], [Effect::Tell { .. }]) && dashboard.model.screen == Screen::Board);
}

#[test]
fn from_another_time_nothing_is_sent_by_it_either() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "g >", "acknowledge");
    dashboard.press("enter");
    assert_eq!(dashboard.effects, []);
    assert!(dashboard.screen().contains("nothing is sent from another time"), "{}", dashboard.screen());
}

#[test]
fn a_ticket_is_given_back_by_it_as_by_the_key_pressed_twice() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    dashboard.press("g");
    let key = dashboard.model.list.selected().unwrap().ticket.id.clone();
    let outcome = Outcome::Confirmed { by: Some(SafeText::line("jo")), at: None };
    dashboard.send(Message::Done { entry: Some(1), key: key.clone(), deed: Deed::Acknowledge { note: None }, outcome });
    dashboard.wait(3);
    dashboard.effects.clear();
    for _ in 0..2 {
        assert_eq!((dashboard.selected(), &dashboard.effects), (Some("A-1"), &Vec::new()));
        palette(&mut dashboard, "", "undo");
        dashboard.press("enter");
    }
    assert_eq!(dashboard.effects, [Effect::Tell { key, deed: Deed::Unacknowledge, send_at: dashboard.model.now }]);
}

#[test]
fn what_nobody_sees_is_not_done() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    palette(&mut dashboard, "g", "acknowledge");
    dashboard.resize((20, 5));
    dashboard.effects.clear();
    dashboard.press("enter");
    assert_eq!(dashboard.effects, []);
    dashboard.press("esc");
    assert_eq!(dashboard.model.screen, Screen::Board);
}

#[test]
fn the_help_lists_what_has_the_words_and_esc_clears_them_before_it_leaves() {
    let mut dashboard = Dashboard::acme((80, 24), TWO);
    dashboard.press("? j j /");
    dashboard.type_text("Client phone");
    assert_eq!(names(&dashboard), ["p", "+"], "{}", dashboard.screen());
    dashboard.press("enter");
    assert!(!dashboard.model.screen.takes_text() && dashboard.screen().contains("filter: Client phone"), "{}", dashboard.screen());
    dashboard.press("esc");
    assert!(dashboard.screen().contains("acknowledge: tell the source") && !dashboard.screen().contains("filter:"));
    dashboard.press("/");
    dashboard.type_text("sudo");
    assert!(dashboard.screen().contains("Nothing here has these words; esc clears them."), "{}", dashboard.screen());
    dashboard.press("esc esc");
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert_eq!(dashboard.model.list.filter(), "", "that of the list is another");
}
