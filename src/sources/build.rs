//! From settings to a source that can be asked.

use std::sync::Arc;

use super::alertmanager::AlertmanagerSource;
use super::configured::ConfiguredSource;
use super::demo::DemoSource;
use super::file::FileSource;
use super::icinga::IcingaSource;
use super::redmine::RedmineSource;
use super::rt::RtSource;
use super::settings::{ServerSettings, SourceKind, SourceSettings, TokenSource};
use super::source::{Clock, TicketSource};
use super::token;
use crate::domain::{Fault, FaultKind, SafeText};

/// Opens a source. `environment` holds the variables that a token may be in.
///
/// # Errors
/// Why it cannot be asked at all.
pub fn build(settings: &SourceSettings, clock: Clock, environment: &[(String, String)]) -> Result<Arc<dyn TicketSource>, Fault> {
    match &settings.kind {
        SourceKind::File { path, form } => Ok(Arc::new(FileSource::new(settings, path, *form))),
        SourceKind::Redmine(redmine) => Ok(Arc::new(RedmineSource::new(settings, redmine, clock, environment)?)),
        SourceKind::Alertmanager(alertmanager) => Ok(Arc::new(AlertmanagerSource::new(settings, alertmanager, clock, environment)?)),
        SourceKind::Icinga(icinga) => Ok(Arc::new(IcingaSource::new(settings, icinga, clock, environment)?)),
        SourceKind::Http(http) => Ok(Arc::new(ConfiguredSource::new(settings, http, clock, environment)?)),
        SourceKind::Rt(rt) => Ok(Arc::new(RtSource::new(settings, rt, clock, environment)?)),
        SourceKind::Local => Err(Fault {
            kind: FaultKind::Internal,
            text: SafeText::line("local tickets are kept in the records, and opened with them"),
            retry_after: None,
        }),
        SourceKind::Demo { agreements } => Ok(Arc::new(DemoSource::new(settings, agreements, clock))),
    }
}

/// Whether a source could be asked, as far as that can be told without asking it: whether there is a key, where no command
/// must be run for it.
///
/// # Errors
/// Why it cannot be asked.
pub fn ready(settings: &SourceSettings, clock: Clock, environment: &[(String, String)]) -> Result<(), Fault> {
    if matches!(settings.kind, SourceKind::Local) {
        return Ok(());
    }
    build(settings, clock, environment)?;
    match &settings.kind {
        SourceKind::Redmine(redmine) => has_key(&redmine.server, environment),
        SourceKind::Alertmanager(alertmanager) => has_key(&alertmanager.server, environment),
        SourceKind::Icinga(icinga) => has_key(&icinga.server, environment),
        SourceKind::Http(http) => has_key(&http.server, environment),
        SourceKind::Rt(rt) => has_key(&rt.server, environment),
        SourceKind::File { .. } | SourceKind::Local | SourceKind::Demo { .. } => Ok(()),
    }
}

fn has_key(server: &ServerSettings, environment: &[(String, String)]) -> Result<(), Fault> {
    match &server.token {
        None | Some(TokenSource::Command(_)) => Ok(()),
        Some(token) => token::at_hand(token, environment).map(drop),
    }
}
