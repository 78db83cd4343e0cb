//! holdover: a terminal dashboard for on-call support that knows the support agreement.
//!
//! The floors; who may import whom is kept by a test:
//!
//! ```text
//! main ──> commands ──> config
//!              │
//!         ┌────┴────┬──────────┐
//!         v         v          v
//!        tui     sources    records      these three never meet: commands joins them
//!         v         │          │
//!        app        │          │
//!         └────> domain <──────┘
//! ```
//!
//! `config` makes the settings that each floor owns, and so knows their types; nobody but `commands` knows `config`.
//!
//! The flow; time is a message too, and what happens next follows from the model alone:
//!
//! ```text
//! server ── TicketSource ──> poller ── PollReport ──┐          key ──> keymap ── Action ──┐
//!                                       Tick(now) ──┴──> Message <────────────────────────┘
//!                                                           │
//!                                     update(&mut Model, Message)    Store ──> judge ──> Board
//!                                       ┌───────────────────┴────────────┐
//!                              view(&Model) ──> render                Effect ──> outbox ──> source.tell(deed) ──> Message
//! headless: ask once ──> Store ──> Board ──> text or JSON
//! ```
//!
//! The words: a *ticket* is what a source tells of an issue; an [`domain::Agreement`] says which *window* an instant is in and
//! how soon a *severity* is answered there; the *verdict* on a ticket at an instant says what is *obliged* (decide, now, held,
//! on the client, outside) and how its clocks stand. *Held* is what the contract lets wait; *paused* is a clock that has
//! started and stands. A *deed* is what an engineer does to a ticket (acknowledges it, notes, assesses, …), which its source is
//! told of. A *gap* is a time in which nobody here knew how a source stood; a *handover* tells the next engineer what was, is and
//! comes. The *activity* is what happened, the newest first; a *saved view* is a filter with a name. An *alarm* is what somebody is to hear of though they look at no board, and a *hook* the command that tells them. The
//! *works* are all of a running holdover but its terminal: the dashboard and `watch` drive the same. The domain's docs give each
//! word its one meaning.

pub mod app;
pub mod commands;
pub mod config;
pub mod domain;
pub mod records;
pub mod sources;
pub mod tui;
