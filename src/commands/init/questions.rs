//! The questions of `holdover init`, and what their answers mean.

use super::ask::{Asker, Question, Stop};
use super::draft::{Client, Draft, Kind, Meaning, Token, whole_path};
use super::flags::InitArgs;
use crate::commands::check::is_program;
use crate::domain::{SafeText, Severity};
use crate::sources::SeenField;

/// More values than this are no severities.
const MOST_MEANINGS: usize = 20;

/// What names a client, as people call such fields.
const CLIENTS: [&str; 7] = ["client", "customer", "tenant", "organization", "organisation", "company", "account"];

/// Where tickets come from.
pub(super) fn kind(asker: &mut Asker, args: &InitArgs) -> Result<Draft, Stop> {
    let mut draft = Draft::new(Kind::Local);
    let what = "Where do tickets come from: redmine, rt, alertmanager, icinga2, http, file, local (kept here), demo (made up)";
    let question = Question { what, flag: "--kind", usual: (!args.yes).then(|| "local".to_owned()) };
    asker.settle(&mut draft, &question, args.kind.as_deref(), |draft, answer| {
        let kind = answer.parse().map_err(|_| "it is no kind of source – write one of these words".to_owned())?;
        if kind == Kind::Http {
            return Err("what such a server answers and how it is told is written by hand – holdover init --example has one whole, \
                named roundup"
                .to_owned());
        }
        *draft = Draft::new(kind);
        Ok(())
    })?;
    Ok(draft)
}

/// What a source is and where.
pub(super) fn source(asker: &mut Asker, args: &InitArgs, draft: &mut Draft) -> Result<(), Stop> {
    if let Some(path) = &args.ca_file {
        draft.ca_file = Some(whole_path(path));
    }
    draft.allow_http = args.allow_http;
    if let Some(name) = &args.source {
        asker.settle(draft, &flag("--source"), Some(name), |draft, answer| {
            answer.clone_into(&mut draft.source);
            Ok(())
        })?;
    }
    if draft.kind == Kind::File {
        let question = Question { what: "The file of tickets, JSON or CSV", flag: "--path", usual: None };
        asker.settle(draft, &question, args.path.as_deref(), |draft, answer| {
            draft.path = whole_path(answer);
            Ok(())
        })?;
    }
    if draft.kind.is_server() { server(asker, args, draft) } else { Ok(()) }
}

/// A question that only a flag answers.
fn flag(flag: &str) -> Question<'_> {
    Question { what: flag, flag, usual: None }
}

fn server(asker: &mut Asker, args: &InitArgs, draft: &mut Draft) -> Result<(), Stop> {
    let example = match draft.kind {
        Kind::Redmine => "https://redmine.example.com",
        Kind::Rt => "https://rt.example.com",
        Kind::Alertmanager => "https://alertmanager.example.com",
        _ => "https://icinga.example.com:5665",
    };
    let what = format!("The address of the server, such as {example}");
    // what was said before, where it is asked a second time
    let (before, user) = (draft.said_url().map(str::to_owned), draft.user.clone());
    let again = before.is_some();
    asker.settle(draft, &Question { what: &what, flag: "--url", usual: before }, args.url.as_deref(), |draft, answer| {
        answer.clone_into(&mut draft.url);
        Ok(())
    })?;
    let (what, usual) = if draft.kind.needs_user() {
        ("The user who signs in", user.filter(|_| again))
    } else {
        ("The user who signs in (Enter: nobody does)", Some(String::new()))
    };
    if draft.kind != Kind::Redmine {
        asker.settle(draft, &Question { what, flag: "--user", usual }, args.user.as_deref(), |draft, answer| {
            draft.user = Some(answer.to_owned()).filter(|user| !user.is_empty());
            // who signs in has a password; where it is, is asked next
            draft.token = draft.user.as_ref().map(|_| Token::Env("KEY".to_owned()));
            Ok(())
        })?;
    }
    // an authority of its own may have been what was missing
    if again && draft.url.starts_with("https:") { authority(asker, draft) } else { Ok(()) }
}

/// Where the key is; one that is typed goes into the file `kept`.
pub(super) fn token(
    asker: &mut Asker,
    args: &InitArgs,
    draft: &mut Draft,
    kept: &str,
    environment: &[(String, String)],
) -> Result<(), Stop> {
    let said = [("--token-command", &args.token_command), ("--token-file", &args.token_file), ("--token-env", &args.token_env)];
    if let Some((name, given)) = said.into_iter().find_map(|(name, given)| Some((name, given.as_deref()?))) {
        return asker.settle(draft, &flag(name), Some(given), |draft, answer| {
            draft.token = Some(match name {
                "--token-command" => command(answer),
                "--token-file" => Token::File(whole_path(answer)),
                _ => Token::Env(answer.to_owned()),
            });
            Ok(())
        });
    }
    if draft.token.is_none() {
        return Ok(());
    }
    let what =
        "The key: a command that prints it (pass show helpdesk), /a/file, or $A_VARIABLE; Enter: it is asked for, and kept in a file";
    let question = Question { what, flag: "--token-command, --token-file or --token-env", usual: (!args.yes).then(String::new) };
    asker.settle_unsaid(draft, &question, |draft, answer| {
        let is_word = answer.split_whitespace().count() == 1 && !answer.starts_with(['$', '/', '~', '.']);
        if is_word && !is_program(answer, environment) {
            return Err("there is no such program; is that the key itself? Press Enter first, and it is asked for".to_owned());
        }
        draft.token = Some(match answer.chars().next() {
            None => Token::Typed(kept.to_owned()),
            Some('$') => Token::Env(answer.trim_start_matches('$').to_owned()),
            Some('/' | '~' | '.') if !answer.contains(' ') => Token::File(whole_path(answer)),
            Some(_) => command(answer),
        });
        Ok(())
    })
}

