//! What the tests of the real servers have in common: where a server is, or that it is not there, and its own script.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A variable that `tests/servers/NAME.sh variables` sets; where it is not set, that is said where it is seen. `by` sets it.
pub fn variable(name: &str, server: &str, by: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let said = format!("SKIPPED: {test}: no {server}, for {name} is not set (bash {by} sets it)\n");
        // not eprintln: what a passing test prints with it is not shown
        let _ = std::io::stderr().write_all(said.as_bytes());
    }
    value
}

/// Runs a verb of a server's own script, and gives what it prints.
pub fn script(server: &str, verb: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/servers/{server}.sh"));
    let output = Command::new("bash").arg(script).arg(verb).output().unwrap();
    assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A server as long as it is out of reach; well again whatever becomes of the test.
pub struct Outage {
    server: &'static str,
    end: &'static str,
}

impl Outage {
    /// Nobody listens.
    pub fn stopped(server: &'static str) -> Self {
        script(server, "stop");
        Self { server, end: "start" }
    }

    /// Connections are taken, and nothing is answered.
    pub fn frozen(server: &'static str) -> Self {
        script(server, "freeze");
        Self { server, end: "thaw" }
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        script(self.server, self.end);
    }
}
