//! Icinga 2: what is listed, what is said of a problem, and its own acknowledgements and comments.

use std::sync::Arc;

use holdover::domain::{Deed, DeedKind, FaultKind, Outcome, SafeText, Severity, SourceName, Status, TicketKey};
use holdover::sources::{self, TicketSource, poller};
use serde_json::{Value, json};

use super::fake_icinga::{FakeIcinga, State, recorded};
use super::hostile::has;
use super::{clock, fault, keys, settings, ticket};

/// A service whose name holds a space and a slash.
const VAR: &str = "db-1!disk /var";

fn with(url: &str, user: &str, more: &str) -> Arc<dyn TicketSource> {
    let settings = settings(&format!("kind = \"icinga2\"\nurl = \"{url}\"\nuser = \"{user}\"\ntoken_env = \"KEY\"\n{more}\n"));
    sources::build(&settings, clock(), &[("KEY".to_owned(), format!("{user}-secret"))]).unwrap()
}

fn at(url: &str) -> Arc<dyn TicketSource> {
    with(url, "ops", "")
}

fn key(id: &str) -> TicketKey {
    TicketKey { source: SourceName::new("desk"), key: SafeText::line(id) }
}

fn acknowledge() -> Deed {
    Deed::Acknowledge { note: None }
}

fn note(text: &str) -> Deed {
    Deed::Note { text: SafeText::line(text) }
}

/// What becomes of a deed of ops.
async fn told(icinga: &FakeIcinga, id: &str, deed: Deed, tried_before: bool) -> Outcome {
    at(&icinga.url()).tell(&key(id), &deed, tried_before.then_some(chrono::DateTime::UNIX_EPOCH)).await.unwrap()
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

#[tokio::test]
async fn the_recorded_hosts_and_services_are_read() {
    let icinga = FakeIcinga::start().await;
    let source = at(&icinga.url());
    let pass = source.list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total, pass.tickets.len()), (true, Some(9), 9), "{:?}", keys(&pass));
    let severities = ["edge-1", "db-1!disk", VAR, "web-2!cert", "db-1!connections"].map(|key| ticket(&pass, key).severity.unwrap());
    assert_eq!(severities, [Severity::S1, Severity::S1, Severity::S3, Severity::S2, Severity::S2]);
    let var = ticket(&pass, VAR);
    assert_eq!(var.title.as_str(), "db-1 disk /var: DISK WARNING - /var 88% used");
    assert_eq!(var.severity_origin.as_ref().unwrap().as_str(), "from the service state WARNING");
    assert_eq!(var.submitted_at.unwrap().timestamp(), 1_795_657_197, "cut to whole seconds");
    assert_eq!((var.status, &var.url, &var.acknowledged_by), (Status::Open, &None, &None));
    let cert = ticket(&pass, "web-1!cert");
    assert_eq!(cert.description.as_ref().unwrap().as_str(), "CERT WARNING - expires in 14 days\n\nhttps://runbooks.example/cert");
    let edge = ticket(&pass, "edge-1");
    assert_eq!(edge.title.as_str(), "edge-1: PING CRITICAL - 100% loss");
    assert_eq!(edge.severity_origin.as_ref().unwrap().as_str(), "from the host state DOWN");
    let ping = ticket(&pass, "edge-1!ping");
    assert_eq!((ping.status, &ping.notes), (Status::Open, &vec![]), "nothing of it is odd");
    assert!(ping.description.as_ref().unwrap().as_str().contains("\n\nIts host edge-1 is DOWN."), "{ping:?}");
    let lists = icinga.state().requests.iter().filter(|(path, _)| path.contains("/objects/")).map(|(p, _)| p.clone()).collect::<Vec<_>>();
    assert_eq!(lists, ["POST /v1/objects/comments", "POST /v1/objects/hosts", "POST /v1/objects/services"]);
}

