//! The terminal's own cursor: on the selected row or at the end of what is typed, for who hears or feels the screen; and
//! where nothing changes nothing is written for it.

use holdover::tui::{Canvas, ColorDepth, Theme, views};

use super::Dashboard;
use super::every_view::VIEWS;

/// What stands where the cursor is.
fn under(dashboard: &Dashboard) -> Option<String> {
    let (x, y) = dashboard.cursor()?;
    let buffer = dashboard.buffer(&Theme::named("mono", ColorDepth::None).unwrap());
    Some(buffer[(x, y)].symbol().to_owned())
}

#[test]
fn it_is_on_the_selected_row_wherever_that_goes() {
    for size in [(80, 24), (140, 40), (60, 12), (40, 12), (30, 8)] {
        let mut dashboard = Dashboard::demo(size);
        for keys in ["", "tab", "tab tab", "j", "G", "k k k", "G z", "g", ".", "j j", "esc", "space", "q", "esc", "tab s j", "j j j j", "k"]
        {
            dashboard.press(keys);
            assert_eq!(under(&dashboard).as_deref(), Some("▌"), "{size:?} {keys}\n{}", dashboard.screen());
        }
    }
}

#[test]
fn it_stays_with_a_ticket_that_is_gone() {
    let ticket = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Down", "submitted_at": "2026-12-07T00:10:00Z" }]"#;
    let mut dashboard = Dashboard::acme((80, 24), ticket);
    dashboard.wait(30);
    dashboard.tell("tickets", "[]");
    assert!(dashboard.row("gone:").contains("A-1"));
    assert_eq!(under(&dashboard).as_deref(), Some("▌"), "{}", dashboard.screen());
    assert_eq!(Dashboard::acme((80, 24), "[]").cursor(), None, "where there is no row it is hidden");
}

#[test]
fn it_is_at_the_end_of_what_is_typed_and_hidden_where_nothing_is_chosen() {
    for size in [(80, 24), (140, 40), (40, 12)] {
        let mut dashboard = Dashboard::demo(size);
        dashboard.press("/");
        dashboard.type_text("mo");
        assert_eq!(dashboard.cursor(), Some((4, size.1 - 1)), "{}", dashboard.screen());
        dashboard.press("esc esc");
        for page in ["enter", "t", "w", "H", "?"] {
            dashboard.press(page);
            assert_eq!(dashboard.cursor(), None, "{page}");
            dashboard.press("esc");
        }
        dashboard.resize((20, 5));
        assert_eq!(dashboard.cursor(), None);
    }
}

#[test]
fn where_nothing_changes_nothing_is_written_for_it() {
    let theme = Theme::named("base", ColorDepth::Sixteen).unwrap();
    for view in &VIEWS {
        let dashboard = view.on((80, 24));
        let once = dashboard.written(&theme, false);
        assert_eq!(once.ends_with(b"\x1b[?25h"), dashboard.cursor().is_some(), "{}: shown when all is drawn, or not at all", view.name);
        let (mut twice, shown) = (Vec::new(), dashboard.view());
        let mut canvas = Canvas::new(&mut twice);
        for _ in 0..2 {
            canvas.draw(shown.size, |buffer, area| views::render(buffer, area, &shown, &theme, false)).unwrap();
        }
        drop(canvas);
        assert_eq!(twice, once, "{}", view.name);
    }
}
