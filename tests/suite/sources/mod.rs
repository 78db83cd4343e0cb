//! sources against recorded answers and hostile servers.

mod alertmanager;
mod alertmanager_deeds;
mod canary;
mod clocks;
mod configured_deed;
mod configured_list;
mod configured_recorded;
mod csv;
mod fake_alertmanager;
mod fake_icinga;
mod fake_redmine;
mod fake_rt;
mod fake_tracker;
mod file;
mod first_configuration;
mod hostile;
mod icinga;
mod polling;
mod redmine;
mod redmine_ack;
mod redmine_deeds;
mod redmine_delta;
mod redmine_history;
mod rt;
mod rt_deeds;
mod siege;
mod strangers;
mod tls;
mod token;
mod token_command;
mod wire;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use holdover::config;
use holdover::domain::{Fault, Pass, Ticket};
use holdover::sources::{self, Clock, SourceSettings, TicketSource};

/// A clock that stands still.
fn clock() -> Clock {
    Arc::new(|| DateTime::<Utc>::from_timestamp(1_795_000_000, 0).unwrap())
}

/// What the configuration says of the one source in it.
fn settings(source: &str) -> SourceSettings {
    let text = format!("timezone = \"Europe/London\"\n[[source]]\nname = \"desk\"\n{source}");
    let read = config::parse(&text, "config.toml", &[]);
    read.unwrap_or_else(|problems| panic!("{problems:?}")).sources.remove(0)
}

/// A Redmine source at an address, with a key and more lines of configuration.
fn redmine_at(url: &str, key: &str, more: &str) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"redmine\"\nurl = \"{url}\"\ntoken_env = \"REDMINE_KEY\"\n{more}\n"));
    sources::build(&settings, clock(), &[("REDMINE_KEY".to_owned(), key.to_owned())]).unwrap()
}

/// The ticket of a key.
fn ticket<'a>(pass: &'a Pass, key: &str) -> &'a Ticket {
    pass.tickets.iter().find(|t| t.id.key.as_str() == key).unwrap_or_else(|| panic!("no ticket {key}: {:?}", keys(pass)))
}

fn keys(pass: &Pass) -> Vec<&str> {
    pass.tickets.iter().map(|t| t.id.key.as_str()).collect()
}

/// The fault of a pass, which must have none of the secrets in it.
async fn fault(source: &dyn TicketSource, secret: &str) -> Fault {
    let fault = source.list_open().await.expect_err("there is no list");
    assert!(!format!("{fault:?}").contains(secret), "the key is told: {fault:?}");
    assert_eq!(fault.text.as_str().matches(" – ").count(), 2, "what – why – what to do: {}", fault.text);
    fault
}
