//! The hooks: what each has heard of, what it is still to be run for, and what runs. One process at a time runs them; what it
//! knows is in the records before a hook is run, so that another can go on where it ends.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use futures::FutureExt;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use super::delivery::write_beside;
use super::hook_call::{HookCall, Ran, RunHook};
use super::hook_facts::{Facts, Known, Occasion};
use super::works_end::AT_THE_END;
use crate::app::{Alarms, Model, Standing, Standings, Subject};
use crate::config::HookSettings;
use crate::domain::{Alarm, PollReport, SafeText, SourceName, TicketKey, instant};
use crate::records::{Lease, Records, RunState, Told, ToldRun};
use crate::sources::Clock;

/// So many runs of one hook are under way at once: one that hangs keeps no other waiting for long.
const AT_ONCE: usize = 4;

/// What hooks are run with.
pub struct HookParts {
    /// The hooks.
    pub settings: Vec<HookSettings>,
    /// What each run gets of our environment.
    pub environment: Vec<(String, String)>,
    /// The engineer's zone.
    pub zone: Tz,
    /// Says the time.
    pub clock: Clock,
    /// Where it is kept what they have heard of.
    pub records: Arc<Records>,
    /// How they are run.
    pub run: RunHook,
}

/// A hook by its place in the configuration, and what it is run for.
type Place = (usize, Subject);

/// All hooks.
pub(super) struct Hooks {
    parts: HookParts,
    /// Whose turn it is to run them.
    turn: Turn,
    /// The sources that have told something since it is our turn: what they told before, whoever ran the hooks then has heard.
    fresh: HashSet<SourceName>,
    /// What each hook has heard of.
    alarms: Vec<Alarms>,
    runs: HashMap<Place, Run>,
    running: JoinSet<EndedRun>,
    at_work: HashSet<Place>,
    /// What the records do not know yet.
    unsaved: HashSet<Place>,
    /// The records could not be written.
    broken: bool,
    /// How many runs there were.
    count: u64,
}

enum Turn {
    Unknown,
    Theirs(SafeText),
    Ours { since: DateTime<Utc>, _lease: Option<Lease> },
}

/// What a hook is run for, or was.
struct Run {
    told: ToldRun,
    alarm: Alarm,
    /// The number of the run under way.
    number: u64,
}

/// A run that has ended.
pub(super) struct EndedRun {
    place: Place,
    number: u64,
    alarm: Alarm,
    ran: Ran,
}

impl Hooks {
    pub fn new(parts: HookParts) -> Self {
        Self {
            alarms: vec![Alarms::default(); parts.settings.len()],
            parts,
            turn: Turn::Unknown,
            fresh: HashSet::new(),
            runs: HashMap::new(),
            running: JoinSet::new(),
            at_work: HashSet::new(),
            unsaved: HashSet::new(),
            broken: false,
            count: 0,
        }
    }

    /// Takes note of who told something, before it is taken in.
    pub fn heard(&mut self, report: &PollReport) {
        let Turn::Ours { since, .. } = self.turn else { return };
        let failed = match &report.outcome {
            Ok(pass) => pass.recorded.as_ref().is_some_and(|recorded| recorded.fault.is_some()),
            Err(_) => true,
        };
        if failed || report.ended_at >= since {
            self.fresh.insert(report.source.clone());
        }
    }

    /// After a stop nobody knows how things stand, until the sources have told.
    pub fn went_on(&mut self) {
        if let Turn::Ours { since, .. } = &mut self.turn {
            *since = instant::whole_seconds((self.parts.clock)());
        }
        self.fresh.clear();
    }

