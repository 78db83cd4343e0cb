//! Acknowledging in Redmine: what is sent, what is read back, and what is never called confirmed.

use holdover::domain::{Deed, FaultKind, Outcome, SafeText, SourceName, TicketKey};
use serde_json::{Value, json};

use super::fake_redmine::{ALICE, BOB, CAROL, FakeRedmine, WRONG};
use super::redmine_at;

const IN_PROGRESS: u64 = 2;

fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

/// What becomes of an acknowledgement of issue 1.
async fn taken(redmine: &FakeRedmine, who: &str, note: Option<&str>) -> Outcome {
    redmine_at(&redmine.url(), who, "").tell(&key("1"), &Deed::Acknowledge { note: note.map(SafeText::line) }, None).await.unwrap()
}

/// Why it was refused.
fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Why it is not known.
fn doubt(outcome: Outcome) -> String {
    match outcome {
        Outcome::Unknown { reason } => reason.to_string(),
        other => panic!("not unknown: {other:?}"),
    }
}

fn notes(issue: &Value) -> Vec<(&str, bool)> {
    let journals = issue["journals"].as_array().into_iter().flatten();
    journals.map(|j| (j["notes"].as_str().unwrap_or_default(), j["private_notes"] == true)).filter(|(n, _)| !n.is_empty()).collect()
}

#[tokio::test]
async fn it_assigns_sets_the_status_and_leaves_a_private_note() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    let Outcome::Confirmed { by, at } =
        source.tell(&key("1"), &Deed::Acknowledge { note: Some(SafeText::line("on it")) }, None).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((by.unwrap().as_str(), at.unwrap().to_rfc3339().as_str()), ("Alice Ops", "2026-11-23T01:28:01+00:00"));
    let issue = redmine.issue(1);
    assert_eq!((&issue["assigned_to"]["name"], &issue["status"]["name"]), (&json!("Alice Ops"), &json!("In Progress")));
    assert_eq!(notes(&issue), [("on it", true)]);
    // again: nothing is sent
    let Outcome::Already { by, .. } = source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap() else { panic!() };
    assert_eq!((by.unwrap().as_str(), redmine.puts()), ("Alice Ops", 1));
}

