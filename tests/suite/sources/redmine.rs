//! Reading Redmine: sign-in, pages, mapping, and issues that cannot be read.

use std::collections::BTreeSet;

use holdover::domain::{FaultKind, Pass, Severity, Status};
use serde_json::{Value, json};

use super::fake_redmine::{ALICE, FakeRedmine, WRONG};
use super::{fault, keys, redmine_at, ticket};

#[tokio::test]
async fn the_recorded_list_is_read() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "Alice Ops");
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(5), 5));
    let severities: Vec<Option<Severity>> = ["1", "2", "3", "4", "5"].map(|key| ticket(&pass, key).severity).to_vec();
    let [one, two, three, four, five] = [Severity::S1, Severity::S2, Severity::S3, Severity::S4, Severity::S5].map(Some);
    assert_eq!(severities, [one, two, three, four, five], "by the server's own order of priorities");
    let first = ticket(&pass, "1");
    assert!(first.severity_origin.as_ref().unwrap().as_str().contains("priority 'Immediate', number 1 of 5"), "{first:?}");
    assert_eq!(first.title.as_str(), "Core switch down in rack 4");
    assert_eq!(first.submitted_at.unwrap().to_rfc3339(), "2026-11-23T01:27:09+00:00");
    assert_eq!((first.status, &first.assignee), (Status::Open, &None), "assigned_to is absent where there is none");
    assert_eq!(first.url.as_ref().unwrap().as_str(), format!("{}/issues/1", redmine.url()));
    assert_eq!(redmine.state().requests[0], "GET /users/current.json?include=memberships", "signed in before anything else");
}

#[tokio::test]
async fn a_wrong_key_is_not_signed_in_and_no_empty_list() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), WRONG, "");
    let fault = fault(&*source, WRONG).await;
    assert_eq!(fault.kind, FaultKind::NotSignedIn);
    assert!(fault.text.as_str().starts_with("not signed in"), "{}", fault.text);
    assert_eq!(redmine.state().requests.len(), 1, "nothing else is asked");
    assert_eq!(source.whoami().await.unwrap_err().kind, FaultKind::NotSignedIn);
}

#[tokio::test]
async fn a_key_that_is_taken_back_between_two_passes_is_noticed() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    assert_eq!(source.list_open().await.unwrap().tickets.len(), 5);
    let people = std::mem::take(&mut redmine.state().people);
    // what everybody sees is no sign that the key is right
    redmine.state().public = true;
    assert_eq!(fault(&*source, ALICE).await.kind, FaultKind::NotSignedIn);
    redmine.state().public = false;
    assert_eq!(fault(&*source, ALICE).await.kind, FaultKind::NotSignedIn);
    redmine.state().people = people;
    assert_eq!(source.list_open().await.unwrap().tickets.len(), 5, "and given back");
}

#[tokio::test]
async fn a_key_that_is_taken_back_while_it_is_used_is_noticed() {
    let redmine = FakeRedmine::start().await;
    redmine.state().issues.clear();
    redmine.state().after_page = Some(Box::new(|state| state.people.clear()));
    let source = redmine_at(&redmine.url(), ALICE, "");
    assert_eq!(fault(&*source, ALICE).await.kind, FaultKind::NotSignedIn, "an empty list is believed only after a second look");
}

#[tokio::test]
async fn closed_issues_are_not_there_and_no_issue_is_a_good_answer() {
    let redmine = FakeRedmine::start().await;
    redmine.state().give(2, None, 5);
    let source = redmine_at(&redmine.url(), ALICE, "");
    assert_eq!(keys(&source.list_open().await.unwrap()), ["1", "3", "4", "5"]);
    redmine.state().issues.clear();
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(0), 0));
}

#[tokio::test]
async fn pages_are_clamped_and_all_issues_are_read() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(250);
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    let found: BTreeSet<&str> = keys(&pass).into_iter().collect();
    assert_eq!((pass.complete, pass.total, pass.tickets.len(), found.len()), (true, Some(250), 250, 250));
    let pages = redmine.state().requests.iter().filter(|r| r.starts_with("GET /issues.json")).count();
    assert_eq!(pages, 3, "each overlaps the one before by one issue");
}

#[tokio::test]
async fn no_issue_is_lost_when_the_list_changes_while_it_is_read() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(250);
    let mut pages = 0;
    redmine.state().after_page = Some(Box::new(move |state| {
        pages += 1;
        if pages == 1 {
            // every later issue moves up by one: number 101 would be on no page
            state.give(50, None, 5);
        }
    }));
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(249), 249));
    ticket(&pass, "101");
    assert!(!keys(&pass).contains(&"50"));
}

