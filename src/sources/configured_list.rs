//! The list of a server that the configuration describes, page by page, in each of the forms that servers have for it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;

use super::configured_settings::{ListSettings, Paging};
use super::expression::{Document, Expression, is_true, text};
use super::http::{Budget, Http};
use super::lenient_json::json;
use crate::domain::{Fault, FaultKind};

const MOST_PAGES: usize = 500;
/// Whoever has more open tickets asks for too much.
const MOST_ENTRIES: usize = 100_000;
/// How often a pass begins anew when the list changes under it.
const TRIES: usize = 3;
/// What is said when it always does.
const CHANGED: &str = "the list changed while it was read, time and again";

/// The entries of a pass.
#[derive(Default)]
pub(super) struct Listed {
    pub entries: Vec<Value>,
    /// How many there are by the server's own count.
    pub total: Option<u64>,
    /// Whether these are all.
    pub complete: bool,
    /// Why they are not.
    pub warning: Option<String>,
    /// Whether they may be all the next time.
    changed: bool,
    /// Their keys, where what slips from one page to another would not be noticed.
    slippery: Option<HashSet<String>>,
}

/// All entries, or as many as could be had. Of an entry that comes twice the first counts. A list of several pages is read until
/// it is twice the same: an entry that is closed on the first page, while another is opened, lets one slip between the pages.
pub(super) async fn entries(http: &Http, list: &ListSettings, key: &Expression, budget: &mut Budget) -> Result<Listed, Fault> {
    let (mut before, mut latest) = (None, Listed::default());
    for _ in 0..TRIES {
        // to read it again is no larger list
        let mut budget_of_one = budget.clone();
        let mut listed = Pages::new(http, list, key).read(&mut budget_of_one).await?;
        let keys = listed.slippery.take();
        if !listed.changed && (keys.is_none() || keys == before) {
            *budget = budget_of_one;
            return Ok(listed);
        }
        before = keys.filter(|_| !listed.changed);
        latest = listed;
    }
    latest.complete = false;
    latest.warning.get_or_insert_with(|| CHANGED.to_owned());
    Ok(latest)
}

/// What is read so far.
struct Pages<'a> {
    http: &'a Http,
    list: &'a ListSettings,
    key: &'a Expression,
    listed: Listed,
    /// Where the first entry of each key is.
    keys: HashMap<String, usize>,
    /// How many entries were no repetition.
    new: usize,
    /// What each page was, as a number that stands for it.
    contents: HashSet<u64>,
    addresses: HashSet<Url>,
    /// How many entries the pages had, those that came twice too.
    seen: usize,
    last: Option<Value>,
}

/// What comes after a page.
enum Next {
    Page(Url),
    /// The end was reached.
    End,
    /// There is more, and it cannot be had.
    Broken(String),
}

impl<'a> Pages<'a> {
    fn new(http: &'a Http, list: &'a ListSettings, key: &'a Expression) -> Self {
        Self {
            http,
            list,
            key,
            listed: Listed::default(),
            keys: HashMap::new(),
            new: 0,
            contents: HashSet::new(),
            addresses: HashSet::new(),
            seen: 0,
            last: None,
        }
    }

    async fn read(mut self, budget: &mut Budget) -> Result<Listed, Fault> {
        let first = match &self.list.paging {
            Paging::Page { param, first } => self.address(Some((param, &first.to_string()))),
            Paging::Offset { param } => self.address(Some((param, "0"))),
            Paging::None | Paging::Link | Paging::Next(_) | Paging::Cursor { .. } => self.address(None),
        };
        let mut next = Next::Page(first);
        loop {
            let url = match next {
                Next::Page(url) => url,
                Next::End => return Ok(self.ended()),
                Next::Broken(why) => return Ok(Listed { warning: Some(why), ..self.listed }),
            };
            if self.contents.len() == MOST_PAGES {
                let why = format!("more than {MOST_PAGES} pages – narrow down what is asked for");
                return Ok(Listed { warning: Some(why), ..self.listed });
            }
            if !self.addresses.insert(url.clone()) {
                let why = "the server's next page is one that it had before – is paging right?".to_owned();
                return Ok(Listed { warning: Some(why), ..self.listed });
            }
            let answer = self.http.get_url(&url, budget).await?;
            let page = Document::new(json(&answer)?);
            next = self.page(&page, &answer.headers, &url)?;
            if self.listed.changed {
                return Ok(self.listed);
            }
        }
    }

