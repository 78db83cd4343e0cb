//! V marks a range of tickets, by moving; J and K read in what is said of one, and the cursor stays.

use holdover::app::{Effect, Screen};

use super::Dashboard;

fn tickets(count: usize) -> String {
    let ticket = |n| {
        let text = r#""client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z""#;
        format!("{{ \"key\": \"A-{n}\", {text}, \"description\": \"one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven\\neight\" }}")
    };
    format!("[{}]", (1..=count).map(ticket).collect::<Vec<_>>().join(","))
}

fn board(count: usize) -> Dashboard {
    let mut dashboard = Dashboard::acme((80, 30), &tickets(count));
    dashboard.press("g");
    dashboard
}

fn marked(dashboard: &Dashboard) -> Vec<String> {
    let screen = dashboard.screen();
    let key = |row: &str| row.split_whitespace().find(|word| word.starts_with("A-")).map(str::to_owned);
    screen.lines().filter(|row| row.starts_with('*')).filter_map(key).collect()
}

fn taken(dashboard: &mut Dashboard) -> Vec<String> {
    let key = |effect| if let Effect::Tell { key, .. } = effect { Some(key.key.to_string()) } else { None };
    std::mem::take(&mut dashboard.effects).into_iter().filter_map(key).collect()
}

#[test]
fn a_range_goes_from_where_it_began_to_the_cursor() {
    let mut dashboard = board(6);
    dashboard.press("j V");
    assert_eq!(marked(&dashboard), ["A-2"], "{}", dashboard.screen());
    dashboard.press("j j");
    assert_eq!(marked(&dashboard), ["A-2", "A-3", "A-4"], "{}", dashboard.screen());
    assert!(dashboard.screen().contains("3 marked: moving marks on, V ends, esc unmarks"), "{}", dashboard.screen());
    dashboard.press("k");
    assert_eq!(marked(&dashboard), ["A-2", "A-3"], "going back unmarks: {}", dashboard.screen());
    dashboard.press("g");
    assert_eq!(marked(&dashboard), ["A-1", "A-2"], "{}", dashboard.screen());
    dashboard.press("V j j j");
    assert_eq!(marked(&dashboard), ["A-1", "A-2"], "it has ended: {}", dashboard.screen());
    dashboard.press("a");
    assert_eq!(taken(&mut dashboard), ["A-1", "A-2"]);
}

#[test]
fn space_ends_it_too_esc_takes_its_marks_away_and_any_other_key_ends_it() {
    let mut dashboard = board(6);
    dashboard.press("space V j space j j");
    assert_eq!(marked(&dashboard), ["A-1", "A-2", "A-3"], "space marks no more than the range: {}", dashboard.screen());
    dashboard.press("V j esc");
    assert_eq!(marked(&dashboard), ["A-1", "A-2", "A-3"], "those before stay: {}", dashboard.screen());
    dashboard.press("esc");
    assert_eq!(marked(&dashboard), Vec::<String>::new(), "{}", dashboard.screen());
    dashboard.press("g V j o j j");
    assert_eq!(marked(&dashboard), ["A-1", "A-2"], "{}", dashboard.screen());
}

#[test]
fn many_are_asked_about_and_what_is_gone_ends_the_range() {
    let mut dashboard = board(7);
    dashboard.press("V G a");
    assert_eq!((taken(&mut dashboard), &dashboard.model.screen), (Vec::new(), &Screen::Sure));
    dashboard.press("n esc g V j j");
    dashboard.wait(20);
    let rest = tickets(7).replacen("{ \"key\": \"A-1\"", "{ \"status\": \"resolved\", \"key\": \"A-1\"", 1);
    dashboard.tell("tickets", &rest);
    dashboard.press("j");
    assert!(dashboard.screen().contains("the range has ended: A-1 is not listed any more"), "{}", dashboard.screen());
    assert_eq!(marked(&dashboard), ["A-2", "A-3"], "{}", dashboard.screen());
}

#[test]
fn what_is_folded_is_not_marked_unseen_nor_what_a_poll_brings() {
    let held = tickets(6).replace("\"S1\"", "\"S3\"");
    let mut dashboard = Dashboard::acme((80, 30), &held);
    // the group is folded, and there is a ticket above and below
    let two = r#"{ "key": "A-8", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" },
        { "key": "A-9", "client": "acme", "severity": "S1", "title": "Word", "submitted_at": "2026-12-07T00:10:00Z", "status": "on-client" },"#;
    dashboard.tell("tickets", &held.replacen('[', &format!("[{two}"), 1));
    dashboard.press("g j z g V G");
    assert_eq!(marked(&dashboard), ["A-8", "A-9"], "{}", dashboard.screen());
    let mut dashboard = board(2);
    dashboard.press("V j");
    dashboard.wait(20);
    dashboard.tell(
        "tickets",
        &tickets(2).replacen(
            '[',
            r#"[{ "key": "A-0", "client": "acme", "severity": "S1", "title": "New", "submitted_at": "2026-12-07T00:10:30Z" },"#,
            1,
        ),
    );
    assert_eq!(marked(&dashboard), ["A-1", "A-2"], "{}", dashboard.screen());
    dashboard.model.rules.read_only = true;
    dashboard.press("V V");
    assert!(dashboard.screen().contains("nothing is sent with --read-only"), "{}", dashboard.screen());
}

#[test]
fn one_reads_on_in_what_is_said_and_the_cursor_stays() {
    for size in [(80, 18), (40, 12), (140, 24), (60, 16)] {
        let mut dashboard = Dashboard::acme(size, &tickets(2));
        dashboard.press("g");
        let first = dashboard.screen();
        let mut last = first.clone();
        for _ in 0..60 {
            dashboard.press("J");
            if dashboard.screen().contains("that is all") {
                break;
            }
            assert_ne!(dashboard.screen(), last, "each row is another at {size:?}");
            last = dashboard.screen();
        }
        assert!(
            dashboard.screen().contains("that is all; enter opens") && dashboard.screen().contains("eight"),
            "{size:?}\n{}",
            dashboard.screen()
        );
        assert_eq!(dashboard.selected(), Some("A-1"));
        // of another ticket one begins at the beginning
        dashboard.press("j");
        assert!(!dashboard.screen().contains("eight") || size.0 == 140, "{}", dashboard.screen());
        dashboard.press("k J K K");
        assert!(dashboard.screen().contains("that is where it begins"), "{}", dashboard.screen());
        dashboard.press("g");
        assert_eq!(dashboard.screen(), first, "{size:?}");
    }
}

#[test]
fn it_says_which_rows_are_read_and_what_to_do_where_there_are_none() {
    let mut dashboard = Dashboard::acme((80, 17), &tickets(1));
    dashboard.press("g J J");
    assert!(dashboard.row("── A-1 ──").contains(" 3–11 of "), "{}", dashboard.screen());
    // what there is less of than one has read begins at its last rows
    dashboard.tell("tickets", &tickets(1).replace("one\\ntwo\\nthree\\nfour\\nfive\\nsix\\nseven\\neight", "eight"));
    dashboard.resize((80, 10));
    dashboard.press("J");
    assert!(dashboard.screen().contains("there is no room for what is said"), "{}", dashboard.screen());
    dashboard.press("enter J K");
    assert!(matches!(dashboard.model.screen, Screen::Explanation(0)), "the explanation scrolls by them: {:?}", dashboard.model.screen);
}
