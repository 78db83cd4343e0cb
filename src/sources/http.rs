//! One HTTP client a source: sign-in, time-outs, caps. Follows no redirect, keeps no cookie.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, AGE, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, time};
use super::settings::ServerSettings;
use super::source::Clock;
use super::token::Token;
use crate::domain::{Fault, FaultKind, SafeText};

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(10);
const WHOLE_REQUEST: Duration = Duration::from_secs(30);
/// Largest answer to one request.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Largest sum of answers in one pass.
const MOST_BYTES_A_PASS: usize = 64 * 1024 * 1024;

/// A client of one server.
pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    /// The header that the key goes into.
    sign_in: HeaderName,
    token: Token,
    clock: Clock,
    /// How far the server's clock was ahead of ours when it last answered.
    ahead: Mutex<Option<TimeDelta>>,
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
    /// An address that no request can be made of.
    pub fn new(server: &ServerSettings, sign_in: HeaderName, clock: Clock, environment: &[(String, String)]) -> Result<Self, Fault> {
        let base = Url::parse(&format!("{}/", server.url.trim_end_matches('/')));
        let base =
            base.map_err(|e| fault(FaultKind::Unintelligible, &format!("url is no address – {e} – write it as https://host/path")))?;
        let mut builder = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
            .user_agent(concat!("holdover/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .timeout(WHOLE_REQUEST);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        if let Some(authorities) = &server.authorities {
            builder = builder.tls_certs_merge(authorities.certificates());
        }
        let client = builder
            .build()
            .map_err(|e| fault(FaultKind::Unreachable, &format!("no connection can be made – {} – see TLS and proxies", told(e))))?;
        let token = Token::new(&server.token, environment);
        Ok(Self { client, base, sign_in, token, clock, ahead: Mutex::default() })
    }

    /// How far the server's clock was ahead of ours when it last answered, behind where negative; `None` where that cannot
    /// be told.
    pub fn clock_ahead(&self) -> Option<TimeDelta> {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
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
        let key = self.token.get().await.map_err(|fault| NoAnswer { fault, may_have_arrived: false })?;
        let answer = self.send_with(&key, method.clone(), url.clone(), body, budget).await?;
        if !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(answer);
        }
        // the key may have been changed since it was read; what is not allowed was not done, and can be asked again
        match self.token.other_than(&key).await {
            Some(key) => self.send_with(&key, method, url, body, budget).await,
            None => Ok(answer),
        }
    }

    async fn send_with(
        &self,
        key: &SecretString,
        method: Method,
        url: Url,
        body: Option<&Value>,
        budget: &mut Budget,
    ) -> Result<Answer, NoAnswer> {
        let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| NoAnswer {
            fault: fault(FaultKind::NotSignedIn, "the key cannot be sent – it has characters that no key has – copy it again"),
            may_have_arrived: false,
        })?;
        value.set_sensitive(true);
        let mut request = self.client.request(method, url).header(&self.sign_in, value);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let asked = (self.clock)();
        let response = request.send().await.map_err(no_answer)?;
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead(response.headers(), asked, (self.clock)());
        let (status, mut headers) = (response.status(), response.headers().clone());
        let mut body = read(response, budget).await?;
        // some servers, and what stands before them, tell a key back: it goes no further than here
        blank(&mut body, key.expose_secret().as_bytes());
        if let Some(to) = headers.get_mut(LOCATION) {
            let mut said = to.as_bytes().to_vec();
            blank(&mut said, key.expose_secret().as_bytes());
            *to = HeaderValue::from_bytes(&said).unwrap_or_else(|_| HeaderValue::from_static("nowhere"));
        }
        Ok(Answer { status, body, headers })
    }
}

/// Whether an address is this computer: nobody can listen on the way, and no proxy stands there.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// How far a server's clock is ahead of ours. It speaks in whole seconds and at some instant between the question and the
/// answer; what both clocks can have meant is no difference. A clock that stands still, as that of `--at`, is no measure.
fn ahead(headers: &HeaderMap, asked: DateTime<Utc>, answered: DateTime<Utc>) -> Option<TimeDelta> {
    // what a cache kept was said long ago
    let said = headers.get(DATE).filter(|_| asked < answered && !headers.contains_key(AGE))?;
    let said = time(said.to_str().ok()?)?.timestamp();
    TimeDelta::try_seconds(said - said.clamp(asked.timestamp(), answered.timestamp()))
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

fn no_answer(error: reqwest::Error) -> NoAnswer {
    let may_have_arrived = !error.is_connect() && !error.is_builder();
    let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { told(error) };
    // the words of rustls, which are all that is known here of its errors
    let text = if why.starts_with("invalid peer certificate") && why.contains("CaUsedAsEndEntity") {
        // what openssl makes by itself, and much else accepts
        format!("the server is not trusted – {why}: its certificate is that of an authority – make it one for the server (CA:FALSE)")
    } else if why.starts_with("invalid peer certificate") {
        format!("the server is not trusted – {why} – name the file of its authority as ca_file, or correct url")
    } else {
        format!("no answer – {why} – is the server up, and is url right?")
    };
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
