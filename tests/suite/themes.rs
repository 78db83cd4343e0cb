//! Themes of the user's own: where they are found, what is said of their mistakes, and `holdover themes`.

use std::fs;

use holdover::config;
use holdover::tui::{ColorDepth, OwnTheme, Role, Theme, Themes, Variant};
use nix::sys::stat::Mode;
use ratatui::style::Color;
use serde_json::json;

use crate::support::{ACME, Desk};

/// Themes with these texts.
fn themes(own: &[(&str, &str)]) -> Themes {
    let own = own.iter().map(|(name, text)| OwnTheme {
        name: (*name).to_owned(),
        file: format!("themes/{name}.toml"),
        text: Ok((*text).to_owned()),
    });
    Themes::with(own.collect())
}

/// What is said of one of them.
fn told(themes: &Themes, name: &str) -> Vec<String> {
    themes.paint(name, ColorDepth::Full).err().into_iter().flatten().map(|problem| problem.to_string()).collect()
}

#[test]
fn a_theme_inherits_from_another_of_ones_own_and_that_from_a_stock_one() {
    let parent = "inherits = \"light\"\n[style]\n\"text\" = { fg = \"#010203\" }\n\"link\" = { fg = \"#040506\" }\n";
    let themes = themes(&[("child", "inherits = \"parent\"\n[style]\n\"text\" = { fg = \"#070809\" }\n"), ("parent", parent)]);
    let child = themes.paint("child", ColorDepth::Full).unwrap();
    assert_eq!(child.style(Role::Text).fg, Some(Color::Rgb(7, 8, 9)));
    assert_eq!(child.style(Role::Link).fg, Some(Color::Rgb(4, 5, 6)));
    assert_eq!(child.style(Role::S1), Theme::named("light", ColorDepth::Full).unwrap().style(Role::S1));
    assert_eq!(themes.variant("child").unwrap(), Variant::Light, "what is for light is, where nobody says otherwise");
    assert_eq!(themes.names().skip(6).collect::<Vec<_>>(), ["child", "parent"], "the stock ones come first");
}

#[test]
fn what_is_wrong_with_inheriting_is_told_with_its_line() {
    let circle = themes(&[("a", "inherits = \"b\""), ("b", "\ninherits = \"c\""), ("c", "inherits = \"b\"")]);
    let wanted = "themes/c.toml:1: themes inherit in a circle: b from c from b – let one of them inherit from base";
    assert_eq!(told(&circle, "a"), [wanted]);
    let own = themes(&[("me", "inherits = \"me\"")]);
    assert_eq!(told(&own, "me"), ["themes/me.toml:1: themes inherit in a circle: me from me – let one of them inherit from base"]);
    let names: Vec<String> = (0..10).map(|n| format!("t{n}")).collect();
    let texts: Vec<String> =
        (0..10).map(|n| if n == 9 { "inherits = \"base\"".to_owned() } else { format!("inherits = \"t{}\"", n + 1) }).collect();
    let row: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    assert_eq!(told(&themes(&row), "t0"), ["themes/t7.toml:1: more than 8 themes inherit in a row – inherit from a theme nearer to base"]);
    assert_eq!(told(&themes(&row), "t3"), Vec::<String>::new());
    let near = themes(&[
        ("solar", "inherits = \"base\""),
        ("mine", "inherits = \"solar\"\n[style]\n\"txet\" = {}\n"),
        ("yours", "inherits = \"sola\""),
    ]);
    assert_eq!(
        told(&near, "yours"),
        ["themes/yours.toml:1: inherits = 'sola' is unknown – did you mean 'solar'? There are base, dark, light, high-contrast, \
             colorblind, mono, solar, mine, yours"]
    );
    assert!(
        told(&near, "mine")[0].starts_with("themes/mine.toml:3: [style] has no key 'txet' – did you mean 'text'?"),
        "{:?}",
        told(&near, "mine")
    );
}

#[test]
fn the_mistakes_of_a_theme_are_those_of_what_inherits_from_it() {
    let both = themes(&[("child", "variant = \"drak\"\ninherits = \"parent\""), ("parent", "inherits = \"base\"\n[style]\ntext = 1\n")]);
    let told = told(&both, "child");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("themes/child.toml:1: variant = 'drak' is unknown"), "{told:?}");
    assert!(told[1].starts_with("themes/parent.toml:3: this must be a table"), "{told:?}");
}

/// A desk with an agreement, a source, and themes of its own.
fn desk(config: &str, own: &[(&str, &str)]) -> Desk {
    let desk = Desk::configured(&format!("{config}{ACME}\n[[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n"));
    desk.write("tickets.json", "[]");
    fs::create_dir(desk.path("themes")).unwrap();
    for (name, text) in own {
        desk.write(&format!("themes/{name}"), text);
    }
    desk
}

const MINE: &str = "inherits = \"dark\"\n";

