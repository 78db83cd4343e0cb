//! holdover: a terminal dashboard for on-call support that knows the support agreement.
//!
//! ```text
//! main ──> commands ──> config
//!              │
//!    ┌─────────┼──────────┐
//!    v         v          v
//!   tui     sources    records      these never meet; only commands joins them
//!    v         │          │
//!   app        │          │
//!    └─────────┴> domain <┘
//! ```

pub mod app;
pub mod commands;
pub mod config;
pub mod domain;
pub mod sources;
pub mod tui;
