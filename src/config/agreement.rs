//! `[[template]]` and `[[agreement]]`: what each key says, and what an agreement takes from the template it is like.

use std::sync::Arc;

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;
use strum::VariantNames;

use super::document::{Kind, Place, Table, Value, shown};
use super::files::Files;
use super::fingerprint;
use super::holidays;
use super::hours;
use super::nearest;
use super::problem::Problems;
use super::response::{self, Windows};
use super::zone;
use crate::domain::{
    Agreement, Agreements, AnsweredBy, Calendar, CalendarRules, ChargeableField, ChargeableRule, HoldOverTo, ResponseTable, SafeText,
    Severity, client_glob,
};

/// Keys of an agreement. A template has all of them but `like`.
pub(super) const AGREEMENT_KEYS: &[&str] = &[
    "name",
    "like",
    "clients",
    "valid_from",
    "valid_to",
    "timezone",
    "office_hours",
    "weekend",
    "working_days",
    "bank_holidays",
    "special_hours",
    "windows",
    "support_level",
    "hold_over_to",
    "answered_by",
    "at_risk",
    "severity_names",
    "chargeable",
    "note",
    "response",
    "resolve",
    "update",
];

/// Keys of an element of `chargeable`.
pub(super) const CHARGEABLE_KEYS: &[&str] = &["field", "is"];

/// The tables that are taken from a template row by row.
const BY_ROW: [&str; 3] = ["response", "resolve", "update"];

const HOLD_OVER_TO: &[(&str, HoldOverTo)] =
    &[("next-working-day", HoldOverTo::NextWorkingDay), ("next-covered-window", HoldOverTo::NextCoveredWindow)];
const ANSWERED_BY: &[(&str, AnsweredBy)] =
    &[("acknowledgement", AnsweredBy::Acknowledgement), ("word-to-client", AnsweredBy::WordToClient)];

/// The part of the response time in which a clock is at risk, where the agreement does not say.
const AT_RISK_PPM: u32 = 200_000;

/// An agreement's own keys, and those of its template that it does not say itself.
pub(super) fn like(own: &Table, template: &Table) -> Table {
    let mut merged = own.clone();
    for entry in template.entries.iter().filter(|e| e.key != "name") {
        match merged.entries.iter_mut().find(|e| e.key == entry.key) {
            None => merged.entries.push(entry.clone()),
            Some(said) if BY_ROW.contains(&entry.key.as_str()) => {
                if let (Kind::Table(rows), Kind::Table(more)) = (&mut said.value.kind, &entry.value.kind) {
                    let missing: Vec<_> = more.entries.iter().filter(|row| rows.get(&row.key).is_none()).cloned().collect();
                    rows.entries.extend(missing);
                }
            }
            Some(_) => {}
        }
    }
    merged
}

/// The support levels there are.
#[derive(Debug)]
pub(super) struct Levels {
    /// In order, the shallowest first.
    pub names: Arc<[SafeText]>,
    /// Where the configuration lists them; `None` for those that hold without it.
    pub at: Option<Place>,
}