#[test]
fn themes_prints_names_where_there_is_no_terminal() {
    let desk = desk("theme = \"mine\"\n", &[("mine.toml", MINE), (".#mine.toml", "no"), ("mine.toml~", "no"), ("README", "no")]);
    let said = desk.run(&["themes"]).ended(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("base\ndark\nlight\nhigh-contrast\ncolorblind\nmono\nmine\n", ""));
    assert_eq!(desk.run(&["themes", "mine"]).ended(0).out, "mine\n");
    let json = desk.run(&["themes", "--json"]).ended(0).json();
    assert_eq!(json[1], json!({ "name": "dark", "variant": "dark", "file": null }));
    assert_eq!(json[6], json!({ "name": "mine", "variant": "dark", "file": "themes/mine.toml" }));
    assert_eq!(desk.run(&["themes", "--demo"]).ended(0).out.lines().count(), 6, "the demo has the stock themes alone");
    let said = desk.run(&["themes", "mien"]).ended(2);
    assert_eq!(
        said.err,
        "there is no theme 'mien' – did you mean 'mine'? There are base, dark, light, high-contrast, colorblind, mono, mine\n"
    );
}

#[test]
fn themes_shows_every_role_in_its_colours() {
    let desk = desk("", &[("mine.toml", "inherits = \"dark\"\n[style]\n\"link\" = { fg = \"#010203\", ansi = \"green\" }\n")]);
    let shown = |arguments: &[&str], colorterm| desk.command(arguments).env("COLORTERM", colorterm).env("TERM", "xterm").output().unwrap();
    let text = |arguments: &[&str], colorterm| String::from_utf8(shown(arguments, colorterm).stdout).unwrap();
    let full = text(&["themes", "mine", "--color", "always"], "truecolor");
    assert!(full.starts_with("mine – on dark\n") && full.contains("\x1b[38;2;1;2;3m"), "{full:?}");
    let mut screen = vt100::Parser::new(24, 80, 0);
    screen.process(full.replace('\n', "\r\n").as_bytes());
    let plain = screen.screen().contents();
    let words: Vec<&str> = plain.lines().skip(1).flat_map(str::split_whitespace).collect();
    let roles: Vec<&str> = <Role as strum::IntoEnumIterator>::iter().map(Role::name).collect();
    assert_eq!(words, roles);
    let sixteen = text(&["themes", "mine", "--color", "always"], "");
    assert!(!sixteen.contains("38;2;") && sixteen.contains("\x1b[38;5;2m"), "{sixteen:?}");
    assert_eq!(text(&["themes", "mine", "--color", "never"], "truecolor"), "mine\n");
}

#[test]
fn a_faulty_theme_is_told_by_themes_and_check_and_stops_nothing() {
    let desk = desk("theme = \"mine\"\n", &[("mine.toml", "inherits = \"drak\"\n"), ("dark.toml", MINE)]);
    let wanted = "themes/mine.toml:1: inherits = 'drak' is unknown – did you mean 'dark'?";
    let said = desk.run(&["themes"]).ended(1);
    assert!(said.err.starts_with(wanted) && !said.out.contains("mine"), "{}{}", said.out, said.err);
    let said = desk.run(&["check"]).ended(0);
    assert!(said.out.contains(&format!("warning: {wanted}")), "{}", said.out);
    let shadowed = "warning: themes/dark.toml: this file is not used: holdover has a theme 'dark' of its own – give it another name, with \
                    inherits = \"dark\" in it";
    assert!(said.out.contains(shadowed), "{}", said.out);
    desk.run(&["list"]).ended(0);
}

#[test]
fn a_theme_that_is_nowhere_is_an_error_of_the_configuration_or_of_the_flag() {
    let desk = desk("theme = \"mien\"\n", &[("mine.toml", MINE)]);
    let said = desk.run(&["list"]).ended(2);
    assert!(said.err.contains("config.toml:1: theme: there is no theme 'mien' – did you mean 'mine'?"), "{}", said.err);
    let said = desk.run(&["themes"]).ended(0);
    assert!(said.out.ends_with("mono\nmine\n"), "it needs no sound configuration: {}", said.out);
    desk.write("config.toml", ACME);
    let said = desk.run(&["list", "--theme", "mien"]).ended(2);
    assert!(said.err.contains("--theme: there is no theme 'mien' – did you mean 'mine'?"), "{}", said.err);
    desk.run(&["list", "--theme", "mine"]).ended(0);
}

#[test]
fn what_cannot_be_read_is_a_theme_with_a_mistake() {
    let desk = desk("theme = \"mine\"\n", &[("mine.toml", MINE), ("long.toml", &"#\n".repeat(40_000))]);
    nix::unistd::mkfifo(&desk.path("themes/pipe.toml"), Mode::S_IRWXU).unwrap();
    fs::create_dir(desk.path("themes/folder.toml")).unwrap();
    desk.write("themes/bytes.toml", b"name = \"caf\xe9\"\n");
    let settings = config::load(&desk.path("config.toml"), &[]).unwrap();
    let told: Vec<String> = config::theme_problems(&settings).iter().map(|problem| format!("{}: {}", problem.file, problem.what)).collect();
    let file = |name: &str| desk.path(&format!("themes/{name}.toml")).display().to_string();
    let cannot = "the theme cannot be read:";
    assert_eq!(
        told,
        [
            format!("{}: {cannot} line 1 is not UTF-8", file("bytes")),
            format!("{}: {cannot} it is not a file", file("folder")),
            format!("{}: {cannot} it is longer than 64 KiB", file("long")),
            format!("{}: {cannot} it is not a file", file("pipe")),
        ]
    );
}
