//! a slow, obvious, minute-by-minute model of the rules.
