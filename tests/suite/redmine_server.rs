//! the real Redmine server, where `HOLDOVER_REDMINE` says it runs.