#[tokio::test]
async fn times_that_are_never_and_states_that_nobody_knows() {
    let icinga = FakeIcinga::start().await;
    {
        let mut state = icinga.state();
        state.service("db-1!disk")["attrs"]["last_hard_state_change"] = 0.into();
        state.service(VAR)["attrs"]["last_hard_state_change"] = 0.into();
        state.service(VAR)["attrs"]["last_state_change"] = 0.into();
        state.service("web-2!http")["attrs"]["state"] = 7.into();
        state.service("web-2!cert")["attrs"]["last_hard_state_change"] = json!(1e300);
        state.service("web-2!cert")["attrs"]["last_check_result"]["output"] = "".into();
        state.service("web-1!cert")["attrs"]["state"] = "odd".into();
        state.service("db-1!replication")["attrs"]["last_check_result"]["output"] = "\u{1b}]0;x\u{7}first\nsecond".into();
        state.service("db-1!replication")["attrs"]["last_reachable"] = false.into();
        state.services.push("text".into());
        state.services.push(json!({ "attrs": { "state": 2, "state_type": 1, "last_check_result": {} } }));
    }
    let pass = at(&icinga.url()).list_open().await.unwrap();
    let since = |key: &str| ticket(&pass, key).submitted_at.map(|at| at.timestamp());
    assert_eq!((since("db-1!disk"), since(VAR), since("web-2!cert")), (Some(1_795_657_197), None, Some(1_795_657_197)));
    let http = ticket(&pass, "web-2!http");
    assert_eq!((http.severity, http.severity_unreadable), (None, true));
    assert_eq!(ticket(&pass, "web-2!cert").title.as_str(), "web-2 cert: UNKNOWN");
    let odd = ticket(&pass, "web-1!cert");
    assert!(odd.unreadable.is_some() && odd.title.as_str() == "web-1 cert", "{odd:?}");
    let replication = ticket(&pass, "db-1!replication");
    assert!(replication.title.as_str().ends_with("first") && replication.altered > 0, "{}", replication.title);
    assert!(replication.description.as_ref().unwrap().as_str().contains("out of reach"), "{replication:?}");
    assert_eq!((pass.complete, pass.tickets.iter().filter(|t| t.unreadable.is_some()).count()), (true, 2));
}

