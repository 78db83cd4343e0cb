//! Whatever a file holds, it is judged: no text and no file makes the reader fail, and every mistake is told at once.

use std::fs;

use holdover::config::{self, Level};
use proptest::prelude::*;

use super::{home, lines, right, wrong};

#[test]
fn a_file_that_cannot_be_read_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let unreadable = || {
        let problems = config::load(&path, &home()).expect_err("it cannot be read");
        assert_eq!((problems.len(), problems[0].unreadable, problems[0].line), (1, true, 0));
        problems[0].what.clone()
    };
    assert!(unreadable().contains("No such file"));
    fs::write(&path, b"theme = \"base\"\nnote = \"caf\xe9\"\n").expect("a file");
    assert!(unreadable().contains("line 2 is not UTF-8"));
    fs::write(&path, "#".repeat(5 << 20)).expect("a file");
    assert!(unreadable().contains("longer than 4 MiB"));
    let problems = config::load(folder.path(), &home()).expect_err("a folder");
    assert!(problems[0].unreadable);
}

#[test]
fn an_included_file_has_its_own_lines_and_only_agreements() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write("config.toml", "include = [\"*.toml\"]\npoll_every = \"x\"\n");
    write("more.toml", "\n[[source]]\nname = \"x\"\n\n[[agreement]]\nnamee = \"x\"\n");
    let problems = config::load(&folder.path().join("config.toml"), &home()).expect_err("two files with mistakes");
    let errors: Vec<_> = problems.iter().filter(|p| p.level == Level::Error).collect();
    assert!(errors[0].file.ends_with("config.toml") && errors[0].path == "poll_every");
    assert!(errors[1..].iter().all(|p| p.file.ends_with("more.toml")), "{}", lines(&problems));
    assert!(errors.iter().any(|p| p.line == 2 && p.path == "source" && p.what == "an included file has no key 'source'"));
    assert!(errors.iter().any(|p| p.line == 6 && p.path == "agreement[0].namee"));
}

#[test]
fn included_files_are_found_by_path_and_pattern() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path().join("[odd] {name}");
    fs::create_dir_all(base.join("more/deep")).expect("a folder");
    let write = |name: &str, text: &str| fs::write(base.join(name), text).expect("a file");
    let agreement = |name: &str| {
        format!(
            "[[agreement]]\nname = \"{name}\"\nclients = [\"{name}\"]\ntimezone = \"UTC\"\noffice_hours = {{}}\nresponse = {{ S1 = {{ any = \"1h\" }} }}\n"
        )
    };
    for name in ["b", "a", "more/d", "more/deep/c"] {
        write(&format!("{name}.toml"), &agreement(name));
    }
    let names = |include: &str| {
        write("config.toml", &format!("include = {include}\n"));
        let env = vec![("HOME".to_owned(), base.display().to_string())];
        let settings = config::load(&base.join("config.toml"), &env).unwrap_or_else(|problems| panic!("{}", lines(&problems)));
        settings.agreements.all().iter().map(|a| a.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("[\"*.toml\"]"), ["a", "b"], "by path, and never the file itself");
    assert_eq!(names("[\"b.toml\", \"*.toml\"]"), ["b", "a"], "in the order written, each once");
    assert_eq!(names("[\"more/*.toml\"]"), ["more/d"]);
    assert_eq!(names("[\"**/*.toml\"]"), ["a", "b", "more/d", "more/deep/c"]);
    assert_eq!(names("[\"~/more/**/[c-d].toml\"]"), ["more/d", "more/deep/c"]);
    assert_eq!(names(&format!("[{:?}]", base.join("a.toml"))), ["a"], "a file that is there is no pattern");
}

#[test]
fn no_secret_is_repeated() {
    let source = |more: &str| format!("[[source]]\nname = \"x\"\nkind = \"redmine\"\n{more}\n");
    for more in [
        "url = \"https://me:hunter2@example.com\"",
        "url = \"http://example.com/?key=hunter2\"",
        "url = \"hunter2\"",
        "url = [\"hunter2\"]",
        "token = \"hunter2\"",
        "password = \"hunter2\"",
        "api_key = \"hunter2\"",
        "token_env = \"hunter2 hunter2\"",
        "token_env = [\"hunter2\"]",
        "token_file = { x = \"hunter2\" }",
        "token_env = \"hunter2",
        "token_env = hunter2",
        "token = hunter2",
        "token = [\"hunter2\"]",
        "token = 'hunter2",
        "token_command = \"echo hunter2\"",
        "token_command = [\"echo\", { x = \"hunter2\" }]",
        "token_command = [\"echo\", hunter2]",
    ] {
        let said = lines(&wrong(&source(more)));
        assert!(!said.contains("hunter2"), "{more}: {said}");
    }
    let key = "0123456789abcdef0123456789abcdef01234567".replace('0', "a");
    let said = lines(&wrong(&source(&format!("token_env = \"{key}\""))));
    assert!(said.contains("this is not the name of an environment variable") && !said.contains(&key), "{said}");
}

#[test]
fn other_systems_text_is_read() {
    let text = "theme = \"mono\"\r\n[[source]]\r\nname = \"demo\"\r\nkind = \"demo\"\r\n";
    assert_eq!(right(text).theme, "mono");
    assert_eq!(right(&format!("\u{feff}{text}")).theme, "mono");
    assert_eq!(wrong("\r\n\r\nthem = 1\r\n").iter().find(|p| p.level == Level::Error).map(|p| p.line), Some(3));
}

#[test]
fn deep_and_wide_texts_are_judged() {
    for text in [
        "[".repeat(100_000),
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}", "{ a = ".repeat(50_000)),
        format!("x{} = 1", ".a".repeat(100_000)),
        "[[agreement]]\n".repeat(5_000),
        format!("[[agreement]]\nclients = [{}]\n", "\"*a*b*c*\", ".repeat(2_000)),
        format!("[[agreement]]\nclients = [\"{}\"]\n", "{a,".repeat(10_000)),
        format!("theme = \"\"\"{}", "x\n".repeat(50_000)),
    ] {
        let problems = wrong(&text);
        assert!(problems.iter().any(|p| p.level == Level::Error), "{}", &text[..40]);
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "[a-z0-9\\[\\]{}=.,\"'#\\\\\\n \u{e9}-]{0,200}") {
        let _ = config::parse(&text, "config.toml", &[]);
    }

    #[test]
    fn no_value_is_too_strange(key in prop::sample::select(vec![
        "clients", "valid_from", "timezone", "office_hours", "weekend", "bank_holidays", "special_hours", "windows", "at_risk",
        "severity_names", "chargeable", "response", "resolve", "like", "support_level", "note", "hold_over_to",
    ]), value in "[a-z0-9\\[\\]{}=.,\"':\u{e9} -]{0,60}") {
        let _ = config::parse(&format!("[[agreement]]\nname = \"x\"\n{key} = {value}\n"), "config.toml", &[]);
    }
}
