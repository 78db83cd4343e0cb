//! The configuration is edited under an open board: what is judged is judged anew, and whoever reads it loses nothing.

use std::sync::Arc;

use holdover::app::{Ack, Configured, ConfiguredRules, ConfiguredSource, Message, Notice, SourceRules, StaysKnown};
use holdover::config;
use holdover::domain::{FaultKind, SafeText};
use holdover::tui::views;

use super::Dashboard;
use crate::support::ACME;

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-07T00:10:00Z" },
    { "key": "A-2", "client": "acme", "severity": "S3", "title": "Slow in the shop", "submitted_at": "2026-12-07T00:11:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Slow in the office", "submitted_at": "2026-12-07T00:12:00Z" }
]"#;

fn source(name: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\nkind = \"file\"\npath = \"{name}.json\"\n")
}

/// The configuration says this from now on; so much stays known of its sources.
fn edit(dashboard: &mut Dashboard, config: &str, stays: StaysKnown) {
    let settings = config::parse(config, "config.toml", &[]).unwrap();
    let sources = settings.sources.iter().map(|s| ConfiguredSource {
        rules: SourceRules { name: s.name.clone(), poll_every: s.poll_every, blind_after: s.blind_after },
        capabilities: None,
        stays,
    });
    let rules = ConfiguredRules {
        agreements: settings.agreements.clone(),
        zone: settings.timezone,
        views: settings.views.clone(),
        help: Arc::new(views::help(&settings.keys)),
    };
    let configured = Configured { rules, sources: sources.collect(), local: None };
    dashboard.send(Message::Configured(Box::new(configured)));
    dashboard.settings = settings;
}

fn mistake() -> Message {
    Message::Lasting(Some(Notice { text: "edit not used – config.toml:3: no".to_owned(), alarm: true }))
}

#[test]
fn an_edited_agreement_judges_anew_and_leaves_cursor_filter_and_marks() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("/");
    dashboard.type_text("slow");
    dashboard.press("enter j space");
    dashboard.wait(3);
    let marked = dashboard.row("Slow in the office");
    assert_eq!((dashboard.selected(), marked.starts_with('*'), marked.contains("4h")), (Some("A-3"), true, true), "{marked}");
    // what was held is obliged now: the groups are others, and so is the order
    let edited = ACME.replace("S3 = { office-hours = \"4h\" }", "S3 = { office-hours = \"4h\", any = \"3h\" }") + &source("tickets");
    edit(&mut dashboard, &edited, StaysKnown::All);
    assert!(dashboard.screen().contains("NOW, UNANSWERED 2   S3 2"), "{}", dashboard.screen());
    assert!(dashboard.screen().starts_with(" 3 NOW  3 unanswered"), "{}", dashboard.screen());
    assert_eq!(dashboard.selected(), Some("A-3"));
    assert!(dashboard.row("Slow in the office").starts_with('*'), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("Nobody can sign in"), "the filter stays\n{}", dashboard.screen());
    dashboard.press("a");
    assert!(matches!(&dashboard.effects[..], [holdover::app::Effect::Tell { key, .. }] if key.to_string() == "tickets/A-3"));
}

#[test]
fn an_edited_zone_is_the_one_that_is_shown() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    assert!(dashboard.screen().contains("Mon 00:18 GMT"), "{}", dashboard.screen());
    edit(&mut dashboard, &(ACME.replacen("Europe/London", "Asia/Kolkata", 1) + &source("tickets")), StaysKnown::All);
    assert!(dashboard.screen().contains("Mon 05:48 IST"), "{}", dashboard.screen());
}

#[test]
fn a_source_that_is_asked_otherwise_keeps_its_tickets_until_it_answers() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets")), StaysKnown::Tickets);
    let screen = dashboard.screen();
    assert!(
        !screen.contains("asking tickets") && screen.contains("Nobody can sign in") && screen.contains("the edit is in use"),
        "{screen}"
    );
    dashboard.tell("tickets", "[]");
    dashboard.wait(3);
    assert!(dashboard.screen().starts_with(" 0 NOW"), "{}", dashboard.screen());
}

#[test]
fn a_source_that_is_blind_stays_so_until_it_answers_anew() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.wait(1200);
    dashboard.fail("tickets", FaultKind::Forbidden, "the key is refused");
    let before = dashboard.screen();
    assert!(before.contains("BLIND") && before.contains("the key is refused"), "{before}");
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets")), StaysKnown::Tickets);
    let screen = dashboard.screen();
    assert!(screen.contains("BLIND") && screen.contains("the key is refused"), "{screen}");
    dashboard.tell("tickets", TICKETS);
    assert!(!dashboard.screen().contains("BLIND"), "{}", dashboard.screen());
}

