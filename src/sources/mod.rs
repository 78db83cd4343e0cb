//! FLOOR 1': where tickets come from. May use domain, reqwest and tokio.

mod settings;

pub use settings::{MapRule, MapTarget, MapTest, RedmineSettings, SourceKind, SourceSettings, TokenSource};
