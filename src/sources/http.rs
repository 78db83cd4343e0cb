//! One HTTP client a source: sign-in, time-outs, caps, and what a status means. Follows no redirect, keeps no cookie.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::{Fault, FaultKind, SafeText};

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(10);
const WHOLE_REQUEST: Duration = Duration::from_secs(30);
/// Largest answer to one request.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Largest sum of answers in one pass.
const MOST_BYTES_A_PASS: usize = 64 * 1024 * 1024;
/// A server is believed when it wants to be left alone, up to here.
const LONGEST_RETRY_AFTER: u64 = 600;

/// A client of one server.
pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    key: SecretString,
}

/// An answer that came whole.
pub(super) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
    headers: HeaderMap,
}

/// How many bytes a pass may still read.
pub(super) struct Budget(usize);

impl Budget {
    pub const fn of_a_pass() -> Self {
        Self(MOST_BYTES_A_PASS)
    }
}

/// Why there is no answer.
pub(super) struct NoAnswer {
    pub fault: Fault,
    /// The request may have reached the server all the same.
    pub may_have_arrived: bool,
}

impl Http {
    /// A client that signs in with a header. The settings have made sure that a plain address is meant to be one.
    ///
    /// # Errors
    /// An address or a key that no request can be made of.
    pub fn new(base: &str, sign_in: (HeaderName, &SecretString)) -> Result<Self, Fault> {
        let base = Url::parse(&format!("{}/", base.trim_end_matches('/')));
        let base =
            base.map_err(|e| fault(FaultKind::Unintelligible, &format!("url is no address – {e} – write it as https://host/path")))?;
        let (name, secret) = sign_in;
        let mut value = HeaderValue::from_str(secret.expose_secret())
            .map_err(|_| fault(FaultKind::NotSignedIn, "the key cannot be sent – it has characters that no key has – copy it again"))?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let loopback = matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("holdover/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .timeout(WHOLE_REQUEST);
        if loopback {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|e| fault(FaultKind::Unreachable, &format!("no connection can be made – {} – see TLS and proxies", told(e))))?;
        Ok(Self { client, base, key: secret.clone() })
    }

    /// The address of a path of the server.
    pub fn address(&self, path: &str) -> Url {
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }

    /// Asks for JSON; whatever is not a success is a fault.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)], budget: &mut Budget) -> Result<T, Fault> {
        let mut url = self.address(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.send(Method::GET, url, None, budget).await.map_err(|no| no.fault)?;
        answer.success()?;
        answer.json()
    }

    /// Changes something; the answer says what the server said.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer, NoAnswer> {
        self.send(Method::PUT, self.address(path), Some(body), &mut Budget(MOST_BYTES)).await
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>, budget: &mut Budget) -> Result<Answer, NoAnswer> {
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(no_answer)?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        let mut body = read(response, budget).await?;
        // some servers, and what stands before them, tell a key back: it goes no further than here
        blank(&mut body, self.key.expose_secret().as_bytes());
        if let Some(to) = headers.get_mut(LOCATION) {
            let mut said = to.as_bytes().to_vec();
            blank(&mut said, self.key.expose_secret().as_bytes());
            *to = HeaderValue::from_bytes(&said).unwrap_or_else(|_| HeaderValue::from_static("nowhere"));
        }
        Ok(Answer { status, body, headers })
    }
}

/// A key shorter than this is none; its letters are in many words.
const SHORTEST_KEY: usize = 8;

/// Puts stars in the place of a key.
fn blank(text: &mut [u8], key: &[u8]) {
    if key.len() < SHORTEST_KEY {
        return;
    }
    let mut from = 0;
    while let Some(at) = text[from..].windows(key.len()).position(|part| part == key) {
        text[from + at..from + at + key.len()].fill(b'*');
        from += at + key.len();
    }
}

