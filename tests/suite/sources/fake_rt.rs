//! A Request Tracker that remembers, made of recorded answers and written apart from the program's own wire types. It is no
//! kinder than the real one: what it did not do it answers 200, in words of the user's language; pages are clamped; links point
//! elsewhere; what one may not see is left out of a page without being counted; and a queue that nobody knows has no tickets.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub const ALICE: &str = "1-31-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub const BOB: &str = "1-33-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub const WRONG: &str = "1-14-00000000000000000000000000000000";

/// An answer as recorded: its body.
pub fn recorded(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/rt/{name}.json"));
    serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap()["body"].take()
}

/// What happens to the server between two requests.
type Change = Box<dyn FnMut(&mut State) + Send>;

/// All that the server knows.
#[expect(clippy::struct_excessive_bools, reason = "each is a trap of its own")]
pub struct State {
    pub tickets: Vec<Value>,
    /// By the ticket: what happened to it, the oldest first; `Content` is what was written.
    pub history: Vec<(u64, Value)>,
    /// Whether Alice may do anything.
    pub may: bool,
    /// Whether comments are shown to her.
    pub shows_comments: bool,
    /// Whether it tells how many there are.
    pub counts: bool,
    /// Tickets that are in the database and not shown.
    pub hidden: Vec<u64>,
    /// Every request: method, path with query.
    pub requests: Vec<String>,
    /// Called after each page of the list.
    pub after_page: Option<Change>,
    /// Called before each change.
    pub before_change: Option<Change>,
    /// Status of the answer to a change, and whether it is made all the same.
    pub change_answers: Option<(u16, bool)>,
    /// Answers the next comment with this status, and does not write it.
    pub comment_answers: Option<u16>,
    /// Status of the answer to any question about one ticket after a change.
    pub read_back_answers: Option<u16>,
    /// Whether its tags stay the same whatever changes.
    pub coarse: bool,
    changed: bool,
    transactions: u64,
}

#[derive(Clone)]
struct Answering(Arc<Mutex<State>>);

pub struct FakeRt {
    server: MockServer,
    answering: Answering,
}

