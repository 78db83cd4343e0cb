//! Random agreements and tickets, close to the clock changes of many zones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use holdover::domain::{Assessment, ClientContact, OnClient, SafeText, SourceName, Status, Ticket, TicketKey};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::plan::{Cell, Entry, OWN, Plan, Row, Spans, Table, Target};
use crate::model::severity;
use crate::model::stage::{WallClock, wall};

pub const DAY: i64 = 86_400;

/// Weeks of a zone around an instant at which its clock changes.
pub struct Scene {
    pub zone: Tz,
    pub change: i64,
    pub clock: Arc<WallClock>,
}

/// A zone and the years whose clock changes are tried. Apia skipped a date in 2011, Kathmandu moved by 15 minutes in 1986,
/// Troll moves by two hours, St John's changed at 00:01; Beirut, Cairo and São Paulo at midnight; Kolkata not at all.
const ZONES: [(Tz, &[i32]); 13] = [
    (Tz::Europe__London, &[2026]),
    (Tz::America__New_York, &[2026]),
    (Tz::Asia__Kolkata, &[2026]),
    (Tz::Asia__Kathmandu, &[1986]),
    (Tz::Australia__Lord_Howe, &[2026]),
    (Tz::Asia__Beirut, &[2026]),
    (Tz::Africa__Cairo, &[2026]),
    (Tz::America__Sao_Paulo, &[2018]),
    (Tz::Pacific__Apia, &[2011, 2012]),
    (Tz::Australia__Adelaide, &[2026]),
    (Tz::America__St_Johns, &[2010]),
    (Tz::Antarctica__Troll, &[2025]),
    (Tz::Africa__Casablanca, &[2025]),
];

static SCENES: LazyLock<Vec<Scene>> = LazyLock::new(|| {
    let scenes = ZONES.iter().flat_map(|(zone, years)| years.iter().flat_map(|year| changes(*zone, *year)));
    scenes
        .map(|(zone, change)| Scene { zone, change, clock: Arc::new(WallClock::new(zone, change - 4 * DAY, change + 17 * DAY)) })
        .collect()
});

/// The instants of a year at which the clock of a zone changes; where it does not, some midnight.
fn changes(zone: Tz, year: i32) -> Vec<(Tz, i64)> {
    let offset = |at: i64| wall(zone, at).and_utc().timestamp() - at;
    let first = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap().timestamp() - DAY;
    let mut found = Vec::new();
    for hour in (first..first + 367 * DAY).step_by(3600) {
        if offset(hour) != offset(hour + 3600) {
            let change = (hour..=hour + 3600).step_by(60).find(|at| offset(*at) == offset(hour + 3600));
            found.push((zone, change.unwrap()));
        }
    }
    if found.is_empty() {
        found.push((zone, wall(zone, first + 167 * DAY).date().and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() - offset(first)));
    }
    found
}

pub fn scene(index: usize) -> &'static Scene {
    &SCENES[index]
}

/// An agreement, and where and when it is tried.
#[derive(Debug, Clone)]
pub struct Contract {
    pub scene: usize,
    pub plan: Plan,
}

fn minute() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => prop::sample::select(vec![0, 1, 15, 30, 60, 90, 105, 120, 130, 150, 180, 240, 1380, 1410, 1440]),
        3 => prop::sample::select(vec![480, 540, 720, 750, 780, 810, 1020, 1050, 1080]),
        1 => 0_u16..=1440,
    ]
}

/// Up to two spans, some of which touch.
fn spans() -> impl Strategy<Value = Spans> {
    (vec(minute(), 0..=4), any::<bool>()).prop_map(|(minutes, touch)| {
        let minutes: Vec<u16> = BTreeSet::from_iter(minutes).into_iter().collect();
        match minutes[..] {
            [] | [_] => Vec::new(),
            [a, b, c] if touch => vec![(a, b), (b, c)],
            [a, b] | [a, b, _] => vec![(a, b)],
            [a, b, c, d, ..] => vec![(a, b), (c, d)],
        }
    })
}

fn week() -> BoxedStrategy<[Spans; 7]> {
    let usual = || vec![(540, 1050)];
    prop_oneof![
        1 => Just(std::array::from_fn(|day| if day < 5 { usual() } else { Vec::new() })),
        1 => Just(std::array::from_fn(|_| vec![(0, 1440)])),
        1 => (0_usize..7, spans()).prop_map(|(only, spans)| std::array::from_fn(|day| if day == only { spans.clone() } else { Vec::new() })),
        4 => (spans(), spans(), vec(0..4, 7)).prop_map(move |(a, b, of)| std::array::from_fn(|day| match of[day] {
            0 => a.clone(),
            1 => b.clone(),
            2 => usual(),
            _ => Vec::new(),
        })),
    ]
    .boxed()
}