/// What agreements are read with.
pub(super) struct Reader<'a> {
    pub files: &'a Files,
    pub levels: &'a Levels,
    pub problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Judges what a template says, whether or not an agreement is like it.
    pub fn template(&mut self, table: &Table) {
        self.calendar(table);
        self.tables(table, None);
        self.terms(table);
    }

    /// An agreement whose keys are those of its template too; `None` where something needed is missing or wrong.
    pub fn agreement(&mut self, table: &Table) -> Option<Agreement> {
        self.needs(table);
        let name = table.get("name").and_then(|name| name.line(self.problems));
        let rules = self.calendar(table);
        let at = table.get("windows").map_or_else(|| table.place_for("windows", AGREEMENT_KEYS), |v| v.at.clone());
        let [response, resolve, update] = self.tables(table, Some(Windows { list: &rules.windows, at: &at }));
        let terms = self.terms(table);
        if response.is_some() && table.get("office_hours").is_none() {
            let help = "add office_hours = { mon-fri = [\"09:00-17:30\"] }, or office_hours = { } to say so";
            self.problems.warning(&table.at, "this agreement has no office hours: nothing is ever in them", help);
        }
        let known_zone = table.get("timezone").is_some_and(|zone| matches!(&zone.kind, Kind::Text(name) if zone::parse(name).is_some()));
        let agreement = Agreement {
            name: name?,
            clients: terms.clients,
            valid_from: terms.valid_from,
            valid_to: terms.valid_to,
            calendar: Calendar::new(rules),
            support_level: terms.support_level,
            support_levels: Arc::clone(&self.levels.names),
            hold_over_to: terms.hold_over_to.unwrap_or_default(),
            answered_by: terms.answered_by,
            at_risk_ppm: terms.at_risk_ppm,
            severity_names: terms.severity_names,
            note: terms.note,
            chargeable: terms.chargeable,
            response: response?,
            resolve,
            update,
            origin: table.at.origin(),
            text_hash: fingerprint::of(table),
        };
        known_zone.then_some(agreement)
    }

    /// Reports what every agreement must say.
    fn needs(&mut self, table: &Table) {
        let is_default = table.get("name").is_some_and(|n| matches!(&n.kind, Kind::Text(t) if t == Agreements::DEFAULT));
        let needed = [
            ("name", "add name = \"…\""),
            ("clients", "add clients = [\"acme\", \"acme-*\"]; only the agreement named \"default\" needs none"),
            ("timezone", "add timezone = \"Europe/London\", or another"),
            ("response", "add [agreement.response] with S1 = { any = \"30m\" }, or other rows"),
        ];
        for (key, help) in needed {
            if table.get(key).is_none() && !(key == "clients" && is_default) {
                self.problems.missing(&table.place_for(key, AGREEMENT_KEYS), format!("this agreement has no {key}"), help);
            }
        }
    }

    /// The keys that make its calendar.
    fn calendar(&mut self, table: &Table) -> CalendarRules {
        let (files, problems) = (self.files, &mut *self.problems);
        let of = |key: &str| table.get(key);
        CalendarRules {
            zone: of("timezone").and_then(|v| zone::read(v, problems)).unwrap_or(Tz::UTC),
            office_hours: of("office_hours").map(|v| hours::week(v, problems)).unwrap_or_default(),
            weekend: of("weekend").map_or_else(|| vec![Weekday::Sat, Weekday::Sun], |v| hours::weekdays(v, problems)),
            working_days: of("working_days").map_or_else(|| hours::WEEK.to_vec(), |v| hours::weekdays(v, problems)),
            holidays: of("bank_holidays").map(|v| holidays::read(v, files, problems)).unwrap_or_default(),
            special_hours: of("special_hours").map(|v| hours::special(v, problems)).unwrap_or_default(),
            windows: of("windows").map(|v| hours::windows(v, problems)).unwrap_or_default(),
        }
    }

    /// The response, resolve and update tables.
    fn tables(&mut self, table: &Table, windows: Option<Windows>) -> [Option<ResponseTable>; 3] {
        BY_ROW.map(|key| {
            let rows = table.get(key)?.table(self.problems)?;
            Some(response::table(rows, windows, self.problems))
        })
    }

    /// The other terms of the contract.
    fn terms(&mut self, table: &Table) -> Terms {
        let problems = &mut *self.problems;
        let valid_from = table.get("valid_from").and_then(|v| date(v, problems));
        let valid_to = table.get("valid_to").and_then(|v| date(v, problems));
        if let (Some(from), Some(to), Some(value)) = (valid_from, valid_to, table.get("valid_to"))
            && to < from
        {
            problems.error(&value.at, format!("the agreement ends before it begins, {from}"), "both days are included");
        }
        Terms {
            clients: table.get("clients").map(|v| clients(v, problems)).unwrap_or_default(),
            valid_from,
            valid_to,
            support_level: table.get("support_level").and_then(|v| level(v, self.levels, problems)),
            hold_over_to: table.get("hold_over_to").and_then(|v| choice(v, HOLD_OVER_TO, problems)),
            answered_by: table.get("answered_by").and_then(|v| choice(v, ANSWERED_BY, problems)).unwrap_or_default(),
            at_risk_ppm: table.get("at_risk").and_then(|v| at_risk(v, problems)).unwrap_or(AT_RISK_PPM),
            severity_names: table.get("severity_names").map(|v| severity_names(v, problems)).unwrap_or_default(),
            note: table.get("note").and_then(|v| v.text(problems)).map(SafeText::body),
            chargeable: table.get("chargeable").map(|v| chargeable(v, problems)).unwrap_or_default(),
        }
    }
}

/// What an agreement says beside its calendar and its tables.
struct Terms {
    clients: Vec<SafeText>,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    support_level: Option<SafeText>,
    hold_over_to: Option<HoldOverTo>,
    answered_by: AnsweredBy,
    at_risk_ppm: u32,
    severity_names: [Option<SafeText>; 5],
    note: Option<SafeText>,
    chargeable: Vec<ChargeableRule>,
}

