//! What the journals of Redmine's issues tell: who wrote to whom and when, and what was thought of it before.

use chrono::{DateTime, Utc};
use holdover::domain::{Severity, Status, Ticket};
use serde_json::{Value, json};

use super::fake_redmine::{ALICE, FakeRedmine};
use super::{redmine_at, ticket};

const CLIENT: u64 = 1;
const ME: u64 = 5;
const CAROL: u64 = 7;
const FEEDBACK: u64 = 4;

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-11-23T{time}Z").parse().unwrap()
}

/// A journal.
fn journal(time: &str, who: u64, private: bool, notes: &str, details: &[(&str, Value, Value)]) -> Value {
    let details: Vec<Value> =
        details.iter().map(|(name, old, new)| json!({ "property": "attr", "name": name, "old_value": old, "new_value": new })).collect();
    json!({ "id": 1, "user": { "id": who, "name": "Somebody" }, "notes": notes, "private_notes": private,
        "created_on": format!("2026-11-23T{time}Z"), "details": details })
}

/// The ticket of an issue with these journals, in this status and with these members.
async fn told(journals: &[Value], status: u64, more: &Value, configured: &str) -> Ticket {
    let redmine = FakeRedmine::start().await;
    {
        let mut state = redmine.state();
        state.give(1, None, status);
        state.issues[0]["journals"] = journals.into();
        for (name, value) in more.as_object().unwrap() {
            state.issues[0][name] = value.clone();
        }
    }
    let pass = redmine_at(&redmine.url(), ALICE, configured).list_open().await.unwrap();
    ticket(&pass, "1").clone()
}

#[tokio::test]
async fn a_word_is_what_somebody_else_than_the_client_lets_them_read() {
    let journals = [
        journal("01:27:09", CLIENT, false, "as it was submitted", &[]),
        journal("01:30:00", CLIENT, false, "hello?", &[]),
        journal("01:31:00", CAROL, true, "who looks?", &[]),
        journal("01:32:00", CAROL, false, "  ", &[("status_id", json!("1"), json!("2"))]),
        journal("01:33:00", CAROL, false, "we look", &[]),
        journal("01:34:00", ME, false, "still looking", &[]),
        journal("01:35:00", CLIENT, false, "thanks", &[]),
        json!({ "id": 9, "notes": "of nobody, at no time" }),
    ];
    let told = told(&journals, 2, &json!({}), "").await;
    assert_eq!((told.answered_at, told.last_word_at), (Some(at("01:33:00")), Some(at("01:34:00"))));
    let contacts: Vec<DateTime<Utc>> = told.contacts.iter().map(|contact| contact.at).collect();
    assert_eq!(contacts, [at("01:30:00"), at("01:35:00")], "after the submission");
    assert!(told.contacts.iter().all(|contact| contact.channel.is_none()));
    assert_eq!(told.acknowledged_at, Some(at("01:32:00")));
}

#[tokio::test]
async fn an_issue_that_we_submitted_has_no_client_who_writes() {
    let journals = [journal("01:30:00", ME, false, "the client rang", &[])];
    let told = told(&journals, 1, &json!({ "author": { "id": ME, "name": "Alice Ops" } }), "").await;
    assert_eq!((told.answered_at, told.contacts.len()), (Some(at("01:30:00")), 0));
}

#[tokio::test]
async fn each_change_of_the_priority_is_an_assessment_by_the_rules_of_the_source() {
    let journals = [
        journal("01:30:00", CAROL, false, "", &[("priority_id", json!("2"), json!("4"))]),
        journal("01:40:00", ME, false, "", &[("priority_id", json!("4"), json!("99"))]),
        journal("01:50:00", ME, false, "", &[("priority_id", json!("99"), json!("5"))]),
    ];
    let rules = "map = [ { field = \"priority\", is = \"Normal\", severity = \"S5\" } ]";
    let told = told(&journals, 1, &json!({}), rules).await;
    let assessed: Vec<_> = told.assessments.iter().map(|a| (a.at, a.severity)).collect();
    let [s1, s2, s5] = [Severity::S1, Severity::S2, Severity::S5].map(Some);
    assert_eq!(assessed, [(at("01:27:09"), s5), (at("01:30:00"), s2), (at("01:40:00"), None), (at("01:50:00"), s1)]);
    assert_eq!(told.severity, s1);
}

