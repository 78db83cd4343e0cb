//! Hooks as real children: one that hangs, fails, prints much or what a terminal would obey, reads nothing, or leaves
//! others behind.

use std::time::Duration;

use holdover::commands::{HookCall, Ran};
use holdover::domain::SafeText;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};
use tokio::time::Instant;

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

fn call(script: &str, stdin: &str, timeout: Duration) -> HookCall {
    HookCall {
        hook: SafeText::line("page"),
        command: ["sh", "-c", script].map(str::to_owned).into(),
        environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("HOLDOVER_KEY".to_owned(), "D-1".to_owned())],
        stdin: stdin.to_owned(),
        timeout,
    }
}

async fn run(script: &str, stdin: &str) -> Ran {
    tokio::time::timeout(GUARD * 2, call(script, stdin, GUARD).run()).await.expect("it ends")
}

#[tokio::test]
async fn it_is_told_on_stdin_and_in_its_environment_and_has_no_terminal() {
    let ran = run("read line; echo \"$line of $HOLDOVER_KEY\"", "{\"change\":\"blind\"}\n").await;
    assert_eq!(ran, Ran { how: Ok(()), said: Some(SafeText::line("{\"change\":\"blind\"} of D-1")) });
    let cat = async |file: &str| {
        let command = ["cat", file].map(str::to_owned).into();
        HookCall { command, ..call("", "x", GUARD) }.run().await.said.unwrap().to_string()
    };
    // that, and nothing of the environment of this process
    let environment = cat("/proc/self/environ").await;
    let mut environment: Vec<&str> = environment.split("^@").filter(|variable| !variable.is_empty()).collect();
    environment.sort_unstable();
    assert_eq!(environment, ["HOLDOVER_KEY=D-1", "PATH=/usr/bin:/bin"]);
    // it leads a session of its own, and that has no terminal
    let stat = cat("/proc/self/stat").await;
    let stat: Vec<&str> = stat.split(' ').collect();
    let (pid, session, terminal) = (stat[0], stat[5], stat[6]);
    assert_eq!((session, terminal), (pid, "0"), "{stat:?}");
}

#[tokio::test]
async fn one_that_fails_says_why() {
    let ran = run("echo; echo 'no such topic' >&2; exit 3", "x").await;
    assert_eq!(ran, Ran { how: Err("it ended with code 3".to_owned()), said: Some(SafeText::line("no such topic")) });
    let killed = run("kill -9 $$", "x").await;
    assert_eq!(killed.how, Err("it was killed by a signal".to_owned()));
    let mut none = call("", "x", GUARD);
    none.command = vec!["/nowhere/page".to_owned()];
    let why = none.run().await.how.unwrap_err();
    assert!(why.starts_with("it cannot be started: "), "{why}");
}

#[tokio::test]
async fn one_that_prints_a_hundred_megabytes_ends() {
    let ran = run("echo first; head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2; exit 4", "x").await;
    assert_eq!((ran.how, ran.said), (Err("it ended with code 4".to_owned()), Some(SafeText::line("first"))));
}

#[tokio::test]
async fn what_a_terminal_would_obey_is_shown_and_not_sent() {
    let ran = run(r"printf '\033]0;you\007\033[2J\302\233m\n'", "x").await;
    let said = ran.said.unwrap();
    assert!(!said.as_str().chars().any(char::is_control), "{said:?}");
    assert!(said.as_str().contains("^["), "{said}");
}

#[tokio::test]
async fn one_that_reads_nothing_of_much_is_not_waited_for() {
    let much = "x".repeat(10_000_000);
    let ran = run("exec <&-; echo done", &much).await;
    assert_eq!(ran, Ran { how: Ok(()), said: Some(SafeText::line("done")) });
    // nor is one that reads it all kept from doing so
    let read = run("wc -c", &much).await;
    assert_eq!(read.said.unwrap().as_str(), "10000000");
}

#[tokio::test]
async fn one_that_hangs_is_killed_with_all_it_started() {
    let folder = tempfile::TempDir::new().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("sleep 600 & echo $! > '{0}'; echo $$ >> '{0}'; trap '' TERM HUP INT; wait; sleep 600", pids.display());
    let began = Instant::now();
    // time enough to write them
    let ran = call(&script, "x", Duration::from_secs(3)).run().await;
    assert_eq!(ran.how, Err("it did not end within 3 s, as if it waited for somebody".to_owned()));
    assert!(began.elapsed() < GUARD);
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        gone(pid).await;
    }
}

/// Waits until a process is no more, or only waits for somebody to ask how it ended.
async fn gone(pid: &str) {
    let number = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else { return };
    let guard = Timespec { tv_sec: 60, tv_nsec: 0 };
    let ended = move || poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&guard)).unwrap();
    assert_eq!(tokio::task::spawn_blocking(ended).await.unwrap(), 1, "process {pid} lives on");
}

#[tokio::test]
async fn what_it_leaves_behind_keeps_nobody_waiting() {
    let folder = tempfile::TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let began = Instant::now();
    // in the session of the hook: it is killed
    let ran = run(&format!("echo told; sleep 600 & echo $! > '{}'", pid.display()), "x").await;
    assert_eq!(ran, Ran { how: Ok(()), said: Some(SafeText::line("told")) });
    gone(std::fs::read_to_string(&pid).unwrap().trim()).await;
    // in a session of its own, with the pipe open: it is left alone
    std::fs::remove_file(&pid).unwrap();
    let leaves = "setsid sh -c 'echo $$ > \"$0\"; exec sleep 600'";
    let ran = run(&format!("echo told; {leaves} '{0}' & until test -s '{0}'; do sleep 0.01; done", pid.display()), "x").await;
    assert_eq!(ran.how, Ok(()));
    assert_eq!(ran.said.unwrap().as_str(), "told");
    assert!(began.elapsed() < GUARD, "{:?}", began.elapsed());
    let left: i32 = std::fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    kill(Pid::from_raw(left), Signal::SIGKILL).expect("it lives still");
}
