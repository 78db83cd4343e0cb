//! A desk of one's own: a folder with a configuration and files, and the built program run on it.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The agreement of the explanation's example, from line 3 of a configuration.
pub const ACME: &str = r#"timezone = "Europe/London"

[[agreement]]
name = "Acme"
clients = ["acme", "acme-*"]
timezone = "Europe/London"
office_hours = { mon-fri = ["09:00-17:30"] }
bank_holidays = "england-and-wales"
support_level = "L2"
hold_over_to = "next-working-day"
[agreement.response]
S1 = { any = "30m", bank-holiday = "2h" }
S2 = { office-hours = "1h", weekend = { within = "2h", clause = "Sched. 2 para 3" } }
S3 = { office-hours = "4h" }
S4 = { any = "none" }
S5 = { any = "none" }
"#;

/// A folder in which the program is run.
pub struct Desk {
    folder: TempDir,
}

/// What the program said and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\nstdout: {}\nstderr: {}", self.out, self.err))
    }

    /// The same after checking how it ended.
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Desk {
    /// An agreement and a file source for each list of tickets, called `tickets`, `tickets2`, …
    pub fn with(tickets: &[&str]) -> Self {
        let desk = Self::configured(ACME);
        let mut config = ACME.to_owned();
        for (i, text) in tickets.iter().enumerate() {
            let name = if i == 0 { "tickets".to_owned() } else { format!("tickets{}", i + 1) };
            let path = desk.write(&format!("{name}.json"), text);
            config.push_str(&source(&name, &path));
        }
        desk.write("config.toml", &config);
        desk
    }

    /// A configuration as written.
    pub fn configured(config: &str) -> Self {
        let desk = Self { folder: TempDir::new().unwrap() };
        desk.write("config.toml", config);
        desk
    }

    /// Writes a file and says where it is.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with nothing of the environment but what a terminal gives.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("holdover").unwrap();
        command.env_clear().env("HOME", self.folder.path()).env("HOLDOVER_CONFIG", "config.toml").env("USER", "jo");
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }
}

/// A file source in the configuration.
pub fn source(name: &str, path: &std::path::Path) -> String {
    format!("\n[[source]]\nname = \"{name}\"\nkind = \"file\"\npath = \"{}\"\n", path.display())
}

/// Compares a text with the file that keeps it; with `HOLDOVER_BLESS=1` writes it there.
pub fn kept(path: &str, text: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("HOLDOVER_BLESS").is_some() {
        fs::write(&file, text).unwrap();
    }
    let old = fs::read_to_string(&file).unwrap_or_default();
    assert!(old == text, "{path} is not what the program makes: see HOLDOVER_BLESS in .github/CONTRIBUTING.md");
}

/// The Roundup source of config.example.toml, switched on.
pub fn roundup_of_the_example() -> String {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml")).expect("the example");
    let from = example.find("#[[source]]\n#name = \"roundup\"\n").expect("a Roundup source");
    let block = example[from..].split("\n\n").next().expect("a block");
    let on = |line: &str| if line.starts_with("# ") { line.to_owned() } else { line.trim_start_matches('#').to_owned() };
    block.lines().map(|line| on(line) + "\n").collect()
}
