//! Reading Request Tracker: sign-in, queues, pages that change, mapping, histories.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use holdover::domain::{FaultKind, Pass, Severity, Status};
use holdover::sources::{self, TicketSource};
use serde_json::{Value, json};

use super::fake_rt::{ALICE, BOB, FakeRt, WRONG};
use super::{clock, fault, keys, settings, ticket};

/// A source of a server, whose user has this token, with more lines of configuration.
pub fn rt_as(url: &str, user: &str, token: &str, more: &str) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"rt\"\nurl = \"{url}\"\nuser = \"{user}\"\ntoken_env = \"RT_TOKEN\"\n{more}\n"));
    sources::build(&settings, clock(), &[("RT_TOKEN".to_owned(), token.to_owned())]).unwrap()
}

fn rt_at(url: &str, more: &str) -> Arc<dyn TicketSource> {
    rt_as(url, "alice", ALICE, more)
}

fn at(time: &str) -> DateTime<Utc> {
    format!("2026-11-26T{time}Z").parse().unwrap()
}

#[tokio::test]
async fn the_recorded_list_is_read() {
    let rt = FakeRt::start().await;
    rt.state().tickets[1]["Requestor"][0]["MobilePhone"] = "+44 20 7946 0000".into();
    let source = rt_at(&rt.url(), "queue = [\"ops\"]");
    assert_eq!(source.whoami().await.unwrap().name.as_str(), "alice");
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, keys(&pass)), (true, Some(5), vec!["1", "2", "3", "4", "5"]));
    let severities: Vec<Option<Severity>> = ["1", "2", "3", "4", "5"].map(|key| ticket(&pass, key).severity).to_vec();
    let [one, two, three, four] = [Severity::S1, Severity::S2, Severity::S3, Severity::S4].map(Some);
    assert_eq!(severities, [one, two, two, three, four], "100, 80, 50, 20, 0");
    let first = ticket(&pass, "1");
    assert_eq!(first.severity_origin.as_ref().unwrap().as_str(), "from priority '100', 100 or more");
    assert_eq!((first.title.as_str(), first.submitted_at), ("Core switch down in rack 4", Some(at("01:40:20"))));
    assert_eq!((first.status, first.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "alice"));
    assert_eq!(first.acknowledged_at, Some(at("01:52:43")), "by its history");
    assert_eq!((first.answered_at, first.last_word_at), (Some(at("01:52:44")), Some(at("01:52:44"))));
    assert_eq!(first.url.as_ref().unwrap().as_str(), format!("{}/Ticket/Display.html?id=1", rt.url()), "not where RT's own links point");
    let second = ticket(&pass, "2");
    assert_eq!((second.status, &second.assignee, second.answered_at), (Status::Open, &None, None), "1970 is no time, and Nobody nobody");
    let contact = second.contact.clone().unwrap();
    let said = [contact.name, contact.phone, contact.email].map(|said| said.unwrap().to_string());
    assert_eq!(said, ["Bob Client", "+44 20 7946 0000", "bob@ops.example"]);
}

#[tokio::test]
async fn a_wrong_token_and_the_token_of_somebody_else_are_not_signed_in() {
    let rt = FakeRt::start().await;
    assert_eq!(fault(&*rt_as(&rt.url(), "alice", WRONG, ""), WRONG).await.kind, FaultKind::NotSignedIn);
    let other = fault(&*rt_as(&rt.url(), "alice", BOB, ""), BOB).await;
    assert!(other.kind == FaultKind::NotSignedIn && other.text.as_str().contains("as it shows others"), "{other:?}");
    let nobody = fault(&*rt_as(&rt.url(), "jo", ALICE, ""), ALICE).await;
    assert!(nobody.kind == FaultKind::NotSignedIn && nobody.text.as_str().contains("RT knows nobody of that name"), "{nobody:?}");
    let odd = rt_as(&rt.url(), "../tickets?x=", ALICE, "").whoami().await.unwrap_err();
    assert_eq!(odd.kind, FaultKind::NotSignedIn, "a login is no path: {odd:?}");
}

#[tokio::test]
async fn a_queue_that_is_not_shown_is_a_fault_and_no_empty_list() {
    let rt = FakeRt::start().await;
    let unseen = fault(&*rt_at(&rt.url(), "queue = [\"ops\", \"opps\"]"), ALICE).await;
    assert!(unseen.kind == FaultKind::Forbidden && unseen.text.as_str().contains("no queue 'opps'"), "{unseen:?}");
    // one that is there has no tickets
    rt.state().tickets.clear();
    let pass = rt_at(&rt.url(), "queue = [\"ops\"]").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(0), 0));
    let wrong = fault(&*rt_at(&rt.url(), "query = \"Nope === 3\""), ALICE).await;
    assert!(wrong.text.as_str().contains("Wrong query, expecting a VALUE"), "{wrong:?}");
}

