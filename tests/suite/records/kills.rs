//! Killed at any step, an acknowledgement is neither lost nor sent twice without asking: by the server's own count. The
//! server speaks for itself and shares nothing with the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use strum::IntoEnumIterator;

use crate::pty::Pty;
use crate::support::{ACME, Desk, Said};

const KEY: &str = "0123456789abcdef0123456789abcdef01234567";
const ACK: [&str; 2] = ["ack", "desk/1"];
/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// When the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
enum Step {
    /// It is written down, and the server is only asked how the ticket stands.
    Written,
    /// The server has heard of it, and does nothing.
    Sending,
    /// The server has done it, and says nothing.
    NotAnswered,
    /// The server has said all that it was asked.
    NotRecorded,
}

/// How the server takes the first change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
enum Manner {
    Well,
    /// 500, and nothing is done.
    Fails,
    /// 500, although it is done.
    FailsAfter,
    /// The connection ends, and nothing is done.
    Closes,
    /// The connection ends, although it is done.
    ClosesAfter,
    /// It is done, but the answer comes when nobody waits for it any more.
    TooLate,
}

#[derive(Default)]
struct Desk1 {
    /// Every request about the ticket.
    asked: Vec<&'static str>,
    /// How often it was changed: each leaves a note, of which the texts.
    notes: Vec<String>,
    taken: bool,
    changes: usize,
    /// How often the list was asked for.
    lists: usize,
    kill: Option<Step>,
    manner: Option<Manner>,
    victim: Option<Pid>,
}

struct Server {
    address: SocketAddr,
    state: Arc<(Mutex<Desk1>, Condvar)>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<(Mutex<Desk1>, Condvar)>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // a client that was killed is no concern of the others
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, state }
    }

    fn desk(&self) -> std::sync::MutexGuard<'_, Desk1> {
        self.state.0.lock().unwrap()
    }

    /// How often it was asked for its list, asked for a change, and changed.
    fn count(&self) -> (usize, usize, usize) {
        let desk = self.desk();
        (desk.lists, desk.changes, desk.notes.len())
    }

    /// Runs a verb with a plan for its end, and says how it ended.
    fn run(&self, desk: &Desk, verb: &[&str], step: Option<Step>, manner: Manner) -> Said {
        let mut plan = self.desk();
        (plan.kill, plan.manner, plan.victim) = (step, Some(manner), None);
        drop(plan);
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("holdover"));
        command.env_clear().env("HOME", desk.path("")).env("HOLDOVER_CONFIG", desk.path("config.toml")).env("KEY", KEY).env("USER", "jo");
        command.args(verb).arg("--json").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        self.desk().victim = Some(Pid::from_raw(i32::try_from(child.id()).unwrap()));
        self.state.1.notify_all();
        child.wait_with_output().unwrap().into()
    }
}

