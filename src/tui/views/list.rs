//! The lines of the list: what is short stands in fixed columns, the free text is cut between them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use super::{text, text_to};
use crate::app::{Ack, Action, Flag, Help, ListLine, Mark, RowLabels, cut, heading};
use crate::domain::{Group, Severity};
use crate::tui::theme::{Role, Theme};

/// Longest key that is shown whole beside a title.
const KEY: usize = 14;

/// Columns of a client's name, on a list that has room to spare for it.
const CLIENT: u16 = 18;

/// Where the columns of an area begin and end.
struct Columns {
    severity: u16,
    cursor: u16,
    mark: u16,
    flags: u16,
    key: Option<u16>,
    title: u16,
    client: Option<u16>,
    /// The columns of time end before these.
    left: u16,
    due: Option<u16>,
    owner: u16,
    end: u16,
}

impl Columns {
    fn wide(area: Rect, lines: &[ListLine]) -> Self {
        let labels = lines.iter().filter_map(|line| match line {
            ListLine::Ticket { labels, .. } | ListLine::Gone { labels, .. } => Some(labels.key.as_str().width().min(KEY)),
            _ => None,
        });
        let key = u16::try_from(labels.max().unwrap_or(0)).unwrap_or(0).max(7);
        let owner = area.right() - if area.width >= 100 { 12 } else { 6 };
        Self {
            severity: area.x + 1,
            cursor: area.x + 4,
            mark: area.x + 5,
            flags: area.x + 6,
            key: Some(area.x + 9),
            title: area.x + 9 + key + 2,
            client: (area.width >= 110).then(|| owner - 23 - CLIENT),
            left: owner - 12,
            due: Some(owner - 2),
            owner,
            end: area.right(),
        }
    }

    fn compact(area: Rect) -> Self {
        let end = area.right() - 1;
        Self {
            severity: area.x + 1,
            cursor: area.x + 3,
            mark: area.x + 4,
            flags: area.x + 5,
            key: None,
            // a letter among the flags is no letter of the title
            title: area.x + 7,
            client: None,
            left: end,
            due: None,
            owner: end,
            end,
        }
    }

    /// Where a line has the sign of the cursor, if that is on it: before a heading, for that begins further left.
    const fn sign_of_cursor(&self, area: Rect, line: &ListLine) -> Option<u16> {
        match line {
            ListLine::Folded { selected: true, heading: Some(_), .. } => Some(area.x),
            ListLine::Ticket { selected: true, .. } | ListLine::Folded { selected: true, .. } | ListLine::Gone { .. } => Some(self.cursor),
            _ => None,
        }
    }
}

/// Draws the lines, or what is said where there are none; returns where the row under the cursor has its sign.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    lines: &[ListLine],
    empty: Option<&str>,
    (theme, help): (&Theme, &Help),
    compact: bool,
) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let columns = if compact { Columns::compact(area) } else { Columns::wide(area, lines) };
    let mut rows = area.y..area.bottom();
    if let Some(empty) = empty {
        for (line, y) in textwrap::wrap(empty, usize::from(area.width.saturating_sub(2)).max(1)).iter().zip(&mut rows) {
            text(buffer, Position::new(area.x + 1, y), line, area.right(), theme.style(Role::Text));
        }
    }
    let mut cursor = None;
    for (line, y) in lines.iter().zip(rows) {
        let row = Row { y, columns: &columns, theme, help };
        row.draw(buffer, area, line);
        if let Some(x) = columns.sign_of_cursor(area, line) {
            text(buffer, row.at(x), "▌", area.right(), theme.style(Role::Mark));
            cursor = Some(row.at(x));
        }
    }
    cursor
}

/// One line and where it goes.
struct Row<'a> {
    y: u16,
    columns: &'a Columns,
    theme: &'a Theme,
    help: &'a Help,
}

