//! A large queue: how long `list --json` takes and how much it holds. 2,000 tickets here; 100,000 with `HOLDOVER_SCALE=full`,
//! as the longer checks ask for. Times are reported and gated at ten times what is asked for; memory is gated.

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::Desk;

/// What is asked for of 100,000 tickets under 200 agreements.
const SECONDS: u64 = 1;
const MEGABYTES: u64 = 200;

/// Agreements of many kinds in five zones.
fn agreements(count: usize) -> String {
    const ZONES: [&str; 5] = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland"];
    const TABLES: [&str; 4] = [
        "S1 = { any = \"30m\" }\nS2 = { office-hours = \"1h\", weekend = \"2h\" }\nS3 = { office-hours = \"4h\" }",
        "S1 = { any = \"1h\" }\nS2 = { office-hours = \"2h\" }\nS3 = { office-hours = \"1wd\" }\nS4 = { office-hours = \"3wd\" }",
        "S1 = { any = \"15m\", bank-holiday = \"1h\" }\nS2 = { any = \"4h elapsed\" }\nS3 = { office-hours = \"8h\" }\nS5 = { office-hours = \"5wd close\" }",
        "S1 = { office-hours = [ { within = \"30m\", channel = [\"phone\"] }, { within = \"2h\" } ] }\nS2 = { office-hours = \"4h\" }\nS3 = { office-hours = \"2d\" }",
    ];
    let mut config = "timezone = \"Europe/London\"\n".to_owned();
    for n in 0..count {
        let (zone, table) = (ZONES[n % ZONES.len()], TABLES[n % TABLES.len()]);
        write!(
            config,
            "\n[[agreement]]\nname = \"Client {n}\"\nclients = [\"client-{n}\", \"client-{n}-*\"]\ntimezone = \"{zone}\"\n\
             office_hours = {{ mon-fri = [\"09:00-12:30\", \"13:30-17:{:02}\"] }}\nbank_holidays = \"england-and-wales\"\n\
             support_level = \"L2\"\nhold_over_to = \"next-covered-window\"\n[agreement.response]\n{table}\n",
            n % 60
        )
        .unwrap();
    }
    config
}

/// One ticket, different for each number and the same in each run.
fn ticket(n: usize, agreements: usize) -> String {
    let mixed = n.wrapping_mul(2_654_435_761) >> 7;
    let (day, hour, minute) = (1 + mixed % 24, mixed / 24 % 24, mixed / 576 % 60);
    let severity = match mixed % 11 {
        0 => "null".to_owned(),
        s => format!("\"S{}\"", 1 + s % 5),
    };
    let acknowledged = if mixed.is_multiple_of(3) { "acknowledged" } else { "open" };
    format!(
        r#"{{"key":"T-{n}","client":"client-{}-{}","severity":{severity},"support_level":"L{}","channel":"{}","status":"{acknowledged}","title":"Something went wrong in part {n} of the system and somebody wrote about it","description":"When the report is opened, the page stays empty. It worked last week. We have tried another browser and another machine; the colleagues in the other office see the same. Number {n}.","assignee":"engineer-{}","url":"https://desk.example.com/issues/{n}","submitted_at":"2026-12-{day:02}T{hour:02}:{minute:02}:00Z","contact":{{"name":"Jo Reed","phone":"+44 20 7946 0018","email":"jo@example.com"}},"contacts":[],"assessments":[],"on_client":[]}}"#,
        mixed % agreements,
        mixed % 7,
        1 + mixed % 3,
        ["email", "phone", "portal"][mixed % 3],
        mixed % 9
    )
}

/// The highest memory that a process held so far, in megabytes, as the kernel counts it.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kb| kb / 1024)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "wall time is the figure asked for")]
fn a_large_queue_is_listed_in_time_and_in_little_memory() {
    let (tickets, clients) = if std::env::var("HOLDOVER_SCALE").is_ok_and(|s| s == "full") { (100_000, 200) } else { (2_000, 20) };
    let all: Vec<String> = (0..tickets).map(|n| ticket(n, clients)).collect();
    let desk = Desk::configured("");
    let path = desk.write("tickets.json", format!("[\n{}\n]", all.join(",\n")));
    desk.write("config.toml", agreements(clients) + &crate::support::source("queue", &path));

    let started = std::time::Instant::now();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("holdover"));
    command.args(["list", "--json", "--at", "2026-12-25T02:20:00Z", "--config"]).arg(desk.path("config.toml"));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // while there is more to read than a pipe holds, it lives and has everything in memory
    let (mut text, mut most) = (Vec::new(), 0);
    let mut chunk = vec![0; 1 << 20];
    loop {
        let read = out.read(&mut chunk).unwrap();
        if read == 0 {
            break;
        }
        text.extend_from_slice(&chunk[..read]);
        most = peak(child.id()).unwrap_or(0).max(most);
    }
    assert!(child.wait().unwrap().success());
    let took = started.elapsed();

    let board: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(board["tickets"].as_array().unwrap().len(), tickets);
    println!("{tickets} tickets, {clients} agreements: {} ms, at most {most} MB; asked for: {SECONDS} s, {MEGABYTES} MB", took.as_millis());
    assert!(took < Duration::from_secs(10 * SECONDS));
    assert!(most <= MEGABYTES, "{most} MB");
}
