//! Whatever is on the screen, at any size: the first rows tell what matters of the whole queue, and what nobody has taken is
//! in the list, or said in the role of an alarm to be off the screen.

use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use holdover::app::{BoardRow, Body, Size};
use holdover::config;
use holdover::domain::{FaultKind, Group, Pass, SafeText, SourceName, Ticket, TicketKey};
use holdover::tui::{Role, Theme, views};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use strum::IntoEnumIterator;

use super::reader::{agree, by_eye, by_json};
use super::{Dashboard, roles, rows};
use crate::properties::generate::{Contract, contract, near, scene, ticket};
use crate::properties::{passed, runner};

static ROLES: LazyLock<Theme> = LazyLock::new(roles);

const ALARMS: [Role; 5] = [Role::NowHeader, Role::Unassessed, Role::Breached, Role::SourceDown, Role::Error];

/// What is written in the role of an alarm, run by run.
fn alarms(buffer: &Buffer) -> Vec<String> {
    let is_alarm = |color| match color {
        Color::Rgb(0, 0, n) => Role::iter().nth(usize::from(n)).is_some_and(|role| ALARMS.contains(&role)),
        _ => false,
    };
    let mut runs = vec![String::new()];
    for cell in &buffer.content {
        match (is_alarm(cell.fg), runs.last_mut()) {
            (true, Some(run)) => run.push_str(cell.symbol()),
            (false, Some(run)) if !run.is_empty() => runs.push(String::new()),
            _ => {}
        }
    }
    runs
}

/// How many tickets a run says to be off the screen.
fn said_of(run: &str) -> usize {
    let words: Vec<&str> = run.split_whitespace().collect();
    let before = |what: &str| words.iter().position(|word| *word == what).and_then(|at| words[at.checked_sub(1)?].parse::<usize>().ok());
    match run {
        _ if run.contains("more unanswered") => words.get(1).and_then(|count| count.parse().ok()),
        _ if run.contains(" hides ") => before("NOW").or_else(|| before("NOW:")),
        _ => before("hidden").or_else(|| before("unassessed")),
    }
    .unwrap_or(0)
}

/// What is wrong with what is on the screen.
pub fn wrong(dashboard: &Dashboard) -> Result<(), String> {
    let (model, view, so) = (&dashboard.model, dashboard.view(), by_json(dashboard));
    let area = Rect::new(0, 0, view.size.0, view.size.1);
    let mut buffer = Buffer::empty(area);
    views::render(&mut buffer, area, &view, &ROLES, true);
    let (rows, runs) = (rows(&buffer), alarms(&buffer));
    let fail = |what: String| Err(format!("{what} at {:?}\n{}\nit is {so:?}", model.size, rows.join("\n")));
    if rows.is_empty() || view.size.0 < 24 {
        return Ok(());
    }
    if let Some(row) = rows.iter().find(|row| !row.is_ascii()) {
        return fail(format!("not ASCII: {row}"));
    }
    let tiny = view.layout.size == Size::Tiny;
    let read = if tiny { None } else { Some(by_eye(&rows[..2])) };
    if tiny {
        let counts = [(so.unanswered, "un."), (so.breached, "br.")].map(|(count, what)| format!("{count} {what}"));
        let blind = so.blind.is_empty() || rows[0].contains("BLIND") || rows[0].contains("!!");
        if !counts.iter().all(|count| rows[0].contains(count)) || !blind {
            return fail("the one row does not say it".to_owned());
        }
    } else if let Some(read) = read.filter(|read| !agree(read, &so)) {
        return fail(format!("read {read:?}"));
    }
    let of_all = |run: &String| run.contains(&format!("{} un", so.unanswered));
    if so.unanswered > 0 && !runs.iter().any(of_all) {
        return fail("the count of what nobody has taken is no alarm".to_owned());
    }
    if model.time_machine.is_some() {
        return if runs.iter().any(|run| run.contains("NOT NOW")) { Ok(()) } else { fail("it is taken for now".to_owned()) };
    }
    let listed = matches!(view.body, Body::List { .. }) && view.layout.list > 2 && Arc::ptr_eq(model.list.board(), &model.board);
    if !listed {
        return Ok(());
    }
    let header = usize::from(view.layout.size.header());
    let list = rows[header..].iter().take(usize::from(view.layout.list)).filter(|row| !row.contains("gone:"));
    // by the columns in which keys stand, or on a small pane titles, the end of which may be cut off
    let compact = view.layout.size == Size::Compact;
    let seen: Vec<&str> = list.filter_map(|row| row.get(if compact { 7 } else { 9 }..)?.split("  ").next()).collect();
    let is_seen = |row: &&BoardRow| {
        let (key, title) = (row.ticket.id.key.as_str(), row.ticket.title.as_str());
        let is = |shown: &&str| shown.strip_suffix('_').map_or(*shown == title, |start| title.starts_with(start));
        if compact { seen.iter().any(is) } else { seen.contains(&key) }
    };
    let untaken = model.board.rows.iter().filter(|row| matches!(row.verdict.group, Group::Decide | Group::Unanswered));
    let off = untaken.filter(|row| !is_seen(row)).count();
    let said: usize = runs.iter().map(|run| said_of(run)).sum();
    if said < off {
        return fail(format!("{off} are off the screen, and {said} are said to be, by {runs:?}"));
    }
    Ok(())
}

const SOURCES: [&str; 3] = ["desk", "jira", "a-long-name-of-a-source"];

