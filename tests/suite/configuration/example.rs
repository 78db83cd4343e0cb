//! config.example.toml: right as it is, right with every setting switched on, complete, and told where it is mutated.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use holdover::config::{self, Level, Problem};
use holdover::sources::SourceKind;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::{home, lines};

fn example_text() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")).expect("the example")
}

/// The example with every setting switched on: `#` without a space after it is taken away.
fn every_setting() -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => setting.to_owned(),
        _ => line.to_owned(),
    };
    example_text().lines().map(|line| on(line) + "\n").collect()
}

/// The same without what is right only in a file of one's own, or beside another file.
fn switched_on() -> String {
    let needs_files = |line: &&str| line.starts_with("token = ") || line.starts_with("ca_file = ");
    every_setting().lines().filter(|line| !needs_files(line)).map(|line| line.to_owned() + "\n").collect()
}

fn read(text: &str) -> Result<config::Settings, Vec<Problem>> {
    config::parse(text, "config.toml", &home())
}

#[test]
fn the_example_as_it_is_is_right_and_holds_the_defaults() {
    let example = read(&example_text()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let nothing = read("").unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    assert_eq!(
        (&example.theme, example.color, example.ascii, example.timezone),
        (&nothing.theme, nothing.color, nothing.ascii, nothing.timezone)
    );
    // the other defaults are seen at a source and at an agreement that say nothing
    let rest = r#"
        [[source]]
        name = "demo"
        kind = "demo"
        [[agreement]]
        name = "default"
        timezone = "UTC"
        office_hours = {}
        support_level = "L3"
        response = { S1 = { any = "1h" } }
    "#;
    let said = read(&(example_text() + rest)).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let unsaid = read(rest).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    assert_eq!(said.sources[0].poll_every, unsaid.sources[0].poll_every);
    assert_eq!(said.sources[0].blind_after, unsaid.sources[0].blind_after);
    assert_eq!(said.agreements.all()[0].support_levels, unsaid.agreements.all()[0].support_levels);
}

#[test]
fn the_example_with_everything_switched_on_is_right() {
    let settings = read(&switched_on()).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
    let warned: Vec<&str> = settings.warnings.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(warned, ["source[3].unassessed_as"], "{}", lines(&settings.warnings));
    assert_eq!(settings.agreements.all().len(), 1);
    assert_eq!(settings.sources.len(), switched_on().matches("\n[[source]]\n").count());
    assert_eq!(settings.sources[0].map.len(), 1);
    assert_eq!(settings.sources[1].map.len(), 7);
    let SourceKind::Redmine(redmine) = &settings.sources[1].kind else { panic!("a Redmine source") };
    assert_eq!(redmine.ack_status, "In Progress");
    assert_eq!(settings.keys, holdover::tui::Keymap::default(), "the keys that are switched on are those that hold anyway");
    let hook = &settings.hooks[0];
    assert_eq!((hook.on.len(), hook.severities.len(), hook.timeout.as_secs()), (6, 2, 10));
}

/// What the example says of Roundup is what the tests ask a Roundup.
#[test]
fn the_roundup_of_the_example_is_the_one_that_is_tried() {
    let settings =
        |text: &str| text.lines().filter(|line| !line.starts_with("# ") && !line.is_empty()).map(|line| line.trim().to_owned()).collect();
    let example = crate::support::roundup_of_the_example();
    let example: Vec<String> = settings(&example);
    let tried = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/valid/roundup.toml")).unwrap();
    let tried: Vec<String> = settings(&tried[tried.find("[[source]]").unwrap()..]);
    assert_eq!(example, tried);
}

/// Every key that the walk knows stands in the example. The walk lists its keys in the error about an unknown one.
#[test]
fn the_example_has_every_key_there_is() {
    let text = every_setting();
    let unknown = r#"
        zzz = 1
        [[template]]
        zzz = 1
        [[agreement]]
        zzz = 1
        windows = [ { zzz = 1 } ]
        chargeable = [ { zzz = 1 } ]
        response = { S1 = { any = { zzz = 1 } } }
        [[source]]
        kind = "file"
        zzz = 1
        [[source]]
        kind = "redmine"
        zzz = 1
        map = [ { zzz = 1 } ]
        [[source]]
        kind = "alertmanager"
        zzz = 1
        [[source]]
        kind = "icinga2"
        zzz = 1
        [[source]]
        kind = "rt"
        zzz = 1
        [[source]]
        kind = "local"
        zzz = 1
        [[source]]
        kind = "http"
        zzz = 1
        whoami = { zzz = 1 }
        list = { zzz = 1 }
        item = { zzz = 1 }
        values = { zzz = 1 }
        assess = { zzz = 1 }
        word = { requests = [ { zzz = 1 } ], zzz = 1 }
        [[source]]
        kind = "demo"
        zzz = 1
        [[hook]]
        zzz = 1
        [keys]
        [[view]]
        zzz = 1
    "#;
    let problems = read(unknown).expect_err("nothing has a key zzz");
    let told: Vec<&Problem> = problems.iter().filter(|p| p.path.ends_with("zzz")).collect();
    assert_eq!(told.len(), 24, "{}", lines(&problems));
    let keys: BTreeSet<&str> = told.iter().flat_map(|p| p.help.rsplit("here are ").next().expect("a list").split(", ")).collect();
    assert!(keys.len() > 40, "{keys:?}");
    let is_there = |key: &str| {
        text.lines().any(|line| {
            !line.starts_with('#')
                && (line.contains(&format!("{key} = ")) || line.contains(&format!("[{key}]")) || line.contains(&format!(".{key}]")))
        })
    };
    let missing: Vec<&&str> = keys.iter().filter(|key| !is_there(key)).collect();
    assert!(missing.is_empty(), "not in config.example.toml: {missing:?}");
}

/// What can happen to a line in an editor.
fn mutate(line: &str, rng: &mut TestRng) -> (&'static str, String) {
    let mut pick = |below: usize| (rng.next_u32() as usize) % below.max(1);
    let chars: Vec<char> = line.chars().collect();
    let text = |chars: Vec<char>| chars.into_iter().collect::<String>();
    match pick(11) {
        0 => {
            let mut left = chars;
            left.remove(pick(left.len()));
            ("a character less", text(left))
        }
        1 => ("written twice", format!("{line}\n{line}")),
        2 if chars.len() > 1 => {
            let mut swapped = chars;
            let i = pick(swapped.len() - 1);
            swapped.swap(i, i + 1);
            ("two characters swapped", text(swapped))
        }
        3 if line.contains('"') => ("other quotes", line.replacen('"', "'", 1 + pick(2))),
        4 if line.contains('=') => {
            let (key, _) = line.split_once('=').expect("it has one");
            let value = ["1", "-0.5", "true", "[]", "{}", "\"\"", "\"yes\"", "2026-04-01", "[[[", "nan", "99999999999999999999"];
            ("another value", format!("{key}= {}", value[pick(value.len())]))
        }
        5 if line.contains('=') => ("a misspelt key", format!("x{line}")),
        6 => {
            let mut more = chars;
            let i = pick(more.len() + 1);
            more.insert(i, ['"', '[', ']', '{', '}', '=', ',', '#', '\u{7f}', 'é', '\u{202e}', '$', '0'][pick(13)]);
            ("a character more", text(more))
        }
        7 => ("cut short", text(chars[..pick(chars.len())].to_vec())),
        8 => ("in capitals", line.to_uppercase()),
        9 => ("a digit more", line.replacen(|c: char| c.is_ascii_digit(), "99", 1)),
        _ => ("gone", String::new()),
    }
}

#[test]
fn five_hundred_mutated_lines_are_right_or_told_where_they_are() {
    let text = switched_on();
    let all: Vec<&str> = text.lines().collect();
    let settings: Vec<usize> = (0..all.len()).filter(|i| !all[*i].trim().is_empty() && !all[*i].starts_with('#')).collect();
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (mut right, mut told, mut lost) = (0, 0, Vec::new());
    for _ in 0..500 {
        let place = settings[(rng.next_u32() as usize) % settings.len()];
        let (how, line) = mutate(all[place], &mut rng);
        let mut mutated = all.clone();
        mutated[place] = &line;
        match read(&mutated.join("\n")) {
            Ok(_) => right += 1,
            Err(problems) => {
                let at = u32::try_from(place + 1).expect("a line");
                // beside it, whatever is said between
                let nth = |line: u32| settings.partition_point(|setting| *setting + 1 < line as usize);
                if problems.iter().any(|p| p.level == Level::Error && nth(p.line).abs_diff(nth(at)) <= 1) {
                    told += 1;
                } else {
                    lost.push(format!("line {at}, {how}: {line}\n{}", lines(&problems)));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{right} right, {told} told, {} not:\n{}", lost.len(), lost.join("\n\n"));
    // the mutations are mistakes for the most part, and not all
    assert!(right > 20 && told > 200, "{right} right, {told} told");
}
