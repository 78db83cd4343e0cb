//! `holdover watch` as it is run: alone, beside another, beside a dashboard, killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::pty::{ENDING, Pty};
use crate::support::{ACME, Desk};

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// A `watch` under way, and what it says.
struct Watching {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Watching {
    fn start(desk: &Desk) -> Self {
        Self::start_in(desk, "/usr/bin:/bin")
    }

    /// With programs of its own.
    fn start_in(desk: &Desk, path: &str) -> Self {
        Self::start_with(desk, path, desk.path("config.toml").to_str().unwrap())
    }

    /// In a process group of its own, as a shell starts it.
    fn start_with(desk: &Desk, path: &str, config: &str) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("holdover"));
        command.env_clear().env("HOME", desk.path("")).env("PATH", path).env("USER", "jo").env("CANARY", "hush");
        command.current_dir(desk.path(""));
        command.args(["--config", config, "watch"]).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until it says something.
    fn wait_for(&mut self, what: &str) {
        while !self.said.iter().any(|line| line.contains(what)) {
            let Ok(line) = self.lines.recv_timeout(GUARD) else { panic!("'{what}' is not said: {:#?}", self.said) };
            self.said.push(line);
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Sends a signal, and waits for its end; nothing was printed.
    fn end(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert_eq!(printed, "", "what nobody asked for");
        self.child.wait().unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_edit_is_in_use_at_once_and_a_mistake_is_said() {
    let desk = Desk::configured(&format!("{ACME}{}", "[[source]]\nname = \"desk\"\nkind = \"file\"\npath = \"tickets.json\"\n"));
    desk.write("tickets.json", "[]");
    let right = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let mut watching = Watching::start(&desk);
    watching.wait_for("watching – sources: desk; hooks: none");
    desk.write("config.toml", right.replace("S1 = { any = \"30m\"", "S1 = { any = \"soon\""));
    watching.wait_for("the edit of the configuration is not used – error: ");
    watching.wait_for("config.toml:12: agreement[0].response.S1.any: 'soon' is no response time");
    desk.write("config.toml", &right);
    watching.wait_for("the configuration was edited, and is in use");
    desk.write("config.toml", format!("{right}[[source]]\nname = \"gone\"\nkind = \"file\"\npath = \"gone.json\"\n"));
    watching.wait_for("gone is blind – ");
    desk.write("config.toml", format!("{right}[[hook]]\nname = \"page\"\non = [\"blind\"]\ncommand = [\"true\"]\n"));
    watching.wait_for("in use; its hooks are only run when holdover watch starts again");
    assert_eq!(watching.end(Signal::SIGTERM).code(), Some(143));
}

/// A server of tickets, and how often it was asked.
struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    tickets: Arc<Mutex<String>>,
}

impl Server {
    fn start(tickets: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, tickets) = (Arc::<AtomicUsize>::default(), Arc::new(Mutex::new(tickets.to_owned())));
        let (count, body) = (Arc::clone(&asked), Arc::clone(&tickets));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut lines = String::new();
                while reader.read_line(&mut lines).is_ok_and(|read| read > 2) {}
                if lines.starts_with("GET /tickets") {
                    count.fetch_add(1, Ordering::SeqCst);
                }
                let body = body.lock().unwrap().clone();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ";
                // who was killed takes no answer
                let _ = write!(stream, "{head}{}\r\n\r\n{body}", body.len());
            }
        });
        Self { address, asked, tickets }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

const D1: &str = r#"{"tickets":[{"id":"D-1","title":"Pri\u001b[31mnter","created":"2026-11-25T02:14:00Z"}],"total":1}"#;
const D1_AND_D2: &str = r#"{"tickets":[{"id":"D-1","title":"Printer","created":"2026-11-25T02:14:00Z"},{"id":"D-2","title":"Scanner","created":"2026-11-25T02:14:00Z"}],"total":2}"#;

/// A desk whose source is the server, and whose hook writes a line for each run; `rest` is added to the hook.
fn desk_of(server: &Server, poll_every: &str, rest: &str) -> Desk {
    let desk = Desk::configured("");
    let source = format!(
        "[[source]]\nname = \"desk\"\nkind = \"http\"\nurl = \"http://{}\"\nauth = \"bearer\"\ntoken_env = \"CANARY\"\nclient = \"acme\"\n\
         list = {{ path = \"tickets\", items = \"tickets\", total = \"total\" }}\n\
         fields = {{ key = \"id\", title = \"title\", submitted_at = \"created\" }}\n",
        server.address
    );
    let script =
        format!("env > '{0}.env'; cat > '{0}.json'; echo \"$HOLDOVER_CHANGE $HOLDOVER_KEY\" >> '{0}'", desk.path("told").display());
    let hook = format!(
        "[[hook]]\nname = \"page\"\non = [\"decide\", \"breached\", \"blind\"]\ncommand = [\"sh\", \"-c\", \"\"\"{script}\"\"\"]\n{rest}"
    );
    desk.write("config.toml", format!("poll_every = \"{poll_every}\"\nblind_after = \"9h\"\n{ACME}{source}{hook}"));
    desk
}

fn told(desk: &Desk) -> Vec<String> {
    std::fs::read_to_string(desk.path("told")).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn killed_and_succeeded_it_tells_what_is_new_and_nothing_twice() {
    let server = Server::start(D1);
    let desk = desk_of(&server, "1s", "");
    let mut first = Watching::start(&desk);
    first.wait_for("hook page was run: breached, desk/D-1");
    let mut second = Watching::start(&desk);
    second.wait_for(&format!("process {} runs the hooks", first.child.id()));
    first.signal(Signal::SIGKILL);
    assert_eq!(first.child.wait().unwrap().signal(), Some(9));
    D1_AND_D2.clone_into(&mut server.tickets.lock().unwrap());
    second.wait_for("hook page was run: breached, desk/D-2");
    assert_eq!(second.end(Signal::SIGTERM).code(), Some(143));
    assert_eq!(told(&desk), ["breached D-1", "breached D-2"]);
    // what it was told, and what it was not
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(desk.path("told.json")).unwrap()).unwrap();
    assert_eq!((&json["change"], &json["again"], &json["ticket"]["title"]), (&"breached".into(), &0.into(), &"Scanner".into()));
    let environment = std::fs::read_to_string(desk.path("told.env")).unwrap();
    for there in ["HOLDOVER_TITLE=Scanner\n", "HOLDOVER_STATE=overdue\n", "HOLDOVER_CLIENT=acme\n", "HOLDOVER_URL=\n", "USER=jo\n"] {
        assert!(environment.contains(there), "{there}: {environment}");
    }
    assert!(!environment.contains("hush") && !environment.contains("CANARY"), "the key of a source: {environment}");
}

#[test]
fn a_hook_that_had_begun_when_it_was_killed_is_run_again() {
    let server = Server::start(D1);
    let hangs = "timeout = \"1m\"\n";
    let desk = desk_of(&server, "1s", hangs);
    // it says that it has begun, and does not end
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", config.replace("; cat >", "; echo > begun; exec sleep 30; cat >"));
    let pipe = desk.path("begun");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (sender, begun) = channel();
    std::thread::spawn(move || sender.send(std::fs::read(pipe)));
    let first = Watching::start(&desk);
    begun.recv_timeout(GUARD).expect("it begins").unwrap();
    first.signal(Signal::SIGKILL);
    drop(first);
    desk.write("config.toml", config);
    let mut second = Watching::start(&desk);
    second.wait_for("it is not known whether the hook page was run for desk/D-1 – it is run again");
    second.wait_for("hook page was run: breached, desk/D-1");
    assert_eq!(second.end(Signal::SIGINT).code(), Some(130));
    assert_eq!(told(&desk), ["breached D-1"]);
}

#[test]
fn what_a_hook_prints_without_end_takes_no_memory() {
    let server = Server::start(D1);
    let desk = desk_of(&server, "1h", "timeout = \"1m\"\n");
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", config.replace("; cat >", "; head -c 100000000 /dev/zero; head -c 100000000 /dev/zero >&2; cat >"));
    let mut watch = Watching::start(&desk);
    watch.wait_for("hook page was run: breached, desk/D-1");
    let status = std::fs::read_to_string(format!("/proc/{}/status", watch.child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").to_owned();
    println!("200 MB printed: {most} kB at most");
    assert!(most.parse::<u64>().unwrap() < 100_000, "{most} kB");
    watch.end(Signal::SIGTERM);
}

/// Stopped from the keyboard, as ^Z does it.
#[test]
fn one_that_is_stopped_lets_another_run_the_hooks_and_goes_on_beside_it() {
    let server = Server::start(D1);
    let desk = desk_of(&server, "1s", "");
    let mut first = Watching::start(&desk);
    first.wait_for("hook page was run: breached, desk/D-1");
    // the same file, by another name of it
    let folder = desk.path("");
    let other = format!("{}/../{}/config.toml", folder.display(), folder.file_name().unwrap().to_str().unwrap());
    let mut second = Watching::start_with(&desk, "/usr/bin:/bin", &other);
    second.wait_for(&format!("process {} runs the hooks", first.child.id()));
    first.signal(Signal::SIGTSTP);
    D1_AND_D2.clone_into(&mut server.tickets.lock().unwrap());
    second.wait_for("hook page was run: breached, desk/D-2");
    first.signal(Signal::SIGCONT);
    first.wait_for(&format!("process {} runs the hooks", second.child.id()));
    assert_eq!(first.end(Signal::SIGTERM).code(), Some(143));
    assert_eq!(second.end(Signal::SIGTERM).code(), Some(143));
    assert_eq!(told(&desk), ["breached D-1", "breached D-2"]);
}

#[test]
fn of_a_watch_and_a_dashboard_one_asks_and_the_other_sees_it() {
    let server = Server::start(D1);
    // nothing is polled twice in the time of a test
    let desk = desk_of(&server, "1h", "");
    let mut watch = Watching::start(&desk);
    watch.wait_for("hook page was run: breached, desk/D-1");
    let (home, config) = (desk.path(""), desk.path("config.toml"));
    let environment = [("HOME", home.to_str().unwrap()), ("CANARY", "hush"), ("USER", "jo")];
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let mut dashboard = Pty::start(&program, &["--config", config.to_str().unwrap()], &environment, (80, 24));
    dashboard.wait_for("who asks", |screen| screen.contains("D-1") && screen.contains("asked by process"));
    assert_eq!(server.asked(), 1, "the dashboard asked too");
    dashboard.signal(Signal::SIGTERM);
    dashboard.end();
    assert_eq!(watch.end(Signal::SIGINT).code(), Some(130));
    desk.run(&["status"]).ended(30);
    assert_eq!(server.asked(), 1);
}

/// Whether what is started here inherits that a hang-up is ignored.
fn hang_ups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(ignored.trim(), 16).is_ok_and(|ignored| ignored & 1 == 1)
}

#[test]
fn it_sends_what_others_queue_and_ends_by_each_signal() {
    let tickets = r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "Printer", "submitted_at": "2026-11-25T02:14:00Z" }]"#;
    for (signal, number) in ENDING {
        if signal == Signal::SIGHUP && hang_ups_are_ignored() {
            println!("SKIPPED: a watch and SIGHUP: whoever started these tests had it ignored, as nohup does, and so does a watch");
            continue;
        }
        let desk = Desk::with(&[tickets]);
        let mut watch = Watching::start(&desk);
        watch.wait_for("watching – sources: tickets; hooks: none");
        desk.run(&["ack", "A-1", "--queue"]).ended(0);
        watch.wait_for("tickets/A-1: acknowledged here by jo");
        assert_eq!(watch.end(signal).code(), i32::try_from(number + 128).ok(), "{signal}");
        assert_eq!(desk.run(&["status", "--json"]).json()["in_hand"], 1);
    }
}

