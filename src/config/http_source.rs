//! A source of kind `http`: a server that the configuration describes whole. Every expression is understood here, so that
//! what is wrong with one is told with its place.

use chrono::format::{Fixed, Item, Numeric, StrftimeItems};

use super::document::{Entry, Kind, Table, Value, shown};
use super::files::Files;
use super::http_deed::{self, DEEDS};
use super::nearest;
use super::problem::Problems;
use super::server::{self, SignIn};
use crate::domain::{DeedKind, Severity};
use crate::sources::{
    Auth, Expression, HttpSettings, ITEM_NAMES, ItemSettings, LINK_NAMES, ListSettings, Paging, TICKET_FIELDS, Template, TemplateError,
    TimeForm, ValueMap, WhoAmI,
};

/// Its own keys.
pub(super) const KEYS: [&str; 10] = ["whoami", "list", "fields", "values", "taken", "time_format", "link", "item", "error", "map"];

/// The usual order of keys, beside those of every source.
pub(super) const ORDER: &[&str] = &[
    "name",
    "kind",
    "url",
    "auth",
    "user",
    "token_file",
    "headers",
    "time_format",
    "timezone",
    "link",
    "error",
    "taken",
    "fields",
    "list",
];

const SECRET_HELP: &str = "say auth, and where the token is: token_command, token_file or token_env";
const PAGINGS: [&str; 6] = ["none", "page", "offset", "link", "next", "cursor"];

/// The fields that rules can name: those that `fields` has.
pub(super) fn fields(table: &Table) -> Vec<&str> {
    let fields = table.get("fields").and_then(|value| if let Kind::Table(fields) = &value.kind { Some(fields) } else { None });
    fields.map_or_else(Vec::new, |fields| fields.entries.iter().map(|entry| entry.key.as_str()).collect())
}

/// The source; `None` where something needed is missing or wrong.
pub(super) fn read(table: &Table, files: &Files, problems: &mut Problems) -> Option<HttpSettings> {
    let server = server::read(table, SignIn::Chosen, files, problems);
    let whoami = part(table, "whoami", problems, whoami);
    let list = table.need("list", ORDER, "this source has no list", "add list = { path = \"issues\", items = \"issues\" }", problems);
    let list = list.and_then(|value| list_of(value.table(problems)?, problems));
    let fields = entry_fields(table, problems);
    let values = part(table, "values", problems, values);
    let taken = optional(table, "taken", problems, expression);
    let times = optional(table, "time_format", problems, |value, problems| time_form(value, table, problems));
    let link = optional(table, "link", problems, |value, problems| template(value, LINK_NAMES, problems));
    let item = part(table, "item", problems, item);
    let error = optional(table, "error", problems, expression);
    let deeds = deeds(table, problems);
    let unknown = whoami.is_none() && table.get("whoami").is_none() && !matches!(server.as_ref()?.auth, Auth::Basic { .. });
    let asks = deeds.iter().flatten().find(|(_, deed)| unknown && (deed.names("me") || deed.names("name")));
    if let Some((kind, _)) = asks {
        let help = "add whoami = { path = \"me\", name = \"user.name\", id = \"user.id\" }";
        let what = format!("{} speaks of me, and nothing says who that is", <&str>::from(kind));
        problems.missing(&table.place_for("whoami", ORDER), &*what, help);
    }
    Some(HttpSettings {
        server: server?,
        whoami,
        list: list?,
        fields: fields?,
        values: values.unwrap_or_default(),
        taken,
        times: times.unwrap_or(TimeForm::Rfc3339),
        link,
        item,
        error,
        deeds: deeds?,
    })
}

/// What a key that need not be there says. What is wrong is reported, and as if it were not there.
pub(super) fn optional<T>(
    table: &Table,
    key: &str,
    problems: &mut Problems,
    read: impl FnOnce(&Value, &mut Problems) -> Option<T>,
) -> Option<T> {
    table.get(key).and_then(|value| read(value, problems))
}

