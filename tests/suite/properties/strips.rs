//! The strips of what flips next, as drawn, against the slow model: the sign and the colour of every column are those of the
//! window at the column's instant, whatever the clocks do.

use std::cell::RefCell;
use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use holdover::app::Axis;
use holdover::config;
use holdover::domain::instant;
use holdover::tui::Role;
use proptest::prelude::*;

use super::generate::{DAY, contract, scene};
use super::{at, passed, runner, stage};
use crate::model::stage::in_order;
use crate::screens::{Dashboard, roles, rows};

/// The sign and the role of each window of the model.
const SIGNS: [(char, Role); 6] = [
    ('O', Role::WindowOffice),
    ('.', Role::WindowOut),
    ('w', Role::WindowWeekend),
    ('H', Role::WindowHoliday),
    ('e', Role::Text),
    ('l', Role::Text),
];

/// Keys, and the hours that are then shown.
const SPANS: [(&str, i64); 3] = [("t", 24), ("t t", 72), ("t t t", 168)];

fn axis(now: DateTime<Utc>, hours: i64, columns: u16, name: usize) -> Axis {
    // a column on each side stays free, and one after the name
    let room = usize::from(columns) - 2;
    Axis::new(now, TimeDelta::hours(hours), room - (name.clamp(6, 20).min(room / 4) + 1))
}

#[test]
fn every_column_is_the_window_at_its_instant() {
    let seen: RefCell<BTreeSet<char>> = RefCell::default();
    let theme = roles();
    let sizes = prop::sample::select(vec![(40, 12), (80, 24), (120, 40), (200, 50)]);
    passed(runner(8).run(&(contract(), -2 * DAY..2 * DAY, 0..SPANS.len(), sizes), |(contract, after, span, size)| {
        let now = at(scene(contract.scene).change + after);
        let stage = stage(&contract);
        let settings = config::parse(&contract.plan.configuration(), "config.toml", &[]).unwrap();
        let name = settings.agreements.all()[0].name.to_string();
        let mut dashboard = Dashboard::new(settings, &instant::rfc3339(now), size);
        let (keys, hours) = SPANS[span];
        dashboard.press(keys);
        let axis = axis(now, hours, size.0, name.chars().count());
        prop_assert!(axis.at(0) == now && axis.end() >= now + TimeDelta::hours(hours));
        let buffer = dashboard.buffer(&theme);
        let drawn = rows(&buffer);
        let row = drawn.iter().position(|row| row.starts_with(&format!(" {name} ")));
        let Some(row) = row else { return Err(TestCaseError::fail(format!("no strip of {name} in\n{}", drawn.join("\n")))) };
        let first = drawn[row].chars().count().checked_sub(axis.columns()).unwrap();
        for column in 0..axis.columns() {
            let instant = axis.at(column);
            prop_assert_eq!(axis.column_of(instant), Some(column));
            let window = in_order(stage.windows_at(instant.timestamp())).next().unwrap();
            let (sign, role) = SIGNS[window];
            let cell = &buffer[(u16::try_from(first + column).unwrap(), u16::try_from(row).unwrap())];
            prop_assert!(
                cell.symbol() == sign.to_string() && cell.fg == theme.style(role).fg.unwrap(),
                "{instant}: {:?}, not {sign} as {}, in\n{}\n{}",
                cell,
                role.name(),
                drawn.join("\n"),
                contract.plan.configuration()
            );
            seen.borrow_mut().insert(sign);
        }
        Ok(())
    }));
    assert_eq!(seen.into_inner(), SIGNS.map(|(sign, _)| sign).into(), "each window comes up");
}