fn weekdays(usual: [bool; 7]) -> impl Strategy<Value = [bool; 7]> {
    prop_oneof![3 => Just(usual), 1 => any::<[bool; 7]>()]
}

fn target() -> BoxedStrategy<Target> {
    prop_oneof![
        2 => Just(Target::Covered(0)),
        4 => prop::sample::select(vec![90, 1800, 3600, 5400, 4 * 3600, 8 * 3600, 3 * DAY]).prop_map(Target::Covered),
        2 => (1..4 * 3600_i64).prop_map(Target::Covered),
        2 => (0..3 * 1440_i64).prop_map(|minutes| Target::Elapsed(minutes * 60)),
        2 => (1..=4_u32).prop_map(Target::Days),
        1 => Just(Target::Weeks(1)),
        2 => (1..=4_u32).prop_map(Target::WorkingDays),
        2 => (0..=4_u32).prop_map(Target::WorkingDaysClose),
        1 => ((1..=3_u32), minute().prop_map(|m| m.min(1439))).prop_map(|(n, m)| Target::WorkingDaysAt(n, m)),
    ]
    .boxed()
}

fn entry(channels: Vec<&'static str>) -> impl Strategy<Value = Entry> {
    (target(), any::<bool>()).prop_map(move |(target, chargeable)| Entry { target, channels: channels.clone(), chargeable })
}

fn cell() -> BoxedStrategy<Cell> {
    prop_oneof![
        2 => Just(Vec::new()),
        5 => entry(Vec::new()).prop_map(|e| vec![e]),
        1 => entry(vec!["Phone"]).prop_map(|e| vec![e]),
        2 => (entry(vec!["phone", "desk"]), entry(Vec::new())).prop_map(|(a, b)| vec![a, b]),
        1 => (entry(vec!["email"]), entry(vec!["phone"])).prop_map(|(a, b)| vec![a, b]),
    ]
    .boxed()
}

fn row(windows: usize) -> BoxedStrategy<Row> {
    (proptest::option::of(cell()), vec(proptest::option::weighted(0.4, cell()), windows))
        .prop_map(|(any, of)| {
            let of: BTreeMap<usize, Cell> = of.into_iter().enumerate().filter_map(|(window, cell)| Some((window, cell?))).collect();
            Row { any, of }
        })
        .boxed()
}

fn table(windows: usize) -> BoxedStrategy<Table> {
    let office = (cell(), any::<bool>()).prop_map(|(cell, _)| Row { any: None, of: BTreeMap::from([(0, cell)]) });
    let row = prop_oneof![1 => office, 4 => row(windows)];
    vec(proptest::option::weighted(0.85, row), 5)
        .prop_map(|rows| {
            let mut rows = rows.into_iter();
            std::array::from_fn(|_| rows.next().unwrap())
        })
        .boxed()
}

fn date(scene: usize, around: i64) -> NaiveDate {
    wall(SCENES[scene].zone, SCENES[scene].change + around * DAY).date()
}

/// Dates, hours and windows.
fn calendar(index: usize) -> BoxedStrategy<Plan> {
    let dates = vec(-3..5_i64, 0..3);
    let special = vec((-3..6_i64, spans()), 0..3);
    let own = vec(week(), 0..=OWN.len());
    let days = (weekdays([false, false, false, false, false, true, true]), weekdays([true; 7]));
    (week(), days, dates, proptest::option::weighted(0.3, -2..3_i64), special, own)
        .prop_map(move |(office, days, dates, removed, special, own)| Plan {
            office,
            weekend: days.0,
            working: days.1,
            holidays: dates.iter().skip(1).map(|around| date(index, *around)).collect(),
            yearly: dates.first().map(|around| date(index, *around)).map(|d| (chrono::Datelike::month(&d), chrono::Datelike::day(&d))),
            removed: removed.map(|around| date(index, around)),
            special: special.into_iter().map(|(around, spans)| (date(index, around), spans)).collect(),
            own,
            ..Plan::plain(SCENES[index].zone, Table::default())
        })
        .boxed()
}

pub fn contract() -> BoxedStrategy<Contract> {
    (0..SCENES.len())
        .prop_flat_map(|scene| {
            calendar(scene).prop_flat_map(move |calendar| {
                let windows = 4 + calendar.own.len();
                let tables =
                    (table(windows), proptest::option::weighted(0.5, table(windows)), proptest::option::weighted(0.5, table(windows)));
                let level = proptest::option::weighted(0.5, prop::sample::select(vec!["L1", "L2"]));
                let terms = (any::<bool>(), any::<bool>(), prop::sample::select(vec![0, 20, 50, 99]), level, any::<bool>());
                (tables, terms).prop_map(move |((response, resolve, update), (covered, word, at_risk, support_level, training))| Contract {
                    scene,
                    plan: Plan {
                        response,
                        resolve,
                        update,
                        next_covered_window: covered,
                        word_to_client: word,
                        at_risk,
                        support_level,
                        chargeable_service: training.then_some("Training"),
                        ..calendar.clone()
                    },
                })
            })
        })
        .boxed()
}