fn serve(mut stream: &TcpStream, state: &(Mutex<Desk1>, Condvar)) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (method, path) = (first.split(' ').next()?, first.split(' ').nth(1)?.split('?').next()?);
    let mut answer = |status: &str, body: &str| {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).and_then(|()| stream.flush()).ok()
    };
    let mut desk = state.0.lock().unwrap();
    match (method, path) {
        ("GET", "/users/current.json") => {
            answer("200 OK", r#"{"user":{"id":5,"login":"alice","firstname":"Alice","lastname":"Ops","admin":true,"memberships":[]}}"#)
        }
        ("GET", "/enumerations/issue_priorities.json") => {
            answer("200 OK", r#"{"issue_priorities":[{"id":1,"name":"Urgent","is_default":true,"active":true}]}"#)
        }
        ("GET", "/issue_statuses.json") => answer(
            "200 OK",
            r#"{"issue_statuses":[{"id":1,"name":"New","is_closed":false},{"id":2,"name":"In Progress","is_closed":false}]}"#,
        ),
        ("GET", "/issues.json") => {
            desk.lists += 1;
            answer("200 OK", &format!(r#"{{"issues":[{}],"total_count":1,"offset":0,"limit":100}}"#, issue(&desk)))
        }
        ("GET", "/issues/1.json") => {
            desk.asked.push("GET");
            let changed = desk.asked.contains(&"PUT");
            if !changed && desk.kill == Some(Step::Written) {
                return murder(desk, state);
            }
            if changed && desk.kill == Some(Step::NotRecorded) {
                // it has the answer, and no time to note it
                desk = signal(desk, state, Signal::SIGSTOP)?;
                answer("200 OK", &format!(r#"{{"issue":{}}}"#, issue(&desk)))?;
                return murder(desk, state);
            }
            answer("200 OK", &format!(r#"{{"issue":{}}}"#, issue(&desk)))
        }
        ("PUT", "/issues/1.json") => {
            desk.asked.push("PUT");
            desk.changes += 1;
            if desk.kill == Some(Step::Sending) {
                return murder(desk, state);
            }
            let manner = desk.manner.replace(Manner::Well);
            if !matches!(manner, Some(Manner::Fails | Manner::Closes)) {
                let change: serde_json::Value = serde_json::from_slice(&body).ok()?;
                desk.taken |= change["issue"]["assigned_to_id"] == 5;
                desk.notes.push(change["issue"]["notes"].as_str()?.to_owned());
            }
            if desk.kill == Some(Step::NotAnswered) {
                return murder(desk, state);
            }
            match manner {
                Some(Manner::Closes | Manner::ClosesAfter) => None,
                Some(Manner::TooLate) => {
                    drop(desk);
                    // until the other side gives up
                    let _ = reader.read(&mut [0]);
                    None
                }
                Some(Manner::Fails | Manner::FailsAfter) => answer("500 Internal Server Error", ""),
                _ => answer("204 No Content", ""),
            }
        }
        _ => answer("404 Not Found", ""),
    }
}

type Guarded<'a> = std::sync::MutexGuard<'a, Desk1>;

/// Sends the program a signal, once it is known which that is.
fn signal<'a>(desk: Guarded<'a>, state: &'a (Mutex<Desk1>, Condvar), signal: Signal) -> Option<Guarded<'a>> {
    let (desk, late) = state.1.wait_timeout_while(desk, GUARD, |desk| desk.victim.is_none()).unwrap();
    assert!(!late.timed_out(), "nobody to send it to");
    kill(desk.victim?, signal).ok()?;
    Some(desk)
}

/// Kills the program.
fn murder(desk: Guarded, state: &(Mutex<Desk1>, Condvar)) -> Option<()> {
    let mut desk = signal(desk, state, Signal::SIGKILL)?;
    desk.kill = None;
    Some(())
}

fn issue(desk: &Desk1) -> String {
    let (status, name) = if desk.taken { (2, "In Progress") } else { (1, "New") };
    let owner = if desk.taken { r#","assigned_to":{"id":5,"name":"Alice Ops"}"# } else { "" };
    let journal = |(id, note): (usize, &String)| {
        let note = serde_json::Value::from(note.as_str());
        format!(
            r#"{{"id":{id},"user":{{"id":5,"name":"Alice Ops"}},"notes":{note},"private_notes":true,"created_on":"2026-12-07T00:12:00Z","details":[]}}"#
        )
    };
    let journals = (1..).zip(&desk.notes).map(journal).collect::<Vec<_>>().join(",");
    format!(
        r#"{{"id":1,"subject":"Printer","project":{{"id":1,"name":"Acme"}},"status":{{"id":{status},"name":"{name}","is_closed":false}},"priority":{{"id":1,"name":"Urgent"}},"author":{{"id":9,"name":"Jo"}},"created_on":"2026-12-07T00:10:00Z","updated_on":"2026-12-07T00:10:00Z","custom_fields":[],"journals":[{journals}],"allowed_statuses":[{{"id":1,"name":"New","is_closed":false}},{{"id":2,"name":"In Progress","is_closed":false}}]{owner}}}"#
    )
}

/// A desk whose only source is the server.
fn desk_of(server: &Server) -> Desk {
    let source = format!(
        "\n[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"http://{}\"\ntoken_env = \"KEY\"\nclient = \"acme\"\n",
        server.address
    );
    Desk::configured(&format!("{ACME}{source}"))
}

/// Kills the program at a step, and runs it again until the server has said what became of it.
fn killed(step: Step, manner: Manner) {
    let server = Server::start();
    let desk = desk_of(&server);
    let first = server.run(&desk, &ACK, Some(step), manner);
    assert_eq!(first.code, None, "{step:?} {manner:?}: it was not killed: {} {}", first.out, first.err);
    let outbox = desk.run(&["status", "--json"]).json()["unsent"].clone();
    assert_eq!(outbox, 1, "{step:?} {manner:?}: it is lost");
    // it may take more than one attempt while the server fails
    let mut last = server.run(&desk, &ACK, None, manner);
    if last.code != Some(0) {
        last = server.run(&desk, &ACK, None, Manner::Well);
    }
    let acked = last.ended(0).json();
    let outcome = acked[0]["outcome"].as_str().unwrap();
    assert_eq!(outcome, "confirmed", "{step:?} {manner:?}: {acked}");
    let state = server.desk();
    assert_eq!(state.notes.len(), 1, "{step:?} {manner:?}: {:?}", state.asked);
    let blind = state.asked.windows(2).any(|two| two == ["PUT", "PUT"]);
    assert!(!blind, "{step:?} {manner:?}: sent twice without asking: {:?}", state.asked);
    drop(state);
    assert_eq!(desk.run(&["status", "--json"]).json()["unsent"], 0);
    let evidence = desk.run(&["evidence", "--json"]).ended(0).json();
    assert_eq!(evidence.as_array().unwrap().len(), 1, "{step:?} {manner:?}: {evidence}");
    assert_eq!((&evidence[0]["key"], &evidence[0]["outcome"], &evidence[0]["who"]), (&"1".into(), &"confirmed".into(), &"jo".into()));
}

#[test]
fn a_note_survives_being_killed_at_any_step_and_is_written_once() {
    for step in Step::iter() {
        for manner in [Manner::Well, Manner::FailsAfter, Manner::ClosesAfter] {
            let server = Server::start();
            let desk = desk_of(&server);
            let first = server.run(&desk, &["note", "desk/1", "the plug was out"], Some(step), manner);
            assert_eq!(first.code, None, "{step:?} {manner:?}: it was not killed: {} {}", first.out, first.err);
            let unsent = |desk: &Desk| desk.run(&["status", "--json"]).json()["unsent"].clone();
            assert_eq!(unsent(&desk), 1, "{step:?} {manner:?}: it is lost");
            // a dashboard takes it over
            server.desk().manner = Some(Manner::Well);
            let mut dashboard = dashboard(&desk);
            dashboard.wait_for("the end of it", |screen| screen.contains("desk/1: noted") || screen.contains("1: noted, confirmed"));
            dashboard.press("qq");
            dashboard.end();
            let state = server.desk();
            assert_eq!(state.notes, ["the plug was out"], "{step:?} {manner:?}: {:?}", state.asked);
            assert!(!state.taken, "a note takes nothing");
            drop(state);
            assert_eq!(unsent(&desk), 0);
            let evidence = desk.run(&["evidence", "--json"]).ended(0).json();
            assert_eq!(evidence.as_array().unwrap().len(), 1, "{step:?} {manner:?}: {evidence}");
            assert_eq!((&evidence[0]["action"], &evidence[0]["outcome"]), (&"note".into(), &"confirmed".into()));
        }
    }
}

/// `HOLDOVER_KILLS` says how often each step is killed in each manner of the server; once where it does not, and then
/// without the manner that takes half a minute.
#[test]
fn an_acknowledgement_survives_being_killed_at_any_step() {
    let times = std::env::var("HOLDOVER_KILLS").map(|times| times.parse::<usize>().unwrap());
    let mut kills = 0;
    for round in 0..times.clone().unwrap_or(1) {
        for step in Step::iter() {
            for manner in Manner::iter().filter(|manner| *manner != Manner::TooLate || (times.is_ok() && round < 2)) {
                killed(step, manner);
                kills += 1;
            }
        }
    }
    assert!(kills >= 20);
    println!("killed {kills} times: nothing lost, nothing sent twice without asking");
}

fn dashboard(desk: &Desk) -> Pty {
    let (home, config) = (desk.path(""), desk.path("config.toml"));
    let environment = [("HOME", home.to_str().unwrap()), ("KEY", KEY), ("USER", "jo")];
    let arguments = ["--config", config.to_str().unwrap()];
    Pty::start(&assert_cmd::cargo::cargo_bin("holdover"), &arguments, &environment, (80, 24))
}

/// A dashboard that shows its ticket.
fn showing(desk: &Desk) -> Pty {
    let mut dashboard = dashboard(desk);
    dashboard.wait_for("the ticket", |screen| screen.contains("Printer"));
    dashboard
}

#[test]
fn what_is_held_when_a_dashboard_is_killed_is_sent_by_the_next() {
    let server = Server::start();
    let desk = desk_of(&server);
    let mut first = showing(&desk);
    first.press("a");
    first.wait_for("the countdown", |screen| screen.contains("u undo"));
    first.signal(Signal::SIGKILL);
    first.end();
    assert_eq!(server.desk().changes, 0, "it was still held");
    let mut second = dashboard(&desk);
    second.wait_for("the end of it", |screen| screen.contains("confirmed"));
    assert_eq!(server.count(), (2, 1, 1));
    // once more where it asks, for what it wrote down is not told yet
    second.press("qq");
    second.end();
    assert_eq!(desk.run(&["evidence", "--json"]).ended(0).json().as_array().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_written_before_the_end_is_told_after_it() {
    let server = Server::start();
    let desk = desk_of(&server);
    let mut dashboard = showing(&desk);
    let database = rusqlite::Connection::open(desk.path(".local/state/holdover/records.db")).unwrap();
    database.execute_batch("BEGIN EXCLUSIVE").unwrap();
    dashboard.press("a");
    dashboard.press("q");
    dashboard.wait_for("the question", |screen| screen.contains("q again leaves"));
    dashboard.press("q");
    assert_eq!(dashboard.end(), 1);
    assert!(dashboard.text().contains("desk/1 is not acknowledged"), "{}", dashboard.text());
    assert_eq!(server.count().1, 0);
}

#[test]
fn what_another_process_writes_is_seen_at_once() {
    let desk = Desk::with(&[
        r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Printer", "submitted_at": "2026-11-25T02:14:00Z" }]"#,
    ]);
    // nothing is polled in the time of a test
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", format!("poll_every = \"1h\"\nblind_after = \"9h\"\n{config}"));
    let mut dashboard = dashboard(&desk);
    dashboard.wait_for("the ticket", |screen| screen.contains("NOW, UNANSWERED"));
    desk.run(&["ack", "A-1"]).ended(0);
    dashboard.wait_for("who has it", |screen| screen.contains("NOW, IN HAND") && screen.contains("jo"));
    desk.write(
        "tickets.json",
        r#"[{ "key": "A-2", "client": "acme", "severity": "S1", "title": "Scanner", "submitted_at": "2026-11-25T02:14:00Z" }]"#,
    );
    dashboard.press("r");
    dashboard.wait_for("the other ticket", |screen| screen.contains("Scanner"));
    // a dashboard sends it
    desk.run(&["ack", "A-2", "--queue"]).ended(0);
    dashboard.wait_for("who has that", |screen| screen.contains("NOW, IN HAND"));
    dashboard.signal(Signal::SIGTERM);
    dashboard.end();
}

#[test]
fn the_first_frame_is_what_was_last_known() {
    let desk = Desk::with(&[
        r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Printer", "submitted_at": "2026-11-25T02:14:00Z" }]"#,
    ]);
    let mut first = showing(&desk);
    // once that is on the board, all of it is on the disk
    desk.run(&["ack", "A-1", "--queue"]).ended(0);
    first.wait_for("who has it", |screen| screen.contains("NOW, IN HAND"));
    first.signal(Signal::SIGTERM);
    first.end();
    std::fs::remove_file(desk.path("tickets.json")).unwrap();
    let mut next = dashboard(&desk);
    next.wait_for("what is known, and that it is old", |screen| screen.contains("Printer") && screen.contains("STALE"));
    assert!(next.text().contains("1 NOW  0 unanswered"), "{}", next.text());
    next.signal(Signal::SIGTERM);
    next.end();
    let cached = desk.run(&["list", "--cached", "--json"]).ended(0).json();
    assert_eq!((&cached["tickets"][0]["key"], &cached["sources"][0]["state"]), (&"A-1".into(), &"stale".into()));
}

#[test]
fn of_two_dashboards_one_asks_and_the_other_sees_what_it_did() {
    let server = Server::start();
    let desk = desk_of(&server);
    let mut first = showing(&desk);
    let mut second = dashboard(&desk);
    second.wait_for("who asks", |screen| screen.contains("Printer") && screen.contains("asked by process"));
    assert_eq!(server.desk().lists, 1, "one of them asked");
    second.press("a");
    second.wait_for("the end of it", |screen| screen.contains("confirmed"));
    assert_eq!(server.count(), (1, 1, 1));
    // what is left to the other is asked by it, however the first ended
    first.signal(Signal::SIGKILL);
    first.end();
    second.press("r");
    second.wait_for("its own answer", |screen| !screen.contains("asked by process"));
    assert_eq!(server.desk().lists, 2);
    second.press("q");
    second.end();
}