impl Row<'_> {
    fn at(&self, x: u16) -> Position {
        Position::new(x, self.y)
    }

    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, line: &ListLine) {
        let c = self.columns;
        match line {
            ListLine::Heading { group, counts, columns } => {
                text(buffer, self.at(area.x + 1), &format!("{} {counts}", heading(*group)), area.right(), self.heading_style(*group));
                if let (Some((left, due)), Some(due_end)) = (columns, c.due) {
                    text_to(buffer, c.left - 9, c.left, self.y, left, self.style(Role::Muted));
                    text_to(buffer, due_end - 9, due_end, self.y, due, self.style(Role::Muted));
                    text(buffer, self.at(c.client.unwrap_or(c.end)), "CLIENT", c.end, self.style(Role::Muted));
                }
                if c.due.is_some() {
                    text(buffer, self.at(c.owner), "OWNER", c.end, self.style(Role::Muted));
                }
            }
            ListLine::Ticket { labels, first_of_severity, marked, selected } => {
                text(buffer, self.at(area.x), if *marked { "*" } else { "" }, area.right(), self.style(Role::Mark));
                self.ticket(buffer, labels, *first_of_severity, *selected);
                match (&labels.ack, c.due) {
                    (Some(ack), Some(_)) => {
                        text(
                            buffer,
                            self.at(c.left + 2),
                            &cut(&ack.short(self.help.key(Action::Undo)), usize::from(c.end - c.left - 2)),
                            c.end,
                            self.style(ack_role(ack)),
                        );
                    }
                    (Some(ack), None) => {
                        text_to(buffer, c.left - 9, c.left, self.y, &ack.short(self.help.key(Action::Undo)), self.style(ack_role(ack)));
                    }
                    (None, Some(due)) => {
                        text_to(buffer, due - 9, due, self.y, &labels.due, self.style(Role::Text));
                        let owner = labels.owner.as_ref().map_or("-", |owner| owner.as_str());
                        text(buffer, self.at(c.owner), &cut(owner, usize::from(c.end - c.owner)), c.end, self.style(Role::Text));
                    }
                    (None, None) => {}
                }
            }
            ListLine::Folded { heading: group, text: what, alarm, selected } => {
                let (start, what, style) = match group {
                    Some(group) => (area.x + 1, format!("{} {what}", heading(*group)), self.heading_style(*group)),
                    None if *alarm => (c.key.unwrap_or(c.title), what.clone(), self.style(Role::Unassessed)),
                    None => (c.title, what.clone(), self.style(Role::Muted)),
                };
                let fold = self.help.key(Action::Fold);
                let hint = if c.due.is_some() { format!("{fold} unfolds") } else { fold.to_owned() };
                let end = area.right() - 2 - u16::try_from(hint.width()).unwrap_or(0);
                let style = if *selected { style.patch(self.style(Role::Selection)) } else { style };
                text(buffer, self.at(start), &cut(&what, usize::from(end.saturating_sub(start + 1))), end, style);
                text(buffer, self.at(end + 1), &hint, area.right(), self.style(Role::Muted));
            }
            ListLine::Gone { labels, why } => {
                let start = c.key.unwrap_or(c.title);
                let what = format!("{}  {why}", labels.key);
                text(buffer, self.at(start), &cut(&what, usize::from(c.end - start)), c.end, self.style(Role::SourceStale));
            }
            ListLine::Trouble { text: what, blind } => {
                let (sign, role) = if *blind { ("!!", Role::SourceDown) } else { ("!", Role::SourceStale) };
                let what = format!("{sign} {what}");
                text(buffer, self.at(area.x + 1), &cut(&what, usize::from(area.width - 1)), area.right(), self.style(role));
            }
            ListLine::More { text: what, alarm } => {
                let role = if *alarm { Role::Breached } else { Role::Muted };
                text(buffer, self.at(c.title), what, area.right(), self.style(role));
            }
        }
    }

    fn ticket(&self, buffer: &mut Buffer, labels: &RowLabels, first_of_severity: bool, selected: bool) {
        let c = self.columns;
        if first_of_severity {
            let (severity, role) = severity(labels.severity);
            text(buffer, self.at(c.severity), severity, c.cursor, self.style(role));
        }
        let (mark, role) = mark(labels.mark);
        text(buffer, self.at(c.mark), mark, c.end, self.style(role));
        let room = usize::from(if c.key.is_some() { 2_u16 } else { 1 });
        for (flag, x) in labels.flags.iter().take(room).zip(c.flags..) {
            text(buffer, self.at(x), flag_sign(*flag), c.end, self.style(Role::Key));
        }
        let key_style = self.style(if selected { Role::Selection } else { Role::Text });
        if let Some(key) = c.key {
            text(buffer, self.at(key), &cut(labels.key.as_str(), usize::from(c.title - 2 - key)), c.title, key_style);
        }
        let time = if labels.left.is_empty() { "-" } else { &labels.left };
        let time = if c.key.is_none() && labels.mark == Mark::InHand { format!("word {time}") } else { time.to_owned() };
        let width = u16::try_from(time.width()).unwrap_or(9).max(9);
        let title_style = if c.key.is_none() && selected { key_style } else { self.style(Role::Text) };
        let title_end = c.client.map_or(c.left.saturating_sub(width + 1), |client| client - 2);
        let title = cut(labels.title.as_str(), usize::from(title_end.saturating_sub(c.title)));
        text(buffer, self.at(c.title), &title, title_end, title_style);
        if let Some(at) = c.client {
            let client = labels.client.as_ref().map_or("-", |client| client.as_str());
            text(buffer, self.at(at), &cut(client, usize::from(CLIENT)), c.end, self.style(Role::Text));
        }
        if c.due.is_some() || labels.ack.is_none() {
            let role = match labels.mark {
                // nothing is known that could stand out
                _ if labels.left == "-" => Role::Muted,
                // it is in hand, and the next word is late
                Mark::InHand if labels.left.starts_with('-') => Role::AtRisk,
                _ => role,
            };
            text_to(buffer, c.left.saturating_sub(width), c.left, self.y, &time, self.style(role));
        }
    }

    fn heading_style(&self, group: Group) -> Style {
        self.style(match group {
            Group::Decide | Group::Unanswered => Role::NowHeader,
            Group::InHand | Group::OnClient | Group::Outside => Role::Header,
            Group::Held => Role::HeldHeader,
        })
    }
}

