//! `[keys]`: every mistake is told with what is wrong, why and what to do, and both sides of a clash with file and line.

use holdover::config::Level;
use holdover::tui::Keymap;

use super::{lines, right, wrong};

/// The mistakes of a configuration that has only this, below `[keys]`.
fn said(keys: &str) -> Vec<String> {
    let problems = wrong(&format!("[keys]\n{keys}\n"));
    problems.iter().filter(|problem| problem.level == Level::Error).map(ToString::to_string).collect()
}

const KEYS: &str = "write one character, space, up, down, left, right, pgup, pgdn, home, end, tab, shift-tab, enter, esc, backspace, \
                    delete, insert, f1 to f12, or ctrl- and a small letter";

#[test]
fn what_clashes_names_both_sides() {
    assert_eq!(
        said("acknowledge = \"x\"\n\nnote = [\"c\", \"x\"]"),
        [
            "error: config.toml:4: keys.note[1]: 'x' cannot be both 'note' and 'acknowledge' (config.toml:2) – give one of the two another key"
        ]
    );
    assert_eq!(
        said("note = \"p\""),
        ["error: config.toml:2: keys.note: 'p' cannot be both 'note' and 'phoned-in', whose key it is where [keys] says nothing – \
          give 'phoned-in' another key too, or none: phoned-in = []"]
    );
    assert_eq!(said("down = [\"j\", \"x\", \"j\"]"), ["error: config.toml:2: keys.down[2]: 'j' is listed twice for 'down' – list it once"]);
    // whoever changes places clashes with nobody
    let keys = right("[keys]\nnote = \"p\"\nphoned-in = \"c\"\nundo = []\nmark = \"u\"\n").keys;
    assert_ne!(keys, Keymap::default());
}

#[test]
fn what_is_no_action_or_no_key_is_told_with_the_nearest() {
    let told = said("acknowlege = \"x\"");
    let begins =
        "error: config.toml:2: keys.acknowlege: there is no action 'acknowlege' – did you mean 'acknowledge'? There are acknowledge, ";
    assert!(told.len() == 1 && told[0].starts_with(begins), "{told:?}");
    assert_eq!(said("undo = \"hyper-x\""), [format!("error: config.toml:2: keys.undo: there is no key 'hyper-x' – {KEYS}")]);
    assert_eq!(said("undo = \"\""), [format!("error: config.toml:2: keys.undo: there is no key '' – {KEYS}")]);
    assert_eq!(
        said("undo = 7\nmark = [true]"),
        [
            "error: config.toml:2: keys.undo: this must be a key in quotes, or a list of them, and is a whole number – write \"a\", or [\"j\", \"down\"]",
            "error: config.toml:3: keys.mark[0]: this must be text, and is true or false – put it in quotes",
        ]
    );
    let table = lines(&wrong("keys = \"vi\""));
    assert!(table.contains("error: config.toml:1: keys: this must be a table, and is text in quotes – write { key = value }"), "{table}");
}

/// Keys that no terminal sends, or that it does not tell from others; each as the key of `undo`.
const UNUSABLE: &[(&str, &str)] = &[
    ("ctrl-i", "a terminal sends 'ctrl-i' as tab – write tab, or another letter"),
    ("ctrl-m", "a terminal sends 'ctrl-m' as enter – write enter, or another letter"),
    ("ctrl-j", "a terminal sends 'ctrl-j' as enter – write enter, or another letter"),
    ("Ctrl-h", "a terminal sends 'Ctrl-h' as backspace – write backspace, or another letter"),
    ("ctrl-[", "a terminal sends 'ctrl-[' as esc – write esc, or another letter"),
    ("ctrl-X", "a terminal does not tell 'ctrl-X' from ctrl-x – write ctrl-x"),
    (
        "ctrl-shift-x",
        "a terminal does not tell 'ctrl-shift-x' from the same without shift – with ctrl- only small letters are sent by every terminal: ctrl-d",
    ),
    (
        "ctrl-1",
        "not every terminal sends 'ctrl-1', or tells it from other keys – with ctrl- only small letters are sent by every terminal: ctrl-d",
    ),
    (
        "ctrl-/",
        "not every terminal sends 'ctrl-/', or tells it from other keys – with ctrl- only small letters are sent by every terminal: ctrl-d",
    ),
    (
        "ctrl-enter",
        "not every terminal sends 'ctrl-enter', or tells it from other keys – with ctrl- only small letters are sent by every terminal: ctrl-d",
    ),
    (
        "ctrl-up",
        "not every terminal sends 'ctrl-up', or tells it from other keys – with ctrl- only small letters are sent by every terminal: ctrl-d",
    ),
    (
        "shift-enter",
        "a terminal does not tell 'shift-enter' from the same key without shift – write the key without shift-; only shift-tab is a key of its own",
    ),
    ("shift-a", "'shift-a' is not how a character is written – write what it gives: A, or ?"),
    (
        "alt-x",
        "with Alt no key means anything, and so 'alt-x' does not – a terminal sends alt-x as esc and x: write the key alone, or with ctrl-",
    ),
    (
        "ctrl-Alt-x",
        "with Alt no key means anything, and so 'ctrl-Alt-x' does not – a terminal sends alt-x as esc and x: write the key alone, or with ctrl-",
    ),
    ("esc", "esc only ever goes back, and is no key for 'undo' – write another key"),
    ("\\t", "this character is none that is seen – write a character that is seen, or the name of a key, such as space"),
    ("\\u202e", "this character is none that is seen – write a character that is seen, or the name of a key, such as space"),
];

