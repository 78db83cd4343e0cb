//! invariants of the rules, and the rules against the slow model.