const fn severity(severity: Option<Severity>) -> (&'static str, Role) {
    match severity {
        None => ("?", Role::Unassessed),
        Some(Severity::S1) => ("S1", Role::S1),
        Some(Severity::S2) => ("S2", Role::S2),
        Some(Severity::S3) => ("S3", Role::S3),
        Some(Severity::S4) => ("S4", Role::S4),
        Some(Severity::S5) => ("S5", Role::S5),
    }
}

const fn mark(mark: Mark) -> (&'static str, Role) {
    match mark {
        Mark::Decide => ("?", Role::Unassessed),
        Mark::Breached => ("✗", Role::Breached),
        Mark::AtRisk => ("!", Role::AtRisk),
        Mark::Paused => ("‖", Role::Paused),
        Mark::Held => ("·", Role::Text),
        Mark::InHand => ("@", Role::Met),
        Mark::None => (" ", Role::Running),
    }
}

const fn flag_sign(flag: Flag) -> &'static str {
    match flag {
        Flag::Stale => "~",
        Flag::Chargeable => "£",
        Flag::CallBack => "c",
        Flag::More => "+",
    }
}

const fn ack_role(ack: &Ack) -> Role {
    match ack {
        ack if ack.failed() => Role::Error,
        Ack::Waiting { .. } => Role::AtRisk,
        Ack::Writing | Ack::Held { .. } | Ack::Sending { .. } => Role::Muted,
        Ack::Ended { .. } => Role::Ok,
    }
}