#[test]
fn keys_that_a_terminal_does_not_send_or_tell_apart_are_refused() {
    for (key, why) in UNUSABLE {
        assert_eq!(said(&format!("undo = \"{key}\"")), [format!("error: config.toml:2: keys.undo: {why}")], "{key}");
    }
}

#[test]
fn no_part_of_an_arrow_key_is_the_key_of_what_changes_something() {
    for part in "[OABCDEFHIMPQRSZ~;059".chars() {
        let why = format!(
            "'{part}' is part of what a terminal sends for an arrow, page or function key, of which 'acknowledge' must not come – write another key"
        );
        assert_eq!(said(&format!("acknowledge = \"{part}\"")), [format!("error: config.toml:2: keys.acknowledge: {why}")]);
    }
    right("[keys]\nflips = \"A\"\nhelp = [\"?\", \"~\"]\n");
}

#[test]
fn back_quit_and_the_palette_stay_within_reach() {
    let lacking = [
        ("back = []", "back: without esc nothing leads back from where text is typed – add \"esc\": back may have other keys too"),
        ("back = \"f1\"", "back: without esc nothing leads back from where text is typed – add \"esc\": back may have other keys too"),
        ("quit = []", "quit: without a key of quit the program could not be left – give it a key"),
        ("palette = []", "palette: without a key of palette an action that has no key could not be reached – give it a key"),
        ("quit = \"y\"", "quit: 'y' answers a question, and is no key for 'quit': what one would leave would be done – write another key"),
        ("quit = \"3\"", "quit: '3' answers a question, and is no key for 'quit': what one would leave would be done – write another key"),
        (
            "back = [\"esc\", \"enter\"]",
            "back[1]: 'enter' answers a question, and is no key for 'back': what one would leave would be done – write another key",
        ),
    ];
    for (keys, why) in lacking {
        assert_eq!(said(keys), [format!("error: config.toml:2: keys.{why}")], "{keys}");
    }
    right("[keys]\nback = [\"esc\", \"ctrl-g\"]\nquit = \"X\"\npalette = \"ctrl-p\"\n");
}

#[test]
fn what_screen_and_tmux_keep_is_odd() {
    let settings = right("[keys]\nmark = \"ctrl-a\"\nundo = \"ctrl-b\"\n");
    let told: Vec<String> = settings.warnings.iter().filter(|p| p.path.starts_with("keys")).map(ToString::to_string).collect();
    let odd = |line: u32, action: &str, program: &str, key: &str| {
        format!(
            "warning: config.toml:{line}: keys.{action}: {program} keeps '{key}' for itself – in {program} it arrives only when it is pressed twice: another key is safer"
        )
    };
    assert_eq!(told, [odd(2, "mark", "screen", "Ctrl-a"), odd(3, "undo", "tmux", "Ctrl-b")]);
}

#[test]
fn names_of_keys_are_read_in_any_case_and_as_they_are_shown() {
    let keys =
        right("[keys]\ndown = [\"X\", \"↓\"]\nup = [\"UP\", \"F12\"]\npage-down = [\"PgDn\", \"Ctrl-d\"]\npage-up = [\"PageUp\"]\n").keys;
    let shown = |name: &str| keys.bindings().find(|(b, _)| b.name() == name).map(|(b, _)| keys.labels(b)).unwrap();
    assert_eq!(
        (shown("down"), shown("up"), shown("page-down"), shown("page-up")),
        ("X ↓".into(), "↑ F12".into(), "PgDn Ctrl-d".into(), "PgUp".into())
    );
}
