//! What of a running holdover needs no terminal: the model, the sources that are polled, the records, and what is on its way
//! from the outbox. The dashboard, `--plain` and `watch` drive it; what they do with what it tells is theirs.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::bookkeeper::{Bookkeeper, Event, ToKeep};
use super::delivery::{Delivery, Pace, ack_of, write_beside};
use super::kept::Remembered;
use super::shared_source::SharedSource;
use crate::app::{self, Ack, Effect, Message, Model, Rules, SourceRules};
use crate::domain::{Deed, DeedKind, Fault, Grounds, Outcome, PollReport, SafeText, SourceName, Ticket, TicketKey};
use crate::records::{OutboxEntry, Queued, Records};
use crate::sources::poller::{self, Poller};
use crate::sources::{Clock, TicketSource};

/// A clock that is set right by the network goes on by less at once.
const ASLEEP: TimeDelta = TimeDelta::seconds(30);
/// So many reports and outcomes may wait to be taken in.
const WAITING: usize = 64;

/// A source that is to be polled.
pub struct Polled {
    /// Its name, and when it counts as late.
    pub rules: SourceRules,
    /// The source, or why it cannot be asked at all.
    pub source: Result<Arc<dyn TicketSource>, Fault>,
    /// Its tickets are in the records already.
    pub in_records: bool,
}

/// What the works begin with.
pub struct Beginning {
    /// What does not change.
    pub rules: Rules,
    /// The sources in the order of the configuration.
    pub sources: Vec<Polled>,
    /// What must outlive the program; none where it cannot be used.
    pub records: Option<Arc<Records>>,
    /// They are written, and what is in the outbox is sent.
    pub writes: bool,
    /// Says the time.
    pub clock: Clock,
    /// Who answers.
    pub who: SafeText,
    /// Columns and rows of what is drawn on.
    pub size: (u16, u16),
}

/// Something that happened beside the loop, to be taken in.
pub struct News(pub(super) Incoming);

/// What kind of thing it is.
pub(super) enum Incoming {
    /// A source answered, or failed to.
    Report(PollReport),
    /// Anything else.
    Event(Event),
}

impl News {
    /// A source cannot be asked at all.
    pub(super) const fn fault(source: SourceName, at: DateTime<Utc>, fault: Fault) -> Self {
        Self(Incoming::Report(PollReport { source, began_at: at, ended_at: at, outcome: Err(fault) }))
    }
}

/// The model, and the world around it but for the terminal.
pub struct Works {
    /// All that is known.
    pub model: Model,
    pub(super) clock: Clock,
    /// What the clock said when the program last looked whether the machine had slept, and when it did by what counts only the
    /// time that it is awake.
    awake: (DateTime<Utc>, Instant),
    who: SafeText,
    pub(super) polls: Vec<Poll>,
    pub(super) reports: (mpsc::Sender<PollReport>, mpsc::Receiver<PollReport>),
    pub(super) events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    /// What has happened and is to be taken in before what comes.
    pub(super) put_by: VecDeque<News>,
    pub(super) records: Option<Arc<Records>>,
    pub(super) bookkeeper: Option<Bookkeeper>,
    /// What is on its way from the outbox to a source.
    pub(super) deliveries: JoinSet<()>,
    pub(super) pace: watch::Sender<Pace>,
    /// How many deeds are just being written down.
    writing: usize,
    /// The entries of the outbox that can be undone.
    held: HashMap<(TicketKey, DeedKind), i64>,
    /// What is to be undone as soon as it is written.
    unwanted: HashSet<(TicketKey, DeedKind)>,
    /// Those that are delivered now.
    delivered: HashMap<i64, AbortHandle>,
}

/// How one source is polled.
pub(super) struct Poll {
    pub(super) source: Arc<dyn TicketSource>,
    pub(super) poller: Poller,
    /// Other processes may ask it too.
    pub(super) shared: Option<Arc<SharedSource>>,
    pub(super) in_records: bool,
    /// What it told last stood in the records.
    recorded: bool,
}

