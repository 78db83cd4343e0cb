//! A server that is said in the configuration: what it is told, what is read back, and what is never called done.

use std::sync::Arc;

use holdover::domain::{Deed, DeedKind, Fault, FaultKind, Outcome, SafeText, Severity, SourceName, TicketKey};
use holdover::sources::TicketSource;
use serde_json::json;

use super::configured_list::tracker;
use super::fake_tracker::{ALICE, BOB, FakeTracker, WRONG};

const DEEDS: &str = r#"
acknowledge = { method = "PATCH", path = "issues/{id}", body = '{ "owner": "{me}", "state": "doing", "why": "{name}: {note} at {now} ({item.version})" }', if_match = true, verify = "item.owner.id == me" }
unacknowledge = { method = "PATCH", path = "issues/{id}", body = '{ "owner": "none", "state": "new" }', if_match = true, verify = "!(item.owner)" }
assess = { method = "PATCH", path = "issues/{id}", body = '{ "prio": "{severity}" }', if_match = true, severities = { S1 = "high", S5 = "low" }, verify = "item.prio == severity" }
resolve = { method = "PATCH", path = "issues/{id}", body = '{ "state": "closed" }', if_match = true, success = [200, 204], verify = "item.state.name == 'closed'" }
note = { requests = [
  { path = "messages", body = '{ "text": "{note}", "by": "{me}" }' },
  { method = "PATCH", path = "issues/{id}", headers = { X-Message = "{answers[0].made.id}" }, body = '{ "note": "{answer.made.id}" }', if_match = true },
], verify = "contains(item.notes[].id, answers[0].made.id)" }
"#;

fn key(key: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(key) }
}

fn acknowledge(note: Option<&str>) -> Deed {
    Deed::Acknowledge { note: note.map(SafeText::line) }
}

fn note(text: &str) -> Deed {
    Deed::Note { text: SafeText::line(text) }
}

fn source(fake: &FakeTracker, who: &str) -> Arc<dyn TicketSource> {
    tracker(fake, who, "", DEEDS)
}

async fn told(source: &Arc<dyn TicketSource>, deed: &Deed, tried_before: bool) -> Outcome {
    source
        .tell(&key("OPS-1"), deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH))
        .await
        .unwrap_or_else(|fault| panic!("{deed:?}: {fault:?}"))
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

fn doubt(outcome: Outcome) -> String {
    match outcome {
        Outcome::Unknown { reason } => reason.to_string(),
        other => panic!("not unknown: {other:?}"),
    }
}