#[tokio::test]
async fn what_is_asked_is_the_queues_and_the_query_together() {
    let rt = FakeRt::start().await;
    let more = r#"queue = ["ops", "it's"]
query = "Priority > 10 OR Owner = 'alice'""#;
    rt_at(&rt.url(), more).list_open().await.unwrap_err();
    assert!(rt.state().requests.iter().all(|r| !r.contains("/tickets")), "the second queue is not shown");
    rt_at(&rt.url(), &more.replace(", \"it's\"", "")).list_open().await.unwrap();
    let state = rt.state();
    let asked = state.requests.iter().find(|r| r.contains("/tickets")).unwrap();
    let url = reqwest::Url::parse(&format!("http://x{}", asked.trim_start_matches("GET "))).unwrap();
    let query = url.query_pairs().find(|(name, _)| name == "query").unwrap().1.into_owned();
    assert_eq!(query, "Status = '__Active__' AND (Queue = 'ops') AND (Priority > 10 OR Owner = 'alice') AND id > 0");
}

#[tokio::test]
async fn all_pages_are_read_and_nothing_slips_through_while_the_list_changes() {
    let rt = FakeRt::start().await;
    rt.fill(250);
    let source = rt_at(&rt.url(), "");
    let pass = source.list_open().await.unwrap();
    let found: BTreeSet<&str> = keys(&pass).into_iter().collect();
    assert_eq!((pass.complete, pass.total, pass.tickets.len(), found.len()), (true, Some(250), 250, 250));
    let mut next = 0;
    rt.state().after_page = Some(Box::new(move |state| {
        // every later ticket moves up by one
        next += 1;
        state.set(next, "Status", "resolved", "bob");
    }));
    let pass = source.list_open().await.unwrap();
    assert!(pass.complete && keys(&pass).contains(&"101") && keys(&pass).contains(&"250"), "{:?}", pass.total);
}

#[tokio::test]
async fn where_it_does_not_count_all_that_is_shown_is_read() {
    let rt = FakeRt::start().await;
    rt.fill(450);
    rt.state().counts = false;
    // two whole pages that are not shown, in the middle and at the end
    rt.state().hidden = (101..=300).chain(440..=450).collect();
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, None, 239));
    assert!(keys(&pass).contains(&"301") && keys(&pass).contains(&"439"));
}

#[tokio::test]
async fn hundreds_of_hidden_tickets_in_a_row_are_no_end() {
    // as far as RT looks ahead
    let rt = FakeRt::start().await;
    rt.fill(520);
    rt.state().counts = false;
    rt.state().hidden = (101..=500).collect();
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len(), pass.warning), (true, 120, None));
    // and where nobody looks so far
    rt.fill(1020);
    rt.state().hidden = (101..=1000).collect();
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (false, 120));
    assert!(pass.warning.unwrap().as_str().starts_with("tickets may be missing"));
}

#[tokio::test]
async fn a_colleague_of_the_client_does_not_answer_for_us() {
    for (who, copied) in [("eve@client.example", false), ("eve", true)] {
        let rt = FakeRt::start().await;
        if copied {
            rt.state().tickets[1]["Cc"] = json!([{ "id": who, "type": "user", "Name": who }, "odd"]);
        }
        rt.state().happened(2, "Correspond", who, &json!({ "Text": "it is our router, we look" }));
        let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
        let told = ticket(&pass, "2");
        assert_eq!((told.answered_at, told.last_word_at, told.contacts.len()), (None, None, 1), "{who}");
        // who works on it is one of us, whatever the login
        rt.state().set(2, "Status", "open", who);
        let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
        assert!(ticket(&pass, "2").answered_at.is_some() && ticket(&pass, "2").contacts.is_empty(), "{who}");
    }
}

#[tokio::test]
async fn a_count_that_is_not_reached_is_not_complete() {
    let rt = FakeRt::start().await;
    rt.state().hidden = vec![3];
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (false, Some(5), 4));
}

