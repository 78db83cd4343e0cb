//! What the lines of the list say, and what is said of those that are not on the screen.

use std::collections::HashMap;

use super::labels;
use super::layout::Placed;
use super::lines::Line;
use super::list::Listed;
use super::source::Health;
use super::view::{ListLine, Maker, judged};
use super::words;
use crate::domain::{Group, Severity};

impl Maker<'_> {
    /// The lines that are on the screen.
    pub fn lines(&mut self, placed: &Placed) -> Vec<ListLine> {
        let (model, height) = (self.model, usize::from(placed.layout.list));
        let health: HashMap<_, _> = model.store.health(model.now).into_iter().map(|s| (s.name, s.health)).collect();
        let rows = &model.list.board().rows;
        let (top, bottom) = (placed.top, (placed.top + height).min(placed.lines.len()));
        let mut shown: Vec<ListLine> = Vec::with_capacity(height);
        let mut columns = ("", "");
        let mut severity: Option<(Group, Option<Severity>)> = None;
        // the first line will say what is above it
        let covered = top > 0 && height > 2;
        for (n, line) in placed.lines.iter().enumerate().take(bottom).skip(top) {
            if covered && n == top + 1 {
                severity = None;
            }
            let selected = placed.cursor == Some(n);
            shown.push(match line {
                Line::Heading(group) => {
                    let own = labels::columns(*group);
                    let differ = (own != columns && !own.0.is_empty()).then_some(own);
                    columns = own;
                    ListLine::Heading { group: *group, counts: self.group_counts(*group), columns: differ }
                }
                Line::Ticket(place) => {
                    let row = judged(model, &rows[*place]);
                    let stale = health.get(&row.ticket.id.source).is_some_and(|health| *health != Health::Ok);
                    let (labels, changes) = labels::row(&row, stale, model.shown_ack(&row.ticket.id), model.rules.zone, model.shown_at());
                    self.changes.extend(changes);
                    let run = Some((row.verdict.group, labels.severity));
                    let first_of_severity = std::mem::replace(&mut severity, run) != run;
                    ListLine::Ticket {
                        labels: Box::new(labels),
                        first_of_severity,
                        marked: model.marked.contains(&row.ticket.id),
                        selected,
                    }
                }
                Line::Folded { group, shown, whole } => {
                    ListLine::Folded { heading: whole.then_some(*group), text: self.folded(*group, *shown, *whole), alarm: false, selected }
                }
                Line::Unassessed { source, count, overdue } => ListLine::Folded {
                    heading: None,
                    text: match overdue {
                        0 => format!("{count} unassessed of {source}, each may be an S1"),
                        overdue => format!("{overdue} overdue of {count} unassessed of {source}, each may be an S1"),
                    },
                    alarm: true,
                    selected,
                },
                Line::Gone => match model.list.gone() {
                    Some(gone) => {
                        let (labels, _) = labels::row(&gone.row, false, None, model.rules.zone, model.shown_at());
                        ListLine::Gone { labels: Box::new(labels), why: gone.why.clone() }
                    }
                    None => continue,
                },
                Line::Trouble(place) => self.trouble(*place),
            });
        }
        if height > 2 {
            self.more(placed, top, bottom, &mut shown);
        }
        shown
    }

    /// Says on the outermost lines what is above and below the screen.
    fn more(&self, placed: &Placed, top: usize, bottom: usize, shown: &mut [ListLine]) {
        let rows = &self.model.list.board().rows;
        let more = |lines: &[Line], covered: Option<&Line>| {
            let (mut untaken, mut tickets, mut troubles) = (0, 0, 0);
            for line in lines.iter().chain(covered) {
                let (alarm, count) = match line {
                    Line::Ticket(place) => (matches!(rows[*place].verdict.group, Group::Decide | Group::Unanswered), 1),
                    Line::Unassessed { count, .. } => (true, *count),
                    Line::Folded { group, shown, .. } => (false, self.folded_places(*group, *shown).1),
                    Line::Gone | Line::Heading(_) => (false, 0),
                    Line::Trouble(_) => {
                        troubles += 1;
                        (false, 0)
                    }
                };
                tickets += count;
                untaken += if alarm { count } else { 0 };
            }
            let sources = if troubles == 1 { "1 source not to trust".to_owned() } else { format!("{troubles} sources not to trust") };
            let text = match (untaken, tickets, troubles) {
                (0, 0, _) => format!("… {sources}"),
                (0, tickets, 0) => format!("… {tickets} more"),
                (0, tickets, _) => format!("… {tickets} more, {sources}"),
                (untaken, _, _) => format!("… {untaken} more unanswered"),
            };
            ListLine::More { text, alarm: untaken + troubles > 0 }
        };
        if let (true, Some(first)) = (top > 0, shown.first_mut()) {
            *first = more(&placed.lines[..top], placed.lines.get(top));
        }
        if let (true, Some(last)) = (bottom < placed.lines.len(), shown.last_mut()) {
            *last = more(&placed.lines[bottom..], placed.lines.get(bottom.saturating_sub(1)));
        }
    }

    fn listed(&self, group: Group) -> Option<&Listed> {
        self.model.list.groups().iter().find(|listed| listed.group == group)
    }

    /// How many tickets a group lists, and of which severities: `5   S2 1 · S3 3 · S4 1`.
    fn group_counts(&self, group: Group) -> String {
        let places = self.listed(group).map_or(&[][..], |listed| &listed.rows);
        if group == Group::Decide {
            return places.len().to_string();
        }
        let severities = self.runs(places).map(|(severity, places)| format!("{} {}", words::severity(severity), places.len()));
        format!("{}   {}", places.len(), severities.collect::<Vec<_>>().join(" · "))
    }

    /// Places in the order of the board, run by run of one severity.
    fn runs<'b>(&'b self, mut places: &'b [usize]) -> impl Iterator<Item = (Option<Severity>, &'b [usize])> {
        let rows = &self.model.list.board().rows;
        std::iter::from_fn(move || {
            let severity = rows[*places.first()?].severity();
            let (run, rest) = places.split_at(places.partition_point(|place| rows[*place].severity() <= severity));
            places = rest;
            Some((severity, run))
        })
    }

    /// The tickets of a group that are folded when so many are shown, and how many they are without the one under the cursor.
    fn folded_places(&self, group: Group, shown: usize) -> (&[usize], usize) {
        let places = self.listed(group).and_then(|listed| listed.foldable.get(shown..)).unwrap_or_default();
        let kept = self.model.list.cursor_row().is_some_and(|place| places.binary_search(&place).is_ok());
        (places, places.len() - usize::from(kept))
    }

    /// How many are folded, of which severities, and when the first of each is freed.
    fn folded(&self, group: Group, shown: usize, whole: bool) -> String {
        let model = self.model;
        let rows = &model.list.board().rows;
        let (places, count) = self.folded_places(group, shown);
        let kept = model.list.cursor_row();
        let said = self.runs(places).filter_map(|(severity, run)| {
            let kept = kept.filter(|place| run.binary_search(place).is_ok());
            let count = run.len() - usize::from(kept.is_some());
            // of one severity the first to be freed comes first
            let mut shown = run.iter().filter(|place| Some(**place) != kept);
            let (first, last) = (shown.next(), shown.next_back());
            let freed = |place: Option<&usize>| place.and_then(|place| rows[*place].verdict.held_until);
            let from = if last.is_some() && freed(last) != freed(first) { "from " } else { "" };
            let first =
                freed(first).map_or_else(String::new, |at| format!(" {from}{}", words::day_column(model.rules.zone, at, model.shown_at())));
            (count > 0).then(|| format!("{} {count}{first}", words::severity(severity)))
        });
        let said = said.collect::<Vec<_>>().join(" · ");
        if whole { format!("{count}   {said}") } else { format!("{count} more: {said}") }
    }

    fn trouble(&self, place: usize) -> ListLine {
        let model = self.model;
        let source = &model.store.health(model.now)[place];
        let blind = source.health == Health::Blind;
        let state = if blind { "BLIND" } else { "STALE" };
        let since = source.as_of.map_or_else(String::new, |at| format!(" since {}", words::moment(model.rules.zone, at, model.now)));
        let part = source.total.filter(|_| !source.complete && source.kind.is_none());
        let part = part.map(|total| format!("showing {} of {total}", source.shown));
        let why = source.fault.as_ref().map(ToString::to_string).or(part).map_or_else(String::new, |why| format!(": {why}"));
        ListLine::Trouble { text: format!("{} {state}{since}{why}", source.name), blind }
    }
}
