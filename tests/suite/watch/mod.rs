//! `watch`: what is new is told, by one process, once; whatever hooks do, and whoever is killed.

mod alarms;
mod children;
mod edits;
mod processes;
mod takeover;
mod turns;
mod waiting;
mod week;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::{Rules, SourceRules};
use holdover::commands::{Beginning, HookCall, HookParts, Polled, Ran, RunHook, Watch, Works};
use holdover::config::{self, HookSettings};
use holdover::domain::{
    Agreements, Assessment, Capabilities, Deed, Fault, Identity, Outcome, Pass, SafeText, Severity, SourceName, Status, Ticket, TicketKey,
};
use holdover::records::{RecordedSource, Records};
use holdover::sources::{Clock, TicketSource};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::support::ACME;

const EVERY: Duration = Duration::from_secs(300);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A ticket as the script has it.
struct Written {
    source: &'static str,
    key: &'static str,
    client: &'static str,
    submitted: DateTime<Utc>,
    /// The severities it is given, and when; none is unassessed.
    assessed: Vec<(DateTime<Utc>, Severity)>,
    taken: Option<DateTime<Utc>>,
    gone: Option<DateTime<Utc>>,
}

impl Written {
    /// Of Acme, assessed as it is submitted.
    fn new(source: &'static str, key: &'static str, severity: &str, submitted: &str) -> Self {
        let submitted = at(submitted);
        let assessed = Severity::parse(severity).map(|severity| (submitted, severity)).into_iter().collect();
        Self { source, key, client: "acme", submitted, assessed, taken: None, gone: None }
    }

    fn taken(self, taken: &str) -> Self {
        Self { taken: Some(at(taken)), ..self }
    }

    fn ticket(&self, now: DateTime<Utc>, told: &HashMap<String, DateTime<Utc>>) -> Option<Arc<Ticket>> {
        if self.submitted > now || self.gone.is_some_and(|gone| gone <= now) {
            return None;
        }
        let id = TicketKey { source: SourceName::new(self.source), key: SafeText::line(self.key) };
        let mut ticket = Ticket::new(id);
        ticket.client = Some(SafeText::line(self.client));
        ticket.submitted_at = Some(self.submitted);
        let assessed = self.assessed.iter().filter(|(at, _)| *at <= now);
        ticket.assessments = assessed.map(|(at, severity)| Assessment { at: *at, severity: Some(*severity) }).collect();
        ticket.severity = ticket.assessments.last().and_then(|assessment| assessment.severity);
        ticket.acknowledged_at = self.taken.filter(|taken| *taken <= now).or_else(|| told.get(self.key).copied());
        if ticket.acknowledged_at.is_some() {
            ticket.status = Status::Acknowledged;
        }
        Some(Arc::new(ticket))
    }
}

/// By which process, when, and whether it was answered.
type ScriptedPoll = (&'static str, DateTime<Utc>, bool);

/// What happens at the sources, and what is noted of it.
#[derive(Default)]
struct Script {
    tickets: Vec<Written>,
    /// When a source does not answer.
    down: Vec<(&'static str, DateTime<Utc>, DateTime<Utc>)>,
    /// Each poll of a source.
    polls: Mutex<Vec<(String, ScriptedPoll)>>,
    /// What was acknowledged, and each time that it was told of.
    told: Mutex<HashMap<String, DateTime<Utc>>>,
    tellings: Mutex<usize>,
    runs: Mutex<Vec<HookRun>>,
}

impl Script {
    /// The polls of a source.
    fn polls_of(&self, source: &str) -> Vec<ScriptedPoll> {
        let polls = self.polls.lock().unwrap();
        polls.iter().filter(|(name, _)| name == source).map(|(_, poll)| *poll).collect()
    }

    /// When a source first told what is so from an instant on.
    fn seen(&self, source: &str, from: DateTime<Utc>) -> DateTime<Utc> {
        self.polls_of(source).into_iter().find(|(_, at, answered)| *answered && *at >= from).unwrap().1
    }
}

/// One run of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HookRun {
    process: &'static str,
    at: DateTime<Utc>,
    hook: String,
    change: String,
    /// The key of the ticket, or the name of the source.
    of: String,
    again: u64,
}

/// A source that follows the script, as one process asks it.
struct Scripted {
    process: &'static str,
    name: SourceName,
    script: Arc<Script>,
    clock: Clock,
}

#[async_trait]
impl TicketSource for Scripted {
    fn name(&self) -> &SourceName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all_but(&[])
    }

    async fn whoami(&self) -> Result<Identity, Fault> {
        Ok(Identity { name: SafeText::line("jo"), may_not: Vec::new() })
    }

    async fn list_open(&self) -> Result<Pass, Fault> {
        let (now, name) = ((self.clock)(), self.name.as_str());
        let down = self.script.down.iter().any(|(source, from, to)| *source == name && (*from..*to).contains(&now));
        self.script.polls.lock().unwrap().push((name.to_owned(), (self.process, now, !down)));
        if down {
            return Err(Fault::new(holdover::domain::FaultKind::Unreachable, "it is down"));
        }
        let told = self.script.told.lock().unwrap();
        let tickets = self.script.tickets.iter().filter(|written| written.source == name);
        Ok(Pass { tickets: tickets.filter_map(|written| written.ticket(now, &told)).collect(), complete: true, ..Pass::default() })
    }

    async fn tell(&self, key: &TicketKey, _: &Deed, _: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        *self.script.tellings.lock().unwrap() += 1;
        self.script.told.lock().unwrap().entry(key.key.to_string()).or_insert_with(|| (self.clock)());
        Ok(Outcome::Confirmed { by: Some(SafeText::line("jo")), at: Some((self.clock)()) })
    }
}

