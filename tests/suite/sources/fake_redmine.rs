//! A Redmine that remembers, made of recorded answers and written apart from the program's own wire types. It is no kinder
//! than the real one: a wrong key is nobody rather than refused, pages are clamped, a change that is not allowed is answered
//! as if it were done, and a private note of somebody who may not keep it from the client is published. What has not changed
//! since it was last told under a tag is answered 304.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const ALICE: &str = "00112233445566778899aabbccddeeff00112233";
pub const BOB: &str = "fedcba9876543210fedcba9876543210fedcba98";
pub const CAROL: &str = "cccccccccccccccccccccccccccccccccccccccc";
pub const WRONG: &str = "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

/// An answer as recorded: its body, null where it was empty.
pub fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/redmine/{name}.json"));
    serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap()["body"].take()
}

/// Somebody with a key.
pub struct Person {
    pub key: &'static str,
    id: u64,
    name: (&'static str, &'static str),
    role: u64,
    pub may_edit: bool,
    pub may_note_privately: bool,
}

impl Person {
    /// Gives them another role.
    pub fn become_of_role(&mut self, role: u64) {
        self.role = role;
    }
}

/// What happens to the server between two requests.
type Change = Box<dyn FnMut(&mut State) + Send>;

/// All that the server knows.
#[expect(clippy::struct_excessive_bools, reason = "each is a trap of its own")]
pub struct State {
    pub people: Vec<Person>,
    /// In the order of their ids; with journals, and without the statuses that are allowed, which depend on who asks.
    pub issues: Vec<Value>,
    pub priorities: Value,
    /// Of which everybody is a member; the issues are in the first.
    pub projects: Vec<&'static str>,
    /// Whether nobody in particular sees the issues too.
    pub public: bool,
    /// Issues that nobody is shown, in no list and by no id.
    pub hidden: Vec<u64>,
    /// How often it was answered that nothing has changed.
    pub unchanged: usize,
    /// Whether its tags stay the same whatever changes.
    pub coarse: bool,
    /// Called before the next change, which comes a moment too late.
    pub before_put: Option<Change>,
    /// Whether it tells of an issue's status whether that closes it: before version 5 it does not.
    pub tells_closed: bool,
    /// Whether no role may reject an issue.
    pub never_rejects: bool,
    /// Answer to a change, which is not made.
    pub put_refuses: Option<(u16, Value)>,
    /// Called after each question about a role.
    pub after_role: Option<Change>,
    /// Whether no role may give an issue back the status of new ones.
    pub no_way_back: bool,
    /// Whether another change is always a moment quicker.
    pub conflict: bool,
    /// Its clock, where it is not that of this computer.
    pub date: Option<&'static str>,
    /// Every request: method, path with query.
    pub requests: Vec<String>,
    /// Called after each page of the list.
    pub after_page: Option<Change>,
    /// Status of the answer to a change, and whether the change is made all the same.
    pub put_answers: Option<(u16, bool)>,
    /// Status of the answer to any question about one issue.
    pub one_answers: Option<u16>,
    /// The same after a change.
    pub read_back_answers: Option<u16>,
    /// Whether a question about one issue is answered with another after a change.
    pub reads_back_another: bool,
    changed: bool,
    seconds: u32,
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

pub struct FakeRedmine {
    server: MockServer,
    answering: Answering,
}

impl FakeRedmine {
    /// With the five issues of the recorded list, and Alice, Bob and Carol: Alice may do all, Carol may not write private
    /// notes, Bob may only report.
    pub async fn start() -> Self {
        let person = |key, id, name, role, may_edit, may_note_privately| Person { key, id, name, role, may_edit, may_note_privately };
        let state = State {
            people: vec![
                person(ALICE, 5, ("Alice", "Ops"), 4, true, true),
                person(BOB, 6, ("Bob", "Ops"), 5, false, false),
                person(CAROL, 7, ("Carol", "Ops"), 6, true, false),
            ],
            issues: recorded("list")["issues"].as_array().unwrap().clone(),
            priorities: recorded("priorities"),
            projects: vec!["Operations"],
            public: false,
            hidden: Vec::new(),
            unchanged: 0,
            coarse: false,
            before_put: None,
            tells_closed: true,
            never_rejects: false,
            put_refuses: None,
            after_role: None,
            no_way_back: false,
            conflict: false,
            date: None,
            requests: Vec::new(),
            after_page: None,
            put_answers: None,
            one_answers: None,
            read_back_answers: None,
            reads_back_another: false,
            changed: false,
            seconds: 0,
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

    /// Puts so many issues in place of those it has, with ids from 1.
    pub fn fill(&self, count: u64) {
        let issue = recorded("list")["issues"][4].clone();
        self.state().issues = (1..=count)
            .map(|id| {
                let mut issue = issue.clone();
                issue["id"] = id.into();
                issue
            })
            .collect();
    }

    /// An issue as it now is.
    pub fn issue(&self, id: u64) -> Value {
        self.state().issues.iter().find(|i| i["id"] == id).unwrap().clone()
    }

    /// What was asked for since this was last asked, without what every pass asks first.
    pub fn asked(&self) -> Vec<String> {
        let first = ["/users/current", "/enumerations/", "/issue_statuses"];
        let requests = std::mem::take(&mut self.state().requests);
        requests.into_iter().filter(|request| !first.iter().any(|path| request.contains(path))).collect()
    }

    /// The changes that were asked for.
    pub fn puts(&self) -> usize {
        self.state().requests.iter().filter(|r| r.starts_with("PUT")).count()
    }
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let (status, body) = state.answer(request);
        let tag = {
            let mut hasher = DefaultHasher::new();
            let said = body.as_ref().map(Value::to_string).filter(|_| !state.coarse);
            (request.url.as_str(), said).hash(&mut hasher);
            format!("W/\"{:x}\"", hasher.finish())
        };
        let has_it = request.headers.get("if-none-match").is_some_and(|known| known == tag.as_str());
        let mut template = match body {
            Some(_) if status == 200 && has_it => {
                state.unchanged += 1;
                empty(304)
            }
            Some(body) => empty(status).set_body_raw(body.to_string(), "application/json; charset=utf-8"),
            None => empty(status),
        };
        if let Some(date) = state.date {
            template = template.insert_header("Date", date);
        }
        if status == 200 { template.insert_header("ETag", tag) } else { template }
    }
}

/// Status and body.
type Said = (u16, Option<Value>);

fn empty(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("Content-Type", "application/json").insert_header("Set-Cookie", "Redmine=crumbs; path=/")
}

fn body(status: u16, body: &Value) -> Said {
    (status, Some(body.clone()))
}

fn nothing(status: u16) -> Said {
    (status, None)
}

impl State {
    fn answer(&mut self, request: &Request) -> Said {
        let state = self;
        assert!(!request.headers.contains_key("cookie"), "a cookie would keep somebody signed in");
        let path = request.url.path().to_owned();
        let query = request.url.query().map_or_else(String::new, |q| format!("?{q}"));
        state.requests.push(format!("{} {path}{query}", request.method));
        let key = request.headers.get("x-redmine-api-key").and_then(|k| k.to_str().ok()).unwrap_or_default();
        let person = state.people.iter().position(|p| p.key == key);
        let parts: Vec<&str> = path.trim_matches('/').trim_end_matches(".json").split('/').collect();
        match (request.method.as_str(), parts.as_slice(), person) {
            ("GET", ["issues"], None) if state.public => state.page(request),
            ("GET", ["issues"], None) if !query.contains("project_id") => body(200, &recorded("auth-wrong-key-public")),
            (_, _, None) => nothing(401),
            ("GET", ["users", "current"], Some(who)) => body(200, &state.user(who)),
            ("GET", ["enumerations", "issue_priorities"], _) => body(200, &state.priorities),
            ("GET", ["issue_statuses"], _) => body(200, &recorded("statuses")),
            ("GET", ["roles", id], _) => body(200, &state.role(id)),
            ("GET", ["issues"], _) => state.page(request),
            ("GET", ["issues", id], Some(who)) => state.one(id, who, &query),
            ("PUT", ["issues", id], Some(who)) => state.change(id, who, request),
            _ => nothing(404),
        }
    }

