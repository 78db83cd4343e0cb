//! Saved views in the configuration: which digit lists each, and what a filter must not be.

use super::{right, wrong};

/// Digit, name and filter of each.
fn views(text: &str) -> Vec<(u8, String, String)> {
    right(text).views.into_iter().map(|view| (view.digit, view.name.to_string(), view.filter.to_string())).collect()
}

fn view(name: &str, filter: &str, more: &str) -> String {
    format!("[[view]]\nname = \"{name}\"\nfilter = '{filter}'\n{more}\n")
}

#[test]
fn without_any_there_are_four_and_with_one_there_is_that_one() {
    let stock = views("");
    let names: Vec<&str> = stock.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["now", "mine", "held", "call back"]);
    assert_eq!(views(&view("night", "sev:s1", "")), [(1, "night".to_owned(), "sev:s1".to_owned())]);
}

#[test]
fn those_that_say_no_key_take_the_digits_that_are_left() {
    let text = [view("a", "now", ""), view("b", "held", "key = 1"), view("c", "mine", ""), view("d", "decide", "key = 9")].concat();
    let digits: Vec<(u8, String)> = views(&text).into_iter().map(|(digit, name, _)| (digit, name)).collect();
    assert_eq!(digits, [(1, "b".to_owned()), (2, "a".to_owned()), (3, "c".to_owned()), (9, "d".to_owned())]);
}

#[test]
fn ten_are_too_many() {
    let ten: String = (0..10).map(|n| view(&format!("v{n}"), &format!("t{n}"), "")).collect();
    let problems = wrong(&ten);
    let told = problems.iter().find(|problem| problem.what.contains("more than nine")).unwrap();
    assert_eq!((told.path.as_str(), told.line), ("view[9]", 37), "{}", super::lines(&problems));
}

#[test]
fn every_word_of_a_filter_is_meant_or_it_is_told() {
    for filter in ["sev:s1 client:acme", "!held sev:?", "\"cleint:acme\"", "owner:jo in-hand", "printer", "on-client breached outside"] {
        let settings = right(&view("v", filter, ""));
        assert!(
            settings.warnings.iter().all(|problem| !problem.path.starts_with("view")),
            "{filter}: {}",
            super::lines(&settings.warnings)
        );
    }
    for (filter, told) in [
        ("cleint:acme", "no field 'cleint'"),
        ("held !ownr:jo", "no field 'ownr'"),
        ("client:", "'client' has no value"),
        ("sev:high", "'high' is no severity"),
        ("sev:s", "'s' is no severity"),
        ("\"two words", "does not end"),
    ] {
        let problems = wrong(&view("v", filter, ""));
        let problem = problems.iter().find(|problem| problem.path == "view[0].filter").unwrap();
        assert!(problem.line == 3 && problem.what.contains(told), "{filter}: {problem}");
    }
    let slip = right(&view("v", "unanswerd", ""));
    let warned = slip.warnings.iter().find(|problem| problem.path == "view[0].filter").unwrap();
    assert!(warned.help.contains("did you mean 'unanswered'"), "{warned}");
}