fn by(outcome: Outcome) -> (bool, String) {
    match outcome {
        Outcome::Confirmed { by, .. } => (true, by.map(|by| by.to_string()).unwrap_or_default()),
        Outcome::Already { by, .. } => (false, by.map(|by| by.to_string()).unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_told_what_the_configuration_says_and_read_again() {
    let fake = FakeTracker::start(3).await;
    let source = source(&fake, ALICE);
    let hostile = "on \"it\", \\ {me} \u{1f6a8}'";
    assert_eq!(by(told(&source, &acknowledge(Some(hostile)), false).await), (true, "alice".to_owned()));
    let body = &fake.state().bodies[0].clone();
    assert_eq!((&body["owner"], &body["why"]), (&json!(7), &json!(format!("alice: {hostile} at 1795000000 (1)"))), "a number stays one");
    // again: nothing is sent
    assert_eq!(by(told(&source, &acknowledge(None), false).await), (false, "alice".to_owned()));
    // after an attempt that may have arrived it is confirmed
    assert_eq!(by(told(&source, &acknowledge(None), true).await), (true, "alice".to_owned()));
    assert_eq!(fake.changes(), 1);
    assert!(by(told(&source, &Deed::Assess { severity: Severity::S5 }, false).await).0);
    assert!(!by(told(&source, &Deed::Assess { severity: Severity::S5 }, false).await).0);
    assert!(why(told(&source, &Deed::Assess { severity: Severity::S3 }, false).await).contains("does not say what S3 is"));
    assert_eq!(fake.issue(1)["prio"], "low");
    assert!(by(told(&source, &note("looked at it"), false).await).0);
    assert_eq!(fake.issue(1)["notes"], json!([{ "id": 103 }]));
    assert!(fake.state().bodies.iter().any(|body| body["text"] == "looked at it" && body["by"] == 7));
    assert!(by(told(&source, &Deed::Unacknowledge, false).await).0);
    assert_eq!((&fake.issue(1)["owner"], &fake.issue(1)["state"]["name"]), (&json!(null), &json!("new")));
    assert!(!by(told(&source, &Deed::Unacknowledge, false).await).0);
    assert!(by(told(&source, &Deed::Resolve, false).await).0);
    assert!(!by(told(&source, &Deed::Resolve, false).await).0);
    assert!(why(told(&source, &acknowledge(None), false).await).contains("resolved"));
}

#[tokio::test]
async fn what_is_not_configured_it_cannot_be_told() {
    let fake = FakeTracker::start(1).await;
    let source = source(&fake, ALICE);
    let can = source.capabilities();
    assert!(can.can(DeedKind::Acknowledge) && can.can(DeedKind::Note) && !can.can(DeedKind::Word) && !can.can(DeedKind::Contact));
    let fault = source.tell(&key("OPS-1"), &Deed::OnClient, None).await.unwrap_err();
    assert!(fault.kind == FaultKind::Unsupported && fault.text.as_str().contains("the configuration does not say"));
    // a note that would go nowhere is not swallowed
    let without = DEEDS.replace(", \"why\": \"{name}: {note} at {now} ({item.version})\"", "");
    let source = tracker(&fake, ALICE, "", &without);
    assert!(why(told(&source, &acknowledge(Some("on it")), false).await).contains("takes no note") && fake.changes() == 0);
    assert!(by(told(&source, &acknowledge(None), false).await).0);
}

#[tokio::test]
async fn nobodys_ticket_is_taken_away() {
    let fake = FakeTracker::start(1).await;
    let source = source(&fake, ALICE);
    source.list_open().await.unwrap();
    // between the list and the deed
    fake.state().give(1, "carol");
    assert_eq!(by(told(&source, &acknowledge(None), false).await), (false, "carol".to_owned()));
    assert!(why(told(&source, &Deed::Unacknowledge, false).await).contains("it is taken, and carol has it"));
    assert_eq!(fake.changes(), 0);
    // between reading it and changing it
    let fake = FakeTracker::start(1).await;
    let source = self::source(&fake, ALICE);
    fake.state().before_change = Some(Box::new(|state| state.give(1, "carol")));
    assert_eq!(by(told(&source, &acknowledge(None), false).await), (false, "carol".to_owned()));
    assert_eq!((fake.changes(), fake.issue(1)["owner"]["name"].clone()), (1, json!("carol")), "not tried again");
    // changed by somebody who did not take it
    let fake = FakeTracker::start(1).await;
    let source = self::source(&fake, ALICE);
    fake.state().before_change = Some(Box::new(|state| state.issues[0]["version"] = 5.into()));
    let why = why(told(&source, &acknowledge(None), false).await);
    assert!(why.contains("changed meanwhile: it is not what you have read; now it is open, and nobody has it"), "{why}");
}

#[tokio::test]
async fn a_success_that_is_none_is_seen_through() {
    let fake = FakeTracker::start(1).await;
    fake.state().change_answers = Some((200, false));
    let why = why(told(&source(&fake, ALICE), &acknowledge(None), false).await);
    assert!(why.contains("answered as if it were done, and it is not: it is open, and nobody has it"), "{why}");
}

#[tokio::test]
async fn what_may_have_arrived_is_asked_and_not_guessed() {
    for (status, done) in [(500, false), (502, true), (302, false), (302, true), (206, true)] {
        let fake = FakeTracker::start(1).await;
        fake.state().change_answers = Some((status, done));
        let outcome = told(&source(&fake, ALICE), &acknowledge(None), false).await;
        if done {
            assert!(by(outcome).0, "{status}");
        } else {
            assert!(doubt(outcome).contains("read back, it is open"), "{status}");
        }
    }
    for (status, words) in [(200, "sent, but not read back"), (500, "it could not be read back")] {
        let fake = FakeTracker::start(1).await;
        fake.state().change_answers = Some((status, true));
        fake.state().read_back_answers = Some(503);
        let doubt = doubt(told(&source(&fake, ALICE), &acknowledge(None), false).await);
        assert!(doubt.contains(words), "{doubt}");
    }
}

#[tokio::test]
async fn what_the_source_says_of_a_refusal_is_told() {
    let fake = FakeTracker::start(1).await;
    let said = why(told(&source(&fake, BOB), &acknowledge(None), false).await);
    assert_eq!(said, format!("the source refused (403): bob may only look with {}", "*".repeat(BOB.len())));
    let without_header = tracker(&fake, ALICE, "", &DEEDS.replace("if_match = true, verify", "verify"));
    assert!(why(told(&without_header, &acknowledge(None), false).await).contains("it is not what you have read"));
    // the first of two was done
    let said = why(told(&source(&fake, BOB), &note("a word"), false).await);
    assert_eq!(said, format!("the source refused (403): bob may only look with {}; of 2 requests 1 were done", "*".repeat(BOB.len())));
    let wrong: Fault = source(&fake, WRONG).tell(&key("OPS-1"), &acknowledge(None), None).await.unwrap_err();
    assert_eq!(wrong.kind, FaultKind::NotSignedIn);
}

#[tokio::test]
async fn a_note_is_not_written_twice_where_it_cannot_be_seen_whether_it_is_there() {
    let fake = FakeTracker::start(1).await;
    let source = source(&fake, ALICE);
    let said = why(told(&source, &note("once"), true).await);
    assert!(said.contains("an earlier attempt may have arrived") && fake.changes() == 0, "{said}");
    // what shows its text is asked
    let by_text =
        tracker(&fake, ALICE, "", &DEEDS.replace("contains(item.notes[].id, answers[0].made.id)", "contains(item.notes[].text, note)"));
    fake.state().issues[0]["notes"] = json!([{ "text": "once" }]);
    assert!(by(told(&by_text, &note("once"), true).await).0 && fake.changes() == 0);
}

#[tokio::test]
async fn a_key_cannot_lead_elsewhere() {
    let fake = FakeTracker::start(1).await;
    let by_key = DEEDS.replace("{id}", "{key}");
    let source = tracker(&fake, ALICE, "", &by_key);
    for odd in ["..", ".", "../../admin", "http://evil.example/", "1?x=y", "1#x", "%2e%2e", "//evil.example"] {
        fake.state().issues[0]["ref"] = odd.into();
        fake.state().issues[0]["id"] = odd.into();
        source.list_open().await.unwrap();
        let fault = source.tell(&key(odd), &acknowledge(None), None).await.unwrap_err();
        assert!(!fault.text.as_str().is_empty(), "{odd}");
        let requests = fake.state().requests.clone();
        let outside = requests.iter().filter(|request| !request.contains(" /api/")).count();
        assert!(outside == 0 && fake.changes() == 0, "{odd}: {requests:?}");
    }
    // a ticket that is not there any more
    assert!(source.tell(&key("OPS-4711"), &acknowledge(None), None).await.unwrap_err().text.as_str().contains("is not in the list"));
}

#[tokio::test]
async fn a_verify_that_is_always_true_takes_nothing_and_confirms_nothing() {
    // null is the same as null
    let fake = FakeTracker::start(1).await;
    let wrong = DEEDS.replace("verify = \"item.owner.id == me\"", "verify = \"item.ownr.id == item.owner.idd\"");
    let said = why(told(&tracker(&fake, ALICE, "", &wrong), &acknowledge(None), false).await);
    assert!(said.contains("correct verify") && fake.changes() == 0, "{said}");
    // a note that was there before, and a server that ignores what it answers 200 to
    let by_text = DEEDS.replace("contains(item.notes[].id, answers[0].made.id)", "contains(item.notes[].text, note)");
    fake.state().issues[0]["notes"] = json!([{ "text": "once" }]);
    fake.state().change_answers = Some((200, false));
    let said = why(told(&tracker(&fake, ALICE, "", &by_text), &note("once"), false).await);
    assert!(said.contains("cannot be told apart from an earlier one") && fake.changes() == 2, "{said}");
}

#[tokio::test]
async fn a_wrong_taken_or_item_takes_no_ticket_away() {
    let fake = FakeTracker::start(1).await;
    fake.state().give(1, "carol");
    let source = source(&fake, ALICE);
    assert_eq!(by(told(&source, &acknowledge(None), false).await), (false, "carol".to_owned()));
    let more = |from: &str, to: &str| {
        let text = super::configured_list::tracker_text(&fake, "", DEEDS);
        assert!(text.contains(from), "{from}");
        let text = text.replace(from, to);
        holdover::sources::build(&super::settings(&text), super::clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap()
    };
    let said = why(told(&more("taken = \"owner &&", "taken = \"ownr &&"), &acknowledge(None), false).await);
    assert!(said.contains("carol has it by fields.assignee, and taken says nobody"), "{said}");
    let source = more("item = \"issue\"", "item = \"{ ref: issue.ref, id: issue.id, version: issue.version }\"");
    source.list_open().await.unwrap();
    let said = why(told(&source, &acknowledge(None), false).await);
    assert!(said.contains("does not show who") && said.contains("correct item"), "{said}");
    assert_eq!(fake.changes(), 0);
    // given back meanwhile: the list is asked anew
    fake.state().issues[0] = super::fake_tracker::issue(1);
    let said = why(told(&source, &acknowledge(None), false).await);
    assert!(said.contains("answered as if it were done, and it is not") && fake.changes() == 1, "the read shows no owner: {said}");
}

#[tokio::test]
async fn what_was_done_is_read_again_whatever_its_tag_says() {
    let fake = FakeTracker::start(1).await;
    fake.state().coarse = true;
    let loose = DEEDS.replace("if_match = true, ", "");
    assert!(by(told(&tracker(&fake, ALICE, "", &loose), &acknowledge(None), false).await).0);
}

#[tokio::test]
async fn an_attempt_that_did_not_arrive_says_nothing_of_one_before() {
    let fake = FakeTracker::start(1).await;
    let source = source(&fake, ALICE);
    fake.state().note_answers = Some(401);
    let fault = source.tell(&key("OPS-1"), &note("once"), None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotSignedIn);
    fake.state().note_answers = None;
    assert!(why(told(&source, &note("once"), true).await).contains("an earlier attempt may have arrived") && fake.changes() == 0);
    // and where there is none before, it is sent
    assert!(by(told(&source, &note("once"), false).await).0);
}

#[tokio::test]
async fn a_source_that_wants_if_match_says_so() {
    let fake = FakeTracker::start(1).await;
    let without = tracker(&fake, ALICE, "", &DEEDS.replace("if_match = true, verify", "verify"));
    let said = why(told(&without, &acknowledge(None), false).await);
    assert!(said.contains("the source wants an If-Match: add if_match = true"), "{said}");
}
