//! Agreements as they are found in the wild say what their contracts say.

use chrono::{DateTime, Utc};
use holdover::config::{self, Settings};
use holdover::domain::{Agreement, Bill, HoldOverTo, SafeText, Severity, SourceName, Ticket, TicketKey, Verdict, judge};

use super::{folder, home, lines};

fn load(name: &str) -> Settings {
    config::load(&folder("valid").join(name), &home()).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// The verdict on a ticket at its submission.
fn submitted(settings: &Settings, client: &str, severity: Severity, channel: &str, when: &str) -> Verdict {
    let mut ticket = Ticket::new(TicketKey { source: SourceName::new("t"), key: SafeText::line("T-1") });
    ticket.client = Some(SafeText::line(client));
    ticket.severity = Some(severity);
    ticket.channel = Some(SafeText::line(channel));
    ticket.support_level = Some(SafeText::line("L1"));
    ticket.submitted_at = Some(at(when));
    judge(&ticket, &settings.agreements, at(when))
}

/// When the response clock starts and when it is due.
fn clock(verdict: &Verdict) -> (DateTime<Utc>, DateTime<Utc>) {
    let clock = verdict.response.as_ref().expect("a clock");
    (clock.starts_at, clock.due.expect("a due"))
}

fn agreement<'a>(settings: &'a Settings, name: &str) -> &'a Agreement {
    settings.agreements.all().iter().find(|a| a.name.as_str() == name).expect("the agreement")
}

#[test]
fn orderflow_out_of_hours_is_for_those_who_ring() {
    let settings = load("orderflow.toml");
    // Saturday 28 November 2026
    let rung = submitted(&settings, "OrderFlow", Severity::S1, "Phone", "2026-11-28T03:00:00Z");
    assert_eq!(clock(&rung), (at("2026-11-28T03:00:00Z"), at("2026-11-28T03:30:00Z")));
    assert_eq!(rung.billing.verdict, Bill::Chargeable);
    let mailed = submitted(&settings, "OrderFlow", Severity::S1, "email", "2026-11-28T03:00:00Z");
    assert_eq!(clock(&mailed), (at("2026-11-30T09:00:00Z"), at("2026-11-30T10:00:00Z")), "progressed the next working day");
    assert_eq!(mailed.billing.verdict, Bill::Included);
}

#[test]
fn premier_choice_has_another_time_for_each_window_and_channel() {
    let settings = load("premier-choice.toml");
    let due = |severity, channel: &str, when: &str| clock(&submitted(&settings, "premier-x", severity, channel, when)).1;
    // Thursday 26 November 2026, 10:00 and 20:00
    assert_eq!(due(Severity::S3, "tel", "2026-11-26T10:00:00Z"), at("2026-11-26T10:30:00Z"));
    assert_eq!(due(Severity::S3, "ticket", "2026-11-26T10:00:00Z"), at("2026-11-26T12:00:00Z"));
    assert_eq!(due(Severity::S3, "tel", "2026-11-26T20:00:00Z"), at("2026-11-27T00:00:00Z"));
    assert_eq!(due(Severity::S3, "ticket", "2026-11-26T20:00:00Z"), at("2026-11-27T10:30:00Z"));
    assert_eq!(due(Severity::S1, "tel", "2026-11-26T10:00:00Z"), at("2026-11-26T10:00:00Z"), "immediate");
    assert_eq!(due(Severity::S5, "ticket", "2026-11-26T10:00:00Z"), at("2026-12-02T10:00:00Z"), "4 business days");
    assert!(submitted(&settings, "premier-x", Severity::S1, "ticket", "2026-11-26T10:00:00Z").response.is_none(), "n.a.");
    assert_eq!(agreement(&settings, "Premier Choice").severity_names[0].as_ref().map(SafeText::as_str), Some("Fatal"));
}

#[test]
fn expansive_counts_business_hours_and_days() {
    let settings = load("expansive.toml");
    // Friday 27 November 2026, 16:00: one hour is left of that day
    let due = |severity| clock(&submitted(&settings, "expansive", severity, "email", "2026-11-27T16:00:00Z")).1;
    assert_eq!(due(Severity::S1), at("2026-11-27T17:00:00Z"));
    assert_eq!(due(Severity::S2), at("2026-11-30T12:00:00Z"));
    assert_eq!(due(Severity::S3), at("2026-11-30T16:00:00Z"));
    assert_eq!(due(Severity::S4), at("2026-12-02T16:00:00Z"));
    assert_eq!(settings.sources[0].client.as_ref().map(SafeText::as_str), Some("expansive"));
}

