//! FLOOR 1': where tickets come from. May use domain, reqwest and tokio.

mod build;
mod demo;
mod file;
mod http;
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

pub use build::build;
pub use demo::demo_agreements;
pub use redmine_wire::read_redmine;
pub use settings::{MapRule, MapTarget, MapTest, RedmineSettings, SourceKind, SourceSettings, TokenSource};
pub use source::{Clock, TicketSource};
pub use ticket_reader::{TicketFormat, read_tickets};
