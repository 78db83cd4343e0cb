//! `holdover init` on servers: it signs in, says what it sees, writes rules for just that, and keeps a key to itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use holdover::config;
use holdover::sources::{MapTarget, MapTest};
use serde_json::json;

use super::fake_alertmanager::FakeAlertmanager;
use super::fake_icinga::FakeIcinga;
use super::fake_redmine::{ALICE, FakeRedmine, WRONG};
use super::fake_rt::{self, FakeRt};
use crate::init::{answered, desk, written};
use crate::pty::Pty;
use crate::support::{Desk, Said};

/// Runs a verb with a key in the environment.
fn with_key(desk: &Desk, key: &str, arguments: &[&str]) -> Said {
    desk.command(arguments).env("KEY", key).output().unwrap().into()
}

/// The rules of the source that was written: what is compared, and what is given.
fn rules(desk: &Desk) -> Vec<(String, MapTarget, String)> {
    let settings = config::load(&desk.path("config.toml"), &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!((settings.sources.len(), settings.agreements.all().len()), (1, 1));
    let rule = |rule: &holdover::sources::MapRule| {
        let MapTest::Is(is) = &rule.test else { panic!("{rule:?}") };
        (is.clone(), rule.gives[0].0, rule.gives[0].1.clone())
    };
    settings.sources[0].map.iter().map(rule).collect()
}

fn severity(value: &str, severity: &str) -> (String, MapTarget, String) {
    (value.to_owned(), MapTarget::Severity, severity.to_owned())
}

fn client(value: &str) -> (String, MapTarget, String) {
    (value.to_owned(), MapTarget::Client, value.to_owned())
}

#[tokio::test]
async fn what_redmine_has_is_told_and_proposed() {
    let redmine = FakeRedmine::start().await;
    let desk = desk();
    let init = ["init", "--yes", "--kind", "redmine", "--url", &redmine.url(), "--token-env", "KEY"];
    let said = with_key(&desk, ALICE, &init).ended(0);
    for told in [
        "helpdesk: signed in as Alice Ops; 5 tickets read, all there are\n",
        "\n  priority: Immediate (1), Urgent (1), High (1), Normal (1), Low (1)\n",
        "\n  project: Operations (5)\n",
        "\nproposed, and confirmed by nobody: Immediate S1, Urgent S2, High S3, Normal S4, Low S5 – compare it with the contract\n",
        "    holdover check --online\n",
    ] {
        assert!(said.out.contains(told), "no {told}: {}", said.out);
    }
    let expected = [
        severity("Immediate", "S1"),
        severity("Urgent", "S2"),
        severity("High", "S3"),
        severity("Normal", "S4"),
        severity("Low", "S5"),
        client("Operations"),
    ];
    assert_eq!(rules(&desk), expected);
    assert!(written(&desk).contains("# PROPOSED, and confirmed by nobody"), "{}", written(&desk));
    let checked = with_key(&desk, ALICE, &["check", "--online"]).ended(0);
    assert!(checked.out.contains("0 match no agreement, 0 have no severity") && checked.out.ends_with(" 0 warnings\n"), "{}", checked.out);
    assert!(!checked.out.contains("matched none"), "{}", checked.out);
}

#[tokio::test]
async fn a_priority_that_no_issue_has_is_proposed_too_and_what_a_flag_says_is_no_proposal() {
    let redmine = FakeRedmine::start().await;
    redmine.state().issues.truncate(1);
    let desk = desk();
    let init = ["init", "--yes", "--kind", "redmine", "--url", &redmine.url(), "--token-env", "KEY"];
    let flags = ["--severity", "low=S3", "--severity", "Sev0=S1", "--client", "acme"];
    let said = with_key(&desk, ALICE, &[&init[..], &flags[..]].concat()).ended(0);
    assert!(said.out.contains("\n  priority: Immediate (1), Urgent, High, Normal, Low\n"), "{}", said.out);
    let said = [severity("Low", "S3"), severity("Sev0", "S1")];
    let proposed = [severity("Immediate", "S1"), severity("Urgent", "S2"), severity("High", "S3"), severity("Normal", "S4")];
    assert_eq!(rules(&desk), [&said[..], &proposed[..]].concat());
    assert!(written(&desk).contains("client = \"acme\"\n"), "{}", written(&desk));
}

#[tokio::test]
async fn a_key_that_is_typed_is_kept_in_a_file_of_its_own_and_told_nowhere() {
    let redmine = FakeRedmine::start().await;
    let desk = desk();
    let lines = format!("redmine\n{}\n\n{ALICE}\n@project\nS2 S1 S3 - S5\nEurope/London\n\n\n\n\n", redmine.url());
    let said = answered(&desk, &[], &lines).ended(0);
    assert!(said.out.contains("/helpdesk.key, which only you can read\n"), "{}", said.out);
    assert!(said.out.contains("without a rule, which stands there to be switched on: Normal\n"), "{}", said.out);
    assert!(said.err.is_empty() && !said.out.contains("confirmed by nobody"), "{}{}", said.out, said.err);
    let key = desk.path("helpdesk.key");
    assert_eq!(fs::read_to_string(&key).unwrap(), format!("{ALICE}\n"));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(![&said.out, &said.err, &written(&desk)].iter().any(|text| text.contains(ALICE)), "the key is told");
    assert_eq!(rules(&desk)[..3], [severity("Immediate", "S2"), severity("Urgent", "S1"), severity("High", "S3")]);
    assert!(written(&desk).contains("\n  #{ field = \"priority\", is = \"Normal\", severity = \"S3\" },\n"), "{}", written(&desk));
    desk.run(&["check", "--online"]).ended(0);
    // a key of that name is never written over
    fs::remove_file(desk.path("config.toml")).unwrap();
    assert!(answered(&desk, &[], &lines).ended(1).err.contains("helpdesk.key is there already"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_as_it_should_is_no_source() {
    let redmine = FakeRedmine::start().await;
    let desk = desk();
    let init = |url: &str, more: &[&str]| {
        let flags = ["init", "--yes", "--kind", "redmine", "--url", url, "--token-env", "KEY"];
        with_key(&desk, WRONG, &[&flags[..], more].concat())
    };
    for url in [redmine.url(), "http://127.0.0.1:9".to_owned()] {
        let said = init(&url, &[]).ended(1);
        assert!(
            said.err.starts_with("nothing was written: helpdesk: ") && said.err.contains("--offline") && said.out.is_empty(),
            "{}",
            said.err
        );
        assert!(!said.err.contains(WRONG), "the key is told");
        assert!(!desk.path("config.toml").exists());
    }
    init("http://127.0.0.1:9", &["--offline"]).ended(0);
    assert!(written(&desk).contains("#map = [ { field = \"priority\""), "{}", written(&desk));
}

#[tokio::test]
async fn alertmanager_rt_and_icinga_are_read_each_by_its_own_fields() {
    let alertmanager = FakeAlertmanager::start().await;
    let alerts = desk();
    let said = alerts.run(&["init", "--yes", "--kind", "alertmanager", "--url", &alertmanager.url()]).ended(0);
    assert!(
        said.out.contains("\n  labels.alertname: ")
            && said.out.contains("confirmed by nobody: page S1, critical S1, warning S3, info S5 – "),
        "{}",
        said.out
    );
    assert!(rules(&alerts).contains(&severity("critical", "S1")), "{:?}", rules(&alerts));
    alerts.run(&["check", "--online"]).ended(0);

    let rt = FakeRt::start().await;
    let desk_of_rt = desk();
    let init = ["init", "--yes", "--kind", "rt", "--url", &rt.url(), "--user", "alice", "--token-env", "KEY"];
    let said = with_key(&desk_of_rt, fake_rt::ALICE, &init).ended(0);
    assert!(said.out.contains("\n  queue: "), "{}", said.out);
    let checked = with_key(&desk_of_rt, fake_rt::ALICE, &["check", "--online"]).ended(0);
    assert!(checked.out.contains("  0 match no agreement, "), "{}", checked.out);

    let icinga = FakeIcinga::start().await;
    let monitoring = desk();
    let init = ["init", "--yes", "--kind", "icinga2", "--url", &icinga.url(), "--user", "ops", "--token-env", "KEY"];
    let said = with_key(&monitoring, "ops-secret", &init).ended(0);
    assert!(said.out.contains("monitoring: signed in as ops; ") && said.out.contains("\n  host: "), "{}", said.out);
    assert!(written(&monitoring).contains("a host that is DOWN and a service that is CRITICAL are S1"));
    with_key(&monitoring, "ops-secret", &["check", "--online"]).ended(0);
}

#[tokio::test]
async fn whatever_redmine_calls_things_the_rules_are_for_just_that() {
    const STRANGE: [&str; 6] =
        ["\"]\n[[source]]\nname = \"x\"\nkind = \"demo\"", "'''", "\\", "# {a,b}*", "$1 \u{1b}[2J\u{202e}", "normal \"quotes\""];
    let redmine = FakeRedmine::start().await;
    {
        let mut state = redmine.state();
        let priorities: Vec<_> =
            STRANGE.iter().enumerate().map(|(id, name)| json!({ "id": id + 1, "name": name, "active": true })).collect();
        state.priorities = json!({ "issue_priorities": priorities });
        for (issue, name) in state.issues.iter_mut().zip(STRANGE) {
            issue["project"]["name"] = json!(name);
            issue["priority"] = json!({ "id": 1, "name": STRANGE[0] });
        }
    }
    let desk = desk();
    let init = ["init", "--yes", "--kind", "redmine", "--url", &redmine.url(), "--token-env", "KEY"];
    let said = with_key(&desk, ALICE, &init).ended(0);
    let is_plain = |text: &str| !text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}');
    assert!(is_plain(&said.out) && is_plain(&written(&desk)), "{}", said.out);
    assert_eq!(rules(&desk).len(), 6 + 5, "{:?}", rules(&desk));
    let checked = with_key(&desk, ALICE, &["check", "--online"]).ended(0);
    assert!(checked.out.contains("0 match no agreement, 0 have no severity"), "{}", checked.out);
}

#[tokio::test]
async fn in_a_terminal_what_was_wrong_is_asked_again_and_a_key_is_not_shown() {
    let redmine = FakeRedmine::start().await;
    let desk = desk();
    let config = desk.path("config.toml");
    let home = desk.path(".");
    let program = assert_cmd::cargo::cargo_bin("holdover");
    let arguments = ["init", "--kind", "redmine", "--config", config.to_str().unwrap()];
    let mut pty = Pty::start(&program, &arguments, &[("HOME", home.to_str().unwrap())], (150, 60));
    pty.wait_for("address", |text| text.contains("The address of the server"));
    pty.press("no address\r");
    pty.wait_for("refusal", |text| text.contains("'no address' is not taken: this is no address of a server"));
    pty.press(&format!("{}\r", redmine.url()));
    for (nth, key) in [WRONG, ALICE].into_iter().enumerate() {
        pty.wait_for("where the key is", |text| text.matches("and kept in a file:").count() == nth + 1);
        pty.press("\r");
        pty.wait_for("key", |text| text.matches("The key itself, which is not shown:").count() == nth + 1);
        pty.press(&format!("{key}\r"));
        if key == WRONG {
            pty.wait_for("fault", |text| text.contains("not signed in") && text.contains("Once more"));
            // Enter keeps the address
            pty.press("\r");
        }
    }
    pty.wait_for("what is there", |text| text.contains("signed in as Alice Ops; 5 tickets read"));
    pty.press("\r\r\r\r\r\r\r");
    pty.wait_for("end", |text| text.contains("next:"));
    assert_eq!(pty.end(), 0);
    let shown = String::from_utf8_lossy(&pty.written).into_owned();
    assert!(!shown.contains(ALICE) && !shown.contains(WRONG), "{shown}");
    assert_eq!(fs::read_to_string(desk.path("helpdesk.key")).unwrap(), format!("{ALICE}\n"));
    assert_eq!(rules(&desk).len(), 6);
}