#[test]
fn yourcmsite_has_a_longer_day_for_its_highest_severity() {
    let settings = load("yourcmsite.toml");
    // Thursday 26 November 2026: 22:00 is in the extended window, which ends at 23:00
    let late = submitted(&settings, "yourcmsite", Severity::S1, "email", "2026-11-26T22:00:00Z");
    assert_eq!(late.window.as_ref().map(SafeText::as_str), Some("extended"));
    assert_eq!(clock(&late), (at("2026-11-26T22:00:00Z"), at("2026-11-27T09:30:00Z")), "half a working day, from 06:00 again");
    let night = submitted(&settings, "yourcmsite", Severity::S1, "email", "2026-11-27T23:30:00Z");
    assert_eq!(night.held_until, Some(at("2026-11-30T06:00:00Z")), "not Saturday: the window is from Monday to Friday");
    assert_eq!(agreement(&settings, "yourcmsite").hold_over_to, HoldOverTo::NextCoveredWindow);
}

#[test]
fn nhs_catalogue_is_covered_through_the_night_and_on_christmas_day() {
    let settings = load("nhs-catalogue.toml");
    let night = submitted(&settings, "nhs-trust", Severity::S1, "phone", "2026-12-25T03:00:00Z");
    assert_eq!(night.window.as_ref().map(SafeText::as_str), Some("out-of-hours"));
    assert_eq!(clock(&night), (at("2026-12-25T03:00:00Z"), at("2026-12-25T04:00:00Z")));
    let held = submitted(&settings, "nhs-trust", Severity::S2, "phone", "2026-12-25T03:00:00Z");
    assert_eq!(held.held_until, Some(at("2026-12-25T08:30:00Z")));
}

#[test]
fn openfiler_has_its_own_holidays() {
    let settings = load("openfiler.toml");
    let eve = submitted(&settings, "openfiler-enterprise-1", Severity::S1, "phone", "2026-12-24T12:00:00Z");
    assert_eq!(eve.held_until, Some(at("2026-12-26T00:00:00Z")), "Christmas Eve and Day are no days of theirs, Boxing Day is");
    let boxing_day = submitted(&settings, "openfiler", Severity::S1, "phone", "2026-12-28T12:00:00Z");
    assert_eq!(boxing_day.held_until, Some(at("2026-12-29T06:00:00Z")), "the substitute day is one in England");
}

#[test]
fn room_agree_takes_whoever_no_other_agreement_takes() {
    let settings = load("room-agree.toml");
    let due = |severity| clock(&submitted(&settings, "whoever", severity, "email", "2026-11-28T03:00:00Z")).1;
    assert_eq!(due(Severity::S2), at("2026-11-28T04:20:00Z"));
    assert_eq!(due(Severity::S5), at("2026-12-26T03:00:00Z"));
}

#[test]
fn a_template_gives_what_an_agreement_does_not_say() {
    let settings = load("template.toml");
    let names: Vec<&str> = settings.agreements.all().iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["Acme", "B", "A"], "its own first, then the files as `include` names them, each once");
    let (acme, a, b) = (agreement(&settings, "Acme"), agreement(&settings, "A"), agreement(&settings, "B"));
    assert_eq!((acme.at_risk_ppm, a.at_risk_ppm, b.at_risk_ppm), (0, 500_000, 200_000));
    assert!(acme.calendar.rules().office_hours[4].is_empty(), "office hours are taken whole: Acme has no Friday");
    let row = |agreement: &Agreement, s: Severity| {
        agreement.response.row(s).expect("a row").entries().next().expect("a cell").within.written.to_string()
    };
    assert_eq!((row(acme, Severity::S1), row(acme, Severity::S2), row(a, Severity::S1)), ("15m".into(), "1h".into(), "30m".into()));
    assert_eq!(acme.support_level.as_ref().map(SafeText::as_str), Some("second"));
    assert_eq!(b.support_levels.len(), 3);
    let origin = &acme.response.row(Severity::S2).expect("a row").origin;
    assert!(origin.file.ends_with("template.toml") && origin.line == 15, "{origin:?}");
    assert!(b.origin.file.ends_with("agreements/b.toml") && b.origin.line == 6, "{:?}", b.origin);
}

#[test]
fn cairo_works_from_sunday_with_a_break() {
    let settings = load("cairo.toml");
    let rules = agreement(&settings, "Nile").calendar.rules();
    let spans: Vec<(u16, u16)> = rules.office_hours[6].iter().map(|s| (s.start, s.end)).collect();
    assert_eq!(spans, [(540, 750), (780, 1020)], "in the order of the day, not as written");
    assert!(rules.office_hours[4].is_empty());
    // Saturday 21 November 2026, 11:00 in Cairo: open, but no working day
    let saturday = submitted(&settings, "nile", Severity::S2, "email", "2026-11-20T12:00:00Z");
    assert_eq!(saturday.held_until, Some(at("2026-11-22T07:00:00Z")), "Sunday 09:00");
}