impl Poll {
    /// Begins to poll a source; with the records, of which others read what it says, where they are written.
    pub(super) fn begin(
        source: Arc<dyn TicketSource>,
        rules: &SourceRules,
        in_records: bool,
        written: Option<&Arc<Records>>,
        clock: &Clock,
        reports: &mpsc::Sender<PollReport>,
    ) -> Self {
        let shared = written
            .filter(|_| !in_records)
            .map(|records| Arc::new(SharedSource::new(Arc::clone(&source), Arc::clone(records), rules.poll_every, Arc::clone(clock))));
        let source = shared.clone().map_or(source, |shared| shared as Arc<dyn TicketSource>);
        let poller = poller::spawn(Arc::clone(&source), rules.poll_every, Arc::clone(clock), reports.clone());
        Self { source, poller, shared, in_records, recorded: false }
    }
}

impl Works {
    /// Begins to poll every source. What it knows at once is what the records tell.
    #[must_use]
    pub fn begin(beginning: Beginning) -> Self {
        let Beginning { rules, sources, records, writes, clock, who, size } = beginning;
        let now = clock();
        let reports = mpsc::channel(WAITING);
        let known: Vec<SourceRules> = sources.iter().map(|polled| polled.rules.clone()).collect();
        let (mut polls, mut faults) = (Vec::new(), VecDeque::new());
        for Polled { rules, source, in_records } in sources {
            let source = match source {
                Ok(source) => source,
                Err(fault) => {
                    // what cannot be asked at all is told for as long as the program runs
                    faults.push_back(News::fault(rules.name, now, fault));
                    continue;
                }
            };
            polls.push(Poll::begin(source, &rules, in_records, records.as_ref().filter(|_| writes), &clock, &reports.0));
        }
        let names: Vec<_> = known.iter().map(|rules| rules.name.clone()).collect();
        let mut model = Model::new(rules, known, now, size);
        model.local = polls.iter().find(|poll| poll.in_records).map(|poll| poll.source.name().clone());
        model.capabilities = polls.iter().map(|poll| (poll.source.name().clone(), poll.source.capabilities())).collect();
        let remembered = records.as_ref().map(|records| Remembered::read(records, &names)).unwrap_or_default();
        for warning in remembered.recall(&mut model, now) {
            app::update(&mut model, Message::Warned(warning));
        }
        let events = mpsc::channel(WAITING);
        let bookkeeper = records.as_ref().filter(|_| writes).map(|records| {
            let keeper = Bookkeeper::spawn(Arc::clone(records), Arc::clone(&clock), events.0.clone());
            keeper.look();
            keeper
        });
        Self {
            model,
            awake: (now, Instant::now()),
            clock,
            who,
            polls,
            reports,
            events,
            put_by: faults,
            records,
            bookkeeper,
            deliveries: JoinSet::new(),
            pace: watch::Sender::new(Pace::Running),
            writing: 0,
            held: HashMap::new(),
            unwanted: HashSet::new(),
            delivered: HashMap::new(),
        }
    }

    /// Waits for the next thing that happens beside the loop. Whoever stops waiting loses nothing.
    pub async fn next(&mut self) -> News {
        if let Some(news) = self.put_by.pop_front() {
            return news;
        }
        // a sender of each lives as long as this does
        tokio::select! {
            biased;
            Some(report) = self.reports.1.recv() => News(Incoming::Report(report)),
            Some(event) = self.events.1.recv() => News(Incoming::Event(event)),
        }
    }

    /// What has happened already.
    pub fn pending(&mut self) -> Option<News> {
        if let Some(news) = self.put_by.pop_front() {
            return Some(news);
        }
        let report = self.reports.1.try_recv().map(Incoming::Report);
        report.or_else(|_| self.events.1.try_recv().map(Incoming::Event)).ok().map(News)
    }

    /// Takes in what happened. What it asks for that only the caller can do.
    pub fn take_in(&mut self, news: News) -> Vec<Effect> {
        match news.0 {
            Incoming::Report(report) => self.polled(report),
            Incoming::Event(event) => self.event(event),
        }
    }

    /// A source answered, or failed to: that is kept.
    pub(super) fn polled(&mut self, report: PollReport) -> Vec<Effect> {
        let poll = self.polls.iter_mut().find(|poll| *poll.source.name() == report.source);
        // local tickets are in the records already
        let in_records = poll.as_ref().is_some_and(|poll| poll.in_records);
        if let Some(poll) = poll {
            poll.recorded = report.outcome.as_ref().is_ok_and(|pass| pass.recorded.is_some());
        }
        let kept = ToKeep::of(&report).filter(|_| !in_records);
        let effects = self.happened(Message::Polled(report));
        if let Some(bookkeeper) = &self.bookkeeper {
            bookkeeper.keep(kept, &self.model.store);
        }
        effects
    }

