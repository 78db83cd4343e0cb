//! Every screen at every size: nothing breaks, and where there is room for nothing else the counts are told.

use holdover::domain::FaultKind;

use super::every_view::VIEWS;
use super::{Dashboard, everywhere};

const SIZES: [(u16, u16); 16] = [
    (0, 0),
    (1, 1),
    (2, 2),
    (1, 200),
    (500, 1),
    (29, 7),
    (30, 7),
    (29, 8),
    (30, 8),
    (39, 9),
    (40, 12),
    (80, 15),
    (80, 24),
    (110, 16),
    (140, 40),
    (300, 100),
];

/// What is pressed to come to places that no view begins with.
const PLACES: [&str; 10] = ["G", "G z", "H G", "t h G", "w tab G", "> . G", "< tab enter", ", t", "? G", "/ m o enter"];

/// How one comes to a screen from the board.
type Open = Box<dyn Fn(&mut Dashboard)>;

/// Every view, and those places.
fn screens() -> Vec<(&'static str, Open)> {
    let views = VIEWS.iter().map(|view| (view.name, Box::new(|dashboard: &mut Dashboard| view.open(dashboard)) as Open));
    let places = PLACES.iter().map(|keys| (*keys, Box::new(|dashboard: &mut Dashboard| dashboard.press(keys)) as Open));
    views.chain(places).collect()
}

/// A queue of tickets that are as wide as a text can be.
fn wide() -> String {
    let texts = ["漢字".repeat(200), "👩‍👩‍👧‍👦".repeat(100), "e\u{301}\u{302}".repeat(300), "\u{202e}\u{1b}[31m\n\t".repeat(50), String::new()];
    let ticket = |(n, text): (usize, &String)| {
        serde_json::json!({
            "key": format!("{n}-{text}"), "client": if n % 2 == 0 { "acme" } else { text.as_str() }, "severity": format!("S{}", 1 + n % 5),
            "title": text, "description": text, "assignee": text, "submitted_at": "2026-12-06T23:50:00Z",
            "contact": { "name": text, "phone": text, "email": text },
        })
    };
    serde_json::Value::from(texts.iter().cycle().take(40).enumerate().map(ticket).collect::<Vec<_>>()).to_string()
}

/// Boards, one of each kind.
fn boards() -> [(&'static str, Dashboard); 4] {
    let size = (80, 24);
    let mut failed = Dashboard::demo(size);
    failed.wait(400);
    failed.poll();
    let mut unheard = Dashboard::acme(size, "[]");
    unheard.fail("tickets", FaultKind::Internal, &"asking failed inside ".repeat(30));
    [("failed", failed), ("wide", Dashboard::acme(size, &wide())), ("empty", Dashboard::acme(size, "[]")), ("unheard", unheard)]
}

/// Draws it, which must not break; on a small pane that is one line.
fn draw(name: &str, keys: &str, dashboard: &Dashboard) {
    let shown = dashboard.plain_screen();
    let (columns, rows) = dashboard.model.size;
    assert_eq!(shown.len(), usize::from(rows));
    if (columns < 30 || rows < 8) && columns > 1 && rows > 0 {
        // and where it is not now, one that says so
        let lines = 1 + usize::from(dashboard.model.time_machine.is_some());
        let blank = shown[lines..].iter().all(String::is_empty);
        assert!(!shown[0].is_empty() && blank, "{name} {keys} {columns}x{rows} is not one line:\n{}", shown.join("\n"));
    }
}

#[test]
fn no_screen_breaks_at_any_size() {
    for (name, mut dashboard) in boards() {
        for size in SIZES {
            dashboard.resize(size);
            for (keys, open) in screens() {
                open(&mut dashboard);
                draw(name, keys, &dashboard);
                dashboard.press("esc esc esc");
            }
        }
    }
}

/// A size changes while any screen is up, with the cursor and the scrolled place of another size.
#[test]
fn no_change_of_size_breaks_a_screen() {
    for (name, mut dashboard) in boards() {
        for (keys, open) in screens() {
            dashboard.resize((80, 24));
            open(&mut dashboard);
            for size in SIZES.into_iter().rev() {
                dashboard.resize(size);
                draw(name, keys, &dashboard);
            }
            dashboard.press("esc esc esc");
        }
    }
}

/// The board at sizes up to 300x100: how it is shared out turns on the columns or on the rows, so not each with each.
#[test]
fn the_board_tells_what_matters_first_at_every_size() {
    let mut blind = Dashboard::demo((80, 24));
    blind.wait(400);
    blind.poll();
    let columns = (1..=130).chain((131..=300).step_by(13));
    let rows = (1..=40).chain((41..=100).step_by(13));
    let widths = columns.flat_map(|columns| [8, 12, 24].map(|rows| (columns, rows)));
    let heights = rows.flat_map(|rows| [1, 29, 30, 59, 60, 109, 110, 300].map(|columns| (columns, rows)));
    let sizes: Vec<(u16, u16)> = widths.chain(heights).collect();
    for mut dashboard in [Dashboard::demo((80, 24)), blind] {
        dashboard.press("tab");
        for size in &sizes {
            dashboard.resize(*size);
            everywhere::wrong(&dashboard).unwrap_or_else(|what| panic!("{what}"));
        }
    }
}
