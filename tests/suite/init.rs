//! `holdover init` where no server is asked: every kind of source, answers by flags and by lines, and what it refuses.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use holdover::config;

use crate::pty::Pty;
use crate::support::{Desk, Said};

/// A desk without a configuration: the path that the environment names leads nowhere yet.
pub fn desk() -> Desk {
    let desk = Desk::configured("");
    fs::remove_file(desk.path("config.toml")).unwrap();
    desk
}

/// Runs init with lines on its stdin.
pub fn answered(desk: &Desk, arguments: &[&str], lines: &str) -> Said {
    desk.command(&[&["init"], arguments].concat()).write_stdin(lines).output().unwrap().into()
}

/// What was written.
pub fn written(desk: &Desk) -> String {
    fs::read_to_string(desk.path("config.toml")).unwrap()
}

/// What each kind is told so that nothing is left to ask.
const KINDS: [(&str, &[&str]); 7] = [
    ("redmine", &["--url", "https://redmine.example.com", "--token-command", "echo key"]),
    ("rt", &["--url", "https://rt.example.com", "--user", "jo", "--token-command", "echo key"]),
    ("alertmanager", &["--url", "https://alerts.example.com"]),
    ("icinga2", &["--url", "https://icinga.example.com:5665", "--user", "jo", "--token-command", "echo key"]),
    ("file", &["--path", "tickets.json"]),
    ("local", &[]),
    ("demo", &[]),
];

#[test]
fn check_finds_nothing_in_what_is_written_for_each_kind() {
    for (kind, flags) in KINDS {
        let desk = desk();
        desk.write("tickets.json", "[]");
        let said = desk.run(&[&["init", "--yes", "--offline", "--kind", kind], flags].concat()).ended(0);
        assert!(
            said.err.is_empty() && said.out.contains("written: config.toml\n") && said.out.contains("\nnext:\n    holdover"),
            "{}",
            said.out
        );
        let checked = desk.run(&["check"]).ended(0);
        assert!(checked.out.contains("is sound") && checked.out.ends_with(" 0 warnings\n"), "{kind}: {}", checked.out);
        assert!(checked.out.lines().count() == 1 && checked.err.is_empty(), "{kind}: {}{}", checked.out, checked.err);
        let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("config.toml"), 0o600);
    }
}

