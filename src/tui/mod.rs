//! FLOOR 2: the terminal. May use app, domain, ratatui and crossterm.