    /// Something happened beside the loop.
    fn event(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Happened(message) => {
                match &message {
                    Message::Underway { ack: Ack::Held { .. }, .. } => {}
                    Message::Underway { key, deed, .. } => {
                        self.held.remove(&(key.clone(), *deed));
                    }
                    Message::Undone { key, deed } => {
                        let entry = self.held.remove(&(key.clone(), *deed));
                        // it is in the outbox no more: its delivery waits for nothing
                        if let Some(delivery) = entry.and_then(|entry| self.delivered.remove(&entry)) {
                            delivery.abort();
                        }
                    }
                    _ => {}
                }
                self.happened(message)
            }
            Event::Left(id) => {
                self.delivered.remove(&id);
                Vec::new()
            }
            Event::Written => {
                // what others have written is looked up at once
                self.polls.iter().filter(|poll| poll.in_records || poll.recorded).for_each(|poll| poll.poller.poll_now());
                match &self.model.screen {
                    screen if screen.has_handover() => vec![Effect::ReadPast],
                    screen if screen.has_activity() => vec![Effect::ReadActivity],
                    _ => Vec::new(),
                }
            }
            Event::Queued(queued) => {
                self.writing -= 1;
                match queued {
                    Ok(entry) => self.adopted(entry),
                    Err(message) => self.happened(message),
                }
            }
            Event::Adopted(entry) => self.adopted(entry),
        }
    }

    /// An entry of the outbox is this process's to deliver.
    fn adopted(&mut self, entry: OutboxEntry) -> Vec<Effect> {
        let (key, ack) = ack_of(&entry, (self.clock)());
        let deed = entry.deed.kind();
        let named = (key.clone(), deed);
        if matches!(ack, Ack::Held { .. }) {
            self.held.insert(named.clone(), entry.id);
        }
        let unwanted = self.unwanted.remove(&named);
        let effects = self.happened(Message::Underway { entry: entry.id, key, deed, ack });
        self.deliver(entry);
        if unwanted {
            self.undo(named);
        }
        effects
    }

    /// Whether a source is polled; one that could not be opened is not.
    pub(super) fn polls(&self, name: &SourceName) -> bool {
        self.polls.iter().any(|poll| poll.source.name() == name)
    }

    /// How many deeds this process has still to see to their end: held, being written or sent, or waiting to be sent again.
    pub(super) fn under_way(&self) -> usize {
        self.writing + self.delivered.len()
    }

    /// Moves on in time.
    pub fn tick(&mut self) {
        app::update(&mut self.model, Message::Tick((self.clock)()));
    }

    /// Changes the model and does what it asks for; returns what of that only the caller can do.
    pub fn happened(&mut self, message: Message) -> Vec<Effect> {
        self.tick();
        let effects = app::update(&mut self.model, message);
        self.do_all(effects)
    }

    /// Does what is asked for; returns what of that only the caller can do.
    pub(super) fn do_all(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut left = Vec::new();
        for effect in effects {
            match effect {
                Effect::Tell { key, deed, send_at } => left.extend(self.tell(key, deed, send_at)),
                Effect::Undo { key, deed } => self.undo((key, deed)),
                Effect::PollNow => {
                    for poll in &self.polls {
                        poll.shared.iter().for_each(|source| source.ask_itself());
                        poll.poller.poll_now();
                    }
                }
                Effect::ReadPast
                | Effect::ReadActivity
                | Effect::Make { .. }
                | Effect::Copy(_)
                | Effect::Redraw
                | Effect::Suspend
                | Effect::Quit => left.push(effect),
            }
        }
        left
    }

    /// Whether the machine has slept since this was last asked, or its clock was set: nobody knows how things stand.
    pub fn slept(&mut self) -> bool {
        let (before, awake) = std::mem::replace(&mut self.awake, ((self.clock)(), Instant::now()));
        let told = self.awake.0 - before;
        let lived = TimeDelta::from_std(self.awake.1 - awake).unwrap_or(TimeDelta::MAX);
        told.checked_sub(&lived).is_some_and(|slept| slept > ASLEEP)
    }

    /// The program goes on after a stop, however long that was.
    pub fn went_on(&mut self) -> Vec<Effect> {
        if let Some(bookkeeper) = &self.bookkeeper {
            bookkeeper.look();
        }
        self.happened(Message::WentOn)
    }

    /// Writes a deed down, beside the loop; then it is on its way.
    fn tell(&mut self, key: TicketKey, deed: Deed, send_at: DateTime<Utc>) -> Vec<Effect> {
        let Some(records) = self.records.clone() else {
            let why = self.model.no_records.as_ref().map_or("there are no records", SafeText::as_str);
            let reason = SafeText::line(&format!("nothing was sent: {why}"));
            return self.happened(Message::Done { entry: None, key, deed, outcome: Outcome::Refused { reason } });
        };
        let now = (self.clock)();
        let ticket = self.model.store.tickets().find(|ticket| ticket.id == key).cloned();
        let agreements = Arc::clone(&self.model.rules.agreements);
        let (who, events) = (self.who.clone(), self.events.0.clone());
        self.writing += 1;
        self.deliveries.spawn(async move {
            let (id, queued_deed) = (key.clone(), deed.clone());
            let queued = write_beside(&records, move |records| {
                let unknown = Ticket::new(id.clone());
                let ticket = ticket.as_deref().unwrap_or(&unknown);
                let (grounds, submitted_at) = (Grounds::of(ticket, &agreements, now), ticket.submitted_at);
                records.queue(&Queued { key: &id, deed: &queued_deed, who: &who, grounds: &grounds, submitted_at, asked_at: now, send_at })
            });
            let queued = queued.await.map_err(|fault| {
                let reason = SafeText::line(&format!("nothing was sent: {fault}"));
                Message::Done { entry: None, key, deed, outcome: Outcome::Refused { reason } }
            });
            // the loop has ended: nobody asks any more
            let _ = events.send(Event::Queued(queued)).await;
        });
        Vec::new()
    }

    /// Sees an entry of the outbox to its end, beside the loop.
    pub(super) fn deliver(&mut self, entry: OutboxEntry) {
        let Some(records) = self.records.clone().filter(|_| entry.other.is_none()) else { return };
        if self.delivered.contains_key(&entry.id) {
            return;
        }
        let source = self.polls.iter().find(|poll| *poll.source.name() == entry.key.source).map(|poll| Arc::clone(&poll.source));
        let (clock, events, pace) = (Arc::clone(&self.clock), self.events.0.clone(), self.pace.subscribe());
        let id = entry.id;
        let task = self.deliveries.spawn(Delivery { records, source, clock, events, pace }.run(entry));
        self.delivered.insert(id, task);
    }

    /// Lets go of what is not being sent, and of the right to ask: while the program stands, another can.
    pub async fn let_go(&mut self) {
        for source in self.polls.iter().filter_map(|poll| poll.shared.as_ref()) {
            source.let_go().await;
        }
        let Some(records) = &self.records else { return };
        let delivered: Vec<i64> = self.delivered.keys().copied().collect();
        let release = move |records: &Records| Ok(delivered.into_iter().filter(|id| records.release(*id).unwrap_or(false)).collect());
        // what could not be released is delivered when the program goes on
        let released: Vec<i64> = write_beside(records, release).await.unwrap_or_default();
        for task in released.iter().filter_map(|id| self.delivered.remove(id)) {
            task.abort();
        }
    }

    /// Takes a deed back, if nothing of it is sent yet.
    fn undo(&mut self, named: (TicketKey, DeedKind)) {
        let Some(records) = self.records.clone() else { return };
        let Some(id) = self.held.get(&named).copied() else {
            // it is just being written
            self.unwanted.insert(named);
            return;
        };
        let (key, deed) = named;
        let events = self.events.0.clone();
        self.deliveries.spawn(async move {
            let message = match write_beside(&records, move |records| records.undo(id)).await {
                Ok(true) => Message::Undone { key, deed },
                Ok(false) => Message::Warned(format!("{key} is not undone: it is being sent")),
                Err(fault) => Message::Warned(format!("{key} is not undone: {fault}")),
            };
            let _ = events.send(Event::Happened(message)).await;
        });
    }
}
