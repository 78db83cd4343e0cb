//! The server of a source: its address, where the key is, and who vouches for it. No secret is repeated in a message.

use super::document::{Entry, Table, Value, shown};
use super::files::{self, Files};
use super::problem::Problems;
use super::source::ORDER;
use crate::sources::{Authorities, ServerSettings, TokenSource, is_loopback};

/// Where a key can be, one of these.
const TOKENS: [&str; 4] = ["token_command", "token_file", "token_env", "token"];

/// The server of a source; `None` where something needed is missing or wrong.
pub(super) fn read(table: &Table, files: &Files, problems: &mut Problems) -> Option<ServerSettings> {
    let allow_http = table.get("allow_http").and_then(|v| v.boolean(problems)).unwrap_or(false);
    let url = table.need("url", ORDER, "this source has no url", "add url = \"https://redmine.example.com\"", problems);
    let url = url.and_then(|v| url_of(v, allow_http, problems));
    let token = token(table, files, problems);
    let authorities = match table.get("ca_file") {
        Some(value) => Some(authorities(value, files, problems)?),
        None => None,
    };
    Some(ServerSettings { url: url?, token: token?, authorities })
}

/// Where the secret is. What the configuration says here is never repeated: it could be the secret itself.
fn token(table: &Table, files: &Files, problems: &mut Problems) -> Option<TokenSource> {
    let given: Vec<&Entry> = table.entries.iter().filter(|entry| TOKENS.contains(&entry.key.as_str())).collect();
    let value = match given[..] {
        [one] => &one.value,
        [] => {
            let help =
                "add token_command = [\"pass\", \"show\", \"…\"], token_file = \"…\", a file of mode 0600, or token_env = \"REDMINE_KEY\"";
            problems.missing(&table.place_for("token_file", ORDER), "this source has no token", help);
            return None;
        }
        [first, second, ..] => {
            problems.error(&second.at, format!("{} and {} are both given", first.key, second.key), "leave one of them out");
            return None;
        }
    };
    match given[0].key.as_str() {
        "token_command" => command(value, files, problems),
        "token_file" => {
            let path = value.text(problems)?;
            Some(TokenSource::File(files.resolve(&value.at, path, problems)?))
        }
        "token_env" => variable(value, problems),
        _ => written(value, files, problems),
    }
}

/// A program and its arguments. A program with a slash is a path like any other, one without is looked for in PATH.
fn command(value: &Value, files: &Files, problems: &mut Problems) -> Option<TokenSource> {
    const HELP: &str = "write the program and its arguments, token_command = [\"pass\", \"show\", \"redmine\"]; no shell reads it";
    let list = match value.as_text() {
        Some(_) => value.wrong(problems, "a list", HELP)?,
        None => value.list(problems)?,
    };
    let mut words: Vec<String> = list.iter().map(|word| word.text(problems).map(str::to_owned)).collect::<Option<_>>()?;
    if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
        problems.error(&value.at, "this is no command", HELP);
        return None;
    }
    if words[0].contains('/') {
        words[0] = files.resolve(&list[0].at, &words[0], problems)?.display().to_string();
    }
    Some(TokenSource::Command(words))
}

fn variable(value: &Value, problems: &mut Problems) -> Option<TokenSource> {
    let name = value.text(problems)?;
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || looks_like_a_secret(name) {
        let help = "write the name of a variable, token_env = \"REDMINE_KEY\", and put the token in that variable";
        problems.error(&value.at, "this is not the name of an environment variable", help);
        return None;
    }
    Some(TokenSource::Env(name.to_owned()))
}

/// Redmine's keys are 40 hexadecimal digits; no variable is named so.
fn looks_like_a_secret(name: &str) -> bool {
    name.len() >= 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The key itself, where nobody else can read the file.
fn written(value: &Value, files: &Files, problems: &mut Problems) -> Option<TokenSource> {
    const HELP: &str = "have a command tell it, token_command = [\"pass\", \"show\", \"…\"], or put it in a file of its own, token_file";
    let token = value.text(problems)?;
    if let Some(why) = files.open_to_others(&value.at) {
        problems.error(
            &value.at,
            format!("there is a secret in this file, and {why}"),
            format!("chmod 600 it and change the secret; or {HELP}"),
        );
        return None;
    }
    problems.warning(&value.at, "there is a secret in the configuration: it goes wherever the file is copied", HELP);
    Some(TokenSource::Written(token.into()))
}

fn authorities(value: &Value, files: &Files, problems: &mut Problems) -> Option<Authorities> {
    const HELP: &str = "name a file of certificates in PEM: text with -----BEGIN CERTIFICATE----- in it";
    let path = files.resolve(&value.at, value.text(problems)?, problems)?;
    let shown = shown(&path.display().to_string());
    let read = files::read_file(&path).map_err(|error| format!("'{shown}' cannot be read: {error}"));
    let read = read.and_then(|pem| Authorities::read(&pem).map_err(|why| format!("'{shown}' {why}")));
    read.map_err(|what| problems.error(&value.at, what, HELP)).ok()
}

/// The address of a server. A wrong one is not repeated: it may hold a password.
fn url_of(value: &Value, allow_http: bool, problems: &mut Problems) -> Option<String> {
    const HELP: &str = "write it as \"https://redmine.example.com\"";
    let text = value.text(problems)?;
    let Ok(url) = reqwest::Url::parse(text) else {
        problems.error(&value.at, "this is no address of a server", HELP);
        return None;
    };
    let wrong = if !url.username().is_empty() || url.password().is_some() {
        Some(("there is a user or a password in this address", "leave it out, and use token_command, token_file or token_env"))
    } else if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        Some(("this is no address of a server", HELP))
    } else if url.query().is_some() || url.fragment().is_some() {
        Some(("this address ends in a query", "end it before the ? or #"))
    } else if url.scheme() == "http" && !allow_http && !is_loopback(&url) {
        Some(("over plain http the token can be read by anyone on the way", "use https, or say allow_http = true"))
    } else {
        None
    };
    if let Some((what, help)) = wrong {
        problems.error(&value.at, what, help);
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}