#[tokio::test]
async fn a_list_that_never_stands_still_is_not_called_complete() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(250);
    let mut next = 1;
    redmine.state().after_page = Some(Box::new(move |state| {
        state.give(next, None, 5);
        next += 1;
    }));
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    assert!(!pass.complete, "only a complete pass may mark a ticket as gone");
    assert!(pass.total > Some(240) && pass.tickets.len() >= 99, "what is known is there: {}", pass.tickets.len());
    assert!(redmine.state().requests.len() < 20, "and it ends");
}

#[tokio::test]
async fn an_issue_that_is_told_twice_does_not_stand_for_another() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(3);
    redmine.state().issues[1]["id"] = 1.into();
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (false, Some(3), 2));
}

#[tokio::test]
async fn one_malformed_issue_costs_only_itself_wherever_it_stands() {
    // at 100 it is the one by which the pages overlap, and some have no id by which to know it again
    for (at, id) in [(1, json!(1)), (57, json!(57)), (100, json!(100)), (100, json!("none")), (100, Value::Null), (150, json!(150))] {
        let redmine = FakeRedmine::start().await;
        redmine.fill(150);
        {
            let issue = &mut redmine.state().issues[at - 1];
            issue["id"] = id.clone();
            issue["priority"] = json!(["not", "an", "object"]);
            issue["subject"] = "Half of it".into();
        }
        let pass = redmine_at(&redmine.url(), ALICE, "client = \"acme\"").list_open().await.unwrap();
        assert_eq!((pass.complete, pass.tickets.len()), (true, 150), "{at} {id}");
        let unreadable: Vec<_> = pass.tickets.iter().filter(|t| t.unreadable.is_some()).collect();
        assert_eq!(unreadable.len(), 1, "{at} {id}");
        let key = if id.is_u64() { id.to_string() } else { format!("entry {at}") };
        assert_eq!((unreadable[0].id.key.as_str(), unreadable[0].title.as_str()), (&*key, "Half of it"));
        assert_eq!(unreadable[0].client.as_ref().unwrap().as_str(), "acme");
        assert!(unreadable[0].unreadable.as_ref().unwrap().as_str().contains("invalid type"), "{:?}", unreadable[0]);
    }
}

#[tokio::test]
async fn odd_members_of_an_issue_cost_at_most_that_issue() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(12);
    let deep: Value = (0..100).fold(json!(1), |inside, _| json!([inside]));
    for (at, (member, odd)) in [
        ("created_on", json!("yesterday")),
        ("created_on", json!("0001-01-01T00:00:00Z")),
        ("created_on", json!("9999-12-31T23:59:59Z")),
        ("created_on", Value::Null),
        ("subject", Value::Null),
        ("subject", json!(5)),
        ("custom_fields", json!({ "no": "list" })),
        ("custom_fields", json!([{ "name": "Deep", "value": deep }])),
        ("assigned_to", json!({ "name": "without an id" })),
        ("priority", json!({ "id": 99, "name": "Unheard of" })),
        ("journals", json!("none")),
    ]
    .into_iter()
    .enumerate()
    {
        redmine.state().issues[at][member] = odd;
    }
    let pass = redmine_at(&redmine.url(), ALICE, "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (true, 12));
    for key in ["1", "6", "7", "9"] {
        assert!(ticket(&pass, key).unreadable.is_some(), "{key}: {:?}", ticket(&pass, key));
    }
    for key in ["2", "3", "4"] {
        let odd = ticket(&pass, key);
        assert!(odd.submitted_at.is_none() && odd.unreadable.is_none(), "counts as missing: {odd:?}");
    }
    assert_eq!(ticket(&pass, "5").title.as_str(), "(no title)");
    let unheard = ticket(&pass, "10");
    assert_eq!((unheard.severity, unheard.severity_unreadable), (None, true));
    assert!(unheard.notes[0].as_str().contains("'Unheard of'"), "{unheard:?}");
    assert!(ticket(&pass, "12").unreadable.is_none());
}

#[tokio::test]
async fn a_priority_that_is_added_later_is_known_at_once() {
    let redmine = FakeRedmine::start().await;
    let source = redmine_at(&redmine.url(), ALICE, "");
    source.list_open().await.unwrap();
    {
        let mut state = redmine.state();
        state.priorities["issue_priorities"].as_array_mut().unwrap().push(json!({ "id": 6, "name": "Apocalyptic", "active": true }));
        state.issues[4]["priority"] = json!({ "id": 6, "name": "Apocalyptic" });
    }
    let pass = source.list_open().await.unwrap();
    assert_eq!([ticket(&pass, "5").severity, ticket(&pass, "1").severity], [Some(Severity::S1), Some(Severity::S2)]);
}

