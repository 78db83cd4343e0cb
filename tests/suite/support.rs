//! what several test modules need.