    fn user(&self, who: usize) -> Value {
        let person = &self.people[who];
        let mut user = recorded("current-user");
        user["user"]["id"] = person.id.into();
        user["user"]["admin"] = false.into();
        (user["user"]["firstname"], user["user"]["lastname"]) = (person.name.0.into(), person.name.1.into());
        user["user"]["api_key"] = person.key.into();
        let roles = json!([{ "id": person.role, "name": "a role" }]);
        let projects = self.projects.iter().zip(1..);
        let memberships = projects.map(|(name, id)| json!({ "id": id, "project": { "id": id, "name": name }, "roles": roles }));
        user["user"]["memberships"] = memberships.collect();
        user
    }

    fn role(&mut self, id: &str) -> Value {
        let said = self.permissions(id);
        if let Some(mut change) = self.after_role.take() {
            change(self);
        }
        said
    }

    fn permissions(&self, id: &str) -> Value {
        let person = self.people.iter().find(|p| p.role.to_string() == id);
        let private = person.is_some_and(|p| p.may_note_privately).then_some("set_notes_private");
        let edit = person.is_some_and(|p| p.may_edit).then_some("edit_issues");
        let permissions: Vec<&str> = ["view_issues", "add_issue_notes"].into_iter().chain(private).chain(edit).collect();
        json!({ "role": { "id": id.parse::<u64>().unwrap(), "name": "a role", "permissions": permissions } })
    }

