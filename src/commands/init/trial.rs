//! The source of a draft, asked for a first time: whether it answers, and what it has.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::draft::{Client, Draft, Token};
use super::text;
use crate::commands::online;
use crate::commands::session::Session;
use crate::config::{self, Level};
use crate::domain::SafeText;
use crate::sources::{Clock, SeenField, Survey};

/// A variable of this run alone, for a key that is in no file yet.
const TYPED: &str = "HOLDOVER_TYPED_KEY";

/// More different clients than this are not listed in one agreement.
const MOST_CLIENTS: usize = 60;

/// What the source has.
pub(super) struct Found {
    /// Who signed in, and how much was read.
    pub headline: String,
    /// What a person should know.
    pub warnings: Vec<String>,
    pub fields: Vec<SeenField>,
    /// The clients that tickets name themselves; none where there are too many.
    pub clients: Vec<SafeText>,
}

/// Signs in and reads what there is.
///
/// # Errors
/// Where the machine gives no event loop; inside, what – why – what to do.
pub(super) fn ask(
    draft: &Draft,
    typed: Option<&SecretString>,
    clock: &Clock,
    environment: &[(String, String)],
) -> color_eyre::Result<Result<Found, String>> {
    let mut draft = draft.clone();
    let mut environment: Vec<(String, String)> = environment.to_vec();
    draft.client = Client::Any;
    if let Some(typed) = typed {
        draft.token = Some(Token::Env(TYPED.to_owned()));
        environment.push((TYPED.to_owned(), typed.expose_secret().to_owned()));
    }
    let home: Vec<(String, String)> = environment.iter().filter(|(name, _)| name == "HOME").cloned().collect();
    let mut settings = match config::parse(&text::of(&draft), "the configuration to be", &home) {
        Ok(settings) => settings,
        Err(problems) => return Ok(Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))),
    };
    let survey = Survey::default();
    settings.sources.iter_mut().for_each(|source| source.survey = Some(survey.clone()));
    let session = Session { settings, again: None, clock: Arc::clone(clock), environment, demo: false, read_only: true, frozen: false };
    let asked = online::ask(&session)?;
    let told = |level: Level| {
        let of_level = asked.iter().flat_map(online::Online::problems).filter(move |problem| problem.level == level);
        of_level.map(|problem| format!("{} – {}", problem.what, problem.help)).collect::<Vec<_>>()
    };
    if let Some(wrong) = told(Level::Error).first() {
        return Ok(Err(wrong.clone()));
    }
    let mut clients: Vec<SafeText> = Vec::new();
    for client in asked.iter().flat_map(online::Online::tickets).filter_map(|ticket| ticket.client.as_ref()) {
        if !client.as_str().trim().is_empty() && !clients.iter().any(|known| known.eq_ignore_case(client)) {
            clients.push(client.clone());
        }
        if clients.len() > MOST_CLIENTS {
            clients.clear();
            break;
        }
    }
    let headline = asked.iter().map(online::Online::headline).collect::<Vec<_>>().join("\n");
    Ok(Ok(Found { headline, warnings: told(Level::Warning), fields: survey.seen(), clients }))
}
