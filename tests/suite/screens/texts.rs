//! Texts that scroll: where in them one is, which keys go on, that these stop at the last full screen; and what the help says.

use holdover::app::TERMS;

use super::Dashboard;

/// From which line to which, and of how many, as the footer says.
fn position(dashboard: &Dashboard) -> Option<[usize; 3]> {
    let footer = dashboard.screen().lines().last().unwrap().to_owned();
    let word = footer.split_whitespace().find(|word| word.contains('–'))?.to_owned();
    let (from, rest) = word.split_once('–')?;
    let (to, of) = match rest.split_once('/') {
        Some((to, of)) => (to, of.to_owned()),
        None => (rest, footer.split(" of ").nth(1)?.split_whitespace().next()?.to_owned()),
    };
    Some([from, to, &of].map(|number| number.parse().unwrap()))
}

/// The rows of a text: below the rule with its head, above the footer.
fn rows(dashboard: &Dashboard) -> Vec<String> {
    let screen = dashboard.screen();
    let (top, bottom) = if dashboard.model.size.0 < 60 { (3, 1) } else { (4, 2) };
    let lines: Vec<String> = screen.lines().map(str::to_owned).collect();
    lines[top..usize::from(dashboard.model.size.1) - bottom].to_vec()
}

#[test]
fn a_text_that_goes_on_says_so_and_stops_at_its_last_full_screen() {
    for (size, keys) in [((80, 24), "H"), ((40, 12), "H"), ((80, 24), "?"), ((40, 12), "?")] {
        let mut dashboard = Dashboard::demo(size);
        dashboard.press(keys);
        let room = rows(&dashboard).len();
        let [from, to, of] = position(&dashboard).unwrap_or_else(|| panic!("{}", dashboard.screen()));
        assert_eq!((from, to), (1, room), "{}", dashboard.screen());
        assert!(of > room);
        let footer = dashboard.screen().lines().last().unwrap().to_owned();
        assert!(footer.contains("esc back") && footer.contains("j down"), "{footer}");
        // a screenful, of which the last line stays
        let last = rows(&dashboard).pop().unwrap();
        dashboard.press("pgdn");
        assert_eq!(position(&dashboard), Some([room, 2 * room - 1, of]));
        assert_eq!(rows(&dashboard)[0], last);
        dashboard.press("G");
        assert_eq!(position(&dashboard), Some([of - room + 1, of, of]), "{}", dashboard.screen());
        assert!(!rows(&dashboard).pop().unwrap().is_empty(), "{}", dashboard.screen());
        dashboard.press("pgdn j");
        assert_eq!(position(&dashboard), Some([of - room + 1, of, of]));
    }
}

#[test]
fn what_is_on_the_screen_from_end_to_end_says_nothing_of_going_on() {
    let mut dashboard = Dashboard::demo((120, 110));
    dashboard.press("?");
    let footer = dashboard.screen().lines().last().unwrap().to_owned();
    assert_eq!((position(&dashboard), footer.trim()), (None, "esc back"));
}

#[test]
fn the_help_tells_every_word_of_the_filter() {
    let mut dashboard = Dashboard::demo((120, 110));
    dashboard.press("?");
    for (term, meaning) in TERMS {
        let screen = dashboard.screen();
        let told = |row: &str| row.trim_start().strip_prefix(term).is_some_and(|rest| rest.starts_with("  ") && rest.trim() == meaning);
        assert!(screen.lines().any(told), "{term}:\n{screen}");
    }
}
