//! FLOOR 1': where tickets come from. May use domain, reqwest and tokio.

mod build;
mod settings;
mod source;

pub use build::{build, demo_agreements};
pub use settings::{MapRule, MapTarget, MapTest, RedmineSettings, SourceKind, SourceSettings, TokenSource};
pub use source::{Clock, TicketSource};