    /// The list's address, with one more parameter in its query, or instead of one.
    fn address(&self, more: Option<(&str, &str)>) -> Url {
        let own = self.list.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query: Vec<(&str, &str)> = own.filter(|(name, _)| more.is_none_or(|(more, _)| more != *name)).chain(more).collect();
        self.http.address_with(&format!("./{}", self.list.path), &query)
    }

    /// Takes the entries of a page, and says what comes after it.
    fn page(&mut self, page: &Document, headers: &HeaderMap, url: &Url) -> Result<Next, Fault> {
        let found = get(page, &self.list.items, "items")?;
        let Value::Array(mut items) = found else {
            let text = format!(
                "the list is not where items says – {:?} gives {} – check list.items, and what the server answers",
                self.list.items,
                noun(&found)
            );
            return Err(fault(&text));
        };
        if let Some(total) = &self.list.total {
            let total = get(page, total, "total")?;
            let total = total.as_u64().or_else(|| text(&total)?.trim().parse().ok());
            if total.is_none() {
                return Err(fault("the number of tickets is not where total says – it gives no number – check list.total"));
            }
            // it grew or shrank meanwhile: what slipped from one page to another was not seen
            self.listed.changed |= !self.contents.is_empty() && total != self.listed.total;
            self.listed.total = total;
        }
        // what is beyond is never looked at
        items.truncate(MOST_ENTRIES + 1);
        if self.changed_under(&mut items) || self.listed.changed {
            self.listed.changed = true;
            self.listed.warning = Some(CHANGED.to_owned());
            return Ok(Next::End);
        }
        let mut hasher = DefaultHasher::new();
        Value::Array(items.clone()).to_string().hash(&mut hasher);
        let is_new = self.contents.insert(hasher.finish());
        let (empty, before) = (items.is_empty(), self.new);
        self.seen += items.len();
        // where there is but one, the page that would repeat it is the first once more
        self.last = items.last().cloned().or(self.last.take()).filter(|_| self.seen > 1);
        for item in items {
            let key = Document::new(item.clone()).get(self.key).ok().and_then(|key| text(&key));
            match key.as_ref().and_then(|key| self.keys.get(key)) {
                Some(first) if self.listed.entries[*first] == item => continue,
                // not what was there before: what it is instead is told
                Some(_) => {}
                None => {
                    self.keys.extend(key.map(|key| (key, self.listed.entries.len())));
                    self.new += 1;
                }
            }
            self.listed.entries.push(item);
        }
        if self.listed.entries.len() > MOST_ENTRIES {
            self.listed.entries.truncate(MOST_ENTRIES);
            return Ok(Next::Broken(format!("more than {MOST_ENTRIES} entries – narrow down what is asked for")));
        }
        let more = self.list.more.as_ref().map(|more| get(page, more, "more")).transpose()?.map(|more| is_true(&more));
        // where the server says itself whether there is more, its count is only compared
        let all = more.is_none() && self.listed.total.is_some_and(|total| self.listed.entries.len() as u64 >= total);
        let nothing_new = self.new == before;
        let counted = |next: Url| {
            if all || more == Some(false) || (empty && more.is_none()) {
                Next::End
            } else if nothing_new || !is_new {
                Next::Broken("a page has only what was there before – does the server know the parameter of paging?".to_owned())
            } else {
                Next::Page(next)
            }
        };
        let next = match &self.list.paging {
            Paging::None => Next::End,
            Paging::Page { param, first } => counted(self.address(Some((param, &(first + self.contents.len() as u64).to_string())))),
            // by one less: where that one is not there, the list has changed
            Paging::Offset { param } => {
                let offset = self.seen - usize::from(self.last.is_some());
                counted(self.address(Some((param, &offset.to_string()))))
            }
            Paging::Link => next_link(headers).map_or(Next::End, |link| self.linked(url, &link, is_new || empty)),
            Paging::Next(next) => match get(page, next, "next")? {
                Value::Null | Value::Bool(false) => Next::End,
                Value::String(link) if link.is_empty() => Next::End,
                Value::String(link) => self.linked(url, &link, is_new || empty),
                other => Next::Broken(format!("the next page is {}, and no address – check list.next", noun(&other))),
            },
            Paging::Cursor { .. } if more == Some(false) => Next::End,
            Paging::Cursor { param, at } => match text(&get(page, at, "cursor")?).filter(|mark| !mark.is_empty() && mark != "false") {
                None => Next::End,
                Some(mark) => Next::Page(self.address(Some((param, &mark)))),
            },
        };
        Ok(match next {
            Next::End if more == Some(true) => {
                Next::Broken("more says that a page follows, and there is none – check list.more".to_owned())
            }
            next => next,
        })
    }