    /// Runs what is to be run, if it is our turn. What is worth telling of that.
    pub async fn judge(&mut self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        if self.parts.settings.is_empty() || !self.is_ours(&mut lines).await {
            return lines;
        }
        let now = (self.parts.clock)();
        let health = model.store.health(now);
        let standings = Standings::new(&model.board, &health, |source| self.fresh.contains(source));
        let known = Known { rows: OnceCell::new(), model, health: &health, zone: self.parts.zone, now };
        let mut touched = HashSet::new();
        for hook in 0..self.parts.settings.len() {
            for turned in self.alarms[hook].take_in(&standings) {
                let place = (hook, turned.subject);
                self.turned(&place, &turned.alarms, &known);
                touched.insert(place);
            }
        }
        touched.extend(self.repeat(&known));
        let begun = self.begin(now);
        touched.extend(begun.iter().cloned());
        lines.extend(self.save(touched).await);
        for place in begun {
            self.start(place, now);
        }
        lines
    }

    /// Whether it is our turn; takes it where nobody has it.
    async fn is_ours(&mut self, lines: &mut Vec<String>) -> bool {
        if matches!(self.turn, Turn::Ours { .. }) {
            return true;
        }
        let lease = match write_beside(&self.parts.records, Records::lease_of_hooks).await {
            Ok(Ok(lease)) => Some(lease),
            Ok(Err(by)) => {
                if !matches!(&self.turn, Turn::Theirs(before) if *before == by) {
                    lines.push(format!("process {by} runs the hooks – this one does when that has ended"));
                }
                self.turn = Turn::Theirs(by);
                return false;
            }
            Err(fault) => {
                // run twice is better than not at all
                lines.push(format!("it is not known whether another process runs the hooks – {fault} – they are run here"));
                None
            }
        };
        self.turn = Turn::Ours { since: instant::whole_seconds((self.parts.clock)()), _lease: lease };
        self.fresh.clear();
        match write_beside(&self.parts.records, Records::told).await {
            Ok(told) => {
                let forgotten = self.go_on(told, lines);
                // what is not forgotten now is the next time
                let _ = write_beside(&self.parts.records, move |records| records.tell(&forgotten)).await;
            }
            Err(fault) => lines.push(format!("it is not known what the hooks have heard of – {fault} – they hear of everything anew")),
        }
        true
    }

    /// Goes on where another process has ended, or an earlier run of this program. What was told to hooks that there are no
    /// more can be forgotten.
    fn go_on(&mut self, told: Vec<Told>, lines: &mut Vec<String>) -> Vec<Told> {
        let mut forgotten = Vec::new();
        let mut heard: Vec<Vec<(Subject, Standing)>> = vec![Vec::new(); self.parts.settings.len()];
        for Told { hook, source, key, standing, run } in told {
            let Some(index) = self.parts.settings.iter().position(|settings| settings.name == hook) else {
                forgotten.push(Told { hook, source, key, standing: None, run: None });
                continue;
            };
            let subject = match key {
                Some(key) => Subject::Ticket(TicketKey { source, key }),
                None => Subject::Source(source),
            };
            heard[index]
                .extend(standing.and_then(|standing| serde_json::from_str(&standing).ok()).map(|standing| (subject.clone(), standing)));
            let Some((mut told, alarm)) = run.and_then(|run| run.alarm.parse().ok().map(|alarm| (run, alarm))) else { continue };
            match told.state {
                RunState::Begun => {
                    let name = &subject;
                    lines.push(format!("it is not known whether the hook {hook} was run for {name} – it is run again"));
                    told.state = RunState::Waiting;
                    told.times = told.times.saturating_sub(1);
                }
                RunState::Done if self.parts.settings[index].again.is_none() => continue,
                RunState::Waiting | RunState::Done => {}
            }
            self.runs.insert((index, subject), Run { told, alarm, number: 0 });
        }
        self.alarms = heard.into_iter().map(Alarms::heard).collect();
        forgotten
    }

