//! FLOOR 1: the program without its I/O. May use domain only.

mod board;

pub use board::{Board, BoardRow};
