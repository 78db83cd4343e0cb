//! What is typed under `--plain`, a line each, and what is answered. A key is a whole one, and never guessed.

use chrono::TimeDelta;

use super::board::{Board, BoardRow};
use super::detail;
use super::message::Effect;
use super::model::Model;
use super::plain_words as say;
use super::prompt::MOST;
use super::source::Health;
use super::{doing, prompt, taking};
use crate::domain::{Deed, DeedKind, Group, SafeText, TicketKey, explain};

/// Most bytes of a line: a note of so many characters as one may have, and a key.
pub const MOST_TYPED: usize = 4 * MOST + LONGEST_KEY;

/// Most bytes of a key with its source.
const LONGEST_KEY: usize = 2048;

/// What can be typed.
const HELP: [&str; 6] = [
    "ack KEY acknowledges a ticket; what its source says of that is told.",
    "why KEY says why it must be handled now, or why it is held.",
    "note KEY TEXT writes an internal note, which the client cannot read.",
    "list says how everything stands, ticket by ticket.",
    "quit, or the end of what is typed, leaves.",
    "KEY is the key of a ticket, or SOURCE/KEY where several sources have it.",
];

/// What is answered to a line that was typed, and what the world must do.
pub fn answer(model: &mut Model, line: &str) -> (Vec<String>, Vec<Effect>) {
    model.key_pressed();
    let line = line.trim();
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let done = match verb.to_ascii_lowercase().as_str() {
        "" => Ok((Vec::new(), Vec::new())),
        "ack" => ack(model, rest),
        "why" => find(model, rest).map(|key| (why(model, &key), Vec::new())),
        "note" => note(model, rest),
        "list" => Ok((list(model), Vec::new())),
        "help" => Ok((HELP.map(str::to_owned).to_vec(), Vec::new())),
        "quit" => Ok((Vec::new(), vec![Effect::Quit])),
        _ => {
            Err(format!("'{}' cannot be typed here – there is ack KEY, why KEY, note KEY TEXT, list, help and quit", SafeText::line(verb)))
        }
    };
    done.unwrap_or_else(|wrong| (vec![say::sentence(&wrong)], Vec::new()))
}

/// The ticket that somebody typed.
///
/// # Errors
/// There is none, or there may be several.
fn find(model: &Model, typed: &str) -> Result<TicketKey, String> {
    if typed.is_empty() {
        return Err("which ticket? – its key is missing – list names them".to_owned());
    }
    let found = model.store.find(typed).map_err(|ambiguous| {
        let candidates: Vec<String> = ambiguous.candidates.iter().map(ToString::to_string).collect();
        format!("{ambiguous} – it may mean {} – name the source", candidates.join(" or "))
    })?;
    let found = found.map(|ticket| ticket.id.clone());
    found.ok_or_else(|| format!("no ticket '{}' – no source that answered has it – list names them", SafeText::line(typed)))
}

/// The same, for a deed: a key alone is not enough while a source is silent that may have it too.
fn find_sure(model: &Model, typed: &str) -> Result<TicketKey, String> {
    let key = find(model, typed)?;
    let health = model.store.health(model.now);
    let silent = health.iter().find(|source| source.name != key.source && (source.as_of.is_none() || !source.complete));
    match silent.filter(|_| key.to_string() != typed) {
        None => Ok(key),
        Some(silent) => Err(format!(
            "'{}' is in {} – but {} did not tell all it has and may have it too – say {key}",
            SafeText::line(typed),
            key.source,
            silent.name
        )),
    }
}

fn ack(model: &mut Model, typed: &str) -> Result<(Vec<String>, Vec<Effect>), String> {
    doing::nothing_is_sent(model)?;
    let key = find_sure(model, typed)?;
    let (Board { rows, resolved, .. }, name) = (&*model.board, model.name_of(&key));
    let row = rows.iter().chain(resolved).find(|row| row.ticket.id == key).cloned();
    let row = row.ok_or_else(|| format!("{name} is not acknowledged: it is not on the board"))?;
    // a whole key was typed: there is nothing to undo
    let effect = taking::take_after(model, &row, TimeDelta::zero())?;
    Ok((vec![format!("{name}: being sent; its source has not said yet.")], vec![effect]))
}

