//! business-time cases of other projects.
