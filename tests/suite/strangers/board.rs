//! Every payload on the board: what the dashboard writes to a terminal, byte for byte.

use holdover::domain::{FaultKind, Outcome, SafeText};
use holdover::tui::{Canvas, ColorDepth, Theme, views};
use ratatui::buffer::Buffer;

use super::{PAYLOADS, assert_ours, assert_safe, filled, joined};
use crate::screens::{Dashboard, roles};

/// A ticket with a payload in whatever the board, the detail and the explanation show.
const TICKET: &str = r#"{ "key": "KEY @", "title": "@", "client": "acme-@", "severity": "S1", "support_level": "@", "channel": "@", "service": "@",
    "assignee": "@", "acknowledged_by": "@", "url": "https://a.example/@", "description": "@\n@", "submitted_at": "2026-12-07T00:00:00Z",
    "contact": { "name": "@", "phone": "@", "email": "@" }, "contacts": [{ "at": "2026-12-07T00:01:00Z", "channel": "@" }],
    "status": "@", "callback_requested": "@" }"#;

/// The same that no agreement covers.
const STRANGE: &str = r#"{ "key": "KEY @", "title": "@", "client": "@", "agreement": "@", "severity": "@", "submitted_at": "@" }"#;

fn list(payloads: &[Vec<u8>]) -> String {
    let entry = |(n, payload): (usize, &Vec<u8>)| {
        let template = if n % 3 == 2 { STRANGE } else { TICKET };
        String::from_utf8_lossy(&filled(&template.replace("KEY", &format!("K{n}")), payload)).into_owned()
    };
    format!("[{}]", payloads.iter().enumerate().map(entry).collect::<Vec<_>>().join(","))
}

/// Draws what is on the screen, and looks at each cell and at each byte.
fn look(dashboard: &Dashboard, canvas: &mut Canvas<&mut Vec<u8>>, of: &str) {
    let theme = Theme::named("base", ColorDepth::Full).unwrap();
    for cell in &dashboard.buffer(&theme).content {
        assert_safe(cell.symbol(), 4, of);
        assert!(!cell.symbol().contains('\n'), "a line end of {of}");
    }
    let view = dashboard.view();
    canvas.draw(view.size, |buffer, area| views::render(buffer, area, &view, &theme, false)).unwrap();
}

/// Looks at the list, at each ticket in it, and at the whole explanation of the first.
fn look_around(size: (u16, u16), tickets: &str, of: &str) -> Vec<u8> {
    let mut written = Vec::new();
    let mut canvas = Canvas::new(&mut written);
    let mut dashboard = Dashboard::acme(size, tickets);
    look(&dashboard, &mut canvas, of);
    dashboard.press("enter");
    for _ in 0..4 {
        look(&dashboard, &mut canvas, of);
        dashboard.press("pgdn");
    }
    dashboard.press("esc j j");
    look(&dashboard, &mut canvas, of);
    dashboard.press("H");
    for _ in 0..4 {
        look(&dashboard, &mut canvas, of);
        dashboard.press("pgdn");
    }
    drop(canvas);
    assert_ours(&written, of);
    written
}

#[test]
fn what_is_drawn_holds_no_sequence_that_is_not_ours() {
    for (n, payloads) in PAYLOADS.chunks(16).enumerate() {
        let size = [(120, 40), (80, 24)][n % 2];
        look_around(size, &list(payloads), &format!("payloads {} and on", n * 16));
    }
    for (n, payloads) in joined(&PAYLOADS).chunks(3).enumerate() {
        let size = [(80, 24), (40, 12), (120, 40), (20, 5)][n % 4];
        look_around(size, &list(payloads), &format!("joined payloads {} and on", n * 3));
    }
    let shown = look_around((120, 40), &list(&[b"\x1b[2J\x1b]0;x\x07".to_vec()]), "one");
    assert!(String::from_utf8(shown).unwrap().contains("^[[2J^[]0;x^G"), "it is shown, as signs");
}

