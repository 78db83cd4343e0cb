//! A server that is said in the configuration: its list, in every form of paging, and the tickets in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdover::domain::{FaultKind, Pass, SafeText, Severity, Status};
use holdover::sources::{self, TicketSource};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake_tracker::{ALICE, BOB, FakeTracker, PAGE, WRONG, issue};
use super::{clock, fault, keys, settings, ticket};

/// The tracker as a source, with the paging and more lines.
pub fn tracker(fake: &FakeTracker, key: &str, paging: &str, more: &str) -> Arc<dyn TicketSource> {
    let text = tracker_text(fake, paging, more);
    sources::build(&settings(&text), clock(), &[("KEY".to_owned(), key.to_owned())]).unwrap()
}

/// Its configuration.
pub fn tracker_text(fake: &FakeTracker, paging: &str, more: &str) -> String {
    format!(
        r#"kind = "http"
        url = "{}"
        auth = "header"
        auth_header = "X-Key"
        token_env = "KEY"
        headers = {{ X-Sent-By = "holdover" }}
        whoami = {{ path = "me", name = "user.name", id = "user.id", ok = "known" }}
        list = {{ path = "issues", query = {{ open = 1 }}, items = "data", {paging} }}
        fields = {{ key = "ref", id = "id", title = "name", severity = "prio", submitted_at = "made", assignee = "owner.name", status = "state.name", tags = "tags", team = "/team/name" }}
        values = {{ severity = {{ High = "S1", low = "S5" }}, status = {{ waiting = "on-client", closed = "resolved" }} }}
        taken = "owner && state.name != 'new'"
        time_format = "epoch"
        error = "fault.text"
        item = {{ path = "issues/{{id}}", item = "issue" }}
        {more}"#,
        fake.url()
    )
}

const EVERY: [&str; 8] = [
    r#"paging = "page", total = "total""#,
    r#"paging = "page""#,
    r#"paging = "page", more = "more""#,
    r#"paging = "offset", offset_param = "skip", total = "total""#,
    r#"paging = "offset", offset_param = "skip""#,
    r#"paging = "link", total = "total""#,
    r#"paging = "next", next = "next""#,
    r#"paging = "cursor", cursor = "cursor", cursor_param = "after""#,
];

async fn listed(fake: &FakeTracker, paging: &str) -> Pass {
    tracker(fake, ALICE, paging, "").list_open().await.unwrap_or_else(|fault| panic!("{paging}: {fault:?}"))
}

fn warning(pass: &Pass) -> &str {
    assert!(!pass.complete);
    pass.warning.as_ref().map(SafeText::as_str).unwrap_or_default()
}

#[tokio::test]
async fn every_form_of_paging_reads_all() {
    for paging in EVERY {
        for count in [0, 1, 9, 10, 11, 35, 40] {
            let fake = FakeTracker::start(count).await;
            let pass = listed(&fake, paging).await;
            let all: Vec<String> = (1..=count).map(|id| format!("OPS-{id}")).collect();
            assert_eq!((keys(&pass), pass.complete, &pass.warning), (all.iter().map(String::as_str).collect(), true, &None), "{paging}");
            assert_eq!(pass.total.is_some(), paging.contains("total"), "{paging}");
            // by offset once, else twice: what slips between two pages is seen only so
            let readings = if paging.contains("offset") { 1 } else { 2 };
            let most = readings * (count / (PAGE as u64 - 1) + 2);
            assert!(fake.pages() as u64 <= most, "{paging}, {count}: {} pages", fake.pages());
        }
    }
}

