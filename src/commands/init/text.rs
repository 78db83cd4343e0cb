//! The commented configuration that `holdover init` writes. Whatever a server said stands in quotes, or in a remark on one line.

use std::fmt::Write;

use strum::IntoEnumIterator;

use super::draft::{Client, Draft, Kind, Meaning, Token};
use crate::domain::{SafeText, Severity};
use crate::sources;

const HEAD: &str = "\
# The configuration of holdover, begun by `holdover init`; it is yours to change. `holdover check` says whether it is right, and
# `holdover check --online` what of each source is understood. What else can be said: `holdover init --example`.
";

/// So many values of a field are told in a remark.
const TOLD: usize = 12;

/// The text.
pub(super) fn of(draft: &Draft) -> String {
    if draft.kind == Kind::Demo {
        return format!("{HEAD}\n{}", sources::demo_agreements());
    }
    let mut out = format!("{HEAD}\n# your own time zone, in which times are shown to you\ntimezone = {}\n", quoted(&draft.timezone));
    source(draft, &mut out);
    agreement(draft, &mut out);
    out
}

/// A text in the quotes of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Texts as a list.
fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// Writes a line; into a text nothing can fail.
macro_rules! line {
    ($out:expr, $($words:tt)*) => { let _ = writeln!($out, $($words)*); };
}

fn source(draft: &Draft, out: &mut String) {
    let kind: &str = draft.kind.into();
    line!(out, "\n\n# ── Where tickets come from ──\n\n[[source]]\nname = {}\nkind = {}", quoted(&draft.source), quoted(kind));
    if draft.kind == Kind::File {
        line!(out, "# read again whenever it changes\npath = {}", quoted(&draft.path));
    }
    if draft.kind.is_server() {
        server(draft, out);
    }
    match &draft.client {
        Client::One(client) => {
            line!(out, "# the client of tickets that nothing else gives one\nclient = {}", quoted(client));
        }
        Client::Any | Client::Each { .. } => {}
    }
    if draft.kind != Kind::Local {
        map(draft, out);
    }
}

fn server(draft: &Draft, out: &mut String) {
    line!(out, "url = {}", quoted(&draft.url));
    if draft.allow_http {
        line!(out, "# the key can be read by anyone on the way\nallow_http = true");
    }
    if draft.kind == Kind::Alertmanager && draft.token.is_some() {
        line!(out, "auth = {}", quoted(if draft.user.is_some() { "basic" } else { "bearer" }));
    }
    if let Some(user) = &draft.user {
        line!(out, "user = {}", quoted(user));
    }
    match &draft.token {
        Some(Token::Command(words)) => {
            line!(out, "# the key is the first line that this command prints; no shell reads it\ntoken_command = {}", list(words));
        }
        Some(Token::File(path) | Token::Typed(path)) => {
            line!(out, "# the key is the first line of this file, which only you may read (mode 0600)\ntoken_file = {}", quoted(path));
        }
        Some(Token::Env(name)) => {
            line!(out, "# the key is in this variable of the environment\ntoken_env = {}", quoted(name));
        }
        None => {}
    }
    if let Some(path) = &draft.ca_file {
        line!(out, "# who vouches for the server, beside the authorities of the system\nca_file = {}", quoted(path));
    }
}

/// How each kind reads severities of its own accord.
fn own_reading(kind: Kind) -> &'static str {
    match kind {
        Kind::Redmine => "Without a rule, Redmine's own order of its priorities counts: the highest is S1, the next S2, and so on.",
        Kind::Rt => "Without a rule, High is S1, Medium S2, Low S3; of numbers 100 and more are S1, 50 to 99 S2, 1 to 49 S3, 0 is S4.",
        Kind::Alertmanager => "Without a rule, the label severity counts: critical is S1, error S2, warning S3, minor S4, info S5.",
        Kind::Icinga => "Without a rule, a host that is DOWN and a service that is CRITICAL are S1, UNKNOWN is S2, WARNING is S3.",
        _ => "Without a rule, each ticket's own members count: key, title, client, severity (S1 to S5), submitted_at and others.",
    }
}

/// A rule for somebody to begin with, where nothing was seen.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Redmine => {
            r#"{ field = "priority", is = "Immediate", severity = "S1" }, { field = "project", is = "Acme", client = "acme" }"#
        }
        Kind::Rt => r#"{ field = "priority", is = "High", severity = "S1" }, { field = "organization", matches = "(.+)", client = "$1" }"#,
        Kind::Alertmanager => {
            r#"{ field = "labels.severity", is = "sev1", severity = "S1" }, { field = "labels.client", matches = "(.+)", client = "$1" }"#
        }
        Kind::Icinga => r#"{ field = "group", is = "prod", severity = "S1" }, { field = "vars.client", matches = "(.+)", client = "$1" }"#,
        _ => r#"{ field = "urgency", is = "High", severity = "S1" }"#,
    }
}