fn note(model: &mut Model, typed: &str) -> Result<(Vec<String>, Vec<Effect>), String> {
    doing::nothing_is_sent(model)?;
    let (key, text) = key_and_text(model, typed)?;
    doing::possible_for(model, &key, DeedKind::Note)?;
    if text.is_empty() {
        return Err("nothing was written – the text is missing – note KEY TEXT".to_owned());
    }
    if text.chars().count() > MOST {
        return Err(format!("nothing was written – a note has {MOST} characters at most – shorten it"));
    }
    let name = model.name_of(&key);
    let effects = prompt::tell(model, key, Deed::Note { text: SafeText::body(&text) });
    Ok((vec![format!("{name}: internal note being sent; its source has not said yet.")], effects))
}

/// A key and a text. A key may have spaces in it: the longest that is one is meant.
fn key_and_text(model: &Model, typed: &str) -> Result<(TicketKey, String), String> {
    // a longer text is no key, and is not looked for
    let spaces = typed.char_indices().filter(|(_, letter)| letter.is_whitespace()).map(|(end, _)| end);
    let mut ends = spaces.chain([typed.len()]).filter(|end| *end <= LONGEST_KEY);
    let longest = ends.rfind(|end| !matches!(model.store.find(&typed[..*end]), Ok(None)));
    let end = longest.or_else(|| typed.find(char::is_whitespace)).unwrap_or(typed.len());
    Ok((find_sure(model, &typed[..end])?, typed[end..].trim().to_owned()))
}

/// How everything stands: the counts, the sources that are not to be trusted, and every ticket that the agreement may cover.
fn list(model: &Model) -> Vec<String> {
    let health = model.store.health(model.now);
    let troubles = health.iter().filter(|source| source.heard && source.health != Health::Ok);
    let rows = model.board.rows.iter().filter(|row| row.verdict.group != Group::Outside);
    let troubles = troubles.map(|source| say::source(model, source));
    std::iter::once(say::summary(model)).chain(troubles).chain(rows.map(|row| say::ticket(model, row, ""))).collect()
}

/// Why a ticket must be handled now, or is held: each step with where the contract, or the configuration, says so.
fn why(model: &Model, key: &TicketKey) -> Vec<String> {
    let mut rows = model.board.rows.iter().chain(&model.board.resolved);
    let Some(row) = rows.find(|row| row.ticket.id == *key) else { return vec![say::gone(model, key)] };
    let (detail, _) = detail::detail(model, row);
    let mut lines = vec![head(model, row), format!("Title: {}", detail.title)];
    lines.extend(model.acks.get(key).and_then(|ack| say::deed(model, key, DeedKind::Acknowledge, ack)));
    lines.extend(model.deeds.of(key).and_then(|(kind, ack)| say::deed(model, key, kind, ack)));
    for step in explain(&row.ticket, &model.rules.agreements, model.now, model.rules.zone) {
        let said: Vec<&str> = [step.when.as_str(), step.text.as_str()].into_iter().filter(|said| !said.is_empty()).collect();
        let file = step.file.map(|file| step.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")));
        let origin: Vec<String> = step.clause.into_iter().chain(file).collect();
        let origin = if origin.is_empty() { String::new() } else { format!(" ({})", origin.join(", ")) };
        lines.push(format!("{}: {}{origin}", step.what, said.join(", ")));
    }
    for line in &detail.lines {
        let label = match line.label {
            "CALL" => "Call",
            "NOTE" => "Note",
            "ALSO" => "Also",
            "PAGE" => "Page",
            _ => continue,
        };
        lines.push(format!("{label}: {}", line.text));
    }
    // each line says that it is the client's: none can pass for a sentence of ours
    let text = detail.description.as_ref().map_or("", SafeText::as_str);
    lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("Text: {line}")));
    lines
}

fn head(model: &Model, row: &BoardRow) -> String {
    if doing::gone(model, &row.ticket.id).is_some() {
        return say::gone(model, &row.ticket.id);
    }
    say::ticket(model, row, "")
}