#[tokio::test]
async fn odd_members_of_a_ticket_cost_at_most_that_ticket() {
    let rt = FakeRt::start().await;
    rt.fill(12);
    for (at, (member, odd)) in [
        ("Created", json!("yesterday")),
        ("Created", json!("1970-01-01T00:00:00Z")),
        ("Created", Value::Null),
        ("Subject", json!(5)),
        ("Subject", Value::Null),
        ("CustomFields", json!("")),
        ("CustomFields", json!([{ "name": 5, "values": {} }])),
        ("Owner", json!("Nobody")),
        ("Priority", json!("Unheard of")),
        ("Priority", json!(60)),
        ("Requestor", json!([])),
        ("Priority", Value::Null),
    ]
    .into_iter()
    .enumerate()
    {
        rt.state().tickets[at][member] = odd;
    }
    let pass = rt_at(&rt.url(), "client = \"acme\"").list_open().await.unwrap();
    assert_eq!((pass.complete, pass.tickets.len()), (true, 12));
    for key in ["1", "4", "8"] {
        assert!(ticket(&pass, key).unreadable.is_some(), "{key}: {:?}", ticket(&pass, key));
    }
    for key in ["2", "3"] {
        assert!(ticket(&pass, key).submitted_at.is_none() && ticket(&pass, key).unreadable.is_none());
    }
    assert_eq!((ticket(&pass, "5").title.as_str(), ticket(&pass, "8").client.as_ref().unwrap().as_str()), ("(no title)", "acme"));
    let unheard = ticket(&pass, "9");
    assert_eq!((unheard.severity, unheard.severity_unreadable), (None, true));
    assert_eq!((ticket(&pass, "10").severity, ticket(&pass, "12").severity), (Some(Severity::S2), None));
}

#[tokio::test]
async fn what_strangers_write_is_made_safe_and_counted() {
    let rt = FakeRt::start().await;
    let odd = "x\u{1b}[31m\u{202e}\u{200b}";
    {
        let mut state = rt.state();
        let ticket = &mut state.tickets[1];
        (ticket["Subject"], ticket["Owner"]["RealName"]) = (odd.into(), odd.into());
        (ticket["Owner"]["id"], ticket["Owner"]["Name"]) = (odd.into(), odd.into());
        for member in ["RealName", "EmailAddress", "WorkPhone", "Organization"] {
            ticket["Requestor"][0][member] = odd.into();
        }
        ticket["Priority"] = odd.into();
        state.tickets[2]["Created"] = odd.into();
    }
    let pass = rt_at(&rt.url(), "map = [ { field = \"organization\", matches = \"(.*)\", client = \"$1\" } ]").list_open().await.unwrap();
    for key in ["2", "3"] {
        let told = format!("{:?}", ticket(&pass, key));
        assert!(!told.contains("\\u{1b}") && !told.contains("\\u{202e}") && !told.contains("\\u{200b}"), "{told}");
    }
    assert!(ticket(&pass, "2").altered >= 6 * 3, "{:?}", ticket(&pass, "2"));
}

#[tokio::test]
async fn one_without_an_id_is_a_ticket_too() {
    let rt = FakeRt::start().await;
    rt.state().tickets[1]["id"] = Value::Null;
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!((pass.complete, keys(&pass)), (true, vec!["1", "3", "4", "5", "entry 2"]));
    assert_eq!(ticket(&pass, "entry 2").title.as_str(), "Database replica is ten minutes behind");
}

#[tokio::test]
async fn map_rules_give_what_tickets_do_not_say() {
    let rt = FakeRt::start().await;
    rt.state().tickets[1]["Priority"] = "Medium".into();
    let rules = r#"map = [
  { field = "priority", is = "100", severity = "S3" },
  { field = "organization", is = "Acme Ltd", client = "acme" },
  { field = "requestor", is = "bob@ops.example", channel = "email" },
  { field = "custom.support level", matches = "^(L[123])$", support_level = "$1" },
  { field = "queue", is = "OPS", service = "Operations" },
  { field = "owner", is = "alice", agreement = "Hers" },
  { field = "subject", matches = "typo", callback_requested = true },
  { field = "status", is = "new", status = "on-client" },
]"#;
    let pass = rt_at(&rt.url(), rules).list_open().await.unwrap();
    let text = |key: &str| {
        let ticket = ticket(&pass, key);
        let words = [&ticket.client, &ticket.support_level, &ticket.channel, &ticket.service, &ticket.agreement];
        words.map(|w| w.as_ref().map_or_else(String::new, ToString::to_string)).join("|")
    };
    assert_eq!((text("1"), text("3")), ("acme||email|Operations|Hers".to_owned(), "acme|L2|email|Operations|".to_owned()));
    assert_eq!((ticket(&pass, "1").severity, ticket(&pass, "2").severity), (Some(Severity::S3), Some(Severity::S2)));
    assert!(ticket(&pass, "2").severity_origin.as_ref().unwrap().as_str().contains("'Medium', the second of RT's own words"));
    assert_eq!((ticket(&pass, "2").status, ticket(&pass, "1").status), (Status::OnClient, Status::Acknowledged));
    assert!(ticket(&pass, "5").callback_requested && !ticket(&pass, "1").callback_requested);
}