    /// Something stands otherwise than the hook has heard: whether it is run for that.
    fn turned(&mut self, place: &Place, alarms: &[Alarm], known: &Known) {
        let settings = &self.parts.settings[place.0];
        let standing = self.alarms[place.0].of(&place.1);
        if standing.is_none() && self.runs.get(place).is_some_and(|run| run.told.state == RunState::Done) {
            self.runs.remove(place);
        }
        // at one moment a hook is run once, for what is gravest
        let alarm = alarms.iter().copied().filter(|alarm| settings.on.contains(alarm)).max();
        let Some(alarm) = alarm.filter(|_| concerns(settings, standing)) else { return };
        let facts = known.facts(&place.1, alarm).kept();
        let (since, name) = (known.now, <&str>::from(alarm).to_owned());
        let told = ToldRun { state: RunState::Waiting, alarm: name, facts, since, at: since, times: 0 };
        self.runs.insert(place.clone(), Run { told, alarm, number: 0 });
    }

    /// Lets those wait to be run that are to be run again.
    fn repeat(&mut self, known: &Known) -> Vec<Place> {
        let is_due = |(place, run): &(&Place, &Run)| self.again_at(place, run).is_some_and(|at| at <= known.now);
        let due: Vec<Place> = self.runs.iter().filter(is_due).map(|(place, _)| place.clone()).collect();
        for place in &due {
            let standing = self.alarms[place.0].of(&place.1);
            let concerns = standing.is_some() && concerns(&self.parts.settings[place.0], standing);
            match self.runs.get_mut(place) {
                Some(run) if concerns => {
                    run.told.state = RunState::Waiting;
                    run.told.facts = known.facts(&place.1, run.alarm).kept();
                }
                _ => {
                    self.runs.remove(place);
                }
            }
        }
        due
    }

    /// When a hook is to be run again. Not before its source has told how things stand: perhaps that it is over.
    fn again_at(&self, (hook, subject): &Place, run: &Run) -> Option<DateTime<Utc>> {
        let again = TimeDelta::from_std(self.parts.settings[*hook].again?).ok()?;
        let waits = run.told.state == RunState::Done && self.fresh.contains(subject.source());
        run.told.at.checked_add_signed(again).filter(|_| waits)
    }

    /// Those that are run now, the gravest first.
    fn begin(&mut self, now: DateTime<Utc>) -> Vec<Place> {
        let mut at_work: HashMap<usize, usize> = HashMap::new();
        self.at_work.iter().for_each(|(hook, _)| *at_work.entry(*hook).or_default() += 1);
        let waits = |(place, run): &(&Place, &mut Run)| run.told.state == RunState::Waiting && !self.at_work.contains(*place);
        let mut waiting: Vec<(&Place, &mut Run)> = self.runs.iter_mut().filter(waits).collect();
        waiting.sort_by(|(a, of_a), (b, of_b)| of_b.alarm.cmp(&of_a.alarm).then(of_a.told.since.cmp(&of_b.told.since)).then(a.cmp(b)));
        let mut begun = Vec::new();
        for (place, run) in waiting {
            let at_work = at_work.entry(place.0).or_default();
            if *at_work < AT_ONCE {
                *at_work += 1;
                self.count += 1;
                run.number = self.count;
                (run.told.state, run.told.at, run.told.times) = (RunState::Begun, now, run.told.times + 1);
                begun.push(place.clone());
            }
        }
        begun
    }

    /// Runs a hook, beside the loop.
    fn start(&mut self, place: Place, now: DateTime<Utc>) {
        let Some(run) = self.runs.get(&place) else { return };
        let settings = &self.parts.settings[place.0];
        let occasion =
            Occasion { hook: &settings.name, alarm: run.alarm, at: now, since: run.told.since, again: run.told.times.saturating_sub(1) };
        let (stdin, variables) = Facts::of_kept(&run.told.facts).told(&occasion);
        let environment = self.parts.environment.iter().cloned().chain(variables).collect();
        let (hook, command, timeout) = (settings.name.clone(), settings.command.clone(), settings.timeout);
        let run_hook = Arc::clone(&self.parts.run);
        let (number, alarm) = (run.number, run.alarm);
        self.at_work.insert(place.clone());
        self.running.spawn(async move {
            let call = HookCall { hook, command, environment, stdin, timeout };
            let ran = AssertUnwindSafe(async { run_hook(call).await }).catch_unwind().await;
            let failed_inside = |_| Ran { how: Err("running it failed inside; please report it".to_owned()), said: None };
            EndedRun { place, number, alarm, ran: ran.unwrap_or_else(failed_inside) }
        });
    }

