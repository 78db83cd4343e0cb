//! Keys of one's own in the real program: they do what they are given, the others do nothing; a paste into the palette is text.

use crate::pty::Pty;
use crate::support::Desk;

const DEMO: &str = "[[source]]\nname = \"desk\"\nkind = \"demo\"\n";

#[test]
fn keys_of_ones_own_are_those_of_the_real_program() {
    let desk = Desk::configured(&format!(
        "{}\n{DEMO}\n[keys]\nhelp = \"f1\"\nquit = \"ctrl-x\"\nfilter = [\"/\", \"ctrl-f\"]\nundo = []\n",
        crate::support::ACME
    ));
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (80, 24));
    pty.wait_for("board", |text| text.contains("Screens black") && text.contains("F1 help"));
    pty.press("\x06");
    pty.wait_for("filter line", |text| text.contains("enter keep"));
    pty.press("q?");
    pty.wait_for("letters", |text| text.contains(" /q?"));
    pty.press("\x15\r");
    pty.wait_for("board", |text| text.contains("Screens black") && text.contains("F1 help"));
    // as xterm sends F1
    pty.press("\x1bOP");
    pty.wait_for("the help", |text| text.contains("acknowledge: tell the source") && text.contains("keys, marks and"));
    pty.press("\x18");
    pty.wait_for("board", |text| text.contains("Screens black"));
    // what was q; and what has no key is in the palette
    pty.press("q:undo");
    pty.wait_for("the palette", |text| text.contains(" :undo") && text.contains("▌undo   "));
    pty.press("\r");
    pty.wait_for("the answer", |text| text.contains("there is nothing to undo"));
    pty.press("\x18");
    pty.wait_for("question", |text| text.contains("Ctrl-x again leaves"));
    pty.press("\x18");
    assert_eq!(pty.end(), 0);
    pty.assert_given_back();
}

#[test]
fn a_paste_into_the_palette_is_text_and_does_nothing() {
    let mut pty = Pty::demo((80, 24));
    pty.wait_for("board", |text| text.contains("NOW, UNANSWERED 5"));
    pty.press(":\x1b[200~quit\n\x07\x1b[201~");
    pty.wait_for("the text of it", |text| text.contains(" :quit ^G") && text.contains("enter does it"));
}

#[test]
fn check_says_what_is_wrong_with_keys_and_where() {
    let desk = Desk::configured(&format!("{}\n{DEMO}\n[keys]\nnote = \"ctrl-i\"\n", crate::support::ACME));
    let said = desk.run(&["check"]).ended(1).out;
    assert!(
        said.starts_with("error: config.toml:23: keys.note: a terminal sends 'ctrl-i' as tab – write tab, or another letter\n"),
        "{said}"
    );
    let said = desk.run(&["list"]).ended(2).err;
    assert!(said.contains("config.toml:23: keys.note: a terminal sends"), "{said}");
}
