//! What is told to Redmine beside an acknowledgement: asked first, read back, and not sent twice.

use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, SafeText, Severity, SourceName, TicketKey};
use serde_json::{Value, json};

use super::fake_redmine::{ALICE, BOB, CAROL, FakeRedmine};
use super::redmine_at;
use crate::support::{ACME, Desk, Said};

const NEW: u64 = 1;
const IN_PROGRESS: u64 = 2;
const KEYS: &str = "waiting_status = \"Feedback\"\nresolve_status = \"Closed\"";

fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

fn text(text: &str) -> SafeText {
    SafeText::body(text)
}

/// What becomes of a deed to issue 1.
async fn told(redmine: &FakeRedmine, who: &str, deed: Deed, tried_before: bool) -> Outcome {
    redmine_at(&redmine.url(), who, KEYS).tell(&key("1"), &deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH)).await.unwrap()
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

fn notes(redmine: &FakeRedmine) -> Vec<(String, bool)> {
    let issue = redmine.issue(1);
    let journals = issue["journals"].as_array().into_iter().flatten();
    journals
        .map(|j| (j["notes"].as_str().unwrap_or_default().to_owned(), j["private_notes"] == true))
        .filter(|(n, _)| !n.is_empty())
        .collect()
}

#[tokio::test]
async fn what_it_can_be_told_is_said() {
    let redmine = FakeRedmine::start().await;
    let can = |more: &str, kind| redmine_at(&redmine.url(), ALICE, more).capabilities().can(kind);
    assert!(can("", DeedKind::Resolve) && can("", DeedKind::Note) && !can("", DeedKind::Contact) && !can("", DeedKind::OnClient));
    assert!(can(KEYS, DeedKind::OnClient));
    let contact = Deed::Contact { channel: text("phone") };
    let cannot = redmine_at(&redmine.url(), ALICE, "").tell(&key("1"), &contact, None).await.unwrap_err();
    assert_eq!((cannot.kind, redmine.state().requests.len()), (FaultKind::Unsupported, 0));
}

#[tokio::test]
async fn a_note_is_private_and_a_word_is_not() {
    let redmine = FakeRedmine::start().await;
    assert_eq!(by(&told(&redmine, ALICE, Deed::Note { text: text("line one\n\nline two") }, false).await), "Alice Ops");
    assert_eq!(by(&told(&redmine, ALICE, Deed::Word { text: text("we look") }, false).await), "Alice Ops");
    assert_eq!(notes(&redmine), [("line one\n\nline two".to_owned(), true), ("we look".to_owned(), false)]);
    // an attempt that may have arrived, and did
    assert_eq!(by(&told(&redmine, ALICE, Deed::Word { text: text("we look") }, true).await), "Alice Ops");
    assert_eq!(redmine.puts(), 2);
    by(&told(&redmine, ALICE, Deed::Note { text: text("line one\n\nline two") }, true).await);
    assert_eq!(redmine.puts(), 2, "the last that we said to ourselves");
    // said once more, and said before something else
    told(&redmine, ALICE, Deed::Word { text: text("we look") }, false).await;
    told(&redmine, ALICE, Deed::Note { text: text("line three") }, false).await;
    by(&told(&redmine, ALICE, Deed::Note { text: text("line one\n\nline two") }, true).await);
    assert_eq!(redmine.puts(), 4, "whatever we said since");
}

#[tokio::test]
async fn what_was_written_before_it_was_asked_for_is_another_text() {
    let redmine = FakeRedmine::start().await;
    redmine.state().write(1, 5, true, "still looking");
    redmine.state().write(1, 5, false, "still looking");
    let source = redmine_at(&redmine.url(), ALICE, KEYS);
    for deed in [Deed::Note { text: text("still looking") }, Deed::Word { text: text("still looking") }] {
        // those are of 01:28
        by(&source.tell(&key("1"), &deed, Some("2026-11-23T01:40:00Z".parse().unwrap())).await.unwrap());
    }
    assert_eq!((redmine.puts(), notes(&redmine).len()), (2, 4));
    let deed = Deed::Word { text: text("still looking") };
    by(&source.tell(&key("1"), &deed, Some("2026-11-23T01:29:00Z".parse().unwrap())).await.unwrap());
    assert_eq!(redmine.puts(), 2, "clocks differ by a little");
}