/// The same of a table.
fn part<T>(table: &Table, key: &str, problems: &mut Problems, read: impl FnOnce(&Table, &mut Problems) -> Option<T>) -> Option<T> {
    optional(table, key, problems, |value, problems| read(value.table(problems)?, problems))
}

/// An expression.
pub(super) fn expression(value: &Value, problems: &mut Problems) -> Option<Expression> {
    let text = value.line(problems)?;
    let compiled = Expression::compile(text.as_str());
    compiled.map_err(|why| not_understood(value, &why, problems)).ok()
}

fn not_understood(value: &Value, why: &str, problems: &mut Problems) {
    let help = "write a JMESPath expression, data.items[0].name, names that are no words in quotes, or a JSON Pointer, /data/items/0";
    problems.error(&value.at, format!("this is no expression, {why}"), help);
}

/// A text with expressions in braces.
pub(super) fn template(value: &Value, names: &[&str], problems: &mut Problems) -> Option<Template> {
    let text = value.line(problems)?;
    Template::parse(text.as_str(), names).map_err(|error| bad_template(value, &error, names, problems)).ok()
}

pub(super) fn bad_template(value: &Value, error: &TemplateError, names: &[&str], problems: &mut Problems) {
    match error {
        TemplateError::Name(name) => {
            problems.error(&value.at, format!("nothing is called {{{}}} here", shown(name)), nearest::suggest(name, names));
        }
        TemplateError::Expression(why) => not_understood(value, why, problems),
    }
}

/// A path of the server: it never leaves the address that the key is for.
pub(super) fn path<'a>(table: &'a Table, what: &str, problems: &mut Problems) -> Option<&'a Value> {
    let value = table.need("path", &["method"], &format!("{what} has no path"), "add path = \"issues\", what follows url", problems)?;
    let text = value.line(problems)?;
    let leads_out = text.as_str().starts_with('/') || text.as_str().contains("://") || text.as_str().split('/').any(|part| part == "..");
    if leads_out {
        problems.error(&value.at, "a path begins below url", "leave the / in front and the host out: \"issues\" is url/issues");
        return None;
    }
    let query = text.as_str().split_once('?').map_or("", |(_, query)| query);
    if query.split('&').any(|parameter| server::may_name_a_secret(parameter.split('=').next().unwrap_or_default())) {
        problems.error(&value.at, "a secret goes into this path, and no secret belongs in the configuration", SECRET_HELP);
        return None;
    }
    Some(value)
}

fn path_template(table: &Table, what: &str, names: &[&str], problems: &mut Problems) -> Option<Template> {
    path(table, what, problems).and_then(|value| template(value, names, problems))
}

fn whoami(table: &Table, problems: &mut Problems) -> Option<WhoAmI> {
    table.only(&["path", "name", "id", "ok"], "whoami", problems);
    let path = path_template(table, "whoami", &["user"], problems);
    let help = "add name = \"user.name\", the name that the server knows us by";
    let name = table.need("name", &["path"], "whoami does not say where the name is", help, problems);
    let name = name.and_then(|value| expression(value, problems));
    let id = optional(table, "id", problems, expression);
    let ok = optional(table, "ok", problems, expression);
    Some(WhoAmI { path: path?, name: name?, id, ok })
}

fn list_of(table: &Table, problems: &mut Problems) -> Option<ListSettings> {
    const KEYS: &[&str] = &[
        "path",
        "query",
        "items",
        "total",
        "more",
        "paging",
        "page_param",
        "first_page",
        "offset_param",
        "next",
        "cursor",
        "cursor_param",
    ];
    table.only(KEYS, "a list", problems);
    let path = path(table, "the list", problems).and_then(|value| value.text(problems)).map(str::to_owned);
    let query = part(table, "query", problems, query);
    let items = optional(table, "items", problems, expression);
    let total = optional(table, "total", problems, expression);
    let more = optional(table, "more", problems, expression);
    let paging = paging(table, problems);
    let whole = Expression::compile("@").ok();
    Some(ListSettings { path: path?, query: query.unwrap_or_default(), items: items.or(whole)?, total, more, paging: paging? })
}

