//! Keys that a command tells: its first line, no shell, no terminal, ten seconds; asked again when a key is not taken.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdover::domain::{Fault, FaultKind};
use holdover::sources::{self, SourceSettings, TicketSource};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use super::fake_redmine::{ALICE, BOB, FakeRedmine, WRONG};
use super::{clock, fault, settings};

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// A source whose key `sh` tells, and the script finds as `$1` a folder of its own.
struct Scripted {
    folder: TempDir,
    settings: SourceSettings,
}

impl Scripted {
    fn new(url: &str, script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let words = ["sh", "-c", script, "sh", folder.path().to_str().unwrap()].map(|word| format!("{word:?}"));
        let settings = settings(&format!("kind = \"redmine\"\nurl = \"{url}\"\ntoken_command = [{}]\n", words.join(", ")));
        Self { folder, settings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Arc<dyn TicketSource> {
        let environment = [("PATH", std::env::var("PATH").unwrap()), ("GPG_TTY", "/dev/tty".into()), ("MINE", "yes".into())];
        sources::build(&self.settings, clock(), &environment.map(|(name, text)| (name.to_owned(), text))).unwrap()
    }

    /// Why there is no key.
    async fn refused(&self) -> Fault {
        let fault = fault(&*self.open(), "canary").await;
        assert_eq!(fault.kind, FaultKind::NotSignedIn, "{fault:?}");
        assert!(fault.text.as_str().contains("token_command 'sh' told no key"), "{fault:?}");
        fault
    }

    /// How often it was run: it writes a letter each time.
    fn runs(&self) -> usize {
        fs::read_to_string(self.path("runs")).unwrap_or_default().len()
    }
}

#[tokio::test]
async fn the_first_line_that_a_command_prints_is_the_key_and_it_is_run_once() {
    let redmine = FakeRedmine::start().await;
    // the rest is more than a pipe holds
    let script = format!("printf x >>$1/runs; echo ' {ALICE}'; echo of alice; head -c 200000 /dev/zero; echo >&2 noise");
    let scripted = Scripted::new(&redmine.url(), &script);
    let source = scripted.open();
    assert_eq!(scripted.runs(), 0, "not before it is asked");
    let (one, other) = tokio::join!(source.list_open(), source.whoami());
    assert_eq!((one.unwrap().tickets.len(), other.unwrap().name.as_str()), (5, "Alice Ops"));
    source.list_open().await.unwrap();
    assert_eq!(scripted.runs(), 1);
}

#[tokio::test]
async fn a_command_has_no_terminal_no_input_and_our_environment() {
    let redmine = FakeRedmine::start().await;
    let script = format!(
        "{{ env; (: </dev/tty) 2>&1 && echo a terminal; read line || echo no input; cut -d' ' -f6 /proc/$$/stat; echo $$; }} >$1/seen; echo {ALICE}"
    );
    let scripted = Scripted::new(&redmine.url(), &script);
    scripted.open().whoami().await.unwrap();
    let seen = fs::read_to_string(scripted.path("seen")).unwrap();
    let lines: Vec<&str> = seen.lines().map(str::trim).collect();
    assert!(lines.contains(&"MINE=yes") && lines.contains(&"no input"), "{seen}");
    assert!(!seen.contains("GPG_TTY") && !seen.contains("CARGO") && !lines.contains(&"a terminal"), "{seen}");
    assert_eq!(lines[lines.len() - 2], lines[lines.len() - 1], "it leads a session of its own");
}

#[tokio::test]
async fn a_command_that_tells_no_key_is_named_and_nothing_it_says_is_repeated() {
    for (script, why) in [
        ("echo canary; echo >&2 canary; exit 3", "it ended with code 3"),
        ("echo canary; kill -9 $$", "it was killed by a signal"),
        ("head -c 5000 /dev/zero | tr '\\000' c", "its first line is longer than any"),
        ("printf 'canary\\377\\n'", "what it prints is no text"),
    ] {
        let fault = Scripted::new("https://redmine.example.com", script).refused().await;
        assert!(fault.text.as_str().contains(why), "{script}: {fault:?}");
    }
    for (script, why) in
        [("true", "the key is empty"), ("echo; echo canary", "the key is empty"), ("printf 'canary\\001\\n'", "cannot be sent")]
    {
        let source = Scripted::new("https://redmine.example.com", script);
        let fault = fault(&*source.open(), "canary").await;
        assert!(fault.text.as_str().contains(why), "{script}: {fault:?}");
    }
    let nothing =
        settings("kind = \"redmine\"\nurl = \"https://redmine.example.com\"\ntoken_command = [\"no-such-program\", \"canary\"]\n");
    let fault = fault(&*sources::build(&nothing, clock(), &[]).unwrap(), "canary").await;
    assert!(fault.text.as_str().contains("token_command 'no-such-program' told no key – it cannot be started"), "{fault:?}");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_is_given_up_after_ten_seconds() {
    let scripted = Scripted::new("https://redmine.example.com", "exec sleep 600");
    let start = Instant::now();
    let fault = scripted.refused().await;
    assert!(fault.text.as_str().contains("it did not end within 10 s"), "{fault:?}");
    let took = start.elapsed().as_secs_f64();
    assert!((10.0..10.1).contains(&took), "{took}");
}

/// Makes a pipe and reads what is written into it: a line at once, and then its end, when nobody has it open any more.
pub fn listen(path: PathBuf) -> (std::sync::mpsc::Receiver<String>, std::thread::JoinHandle<()>) {
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (sender, said) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut pipe = BufReader::new(File::open(path).unwrap());
        let mut line = String::new();
        pipe.read_line(&mut line).unwrap();
        sender.send(line).unwrap();
        pipe.read_to_end(&mut Vec::new()).unwrap();
        sender.send("the end".to_owned()).unwrap();
    });
    (said, reader)
}

#[tokio::test]
async fn a_command_ends_with_all_it_started_when_nobody_waits_for_it_any_more() {
    let scripted = Scripted::new("https://redmine.example.com", "exec 3>$1/pipe; sleep 600 & echo here >&3; wait");
    let (said, reader) = listen(scripted.path("pipe"));
    let source = scripted.open();
    let asking = tokio::spawn(async move { source.list_open().await });
    let said = tokio::task::spawn_blocking(move || {
        assert_eq!(said.recv_timeout(GUARD).unwrap(), "here\n");
        said
    });
    let said = said.await.unwrap();
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    assert_eq!(said.recv_timeout(GUARD).unwrap(), "the end");
    reader.join().unwrap();
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_keep_us() {
    let redmine = FakeRedmine::start().await;
    let scripted = Scripted::new(&redmine.url(), &format!("sleep 600 & echo {ALICE}"));
    timeout(GUARD, scripted.open().whoami()).await.expect("sooner than it ends").unwrap();
}

#[tokio::test]
async fn a_key_that_is_not_taken_is_asked_for_again_and_used_where_it_is_another() {
    let redmine = FakeRedmine::start().await;
    let scripted = Scripted::new(&redmine.url(), "printf x >>$1/runs; cat $1/key");
    fs::write(scripted.path("key"), WRONG).unwrap();
    let source = scripted.open();
    assert_eq!(fault(&*source, WRONG).await.kind, FaultKind::NotSignedIn);
    assert_eq!((scripted.runs(), redmine.state().requests.len()), (2, 1), "the same key is not sent twice");
    fs::write(scripted.path("key"), ALICE).unwrap();
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "Alice Ops");
    assert_eq!(
        (scripted.runs(), redmine.state().requests.len()),
        (3, 6),
        "who we are twice, what our role may do, which priorities and statuses there are"
    );
    // a key that is taken is kept
    fs::write(scripted.path("key"), BOB).unwrap();
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "Alice Ops");
    // and where there is none any more, what the server said of the last one is told
    redmine.state().people.retain(|person| person.key != ALICE);
    fs::remove_file(scripted.path("key")).unwrap();
    assert!(fault(&*source, ALICE).await.text.as_str().contains("the server does not know the key (401)"));
}

