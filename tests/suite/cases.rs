//! decided cases as data files.
