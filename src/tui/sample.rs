//! A sample of a theme: the name of every role, as the theme makes it look.

use std::fmt::Write as _;

use ratatui::backend::IntoCrossterm;
use strum::IntoEnumIterator;

use super::theme::{Role, Theme};

/// Each line of the sample, for a terminal of so many columns; what colours it has is up to the theme.
#[must_use]
pub fn sample(theme: &Theme, columns: u16) -> Vec<String> {
    // what colours there are was decided when the theme was painted
    crossterm::style::force_color_output(true);
    let (mut lines, mut free) = (vec![String::new()], usize::from(columns));
    for role in Role::iter() {
        let name = role.name();
        if free <= name.len() && !lines.last().is_some_and(String::is_empty) {
            lines.push(String::new());
            free = usize::from(columns);
        }
        free = free.saturating_sub(name.len() + 1);
        if let Some(line) = lines.last_mut() {
            let style = theme.style(Role::Text).patch(theme.style(role)).into_crossterm();
            // a text is written whatever is in it
            let _ = write!(line, " {}", style.apply(name));
        }
    }
    lines
}
