//! `holdover new`, and the same from the dashboard: a ticket that is kept here, for an issue that came by phone.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;

use super::bookkeeper::Event;
use super::cli::NewArgs;
use super::delivery::write_beside;
use super::output;
use super::session::{Exit, Session};
use crate::app::Message;
use crate::domain::{Contact, SafeText, SourceName, TextKind, Ticket};
use crate::records::Records;
use crate::sources::{SourceKind, SourceSettings};

/// What `--json` prints.
#[derive(Serialize)]
struct Made {
    source: SourceName,
    key: SafeText,
}

/// Adds a ticket to a local source, submitted now.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn run(args: &NewArgs, session: &Session) -> color_eyre::Result<Exit> {
    let title = args.title.trim();
    if title.is_empty() {
        output::say(&"the title is empty – nothing was noted – write what the client reports");
        return Ok(Exit::Usage);
    }
    let settings = match local(args.source.as_deref(), session) {
        Ok(settings) => settings,
        Err(wrong) => {
            output::say(&wrong);
            return Ok(Exit::Usage);
        }
    };
    let opened = match super::session::runtime()?.block_on(session.open_records()) {
        Ok(opened) => opened,
        Err(fault) => {
            output::say(&format!("nothing was noted: {fault}"));
            return Ok(Exit::Failed);
        }
    };
    opened.moved_aside.iter().for_each(|path| output::say(&output::moved_aside(path)));
    let line = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(SafeText::line);
    let mut made = None;
    let added = session.local(settings, None).add(&opened.records, |ticket| {
        ticket.title = ticket.take_text("title", title, TextKind::Title);
        if let Some(client) = line(&args.client) {
            ticket.client = Some(client);
        }
        ticket.severity = args.severity;
        ticket.channel = line(&args.channel);
        ticket.support_level = line(&args.support_level);
        ticket.service = line(&args.service);
        ticket.description = args.description.as_deref().map(|text| ticket.take_text("description", text, TextKind::Body));
        ticket.callback_requested = args.callback;
        let contact = Contact { name: line(&args.name), phone: line(&args.phone), email: line(&args.email) };
        ticket.contact = Some(contact).filter(|contact| *contact != Contact::default());
        made = Some(ticket.clone());
    });
    let key = match added {
        Ok(key) => key,
        Err(fault) => {
            output::say(&format!("nothing was noted: {fault}"));
            return Ok(Exit::Failed);
        }
    };
    let uncovered = made.and_then(|ticket| session.settings.agreements.find(&ticket, (session.clock)()).err());
    if let Some(why) = uncovered {
        output::say(&format!("{key}: {why} – it is to be decided what it is owed – correct --client, or add an agreement"));
    }
    if args.json {
        output::print_json(&Made { source: key.source, key: key.key })?;
    } else {
        output::print(|out| writeln!(out, "{key}"))?;
    }
    Ok(Exit::Done)
}

/// Adds a ticket to a local source beside the loop, submitted by phone now, and tells its key.
pub(super) fn make_beside(
    session: &Session,
    records: Option<Arc<Records>>,
    source: &SourceName,
    title: SafeText,
    client: Option<SafeText>,
    events: mpsc::Sender<Event>,
) {
    let settings = session.settings.sources.iter().find(|settings| settings.name == *source);
    let local = settings.map(|settings| session.local(settings, records.as_ref()));
    tokio::spawn(async move {
        let made = match (local, records) {
            (Some(local), Some(records)) => {
                let shared = Arc::clone(&records);
                let fill = move |ticket: &mut Ticket| {
                    ticket.title = ticket.take_text("title", title.as_str(), TextKind::Title);
                    ticket.client = client.or(ticket.client.take());
                    ticket.channel = Some(SafeText::line("phone"));
                };
                write_beside(&shared, move |records| local.add(records, fill)).await.map_err(|fault| fault.to_string())
            }
            _ => Err("there are no records – see holdover doctor".to_owned()),
        };
        let message = made.map_or_else(|why| Message::Warned(format!("nothing was noted: {why}")), Message::Made);
        // the loop has ended: nobody asks any more
        let _ = events.send(Event::Happened(message)).await;
    });
}

/// The local source that is meant.
fn local<'a>(named: Option<&str>, session: &'a Session) -> Result<&'a SourceSettings, String> {
    let locals = || session.settings.sources.iter().filter(|source| matches!(source.kind, SourceKind::Local));
    if let Some(name) = named {
        let source = session.source(name)?;
        return locals().find(|local| local.name == source.name).ok_or_else(|| {
            format!("{name} is no local source – a ticket can only be made where tickets are kept here – leave --source out")
        });
    }
    let mut all = locals();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => {
            let all: Vec<&str> = locals().map(|source| source.name.as_str()).collect();
            Err(format!("there are several local sources – say which with --source – there are {}", all.join(", ")))
        }
        (None, _) => Err("there is no source of kind local – a ticket has to be kept somewhere – add to the configuration: \
                          [[source]] name = \"phone\" kind = \"local\", each on a line of its own"
            .to_owned()),
    }
}
