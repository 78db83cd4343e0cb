//! One HTTP client a source: sign-in, time-outs, caps, what was not changed is not sent again. Follows no redirect, keeps no cookie.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{ACCEPT, AGE, AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, place, time};
use super::blank::blank;
use super::known_answers::{Known, KnownAnswers};
use super::settings::{Auth, Limits, ServerSettings};
use super::source::Clock;
use super::token::Token;
use crate::domain::{Fault, FaultKind};

const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(10);
const WHOLE_REQUEST: Duration = Duration::from_secs(30);
/// A client of one server.
pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    auth: Auth,
    token: Option<Token>,
    limits: Limits,
    clock: Clock,
    known: Mutex<KnownAnswers>,
    /// How far the server's clock was ahead of ours when it last answered.
    ahead: Mutex<Option<TimeDelta>>,
}

/// How many bytes a pass may still read.
#[derive(Clone)]
pub(super) struct Budget(usize);

/// A request that may change something.
pub(super) struct Call<'a> {
    pub method: Method,
    pub url: Url,
    pub body: Option<&'a Value>,
    pub headers: &'a [(HeaderName, HeaderValue)],
}

/// Why there is no answer.
pub(super) struct NoAnswer {
    pub fault: Fault,
    /// The request may have reached the server all the same.
    pub may_have_arrived: bool,
}

impl Http {
    /// A client of a server. The settings have made sure that a plain address is meant to be one.
    ///
    /// # Errors
    /// An address that no request can be made of.
    pub fn new(server: &ServerSettings, clock: Clock, environment: &[(String, String)]) -> Result<Self, Fault> {
        let base = Url::parse(&format!("{}/", server.url.trim_end_matches('/')));
        let base =
            base.map_err(|e| Fault::new(FaultKind::Unintelligible, &format!("url is no address – {e} – write it as https://host/path")))?;
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        headers.extend(server.headers.iter().cloned());
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
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
            .map_err(|e| Fault::new(FaultKind::Unreachable, &format!("no connection can be made – {} – see TLS and proxies", told(e))))?;
        let token = server.token.as_ref().map(|token| Token::new(token, environment));
        let (auth, limits) = (server.auth.clone(), server.limits);
        Ok(Self { client, base, auth, token, limits, clock, known: Mutex::default(), ahead: Mutex::default() })
    }

