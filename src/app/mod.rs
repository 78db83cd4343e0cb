//! FLOOR 1: the program without its I/O. May use domain only.

mod board;
mod json;
mod order;
mod store;
pub mod words;

pub use board::{Board, BoardRow, Counts, Next, NextKind};
pub use json::{BoardJson, TicketJson};
pub use store::{Ambiguous, Health, SourceHealth, SourceRules, Store};