    /// Whether the first entry of a page by offset is not the last one of the page before, which it is asked to repeat.
    fn changed_under(&self, items: &mut Vec<Value>) -> bool {
        let (Paging::Offset { .. }, Some(last)) = (&self.list.paging, &self.last) else { return false };
        let key = |item: &Value| Document::new(item.clone()).get(self.key).ok().filter(|key| !key.is_null());
        let same = items.first().is_some_and(|first| if key(last).is_some() { key(first) == key(last) } else { first == last });
        if same {
            items.remove(0);
        }
        !same
    }

    fn linked(&self, from: &Url, link: &str, is_new: bool) -> Next {
        if !is_new {
            return Next::Broken("a page has only what was there before – is paging right?".to_owned());
        }
        self.http.link(from, link).map_or_else(|fault| Next::Broken(fault.text.to_string()), Next::Page)
    }

    /// The end was reached: whether that is all, by the server's own count.
    fn ended(mut self) -> Listed {
        let count = self.listed.entries.len() as u64;
        match self.listed.total.filter(|total| *total != count) {
            None => self.listed.complete = true,
            Some(total) => {
                self.listed.changed = true;
                self.listed.warning = Some(format!("the server tells of {total} tickets, and {count} were listed"));
            }
        }
        // by offset, each page repeats an entry of the one before
        if self.addresses.len() > 1 && !matches!(self.list.paging, Paging::Offset { .. }) {
            self.listed.slippery = Some(self.keys.into_keys().collect());
        }
        self.listed
    }
}

/// The next page by the header Link: `<https://…?page=2>; rel="next", <…>; rel="last"`.
fn next_link(headers: &HeaderMap) -> Option<String> {
    for header in headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()) {
        let mut rest = header;
        while let Some((address, after)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
            // what belongs to this address ends where another begins
            let (parameters, left) = after.split_at(after.find(",<").or_else(|| after.find(", <")).unwrap_or(after.len()));
            let is_next = parameters.split([';', ',']).filter_map(|parameter| parameter.trim().split_once('=')).any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value.trim().trim_matches('"').split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
            });
            if is_next {
                return Some(address.to_owned());
            }
            rest = left;
        }
    }
    None
}

fn get(page: &Document, expression: &Expression, key: &str) -> Result<Value, Fault> {
    page.get(expression).map_err(|why| fault(&format!("the list is not understood – {expression:?}: {why} – check list.{key}")))
}

/// What a value is.
pub(super) fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn fault(text: &str) -> Fault {
    Fault::new(FaultKind::Unintelligible, text)
}