#[tokio::test]
async fn a_waiting_status_is_on_the_client_until_they_answer() {
    let status = |from: u64, to: u64| ("status_id", json!(from.to_string()), json!(to.to_string()));
    let mut journals = vec![
        journal("01:30:00", CAROL, false, "", &[status(1, FEEDBACK)]),
        journal("01:31:00", CAROL, false, "", &[status(FEEDBACK, 2)]),
        journal("01:32:00", CAROL, false, "what do you see?", &[status(2, FEEDBACK)]),
    ];
    let waiting = "waiting_status = \"feedback\"";
    let waits = told(&journals, FEEDBACK, &json!({ "assigned_to": { "id": CAROL, "name": "Carol Ops" } }), waiting).await;
    assert_eq!(waits.status, Status::OnClient);
    let stretches: Vec<_> = waits.on_client.iter().map(|s| (s.from, s.to)).collect();
    assert_eq!(stretches, [(Some(at("01:30:00")), Some(at("01:31:00"))), (Some(at("01:32:00")), None)]);
    assert_eq!((waits.acknowledged_by.unwrap().as_str(), waits.acknowledged_at), ("Carol Ops", Some(at("01:30:00"))), "taken all the same");
    journals.push(journal("01:40:00", CLIENT, false, "a red light", &[]));
    let answered = told(&journals, FEEDBACK, &json!({}), waiting).await;
    assert!(answered.contacts[0].at > answered.last_word_at.unwrap(), "which the rules read as an answer");
    // a status that is only called so by a rule has no stretches, and one that a rule calls otherwise is not on the client
    let rule = "map = [ { field = \"status\", is = \"Feedback\", status = \"on-client\" } ]";
    let by_rule = told(&journals, FEEDBACK, &json!({}), rule).await;
    assert_eq!((by_rule.status, by_rule.on_client.len()), (Status::OnClient, 0));
    let rule = "waiting_status = \"Feedback\"\nmap = [ { field = \"status\", is = \"Feedback\", status = \"open\" } ]";
    let by_rule = told(&journals, FEEDBACK, &json!({}), rule).await;
    assert_eq!((by_rule.status, by_rule.on_client.len()), (Status::Open, 0));
}

#[tokio::test]
async fn a_status_that_means_done_is_resolved_though_it_is_not_closed() {
    let journals = [journal("01:30:00", CAROL, false, "", &[("status_id", json!("1"), json!("3"))])];
    let told = told(&journals, 3, &json!({}), "resolve_status = \"Resolved\"").await;
    assert_eq!((told.status, told.resolved_at), (Status::Resolved, Some(at("01:30:00"))));
}

#[tokio::test]
async fn what_was_given_back_is_taken_by_nobody_whatever_its_status() {
    let taken =
        journal("01:30:00", CAROL, false, "", &[("status_id", json!("1"), json!("2")), ("assigned_to_id", Value::Null, json!("7"))]);
    let back = journal("01:31:00", CAROL, false, "", &[("assigned_to_id", json!("7"), Value::Null)]);
    let told_back = told(&[taken.clone(), back.clone()], 2, &json!({}), "").await;
    assert_eq!((told_back.status, told_back.acknowledged_at), (Status::Open, None));
    let again = journal("01:32:00", ME, false, "", &[("assigned_to_id", Value::Null, json!("5"))]);
    let again = told(&[taken, back, again], 2, &json!({ "assigned_to": { "id": ME, "name": "Alice Ops" } }), "").await;
    assert_eq!((again.status, again.acknowledged_at), (Status::Acknowledged, Some(at("01:32:00"))));
}

#[tokio::test]
async fn journals_are_read_again_after_a_change_and_not_before() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    let looked_up = || redmine.asked().iter().filter(|request| request.starts_with("GET /issues/")).count();
    source.list_open().await.unwrap();
    assert_eq!(looked_up(), 0, "what was never changed has none");
    for words in 1..=3 {
        redmine.state().write(1, ME, false, "a word");
        for _ in 0..2 {
            let pass = source.list_open().await.unwrap();
            assert_eq!(ticket(&pass, "1").last_word_at, Some(at(&format!("01:28:0{words}"))));
        }
        assert_eq!(looked_up(), 1);
    }
    // a server that fails then costs neither the list nor what was known
    redmine.state().write(1, ME, false, "another");
    redmine.state().one_answers = Some(500);
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, ticket(&pass, "1").last_word_at), (true, Some(at("01:28:03"))));
    redmine.state().one_answers = None;
    assert_eq!(ticket(&source.list_open().await.unwrap(), "1").last_word_at, Some(at("01:28:04")));
}

#[tokio::test]
async fn an_issue_on_the_client_is_looked_up_before_newer_ones() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(40);
    for id in 1..=40 {
        redmine.state().write(id, CLIENT, false, "any news?");
    }
    redmine.state().issues[0]["status"] = json!({ "id": FEEDBACK, "name": "Feedback", "is_closed": false });
    let pass = redmine_at(&redmine.url(), ALICE, "waiting_status = \"Feedback\"").list_open().await.unwrap();
    let heard = |key: &str| ticket(&pass, key).contacts.len();
    assert_eq!([heard("1"), heard("40"), heard("22"), heard("21")], [1, 1, 1, 0]);
}

#[tokio::test]
async fn a_colleague_of_the_client_does_not_answer_for_us() {
    let journals = [journal("01:30:00", 8, false, "it is our router, we look", &[])];
    let told = told(&journals, 1, &json!({}), "").await;
    assert_eq!((told.answered_at, told.last_word_at, told.contacts.len()), (None, None, 1));
}

#[tokio::test]
async fn who_works_on_it_answers() {
    let word = journal("01:30:00", 8, false, "we look", &[]);
    let more = [
        vec![journal("01:31:00", 8, false, "", &[("priority_id", json!("2"), json!("4"))])],
        vec![journal("01:29:00", 8, true, "what is it?", &[])],
    ];
    for journals in more {
        let journals: Vec<Value> = std::iter::once(word.clone()).chain(journals).collect();
        assert_eq!(told(&journals, 1, &json!({}), "").await.answered_at, Some(at("01:30:00")));
    }
    let assigned = told(&[word], 1, &json!({ "assigned_to": { "id": 8, "name": "Dan" } }), "").await;
    assert_eq!(assigned.answered_at, Some(at("01:30:00")));
}
