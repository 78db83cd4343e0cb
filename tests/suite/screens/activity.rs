//! What happened, on its screen: the newest first, from the records, the sources and what was said; of the queue or of a ticket.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Activity, ActivityDeed, Effect, Message, Screen};
use holdover::domain::{Deed, DeedKind, FaultKind, Gap, Outcome, SafeText, SourceName, TicketKey};

use super::Dashboard;

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z",
      "assessments": [ { "at": "2026-12-07T00:11:00Z", "severity": "S1" } ] },
    { "key": "A-2", "client": "acme", "severity": "S2", "title": "Slow", "channel": "phone", "submitted_at": "2026-12-07T00:05:00Z",
      "status": "acknowledged", "acknowledged_at": "2026-12-07T00:09:00Z", "acknowledged_by": "mo" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Of the week before last", "submitted_at": "2026-11-25T00:05:00Z" }]"#;

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-12-07T{time}Z").parse().unwrap()
}

fn key(name: &str) -> TicketKey {
    TicketKey { source: SourceName::new("tickets"), key: SafeText::line(name) }
}

fn deed(time: &str, name: &str, kind: DeedKind, text: Option<&str>, outcome: Outcome) -> ActivityDeed {
    let text = text.map(SafeText::body);
    ActivityDeed { at: at(time), key: key(name), kind, value: None, text, who: SafeText::line("jo"), outcome }
}

/// What the records tell: these deeds, and that the desk was blind for twelve minutes.
fn told(dashboard: &Dashboard, deeds: Vec<ActivityDeed>) -> Message {
    let source = SourceName::new("tickets");
    let gap = Gap { source, began_at: at("00:00:00"), ended_at: Some(at("00:12:00")), reason: Some(SafeText::line("no answer")) };
    Message::Activity(Activity {
        since: dashboard.model.now - TimeDelta::days(7),
        deeds,
        unsent: Vec::new(),
        gaps: vec![gap],
        unknown: None,
    })
}

/// The first lines of it, below its head.
fn lines(dashboard: &Dashboard) -> Vec<String> {
    let screen = dashboard.screen();
    screen
        .lines()
        .skip_while(|row| !row.starts_with("── Activity"))
        .skip(1)
        .take_while(|row| !row.starts_with('─'))
        .map(|row| row.trim().to_owned())
        .collect()
}

#[test]
fn it_asks_the_records_and_tells_meanwhile_what_the_sources_told() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("L");
    assert_eq!(dashboard.effects, [Effect::ReadActivity]);
    let said = lines(&dashboard);
    assert_eq!(said[0], "The records are being read.");
    assert_eq!(said[1], "Mon 00:11 A-1 assessed as S1", "{said:#?}");
    dashboard.press("L");
    assert_eq!(dashboard.model.screen, Screen::Board);
    // what comes too late is of no screen
    let late = told(&dashboard, Vec::new());
    dashboard.send(late);
    assert_eq!(dashboard.model.screen, Screen::Board);
}

#[test]
fn it_tells_the_newest_first_and_each_thing_once() {
    let mut dashboard = Dashboard::acme((100, 30), TICKETS);
    dashboard.press("g L");
    let deeds = vec![
        // what the source tells of A-2 is not this
        deed("00:15:00", "A-2", DeedKind::Note, Some("Restarted\nthe queue"), Outcome::Confirmed { by: None, at: None }),
        deed("00:14:00", "A-1", DeedKind::Acknowledge, None, Outcome::Already { by: Some(SafeText::line("mo")), at: None }),
        deed("00:13:00", "A-1", DeedKind::Word, Some("Hello"), Outcome::refused("your role may not")),
        // the source tells of the same assessment, half a minute before
        deed("00:11:30", "A-1", DeedKind::Assess, None, Outcome::Confirmed { by: None, at: None }),
    ];
    let message = told(&dashboard, deeds);
    dashboard.send(message);
    assert_eq!(
        lines(&dashboard)[..9],
        [
            "Mon 00:15 A-2 jo: noted, confirmed by the source: “Restarted the queue”",
            "Mon 00:14 A-1 jo: already acknowledged by mo",
            "Mon 00:13 A-1 jo: refused: your role may not: “Hello”",
            "Mon 00:12 tickets well again, blind since Mon 00:00, 12m: no answer",
            "Mon 00:11 A-1 jo: assessed, confirmed by the source",
            "Mon 00:10 A-1 S1 came in: Down",
            "Mon 00:09 A-2 acknowledged by mo",
            "Mon 00:05 A-2 S2 came in by phone: Slow",
            "Done here before Mon 30 Nov 00:18: holdover evidence.",
        ],
        "{}",
        dashboard.screen()
    );
    let roles = super::roles_on(&dashboard.buffer(&super::roles()));
    assert!(roles.iter().any(|row| row.ends_with("breached")), "what was refused is in the role of an alarm: {roles:?}");
}

