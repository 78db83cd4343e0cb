//! the verbs, run as a user runs them.