#[tokio::test]
async fn a_list_that_changes_under_the_reader_is_read_anew() {
    // an issue of the first page is closed while the second is read: one slips from the second to the first
    for paging in EVERY {
        // and at once another is opened, so that their number stays the same
        for (count, opened) in [(25, false), (25, true), (11, false), (11, true)] {
            let fake = FakeTracker::start(count).await;
            let mut once = false;
            fake.state().after_page = Some(Box::new(move |state| {
                if !std::mem::replace(&mut once, true) {
                    state.issues[0]["state"]["name"] = "closed".into();
                    state.issues.extend(opened.then(|| issue(count + 1)));
                }
            }));
            let pass = listed(&fake, paging).await;
            let open = usize::try_from(count).unwrap() - usize::from(!opened);
            let said = (pass.tickets.len(), pass.complete, keys(&pass).contains(&"OPS-11"));
            assert_eq!(said, (open, true, true), "{paging}, {count}, {opened}");
        }
    }
    // which happens in every reading
    for paging in [EVERY[0], EVERY[1], EVERY[2], EVERY[5], EVERY[6], EVERY[7]] {
        let fake = FakeTracker::start(25).await;
        fake.state().after_page = Some(Box::new(|state| {
            let closed = state.issues.iter().position(|issue| issue["state"]["name"] != "closed").unwrap();
            state.issues[closed]["state"]["name"] = "closed".into();
            let id = state.issues.len() as u64 + 1;
            state.issues.push(issue(id));
        }));
        let pass = listed(&fake, paging).await;
        assert!(warning(&pass).contains("changed while it was read"), "{paging}: {}", warning(&pass));
    }
    // and one that never stands still is told as what it is
    for paging in [EVERY[0], EVERY[5]] {
        let fake = FakeTracker::start(15).await;
        fake.state().after_page = Some(Box::new(|state| {
            let id = state.issues.len() as u64 + 1;
            state.issues.push(issue(id));
        }));
        let pass = listed(&fake, paging).await;
        assert!(warning(&pass).contains("changed while it was read"), "{paging}: {}", warning(&pass));
        assert_eq!(fake.pages(), 6, "three tries of two pages");
    }
}

#[tokio::test]
async fn a_pass_is_complete_only_where_the_end_was_reached_and_the_count_fits() {
    let fake = FakeTracker::start(25).await;
    fake.state().total = Some(30.into());
    for paging in [EVERY[0], EVERY[3], EVERY[5], r#"paging = "none", total = "total""#] {
        let pass = listed(&fake, paging).await;
        assert!(warning(&pass).contains("30") || warning(&pass).contains("changed"), "{paging}: {}", warning(&pass));
    }
    // a server that does not know the parameter gives the first page again and again
    let fake = FakeTracker::start(25).await;
    fake.state().pages = false;
    for paging in [EVERY[1], EVERY[2], EVERY[7]] {
        let pass = listed(&fake, paging).await;
        assert!(!warning(&pass).is_empty() && pass.tickets.len() == PAGE, "{paging}: {}", warning(&pass));
    }
    assert!(fake.pages() <= 8, "{}", fake.pages());
    let pass = listed(&fake, EVERY[4]).await;
    assert!(!pass.complete, "an offset that is not known");
}

#[tokio::test]
async fn a_next_page_elsewhere_is_never_asked_for() {
    let fake = FakeTracker::start(25).await;
    let other = FakeTracker::start(25).await;
    let base = fake.url();
    for next in [
        format!("{}/issues?after=10", other.url()),
        "http://evil.example/api/issues".to_owned(),
        base.replace("/api", "/admin/issues"),
        format!("{}/issues?after=10", base.replace("http://", "http://user:word@")),
        "ftp:x".to_owned(),
    ] {
        fake.state().next = Some(next.clone());
        for paging in [EVERY[5], EVERY[6]] {
            let pass = listed(&fake, paging).await;
            assert_eq!(pass.tickets.len(), PAGE, "what was read is shown");
            assert!(warning(&pass).contains("next page refused") || warning(&pass).contains("30"), "{next}: {}", warning(&pass));
        }
    }
    assert!(other.state().requests.is_empty());
    // one that leads in a circle ends
    fake.state().next = Some(format!("{base}/issues?open=1"));
    let pass = listed(&fake, EVERY[6]).await;
    assert!(warning(&pass).contains("had before"), "{}", warning(&pass));
}

#[tokio::test]
async fn a_list_without_end_ends() {
    let fake = FakeTracker::start(6_000).await;
    let pass = listed(&fake, EVERY[6]).await;
    assert!(warning(&pass).contains("more than 500 pages"), "{}", warning(&pass));
    assert_eq!((pass.tickets.len(), fake.pages()), (5_000, 500));
}

