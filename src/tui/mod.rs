//! FLOOR 2: the terminal. May use app, domain, ratatui and crossterm.

mod ascii;
mod canvas;
mod color_depth;
mod echo;
mod input;
mod key;
pub mod keymap;
mod panics;
mod reader;
mod remap;
mod sample;
mod signals;
mod terminal;
mod theme;
mod theme_file;
mod themes;
pub mod views;

pub use ascii::ascii;
pub use canvas::Canvas;
pub use color_depth::{ColorDepth, ColorWish, color_decision, color_depth};
pub use echo::Unechoed;
pub use input::Input;
pub use key::{Key, Unusable};
pub use panics::install_panic_hook;
pub use remap::Keymap;
pub use sample::sample;
pub use signals::{Asked, Signals, Stops};
pub use terminal::{Terminal, size_of_any};
pub use theme::{Role, Theme, UnknownTheme};
pub use theme_file::ThemeProblem;
pub use themes::{OwnTheme, Themes, Variant};
