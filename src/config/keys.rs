//! `[keys]`: other keys for actions of the dashboard. Clashes and keys that no terminal sends are mistakes.

use super::document::{Kind, Place, Value, shown};
use super::nearest;
use super::problem::Problems;
use crate::tui::keymap::{self, Binding};
use crate::tui::{Key, Keymap};

/// A key that the configuration gives to an action.
struct Given {
    key: Key,
    binding: &'static Binding,
    at: Place,
}

/// The keys as they are by the table `[keys]`, where there is one.
pub(super) fn read(value: Option<&Value>, problems: &mut Problems) -> Keymap {
    let mut keymap = Keymap::default();
    let Some(table) = value.and_then(|value| value.table(problems)) else { return keymap };
    let mut given = Vec::new();
    for entry in &table.entries {
        let Some(binding) = keymap::named(&entry.key) else {
            let names: Vec<&str> = keymap.bindings().map(|(binding, _)| binding.name()).collect();
            problems.error(&entry.at, format!("there is no action '{}'", shown(&entry.key)), nearest::suggest(&entry.key, &names));
            continue;
        };
        let Some(keys) = keys(binding, &entry.value, problems) else {
            // whatever it was meant to have, it is not what the table gives it
            keymap.set(binding, Vec::new());
            continue;
        };
        keymap.set(binding, keys.iter().map(|given| given.key).collect());
        given.extend(keys);
    }
    clashes(&keymap, &given, problems);
    keymap
}

/// The keys of an action: one, or a list of them.
fn keys(binding: &'static Binding, value: &Value, problems: &mut Problems) -> Option<Vec<Given>> {
    let list = match &value.kind {
        Kind::Text(_) => std::slice::from_ref(value),
        Kind::List(list) => list,
        _ => return value.wrong(problems, "a key in quotes, or a list of them", "write \"a\", or [\"j\", \"down\"]"),
    };
    let keys: Vec<Option<Given>> = list.iter().map(|value| key(binding, value, problems)).collect();
    let keys: Vec<Given> = keys.into_iter().collect::<Option<_>>()?;
    let bare: Vec<Key> = keys.iter().map(|given| given.key).collect();
    if let Some(lacks) = binding.lacks(&bare) {
        problems.error(&value.at, lacks.what, lacks.help);
        return None;
    }
    Some(keys)
}

fn key(binding: &'static Binding, value: &Value, problems: &mut Problems) -> Option<Given> {
    let written = value.text(problems)?;
    let key = Key::parse(written).and_then(|key| binding.refuses(key).map_or(Ok(key), Err));
    match key {
        Ok(key) => {
            if let Some(doubt) = key.doubtful() {
                problems.warning(&value.at, doubt.what, doubt.help);
            }
            Some(Given { key, binding, at: value.at.clone() })
        }
        Err(unusable) => {
            problems.error(&value.at, unusable.what, unusable.help);
            None
        }
    }
}

/// Tells of each key that has two meanings, and where it got both.
fn clashes(keymap: &Keymap, given: &[Given], problems: &mut Problems) {
    for (n, Given { key, binding, at }) in given.iter().enumerate() {
        let (label, name) = (key.label(), binding.name());
        if let Some(before) = given[..n].iter().find(|before| before.key == *key) {
            let other = before.binding.name();
            let (what, help) = if other == name {
                (format!("'{label}' is listed twice for '{name}'"), "list it once".to_owned())
            } else {
                let place = format!("{}:{}", before.at.file, before.at.line);
                (format!("'{label}' cannot be both '{name}' and '{other}' ({place})"), "give one of the two another key".to_owned())
            };
            problems.error(at, what, help);
            continue;
        }
        let says = |other: &Binding| given.iter().any(|given| given.binding.action == other.action);
        let taken = keymap.bindings().find(|(other, keys)| keys.contains(key) && other.action != binding.action && !says(other));
        if let Some((other, _)) = taken {
            let other = other.name();
            let what = format!("'{label}' cannot be both '{name}' and '{other}', whose key it is where [keys] says nothing");
            problems.error(at, what, format!("give '{other}' another key too, or none: {other} = []"));
        }
    }
}
