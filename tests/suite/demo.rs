//! the embedded demo shows everything at any hour.
