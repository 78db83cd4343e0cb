//! `holdover doctor` as it is run: what it finds on a desk, and in a real tmux.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::pty::Pty;
use crate::support::{ACME, Desk};

const REDMINE: &str =
    "\n[[source]]\nname = \"helpdesk\"\nkind = \"redmine\"\nurl = \"https://redmine.example.com\"\ntoken_file = \"key\"\n";

/// The line about one thing.
fn line<'a>(lines: &'a Value, what: &str) -> &'a Value {
    lines.as_array().unwrap().iter().find(|line| line["what"] == what).unwrap_or_else(|| panic!("no {what}: {lines}"))
}

fn mend<'a>(lines: &'a Value, what: &str) -> (&'a str, &'a str) {
    let line = line(lines, what);
    assert_eq!(line["ok"], false, "{line}");
    (line["text"].as_str().unwrap(), line["help"].as_str().unwrap())
}

#[test]
fn what_is_wrong_on_a_desk_is_found_and_ends_with_1() {
    let desk = Desk::configured(&format!("{ACME}{REDMINE}"));
    let said = desk.run(&["doctor", "--json"]).ended(1).json();
    assert!(mend(&said, "key of helpdesk").0.contains("cannot be read"));
    desk.write("key", "canary-0123456789");
    fs::set_permissions(desk.path("key"), Permissions::from_mode(0o644)).unwrap();
    let said = desk.run(&["doctor", "--json"]).ended(1).json();
    let (text, help) = mend(&said, "key of helpdesk");
    assert!(text.contains("others can read it (mode 644)") && help.contains("chmod 600") && !said.to_string().contains("canary"), "{said}");
    assert!(mend(&said, "locale").0.contains("LANG is not set"));
    assert_eq!((line(&said, "records")["text"].as_str(), line(&said, "tmux")["ok"].as_bool()), (Some("none yet"), Some(true)));

    fs::set_permissions(desk.path("key"), Permissions::from_mode(0o600)).unwrap();
    let state = desk.path(".local/state/holdover");
    fs::create_dir_all(&state).unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
    fs::write(state.join("records.db"), "no database").unwrap();
    fs::write(state.join("records.db.damaged-20261101T000000Z"), "").unwrap();
    desk.write("config.toml", format!("{ACME}{REDMINE}nonsense = 1\n"));
    let said = desk.run(&["doctor", "--json"]).ended(1).json();
    assert!(mend(&said, "state folder").0.contains("mode 755"));
    assert!(mend(&said, "records").0.contains("cannot be read"));
    assert!(mend(&said, "damaged records").0.contains("damaged-20261101T000000Z lies there"));
    assert_eq!(mend(&said, "configuration").1, "holdover check tells each, with its line");
    assert!(mend(&said, "configuration").0.contains("1 error"), "{said}");
    fs::remove_file(desk.path("config.toml")).unwrap();
    assert_eq!(mend(&desk.run(&["doctor", "--json"]).ended(1).json(), "configuration").1, "holdover init writes a first one");
}

#[test]
fn where_nothing_is_to_be_mended_it_ends_with_0_and_has_changed_nothing() {
    let desk = Desk::configured(&format!("{ACME}\n[[source]]\nname = \"phone\"\nkind = \"local\"\n"));
    // no timedatectl of this computer is asked
    let said = desk.command(&["doctor"]).env("LANG", "C.UTF-8").env("PATH", desk.path("none")).output().unwrap();
    let out = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{out}");
    assert!(out.lines().all(|line| line.starts_with("ok  ")), "{out}");
    assert!(!desk.path(".local").exists());
}

#[test]
fn a_program_that_does_not_answer_is_not_waited_for() {
    let desk = Desk::configured(ACME);
    let bin = desk.path("bin");
    fs::create_dir(&bin).unwrap();
    for (program, script) in [("tmux", "sleep 600"), ("timedatectl", "echo no; yes | head -c 100000000")] {
        fs::write(bin.join(program), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join(program), Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = desk.command(&["doctor", "--json"]);
    let said = command.env("TMUX", "/nowhere,1,0").env("PATH", path).timeout(std::time::Duration::from_secs(60)).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert!(mend(&said, "tmux").0.contains("no tmux that answers"), "{said}");
}

/// A tmux server of the test's own, which ends with it.
struct Tmux(String);

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.0, "kill-server"]).output();
    }
}

#[test]
fn in_a_real_tmux_its_options_are_judged() {
    if Command::new("tmux").arg("-V").output().is_err() {
        println!("\n!!!! SKIPPED: there is no tmux here (apt-get install tmux); what doctor says in one was not tried !!!!\n");
        return;
    }
    let desk = Desk::configured(ACME);
    let conf = "set -s escape-time 700\nsetw -g monitor-activity on\nset -g bell-action none\nset -g default-terminal \"screen\"\n\
        set -g status-right '#(holdover status --tmux) %H:%M'\n";
    let conf = desk.write("tmux.conf", conf);
    let name = format!("holdover-{}", std::process::id());
    let server = Tmux(name.clone());
    let doctor = format!(
        "{} doctor --json --config {} > {}; printf 'done: %s\\n' $?; sleep 600",
        Path::new(&assert_cmd::cargo::cargo_bin("holdover")).display(),
        desk.path("config.toml").display(),
        desk.path("said.json").display()
    );
    let arguments = ["-L", &name, "-f", conf.to_str().unwrap(), "new-session", "-x", "100", "-y", "30", &doctor];
    let path = std::env::var("PATH").unwrap();
    let home = desk.path(".");
    let environment = [("PATH", path.as_str()), ("HOME", home.to_str().unwrap())];
    let mut pty = Pty::start(Path::new("tmux"), &arguments, &environment, (100, 30));
    pty.wait_for("end of doctor", |text| text.contains("done: 1"));
    drop(server);
    let said: Value = serde_json::from_str(&fs::read_to_string(desk.path("said.json")).unwrap()).unwrap();
    let mended: Vec<&str> = said.as_array().unwrap().iter().filter(|l| l["ok"] == false).map(|l| l["what"].as_str().unwrap()).collect();
    let wanted = ["tmux escape-time", "tmux bell-action", "tmux monitor-activity", "tmux default-terminal"];
    assert!(wanted.iter().all(|what| mended.contains(what)), "{said}");
    assert!(!mended.contains(&"tmux monitor-bell") && !mended.contains(&"terminal") && !mended.contains(&"tmux"), "{said}");
    assert!(line(&said, "tmux escape-time")["text"].as_str().unwrap().starts_with("700: "), "{said}");
    assert_eq!(line(&said, "tmux status line")["text"], "shows the counts");
    assert!(line(&said, "tmux")["text"].as_str().unwrap().starts_with("version "), "{said}");
}