fn command(answer: &str) -> Token {
    Token::Command(answer.split_whitespace().map(str::to_owned).collect())
}

/// Who vouches for the server.
fn authority(asker: &mut Asker, draft: &mut Draft) -> Result<(), Stop> {
    let what = "A file with the certificate of its authority (Enter: none of its own)";
    let usual = Some(draft.ca_file.clone().unwrap_or_default());
    asker.settle(draft, &Question { what, flag: "--ca-file", usual }, None, |draft, answer| {
        draft.ca_file = Some(answer).filter(|answer| !answer.is_empty()).map(whole_path);
        Ok(())
    })
}

/// The client of the tickets, and what the source's words for severities mean. `named` are the clients that tickets name
/// themselves.
pub(super) fn meaning(asker: &mut Asker, args: &InitArgs, draft: &mut Draft, named: &[SafeText]) -> Result<(), Stop> {
    let by = client_field(draft, named);
    let usual = by.as_ref().map(|field| format!("@{field}"));
    let what = match &usual {
        Some(_) => "The client of all tickets, or @ and a field: one client for each of its values",
        None => "The client of all tickets, as they name it (Enter: one agreement for all clients)",
    };
    let usual = Some(usual.unwrap_or_default());
    asker.settle(draft, &Question { what, flag: "--client", usual }, args.client.as_deref(), |draft, answer| {
        draft.client = client(draft, answer, named)?;
        Ok(())
    })?;
    severities(asker, args, draft)
}

/// The field that seems to name clients.
fn client_field(draft: &Draft, named: &[SafeText]) -> Option<String> {
    if !named.is_empty() {
        return Some("client".to_owned());
    }
    let usable = |seen: &&SeenField| !seen.more && !seen.values.is_empty();
    let last = |seen: &SeenField| seen.name.as_str().rsplit('.').next().unwrap_or_default().to_lowercase();
    let called = draft.seen.iter().filter(usable).find(|seen| CLIENTS.contains(&last(seen).as_str()));
    let own = |name: &str| draft.seen.iter().filter(usable).find(|seen| seen.name.as_str() == name);
    let found = called.or_else(|| match draft.kind {
        Kind::Redmine => own("project"),
        Kind::Rt => own("queue"),
        _ => None,
    });
    found.map(|seen| seen.name.to_string())
}

fn client(draft: &Draft, answer: &str, named: &[SafeText]) -> Result<Client, String> {
    let Some(field) = answer.strip_prefix('@') else {
        return Ok(if answer.is_empty() { Client::Any } else { Client::One(answer.to_owned()) });
    };
    if field == "client" && !named.is_empty() {
        return Ok(Client::Each { field: None, values: named.to_vec() });
    }
    let Some(seen) = draft.seen.iter().find(|seen| seen.name.as_str() == field) else {
        let there: Vec<&str> = draft.seen.iter().map(|seen| seen.name.as_str()).collect();
        return Err(if there.is_empty() {
            "no ticket was seen with any field – name the client".to_owned()
        } else {
            format!("no ticket was seen with such a field – there are {}", there.join(", "))
        });
    };
    let values = seen.values.iter().map(|seen| seen.value.clone()).collect();
    Ok(Client::Each { field: Some(seen.name.clone()), values })
}