impl FakeRt {
    /// With the five tickets of the recorded list and the history of the first; Alice may do all, Bob may only look.
    pub async fn start() -> Self {
        let mut history: Vec<(u64, Value)> = recorded("history")["items"].as_array().unwrap().iter().map(|t| (1, t.clone())).collect();
        history.reverse();
        let state = State {
            tickets: recorded("list")["items"].as_array().unwrap().clone(),
            history,
            may: true,
            shows_comments: true,
            counts: true,
            hidden: Vec::new(),
            requests: Vec::new(),
            after_page: None,
            before_change: None,
            change_answers: None,
            comment_answers: None,
            read_back_answers: None,
            coarse: false,
            changed: false,
            transactions: 100,
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

    /// Puts so many tickets in place of those it has, with ids from 1.
    pub fn fill(&self, count: u64) {
        let ticket = recorded("list")["items"][4].clone();
        let mut state = self.state();
        state.history.clear();
        state.tickets = (1..=count)
            .map(|id| {
                let mut ticket = ticket.clone();
                ticket["id"] = id.to_string().into();
                ticket
            })
            .collect();
    }

    /// A ticket as it now is.
    pub fn ticket(&self, id: u64) -> Value {
        self.state().tickets.iter().find(|t| t["id"] == *id.to_string()).unwrap().clone()
    }

    /// The changes that were asked for, each as its method and path.
    pub fn changes(&self) -> Vec<String> {
        self.state().requests.iter().filter(|r| !r.starts_with("GET")).cloned().collect()
    }
}

fn body(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/json; charset=\"utf-8\"")
}

fn says(messages: &[&str]) -> ResponseTemplate {
    body(200, &json!(messages))
}

fn refuses(status: u16, why: &str) -> ResponseTemplate {
    body(status, &json!({ "message": why }))
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        // as the real one, which then takes it for a browser
        if header("user-agent").contains("Mozilla") || !header("cookie").is_empty() {
            return ResponseTemplate::new(302).insert_header("Location", "/NoAuth/Login.html");
        }
        let path = request.url.path().to_owned();
        let query = request.url.query().map_or_else(String::new, |q| format!("?{q}"));
        state.requests.push(format!("{} {path}{query}", request.method));
        let who = match header("authorization").strip_prefix("token ") {
            Some(ALICE) => "alice",
            Some(BOB) => "bob",
            _ => return body(401, &recorded("auth-failure-wrong-token")),
        };
        let parts: Vec<&str> = path.strip_prefix("/REST/2.0/").unwrap_or("?").split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["user", login]) if *login == who => {
                let mut own = recorded("user-own");
                own["Name"] = who.into();
                body(200, &own)
            }
            ("GET", ["user", "alice" | "bob"]) => body(200, &recorded("user-other")),
            ("GET", ["queue", "ops"]) => body(200, &recorded("queue")),
            ("GET", ["queue", _]) => body(403, &recorded("queue-unknown")),
            ("GET", ["tickets"]) => state.page(request),
            ("GET", ["ticket", id]) => state.one(id, &header("if-none-match")),
            ("GET", ["ticket", id, "history"]) => state.past(id, request),
            ("GET", ["transaction", id, "attachments"]) => state.attachments(id),
            (_, ["ticket", id, rest @ ..]) => {
                if !header("content-type").starts_with("application/json") {
                    return body(415, &recorded("take-without-body"));
                }
                if let Some(mut change) = state.before_change.take() {
                    change(&mut state);
                }
                let tag = state.tag(id);
                if !header("if-match").is_empty() && header("if-match") != tag {
                    return body(412, &recorded("stale-etag"));
                }
                state.changed = true;
                if let (Some(status), ["comment"]) = (state.comment_answers, rest) {
                    state.comment_answers = None;
                    return refuses(status, "pas maintenant");
                }
                let (status, done) = state.change_answers.unwrap_or((200, true));
                let said = if done { state.change(id, rest, who, request) } else { says(&[]) };
                if status == 200 { said } else { refuses(status, "out of order") }
            }
            _ => refuses(404, "Not Found"),
        }
    }
}

impl State {
    fn at(&self, id: &str) -> Option<usize> {
        self.tickets.iter().position(|t| t["id"] == id)
    }

    fn tag(&self, id: &str) -> String {
        if self.coarse {
            return format!("\"{id}\"");
        }
        let last = self.history.iter().rev().find(|(of, _)| of.to_string() == id);
        format!("\"{}\"", last.map_or("1", |(_, t)| t["id"].as_str().unwrap()))
    }

