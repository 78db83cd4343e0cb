//! What is written to a ticket from the board: the prompt names the reader, letters are letters in it, and the text goes to the
//! ticket for which the key was pressed. Nothing is called written before the source said so.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use holdover::app::{Ack, Effect, Message, Screen};
use holdover::domain::{Capabilities, Deed, DeedKind, Outcome, SafeText, SourceName, TicketKey};

use super::Dashboard;

const TWO: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-07T00:10:00Z",
      "contact": { "email": "front-desk@acme.example" } },
    { "key": "A-2", "client": "acme", "severity": "S2", "title": "No mail", "submitted_at": "2026-12-07T00:11:00Z" }]"#;

fn board(size: (u16, u16)) -> Dashboard {
    let mut dashboard = Dashboard::acme(size, TWO);
    dashboard.press("g");
    dashboard
}

fn key(name: &str) -> TicketKey {
    TicketKey { source: SourceName::new("tickets"), key: SafeText::line(name) }
}

fn told(dashboard: &mut Dashboard) -> Vec<(String, Deed)> {
    let effects = std::mem::take(&mut dashboard.effects).into_iter();
    let tell = |effect| match effect {
        Effect::Tell { key, deed, .. } => Some((key.key.to_string(), deed)),
        _ => None,
    };
    effects.filter_map(tell).collect()
}

fn note(text: &str) -> Deed {
    Deed::Note { text: SafeText::body(text) }
}

fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

#[test]
fn an_internal_note_says_so_and_letters_are_letters_in_it() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    assert!(dashboard.row("INTERNAL note to A-1").starts_with(" INTERNAL"), "{}", dashboard.screen());
    dashboard.type_text("qa u?c/m ");
    assert_eq!(dashboard.cursor(), Some((10, 22)), "the cursor is at the end of the text\n{}", dashboard.screen());
    assert!(dashboard.screen().contains("\n qa u?c/m\n"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note("qa u?c/m"))]);
    assert_eq!(dashboard.model.screen, Screen::Board);
    assert!(dashboard.screen().contains("A-1: the internal note is on its way; its source has not said yet"), "{}", dashboard.screen());
    assert!(!dashboard.screen().contains("noted"), "{}", dashboard.screen());
}

#[test]
fn a_word_to_the_client_names_the_client_in_the_role_of_an_alarm() {
    let mut dashboard = board((80, 24));
    dashboard.press("m");
    assert!(dashboard.screen().contains("\n TO THE CLIENT: front-desk@acme.example – A-1\n"), "{}", dashboard.screen());
    let roles = super::roles_on(&dashboard.buffer(&super::roles()));
    assert_eq!(roles[21], "21 breached", "{roles:?}");
    dashboard.type_text("We are on it");
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), Deed::Word { text: SafeText::body("We are on it") })]);
    // where no mail is known, the client's name
    dashboard.press("j m");
    assert!(dashboard.screen().contains("\n TO THE CLIENT: acme – A-2\n"), "{}", dashboard.screen());
}

#[test]
fn esc_leaves_and_sends_nothing_and_an_empty_text_is_none() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.type_text("half a");
    dashboard.press("esc");
    assert_eq!((told(&mut dashboard), &dashboard.model.screen), (Vec::new(), &Screen::Board));
    dashboard.press("c");
    assert!(!dashboard.screen().contains("half a"), "{}", dashboard.screen());
    dashboard.type_text("   ");
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), []);
    assert!(dashboard.screen().contains("nothing was written: the text is empty"), "{}", dashboard.screen());
    // from the explanation one comes back to it
    dashboard.press("enter c");
    dashboard.press_key(control('c'));
    assert!(matches!(dashboard.model.screen, Screen::Explanation(_)));
    assert_eq!(told(&mut dashboard), []);
}

#[test]
fn backspace_takes_a_letter_with_its_marks_and_ctrl_u_all() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.type_text("a e\u{301}三");
    assert_eq!(dashboard.cursor(), Some((6, 22)), "two columns for what is wide, none for a mark\n{}", dashboard.screen());
    dashboard.press("backspace backspace");
    assert_eq!(dashboard.cursor(), Some((3, 22)), "{}", dashboard.screen());
    dashboard.press_key(control('u'));
    dashboard.press("backspace");
    dashboard.type_text("b");
    // none of these is a letter, and none moves the board below
    for code in [KeyCode::Left, KeyCode::Right, KeyCode::Up, KeyCode::Down, KeyCode::PageDown, KeyCode::Tab, KeyCode::Home] {
        dashboard.press_key(KeyEvent::new(code, KeyModifiers::NONE));
    }
    dashboard.press_key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT));
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note("b"))]);
}

