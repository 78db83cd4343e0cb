//! What the engineer sees where sources tell strange things: one entry of a thousand that cannot be read, a list that was not
//! read whole, one key in two sources, a severity that changes, a client who answers; and deeds that are no acknowledgement.

use holdover::app::{Ack, Effect, Message};
use holdover::config;
use holdover::domain::{Capabilities, Deed, DeedKind, Outcome, Pass, SafeText, SourceName, TicketKey};

use super::{Dashboard, NIGHT};

fn entry(key: &str, severity: &str, more: &str) -> String {
    format!(
        "{{ \"key\": \"{key}\", \"title\": \"Title of {key}\", \"client\": \"acme\", \"severity\": \"{severity}\", \
         \"submitted_at\": \"2026-12-07T00:10:00Z\"{more} }}"
    )
}

#[test]
fn one_entry_of_a_thousand_that_cannot_be_read_is_to_be_decided_and_the_others_are_there() {
    let mut entries: Vec<String> = (1..=1000).map(|n| entry(&format!("A-{n}"), if n == 7 { "S1" } else { "S3" }, "")).collect();
    entries[499] = "{ \"key\": \"A-500\", \"submitted_at\": \"the day before\" }".to_owned();
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}]", entries.join(",\n")));
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains(" 998 held"), "{}", dashboard.screen());
    dashboard.press("g");
    assert_eq!(dashboard.selected(), Some("A-500"), "it stands at the top: it might be an S1");
    assert!(dashboard.screen().contains("submitted_at \"the day before\" is no time"), "{}", dashboard.screen());
}

#[test]
fn a_list_that_was_not_read_whole_is_no_calm_and_takes_nothing_away() {
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}, {}]", entry("A-1", "S1", ""), entry("A-2", "S1", "")));
    let settings = dashboard.settings.sources[0].clone();
    let format = holdover::sources::TicketFormat::of(&settings, "tickets.json");
    let tickets = holdover::sources::read_tickets(format!("[{}]", entry("A-3", "S1", "")).as_bytes(), &format).unwrap();
    let warning = Some(SafeText::line("the list changed while it was read – it is read again"));
    dashboard.wait(30);
    dashboard.report("tickets", Ok(Pass { tickets, complete: false, total: Some(40), warning, ..Pass::default() }));
    let screen = dashboard.screen();
    assert!(screen.starts_with(" 3 NOW  3 unanswered"), "nothing has gone: {screen}");
    assert!(screen.lines().nth(1).unwrap().contains("tickets STALE"), "{screen}");
    assert!(screen.contains("3 of 40"), "{screen}");
}

#[test]
fn one_key_in_two_sources_is_two_tickets() {
    let source = |name: &str| format!("\n[[source]]\nname = \"{name}\"\nkind = \"file\"\npath = \"{name}.json\"\n");
    let config = format!("{}{}{}", crate::support::ACME, source("one"), source("two"));
    let mut dashboard = Dashboard::new(config::parse(&config, "config.toml", &[]).unwrap(), NIGHT, (80, 24));
    dashboard.tell("one", &format!("[{}]", entry("A-1", "S1", ", \"channel\": \"phone\"")));
    dashboard.tell("two", &format!("[{}]", entry("A-1", "S1", ", \"channel\": \"email\"")));
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "{}", dashboard.screen());
    dashboard.press("g");
    let first = dashboard.model.list.selected().unwrap().ticket.id.clone();
    dashboard.press("a");
    dashboard.send(Message::Done {
        entry: Some(1),
        key: first.clone(),
        deed: Deed::Acknowledge { note: None },
        outcome: Outcome::Confirmed { by: Some(SafeText::line("jo")), at: None },
    });
    let screen = dashboard.screen();
    assert!(screen.starts_with(" 2 NOW  1 unanswered"), "{screen}");
    assert!(screen.contains(&format!("{first}: acknowledged by jo")), "it is named with its source: {screen}");
}

#[test]
fn a_severity_that_changes_between_polls_moves_the_ticket_and_the_cursor_stays_on_it() {
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}, {}]", entry("A-1", "S1", ""), entry("A-2", "S3", "")));
    dashboard.press("G");
    assert_eq!(dashboard.selected(), Some("A-2"));
    assert!(dashboard.screen().contains(" 1 held"), "{}", dashboard.screen());
    dashboard.wait(30);
    dashboard.tell("tickets", &format!("[{}, {}]", entry("A-1", "S1", ""), entry("A-2", "S1", "")));
    dashboard.wait(3);
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "{}", dashboard.screen());
    assert_eq!(dashboard.selected(), Some("A-2"));
    dashboard.wait(30);
    dashboard.tell("tickets", &format!("[{}, {}]", entry("A-1", "S3", ""), entry("A-2", "S1", "")));
    dashboard.wait(3);
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "{}", dashboard.screen());
}

