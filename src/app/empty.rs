//! What is said where no ticket is listed: that is calm only where every source has told all.

use super::model::Model;
use super::saved_view;
use super::source::{Health, SourceHealth};

/// What an empty list means.
pub(super) fn meaning(model: &Model) -> String {
    let health = model.store.health(model.now);
    let names = |of: &dyn Fn(&SourceHealth) -> bool| -> String {
        health.iter().filter(|s| of(s)).map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (asking, silent) = (names(&|s| !s.heard), names(&|s| s.heard && s.health != Health::Ok));
    if let Some(view) = saved_view::listed(model) {
        format!("Nothing is in the view {}; esc lists all.", view.name)
    } else if !model.list.filter().is_empty() {
        "Nothing matches the filter; esc clears it.".to_owned()
    } else if health.is_empty() {
        "There is no source, so no ticket can be shown. `holdover check` says more.".to_owned()
    } else if !silent.is_empty() {
        format!("This is no calm: {silent} did not tell all.")
    } else if model.counts.now() > 0 {
        // not listed yet
        String::new()
    } else if !asking.is_empty() {
        format!("Asking {asking} …")
    } else {
        format!("Nothing is open in {}.", names(&|_| true))
    }
}
