//! the floors are kept, by reading the source files.
