//! Saved views: filters with a name and a digit. A view is nothing but its filter: whoever types the same lists the same, and
//! can narrow it by typing on.

use super::filter::{Doubt, Filter};
use super::message::Action;
use super::model::{Model, Notice};
use crate::domain::SafeText;

/// A filter with a name and a digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// The key that lists it, 1 to 9.
    pub digit: u8,
    /// Its name.
    pub name: SafeText,
    /// The filter, as one would type it.
    pub filter: SafeText,
}

impl SavedView {
    /// The views of somebody who has saved none: what is to be handled now, what one has, what is held, whom to call back.
    #[must_use]
    pub fn stock() -> Vec<Self> {
        let stock = [("now", "now"), ("mine", "mine"), ("held", "held"), ("call back", "callback")];
        let view = |(digit, (name, filter)): (u8, (&str, &str))| Self { digit, name: SafeText::line(name), filter: SafeText::line(filter) };
        (1..).zip(stock).map(view).collect()
    }

    /// What in its filter cannot be meant as it stands, or may be meant otherwise.
    #[must_use]
    pub fn doubts(filter: &str) -> Vec<Doubt> {
        Filter::doubts(filter)
    }
}

/// The place of the view that an action asks for, as its digit.
pub(super) const fn digit(action: Action) -> Option<u8> {
    Some(match action {
        Action::View1 => 1,
        Action::View2 => 2,
        Action::View3 => 3,
        Action::View4 => 4,
        Action::View5 => 5,
        Action::View6 => 6,
        Action::View7 => 7,
        Action::View8 => 8,
        Action::View9 => 9,
        _ => return None,
    })
}

/// The view that is listed, if what is listed is one.
pub(super) fn listed(model: &Model) -> Option<&SavedView> {
    let filter = model.list.filter();
    model.rules.views.iter().find(|view| view.filter.as_str() == filter)
}

/// Lists the view of a digit, or all where that is listed already.
pub(super) fn turn(model: &mut Model, digit: u8) {
    let Some(view) = model.rules.views.iter().find(|view| view.digit == digit) else {
        let views: Vec<String> = model.rules.views.iter().map(|view| format!("{} {}", view.digit, view.name)).collect();
        let text = format!("there is no view {digit}: there are {} – a [[view]] in the configuration adds one", views.join(", "));
        model.notice = Some(Notice { text, alarm: false });
        return;
    };
    let filter = if model.list.filter() == view.filter.as_str() { String::new() } else { view.filter.to_string() };
    model.list.set_filter(&filter, &model.mine);
}
