//! FLOOR 1: the program without its I/O. May use domain only.

mod ack;
mod alarms;
mod board;
mod detail;
mod explanation;
mod json;
mod labels;
mod layout;
mod lines;
mod list;
mod message;
mod model;
mod order;
mod store;
mod summary;
mod update;
mod view;
pub mod words;

pub use ack::Ack;
pub use alarms::{Alarms, Stage, Standing, Standings, Subject, Turned, new_alarms};
pub use board::{Board, BoardRow, Counts, Next, NextKind};
pub use detail::{Detail, DetailLine};
pub use json::{BoardJson, SourceJson, TicketJson};
pub use labels::{Flag, Mark, RowLabels, heading};
pub use layout::{Layout, Size};
pub use list::{Cursor, Fold, Gone, List};
pub use message::{Action, Effect, Message};
pub use model::{Model, Notice, Rules, Screen};
pub use store::{Ambiguous, Health, SourceHealth, SourceRules, Store};
pub use summary::{Piece, SummaryRow, Tone, cut};
pub use update::{UNDO, update};
pub use view::{Body, ListLine, View, view};