#[tokio::test]
async fn somebody_it_does_not_know_is_not_signed_in_rather_than_without_tickets() {
    let fake = FakeTracker::start(3).await;
    let source = tracker(&fake, WRONG, EVERY[0], "");
    assert_eq!(fault(&*source, WRONG).await.kind, FaultKind::NotSignedIn);
    assert_eq!(source.whoami().await.unwrap_err().kind, FaultKind::NotSignedIn);
    assert_eq!(tracker(&fake, BOB, EVERY[0], "").whoami().await.unwrap().name.as_str(), "bob");
}

#[tokio::test]
async fn what_is_no_list_is_never_an_empty_one() {
    let fake = FakeTracker::start(3).await;
    for (list, words) in [
        (r#"items = "dta""#, "gives nothing"),
        (r#"items = "total""#, "gives a number"),
        (r#"items = "data", total = "next""#, "gives no number"),
        (r#"items = "length(total)""#, "Argument"),
    ] {
        let text = format!(
            "kind = \"http\"\nurl = \"{}\"\nauth = \"header\"\nauth_header = \"X-Key\"\ntoken_env = \"KEY\"\nlist = {{ path = \"issues\", {list} }}\nfields = {{ key = \"ref\" }}\n",
            fake.url()
        );
        let source = sources::build(&settings(&text), clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap();
        let fault = fault(&*source, ALICE).await;
        assert!(fault.kind == FaultKind::Unintelligible && fault.text.as_str().contains(words), "{list}: {fault:?}");
    }
}

#[tokio::test]
async fn an_entry_that_is_odd_costs_only_itself() {
    let fake = FakeTracker::start(1_000).await;
    let odd: Vec<(usize, Value)> = vec![
        (3, json!(null)),
        (17, json!("text")),
        (100, json!([1, 2])),
        (101, json!({})),
        (400, json!({ "ref": { "a": 1 }, "name": "No key" })),
        (401, json!({ "ref": "  ", "name": "Blank" })),
        (500, json!({ "ref": "T", "made": "yesterday" })),
        (501, json!({ "ref": "U", "made": 999_999_999_999_u64, "prio": { "x": 1 }, "name": ["a"], "owner": 5 })),
        (502, json!({ "ref": "V", "prio": "none of them", "name": "\u{1b}[31mred\u{202e}" })),
        (999, json!({ "ref": "OPS-1", "name": "Twice" })),
    ];
    for (at, value) in odd {
        fake.state().issues[at] = value;
    }
    let pass = listed(&fake, r#"paging = "next", next = "next""#).await;
    assert_eq!((pass.tickets.len(), pass.complete), (1_000, true));
    let unreadable: BTreeSet<&str> = pass.tickets.iter().filter(|t| t.unreadable.is_some()).map(|t| t.id.key.as_str()).collect();
    assert_eq!(unreadable, BTreeSet::from(["T", "entry 1000", "entry 101", "entry 102", "entry 18", "entry 4", "entry 401", "entry 402"]));
    assert_eq!(ticket(&pass, "entry 401").title.as_str(), "No key");
    let far = ticket(&pass, "U");
    assert!(far.submitted_at.is_none() && far.severity_unreadable && far.notes.len() == 3, "{:?}", far.notes);
    let red = ticket(&pass, "V");
    assert_eq!((red.title.as_str(), red.altered, red.severity), ("^[[31mred\u{fffd}", 2, None));
    assert_eq!(ticket(&pass, "OPS-1").title.as_str(), "Issue 1", "the first counts");
}

#[tokio::test]
async fn a_key_twice_is_one_ticket_only_where_it_is_the_same_entry() {
    let fake = FakeTracker::start(5).await;
    for (at, key, prio) in [(0, "5", "low"), (1, "5", "high"), (2, "5\u{200b}", "high"), (3, "entry 2", "low")] {
        fake.state().issues[at]["ref"] = key.into();
        fake.state().issues[at]["prio"] = prio.into();
    }
    let same = fake.issue(5);
    fake.state().issues.push(same);
    let pass = listed(&fake, r#"paging = "none""#).await;
    let said: Vec<(&str, Option<Severity>, &str)> =
        pass.tickets.iter().map(|t| (t.id.key.as_str(), t.severity, t.unreadable.as_ref().map_or("", SafeText::as_str))).collect();
    let (low, high) = (Some(Severity::S5), Some(Severity::S1));
    let why = "duplicate key '5', the first counts";
    let expected = [("5", low, ""), ("entry 2", high, why), ("entry 3", high, why), ("entry 4", low, DUPLICATE), ("OPS-5", high, "")];
    assert_eq!((said, pass.complete), (expected.to_vec(), true));
}

const DUPLICATE: &str = "duplicate key 'entry 2', the first counts";

#[tokio::test]
async fn where_the_server_says_whether_there_is_more_its_count_does_not_end_the_list() {
    let fake = FakeTracker::start(25).await;
    fake.state().total = Some(10.into());
    let pass = listed(&fake, r#"paging = "page", total = "total", more = "more""#).await;
    assert_eq!((pass.tickets.len(), warning(&pass)), (25, "the server tells of 10 tickets, and 25 were listed"));
    // and where it cannot be had, it is not the end
    for paging in [r#"paging = "none", more = "more""#, r#"paging = "next", next = "nothing", more = "more""#] {
        let pass = listed(&fake, paging).await;
        assert!(pass.tickets.len() == PAGE && warning(&pass).contains("and there is none"), "{paging}: {}", warning(&pass));
    }
}

#[tokio::test]
async fn a_list_of_nothing_is_told_and_not_kept() {
    let server = MockServer::start().await;
    let body = format!("[{}{{\"id\": 1}}]", "{},".repeat(100_050));
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/json")).mount(&server).await;
    let text = format!("kind = \"http\"\nurl = \"{}\"\nlist = {{ path = \"x\" }}\nfields = {{ key = \"id\" }}\n", server.uri());
    let pass = sources::build(&settings(&text), clock(), &[]).unwrap().list_open().await.unwrap();
    assert!(warning(&pass).contains("more than 100000 entries"), "{}", warning(&pass));
    let last = pass.tickets.last().unwrap();
    let why = last.unreadable.as_ref().unwrap().as_str();
    assert_eq!((pass.tickets.len(), why), (101, "… and 99900 more that cannot be read"));
}

#[tokio::test]
async fn an_entry_becomes_a_ticket_by_fields_values_and_rules() {
    let fake = FakeTracker::start(3).await;
    fake.state().give(2, "carol");
    fake.state().issues[2]["state"]["name"] = "waiting".into();
    fake.state().issues[2]["team"] = json!({ "name": "acme mail" });
    fake.state().issues[0]["owner"] = json!({ "id": 9, "name": "carol" });
    let rules = r#"link = "https://tracker.example/browse/{key}?v={item.version}"
        map = [ { field = "team", matches = "^acme (.*)", client = "acme", service = "$1", severity = "S2" }, { field = "tags", is = "B", channel = "phone" } ]"#;
    let pass = tracker(&fake, ALICE, "", rules).list_open().await.unwrap();
    let [one, two, three] = ["OPS-1", "OPS-2", "OPS-3"].map(|key| ticket(&pass, key));
    assert_eq!((one.status, one.severity, one.title.as_str()), (Status::Open, Some(Severity::S1), "Issue 1"), "assigned is not taken");
    assert_eq!(one.severity_origin.as_ref().unwrap().as_str(), "from severity 'high', by values of the source");
    assert_eq!(one.submitted_at.unwrap().timestamp(), 1_795_000_001);
    assert_eq!((two.status, two.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "carol"));
    assert_eq!(two.url.as_ref().unwrap().as_str(), "https://tracker.example/browse/OPS-2?v=2");
    assert_eq!((three.status, three.severity), (Status::OnClient, Some(Severity::S2)), "a rule wins");
    assert_eq!([&three.client, &three.service, &three.channel].map(|text| text.as_ref().unwrap().as_str()), ["acme", "mail", "phone"]);
}

#[tokio::test]
async fn times_are_read_as_they_are_written() {
    for (form, written, read) in [
        ("rfc3339", json!("2026-12-25T02:14:00.9+01:00"), "2026-12-25T01:14:00+00:00"),
        ("rfc3339", json!("2026-12-25T02:14:00.123+0100"), "2026-12-25T01:14:00+00:00"),
        ("rfc3339", json!("2026-07-25T02:14:00"), "2026-07-25T01:14:00+00:00"),
        ("epoch", json!("1795000000.7"), "2026-11-18T11:06:40+00:00"),
        ("epoch-ms", json!(1_795_000_000_999_u64), "2026-11-18T11:06:40+00:00"),
        ("%Y-%m-%d.%H:%M:%S", json!("2026-07-25.02:14:00"), "2026-07-25T01:14:00+00:00"),
        ("%d/%m/%Y %H:%M %z", json!("25/12/2026 02:14 +0100"), "2026-12-25T01:14:00+00:00"),
        ("%Y-%m-%d", json!("2026-12-25"), "2026-12-25T00:00:00+00:00"),
    ] {
        let fake = FakeTracker::start(1).await;
        fake.state().issues[0]["made"] = written.clone();
        let text = format!(
            "kind = \"http\"\nurl = \"{}\"\nauth = \"header\"\nauth_header = \"X-Key\"\ntoken_env = \"KEY\"\ntimezone = \"Europe/London\"\ntime_format = \"{form}\"\nlist = {{ path = \"issues\", items = \"data\" }}\nfields = {{ key = \"id\", submitted_at = \"made\" }}\n",
            fake.url()
        );
        let source = sources::build(&settings(&text), clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap();
        let pass = source.list_open().await.unwrap();
        assert_eq!(ticket(&pass, "1").submitted_at.unwrap().to_rfc3339(), read, "{form} {written}");
    }
}

#[tokio::test]
async fn an_expression_goes_only_so_deep() {
    let fake = FakeTracker::start(1).await;
    for part in ["ref.", "ref|", "ref||", "ref&&", "*.", "!", "ref[?", "ref[].", "(", "[", "ref==", "not_null("] {
        let joints = part.chars().filter(|c| ".|&!*[({=".contains(*c)).count();
        let closing: String =
            part.chars().filter_map(|c| [('(', ')'), ('[', ']')].iter().find(|(open, _)| *open == c).map(|(_, close)| *close)).collect();
        let closing = if part == "ref[]." { String::new() } else { closing };
        let times = (100 / joints).min(1000 / (part.len() + closing.len()));
        let text = format!("{}ref{}", part.repeat(times), closing.repeat(times));
        let list = format!("list = {{ path = \"issues\", items = \"data\" }}\nfields = {{ key = \"ref\" }}\ntaken = \"{text}\"\n");
        let text =
            format!("kind = \"http\"\nurl = \"{}\"\nauth = \"header\"\nauth_header = \"X-Key\"\ntoken_env = \"KEY\"\n{list}", fake.url());
        let source = sources::build(&settings(&text), clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap();
        assert_eq!(source.list_open().await.unwrap().tickets.len(), 1, "{part}");
    }
}

#[tokio::test]
async fn half_a_character_does_not_cost_the_list() {
    let server = MockServer::start().await;
    let body = b"[{\"id\": \"A\", \"name\": \"cut \\ud83d\"}, {\"id\": \"B\", \"name\": \"\\\\ud83d \\ud83d\\udea8 \\udea8\\ud83d \xff caf\xc3\xa9 \\n\\\"\"}]";
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_raw(&body[..], "application/json")).mount(&server).await;
    let text =
        format!("kind = \"http\"\nurl = \"{}\"\nlist = {{ path = \"x\" }}\nfields = {{ key = \"id\", title = \"name\" }}\n", server.uri());
    let pass = sources::build(&settings(&text), clock(), &[]).unwrap().list_open().await.unwrap();
    assert_eq!(ticket(&pass, "A").title.as_str(), "cut \u{fffd}");
    assert_eq!(ticket(&pass, "B").title.as_str(), "\\ud83d \u{1f6a8} \u{fffd}\u{fffd} \u{fffd} caf\u{e9}  \"");
}

#[tokio::test]
async fn what_is_asked_otherwise_is_another_place() {
    let fake = FakeTracker::start(1).await;
    let text = tracker_text(&fake, "", "");
    let place = |text: &str| settings(text).place();
    for (from, to) in
        [("X-Sent-By = \"holdover\"", "X-Sent-By = \"other\""), ("items = \"data\"", "items = \"dat\""), ("issues/{id}", "issue/{id}")]
    {
        assert!(text.contains(from), "{from}");
        assert_ne!(place(&text), place(&text.replace(from, to)), "{from}");
    }
    assert_eq!(place(&text), place(&text.replace("OPS", "ops").replace("error = \"fault.text\"", "")));
    assert!(!format!("{:?}", settings(&text)).contains("\"holdover\""), "a header's value is printed");
}