fn date(value: &Value, problems: &mut Problems) -> Option<NaiveDate> {
    let text = value.text(problems)?;
    let date = holidays::date(text);
    if date.is_none() {
        problems.error(&value.at, format!("there is no date '{}'", shown(text)), "write it as \"2026-04-01\"");
    }
    date
}

fn clients(value: &Value, problems: &mut Problems) -> Vec<SafeText> {
    let mut clients = Vec::new();
    for element in value.list(problems).unwrap_or_default() {
        let Some(pattern) = element.line(problems) else { continue };
        match client_glob(pattern.as_str()) {
            Ok(_) => clients.push(pattern),
            Err(bad) => {
                problems.error(&element.at, bad.to_string(), "* stands for any text, ? for one character, {a,b} for either");
            }
        }
    }
    clients
}

/// One of a few words, each of which means a value.
fn choice<T: Copy>(value: &Value, words: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let text = value.text(problems)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        problems.error(&value.at, format!("'{}' is none of the words for this", shown(text)), nearest::suggest(text, &names));
    }
    found.map(|(_, meaning)| *meaning)
}

/// A support level of the ordered list.
pub(super) fn level(value: &Value, levels: &Levels, problems: &mut Problems) -> Option<SafeText> {
    let level = value.line(problems)?;
    let found = levels.names.iter().find(|l| l.eq_ignore_case(&level));
    if found.is_none() {
        let names: Vec<&str> = levels.names.iter().map(SafeText::as_str).collect();
        problems.error(&value.at, format!("there is no support level '{level}'"), nearest::suggest(level.as_str(), &names));
        if let Some(list) = &levels.at {
            // either of the two may be misspelt
            let what = format!("the level '{level}' of line {} is not listed", value.at.line);
            problems.error(list, what, "list every level that is used, the shallowest first");
        }
    }
    found.cloned()
}

/// A share of the response time, in millionths.
fn at_risk(value: &Value, problems: &mut Problems) -> Option<u32> {
    const HELP: &str = "write a number from 0 up to, but not, 1, such as 0.2; 0 switches it off";
    let share = match value.kind {
        Kind::Float(share) => share?,
        Kind::Integer(Some(0)) => 0.0,
        Kind::Integer(Some(_)) => 1.0,
        Kind::Integer(None) => return None,
        _ => return value.wrong(problems, "a number", HELP),
    };
    if !(0.0..1.0).contains(&share) {
        problems.error(&value.at, "this share of the response time is not between 0 and 1", HELP);
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and a million")]
    Some((share * 1e6).round() as u32)
}

fn severity_names(value: &Value, problems: &mut Problems) -> [Option<SafeText>; 5] {
    let mut names = <[Option<SafeText>; 5]>::default();
    let Some(table) = value.table(problems) else { return names };
    table.only(&response::ROWS, "severity_names", problems);
    for entry in &table.entries {
        if let Some(severity) = response::severity(&entry.key) {
            names[severity.index()] = entry.value.line(problems);
        }
    }
    names
}

fn chargeable(value: &Value, problems: &mut Problems) -> Vec<ChargeableRule> {
    let mut rules = Vec::new();
    for element in value.list(problems).unwrap_or_default() {
        let Some(table) = element.table(problems) else { continue };
        table.only(CHARGEABLE_KEYS, "a chargeable rule", problems);
        for key in CHARGEABLE_KEYS.iter().filter(|key| table.get(key).is_none()) {
            problems.missing(&element.at, format!("this rule has no {key}"), "write { field = \"service\", is = \"Training\" }");
        }
        let field = table.get("field").and_then(|v| Some((v, v.text(problems)?)));
        let is = table.get("is").and_then(|v| v.line(problems));
        let Some((at, name)) = field else { continue };
        let Ok(field) = name.parse::<ChargeableField>() else {
            let help = nearest::suggest(name, ChargeableField::VARIANTS);
            problems.error(&at.at, format!("a ticket has no field '{}' that a rule can name", shown(name)), help);
            continue;
        };
        let Some(is) = is else { continue };
        if field == ChargeableField::Severity && Severity::parse(is.as_str()).is_none() {
            let what = format!("'{is}' is no severity");
            problems.error(table.get("is").map_or(&element.at, |v| &v.at), what, "severities are S1, S2, S3, S4, S5");
            continue;
        }
        rules.push(ChargeableRule { field, is, origin: element.at.origin() });
    }
    rules
}