fn query(table: &Table, problems: &mut Problems) -> Option<Vec<(String, String)>> {
    let of = |entry: &Entry, problems: &mut Problems| match &entry.value.kind {
        Kind::Integer(Some(number)) => Some(number.to_string()),
        Kind::Boolean(is) => Some(is.to_string()),
        _ => entry.value.text(problems).map(str::to_owned),
    };
    if let Some(secret) = table.entries.iter().find(|entry| server::may_name_a_secret(&entry.key)) {
        problems.error(&secret.at, "a secret goes into this parameter, and no secret belongs in the configuration", SECRET_HELP);
        return None;
    }
    table.entries.iter().map(|entry| Some((entry.key.clone(), of(entry, problems)?))).collect()
}

fn paging(table: &Table, problems: &mut Problems) -> Option<Paging> {
    let Some(value) = table.get("paging") else { return Some(Paging::None) };
    let mut param = |key: &str, usual: &str| {
        let given = optional(table, key, problems, Value::line);
        given.map_or_else(|| usual.to_owned(), |given| given.as_str().to_owned())
    };
    let (page, offset, cursor) = (param("page_param", "page"), param("offset_param", "offset"), param("cursor_param", "cursor"));
    let needed = |key: &str, problems: &mut Problems| {
        let what = format!("paging by {key} needs an expression of what comes next");
        let value = table.need(key, &["paging"], &what, format!("add {key} = \"meta.{key}\""), problems)?;
        expression(value, problems)
    };
    match value.text(problems)? {
        "none" => Some(Paging::None),
        "page" => {
            let first = match table.get("first_page") {
                None => 1,
                Some(Value { kind: Kind::Integer(Some(number @ 0..=1)), .. }) => u64::try_from(*number).ok()?,
                Some(other) => {
                    problems.error(&other.at, "the first page is 0 or 1", "write first_page = 0, or leave it out, and it is 1");
                    return None;
                }
            };
            Some(Paging::Page { param: page, first })
        }
        "offset" => Some(Paging::Offset { param: offset }),
        "link" => Some(Paging::Link),
        "next" => Some(Paging::Next(needed("next", problems)?)),
        "cursor" => Some(Paging::Cursor { param: cursor, at: needed("cursor", problems)? }),
        other => {
            problems.error(&value.at, format!("there is no paging '{}'", shown(other)), nearest::suggest(other, &PAGINGS));
            None
        }
    }
}

/// The expressions of fields; one that is nearly the name of a ticket's own is a slip.
fn entry_fields(table: &Table, problems: &mut Problems) -> Option<Vec<(String, Expression)>> {
    let help = "add fields = { key = \"id\", title = \"title\", submitted_at = \"created_at\" }";
    let value = table.need("fields", ORDER, "this source does not say what of an entry is what of a ticket", help, problems)?;
    let given = value.table(problems)?;
    given.need("key", &[], "fields does not say what identifies a ticket", "add key = \"id\"", problems);
    let mut fields = Vec::new();
    for entry in &given.entries {
        let name = entry.key.as_str();
        if !TICKET_FIELDS.contains(&name)
            && nearest::is_slip(name, TICKET_FIELDS.iter().copied().filter(|known| known.len() > 4 && given.get(known).is_none()))
        {
            let help = nearest::suggest(name, TICKET_FIELDS);
            problems.warning(&entry.at, format!("a ticket has no '{}': only map rules see this field", shown(name)), help);
        }
        fields.extend(expression(&entry.value, problems).map(|expression| (entry.key.clone(), expression)));
    }
    (given.get("key").is_some() && fields.len() == given.entries.len()).then_some(fields)
}

