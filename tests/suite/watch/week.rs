//! A week of one `watch`, two dashboards and a status line: one of them asks, and each hook is run for each change once. What
//! is expected is worked out from the script by hand, and from nothing of the program.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::domain::{Deed, Grounds, Severity, SourceName};
use holdover::records::{Queued, RecordedSource, Records};

use super::{HookRun, Office, Script, Written, at};

/// How often a source is asked.
const EVERY: Duration = Duration::from_secs(600);
/// A Thursday; the week has a weekend and no bank holiday.
const FROM: &str = "2026-12-03T00:00:00Z";
const TO: &str = "2026-12-10T00:00:00Z";

const HOOKS: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "all"
on = ["unanswered", "decide", "at-risk", "breached", "blind", "well"]
command = ["all"]
[[hook]]
name = "page"
on = ["unanswered", "decide", "breached"]
severity = ["S1"]
command = ["page"]
again = "7m"
[[hook]]
name = "sources"
on = ["blind", "well"]
command = ["sources"]
"#;

fn script() -> Script {
    let assessed = |written: Written, when: &str, severity| {
        let mut assessed = written.assessed.clone();
        assessed.push((at(when), severity));
        Written { assessed, ..written }
    };
    let nobody =
        Written { client: "nobody", gone: Some(at("2026-12-09T09:02:00Z")), ..Written::new("desk", "D-8", "S3", "2026-12-09T08:02:00Z") };
    let tickets = vec![
        Written::new("desk", "D-1", "S1", "2026-12-03T02:14:00Z").taken("2026-12-03T02:22:00Z"),
        Written::new("desk", "D-2", "S1", "2026-12-03T22:02:00Z").taken("2026-12-04T06:52:00Z"),
        Written::new("desk", "D-3", "S3", "2026-12-04T16:32:00Z").taken("2026-12-07T11:32:00Z"),
        assessed(Written::new("desk", "D-4", "none", "2026-12-05T10:02:00Z"), "2026-12-05T11:02:00Z", Severity::S2)
            .taken("2026-12-05T11:52:00Z"),
        Written::new("desk", "D-5", "S2", "2026-12-06T03:02:00Z"),
        assessed(Written::new("desk", "D-6", "S3", "2026-12-08T10:02:00Z"), "2026-12-08T10:42:00Z", Severity::S1)
            .taken("2026-12-08T11:02:00Z"),
        // never covered
        Written::new("desk", "D-7", "S4", "2026-12-08T10:02:00Z"),
        nobody,
        Written::new("phone", "P-1", "S1", "2026-12-05T11:42:00Z").taken("2026-12-05T11:52:30Z"),
        Written::new("phone", "P-2", "S1", "2026-12-05T13:02:00Z").taken("2026-12-06T13:02:00Z"),
    ];
    let down = vec![("phone", at("2026-12-05T12:02:00Z"), at("2026-12-06T12:02:00Z"))];
    Script { tickets, down, ..Script::default() }
}

/// Writes an acknowledgement down and ends, as `ack --queue` does.
fn queue(office: &Office, key: &str) {
    let records = office.records(9);
    let ticket = office.script.tickets.iter().find(|written| written.key == key).unwrap();
    let ticket = ticket.ticket(office.now(), &std::collections::HashMap::new()).unwrap();
    let (who, deed, now) = (holdover::domain::SafeText::line("jo"), Deed::Acknowledge { note: None }, office.now());
    let grounds = Grounds::of(&ticket, &office.agreements, now);
    let queued = Queued {
        key: &ticket.id,
        deed: &deed,
        who: &who,
        grounds: &grounds,
        submitted_at: ticket.submitted_at,
        asked_at: now,
        send_at: now,
    };
    records.queue(&queued).unwrap();
}