/// An instant near a clock change, in seconds after it.
pub fn near() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => (-16..=16_i64).prop_map(|quarters| quarters * 900),
        2 => -4 * 3600..4 * 3600_i64,
        3 => (-48..=48_i64).prop_map(|hours| hours * 3600),
        2 => -2 * DAY..2 * DAY,
    ]
}

/// The same or later, up to four days.
pub fn later() -> impl Strategy<Value = i64> {
    prop_oneof![2 => near(), 1 => 0..4 * DAY, 1 => -3 * DAY..0]
}

fn channel() -> impl Strategy<Value = Option<SafeText>> {
    prop::sample::select(vec![None, Some("phone"), Some("PHONE"), Some("email"), Some("portal")]).prop_map(|c| c.map(SafeText::line))
}

fn instant(after: i64, index: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(SCENES[index].change + after, 0).unwrap()
}

/// A ticket to which nothing has happened.
pub fn new_ticket(index: usize) -> BoxedStrategy<Ticket> {
    (near(), 0..5_usize, channel())
        .prop_map(move |(submitted, of, channel)| {
            let mut ticket = Ticket::new(TicketKey { source: SourceName::new("queue"), key: SafeText::line("1") });
            ticket.client = Some(SafeText::line("acme"));
            ticket.severity = Some(severity(of));
            ticket.channel = channel;
            ticket.submitted_at = Some(instant(submitted, index));
            ticket
        })
        .boxed()
}

/// A ticket to which much may have happened.
pub fn ticket(index: usize) -> BoxedStrategy<Ticket> {
    let at = move |chance: f64| proptest::option::weighted(chance, later().prop_map(move |after| instant(after, index)));
    let word = (at(0.4), at(0.4), at(0.3), at(0.2), at(0.2));
    let contacts = prop_oneof![2 => Just(Vec::new()), 1 => vec((later(), channel()), 1..3)];
    let of = || proptest::option::weighted(0.9, 0..5_usize);
    let assessments = prop_oneof![2 => Just(Vec::new()), 2 => vec((later(), of()), 1..4)];
    let on_client = prop_oneof![3 => Just(Vec::new()), 1 => vec((at(0.9), at(0.6)), 1..3)];
    let status = prop::sample::select(vec![Status::Open, Status::Open, Status::Acknowledged, Status::OnClient, Status::Resolved]);
    let level = prop::sample::select(vec![None, Some("L1"), Some("l2"), Some("L3"), Some("L9")]);
    let odd = (0..10, proptest::option::weighted(0.2, 0..5_usize), at(0.5), 0..20);
    let what = (status, level, any::<bool>(), of(), odd);
    (new_ticket(index), word, contacts, assessments, on_client, what)
        .prop_map(move |(ticket, word, contacts, assessments, on_client, what)| {
            let (status, level, training, now, (unassessed, unassessed_as, first_seen_at, missing)) = what;
            let differs = !assessments.is_empty() && unassessed < 3;
            let last = assessments.iter().max_by_key(|(after, _)| *after).and_then(|(_, of)| *of);
            Ticket {
                severity: if assessments.is_empty() && unassessed > 0 {
                    ticket.severity
                } else if differs {
                    now.map(severity)
                } else {
                    last.map(severity)
                },
                severity_unreadable: unassessed == 9 && now.is_none(),
                unassessed_as: unassessed_as.map(severity),
                submitted_at: ticket.submitted_at.filter(|_| missing > 0),
                first_seen_at,
                status,
                support_level: level.map(SafeText::line),
                service: training.then(|| SafeText::line("training")),
                acknowledged_at: word.0,
                answered_at: word.1,
                last_word_at: word.2,
                resolved_at: word.3,
                severity_seen_at: word.4,
                contacts: contacts.into_iter().map(|(after, channel)| ClientContact { at: instant(after, index), channel }).collect(),
                assessments: assessments
                    .into_iter()
                    .map(|(after, of)| Assessment { at: instant(after, index), severity: of.map(severity) })
                    .collect(),
                on_client: on_client
                    .into_iter()
                    .map(|(from, to)| OnClient { from, to: to.filter(|to| from.is_none_or(|f| f < *to)) })
                    .collect(),
                ..ticket
            }
        })
        .boxed()
}