#[test]
fn tab_turns_to_the_ticket_alone_and_from_its_explanation_it_is_of_the_ticket() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("G L");
    let message = told(&dashboard, Vec::new());
    dashboard.send(message);
    assert!(!dashboard.screen().contains("week before last"), "it is of a week: {}", dashboard.screen());
    dashboard.press("tab");
    assert!(dashboard.row("── Activity").contains("A-3 · tab: the whole queue"), "{}", dashboard.screen());
    let said = lines(&dashboard);
    assert!(said.contains(&"Wed 25 Nov 00:05 S3 came in: Of the week before last".to_owned()), "of a ticket all is told: {said:#?}");
    assert!(said.iter().any(|line| line.contains("well again")) && !said.iter().any(|line| line.contains("Slow")), "{said:#?}");
    dashboard.press("h");
    assert!(dashboard.row("── Activity").contains("the whole queue · tab: A-3 alone"), "{}", dashboard.screen());
    dashboard.press("esc enter L");
    assert!(dashboard.row("── Activity").contains("A-3 · tab: the whole queue"), "{}", dashboard.screen());
}

#[test]
fn what_was_said_can_be_read_again_and_what_keys_say_all_the_time_is_left_out() {
    let mut dashboard = Dashboard::acme((100, 30), TICKETS);
    dashboard.send(Message::Warned("the disk is full".to_owned()));
    dashboard.press("space y g c");
    dashboard.type_text("x");
    dashboard.press("enter");
    assert!(dashboard.screen().contains("is on its way"), "{}", dashboard.screen());
    let outcome = Outcome::refused("you may not");
    let done = |entry| Message::Done { entry, key: key("A-1"), deed: Deed::Note { text: SafeText::body("x") }, outcome: outcome.clone() };
    // what was written down is in the records, what was not is not
    dashboard.send(done(Some(4)));
    dashboard.press("L");
    let message = told(&dashboard, Vec::new());
    dashboard.send(message);
    assert_eq!(lines(&dashboard).iter().filter(|line| line.contains("said here")).count(), 1, "{}", dashboard.screen());
    assert_eq!(lines(&dashboard)[0], "Mon 00:18 said here: the disk is full");
    dashboard.send(done(None));
    assert!(
        lines(&dashboard)[0].starts_with("Mon 00:18 said here:") && dashboard.screen().contains("A-1: refused: you may not"),
        "{}",
        dashboard.screen()
    );
}

#[test]
fn a_source_that_is_blind_comes_first_and_records_that_cannot_be_read_are_no_calm() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.wait(400);
    dashboard.fail("tickets", FaultKind::Unreachable, "no answer");
    dashboard.press("L");
    let activity = Activity {
        since: at("00:00:00"),
        deeds: Vec::new(),
        unsent: Vec::new(),
        gaps: Vec::new(),
        unknown: Some(SafeText::line("there are no records")),
    };
    dashboard.send(Message::Activity(activity));
    assert_eq!(lines(&dashboard)[0], "What was done here is not known: there are no records.");
    assert_eq!(lines(&dashboard)[1], "now tickets BLIND since Mon 00:18: no answer");
    dashboard.tell("tickets", TICKETS);
    assert!(!dashboard.screen().contains("now tickets"), "it follows: {}", dashboard.screen());
}

#[test]
fn it_is_of_now_scrolls_and_fits_a_small_pane() {
    let mut dashboard = Dashboard::demo((40, 12));
    dashboard.press("L");
    assert!(dashboard.screen().lines().last().unwrap().contains("1–8/"), "{}", dashboard.screen());
    let first = dashboard.screen();
    dashboard.press("G");
    assert_ne!(dashboard.screen(), first);
    dashboard.press("g >");
    assert_eq!(dashboard.screen(), first, "no time machine over it");
    dashboard.press("esc > L");
    assert!(dashboard.screen().contains("what happened is told of now"), "{}", dashboard.screen());
    let mut dashboard = Dashboard::demo((20, 5));
    dashboard.press("L G k esc");
    assert_eq!(dashboard.model.screen, Screen::Board);
}