    fn page(&mut self, request: &Request) -> ResponseTemplate {
        let asked = |name: &str| request.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        let number = |name: &str, usual: usize| asked(name).and_then(|n| n.parse::<usize>().ok()).unwrap_or(usual);
        let (per_page, page) = (number("per_page", 20).min(100), number("page", 1));
        let query = asked("query").unwrap();
        assert!(query.starts_with("Status = '__Active__'"), "{query}");
        if query.contains("Nope") {
            return body(400, &recorded("bad-request-query"));
        }
        let after: u64 = query.rsplit("id > ").next().unwrap().parse().unwrap();
        let active = |t: &&Value| t["Status"].as_str().is_none_or(|status| !["resolved", "rejected", "deleted"].contains(&status));
        let wanted = |t: &&Value| {
            let queue = t["Queue"]["Name"].as_str().unwrap_or_default();
            !query.contains("Queue = ") || query.contains(&format!("Queue = '{queue}'"))
        };
        let later = |t: &&Value| t["id"].as_str().and_then(|id| id.parse::<u64>().ok()).is_none_or(|id| id > after);
        let mut found: Vec<Value> = self.tickets.iter().filter(active).filter(wanted).filter(later).cloned().collect();
        let (total, pages) = (found.len(), found.len().div_ceil(per_page));
        if asked("order").as_deref() == Some("DESC") {
            found.reverse();
        }
        // a page beyond the end is the last one once more, where it counts
        let from = (if self.counts { page.min(pages.max(1)) } else { page } - 1) * per_page;
        let shown = |t: &Value| t["id"].as_str().and_then(|id| id.parse::<u64>().ok()).is_none_or(|id| !self.hidden.contains(&id));
        // and where it does not, it looks so far ahead whether there is more
        let ahead = found.iter().skip(from + per_page).take(200).position(shown).map(|at| page + 1 + at / per_page);
        let mut items: Vec<Value> = found.into_iter().skip(from).take(per_page).filter(shown).collect();
        if asked("fields").is_none() {
            items = items.iter().map(|t| json!({ "id": t["id"], "type": "ticket", "_url": t["_url"] })).collect();
        }
        let mut answer =
            json!({ "items": items, "count": items.len(), "page": page, "per_page": per_page, "total": total, "pages": pages });
        if !self.counts {
            (answer["total"], answer["pages"]) = (Value::Null, Value::Null);
            if let Some(next) = ahead {
                answer["next_page"] = format!("http://rt.internal/REST/2.0/tickets?page={next}").into();
            }
        } else if page < pages {
            answer["next_page"] = "http://rt.internal/REST/2.0/tickets?page=2".into();
        } else if pages == 0 {
            answer["pages"] = json!(0.0);
        }
        if let Some(mut change) = self.after_page.take() {
            change(self);
            self.after_page.get_or_insert(change);
        }
        body(200, &answer)
    }

    fn one(&self, id: &str, known: &str) -> ResponseTemplate {
        if let Some(status) = self.read_back_answers.filter(|_| self.changed) {
            return refuses(status, "out of order");
        }
        let Some(at) = self.at(id) else { return refuses(404, "Not Found") };
        let mut ticket = self.tickets[at].clone();
        // a number here, a text in the list
        ticket["id"] = id.parse::<u64>().unwrap().into();
        if self.tag(id) == known {
            return ResponseTemplate::new(304).insert_header("ETag", self.tag(id));
        }
        let last_modified = ticket["LastUpdated"].as_str().unwrap().to_owned();
        body(200, &ticket).insert_header("ETag", self.tag(id)).insert_header("Last-Modified", last_modified)
    }

    fn past(&self, id: &str, request: &Request) -> ResponseTemplate {
        if let Some(status) = self.read_back_answers.filter(|_| self.changed) {
            return refuses(status, "out of order");
        }
        if self.at(id).is_none() {
            return refuses(404, "Not Found");
        }
        let asked = |name: &str| request.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        let page: usize = asked("page").and_then(|n| n.parse().ok()).unwrap_or(1);
        let mut items: Vec<Value> = self.history.iter().filter(|(of, _)| of.to_string() == id).map(|(_, t)| t.clone()).collect();
        items.insert(0, json!({ "id": "2", "Type": "Create", "Created": "2026-11-26T01:40:20Z", "Creator": { "id": "root" } }));
        if asked("order").as_deref() == Some("DESC") {
            items.reverse();
        }
        let shown = |t: &Value| self.shows_comments || t["Type"] != "Comment";
        let mut items: Vec<Value> = items.into_iter().skip((page - 1) * 100).take(100).filter(shown).collect();
        items.iter_mut().filter_map(Value::as_object_mut).for_each(|t| drop(t.remove("Text")));
        body(200, &json!({ "items": items, "count": items.len(), "page": page, "per_page": 100, "total": null, "pages": null }))
    }

    fn attachments(&self, id: &str) -> ResponseTemplate {
        let text = self.history.iter().find(|(_, t)| t["id"] == id).map(|(_, t)| t["Text"].clone());
        let mut answer = recorded("attachments");
        answer["items"][0]["Content"] = text.unwrap_or_default();
        body(200, &answer)
    }