fn map(draft: &Draft, out: &mut String) {
    line!(
        out,
        "# For each target (severity, client, …) the first rule that matches gives it. Case does not matter.\n# {}",
        own_reading(draft.kind)
    );
    for field in &draft.seen {
        let values: Vec<&str> = field.values.iter().take(TOLD).map(|seen| seen.value.as_str()).collect();
        let more = if field.more || field.values.len() > TOLD { ", …" } else { "" };
        line!(out, "#   seen in {}: {}{more}", field.name, SafeText::line(&values.join(", ")));
    }
    let mut rules = String::new();
    let severity_field = draft.kind.severity_field().unwrap_or("severity");
    let rule = |meaning: &Meaning, severity| {
        format!("{{ field = {}, is = {}, severity = \"{severity}\" }},", quoted(severity_field), quoted(meaning.value.as_str()))
    };
    let of = |said: bool| draft.meanings.iter().filter(move |meaning| meaning.said == said);
    for (meaning, severity) in of(true).filter_map(|meaning| Some((meaning, meaning.severity?))) {
        line!(rules, "  {}", rule(meaning, severity));
    }
    let mut proposed = of(false).filter_map(|meaning| Some((meaning, meaning.severity?))).peekable();
    if proposed.peek().is_some() {
        line!(rules, "  # PROPOSED, and confirmed by nobody: how the source is read anyway. Compare it with the contract.");
    }
    for (meaning, severity) in proposed {
        line!(rules, "  {}", rule(meaning, severity));
    }
    let mut unknown = draft.meanings.iter().filter(|meaning| meaning.severity.is_none()).peekable();
    if unknown.peek().is_some() {
        line!(rules, "  # no severity was said for these; take the # away, and say the right one");
    }
    for meaning in unknown {
        line!(rules, "  #{}", rule(meaning, Severity::S3));
    }
    if let Client::Each { field: Some(field), values } = &draft.client {
        line!(rules, "  # whose a ticket is; what has no rule here is to be decided");
        for value in values {
            // what a rule gives may name a group; $0 is the whole value
            let client = if value.as_str().contains('$') { "$0" } else { value.as_str() };
            line!(rules, "  {{ field = {}, is = {}, client = {} }},", quoted(field.as_str()), quoted(value.as_str()), quoted(client));
        }
    }
    if rules.is_empty() {
        line!(out, "#map = [ {} ]", example(draft.kind));
    } else {
        line!(out, "map = [\n{rules}]");
    }
}

fn agreement(draft: &Draft, out: &mut String) {
    line!(out, "\n\n# ── What the contract says ──\n\n[[agreement]]\nname = {}", quoted(&draft.agreement_name()));
    // the library leaves the sign that escapes as it is
    let exactly = |client: &str| globset::escape(&client.replace('\\', r"\\"));
    match &draft.client {
        Client::Any => {
            line!(out, "# an agreement of this name is with every client that no other agreement names");
        }
        Client::One(client) => {
            line!(out, "# as tickets name them; * stands for any text: \"acme-*\"\nclients = {}", list(&[exactly(client)]));
        }
        Client::Each { values, .. } => {
            let clients: Vec<String> = values.iter().map(|value| exactly(value.as_str())).collect();
            line!(out, "# as tickets name them. Clients with other terms get an [[agreement]] of their own\nclients = {}", list(&clients));
        }
    }
    let hours: Vec<String> = draft.office_hours.iter().map(|(days, spans)| format!("{} = {}", key(days), list(spans))).collect();
    line!(out, "timezone = {}\noffice_hours = {{ {} }}", quoted(&draft.timezone), hours.join(", "));
    line!(out, "# england-and-wales, scotland, northern-ireland, none; dates too: [\"scotland\", \"2026-12-24\", \"12-31\"];");
    line!(out, "# or an .ics file beside this one: [\"holidays.ics\"]");
    // none stands alone: whoever adds a file to it takes it out
    let holidays = match &draft.bank_holidays[..] {
        [one] if one == "none" => quoted(one),
        several => list(several),
    };
    line!(out, "bank_holidays = {holidays}");
    line!(out, "# what is not covered when it is submitted waits for the next working day\nhold_over_to = \"next-working-day\"");
    line!(out, "# it covers work up to a level; without this, all work\n#support_level = \"L2\"");
    line!(
        out,
        "# How soon each severity is answered: `any` at any hour, `office-hours` in these alone; else it is held over. \"30m\" is covered"
    );
    line!(out, "# time, \"1wd\" the same time on the next working day.");
    if !draft.respond_said {
        line!(out, "# The times are an EXAMPLE: write those of the contract.");
    }
    line!(out, "[agreement.response]");
    for (severity, within) in Severity::iter().zip(&draft.respond) {
        let covered = if draft.out_of_hours.is_some_and(|lowest| severity <= lowest) { "any" } else { "office-hours" };
        line!(out, "{severity} = {{ {covered} = {} }}", quoted(within));
    }
}

/// A key of a table, in quotes where it must be.
fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if bare { text.to_owned() } else { quoted(text) }
}
