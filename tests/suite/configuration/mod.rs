//! valid, invalid and mutated configurations.

mod files;

use holdover::config::Problem;

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
