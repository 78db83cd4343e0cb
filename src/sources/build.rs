//! From settings to a source that can be asked.

use std::sync::Arc;

use super::demo::DemoSource;
use super::file::FileSource;
use super::redmine::RedmineSource;
use super::settings::{SourceKind, SourceSettings, TokenSource};
use super::source::{Clock, TicketSource};
use super::token;
use crate::domain::Fault;

/// Opens a source. `environment` holds the variables that a token may be in.
///
/// # Errors
/// Why it cannot be asked at all.
pub fn build(settings: &SourceSettings, clock: Clock, environment: &[(String, String)]) -> Result<Arc<dyn TicketSource>, Fault> {
    match &settings.kind {
        SourceKind::File { path } => Ok(Arc::new(FileSource::new(settings, path))),
        SourceKind::Redmine(redmine) => Ok(Arc::new(RedmineSource::new(settings, redmine, clock, environment)?)),
        SourceKind::Demo { agreements } => Ok(Arc::new(DemoSource::new(settings, agreements, clock))),
    }
}

/// Whether a source could be asked, as far as that can be told without asking it: whether there is a key, where no command
/// must be run for it.
///
/// # Errors
/// Why it cannot be asked.
pub fn ready(settings: &SourceSettings, clock: Clock, environment: &[(String, String)]) -> Result<(), Fault> {
    build(settings, clock, environment)?;
    match &settings.kind {
        SourceKind::Redmine(redmine) if !matches!(redmine.server.token, TokenSource::Command(_)) => {
            token::at_hand(&redmine.server.token, environment).map(drop)
        }
        _ => Ok(()),
    }
}
