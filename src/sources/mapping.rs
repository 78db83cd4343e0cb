//! `map` rules at work: what the fields of a source's own ticket say about ours.

use super::settings::{MapRule, MapTarget, MapTest};
use crate::domain::{Mapped, SafeText, Severity, Status, TextKind, Ticket};

/// Applies the rules to a ticket, and says what they gave it. `field` gives the values of a field; a field may have several.
pub(super) fn apply(rules: &[MapRule], ticket: &mut Ticket, field: impl Fn(&str) -> Vec<String>) -> Vec<MapTarget> {
    let mut given: Vec<MapTarget> = Vec::new();
    for rule in rules {
        let wanted: Vec<&(MapTarget, String)> = rule.gives.iter().filter(|(target, _)| !given.contains(target)).collect();
        if wanted.is_empty() {
            continue;
        }
        let Some((value, captured)) = field(&rule.field).into_iter().find_map(|value| captures(&rule.test, &value).map(|c| (value, c)))
        else {
            continue;
        };
        for (target, template) in wanted {
            given.push(*target);
            give(ticket, *target, &fill(template, &captured), rule, &value);
        }
    }
    given
}

/// Names as people type them in a configuration: without case.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    SafeText::line(a.trim()).eq_ignore_case(&SafeText::line(b.trim()))
}

/// The groups of a match, the whole first; `None` where the value does not fit.
fn captures(test: &MapTest, value: &str) -> Option<Vec<String>> {
    match test {
        MapTest::Is(wanted) => SafeText::line(wanted).eq_ignore_case(&SafeText::line(value)).then(|| vec![value.to_owned()]),
        MapTest::Matches(expression) => {
            let found = expression.captures(value)?;
            Some(found.iter().map(|group| group.map_or_else(String::new, |g| g.as_str().to_owned())).collect())
        }
    }
}

/// Puts groups in for `$0` to `$9`.
fn fill(template: &str, groups: &[String]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let digit = after.chars().next().and_then(|c| c.to_digit(10)).and_then(|d| usize::try_from(d).ok());
        if let Some(digit) = digit {
            out.push_str(groups.get(digit).map_or("", String::as_str));
            rest = &after[1..];
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn give(ticket: &mut Ticket, target: MapTarget, text: &str, rule: &MapRule, value: &str) {
    let safe = ticket.take_text(&rule.field, text.trim(), TextKind::Line);
    if target != MapTarget::Severity {
        let name: &str = target.into();
        let what = SafeText::line(&format!("{name} '{safe}' from {} '{value}'", rule.field));
        ticket.mapped.push(Mapped { what, file: SafeText::line(&rule.origin.file), line: rule.origin.line });
    }
    let wrong =
        |what: &str| SafeText::line(&format!("map rule at {}:{} gives {what} '{safe}', which is none", rule.origin.file, rule.origin.line));
    match target {
        MapTarget::Severity => {
            ticket.severity = Severity::parse(text);
            ticket.severity_unreadable = ticket.severity.is_none();
            ticket.severity_origin =
                Some(SafeText::line(&format!("from {} '{value}', map rule at {}:{}", rule.field, rule.origin.file, rule.origin.line)));
            if ticket.severity.is_none() {
                ticket.notes.push(wrong("severity"));
            }
        }
        MapTarget::Client => ticket.client = Some(safe),
        MapTarget::Agreement => ticket.agreement = Some(safe),
        MapTarget::SupportLevel => ticket.support_level = Some(safe),
        MapTarget::Channel => ticket.channel = Some(safe),
        MapTarget::Service => ticket.service = Some(safe),
        MapTarget::CallbackRequested => match safe.as_str() {
            "true" => ticket.callback_requested = true,
            "false" => ticket.callback_requested = false,
            _ => ticket.notes.push(wrong("callback_requested")),
        },
        MapTarget::Status => match safe.as_str() {
            "open" => ticket.status = Status::Open,
            "acknowledged" => ticket.status = Status::Acknowledged,
            "on-client" => ticket.status = Status::OnClient,
            _ => ticket.notes.push(wrong("status")),
        },
    }
}
