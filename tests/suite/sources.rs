//! sources against recorded answers and hostile servers.
