//! The dashboard: one loop that takes in what happened, draws when something on the screen is another, and sleeps until the
//! next instant at which it will be. The effect runner is here too: the only place where the model meets the world.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::bookkeeper::{Bookkeeper, Event, ToKeep};
use super::delivery::{Delivery, Pace, ack_of, write_beside};
use super::kept::{self, Kept};
use super::output;
use super::past::{self, Question};
use super::session::{self, Exit, Session};
use super::shared_source::SharedSource;
use crate::app::{self, Ack, Effect, Message, Model, Rules, Screen, View};
use crate::config::ColorChoice;
use crate::domain::{Deed, DeedKind, Grounds, Outcome, PollReport, SafeText, SourceName, Ticket, TicketKey};
use crate::records::{OutboxEntry, Queued, Records};
use crate::sources::poller::{self, Poller};
use crate::sources::{SourceKind, TicketSource};
use crate::tui::{self, Asked, ColorWish, Input, Signals, Terminal, Theme, keymap, views};

/// How long what is under way has when the program ends.
const AT_THE_END: Duration = Duration::from_secs(2);
/// How long is waited to learn what is still to be sent.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// So many reports and outcomes may wait to be taken in.
const WAITING: usize = 64;

/// Longest that the end waits for what is dropped.
const ENDING: Duration = Duration::from_secs(1);

/// Runs the dashboard until the user leaves.
///
/// # Errors
/// Where the terminal, or the machine, does not play along.
pub(super) fn run(session: &Session) -> Result<Exit> {
    let depth = tui::color_depth(wish(session.settings.color), &session.environment);
    let theme = Theme::named(&session.settings.theme, depth)?;
    // what is polled runs beside the loop: a source that works hard delays no key
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.wrap_err("the event loop cannot start")?;
    let ended = runtime.block_on(async {
        // from here on a signal waits for the loop, which gives the terminal back
        let mut signals = Signals::listen().wrap_err("signals cannot be listened for")?;
        let kept = tokio::select! {
            kept = Kept::open(session) => kept,
            Asked::End(number) = signals.next() => return Ok(Exit::Signal(number)),
        };
        match Terminal::enter() {
            Ok(terminal) => Dashboard::start(session, kept, signals, terminal, theme)?.run().await,
            Err(error) => {
                output::say(&format!("the dashboard cannot start – {error} – run it in a terminal, or see holdover list"));
                Ok(Exit::Failed)
            }
        }
    });
    // what is still under way was asked about, or the terminal is gone: nobody waits for it; but a command that tells a key
    // is to end with us, and is killed as its task is dropped
    runtime.shutdown_timeout(ENDING);
    ended
}

pub(super) const fn wish(choice: ColorChoice) -> ColorWish {
    match choice {
        ColorChoice::Auto => ColorWish::Auto,
        ColorChoice::Always => ColorWish::Always,
        ColorChoice::Never => ColorWish::Never,
    }
}

/// The model, and the world around it.
struct Dashboard<'a> {
    session: &'a Session,
    model: Model,
    terminal: Terminal,
    signals: Signals,
    theme: Theme,
    sources: Vec<Arc<dyn TicketSource>>,
    pollers: Vec<Poller>,
    reports: mpsc::Receiver<PollReport>,
    events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    /// What must outlive the program; none where it cannot be written.
    records: Option<Arc<Records>>,
    bookkeeper: Option<Bookkeeper>,
    /// What is on its way from the outbox to a source.
    deliveries: JoinSet<()>,
    pace: watch::Sender<Pace>,
    /// The entries of the outbox that can be undone.
    held: HashMap<TicketKey, i64>,
    /// What is to be undone as soon as it is written.
    unwanted: HashSet<TicketKey>,
    /// Those that are delivered now.
    delivered: HashMap<i64, AbortHandle>,
    /// The sources that other processes may ask too.
    shared: Vec<Arc<SharedSource>>,
    /// The sources whose tickets are in the records, and how they are polled.
    local: Vec<(SourceName, usize)>,
    drawn: Option<View>,
    /// How it ended, once it has.
    ended: Option<Exit>,
}

