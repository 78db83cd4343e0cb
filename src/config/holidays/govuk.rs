//! gov.uk's JSON of bank holidays. What it does not know, it refuses: a calendar that is half understood holds the wrong tickets.

use std::fmt;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::BadCalendar;

/// The bank holidays of one division.
#[derive(Debug)]
pub(super) struct Division {
    pub division: String,
    pub events: Vec<Event>,
}

/// One bank holiday.
#[derive(Debug)]
pub(super) struct Event {
    pub date: NaiveDate,
    /// `Boxing Day, substitute day`.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDivision {
    division: String,
    events: Vec<WireEvent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvent {
    title: String,
    date: String,
    #[serde(default)]
    notes: String,
    /// Whether flags are flown: of no concern here.
    #[serde(default, rename = "bunting")]
    _bunting: bool,
}

/// The file for all divisions. A list, so that a division given twice is seen.
struct WireDivisions(Vec<WireDivision>);

impl<'de> Deserialize<'de> for WireDivisions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Divisions;
        impl<'de> Visitor<'de> for Divisions {
            type Value = WireDivisions;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of divisions, each with \"division\" and \"events\"")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<WireDivisions, M::Error> {
                let mut all: Vec<WireDivision> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let division: WireDivision = map.next_value()?;
                    if division.division != name {
                        return Err(M::Error::custom(format!("the division '{name}' calls itself '{}'", division.division)));
                    }
                    if all.iter().any(|d| d.division == name) {
                        return Err(M::Error::custom(format!("the division '{name}' is given twice")));
                    }
                    all.push(division);
                }
                Ok(WireDivisions(all))
            }
        }
        deserializer.deserialize_map(Divisions)
    }
}

/// Reads the file for all divisions, or that for one.
///
/// # Errors
/// The first thing in it that is not as gov.uk writes it.
pub(super) fn read(text: &str) -> Result<Vec<Division>, BadCalendar> {
    let text = text.trim_start_matches('\u{feff}');
    let bad = |error: &serde_json::Error| {
        let what = error.to_string();
        // the line is told by itself
        BadCalendar { line: error.line(), what: what.split(" at line ").next().unwrap_or_default().to_owned() }
    };
    let wire = if is_one_division(text) {
        vec![serde_json::from_str::<WireDivision>(text).map_err(|e| bad(&e))?]
    } else {
        serde_json::from_str::<WireDivisions>(text).map_err(|e| bad(&e))?.0
    };
    if wire.is_empty() {
        return Err(BadCalendar { line: 1, what: "there is no division in it".to_owned() });
    }
    wire.into_iter().map(division).collect()
}

/// gov.uk also gives one division by itself, without the object around it.
fn is_one_division(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(rename = "division")]
        _division: String,
    }
    serde_json::from_str::<Probe>(text).is_ok()
}

fn division(wire: WireDivision) -> Result<Division, BadCalendar> {
    let bad = |what: String| BadCalendar { line: 1, what: format!("{}: {what}", wire.division) };
    let mut events: Vec<Event> = Vec::with_capacity(wire.events.len());
    for event in &wire.events {
        let Some(date) = super::date(&event.date) else { return Err(bad(format!("'{}' is no date", event.date))) };
        if events.iter().any(|e| e.date == date) {
            return Err(bad(format!("{date} is given twice")));
        }
        let substitute = event.notes.to_lowercase().contains("substitute day");
        let name = if substitute { format!("{}, substitute day", event.title) } else { event.title.clone() };
        events.push(Event { date, name });
    }
    if events.is_empty() {
        return Err(bad("there are no events in it".to_owned()));
    }
    Ok(Division { division: wire.division, events })
}
