//! FLOOR 1': where tickets come from. May use domain, reqwest and tokio.

mod answer;
mod authorities;
mod build;
mod command;
mod demo;
mod file;
mod http;
mod known_answers;
mod mapping;
pub mod poller;
mod redmine;
mod redmine_list;
mod redmine_wire;
mod settings;
mod source;
mod ticket_entry;
mod ticket_reader;
mod token;

pub use authorities::Authorities;
pub use build::{build, ready};
pub use demo::demo_agreements;
pub use http::is_loopback;
pub use redmine_wire::{REDMINE_FIELDS, read_redmine};
pub use settings::{Auth, Limits, MapRule, MapTarget, MapTest, RedmineSettings, ServerSettings, SourceKind, SourceSettings, TokenSource};
pub use source::{Clock, TicketSource};
pub use ticket_reader::{TicketFormat, read_tickets};
pub use token::open_to_others;