#[tokio::test]
async fn what_the_editor_of_a_browser_made_of_a_note_is_the_same_note() {
    let redmine = FakeRedmine::start().await;
    redmine.state().write(1, 5, true, "one\r\ntwo\r\n");
    assert_eq!(by(&told(&redmine, ALICE, Deed::Note { text: text("one\ntwo") }, true).await), "Alice Ops");
    assert_eq!(redmine.puts(), 0);
}

#[tokio::test]
async fn a_note_of_somebody_else_is_no_note_of_ours() {
    let redmine = FakeRedmine::start().await;
    redmine.state().write(1, 7, true, "the same words");
    told(&redmine, ALICE, Deed::Note { text: text("the same words") }, true).await;
    assert_eq!(redmine.puts(), 1);
}

#[tokio::test]
async fn a_note_that_the_client_would_read_is_not_sent() {
    let redmine = FakeRedmine::start().await;
    let said = why(told(&redmine, CAROL, Deed::Note { text: text("psst") }, false).await);
    assert!(said.contains("may not write private notes") && redmine.puts() == 0, "{said}");
    assert_eq!(by(&told(&redmine, CAROL, Deed::Word { text: text("hello") }, false).await), "Carol Ops");
    // a right that is lost between the question and the note
    redmine.state().after_role = Some(Box::new(|state| state.people[0].may_note_privately = false));
    let said = why(told(&redmine, ALICE, Deed::Note { text: text("psst") }, false).await);
    assert!(said.contains("public note: the client can read it"), "{said}");
}

#[tokio::test]
async fn a_severity_is_the_priority_that_gives_it() {
    let redmine = FakeRedmine::start().await;
    let assess = |severity| Deed::Assess { severity };
    assert_eq!(by(&told(&redmine, ALICE, assess(Severity::S2), false).await), "Alice Ops");
    assert_eq!(redmine.issue(1)["priority"]["name"], "Urgent");
    let Outcome::Already { by: Some(who), at: Some(_) } = told(&redmine, ALICE, assess(Severity::S2), false).await else { panic!() };
    assert_eq!((who.as_str(), redmine.puts()), ("Alice Ops", 1));
    assert_eq!(by(&told(&redmine, ALICE, assess(Severity::S2), true).await), "Alice Ops", "an attempt that arrived");
    // the rules of the source win, and what cannot be set any more is not taken
    let rules = "map = [ { field = \"priority\", matches = \"urgent|high|normal\", severity = \"S3\" } ]";
    redmine.state().priorities["issue_priorities"][2]["active"] = false.into();
    redmine.state().issues[0]["priority"] = json!({ "id": 5, "name": "Immediate" });
    let source = redmine_at(&redmine.url(), ALICE, rules);
    source.tell(&key("1"), &assess(Severity::S3), None).await.unwrap();
    assert_eq!(redmine.issue(1)["priority"]["name"], "Urgent", "the highest of those that give it");
    let said = why(source.tell(&key("1"), &assess(Severity::S2), None).await.unwrap());
    assert!(said.contains("no priority of Redmine gives S2: Immediate is S1, Urgent is S3, Normal is S3, Low is S5"), "{said}");
    let said = why(told(&redmine, BOB, assess(Severity::S1), false).await);
    assert!(said.contains("ignored") && said.contains("its priority Urgent"), "{said}");
}

#[tokio::test]
async fn what_is_ours_is_given_back_and_nothing_else() {
    let redmine = FakeRedmine::start().await;
    let Outcome::Already { by: None, .. } = told(&redmine, ALICE, Deed::Unacknowledge, false).await else { panic!("nobody has it") };
    redmine.state().give(1, Some((7, "Carol Ops")), IN_PROGRESS);
    let said = why(told(&redmine, ALICE, Deed::Unacknowledge, false).await);
    assert!(said.contains("Carol Ops has it") && redmine.puts() == 0, "{said}");
    redmine.state().give(1, Some((5, "Alice Ops")), IN_PROGRESS);
    assert_eq!(by(&told(&redmine, ALICE, Deed::Unacknowledge, false).await), "Alice Ops");
    let issue = redmine.issue(1);
    assert_eq!((&issue["status"]["id"], issue.get("assigned_to")), (&json!(NEW), None));
    assert_eq!(by(&told(&redmine, ALICE, Deed::Unacknowledge, true).await), "Alice Ops", "an attempt that arrived");
    assert_eq!(redmine.puts(), 1);
    redmine.state().give(1, Some((5, "Alice Ops")), NEW);
    assert_eq!(by(&told(&redmine, ALICE, Deed::Unacknowledge, false).await), "Alice Ops", "ours, though it is not begun");
    assert_eq!((redmine.puts(), redmine.issue(1).get("assigned_to")), (2, None));
}

