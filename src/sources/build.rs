//! From settings to a source that can be asked.

use std::sync::Arc;

use super::file::FileSource;
use super::redmine::RedmineSource;
use super::settings::{SourceKind, SourceSettings};
use super::source::{Clock, TicketSource};
use crate::domain::{Fault, FaultKind, SafeText};

/// Opens a source. `environment` holds the variables that a token may be in.
///
/// # Errors
/// Why it cannot be asked at all.
pub fn build(settings: &SourceSettings, _clock: Clock, environment: &[(String, String)]) -> Result<Arc<dyn TicketSource>, Fault> {
    match &settings.kind {
        SourceKind::File { path } => Ok(Arc::new(FileSource::new(settings, path))),
        SourceKind::Redmine(redmine) => Ok(Arc::new(RedmineSource::new(settings, redmine, environment)?)),
        SourceKind::Demo => {
            let text = format!("{} cannot be opened – this version does not know its kind – leave it out", settings.name);
            Err(Fault { kind: FaultKind::Unsupported, text: SafeText::line(&text), retry_after: None })
        }
    }
}

/// The configuration of the embedded demo.
#[must_use]
pub const fn demo_agreements() -> &'static str {
    ""
}
