//! What a server answered, and what its status means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::settings::Auth;
use crate::domain::{Fault, FaultKind, SafeText};

/// A server is believed when it wants to be left alone, up to here.
const LONGEST_RETRY_AFTER: u64 = 600;

/// Where servers say how often they can still be asked.
const REMAINING: [&str; 4] = ["x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining", "x-sentry-rate-limit-remaining"];
/// Where they say until when, or for how long, they want to be left alone.
const RESETS: [&str; 4] = ["x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset", "x-sentry-rate-limit-reset"];

/// An answer that came whole.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    pub headers: HeaderMap,
    /// What was asked.
    pub url: Box<Url>,
    /// How we sign in there.
    pub auth: Auth,
}

impl Answer {
    /// Whether the server did it.
    ///
    /// # Errors
    /// What its status means.
    pub fn success(&self) -> Result<(), Fault> {
        let status = self.status;
        let code = status.as_u16();
        if status.is_success() {
            return Ok(());
        }
        let check = self.what_to_check();
        let mut fault = match status {
            StatusCode::NOT_MODIFIED => Fault::new(
                FaultKind::Unintelligible,
                "no answer – the server says that nothing has changed (304), and nobody asked it that – look at what stands before it",
            ),
            s if s.is_redirection() => {
                let to = self.headers.get(LOCATION).and_then(|to| self.url.join(to.to_str().ok()?).ok());
                let to = place(to.as_ref());
                Fault::new(
                    FaultKind::Unintelligible,
                    &format!("the server points to {to} – redirects are not followed with a key – set url to where it is"),
                )
            }
            StatusCode::UNAUTHORIZED => {
                let text = match self.auth {
                    Auth::None => "not signed in – the server wants a login (401) – add auth, user and a token",
                    Auth::Basic { .. } => "not signed in – the server does not know the user or the password (401) – check both",
                    Auth::Bearer | Auth::Header { .. } => "not signed in – the server does not know the key (401) – check the key",
                };
                Fault::new(FaultKind::NotSignedIn, text)
            }
            StatusCode::FORBIDDEN if self.is_limited() => {
                Fault::new(FaultKind::RateLimited, "too many requests (403) – the server wants to be left alone – it is asked again later")
            }
            StatusCode::FORBIDDEN if self.auth == Auth::None => {
                Fault::new(FaultKind::Forbidden, "not allowed – the server wants a login for this (403) – add auth, user and a token")
            }
            StatusCode::FORBIDDEN => {
                Fault::new(FaultKind::Forbidden, "not allowed – the key is known, but may not do this (403) – ask for the right")
            }
            StatusCode::NOT_FOUND => {
                let path = self.url.path();
                let text = format!("not found (404) – the server has no {path}, or the key may not see it – check {check}");
                Fault::new(FaultKind::Unintelligible, &text)
            }
            StatusCode::TOO_MANY_REQUESTS => {
                Fault::new(FaultKind::RateLimited, "too many requests (429) – the server wants to be left alone – it is asked again later")
            }
            s if s.is_server_error() => {
                Fault::new(FaultKind::ServerError, &format!("the server failed ({code}) – look at its log – it is asked again"))
            }
            _ => {
                let words = self.words().map_or_else(|| "nothing".to_owned(), |words| words.to_string());
                let text = format!("the server refused the request ({code}) – it says: {words} – check {check}");
                Fault::new(FaultKind::Unintelligible, &text)
            }
        };
        fault.retry_after = self.retry_after();
        Err(fault)
    }

    /// What may be wrong where the server has not what was asked for.
    fn what_to_check(&self) -> &'static str {
        if self.url.query_pairs().any(|(name, _)| name == "project_id") { "url and project" } else { "url" }
    }

    /// The same of a question for one ticket, which may be there no more.
    ///
    /// # Errors
    /// What its status means.
    pub fn success_of_one(&self, what: &str) -> Result<(), Fault> {
        if !matches!(self.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return self.success();
        }
        let code = self.status.as_u16();
        Err(Fault::new(
            FaultKind::Gone,
            &format!("{what} is not there any more ({code}) – or you may not see it – look for it in the source itself"),
        ))
    }

    /// How long the server wants to be left alone: seconds, or a time by its own clock; no longer than it is believed.
    fn retry_after(&self) -> Option<Duration> {
        let header = |name: &str| self.headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let until = |at: DateTime<Utc>| Some(u64::try_from((at - time(header(DATE.as_str())?)?).num_seconds()).unwrap_or(0));
        let retry_after = header(RETRY_AFTER.as_str()).filter(|said| !said.is_empty());
        let seconds = if let Some(said) = retry_after {
            if said.bytes().all(|b| b.is_ascii_digit()) { said.parse().unwrap_or(u64::MAX) } else { until(time(said)?)? }
        } else if self.is_limited() {
            // seconds, seconds since 1970, or a time: each vendor has its own
            let said = RESETS.iter().find_map(|name| header(name)).filter(|said| !said.is_empty())?;
            // a part of a second is no matter
            match said.split('.').next().unwrap_or(said).parse::<u64>() {
                Ok(epoch) if epoch > 1_000_000_000 => until(DateTime::from_timestamp(i64::try_from(epoch).ok()?, 0)?)?,
                Ok(seconds) => seconds,
                Err(_) => until(iso(said)?)?,
            }
        } else {
            return None;
        };
        Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)))
    }

    /// Whether the server says that we have asked too often.
    fn is_limited(&self) -> bool {
        let none_left = || REMAINING.iter().any(|name| self.headers.get(*name).is_some_and(|left| left.as_bytes() == b"0"));
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::FORBIDDEN => none_left() || self.headers.contains_key(RETRY_AFTER),
            _ => false,
        }
    }

    /// Its body, understood.
    ///
    /// # Errors
    /// That it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|e| {
            let what = if self.looks_like_a_page() {
                "the server answered a web page, not JSON".to_owned()
            } else {
                format!("the answer is not understood: {e}")
            };
            Fault::new(FaultKind::Unintelligible, &format!("{what} – url may be wrong, or a sign-in page stands before it – check url"))
        })
    }

    fn looks_like_a_page(&self) -> bool {
        let html = self.headers.get(CONTENT_TYPE).is_some_and(|t| t.to_str().is_ok_and(|t| t.contains("html")));
        html || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// What the server says of it, in its own words, where it has any.
    pub fn words(&self) -> Option<SafeText> {
        let said = serde_json::from_slice::<Value>(&self.body).ok();
        let errors = said.as_ref().and_then(|v| v.get("errors")).and_then(Value::as_array);
        let message = said.as_ref().and_then(|v| v.get("message"));
        let errors: Vec<&str> = errors.into_iter().flatten().chain(message).filter_map(Value::as_str).collect();
        (!errors.is_empty()).then(|| SafeText::line(&errors.join("; ")))
    }
}

/// Where an address points to, without what may be a secret in it.
pub(super) fn place(url: Option<&Url>) -> String {
    let Some(url) = url else { return "nowhere".to_owned() };
    let (host, port) = (url.host_str().unwrap_or_default(), url.port().map_or_else(String::new, |port| format!(":{port}")));
    format!("{}://{host}{port}{}", url.scheme(), url.path()).chars().take(200).collect()
}

/// A time in a header.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

/// A time in a header as Jira writes it, with seconds or without.
fn iso(text: &str) -> Option<DateTime<Utc>> {
    let without_seconds = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z").ok();
    DateTime::parse_from_rfc3339(text).ok().or_else(without_seconds).map(|at| at.to_utc())
}
