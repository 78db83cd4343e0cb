//! An Alertmanager that remembers, made of recorded answers and written apart from the program's own wire types. It is no
//! kinder than the real one: the same silence twice is two, a silence that is over stays in its list, what it silences it
//! works out itself (a label that is missing is one that is empty), an unknown silence is a failure of the server (0.25) or not found (0.28), and only the newer one says
//! what is muted.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// An answer as recorded.
pub fn recorded(name: &str) -> (u16, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/alertmanager/{name}.json"));
    let mut kept: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    (u16::try_from(kept["status"].as_u64().unwrap()).unwrap(), kept["body"].take())
}

/// All that the server knows.
pub struct State {
    pub alerts: Vec<Value>,
    pub silences: Vec<Value>,
    /// By its own clock.
    pub now: DateTime<Utc>,
    pub started: DateTime<Utc>,
    /// Whether it is 0.28 rather than 0.25.
    pub newer: bool,
    /// What something that stands before it makes of its `Date`.
    pub date: Option<&'static str>,
    /// What its `Authorization` must be.
    pub authorization: Option<String>,
    /// Every request: method, path with query.
    pub requests: Vec<String>,
    /// The bodies of what was posted.
    pub posted: Vec<Value>,
    /// What answers a change, and whether the change is made all the same.
    pub change_answers: Option<(u16, &'static str, bool)>,
    /// Status of the list of silences after a change.
    pub read_back_answers: Option<u16>,
    /// Whether what was posted is not listed yet, as where another server was asked.
    pub gossips: bool,
    pub changed: bool,
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

pub struct FakeAlertmanager {
    server: MockServer,
    answering: Answering,
}

impl FakeAlertmanager {
    /// With the four alerts of the recorded list, and no silence. Its clock is that of the tests.
    pub async fn start() -> Self {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let state = State {
            alerts: recorded("list-all").1.as_array().unwrap().clone(),
            silences: Vec::new(),
            now,
            started: now - TimeDelta::days(3),
            newer: false,
            date: None,
            authorization: None,
            requests: Vec::new(),
            posted: Vec::new(),
            change_answers: None,
            read_back_answers: None,
            gossips: false,
            changed: false,
        };
        let answering = Answering(Arc::new(Mutex::new(state)));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answering.clone()).mount(&server).await;
        Self { server, answering }
    }

    pub fn url(&self) -> String {
        self.server.uri()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.answering.0.lock().unwrap()
    }

    /// How many changes were asked for.
    pub fn changes(&self) -> usize {
        self.state().requests.iter().filter(|r| !r.starts_with("GET")).count()
    }

    /// The silences that are not over: by whom, and how many matchers.
    pub fn active(&self) -> Vec<(String, usize)> {
        let state = self.state();
        let active = state.silences.iter().filter(|s| s["status"]["state"] == "active");
        active.map(|s| (s["createdBy"].as_str().unwrap().to_owned(), s["matchers"].as_array().unwrap().len())).collect()
    }
}

pub fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let query = request.url.query().map_or_else(String::new, |q| format!("?{q}"));
        state.requests.push(format!("{} {}{query}", request.method, request.url.path()));
        let authorization = request.headers.get("authorization").and_then(|a| a.to_str().ok());
        let date = state.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let answer = if state.authorization.as_deref().is_some_and(|wanted| authorization != Some(wanted)) {
            let (status, said) = recorded("auth-failure-wrong");
            ResponseTemplate::new(status).set_body_raw(said.as_str().unwrap(), "text/plain; charset=utf-8")
        } else {
            state.answer(request)
        };
        // the server of the test would put in its own
        answer.insert_header("Date", state.date.unwrap_or(&date))
    }
}

fn body(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/json")
}

