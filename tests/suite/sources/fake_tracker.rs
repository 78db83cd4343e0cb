//! A tracker of no vendor, and with the traps of several: it lists in each form of paging, clamps its pages, lists nothing to
//! somebody it does not know, takes a change only with a header of its own and with the tag of what is there, and answers
//! some changes as if they were made.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const ALICE: &str = "alice-has-this-key";
pub const BOB: &str = "bob-has-this-key-and-may-look";
pub const WRONG: &str = "nobody-has-this-key";

/// It gives no more on one page, whatever it is asked for.
pub const PAGE: usize = 10;

type Change = Box<dyn FnMut(&mut State) + Send>;

/// All that the tracker knows.
pub struct State {
    pub issues: Vec<Value>,
    /// Every request: method, path with query.
    pub requests: Vec<String>,
    /// The bodies of changes.
    pub bodies: Vec<Value>,
    /// Called after each page of the list.
    pub after_page: Option<Change>,
    /// Called before a change is looked at.
    pub before_change: Option<Change>,
    /// Status of the answer to a change, and whether the change is made all the same.
    pub change_answers: Option<(u16, bool)>,
    /// Status of the answer to a question about one issue, once something was changed.
    pub read_back_answers: Option<u16>,
    /// Where the next page is said to be, instead of where it is.
    pub next: Option<String>,
    /// What it says that there are, instead of how many there are.
    pub total: Option<Value>,
    /// Whether its tags are those of issues, and not of their versions.
    pub coarse: bool,
    /// Status of the answer to a message.
    pub note_answers: Option<u16>,
    /// Whether it looks at the parameters of paging.
    pub pages: bool,
    changed: bool,
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

pub struct FakeTracker {
    server: MockServer,
    answering: Answering,
}

/// An issue with an id.
pub fn issue(id: u64) -> Value {
    json!({ "id": id, "ref": format!("OPS-{id}"), "name": format!("Issue {id}"), "prio": "high", "made": 1_795_000_000 + id,
        "owner": null, "state": { "name": "new" }, "notes": [], "version": 1, "tags": ["a", "b"] })
}

impl FakeTracker {
    pub async fn start(count: u64) -> Self {
        let state = State {
            issues: (1..=count).map(issue).collect(),
            requests: Vec::new(),
            bodies: Vec::new(),
            after_page: None,
            before_change: None,
            change_answers: None,
            read_back_answers: None,
            next: None,
            total: None,
            coarse: false,
            note_answers: None,
            pages: true,
            changed: false,
        };
        let answering = Answering(Arc::new(Mutex::new(state)));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answering.clone()).mount(&server).await;
        Self { server, answering }
    }

    /// Where it is; not at the root of its server.
    pub fn url(&self) -> String {
        format!("{}/api", self.server.uri())
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.answering.0.lock().unwrap()
    }

    /// An issue as it now is.
    pub fn issue(&self, id: u64) -> Value {
        self.state().issues.iter().find(|issue| issue["id"] == id).unwrap().clone()
    }

    /// How many changes were asked for.
    pub fn changes(&self) -> usize {
        self.state().bodies.len()
    }

    /// How many pages were asked for.
    pub fn pages(&self) -> usize {
        self.state().requests.iter().filter(|request| request.starts_with("GET /api/issues?")).count()
    }
}

fn answer(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/json")
}

fn refused(status: u16, why: &str) -> ResponseTemplate {
    answer(status, &json!({ "fault": { "text": why } }))
}

fn etag(issue: &Value) -> String {
    format!("\"{}-{}\"", issue["id"], issue["version"])
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path().to_owned();
        let query = request.url.query().map_or_else(String::new, |query| format!("?{query}"));
        state.requests.push(format!("{} {path}{query}", request.method));
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let who = match header("x-key").as_str() {
            ALICE => Some(("alice", 7)),
            BOB => Some(("bob", 8)),
            _ => None,
        };
        let parts: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
        match (request.method.as_str(), parts.as_slice(), who) {
            ("GET", ["me"], who) => {
                answer(200, &json!({ "known": who.is_some(), "user": { "id": who.map(|w| w.1), "name": who.map(|w| w.0) } }))
            }
            ("GET", ["issues"], None) => answer(200, &json!({ "data": [], "total": 0 })),
            ("GET", ["issues"], Some(_)) => state.page(request),
            (_, _, None) => refused(401, "who are you?"),
            ("GET", ["issues", id], _) => state.one(id, &header("if-none-match")),
            (_, _, _) if header("x-sent-by") != "holdover" => refused(400, "a header is missing"),
            (method, ["issues", id], Some(who)) => state.change(method, id, who, &header("if-match"), request),
            ("POST", ["messages"], _) if state.note_answers.is_some() => refused(state.note_answers.unwrap_or(500), "no message"),
            ("POST", ["messages"], Some(who)) => {
                let body: Value = request.body_json().unwrap();
                state.bodies.push(body.clone());
                let id = 100 + state.bodies.len();
                answer(201, &json!({ "made": { "id": id, "by": who.0, "text": body["text"] } }))
            }
            _ => refused(404, "no such thing"),
        }
    }
}