#[tokio::test]
async fn where_no_way_leads_back_to_new_it_is_given_back_all_the_same() {
    let redmine = FakeRedmine::start().await;
    redmine.state().no_way_back = true;
    let source = redmine_at(&redmine.url(), ALICE, "");
    source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap();
    by(&source.tell(&key("1"), &Deed::Unacknowledge, None).await.unwrap());
    let issue = redmine.issue(1);
    assert_eq!((&issue["status"]["id"], issue.get("assigned_to")), (&json!(IN_PROGRESS), None));
    let pass = source.list_open().await.unwrap();
    assert_eq!(super::ticket(&pass, "1").acknowledged_at, None, "and nobody is shown as having it");
    by(&source.tell(&key("1"), &Deed::Acknowledge { note: None }, None).await.unwrap());
}

#[tokio::test]
async fn it_is_resolved_by_the_status_that_is_configured_or_the_one_that_closes() {
    let redmine = FakeRedmine::start().await;
    assert_eq!(by(&told(&redmine, ALICE, Deed::Resolve, false).await), "Alice Ops");
    assert_eq!(redmine.issue(1)["status"]["name"], "Closed");
    let Outcome::Already { by: Some(who), .. } = told(&redmine, ALICE, Deed::Resolve, false).await else { panic!() };
    assert_eq!(who.as_str(), "Alice Ops");
    assert_eq!(by(&told(&redmine, ALICE, Deed::Resolve, true).await), "Alice Ops");
    assert_eq!(redmine.puts(), 1);
    let said = why(told(&redmine, ALICE, Deed::OnClient, false).await);
    assert!(said.contains("closed"), "{said}");
    let source = redmine_at(&redmine.url(), ALICE, "");
    let said = why(source.tell(&key("3"), &Deed::Resolve, None).await.unwrap());
    assert!(said.contains("set resolve_status to one of Closed, Rejected") && redmine.puts() == 1, "{said}");
    redmine.state().never_rejects = true;
    by(&source.tell(&key("3"), &Deed::Resolve, None).await.unwrap());
    assert_eq!(redmine.issue(3)["status"]["name"], "Closed");
    let source = redmine_at(&redmine.url(), ALICE, "resolve_status = \"resolved\"");
    by(&source.tell(&key("2"), &Deed::Resolve, None).await.unwrap());
    assert_eq!(redmine.issue(2)["status"]["name"], "Resolved");
    let source = redmine_at(&redmine.url(), ALICE, "resolve_status = \"Done\"");
    let said = why(source.tell(&key("4"), &Deed::Resolve, None).await.unwrap());
    assert!(said.contains("no status 'Done'; set resolve_status to one of New, "), "{said}");
}

#[tokio::test]
async fn it_is_put_on_the_client_by_its_status() {
    let redmine = FakeRedmine::start().await;
    assert_eq!(by(&told(&redmine, ALICE, Deed::OnClient, false).await), "Alice Ops");
    assert_eq!(redmine.issue(1)["status"]["name"], "Feedback");
    let Outcome::Already { .. } = told(&redmine, CAROL, Deed::OnClient, true).await else { panic!("it was not Carol") };
    redmine.state().give(2, None, NEW);
    let said = why(redmine_at(&redmine.url(), BOB, KEYS).tell(&key("2"), &Deed::OnClient, None).await.unwrap());
    assert!(said.contains("may not set the status 'Feedback'"), "{said}");
}