#[tokio::test]
async fn who_acknowledged_and_a_downtime() {
    let icinga = FakeIcinga::start().await;
    {
        let mut state = icinga.state();
        state.comment(VAR, "earlier", "of the time before", 4);
        state.comment(VAR, "carol", "no acknowledgement", 1);
        state.acknowledge(VAR, "bob");
        state.comment("db-1!disk", "dave", "of another service", 4);
        state.service("db-1!replication")["attrs"]["downtime_depth"] = 1.into();
    }
    let pass = at(&icinga.url()).list_open().await.unwrap();
    let var = ticket(&pass, VAR);
    assert_eq!((var.status, var.acknowledged_by.as_ref().unwrap().as_str()), (Status::Acknowledged, "bob"));
    assert_eq!(var.acknowledged_at.unwrap().timestamp(), 1_795_657_303);
    assert_eq!(ticket(&pass, "db-1!disk").status, Status::Open);
    let down = ticket(&pass, "db-1!replication");
    assert_eq!((down.status, &down.acknowledged_by, &down.acknowledged_at), (Status::Acknowledged, &None, &None));
    assert_eq!(down.notes[0].as_str(), "in a scheduled downtime");
    // who may see no comments sees that it is taken, and not by whom
    let pass = with(&icinga.url(), "narrow", "").list_open().await.unwrap();
    assert_eq!((ticket(&pass, VAR).status, &ticket(&pass, VAR).acknowledged_by), (Status::Acknowledged, &None));
    // in a downtime it can be taken all the same
    assert!(matches!(told(&icinga, "db-1!replication", acknowledge(), false).await, Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn a_recorded_comment_says_who_acknowledged() {
    let icinga = FakeIcinga::start().await;
    icinga.state().comments = recorded("comments")["results"].as_array().unwrap().clone();
    icinga.state().service("db-1!disk")["attrs"]["acknowledgement"] = 2.into();
    let pass = at(&icinga.url()).list_open().await.unwrap();
    let disk = ticket(&pass, "db-1!disk");
    assert_eq!(disk.acknowledged_by.as_ref().unwrap().as_str(), "ops");
    assert_eq!(disk.acknowledged_at.unwrap().timestamp(), 1_795_397_643);
}

#[tokio::test]
async fn rules_filters_and_pages() {
    let icinga = FakeIcinga::start().await;
    icinga.state().service(VAR)["attrs"]["vars"] = json!({ "client": "own", "tags": ["a", "b"] });
    let more = r#"
        filter = 'host.vars.client == "acme"'
        web = "https://icinga.example/icingadb/service?name={service}&host.name={host}"
        map = [
            { field = "vars.client", matches = "(.+)", client = "$1" },
            { field = "vars.tags", is = "b", support_level = "L2" },
            { field = "service", is = "disk /var", service = "Disk" },
            { field = "host", is = "edge-1", severity = "S2" },
            { field = "group", is = "prod", channel = "prod" },
            { field = "check_command", is = "passive", callback_requested = true },
            { field = "output", matches = "handshake", status = "on-client" },
        ]"#;
    let pass = with(&icinga.url(), "ops", more).list_open().await.unwrap();
    let client = |key: &str| ticket(&pass, key).client.as_ref().unwrap().to_string();
    assert_eq!((client(VAR), client("db-1!disk"), client("edge-1")), ("own".to_owned(), "acme".to_owned(), "acme".to_owned()));
    let var = ticket(&pass, VAR);
    assert_eq!(var.url.as_ref().unwrap().as_str(), "https://icinga.example/icingadb/service?name=disk%20%2Fvar&host.name=db-1");
    assert_eq!([&var.support_level, &var.service, &var.channel].map(|v| v.as_ref().unwrap().to_string()), ["L2", "Disk", "prod"]);
    assert!(var.callback_requested);
    let edge = ticket(&pass, "edge-1");
    assert_eq!((edge.severity, &edge.url, &edge.channel), (Some(Severity::S2), &None, &None), "a host has another page");
    assert_eq!(ticket(&pass, "web-2!cert").status, Status::OnClient);
    let filters: Vec<String> = icinga.state().requests.iter().filter_map(|(_, body)| body["filter"].as_str()).map(str::to_owned).collect();
    assert_eq!(filters[1], "host.state != 0 && host.state_type == 1 && host.last_check_result && (host.vars.client == \"acme\")");
    let pass = with(&icinga.url(), "ops", "web_host = \"https://icinga.example/host?name={host}\"").list_open().await.unwrap();
    assert_eq!(ticket(&pass, "edge-1").url.as_ref().unwrap().as_str(), "https://icinga.example/host?name=edge-1");
    assert_eq!(ticket(&pass, VAR).url, None);
}

#[tokio::test]
async fn no_objects_found_is_never_an_empty_list() {
    let icinga = FakeIcinga::start().await;
    let filtered = fault(&*with(&icinga.url(), "ops", "filter = 'service.name == \"x\"'"), "ops-secret").await;
    has(&filtered, FaultKind::Unintelligible, &["no hosts are told", "No objects found.", "check filter"]);
    let blind = with(&icinga.url(), "blind", "");
    has(&fault(&*blind, "blind-secret").await, FaultKind::Forbidden, &["no services are told", "objects/query/service"]);
    let wrong = with(&icinga.url(), "nobody", "");
    has(&fault(&*wrong, "nobody-secret").await, FaultKind::NotSignedIn, &["401"]);
    assert_eq!(wrong.whoami().await.unwrap_err().kind, FaultKind::NotSignedIn);
    assert_eq!(wrong.tell(&key(VAR), &acknowledge(), None).await.unwrap_err().kind, FaultKind::NotSignedIn);
    // all well is an empty list
    icinga.state().hosts.clear();
    icinga.state().services.clear();
    let pass = at(&icinga.url()).list_open().await.unwrap();
    assert_eq!((pass.complete, pass.total), (true, Some(0)));
}

#[tokio::test]
async fn all_answers_of_a_pass_together_have_a_limit() {
    let icinga = FakeIcinga::start().await;
    {
        let State { hosts, services, .. } = &mut *icinga.state();
        for object in [&mut hosts[0], &mut services[0]] {
            (object["attrs"]["state"], object["attrs"]["state_type"]) = (1.into(), 1.into());
            object["attrs"]["last_check_result"]["output"] = "x".repeat(700 * 1024).into();
        }
    }
    let source = with(&icinga.url(), "ops", "max_page = 1\nmax_pass = 1");
    has(&fault(&*source, "ops-secret").await, FaultKind::Unintelligible, &["the answers of one pass are too large"]);
}

#[tokio::test]
async fn what_one_may_not_do_is_known() {
    let icinga = FakeIcinga::start().await;
    let may_not = async |user: &str| {
        let me = with(&icinga.url(), user, "").whoami().await.unwrap();
        assert_eq!(me.name.as_str(), user);
        me.may_not.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(may_not("ops").await, "");
    assert_eq!(may_not("viewer").await, "acknowledge, give back, write notes");
    assert_eq!(may_not("narrow").await, "see who acknowledged, give back, write notes");
    for (permission, may) in
        [("*", true), ("ACTIONS/*-PROBLEM", true), ("a*/ack*e*-p*m", true), ("actions/*x*", false), ("actions/a", false)]
    {
        icinga.state().users[1].2 = vec!["objects/query/*", permission];
        assert_eq!(!may_not("viewer").await.contains("acknowledge"), may, "{permission}");
    }
    icinga.state().users[1].2 = vec!["objects/query/*"];
    let viewer = with(&icinga.url(), "viewer", "");
    for deed in [acknowledge(), note("x")] {
        let why = why(viewer.tell(&key(VAR), &deed, None).await.unwrap());
        assert!(why.contains("'viewer' lacks the permission actions/") && why.contains("nothing was sent"), "{why}");
    }
    assert_eq!(icinga.actions(), []);
    // who may acknowledge and see no comments
    let narrow = with(&icinga.url(), "narrow", "");
    assert_eq!(narrow.tell(&key(VAR), &acknowledge(), None).await.unwrap(), Outcome::Confirmed { by: None, at: None });
    assert_eq!(
        narrow.tell(&key(VAR), &acknowledge(), Some(chrono::DateTime::UNIX_EPOCH)).await.unwrap(),
        Outcome::Already { by: None, at: None }
    );
    assert!(why(narrow.tell(&key(VAR), &Deed::Unacknowledge, None).await.unwrap()).contains("does not tell us by whom"));
}

#[tokio::test]
async fn an_acknowledgement_is_of_exactly_one_object_and_is_read_back() {
    let icinga = FakeIcinga::start().await;
    let source = with(&icinga.url(), "ops", "author = \"Jo Ops\"");
    let deed = Deed::Acknowledge { note: Some(SafeText::line("on it")) };
    let outcome = source.tell(&key(VAR), &deed, None).await.unwrap();
    let Outcome::Confirmed { by, at } = outcome else { panic!("{outcome:?}") };
    assert_eq!((by.unwrap().as_str(), at.unwrap().timestamp()), ("Jo Ops", 1_795_657_301));
    let sent = json!({ "service": VAR, "author": "Jo Ops", "comment": "on it", "sticky": true, "notify": false });
    assert_eq!(icinga.actions(), [("POST /v1/actions/acknowledge-problem".to_owned(), sent)]);
    let again = source.tell(&key(VAR), &deed, None).await.unwrap();
    assert!(matches!(again, Outcome::Already { .. }), "{again:?}");
    assert!(matches!(source.tell(&key(VAR), &deed, Some(chrono::DateTime::UNIX_EPOCH)).await.unwrap(), Outcome::Confirmed { .. }));
    // of another author who signs in as the same user
    assert!(matches!(told(&icinga, VAR, acknowledge(), true).await, Outcome::Already { .. }));
    assert_eq!(icinga.actions().len(), 1);
    let source = with(&icinga.url(), "ops", "sticky = false");
    assert!(matches!(source.tell(&key("edge-1"), &acknowledge(), None).await.unwrap(), Outcome::Confirmed { .. }));
    let sent = icinga.actions().pop().unwrap().1;
    assert_eq!(sent, json!({ "host": "edge-1", "author": "ops", "comment": "Acknowledged.", "sticky": false, "notify": false }));
}

#[tokio::test]
async fn conflicts_are_looked_at_again() {
    let icinga = FakeIcinga::start().await;
    icinga.state().before_action = Some(Box::new(|state| state.acknowledge(VAR, "carol")));
    let Outcome::Already { by, .. } = told(&icinga, VAR, acknowledge(), false).await else { panic!() };
    assert_eq!(by.unwrap().as_str(), "carol");
    icinga.state().before_action = Some(Box::new(|state| state.service("db-1!disk")["attrs"]["state"] = 0.into()));
    let said = why(told(&icinga, "db-1!disk", acknowledge(), false).await);
    assert!(said.contains("is OK."), "{said}");
    // well before anything is sent
    let said = why(told(&icinga, "db-1!disk", acknowledge(), false).await);
    assert!(said.contains("no problem any more: Icinga says it is OK"), "{said}");
    assert_eq!(icinga.actions().len(), 2);
    let said = why(told(&icinga, "db-1!nope", acknowledge(), false).await);
    assert!(said.contains("no service 'db-1!nope' that can be read") && said.contains("may not see it"), "{said}");
    // gone just now, or the right is only for some
    icinga.state().before_action = Some(Box::new(|state| state.hosts.clear()));
    let said = why(told(&icinga, "edge-1", acknowledge(), false).await);
    assert!(said.contains("No objects found.") && said.contains("It is gone, or the ApiUser 'ops' lacks the right"), "{said}");
}

#[tokio::test]
async fn only_what_is_read_back_is_confirmed() {
    for (deed, id) in [(acknowledge(), VAR), (note("text"), VAR), (Deed::Unacknowledge, "db-1!disk")] {
        let fresh = async |answers: Option<(u16, bool)>| {
            let icinga = FakeIcinga::start().await;
            icinga.state().acknowledge("db-1!disk", "ops");
            icinga.state().action_answers = answers;
            icinga
        };
        let icinga = fresh(Some((503, true))).await;
        assert!(matches!(told(&icinga, id, deed.clone(), false).await, Outcome::Confirmed { .. }), "{deed:?}");
        let icinga = fresh(Some((503, false))).await;
        let said = doubt(told(&icinga, id, deed.clone(), false).await);
        assert!(said.contains("it may have arrived") && said.contains("503") && said.contains("read back"), "{said}");
        let icinga = fresh(Some((200, false))).await;
        let said = why(told(&icinga, id, deed.clone(), false).await);
        assert!(said.contains("ignored"), "{said}");
        let icinga = fresh(Some((400, false))).await;
        assert_eq!(why(told(&icinga, id, deed.clone(), false).await), "Icinga refused: as told");
        let icinga = fresh(None).await;
        icinga.state().read_back_answers = Some(503);
        let said = doubt(told(&icinga, id, deed.clone(), false).await);
        assert!(said.contains("not read back"), "{said}");
    }
}

#[tokio::test]
async fn only_what_is_ours_is_given_back() {
    let icinga = FakeIcinga::start().await;
    icinga.state().acknowledge(VAR, "carol");
    let said = why(told(&icinga, VAR, Deed::Unacknowledge, false).await);
    assert!(said.contains("by carol, not by ops") && icinga.actions().is_empty(), "{said}");
    assert!(matches!(told(&icinga, "db-1!disk", Deed::Unacknowledge, false).await, Outcome::Already { .. }));
    assert!(matches!(told(&icinga, "db-1!disk", Deed::Unacknowledge, true).await, Outcome::Confirmed { .. }));
    assert!(matches!(told(&icinga, "db-1!disk", acknowledge(), false).await, Outcome::Confirmed { .. }));
    assert!(matches!(told(&icinga, "db-1!disk", Deed::Unacknowledge, false).await, Outcome::Confirmed { by: None, .. }));
    assert_eq!(icinga.state().service("db-1!disk")["attrs"]["acknowledgement"], 0);
    assert_eq!(icinga.state().service(VAR)["attrs"]["acknowledgement"], 1, "untouched");
}

#[tokio::test]
async fn a_note_is_a_comment_and_is_not_doubled() {
    let icinga = FakeIcinga::start().await;
    let Outcome::Confirmed { by, at } = told(&icinga, VAR, note("vacuum running"), false).await else { panic!() };
    assert_eq!((by.unwrap().as_str(), at.unwrap().timestamp()), ("ops", 1_795_657_301));
    assert!(matches!(told(&icinga, VAR, note("vacuum running"), true).await, Outcome::Confirmed { .. }));
    assert_eq!(icinga.actions().len(), 1, "it had arrived");
    assert!(matches!(told(&icinga, VAR, note("vacuum running"), false).await, Outcome::Confirmed { .. }));
    let texts: Vec<Value> = icinga.state().comments.iter().map(|c| c["attrs"]["text"].clone()).collect();
    assert_eq!(texts, ["vacuum running", "vacuum running"], "said twice on purpose");
}

#[tokio::test]
async fn what_was_said_long_ago_does_not_answer_a_later_attempt() {
    let icinga = FakeIcinga::start().await;
    let source = at(&icinga.url());
    icinga.state().comment(VAR, "ops", "still down", 1);
    let later = chrono::DateTime::from_timestamp(1_795_657_300 + 600, 0);
    assert!(matches!(source.tell(&key(VAR), &note("still down"), later).await.unwrap(), Outcome::Confirmed { .. }));
    assert_eq!(icinga.actions().len(), 1, "it was said once more");
    let at_once = chrono::DateTime::from_timestamp(1_795_657_300, 0);
    assert!(matches!(source.tell(&key(VAR), &note("still down"), at_once).await.unwrap(), Outcome::Confirmed { .. }));
    assert_eq!(icinga.actions().len(), 1, "it had arrived");
    icinga.state().acknowledge(VAR, "ops");
    assert!(matches!(source.tell(&key(VAR), &acknowledge(), later).await.unwrap(), Outcome::Already { .. }));
    assert!(matches!(source.tell(&key(VAR), &acknowledge(), at_once).await.unwrap(), Outcome::Confirmed { .. }));
}

#[tokio::test]
async fn a_name_that_differs_in_what_is_not_shown_hides_no_other() {
    let icinga = FakeIcinga::start().await;
    {
        let mut state = icinga.state();
        let mut twin = state.service(VAR).clone();
        twin["name"] = format!("{VAR}\u{200b}").into();
        twin["attrs"]["acknowledgement"] = 1.into();
        state.services.push(twin);
    }
    let source = at(&icinga.url());
    let report = poller::poll_once(&*source, &clock()).await;
    let pass = report.outcome.unwrap();
    for nth in [1, 2] {
        let twin = ticket(&pass, &format!("{VAR} (#{nth} of one key)"));
        assert!(twin.unreadable.as_ref().unwrap().as_str().contains("cannot be told from that of another"), "{twin:?}");
        assert!(twin.id.is_of_several());
    }
    assert!(!keys(&pass).contains(&VAR), "neither is told what is meant for the other");
    let kept: std::collections::HashSet<_> = pass.tickets.iter().map(|ticket| &ticket.id).collect();
    assert_eq!((pass.tickets.len(), kept.len()), (10, 10));
    // one that has such a name itself takes no place of another
    icinga.state().service("db-1!disk")["name"] = format!("{VAR} (#1 of one key)").into();
    let pass = poller::poll_once(&*source, &clock()).await.outcome.unwrap();
    let kept: std::collections::HashSet<_> = pass.tickets.iter().map(|ticket| &ticket.id).collect();
    assert_eq!(kept.len(), 10, "{:?}", keys(&pass));
}

#[tokio::test]
async fn what_icinga_cannot_be_told_says_why() {
    let icinga = FakeIcinga::start().await;
    let capabilities = at(&icinga.url()).capabilities();
    assert!([DeedKind::Acknowledge, DeedKind::Unacknowledge, DeedKind::Note].into_iter().all(|kind| capabilities.can(kind)));
    let text = SafeText::line("text");
    for deed in [
        Deed::Word { text: text.clone() },
        Deed::Assess { severity: Severity::S2 },
        Deed::Contact { channel: text },
        Deed::OnClient,
        Deed::Resolve,
    ] {
        assert_eq!(Some(why(told(&icinga, VAR, deed.clone(), false).await).as_str()), capabilities.why_not(deed.kind()));
    }
    assert_eq!(icinga.actions(), []);
}