#[test]
fn the_text_goes_to_the_ticket_for_which_the_key_was_pressed_whatever_a_poll_brings() {
    let mut dashboard = board((80, 24));
    dashboard.press("j c");
    dashboard.type_text("for two");
    dashboard.wait(30);
    dashboard.tell("tickets", &TWO.replace("\"S2\"", "\"S1\"").replace("\"S1\", \"title\": \"Nobody", "\"S3\", \"title\": \"Nobody"));
    dashboard.wait(30);
    assert!(dashboard.screen().contains("INTERNAL note to A-2"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-2".to_owned(), note("for two"))]);
}

#[test]
fn a_ticket_that_goes_meanwhile_is_said_to_be_gone_before_anything_is_sent() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.type_text("still there?");
    dashboard.wait(30);
    dashboard.tell("tickets", "[]");
    assert!(dashboard.screen().contains("INTERNAL note to A-1 – gone: tickets no longer lists it"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), []);
    assert!(dashboard.screen().contains("the ticket is gone: enter again sends it all the same"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note("still there?"))]);
}

#[test]
fn what_is_pasted_is_text_and_nothing_else_and_keeps_its_lines() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.send(Message::Typed("\u{1b}[31mred\u{7}\n\u{202e}two\r\n\ttab\u{9b}x".to_owned()));
    for hostile in ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}', '\t', '\r'] {
        assert!(!dashboard.screen().contains(hostile), "{hostile:?}");
    }
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note("^[[31mred^G\n\u{fffd}two\n tab^[[x"))]);
    // what is too long is left out, and that is said
    dashboard.press("c");
    dashboard.send(Message::Typed("三".repeat(4001)));
    assert!(dashboard.screen().contains("4000 characters at most: the rest is left out"), "{}", dashboard.screen());
    dashboard.type_text("x");
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note(&"三".repeat(4000)))]);
    // a stack of marks is none
    dashboard.press("c");
    dashboard.send(Message::Typed(format!("e{}", "\u{301}".repeat(500))));
    assert_eq!(dashboard.cursor(), Some((2, 22)));
}

#[test]
fn a_long_text_is_read_to_its_end_on_every_size() {
    for (columns, rows) in [(30, 8), (40, 12), (60, 16), (80, 24), (140, 40)] {
        let mut dashboard = board((columns, rows));
        dashboard.press("m");
        dashboard.send(Message::Typed("word ".repeat(300)));
        dashboard.type_text("the end");
        let screen = dashboard.screen();
        assert!(screen.contains("the end") && screen.contains("TO THE CLIENT: "), "{screen}");
        assert!(screen.lines().next().unwrap().contains("1 NOW"), "{screen}");
        let (x, y) = dashboard.cursor().unwrap();
        assert!(x < columns && y == rows - 2, "{x} {y}\n{screen}");
    }
    // what nobody sees is not sent
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.type_text("seen");
    dashboard.resize((29, 7));
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), []);
    dashboard.resize((80, 24));
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard), [("A-1".to_owned(), note("seen"))]);
}

#[test]
fn what_cannot_be_written_is_refused_at_once_and_says_why() {
    let mut dashboard = board((80, 24));
    let capabilities = Capabilities::all_but(&[(DeedKind::Note, "all that is written there goes to the client")]);
    dashboard.model.capabilities.insert(SourceName::new("tickets"), capabilities);
    let footer = |dashboard: &Dashboard| dashboard.screen().lines().last().unwrap().to_owned();
    assert!(!footer(&dashboard).contains("c note"), "{}", dashboard.screen());
    dashboard.press("c");
    assert!(
        dashboard.screen().contains("no internal note for A-1: all that is written there goes to the client"),
        "{}",
        dashboard.screen()
    );
    dashboard.press("esc m");
    assert_ne!(dashboard.model.screen, Screen::Board, "the other reader can be written to");
    dashboard.press("esc");
    dashboard.model.rules.read_only = true;
    for press in ["c", "esc m", "esc"] {
        dashboard.press(press);
        assert!(dashboard.screen().contains("nothing is sent with --read-only"), "{}", dashboard.screen());
    }
    dashboard.model.rules.frozen = true;
    dashboard.press("m");
    assert!(dashboard.screen().contains("nothing is sent with --at"), "{}", dashboard.screen());
    assert_eq!(told(&mut dashboard), []);
}