/// Where processes share their records, in a time that only goes on while all of them wait.
struct Office {
    /// The configuration that the hooks are of.
    owner: &'static str,
    every: Duration,
    folder: TempDir,
    clock: Clock,
    script: Arc<Script>,
    agreements: Arc<Agreements>,
    hooks: Vec<HookSettings>,
}

impl Office {
    fn new(from: &str, script: Script, hooks: &str) -> Self {
        let (from, began) = (at(from), Instant::now());
        let settings = config::parse(&format!("{ACME}{hooks}"), "config.toml", &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
        Self {
            owner: "config.toml",
            every: EVERY,
            folder: TempDir::new().unwrap(),
            clock: Arc::new(move || from + TimeDelta::from_std(began.elapsed()).unwrap()),
            script: Arc::new(script),
            agreements: settings.agreements,
            hooks: settings.hooks,
        }
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    fn sources() -> [SourceName; 2] {
        ["desk", "phone"].map(SourceName::new)
    }

    /// The records as another process opens them.
    fn records(&self, nth: i64) -> Records {
        let sources = Self::sources().map(|name| RecordedSource {
            place: name.to_string(),
            name,
            reading: "as it is".to_owned(),
            blind_after: std::time::Duration::from_secs(300),
        });
        // the number keeps apart what begins at one instant
        Records::open(self.folder.path(), &sources, self.now() + TimeDelta::nanoseconds(nth)).unwrap().records
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The works of one process.
    fn works(&self, process: &'static str, records: &Arc<Records>) -> Works {
        let sources = Self::sources().map(|name| {
            let scripted = Scripted { process, name: name.clone(), script: Arc::clone(&self.script), clock: Arc::clone(&self.clock) };
            let rules = SourceRules { name, poll_every: self.every, blind_after: self.every * 3 };
            Polled { rules, source: Ok(Arc::new(scripted)), in_records: false }
        });
        let agreements = Arc::clone(&self.agreements);
        Works::begin(Beginning {
            rules: Rules {
                agreements,
                who: SafeText::line("jo"),
                zone: chrono_tz::Europe::London,
                views: Vec::new(),
                help: Arc::default(),
                frozen: false,
                read_only: false,
            },
            sources: sources.into(),
            records: Some(Arc::clone(records)),
            writes: true,
            clock: Arc::clone(&self.clock),
            who: SafeText::line("jo"),
            size: (80, 24),
        })
    }

    /// A dashboard without its terminal, until it is aborted.
    fn dashboard(&self, process: &'static str, nth: i64) -> tokio::task::JoinHandle<()> {
        let mut works = self.works(process, &Arc::new(self.records(nth)));
        tokio::spawn(async move {
            loop {
                let news = works.next().await;
                works.take_in(news);
            }
        })
    }

    /// A `watch`, until it is aborted; its hooks take no time, and are noted.
    fn watch(&self, process: &'static str, nth: i64) -> tokio::task::JoinHandle<()> {
        self.watch_with(process, nth, self.notes(process))
    }

    /// Notes each run of a hook, which takes no time.
    fn notes(&self, process: &'static str) -> RunHook {
        let (script, clock) = (Arc::clone(&self.script), Arc::clone(&self.clock));
        Arc::new(move |call| {
            script.runs.lock().unwrap().push(noted(process, clock(), &call));
            Box::pin(async { Ran { how: Ok(()), said: None } })
        })
    }

    /// What was told by whom, of what: each run of a hook so far.
    fn told(&self) -> Vec<String> {
        let runs = self.script.runs.lock().unwrap();
        runs.iter().map(|run| format!("{} {} {} {}", run.process, run.hook, run.of, run.change)).collect()
    }

    fn watch_with(&self, process: &'static str, nth: i64, run: RunHook) -> tokio::task::JoinHandle<()> {
        let mut watch = self.watching(process, nth, run);
        tokio::spawn(async move {
            loop {
                watch.step(std::future::pending::<()>()).await;
            }
        })
    }

    /// A `watch` that does nothing unless it is let.
    fn watching(&self, process: &'static str, nth: i64, run: RunHook) -> Watch {
        let records = Arc::new(self.records(nth));
        let works = self.works(process, &records);
        let (settings, clock) = (self.hooks.clone(), Arc::clone(&self.clock));
        let owner = self.owner.to_owned();
        let hooks = HookParts { owner, settings, environment: Vec::new(), zone: chrono_tz::Europe::London, clock, records, run };
        Watch::new(works, hooks, Arc::new(|_| {}))
    }

    /// Lets time go on to an instant.
    async fn until(&self, instant: DateTime<Utc>) {
        tokio::time::sleep((instant - self.now()).to_std().unwrap()).await;
    }
}

/// What a call says of itself.
fn noted(process: &'static str, at: DateTime<Utc>, call: &HookCall) -> HookRun {
    let told: Value = serde_json::from_str(&call.stdin).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let of = text(&told["ticket"]["key"]).or_else(|| text(&told["source"]["name"])).unwrap();
    assert_eq!(call.hook.as_str(), told["hook"]);
    HookRun { process, at, hook: call.hook.to_string(), change: text(&told["change"]).unwrap(), of, again: told["again"].as_u64().unwrap() }
}
