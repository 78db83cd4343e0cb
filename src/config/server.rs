//! The server of a source: its address, where the key is, and who vouches for it. No secret is repeated in a message.

use reqwest::header::{HeaderName, HeaderValue};

use super::command;
use super::document::{Entry, Kind, Table, Value, shown};
use super::files::Files;
use super::nearest;
use super::problem::Problems;
use super::source::ORDER;
use crate::sources::{Auth, Authorities, Limits, ServerSettings, TokenSource, is_loopback};

/// Where a key can be, one of these.
const TOKENS: [&str; 4] = ["token_command", "token_file", "token_env", "token"];

/// Keys of every server.
pub(super) const KEYS: [&str; 9] =
    ["url", "token_command", "token_file", "token_env", "token", "ca_file", "allow_http", "max_page", "max_pass"];
/// Keys of a server that is signed in to in a way the configuration chooses.
pub(super) const CHOSEN_KEYS: [&str; 4] = ["auth", "user", "auth_header", "headers"];

/// How a kind of server is signed in to.
#[derive(Clone, Copy)]
pub(super) enum SignIn {
    /// With a key in a header, after something.
    Key(&'static str, &'static str),
    /// With `user`, and the password as the key.
    Password,
    /// As `auth` says.
    Chosen,
}

/// The server of a source; `None` where something needed is missing or wrong.
pub(super) fn read(table: &Table, sign_in: SignIn, files: &Files, problems: &mut Problems) -> Option<ServerSettings> {
    let allow_http = table.get("allow_http").and_then(|v| v.boolean(problems)).unwrap_or(false);
    let url = table.need("url", ORDER, "this source has no url", "add url = \"https://redmine.example.com\"", problems);
    let url = url.and_then(|v| url_of(v, allow_http, problems));
    let auth = auth(table, sign_in, problems);
    let token = match &auth {
        Some(Auth::None) => Some(None),
        _ => token(table, files, problems).map(Some),
    };
    let headers = headers(table, problems);
    let limits = limits(table, problems);
    let authorities = match table.get("ca_file") {
        Some(value) => Some(authorities(value, files, problems)?),
        None => None,
    };
    Some(ServerSettings { url: url?, auth: auth?, token: token?, headers: headers?, limits: limits?, authorities })
}

/// How one signs in.
fn auth(table: &Table, sign_in: SignIn, problems: &mut Problems) -> Option<Auth> {
    const WAYS: [&str; 4] = ["none", "basic", "bearer", "header"];
    let user = |problems: &mut Problems| {
        let help = "add user = \"holdover\": its password is the token";
        table.need("user", ORDER, "this source has no user", help, problems)?.line(problems).map(|user| user.as_str().to_owned())
    };
    match sign_in {
        SignIn::Key(name, prefix) => Some(Auth::Header { name: HeaderName::from_static(name), prefix: prefix.to_owned() }),
        SignIn::Password => Some(Auth::Basic { user: user(problems)? }),
        SignIn::Chosen => {
            let has_token = table.entries.iter().any(|entry| TOKENS.contains(&entry.key.as_str()));
            let Some(value) = table.get("auth") else {
                if !has_token {
                    return Some(Auth::None);
                }
                let help = format!("add auth = \"bearer\": there are {}", WAYS.join(", "));
                problems.missing(&table.place_for("auth", ORDER), "this source has a token, and does not say how it is sent", help);
                return None;
            };
            match value.text(problems)? {
                "none" if has_token => {
                    problems.error(
                        &value.at,
                        "this source has a token that is sent nowhere",
                        "say how, auth = \"bearer\", or leave the token out",
                    );
                    None
                }
                "none" => Some(Auth::None),
                "basic" => Some(Auth::Basic { user: user(problems)? }),
                "bearer" => Some(Auth::Bearer),
                "header" => {
                    let help = "add auth_header = \"X-Api-Key\", the header that the token goes into";
                    let header = table.need("auth_header", ORDER, "this source does not say in which header", help, problems)?;
                    let (name, prefix) = match header.text(problems)?.split_once(": ") {
                        Some((name, prefix)) => (name, format!("{prefix} ")),
                        None => (header.text(problems)?, String::new()),
                    };
                    let Ok(name) = name.parse::<HeaderName>() else {
                        let help = "write \"X-Api-Key\", or with what comes before the token \"Authorization: GenieKey\"";
                        problems.error(&header.at, "this is no header", help);
                        return None;
                    };
                    Some(Auth::Header { name, prefix })
                }
                other => {
                    problems.error(&value.at, format!("'{}' is no way to sign in", shown(other)), nearest::suggest(other, &WAYS));
                    None
                }
            }
        }
    }
}

/// Headers that go with every request; no secret is among them.
fn headers(table: &Table, problems: &mut Problems) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let Some(value) = table.get("headers") else { return Some(Vec::new()) };
    read_headers(value, problems)
}

/// Whether what is called so, a header or a parameter, may hold a secret.
pub(super) fn may_name_a_secret(name: &str) -> bool {
    const SECRETS: [&str; 8] = ["key", "token", "secret", "password", "passwd", "auth", "cookie", "credential"];
    // what is no secret, and has such a word in it
    const HARMLESS: [&str; 10] = [
        "atlassiantoken",
        "idempotencykey",
        "nexttoken",
        "pagetoken",
        "keyword",
        "projectkey",
        "componentkey",
        "issuekey",
        "sortkey",
        "author",
    ];
    let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let rest = HARMLESS.iter().filter(|_| !name.contains("authoriz")).fold(name.clone(), |rest, word| rest.replace(word, ""));
    SECRETS.iter().any(|secret| rest.contains(secret))
}

/// A table of headers.
pub(super) fn read_headers(value: &Value, problems: &mut Problems) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let given = value.table(problems)?;
    let mut headers = Vec::new();
    for entry in &given.entries {
        let text = entry.value.text(problems)?;
        let secret = may_name_a_secret(&entry.key);
        match (entry.key.parse::<HeaderName>(), HeaderValue::from_str(text)) {
            _ if secret => {
                let help = "say auth, and where the token is: token_command, token_file or token_env";
                problems.error(&entry.at, "a secret goes into this header, and no secret belongs in the configuration", help);
                return None;
            }
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.push((name, value));
            }
            _ => {
                problems.error(&entry.at, "this is no header", "write it as headers = { X-Scope-OrgID = \"tenant\" }");
                return None;
            }
        }
    }
    Some(headers)
}

/// How much is read of a server, in MiB.
fn limits(table: &Table, problems: &mut Problems) -> Option<Limits> {
    const MIB: usize = 1024 * 1024;
    let mut limit = |key: &str, usual: usize| {
        let Some(value) = table.get(key) else { return Some(usual) };
        if let Kind::Integer(Some(mib @ 1..=1024)) = &value.kind {
            return usize::try_from(*mib).ok().map(|mib| mib * MIB);
        }
        let help = format!("write a whole number of MiB from 1 to 1024, {key} = {}", usual / MIB);
        problems.error(&value.at, format!("{key} is how many MiB are read at most"), help);
        None
    };
    let usual = Limits::default();
    Some(Limits { page: limit("max_page", usual.page)?, pass: limit("max_pass", usual.pass)? })
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
        "token_command" => command::read(value, files, problems).map(TokenSource::Command),
        "token_file" => {
            let path = value.text(problems)?;
            Some(TokenSource::File(files.resolve(&value.at, path, problems)?))
        }
        "token_env" => variable(value, problems),
        _ => written(value, files, problems),
    }
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
    let read = files.file(&path).map_err(|error| format!("'{shown}' cannot be read: {error}"));
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
