//! Keys that cannot be used: each is told with what to do, and none is shown.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use holdover::domain::FaultKind;
use holdover::sources::{self, SourceSettings, TicketSource};
use tempfile::TempDir;

use super::fake_redmine::{ALICE, FakeRedmine};
use super::{clock, settings};

/// A source whose key is where the line says.
fn source(url: &str, line: &str, environment: &[(String, String)]) -> Arc<dyn TicketSource> {
    sources::build(&at(url, line), clock(), environment).unwrap()
}

fn at(url: &str, line: &str) -> SourceSettings {
    settings(&format!("kind = \"redmine\"\nurl = \"{url}\"\n{line}\n"))
}

fn refused(line: &str, environment: &[(String, String)]) -> String {
    let ready = sources::ready(&at("https://redmine.example.com", line), clock(), environment);
    let fault = ready.expect_err("this key cannot be used");
    assert_eq!(fault.kind, FaultKind::NotSignedIn);
    assert_eq!(fault.text.as_str().matches(" – ").count(), 2, "what – why – what to do: {}", fault.text);
    assert!(!fault.text.as_str().contains("canary"), "the key is told: {}", fault.text);
    fault.text.to_string()
}

fn in_file(path: &Path, text: &[u8], mode: u32) -> String {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    format!("token_file = \"{}\"", path.display())
}

#[test]
fn a_key_that_is_longer_than_any_is_not_cut() {
    let folder = TempDir::new().unwrap();
    let line = in_file(&folder.path().join("key"), "k".repeat(4097).as_bytes(), 0o600);
    assert!(refused(&line, &[]).contains("longer than any key"));
}

#[test]
fn a_variable_must_be_there_and_hold_a_key() {
    let variable = |value: &str| [("OTHER".to_owned(), "canary".to_owned()), ("REDMINE_KEY".to_owned(), value.to_owned())];
    let line = "token_env = \"REDMINE_KEY\"";
    assert!(refused(line, &variable("canary")[..1]).contains("the environment has no REDMINE_KEY"));
    assert!(refused(line, &variable("  \n")).contains("the key is empty"));
    assert!(refused(line, &variable("canary\r\nX-Redmine-Switch-User: admin")).contains("cannot be sent"));
}

#[test]
fn a_file_must_be_there_and_nobody_elses_to_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    let line = in_file(&path, b"canary\n", 0o644);
    assert!(refused(&line, &[]).contains("others can read it (mode 644) – make it your own, chmod 600"));
    assert!(refused(&in_file(&path, b"canary\n", 0o640), &[]).contains("mode 640"));
    assert!(refused(&in_file(&path, b"", 0o600), &[]).contains("the key is empty"));
    assert!(refused(&in_file(&path, b"canary\x01\n", 0o600), &[]).contains("cannot be sent"));
    fs::write(&path, b"\xff\xfe").unwrap();
    assert!(refused(&line, &[]).contains("cannot be read"));
    fs::remove_file(&path).unwrap();
    assert!(refused(&line, &[]).contains("key cannot be read"));
    // a pipe would wait for its writer for ever
    assert!(std::process::Command::new("mkfifo").arg("-m600").arg(&path).status().unwrap().success());
    assert!(refused(&line, &[]).contains("it is no file"));
    assert!(refused(&format!("token_file = \"{}\"", folder.path().display()), &[]).contains("it is no file"));
}

#[tokio::test]
async fn the_first_line_of_a_file_is_the_key() {
    let redmine = FakeRedmine::start().await;
    let folder = TempDir::new().unwrap();
    let line = in_file(&folder.path().join("key"), format!("  {ALICE}\r\nand what else somebody wrote\n").as_bytes(), 0o400);
    let source = source(&redmine.url(), &line, &[]);
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "Alice Ops");
}
