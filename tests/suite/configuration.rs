//! valid, invalid and mutated configurations.