    /// Waits until a hook has ended; for ever where none runs. Whoever stops waiting loses nothing.
    pub async fn ended(&mut self) -> Result<EndedRun, JoinError> {
        match self.running.join_next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Takes in how a run ended. What is worth telling of that.
    pub async fn take_in(&mut self, ended: Result<EndedRun, JoinError>) -> Vec<String> {
        // nobody stops a run but at the end
        let Ok(EndedRun { place, number, alarm, ran }) = ended else { return Vec::new() };
        self.at_work.remove(&place);
        let settings = &self.parts.settings[place.0];
        let (hook, alarm, name) = (&settings.name, <&str>::from(alarm), &place.1);
        let said = ran.said.map_or_else(String::new, |said| format!(", and said: {said}"));
        let mut lines = vec![match ran.how {
            Ok(()) => format!("hook {hook} was run: {alarm}, {name}{said}"),
            Err(why) => format!("hook {hook} failed: {alarm}, {name} – {why}{said} – see that its command works"),
        }];
        // what it waits for by now is another change
        if let Some(run) = self.runs.get_mut(&place).filter(|run| run.number == number) {
            let stands = self.alarms[place.0].of(&place.1).is_some();
            if stands && settings.again.is_some() {
                run.told.state = RunState::Done;
                // they are another when it is run again
                run.told.facts.clear();
            } else {
                self.runs.remove(&place);
            }
            lines.extend(self.save(HashSet::from([place])).await);
        }
        lines
    }

    /// Keeps how some of them stand. What goes wrong is told once, and kept the next time.
    async fn save(&mut self, touched: HashSet<Place>) -> Option<String> {
        self.unsaved.extend(touched);
        if self.unsaved.is_empty() {
            return None;
        }
        let told: Vec<Told> = self.unsaved.iter().map(|place| self.told(place)).collect();
        let saved = write_beside(&self.parts.records, move |records| records.tell(&told)).await;
        let was_broken = std::mem::replace(&mut self.broken, saved.is_err());
        match saved {
            Ok(()) => {
                self.unsaved.clear();
                None
            }
            Err(_) if was_broken => None,
            Err(fault) => Some(format!("what the hooks have heard of is not on record – {fault} – they are run all the same")),
        }
    }

    fn told(&self, place: &Place) -> Told {
        let key = match &place.1 {
            Subject::Ticket(key) => Some(key.key.clone()),
            Subject::Source(_) => None,
        };
        Told {
            hook: self.parts.settings[place.0].name.clone(),
            source: place.1.source().clone(),
            key,
            standing: self.alarms[place.0].of(&place.1).and_then(|standing| serde_json::to_string(standing).ok()),
            run: self.runs.get(place).map(|run| run.told.clone()),
        }
    }

    /// When one is to be run again.
    pub fn changes_at(&self) -> Option<DateTime<Utc>> {
        self.runs.iter().filter_map(|(place, run)| self.again_at(place, run)).min()
    }

    /// Gives those that run a little time.
    pub async fn end(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                lines.extend(self.take_in(ended).await);
            }
        };
        let _ = timeout(AT_THE_END, all).await;
        lines
    }
}

/// Whether a hook is for what stands so. A severity that nobody knows may be any.
fn concerns(settings: &HookSettings, standing: Option<&Standing>) -> bool {
    match standing {
        Some(Standing::Open { severity: Some(severity), .. }) => settings.severities.is_empty() || settings.severities.contains(severity),
        Some(Standing::Open { severity: None, .. } | Standing::Blind) | None => true,
    }
}