    /// What one pass may read.
    pub fn budget(&self) -> Budget {
        self.known().begin_pass();
        Budget(self.limits.pass)
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

    /// The address of a path of the server, with a query.
    pub fn address_with(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.address(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Where a link of the server points to, which names its next page, say.
    ///
    /// # Errors
    /// It leaves the configured scheme, host, port or path: the key goes nowhere else.
    pub fn link(&self, from: &Url, link: &str) -> Result<Url, Fault> {
        let to = from.join(link).ok();
        let within = |to: &Url| to.origin() == self.base.origin() && to.path().starts_with(self.base.path());
        to.clone().filter(|to| within(to) && to.username().is_empty() && to.password().is_none()).ok_or_else(|| {
            let shown = place(to.as_ref());
            let text = format!("next page refused – the server points to {shown}, which is not within url – set url to where it is");
            Fault::new(FaultKind::Unintelligible, &text)
        })
    }

    /// Asks for JSON; whatever is not a success is a fault.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)], budget: &mut Budget) -> Result<T, Fault> {
        self.get_url(&self.address_with(path, query), budget).await?.json()
    }

    /// Asks for an answer that must be a success. What the server says has not changed since is not read again.
    pub async fn get_url(&self, url: &Url, budget: &mut Budget) -> Result<Answer, Fault> {
        let known = self.known().of(url);
        self.ask(url, known, budget).await
    }

    /// The same, and read again whatever the server says of changes: a tag may be too coarse for what we did a moment ago.
    pub async fn get_fresh(&self, url: &Url, budget: &mut Budget) -> Result<Answer, Fault> {
        self.ask(url, None, budget).await
    }

    async fn ask(&self, url: &Url, known: Option<Known>, budget: &mut Budget) -> Result<Answer, Fault> {
        let headers: Vec<(HeaderName, HeaderValue)> = known.iter().map(|known| (IF_NONE_MATCH, known.tag.clone())).collect();
        let call = Call { method: Method::GET, url: url.clone(), body: None, headers: &headers };
        let answer = self.send(&call, budget).await.map_err(|no| no.fault)?;
        if let (StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
            return Ok(known.answer(answer));
        }
        answer.success()?;
        if let Some(tag) = answer.headers.get(ETAG) {
            self.known().keep(url, tag, &answer.body);
        }
        Ok(answer)
    }

    fn known(&self) -> MutexGuard<'_, KnownAnswers> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something; the answer says what the server said.
    pub async fn change(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, NoAnswer> {
        self.call(&Call { method, url: self.address(path), body, headers: &[] }).await
    }

    /// Asks for anything; the answer says what the server said.
    pub async fn call(&self, call: &Call<'_>) -> Result<Answer, NoAnswer> {
        self.send(call, &mut Budget(self.limits.page)).await
    }

    /// The same as a part of a pass.
    pub async fn send(&self, call: &Call<'_>, budget: &mut Budget) -> Result<Answer, NoAnswer> {
        let Some(token) = &self.token else { return self.send_with(None, call, budget).await };
        let key = token.get().await.map_err(|fault| NoAnswer { fault, may_have_arrived: false })?;
        let answer = self.send_with(Some(&key), call, budget).await?;
        if !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(answer);
        }
        // the key may have been changed since it was read; what is not allowed was not done, and can be asked again
        match token.other_than(&key).await {
            Some(key) => {
                // what one was told, the other need not be
                self.known().forget();
                self.send_with(Some(&key), call, budget).await
            }
            None => Ok(answer),
        }
    }

    /// A request that says who we are.
    fn signed(&self, request: RequestBuilder, key: &SecretString) -> Result<RequestBuilder, NoAnswer> {
        let cannot = || NoAnswer {
            fault: Fault::new(FaultKind::NotSignedIn, "the key cannot be sent – it has characters that no key has – copy it again"),
            may_have_arrived: false,
        };
        let (name, prefix) = match &self.auth {
            Auth::None => return Ok(request),
            Auth::Basic { user } => return Ok(request.basic_auth(user, Some(key.expose_secret()))),
            Auth::Bearer => (&AUTHORIZATION, "Bearer "),
            Auth::Header { name, prefix } => (name, prefix.as_str()),
        };
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", key.expose_secret())).map_err(|_| cannot())?;
        value.set_sensitive(true);
        Ok(request.header(name, value))
    }

    async fn send_with(&self, key: Option<&SecretString>, call: &Call<'_>, budget: &mut Budget) -> Result<Answer, NoAnswer> {
        let mut request = self.client.request(call.method.clone(), call.url.clone());
        if let Some(key) = key {
            request = self.signed(request, key)?;
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let asked = (self.clock)();
        let response = request.send().await.map_err(no_answer)?;
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead(response.headers(), asked, (self.clock)());
        let (status, mut headers) = (response.status(), response.headers().clone());
        let mut body = read(response, self.limits, budget).await?;
        // some servers, and what stands before them, tell a key back: it goes no further than here
        for key in key.map(|key| told_back(&self.auth, key)).unwrap_or_default() {
            blank(&mut body, key.as_bytes());
            for value in headers.values_mut() {
                let mut said = value.as_bytes().to_vec();
                if blank(&mut said, key.as_bytes()) {
                    *value = HeaderValue::from_bytes(&said).unwrap_or_else(|_| HeaderValue::from_static("*"));
                }
            }
        }
        Ok(Answer { status, body, headers, url: Box::new(call.url.clone()), auth: self.auth.clone() })
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

/// In which forms a server could tell a key back.
fn told_back(auth: &Auth, key: &SecretString) -> Vec<String> {
    let plain = key.expose_secret();
    let mut forms = vec![plain.to_owned(), BASE64_STANDARD_NO_PAD.encode(plain)];
    if let Auth::Basic { user } = auth {
        forms.push(BASE64_STANDARD_NO_PAD.encode(format!("{user}:{plain}")));
    }
    forms
}

/// Reads a body piece by piece, so that neither a large one nor a packed one is ever held.
async fn read(mut response: Response, limits: Limits, budget: &mut Budget) -> Result<Vec<u8>, NoAnswer> {
    let most = limits.page.min(budget.0);
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(no_answer)? {
        if body.len() + piece.len() > most {
            let what = if most < limits.page { "the answers of one pass are" } else { "the answer is" };
            let limit = if most < limits.page { limits.pass } else { limits.page } / 1024 / 1024;
            let text = format!("{what} too large – more than {limit} MiB – narrow down what is asked for");
            return Err(NoAnswer { fault: Fault::new(FaultKind::Unintelligible, &text), may_have_arrived: true });
        }
        body.extend_from_slice(&piece);
    }
    budget.0 -= body.len();
    Ok(body)
}

fn no_answer(error: reqwest::Error) -> NoAnswer {
    let may_have_arrived = !error.is_connect() && !error.is_builder();
    let plain = error.url().is_some_and(|url| url.scheme() == "http");
    let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { told(error) };
    // the words of rustls, which are all that is known here of its errors
    let text = if why.starts_with("invalid peer certificate") && why.contains("CaUsedAsEndEntity") {
        // what openssl makes by itself, and much else accepts
        format!("the server is not trusted – {why}: its certificate is that of an authority – make it one for the server (CA:FALSE)")
    } else if why.starts_with("invalid peer certificate") {
        format!("the server is not trusted – {why} – name the file of its authority as ca_file, or correct url")
    } else if why.contains("InvalidContentType") {
        format!("no answer – it does not speak TLS there ({why}) – is it http://? correct url")
    } else if plain && ["connection closed before message completed", "invalid HTTP version parsed"].contains(&&*why) {
        format!("no answer – {why} – is the server up, or is it https://? correct url")
    } else {
        format!("no answer – {why} – is the server up, and is url right?")
    };
    NoAnswer { fault: Fault::new(FaultKind::Unreachable, &text), may_have_arrived }
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