#[test]
fn every_kind_that_there_is_can_be_asked_for() {
    let problems = config::parse("[[source]]\nname = \"x\"\n", "config.toml", &[]).unwrap_err();
    let help = &problems.iter().find(|problem| problem.what == "this source has no kind").unwrap().help;
    let known: Vec<&str> = help.split("there are ").nth(1).unwrap().split(", ").collect();
    assert!(known.len() >= KINDS.len(), "{help}");
    for kind in known {
        if !KINDS.iter().any(|(name, _)| *name == kind) {
            let said = desk().run(&["init", "--yes", "--kind", kind]).ended(2);
            assert!(said.err.contains("by hand – holdover init --example has one whole"), "{kind}: {}", said.err);
        }
    }
    assert!(fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml")).unwrap().contains("\n#name = \"roundup\"\n"));
}

#[test]
fn a_local_board_works_from_the_first_minute() {
    let desk = desk();
    desk.run(&["init", "--kind", "local", "--client", "acme", "--yes"]).ended(0);
    desk.run(&["new", "--severity", "S1", "Nobody can sign in"]).ended(0);
    let board = desk.run(&["list", "--json"]).ended(0).json();
    let ticket = &board["tickets"][0];
    assert_eq!(
        (ticket["client"].as_str(), ticket["agreement"].as_str(), ticket["group"].as_str()),
        (Some("acme"), Some("acme"), Some("unanswered"))
    );
}

#[test]
fn the_demo_that_is_written_has_its_agreements() {
    let desk = desk();
    desk.run(&["init", "--kind", "demo", "--yes"]).ended(0);
    let board = desk.run(&["list", "--json"]).json();
    let tickets = board["tickets"].as_array().unwrap();
    assert!(tickets.len() > 10 && tickets.iter().filter(|ticket| ticket["agreement"].is_string()).count() > 10, "{board}");
}

#[test]
fn lines_answer_as_flags_do() {
    let flags = desk();
    let arguments =
        ["--client", "Acme Ltd.", "--timezone", "Europe/London", "--office-hours", "mon-thu 08:00-12:00 13:00-17:00, fri 08:00-12:00"];
    let more = ["--bank-holidays", "scotland, 2026-12-24", "--out-of-hours", "S2", "--respond", "15m,30m,2h,1wd,5wd close"];
    flags.run(&[&["init", "--kind", "local", "--yes"], &arguments[..], &more[..]].concat()).ended(0);
    let lines = desk();
    let answers = "local\nAcme Ltd.\nEurope/London\nmon-thu 08:00-12:00 13:00-17:00, fri 08:00-12:00\nscotland, 2026-12-24\nS2\n15m,30m,2h,1wd,5wd close\n";
    let said = answered(&lines, &[], answers).ended(0);
    assert!(said.err.is_empty() && !said.out.contains("example"), "{}{}", said.out, said.err);
    assert_eq!(written(&flags), written(&lines));
    let text = written(&lines);
    for told in [
        "name = \"Acme Ltd.\"",
        "office_hours = { mon-thu = [\"08:00-12:00\", \"13:00-17:00\"], fri = [\"08:00-12:00\"] }",
        "bank_holidays = [\"scotland\", \"2026-12-24\"]",
        "S2 = { any = \"30m\" }\nS3 = { office-hours = \"2h\" }",
        "S5 = { office-hours = \"5wd close\" }",
    ] {
        assert!(text.contains(told), "no {told}: {text}");
    }
    assert!(lines.run(&["check"]).ended(0).out.ends_with(" 0 warnings\n"));
    // Enter takes what is usual; nobody is asked what a flag has said
    let usual = desk();
    let said = answered(&usual, &["--timezone", "Europe/London"], "\n\n\n\n\n\n").ended(0);
    assert_eq!(said.out.lines().filter(|line| line.ends_with(": ")).count(), 6, "{}", said.out);
    assert!(written(&usual).contains("bank_holidays = [\"england-and-wales\"]") && written(&usual).contains("name = \"default\""));
}

#[test]
fn every_severity_can_be_the_last_that_is_handled_at_any_hour() {
    for lowest in ["none", "S1", "S2", "S3", "S4", "S5"] {
        let desk = desk();
        desk.run(&["init", "--kind", "local", "--yes", "--out-of-hours", lowest]).ended(0);
        let checked = desk.run(&["check"]).ended(0);
        assert!(checked.out.ends_with(" 0 warnings\n"), "{lowest}: {}", checked.out);
    }
}

#[test]
fn what_is_wrong_or_missing_is_said_and_nothing_written() {
    let desk = desk();
    for (arguments, lines, words) in [
        (&["--yes"][..], "", "--kind is missing"),
        (&["--yes", "--kind", "redmine"], "", "for --url, --token-command (or --token-file, --token-env)"),
        (&["--yes", "--kind", "rt"], "", "--url, --user, --token-command"),
        (&["--yes", "--kind", "file"], "", "for --path"),
        (&["--kind", "nothing"], "", "invalid value 'nothing'"),
        (&["--kind", "http"], "", "by hand"),
        (
            &["--kind", "local", "--timezone", "Europe/Lundon", "--yes"],
            "",
            "--timezone 'Europe/Lundon' is not taken – there is no time zone",
        ),
        (&["--kind", "local", "--yes", "--office-hours", "noon"], "", "--office-hours 'noon' is not taken"),
        (&["--kind", "local", "--yes", "--bank-holidays", "texas"], "", "--bank-holidays 'texas' is not taken"),
        (&["--kind", "local", "--yes", "--out-of-hours", "S9"], "", "write S1 to S5, or none"),
        (&["--kind", "local", "--yes", "--respond", "1h"], "", "write five times"),
        (&["--kind", "local", "--yes", "--respond", "1h,1h,soon,1h,1h"], "", "'1h,1h,soon,1h,1h' is not taken"),
        (&["--kind", "local", "--yes", "--client", "@team"], "", "name the client"),
        (&["--kind", "local", "--yes", "--severity", "High=S2"], "", "has no words for severities"),
        (&["--kind", "redmine", "--severity", "High"], "", "Urgent=S2"),
        (&["--kind", "redmine", "--url", "http://redmine.example.com"], "", "plain http"),
        (&["--kind", "redmine", "--url", "https://jo:pw@redmine.example.com"], "", "a user or a password in this address"),
        (&["--kind", "redmine", "--token-file", "a", "--token-env", "B"], "", "cannot be used with"),
        (&["--yes", "--read-only", "--kind", "local"], "", "leave --read-only out"),
        (&["--yes", "--at", "2026-12-25T02:20Z", "--kind", "local"], "", "leave --at out"),
        (&["--yes", "--demo"], "", "holdover init --kind demo"),
        (&[], "", "the answers ended before 'Where do tickets come from"),
        (&[], "local\n\n\n", "the answers ended before 'Office hours'"),
        (&[], "redmine\n", "the answers ended before 'The address of the server"),
        (&[], "redmine\nhttps://redmine.example.com\n\n", "there is no key"),
        (&[], "nowhere\n", "it is no kind of source"),
    ] {
        let said = answered(&desk, arguments, lines).ended(2);
        assert!(said.err.contains(words), "{arguments:?} {lines:?}: {}", said.err);
        assert_eq!(fs::read_dir(desk.path(".")).unwrap().count(), 0, "{arguments:?}");
    }
}

#[test]
fn a_key_that_is_given_for_a_command_is_said_and_written_nowhere() {
    let desk = desk();
    let key = "d34db33fd34db33fd34db33f";
    let said = answered(&desk, &["--kind", "redmine", "--url", "https://redmine.example.com"], &format!("{key}\n")).ended(2);
    assert!(said.err.contains("is that the key itself? Press Enter first"), "{}", said.err);
    assert!(!said.err.contains(key) && !said.out.contains(key), "{}{}", said.out, said.err);
    assert_eq!(fs::read_dir(desk.path(".")).unwrap().count(), 0);
}

#[test]
fn a_signal_at_the_question_for_a_key_gives_the_echo_back() {
    let desk = desk();
    let holdover = assert_cmd::cargo::cargo_bin("holdover");
    // a shell that does not mend the terminal itself
    let script = format!(
        "trap : INT; '{}' init --kind redmine --url https://redmine.example.com --config its.toml; echo \"ended $?\"; stty -a",
        holdover.display()
    );
    let home = desk.path("").display().to_string();
    let line = format!("cd '{home}'; {script}");
    let environment = [("HOME", home.as_str()), ("PATH", "/usr/bin:/bin")];
    let mut pty = Pty::start(std::path::Path::new("/bin/sh"), &["-c", &line], &environment, (150, 60));
    pty.wait_for("where the key is", |text| text.contains("and kept in a file:"));
    pty.press("\r");
    pty.wait_for("the key", |text| text.contains("The key itself, which is not shown:"));
    pty.press("\u{3}");
    pty.wait_for("how the terminal is", |text| text.contains("ended 130") && text.contains("echok"));
    assert!(!pty.text().contains("-echo ") && pty.text().contains(" echo "), "{}", pty.text());
    assert!(!desk.path("its.toml").exists());
}

#[test]
fn a_file_that_is_not_there_is_no_source_unless_nobody_looks() {
    let desk = desk();
    let said = desk.run(&["init", "--yes", "--kind", "file", "--path", "none.json"]).ended(1);
    assert!(said.err.contains("nothing was written") && said.err.contains("none.json") && said.err.contains("--offline"), "{}", said.err);
    assert!(!desk.path("config.toml").exists());
    desk.run(&["init", "--yes", "--kind", "file", "--path", "none.json", "--offline"]).ended(0);
}

#[test]
fn the_clients_that_a_file_names_are_those_of_the_agreement() {
    let desk = desk();
    let tickets = r#"[{ "key": "1", "client": "Acme \"North\"", "severity": "S3" }, { "key": "2", "client": "a*b" }, { "key": "3", "client": "acme \"north\"" }]"#;
    desk.write("tickets.json", tickets);
    let said = desk.run(&["init", "--yes", "--kind", "file", "--path", "tickets.json"]).ended(0);
    assert!(
        said.out.contains("tickets: signed in as the file; 3 tickets read") && said.out.contains("  clients: Acme \"North\", a*b\n"),
        "{}",
        said.out
    );
    let board = desk.run(&["list", "--json"]).ended(0).json();
    assert!(board["tickets"].as_array().unwrap().iter().all(|ticket| ticket["agreement"] == "all clients"), "{board}");
    // and no wider
    desk.write("tickets.json", r#"[{ "key": "4", "client": "a-b" }]"#);
    assert_eq!(desk.run(&["list", "--json"]).ended(0).json()["tickets"][0]["agreement"], serde_json::Value::Null);
}

#[test]
fn nothing_is_ever_overwritten() {
    let desk = Desk::configured("# mine\n");
    let init = ["init", "--yes", "--kind", "local"];
    let said = desk.run(&init).ended(1);
    assert!(said.err.contains("config.toml is there already") && said.err.contains("--config FILE") && said.out.is_empty(), "{}", said.err);
    assert_eq!(written(&desk), "# mine\n");
    // nor what a link leads to, be it nowhere
    fs::remove_file(desk.path("config.toml")).unwrap();
    symlink(desk.path("elsewhere.toml"), desk.path("config.toml")).unwrap();
    desk.run(&init).ended(1);
    assert!(!desk.path("elsewhere.toml").exists());
    // in a folder that is not there yet
    let said = desk.run(&[&init[..], &["--config", "new/folder/its.toml"]].concat()).ended(0);
    assert!(said.out.contains("    holdover --config 'new/folder/its.toml' new "), "{}", said.out);
    let said = desk.run(&[&init[..], &["--config", "it's.toml"]].concat()).ended(0);
    assert!(said.out.contains(r"    holdover --config 'it'\''s.toml' new "), "{}", said.out);
    assert_eq!(fs::metadata(desk.path("new/folder")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(desk.path("new/folder")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn the_example_is_printed_and_written_nowhere() {
    let desk = Desk::configured("");
    std::fs::remove_file(desk.path("config.toml")).unwrap();
    let said = desk.run(&["init", "--example"]).ended(0);
    assert_eq!(said.out, fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml")).unwrap());
    assert_eq!(fs::read_dir(desk.path("")).unwrap().count(), 0, "{}", said.err);
    desk.run(&["init", "--example", "--yes"]).ended(2);
}
