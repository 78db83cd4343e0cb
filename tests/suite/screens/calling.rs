//! To call back: the number is copied, a note is asked for, and once the source has it the flag is gone, but not what was asked.

use holdover::app::{Effect, Message, Screen};
use holdover::domain::{CalledBack, Capabilities, Deed, Outcome, SafeText, SourceName, TicketKey};

use super::Dashboard;

const TWO: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z", "callback_requested": true,
      "contact": { "name": "Jo Reed", "phone": "+44 20 7946 0018" } },
    { "key": "A-2", "client": "acme", "severity": "S2", "title": "Slow", "submitted_at": "2026-12-07T00:11:00Z" }]"#;

fn board(size: (u16, u16)) -> Dashboard {
    let mut dashboard = Dashboard::acme(size, TWO);
    dashboard.press("g");
    dashboard
}

fn key() -> TicketKey {
    TicketKey { source: SourceName::new("tickets"), key: SafeText::line("A-1") }
}

fn note(text: &str) -> Deed {
    Deed::Note { text: SafeText::body(text) }
}

fn told(dashboard: &mut Dashboard) -> Vec<Deed> {
    let tell = |effect| if let Effect::Tell { deed, .. } = effect { Some(deed) } else { None };
    std::mem::take(&mut dashboard.effects).into_iter().filter_map(tell).collect()
}

/// The flags that a row of the board has.
fn flagged(dashboard: &Dashboard) -> bool {
    use holdover::app::{Body, Flag, ListLine};
    let Body::List { lines, .. } = dashboard.view().body else { panic!("{}", dashboard.screen()) };
    lines.iter().any(|line| matches!(line, ListLine::Ticket { labels, .. } if labels.flags.contains(&Flag::CallBack)))
}

#[test]
fn the_number_is_copied_and_the_prompt_names_reader_and_whom_to_call() {
    for size in [(80, 24), (40, 12)] {
        let mut dashboard = board(size);
        dashboard.press("b");
        assert_eq!(dashboard.effects, [Effect::Copy(SafeText::line("+44 20 7946 0018"))]);
        let screen = dashboard.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("INTERNAL note to A-1 – call Jo Reed, +44 20"), "{}", dashboard.screen());
        assert!(dashboard.screen().contains("\n called back:\n"), "{}", dashboard.screen());
        dashboard.type_text("it works again");
        dashboard.press("enter");
        assert_eq!(told(&mut dashboard), [note("called back: it works again")]);
        assert!(flagged(&dashboard), "its source has not said so: {}", dashboard.screen());
    }
}

#[test]
fn the_footer_offers_it_where_somebody_waits_for_it() {
    let mut dashboard = board((80, 24));
    let footer = |dashboard: &Dashboard| dashboard.screen().lines().last().unwrap().to_owned();
    assert!(footer(&dashboard).contains("b call  "), "{}", dashboard.screen());
    dashboard.press("j");
    assert!(!footer(&dashboard).contains("b call  "), "{}", dashboard.screen());
    dashboard.press("b");
    assert!(dashboard.screen().contains("nobody asked to be called back on A-2 – c writes"), "{}", dashboard.screen());
    assert!(dashboard.effects.is_empty() && dashboard.model.screen == Screen::Board);
}

#[test]
fn once_its_source_has_the_note_the_flag_is_gone_and_who_called_is_told() {
    let mut dashboard = board((100, 24));
    dashboard.press("b enter");
    assert_eq!(told(&mut dashboard), [note("called back")], "no more needs to be said");
    for (outcome, stays) in [
        (Outcome::refused("you may not"), true),
        (Outcome::unknown("it broke off"), true),
        (Outcome::Confirmed { by: None, at: None }, false),
    ] {
        dashboard.send(Message::Done { entry: Some(1), key: key(), deed: note("called back"), outcome });
        // two seconds after the last key what is listed is of now
        dashboard.wait(2);
        assert_eq!(flagged(&dashboard), stays, "{}", dashboard.screen());
    }
    assert!(dashboard.row("CALL").contains("(called back Mon 00:18 by jo, as was asked)"), "{}", dashboard.screen());
    // the next poll tells that it was asked for: of that the source knows no end
    dashboard.wait(30);
    dashboard.tell("tickets", TWO);
    assert!(!flagged(&dashboard), "{}", dashboard.screen());
    dashboard.press("b");
    assert!(dashboard.screen().contains("A-1: called back Mon 00:18 by jo already"), "{}", dashboard.screen());
    dashboard.press("esc 4");
    assert!(dashboard.screen().contains("Nothing is in the view call back"), "{}", dashboard.screen());
    // the client speaks again
    dashboard.press("4");
    dashboard.wait(30);
    dashboard.tell(
        "tickets",
        &TWO.replace("\"callback_requested\"", "\"contacts\": [ { \"at\": \"2026-12-07T00:18:40Z\" } ], \"callback_requested\""),
    );
    assert!(flagged(&dashboard), "{}", dashboard.screen());
    assert!(dashboard.row("CALL").contains("the client has spoken since"), "{}", dashboard.screen());
}

#[test]
fn another_note_says_nothing_of_it_and_one_of_another_run_does() {
    let mut dashboard = board((80, 24));
    dashboard.send(Message::Done {
        entry: Some(1),
        key: key(),
        deed: note("rang, nobody there"),
        outcome: Outcome::Confirmed { by: None, at: None },
    });
    assert!(flagged(&dashboard), "{}", dashboard.screen());
    dashboard.wait(2);
    let of = |at: &str| Message::CalledBack(vec![CalledBack { key: key(), by: SafeText::line("mo"), at: at.parse().unwrap() }]);
    dashboard.send(of("2026-12-06T00:00:00Z"));
    assert!(flagged(&dashboard), "that was before the ticket came in: {}", dashboard.screen());
    dashboard.send(of("2026-12-07T00:15:00Z"));
    assert!(!flagged(&dashboard) && dashboard.row("CALL").contains("called back Mon 00:15 by mo"), "{}", dashboard.screen());
}

#[test]
fn where_no_note_can_be_kept_the_number_is_copied_and_it_is_said_that_the_flag_stays() {
    let mut dashboard = board((120, 24));
    dashboard.model.capabilities.insert(SourceName::new("tickets"), Capabilities::none("a file cannot be told"));
    dashboard.press("b");
    assert_eq!(dashboard.effects, [Effect::Copy(SafeText::line("+44 20 7946 0018"))]);
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert!(
        dashboard
            .screen()
            .contains("no internal note for A-1: a file cannot be told, so it stays marked; given to the terminal to copy: +44 20"),
        "{}",
        dashboard.screen()
    );
    dashboard.press("> b");
    assert!(dashboard.screen().contains("nothing is sent from another time"), "{}", dashboard.screen());
}

#[test]
fn a_note_that_was_refused_is_offered_again_and_no_other_one_is() {
    let mut dashboard = board((80, 24));
    for (text, offered) in [("called back: all is well", "called back: all is well"), ("something else", "called back:")] {
        dashboard.send(Message::Done { entry: Some(1), key: key(), deed: note(text), outcome: Outcome::refused("you may not") });
        dashboard.press("b");
        assert!(dashboard.screen().contains(&format!("\n {offered}\n")), "{}", dashboard.screen());
        dashboard.press("esc");
    }
    // that one is still there for the key that asks for it
    dashboard.press("c");
    assert!(dashboard.screen().contains("\n something else\n"), "{}", dashboard.screen());
}
