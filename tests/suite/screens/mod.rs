//! The dashboard without a terminal: keys in, screen out.

mod acknowledging;
mod activity;
mod calling;
mod colourless;
mod cursor;
mod doing;
mod edited;
pub mod every_view;
mod everywhere;
mod handover;
mod header;
mod keys;
mod list;
mod pages;
mod palette;
mod ranges;
mod reader;
mod saved_views;
mod sizes;
mod snapshots;
mod strange;
mod texts;
mod time_machine;
mod trial;
mod waking;
mod whose;
mod writing;

use std::sync::{Arc, LazyLock, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures::executor::block_on;
use holdover::app::{self, Ack, Effect, Message, Model, Past, Rules, Since, SourceRules, View};
use holdover::config::{self, Settings};
use holdover::domain::{Deed, DeedKind, Fault, FaultKind, Outcome, Pass, PollReport, Recorded, SafeText, SourceName, TicketKey};
use holdover::sources::{self, Clock, SourceKind, TicketFormat, TicketSource};
use holdover::tui::{Canvas, ColorDepth, Role, Theme, keymap, views};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Sunday night, twenty past midnight on Monday: out-of-hours, with a weekend behind it.
const NIGHT: &str = "2026-12-07T00:18:00Z";

/// A dashboard whose clock is set by hand.
pub struct Dashboard {
    pub model: Model,
    pub effects: Vec<Effect>,
    settings: Settings,
    sources: Vec<Arc<dyn TicketSource>>,
    time: Arc<Mutex<DateTime<Utc>>>,
    clock: Clock,
    /// What came before is told as soon as it is asked for.
    answers_past: bool,
}

impl Dashboard {
    /// Of a configuration, at an instant, on so many columns and rows; no source has been asked.
    pub fn new(settings: Settings, at: &str, size: (u16, u16)) -> Self {
        let now: DateTime<Utc> = at.parse().unwrap();
        let time = Arc::new(Mutex::new(now));
        let clock: Clock = {
            let time = Arc::clone(&time);
            Arc::new(move || *time.lock().unwrap())
        };
        let rules = Rules {
            agreements: Arc::clone(&settings.agreements),
            who: SafeText::line("jo"),
            zone: settings.timezone,
            views: settings.views.clone(),
            help: Arc::new(views::help(&settings.keys)),
            frozen: false,
            read_only: false,
        };
        let names = settings.sources.iter();
        let names = names.map(|s| SourceRules { name: s.name.clone(), poll_every: s.poll_every, blind_after: s.blind_after });
        let model = Model::new(rules, names, now, size);
        let demo = settings.sources.iter().filter(|s| matches!(s.kind, SourceKind::Demo { .. }));
        let sources = demo.map(|s| sources::build(s, Arc::clone(&clock), &[]).unwrap()).collect();
        Self { model, effects: Vec::new(), settings, sources, time, clock, answers_past: true }
    }

    /// The demo at the night above, with all its desks asked once.
    pub fn demo(size: (u16, u16)) -> Self {
        Self::demo_at(NIGHT, size)
    }

    /// The demo at another instant.
    pub fn demo_at(at: &str, size: (u16, u16)) -> Self {
        let settings = config::parse(sources::demo_agreements(), "demo", &[]).unwrap();
        let mut dashboard = Self::new(settings, at, size);
        dashboard.poll();
        dashboard
    }

    /// A desk called `tickets` under an agreement with Acme, at the night above; it has told of these tickets.
    pub fn acme(size: (u16, u16), tickets: &str) -> Self {
        let config = format!("{}\n[[source]]\nname = \"tickets\"\nkind = \"file\"\npath = \"tickets.json\"\n", crate::support::ACME);
        let mut dashboard = Self::new(config::parse(&config, "config.toml", &[]).unwrap(), NIGHT, size);
        dashboard.tell("tickets", tickets);
        dashboard
    }

    /// The same, but the desk has not answered: it is the records that tell what it told a minute ago.
    pub fn recalled(tickets: &str) -> Self {
        let mut dashboard = Self::acme((80, 24), "[]");
        let settings = &dashboard.settings.sources[0];
        let tickets = sources::read_tickets(tickets.as_bytes(), &TicketFormat::of(settings, "tickets.json")).unwrap();
        let names = dashboard.settings.sources.iter();
        let names = names.map(|s| SourceRules { name: s.name.clone(), poll_every: s.poll_every, blind_after: s.blind_after });
        let minute_ago = (dashboard.clock)() - TimeDelta::minutes(1);
        let rules = Rules {
            agreements: Arc::clone(&dashboard.settings.agreements),
            who: SafeText::line("jo"),
            zone: dashboard.settings.timezone,
            views: Vec::new(),
            help: Arc::default(),
            frozen: false,
            read_only: false,
        };
        dashboard.model = Model::new(rules, names, (dashboard.clock)(), (80, 24));
        let recorded = Recorded { began_at: minute_ago, ended_at: minute_ago, complete_at: Some(minute_ago), fault: None, by: None };
        let pass = Pass { tickets, complete: true, recorded: Some(recorded), ..Pass::default() };
        dashboard.send(Message::Recalled(SourceName::new("tickets"), pass));
        dashboard
    }

    /// A source tells of these tickets, which are all it has.
    pub fn tell(&mut self, source: &str, tickets: &str) {
        let settings = self.settings.sources.iter().find(|s| s.name.as_str() == source).unwrap();
        let tickets = sources::read_tickets(tickets.as_bytes(), &TicketFormat::of(settings, "tickets.json")).unwrap();
        let total = Some(tickets.len() as u64);
        self.report(source, Ok(Pass { tickets, complete: true, total, ..Pass::default() }));
    }

    /// A source gives no answer.
    pub fn fail(&mut self, source: &str, kind: FaultKind, text: &str) {
        self.report(source, Err(Fault { kind, text: SafeText::line(text), retry_after: None }));
    }

    pub fn report(&mut self, source: &str, outcome: Result<Pass, Fault>) {
        let now = (self.clock)();
        self.send(Message::Polled(PollReport { source: SourceName::new(source), began_at: now, ended_at: now, outcome }));
    }

    /// An acknowledgement stands like this, without having ended.
    pub fn underway(&mut self, source: &str, key: &str, ack: Ack) {
        let key = TicketKey { source: SourceName::new(source), key: SafeText::line(key) };
        self.send(Message::Underway { entry: 1, deed: DeedKind::Acknowledge, key, ack });
    }

    /// An acknowledgement comes to an end.
    pub fn end(&mut self, source: &str, key: &str, outcome: Outcome) {
        let key = TicketKey { source: SourceName::new(source), key: SafeText::line(key) };
        self.send(Message::Done { entry: Some(1), deed: Deed::Acknowledge { note: None }, key, outcome });
    }

    pub fn send(&mut self, message: Message) {
        let effects = app::update(&mut self.model, message);
        self.effects.extend(effects);
    }

    /// Asks every source once.
    pub fn poll(&mut self) {
        for source in self.sources.clone() {
            let report = block_on(poll_once(source.as_ref(), &self.clock));
            self.send(Message::Polled(report));
        }
    }

    /// The terminal is another size.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.send(Message::Resized { columns, rows });
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: i64) {
        let now = *self.time.lock().unwrap() + TimeDelta::seconds(seconds);
        *self.time.lock().unwrap() = now;
        self.send(Message::Tick(now));
    }

    /// Presses keys: `j`, `tab`, `esc` … one after the other.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let code = match key {
                "tab" => KeyCode::Tab,
                "space" => KeyCode::Char(' '),
                "esc" => KeyCode::Esc,
                "enter" => KeyCode::Enter,
                "backspace" => KeyCode::Backspace,
                "pgdn" => KeyCode::PageDown,
                "pgup" => KeyCode::PageUp,
                one => KeyCode::Char(one.chars().next().unwrap()),
            };
            let modifiers = if key.starts_with(char::is_uppercase) { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            self.press_key(KeyEvent::new(code, modifiers));
            self.read_past();
        }
    }

    /// Types a text, letter by letter.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.press_key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
    }

    /// Presses one key.
    pub fn press_key(&mut self, key: KeyEvent) {
        if let Some(message) = keymap::message(&self.settings.keys, &self.model.screen, &key) {
            self.send(message);
        }
    }

    /// Where the terminal's cursor is, if it is shown.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let area = Rect::new(0, 0, self.model.size.0, self.model.size.1);
        let theme = Theme::named("base", ColorDepth::Sixteen).unwrap();
        views::render(&mut Buffer::empty(area), area, &self.view(), &theme, false).map(|at| (at.x, at.y))
    }

    /// Records of which nothing is known answer at once what the last keys asked of them.
    fn read_past(&mut self) {
        if self.answers_past && self.effects.contains(&Effect::ReadPast) {
            self.effects.retain(|effect| *effect != Effect::ReadPast);
            let (since, from) = Since::choose(None, None, self.model.now);
            let (deeds, unsent, gaps, never_kept, calendars) = Default::default();
            self.send(Message::Past(Past { since, from, deeds, unsent, gaps, never_kept, calendars, unknown: None }));
        }
    }

    /// Does what the last keys asked of the sources, and takes in what they say.
    pub fn send_acknowledgements(&mut self) {
        for effect in std::mem::take(&mut self.effects) {
            if let Effect::Tell { key, deed, .. } = effect {
                let source = self.sources.iter().find(|s| *s.name() == key.source).unwrap();
                let outcome = block_on(source.tell(&key, &deed, None));
                let outcome = outcome.unwrap_or_else(|fault| Outcome::Refused { reason: fault.text });
                self.send(Message::Done { entry: Some(1), deed, key, outcome });
            }
        }
    }

    pub fn view(&self) -> View {
        app::view(&self.model).0
    }

    pub fn buffer(&self, theme: &Theme) -> Buffer {
        let area = Rect::new(0, 0, self.model.size.0, self.model.size.1);
        let mut buffer = Buffer::empty(area);
        views::render(&mut buffer, area, &self.view(), theme, false);
        buffer
    }

    /// What is written to a terminal to draw it, with ASCII alone or not.
    pub fn written(&self, theme: &Theme, ascii: bool) -> Vec<u8> {
        let (mut written, view) = (Vec::new(), self.view());
        Canvas::new(&mut written).draw(view.size, |buffer, area| views::render(buffer, area, &view, theme, ascii)).unwrap();
        written
    }

    /// The same with ASCII alone and without colour.
    pub fn plain_screen(&self) -> Vec<String> {
        static MONO: LazyLock<Theme> = LazyLock::new(|| Theme::named("base", ColorDepth::None).unwrap());
        let area = Rect::new(0, 0, self.model.size.0, self.model.size.1);
        let mut buffer = Buffer::empty(area);
        views::render(&mut buffer, area, &self.view(), &MONO, true);
        rows(&buffer)
    }

    /// The row of a text on the screen.
    pub fn row(&self, text: &str) -> String {
        let screen = self.screen();
        screen.lines().find(|row| row.contains(text)).unwrap_or_else(|| panic!("no {text:?} in\n{screen}")).to_owned()
    }

    /// The key of the ticket under the cursor.
    pub fn selected(&self) -> Option<&str> {
        self.model.list.selected().map(|row| row.ticket.id.key.as_str())
    }

    /// The text on the screen, row by row, without what is blank at the end.
    pub fn screen(&self) -> String {
        static BASE: LazyLock<Theme> = LazyLock::new(|| Theme::named("base", ColorDepth::Sixteen).unwrap());
        let buffer = self.buffer(&BASE);
        rows(&buffer).join("\n")
    }
}

