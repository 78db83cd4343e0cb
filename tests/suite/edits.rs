//! Edits of the configuration while the real program runs: each is in use at once, and one with a mistake is told of and changes nothing.

use std::fs;

use crate::pty::Pty;
use crate::support::{ACME, Desk, source};

/// An agreement, a theme of one's own, and a desk with a ticket that is always obliged.
fn desk() -> Desk {
    let desk = Desk::configured("");
    let path = desk.write("tickets.json", r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in" }]"#);
    desk.write("config.toml", format!("theme = \"mine\"\n{ACME}{}", source("tickets", &path)));
    fs::create_dir(desk.path("themes")).unwrap();
    desk.write("themes/mine.toml", theme("#010203"));
    desk
}

fn theme(color: &str) -> String {
    format!("inherits = \"dark\"\n[style]\n\"text\" = {{ fg = \"{color}\", ansi = \"default\" }}\n")
}

/// The dashboard of a desk in a terminal of every colour.
fn dashboard(desk: &Desk) -> Pty {
    let (config, home) = (desk.path("config.toml"), desk.path(""));
    let environment = [("HOME", home.to_str().unwrap()), ("COLORTERM", "truecolor")];
    Pty::start(&assert_cmd::cargo::cargo_bin("holdover"), &["--config", config.to_str().unwrap()], &environment, (100, 24))
}

/// Puts a file in the place of another, as editors do.
fn replace(desk: &Desk, name: &str, text: &str) {
    let new = desk.write("new", text);
    fs::rename(new, desk.path(name)).unwrap();
}

fn config(desk: &Desk) -> String {
    fs::read_to_string(desk.path("config.toml")).unwrap()
}

#[test]
fn an_edited_theme_is_seen_at_once_and_one_with_a_mistake_is_not() {
    let desk = desk();
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    pty.wait_for_bytes("the first colour", 0, b"\x1b[38;2;1;2;3");
    let before = pty.written.len();
    replace(&desk, "themes/mine.toml", &theme("#040506"));
    pty.wait_for_bytes("the second colour", before, b"\x1b[38;2;4;5;6");
    // written in place this time
    desk.write("themes/mine.toml", theme("#07080"));
    pty.wait_for("mistake", |text| text.contains("theme not used – mine.toml:3: '#07080' is no colour"));
    assert!(!String::from_utf8_lossy(&pty.written).contains("38;2;7;8;"), "the colours before stay");
    let before = pty.written.len();
    desk.write("themes/mine.toml", theme("#070809"));
    pty.wait_for_bytes("the third colour", before, b"\x1b[38;2;7;8;9");
    pty.wait_for("mended", |text| !text.contains("theme not used"));
    // the rules beside a theme with a mistake are used
    desk.write("themes/mine.toml", theme("#07080"));
    pty.wait_for("mistake", |text| text.contains("theme not used"));
    replace(&desk, "config.toml", &config(&desk).replace("S1 = { any = \"30m\"", "S1 = { any = \"45m\""));
    pty.wait_for("rules", |text| text.contains("45m at any hour"));
    pty.press("j");
    pty.wait_for("mistake again", |text| text.contains("theme not used"));
}

#[test]
fn an_edited_configuration_is_in_use_at_once_and_one_with_a_mistake_is_not() {
    let desk = desk();
    let right = config(&desk);
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in") && text.contains("30m at any hour"));
    let wrong = right
        .replace("S1 = { any = \"30m\"", "S1 = { any = \"half an hour\"")
        .replace("timezone = \"Europe/London\"\n\n", "timezone = \"Asia/Kolkata\"\n\n");
    replace(&desk, "config.toml", &wrong);
    pty.wait_for("mistake", |text| text.contains("edit not used – config.toml:13: 'half an hour' is no response time"));
    assert!(pty.text().contains("30m at any hour") && !pty.text().contains("IST"), "nothing of it is used\n{}", pty.text());
    replace(&desk, "config.toml", &right.replace("S1 = { any = \"30m\"", "S1 = { any = \"45m\""));
    pty.wait_for("mended", |text| text.contains("45m at any hour") && !text.contains("edit not used"));
    // of a file that is just being written, or was cut short, nothing is believed
    replace(&desk, "config.toml", "");
    pty.wait_for("nothing", |text| text.contains("edit not used – config.toml: there is no source in it any more"));
    assert!(pty.text().contains("Nobody can sign in") && pty.text().contains("45m at any hour"), "{}", pty.text());
}

#[test]
fn an_edit_of_the_sources_asks_what_is_new_and_lets_go_of_what_went() {
    let desk = desk();
    let right = config(&desk);
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    let phone = desk.write("phone.json", r#"[{ "key": "P-1", "client": "acme", "severity": "S1", "title": "Rang twice" }]"#);
    replace(&desk, "config.toml", &format!("{right}{}", source("phone", &phone)));
    pty.wait_for("new source", |text| text.contains("Rang twice") && text.contains("Nobody can sign in") && text.contains("2 unanswered"));
    // it is read and told as one that was there from the start
    desk.write("phone.json", r#"[{ "key": "P-1", "client": "acme", "severity": "S1", "title": "Rang again" }]"#);
    pty.press("r");
    pty.wait_for("its news", |text| text.contains("Rang again"));
    replace(&desk, "config.toml", &right);
    pty.wait_for("one source", |text| text.contains("1 unanswered"));
    pty.press("qq");
    assert_eq!(pty.end(), 0);
}

#[test]
fn an_acknowledgement_that_is_held_can_be_undone_over_every_edit_and_one_of_the_sources_waits_for_it() {
    let desk = desk();
    let right = config(&desk);
    let mut pty = dashboard(&desk);
    let mut beside = dashboard(&desk);
    for pty in [&mut pty, &mut beside] {
        pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    }
    pty.press("a");
    pty.wait_for("undo", |text| text.contains("u undo"));
    let edited = right.replace("S1 = { any = \"30m\"", "S1 = { any = \"45m\"");
    replace(&desk, "config.toml", &edited);
    pty.wait_for("agreement", |text| text.contains("45m at any hour") && text.contains("u undo"));
    let phone = desk.write("phone.json", r#"[{ "key": "P-1", "client": "acme", "severity": "S1", "title": "Rang twice" }]"#);
    replace(&desk, "config.toml", &format!("{edited}{}", source("phone", &phone)));
    pty.wait_for("waits", |text| text.contains("edit waits: 1 is not sent yet"));
    // whoever does nothing waits for nobody
    beside.wait_for("new source", |text| text.contains("Rang twice"));
    assert!(!pty.text().contains("Rang twice"), "{}", pty.text());
    pty.press("u");
    pty.wait_for("new source", |text| text.contains("Rang twice") && text.contains("2 unanswered") && !text.contains("edit waits"));
}

#[test]
fn an_edit_of_a_source_is_in_use_once_what_was_done_there_is_sent() {
    let desk = desk();
    let right = config(&desk);
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    pty.press("a");
    pty.wait_for("undo", |text| text.contains("u undo"));
    replace(&desk, "config.toml", &right.replace("[[source]]", "[[source]]\nblind_after = \"6m\""));
    pty.wait_for("waits", |text| text.contains("edit waits: 1 is not sent yet"));
    // what was said of the acknowledgement is followed at once by what is said of the edit
    pty.wait_for("acknowledgement, and in use", |text| text.contains("0 unanswered") && !text.contains("edit waits"));
}

#[test]
fn an_edit_of_the_sources_waits_while_a_text_is_written() {
    let desk = desk();
    let right = config(&desk) + "[[source]]\nname = \"here\"\nkind = \"local\"\n";
    desk.write("config.toml", &right);
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    pty.press("+");
    pty.press("half a title");
    pty.wait_for("text", |text| text.contains("half a title"));
    let phone = desk.write("phone.json", r#"[{ "key": "P-1", "client": "acme", "severity": "S1", "title": "Rang twice" }]"#);
    replace(&desk, "config.toml", &format!("{right}{}", source("phone", &phone)));
    pty.wait_for("waits", |text| text.contains("edit waits: a text is being written") && text.contains("half a title"));
    pty.press("\x1b");
    pty.wait_for("new source", |text| text.contains("Rang twice") && !text.contains("edit waits"));
}

#[test]
fn the_board_comes_up_with_a_theme_that_has_a_mistake() {
    let desk = desk();
    desk.write("themes/mine.toml", "inherits = \"darkk\"\n");
    let mut pty = dashboard(&desk);
    pty.wait_for("board", |text| text.contains("Nobody can sign in"));
    pty.wait_for("mistake", |text| text.contains("theme not used – mine.toml:1: inherits = 'darkk' is unknown"));
    desk.write("themes/mine.toml", theme("#010203"));
    pty.wait_for_bytes("its colour", 0, b"\x1b[38;2;1;2;3");
    pty.wait_for("mended", |text| !text.contains("theme not used"));
}

#[test]
fn what_is_no_file_in_the_place_of_the_configuration_is_told_and_waited_for_by_nobody() {
    let desk = desk();
    let mut pty = dashboard(&desk);
    pty.wait_for("ticket", |text| text.contains("Nobody can sign in"));
    let before = config(&desk);
    fs::remove_file(desk.path("config.toml")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(desk.path("config.toml")).status().unwrap().success());
    pty.wait_for("why it is not used", |text| text.contains("edit not used") && text.contains("it is not a file"));
    replace(&desk, "config.toml", &before.replace("S1 = { any = \"30m\"", "S1 = { any = \"31m\""));
    pty.wait_for("mended", |text| text.contains("31m at any hour") && !text.contains("edit not used"));
}