#[tokio::test]
async fn map_rules_give_what_issues_do_not_say() {
    let redmine = FakeRedmine::start().await;
    {
        let mut state = redmine.state();
        state.issues[0]["custom_fields"] = json!([
            { "id": 1, "name": "Support level", "value": "L3" },
            { "id": 2, "name": "Channel", "multiple": true, "value": ["", "phone"] },
        ]);
        state.issues[1]["priority"] = json!({ "id": 2, "name": "Normal" });
        state.give(3, None, 4);
        state.issues[3]["subject"] = "Please CALL me back".into();
    }
    let rules = r#"client = "nobody"
map = [
  { field = "priority", is = "normal", severity = "S3" },
  { field = "project", matches = "^oper(.*)", client = "acme-$1" },
  { field = "custom.support level", matches = "^(L[123])$", support_level = "$1" },
  { field = "custom.Channel", matches = "(.+)", channel = "$1" },
  { field = "subject", matches = "call me back", callback_requested = true },
  { field = "status", is = "Feedback", status = "on-client" },
  { field = "tracker", is = "Bug", service = "Repairs" },
]"#;
    let pass = redmine_at(&redmine.url(), ALICE, rules).list_open().await.unwrap();
    let text = |key: &str| {
        let ticket = ticket(&pass, key);
        let words = [&ticket.client, &ticket.support_level, &ticket.channel, &ticket.service];
        words.map(|w| w.as_ref().map_or_else(String::new, ToString::to_string)).join("|")
    };
    assert_eq!(text("1"), "acme-ations|L3|phone|Repairs");
    assert_eq!(text("2"), "acme-ations|||Repairs");
    assert_eq!((ticket(&pass, "1").severity, ticket(&pass, "2").severity), (Some(Severity::S1), Some(Severity::S3)));
    let origin = ticket(&pass, "2").severity_origin.as_ref().unwrap().as_str();
    assert!(origin.contains("map rule at config.toml:9"), "{origin}");
    assert_eq!(ticket(&pass, "3").status, Status::OnClient);
    assert!(ticket(&pass, "4").callback_requested && !ticket(&pass, "1").callback_requested);
}

#[tokio::test]
async fn a_taken_issue_is_told_with_the_time_it_was_taken() {
    let redmine = FakeRedmine::start().await;
    redmine.state().issues[0] = super::fake_redmine::recorded("after-ack")["issue"].clone();
    let source = redmine_at(&redmine.url(), ALICE, "");
    for _ in 0..2 {
        let pass = source.list_open().await.unwrap();
        let taken = ticket(&pass, "1");
        assert_eq!((taken.status, taken.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "Redmine Admin"));
        assert_eq!(taken.acknowledged_at.unwrap().to_rfc3339(), "2026-11-23T01:27:18+00:00");
    }
    let looked_up = redmine.state().requests.iter().filter(|r| r.starts_with("GET /issues/1.json")).count();
    assert_eq!(looked_up, 1, "once, as long as it does not change");
}

#[tokio::test]
async fn the_newest_of_many_taken_issues_are_looked_up_first_and_the_others_follow() {
    let redmine = FakeRedmine::start().await;
    redmine.fill(30);
    let taken = super::fake_redmine::recorded("after-ack")["issue"].clone();
    for issue in &mut redmine.state().issues {
        for member in ["journals", "status", "assigned_to"] {
            issue[member] = taken[member].clone();
        }
    }
    let source = redmine_at(&redmine.url(), ALICE, "");
    let timed = |pass: &Pass| pass.tickets.iter().filter(|t| t.acknowledged_at.is_some()).count();
    let pass = source.list_open().await.unwrap();
    assert!(timed(&pass) == 20 && ticket(&pass, "30").acknowledged_at.is_some() && ticket(&pass, "1").acknowledged_at.is_none());
    assert!(pass.tickets.iter().all(|t| t.status == Status::Acknowledged), "with or without the time");
    // one is changed: until it is looked up again the time that was known holds
    redmine.state().issues[0]["updated_on"] = "2026-11-23T02:00:00Z".into();
    assert_eq!(timed(&source.list_open().await.unwrap()), 30);
    redmine.state().one_answers = Some(500);
    redmine.state().issues[29]["updated_on"] = "2026-11-23T02:00:00Z".into();
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, timed(&pass)), (true, 30), "a server that fails then costs nothing that was known");
}
