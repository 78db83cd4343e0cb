//! The three vocabularies: what the user means, what happened, what the world must do.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::past::Past;
use crate::domain::{Deed, DeedKind, KeptHere, Outcome, Pass, PollReport, SafeText, SourceName, TicketKey};

/// What the user means by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Action {
    /// To the line above.
    Up,
    /// To the line below.
    Down,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// To the unanswered ticket that is due next, whatever is folded.
    NextUnanswered,
    /// To the one that is due before.
    PreviousUnanswered,
    /// Open what is under the cursor: the explanation of a ticket, or what is folded.
    Open,
    /// Fold what is under the cursor, or unfold it.
    Fold,
    /// Back to where one came from; clears a filter first. Never leaves the program.
    Back,
    /// Leave: the view, and at the top the program.
    Quit,
    /// Take the ticket under the cursor.
    Acknowledge,
    /// Take back the last acknowledgement that is not sent yet.
    Undo,
    /// Ask all sources now.
    Refresh,
    /// Type a filter.
    Filter,
    /// What the next engineer must know.
    Handover,
    /// The keys.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Stop, and give the terminal to the shell.
    Suspend,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// The user pressed a key that means something.
    User(Action),
    /// The user typed or pasted text into the filter.
    Typed(String),
    /// The user took the last character of the filter back.
    Erased,
    /// The user emptied the filter.
    Emptied,
    /// The user is done typing the filter.
    Entered,
    /// A source answered, or failed to.
    Polled(PollReport),
    /// A deed came to an end.
    Done {
        /// Its number in the outbox, if it was ever written down.
        entry: Option<i64>,
        /// Of which ticket.
        key: TicketKey,
        /// What was done.
        deed: Deed,
        /// What became of it.
        outcome: Outcome,
    },
    /// What became of deeds, as some process was told, and when that was known; the oldest first.
    Settled(Vec<(TicketKey, Deed, Outcome, DateTime<Utc>)>),
    /// A deed stands like this now, without having ended.
    Underway {
        /// Its number in the outbox.
        entry: i64,
        /// Of which ticket.
        key: TicketKey,
        /// What is done.
        deed: DeedKind,
        /// How it stands.
        ack: Ack,
    },
    /// An acknowledgement was taken back before anything of it was sent.
    Undone(TicketKey),
    /// What the records tell of a source that was not asked yet.
    Recalled(SourceName, Pass),
    /// All that is kept here of tickets, for their sources cannot be told.
    KeptHere(Vec<KeptHere>),
    /// What the records tell of the time before a handover.
    Past(Past),
    /// Something that the engineer should know.
    Warned(String),
    /// What other processes are sending, and how that stands.
    Elsewhere(HashMap<TicketKey, Ack>),
    /// Whether an acknowledgement can be written down; why not.
    Records(Option<SafeText>),
    /// It is now this late. Comes before anything else that happened then.
    Tick(DateTime<Utc>),
    /// The program goes on after a stop, however long that was.
    WentOn,
    /// The terminal has this many columns and rows.
    Resized {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
}

/// What the world must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write down that the ticket is taken, and tell its source, but not before this instant.
    Acknowledge {
        /// Which ticket.
        key: TicketKey,
        /// When its source may be told.
        send_at: DateTime<Utc>,
    },
    /// Take back an acknowledgement, if nothing of it is sent yet.
    Undo(TicketKey),
    /// Tell its source that nobody has the ticket any more.
    GiveBack(TicketKey),
    /// Ask all sources now.
    PollNow,
    /// Read in the records what came before a handover.
    ReadPast,
    /// Draw everything anew.
    Redraw,
    /// Stop until somebody makes the program go on.
    Suspend,
    /// End the program.
    Quit,
}