#[tokio::test]
async fn a_history_tells_who_wrote_who_took_and_what_was_thought_of_it() {
    let rt = FakeRt::start().await;
    {
        let mut state = rt.state();
        state.happened(2, "Correspond", "bob", &json!({ "Text": "any news?" }));
        state.happened(2, "Comment", "alice", &json!({ "Text": "who looks?" }));
        state.happened(2, "Correspond", "carol", &json!({ "Text": "we look" }));
        state.set(2, "Priority", "100", "carol");
        state.set(2, "Priority", "10", "alice");
        state.give(2, "carol", "root");
        state.happened(2, "Correspond", "bob", &json!({ "Text": "thanks" }));
    }
    let source = rt_at(&rt.url(), "");
    let pass = source.list_open().await.unwrap();
    let told = ticket(&pass, "2");
    let contacts: Vec<DateTime<Utc>> = told.contacts.iter().map(|contact| contact.at).collect();
    assert_eq!(contacts, [at("02:01:41"), at("02:01:48")]);
    assert_eq!((told.answered_at, told.last_word_at), (Some(at("02:01:43")), Some(at("02:01:43"))));
    let assessed: Vec<_> = told.assessments.iter().map(|a| (a.at, a.severity)).collect();
    let [s1, s2, s3] = [Severity::S1, Severity::S2, Severity::S3].map(Some);
    assert_eq!(assessed, [(at("01:40:21"), s2), (at("02:01:44"), s1), (at("02:01:45"), s3)]);
    assert_eq!((told.status, told.acknowledged_at), (Status::Open, None), "given to her, and she has not begun");
    // she begins; another takes a new one herself
    rt.state().set(2, "Status", "open", "carol");
    rt.state().give(4, "carol", "carol");
    let pass = source.list_open().await.unwrap();
    assert_eq!((ticket(&pass, "2").status, ticket(&pass, "2").acknowledged_at), (Status::Acknowledged, Some(at("02:01:49"))));
    assert_eq!((ticket(&pass, "4").status, ticket(&pass, "4").acknowledged_at), (Status::Acknowledged, Some(at("02:01:50"))));
}

#[tokio::test]
async fn where_the_history_is_not_read_the_last_word_is_the_answer_and_that_is_said() {
    let rt = FakeRt::start().await;
    rt.state().tickets[2]["Told"] = "2026-11-26T01:50:00Z".into();
    rt.state().tickets[2]["Status"] = "open".into();
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    let told = ticket(&pass, "3");
    assert_eq!((told.answered_at, told.last_word_at), (Some(at("01:50:00")), Some(at("01:50:00"))));
    assert!(told.notes.iter().any(|note| note.as_str().contains("the first may have been earlier")), "{:?}", told.notes);
}

#[tokio::test]
async fn a_stalled_ticket_is_on_the_client_where_that_is_configured() {
    let rt = FakeRt::start().await;
    rt.state().set(1, "Status", "stalled", "alice");
    rt.state().happened(1, "Correspond", "bob", &json!({ "Text": "a red light" }));
    let status = |pass: &Pass| ticket(pass, "1").status;
    assert_eq!(status(&rt_at(&rt.url(), "").list_open().await.unwrap()), Status::Acknowledged);
    let pass = rt_at(&rt.url(), "waiting_status = \"stalled\"").list_open().await.unwrap();
    let told = ticket(&pass, "1");
    assert_eq!((told.status, told.on_client.len(), told.on_client[0].to), (Status::OnClient, 1, None));
    assert!(told.contacts[0].at > told.on_client[0].from.unwrap(), "which the rules read as an answer");
    assert_eq!(told.acknowledged_at, Some(at("01:52:43")));
}

#[tokio::test]
async fn histories_are_read_again_after_a_change_and_not_of_what_is_untouched() {
    let rt = FakeRt::start().await;
    let source = rt_at(&rt.url(), "");
    let looked_up = || {
        let requests = std::mem::take(&mut rt.state().requests);
        requests.iter().filter(|request| request.contains("/history")).count()
    };
    source.list_open().await.unwrap();
    assert_eq!(looked_up(), 3, "the one that is taken, and those that were changed since they were made");
    source.list_open().await.unwrap();
    assert_eq!(looked_up(), 0);
    rt.state().happened(5, "Correspond", "bob", &json!({ "Text": "hello?" }));
    assert_eq!(ticket(&source.list_open().await.unwrap(), "5").contacts.len(), 1);
    assert_eq!(looked_up(), 1);
}

#[tokio::test]
async fn a_long_history_is_read_to_its_beginning() {
    let rt = FakeRt::start().await;
    rt.state().happened(2, "Correspond", "carol", &json!({ "Text": "the first" }));
    for _ in 0..250 {
        rt.state().happened(2, "Comment", "carol", &json!({ "Text": "and so on" }));
    }
    rt.state().shows_comments = false;
    let pass = rt_at(&rt.url(), "").list_open().await.unwrap();
    assert_eq!(ticket(&pass, "2").answered_at, Some(at("02:01:41")));
}
