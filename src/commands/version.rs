//! What `--version` says of the build.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

use crate::config;
use crate::records;

/// The version, and the facts of the build that a report of a fault should have. Who packages the program may set
/// `HOLDOVER_COMMIT` when it is built.
pub(super) static LONG: LazyLock<String> = LazyLock::new(|| {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let libc = if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else {
        ""
    };
    let commit = option_env!("HOLDOVER_COMMIT").map_or_else(String::new, |commit| format!("commit: {commit}\n"));
    format!(
        "{version}\n{commit}build: {profile}, {ARCH}-{OS}{libc}\nTLS: rustls\nSQLite: {sqlite}, records of schema {schema}\n\
         bank holidays: compared with gov.uk's on {checked}",
        version = env!("CARGO_PKG_VERSION"),
        sqlite = records::sqlite_version(),
        schema = records::SCHEMA,
        checked = config::HOLIDAYS_CHECKED,
    )
});
