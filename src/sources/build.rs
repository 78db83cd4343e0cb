//! From settings to a source that can be asked.

use std::sync::Arc;

use super::demo::DemoSource;
use super::file::FileSource;
use super::redmine::RedmineSource;
use super::settings::{SourceKind, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::Fault;

/// Opens a source. `environment` holds the variables that a token may be in.
///
/// # Errors
/// Why it cannot be asked at all.
pub fn build(settings: &SourceSettings, clock: Clock, environment: &[(String, String)]) -> Result<Arc<dyn TicketSource>, Fault> {
    match &settings.kind {
        SourceKind::File { path } => Ok(Arc::new(FileSource::new(settings, path))),
        SourceKind::Redmine(redmine) => Ok(Arc::new(RedmineSource::new(settings, redmine, environment)?)),
        SourceKind::Demo { agreements } => Ok(Arc::new(DemoSource::new(settings, agreements, clock))),
    }
}