/// Reads a body piece by piece, so that neither a large one nor a packed one is ever held.
async fn read(mut response: Response, budget: &mut Budget) -> Result<Vec<u8>, NoAnswer> {
    let most = MOST_BYTES.min(budget.0);
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(no_answer)? {
        if body.len() + piece.len() > most {
            let what = if most < MOST_BYTES { "the answers of one pass are" } else { "the answer is" };
            let limit = if most < MOST_BYTES { MOST_BYTES_A_PASS } else { MOST_BYTES } / 1024 / 1024;
            let text = format!("{what} too large – more than {limit} MiB – narrow down what is asked for");
            return Err(NoAnswer { fault: fault(FaultKind::Unintelligible, &text), may_have_arrived: true });
        }
        body.extend_from_slice(&piece);
    }
    budget.0 -= body.len();
    Ok(body)
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
        let mut fault = match status {
            s if s.is_redirection() => {
                let to = self.headers.get(LOCATION).map_or("nowhere", |l| l.to_str().unwrap_or("nowhere"));
                fault(
                    FaultKind::Unintelligible,
                    &format!("the server points to {to} – redirects are not followed with a key – set url to where it is"),
                )
            }
            StatusCode::UNAUTHORIZED => {
                fault(FaultKind::NotSignedIn, "not signed in – the server does not know the key (401) – check the key")
            }
            StatusCode::FORBIDDEN => {
                fault(FaultKind::Forbidden, "not allowed – the key is known, but may not do this (403) – ask for the right")
            }
            StatusCode::NOT_FOUND => fault(
                FaultKind::Unintelligible,
                "not found (404) – there is no such thing, or the key may not see it – check url and project",
            ),
            StatusCode::TOO_MANY_REQUESTS => {
                fault(FaultKind::RateLimited, "too many requests (429) – the server wants to be left alone – it is asked again later")
            }
            s if s.is_server_error() => {
                fault(FaultKind::ServerError, &format!("the server failed ({code}) – look at its log – it is asked again"))
            }
            _ => {
                let text = format!("the server refused the request ({code}) – it says: {} – check url and project", self.words());
                fault(FaultKind::Unintelligible, &text)
            }
        };
        fault.retry_after = self.retry_after();
        Err(fault)
    }

    /// How long the server wants to be left alone: seconds, or a time by its own clock; no longer than it is believed.
    fn retry_after(&self) -> Option<Duration> {
        let header = |name| self.headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
        let said = header(RETRY_AFTER).filter(|said| !said.is_empty())?;
        let seconds = if said.bytes().all(|b| b.is_ascii_digit()) {
            said.parse().unwrap_or(u64::MAX)
        } else {
            let time = |text| DateTime::parse_from_rfc2822(text).ok();
            u64::try_from((time(said)? - time(header(DATE)?)?).num_seconds()).unwrap_or(0)
        };
        Some(Duration::from_secs(seconds.min(LONGEST_RETRY_AFTER)))
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body).map_err(|e| {
            let what = if self.looks_like_a_page() {
                "the server answered a web page, not JSON".to_owned()
            } else {
                format!("the answer is not understood: {e}")
            };
            fault(FaultKind::Unintelligible, &format!("{what} – url may be wrong, or a sign-in page stands before it – check url"))
        })
    }

    fn looks_like_a_page(&self) -> bool {
        let html = self.headers.get(CONTENT_TYPE).is_some_and(|t| t.to_str().is_ok_and(|t| t.contains("html")));
        html || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// What the server says of it, in its own words.
    pub fn words(&self) -> SafeText {
        let said = serde_json::from_slice::<Value>(&self.body).ok();
        let errors = said.as_ref().and_then(|v| v.get("errors")).and_then(Value::as_array);
        let errors: Vec<&str> = errors.into_iter().flatten().filter_map(Value::as_str).collect();
        if errors.is_empty() { SafeText::line(&format!("status {}", self.status.as_u16())) } else { SafeText::line(&errors.join("; ")) }
    }
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    let may_have_arrived = !error.is_connect() && !error.is_builder();
    let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { told(error) };
    let text = format!("no answer – {why} – is the server up, and is url right?");
    NoAnswer { fault: fault(FaultKind::Unreachable, &text), may_have_arrived }
}

/// An error without its address, which may hold a secret, down to its cause.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

fn fault(kind: FaultKind, text: &str) -> Fault {
    Fault { kind, text: SafeText::line(text), retry_after: None }
}