fn severities(asker: &mut Asker, args: &InitArgs, draft: &mut Draft) -> Result<(), Stop> {
    let Some(field) = draft.kind.severity_field() else {
        return match args.severity.first() {
            Some(_) => Err(Stop::Usage("--severity is not taken – this kind has no words for severities – leave it out".to_owned())),
            None => Ok(()),
        };
    };
    let seen = draft.seen.iter().find(|seen| seen.name.as_str() == field).map_or(&[][..], |seen| &seen.values);
    // of numbers there are too many; RT's own reading knows them all
    let words = seen.iter().filter(|seen| draft.kind != Kind::Rt || seen.value.as_str().parse::<i64>().is_err());
    let mut proposed: Vec<Meaning> =
        words.map(|seen| Meaning { value: seen.value.clone(), severity: seen.severity, said: false }).take(MOST_MEANINGS + 1).collect();
    // what is not known comes last
    proposed.sort_by_key(|meaning| (meaning.severity.is_none(), meaning.severity));
    if proposed.len() <= MOST_MEANINGS {
        draft.meanings = proposed;
    }
    for (value, severity) in &args.severity {
        let value = SafeText::line(value);
        let (severity, said) = (Some(*severity), true);
        match draft.meanings.iter_mut().find(|meaning| meaning.value.eq_ignore_case(&value)) {
            Some(meaning) => (meaning.severity, meaning.said) = (severity, said),
            None => draft.meanings.push(Meaning { value, severity, said }),
        }
    }
    if args.yes || !args.severity.is_empty() || draft.meanings.is_empty() {
        return Ok(());
    }
    let values: Vec<&str> = draft.meanings.iter().map(|meaning| meaning.value.as_str()).collect();
    let what = format!("How severe are {}: S1 to S5 for each in this order, - where nobody can say", values.join(", "));
    let usual: Vec<String> =
        draft.meanings.iter().map(|meaning| meaning.severity.map_or_else(|| "-".to_owned(), |severity| severity.to_string())).collect();
    asker.settle(draft, &Question { what: &what, flag: "--severity", usual: Some(usual.join(" ")) }, None, |draft, answer| {
        let words: Vec<&str> = answer.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        if words.len() != draft.meanings.len() {
            return Err(format!("there are {} of them – write as many, such as {}", draft.meanings.len(), usual.join(" ")));
        }
        for (meaning, word) in draft.meanings.iter_mut().zip(words) {
            let severity = Severity::parse(word);
            if severity.is_none() && word != "-" {
                return Err(format!("'{word}' is no severity – write S1 to S5, or -"));
            }
            (meaning.severity, meaning.said) = (severity, severity.is_some());
        }
        Ok(())
    })
}

/// What the contract says.
pub(super) fn agreement(asker: &mut Asker, args: &InitArgs, draft: &mut Draft) -> Result<(), Stop> {
    let host = iana_time_zone::get_timezone().unwrap_or_else(|_| "UTC".to_owned());
    let question = Question { what: "Your time zone, and the agreement's", flag: "--timezone", usual: Some(host) };
    asker.settle(draft, &question, args.timezone.as_deref(), |draft, answer| {
        answer.clone_into(&mut draft.timezone);
        Ok(())
    })?;
    if let Some(name) = &args.agreement {
        asker.settle(draft, &flag("--agreement"), Some(name), |draft, answer| {
            draft.agreement = Some(answer.to_owned());
            // only one named default is with everybody
            if matches!(draft.client, Client::Any) && answer != "default" {
                draft.client = Client::One(answer.to_owned());
            }
            Ok(())
        })?;
    }
    let question = Question { what: "Office hours", flag: "--office-hours", usual: Some("mon-fri 09:00-17:30".to_owned()) };
    asker.settle(draft, &question, args.office_hours.as_deref(), |draft, answer| {
        draft.office_hours = office_hours(answer)?;
        Ok(())
    })?;
    let usual = if draft.timezone == "Europe/London" { "england-and-wales" } else { "none" };
    let what = "Bank holidays: england-and-wales, scotland, northern-ireland, none, and dates such as 2026-12-24";
    let question = Question { what, flag: "--bank-holidays", usual: Some(usual.to_owned()) };
    asker.settle(draft, &question, args.bank_holidays.as_deref(), |draft, answer| {
        draft.bank_holidays = words(answer);
        Ok(())
    })?;
    let what = "Down to which severity must it be handled at any hour: S1 to S5, or none";
    let question = Question { what, flag: "--out-of-hours", usual: Some("S1".to_owned()) };
    asker.settle(draft, &question, args.out_of_hours.as_deref(), |draft, answer| {
        draft.out_of_hours = match Severity::parse(answer) {
            None if !answer.eq_ignore_ascii_case("none") => return Err("it is no severity – write S1 to S5, or none".to_owned()),
            severity => severity,
        };
        Ok(())
    })?;
    let what = "How soon must S1, S2, S3, S4 and S5 be answered (1wd: one working day)";
    let question = Question { what, flag: "--respond", usual: Some(draft.respond.join(", ")) };
    asker.settle(draft, &question, args.respond.as_deref(), |draft, answer| {
        draft.respond = answer.split(',').map(|time| time.trim().to_owned()).collect();
        draft.respond_said = !args.yes || args.respond.is_some();
        if draft.respond.len() == Severity::ALL.len() { Ok(()) } else { Err("write five times with commas between them".to_owned()) }
    })
}

/// `mon-thu 09:00-17:30, fri 09:00-12:00 13:00-16:00`.
fn office_hours(answer: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let days = answer.split(',').map(|part| {
        let mut words = part.split_whitespace().map(str::to_owned);
        let days = words.next().ok_or_else(|| "a day is missing – write mon-fri 09:00-17:30".to_owned())?;
        Ok((days, words.collect()))
    });
    days.collect()
}

fn words(answer: &str) -> Vec<String> {
    answer.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