async fn poll_once(source: &dyn TicketSource, clock: &Clock) -> PollReport {
    let began_at = clock();
    PollReport { source: source.name().clone(), began_at, ended_at: clock(), outcome: source.list_open().await }
}

pub fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    let row = |y| {
        let mut row = String::new();
        let mut covered = 0;
        for x in 0..area.width {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        row.trim_end().to_owned()
    };
    (0..area.height).map(row).collect()
}

/// A theme in which every role has a colour of its own, so that a cell tells its role.
pub fn roles() -> Theme {
    use strum::IntoEnumIterator;
    let style = Role::iter().enumerate().map(|(n, role)| {
        // what is under the cursor is a background: the text keeps its own role
        let paint = if role == Role::Selection { "bg" } else { "fg" };
        let ansi = if role == Role::Selection { "ansi_bg" } else { "ansi" };
        format!("\"{}\" = {{ {paint} = \"#0000{n:02x}\", {ansi} = \"white\" }}", role.name())
    });
    let style: Vec<String> = style.collect();
    Theme::parse(&format!("name = \"roles\"\nvariant = \"any\"\n[style]\n{}\n", style.join("\n")), "roles.toml", ColorDepth::Full).unwrap()
}

/// The roles on each row, in the order in which they come; text and what is blank are left out.
fn roles_on(buffer: &Buffer) -> Vec<String> {
    use ratatui::style::Color;
    use strum::IntoEnumIterator;
    let named = |color: Color| match color {
        Color::Rgb(0, 0, n) => Role::iter().nth(usize::from(n)).map(Role::name),
        _ => None,
    };
    let row = |y| {
        let mut found: Vec<&str> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let shown = (cell.symbol() != " ").then(|| named(cell.fg)).flatten().filter(|name| *name != "text");
            for name in shown.into_iter().chain(named(cell.bg)) {
                if found.last() != Some(&name) {
                    found.push(name);
                }
            }
        }
        found.join(" ")
    };
    (0..buffer.area.height).map(|y| format!("{y:>2} {}", row(y)).trim_end().to_owned()).collect()
}
