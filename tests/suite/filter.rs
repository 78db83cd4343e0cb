//! What a filter lists: every word of it, terms for fields and groups, and nothing that is only alike.

use holdover::app::{Board, Filter, Mine, TERMS};
use holdover::config;
use holdover::domain::{SafeText, SourceName};
use holdover::sources::{TicketFormat, read_tickets};
use proptest::prelude::*;

use crate::support::ACME;

const TICKETS: &str = r#"[
    { "key": "A-1", "client": "acme", "severity": "S1", "title": "Nobody can sign in", "submitted_at": "2026-12-08T08:00:00Z" },
    { "key": "A-2", "client": "acme-shop", "severity": "S2", "title": "Export fails now and then", "assignee": "Jo", "status": "acknowledged",
      "acknowledged_at": "2026-12-08T09:50:00Z", "submitted_at": "2026-12-08T09:45:00Z" },
    { "key": "A-3", "client": "acme", "severity": "S3", "title": "Slow", "callback_requested": true, "submitted_at": "2026-12-08T03:00:00Z" },
    { "key": "A-4", "client": "acme", "title": "S1 in the title", "submitted_at": "2026-12-08T03:00:00Z" },
    { "key": "A-5", "client": "acme", "severity": "S2", "title": "Waits", "status": "on-client", "submitted_at": "2026-12-08T03:00:00Z" },
    { "key": "A-6", "client": "nobody", "severity": "S5", "title": "Ωmega", "submitted_at": "2026-12-08T03:00:00Z" }
]"#;

fn board() -> Board {
    let settings = config::parse(ACME, "config.toml", &[]).unwrap();
    let name = SourceName::new("desk");
    let format = TicketFormat { source: &name, label: "tickets.json", timezone: None, client: None, unassessed_as: None, map: &[] };
    let tickets = read_tickets(TICKETS.as_bytes(), &format).unwrap_or_else(|fault| panic!("{}", fault.text));
    // before office hours
    Board::new(tickets, &settings.agreements, "2026-12-08T04:00:00Z".parse().unwrap())
}

/// The keys that pass, without what they have in common, in the order of their numbers.
fn passing(board: &Board, filter: &str) -> String {
    let (filter, mine) = (Filter::parse(filter), Mine::of(SafeText::line("jo")));
    let mut keys: Vec<&str> =
        board.rows.iter().filter(|row| filter.passes(row, &mine)).map(|row| &row.ticket.id.key.as_str()[2..]).collect();
    keys.sort_unstable();
    keys.concat()
}

#[test]
fn each_term_lists_what_it_says() {
    let board = board();
    let cases = [
        ("", "123456"),
        ("  ", "123456"),
        ("ACME", "12345"),
        ("acme sign", "1"),
        ("in SIGN", "1"),
        ("sgnin", ""),
        ("a-3", "3"),
        ("ωMEGA", "6"),
        ("desk", "123456"),
        ("sev:s1", "1"),
        ("severity:S2", "25"),
        ("sev:s", "12356"),
        ("sev:", "123456"),
        ("sev:?", "4"),
        ("s1", "4"),
        ("client:shop", "2"),
        ("source:es", "123456"),
        ("source:jira", ""),
        ("owner:jo", "2"),
        ("mine", "2"),
        ("!mine acme", "1345"),
        ("decide", "46"),
        ("held", "3"),
        ("on-client", "5"),
        ("callback", "3"),
        ("\"now\"", "2"),
        ("\"now and\" then", "2"),
        ("!\"", "123456"),
        ("client:acme !held !decide", "125"),
        ("!", "123456"),
        ("nosuch:thing", ""),
    ];
    for (filter, wanted) in cases {
        assert_eq!(passing(&board, filter), wanted, "{filter}");
    }
    assert_eq!(
        passing(&board, "now"),
        passing(&board, "decide").chars().chain("12".chars()).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<String>()
    );
    for (term, _) in TERMS {
        assert_ne!(passing(&board, &format!("\"{term}\"")), passing(&board, term), "{term} is more than its letters");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_and_its_opposite_are_all_there_is(word in "[a-z0-9:?-]{1,12}") {
        let board = board();
        let (with, without) = (passing(&board, &word), passing(&board, &format!("!{word}")));
        let begun = word.ends_with(':') && ["sev:", "severity:", "client:", "source:", "owner:"].contains(&word.as_str());
        let mut all: Vec<char> = with.chars().chain(without.chars()).collect();
        all.sort_unstable();
        prop_assert_eq!(all.len(), if begun { 12 } else { 6 });
    }

    #[test]
    fn more_words_never_list_more(words in proptest::collection::vec("\\PC{0,6}", 0..5)) {
        let board = board();
        let mut before = board.rows.len();
        for n in 0..=words.len() {
            let now = passing(&board, &words[..n].join(" ").replace('"', "")).len();
            prop_assert!(now <= before);
            before = now;
        }
    }
}