#[test]
fn it_does_not_watch_what_does_not_go_on() {
    let desk = Desk::with(&["[]"]);
    for flags in [&["watch", "--read-only"][..], &["watch", "--at", "2026-11-25T02:14:00Z"]] {
        let said = desk.run(flags).ended(2);
        assert!(said.err.contains("watch") && said.err.contains(flags[1]), "{}", said.err);
        assert_eq!(said.out, "");
    }
    // nor without records: it would tell everything at each start
    std::fs::create_dir_all(desk.path(".local/state")).unwrap();
    desk.write(".local/state/holdover", "no folder");
    let said = desk.run(&["watch"]).ended(1);
    assert!(said.err.contains(".local/state/holdover"), "{}", said.err);
}

/// The hooks that README.md shows, with programs of these names that write down what they are given.
#[test]
fn the_hooks_of_the_readme_tell_what_they_should() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let hooks = readme.split("```toml\n").map(|block| block.split("```").next().unwrap()).find(|block| block.starts_with("[[hook]]"));
    let desk = Desk::with(&[
        r#"[{ "key": "A-1", "client": "acme", "severity": "S1", "title": "$(touch pwned) \"; `id`", "submitted_at": "2026-11-25T02:14:00Z" }]"#,
    ]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", format!("{config}{}", hooks.unwrap()));
    for name in ["curl", "mail"] {
        let program = desk
            .write(name, format!("#!/bin/sh\nfor word; do echo \"$word\"; done > {name}.$HOLDOVER_HOOK\ncat >> {name}.$HOLDOVER_HOOK\n"));
        std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    }
    let mut watch = Watching::start_in(&desk, &format!("{}:/usr/bin:/bin", desk.path("").display()));
    for hook in ["ntfy", "mail", "phone"] {
        watch.wait_for(&format!("hook {hook} was run: breached, tickets/A-1"));
    }
    watch.end(Signal::SIGTERM);
    let given = |file: &str| std::fs::read_to_string(desk.path(file)).unwrap();
    let is_text = |line: &str| line.starts_with("S1 acme A-1 breached, due ") && line.ends_with(": $(touch pwned) \"; `id`");
    let ntfy = given("curl.ntfy");
    assert!(ntfy.lines().any(is_text) && ntfy.contains("\nhttps://ntfy.sh/your-topic\n"), "{ntfy}");
    let mail = given("mail.mail");
    assert!(mail.lines().nth(1).is_some_and(is_text), "{mail}");
    let json: serde_json::Value = serde_json::from_str(given("curl.phone").lines().last().unwrap()).unwrap();
    assert_eq!((&json["change"], &json["ticket"]["key"]), (&"breached".into(), &"A-1".into()));
    assert!(!desk.path("pwned").exists());
}