    /// Where an issue is, by its id in an address.
    fn at(&self, id: &str) -> Option<usize> {
        let id = id.parse::<u64>().ok().filter(|id| !self.hidden.contains(id))?;
        self.issues.iter().position(|i| i["id"] == id)
    }

    fn page(&mut self, request: &Request) -> Said {
        let asked = |name: &str| request.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        let number = |name: &str| asked(name).and_then(|n| n.parse::<usize>().ok());
        let (limit, offset) = (number("limit").unwrap_or(25).min(100), number("offset").unwrap_or(0));
        let status = asked("status_id");
        let open = |issue: &&Value| match status.as_deref() {
            Some("open") => issue["status"]["is_closed"] != true,
            Some("*") => true,
            _ => false,
        };
        let since = asked("updated_on");
        let since = since.as_deref().map(|since| since.strip_prefix(">=").expect("as the program asks"));
        if since.is_some_and(|since| since.len() != 20 || !since.ends_with('Z')) {
            return body(422, &json!({ "errors": ["Updated is invalid"] }));
        }
        let changed = |issue: &&Value| since.is_none_or(|since| issue["updated_on"].as_str().is_none_or(|at| at >= since));
        let shown = |issue: &&Value| issue["id"].as_u64().is_none_or(|id| !self.hidden.contains(&id));
        assert_eq!(asked("sort").as_deref(), Some("id"), "the only order this one knows");
        let listed: Vec<Value> = self.issues.iter().filter(open).filter(changed).filter(shown).cloned().collect();
        let total = listed.len();
        let mut page: Vec<Value> = listed.into_iter().skip(offset).take(limit).collect();
        page.iter_mut().filter_map(Value::as_object_mut).for_each(|issue| drop(issue.remove("journals")));
        for issue in &mut page {
            self.forget_closed(issue);
        }
        let answer = body(200, &json!({ "issues": page, "total_count": total, "offset": offset, "limit": limit }));
        if let Some(mut change) = self.after_page.take() {
            change(self);
            self.after_page.get_or_insert(change);
        }
        answer
    }

    fn one(&self, id: &str, who: usize, query: &str) -> Said {
        if let Some(status) = self.one_answers {
            return nothing(status);
        }
        let Some(mut issue) = self.at(id).map(|at| self.issues[at].clone()) else { return nothing(404) };
        if !query.contains("journals") {
            issue.as_object_mut().unwrap().remove("journals");
        }
        if query.contains("allowed_statuses") {
            let all = recorded("single")["issue"]["allowed_statuses"].clone();
            // what a role may not set is not offered; where it stands always is
            let way_back = |s: &&Value| !(self.no_way_back && s["id"] == 1 && issue["status"]["id"] != 1);
            let offered = |s: &&Value| self.people[who].may_edit || s["id"] == issue["status"]["id"] || s["is_closed"] == true;
            issue["allowed_statuses"] = all
                .as_array()
                .unwrap()
                .iter()
                .filter(offered)
                .filter(way_back)
                .filter(|s| !(self.never_rejects && s["name"] == "Rejected"))
                .cloned()
                .collect();
        }
        if self.changed && self.reads_back_another {
            issue["id"] = 999.into();
        }
        self.forget_closed(&mut issue);
        body(200, &json!({ "issue": issue }))
    }

    fn forget_closed(&self, issue: &mut Value) {
        if let Some(status) = issue["status"].as_object_mut().filter(|_| !self.tells_closed) {
            status.remove("is_closed");
        }
    }