#[test]
fn how_a_note_stands_is_said_and_a_refused_text_is_offered_again() {
    let mut dashboard = board((80, 24));
    dashboard.press("c");
    dashboard.type_text("try this");
    dashboard.press("enter");
    let asked_at = dashboard.model.now;
    let underway = |dashboard: &mut Dashboard, ack| {
        dashboard.send(Message::Underway { entry: 7, key: key("A-1"), deed: DeedKind::Note, ack });
    };
    underway(&mut dashboard, Ack::Sending { by: None, asked_at });
    assert!(dashboard.row("DEED").contains("internal note: sending: the source has not said yet"), "{}", dashboard.screen());
    assert!(dashboard.screen().contains("1 unsent"), "{}", dashboard.screen());
    let end = |dashboard: &mut Dashboard, outcome| {
        dashboard.send(Message::Done { entry: Some(7), key: key("A-1"), deed: note("try this"), outcome });
    };
    end(&mut dashboard, Outcome::refused("your role may not comment"));
    assert!(dashboard.row("DEED").contains("internal note: refused: your role may not comment"), "{}", dashboard.screen());
    // a poll takes neither the refusal nor the text away
    dashboard.wait(30);
    dashboard.tell("tickets", TWO);
    assert!(dashboard.row("DEED").contains("refused"), "{}", dashboard.screen());
    dashboard.press("m");
    assert!(!dashboard.screen().contains("try this"), "a note is no word to the client: {}", dashboard.screen());
    dashboard.press("esc c");
    assert!(dashboard.screen().contains("\n try this\n"), "{}", dashboard.screen());
    dashboard.press("enter");
    assert_eq!(told(&mut dashboard).len(), 2);
    underway(&mut dashboard, Ack::Sending { by: None, asked_at });
    end(&mut dashboard, Outcome::Confirmed { by: None, at: None });
    assert!(dashboard.row("DEED").contains("internal note: noted, confirmed by the source"), "{}", dashboard.screen());
    dashboard.press("c");
    assert!(!dashboard.screen().contains("try this"), "{}", dashboard.screen());
    dashboard.press("esc");
    // what its source tells by now needs no word of ours
    dashboard.wait(30);
    dashboard.tell("tickets", TWO);
    assert!(!dashboard.screen().contains("DEED"), "{}", dashboard.screen());
}

#[test]
fn who_types_on_where_a_text_was_refused_presses_no_keys() {
    for refused in ["c", "m", "+"] {
        let mut dashboard = Dashboard::demo((80, 24));
        dashboard.press("tab");
        let sources: Vec<SourceName> = dashboard.model.store.tickets().map(|ticket| ticket.id.source.clone()).collect();
        let acknowledges = Capabilities::none("it takes nothing").and(DeedKind::Acknowledge);
        dashboard.model.capabilities.extend(sources.into_iter().map(|source| (source, acknowledges.clone())));
        let (selected, board) = (dashboard.selected().map(str::to_owned), dashboard.model.screen.clone());
        dashboard.press(refused);
        assert!(dashboard.model.notice.as_ref().unwrap().text.ends_with(" – what is typed on is not heard"), "{}", dashboard.screen());
        dashboard.type_text("we talked again, quit q w a a a");
        assert_eq!((dashboard.effects.len(), dashboard.selected().map(str::to_owned), &dashboard.model.screen), (0, selected, &board));
        // esc ends that and nothing else; and so does a rest
        dashboard.press("esc w");
        assert_ne!(dashboard.model.screen, board, "{refused}");
        dashboard.press("esc");
        dashboard.press(refused);
        dashboard.wait(2);
        dashboard.press("w");
        assert_ne!(dashboard.model.screen, board, "{refused}");
    }
}
