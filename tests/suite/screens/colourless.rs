//! Without colours, and with ASCII alone, what differs in meaning still differs on the screen: by its signs, not by how they
//! are painted.

use std::collections::HashSet;

use holdover::app::{Ack, Body, Flag, ListLine, Mark, RowLabels, View};
use holdover::domain::{Group, SafeText, Severity};
use holdover::tui::{ColorDepth, Theme, views};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator;

use super::{Dashboard, rows};

/// The text of a line at the top of the list, and nothing of how it is painted.
fn text_of(view: &View, line: &ListLine) -> String {
    let mut view = view.clone();
    let Body::List { lines, .. } = &mut view.body else { panic!("it is the list") };
    *lines = vec![line.clone()];
    let area = Rect::new(0, 0, view.size.0, view.size.1);
    let mut buffer = Buffer::empty(area);
    views::render(&mut buffer, area, &view, &Theme::named("mono", ColorDepth::None).unwrap(), true);
    rows(&buffer).swap_remove(usize::from(view.layout.size.header()))
}

fn row(change: impl FnOnce(&mut RowLabels)) -> ListLine {
    let text = SafeText::line;
    let mut labels = RowLabels {
        severity: Some(Severity::S1),
        mark: Mark::None,
        flags: Vec::new(),
        key: text("A-1"),
        title: text("Down"),
        left: "12m".to_owned(),
        due: "00:30".to_owned(),
        client: None,
        owner: None,
        ack: None,
    };
    change(&mut labels);
    ListLine::Ticket { labels: Box::new(labels), first_of_severity: true, marked: false, selected: false }
}

/// Lines that mean different things, by what differs.
fn lines() -> Vec<(&'static str, Vec<ListLine>)> {
    let marks = [Mark::Decide, Mark::Breached, Mark::AtRisk, Mark::Paused, Mark::Held, Mark::InHand, Mark::None];
    let flags = [Flag::Stale, Flag::Chargeable, Flag::CallBack, Flag::More];
    let plain = row(|_| ());
    let with = |marked, selected| match plain.clone() {
        ListLine::Ticket { labels, first_of_severity, .. } => ListLine::Ticket { labels, first_of_severity, marked, selected },
        other => other,
    };
    let heading = |group| ListLine::Heading { group, counts: "1".to_owned(), columns: None };
    let folded = |heading, selected| ListLine::Folded { heading, text: "2".to_owned(), alarm: false, selected };
    let now = "2026-12-07T00:18:00Z".parse().unwrap();
    let acks = [Ack::Held { until: now }, Ack::Sending { by: None, asked_at: now }];
    vec![
        ("states", marks.into_iter().map(|mark| row(|labels| labels.mark = mark)).collect()),
        ("flags", flags.into_iter().map(|flag| row(|labels| labels.flags = vec![flag])).chain([plain.clone()]).collect()),
        ("severities", Severity::iter().map(Some).chain([None]).map(|of| row(|labels| labels.severity = of)).collect()),
        ("marked and selected", vec![with(false, false), with(true, false), with(false, true), with(true, true)]),
        ("acknowledgements", acks.into_iter().map(|ack| row(|labels| labels.ack = Some(ack))).chain([plain.clone()]).collect()),
        ("groups", Group::iter().map(heading).collect()),
        ("what is folded", Group::iter().map(Some).chain([None]).flat_map(|of| [folded(of, false), folded(of, true)]).collect()),
        ("sources", [true, false].map(|blind| ListLine::Trouble { text: "desk".to_owned(), blind }).to_vec()),
    ]
}

#[test]
fn what_differs_in_meaning_differs_in_its_signs() {
    for size in [(80, 24), (140, 40), (40, 12)] {
        let view = Dashboard::demo(size).view();
        for (what, lines) in lines() {
            let told: Vec<String> = lines.iter().map(|line| text_of(&view, line)).collect();
            assert_eq!(told.iter().collect::<HashSet<_>>().len(), lines.len(), "{what} {size:?}:\n{}", told.join("\n"));
            assert!(told.iter().all(|row| row.is_ascii()), "{what}:\n{}", told.join("\n"));
        }
    }
}
