//! The dashboard sleeps until something on the screen is another: never longer, and hardly ever less.

use holdover::app::{self, Effect, Message};

use super::Dashboard;

/// Lets the demo run for a while, second by second, from some time after a key. The screen may only change at an instant that was foretold; returns how
/// often it was foretold that it would change, and how often it did.
fn run(size: (u16, u16), keys: &str, after: i64, seconds: i64) -> (usize, usize) {
    let mut dashboard = Dashboard::demo(size);
    dashboard.press(keys);
    dashboard.wait(after);
    let (mut shown, mut changes_at) = app::view(&dashboard.model);
    let (mut foretold, mut changed) = (0, 0);
    for _ in 0..seconds {
        dashboard.wait(1);
        let (view, next) = app::view(&dashboard.model);
        let due = changes_at.is_some_and(|at| at <= dashboard.model.now);
        assert!(due || view == shown, "{} changed unforetold at {}\n{}", keys, dashboard.model.now, dashboard.screen());
        if due {
            foretold += 1;
            changed += usize::from(view != shown);
            (shown, changes_at) = (view, next);
        }
    }
    (foretold, changed)
}

#[test]
fn no_change_is_missed_and_no_waking_is_for_nothing() {
    for (size, keys) in [
        ((80, 24), ""),
        ((80, 24), "G"),
        ((40, 12), "tab"),
        ((140, 40), "tab tab"),
        ((80, 24), "tab enter"),
        ((80, 60), "H"),
        ((80, 24), "t"),
        ((80, 24), "w"),
        ((80, 24), "> >"),
    ] {
        let (foretold, changed) = run(size, keys, 3, 900);
        assert!(changed >= 15, "{keys}: {changed}");
        // a row whose place says "more" counts down unseen; what is worked out at the turn of a window may come out the same
        assert!(foretold <= changed * 5 / 4 + 10, "{size:?} {keys}: woken {foretold} times for {changed} changes");
    }
}

#[test]
fn a_pane_with_room_for_counts_alone_wakes_when_they_change() {
    let (foretold, _) = run((29, 7), "", 3, 900);
    assert!(foretold <= 10, "{foretold}");
}

#[test]
fn the_weekend_turns_into_monday() {
    // from 08:25 to 08:35: two are freed at half past
    let (_, changed) = run((80, 24), "", (8 * 60 + 7) * 60, 600);
    assert!(changed >= 10, "{changed}");
}

#[test]
fn after_a_stop_everything_is_drawn_anew_and_all_sources_are_asked() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.wait(3600);
    dashboard.send(Message::WentOn);
    assert_eq!(dashboard.effects, [Effect::Redraw, Effect::PollNow]);
    let screen = dashboard.screen();
    assert!(screen.contains("BLIND") && screen.contains("asking all sources"), "what was known before the stop is not trusted\n{screen}");
}