#[test]
fn a_client_who_answers_has_the_next_move_no_more() {
    let waiting = ", \"status\": \"on-client\", \"last_word_at\": \"2026-12-07T00:12:00Z\"";
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}]", entry("A-1", "S1", waiting)));
    assert!(dashboard.screen().starts_with(" 0 NOW  0 unanswered"), "{}", dashboard.screen());
    dashboard.wait(30);
    let answered = format!("{waiting}, \"contacts\": [{{ \"at\": \"2026-12-07T00:18:10Z\", \"channel\": null }}]");
    dashboard.tell("tickets", &format!("[{}]", entry("A-1", "S1", &answered)));
    assert!(dashboard.screen().starts_with(" 1 NOW  1 unanswered"), "{}", dashboard.screen());
    dashboard.press("g");
    assert!(dashboard.screen().contains("client answered 00:18"), "{}", dashboard.screen());
}

#[test]
fn a_contact_that_is_kept_here_counts_at_once_and_lasts() {
    let by_mail = format!("[{}]", entry("A-1", "S1", ", \"channel\": \"email\""));
    let mut dashboard = Dashboard::acme((80, 24), &by_mail);
    let key = TicketKey { source: SourceName::new("tickets"), key: SafeText::line("A-1") };
    let (deed, at) = (Deed::Contact { channel: SafeText::line("phone") }, dashboard.model.now);
    let sending = Ack::Sending { by: None, asked_at: at };
    dashboard.send(Message::Underway { entry: 1, key: key.clone(), deed: deed.kind(), ack: sending });
    assert!(dashboard.screen().contains("1 unsent"), "{}", dashboard.screen());
    dashboard.send(Message::Done { entry: Some(1), key, deed, outcome: Outcome::Here { by: SafeText::line("jo"), at } });
    assert!(dashboard.screen().contains("A-1: contact noted here: its source cannot be told"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("unsent"), "{}", dashboard.screen());
    let contacts = |dashboard: &Dashboard| dashboard.model.store.tickets().next().unwrap().contacts.len();
    assert_eq!(contacts(&dashboard), 1);
    dashboard.wait(30);
    dashboard.tell("tickets", &by_mail);
    assert_eq!(contacts(&dashboard), 1, "its source never tells of it");
    dashboard.tell("tickets", "[]");
    dashboard.tell("tickets", &by_mail);
    assert_eq!(contacts(&dashboard), 0, "what is gone, and comes again, is another");
}

#[test]
fn what_was_taken_here_is_given_back_by_the_key_that_undoes_pressed_twice() {
    let mut dashboard = Dashboard::acme((80, 24), &format!("[{}, {}]", entry("A-1", "S1", ""), entry("A-2", "S1", "")));
    dashboard.press("g");
    let key = dashboard.model.list.selected().unwrap().ticket.id.clone();
    let confirmed = Outcome::Confirmed { by: Some(SafeText::line("jo")), at: None };
    dashboard.send(Message::Done { entry: Some(1), key: key.clone(), deed: Deed::Acknowledge { note: None }, outcome: confirmed.clone() });
    dashboard.wait(3);
    while dashboard.selected() != Some(key.key.as_str()) {
        dashboard.press("j");
    }
    dashboard.effects.clear();
    dashboard.press("u");
    assert!(dashboard.screen().contains("u again gives it back, and it is unanswered again"), "{}", dashboard.screen());
    dashboard.press("z z u");
    assert_eq!(dashboard.effects, [], "another key between the two is no");
    dashboard.press("u");
    assert_eq!(dashboard.effects, [Effect::Tell { key: key.clone(), deed: Deed::Unacknowledge, send_at: dashboard.model.now }]);
    assert!(dashboard.screen().starts_with(" 2 NOW  1 unanswered"), "it is not before its source says so: {}", dashboard.screen());
    dashboard.send(Message::Done { entry: Some(1), key: key.clone(), deed: Deed::Unacknowledge, outcome: confirmed });
    assert!(dashboard.screen().contains("A-1: given back, confirmed by the source"), "{}", dashboard.screen());
    assert_eq!(dashboard.effects.last(), Some(&Effect::PollNow));
    dashboard.wait(1);
    dashboard.tell("tickets", &format!("[{}, {}]", entry("A-1", "S1", ""), entry("A-2", "S1", "")));
    assert!(dashboard.screen().starts_with(" 2 NOW  2 unanswered"), "{}", dashboard.screen());
    // what somebody else has is not ours to give back
    dashboard.press("u u");
    assert!(dashboard.screen().contains("there is nothing to undo"), "{}", dashboard.screen());
}

#[test]
fn what_a_source_cannot_be_told_is_muted_and_says_why() {
    let mut dashboard = Dashboard::acme((100, 40), &format!("[{}]", entry("A-1", "S1", "")));
    let capabilities = Capabilities::none("the shelf has no ears").and(DeedKind::Note);
    dashboard.model.capabilities.insert(SourceName::new("tickets"), capabilities);
    dashboard.press("g enter");
    let screen = dashboard.screen();
    assert!(screen.contains("Verbs         holdover note\n"), "{screen}");
    assert!(screen.contains("Not told      ack, unack, contact: kept here, for the shelf has no ears"), "{screen}");
    assert!(screen.contains("              note --to-client, assess, on-client, resolve: the shelf has no ears"), "{screen}");
}
