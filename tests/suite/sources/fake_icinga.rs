//! An Icinga 2 API that remembers, made of recorded answers and written apart from the program's own wire types. It is no
//! kinder than the real one: what one may not see, what there is not and a filter that is wrong are all "No objects found.",
//! an acknowledgement of what is well or taken is a conflict, and to remove one that is not there is a success.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What an answer of Icinga holds, as recorded.
pub fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/icinga2/{name}.json"));
    serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap()["body"].take()
}

/// What happens to the server between two requests.
type Change = Box<dyn FnOnce(&mut State) + Send>;

/// All that the server knows.
pub struct State {
    pub hosts: Vec<Value>,
    pub services: Vec<Value>,
    pub comments: Vec<Value>,
    /// Name, password and permissions.
    pub users: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    /// Every request: method, path and body.
    pub requests: Vec<(String, Value)>,
    /// Status of the answer to an action, and whether it is done all the same.
    pub action_answers: Option<(u16, bool)>,
    /// What happens just before the next action.
    pub before_action: Option<Change>,
    /// Status of any question after an action.
    pub read_back_answers: Option<u16>,
    pub acted: bool,
    seconds: f64,
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

pub struct FakeIcinga {
    server: MockServer,
    answering: Answering,
}

impl FakeIcinga {
    /// With the recorded hosts and services; ops may do all, viewer only look, narrow sees no comments.
    pub async fn start() -> Self {
        let results = |name: &str| recorded(name)["results"].as_array().unwrap().clone();
        let state = State {
            hosts: results("hosts"),
            services: results("services"),
            comments: Vec::new(),
            users: vec![
                ("ops", "ops-secret", vec!["objects/query/*", "actions/*"]),
                ("viewer", "viewer-secret", vec!["objects/query/*"]),
                ("narrow", "narrow-secret", vec!["objects/query/Host", "objects/query/Service", "actions/acknowledge-problem"]),
                ("blind", "blind-secret", vec!["objects/query/Host"]),
            ],
            requests: Vec::new(),
            action_answers: None,
            before_action: None,
            read_back_answers: None,
            acted: false,
            seconds: 1_795_657_300.75,
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

    /// What actions were asked for.
    pub fn actions(&self) -> Vec<(String, Value)> {
        self.state().requests.iter().filter(|(path, _)| path.contains("/actions/")).cloned().collect()
    }
}

fn body(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/json")
}

fn none() -> ResponseTemplate {
    body(404, &recorded("forbidden"))
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.url.path().to_owned();
        state.requests.push((format!("{} {path}", request.method), asked.clone()));
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if header("accept") != "application/json" {
            return ResponseTemplate::new(400).set_body_raw("<h1>Accept header is missing</h1>", "text/html");
        }
        let signed = |(name, password, _): &&(&str, &str, Vec<&str>)| header("authorization") == basic(name, password);
        let Some((name, _, permissions)) = state.users.iter().find(signed).cloned() else {
            return body(401, &recorded("auth-failure-wrong"));
        };
        let may = |wanted: &str| {
            permissions.iter().any(|p| p.strip_suffix('*').map_or(p.eq_ignore_ascii_case(wanted), |start| wanted.starts_with(start)))
        };
        let override_get = header("x-http-method-override") == "GET";
        match (request.method.as_str(), path.trim_matches('/')) {
            ("GET", "v1") => {
                let mut me = recorded("v1");
                (me["results"][0]["user"], me["results"][0]["permissions"]) = (name.into(), permissions.into());
                body(200, &me)
            }
            ("POST", path) if override_get => match path.strip_prefix("v1/objects/").and_then(|of| of.strip_suffix('s')) {
                Some(of) if may(&format!("objects/query/{of}")) => state.objects(of, &asked),
                _ => none(),
            },
            ("POST", path) => match path.strip_prefix("v1/") {
                Some(action) if may(action) => state.action(action, &asked),
                _ => none(),
            },
            _ => none(),
        }
    }
}

/// What a user and a password are sent as.
fn basic(name: &str, password: &str) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

impl State {
    fn objects(&self, of: &str, asked: &Value) -> ResponseTemplate {
        if let Some(status) = self.read_back_answers.filter(|_| self.acted) {
            return body(status, &json!({ "error": status, "status": "Icinga is reloading" }));
        }
        let filter = asked["filter"].as_str().unwrap();
        // what is undeclared, or unbalanced, is an error of the whole filter
        if (of == "host" && filter.contains("service.")) || filter.matches('(').count() != filter.matches(')').count() {
            return none();
        }
        let (host, service) = (&asked["filter_vars"]["h"], &asked["filter_vars"]["s"]);
        let listed: Vec<&Value> = match of {
            "host" => self.hosts.iter().filter(|o| if host.is_null() { is_problem(o) } else { o["name"] == *host }).collect(),
            "service" => {
                let whole = format!("{}!{}", host.as_str().unwrap_or_default(), service.as_str().unwrap_or_default());
                self.services.iter().filter(|o| if host.is_null() { is_problem(o) } else { o["name"] == *whole }).collect()
            }
            _ => {
                let of_this = |c: &&Value| host.is_null() || (c["attrs"]["host_name"] == *host && c["attrs"]["service_name"] == *service);
                let kind = |c: &&Value| !filter.contains("entry_type == 4") || c["attrs"]["entry_type"] == 4;
                self.comments.iter().filter(of_this).filter(kind).collect()
            }
        };
        body(200, &json!({ "results": listed }))
    }

