//! A large queue: how long `list --json` takes, how much it holds, and whether sampled tickets are what the slow model says.
//! 2,000 tickets here; 100,000 with `HOLDOVER_SCALE=full`, as the longer checks ask for. Times are reported and gated at ten
//! times what is asked for; memory is gated.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use holdover::domain::{SourceName, Ticket};
use holdover::sources::{TicketFormat, read_tickets};
use serde_json::Value;

use crate::model::plan::{BANK, Cell, Entry, OFFICE, Plan, Row, Table, Target, WEEKEND};
use crate::model::stage::WallClock;
use crate::model::{Stage, differences, expected};
use crate::support::Desk;

/// What is asked for of 100,000 tickets under 200 agreements.
const SECONDS: u64 = 1;
const MEGABYTES: u64 = 200;

/// The instant of the board.
const AT: &str = "2026-12-25T02:20:00Z";

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

/// The agreement with that number as the model has it.
fn plan(n: usize) -> Plan {
    const ZONES: [Tz; 5] = [Tz::Europe__London, Tz::America__New_York, Tz::Asia__Kolkata, Tz::Australia__Lord_Howe, Tz::Pacific__Auckland];
    let cell = |target| vec![Entry { target, channels: Vec::new(), chargeable: false }];
    let any = |target| Some(Row { any: Some(cell(target)), of: BTreeMap::new() });
    let of = |window, cell: Cell| Some(Row { any: None, of: BTreeMap::from([(window, cell)]) });
    let office = |target| of(OFFICE, cell(target));
    let also = |row: Option<Row>, window, target| {
        row.map(|mut row| {
            row.of.insert(window, cell(target));
            row
        })
    };
    let minutes = |n: i64| Target::Covered(n * 60);
    let response: Table = match n % 4 {
        0 => [any(minutes(30)), also(office(minutes(60)), WEEKEND, minutes(120)), office(minutes(240)), None, None],
        1 => [any(minutes(60)), office(minutes(120)), office(Target::WorkingDays(1)), office(Target::WorkingDays(3)), None],
        2 => [
            also(any(minutes(15)), BANK, minutes(60)),
            any(Target::Elapsed(4 * 3600)),
            office(minutes(480)),
            None,
            office(Target::WorkingDaysClose(5)),
        ],
        _ => {
            let by_phone = Entry { target: minutes(30), channels: vec!["phone"], chargeable: false };
            let other = Entry { target: minutes(120), channels: Vec::new(), chargeable: false };
            [of(OFFICE, vec![by_phone, other]), office(minutes(240)), office(Target::Days(2)), None, None]
        }
    };
    let closes = 17 * 60 + u16::try_from(n % 60).unwrap();
    // those of England and Wales around the time
    let holidays = [(2026, 12, 25), (2026, 12, 28), (2027, 1, 1)].map(|(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).unwrap());
    Plan {
        office: std::array::from_fn(|day| if day < 5 { vec![(540, 750), (810, closes)] } else { Vec::new() }),
        holidays: holidays.into(),
        next_covered_window: true,
        support_level: Some("L2"),
        ..Plan::plain(ZONES[n % ZONES.len()], response)
    }
}

/// What is otherwise than the slow model has it, in each `every`th ticket of a board.
fn wrong(board: &Value, tickets: &[Arc<Ticket>], clients: usize, every: usize) -> Vec<String> {
    let t = DateTime::parse_from_rfc3339(AT).unwrap().timestamp();
    let rows: HashMap<&str, &Value> = board["tickets"].as_array().unwrap().iter().map(|row| (row["key"].as_str().unwrap(), row)).collect();
    let plans: Vec<Plan> = (0..clients).map(plan).collect();
    let mut clocks: HashMap<Tz, Arc<WallClock>> = HashMap::new();
    for plan in &plans {
        clocks.entry(plan.zone).or_insert_with(|| Arc::new(WallClock::new(plan.zone, t - 30 * 86_400, t + 30 * 86_400)));
    }
    let mut wrong = Vec::new();
    let mut stages: HashMap<usize, Stage> = HashMap::new();
    for ticket in tickets.iter().step_by(every) {
        let client = ticket.client.as_ref().unwrap().as_str();
        let n: usize = client.split('-').nth(1).unwrap().parse().unwrap();
        let stage = stages.entry(n).or_insert_with(|| Stage::new(&plans[n], Arc::clone(&clocks[&plans[n].zone])));
        let differences = differences(rows[ticket.id.key.as_str()], &expected(stage, ticket, t));
        wrong.extend(differences.into_iter().map(|difference| format!("{}: {difference}", ticket.id.key)));
    }
    wrong
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
    command.args(["list", "--json", "--at", AT, "--config"]).arg(desk.path("config.toml"));
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
    let name = SourceName::new("queue");
    let format = TicketFormat { source: &name, label: "tickets.json", timezone: None, client: None, unassessed_as: None, map: &[] };
    let read = read_tickets(&fs::read(&path).unwrap(), &format).unwrap_or_else(|fault| panic!("{}", fault.text));
    // a thousand of the full number
    let every = if tickets == 100_000 { 100 } else { 10 };
    let wrong = wrong(&board, &read, clients, every);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{tickets} tickets, {clients} agreements: {} ms, at most {most} MB; asked for: {SECONDS} s, {MEGABYTES} MB", took.as_millis());
    assert!(took < Duration::from_secs(10 * SECONDS));
    assert!(most <= MEGABYTES, "{most} MB");
}