#[tokio::test]
async fn what_was_done_is_read_again_whatever_its_tag_says() {
    let redmine = FakeRedmine::start().await;
    redmine.state().coarse = true;
    assert!(matches!(taken(&redmine, ALICE, None).await, Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn what_somebody_else_has_is_already_theirs() {
    let redmine = FakeRedmine::start().await;
    redmine.state().give(1, Some((7, "Carol Ops")), IN_PROGRESS);
    let Outcome::Already { by, .. } = taken(&redmine, ALICE, None).await else { panic!() };
    assert_eq!((by.unwrap().as_str(), redmine.puts()), ("Carol Ops", 0));
}

#[tokio::test]
async fn a_closed_issue_is_refused() {
    let redmine = FakeRedmine::start().await;
    redmine.state().give(1, None, 5);
    let why = why(taken(&redmine, ALICE, None).await);
    assert!(why.contains("closed") && redmine.puts() == 0, "{why}");
}

#[tokio::test]
async fn a_status_that_ones_role_may_not_set_is_refused_before_anything_is_sent() {
    let redmine = FakeRedmine::start().await;
    let why = why(taken(&redmine, BOB, None).await);
    assert!(why.contains("your role") && why.contains("In Progress") && redmine.puts() == 0, "{why}");
}

#[tokio::test]
async fn a_change_that_was_answered_with_204_and_ignored_is_refused() {
    let redmine = FakeRedmine::start().await;
    // the status is there already, so only the assignment is asked for, and Bob may not assign
    redmine.state().give(1, None, IN_PROGRESS);
    let why = why(taken(&redmine, BOB, None).await);
    assert!(why.contains("ignored") && why.contains("assigned to nobody") && redmine.puts() == 1, "{why}");
    assert_eq!(redmine.issue(1)["assigned_to"], Value::Null);
}

#[tokio::test]
async fn a_note_that_the_client_would_read_is_never_written() {
    let redmine = FakeRedmine::start().await;
    let why = why(taken(&redmine, CAROL, Some("the client must not see this")).await);
    assert!(why.contains("private") && redmine.puts() == 0, "{why}");
    let Outcome::Confirmed { .. } = taken(&redmine, CAROL, None).await else { panic!() };
    assert!(notes(&redmine.issue(1)).is_empty(), "taken without a word: {}", redmine.issue(1));
}

#[tokio::test]
async fn a_status_that_the_server_does_not_have_is_refused_with_those_it_has() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "ack_status = \"Accepted\"");
    let why = why(source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap());
    assert!(why.contains("'Accepted'") && why.contains("New, In Progress, Resolved") && redmine.puts() == 0, "{why}");
}

#[tokio::test]
async fn what_the_server_says_of_a_refusal_is_told() {
    let redmine = FakeRedmine::start().await;
    // Alice was removed while her key still works
    let source = redmine_at(&redmine.url(), ALICE, "");
    source.whoami().await.unwrap();
    let carol = redmine.state().people.remove(2);
    redmine.state().people[0] = fake_stranger(carol);
    let why = why(source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap());
    assert!(why.contains("Assignee is invalid"), "{why}");
}

/// Alice's key in the hands of somebody of another id.
fn fake_stranger(mut person: super::fake_redmine::Person) -> super::fake_redmine::Person {
    person.key = ALICE;
    person
}

#[tokio::test]
async fn a_server_that_fails_after_it_did_it_has_done_it() {
    let redmine = FakeRedmine::start().await;
    redmine.state().put_answers = Some((502, true));
    let Outcome::Confirmed { .. } = taken(&redmine, ALICE, None).await else { panic!() };
}

#[tokio::test]
async fn a_server_that_fails_before_it_did_it_leaves_a_doubt() {
    let redmine = FakeRedmine::start().await;
    redmine.state().put_answers = Some((500, false));
    let why = doubt(taken(&redmine, ALICE, None).await);
    assert!(why.contains("500") && why.contains("assigned to nobody"), "{why}");
}

#[tokio::test]
async fn a_redirect_after_it_did_it_is_no_refusal() {
    let redmine = FakeRedmine::start().await;
    redmine.state().put_answers = Some((302, true));
    let Outcome::Confirmed { .. } = taken(&redmine, ALICE, None).await else { panic!() };
    let redmine = FakeRedmine::start().await;
    redmine.state().put_answers = Some((302, false));
    let why = doubt(taken(&redmine, ALICE, None).await);
    assert!(why.contains("the server points to"), "{why}");
}

#[tokio::test]
async fn an_answer_about_another_issue_confirms_nothing() {
    let redmine = FakeRedmine::start().await;
    redmine.state().reads_back_another = true;
    let why = doubt(taken(&redmine, ALICE, None).await);
    assert!(why.contains("not read back") && why.contains("asked for issue"), "{why}");
}

#[tokio::test]
async fn what_cannot_be_read_back_is_not_confirmed() {
    let redmine = FakeRedmine::start().await;
    redmine.state().read_back_answers = Some(503);
    let why = doubt(taken(&redmine, ALICE, None).await);
    assert!(why.contains("not read back") && why.contains("503"), "{why}");
}

#[tokio::test]
async fn a_proxy_that_swallows_the_change_is_seen_through() {
    let redmine = FakeRedmine::start().await;
    redmine.state().put_answers = Some((200, false));
    let why = why(taken(&redmine, ALICE, None).await);
    assert!(why.contains("ignored") && why.contains("its status is New"), "{why}");
}

#[tokio::test]
async fn a_key_that_is_none_and_a_key_that_is_wrong_send_nothing() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    for odd in ["ACME-7", "-1", "1/../../users", "99999999999999999999999", ""] {
        let why = why(source.tell(&key(odd), &Deed::Acknowledge { note: None }, None).await.unwrap());
        assert!(why.contains("no issue of that key"), "{odd}: {why}");
    }
    let gone = source.tell(&key("4711"), &Deed::Acknowledge { note: None }, None).await.unwrap_err();
    assert_eq!(gone.kind, FaultKind::Gone, "which nobody asks again");
    assert!(gone.text.as_str().starts_with("issue 4711 is not there any more (404)"), "{gone:?}");
    let wrong = redmine_at(&redmine.url(), WRONG, "").tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap_err();
    assert_eq!((wrong.kind, redmine.puts()), (FaultKind::NotSignedIn, 0));
}