/// Each run that there must be, and when.
fn expected(script: &Script) -> Vec<HookRun> {
    let mut runs = Vec::new();
    let mut run = |hook: &str, change: &str, of: &str, at: DateTime<Utc>, again: u64| {
        runs.push(HookRun { process: "watch", at, hook: hook.to_owned(), change: change.to_owned(), of: of.to_owned(), again });
    };
    let desk = |from: &str| script.seen("desk", at(from));
    let phone = |from: &str| script.seen("phone", at(from));
    // 30 minutes at any hour; the last fifth is 6
    run("all", "unanswered", "D-1", desk("2026-12-03T02:14:00Z"), 0);
    run("all", "unanswered", "D-2", desk("2026-12-03T22:02:00Z"), 0);
    run("all", "at-risk", "D-2", at("2026-12-03T22:26:00Z"), 0);
    run("all", "breached", "D-2", at("2026-12-03T22:32:01Z"), 0);
    // 4 hours in office hours: 58 minutes on Friday, the rest on Monday until 12:02; the last fifth is 48 minutes
    run("all", "unanswered", "D-3", desk("2026-12-04T16:32:00Z"), 0);
    run("all", "unanswered", "D-3", at("2026-12-07T09:00:00Z"), 0);
    run("all", "at-risk", "D-3", at("2026-12-07T11:14:00Z"), 0);
    // as an S1 until it is assessed; then 2 hours, as it is a weekend, of which the last fifth is 24 minutes
    run("all", "decide", "D-4", desk("2026-12-05T10:02:00Z"), 0);
    run("all", "at-risk", "D-4", at("2026-12-05T10:26:00Z"), 0);
    run("all", "breached", "D-4", at("2026-12-05T10:32:01Z"), 0);
    run("all", "unanswered", "D-4", desk("2026-12-05T11:02:00Z"), 0);
    run("all", "at-risk", "D-4", at("2026-12-05T11:38:00Z"), 0);
    run("all", "unanswered", "D-5", desk("2026-12-06T03:02:00Z"), 0);
    // raised: due 30 minutes after that, at 11:12; the last fifth of the whole is 14 minutes
    run("all", "unanswered", "D-6", desk("2026-12-08T10:02:00Z"), 0);
    run("all", "unanswered", "D-6", desk("2026-12-08T10:42:00Z"), 0);
    run("all", "at-risk", "D-6", at("2026-12-08T10:58:00Z"), 0);
    run("all", "decide", "D-8", desk("2026-12-09T08:02:00Z"), 0);
    run("all", "unanswered", "P-1", phone("2026-12-05T11:42:00Z"), 0);
    // past due when it was first seen: that alone is told
    run("all", "breached", "P-2", phone("2026-12-05T13:02:00Z"), 0);
    let last =
        script.polls_of("phone").into_iter().rfind(|(_, at, answered)| *answered && *at < self::at("2026-12-05T12:02:00Z")).unwrap().1;
    let (blind, well) = (last + TimeDelta::seconds(1801), phone("2026-12-06T12:02:00Z"));
    for hook in ["all", "sources"] {
        run(hook, "blind", "phone", blind, 0);
        run(hook, "well", "phone", well, 0);
    }
    // S1 only, and again every seven minutes until it is over or something graver comes
    let mut page = |change: &str, of: &str, from: DateTime<Utc>, until: DateTime<Utc>| {
        let mut at = from;
        for again in 0.. {
            if at >= until {
                break;
            }
            run("page", change, of, at, again);
            at += TimeDelta::minutes(7);
        }
    };
    page("unanswered", "D-1", desk("2026-12-03T02:14:00Z"), desk("2026-12-03T02:22:00Z"));
    page("unanswered", "D-2", desk("2026-12-03T22:02:00Z"), at("2026-12-03T22:32:01Z"));
    page("breached", "D-2", at("2026-12-03T22:32:01Z"), desk("2026-12-04T06:52:00Z"));
    page("decide", "D-4", desk("2026-12-05T10:02:00Z"), at("2026-12-05T10:32:01Z"));
    page("breached", "D-4", at("2026-12-05T10:32:01Z"), desk("2026-12-05T11:02:00Z"));
    page("unanswered", "D-6", desk("2026-12-08T10:42:00Z"), desk("2026-12-08T11:02:00Z"));
    page("unanswered", "P-1", phone("2026-12-05T11:42:00Z"), phone("2026-12-05T11:52:30Z"));
    page("breached", "P-2", phone("2026-12-05T13:02:00Z"), phone("2026-12-06T13:02:00Z"));
    runs
}

