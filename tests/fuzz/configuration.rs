//! The configuration: whatever is written, each mistake has its line and says what would be right, and what is sound judges.
#![no_main]

use holdover::config;
use holdover::domain::{SafeText, Severity, SourceName, Ticket, TicketKey};
use holdover_fuzz::{assert_safe, instants, judge_at_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1) + 1;
    let settings = match config::parse(text, "config.toml", &[]) {
        Ok(settings) => settings,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            for problem in &problems {
                assert!(problem.line <= lines, "of {lines} lines: {problem}");
                assert!(!problem.what.is_empty() && !problem.help.is_empty(), "{problem:?}");
            }
            let again = config::parse(text, "config.toml", &[]).err();
            assert_eq!(again.as_ref(), Some(&problems), "what is wrong is the same each time");
            return;
        }
    };
    for warning in &settings.warnings {
        assert!(warning.line <= lines && !warning.what.is_empty() && !warning.help.is_empty(), "{warning:?}");
    }
    for agreement in settings.agreements.all().iter().take(4) {
        assert_safe(agreement.name.as_str(), 4, "a name");
        for severity in Severity::ALL.into_iter().map(Some).chain([None]) {
            let mut ticket = Ticket::new(TicketKey { source: SourceName::new("x"), key: SafeText::line("1") });
            ticket.agreement = Some(agreement.name.clone());
            ticket.severity = severity;
            ticket.submitted_at = Some(instants()[0]);
            judge_at_all(&ticket, &settings.agreements);
        }
    }
});
