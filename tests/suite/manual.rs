//! `keys`, `completions`, `man` and `--version`: they need no configuration, and the programs they are for understand them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use holdover::commands::Cli;
use holdover::tui::Keymap;

use crate::support::Desk;

/// A desk whose configuration is broken: none of these needs one.
fn desk() -> Desk {
    Desk::configured("this is no configuration")
}

/// Runs a program of the machine on a text; nothing, and that loudly, where it is not there.
fn machine(program: &str, arguments: &[&str], input: &str) -> Option<(String, String, bool)> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "100");
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| eprintln!("SKIPPED: {program} cannot be run here: {error}")).ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // a program may well write before it has read everything
    let writer = std::thread::spawn(move || _ = stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some((text(output.stdout), text(output.stderr), output.status.success()))
}

#[test]
fn bash_completes_verbs_flags_and_values() {
    let script = desk().run(&["completions", "bash"]).ended(0).out;
    let complete = |words: &str| {
        let count = words.split(' ').count() - 1;
        let run = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={count}; _holdover holdover \"${{COMP_WORDS[{count}]}}\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            count - 1
        );
        machine("bash", &["--norc", "-s"], &run)
    };
    let Some((verbs, said, _)) = complete("holdover wi") else { return };
    assert_eq!((verbs.trim(), said.as_str()), ("windows", ""));
    assert_eq!(complete("holdover windows --fr").unwrap().0.trim(), "--from");
    assert_eq!(complete("holdover completions z").unwrap().0.trim(), "zsh");
    assert_eq!(complete("holdover --theme mon").unwrap().0.trim(), "mono");
}

#[test]
fn zsh_and_fish_understand_their_completions() {
    let desk = desk();
    for (shell, check) in [("zsh", ["-n"].as_slice()), ("fish", &["--no-execute"])] {
        let script = desk.run(&["completions", shell]).ended(0).out;
        for verb in Cli::command().get_subcommands() {
            assert!(script.contains(verb.get_name()), "{shell}: {}", verb.get_name());
        }
        if let Some((_, said, done)) = machine(shell, check, &script) {
            assert!(done && said.is_empty(), "{shell}: {said}");
        }
    }
    desk.run(&["completions", "tcsh"]).ended(2);
}

#[test]
fn the_manual_says_every_verb_flag_and_key_and_is_well_formed() {
    let desk = desk();
    let page = desk.run(&["man"]).ended(0).out;
    if let Some((text, said, done)) = machine("groff", &["-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=200n"], &page) {
        assert!(done && said.is_empty(), "{said}");
        for heading in ["NAME", "SYNOPSIS", "KEYS", "MARKS", "EXIT STATUS", "FILES", "ENVIRONMENT"] {
            assert!(text.lines().any(|line| line == heading), "{heading}\n{text}");
        }
        let keymap = Keymap::default();
        for (binding, _) in keymap.bindings() {
            assert!(text.contains(binding.help.split_whitespace().next().unwrap()), "{}", binding.help);
            let labels = keymap.labels(binding);
            assert!(text.lines().any(|line| line.trim_start().starts_with(&labels)), "{labels}\n{text}");
            assert!(text.contains(&format!("[keys] of the configuration: {}\n", binding.name())), "{}\n{text}", binding.name());
        }
        for verb in Cli::command().get_subcommands() {
            assert!(text.contains(&format!("holdover-{}(1)", verb.get_name())), "{}\n{text}", verb.get_name());
        }
        assert!(text.contains("HOLDOVER__THEME") && text.contains("config.toml"), "{text}");
    }
    for (program, arguments) in [("mandoc", ["-Tlint", "-Werror"]), ("man", ["-l", "-"])] {
        if let Some((_, said, done)) = machine(program, &arguments, &page) {
            assert!(done && said.is_empty(), "{program}: {said}");
        }
    }
}

#[test]
fn with_a_folder_each_verb_has_a_page() {
    let desk = desk();
    assert!(desk.run(&["man", "--dir", "."]).ended(0).out.is_empty());
    let mut pages = vec![("holdover".to_owned(), "holdover.1".to_owned())];
    pages.extend(Cli::command().get_subcommands().map(|verb| (verb.get_name().to_owned(), format!("holdover-{}.1", verb.get_name()))));
    for (verb, page) in pages {
        let text = fs::read_to_string(desk.path(&page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(&format!(".TH {}", page.trim_end_matches(".1"))) && text.contains(&verb), "{text}");
    }
    desk.run(&["man", "--dir", "new/man1"]).ended(0);
    assert!(desk.path("new/man1/holdover-list.1").is_file());
    // what a link leads to is not the page that was
    desk.write("mine", "precious");
    fs::remove_file(desk.path("holdover.1")).unwrap();
    std::os::unix::fs::symlink(desk.path("mine"), desk.path("holdover.1")).unwrap();
    desk.run(&["man", "--dir", "."]).ended(0);
    assert_eq!(fs::read_to_string(desk.path("mine")).unwrap(), "precious");
    let page = fs::symlink_metadata(desk.path("holdover.1")).unwrap();
    assert!(page.is_file() && page.permissions().mode() & 0o777 == 0o644, "{page:?}");
    desk.write("taken", "");
    let said = desk.run(&["man", "--dir", "taken"]).ended(1);
    assert!(said.err.starts_with("taken cannot be written – ") && said.err.ends_with(" – name a folder that is yours\n"), "{}", said.err);
}

#[test]
fn keys_are_printed_as_the_keymap_has_them() {
    let keymap = Keymap::default();
    let said = desk().run(&["keys"]).ended(0);
    assert_eq!(said.err, "these are the keys without a configuration – yours cannot be used – see holdover check\n");
    for (binding, _) in keymap.bindings() {
        let is_its = |line: &str| line.starts_with(&keymap.labels(binding)) && line.ends_with(&keymap.help(binding));
        assert!(said.out.lines().any(is_its), "{}", said.out);
    }
    assert!(said.out.contains("‖") && said.out.lines().all(|line| line == line.trim_end()));
    // and as the configuration has them
    let own = Desk::configured("[keys]\nacknowledge = [\"x\", \"f5\"]\nundo = []\n").run(&["keys"]).ended(0);
    assert!(own.out.starts_with("x F5 ") && own.out.contains("\n: undo  "), "{}", own.out);
    assert!(own.out.contains("x acknowledges all that are marked") && own.err.is_empty(), "{}{}", own.out, own.err);
    // who has none misses nothing
    let desk = Desk::configured("");
    std::fs::remove_file(desk.path("config.toml")).unwrap();
    assert_eq!(desk.run(&["keys"]).ended(0).err, "");
}

#[test]
fn the_version_is_short_or_with_the_facts_of_the_build() {
    let desk = desk();
    let short = format!("holdover {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(desk.run(&["-V"]).ended(0).out, short);
    let long = desk.run(&["--version"]).ended(0).out;
    assert!(long.starts_with(&short), "{long}");
    let facts = ["build: ", std::env::consts::ARCH, "TLS: rustls", "SQLite: 3.", "records of schema ", "bank holidays: compared"];
    assert!(facts.iter().all(|fact| long.contains(fact)), "{long}");
}