#[test]
fn check_warns_of_a_hook_that_could_not_be_run() {
    let hook =
        |name: &str, program: &str| format!("[[hook]]\nname = \"{name}\"\non = [\"breached\"]\ncommand = [\"{program}\", \"on-call\"]\n");
    let desk = Desk::configured("");
    let program = desk.write("page", "#!/bin/sh\n");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let dull = desk.write("dull", "#!/bin/sh\n");
    let hooks = [
        hook("found", "sh"),
        hook("not found", "shh"),
        hook("there", program.to_str().unwrap()),
        hook("not there", "./pager"),
        hook("not to be run", dull.to_str().unwrap()),
    ];
    desk.write("config.toml", format!("{ACME}[[source]]\nname = \"demo\"\nkind = \"demo\"\n{}", hooks.concat()));
    let mut check = desk.command(&["check"]);
    let said = String::from_utf8(check.env("PATH", "/usr/bin:/bin").output().unwrap().stdout).unwrap();
    let warnings: Vec<&str> = said.lines().filter(|line| line.contains("there is no program")).collect();
    assert_eq!(warnings.len(), 3, "{said}");
    assert!(
        warnings[0].contains("hook[1].command: there is no program shh that can be run – install it")
            && warnings[0].contains("config.toml:27"),
        "{said}"
    );
    assert!(warnings[1].contains("hook[3].command") && warnings[1].contains("/pager"), "{said}");
    assert!(warnings[2].contains("hook[4].command") && warnings[2].contains("/dull that can be run"), "{said}");
    assert!(said.contains("1 agreement, 1 source and 5 hooks"), "{said}");
}
