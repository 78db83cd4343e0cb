//! FLOOR 0: the rules of the product. No I/O, no clock, no terminal; std, chrono, serde and a glob matcher only. Threads are used
//! to judge many tickets at once, and change nothing of what comes out.

mod agreement;
mod alarm;
mod apply;
mod billing;
mod calendar;
mod called_back;
mod case;
mod changes;
mod clock;
mod cover;
mod deed;
mod digest;
mod explain;
mod grounds;
mod history;
pub mod instant;
mod many;
mod meter;
mod notes;
mod report;
mod response_table;
mod safe_text;
mod severity;
mod stretches;
mod ticket;
mod verdict;
mod words;
mod year;
mod zone;

pub use agreement::{
    Agreement, Agreements, AnsweredBy, BadPattern, ChargeableField, ChargeableRule, HoldOverTo, NoAgreement, Origin, client_glob,
};
pub use alarm::Alarm;
pub use calendar::{Calendar, CalendarRules, Holidays, NamedWindow, Span, WeekHours, Window};
pub use called_back::{CALLED_BACK, CalledBack};
pub use cover::{WhyHeld, clause};
pub use deed::{Capabilities, Deed, DeedKind, KeptHere, Outcome};
pub use digest::sha256;
pub use explain::{Step, explain};
pub use grounds::Grounds;
pub use many::map_many;
pub use report::{Fault, FaultKind, Gap, Identity, Pass, PollReport, Recorded};
pub use response_table::{BadTarget, Cell, Entry, OnDay, ResponseTable, Row, Target, TargetKind};
pub use safe_text::{SafeText, Sanitised, TextKind};
pub use severity::Severity;
pub use stretches::WindowStretch;
pub use ticket::{Assessment, ClientContact, Contact, Mapped, OnClient, SourceName, Status, Ticket, TicketKey};
pub use verdict::{Bill, Billing, Clock, ClockState, Group, Obligation, Verdict, judge};
pub use zone::resolve as resolve_local;
pub use zone::{clock_changes, date_of, date_start, instant_of_local};
