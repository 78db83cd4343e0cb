//! All templates and agreements of the configuration, in order, and what they must have between them.

use super::agreement::{self, AGREEMENT_KEYS, Levels};
use super::document::{Table, Value, elements, shown};
use super::files::Files;
use super::hold_over;
use super::nearest;
use super::oddities;
use super::problem::Problems;
use crate::domain::{Agreement, Agreements};

/// The agreements: those of the main file, then those of each included file.
pub(super) fn read(trees: &[&Table], files: &Files, levels: &Levels, problems: &mut Problems) -> Agreements {
    let templates = elements(trees, "template", problems);
    let tables = elements(trees, "agreement", problems);
    names(&templates, "templates", problems);
    names(&tables, "agreements", problems);
    let template_keys: Vec<&str> = AGREEMENT_KEYS.iter().copied().filter(|key| *key != "like").collect();
    let mut reader = agreement::Reader { files, levels, problems };
    for template in &templates {
        template.only(&template_keys, "a template", reader.problems);
        let help = "add name = \"…\", so that an agreement can be like it";
        let name = template.need("name", &template_keys, "this template has no name", help, reader.problems);
        name.and_then(|name| name.line(reader.problems));
        reader.template(template);
    }
    likes(&templates, &tables, reader.problems);
    let mut list: Vec<(Agreement, Table)> = Vec::new();
    for table in tables {
        table.only(AGREEMENT_KEYS, "an agreement", reader.problems);
        let merged = match table.get("like").map(|like| template(like, &templates)) {
            None => table.clone(),
            Some(Some(template)) => agreement::like(table, template),
            Some(None) => {
                // what it lacks, the template would have given it
                reader.template(table);
                continue;
            }
        };
        let before = reader.problems.errors();
        let Some(agreement) = reader.agreement(&merged) else { continue };
        // of what is half understood, anything further would be a guess
        if reader.problems.errors() == before {
            if merged.get("hold_over_to").is_none() {
                hold_over::must_say(&agreement, &table.place_for("hold_over_to", AGREEMENT_KEYS), reader.problems);
            }
            oddities::of_agreement(&agreement, &merged, reader.problems);
        }
        list.push((agreement, merged));
    }
    oddities::never_winning(&list, problems);
    match Agreements::new(list.into_iter().map(|(agreement, _)| agreement).collect()) {
        Ok(agreements) => agreements,
        Err(bad) => {
            // each pattern was judged by itself, so together they are only too many
            problems.error(&trees[0].at, bad.to_string(), "use fewer patterns");
            Agreements::default()
        }
    }
}

/// The template that a `like` names.
fn template<'a>(like: &Value, templates: &[&'a Table]) -> Option<&'a Table> {
    let wanted = like.as_text()?;
    templates.iter().find(|table| table.get("name").and_then(Value::as_text) == Some(wanted)).copied()
}

/// Reports each `like` that names no template; and, as either of the two may be misspelt, each template that nothing is like.
fn likes(templates: &[&Table], agreements: &[&Table], problems: &mut Problems) {
    let names: Vec<&str> = templates.iter().filter_map(|t| t.get("name")?.as_text()).collect();
    let likes: Vec<&Value> = agreements.iter().filter_map(|table| table.get("like")).collect();
    let mut unknown = None;
    for like in &likes {
        let Some(wanted) = like.text(problems) else { continue };
        if !names.contains(&wanted) {
            let help = if names.is_empty() { "write a [[template]] with that name".to_owned() } else { nearest::suggest(wanted, &names) };
            problems.error(&like.at, format!("there is no template '{}'", shown(wanted)), help);
            unknown = Some(wanted);
        }
    }
    let Some(wanted) = unknown else { return };
    for name in templates.iter().filter_map(|t| t.get("name")) {
        if name.as_text().is_some_and(|name| !likes.iter().any(|like| like.as_text() == Some(name))) {
            let what = format!("nothing is like this template, and an agreement is like '{}', which there is not", shown(wanted));
            problems.error(&name.at, what, "let the two names agree");
        }
    }
}

/// Reports names that are given twice.
fn names(tables: &[&Table], what: &str, problems: &mut Problems) {
    let mut seen: Vec<&str> = Vec::new();
    for value in tables.iter().filter_map(|table| table.get("name")) {
        let Some(name) = value.as_text() else { continue };
        if seen.contains(&name) {
            problems.error(&value.at, format!("two {what} are named '{}'", shown(name)), "give each its own name");
        }
        seen.push(name);
    }
}