fn empty(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

impl State {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().to_owned();
        match (request.method.as_str(), path.trim_start_matches("/api/v2/")) {
            ("GET", "status") => {
                let mut status = recorded("status").1;
                status["uptime"] = written(self.started).into();
                body(200, &status)
            }
            ("GET", "alerts") => self.list(request),
            ("GET", "silences") => match self.read_back_answers.filter(|_| self.changed) {
                Some(status) => empty(status),
                None => body(200, &self.silences.iter().filter(|s| !self.gossips || s["gossiped"] == true).cloned().collect()),
            },
            ("POST", "silences") => self.change(|state| state.post(request)),
            ("DELETE", path) if path.starts_with("silence/") => self.change(|state| state.delete(&path["silence/".len()..])),
            _ => empty(404),
        }
    }

    fn change(&mut self, make: impl FnOnce(&mut Self) -> ResponseTemplate) -> ResponseTemplate {
        self.changed = true;
        let Some((status, said, done)) = self.change_answers else { return make(self) };
        if done {
            make(self);
        }
        ResponseTemplate::new(status).set_body_raw(said, "text/plain")
    }

    /// By whom an alert is silenced now.
    fn silenced_by(&self, alert: &Value) -> Vec<Value> {
        let matches = |m: &Value| {
            let value = alert["labels"][m["name"].as_str().unwrap()].as_str().unwrap_or_default();
            let wanted = m["value"].as_str().unwrap();
            let is =
                if m["isRegex"] == true { regex::Regex::new(&format!("^(?:{wanted})$")).unwrap().is_match(value) } else { value == wanted };
            is == (m["isEqual"] != false)
        };
        let active = self.silences.iter().filter(|s| s["status"]["state"] == "active");
        active.filter(|s| s["matchers"].as_array().unwrap().iter().all(matches)).map(|s| s["id"].clone()).collect()
    }

    fn list(&self, request: &Request) -> ResponseTemplate {
        let asked = |name: &str| request.url.query_pairs().filter(|(n, _)| n == name).map(|(_, v)| v.into_owned()).collect::<Vec<_>>();
        let mut listed = Vec::new();
        let mut filters = Vec::new();
        for filter in asked("filter") {
            let Some((name, value)) = filter.split_once("=\"") else { return body(400, &recorded("bad-filter").1) };
            filters.push((name.to_owned(), value.trim_end_matches('"').to_owned()));
        }
        for alert in &self.alerts {
            let mut alert = alert.clone();
            let silenced_by = self.silenced_by(&alert);
            if alert["status"].is_object() {
                if !silenced_by.is_empty() {
                    alert["status"]["state"] = "suppressed".into();
                }
                alert["status"]["silencedBy"] = silenced_by.clone().into();
                if !self.newer {
                    alert["status"].as_object_mut().unwrap().remove("mutedBy");
                }
            }
            let inhibited = alert["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
            let wanted = (asked("silenced") != ["false"] || silenced_by.is_empty()) && (asked("inhibited") != ["false"] || !inhibited);
            if wanted && filters.iter().all(|(name, value)| alert["labels"][name].as_str().unwrap_or_default() == value) {
                listed.push(alert);
            }
        }
        body(200, &listed.into())
    }

    fn post(&mut self, request: &Request) -> ResponseTemplate {
        let json = request.headers.get("content-type").is_some_and(|t| t == "application/json");
        if !json {
            return body(415, &json!({ "code": 415, "message": "unsupported media type" }));
        }
        let mut silence: Value = request.body_json().unwrap();
        self.posted.push(silence.clone());
        if silence["comment"].as_str().is_none_or(str::is_empty) {
            return body(422, &recorded("bad-silence-missing").1);
        }
        let at = |name: &str| DateTime::parse_from_rfc3339(silence[name].as_str().unwrap()).unwrap().to_utc();
        let (starts, ends) = (at("startsAt"), at("endsAt"));
        if ends <= self.now {
            return body(400, &"Failed to create silence: end time can't be in the past".into());
        }
        if ends <= starts {
            return body(400, &recorded("bad-silence-end-before-start").1);
        }
        let id = format!("43afade0-6cdc-46d8-8422-{:012}", self.silences.len());
        silence["id"] = id.clone().into();
        silence["status"] = json!({ "state": if starts > self.now { "pending" } else { "active" } });
        silence["startsAt"] = written(starts.max(self.now)).into();
        self.silences.push(silence);
        body(200, &json!({ "silenceID": id }))
    }

    fn delete(&mut self, id: &str) -> ResponseTemplate {
        let unknown = if self.newer { empty(404) } else { body(500, &"silence not found".into()) };
        let Some(silence) = self.silences.iter_mut().find(|s| s["id"] == id) else { return unknown };
        silence["status"]["state"] = "expired".into();
        empty(200)
    }

    /// An alert of the labels of another and one more.
    pub fn fire_with(&mut self, fingerprint: &str, label: &str) -> String {
        let mut alert = self.alerts.iter().find(|a| a["fingerprint"] == fingerprint).unwrap().clone();
        let more = format!("{fingerprint}-{label}");
        (alert["fingerprint"], alert["labels"][label]) = (more.clone().into(), "x".into());
        self.alerts.push(alert);
        more
    }

    /// A silence of somebody, behind the program's back: of all labels of an alert, or of one.
    pub fn silence(&mut self, fingerprint: &str, by: &str, labels: &[&str], minutes: i64) {
        let alert = self.alerts.iter().find(|a| a["fingerprint"] == fingerprint).unwrap();
        let of = |(name, value): (&String, &Value)| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
        let wanted = |(name, _): &(&String, &Value)| labels.is_empty() || labels.contains(&name.as_str());
        let matchers: Vec<Value> = alert["labels"].as_object().unwrap().iter().filter(wanted).map(of).collect();
        let id = format!("00000000-0000-0000-0000-{:012}", self.silences.len());
        self.silences.push(json!({
            "id": id, "status": { "state": "active" }, "createdBy": by, "comment": "maintenance", "matchers": matchers,
            "startsAt": written(self.now - TimeDelta::minutes(minutes)), "endsAt": written(self.now + TimeDelta::hours(1)),
            "updatedAt": written(self.now),
        }));
    }
}
