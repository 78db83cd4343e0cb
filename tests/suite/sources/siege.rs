//! The dashboard while servers hold on, drip, flood and swell, and a command waits for a passphrase: keys are answered as
//! before, other sources are fresh, and the memory stays small.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::fake_redmine::ALICE;
use super::hostile::{ZEROS, endless};
use super::token_command::listen;
use crate::pty::Pty;
use crate::support::{ACME, Desk, source};

/// Nothing that is waited for takes this long, on however busy a machine.
const GUARD: Duration = Duration::from_secs(60);

/// A server that begins an answer and does not end it: its address, and each connection once somebody has asked there.
fn holding(begin: &'static str) -> (String, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines();
            head.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).count();
            stream.write_all(begin.as_bytes()).unwrap();
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    (url, asked)
}

/// A desk with a file of tickets that is asked each second, and Redmine servers by name and address.
fn desk(servers: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(&["[]"]);
    let key = desk.write("key", ALICE);
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut config = format!("poll_every = \"1s\"\n{ACME}{}", source("tickets", &desk.path("tickets.json")));
    for (name, url) in servers {
        write!(config, "\n[[source]]\nname = \"{name}\"\nkind = \"redmine\"\nurl = \"{url}\"\ntoken_file = \"key\"\n").unwrap();
    }
    desk.write("config.toml", config);
    desk
}

/// Presses keys and changes the file; each is seen before the next, and before anything that is under way is given up.
fn keys_are_answered_and_the_file_is_fresh(desk: &Desk, pty: &mut Pty, mut meanwhile: impl FnMut()) {
    for n in 1..=3 {
        meanwhile();
        desk.write("new.json", format!(r#"[{{ "key": "FRESH-{n}", "client": "acme", "severity": "S1" }}]"#));
        fs::rename(desk.path("new.json"), desk.path("tickets.json")).unwrap();
        pty.wait_for("new ticket", |text| text.contains(&format!("FRESH-{n}")));
        if n == 1 {
            let row = pty.text().lines().nth(1).unwrap().to_owned();
            assert!(!row.contains("BLIND"), "given up already: {}", pty.text());
        }
        pty.press("?");
        pty.wait_for("help", |text| text.contains("keys, marks and"));
        pty.press("q");
        pty.wait_for("board", |text| !text.contains("keys, marks and"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_hold_on_drip_and_flood_delay_no_key_and_no_other_source() {
    let flood = endless().await;
    let (silent, silence) = holding("");
    let (head, dripping_head) = holding("HTTP/1.1 200 OK\r\nX-Drip: ");
    let (body, dripping_body) = holding("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
    let desk = desk(&[("silent", &silent), ("head", &head), ("body", &body), ("flood", &flood.uri())]);
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (120, 30));
    let _silence = silence.recv_timeout(GUARD).unwrap();
    let mut drips = [dripping_head, dripping_body].map(|asked| asked.recv_timeout(GUARD).unwrap());
    // one that was given up on a slow machine takes no more
    let drip = || drips.iter_mut().for_each(|stream| stream.write_all(b" ").unwrap_or_default());
    keys_are_answered_and_the_file_is_fresh(&desk, &mut pty, drip);
}

#[test]
fn a_command_that_waits_delays_no_key_paints_nothing_and_ends_with_the_dashboard() {
    let desk = desk(&[]);
    let script = "echo PAINT >&2; echo PAINT >/dev/tty; exec 3>pipe; sleep 600 & echo here >&3; wait";
    let config = fs::read_to_string(desk.path("config.toml")).unwrap();
    let waiting = format!(
        "\n[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"https://redmine.example.com\"\ntoken_command = [\"sh\", \"-c\", \"cd {}; {script}\"]\n",
        desk.path("").display()
    );
    desk.write("config.toml", config + &waiting);
    let (said, reader) = listen(desk.path("pipe"));
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let (path, home) = (std::env::var("PATH").unwrap(), desk.path("").display().to_string());
    let config = desk.path("config.toml");
    let mut pty = Pty::start(&program, &["--config", config.to_str().unwrap()], &[("PATH", &path), ("HOME", &home)], (120, 30));
    assert_eq!(said.recv_timeout(GUARD).unwrap(), "here\n");
    keys_are_answered_and_the_file_is_fresh(&desk, &mut pty, || ());
    pty.press("qq");
    assert_eq!(pty.end(), 0);
    assert_eq!(said.recv_timeout(GUARD).unwrap(), "the end");
    reader.join().unwrap();
    assert!(!String::from_utf8_lossy(&pty.written).contains("PAINT"));
}

/// The most memory that a process ever held, in KiB.
fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn half_a_gigabyte_in_half_a_megabyte_is_not_unpacked() {
    let (url, asked) = holding("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
    let desk = desk(&[("bomb", &url)]);
    let mut pty = Pty::dashboard(&desk.path("config.toml"), (120, 30));
    let mut stream = asked.recv_timeout(GUARD).unwrap();
    pty.wait_for("board", |text| text.contains("asking bomb"));
    let before = peak(pty.id());
    // it hangs up before it has it all
    let _ = stream.write_all(&ZEROS.repeat(32));
    drop(stream);
    pty.wait_for("fault", |text| text.contains("bomb BLIND, no answer yet (not understood)"));
    let grown = peak(pty.id()) - before;
    assert!(grown < 32 * 1024, "{grown} KiB");
}
