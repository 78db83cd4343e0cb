//! Settings: built-in defaults < configuration file < environment < flags. Every mistake is found at once, with file and line.

mod agreement;
mod agreements;
mod brackets;
mod command;
mod document;
mod duration;
mod files;
mod fingerprint;
mod hold_over;
mod holidays;
mod hook;
mod hours;
mod http_deed;
mod http_source;
mod include;
mod kinds;
mod layers;
mod map;
mod nearest;
mod oddities;
mod problem;
mod response;
mod server;
mod settings;
mod source;
mod view;
mod zone;

pub use holidays::HOLIDAYS_CHECKED;
pub use hook::HookSettings;
pub use layers::variables;
pub use oddities::holidays_ending;
pub use problem::{Level, Problem};
pub use settings::{ColorChoice, Settings, default_path, load, parse};
