//! `map` rules of a source: for each target the first rule that matches gives it.

use regex::RegexBuilder;
use strum::VariantNames;

use super::agreement::{self, Levels};
use super::document::{Entry, Kind, Table, Value, shown};
use super::nearest;
use super::problem::Problems;
use crate::domain::{Agreements, Severity};
use crate::sources::{MapRule, MapTarget, MapTest};

/// Keys of a rule beside its targets.
pub(super) const TEST_KEYS: [&str; 3] = ["field", "is", "matches"];

const STATUSES: [&str; 3] = ["open", "acknowledged", "on-client"];

/// A compiled expression may take this many bytes; those that people write take a fraction.
const MOST_REGEX_BYTES: usize = 1 << 20;

/// The rules, of which those with a mistake are left out.
pub(super) fn read(value: &Value, fields: &[&str], agreements: &Agreements, levels: &Levels, problems: &mut Problems) -> Vec<MapRule> {
    let mut reader = Reader { fields, agreements, levels, problems };
    let Some(rules) = value.list(reader.problems) else { return Vec::new() };
    rules.iter().filter_map(|rule| reader.rule(rule)).collect()
}

/// What rules are read with.
struct Reader<'a> {
    fields: &'a [&'a str],
    agreements: &'a Agreements,
    levels: &'a Levels,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn rule(&mut self, value: &Value) -> Option<MapRule> {
        let table = value.table(self.problems)?;
        let known: Vec<&str> = TEST_KEYS.iter().chain(MapTarget::VARIANTS).copied().collect();
        table.only(&known, "a map rule", self.problems);
        let field = self.field(table);
        let test = self.test(table);
        let mut gives = Vec::new();
        for entry in &table.entries {
            if let Ok(target) = entry.key.parse::<MapTarget>() {
                gives.extend(self.gives(entry, target, test.as_ref()).map(|text| (target, text)));
            }
        }
        if table.entries.iter().all(|e| TEST_KEYS.contains(&e.key.as_str())) {
            let help = format!("add a target, such as severity = \"S1\": there are {}", MapTarget::VARIANTS.join(", "));
            self.problems.missing(&value.at, "this rule gives nothing", help);
        }
        Some(MapRule { field: field?, test: test?, gives, origin: value.at.origin() })
    }

    fn field(&mut self, table: &Table) -> Option<String> {
        let help = format!("add field = \"…\": there are {}", self.fields.join(", "));
        let value = table.need("field", &TEST_KEYS, "this rule names no field", help, self.problems)?;
        let field = value.line(self.problems)?;
        // custom.NAME stands for every name
        let families = self.fields.iter().filter_map(|known| known.strip_suffix("NAME"));
        let named = families.into_iter().any(|family| field.as_str().strip_prefix(family).is_some_and(|name| !name.is_empty()));
        if !named && !self.fields.contains(&field.as_str()) {
            let help = nearest::suggest(field.as_str(), self.fields);
            self.problems.error(&value.at, format!("there is no field '{field}'"), help);
            return None;
        }
        Some(field.as_str().to_owned())
    }

    fn test(&mut self, table: &Table) -> Option<MapTest> {
        match (table.get("is"), table.get("matches")) {
            (Some(is), None) => is.text(self.problems).map(|text| MapTest::Is(text.to_owned())),
            (None, Some(matches)) => {
                let text = matches.text(self.problems)?;
                match RegexBuilder::new(text).case_insensitive(true).size_limit(MOST_REGEX_BYTES).build() {
                    Ok(regex) => Some(MapTest::Matches(regex)),
                    Err(error) => {
                        // the last line says what is wrong; those before draw where
                        let reason = error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                        let help = "in single quotes a backslash is itself: 'L\\d'";
                        self.problems.error(&matches.at, format!("this is no regular expression: {reason}"), help);
                        None
                    }
                }
            }
            (Some(_), Some(both)) => {
                self.problems.error(&both.at, "this rule has both 'is' and 'matches'", "leave one of them out");
                None
            }
            (None, None) => {
                let help = "add is = \"…\", the whole value, or matches = \"…\", a regular expression; both without case";
                self.problems.missing(&table.at, "this rule does not say what the field must be", help);
                None
            }
        }
    }

    /// What a rule gives a target, as text; what contains `$1` is known only when it matches.
    fn gives(&mut self, entry: &Entry, target: MapTarget, by: Option<&MapTest>) -> Option<String> {
        let value = &entry.value;
        if let (MapTarget::CallbackRequested, Kind::Boolean(is)) = (target, &value.kind) {
            return Some(is.to_string());
        }
        if target == MapTarget::CallbackRequested && !matches!(&value.kind, Kind::Text(text) if text.contains('$')) {
            return value.wrong(self.problems, "true or false", "write true or false without quotes");
        }
        let text = value.text(self.problems)?;
        if text.contains('$') {
            let ok = self.groups(value, text, by);
            return ok.then(|| text.to_owned());
        }
        let ok = match target {
            MapTarget::Severity => {
                self.known(value, Severity::parse(text).is_some(), "a severity", || nearest::suggest(text, &["S1", "S2", "S3", "S4", "S5"]))
            }
            MapTarget::Status => self.known(value, STATUSES.contains(&text), "a status", || nearest::suggest(text, &STATUSES)),
            MapTarget::Agreement => {
                let names: Vec<&str> = self.agreements.all().iter().map(|a| a.name.as_str()).collect();
                if !names.contains(&text) {
                    // allowed, as it is for a source that names an agreement itself
                    let what = format!("no agreement is named '{}': such a ticket needs a decision", shown(text));
                    self.problems.warning(&value.at, what, nearest::suggest(text, &names));
                }
                value.line(self.problems).is_some()
            }
            MapTarget::SupportLevel => return agreement::level(value, self.levels, self.problems).map(|l| l.as_str().to_owned()),
            _ => value.line(self.problems).is_some(),
        };
        ok.then(|| text.to_owned())
    }

    fn known(&mut self, value: &Value, is: bool, wanted: &str, help: impl FnOnce() -> String) -> bool {
        if let (false, Kind::Text(text)) = (is, &value.kind) {
            self.problems.error(&value.at, format!("'{}' is not {wanted}", shown(text)), help());
        }
        is
    }

    /// Whether every `$` stands before the number of a group; `$0` is the whole value.
    fn groups(&mut self, value: &Value, text: &str, by: Option<&MapTest>) -> bool {
        let groups = match by {
            None => return true,
            Some(MapTest::Matches(regex)) => regex.captures_len(),
            Some(MapTest::Is(_)) => 1,
        };
        let wrong = text.split('$').skip(1).find(|after| {
            let number = after.chars().next().and_then(|c| c.to_digit(10)).and_then(|d| usize::try_from(d).ok());
            number.is_none_or(|number| number >= groups)
        });
        if let Some(after) = wrong {
            let what = format!("there is no group '${}' to take from", after.chars().next().map(String::from).unwrap_or_default());
            let help = match groups {
                1 => "only what stands in parentheses in 'matches' is a group: $1 is the first; $0 is the whole value".to_owned(),
                _ => format!("'matches' has the groups $1 to ${}; $0 is the whole value", groups - 1),
            };
            self.problems.error(&value.at, what, help);
        }
        wrong.is_none()
    }
}
