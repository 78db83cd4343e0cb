//! Everything the dashboard knows and shows. Changed only by `update`, read by `View`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::ack::Ack;
use super::activity::{Activity, Said};
use super::assessing::Assessing;
use super::board::Board;
use super::counts::Counts;
use super::deeds::Deeds;
use super::filter::Mine;
use super::handover_text::Told;
use super::help::Help;
use super::list::List;
use super::page::{Page, Topic};
use super::palette::Palette;
use super::prompt::Prompt;
use super::range::Range;
use super::reading::Reading;
use super::saved_view::SavedView;
use super::source::SourceRules;
use super::store::Store;
use super::time_machine::TimeMachine;
use super::words;
use crate::domain::{Agreements, Capabilities, DeedKind, SafeText, SourceName, TicketKey};

/// What no message changes, but an edit of the configuration.
#[derive(Debug)]
pub struct Rules {
    /// The agreements.
    pub agreements: Arc<Agreements>,
    /// What the engineer is called here.
    pub who: SafeText,
    /// The engineer's zone; every instant on the board is shown in it.
    pub zone: Tz,
    /// The saved views, in the order of their digits.
    pub views: Vec<SavedView>,
    /// The keys, and what one presses or sees means.
    pub help: Arc<Help>,
    /// The clock stands still at an instant that was asked for; nothing is sent.
    pub frozen: bool,
    /// Nothing is sent and nothing written, as was asked for.
    pub read_only: bool,
}

/// Which screen is up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Screen {
    /// The board.
    #[default]
    Board,
    /// The board, while a filter is typed.
    Filter,
    /// The board, asking whether all the marked tickets are to be taken.
    Sure,
    /// The board, asking whether to leave although something is unanswered or under way.
    Leave,
    /// The explanation of the ticket under the cursor, scrolled down by so many lines.
    Explanation(usize),
    /// What the next engineer must know, scrolled down by so many lines.
    Handover(usize),
    /// A text is asked for, over the screen below.
    Prompt(Prompt),
    /// A ticket is being assessed.
    Assess(Assessing),
    /// A page about something, scrolled down by so many lines.
    Page(Topic, usize),
    /// One of all actions is chosen.
    Palette(Palette),
    /// The keys, scrolled down by so many lines.
    Help(usize, Box<HelpOver>),
}

/// What there is to the keys besides where they are scrolled to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelpOver {
    /// Only what has these words is listed.
    pub filter: String,
    /// They are being typed.
    pub typing: bool,
    /// Where one came from, and returns to.
    pub below: Screen,
}

impl Screen {
    /// Whether letters are letters on it: of a filter, of the palette, or of a text that is asked for.
    #[must_use]
    pub const fn takes_text(&self) -> bool {
        match self {
            Self::Filter | Self::Prompt(_) | Self::Palette(_) => true,
            Self::Help(_, over) => over.typing,
            _ => false,
        }
    }

    /// Whether a text is being written, or a ticket assessed, be it under the keys or the palette.
    fn is_written_on(&self) -> bool {
        match self {
            Self::Prompt(_) | Self::Assess(_) => true,
            Self::Help(_, over) => over.below.is_written_on(),
            Self::Palette(palette) => palette.below().is_written_on(),
            _ => false,
        }
    }

    /// Whether the handover is up, be it under the keys or the palette.
    #[must_use]
    pub fn has_handover(&self) -> bool {
        match self {
            Self::Handover(_) => true,
            Self::Help(_, over) => over.below.has_handover(),
            Self::Palette(palette) => palette.below().has_handover(),
            _ => false,
        }
    }

    /// Whether the activity is up, be it under the keys or the palette.
    #[must_use]
    pub fn has_activity(&self) -> bool {
        matches!(self.topic(), Some(Topic::Activity(_)))
    }

