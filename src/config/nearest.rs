//! The nearest name, for "did you mean".

/// How alike two names must be to suggest one for the other.
const ALIKE: f64 = 0.7;

/// The name most like the one written, if any is alike.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// Whether a name is so like another that it can only be a slip of the finger.
pub(super) fn is_slip<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> bool {
    known.into_iter().any(|name| strsim::damerau_levenshtein(name, written) <= 2)
}

/// What to write instead: the nearest name first, then all of them.
pub(super) fn suggest(written: &str, known: &[&str]) -> String {
    let all = known.join(", ");
    match nearest(written, known.iter().copied()) {
        Some(name) => format!("did you mean '{name}'? There are {all}"),
        None => format!("there are {all}"),
    }
}