impl<'a> Dashboard<'a> {
    /// Opens every source and begins to poll it.
    fn start(session: &'a Session, kept: Kept, signals: Signals, terminal: Terminal, theme: Theme) -> Result<Self> {
        let settings = &session.settings;
        let now = (session.clock)();
        let rules = Rules {
            agreements: Arc::clone(&settings.agreements),
            zone: settings.timezone,
            help_lines: views::help_lines().len(),
            frozen: session.frozen,
            read_only: session.read_only,
        };
        let Kept { records, writes, warnings, broken } = kept;
        let (sender, reports) = mpsc::channel(WAITING);
        let (mut opened, mut pollers, mut known, mut faults) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut shared, mut local) = (Vec::new(), Vec::new());
        for settings in &settings.sources {
            let source = session.open_source(settings, records.as_ref());
            known.push(session::rules(settings));
            match source {
                Ok(source) => {
                    let source = match &records {
                        // local tickets are in the records already
                        Some(records) if writes && !matches!(settings.kind, SourceKind::Local) => {
                            let (records, clock) = (Arc::clone(records), Arc::clone(&session.clock));
                            let source = Arc::new(SharedSource::new(source, records, settings.poll_every, clock));
                            shared.push(Arc::clone(&source));
                            source as Arc<dyn TicketSource>
                        }
                        _ => source,
                    };
                    if matches!(settings.kind, SourceKind::Local) {
                        local.push((settings.name.clone(), pollers.len()));
                    }
                    pollers.push(poller::spawn(Arc::clone(&source), settings.poll_every, Arc::clone(&session.clock), sender.clone()));
                    opened.push(source);
                }
                Err(fault) => faults.push(PollReport { source: settings.name.clone(), began_at: now, ended_at: now, outcome: Err(fault) }),
            }
        }
        let mut model = Model::new(rules, known, now, terminal.size()?);
        model.capabilities = opened.iter().map(|source| (source.name().clone(), source.capabilities())).collect();
        let recalled = records.as_ref().map_or_else(Vec::new, |records| kept::recall(&mut model, records, settings, now));
        app::update(&mut model, Message::Records(broken));
        for warning in warnings.into_iter().chain(recalled) {
            app::update(&mut model, Message::Warned(warning));
        }
        // what cannot be asked at all is told for as long as the dashboard runs
        for report in faults {
            app::update(&mut model, Message::Polled(report));
        }
        let events = mpsc::channel(WAITING);
        let bookkeeper = records.as_ref().filter(|_| writes).map(|records| {
            let keeper = Bookkeeper::spawn(Arc::clone(records), Arc::clone(&session.clock), events.0.clone());
            keeper.look();
            keeper
        });
        Ok(Self {
            session,
            model,
            terminal,
            signals,
            theme,
            sources: opened,
            pollers,
            reports,
            events,
            records,
            bookkeeper,
            deliveries: JoinSet::new(),
            pace: watch::Sender::new(Pace::Running),
            held: HashMap::new(),
            unwanted: HashSet::new(),
            delivered: HashMap::new(),
            shared,
            local,
            drawn: None,
            ended: None,
        })
    }

    async fn run(mut self) -> Result<Exit> {
        loop {
            let changes_at = self.draw()?;
            self.wait(changes_at).await?;
            // all that has come in meanwhile is taken in before anything is drawn
            while self.ended.is_none() && self.take_in_one()? {}
            if let Some(ended) = self.ended {
                return Ok(self.end(ended).await);
            }
        }
    }

    /// Draws, if what is on the screen is another; returns when it will be by itself.
    fn draw(&mut self) -> Result<Option<DateTime<Utc>>> {
        let (view, changes_at) = app::view(&self.model);
        if self.drawn.as_ref() != Some(&view) {
            let (theme, ascii) = (&self.theme, self.session.settings.ascii);
            let drawn = self.terminal.draw(view.size, |buffer, area| views::render(buffer, area, &view, theme, ascii));
            drawn.wrap_err("the terminal cannot be written")?;
            self.drawn = Some(view);
        }
        Ok(changes_at)
    }

    /// Sleeps until something happens, and takes it in.
    async fn wait(&mut self, changes_at: Option<DateTime<Utc>>) -> Result<()> {
        let now = (self.session.clock)();
        let sleep = changes_at.map(|at| Instant::now() + (at - now).to_std().unwrap_or(Duration::ZERO));
        let timer = async {
            match sleep {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            asked = self.signals.next() => self.signalled(asked)?,
            input = self.terminal.next_input() => self.input(input.wrap_err("the terminal cannot be read")?),
            Some(report) = self.reports.recv() => self.polled(report),
            Some(event) = self.events.1.recv() => self.event(event),
            () = timer => self.tick(),
        }
        Ok(())
    }

    /// Takes in one thing that has happened already; keys first. Whether there was one.
    fn take_in_one(&mut self) -> Result<bool> {
        if let Some(input) = self.terminal.pending_input().wrap_err("the terminal cannot be read")? {
            self.input(Some(input));
        } else if let Ok(report) = self.reports.try_recv() {
            self.polled(report);
        } else if let Ok(event) = self.events.1.try_recv() {
            self.event(event);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What the system asks for.
    fn signalled(&mut self, asked: Asked) -> Result<()> {
        match asked {
            Asked::End(number) => self.ended = Some(Exit::Signal(number)),
            Asked::GoOn => {
                self.terminal.take_again().wrap_err("the terminal cannot be taken again")?;
                if let Some(bookkeeper) = &self.bookkeeper {
                    bookkeeper.look();
                }
                self.happened(Message::WentOn);
            }
        }
        Ok(())
    }

    /// What came from the terminal; nothing is its end.
    fn input(&mut self, input: Option<Input>) {
        match input {
            Some(Input::Key(key)) => {
                if let Some(message) = keymap::message(&self.model.screen, &key) {
                    self.happened(message);
                }
            }
            // letters that are pasted are no keys
            Some(Input::Paste(text)) if self.model.screen == Screen::Filter => {
                self.happened(Message::Typed(SafeText::line(&text).to_string()));
            }
            Some(Input::Paste(_)) => {}
            Some(Input::Resize(columns, rows)) => self.happened(Message::Resized { columns, rows }),
            None => self.ended = Some(Exit::HANG_UP),
        }
    }

    /// A source answered, or failed to: that is kept.
    fn polled(&mut self, report: PollReport) {
        // local tickets are in the records already
        let local = self.local.iter().any(|(name, _)| *name == report.source);
        let kept = ToKeep::of(&report).filter(|_| !local);
        self.happened(Message::Polled(report));
        if let Some(bookkeeper) = &self.bookkeeper {
            bookkeeper.keep(kept, &self.model.store);
        }
    }

    /// Something happened beside the loop.
    fn event(&mut self, event: Event) {
        match event {
            Event::Happened(message) => {
                if let Message::Underway { key, deed: DeedKind::Acknowledge, ack, .. } = &message
                    && !matches!(ack, Ack::Held { .. })
                {
                    self.held.remove(key);
                }
                if let Message::Undone(key) = &message {
                    self.held.remove(key);
                }
                self.happened(message);
            }
            Event::Left(id) => {
                self.delivered.remove(&id);
            }
            Event::Written => {
                self.local.iter().for_each(|(_, poller)| self.pollers[*poller].poll_now());
                if matches!(self.model.screen, Screen::Handover(_)) {
                    self.read_past();
                }
            }
            Event::Adopted(entry) => {
                let (key, ack) = ack_of(&entry, (self.session.clock)());
                let deed = entry.deed.kind();
                if deed == DeedKind::Acknowledge && matches!(ack, Ack::Held { .. }) {
                    self.held.insert(key.clone(), entry.id);
                }
                let unwanted = deed == DeedKind::Acknowledge && self.unwanted.remove(&key);
                self.happened(Message::Underway { entry: entry.id, key: key.clone(), deed, ack });
                self.deliver(entry);
                if unwanted {
                    self.undo(key);
                }
            }
        }
    }

    fn tick(&mut self) {
        app::update(&mut self.model, Message::Tick((self.session.clock)()));
    }

    /// Changes the model and does what it asks for.
    fn happened(&mut self, message: Message) {
        self.tick();
        for effect in app::update(&mut self.model, message) {
            match effect {
                Effect::Acknowledge { key, send_at } => self.tell(key, Deed::Acknowledge { note: None }, send_at),
                Effect::GiveBack(key) => self.tell(key, Deed::Unacknowledge, (self.session.clock)()),
                Effect::Undo(key) => self.undo(key),
                Effect::PollNow => {
                    self.shared.iter().for_each(|source| source.ask_itself());
                    self.pollers.iter().for_each(Poller::poll_now);
                }
                Effect::ReadPast => self.read_past(),
                Effect::Redraw => {
                    self.terminal.redraw();
                    self.drawn = None;
                }
                Effect::Suspend => {
                    self.let_go();
                    Terminal::suspend();
                }
                Effect::Quit => self.ended = Some(Exit::Done),
            }
        }
    }

    /// Reads what came before a handover.
    fn read_past(&self) {
        past::read_beside(self.records.clone(), Question::of(self.session, None), self.events.0.clone());
    }

    /// Writes a deed down, beside the loop; then it is on its way.
    fn tell(&mut self, key: TicketKey, deed: Deed, send_at: DateTime<Utc>) {
        let Some(records) = self.records.clone() else {
            let why = self.model.no_records.as_ref().map_or("there are no records", SafeText::as_str);
            let reason = SafeText::line(&format!("nothing was sent: {why}"));
            return self.happened(Message::Done { entry: None, key, deed, outcome: Outcome::Refused { reason } });
        };
        let now = (self.session.clock)();
        let ticket = self.model.store.tickets().find(|ticket| ticket.id == key).cloned();
        let agreements = Arc::clone(&self.session.settings.agreements);
        let (who, events) = (self.session.who(), self.events.0.clone());
        self.deliveries.spawn(async move {
            let (id, queued_deed) = (key.clone(), deed.clone());
            let queued = write_beside(&records, move |records| {
                let unknown = Ticket::new(id.clone());
                let ticket = ticket.as_deref().unwrap_or(&unknown);
                let (grounds, submitted_at) = (Grounds::of(ticket, &agreements, now), ticket.submitted_at);
                records.queue(&Queued { key: &id, deed: &queued_deed, who: &who, grounds: &grounds, submitted_at, asked_at: now, send_at })
            });
            let event = match queued.await {
                Ok(entry) => Event::Adopted(entry),
                Err(fault) => {
                    let reason = SafeText::line(&format!("nothing was sent: {fault}"));
                    Event::Happened(Message::Done { entry: None, key, deed, outcome: Outcome::Refused { reason } })
                }
            };
            // the loop has ended: nobody asks any more
            let _ = events.send(event).await;
        });
    }

    /// Sees an entry of the outbox to its end, beside the loop.
    fn deliver(&mut self, entry: OutboxEntry) {
        let Some(records) = self.records.clone().filter(|_| entry.other.is_none()) else { return };
        if self.delivered.contains_key(&entry.id) {
            return;
        }
        let source = self.sources.iter().find(|source| *source.name() == entry.key.source).cloned();
        let (clock, events, pace) = (Arc::clone(&self.session.clock), self.events.0.clone(), self.pace.subscribe());
        let id = entry.id;
        let task = self.deliveries.spawn(Delivery { records, source, clock, events, pace }.run(entry));
        self.delivered.insert(id, task);
    }

    /// Lets go of what is not being sent: while the program stands, another can send it.
    fn let_go(&mut self) {
        let Some(records) = &self.records else { return };
        self.delivered.retain(|id, task| {
            let released = records.release(*id).unwrap_or(false);
            if released {
                task.abort();
            }
            !released
        });
    }

    /// Takes an acknowledgement back, if nothing of it is sent yet.
    fn undo(&mut self, key: TicketKey) {
        let Some(records) = self.records.clone() else { return };
        let Some(id) = self.held.get(&key).copied() else {
            // it is just being written
            self.unwanted.insert(key);
            return;
        };
        let events = self.events.0.clone();
        self.deliveries.spawn(async move {
            let message = match write_beside(&records, move |records| records.undo(id)).await {
                Ok(true) => Message::Undone(key),
                Ok(false) => Message::Warned(format!("{key} is not undone: it is being sent")),
                Err(fault) => Message::Warned(format!("{key} is not undone: {fault}")),
            };
            let _ = events.send(Event::Happened(message)).await;
        });
    }

    /// Gives the terminal back, and what is under way a little time. What is held when the user leaves is sent; what does not
    /// get through stays in the outbox.
    async fn end(&mut self, ended: Exit) -> Exit {
        Terminal::leave();
        self.pace.send_replace(if ended == Exit::Done { Pace::Leaving } else { Pace::Ending });
        // nobody sees the board any more: what was asked for and is not on the disk is told here
        let mut writing: HashSet<TicketKey> =
            self.model.acks.iter().filter(|(_, ack)| **ack == Ack::Writing).map(|(key, _)| key.clone()).collect();
        let mut refused: Vec<(TicketKey, SafeText)> = Vec::new();
        let deliveries = async {
            loop {
                tokio::select! {
                    // what a delivery tells comes before its end
                    biased;
                    event = self.events.1.recv() => match event {
                        // written down at the last moment
                        Some(Event::Adopted(entry)) => {
                            writing.remove(&entry.key);
                            self.deliver(entry);
                        }
                        Some(Event::Happened(Message::Done { key, outcome, .. })) => {
                            writing.remove(&key);
                            if let Outcome::Refused { reason } = outcome {
                                refused.push((key, reason));
                            }
                        }
                        Some(Event::Happened(_) | Event::Left(_) | Event::Written) => {}
                        None => return,
                    },
                    over = self.deliveries.join_next() => if over.is_none() {
                        return;
                    },
                }
            }
        };
        let _ = timeout(AT_THE_END, deliveries).await;
        refused.extend(writing.into_iter().map(|key| (key, SafeText::line("it could not be written down in time; nothing was sent"))));
        for (key, reason) in &refused {
            output::say(&format!("{key} is not acknowledged – {reason}"));
        }
        let exit = if refused.is_empty() || ended != Exit::Done { ended } else { Exit::Failed };
        let Some(records) = self.records.as_ref().filter(|_| self.bookkeeper.is_some()) else { return exit };
        let outbox = timeout(LAST_LOOK, write_beside(records, Records::outbox)).await;
        match outbox.map_err(|_| "the records are busy".to_owned()).and_then(|outbox| outbox.map_err(|fault| fault.to_string())) {
            Ok(outbox) => {
                let own = outbox.iter().filter(|entry| entry.other.is_none() && entry.configured);
                let unsent: Vec<String> = own.map(|entry| entry.key.to_string()).collect();
                match (unsent.is_empty(), self.session.demo) {
                    (true, _) => {}
                    (false, true) => output::say(&format!("not sent: {} – the demo keeps nothing", unsent.join(", "))),
                    (false, false) => {
                        output::say(&format!("not sent yet: {} – it is sent when holdover runs again", unsent.join(", ")));
                    }
                }
            }
            Err(fault) => output::say(&format!("it is not known what is still to be sent – {fault}")),
        }
        exit
    }
}