#[test]
fn a_source_that_goes_says_what_of_it_somebody_is_needed_for() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    let alarm = |dashboard: &Dashboard| dashboard.model.notice.clone().map(|notice| (notice.text, notice.alarm));
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets") + &source("desk")), StaysKnown::All);
    assert_eq!(alarm(&dashboard), Some(("the edit is in use".to_owned(), false)));
    dashboard.tell("desk", &TICKETS.replace(r#""severity": "S1", "#, ""));
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets")), StaysKnown::All);
    assert_eq!(alarm(&dashboard), Some(("edit in use: desk is gone, with 1 to decide".to_owned(), true)));
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets")), StaysKnown::Nothing);
    assert_eq!(alarm(&dashboard), Some(("edit in use: tickets is another, without its 1 unanswered".to_owned(), true)));
    // what went wrong is not said over by what went well
    edit(&mut dashboard, &(ACME.to_owned() + &source("tickets")), StaysKnown::All);
    assert!(dashboard.screen().contains("edit in use: tickets is another"), "{}", dashboard.screen());
}

#[test]
fn a_new_source_is_asked_and_one_that_goes_takes_all_that_is_said_of_its_tickets_along() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("space");
    let asked_at = dashboard.model.now;
    dashboard.underway("tickets", "A-1", Ack::Sending { by: None, asked_at });
    assert!(dashboard.screen().contains("1 unsent"), "{}", dashboard.screen());
    edit(&mut dashboard, &(ACME.to_owned() + &source("desk")), StaysKnown::Nothing);
    dashboard.wait(3);
    let screen = dashboard.screen();
    assert!(screen.starts_with(" 0 NOW") && screen.contains("asking desk") && !screen.contains("unsent"), "{screen}");
    dashboard.tell("desk", &TICKETS.replace("A-1", "D-1"));
    assert!(dashboard.row("Nobody can sign in").contains("D-1"), "{}", dashboard.screen());
    dashboard.press("esc q");
    assert!(!dashboard.screen().contains("unsent"), "nothing of what went is asked about\n{}", dashboard.screen());
}

#[test]
fn what_is_of_another_time_is_judged_anew_too() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press(">");
    let with = |row: &str| ACME.replace("S3 = { office-hours = \"4h\" }", row) + &source("tickets");
    edit(&mut dashboard, &with("S3 = { office-hours = \"1h\" }"), StaysKnown::All);
    let row = dashboard.row("Slow in the shop");
    assert!(dashboard.screen().contains("NOT NOW") && row.contains("1h") && !row.contains("4h"), "{}", dashboard.screen());
    // what an edit makes urgent ends it, as any ticket does that somebody may be needed for
    edit(&mut dashboard, &with("S3 = { any = \"3h\" }"), StaysKnown::All);
    let screen = dashboard.screen();
    assert!(screen.contains("A-2 is unanswered now – this is the present again") && screen.contains("S1 1 · S3 2"), "{screen}");
}

#[test]
fn the_page_of_an_agreement_stays_that_of_the_same() {
    let other = ACME.split_once("\n\n").unwrap().1.replace("Acme", "Zulu").replace("\"acme\", \"acme-*\"", "\"zulu\"");
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    // it is under the palette while that is up
    dashboard.press("w :");
    let edited = format!("timezone = \"Europe/London\"\n\n{other}\n{}{}", ACME.split_once("\n\n").unwrap().1, source("tickets"));
    edit(&mut dashboard, &edited, StaysKnown::All);
    dashboard.press("esc");
    let screen = dashboard.screen();
    assert!(screen.contains("── Acme") && !screen.contains("Zulu ──"), "{screen}");
}

#[test]
fn a_mistake_is_said_until_it_is_mended_and_hides_nothing_above() {
    for size in [(80, 24), (40, 12)] {
        let mut dashboard = Dashboard::acme(size, TICKETS);
        let top = |dashboard: &Dashboard| dashboard.screen().lines().take(2).map(str::to_owned).collect::<Vec<_>>();
        let before = top(&dashboard);
        dashboard.send(mistake());
        assert!(dashboard.screen().contains("edit not used – config.toml:3: no"), "{}", dashboard.screen());
        assert_eq!(top(&dashboard), before);
        dashboard.press("j k");
        dashboard.wait(600);
        assert!(dashboard.screen().contains("edit not used"), "keys and time do not take it away\n{}", dashboard.screen());
        dashboard.send(Message::Lasting(None));
        assert!(!dashboard.screen().contains("edit not used"), "{}", dashboard.screen());
    }
}

#[test]
fn a_mistake_comes_before_what_was_said_and_hides_not_what_a_filter_hides() {
    let mut dashboard = Dashboard::acme((40, 12), TICKETS);
    dashboard.send(Message::Warned("something else".to_owned()));
    dashboard.send(mistake());
    assert!(dashboard.screen().contains("edit not used"), "what comes last is seen first\n{}", dashboard.screen());
    dashboard.send(Message::Warned(SafeText::line("a word").to_string()));
    assert!(dashboard.screen().contains("a word"), "{}", dashboard.screen());
    dashboard.press("/");
    dashboard.type_text("slow");
    dashboard.press("enter");
    assert!(dashboard.screen().contains("1 hidden"), "{}", dashboard.screen());
    dashboard.press("esc");
    assert!(dashboard.screen().contains("edit not used"), "{}", dashboard.screen());
}