/// A queue under an agreement, at an instant near a change of the clock, and how well its sources are: well (0), stale (1), blind (2).
#[derive(Debug, Clone)]
struct Queue {
    contract: Contract,
    tickets: Vec<Ticket>,
    after: i64,
    health: [u8; 3],
}

fn queue() -> impl Strategy<Value = Queue> {
    contract().prop_flat_map(|contract| {
        let one = (ticket(contract.scene), prop::bool::weighted(0.9));
        let health = [0..6_u8, 0..6, 0..6].prop_map(|health| health.map(|one| one.saturating_sub(3)));
        let unassessed = prop::bool::weighted(0.1);
        (Just(contract), vec(one, 0..40), near(), health, unassessed).prop_map(|(contract, tickets, after, health, unassessed)| {
            let named = |(n, (mut ticket, known)): (usize, (Ticket, bool))| {
                let (source, key) = (SourceName::new(SOURCES[if unassessed { 0 } else { n % 3 }]), SafeText::line(&format!("T-{n}")));
                (ticket.id, ticket.title) = (TicketKey { source, key: key.clone() }, key);
                ticket.client = Some(SafeText::line(if known { "acme" } else { "stranger" }));
                if unassessed {
                    (ticket.severity, ticket.unassessed_as, ticket.assessments) = (None, None, Vec::new());
                }
                ticket
            };
            Queue { contract, tickets: tickets.into_iter().enumerate().map(named).collect(), after, health }
        })
    })
}

impl Queue {
    fn dashboard(&self, size: (u16, u16)) -> Dashboard {
        let sources = SOURCES.map(|name| format!("\n[[source]]\nname = \"{name}\"\nkind = \"file\"\npath = \"x.json\"\n"));
        let text = format!("timezone = \"Europe/London\"\n{}{}", self.contract.plan.configuration(), sources.concat());
        let settings = config::parse(&text, "config.toml", &[]).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"));
        let now = DateTime::from_timestamp(scene(self.contract.scene).change + self.after, 0).unwrap();
        let mut dashboard = Dashboard::new(settings, &now.to_rfc3339(), size);
        for (name, health) in SOURCES.iter().zip(self.health) {
            if health < 2 {
                self.tell(&mut dashboard, name, self.tickets.len());
            }
            if health > 0 {
                dashboard.fail(name, FaultKind::Unreachable, "it did not");
            }
        }
        dashboard
    }

    /// A source tells of those of the first tickets that are its own.
    fn tell(&self, dashboard: &mut Dashboard, name: &str, first: usize) {
        let own = self.tickets[..first.min(self.tickets.len())].iter().filter(|ticket| ticket.id.source.as_str() == name);
        let pass = Pass { tickets: own.cloned().map(Arc::new).collect(), complete: true, ..Pass::default() };
        dashboard.report(name, Ok(pass));
    }
}

/// What happens to a dashboard.
#[derive(Debug, Clone)]
enum Step {
    Keys(&'static str),
    Wait(i64),
    /// A source tells of fewer.
    Tell(&'static str, usize),
    Size((u16, u16)),
}

const KEYS: [&str; 52] = [
    "j",
    "j j j",
    "k",
    "g",
    "G",
    "tab",
    "tab tab",
    "enter",
    "esc",
    "esc esc",
    "z",
    "G z",
    "space",
    "a",
    "u",
    "t",
    "w",
    "H",
    "?",
    "s",
    "c",
    "m",
    "q",
    "l",
    "h",
    "pgdn",
    "pgup",
    "0",
    "<",
    ">",
    ",",
    ".",
    "/ h e l d enter",
    "/ s e v : s 1 enter",
    "/ ! n o w enter",
    "/ t - 1 enter",
    "/ x x",
    "/ c l i e n t : s t r",
    "x",
    "enter j",
    "1",
    "2",
    "3",
    "4",
    "9",
    "n",
    "N",
    "V j",
    "J",
    "L",
    "b",
    ": h e l d",
];

const SIZES: [(u16, u16); 8] = [(80, 24), (40, 12), (60, 20), (120, 40), (200, 50), (60, 12), (110, 16), (29, 7)];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => select(&KEYS[..]).prop_map(Step::Keys),
        2 => select(&SIZES[..]).prop_map(Step::Size),
        1 => select(vec![3, 60, 600, 7200]).prop_map(Step::Wait),
        1 => (select(&SOURCES[..]), 0..40_usize).prop_map(|(name, first)| Step::Tell(name, first)),
    ]
}

#[test]
fn whatever_is_pressed_what_matters_is_told() {
    passed(runner(4).run(&(queue(), select(&SIZES[..]), vec(step(), 0..6)), |(queue, size, steps)| {
        let mut dashboard = queue.dashboard(size);
        let looked_at = |dashboard: &Dashboard, n: usize| {
            wrong(dashboard).map_err(|what| TestCaseError::fail(format!("after {:?}: {what}", &steps[..n])))
        };
        looked_at(&dashboard, 0)?;
        for (n, step) in steps.iter().enumerate() {
            match step {
                Step::Keys(keys) => dashboard.press(keys),
                Step::Wait(seconds) => dashboard.wait(*seconds),
                Step::Tell(name, first) => queue.tell(&mut dashboard, name, *first),
                Step::Size(size) => dashboard.resize(*size),
            }
            looked_at(&dashboard, n + 1)?;
        }
        Ok(())
    }));
}