    /// Something happens to a ticket.
    pub fn happened(&mut self, id: u64, kind: &str, who: &str, more: &Value) {
        self.transactions += 1;
        let (number, now) = (self.transactions, format!("2026-11-26T02:{:02}:{:02}Z", self.transactions / 60, self.transactions % 60));
        let mut transaction = json!({ "id": number.to_string(), "Type": kind, "Created": now, "Field": "", "OldValue": "", "NewValue": "",
            "Creator": { "id": who, "type": "user" } });
        more.as_object().unwrap().iter().for_each(|(name, value)| transaction[name] = value.clone());
        self.history.push((id, transaction));
        let at = self.at(&id.to_string()).unwrap();
        self.tickets[at]["LastUpdated"] = now.clone().into();
        if kind == "Correspond" && who != "bob" {
            self.tickets[at]["Told"] = now.into();
        }
    }

    /// Gives a ticket to somebody.
    pub fn give(&mut self, id: u64, to: &str, by: &str) {
        let at = self.at(&id.to_string()).unwrap();
        self.tickets[at]["Owner"] = json!({ "id": to, "type": "user", "Name": to, "RealName": null });
        self.happened(id, "Set", by, &json!({ "Field": "Owner", "OldValue": "6", "NewValue": "31" }));
        self.happened(id, "SetWatcher", by, &json!({ "Field": "Owner", "OldValue": "6", "NewValue": "31" }));
    }

    /// Sets a member of a ticket.
    pub fn set(&mut self, id: u64, field: &str, value: &str, by: &str) {
        let at = self.at(&id.to_string()).unwrap();
        let old = self.tickets[at][field].clone();
        self.tickets[at][field] = value.into();
        let kind = if field == "Status" { "Status" } else { "Set" };
        self.happened(id, kind, by, &json!({ "Field": field, "OldValue": old, "NewValue": value }));
    }

    fn change(&mut self, id: &str, rest: &[&str], who: &str, request: &Request) -> ResponseTemplate {
        let Some(at) = self.at(id) else { return refuses(404, "Not Found") };
        let (id, may) = (id.parse().unwrap(), who == "alice" && self.may);
        let asked: Value = request.body_json().unwrap_or_default();
        let owner = self.tickets[at]["Owner"]["id"].as_str().unwrap().to_owned();
        match rest {
            ["take"] if !may => says(&["Cet utilisateur ne peut pas s'approprier de tickets"]),
            ["take"] if owner != "Nobody" => says(&["Vous ne pouvez prendre que des tickets sans propriétaire"]),
            ["take"] => {
                self.give(id, who, who);
                says(&["Owner changed from Nobody to alice"])
            }
            ["untake"] if owner != who => says(&["Vous ne pouvez rendre que vos propres tickets"]),
            ["untake"] => {
                self.give(id, "Nobody", who);
                says(&["Owner changed from alice to Nobody"])
            }
            ["comment" | "correspond"] if asked["ContentType"] != "text/plain" => refuses(400, "ContentType is a required field"),
            ["comment" | "correspond"] if !may => refuses(400, "Permission refusée"),
            [kind] => {
                let kind = if *kind == "comment" { "Comment" } else { "Correspond" };
                // as a mail has it
                let text = asked["Content"].as_str().unwrap().replace('\n', "\r\n") + "\r\n";
                self.happened(id, kind, who, &json!({ "Text": text }));
                body(201, &recorded("comment"))
            }
            _ if !may => says(&["Ticket 1: Permission refusée"]),
            _ => {
                let statuses = ["new", "open", "stalled", "resolved", "rejected"];
                let mut said = Vec::new();
                for (field, value) in asked.as_object().unwrap() {
                    let value = value.as_str().unwrap();
                    if self.tickets[at][field] == value {
                        continue;
                    }
                    if field == "Status" && !statuses.contains(&value) {
                        said.push(format!("Ticket {id}: le statut '{value}' n'est pas valide"));
                        continue;
                    }
                    self.set(id, field, value, who);
                    said.push(format!("Ticket {id}: {field} modifié"));
                }
                body(200, &json!(said))
            }
        }
    }
}
