//! The time machine: it shows what the queue is at another instant and never lets that be taken for now; what counts over the
//! whole queue stays; nothing is done while it is on; it ends where somebody may be needed.

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::Screen;
use holdover::domain::instant;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};

use super::{Dashboard, NIGHT};

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" },
    { "key": "A-2", "client": "acme", "severity": "S2", "title": "Slow", "submitted_at": "2026-12-06T12:00:00Z", "assignee": "li" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Odd", "submitted_at": "2026-12-06T12:00:00Z" },
    { "key": "A-4", "client": "acme", "severity": null, "title": "New", "submitted_at": "2026-12-07T00:12:00Z" },
    { "key": "A-5", "client": "nobody", "severity": "S3", "title": "Lost", "submitted_at": "2026-12-07T00:12:00Z" },
    { "key": "A-6", "client": "acme", "severity": "S3", "title": "Asked", "submitted_at": "2026-12-04T12:00:00Z", "status": "on-client" }]"#;

fn banner(dashboard: &Dashboard) -> Option<String> {
    dashboard.screen().lines().find(|row| row.contains("NOT NOW")).map(str::to_owned)
}

#[test]
fn it_goes_by_the_hour_and_by_the_window_and_comes_back() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    let before = dashboard.screen();
    let steps = [
        (">", "Mon 7 Dec 2026 01:18 GMT"),
        ("> >", "Mon 7 Dec 2026 03:18 GMT"),
        ("<", "Mon 7 Dec 2026 02:18 GMT"),
        (".", "Mon 7 Dec 2026 09:00 GMT"),
        (".", "Mon 7 Dec 2026 17:30 GMT"),
        (". .", "Tue 8 Dec 2026 17:30 GMT"),
        (", , ,", "Mon 7 Dec 2026 09:00 GMT"),
        // Monday, Saturday, and the end of Friday's office hours
        (",", "Mon 7 Dec 2026 00:00 GMT"),
        (",", "Sat 5 Dec 2026 00:00 GMT"),
        (", ,", "Fri 4 Dec 2026 09:00 GMT"),
    ];
    for (keys, at) in steps {
        dashboard.press(keys);
        assert_eq!(dashboard.screen().lines().nth(3).unwrap(), format!(" NOT NOW: {at} – nothing is sent – 0 or esc returns"));
    }
    for back in ["0", "esc", "q", "h"] {
        dashboard.press(". >");
        assert!(banner(&dashboard).is_some());
        dashboard.press(back);
        assert_eq!(dashboard.screen(), before, "{back}");
    }
    assert!(dashboard.effects.is_empty());
}

#[test]
fn it_goes_by_the_bank_holiday_and_says_whose_it_is() {
    let mut dashboard = Dashboard::demo((120, 24));
    let steps = [
        ("}", "Thu 24 Dec 2026 00:00 GMT", "Thu 24 Dec bank holiday: Larkmoor College"),
        // in Auckland
        ("}", "Thu 24 Dec 2026 11:00 GMT", "Fri 25 Dec bank holiday: Kauri Point Freight"),
        ("}", "Fri 25 Dec 2026 00:00 GMT", "Fri 25 Dec Christmas Day: Brackwater Dental, Haldor Parcels, Rye & Fenn Solicitors and 1 more"),
        ("{", "Thu 24 Dec 2026 11:00 GMT", "Fri 25 Dec bank holiday: Kauri Point Freight"),
        ("> {", "Thu 24 Dec 2026 11:00 GMT", "Fri 25 Dec bank holiday: Kauri Point Freight"),
        ("} } }", "Mon 28 Dec 2026 00:00 GMT", "Mon 28 Dec Boxing Day"),
    ];
    for (keys, at, whose) in steps {
        dashboard.press(keys);
        let screen = dashboard.screen();
        assert_eq!(banner(&dashboard).unwrap().split(" – ").next(), Some(format!(" NOT NOW: {at}").as_str()), "{keys}");
        assert!(screen.contains(&format!("── {whose}")), "{keys}\n{screen}");
    }
    dashboard.press(">");
    assert!(!dashboard.screen().contains("── Mon 28 Dec"), "it is said once\n{}", dashboard.screen());
}