    fn find(&mut self, asked: &Value) -> Option<&mut Value> {
        let (list, name) =
            if asked["host"].is_string() { (&mut self.hosts, &asked["host"]) } else { (&mut self.services, &asked["service"]) };
        list.iter_mut().find(|o| o["name"] == *name)
    }

    fn action(&mut self, action: &str, asked: &Value) -> ResponseTemplate {
        if let Some(change) = self.before_action.take() {
            change(self);
        }
        self.acted = true;
        let Some((status, done)) = self.action_answers else { return self.act(action, asked) };
        if done {
            self.act(action, asked);
        }
        body(status, &json!({ "results": [{ "code": status, "status": "as told" }] }))
    }

    fn act(&mut self, action: &str, asked: &Value) -> ResponseTemplate {
        let Some(object) = self.find(asked) else { return none() };
        let name = object["name"].as_str().unwrap().to_owned();
        match action {
            "actions/acknowledge-problem" => {
                if asked["author"].is_null() || asked["comment"].as_str().is_none_or(str::is_empty) {
                    return body(400, &recorded("bad-request-missing-comment"));
                }
                if object["attrs"]["state"] == 0 {
                    return body(409, &recorded("ack-ok-service"));
                }
                if object["attrs"]["acknowledgement"] != 0 {
                    return body(409, &recorded("ack-again"));
                }
                object["attrs"]["acknowledgement"] = if asked["sticky"] == true { 2.into() } else { 1.into() };
                self.comment(&name, asked["author"].as_str().unwrap(), asked["comment"].as_str().unwrap(), 4);
                body(200, &recorded("ack"))
            }
            "actions/remove-acknowledgement" => {
                object["attrs"]["acknowledgement"] = 0.into();
                let (host, service) = name.split_once('!').unwrap_or((&name, ""));
                let of =
                    |c: &Value| c["attrs"]["host_name"] == host && c["attrs"]["service_name"] == service && c["attrs"]["entry_type"] == 4;
                self.comments.retain(|c| !of(c));
                body(200, &recorded("unack"))
            }
            _ => {
                self.comment(&name, asked["author"].as_str().unwrap(), asked["comment"].as_str().unwrap(), 1);
                body(200, &recorded("comment"))
            }
        }
    }

    /// Leaves a comment; 4 is that of an acknowledgement.
    pub fn comment(&mut self, name: &str, author: &str, text: &str, kind: u8) {
        self.seconds += 1.0;
        let (host, service) = name.split_once('!').unwrap_or((name, ""));
        let attrs = json!({ "host_name": host, "service_name": service, "author": author, "text": text, "entry_time": self.seconds, "entry_type": kind });
        self.comments.push(json!({ "attrs": attrs, "joins": {}, "meta": {}, "name": format!("{name}!id"), "type": "Comment" }));
    }

    /// One of the services.
    pub fn service(&mut self, name: &str) -> &mut Value {
        self.services.iter_mut().find(|o| o["name"] == name).unwrap()
    }

    /// Acknowledges behind the program's back.
    pub fn acknowledge(&mut self, name: &str, author: &str) {
        self.service(name)["attrs"]["acknowledgement"] = 1.into();
        self.comment(name, author, "mine", 4);
    }
}

fn is_problem(object: &Value) -> bool {
    object["attrs"]["state"] != 0 && object["attrs"]["state_type"] == 1 && object["attrs"]["last_check_result"].is_object()
}