#[test]
fn what_a_source_says_of_itself_is_drawn_safely() {
    for (n, payload) in joined(&PAYLOADS).iter().enumerate() {
        let text = String::from_utf8_lossy(payload);
        let mut written = Vec::new();
        let mut canvas = Canvas::new(&mut written);
        let mut dashboard = Dashboard::acme((80, 24), &list(&[b"x".to_vec()]));
        let key = dashboard.selected().unwrap().to_owned();
        dashboard.press("a");
        let (reason, by) = (SafeText::line(&text), Some(SafeText::line(&text)));
        let outcomes = [Outcome::Refused { reason: reason.clone() }, Outcome::Unknown { reason }, Outcome::Already { by, at: None }];
        dashboard.end("tickets", &key, outcomes[n % 3].clone());
        look(&dashboard, &mut canvas, &text);
        dashboard.fail("tickets", FaultKind::ServerError, &text);
        dashboard.wait(600);
        look(&dashboard, &mut canvas, &text);
        drop(canvas);
        assert_ours(&written, &text);
    }
}

#[test]
fn the_list_keeps_two_marks_on_a_base_and_the_detail_four() {
    let flooded = format!("Z{}A", "\u{301}".repeat(50));
    let dashboard = Dashboard::acme((80, 24), &list(&[flooded.into_bytes()]));
    let screen = dashboard.screen();
    let row = screen.lines().find(|row| row.contains("S1 ▌")).unwrap();
    assert_eq!((row.matches("Z\u{301}\u{301}A").count(), row.matches("\u{301}").count()), (3, 6), "in key, title and owner: {row}");
    assert!(screen.contains("Z\u{301}\u{301}\u{301}\u{301}A"), "{screen}");
    assert!(!screen.contains(&"\u{301}".repeat(5)), "{screen}");
}

#[test]
fn how_many_characters_were_replaced_is_said_in_the_explanation() {
    for (title, said) in [
        ("a\\u001b[2Jb", Some("1 character replaced or left out")),
        ("a\\u200b\\u202e\\u001b", Some("3 characters replaced or left out")),
        ("plain\\ttext", None),
    ] {
        let tickets = format!(
            r#"[{{ "key": "A", "client": "acme", "severity": "S1", "title": "{title}", "submitted_at": "2026-12-07T00:00:00Z" }}]"#
        );
        let mut dashboard = Dashboard::acme((80, 24), &tickets);
        dashboard.press("enter");
        let screen = dashboard.screen();
        assert_eq!(screen.contains("replaced or left out"), said.is_some(), "{screen}");
        assert!(said.is_none_or(|said| screen.contains(said)), "{screen}");
    }
}

/// What a terminal shows that draws some signs one column wider than we think.
fn on_a_terminal_that_disagrees(written: &[u8], wider: char) -> Vec<String> {
    let mut parser = vt100::Parser::new(24, 80, 0);
    let doubled = String::from_utf8_lossy(written).replace(wider, "##");
    parser.process(doubled.as_bytes());
    parser.screen().rows(0, 80).collect()
}

#[test]
fn a_sign_that_is_wider_than_we_think_moves_no_column_after_it() {
    let ticket = |key: &str| {
        format!(
            r#"{{ "key": "{key}", "client": "acme", "severity": "S1", "title": "⚙⚙⚙ the gears", "submitted_at": "2026-12-07T00:00:00Z" }}"#
        )
    };
    let mut written = Vec::new();
    let mut canvas = Canvas::new(&mut written);
    let dashboard = Dashboard::acme((80, 24), &format!("[{},{}]", ticket("A"), ticket("B")));
    // with a colour of its own even what is blank is written
    let theme = roles();
    let view = dashboard.view();
    canvas.draw(view.size, |buffer, area| views::render(buffer, area, &view, &theme, false)).unwrap();
    drop(canvas);
    let place = |row: &str| row.find("12m").map(|at| row[..at].chars().count());
    let ours: Vec<Option<usize>> = on_a_terminal_that_disagrees(&written, '\u{1}').iter().map(|row| place(row)).collect();
    let theirs: Vec<Option<usize>> = on_a_terminal_that_disagrees(&written, '⚙').iter().map(|row| place(row)).collect();
    assert!(ours.iter().flatten().count() >= 2, "two rows say what is left");
    assert_eq!(theirs, ours);
}

#[test]
fn an_untouched_buffer_is_drawn_as_nothing() {
    let mut written = Vec::new();
    let mut canvas = Canvas::new(&mut written);
    let frame = |canvas: &mut Canvas<&mut Vec<u8>>| canvas.draw((10, 2), |_: &mut Buffer, _| None).unwrap();
    frame(&mut canvas);
    frame(&mut canvas);
    drop(canvas);
    assert_eq!(String::from_utf8(written).unwrap(), "\u{1b}[2J", "cleared once, and then nothing");
}
