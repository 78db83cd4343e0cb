//! The severities of a ticket that is being assessed, one below the other: where it would stand, by when, and who would pay.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bars::rule;
use super::{Role, Theme, rows, text};
use crate::app::{Action, AssessRow, Help, cut};

/// The columns of a row: digit, cursor, severity, group, due, bill, name.
const COLUMNS: [u16; 7] = [1, 3, 4, 7, 18, 28, 40];

/// Draws them; returns where the chosen one has its sign.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    head: &str,
    title: &str,
    severities: &[AssessRow],
    (theme, help): (&Theme, &Help),
) -> Option<Position> {
    let below = rule(buffer, rows(area, 0, 1), head, theme.style(Role::Header), theme).bottom();
    let [digit, cursor, severity, group, due, bill, name] = COLUMNS.map(|column| area.x + column);
    let mut y = below;
    let mut write = |x: u16, y: u16, what: &str, role: Role| {
        if y < area.bottom() {
            let what = cut(what, usize::from(area.right().saturating_sub(x)));
            text(buffer, Position::new(x, y), &what, area.right(), theme.style(role));
        }
    };
    if severities.is_empty() {
        return None;
    }
    // the title, the names of the columns and what can be done, where there is room for them
    if area.height > 6 {
        write(digit, y, title, Role::Header);
        y += 1;
    }
    if area.height > 7 {
        for (x, what) in [(group, "THEN"), (due, "DUE"), (bill, "WORK IS"), (name, "MEANING")] {
            write(x, y, what, Role::Muted);
        }
        y += 1;
    }
    let room = usize::from(area.bottom().saturating_sub(y));
    // on the smallest pane not all five have room: the chosen one always has
    let above = severities.iter().position(|row| row.chosen).map_or(0, |chosen| (chosen + 1).saturating_sub(room));
    let mut place = None;
    for row in &severities[above..] {
        let plain = if row.chosen { Role::Selection } else { Role::Text };
        write(digit, y, &(row.severity.index() + 1).to_string(), Role::Key);
        if row.chosen {
            write(cursor, y, "▌", Role::Mark);
            place = Some(Position::new(cursor, y)).filter(|at| at.y < area.bottom());
        }
        write(severity, y, &row.severity.to_string(), plain);
        write(group, y, row.group, if row.late { Role::Breached } else { plain });
        write(due, y, &row.due, if row.late { Role::Breached } else { plain });
        write(bill, y, row.bill, plain);
        write(name, y, &row.name, plain);
        y += 1;
    }
    let keys = format!("1 to 5 assesses; {} {} enter; esc leaves", help.key(Action::Down), help.key(Action::Up));
    write(digit, y, &keys, Role::Muted);
    place
}
