//! The hooks: what each has heard of, what it is still to be run for, and what runs. One process at a time runs them; what it
//! knows is in the records before a hook is run, so that another can go on where it ends.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use futures::FutureExt;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use super::believed::Believed;
use super::hook_alarm::{by_now, concerns};
use super::hook_call::{HookCall, Ran, RunHook};
use super::hook_facts::{self, Known, Occasion};
use super::hook_turn::{HookTurn, Turn};
use super::works_end::AT_THE_END;
use crate::app::{Alarms, Model, Standing, Standings, Subject};
use crate::config::HookSettings;
use crate::domain::{Alarm, PollReport, SourceName, TicketKey};
use crate::records::{Heard, Records, RunState, Told, ToldRun};
use crate::sources::Clock;

/// So many runs of one hook are under way at once: one that hangs keeps no other waiting for long.
const AT_ONCE: usize = 4;

/// What hooks are run with.
pub struct HookParts {
    /// Which configuration they are of: two have their own turn to run them, and have heard of their own.
    pub owner: String,
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
    settings: Vec<HookSettings>,
    environment: Vec<(String, String)>,
    zone: Tz,
    clock: Clock,
    run: RunHook,
    turn: HookTurn,
    /// What the sources have told.
    believed: Believed,
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
        let HookParts { owner, settings, environment, zone, clock, records, run } = parts;
        Self {
            alarms: vec![Alarms::default(); settings.len()],
            settings,
            environment,
            zone,
            clock,
            run,
            turn: HookTurn::new(records, owner),
            believed: Believed::default(),
            runs: HashMap::new(),
            running: JoinSet::new(),
            at_work: HashSet::new(),
            unsaved: HashSet::new(),
            broken: false,
            count: 0,
        }
    }

    /// Whether these are the hooks that it runs.
    pub fn are(&self, hooks: &[HookSettings]) -> bool {
        self.settings.len() == hooks.len() && self.settings.iter().zip(hooks).all(|(own, other)| own.is_same(other))
    }

    /// Tells instants in this zone from now on, and no hook what is in these variables.
    pub fn configure(&mut self, zone: Tz, keys: &[&str]) {
        self.zone = zone;
        self.environment.retain(|(name, _)| hook_facts::passes(name, keys));
    }

    /// Forgets all of sources that are no more: of these nobody tells when it is over. The records must know them still. What is
    /// worth telling of that.
    pub async fn keep_only(&mut self, sources: &HashSet<SourceName>) -> Vec<String> {
        let mut lines = Vec::new();
        for (hook, alarms) in self.alarms.iter_mut().enumerate() {
            self.unsaved.extend(alarms.keep_only(sources).into_iter().map(|subject| (hook, subject)));
        }
        let runs = self.runs.extract_if(|(_, subject), _| !sources.contains(subject.source()));
        self.unsaved.extend(runs.map(|(place, _)| place));
        self.believed.keep_only(sources);
        self.save(&mut lines).await;
        lines
    }

    /// Takes note of who told something, before it is taken in.
    pub fn heard(&mut self, report: &PollReport) {
        self.believed.heard(report);
    }

    /// Whether it is known how things stand at a source.
    pub fn believe(&self, source: &SourceName) -> bool {
        self.believed.is_believed(source)
    }

    /// Lets another process run them while this one stands.
    pub async fn let_go(&mut self) {
        self.turn.let_go().await;
    }

    /// After a stop nobody knows how things stand, until the sources have told, nor whose turn it is.
    pub fn went_on(&mut self) {
        self.turn.went_on();
        self.believed.went_on((self.clock)());
    }

    /// Runs what is to be run, if it is our turn. What is worth telling of that.
    pub async fn judge(&mut self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        if self.settings.is_empty() {
            return lines;
        }
        let now = (self.clock)();
        match self.turn.take(now, &mut lines).await {
            Turn::Theirs => return lines,
            Turn::Ours => {}
            Turn::Begins(heard) => {
                let told = self.go_on(heard, now, &mut lines);
                // what is not forgotten now is the next time
                let _ = self.turn.tell(Heard { told, judged: Vec::new() }).await;
            }
        }
        let health = model.store.health(now);
        let standings = Standings::new(&model.board, &health, |source| self.believed.is_believed(source));
        for hook in 0..self.settings.len() {
            for turned in self.alarms[hook].take_in(&standings) {
                let place = (hook, turned.subject);
                self.turned(&place, &turned.alarms, now);
                self.unsaved.insert(place);
            }
        }
        self.renew(now);
        let mut begun = self.begin(now);
        if begun.iter().any(|(_, subject)| matches!(subject, Subject::Ticket(_))) {
            self.spare(&mut begun, &self.turn.taken(&model.store).await);
        }
        self.unsaved.extend(begun.iter().cloned());
        // what another process has taken over is its to run
        if self.save(&mut lines).await {
            let known = Known { rows: OnceCell::new(), model, health: &health, zone: self.zone, now };
            for place in begun {
                self.start(place, &known);
            }
        }
        lines
    }

    /// Goes on where another process has ended, or an earlier run of this program. What was told to hooks that the configuration
    /// has no more can be forgotten.
    fn go_on(&mut self, heard: Heard, now: DateTime<Utc>, lines: &mut Vec<String>) -> Vec<Told> {
        let mut forgotten = Vec::new();
        self.believed.go_on(heard.judged, now);
        self.unsaved.clear();
        let before = std::mem::take(&mut self.runs);
        let mut heard_of: Vec<Vec<(Subject, Standing)>> = vec![Vec::new(); self.settings.len()];
        for Told { hook, source, key, standing, run } in heard.told {
            let Some(index) = self.settings.iter().position(|settings| settings.name == hook) else {
                forgotten.push(Told { hook, source, key, standing: None, run: None });
                continue;
            };
            let subject = match key {
                Some(key) => Subject::Ticket(TicketKey { source, key }),
                None => Subject::Source(source),
            };
            let standing = standing.and_then(|standing| serde_json::from_str(&standing).ok());
            heard_of[index].extend(standing.map(|standing| (subject.clone(), standing)));
            let Some((mut told, alarm)) = run.and_then(|run| run.alarm.parse().ok().map(|alarm| (run, alarm))) else { continue };
            let place = (index, subject);
            let mut number = 0;
            match (told.state, before.get(&place).filter(|_| self.at_work.contains(&place))) {
                // it was begun here, and runs
                (RunState::Begun, Some(run)) => number = run.number,
                (RunState::Begun, None) => {
                    let name = &place.1;
                    lines.push(format!("it is not known whether the hook {hook} was run for {name} – it is run again"));
                    told.state = RunState::Waiting;
                    told.times = told.times.saturating_sub(1);
                }
                (RunState::Done, _) if self.settings[index].again.is_none() => continue,
                (RunState::Waiting | RunState::Done, _) => {}
            }
            self.runs.insert(place, Run { told, alarm, number });
        }
        self.alarms = heard_of.into_iter().map(Alarms::heard).collect();
        forgotten
    }

    /// Something stands otherwise than the hook has heard: whether it is run for that.
    fn turned(&mut self, place: &Place, alarms: &[Alarm], now: DateTime<Utc>) {
        let settings = &self.settings[place.0];
        // at one moment a hook is run once, for what is gravest
        let alarm = alarms.iter().copied().filter(|alarm| settings.on.contains(alarm)).max();
        let Some(alarm) = alarm.filter(|_| concerns(settings, self.alarms[place.0].of(&place.1))) else { return };
        let told = ToldRun { state: RunState::Waiting, alarm: <&str>::from(alarm).to_owned(), since: now, at: now, times: 0 };
        self.runs.insert(place.clone(), Run { told, alarm, number: 0 });
    }

    /// Brings what waits up to what is so by now: what is over is told nobody any more, and what is to be run again waits.
    fn renew(&mut self, now: DateTime<Utc>) {
        let mut changed = Vec::new();
        for (place, run) in &self.runs {
            if run.told.state == RunState::Begun || !self.believed.is_believed(place.1.source()) {
                continue;
            }
            let by_now = by_now(&self.settings[place.0], run.alarm, self.alarms[place.0].of(&place.1));
            // by a clock that was set back since, it was run in the future
            let is_due = self.again_at(place, run).is_some_and(|at| at <= now || run.told.at > now);
            if by_now != Some(run.alarm) || is_due {
                changed.push((place.clone(), by_now, is_due));
            }
        }
        for (place, by_now, is_due) in changed {
            match (self.runs.get_mut(&place), by_now) {
                (Some(run), Some(alarm)) => {
                    (run.alarm, run.told.alarm) = (alarm, <&str>::from(alarm).to_owned());
                    if is_due {
                        run.told.state = RunState::Waiting;
                    }
                }
                _ => {
                    self.runs.remove(&place);
                }
            }
            self.unsaved.insert(place);
        }
    }

    /// When a hook is to be run again. Not before its source has told how things stand: perhaps that it is over.
    fn again_at(&self, (hook, subject): &Place, run: &Run) -> Option<DateTime<Utc>> {
        let again = TimeDelta::from_std(self.settings[*hook].again?).ok()?;
        let waits = run.told.state == RunState::Done && self.believed.is_believed(subject.source());
        run.told.at.checked_add_signed(again).filter(|_| waits)
    }

    /// Those that are run now: what nobody was told of before what is repeated, the highest severity first (what may be an S1 is
    /// one), then the gravest. Repeats never take the last place. Of a source that has told nothing yet none is run: perhaps
    /// somebody has the ticket.
    fn begin(&mut self, now: DateTime<Utc>) -> Vec<Place> {
        let mut at_work: HashMap<usize, usize> = HashMap::new();
        self.at_work.iter().for_each(|(hook, _)| *at_work.entry(*hook).or_default() += 1);
        let may = |place: &Place| !self.at_work.contains(place) && self.believed.is_believed(place.1.source());
        let waits = |(place, run): &(&Place, &mut Run)| run.told.state == RunState::Waiting && may(place);
        let severity = |(hook, subject): &Place| match self.alarms[*hook].of(subject) {
            Some(Standing::Open { severity, .. }) => *severity,
            Some(Standing::Blind) | None => None,
        };
        let rank = |place: &Place, run: &Run| (run.told.times > 0, severity(place), Reverse(run.alarm), run.told.since);
        let mut waiting: Vec<(&Place, &mut Run)> = self.runs.iter_mut().filter(waits).collect();
        waiting.sort_by(|(a, of_a), (b, of_b)| rank(a, of_a).cmp(&rank(b, of_b)).then(a.cmp(b)));
        let mut begun = Vec::new();
        for (place, run) in waiting {
            let at_work = at_work.entry(place.0).or_default();
            let room = if run.told.times > 0 { AT_ONCE - 1 } else { AT_ONCE };
            if *at_work < room {
                *at_work += 1;
                self.count += 1;
                run.number = self.count;
                (run.told.state, run.told.at, run.told.times) = (RunState::Begun, now, run.told.times + 1);
                begun.push(place.clone());
            }
        }
        begun
    }

    /// Lets those wait whose ticket somebody has by now: the board is just being told of it.
    fn spare(&mut self, begun: &mut Vec<Place>, taken: &HashSet<TicketKey>) {
        for place in begun.extract_if(.., |(_, subject)| matches!(subject, Subject::Ticket(key) if taken.contains(key))) {
            if let Some(run) = self.runs.get_mut(&place) {
                (run.told.state, run.told.times) = (RunState::Waiting, run.told.times.saturating_sub(1));
            }
        }
    }

    /// Runs a hook, beside the loop; it is told what is known by now.
    fn start(&mut self, place: Place, known: &Known) {
        let Some(run) = self.runs.get(&place) else { return };
        let settings = &self.settings[place.0];
        let again = run.told.times.saturating_sub(1);
        let occasion = Occasion { hook: &settings.name, alarm: run.alarm, at: known.now, since: run.told.since, again };
        let (stdin, variables) = known.facts(&place.1, run.alarm).told(&occasion);
        let environment = self.environment.iter().cloned().chain(variables).collect();
        let (hook, command, timeout) = (settings.name.clone(), settings.command.clone(), settings.timeout);
        let run_hook = Arc::clone(&self.run);
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
        let settings = &self.settings[place.0];
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
            } else {
                self.runs.remove(&place);
            }
            self.unsaved.insert(place);
            self.save(&mut lines).await;
        }
        lines
    }

    /// Keeps how those stand that the records do not know. What goes wrong is told once, and kept the next time. Whether it is
    /// our turn still.
    async fn save(&mut self, lines: &mut Vec<String>) -> bool {
        if self.unsaved.is_empty() {
            return true;
        }
        let told = self.unsaved.iter().map(|place| self.told(place)).collect();
        let judged = self.believed.judge(self.unsaved.iter().map(|place| place.1.source()));
        let saved = self.turn.tell(Heard { told, judged }).await;
        let was_broken = std::mem::replace(&mut self.broken, saved.is_err());
        match saved {
            Ok(ours) => {
                self.unsaved.clear();
                return ours;
            }
            Err(_) if was_broken => {}
            Err(fault) => lines.push(format!("what the hooks have heard of is not on record – {fault} – they are run all the same")),
        }
        true
    }

    fn told(&self, place: &Place) -> Told {
        let key = match &place.1 {
            Subject::Ticket(key) => Some(key.key.clone()),
            Subject::Source(_) => None,
        };
        Told {
            hook: self.settings[place.0].name.clone(),
            source: place.1.source().clone(),
            key,
            standing: self.alarms[place.0].of(&place.1).and_then(|standing| serde_json::to_string(standing).ok()),
            run: self.runs.get(place).map(|run| run.told.clone()),
        }
    }

    /// When one is to be run again, or it is to be looked whose turn it is.
    pub fn changes_at(&self) -> Option<DateTime<Utc>> {
        self.runs.iter().filter_map(|(place, run)| self.again_at(place, run)).chain(self.turn.looks_at()).min()
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
