//! How the rows and columns of the terminal are shared out, and which lines of the list come to stand where.

use super::lines::{self, Line, Room};
use super::model::Model;
use super::prompt;
use super::source::Health;

/// How much the terminal has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Below 30x8: one row of counts.
    Tiny,
    /// Below 60 columns.
    Compact,
    /// Below 110 columns: list over detail.
    Stacked,
    /// List beside detail.
    Wide,
}

impl Size {
    /// Of a terminal of so many columns and rows.
    #[must_use]
    pub const fn of(columns: u16, rows: u16) -> Self {
        match columns {
            _ if columns < 30 || rows < 8 => Self::Tiny,
            0..60 => Self::Compact,
            60..110 => Self::Stacked,
            110.. => Self::Wide,
        }
    }

    /// Rows of the header.
    #[must_use]
    pub const fn header(self) -> u16 {
        match self {
            Self::Tiny => 1,
            Self::Compact => 2,
            Self::Stacked | Self::Wide => 3,
        }
    }

    /// Rows of the footer, with the rule above it.
    #[must_use]
    pub const fn footer(self) -> u16 {
        match self {
            Self::Tiny => 0,
            Self::Compact => 1,
            Self::Stacked | Self::Wide => 2,
        }
    }

    /// Rows of the detail below a long list, with the rule above it, where there is room for all of it.
    pub(super) const fn detail(self) -> u16 {
        match self {
            Self::Tiny | Self::Wide => 0,
            Self::Compact => 4,
            Self::Stacked => 7,
        }
    }
}

/// The screen shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How much there is room for.
    pub size: Size,
    /// Rows of the list.
    pub list: u16,
    /// Columns of the list.
    pub list_columns: u16,
    /// Rows of the detail below it, with its rule; 0 where the list needs them, and where it stands beside.
    pub detail: u16,
    /// Rows of the footer, or of what asks for a text in its place.
    pub footer: u16,
}

/// The list on the screen.
pub(super) struct Placed {
    pub layout: Layout,
    pub lines: Vec<Line>,
    /// The first line shown.
    pub top: usize,
    /// The line of the cursor.
    pub cursor: Option<usize>,
}

/// Shares out the screen of a model.
pub(super) fn place(model: &Model) -> Placed {
    let (columns, rows) = model.size;
    let size = Size::of(columns, rows);
    let compact = matches!(size, Size::Compact | Size::Tiny);
    let troubles = troubles(model);
    let footer = prompt::view(model).filter(|_| size != Size::Tiny).map_or(size.footer(), |prompt| prompt.height());
    let room = rows.saturating_sub(size.header() + footer + banner(model));
    let detail = detail_rows(lines::least(&model.list, compact), room, size.detail());
    let list = room - detail;
    let list_columns = if size == Size::Wide { columns - (columns * 2 / 5).min(76) } else { columns };
    let lines = lines::lines(&model.list, Room { height: usize::from(list.max(1)), compact }, &troubles);
    // what the list leaves is the detail's; where no ticket is listed, somebody must read what that means
    let left =
        if detail == 0 || model.list.groups().is_empty() { 0 } else { list.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX)) };
    let (list, detail) = (list - left, detail + left);
    let cursor = model.list.cursor_line(&lines);
    let top = lines::top(lines.len(), troubles.len(), cursor, model.list.top(), usize::from(list));
    Placed { layout: Layout { size, list, list_columns, detail, footer }, lines, top, cursor }
}

/// Rows of what says that it is not now.
pub(super) fn banner(model: &Model) -> u16 {
    u16::from(model.time_machine.is_some())
}

/// Fewest rows of a detail that still say something, with the rule.
const LEAST_DETAIL: u16 = 4;

/// Rows of the detail: fewer where what never folds needs them, and none where even what nobody has taken does.
fn detail_rows((least, untaken): (usize, usize), room: u16, most: u16) -> u16 {
    let left_by = |lines: usize| room.saturating_sub(u16::try_from(lines).unwrap_or(u16::MAX));
    let wanted = left_by(least).max(LEAST_DETAIL).min(most);
    // one row below what nobody has taken says that there is more
    let rows = wanted.min(left_by(untaken + 1));
    if rows < LEAST_DETAIL { 0 } else { rows }
}

/// The sources that are not to be trusted and have been heard of, by their places.
fn troubles(model: &Model) -> Vec<usize> {
    let health = model.store.health(model.now);
    health.iter().enumerate().filter(|(_, s)| s.health != Health::Ok && s.heard).map(|(place, _)| place).collect()
}
