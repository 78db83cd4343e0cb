//! The rows at the top: what counts over the whole queue, what happens next, and what not to trust. They fit any width, and
//! what matters most is dropped last.

use chrono::{DateTime, TimeDelta, Utc};
use unicode_width::UnicodeWidthStr;

use super::counts::{Next, NextKind};
use super::labels::says_else_in;
use super::layout::Size;
use super::model::Model;
use super::saved_view;
use super::source::{Health, SourceHealth};
use super::words;
use crate::domain::Window;

/// Most columns of the name of a saved view.
const VIEW: usize = 24;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As text.
    Plain,
    /// What one looks for first.
    Strong,
    /// What may wait to be read.
    Muted,
    /// What somebody must act on.
    Alarm,
    /// What is not to be trusted.
    Stale,
    /// What is so now, of all that may be.
    Lit,
    /// What is in a window.
    Window(Window),
    /// What one presses.
    Key,
}

/// A piece of text and how it is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Piece {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

/// One row: text from the left, and text that ends at the right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SummaryRow {
    /// From the left.
    pub left: Vec<Piece>,
    /// Up to the right.
    pub right: Vec<Piece>,
}

fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.text.width()).sum()
}

impl SummaryRow {
    /// The first pair of a left and a right side that fits, the last where none does.
    fn fitting(columns: usize, sides: impl IntoIterator<Item = (Vec<Piece>, Vec<Piece>)>) -> Self {
        let mut row = Self::default();
        for (left, right) in sides {
            row = Self { left, right };
            let gap = usize::from(!row.right.is_empty());
            if width(&row.left) + gap + width(&row.right) < columns {
                break;
            }
        }
        row
    }
}

/// The rows at the top, and when they will next say something else.
pub(super) fn rows(model: &Model, size: Size) -> (Vec<SummaryRow>, Option<DateTime<Utc>>) {
    let columns = usize::from(model.size.0);
    let minute = model.now + TimeDelta::seconds(60 - model.now.timestamp().rem_euclid(60));
    let next = model.counts.next.map(|next| next_words(model, next));
    let soon = next.as_ref().and_then(|(_, changes)| *changes);
    let next = next.map(|(next, _)| next);
    let rows = match size {
        Size::Tiny => vec![tiny(model, columns)],
        Size::Compact => vec![compact_counts(model, columns), compact_next(model, next.as_ref(), columns)],
        Size::Stacked | Size::Wide => {
            vec![counts_and_next(model, next.as_ref(), columns), held_and_troubles(model, columns), windows(model, columns)]
        }
    };
    let changes = [soon, Some(minute)].into_iter().flatten().min().filter(|_| !model.rules.frozen && size != Size::Tiny);
    (rows, changes)
}

/// How few words are used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Terse {
    Not,
    Some,
    Most,
}

/// What is to be handled now, and how much of it nobody has taken.
fn counts(model: &Model, terse: Terse) -> Vec<Piece> {
    let counts = &model.counts;
    let alarm = |count: usize| if count > 0 { Tone::Alarm } else { Tone::Plain };
    let (before, gap, unanswered, breached) = match terse {
        Terse::Not => (" ", "  ", "unanswered", "breached"),
        Terse::Some => (" ", " ", "unanswered", "breached"),
        Terse::Most => ("", " ", "un.", "br."),
    };
    vec![
        Piece::new(format!("{before}{} NOW", counts.now()), Tone::Strong),
        Piece::new(gap, Tone::Plain),
        Piece::new(format!("{} {unanswered}", counts.untaken()), alarm(counts.untaken())),
        Piece::new(gap, Tone::Plain),
        Piece::new(format!("{} {breached}", counts.breached), alarm(counts.breached)),
    ]
}

/// The next due or release, in its parts.
struct NextWords {
    key: String,
    severity: String,
    verb: &'static str,
    when: String,
}

fn next_words(model: &Model, next: Next) -> (NextWords, Option<DateTime<Utc>>) {
    let row = &model.board.rows[next.row];
    let severity = words::severity(row.severity());
    let seconds = words::seconds_until(next.at, model.now);
    let countdown = next.kind == NextKind::Due && seconds < 86_400;
    let when = match next.kind {
        NextKind::Due if countdown => words::length(seconds.max(0)),
        NextKind::Due | NextKind::Release => words::day_column(model.rules.zone, next.at, model.now),
    };
    let verb = match next.kind {
        NextKind::Release => "freed",
        NextKind::Due if row.severity().is_none() => "assess",
        NextKind::Due => "breaches",
    };
    let changes = countdown.then(|| model.now + TimeDelta::seconds(says_else_in(seconds)));
    (NextWords { key: row.ticket.id.key.to_string(), severity, verb, when }, changes)
}

