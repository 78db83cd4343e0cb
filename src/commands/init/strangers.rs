//! Whatever a server calls its priorities, projects and labels: the configuration that is written can be read, and says just that.

use proptest::prelude::*;

use super::draft::{Client, Draft, Kind, Meaning, Token};
use super::text;
use crate::config;
use crate::domain::{SafeText, Severity};
use crate::sources::{MapTarget, MapTest, SeenField, SeenValue};

/// What would break out of quotes, remarks, globs or regular expressions, and anything else.
fn strange() -> impl Strategy<Value = String> {
    let breaks = prop::sample::select(vec![
        "\"]\n[[source]]\nname = \"x\"\nkind = \"demo\"",
        "'''",
        "\"\"\"",
        "\\",
        "# no remark",
        "acme-*",
        "{a,b}",
        "[ab]",
        "!x",
        "$1",
        "a = 1",
        "\u{1b}[2J",
        "\u{202e}abc",
        "\r\n[agreement]",
        "Ünïcödé ✗",
    ]);
    prop_oneof![breaks.prop_map(str::to_owned), "\\PC{1,40}", any::<String>()]
}

/// Some of them, one at least, told apart as names are; none of them is empty.
fn names() -> impl Strategy<Value = Vec<SafeText>> {
    prop::collection::vec(strange(), 1..6)
        .prop_map(|texts| {
            let mut names: Vec<SafeText> = Vec::new();
            for name in texts.iter().map(|text| SafeText::line(text.trim())).filter(|name| !name.as_str().trim().is_empty()) {
                if !names.iter().any(|known| known.eq_ignore_case(&name)) {
                    names.push(name);
                }
            }
            names
        })
        .prop_filter("no name is left", |names| !names.is_empty())
}

fn seen(name: &str, values: &[SafeText]) -> SeenField {
    let values = values.iter().map(|value| SeenValue { value: value.clone(), severity: None, tickets: 1 }).collect();
    SeenField { name: SafeText::line(name), values, more: false }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn whatever_was_seen_the_text_says_just_that(priorities in names(), projects in names(), field in strange(), path in "\\PC{1,40}") {
        let mut draft = Draft::new(Kind::Redmine);
        draft.token = Some(Token::File(path));
        draft.meanings = priorities
            .iter()
            .enumerate()
            .map(|(place, value)| Meaning { value: value.clone(), severity: (place != 1).then_some(Severity::S2), said: place % 2 == 0 })
            .collect();
        draft.seen = vec![seen("priority", &priorities), seen(&field, &projects)];
        draft.client = Client::Each { field: Some(SafeText::line("project")), values: projects.clone() };
        let text = text::of(&draft);
        let home = [("HOME".to_owned(), "/home/jo".to_owned())];
        let settings = config::parse(&text, "config.toml", &home).map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{text}")))?;
        prop_assert_eq!((settings.sources.len(), settings.agreements.all().len()), (1, 1));
        // the rules, in the order in which they were said
        let told: Vec<(String, MapTarget, String)> = settings.sources[0]
            .map
            .iter()
            .map(|rule| {
                let MapTest::Is(is) = &rule.test else { panic!("only whole values are compared: {rule:?}") };
                (is.clone(), rule.gives[0].0, rule.gives[0].1.clone())
            })
            .collect();
        let of = |said: bool| draft.meanings.iter().filter(move |m| m.said == said && m.severity.is_some());
        let severities = of(true).chain(of(false)).map(|m| (m.value.to_string(), MapTarget::Severity, "S2".to_owned()));
        // $0 is the whole value
        let client = |value: &SafeText| if value.as_str().contains('$') { "$0".to_owned() } else { value.to_string() };
        let clients = projects.iter().map(|value| (value.to_string(), MapTarget::Client, client(value)));
        prop_assert_eq!(told, severities.chain(clients).collect::<Vec<_>>());
        // a pattern is the name itself and nothing wider
        for pattern in &settings.agreements.all()[0].clients {
            let glob = crate::domain::client_glob(pattern.as_str()).expect("a glob").compile_matcher();
            let fits = projects.iter().filter(|name| glob.is_match(name.as_str())).count();
            prop_assert_eq!(fits, 1, "{} is no one name's", pattern);
        }
    }
}