#[test]
fn where_no_bank_holiday_is_near_that_is_said() {
    let config = "[[agreement]]\nname = \"Acme\"\nclients = [\"acme\"]\ntimezone = \"Europe/London\"\n\
                  office_hours = { mon-fri = [\"09:00-17:00\"] }\nbank_holidays = []\n[agreement.response]\n\
                  S1 = { any = \"1h\" }\nS2 = { any = \"1h\" }\nS3 = { any = \"1h\" }\nS4 = { any = \"1h\" }\nS5 = { any = \"1h\" }\n\
                  [[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n";
    let mut dashboard = Dashboard::new(holdover::config::parse(config, "config.toml", &[]).unwrap(), NIGHT, (80, 24));
    for key in ["}", "{"] {
        dashboard.press(key);
        assert!(dashboard.screen().contains("no bank holiday is known within 400 days"), "{}", dashboard.screen());
        assert!(banner(&dashboard).is_none());
    }
}

#[test]
fn what_was_held_is_obliged_then() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    assert!(dashboard.screen().contains("HELD 2"), "{}", dashboard.screen());
    dashboard.press(".");
    let screen = dashboard.screen();
    assert!(screen.contains("NOW, UNANSWERED 3") && !screen.contains("HELD"), "{screen}");
    assert!(dashboard.row("A-3").contains("4h"), "what is left is that of then\n{screen}");
    // the explanation is of then too
    dashboard.press("g j j j enter");
    assert!(matches!(dashboard.model.screen, Screen::Explanation(_)) && banner(&dashboard).is_some());
    dashboard.press("esc");
    assert!(matches!(dashboard.model.screen, Screen::Board) && banner(&dashboard).is_some());
    dashboard.press("w");
    assert!(dashboard.screen().contains("Then office hours until Mon 17:30 GMT"), "{}", dashboard.screen());
}

#[test]
fn nothing_is_done_while_it_is_on_and_the_reason_is_said() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press("> tab");
    for (key, why) in [("a", "nothing is sent from another time"), ("u", "nothing is sent"), ("H", "a handover tells of now")] {
        dashboard.press(key);
        assert!(dashboard.screen().contains(why), "{key}\n{}", dashboard.screen());
        assert!(dashboard.effects.is_empty() && dashboard.model.acks.is_empty() && dashboard.model.screen == Screen::Board);
    }
    dashboard.press("enter a");
    assert!(dashboard.screen().contains("nothing is sent from another time") && dashboard.effects.is_empty());
    // and afterwards it is
    dashboard.press("esc esc a");
    assert_eq!(dashboard.effects.len(), 1);
}

#[test]
fn a_minute_without_a_key_ends_it() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press(">");
    dashboard.wait(50);
    dashboard.press("j");
    dashboard.wait(59);
    assert!(banner(&dashboard).is_some());
    dashboard.wait(1);
    assert!(banner(&dashboard).is_none() && dashboard.screen().contains("no key for 60 s"), "{}", dashboard.screen());
}