impl NextWords {
    /// In full, and shorter and shorter, for so many columns; the key is cut last.
    fn variants(&self, columns: usize) -> Vec<String> {
        let Self { key, severity, verb, when } = self;
        let mut variants = vec![format!("next: {key} {severity} {verb} {when}"), format!("next: {key} {severity} {when}")];
        variants.extend((6..key.width().min(columns)).rev().map(|columns| format!("next: {} {severity} {when}", cut(key, columns))));
        variants
    }
}

/// Text cut to a number of columns, with an ellipsis where something is missing.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut free = columns.saturating_sub(1);
    for grapheme in text.graphemes(true) {
        match free.checked_sub(grapheme.width()) {
            Some(left) => free = left,
            None => break,
        }
        kept.push_str(grapheme);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

fn clock(model: &Model) -> [Vec<Piece>; 3] {
    let local = model.now.with_timezone(&model.rules.zone);
    let (full, tone) = if model.rules.frozen {
        (local.format("AT %a %-d %b %Y %H:%M %Z").to_string(), Tone::Stale)
    } else {
        (local.format("%a %H:%M %Z").to_string(), Tone::Plain)
    };
    let short = local.format(if model.rules.frozen { "AT %a %H:%M" } else { "%H:%M" }).to_string();
    [vec![Piece::new(full + " ", tone)], vec![Piece::new(short + " ", tone)], Vec::new()]
}

fn counts_and_next(model: &Model, next: Option<&NextWords>, columns: usize) -> SummaryRow {
    let counts = counts(model, Terse::Not);
    let variants = next.map_or_else(Vec::new, |next| next.variants(columns));
    let clocks = clock(model);
    let mut sides = Vec::new();
    for (cut, text) in variants.iter().enumerate() {
        for clock in clocks.clone() {
            // a shorter clock before a shorter sentence, but any clock before a shorter key
            if cut < 2 || clock.is_empty() {
                sides.push(([counts.clone(), vec![Piece::new(format!("   {text}"), Tone::Plain)]].concat(), clock));
            }
        }
    }
    if variants.is_empty() {
        sides.extend(clocks.map(|clock| (counts.clone(), clock)));
    }
    SummaryRow::fitting(columns, sides)
}

/// The one row of a pane that has room for no more: that nothing is known of a source goes before what is in hand.
fn tiny(model: &Model, columns: usize) -> SummaryRow {
    let all = counts(model, Terse::Most);
    // a part of a number would be another number
    if columns < model.counts.now().to_string().len() {
        return SummaryRow { left: vec![Piece::new("!", Tone::Alarm)], right: Vec::new() };
    }
    let blind = model.store.health(model.now).iter().filter(|s| s.health == Health::Blind && s.heard).count();
    if blind == 0 {
        return SummaryRow { left: all, right: Vec::new() };
    }
    let untaken = all[2..].to_vec();
    let signs = [format!("!! {blind} BLIND"), "BLIND".to_owned(), "!!".to_owned()];
    let sides = signs.iter().flat_map(|sign| [&all, &untaken].map(|left| (left.clone(), vec![Piece::new(sign.as_str(), Tone::Alarm)])));
    SummaryRow::fitting(columns, sides)
}

fn compact_counts(model: &Model, columns: usize) -> SummaryRow {
    let [_, short, none] = clock(model);
    let Some((what, hidden)) = hidden(model) else {
        let sides = [(Terse::Some, short), (Terse::Some, none.clone()), (Terse::Most, none)];
        return SummaryRow::fitting(columns, sides.map(|(terse, clock)| (counts(model, terse), clock)));
    };
    // what is hidden is told in place of the clock
    let words = [format!("{what} hides {hidden} NOW"), format!("{hidden} hidden")];
    let sides =
        [Terse::Some, Terse::Most].map(|terse| words.clone().map(|word| (counts(model, terse), vec![Piece::new(word, Tone::Alarm)])));
    SummaryRow::fitting(columns, sides.concat())
}

fn compact_next(model: &Model, next: Option<&NextWords>, columns: usize) -> SummaryRow {
    let health = model.store.health(model.now);
    let mut lefts: Vec<Vec<Piece>> = Vec::new();
    for text in next.map_or_else(Vec::new, |next| next.variants(columns)).iter().skip(1) {
        lefts.push(vec![Piece::new(format!(" {}", text.replacen("next: ", "next ", 1)), Tone::Plain)]);
    }
    if lefts.is_empty() {
        lefts.push(Vec::new());
    }
    let own = of_ours(model);
    let rights: Vec<Vec<Piece>> =
        troubles(model, &health).into_iter().map(|trouble| own.iter().cloned().chain(trouble).collect()).collect();
    let sides = lefts.iter().flat_map(|left| rights.iter().map(|right| (left.clone(), right.clone())));
    // the footer names it too: here it gives way to all else
    let with_view = view(model).map(|view| (lefts[0].clone(), std::iter::once(view).chain(rights[0].clone()).collect()));
    SummaryRow::fitting(columns, with_view.into_iter().chain(sides).collect::<Vec<_>>())
}

/// What is held and waits, and what is not to be trusted.
fn held_and_troubles(model: &Model, columns: usize) -> SummaryRow {
    let counts = &model.counts;
    let held = Piece::new(format!(" {} held", counts.held), Tone::Plain);
    let freed = counts.freed.map(|(at, count)| {
        let at = words::day_column(model.rules.zone, at, model.now);
        Piece::new(format!(", {count} freed {at}"), Tone::Plain)
    });
    let some = |count: usize, what: &str| (count > 0).then(|| Piece::new(format!("   {count} {what}"), Tone::Plain));
    let unsent = some(model.unsent() - model.late(), "unsent");
    let (on_client, outside) = (some(counts.on_client, "on client"), some(counts.outside, "outside"));
    let lefts: Vec<Vec<Piece>> = [
        vec![Some(held.clone()), freed.clone(), on_client, outside.clone(), unsent.clone()],
        vec![Some(held.clone()), freed, outside.clone(), unsent.clone()],
        vec![Some(held.clone()), outside.clone(), unsent],
        vec![Some(held), outside],
    ]
    .into_iter()
    .map(|pieces| pieces.into_iter().flatten().collect())
    .collect();
    let health = model.store.health(model.now);
    let hides = hidden(model).map(|(what, hidden)| Piece::new(format!("{what} hides {hidden} NOW: esc shows it  "), Tone::Alarm));
    let own: Vec<Piece> = hides.into_iter().chain(of_ours(model)).collect();
    let rights: Vec<Vec<Piece>> =
        troubles(model, &health).into_iter().map(|trouble| own.iter().cloned().chain(trouble).collect()).collect();
    let sides: Vec<_> = rights.iter().flat_map(|right| lefts.iter().map(|left| (left.clone(), right.clone()))).collect();
    SummaryRow::fitting(columns, sides)
}

/// What is wrong on our own side: nothing can be written down, or a source has not been told for too long.
fn of_ours(model: &Model) -> Vec<Piece> {
    let records = model.no_records.is_some().then(|| Piece::new("!! records cannot be written  ", Tone::Alarm));
    let late = model.late();
    let late = (late > 0).then(|| Piece::new(format!("!! {late} unsent  "), Tone::Alarm));
    records.into_iter().chain(late).collect()
}

/// The saved view that is listed.
fn view(model: &Model) -> Option<Piece> {
    let view = saved_view::listed(model)?;
    Some(Piece::new(format!("view {} {} ", view.digit, cut(view.name.as_str(), VIEW)), Tone::Strong))
}

/// What hides something that must not be hidden, the filter or the saved view, and how much.
fn hidden(model: &Model) -> Option<(String, usize)> {
    let hidden = model.list.hidden_untaken();
    // of another time nothing must be seen
    (hidden > 0 && model.time_machine.is_none()).then(|| {
        let what = saved_view::listed(model).map_or_else(|| "filter".to_owned(), |view| format!("view {}", view.digit));
        (what, hidden)
    })
}

/// The sources not to trust: in full, by name, and as counts.
fn troubles(model: &Model, health: &[SourceHealth]) -> Vec<Vec<Piece>> {
    let blind: Vec<&SourceHealth> = health.iter().filter(|s| s.health == Health::Blind && s.heard).collect();
    let stale: Vec<&SourceHealth> = health.iter().filter(|s| s.health == Health::Stale && s.heard).collect();
    let asking: Vec<&str> = health.iter().filter(|s| !s.heard).map(|s| s.name.as_str()).collect();
    let (clocks, clock_count) = clocks(health);
    if blind.is_empty() && stale.is_empty() {
        let asking = (!asking.is_empty()).then(|| Piece::new(format!("asking {} ", asking.join(", ")), Tone::Muted));
        let asked_by = health.iter().find_map(|s| s.asked_by.as_ref());
        let asked_by = asked_by.map(|by| Piece::new(format!("asked by process {by} "), Tone::Muted));
        let asking: Vec<Piece> = asking.or(asked_by).into_iter().collect();
        return vec![[clocks.clone(), asking].concat(), clocks, clock_count, Vec::new()];
    }
    let since = |source: &SourceHealth| {
        let since = source
            .as_of
            .map_or_else(|| ", no answer yet".to_owned(), |at| format!(" since {}", words::column(model.rules.zone, at, model.now)));
        let part =
            if source.complete || source.kind.is_some() { None } else { source.total.map(|total| format!("{} of {total}", source.shown)) };
        let why = source.kind.map(|kind| kind.words().to_owned()).or(part).map_or_else(String::new, |why| format!(" ({why})"));
        format!("{since}{why}")
    };
    let full = |sources: &[&SourceHealth], state: &str| -> Vec<String> {
        sources.iter().map(|source| format!("{} {state}{}", source.name, since(source))).collect()
    };
    let names = |sources: &[&SourceHealth], state: &str| -> Vec<String> {
        let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        if names.is_empty() { Vec::new() } else { vec![format!("{} {state}", names.join(", "))] }
    };
    let count = |sources: &[&SourceHealth], state: &str| -> Vec<String> {
        if sources.is_empty() { Vec::new() } else { vec![format!("{} {state}", sources.len())] }
    };
    let pieces = |blind: Vec<String>, stale: Vec<String>| -> Vec<Piece> {
        let blind = (!blind.is_empty()).then(|| Piece::new(format!("!! {} ", blind.join("  ")), Tone::Alarm));
        let stale = (!stale.is_empty()).then(|| Piece::new(format!("! {} ", stale.join("  ")), Tone::Stale));
        blind.into_iter().chain(stale).collect()
    };
    let (b, s) = (&blind, &stale);
    vec![
        [pieces(full(b, "BLIND"), full(s, "STALE")), clocks].concat(),
        [pieces(full(b, "BLIND"), full(s, "STALE")), clock_count].concat(),
        pieces(full(b, "BLIND"), full(s, "STALE")),
        pieces(full(b, "BLIND"), names(s, "STALE")),
        pieces(names(b, "BLIND"), names(s, "STALE")),
        pieces(names(b, "BLIND"), count(s, "STALE")),
        pieces(count(b, "BLIND"), count(s, "STALE")),
        pieces(count(b, "BLIND"), Vec::new()),
    ]
}

/// The sources whose clock is another than ours, so that what they tell is older or younger than it looks: by name, and as
/// a count.
fn clocks(health: &[SourceHealth]) -> (Vec<Piece>, Vec<Piece>) {
    let apart: Vec<String> = health.iter().filter_map(|s| Some(format!("{} clock {}", s.name, words::apart(s.clock_ahead?)))).collect();
    if apart.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let count = format!("! {} {} wrong ", apart.len(), if apart.len() == 1 { "clock" } else { "clocks" });
    (vec![Piece::new(format!("! {} ", apart.join("  ")), Tone::Stale)], vec![Piece::new(count, Tone::Stale)])
}

/// What time it is for the agreements: each window with how many are in it, and until when.
fn windows(model: &Model, columns: usize) -> SummaryRow {
    /// A window, the agreements that are in it, and when the first of them leaves it.
    type Seen<'a> = (String, Vec<&'a str>, Option<DateTime<Utc>>);
    let mut seen: Vec<Seen> = Vec::new();
    for agreement in model.rules.agreements.all() {
        let (window, until) = agreement.calendar.window_until(model.now);
        let name =
            agreement.calendar.window_name(window).as_str().replace("office-hours", "office hours").replace("bank-holiday", "bank holiday");
        match seen.iter_mut().find(|(seen, ..)| *seen == name) {
            Some((_, names, earliest)) => {
                names.push(agreement.name.as_str());
                *earliest = (*earliest).into_iter().chain(until).min();
            }
            None => seen.push((name, vec![agreement.name.as_str()], until)),
        }
    }
    seen.sort_by_key(|(_, names, _)| std::cmp::Reverse(names.len()));
    let say = |named: bool, timed: bool| -> Vec<Piece> {
        let said = seen.iter().map(|(window, names, until)| {
            let who = if named && names.len() <= 2 { format!(" ({})", names.join(", ")) } else { String::new() };
            let until =
                until.filter(|_| timed).map_or_else(String::new, |at| format!(" until {}", words::column(model.rules.zone, at, model.now)));
            format!("{window} {}{who}{until}", names.len())
        });
        vec![Piece::new(format!(" {}", said.collect::<Vec<_>>().join(" · ")), Tone::Muted)]
    };
    let view: Vec<Piece> = view(model).into_iter().collect();
    SummaryRow::fitting(columns, [say(true, true), say(true, false), say(false, false)].map(|left| (left, view.clone())))
}
