//! What is told to Request Tracker: judged by what it shows afterwards, whatever it says, in whatever language.

use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, SafeText, Severity, SourceName, TicketKey};
use serde_json::{Value, json};

use super::fake_rt::{ALICE, BOB, FakeRt, WRONG};
use super::rt::rt_as;

const WAITING: &str = "waiting_status = \"stalled\"";

fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

fn text(text: &str) -> SafeText {
    SafeText::body(text)
}

/// What becomes of a deed to ticket 2, which is new and nobody's.
async fn told(rt: &FakeRt, deed: Deed, tried_before: bool) -> Outcome {
    rt_as(&rt.url(), "alice", ALICE, WAITING).tell(&key("2"), &deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH)).await.unwrap()
}

/// Who did it.
fn by(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Confirmed { by: Some(by), at: Some(_) } => by.as_str(),
        other => panic!("not confirmed: {other:?}"),
    }
}

fn why(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused { reason } => reason.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// What was written, and whether to the client.
fn written(rt: &FakeRt) -> Vec<(String, bool)> {
    let state = rt.state();
    let of = state.history.iter().filter(|(id, t)| *id == 2 && t["Text"].is_string());
    of.map(|(_, t)| (t["Text"].as_str().unwrap().trim().replace("\r\n", "\n"), t["Type"] == "Correspond")).collect()
}

fn take(note: Option<&str>) -> Deed {
    Deed::Acknowledge { note: note.map(text) }
}

#[tokio::test]
async fn what_was_done_is_read_again_whatever_its_tag_says() {
    let rt = FakeRt::start().await;
    rt.state().coarse = true;
    assert_eq!(by(&told(&rt, take(None), false).await), "alice");
}

#[tokio::test]
async fn what_it_can_be_told_is_said() {
    let rt = FakeRt::start().await;
    let can = |more: &str, kind| rt_as(&rt.url(), "alice", ALICE, more).capabilities().can(kind);
    assert!(can("", DeedKind::Resolve) && can("", DeedKind::Word) && !can("", DeedKind::Contact) && !can("", DeedKind::OnClient));
    assert!(can(WAITING, DeedKind::OnClient));
    let source = rt_as(&rt.url(), "alice", ALICE, "");
    assert_eq!(source.tell(&key("2"), &Deed::OnClient, None).await.unwrap_err().kind, FaultKind::Unsupported);
    for odd in ["ACME-7", "-1", "1/../../users", "99999999999999999999999", ""] {
        assert!(why(source.tell(&key(odd), &take(None), None).await.unwrap()).contains("no ticket of that key"));
    }
    for deed in [take(None), Deed::Note { text: text("psst") }] {
        let gone = source.tell(&key("4711"), &deed, None).await.unwrap_err();
        assert_eq!(gone.kind, FaultKind::Gone, "which nobody asks again");
        assert!(gone.text.as_str().starts_with("ticket 4711 is not there any more (404)"), "{gone:?}");
    }
    let wrong = rt_as(&rt.url(), "alice", WRONG, "").tell(&key("2"), &take(None), None).await.unwrap_err();
    assert_eq!((wrong.kind, rt.changes().len()), (FaultKind::NotSignedIn, 0));
}

#[tokio::test]
async fn it_takes_sets_the_status_and_leaves_a_note() {
    let rt = FakeRt::start().await;
    assert_eq!(by(&told(&rt, take(Some("on it\nnow")), false).await), "alice");
    let ticket = rt.ticket(2);
    assert_eq!((&ticket["Owner"]["id"], &ticket["Status"]), (&json!("alice"), &json!("open")));
    assert_eq!(written(&rt), [("on it\nnow".to_owned(), false)]);
    assert_eq!(rt.changes(), ["PUT /REST/2.0/ticket/2/take", "PUT /REST/2.0/ticket/2", "POST /REST/2.0/ticket/2/comment"]);
    // again: nothing is sent
    let Outcome::Already { by: Some(who), at: Some(_) } = told(&rt, take(None), false).await else { panic!() };
    assert_eq!((who.as_str(), rt.changes().len()), ("alice", 3));
    assert_eq!(by(&told(&rt, take(None), true).await), "alice", "an attempt that arrived");
    assert_eq!(rt.changes().len(), 3);
}

#[tokio::test]
async fn an_attempt_that_arrived_by_half_is_completed() {
    let rt = FakeRt::start().await;
    rt.state().give(2, "alice", "alice");
    assert_eq!(by(&told(&rt, take(None), true).await), "alice");
    assert_eq!((&rt.ticket(2)["Status"], rt.changes()), (&json!("open"), vec!["PUT /REST/2.0/ticket/2".to_owned()]));
}

#[tokio::test]
async fn what_somebody_else_has_is_theirs_taken_or_given() {
    for status in ["new", "open"] {
        let rt = FakeRt::start().await;
        rt.state().give(2, "carol", "root");
        rt.state().set(2, "Status", status, "carol");
        let Outcome::Already { by: Some(who), .. } = told(&rt, take(None), false).await else { panic!() };
        assert_eq!((who.as_str(), rt.changes().len()), ("carol", 0));
        assert!(why(told(&rt, Deed::Unacknowledge, false).await).contains("carol has it"));
    }
    // and what somebody takes at the same time
    let rt = FakeRt::start().await;
    rt.state().before_change = Some(Box::new(|state| state.give(2, "carol", "carol")));
    let said = why(told(&rt, take(None), false).await);
    assert!(said.contains("changed at the same time") && said.contains("its owner is carol"), "{said}");
    assert_eq!((rt.changes().len(), &rt.ticket(2)["Status"]), (1, &json!("new")), "nothing else is changed of it");
}

#[tokio::test]
async fn a_refusal_is_seen_through_and_told_in_its_own_words() {
    let rt = FakeRt::start().await;
    let bob = rt_as(&rt.url(), "bob", BOB, WAITING);
    let said = why(bob.tell(&key("2"), &take(Some("psst")), None).await.unwrap());
    assert!(said.contains("Cet utilisateur ne peut pas") && said.contains("its owner is nobody"), "{said}");
    assert!(written(&rt).is_empty() && rt.changes().len() == 1);
    for deed in [Deed::Assess { severity: Severity::S1 }, Deed::OnClient, Deed::Resolve] {
        let said = why(bob.tell(&key("2"), &deed, None).await.unwrap());
        assert!(said.contains("Permission refusée") && said.contains("its status new"), "{said}");
    }
    for deed in [Deed::Note { text: text("psst") }, Deed::Word { text: text("hello") }] {
        assert!(why(bob.tell(&key("2"), &deed, None).await.unwrap()).contains("Permission refusée"));
    }
    let odd = rt_as(&rt.url(), "alice", ALICE, "ack_status = \"taken\"");
    let said = why(odd.tell(&key("2"), &take(None), None).await.unwrap());
    assert!(said.contains("le statut 'taken' n'est pas valide") && said.contains("its owner is alice"), "{said}");
}

#[tokio::test]
async fn a_ticket_that_is_over_is_not_taken() {
    let rt = FakeRt::start().await;
    rt.state().set(2, "Status", "rejected", "carol");
    assert!(why(told(&rt, take(None), false).await).contains("it is over: rejected"));
    let Outcome::Already { by: Some(who), .. } = told(&rt, Deed::Resolve, true).await else { panic!() };
    assert_eq!((who.as_str(), rt.changes().len()), ("carol", 0));
}

#[tokio::test]
async fn what_is_ours_is_given_back() {
    let rt = FakeRt::start().await;
    let Outcome::Already { by: None, .. } = told(&rt, Deed::Unacknowledge, false).await else { panic!("nobody has it") };
    told(&rt, take(None), false).await;
    assert_eq!(by(&told(&rt, Deed::Unacknowledge, false).await), "alice");
    assert_eq!(rt.ticket(2)["Owner"]["id"], "Nobody");
    assert_eq!(by(&told(&rt, Deed::Unacknowledge, true).await), "alice", "an attempt that arrived");
    let pass = rt_as(&rt.url(), "alice", ALICE, "").list_open().await.unwrap();
    assert_eq!(super::ticket(&pass, "2").acknowledged_at, None);
}

#[tokio::test]
async fn a_note_is_a_comment_and_a_word_is_correspondence() {
    let rt = FakeRt::start().await;
    assert_eq!(by(&told(&rt, Deed::Note { text: text("one\n\ntwo") }, false).await), "alice");
    assert_eq!(by(&told(&rt, Deed::Word { text: text("we look") }, false).await), "alice");
    assert_eq!(written(&rt), [("one\n\ntwo".to_owned(), false), ("we look".to_owned(), true)]);
    told(&rt, Deed::Note { text: text("one\n\ntwo") }, true).await;
    told(&rt, Deed::Word { text: text("we look") }, true).await;
    assert_eq!(rt.changes().len(), 2, "what arrived is not written twice");
    rt.state().happened(2, "Comment", "carol", &json!({ "Text": "the same" }));
    told(&rt, Deed::Note { text: text("the same") }, true).await;
    assert_eq!(rt.changes().len(), 3, "a note of somebody else is none of ours");
    // where comments are not shown there is no end of attempts
    rt.state().shows_comments = false;
    let said = why(told(&rt, Deed::Note { text: text("unseen") }, false).await);
    assert!(said.contains("is not sent again") && said.contains("Comments added"), "{said}");
}

#[tokio::test]
async fn a_severity_is_the_priority_that_gives_it() {
    let rt = FakeRt::start().await;
    let assess = |severity| Deed::Assess { severity };
    let Outcome::Already { .. } = told(&rt, assess(Severity::S2), false).await else { panic!("80 is S2") };
    for (severity, priority) in [(Severity::S1, "100"), (Severity::S3, "20"), (Severity::S4, "0"), (Severity::S2, "50")] {
        assert_eq!(by(&told(&rt, assess(severity), false).await), "alice");
        assert_eq!(rt.ticket(2)["Priority"], priority);
    }
    assert_eq!(by(&told(&rt, assess(Severity::S2), true).await), "alice", "an attempt that arrived");
    assert!(why(told(&rt, assess(Severity::S5), false).await).contains("no priority gives S5"));
    let rules =
        "map = [ { field = \"priority\", is = \"7\", severity = \"S5\" }, { field = \"priority\", matches = \"^1\", severity = \"S3\" } ]";
    let source = rt_as(&rt.url(), "alice", ALICE, rules);
    by(&source.tell(&key("2"), &assess(Severity::S5), None).await.unwrap());
    assert_eq!(rt.ticket(2)["Priority"], "7");
    assert!(
        why(source.tell(&key("2"), &assess(Severity::S1), None).await.unwrap()).contains("no priority gives S1"),
        "100 is S3 by a rule"
    );
    rt.state().tickets[1]["Priority"] = "Low".into();
    by(&told(&rt, assess(Severity::S1), false).await);
    assert_eq!(rt.ticket(2)["Priority"], "High", "in its own words");
}

#[tokio::test]
async fn it_is_put_on_the_client_and_resolved_by_its_status() {
    let rt = FakeRt::start().await;
    assert_eq!(by(&told(&rt, Deed::OnClient, false).await), "alice");
    assert_eq!(rt.ticket(2)["Status"], "stalled");
    let Outcome::Already { .. } = told(&rt, Deed::OnClient, false).await else { panic!() };
    assert_eq!(by(&told(&rt, Deed::Resolve, false).await), "alice");
    assert_eq!(by(&told(&rt, Deed::Resolve, true).await), "alice");
    assert_eq!((&rt.ticket(2)["Status"], rt.changes().len()), (&json!("resolved"), 2));
}

#[tokio::test]
async fn what_may_have_arrived_is_read_back_or_not_known() {
    let deeds = [
        take(None),
        Deed::Note { text: text("note") },
        Deed::Word { text: text("word") },
        Deed::Assess { severity: Severity::S4 },
        Deed::OnClient,
        Deed::Resolve,
    ];
    for deed in deeds {
        for (answer, read_back) in [((502, false), None), ((200, true), Some(503)), ((500, true), Some(503))] {
            let rt = FakeRt::start().await;
            (rt.state().change_answers, rt.state().read_back_answers) = (Some(answer), read_back);
            let outcome = told(&rt, deed.clone(), false).await;
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{deed:?} {answer:?} {read_back:?}: {outcome:?}");
        }
        let rt = FakeRt::start().await;
        rt.state().change_answers = Some((200, false));
        assert!(matches!(told(&rt, deed.clone(), false).await, Outcome::Refused { .. }), "answered well, and not done: {deed:?}");
        if !matches!(deed, Deed::Acknowledge { .. }) {
            let rt = FakeRt::start().await;
            rt.state().change_answers = Some((502, true));
            by(&told(&rt, deed, false).await);
        }
    }
    let rt = FakeRt::start().await;
    assert_eq!(rt.ticket(2).get("Status"), Some(&Value::from("new")));
}

#[tokio::test]
async fn what_was_written_before_it_was_asked_for_is_another_text() {
    let rt = FakeRt::start().await;
    let source = rt_as(&rt.url(), "alice", ALICE, "");
    for kind in ["Comment", "Correspond"] {
        rt.state().happened(2, kind, "alice", &json!({ "Text": "still looking" }));
    }
    // those are of 02:01
    let tell = |deed: Deed, earlier: &str| {
        let (source, earlier) = (&source, earlier.parse().unwrap());
        async move { source.tell(&key("2"), &deed, Some(earlier)).await.unwrap() }
    };
    by(&tell(Deed::Note { text: text("still looking") }, "2026-11-26T02:10:00Z").await);
    by(&tell(Deed::Word { text: text("still looking") }, "2026-11-26T02:10:00Z").await);
    assert_eq!((rt.changes().len(), written(&rt).len()), (2, 4));
    by(&tell(Deed::Word { text: text("still looking") }, "2026-11-26T02:02:30Z").await);
    // whatever was written after it
    by(&tell(Deed::Note { text: text("and so on") }, "2026-11-26T02:10:00Z").await);
    by(&tell(Deed::Note { text: text("still looking") }, "2026-11-26T02:02:30Z").await);
    assert_eq!(rt.changes().len(), 3);
}

#[tokio::test]
async fn a_note_that_an_acknowledgement_came_without_is_written_later() {
    let rt = FakeRt::start().await;
    rt.state().comment_answers = Some(503);
    let Outcome::Unknown { reason } = told(&rt, take(Some("on it")), false).await else { panic!("the note may still be written") };
    assert!(reason.as_str().contains("it is taken; of the note: it may have arrived"), "{reason}");
    for _ in 0..2 {
        assert_eq!(by(&told(&rt, take(Some("on it")), true).await), "alice");
        assert_eq!(written(&rt), [("on it".to_owned(), false)]);
    }
    assert_eq!(rt.changes().len(), 4, "take, status, and twice the note");
}

#[tokio::test]
async fn a_note_that_is_refused_does_not_hide_that_it_is_taken() {
    let rt = FakeRt::start().await;
    rt.state().comment_answers = Some(403);
    let said = why(told(&rt, take(Some("on it")), false).await);
    assert!(said.starts_with("you have it, but not the note: ") && said.contains("pas maintenant"), "{said}");
    rt.state().comment_answers = Some(401);
    let Outcome::Unknown { reason } = told(&rt, take(Some("on it")), true).await else { panic!("another token may") };
    assert!(reason.as_str().starts_with("it is taken; the note is not written yet: not signed in"), "{reason}");
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_asked_again() {
    let rt = FakeRt::start().await;
    for status in [404, 405, 413, 422] {
        rt.state().comment_answers = Some(status);
        assert!(why(told(&rt, Deed::Note { text: text("psst") }, false).await).contains("pas maintenant"), "{status}");
    }
    for (status, kind) in [(401, FaultKind::NotSignedIn), (429, FaultKind::RateLimited)] {
        rt.state().comment_answers = Some(status);
        let source = rt_as(&rt.url(), "alice", ALICE, "");
        assert_eq!(source.tell(&key("2"), &Deed::Note { text: text("psst") }, None).await.unwrap_err().kind, kind);
    }
}
