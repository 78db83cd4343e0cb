//! keys in, screen out.
