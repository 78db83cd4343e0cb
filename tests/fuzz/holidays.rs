//! Files of bank holidays: what is read has safe names and judges; what is not read is refused by name.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use holdover::config;
use holdover::domain::{SafeText, Severity, SourceName, Ticket, TicketKey};
use holdover_fuzz::{CONFIG, assert_safe, instants, judge_at_all};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// A folder with the configuration that names the file.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    let config = CONFIG.replace("bank_holidays = \"england-and-wales\"", "bank_holidays = [\"england-and-wales\", \"holidays.json\"]");
    fs::write(folder.path().join("config.toml"), config).unwrap_or_else(|e| panic!("{e}"));
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let folder = FOLDER.path();
    fs::write(folder.join("holidays.json"), bytes).unwrap_or_else(|e| panic!("{e}"));
    match config::load(&folder.join("config.toml"), &[]) {
        Err(problems) => {
            assert!(problems.iter().all(|p| p.what.contains("holidays.json") && p.path.contains("bank_holidays")), "{problems:?}");
        }
        Ok(settings) => {
            let holidays = &settings.agreements.all()[0].calendar.rules().holidays;
            assert!(holidays.known_until.is_some() && !holidays.dates.is_empty());
            for name in holidays.dates.values().flatten() {
                assert_safe(name.as_str(), 4, "the name of a holiday");
            }
            let mut ticket = Ticket::new(TicketKey { source: SourceName::new("x"), key: SafeText::line("1") });
            ticket.client = Some(SafeText::line("acme"));
            ticket.severity = Some(Severity::S3);
            ticket.submitted_at = Some(instants()[0]);
            judge_at_all(&ticket, &settings.agreements);
        }
    }
});
