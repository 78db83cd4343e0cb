//! The one integration binary: one link, not ten.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alertmanager_server;
mod architecture;
mod bad_input;
mod calculator;
mod cases;
mod commands;
mod configuration;
mod demo;
mod hang_up;
mod icinga_server;
mod model;
mod panics;
mod picture;
mod properties;
mod pty;
mod readme;
mod real_server;
mod records;
mod redmine_dashboard;
mod redmine_server;
mod redmine_server_deeds;
mod relay;
mod roundup_server;
mod rt_server;
mod scale;
mod screens;
mod sources;
mod store;
mod strangers;
mod support;
mod terminal;
mod theme;
mod verbs;
mod watch;
mod windows;
