//! `next` and `windows` as the contract writes them: clock changes, bank holidays with names, special hours, own windows.

use serde_json::{Value, json};

use crate::support::{ACME, Desk, source};

/// An agreement with something of everything that makes a calendar.
const ODD: &str = r#"
[[agreement]]
name = "Odd"
clients = ["odd"]
timezone = "Europe/London"
office_hours = { mon-fri = ["09:00-17:30"] }
bank_holidays = ["england-and-wales", "2026-12-24", "2026-12-29", "2026-12-30"]
special_hours = { "2026-12-28" = ["10:00-12:00"] }
windows = [ { name = "extended", hours = { mon-sun = ["06:00-23:00"] } } ]
hold_over_to = "next-working-day"
[agreement.response]
S1 = { any = "1h" }

[[agreement]]
name = "Lord Howe"
clients = ["howe"]
timezone = "Australia/Lord_Howe"
office_hours = { mon-sun = ["01:00-02:15"] }
bank_holidays = "none"
weekend = []
[agreement.response]
S1 = { any = "1h" }
"#;

fn desk() -> Desk {
    Desk::configured(&format!("{ACME}{ODD}"))
}

/// The stretches of one agreement: start, end, window, name.
fn windows(desk: &Desk, agreement: &str, from: &str, days: &str) -> Vec<[Value; 4]> {
    let said = desk.run(&["windows", "--agreement", agreement, "--from", from, "--days", days, "--json"]).ended(0);
    let list = said.json();
    let members = ["start", "end", "window", "name"];
    list.as_array().unwrap().iter().map(|stretch| members.map(|member| stretch[member].clone())).collect()
}