#[tokio::test]
async fn requests_that_are_refused_together_ask_for_the_key_once() {
    let redmine = FakeRedmine::start().await;
    let script = format!("[ -s $1/runs ] && echo {ALICE} || echo {WRONG}; printf x >>$1/runs");
    let scripted = Scripted::new(&redmine.url(), &script);
    let source = scripted.open();
    let (one, other) = tokio::join!(source.whoami(), source.whoami());
    assert_eq!((one.unwrap().name.as_str(), other.unwrap().name.as_str()), ("Alice Ops", "Alice Ops"));
    assert_eq!(
        (scripted.runs(), redmine.state().requests.len()),
        (2, 10),
        "each asks twice who we are, and once about our role, priorities and statuses"
    );
}

#[tokio::test]
async fn a_file_that_comes_later_or_changes_is_read() {
    let redmine = FakeRedmine::start().await;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    let settings = settings(&format!("kind = \"redmine\"\nurl = \"{}\"\ntoken_file = \"{}\"\n", redmine.url(), path.display()));
    let source = sources::build(&settings, clock(), &[]).unwrap();
    assert!(fault(&*source, ALICE).await.text.as_str().contains("cannot be read"));
    for (key, name) in [(ALICE, "Alice Ops"), (BOB, "Bob Ops")] {
        redmine.state().people.retain(|person| person.key == key || key == ALICE);
        fs::write(&path, key).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(source.whoami().await.unwrap().name.as_str(), name);
    }
}
