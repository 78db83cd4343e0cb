//! A newcomer's trial, on the Friday evening before St Andrew's Day: what is the queue on Monday's bank holiday at 02:00, and why
//! is a ticket still held then? In eight keys at most, all of which the screens themselves tell of.

use super::Dashboard;

const FRIDAY: &str = "2026-11-27T18:30:00Z";
const MOST: usize = 8;

/// What is pressed next, and what the screen must then say.
type Step = (&'static str, &'static [&'static str]);

fn walk(steps: &[Step]) -> Dashboard {
    let mut dashboard = Dashboard::demo_at(FRIDAY, (80, 24));
    for (key, wanted) in steps {
        dashboard.press(key);
        let screen = dashboard.screen();
        for text in *wanted {
            assert!(screen.contains(text), "after {key}: no {text:?}\n{screen}");
        }
    }
    assert!(steps.len() <= MOST, "{} keys", steps.len());
    dashboard
}

/// The queue of then, and what is said of the last ticket that is held in it.
fn assert_answered(dashboard: &Dashboard) {
    let screen = dashboard.screen();
    let wanted = [
        "NOT NOW: Mon 30 Nov 2026 02:00 GMT",
        "HELD 6",
        "Tue 08:30",
        "WHY HELD",
        "WHY HELD   until Tue 1 Dec 08:30 GMT: next working day",
        "Mon 30 bank holiday (St Andrew’s Day)",
    ];
    for text in wanted {
        assert!(screen.contains(text), "no {text:?}\n{screen}");
    }
    assert_eq!(dashboard.selected(), Some("HD-5502"));
}

#[test]
fn the_palette_leads_to_the_bank_holiday_and_to_why() {
    assert!(Dashboard::demo_at(FRIDAY, (80, 24)).screen().lines().last().unwrap().contains(": more"));
    let dashboard = walk(&[
        (":", &["enter does it"]),
        ("b", &["▌bank-holiday-after  }"]),
        ("a", &["▌bank-holiday-after  }"]),
        ("enter", &["NOT NOW: Mon 30 Nov 2026 00:00 GMT", "── Mon 30 Nov St Andrew’s Day: Rye & Fenn Solicitors", "> hour"]),
        (">", &["NOT NOW: Mon 30 Nov 2026 01:00 GMT"]),
        (">", &["NOT NOW: Mon 30 Nov 2026 02:00 GMT", "DECIDE 2", "NOW, UNANSWERED 8"]),
        ("3", &["view 3 held", "HELD 6"]),
        ("G", &[]),
    ]);
    assert_answered(&dashboard);
}

#[test]
fn what_flips_next_leads_there_too() {
    let dashboard = walk(&[
        ("t", &["} bank holiday"]),
        ("}", &["NOT NOW: Mon 30 Nov 2026 00:00 GMT", "Mon 30 Nov St Andrew’s Day: Rye & Fenn Solicitors"]),
        (">", &[]),
        (">", &["NOT NOW: Mon 30 Nov 2026 02:00 GMT"]),
        ("esc", &["NOT NOW: Mon 30 Nov 2026 02:00 GMT", "NOW, UNANSWERED 8"]),
        ("3", &["HELD 6"]),
        ("G", &[]),
    ]);
    assert_answered(&dashboard);
}

#[test]
fn the_explanation_of_then_says_what_holds_it() {
    let dashboard = walk(&[("}", &[]), (">", &[]), (">", &[]), ("3", &[]), ("G", &[]), ("enter", &["── HD-5502", "Held until"])]);
    let screen = dashboard.screen();
    assert!(screen.contains("bank holiday (St Andrew’s Day)") && screen.contains("NOT NOW"), "{screen}");
}