#[test]
fn windows_are_told_as_the_contract_writes_them() {
    let said = desk().run(&["windows", "--agreement", "Acme", "--from", "2026-12-24", "--days", "2", "--json"]).ended(0);
    let stretch = |start: &str, end: &str, window: &str, name: Value| json!({ "agreement": "Acme", "start": start, "end": end, "window": window, "name": name });
    let expected = json!([
        stretch("2026-12-24T00:00:00Z", "2026-12-24T09:00:00Z", "out-of-hours", Value::Null),
        stretch("2026-12-24T09:00:00Z", "2026-12-24T17:30:00Z", "office-hours", Value::Null),
        stretch("2026-12-24T17:30:00Z", "2026-12-25T00:00:00Z", "out-of-hours", Value::Null),
        stretch("2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z", "bank-holiday", json!("Christmas Day")),
    ]);
    assert_eq!(said.json(), expected);
    assert!(said.out.starts_with(r#"[{"agreement":"Acme","start":"2026-12-24T00:00:00Z","end":"#), "in this order");
}

#[test]
fn bank_holidays_are_apart_by_name_and_special_hours_and_own_windows_are_in_their_place() {
    let found = windows(&desk(), "odd", "2026-12-23", "8");
    let told: Vec<String> = found
        .iter()
        .map(|[start, end, window, name]| {
            let at = |instant: &Value| instant.as_str().unwrap()[5..16].to_owned();
            format!("{} {} {} {}", at(start), at(end), window.as_str().unwrap(), name.as_str().unwrap_or("-"))
        })
        .collect();
    let expected = [
        "12-23T00:00 12-23T06:00 out-of-hours -",
        "12-23T06:00 12-23T09:00 extended -",
        "12-23T09:00 12-23T17:30 office-hours -",
        "12-23T17:30 12-23T23:00 extended -",
        "12-23T23:00 12-24T00:00 out-of-hours -",
        "12-24T00:00 12-25T00:00 bank-holiday -",
        "12-25T00:00 12-26T00:00 bank-holiday Christmas Day",
        "12-26T00:00 12-26T06:00 weekend -",
        "12-26T06:00 12-26T23:00 extended -",
        "12-26T23:00 12-27T06:00 weekend -",
        "12-27T06:00 12-27T23:00 extended -",
        "12-27T23:00 12-28T00:00 weekend -",
        "12-28T00:00 12-28T10:00 bank-holiday Boxing Day, substitute day",
        "12-28T10:00 12-28T12:00 office-hours -",
        "12-28T12:00 12-29T00:00 bank-holiday Boxing Day, substitute day",
        // two dates without a name are one stretch
        "12-29T00:00 12-31T00:00 bank-holiday -",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_date_is_as_long_as_its_clock_makes_it() {
    let ends = |from: &str, agreement: &str| {
        let found = windows(&desk(), agreement, from, "1");
        [found[0][0].clone(), found[found.len() - 1][1].clone()].map(|at| at.as_str().unwrap().to_owned())
    };
    assert_eq!(ends("2026-03-29", "Acme"), ["2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"]);
    assert_eq!(ends("2026-10-25", "Acme"), ["2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"]);
    // the date is that of the agreement's zone, and its half hour of summer time is gone at 02:00
    let found = windows(&desk(), "Lord Howe", "2026-10-04", "1");
    let office: Vec<_> = found.iter().filter(|[_, _, window, _]| window == "office-hours").map(|[start, end, ..]| [start, end]).collect();
    assert_eq!(office, [[&json!("2026-10-03T14:30:00Z"), &json!("2026-10-03T15:30:00Z")]]);
}

#[test]
fn windows_for_a_person_are_on_the_clock_of_the_agreement() {
    let desk = desk();
    let told = desk.run(&["windows", "--at", "2026-10-24T23:30:00Z", "--days", "1"]).ended(0).out;
    let expected = "\
Acme (Europe/London)
  Sun 25 Oct 2026 00:00 BST  to  Mon 26 Oct 2026 00:00 GMT  weekend

Odd (Europe/London)
  Sun 25 Oct 2026 00:00 BST  to  Sun 25 Oct 2026 06:00 GMT  weekend
  Sun 25 Oct 2026 06:00 GMT  to  Sun 25 Oct 2026 23:00 GMT  extended
  Sun 25 Oct 2026 23:00 GMT  to  Mon 26 Oct 2026 00:00 GMT  weekend

Lord Howe (Australia/Lord_Howe)
  Sun 25 Oct 2026 00:00 +11  to  Sun 25 Oct 2026 01:00 +11  out-of-hours
  Sun 25 Oct 2026 01:00 +11  to  Sun 25 Oct 2026 02:15 +11  office hours
  Sun 25 Oct 2026 02:15 +11  to  Mon 26 Oct 2026 00:00 +11  out-of-hours
";
    assert_eq!(told, expected);
    assert!(desk.run(&["windows", "--from", "2026-12-25", "--days", "1"]).ended(0).out.contains("bank holiday (Christmas Day)\n"));
}

#[test]
fn what_windows_cannot_tell_is_wrong_usage() {
    let desk = desk();
    let said = desk.run(&["windows", "--agreement", "Acmee"]).ended(2);
    assert_eq!(
        said.err,
        "no agreement is named 'Acmee' (nearest: Acme) – the configuration has Acme, Odd, Lord Howe – name one of these\n"
    );
    assert!(said.out.is_empty());
    for wrong in [["--days", "0"], ["--days", "3661"], ["--from", "2026-02-29"], ["--from", "1969-12-31"], ["--from", "2199-12-31"]] {
        let said = desk.run(&["windows", wrong[0], wrong[1]]).ended(2);
        assert!(said.out.is_empty() && !said.err.is_empty(), "{wrong:?}");
    }
    desk.run(&["windows", "--from", "2199-12-31", "--days", "1"]).ended(0);
    for hours in ["0", "9601", "x"] {
        desk.run(&["next", "--hours", hours]).ended(2);
    }
}

/// A desk with one ticket that is held, and one that nobody has assessed.
fn two_tickets() -> Desk {
    let desk = desk();
    let tickets = r#"[ { "key": "ACME-7", "client": "acme", "severity": "S3", "submitted_at": "2026-10-24T12:00:00Z" },
        { "key": "ODD-1", "client": "odd", "submitted_at": "2026-10-25T00:45:00Z" } ]"#;
    let config = format!("{ACME}{ODD}{}", source("tickets", &desk.write("tickets.json", tickets)));
    desk.write("config.toml", config);
    desk
}

#[test]
fn next_for_a_person_is_day_by_day_on_the_engineers_clock() {
    let told = two_tickets().run(&["next", "--at", "2026-10-25T00:50:00Z", "--hours", "36"]).ended(0).out;
    let expected = "\
from Sun 25 Oct 2026 01:50 BST to Mon 26 Oct 2026 12:50 GMT

Sun 25 Oct 2026
  01:00  clock    Europe/London  02:00 BST becomes 01:00 GMT
  01:45  due      Odd            ? ODD-1
  06:00  window   Odd            extended
  14:00  window   Lord Howe      office hours (there Mon 01:00 +11)
  15:15  window   Lord Howe      out-of-hours (there Mon 02:15 +11)
  23:00  window   Odd            weekend

Mon 26 Oct 2026
  00:00  window   Acme           out-of-hours
  00:00  window   Odd            out-of-hours
  06:00  window   Odd            extended
  09:00  release  Acme           S3 ACME-7
  09:00  window   Acme           office hours
  09:00  window   Odd            office hours
";
    assert_eq!(told, expected);
}

#[test]
fn next_as_json_is_what_the_contract_says() {
    let said = two_tickets().run(&["next", "--at", "2026-10-26T08:30:00Z", "--hours", "1", "--json"]).ended(0);
    let ticket = json!({ "source": "tickets", "key": "ACME-7", "severity": "S3" });
    let flip = |kind: &str, agreement: &str, tickets: Value| json!({ "at": "2026-10-26T09:00:00Z", "kind": kind, "agreement": agreement, "window": "office-hours", "tickets": tickets });
    let expected = json!([flip("release", "Acme", json!([ticket])), flip("window", "Acme", json!([])), flip("window", "Odd", json!([]))]);
    assert_eq!(said.json(), expected);
}

#[test]
fn next_says_so_when_nothing_flips_and_fails_when_a_source_does_not_answer() {
    let desk = Desk::with(&["[]"]);
    let told = desk.run(&["next", "--at", "2026-10-26T10:00:00Z", "--hours", "1"]).ended(0).out;
    assert_eq!(told, "from Mon 26 Oct 2026 10:00 GMT to Mon 26 Oct 2026 11:00 GMT\nnothing flips\n");
    desk.write("tickets.json", "no tickets");
    let said = desk.run(&["next", "--at", "2026-10-26T10:00:00Z", "--hours", "24", "--json"]).ended(1);
    assert_eq!(said.json().as_array().map(Vec::len), Some(2), "what is known is told all the same: {}", said.out);
    assert!(said.err.contains("tickets"), "{}", said.err);
}

#[test]
fn names_of_strangers_are_safe() {
    let hostile = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nSUMMARY:a\u{1b}[31mb\u{202e}c\nEND:VEVENT\nEND:VCALENDAR\n";
    let desk = Desk::configured(&ACME.replace("\"england-and-wales\"", "\"x.ics\""));
    desk.write("x.ics", hostile);
    let asked: [&[&str]; 3] =
        [&["windows", "--from", "2026-12-24"], &["windows", "--from", "2026-12-24", "--json"], &["next", "--at", "2026-12-23T12:00Z"]];
    for arguments in asked {
        let said = desk.run(arguments).ended(0);
        assert!(!said.out.contains(['\u{1b}', '\u{202e}']) && said.out.contains("bank"), "{}", said.out);
    }
    assert!(desk.run(asked[2]).out.contains("bank holiday (a^[[31mb"), "what it was is shown");
}
