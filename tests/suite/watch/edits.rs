//! An edit of the configuration under the works: hooks keep to the sources that there are, and nobody waits for ever.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use holdover::app::{ConfiguredRules, SourceRules, StaysKnown};
use holdover::commands::{Edited, EditedSource, Polled, Watch};
use holdover::domain::{Fault, FaultKind, SourceName};
use holdover::records::RecordedSource;
use holdover::sources::TicketSource;

use super::{Office, Script, Scripted, Written, at};

const FROM: &str = "2026-12-03T00:00:00Z";

const HOOKS: &str = r#"
[[source]]
name = "desk"
kind = "demo"
[[hook]]
name = "page"
on = ["unanswered", "blind"]
again = "5m"
command = ["page"]
"#;

fn office() -> Office {
    let tickets = vec![Written::new("desk", "D-1", "S1", FROM)];
    Office::new(FROM, Script { tickets, ..Script::default() }, HOOKS)
}

/// From now on there are these sources.
fn edited(office: &Office, sources: Vec<EditedSource>, names: &[&str]) -> Edited {
    let recorded = names.iter().map(|name| RecordedSource {
        name: SourceName::new(name),
        place: (*name).to_owned(),
        reading: "as it is".to_owned(),
        blind_after: std::time::Duration::from_secs(300),
    });
    let (agreements, zone) = (Arc::clone(&office.agreements), chrono_tz::Europe::London);
    let rules = ConfiguredRules { agreements, zone, views: Vec::new(), help: Arc::default() };
    Edited { rules, sources, recorded: recorded.collect() }
}

fn rules(office: &Office, name: &str) -> SourceRules {
    SourceRules { name: SourceName::new(name), poll_every: office.every, blind_after: office.every * 3 }
}

/// Watches until an instant.
async fn until(office: &Office, watch: &mut Watch, instant: DateTime<Utc>) {
    while watch.step(office.until(instant)).await.is_none() {}
}

#[tokio::test(start_paused = true)]
async fn of_a_source_that_is_gone_no_hook_is_run_again() {
    let office = office();
    let mut watch = office.watching("first", 0, office.notes("first"));
    until(&office, &mut watch, at("2026-12-03T00:06:00Z")).await;
    assert_eq!(office.told(), ["first page D-1 unanswered", "first page D-1 unanswered"]);
    watch.configure(edited(&office, vec![EditedSource::Same(rules(&office, "phone"))], &["phone"])).await;
    until(&office, &mut watch, at("2026-12-03T01:00:00Z")).await;
    assert_eq!(office.told().len(), 2, "{:?}", office.told());
    let polls = |source| office.script.polls_of(source).iter().filter(|(_, polled, _)| *polled > at("2026-12-03T00:06:00Z")).count();
    assert_eq!((polls("desk"), polls("phone") > 5), (0, true));
    // the records have forgotten it too: whoever has the source hears of its ticket as of a new one
    drop(watch);
    let second = office.watch("second", 1);
    office.until(at("2026-12-03T01:01:00Z")).await;
    assert_eq!(office.told()[2..], ["second page D-1 unanswered"]);
    second.abort();
}

#[tokio::test(start_paused = true)]
async fn of_a_source_that_cannot_be_opened_after_an_edit_hooks_hear_that_it_is_blind() {
    let office = office();
    let mut watch = office.watching("first", 0, office.notes("first"));
    until(&office, &mut watch, at("2026-12-03T00:02:00Z")).await;
    let source = Err(Fault::new(FaultKind::Forbidden, "there is no key"));
    let chat = EditedSource::Other(Polled { rules: rules(&office, "chat"), source, in_records: false }, StaysKnown::Nothing);
    let same = ["desk", "phone"].map(|name| EditedSource::Same(rules(&office, name)));
    watch.configure(edited(&office, same.into_iter().chain([chat]).collect(), &["desk", "phone", "chat"])).await;
    until(&office, &mut watch, at("2026-12-03T00:03:00Z")).await;
    assert_eq!(office.told(), ["first page D-1 unanswered", "first page chat blind"]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_in_use_however_much_the_bookkeeper_has_still_to_tell() {
    let office = office();
    let records = Arc::new(office.records(0));
    let mut works = office.works("first", &records);
    // each look tells something, and more of them than there is room for
    for _ in 0..200 {
        works.went_on();
    }
    let scripted =
        Scripted { process: "first", name: SourceName::new("chat"), script: Arc::clone(&office.script), clock: Arc::clone(&office.clock) };
    let source = Ok(Arc::new(scripted) as Arc<dyn TicketSource>);
    let chat = EditedSource::Other(Polled { rules: rules(&office, "chat"), source, in_records: false }, StaysKnown::Nothing);
    works.configure(edited(&office, vec![chat], &["chat"])).await;
    while let Some(news) = works.pending() {
        works.take_in(news);
    }
    let news = works.next().await;
    works.take_in(news);
    let names: Vec<SourceName> = works.model.store.health(office.now()).into_iter().map(|source| source.name).collect();
    assert_eq!(names, [SourceName::new("chat")]);
}