#[tokio::test]
async fn a_conflict_is_told_with_what_it_is_now() {
    let redmine = FakeRedmine::start().await;
    redmine.state().conflict = true;
    let said = why(told(&redmine, ALICE, Deed::Assess { severity: Severity::S3 }, false).await);
    assert!(said.contains("changed at the same time; it is assigned to nobody and its status is New, its priority Immediate"), "{said}");
}

#[tokio::test]
async fn what_may_have_arrived_is_read_back_or_not_known() {
    let deeds = [
        Deed::Note { text: text("note") },
        Deed::Word { text: text("word") },
        Deed::Assess { severity: Severity::S4 },
        Deed::OnClient,
        Deed::Resolve,
    ];
    for deed in deeds {
        let redmine = FakeRedmine::start().await;
        redmine.state().put_answers = Some((502, true));
        by(&told(&redmine, ALICE, deed.clone(), false).await);
        for (answer, read_back) in [((500, false), None), ((204, true), Some(503)), ((500, true), Some(503))] {
            let redmine = FakeRedmine::start().await;
            (redmine.state().put_answers, redmine.state().read_back_answers) = (Some(answer), read_back);
            let outcome = told(&redmine, ALICE, deed.clone(), false).await;
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{deed:?} {answer:?} {read_back:?}: {outcome:?}");
        }
        let redmine = FakeRedmine::start().await;
        redmine.state().put_answers = Some((204, false));
        assert!(why(told(&redmine, ALICE, deed, false).await).contains("ignored"));
    }
}

#[tokio::test]
async fn who_we_are_tells_what_our_roles_keep_us_from() {
    let redmine = FakeRedmine::start().await;
    let may_not = |who: &'static str| {
        let source = redmine_at(&redmine.url(), who, "");
        async move { source.whoami().await.unwrap().may_not.iter().map(ToString::to_string).collect::<Vec<_>>() }
    };
    assert!(may_not(ALICE).await.is_empty());
    assert_eq!(may_not(CAROL).await, ["write private notes in Operations"]);
    assert_eq!(may_not(BOB).await, ["change issues in Operations", "write private notes in Operations"]);
    redmine.state().projects = vec!["One", "Two", "Three", "Four", "Five"];
    assert_eq!(may_not(CAROL).await, ["write private notes in One, Two, Three and 2 more"]);
    let source = redmine_at(&redmine.url(), ALICE, "ack_status = \"Nonsuch\"\nwaiting_status = \"feedback\"");
    let may_not = source.whoami().await.unwrap().may_not;
    let [said] = may_not.as_slice() else { panic!("{may_not:?}") };
    assert_eq!(said.as_str(), "set the status 'Nonsuch': Redmine has New, In Progress, Resolved, Feedback, Closed, Rejected");
    assert_eq!(redmine.issue(1).get("journals"), None::<&Value>, "nothing is sent for it");
}

#[tokio::test]
async fn an_issue_that_does_not_say_that_it_is_closed_is_closed() {
    let redmine = FakeRedmine::start().await;
    redmine.state().tells_closed = false;
    redmine.state().give(1, None, 5);
    let said = why(told(&redmine, ALICE, Deed::Acknowledge { note: None }, false).await);
    assert!(said.contains("it is closed: Closed") && redmine.puts() == 0, "{said}");
    let Outcome::Already { .. } = told(&redmine, ALICE, Deed::Resolve, false).await else { panic!() };
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_an_issue_that_is_gone_does_not_stay_in_the_outbox() {
    let redmine = FakeRedmine::start().await;
    let source = format!("[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{}\"\ntoken_env = \"KEY\"\n", redmine.url());
    let desk = Desk::configured(&format!("{ACME}{source}"));
    let note = || {
        let said: Said = desk.command(&["note", "desk/1", "too late", "--json"]).env("KEY", ALICE).output().unwrap().into();
        said.json()[0].clone()
    };
    redmine.state().one_answers = Some(410);
    for _ in 0..2 {
        let told = note();
        assert_eq!(told["outcome"], "refused", "{told}");
        assert!(told["reason"].as_str().unwrap().starts_with("issue 1 is not there any more (410)"), "{told}");
    }
    redmine.state().one_answers = None;
    assert_eq!(note()["outcome"], "confirmed");
}