    /// What the page is about that is up, be it under the keys or the palette.
    pub(super) fn topic(&self) -> Option<Topic> {
        match self {
            Self::Page(topic, _) => Some(*topic),
            Self::Help(_, over) => over.below.topic(),
            Self::Palette(palette) => palette.below().topic(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn topic_mut(&mut self) -> Option<&mut Topic> {
        match self {
            Self::Page(topic, _) => Some(topic),
            Self::Help(_, over) => over.below.topic_mut(),
            Self::Palette(palette) => palette.below_mut().topic_mut(),
            _ => None,
        }
    }
}

/// What is said above the footer until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// Something did not go as wanted.
    pub alarm: bool,
}

/// When keys were pressed: while they are, the order of the list stays.
#[derive(Debug, Clone, Copy)]
struct Keys {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// How long the order stays after a key.
const STAYS: TimeDelta = TimeDelta::seconds(2);
/// How long it stays at most, however many keys follow: what is new must come up.
const STAYS_AT_MOST: TimeDelta = TimeDelta::seconds(10);

/// Everything the dashboard knows and shows.
#[derive(Debug)]
pub struct Model {
    /// What no message changes, but an edit of the configuration.
    pub rules: Rules,
    /// The last good tickets of each source.
    pub store: Store,
    /// The whole queue, judged.
    pub board: Arc<Board>,
    /// Counts over the whole queue.
    pub counts: Counts,
    /// What is listed of it, and where the cursor is.
    pub list: List,
    /// Which screen is up.
    pub screen: Screen,
    /// Acknowledgements under way or just ended.
    pub acks: HashMap<TicketKey, Ack>,
    /// What each source can be told of; unknown of one that could not be opened.
    pub capabilities: HashMap<SourceName, Capabilities>,
    /// The source that keeps new tickets here.
    pub local: Option<SourceName>,
    /// Other deeds under way or just ended.
    pub(super) deeds: Deeds,
    /// The tickets that are marked.
    pub(super) marked: HashSet<TicketKey>,
    /// Where the marks are extended from by moving.
    pub(super) range: Option<Range>,
    /// How far one has read in what is said of the ticket under the cursor.
    pub(super) reading: Option<Reading>,
    /// What was done here and is not sent yet, in the order of the keys.
    pub(super) taken: Vec<(TicketKey, DeedKind)>,
    /// Which tickets are the engineer's.
    pub(super) mine: Mine,
    /// The one of them that is given back if the key that asks for it comes again.
    pub(super) given_back_next: Option<TicketKey>,
    /// The handover on its screen, once the records have told what came before.
    pub(super) told: Option<Told>,
    /// What the records told of what happened, once they have.
    pub(super) activity: Option<Activity>,
    /// What was said above the footer.
    pub(super) said: Said,
    /// The page on its screen.
    pub(super) page: Option<Page>,
    /// The instant that is shown, where that is not now.
    pub time_machine: Option<TimeMachine>,
    /// Why nothing can be written down, and so nothing acknowledged.
    pub no_records: Option<SafeText>,
    /// Somebody may type a text that was refused: when it was, or when a key was last pressed since.
    pub(super) typed_on: Option<DateTime<Utc>>,
    /// What is said above the footer.
    pub notice: Option<Notice>,
    /// What is said there for as long as it is so, where nothing else is.
    pub lasting: Option<Notice>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// It is this late.
    pub now: DateTime<Utc>,
    started_at: DateTime<Utc>,
    /// How often the board was changed: with the same number it is the same.
    pub(super) boards: u64,
    /// There is more than one source.
    pub(super) several: bool,
    keys: Option<Keys>,
}

impl Model {
    /// Sources of which nothing is known yet, at `now`, on a terminal of so many columns and rows.
    #[must_use]
    pub fn new(rules: Rules, sources: impl IntoIterator<Item = SourceRules>, now: DateTime<Utc>, size: (u16, u16)) -> Self {
        let board = Arc::new(Board::new([], &rules.agreements, now));
        let sources: Vec<SourceRules> = sources.into_iter().collect();
        let mine = Mine::of(rules.who.clone());
        Self {
            rules,
            started_at: now,
            boards: 0,
            several: sources.len() > 1,
            store: Store::new(sources, now),
            counts: board.counts(),
            list: List::new(Arc::clone(&board)),
            board,
            screen: Screen::default(),
            acks: HashMap::new(),
            capabilities: HashMap::new(),
            local: None,
            deeds: Deeds::default(),
            marked: HashSet::new(),
            range: None,
            reading: None,
            taken: Vec::new(),
            mine,
            given_back_next: None,
            told: None,
            activity: None,
            said: Said::default(),
            page: None,
            time_machine: None,
            no_records: None,
            typed_on: None,
            notice: None,
            lasting: None,
            size,
            now,
            keys: None,
        }
    }

    /// Notes that a key was pressed now.
    pub(super) fn key_pressed(&mut self) {
        let first = self.keys.filter(|_| self.order_stays()).map_or(self.now, |keys| keys.first);
        self.keys = Some(Keys { first, last: self.now });
        if let Some(machine) = &mut self.time_machine {
            machine.key_pressed(self.now);
        }
    }

    /// The instant that the list and the pages are of.
    pub(super) fn shown_at(&self) -> DateTime<Utc> {
        self.time_machine.as_ref().map_or(self.now, |machine| machine.at)
    }

    /// The whole queue at that instant.
    pub(super) fn shown_board(&self) -> &Board {
        if self.time_machine.is_some() { self.list.board() } else { &self.board }
    }

    /// How the acknowledgement of a ticket stands; of another time that says nothing.
    pub(super) fn shown_ack(&self, key: &TicketKey) -> Option<&Ack> {
        self.acks.get(key).filter(|_| self.time_machine.is_none())
    }

    /// When the last key was pressed.
    pub(super) fn last_key(&self) -> Option<DateTime<Utc>> {
        self.keys.map(|keys| keys.last)
    }

    /// Whether the dashboard has only just come up: nobody can have read it, and no key was pressed.
    pub(super) fn settling(&self) -> bool {
        self.keys.is_none() && self.now - self.started_at < STAYS
    }

    /// Whether a key alone may mean several tickets.
    pub(super) const fn several(&self) -> bool {
        self.several
    }

    /// What a ticket is called: by its key, and by its source too where there are several.
    pub(super) fn name_of(&self, key: &TicketKey) -> SafeText {
        words::name_of(key, self.several)
    }

    /// How many deeds are written down that their sources have still to be told of.
    pub(super) fn unsent(&self) -> usize {
        self.underway().filter(|ack| ack.is_unsent() && **ack != Ack::Writing).count()
    }

    /// How many of them for longer than they should be.
    pub(super) fn late(&self) -> usize {
        self.underway().filter_map(Ack::late_from).filter(|at| *at <= self.now).count()
    }

    /// Whether a text is being written, or a ticket assessed: what that is for is to stay.
    #[must_use]
    pub fn is_written_on(&self) -> bool {
        self.screen.is_written_on()
    }

    fn underway(&self) -> impl Iterator<Item = &Ack> {
        self.acks.values().chain(self.deeds.underway())
    }

    /// How a deed stands that was asked for here.
    fn standing(&self, (key, kind): &(TicketKey, DeedKind)) -> Option<&Ack> {
        if *kind == DeedKind::Acknowledge { self.acks.get(key) } else { self.deeds.standing(key, *kind) }
    }

    /// What was done last, if that can still be undone. What is being written can be, once it is.
    pub(super) fn last_taken(&self) -> Option<(TicketKey, DeedKind)> {
        let undoable = |taken: &&(TicketKey, DeedKind)| match self.standing(taken) {
            Some(Ack::Writing) => true,
            Some(Ack::Held { until }) => *until > self.now,
            _ => false,
        };
        self.taken.iter().rev().find(undoable).cloned()
    }

    /// Until when it can be.
    pub(super) fn held_until(&self) -> Option<DateTime<Utc>> {
        match self.standing(&self.last_taken()?) {
            Some(Ack::Held { until }) => Some(*until),
            _ => None,
        }
    }

    /// Whether the order of the list stays, because a key was just pressed. An empty list has none.
    pub(super) fn order_stays(&self) -> bool {
        !self.list.groups().is_empty() && self.order_stays_until().is_some_and(|until| self.now < until)
    }

    /// Forgets when keys were pressed, by a clock that was set back since.
    pub(super) fn clock_set_back(&mut self) {
        self.keys = self.keys.map(|_| Keys { first: self.now - STAYS_AT_MOST, last: self.now - STAYS });
    }

    /// Until when it does.
    fn order_stays_until(&self) -> Option<DateTime<Utc>> {
        self.keys.map(|keys| (keys.last + STAYS).min(keys.first + STAYS_AT_MOST))
    }

    /// The first instant at which something changes by itself, besides what the labels on the screen say.
    #[must_use]
    pub fn changes_at(&self) -> Option<DateTime<Utc>> {
        if self.rules.frozen {
            return None;
        }
        // an undo counts down; and what stays unsent becomes an alarm
        let held = self.held_until().map(|until| until.min(self.now + TimeDelta::seconds(1))).filter(|at| *at > self.now);
        let late = self.underway().filter_map(Ack::late_from).filter(|at| *at > self.now).min();
        let of_now = self.time_machine.is_some() || Arc::ptr_eq(&self.board, self.list.board());
        let list = if of_now { None } else { self.order_stays_until() };
        let ends = self.time_machine.as_ref().map(TimeMachine::ends_at);
        self.board
            .changes_at()
            .into_iter()
            .chain(list)
            .chain(ends)
            .chain(held)
            .chain(late)
            .chain(self.store.health_changes_at(self.now))
            .min()
    }
}