#[tokio::test]
async fn a_note_that_became_public_is_told_though_the_issue_is_taken() {
    for answer in [204, 502] {
        let redmine = FakeRedmine::start().await;
        redmine.state().put_answers = Some((answer, true));
        // a right that is lost between the question and the note
        redmine.state().after_role = Some(Box::new(|state| state.people[0].may_note_privately = false));
        let why = why(taken(&redmine, ALICE, Some("psst")).await);
        assert!(why.contains("you have it, but the note is public"), "{why}");
        assert_eq!(notes(&redmine.issue(1)), [("psst", false)]);
    }
}

#[tokio::test]
async fn a_role_that_was_taken_away_since_keeps_no_note_private() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    source.whoami().await.unwrap();
    {
        // the role that she had, and that may, is now another's
        let mut state = redmine.state();
        (state.people[0].may_note_privately, state.people[1].may_note_privately) = (false, true);
        state.people[0].become_of_role(9);
        state.people[1].become_of_role(4);
    }
    let why = why(source.tell(&key("1"), &Deed::Acknowledge { note: Some(SafeText::line("psst")) }, None).await.unwrap());
    assert!(why.contains("may not write private notes") && redmine.puts() == 0, "{why}");
}

#[tokio::test]
async fn somebody_who_was_a_moment_quicker_is_named() {
    for answer in [204, 502] {
        let redmine = FakeRedmine::start().await;
        redmine.state().put_answers = Some((answer, true));
        redmine.state().before_put = Some(Box::new(|state| state.take(1, (6, "Bob Ops"), IN_PROGRESS)));
        let why = why(taken(&redmine, ALICE, None).await);
        assert!(why.contains("Bob Ops took it a moment before, and it is now assigned to you"), "{why}");
    }
}

#[tokio::test]
async fn the_note_of_an_acknowledgement_that_arrived_without_it_is_written() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    redmine.state().write(1, 5, true, "on it");
    redmine.state().take(1, (5, "Alice Ops"), IN_PROGRESS);
    let again = |earlier: &str| {
        let (source, earlier) = (&source, earlier.parse().unwrap());
        let deed = Deed::Acknowledge { note: Some(SafeText::line("on it")) };
        async move { source.tell(&key("1"), &deed, Some(earlier)).await.unwrap() }
    };
    let outcome = again("2026-11-23T01:29:00Z").await;
    assert!(matches!(outcome, Outcome::Confirmed { .. }) && redmine.puts() == 0, "it is there since then: {outcome:?}");
    let outcome = again("2026-11-23T01:40:00Z").await;
    assert!(matches!(outcome, Outcome::Confirmed { .. }), "{outcome:?}");
    assert_eq!(notes(&redmine.issue(1)), [("on it", true), ("on it", true)], "the older one is another");
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_refused_in_its_words() {
    let redmine = FakeRedmine::start().await;
    redmine.state().put_refuses = Some((400, json!({ "errors": ["No such field"] })));
    let why_not = why(taken(&redmine, ALICE, None).await);
    assert!(why_not.contains("Redmine refused: No such field; it is assigned to nobody"), "{why_not}");
    redmine.state().put_refuses = Some((413, Value::Null));
    let why_not = why(taken(&redmine, ALICE, None).await);
    assert!(why_not.contains("Redmine refused: status 413"), "{why_not}");
    // these may end
    for (status, kind) in [(401, FaultKind::NotSignedIn), (429, FaultKind::RateLimited), (408, FaultKind::Unintelligible)] {
        redmine.state().put_refuses = Some((status, Value::Null));
        let source = redmine_at(&redmine.url(), ALICE, "");
        let fault = source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap_err();
        assert_eq!(fault.kind, kind);
    }
}
