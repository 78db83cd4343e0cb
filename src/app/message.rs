//! The three vocabularies: what the user means, what happened, what the world must do.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::ack::Ack;
use super::activity::Activity;
use super::configured::Configured;
use super::model::Notice;
use super::past::Past;
use crate::domain::{CalledBack, Deed, DeedKind, KeptHere, Outcome, Pass, PollReport, SafeText, SourceName, TicketKey};

/// What the user means by a key. Its name, as `next-unanswered`, is that of the configuration and of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
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
    /// To the next ticket that the filter or the view lists, whatever is folded.
    NextMatch,
    /// To the one before.
    PreviousMatch,
    /// Read on in what is said of the ticket under the cursor.
    ReadOn,
    /// Read back in it.
    ReadBack,
    /// Open what is under the cursor: the explanation of a ticket, or what is folded.
    Open,
    /// Fold what is under the cursor, or unfold it.
    Fold,
    /// To what stands at the left; where nothing does, back.
    Left,
    /// Back to where one came from; clears a filter first. Never leaves the program.
    Back,
    /// Leave: the view, and at the top the program.
    Quit,
    /// Take the ticket under the cursor, or those that are marked.
    Acknowledge,
    /// Mark the ticket under the cursor, to be taken with others.
    Mark,
    /// Begin to mark all tickets from the one under the cursor on, or end that.
    Range,
    /// Take back what was done last and is not sent yet.
    Undo,
    /// Write a note to the ticket under the cursor that the client cannot read.
    Note,
    /// Write to the client of the ticket under the cursor.
    Word,
    /// Note that the client of the ticket under the cursor has just phoned.
    PhonedIn,
    /// Call the client of the ticket under the cursor back: its number, and a note of what came of it.
    CallBack,
    /// See what each severity of the ticket under the cursor would oblige to, and choose one.
    Assess,
    /// Add a ticket that is kept here.
    New,
    /// Copy the key of the ticket under the cursor.
    CopyKey,
    /// Copy the link to it.
    CopyLink,
    /// Show the link to it.
    ShowLink,
    /// Ask all sources now.
    Refresh,
    /// Type a filter.
    Filter,
    /// List only what is in the first saved view, or all again.
    View1,
    /// The same of the second.
    View2,
    /// The same of the third.
    View3,
    /// The same of the fourth.
    View4,
    /// The same of the fifth.
    View5,
    /// The same of the sixth.
    View6,
    /// The same of the seventh.
    View7,
    /// The same of the eighth.
    View8,
    /// The same of the ninth.
    View9,
    /// What the next engineer must know.
    Handover,
    /// What happened: done here, and told by the sources.
    Activity,
    /// What flips next.
    Flips,
    /// The windows of an agreement.
    Windows,
    /// The queue as it is an hour before what is shown.
    HourBefore,
    /// The same an hour after.
    HourAfter,
    /// The queue as it is where a window began before what is shown.
    WindowBefore,
    /// The same where the next begins.
    WindowAfter,
    /// The queue as it is where a bank holiday began before what is shown.
    BankHolidayBefore,
    /// The same where the next begins.
    BankHolidayAfter,
    /// The present again.
    Present,
    /// Choose among all actions by their names.
    Palette,
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
    /// The user typed or pasted text: into a filter, the palette, or what asks for it.
    Typed(String),
    /// The user took the last character of it back.
    Erased,
    /// The user emptied it.
    Emptied,
    /// The user is done typing.
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
    /// A deed was taken back before anything of it was sent.
    Undone {
        /// Of which ticket.
        key: TicketKey,
        /// Which deed.
        deed: DeedKind,
    },
    /// A ticket was added that is kept here.
    Made(TicketKey),
    /// What the records tell of a source that was not asked yet.
    Recalled(SourceName, Pass),
    /// All that is kept here of tickets, for their sources cannot be told.
    KeptHere(Vec<KeptHere>),
    /// Notes that say that clients were called back, as their sources have confirmed; the oldest first.
    CalledBack(Vec<CalledBack>),
    /// What the records tell of the time before a handover.
    Past(Past),
    /// What the records tell of what happened.
    Activity(Activity),
    /// Something that the engineer should know.
    Warned(String),
    /// Something that the engineer should know for as long as it is so; nothing once it is not.
    Lasting(Option<Notice>),
    /// The configuration was edited, and is in use.
    Configured(Box<Configured>),
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
    /// Write a deed down, and tell the source, but not before this instant.
    Tell {
        /// Of which ticket.
        key: TicketKey,
        /// What is done to it.
        deed: Deed,
        /// When its source may be told.
        send_at: DateTime<Utc>,
    },
    /// Take back a deed, if nothing of it is sent yet.
    Undo {
        /// Of which ticket.
        key: TicketKey,
        /// Which deed.
        deed: DeedKind,
    },
    /// Add a ticket that is kept here.
    Make {
        /// The source that keeps it.
        source: SourceName,
        /// What the client reports.
        title: SafeText,
        /// Which client, if that was said.
        client: Option<SafeText>,
    },
    /// Give the terminal a text to copy.
    Copy(SafeText),
    /// Ask all sources now.
    PollNow,
    /// Read in the records what came before a handover.
    ReadPast,
    /// Read in the records what happened.
    ReadActivity,
    /// Draw everything anew.
    Redraw,
    /// Stop until somebody makes the program go on.
    Suspend,
    /// End the program.
    Quit,
}
