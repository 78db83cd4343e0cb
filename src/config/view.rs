//! `[[view]]`: a filter with a name, listed by a digit.

use super::document::{Kind, Table, Value, shown};
use super::nearest;
use super::problem::Problems;
use crate::app::{Doubt, FIELDS, SavedView, TERMS};
use crate::domain::SafeText;

const KEYS: [&str; 3] = ["name", "filter", "key"];
/// There are so many digits: 0 is the present's.
const MOST: u8 = 9;

/// The views in the order of their digits; where none is configured, those that are always there.
pub(super) fn read(tables: &[&Table], problems: &mut Problems) -> Vec<SavedView> {
    if tables.is_empty() {
        return SavedView::stock();
    }
    let said: Vec<Option<u8>> = tables.iter().map(|table| table.get("key").and_then(|value| digit(value, problems))).collect();
    // of those that do not say, each has the first digit that is left
    let mut free = (1..=MOST).filter(|digit| !said.contains(&Some(*digit)));
    let mut views: Vec<SavedView> = Vec::new();
    for (table, said) in tables.iter().zip(&said) {
        table.only(&KEYS, "a view", problems);
        let name = table.need("name", &KEYS, "this view has no name", "add name = \"mine\", or another", problems);
        let name = name.and_then(|value| value.line(problems).map(|name| (name, value)));
        let help = "add filter = \"sev:s1 client:acme\": what one types after /";
        let filter = table.need("filter", &KEYS, "this view has no filter", help, problems);
        let filter = filter.and_then(|value| filter_of(value, problems).map(|filter| (filter, value)));
        let Some(digit) = said.or_else(|| free.next()) else {
            problems.error(&table.at, "there are more than nine views", "keep nine: the digits 1 to 9 list them");
            continue;
        };
        let (Some((name, name_at)), Some((filter, filter_at))) = (name, filter) else { continue };
        if let Some(before) = views.iter().find(|view| view.digit == digit) {
            let at = table.get("key").map_or(&table.at, |value| &value.at);
            problems.error(at, format!("the key {digit} is that of the view '{}' too", before.name), "give each its own, 1 to 9");
        }
        if views.iter().any(|view| view.name == name) {
            problems.error(&name_at.at, format!("two views are named '{name}'"), "give each its own name");
        }
        if let Some(before) = views.iter().find(|view| view.filter == filter) {
            let what = format!("the view '{}' has the same filter", before.name);
            problems.error(&filter_at.at, what, "leave one of them out: a view is its filter");
        }
        views.push(SavedView { digit, name, filter });
    }
    views.sort_by_key(|view| view.digit);
    views
}

fn digit(value: &Value, problems: &mut Problems) -> Option<u8> {
    let Kind::Integer(said) = value.kind else { return value.wrong(problems, "a digit, 1 to 9", "write it without quotes") };
    let digit = said.and_then(|said| u8::try_from(said).ok()).filter(|digit| (1..=MOST).contains(digit));
    if digit.is_none() {
        problems.error(&value.at, "the key of a view is a digit, 1 to 9", "leave it out, and the first that is free is taken");
    }
    digit
}

/// A filter whose words are all meant.
fn filter_of(value: &Value, problems: &mut Problems) -> Option<SafeText> {
    let filter = value.line(problems)?;
    let mut sound = true;
    for doubt in SavedView::doubts(filter.as_str()) {
        let quotes = "in double quotes a word is only looked for";
        let (what, help) = match doubt {
            Doubt::Text(word) => {
                let terms = TERMS.iter().map(|(term, _)| *term).filter(|term| !term.contains(':') && word.chars().count() > 3);
                if nearest::is_slip(&word, terms.clone()) {
                    let what = format!("'{}' is only looked for in the texts of tickets", shown(&word));
                    let meant = nearest::nearest(&word, terms).unwrap_or_default();
                    problems.warning(
                        &value.at,
                        what,
                        format!("did you mean '{meant}'? Else put it in double quotes: '\"{}\"'", shown(&word)),
                    );
                }
                continue;
            }
            Doubt::NoField(field) => {
                (format!("a filter has no field '{}'", shown(&field)), format!("{}; {quotes}", nearest::suggest(&field, &FIELDS)))
            }
            Doubt::NoValue(field) => (format!("the field '{}' has no value", shown(&field)), "write client:acme, say".to_owned()),
            Doubt::NoSeverity(severity) => (
                format!("'{}' is no severity", shown(&severity)),
                "write sev:s1 to sev:s5, or sev:? for what nobody has assessed".to_owned(),
            ),
            Doubt::NoEnd => ("a double quote in this filter does not end".to_owned(), "end it, or leave it out".to_owned()),
        };
        sound = false;
        problems.error(&value.at, what, help);
    }
    sound.then_some(filter)
}
