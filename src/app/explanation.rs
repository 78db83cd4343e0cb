//! The explanation of one ticket on the whole screen: each step, whom to call, what was noted, the text of the issue.

use strum::IntoEnumIterator;

use super::board::BoardRow;
use super::detail;
use super::model::Model;
use super::summary::{Piece, Tone};
use crate::domain::{Capabilities, DeedKind, SafeText, explain};

/// Columns of the names of the steps.
const LABEL: usize = 14;

/// All lines of an explanation, broken to the width of the screen.
pub(super) fn lines(model: &Model, row: &BoardRow, gone: Option<&str>) -> Vec<Vec<Piece>> {
    let columns = usize::from(model.size.0).saturating_sub(2).max(LABEL + 8);
    let (detail, _) = detail::detail(model, row);
    let head = [Some((detail.title.as_str(), Tone::Strong)), Some((&detail.what, Tone::Plain)), gone.map(|gone| (gone, Tone::Stale))];
    let head = head.into_iter().flatten();
    let broken = |(text, tone)| textwrap::wrap(text, columns).into_iter().map(move |line| vec![Piece::new(line, tone)]);
    let mut lines: Vec<Vec<Piece>> = head.flat_map(broken).collect();
    if let Some(ack) = detail.lines.iter().find(|line| line.label == "ACK") {
        lines.extend(paragraph("Acknowledge", &ack.text, "", columns, ack.tone));
    }
    if let Some(deed) = detail.lines.iter().find(|line| line.label == "DEED") {
        lines.extend(paragraph("Deed", &deed.text, "", columns, deed.tone));
    }
    lines.push(Vec::new());
    for step in explain(&row.ticket, &model.rules.agreements, model.shown_at(), model.rules.zone) {
        let text = if step.when.is_empty() { step.text } else { format!("{}  {}", step.when, step.text) };
        let file = step.file.map(|file| step.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")));
        let origin: Vec<String> = step.clause.into_iter().chain(file).collect();
        let tone = if row.is_breached() && matches!(step.what, "Due" | "Assess by") { Tone::Alarm } else { Tone::Plain };
        lines.extend(paragraph(step.what, SafeText::line(&text).as_str(), SafeText::line(&origin.join(", ")).as_str(), columns, tone));
    }
    for line in detail.lines.iter().filter(|line| matches!(line.label, "CALL" | "NOTE" | "ALSO" | "PAGE")) {
        let label = match line.label {
            "CALL" => "Call",
            "NOTE" => "Note",
            "ALSO" => "Also",
            _ => "Page",
        };
        lines.extend(paragraph(label, &line.text, "", columns, Tone::Plain));
    }
    lines.extend(model.capabilities.get(&row.ticket.id.source).into_iter().flat_map(|capabilities| can(capabilities, columns)));
    if let Some(description) = &detail.description {
        lines.push(Vec::new());
        for line in description.as_str().lines() {
            lines.extend(textwrap::wrap(line, columns).into_iter().map(|line| vec![Piece::new(line, Tone::Plain)]));
        }
    }
    lines
}

/// What can be done to the ticket by which verb; what its source cannot be told of, muted and with the reason.
fn can(capabilities: &Capabilities, columns: usize) -> Vec<Vec<Piece>> {
    let kinds = || DeedKind::iter().filter(|kind| *kind != DeedKind::Acknowledge);
    let can: Vec<&str> = kinds().filter(|kind| capabilities.can(*kind)).map(DeedKind::verb).collect();
    let mut lines = Vec::new();
    if !can.is_empty() {
        lines.extend(paragraph("Verbs", &format!("holdover {}", can.join(", ")), "", columns, Tone::Plain));
    }
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for kind in DeedKind::iter() {
        let Some(why) = capabilities.why_not(kind) else { continue };
        let why = if capabilities.kept_here(kind) { format!("kept here, for {why}") } else { why.to_owned() };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, verbs)) => verbs.push(kind.verb()),
            None => reasons.push((why, vec![kind.verb()])),
        }
    }
    for (n, (why, verbs)) in reasons.iter().enumerate() {
        let label = if n == 0 { "Not told" } else { "" };
        lines.extend(paragraph(label, &format!("{}: {why}", verbs.join(", ")), "", columns, Tone::Muted));
    }
    lines
}

/// A name, a text broken beside it, and at its end where it is said.
fn paragraph(label: &str, text: &str, origin: &str, columns: usize, tone: Tone) -> Vec<Vec<Piece>> {
    let broken = textwrap::wrap(text, columns - LABEL);
    let mut lines: Vec<Vec<Piece>> = broken
        .iter()
        .enumerate()
        .map(|(n, line)| {
            vec![Piece::new(format!("{:<LABEL$}", if n == 0 { label } else { "" }), Tone::Muted), Piece::new(line.as_ref(), tone)]
        })
        .collect();
    if !origin.is_empty() {
        let room = columns - LABEL - broken.last().map_or(0, |line| textwrap::core::display_width(line));
        let origin = Piece::new(format!("  {origin}"), Tone::Muted);
        match lines.last_mut() {
            Some(last) if textwrap::core::display_width(&origin.text) <= room => last.push(origin),
            _ => {
                let broken = textwrap::wrap(origin.text.trim(), columns - LABEL);
                lines.extend(
                    broken.iter().map(|line| vec![Piece::new(" ".repeat(LABEL), Tone::Muted), Piece::new(line.as_ref(), Tone::Muted)]),
                );
            }
        }
    }
    lines
}