#[test]
fn a_ticket_that_nobody_has_ends_it() {
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.press(">");
    // what is known already does not
    dashboard.tell("tickets", TICKETS);
    let held =
        TICKETS.replacen('[', r#"[{ "key": "A-7", "client": "acme", "severity": "S3", "submitted_at": "2026-12-07T00:17:00Z" },"#, 1);
    dashboard.tell("tickets", &held);
    assert!(banner(&dashboard).is_some() && dashboard.screen().contains("A-7"), "{}", dashboard.screen());
    let new = TICKETS.replacen('[', r#"[{ "key": "A-8", "client": "acme", "severity": "S1", "submitted_at": "2026-12-07T00:17:00Z" },"#, 1);
    dashboard.tell("tickets", &new);
    let screen = dashboard.screen();
    assert!(banner(&dashboard).is_none() && screen.contains("A-8 is unanswered now – this is the present again"), "{screen}");
    // one that is released does too
    let mut dashboard = Dashboard::acme((80, 24), TICKETS);
    dashboard.wait(8 * 3600 + 41 * 60);
    dashboard.press("<");
    dashboard.wait(59);
    assert!(banner(&dashboard).is_some());
    dashboard.press("j");
    dashboard.wait(1);
    let screen = dashboard.screen();
    assert!(banner(&dashboard).is_none() && screen.contains("is unanswered now"), "{screen}");
}

#[test]
fn the_banner_is_there_at_every_size_and_on_every_screen() {
    for size in [(500, 200), (120, 40), (80, 24), (60, 8), (40, 12), (30, 8), (29, 7), (20, 5), (10, 2)] {
        for keys in [">", "tab > enter", "> t", "> w", "> / m", "> ?", ", , G"] {
            let mut dashboard = Dashboard::demo(size);
            dashboard.press(keys);
            let above = match size.0 {
                _ if size.0 < 30 || size.1 < 8 => 1,
                0..60 => 2,
                60.. => 3,
            };
            let row = &dashboard.plain_screen()[above];
            assert!(row.trim_start().starts_with("NOT NOW"), "{size:?} {keys}:\n{}", dashboard.plain_screen().join("\n"));
        }
    }
    // without room for it there is none
    let mut dashboard = Dashboard::demo((80, 1));
    dashboard.press(">");
    assert!(dashboard.model.time_machine.is_none());
    dashboard.resize((80, 24));
    dashboard.press(">");
    dashboard.resize((80, 1));
    assert!(dashboard.model.time_machine.is_none());
}

#[test]
fn it_goes_no_further_than_the_calendars() {
    let mut dashboard = Dashboard::acme((80, 24), "[]");
    dashboard.press(&". ".repeat(1200));
    assert!(dashboard.screen().contains("no further than 400 days from now"), "{}", dashboard.screen());
    assert!(dashboard.model.time_machine.as_ref().unwrap().at < dashboard.model.now + TimeDelta::days(401));
    let none = "timezone = \"UTC\"\n[[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n";
    let mut dashboard = Dashboard::new(holdover::config::parse(none, "config.toml", &[]).unwrap(), NIGHT, (80, 24));
    dashboard.press(".");
    assert!(dashboard.screen().contains("no window changes within 400 days"), "{}", dashboard.screen());
}

/// The rows of the list.
fn listed(dashboard: &Dashboard, from: usize) -> Vec<String> {
    dashboard.screen().lines().skip(from).take_while(|row| !row.starts_with("──")).map(str::to_owned).collect()
}

#[test]
fn it_shows_what_the_board_shows_then_and_row_1_stays() {
    let seed = RngSeed::Fixed(1);
    let config =
        Config { cases: 150, rng_seed: seed, failure_persistence: None, rng_algorithm: RngAlgorithm::XorShift, ..Config::default() };
    let keys = prop::collection::vec(prop::sample::select(vec!["<", ">", ">", ",", ".", ".", "> > > > >", "< < < <"]), 1..12);
    let ran = TestRunner::new(config).run(&keys, |keys| {
        let mut dashboard = Dashboard::acme((100, 40), TICKETS);
        let first = dashboard.screen().lines().next().map(str::to_owned);
        for key in keys {
            dashboard.press(key);
            prop_assert_eq!(dashboard.screen().lines().next().map(str::to_owned), first.clone());
        }
        dashboard.press("g");
        let at: DateTime<Utc> = dashboard.model.time_machine.as_ref().unwrap().at;
        // one row less, for it has no banner
        let mut then = Dashboard::acme((100, 39), "[]");
        then.wait((at - then.model.now).num_seconds());
        then.tell("tickets", TICKETS);
        then.wait(3);
        then.wait(-3);
        then.press("g");
        prop_assert_eq!(then.model.now, at);
        prop_assert_eq!(listed(&dashboard, 4), listed(&then, 3), "{}", instant::rfc3339(at));
        Ok(())
    });
    ran.unwrap();
}