impl State {
    fn page(&mut self, request: &Request) -> ResponseTemplate {
        let number = |name: &str| request.url.query_pairs().find(|(n, _)| n == name).and_then(|(_, value)| value.parse::<usize>().ok());
        let from = number("skip").or(number("after")).or(number("page").map(|page| (page - 1) * PAGE)).unwrap_or(0);
        let from = if self.pages { from } else { 0 };
        let open: Vec<&Value> = self.issues.iter().filter(|issue| issue["state"]["name"] != "closed").collect();
        let page: Vec<&Value> = open.iter().skip(from).take(PAGE).copied().collect();
        let end = from + page.len();
        let base = format!("http://{}/api/issues", request.headers["host"].to_str().unwrap());
        let more = end < open.len();
        let next = more.then(|| self.next.clone().unwrap_or(format!("{base}?after={end}")));
        let total = self.total.clone().unwrap_or(open.len().into());
        let body = json!({ "data": page, "total": total, "more": more, "next": next, "cursor": more.then_some(end) });
        let tag = format!("\"{}\"", body.to_string().bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
        let same = request.headers.get("if-none-match").is_some_and(|known| known == tag.as_str());
        let mut said = if same { ResponseTemplate::new(304) } else { answer(200, &body) }.insert_header("ETag", tag.as_str());
        if let Some(next) = next {
            let links = format!("<{base}?after=0>; rel=\"first\", <{next}>; title=\"a, b\"; rel=\"next\", <{base}?after=1>; rel=\"last\"");
            said = said.insert_header("Link", links.as_str());
        }
        if let Some(mut change) = self.after_page.take() {
            change(self);
            self.after_page.get_or_insert(change);
        }
        said
    }

    fn tag(&self, issue: &Value) -> String {
        if self.coarse { format!("\"{}\"", issue["id"]) } else { etag(issue) }
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.issues.iter().position(|issue| issue["id"] == id || issue["id"].as_u64().is_some_and(|number| number.to_string() == id))
    }

    fn one(&self, id: &str, known: &str) -> ResponseTemplate {
        if let Some(status) = self.read_back_answers.filter(|_| self.changed) {
            return refused(status, "not now");
        }
        let Some(issue) = self.at(id).map(|at| &self.issues[at]) else { return refused(404, "no such issue") };
        let tag = self.tag(issue);
        let said = if tag == known { ResponseTemplate::new(304) } else { answer(200, &json!({ "issue": issue })) };
        said.insert_header("ETag", tag.as_str())
    }

    fn change(&mut self, method: &str, id: &str, (name, number): (&str, u64), tag: &str, request: &Request) -> ResponseTemplate {
        if let Some(mut change) = self.before_change.take() {
            change(self);
        }
        let Some(at) = self.at(id) else { return refused(404, "no such issue") };
        let asked: Value = request.body_json().unwrap_or_default();
        self.bodies.push(asked.clone());
        if method != "PATCH" {
            return refused(405, "only PATCH");
        }
        if !self.coarse && tag != etag(&self.issues[at]) {
            return refused(412, "it is not what you have read");
        }
        if name == "bob" {
            // some servers tell a key back
            return refused(403, &format!("bob may only look with {BOB}"));
        }
        self.changed = true;
        let (status, done) = self.change_answers.unwrap_or((200, true));
        if done {
            let issue = &mut self.issues[at];
            if asked["owner"] == number {
                issue["owner"] = json!({ "id": number, "name": name });
            } else if asked["owner"] == "none" {
                issue["owner"] = Value::Null;
            }
            if let Some(state) = asked["state"].as_str() {
                issue["state"] = json!({ "name": state });
            }
            if asked["prio"].is_string() {
                issue["prio"] = asked["prio"].clone();
            }
            issue["notes"].as_array_mut().unwrap().extend(asked["note"].as_u64().map(|id| json!({ "id": id })));
            issue["version"] = (issue["version"].as_u64().unwrap() + 1).into();
        }
        answer(status, &json!({ "ok": true }))
    }

    /// Gives an issue to somebody, behind the program's back.
    pub fn give(&mut self, id: u64, to: &str) {
        let issue = self.issues.iter_mut().find(|issue| issue["id"] == id).unwrap();
        issue["owner"] = json!({ "id": 9, "name": to });
        issue["state"] = json!({ "name": "doing" });
        issue["version"] = (issue["version"].as_u64().unwrap() + 1).into();
    }
}