/// The runs but for when they were, in an order of their own.
fn sorted(mut runs: Vec<HookRun>) -> Vec<HookRun> {
    runs.sort_by(|a, b| (&a.hook, &a.of, a.at).cmp(&(&b.hook, &b.of, b.at)));
    runs
}

#[tokio::test(start_paused = true)]
async fn in_a_week_one_asks_and_each_hook_is_run_for_each_change_once() {
    let office = Office { every: EVERY, ..Office::new(FROM, script(), HOOKS) };
    let watch = office.watch("watch", 0);
    office.until(at("2026-12-03T00:00:01Z")).await;
    let dashboards = [office.dashboard("first", 1), office.dashboard("second", 2)];
    office.until(at("2026-12-06T03:32:00Z")).await;
    queue(&office, "D-5");
    office.until(at(TO)).await;

    let every = usize::try_from((at(TO) - at(FROM)).num_seconds()).unwrap() / usize::try_from(EVERY.as_secs()).unwrap();
    for source in ["desk", "phone"] {
        let polls = office.script.polls_of(source);
        println!("{source}: {} polls in {every} intervals", polls.len());
        let others: Vec<_> = polls.iter().filter(|(process, ..)| *process != "watch").collect();
        assert!(others.is_empty(), "somebody else asked {source}: {others:?}");
    }
    // one at the beginning, and one for each interval that has passed; each is a few milliseconds late, so perhaps not the last
    let polls = office.script.polls_of("desk").len();
    assert!((every..=every + 1).contains(&polls), "{polls} polls in {every} intervals");
    assert!(office.script.polls_of("phone").len() <= every + 1, "one that fails is asked no more often");

    let (expected, runs) = (sorted(expected(&office.script)), sorted(office.script.runs.lock().unwrap().clone()));
    let shown = |runs: &[HookRun]| runs.iter().map(|run| format!("{run:?}")).collect::<Vec<_>>().join("\n");
    println!("{} runs of hooks", runs.len());
    let named = |run: &HookRun| (run.process, run.hook.clone(), run.change.clone(), run.of.clone(), run.again);
    assert_eq!(expected.iter().map(named).collect::<Vec<_>>(), runs.iter().map(named).collect::<Vec<_>>(), "{}", shown(&runs));
    for (expected, run) in expected.iter().zip(&runs) {
        let late = run.at - expected.at;
        // each time that it is run again is a few milliseconds later
        assert!((TimeDelta::zero()..TimeDelta::seconds(2)).contains(&late), "{late}: {run:?}, expected at {}", expected.at);
    }

    assert_eq!(*office.script.tellings.lock().unwrap(), 1, "what was queued is sent once");
    // what a status line reads
    let sources = Office::sources().map(|name| RecordedSource {
        place: name.to_string(),
        name,
        reading: "as it is".to_owned(),
        blind_after: std::time::Duration::from_secs(300),
    });
    let records = Records::read_only(office.folder(), &sources).unwrap();
    let snapshot = records.snapshot(&SourceName::new("desk")).unwrap().unwrap();
    let last = office.script.polls_of("desk").last().unwrap().1;
    assert_eq!((snapshot.ended_at.timestamp(), snapshot.tickets.len(), snapshot.fault), (last.timestamp(), 7, None));
    watch.abort();
    dashboards.iter().for_each(tokio::task::JoinHandle::abort);
}