    fn change(&mut self, id: &str, who: usize, request: &Request) -> Said {
        if let Some(mut change) = self.before_put.take() {
            change(self);
        }
        if let Some((status, said)) = &self.put_refuses {
            return body(*status, said);
        }
        let Some(at) = self.at(id) else { return nothing(404) };
        let json = request.headers.get("content-type").is_some_and(|t| t.to_str().is_ok_and(|t| t.starts_with("application/json")));
        if !json {
            return nothing(204);
        }
        let Ok(asked) = request.body_json::<Value>() else { return body(400, &recorded("bad-request-json")) };
        self.one_answers = self.read_back_answers;
        self.changed = true;
        let (status, done) = self.put_answers.unwrap_or((204, true));
        if !done {
            return nothing(status);
        }
        if self.conflict {
            return body(422, &json!({ "errors": [] }));
        }
        let asked = &asked["issue"];
        let assignee = match &asked["assigned_to_id"] {
            Value::Null => None,
            me if me == "me" => Some(self.people[who].id),
            id => id.as_u64(),
        };
        if assignee.is_some_and(|id| self.people.iter().all(|p| p.id != id)) {
            return body(422, &recorded("assign-unknown-user"));
        }
        let now = self.tick();
        let person = &self.people[who];
        let author = json!({ "id": person.id, "name": format!("{} {}", person.name.0, person.name.1) });
        let statuses = recorded("statuses");
        let wanted = statuses["issue_statuses"].as_array().unwrap().iter().find(|s| s["id"] == asked["status_id"]);
        let issue = &mut self.issues[at];
        let mut details = Vec::new();
        let detail = |name: &str, old: &Value, new: &Value| json!({ "property": "attr", "name": name, "old_value": text(old), "new_value": text(new) });
        if person.may_edit {
            if let Some(wanted) = wanted.filter(|wanted| wanted["id"] != issue["status"]["id"]) {
                details.push(detail("status_id", &issue["status"]["id"], &wanted["id"]));
                issue["status"] = wanted.clone();
            }
            let priorities = self.priorities["issue_priorities"].as_array().unwrap();
            if let Some(wanted) = priorities.iter().find(|p| p["id"] == asked["priority_id"] && p["id"] != issue["priority"]["id"]) {
                details.push(detail("priority_id", &issue["priority"]["id"], &wanted["id"]));
                issue["priority"] = json!({ "id": wanted["id"], "name": wanted["name"] });
            }
            if let (true, Some(old)) = (asked["assigned_to_id"] == "", issue.as_object_mut().unwrap().remove("assigned_to")) {
                details.push(detail("assigned_to_id", &old["id"], &Value::Null));
            }
            if let Some(person) = self.people.iter().find(|p| Some(p.id) == assignee) {
                let old = issue.get("assigned_to").map_or(Value::Null, |a| a["id"].clone());
                details.push(detail("assigned_to_id", &old, &person.id.into()));
                issue["assigned_to"] = json!({ "id": person.id, "name": format!("{} {}", person.name.0, person.name.1) });
            }
        }
        let private = asked["private_notes"] == true && self.people[who].may_note_privately;
        let issue = &mut self.issues[at];
        if !issue["journals"].is_array() {
            issue["journals"] = json!([]);
        }
        let journals = issue["journals"].as_array_mut().unwrap();
        let mut journal = |notes: &Value, private: bool, details: Vec<Value>| {
            let id = journals.len() + 1;
            journals
                .push(json!({ "id": id, "user": author, "notes": notes, "created_on": now, "private_notes": private, "details": details }));
        };
        // a private note becomes a journal of its own
        if private && !details.is_empty() {
            journal(&"".into(), false, std::mem::take(&mut details));
        }
        journal(&asked["notes"], private, details);
        issue["updated_on"] = now.into();
        nothing(status)
    }

    /// The next second.
    fn tick(&mut self) -> String {
        self.seconds += 1;
        format!("2026-11-23T01:28:{:02}Z", self.seconds)
    }

    /// Somebody writes a note behind the program's back.
    pub fn write(&mut self, id: u64, who: u64, private: bool, text: &str) {
        let now = self.tick();
        let issue = self.issues.iter_mut().find(|i| i["id"] == id).unwrap();
        issue["updated_on"] = now.clone().into();
        if !issue["journals"].is_array() {
            issue["journals"] = json!([]);
        }
        let journals = issue["journals"].as_array_mut().unwrap();
        let user = json!({ "id": who, "name": "Somebody" });
        journals.push(
            json!({ "id": journals.len() + 1, "user": user, "notes": text, "created_on": now, "private_notes": private, "details": [] }),
        );
    }

    /// Somebody takes an issue behind the program's back, and it is noted.
    pub fn take(&mut self, id: u64, (who, name): (u64, &str), status: u64) {
        self.write(id, who, false, "");
        self.give(id, Some((who, name)), status);
        let issue = self.issues.iter_mut().find(|i| i["id"] == id).unwrap();
        let journal = issue["journals"].as_array_mut().unwrap().last_mut().unwrap();
        journal["user"]["name"] = name.into();
        journal["details"] = json!([{ "property": "attr", "name": "assigned_to_id", "old_value": null, "new_value": who.to_string() }]);
    }

    /// Gives an issue to somebody in a status, behind the program's back.
    pub fn give(&mut self, id: u64, to: Option<(u64, &str)>, status: u64) {
        let statuses = recorded("statuses");
        let now = self.tick();
        let issue = self.issues.iter_mut().find(|i| i["id"] == id).unwrap();
        issue["updated_on"] = now.into();
        issue["status"] = statuses["issue_statuses"].as_array().unwrap().iter().find(|s| s["id"] == status).unwrap().clone();
        if let Some((id, name)) = to {
            issue["assigned_to"] = json!({ "id": id, "name": name });
        }
    }
}

/// Ids in journals are texts.
fn text(id: &Value) -> Value {
    if id.is_null() { Value::Null } else { id.to_string().into() }
}
