//! FLOOR 1': where tickets come from. May use domain, reqwest and tokio.

mod address;
mod alertmanager;
mod alertmanager_wire;
mod answer;
mod authorities;
mod blank;
mod build;
mod command;
mod configured;
mod configured_deed;
mod configured_list;
mod configured_settings;
mod configured_ticket;
mod configured_times;
mod demo;
mod expression;
mod file;
mod http;
mod icinga;
mod icinga_deeds;
mod icinga_wire;
mod known_answers;
mod lenient_json;
mod mapping;
pub mod poller;
mod redmine;
mod redmine_deeds;
mod redmine_delta;
mod redmine_history;
mod redmine_list;
mod redmine_seen;
mod redmine_ticket;
mod redmine_wire;
mod rt;
mod rt_deeds;
mod rt_list;
mod rt_ticket;
mod rt_wire;
mod sent;
mod settings;
mod source;
mod survey;
mod template;
mod ticket_csv;
mod ticket_entry;
mod ticket_reader;
mod token;
mod unreadable;

pub use alertmanager::AlertmanagerSettings;
pub use alertmanager_wire::ALERTMANAGER_FIELDS;
pub use authorities::Authorities;
pub use build::{build, ready};
pub use command::{Command, Ended};
pub use configured_deed::{DEED_NAMES, ITEM_NAMES};
pub use configured_settings::{
    DeedSettings, HttpSettings, ItemSettings, ListSettings, Paging, RequestSettings, TimeForm, ValueMap, WhoAmI,
};
pub use configured_ticket::{LINK_NAMES, TICKET_FIELDS};
pub use demo::demo_agreements;
pub use expression::Expression;
pub use http::is_loopback;
pub use icinga::IcingaSettings;
pub use icinga_wire::ICINGA_FIELDS;
pub use redmine_ticket::{REDMINE_FIELDS, read_redmine};
pub use rt_ticket::RT_FIELDS;
pub use settings::{
    Auth, FileForm, Limits, MapRule, MapTarget, MapTest, RedmineSettings, RtSettings, ServerSettings, SourceKind, SourceSettings,
    TokenSource,
};
pub use source::{Clock, TicketSource};
pub use survey::{SeenField, SeenValue, Survey};
pub use template::{Body, Template, TemplateError};
pub use ticket_entry::FILE_FIELDS;
pub use ticket_reader::{TicketFormat, read_csv, read_tickets};
pub use token::open_to_others;