/// What the values of severities and statuses mean.
fn values(table: &Table, problems: &mut Problems) -> Option<Vec<ValueMap>> {
    const STATUSES: [&str; 4] = ["open", "acknowledged", "on-client", "resolved"];
    table.only(&["severity", "status"], "values", problems);
    let mut maps = Vec::new();
    for entry in table.entries.iter().filter(|entry| ["severity", "status"].contains(&entry.key.as_str())) {
        let mut pairs = Vec::new();
        for pair in &entry.value.table(problems)?.entries {
            let text = pair.value.text(problems)?;
            let (right, known): (bool, &[&str]) = match entry.key.as_str() {
                "severity" => (Severity::parse(text).is_some(), &["S1", "S2", "S3", "S4", "S5"]),
                _ => (STATUSES.contains(&text), &STATUSES),
            };
            if !right {
                let what = format!("'{}' is no {}", shown(text), entry.key);
                problems.error(&pair.value.at, what, nearest::suggest(text, known));
                return None;
            }
            pairs.push((pair.key.clone(), text.to_owned()));
        }
        maps.push(ValueMap { field: entry.key.clone(), pairs });
    }
    Some(maps)
}

/// How times are written. A pattern without an offset needs the zone of the source.
fn time_form(value: &Value, table: &Table, problems: &mut Problems) -> Option<TimeForm> {
    let text = value.text(problems)?;
    match text {
        "rfc3339" => return Some(TimeForm::Rfc3339),
        "epoch" => return Some(TimeForm::Epoch),
        "epoch-ms" => return Some(TimeForm::EpochMs),
        _ => {}
    }
    let items: Vec<Item> = StrftimeItems::new(text).collect();
    let means_something = items.iter().any(|item| matches!(item, Item::Numeric(..) | Item::Fixed(_)));
    if !means_something || items.contains(&Item::Error) {
        let help = "write rfc3339, epoch, epoch-ms, or a pattern such as \"%Y-%m-%d %H:%M:%S\"";
        problems.error(&value.at, format!("'{}' is no form of times", shown(text)), help);
        return None;
    }
    let offset = |item: &Item| {
        matches!(
            item,
            Item::Numeric(Numeric::Timestamp, _)
                | Item::Fixed(
                    Fixed::TimezoneOffset
                        | Fixed::TimezoneOffsetColon
                        | Fixed::TimezoneOffsetColonZ
                        | Fixed::TimezoneOffsetZ
                        | Fixed::RFC2822
                        | Fixed::RFC3339
                )
        )
    };
    // %#z is known to chrono alone
    if !items.iter().any(offset) && !text.contains("%#z") && table.get("timezone").is_none() {
        let help = "add timezone = \"UTC\", or where the server is: \"Europe/London\"";
        problems.error(&value.at, "these times have no offset, and the source says no timezone", help);
        return None;
    }
    Some(TimeForm::Pattern(text.to_owned()))
}

fn item(table: &Table, problems: &mut Problems) -> Option<ItemSettings> {
    table.only(&["path", "item"], "item", problems);
    let path = path_template(table, "item", ITEM_NAMES, problems);
    let item = optional(table, "item", problems, expression);
    Some(ItemSettings { path: path?, item })
}

fn deeds(table: &Table, problems: &mut Problems) -> Option<Vec<(DeedKind, crate::sources::DeedSettings)>> {
    let given: Vec<&Entry> = table.entries.iter().filter(|entry| DEEDS.contains(&entry.key.as_str())).collect();
    if let Some(first) = given.first().filter(|_| table.get("item").is_none()) {
        let help = "add item = { path = \"issues/{id}\" }: nothing is called done before it was read again";
        problems.error(&first.at, "this source does not say how one ticket is read", help);
    }
    let taking_back = given.iter().find(|entry| entry.key == "unacknowledge");
    if let Some(back) = taking_back.filter(|_| table.get("acknowledge").is_none()) {
        let help = "add acknowledge: its verify tells what is ours, and nothing else is given back";
        problems.error(&back.at, "what cannot be acknowledged cannot be given back", help);
    }
    if table.get("acknowledge").is_some() && table.get("taken").is_none() {
        let help = "add taken = \"assignee\", an expression that is true of a ticket that somebody has: nobody's ticket is taken away";
        problems.missing(&table.place_for("taken", ORDER), "this source does not say which tickets are taken", help);
    }
    let read: Vec<_> = given.iter().map(|entry| http_deed::read(entry, problems)).collect();
    read.into_iter().collect()
}
